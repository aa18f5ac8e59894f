"""git-rollback.sh restores production through the production branch: real Git, the API's stand-in.

After every run: exit 0 only when production serves the good version's files; nothing in the
clone has changed; history on the remote only grows; no token in any output or log.
"""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tests.scripts.scriptworld import SHELLS, difference, here, snapshot
from tests.vercel.vercelworld import World

SCRIPT = "git-rollback.sh"
DIRECT = ("--yes", "--to-production")


def identity(w: World) -> None:
    w.git("config", "user.name", "A Person")
    w.git("config", "user.email", "person@example.com")


@pytest.fixture
def made(world):
    """A World in which Git knows who works there."""

    def make(**options: object) -> World:
        w = world(**options)
        identity(w)
        return w

    return make


def remote(w: World, *words: str) -> str:
    return w.git("--git-dir", str(w.folder / "remote.git"), *words)


def refs(w: World) -> dict[str, str]:
    listed = remote(w, "for-each-ref", "--format=%(refname) %(objectname)")
    return dict(line.split(" ") for line in listed.splitlines())


def run(w: World, *words: str, shell: str = "dash", **more: str | None):
    """Runs the script; whatever its end, the clone is as it was and the remote lost nothing."""
    files, branches = snapshot(w.folder / "clone"), refs(w)
    done = w.run(shell, *(words or DIRECT), w.shas[0], script=SCRIPT, **more)
    assert difference(files, snapshot(w.folder / "clone")) == []
    check_remote(w, branches)
    if done.returncode not in (0, 2):
        assert "What to do:" in done.stderr or "A PERSON MUST FINISH" in done.stdout
    return done


def check_remote(w: World, before: dict[str, str]) -> None:
    for name, sha in refs(w).items():
        if sha == before.get(name):
            continue
        old = before.get(name, before["refs/heads/main"])
        assert name == "refs/heads/main" or name.startswith("refs/heads/rollback/")
        assert remote(w, "rev-parse", f"{sha}^") == old, "history was rewritten"
        assert remote(w, "rev-parse", f"{sha}^{{tree}}") == w.tree(w.shas[0])
    assert before.keys() <= refs(w).keys()


def said(done: subprocess.CompletedProcess) -> str:
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("shell", SHELLS)
def test_production_is_restored_through_its_branch(made, shell: str) -> None:
    if shell not in here():
        if os.environ.get("CI"):
            pytest.fail(f"{shell} is not installed")
        pytest.skip(f"{shell} is not installed")
    w = made()
    old = refs(w)["refs/heads/main"]
    done = run(w, shell=shell)
    assert done.returncode == 0, done.stdout + done.stderr
    new = refs(w)["refs/heads/main"]
    assert w.live_sha == new != old
    assert remote(w, "log", "-1", "--format=%an %ae %cn %s", new) == (
        f"A Person person@example.com A Person Roll back to {w.shas[0][:12]}"
    )
    assert not [r for r in w.vercel.requests if r[0] == "POST"]
    (log,) = (w.folder / "clone/.git/rollback-log").iterdir()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [x["step"] for x in lines if x["status"] == "ok"] == [
        "identify",
        "revert",
        "publish",
        "deploy",
        "verify",
        "health",
        "outcome",
    ]
    (before,) = [x for x in lines if x["status"] == "before"]
    assert w.vercel.find(before["live_before"]).sha == w.shas[2]
