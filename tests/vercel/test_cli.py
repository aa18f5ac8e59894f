"""The real Vercel CLI against the stand-in for Vercel's API.

It keeps the stand-in honest: each of its lies makes the real tool end with 0 while production
stays broken, exactly as it was seen of the real service.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import pytest

from tests.scripts.scriptworld import here
from tests.vercel import realcli
from tests.vercel.emulator import NAME, PROJECT, TOKEN, Vercel
from tests.vercel.vercelworld import SCRIPTS, World

GOOD, BAD, OLDER = "a" * 40, "b" * 40, "d" * 40


def stale(vercel: Vercel) -> None:
    vercel.stale_alias_request = {
        "jobStatus": "succeeded",
        "requestedAt": int(time.time() * 1000),
        "fromDeploymentId": vercel.live,
        "toDeploymentId": vercel.find_sha(OLDER),
        "type": "rollback",
    }


@dataclass(frozen=True)
class Lie:
    """`words` in which {good} and {preview} stand for deployments; what the tool then says."""

    words: str
    says: str
    options: dict[str, object] = field(default_factory=dict)
    setup: Callable[[Vercel], None] | None = None
    fast_clock: bool = False


SLOW = {"alias_seconds": 600.0}
LIES = {
    "no argument": Lie("rollback", "No deployment rollback in progress"),
    "no request": Lie(
        "rollback {good} --yes",
        "No deployment rollback in progress",
        {"lose_alias_request": True, **SLOW},
    ),
    "a clock that is fast": Lie(
        "rollback {good} --yes", "No deployment rollback in progress", SLOW, fast_clock=True
    ),
    "the job is skipped": Lie(
        "rollback {good} --yes", "Rollback was skipped", {"skip_alias_job": True}
    ),
    "a stale request": Lie("rollback {good} --yes", "was rolled back to", SLOW, stale),
    "no time": Lie("rollback {good} --yes --timeout 0", "Successfully requested", SLOW),
    "promote without --yes": Lie("promote {preview}", "cannot be directly"),
    "promote is queued": Lie("promote {good} --yes", "has been queued", {"queue_promotions": True}),
    "env rm without --yes": Lie("env rm DATABASE_URL production", "Remove"),
}


def fresh(**options: object) -> Vercel:
    vercel = Vercel(**options)
    vercel.set("DATABASE_URL", "x")
    for sha in (OLDER, GOOD, BAD):
        vercel.deploy(sha, "production")
    vercel.deploy("c" * 40, None, "rollback/x")
    return vercel


@pytest.mark.parametrize("name", LIES)
def test_the_tool_says_that_it_worked_and_it_did_not(tmp_path: Path, name: str) -> None:
    lie = LIES[name]
    with fresh(**lie.options) as vercel:
        if lie.setup:
            lie.setup(vercel)
        before = vercel.live
        words = lie.words.format(good=vercel.find_sha(GOOD), preview=vercel.find_sha("c" * 40))
        env = {}
        if lie.fast_clock:
            (tmp_path / "clock.cjs").write_text(
                "const now = Date.now; Date.now = () => now() + 240000;"
            )
            env["NODE_OPTIONS"] = f"--require {tmp_path / 'clock.cjs'}"
        done = realcli.run(vercel, realcli.linked(tmp_path / "linked"), *words.split(), **env)
        assert done.returncode == 0, done.stderr
        assert lie.says in done.stderr
        vercel.answer("GET", f"/v9/projects/{PROJECT}", {"teamId": ["team_apgi"]}, {})
        assert vercel.live == before and vercel.values() == {"DATABASE_URL": "x"}


def test_without_a_lie_it_does_what_it_says(tmp_path: Path) -> None:
    """So that the tests above fail for the lie, and not because the stand-in takes nothing."""
    with fresh() as vercel:
        folder = realcli.linked(tmp_path / "linked")
        good, bad = vercel.find_sha(GOOD), vercel.find_sha(BAD)

        def said(*words: str) -> str:
            done = realcli.run(vercel, folder, *words)
            assert done.returncode == 0, done.stderr
            return done.stdout + done.stderr

        assert f"was rolled back to {NAME}" in said("rollback", good, "--yes")
        assert vercel.live == good and not vercel.auto_assign
        assert f"was promoted to {NAME}" in said("promote", bad, "--yes")
        assert vercel.live == bad and vercel.auto_assign
        assert "created new deployment" in said("promote", vercel.find_sha("c" * 40), "--yes")
        shown = said("ls", NAME, "--prod")
        at = [shown.index(vercel.find(vercel.find_sha(sha)).url) for sha in ("c" * 40, BAD, GOOD)]
        assert at == sorted(at)
        said("env", "rm", "DATABASE_URL", "production", "--yes")
        assert vercel.values() == {}


def test_in_a_folder_without_link_it_would_make_a_project(tmp_path: Path) -> None:
    """Why no script of ours calls `vercel rollback`: it takes the folder's name for a project."""
    (tmp_path / "partpulse-copy").mkdir()
    with fresh() as vercel:
        before = vercel.live
        done = realcli.run(vercel, tmp_path / "partpulse-copy", "rollback", "--yes")
        assert done.returncode == 1
        assert ("POST", "/v1/projects?teamId=team_apgi") in vercel.requests
        assert vercel.live == before


def test_the_tool_asks_again_by_itself_for_a_build(tmp_path: Path) -> None:
    """Why no script of ours starts a build with it. Should this fail one day, they may."""
    body = {"name": NAME, "target": "production", "meta": {"action": "promote"}}
    with fresh() as vercel:
        body["deploymentId"] = vercel.find_sha("c" * 40)
        (tmp_path / "body").write_text(json.dumps(body))
        vercel.fault("POST", "/v13/deployments", status=500, after=True, times=2)
        made = len(vercel.deployments)
        words = ["api", "/v13/deployments", "--method", "POST", "--input", "../body"]
        done = realcli.run(vercel, realcli.linked(tmp_path / "linked"), *words)
        assert done.returncode == 0, done.stderr
        assert len(vercel.deployments) == made + 3


LOUD = {"FORCE_COLOR": "1", "VERCEL_CLI_DEBUG": "1"}


def run(w: World, programs: Path, shell: str = "dash", **more: str | None) -> tuple[int, str, str]:
    """Exit, words and calls of the tool. Less patient than it is: each look costs a program's start."""
    text = (SCRIPTS / "rollback.sh").read_text()
    assert text.count('"$waited" -lt 90 ]') == 1
    (w.folder / "rollback.sh").write_text(text.replace('"$waited" -lt 90 ]', '"$waited" -lt 3 ]'))
    # With the real `sleep`, because the tool needs its time on a machine that is busy. The rest
    # would have the tool say more, and in colours.
    env = {"PATH": str(programs), "CALLS": str(w.folder / "calls"), **LOUD, **more}
    done = w.run(shell, script=str(w.folder / "rollback.sh"), **env)
    calls = (w.folder / "calls").read_text() if (w.folder / "calls").exists() else ""
    assert TOKEN not in calls
    assert not (w.folder / ".local").exists(), "the tool wrote into the home"
    return done.returncode, " ".join((done.stdout + done.stderr).split()), calls


def fault(method: str, part: str, **what: object) -> Callable[[World], None]:
    return lambda w: w.vercel.fault(method, part, **what)


def snatched(w: World) -> None:
    """The bad deployment goes live again once somebody has seen the rollback live."""
    bad = w.vercel.live

    def again(vercel: Vercel) -> bool:
        if vercel.auto_assign:
            return False
        vercel.assign(bad)
        return True

    w.vercel.after("GET", "/v13/deployments/127", again)


def setting(name: str, value: object) -> Callable[[World], None]:
    return lambda w: setattr(w.vercel, name, value)


def strange_folder(w: World) -> None:
    """Linked to another project, and with settings that the tool refuses to read."""
    realcli.linked(w.folder / "clone")
    (w.folder / "clone/.vercel/project.json").write_text(
        '{"orgId": "team_x", "projectId": "prj_x"}'
    )
    (w.folder / "clone/vercel.json").write_text("{broken")


HANDED = "the program 'curl' is not on this machine"
# name: setup, options of the world, expected exit, words that must be said, requests to roll back
SITUATIONS: dict[str, tuple[Callable[[World], None] | None, dict[str, object], int, str, int]] = {
    "it works": (strange_folder, {}, 8, HANDED, 1),
    # A build is not asked for by a tool that would ask again.
    "never deployed: the preview": (None, {"good": False}, 3, "could start several builds", 0),
    "hobby plan does not reach back": (None, {"plan": "hobby"}, 3, "(402): Your plan", 1),
    # The tool has asked again by itself, and was told that it is so already.
    "500, and it worked": (fault("POST", "/rollback/", status=500, after=True), {}, 8, HANDED, 2),
    "403": (fault("POST", "/rollback/", status=403), {}, 5, "roll back (403): something went", 1),
    "404": (fault("GET", "/projects/", status=404), {}, 5, "VERCEL_PROJECT_ID", 0),
    "no answer": (fault("GET", "/projects/", hang=40, times=9), {}, 6, "did not answer", 0),
    # The tool says 200 before it reads the rest; a list cut short is no shorter list.
    "half a list": (fault("GET", "/v6/", half=True, after=True, times=9), {}, 6, "list the", 0),
    "not JSON": (fault("GET", "/v6/", body="<html>", after=True), {}, 6, "list the", 0),
    "201, and nothing was done": (
        fault("POST", "/rollback/", status=201),
        {},
        7,
        "else deploys",
        1,
    ),
    "the job is skipped": (setting("skip_alias_job", True), {}, 7, "something else", 1),
    "another goes live after the first look": (snatched, {}, 7, "who else deploys", 1),
}


def test_without_curl_the_tool_makes_the_same_requests(world, without_curl: Path) -> None:
    """What production serves decides here too; the health check is left to a person."""

    def problems(name: str, w: World, shell: str) -> list[str]:
        setup, _, code, words, posts = SITUATIONS[name]
        if setup:
            setup(w)
        found, said, calls = run(w, without_curl, shell)
        right = found == code and words in said and "vercel api" in calls
        if code == 8:
            right = right and w.live_sha == w.shas[0] and "Production at 127" in said
            right = right and "Look at the health endpoint - Work through" in said
            right = right and ("PRODUCTION IS PINNED" in said) == (not w.vercel.auto_assign)
        made = [r for r in w.vercel.requests if "/rollback/" in r[1]]
        right = right and ("POST", "/v13/deployments?teamId=team_apgi") not in w.vercel.requests
        return (
            []
            if right and len(made) == posts
            else [f"{name} ({shell}): exit {found}: {said} {made}"]
        )

    worlds = [world(**options) for _, options, *_ in SITUATIONS.values()]
    with ThreadPoolExecutor(4) as pool:
        found = [
            p for problem in pool.map(problems, SITUATIONS, worlds, cycle(here())) for p in problem
        ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VERCEL_TOKEN", "a --api=http://x"),
        ("VERCEL_TOKEN", "-x'"),
        ("VERCEL_ORG_ID", "a&b=c"),
        ("VERCEL_PROJECT_ID", "../x"),
        ("PRODUCTION_URL", "https://a b"),
    ],
)
def test_the_tool_never_sees_a_value_that_could_say_something_else(
    world, without_curl: Path, name: str, value: str
) -> None:
    w = world()
    code, said, calls = run(w, without_curl, **{name: value})
    assert code == 3 and name in said
    assert calls == "" and w.vercel.requests == []


def test_a_tool_that_is_too_old_or_missing(world, without_curl: Path, tmp_path: Path) -> None:
    """An old one would take 'api' for the folder that it shall deploy."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old/vercel").write_text('#!/bin/sh\necho "$1 $2" >>"$CALLS"\necho usage\nexit 2\n')
    (tmp_path / "old/vercel").chmod(0o755)
    w = world()
    code, said, calls = run(w, Path(f"{tmp_path / 'old'}:{without_curl}"))
    assert code == 3 and "Install curl or a newer vercel tool" in said
    assert calls == "api --help\n" and w.vercel.requests == []
    (tmp_path / "none").mkdir()
    for path in without_curl.iterdir():
        if path.name != "vercel":
            (tmp_path / "none" / path.name).symlink_to(path)
    code, said, _ = run(world(), tmp_path / "none")
    assert code == 8 and "missing: curl." in said
