"""Every generated script, as text: dialect, style, checksums, and what it says of itself."""

from __future__ import annotations

import subprocess

import pytest
import scriptworld
from scriptworld import needs

SCRIPTS = sorted(scriptworld.ROOT.glob("generated/*/scripts/*.sh"))


@pytest.fixture(params=SCRIPTS, ids=lambda p: f"{p.parts[-3]}/{p.name}")
def script(request):
    return request.param


def test_there_are_scripts() -> None:
    assert scriptworld.ROLLBACK in SCRIPTS


def test_shellcheck_finds_nothing(script) -> None:
    done = subprocess.run(
        [scriptworld.SHELLCHECK, "--norc", "--severity=style", "--shell=sh", script],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_it_is_formatted(script) -> None:
    done = subprocess.run(
        [needs("shfmt"), "-ln", "posix", "-i", "2", "-d", script], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_no_command_has_two_command_substitutions(script, tmp_path) -> None:
    assert scriptworld.crowded(script) == []
    # It finds them wherever they stand.
    text = 'f() {\n  case $(a) in "$(b "$(c)")") ;; esac\n}\nx=$(a) && y="$(b)$(c)" >"$z"\necho >"$(a)" "$((1 + $(b)))"\n'
    (tmp_path / "x.sh").write_text(text)
    assert scriptworld.crowded(tmp_path / "x.sh") == [2, 4, 5]


def test_every_shell_can_read_it(script, shell, tmp_path) -> None:
    done = subprocess.run(
        [*scriptworld.shell_command(shell, tmp_path), "-n", script], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_it_can_be_started_and_is_listed(script) -> None:
    assert script.read_text().startswith("#!/bin/sh\n")
    assert script.stat().st_mode & 0o777 == 0o755
    sums = (script.parent / "SHA256SUMS").read_text().splitlines()
    assert f"{scriptworld.digest(script)}  {script.name}" in sums


def test_help(script, shell, tmp_path) -> None:
    done = subprocess.run(
        [*scriptworld.shell_command(shell, tmp_path), script, "--help"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for part in (
        "Usage:",
        "--yes",
        "--dry-run",
        "It touches only:",
        "Exit codes:",
        "ROLLBOOK_LOG_DIR",
    ):
        assert part in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
