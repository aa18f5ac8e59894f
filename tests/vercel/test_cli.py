"""The real Vercel CLI against the stand-in for Vercel's API.

It keeps the stand-in honest: each of its lies makes the real tool end with 0 while production
stays broken, exactly as it was seen of the real service.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.vercel import realcli
from tests.vercel.emulator import NAME, PROJECT, Vercel

GOOD, BAD, OLDER = "a" * 40, "b" * 40, "d" * 40


@dataclass
class WithVariables(Vercel):
    """The stand-in with one environment variable, as far as `env rm` asks for it."""

    variables: list[str] = field(default_factory=lambda: ["DATABASE_URL"])

    def answer(self, method, path, query, body):
        if path.endswith("/custom-environments"):
            return 200, {"environments": []}
        if path.startswith(f"/v10/projects/{PROJECT}/env"):
            if method == "DELETE":
                self.variables.remove(path.rpartition("/")[2])
                return 200, {}
            more = {"type": "encrypted", "target": ["production"], "value": "x"}
            return 200, {"envs": [{"id": v, "key": v, **more} for v in self.variables]}
        return super().answer(method, path, query, body)


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


def fresh(**options: object) -> WithVariables:
    vercel = WithVariables(**options)
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
        assert vercel.live == before and vercel.variables == ["DATABASE_URL"]


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
        assert vercel.variables == []


def test_in_a_folder_without_link_it_would_make_a_project(tmp_path: Path) -> None:
    """Why no script of ours calls `vercel rollback`: it takes the folder's name for a project."""
    (tmp_path / "partpulse-copy").mkdir()
    with fresh() as vercel:
        before = vercel.live
        done = realcli.run(vercel, tmp_path / "partpulse-copy", "rollback", "--yes")
        assert done.returncode == 1
        assert ("POST", "/v1/projects?teamId=team_apgi") in vercel.requests
        assert vercel.live == before
