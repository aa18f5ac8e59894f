"""A service without records, the command line on it, and what tests of records do with both."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from generator.cli import main
from tests.conftest import ROOT

KEEPER = "A. Person, keeper"
REVIEW = ("--reviewer", KEEPER, "--approver", "B. Person, helper", "--scope", "All sections")


@pytest.fixture
def handbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service without records, in the current folder; only its clocks can make it red."""
    folder = tmp_path / "content/full"
    shutil.copytree(ROOT / "tests/cases/ok/full", folder)
    shutil.rmtree(folder / "records")
    contacts = (folder / "contacts.yaml").read_text("utf-8")
    (folder / "contacts.yaml").write_text(contacts.replace("required: true", "required: false"))
    monkeypatch.chdir(tmp_path)
    return folder


class Said:
    def __init__(self, capsys, *words: str) -> None:
        self.code = main([str(w) for w in words])
        found = capsys.readouterr()
        self.out, self.err = found.out, found.err
        self.words = " ".join((self.out + self.err).split())


@pytest.fixture
def rollbook(capsys):
    def run(*words: str, code: int = 0) -> Said:
        said = Said(capsys, *words)
        assert said.code == code, said.words
        assert "Traceback" not in said.words
        return said

    return run


def clock(capsys, id: str, day: str) -> dict:
    main(["check", "--as-of", day, "--format", "json"])
    (service,) = json.loads(capsys.readouterr().out)["services"]
    return next(c for c in service["clocks"] if c["id"] == id)


def drill(rollbook, day: str, *more: str, result: str = "ok", where: str = "staging") -> None:
    steps = [w for s in steps_of_restart() for w in ("--step", f"{s}={result}")]
    rollbook(
        *("drill", "record", "--procedure", "restart", "--environment", where),
        *("--start", f"{day}T09:00:00Z", "--end", f"{day}T09:20:00Z", "--participant", KEEPER),
        *("--verification", "passed" if result == "ok" else "failed", *steps, *more),
    )


def steps_of_restart() -> list[str]:
    text = (ROOT / "tests/cases/ok/full/procedures/restart.yaml").read_text("utf-8")
    return re.findall(r"^  - id: (.*)$", text, re.M)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def git(*words: str, day: str = "2026-03-02") -> None:
    who = {f"GIT_{w}_{k}": "a@b" for w in ("AUTHOR", "COMMITTER") for k in ("NAME", "EMAIL")}
    when = {"GIT_AUTHOR_DATE": f"{day}T12:00:00Z", "GIT_COMMITTER_DATE": f"{day}T12:00:00Z"}
    subprocess.run(["git", *words], check=True, capture_output=True, env=os.environ | who | when)
