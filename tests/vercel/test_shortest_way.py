"""What stands between a team and its production: nothing that an instant rollback does not need."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable

import pytest

from tests.vercel.vercelworld import HOOK_SECRET, World


def words(done) -> str:
    return " ".join((done.stdout + done.stderr).split())


def outcome(w: World) -> dict:
    (log,) = (w.folder / "clone/.git/rollback-log").glob("rollback-*.jsonl")
    return json.loads(log.read_text().splitlines()[-1])


def builds(w: World) -> list[str]:
    return [p for m, p in w.vercel.requests if m == "POST" and p.startswith("/v13/deployments")]


# --- A branch that cannot be published.


def ruleset(w: World) -> None:
    hook = w.folder / "remote.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'GH013: Repository rule violations' >&2\nexit 1\n")
    hook.chmod(0o755)


def branch_in_the_way(w: World) -> None:
    w.git("push", "--quiet", "origin", f"{w.shas[1]}:refs/heads/rollback")
    w.vercel.seen_refs = w.vercel._refs()


def gone(w: World) -> None:
    w.vercel.bare = None
    (w.folder / "remote.git").rename(w.folder / "elsewhere.git")


def hangs(w: World) -> None:
    git = shutil.which("git")
    shim = f'#!/bin/sh\ncase $1 in ls-remote) exec sleep 9000 ;; esac\nexec {git} "$@"\n'
    (w.folder / "bin/git").write_text(shim)
    (w.folder / "bin/git").chmod(0o755)


REMOTES: dict[str, tuple[Callable[[World], None], str]] = {
    "a ruleset": (ruleset, "the remote refused the push"),
    "a branch of that name": (branch_in_the_way, "the remote refused the push"),
    "no remote": (gone, "the remote cannot be read"),
    "a remote that hangs": (hangs, "the remote did not answer"),
}


@pytest.mark.parametrize("name", REMOTES)
def test_a_remote_that_refuses_does_not_stop_the_restoration(world, name: str) -> None:
    w = world()
    setup, reason = REMOTES[name]
    setup(w)
    done = w.run("dash", ROLLBOOK_NOTIFY_URL=f"http://{w.app.host}/{HOOK_SECRET}")
    assert done.returncode == 8, words(done)
    assert w.live_sha == w.shas[0] and not w.vercel.auto_assign
    said = words(done)
    assert "The rollback branch is NOT published" in said and reason in said
    assert "DONE." not in said and "rollback.sh --push-only" in said
    assert (outcome(w)["did"], outcome(w)["verified"]) == ("moved", "yes")
    assert len(w.app.told) == 1
    w.app.told.clear()


@pytest.mark.parametrize("name", REMOTES)
def test_without_access_it_is_still_a_refusal(world, name: str) -> None:
    w = world()
    REMOTES[name][0](w)
    done = w.run("dash", VERCEL_TOKEN=None)
    assert done.returncode in (5, 6) and REMOTES[name][1] in words(done)
    assert w.live_sha == w.shas[2]


def test_without_the_remote_only_what_production_had_is_gone_back_to(world) -> None:
    w = world(good=False)
    gone(w)
    done = w.run("dash")
    assert done.returncode == 5, words(done)
    assert "production never had a deployment" in words(done)
    assert builds(w) == [] and outcome(w)["did"] == "nothing"


# --- No deployment that can go live at once.


def preview(w: World) -> None:
    w.vercel.deploy(w.shas[0], None, ref="feature")


def cancelled(w: World) -> None:
    w.vercel.deploy(w.shas[0], None, ref="feature", state="CANCELED")


def deleted(w: World) -> None:
    """The list still has it; the deployment itself has gone."""
    uid = w.vercel.deploy(w.shas[0], "production", ref="moved", once_production=True)
    w.vercel.fault("GET", f"/deployments/{uid}", status=410)


EXISTING = {"a preview": preview, "a cancelled preview": cancelled, "a deleted target": deleted}


@pytest.mark.parametrize("name", EXISTING)
def test_an_existing_deployment_of_the_commit_is_built_again(world, name: str) -> None:
    """Vercel makes no new deployment of a commit that it knows: nothing comes of waiting for one."""
    w = world(good=False)
    EXISTING[name](w)
    done = w.run("dash")
    assert done.returncode == 0, words(done)
    assert len(builds(w)) == 1 and "build again" in done.stdout
    assert outcome(w)["did"] == "moved"


def test_an_old_failure_is_not_the_new_build(world) -> None:
    w = world(good=False)
    w.vercel.deploy(w.shas[0], None, ref="feature", state="ERROR")
    done = w.run("dash", "--dry-run", w.shas[0])
    assert done.returncode == 0 and "A real run would wait for Vercel" in words(done)
    done = w.run("dash")
    assert done.returncode == 0, words(done)
    assert "at most 3 minutes" in words(done)


def test_a_deployment_that_never_comes_is_not_waited_for_without_end(world) -> None:
    w = world(good=False)
    w.vercel.bare = None  # the integration builds nothing
    done = w.run("dash")
    assert done.returncode == 6, words(done)
    said = words(done)
    assert "Vercel has made no deployment of the branch rollback/" in said
    assert "Still waiting for Vercel to make a deployment of the branch" in said
    assert builds(w) == [] and w.live_sha == w.shas[2]


def test_nothing_is_waited_for_that_nobody_published(world) -> None:
    w = world(good=False)
    ruleset(w)
    done = w.run("dash")
    assert done.returncode == 5 and "is not published" in words(done)
    assert "Waiting" not in done.stdout


def test_what_is_built_while_production_is_pinned_is_promoted(world) -> None:
    w = world(plan="hobby")
    w.vercel.auto_assign = False
    done = w.run("dash")
    assert done.returncode == 0, words(done)
    assert "does not go live by itself" in words(done)


# --- What the previous one is.


def test_the_same_commit_is_not_the_previous_version(world) -> None:
    w = world()
    w.vercel.deploy(w.shas[2], "production")  # built again, with the same fault
    done = w.run("dash", "--yes", script="vercel-rollback.sh", serves=w.shas[1])
    assert done.returncode == 0, words(done)
    assert "Passed over: older deployments of the commit that is live" in words(done)
    w = world()
    older = w.vercel.live
    w.vercel.deploy(w.shas[2], "production")
    done = w.run("dash", "--yes", older, script="vercel-rollback.sh", serves=w.shas[2])
    assert "made from the same commit as what is live" in words(done)


def test_nobody_goes_further_back_than_the_last_good_version(world) -> None:
    for pinned in (True, False):
        w = world()
        w.vercel.assign(w.vercel.find_sha(w.shas[1]))
        w.vercel.auto_assign = not pinned
        done = w.run("dash", "--yes", script="vercel-rollback.sh", serves=w.shas[1])
        assert done.returncode == 4 and w.live_sha == w.shas[1], words(done)


# --- What is said before the question.


@pytest.mark.parametrize("script", ["rollback.sh", "vercel-rollback.sh"])
def test_what_the_target_brings_back_or_meets_is_said(world, script: str) -> None:
    w = world()
    target = [w.shas[0]] if script == "rollback.sh" else []
    done = w.run("dash", "--dry-run", *target, script=script)
    assert "No environment variable was changed" in words(done), words(done)
    assert "cron" not in words(done) and "ROLLING" not in words(done)
    w.vercel.set("FLAG", "v4lue")
    w.vercel.set("ONLY_PREVIEW", "v4lue", "preview")
    w.vercel.find(w.vercel.live).crons = [{"path": "/api/nightly", "schedule": "0 3 * * *"}]
    w.vercel.rolling_release = {"state": "ACTIVE", "currentDeployment": {"id": w.vercel.live}}
    for option in ("--dry-run", "--yes"):
        serves = w.shas[0] if target else w.shas[1]
        done = w.run("dash", option, *target, script=script, serves=serves)
        assert done.returncode == 0
        said = words(done)
        assert "changed since the target was built: FLAG." in said
        assert "Now: 0 3 * * * /api/nightly;. With the target: none." in said
        assert "a ROLLING RELEASE is under way" in said
        assert "v4lue" not in said and "ONLY_PREVIEW" not in said


def test_what_cannot_be_told_stops_nobody(world) -> None:
    w = world()
    w.vercel.fault("GET", "/env", status=403, times=9)
    w.vercel.fault("GET", "/rolling-release", status=500, times=9)
    done = w.run("dash")
    assert done.returncode == 0
    assert "Not checked: whether environment variables were changed" in words(done)
