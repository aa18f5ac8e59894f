"""The house style that a program can check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from generator import actions
from tests.scripts.scriptworld import SHELLCHECK

ROOT = Path(__file__).parent.parent


def test_ruff_has_nothing_to_say():
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_modules_are_short_enough_to_read_in_one_sitting():
    long = {
        path.name: count
        for path in (ROOT / "generator").rglob("*.py")
        if (count := len(path.read_text("utf-8").splitlines())) > 350
    }
    assert not long


def test_own_shell_scripts_are_clean():
    scripts = [ROOT / ".ci/run", ROOT / "requirements/lock.sh", *(ROOT / "tests").glob("*.sh")]
    done = subprocess.run([SHELLCHECK, *scripts], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_action_is_in_the_authoring_guide():
    guide = (ROOT / "docs/authoring.md").read_text("utf-8")
    assert not [a.name for a in actions.ACTIONS if f"`{a.name}`" not in guide]
