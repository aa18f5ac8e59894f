"""env-restore.sh where there is no curl: the real Vercel CLI makes the requests."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.scripts.scriptworld import needs, shell_command
from tests.vercel.emulator import TOKEN
from tests.vercel.vercelworld import SCRIPTS, World

VALUE = "v4lue \"q\" 'a' \\ \\\\ \\n \\c \\0101 $HOME %s\t\r\n\nü✓😀الع\x7f/\u2028"


def run(w: World, shell: str, *words: str, **more: str) -> tuple[int, str]:
    (w.folder / "calls").touch()
    done = subprocess.run(
        [*shell_command(shell, w.folder), str(SCRIPTS / "env-restore.sh"), "--yes", *words],
        cwd=w.folder / "clone",
        env=w.environment(CALLS=str(w.folder / "calls"), **more),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    logs = "".join(p.read_text() for p in (w.folder / "clone/.git/rollback-log").glob("*.jsonl"))
    told = done.stdout + done.stderr + logs + (w.folder / "calls").read_text()
    assert "v4lue" not in told and TOKEN not in told
    assert list((w.folder / "tmp").iterdir()) == []
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(("shell", "by_curl"), [("dash", True), ("mksh", False)])
def test_the_tool_puts_back_every_byte(
    world, without_curl: Path, shell: str, by_curl: bool
) -> None:
    """Also what curl saved, which shows the same value in another spelling of JSON."""
    needs(shell)
    w = world()
    v = w.vercel
    tool = {"PATH": str(without_curl)}
    old = {"CHANGED": VALUE, "GONE": f"{VALUE}\\", "SAME": VALUE}
    for name, value in old.items():
        v.set(name, value)
    code, said = run(w, shell, "snapshot", **({} if by_curl else tool))
    assert code == 0, said
    v.escaped = not by_curl
    v.set("CHANGED", f"{VALUE}\\n")
    v.unset("GONE")
    v.set("ADDED", "v4lue")
    v.deploy(w.shas[2], "production")
    # The tool asks again by itself, and is told that it is so already, or is gone.
    for method in ("PATCH", "POST", "DELETE"):
        v.fault(method, "/env", status=500, after=True)

    builds = len(v.deployments)
    code, said = run(w, shell, "restore", *old, "ADDED", **tool)
    assert v.values() == old, said
    assert "as in the snapshot SAME" in said
    assert code == 3 and "could start several builds" in said and len(v.deployments) == builds
    assert "On Vercel these variables are as in the snapshot: CHANGED GONE SAME ADDED." in said
    # With curl the same command finds nothing left to do but the build.
    code, said = run(w, shell, "restore", *old, "ADDED")
    assert code == 0 and len(v.deployments) == builds + 1, said
    assert v.find(v.live).values == old
