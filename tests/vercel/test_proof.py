"""Which production it is must be proven, not believed: the address, the account, the repository, the branch.

Each world holds something that is taken for production and is not. Nothing is moved, built or pushed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.vercel.faultcases import changed_variables, completed, with_a_name
from tests.vercel.vercelworld import World

SCRIPTS = {
    "rollback.sh": ("{0}",),
    "vercel-rollback.sh": (),
    "git-rollback.sh": ("--to-production", "{0}"),
    "env-restore.sh": ("restore", "FLAG", "GONE"),
}
GITHUB = {"type": "github", "org": "APGI-cmy", "repo": "PartPulse", "productionBranch": "main"}


def others(w: World) -> str:
    """The address of another team's project: Vercel shows no more than its public view."""
    uid = w.vercel.deploy(w.shas[2], "production", ref="moved", foreign=True)
    w.vercel.other_aliases["shop.example"] = uid
    return "https://shop.example"


def staging(w: World) -> str:
    """An alias that somebody has set by hand: it stays where it is."""
    w.vercel.other_aliases["staging.example"] = w.vercel.find_sha(w.shas[1])
    return "https://staging.example"


def staging_with_the_same(w: World) -> str:
    """It shows what production shows, now."""
    w.vercel.other_aliases["staging.example"] = w.vercel.live
    return "https://staging.example"


def preview(w: World) -> str:
    w.vercel.other_aliases["feature.example"] = w.vercel.deploy("a" * 40, None, ref="feature")
    return "https://feature.example"


def branch(w: World) -> str:
    """The newest build of the production branch, whatever production serves."""
    w.vercel.other_aliases["partpulse-git-main-apgi.vercel.app"] = w.vercel.live
    return "https://partpulse-git-main-apgi.vercel.app"


def unknown(w: World) -> str:
    return "https://nowhere.example"


def project(w: World, change: Callable[[dict], object]) -> None:
    answer = w.vercel._project

    def changed() -> dict:
        found = answer()
        change(found)
        return found

    w.vercel._project = changed


def another_account(w: World) -> None:
    project(w, lambda found: found.update(accountId="team_other"))


def no_account(w: World) -> None:
    project(w, lambda found: found.pop("accountId"))


def no_production(w: World) -> None:
    project(w, lambda found: found.pop("targets"))


def another_production(w: World) -> None:
    uid = w.vercel.find_sha(w.shas[1])
    project(w, lambda found: found["targets"]["production"].update(id=uid))


# name: what is so, both values that the refusal must name
WORLDS: dict[str, tuple[Callable[[World], str | None], tuple[str, ...]]] = {
    "another team's project": (others, ("shop.example", "served by another project", "prj_partpulse")),
    "a staging alias": (staging, ("staging.example serves {good}", "is {bad}")),
    "a staging alias that shows the same": (
        staging_with_the_same,
        ("staging.example", "no production domain of partpulse"),
    ),
    "a preview": (preview, ("feature.example", "no production deployment")),
    "a branch": (branch, ("-git-main-", "address of a branch")),
    "nobody's": (unknown, ("nowhere.example", "knows no deployment")),
    "another account": (another_account, ("'team_other'", "team_apgi")),
    "no account is named": (no_account, ("the account ''", "team_apgi")),
    "no production is named": (no_production, ("{bad}", "not named by Vercel")),
    "another production is named": (another_production, ("serves {bad}", "is {good}")),
}  # fmt: skip


def refused(w: World, name: str) -> tuple[str | None, list[str]]:
    setup, wanted = WORLDS[name]
    address = setup(w)
    ids = {"good": w.vercel.find_sha(w.shas[1]), "bad": w.vercel.live}
    return address, [text.format(**ids) for text in wanted]


def changes(w: World) -> list[str]:
    return [f"{m} {p}" for m, p in w.vercel.requests if m != "GET"]


def heads(w: World) -> str:
    return w.git("for-each-ref", "refs/heads", cwd="remote.git")


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("name", WORLDS)
def test_what_is_not_production_is_not_moved(world, script: str, name: str) -> None:
    w = world()
    with_a_name(w)
    if script == "env-restore.sh":
        changed_variables(w)
    address, wanted = refused(w, name)
    live, before, w.vercel.requests[:] = w.vercel.live, heads(w), []
    words = [x.format(*w.shas) for x in SCRIPTS[script]]
    more = {"PRODUCTION_URL": address} if address else {}
    for option in ("--dry-run", "--yes"):
        done = w.run("dash", option, *words, script=script, **more)
        said = " ".join(done.stderr.split())
        assert done.returncode == 4, said
        for text in wanted:
            assert text in said, said
    assert (w.vercel.live, heads(w), changes(w)) == (live, before, [])


@pytest.mark.parametrize("script", ["preflight.sh", "verify.sh"])
@pytest.mark.parametrize("name", WORLDS)
def test_what_is_not_production_passes_no_check(world, script: str, name: str) -> None:
    w = world()
    address, wanted = refused(w, name)
    w.run("dash", "--yes", script=script, **({"PRODUCTION_URL": address} if address else {}))
    found = [i for i in completed(w) if all(text in i["evidence"] for text in wanted)]
    assert found and {i["result"] for i in found} == {"Fail"}


# --- The branch.


def develop(w: World) -> str:
    """The repository's default branch is not the one that production is built from."""
    w.git("checkout", "--quiet", "-b", "develop", w.shas[0])
    commits = []
    for version in ("begun", "done"):
        (w.folder / "clone/file").write_text(version)
        w.git("commit", "--quiet", "--all", "--message", version)
        commits.append(w.git("rev-parse", "HEAD"))
    w.git("push", "--quiet", "origin", "develop")
    w.git("symbolic-ref", "HEAD", "refs/heads/develop", cwd="remote.git")
    w.vercel.seen_refs = w.vercel._refs()
    return commits[0]


def test_a_commit_of_the_default_branch_is_not_production(world) -> None:
    w = world()
    commit = develop(w)
    done = w.run("dash", "--yes", commit)
    said = " ".join(done.stderr.split())
    assert done.returncode == 4 and "not in the history of the production branch" in said, said
    assert changes(w) == []
    assert w.run("dash").returncode == 0


def test_to_production_reverts_no_other_branch(world) -> None:
    w = world()
    develop(w)
    with_a_name(w)
    before = w.git("rev-parse", "develop", cwd="remote.git")
    done = w.run("dash", "--yes", "--to-production", w.shas[0], script="git-rollback.sh")
    assert done.returncode == 0, done.stderr
    assert w.git("rev-parse", "develop", cwd="remote.git") == before
    assert w.tree(w.git("rev-parse", "main", cwd="remote.git")) == w.tree(w.shas[0])


@pytest.mark.parametrize("script", ["rollback.sh", "git-rollback.sh"])
def test_the_branch_of_the_content_must_be_that_of_the_project(world, script: str) -> None:
    w = world()
    with_a_name(w)
    develop(w)
    path = Path(w.folder / script)
    text = (Path(__file__).parents[2] / "generated/partpulse/scripts" / script).read_text()
    assert text.count("parameter_production=HEAD\n") == 1
    path.write_text(
        text.replace("parameter_production=HEAD", "parameter_production=refs/heads/develop")
    )
    done = w.run("dash", "--yes", w.shas[0], script=str(path))
    said = " ".join(done.stderr.split())
    assert done.returncode == 4 and "names develop" in said and "builds partpulse from main" in said
    path.write_text(
        text.replace("parameter_production=HEAD", "parameter_production=refs/heads/main")
    )
    assert w.run("dash", "--yes", w.shas[0], script=str(path)).returncode in (0, 8)


# --- The repository.

# address of the remote, link of the project, exit of rollback.sh, words
REPOSITORIES = {
    "itself": ("https://github.com/apgi-cmy/partpulse.git", GITHUB, 0, "branch main"),
    "by ssh": ("git@github.com:APGI-cmy/PartPulse", GITHUB, 0, "branch main"),
    "by another name of ssh": ("work:apgi-cmy/PartPulse.git", GITHUB, 0, "branch main"),
    "with a password": ("https://a:s3cr3t@github.com/apgi-cmy/PartPulse", GITHUB, 0, "branch main"),
    "a fork": (
        "https://github.com/somebody/PartPulse.git",
        GITHUB,
        4,
        "is somebody/partpulse, and Vercel builds partpulse from APGI-cmy/PartPulse",
    ),
    "another repository": ("git@github.com:apgi-cmy/other.git", GITHUB, 4, "is apgi-cmy/other"),
    "another host": (
        "https://github.com.example/apgi-cmy/PartPulse",
        GITHUB,
        4,
        "is github.com.example/apgi-cmy/partpulse",
    ),
    "GitLab": (
        "git@gitlab.com:group/sub/parts.git",
        {
            "type": "gitlab",
            "projectNamespace": "group/sub",
            "projectName": "parts",
            "productionBranch": "main",
        },
        0,
        "branch main",
    ),
    "Bitbucket": (
        "https://bitbucket.org/apgi/parts",
        {"type": "bitbucket", "owner": "apgi", "slug": "parts", "productionBranch": "main"},
        0,
        "branch main",
    ),
    "none": ("https://github.com/apgi-cmy/partpulse", False, 0, "names no Git repository"),
}


@pytest.mark.parametrize("name", REPOSITORIES)
def test_the_clone_is_that_of_the_repository_that_production_is_built_from(
    world, name: str
) -> None:
    address, link, code, words = REPOSITORIES[name]
    w = world()
    w.vercel.link = link
    w.git("remote", "set-url", "origin", address)
    w.git("config", f"url.{w.folder}/remote.git.insteadOf", address)
    done = w.run("dash")
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == code, said
    assert words in said and "s3cr3t" not in said
    if code:
        assert changes(w) == [] and "rollback" not in heads(w)


# --- Accounts and commits.


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_account_of_one_person_names_no_team(world, script: str) -> None:
    w = world(account=replace(world().vercel.account, team="", slug=""))
    with_a_name(w)
    words = ("snapshot",) if script == "env-restore.sh" else SCRIPTS[script]
    words = [x.format(*w.shas) for x in words]
    serves = w.shas[{"vercel-rollback.sh": 1, "env-restore.sh": 2}.get(script, 0)]
    done = w.run("dash", "--yes", *words, script=script, serves=serves, VERCEL_ORG_ID="usr_1")
    assert done.returncode == 0, done.stderr
    assert not [path for _, path in w.vercel.requests if "teamId" in path]


@pytest.mark.parametrize("provider", ["github", "gitlab", "bitbucket", "cli"])
def test_the_commits_of_every_provider_are_read(world, provider: str) -> None:
    w = world()
    for deployment in w.vercel.deployments:
        deployment.provider = provider
    done = w.run("dash")
    assert done.returncode == 0, done.stderr
    assert f"roll back to {w.vercel.find_sha(w.shas[0])}" in done.stdout
    listed = w.run("dash", "--list", script="vercel-rollback.sh").stdout
    assert w.shas[1][:7] in listed


def test_a_deployment_that_names_no_commit_is_said_to(world) -> None:
    w = world()
    for deployment in w.vercel.deployments:
        deployment.provider = "nobody"
    done = w.run("dash", "--yes", script="vercel-rollback.sh", serves=w.shas[1])
    said = " ".join(done.stdout.split())
    assert done.returncode == 0 and "Vercel does not name the commit of both" in said
    done = w.run("dash")
    said = " ".join((done.stdout + done.stderr).split())
    assert "Vercel does not name the commit that is live" in said
