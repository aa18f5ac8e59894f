"""What becomes a record: the logs of real runs, and what `rollbook` says of each."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.vercel.vercelworld import World

ROLLBACK = ("rollback", "record", "--who", "A. Person, on-call-engineer", "--trigger", "5xx")
DRILL = ("drill", "record", "--participant", "A. Person, on-call-engineer")


def rolled_back(w: World) -> None:
    assert w.run("dash").returncode == 0


def not_verified(w: World) -> None:
    w.app.status = 500
    assert w.run("dash").returncode == 7
    w.app.status = 200


def published(w: World) -> None:
    assert w.run("dash", "--yes", "--push-only", w.shas[0]).returncode == 0


def refused(w: World) -> None:
    assert w.run("dash", "--yes", w.shas[2]).returncode == 4


def undone(w: World) -> None:
    rolled_back(w)
    (first,) = logs(w)
    done = w.run("dash", "--yes", "--undo", script="vercel-rollback.sh", serves=w.shas[2])
    assert done.returncode == 0
    first.unlink()


def logs(w: World) -> list[Path]:
    return sorted((w.folder / "clone/.git/rollback-log").glob("*.jsonl"))


class Records:
    """PartPulse's content in a folder of its own, and the log of one run beside it."""

    def __init__(self, w: World, run: Callable[[World], None]) -> None:
        self.folder = w.folder / "service"
        shutil.copytree(ROOT / "content", self.folder / "content")
        run(w)
        (self.log,) = logs(w)

    def elsewhere(self) -> None:
        """Let the log say that it was the real service."""
        text = re.sub(
            r'"hosts":"[^"]*"', '"hosts":"shop.example api.vercel.com"', self.log.read_text()
        )
        self.log.write_text(text)

    def rollbook(self, *words: str, code: int) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "generator", *words, "--from", str(self.log)],
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return " ".join((done.stdout + done.stderr).split())

    def written(self, kind: str) -> list[dict]:
        found = (self.folder / "content/partpulse/records").glob(f"{kind}/*.yaml")
        return [yaml.safe_load(p.read_text("utf-8")) for p in found]


@pytest.mark.parametrize(
    ("run", "said"),
    [(published, "says 'published'"), (refused, "says 'nothing'"), (undone, "says 'undone'")],
)
def test_a_run_that_rolled_nothing_back_is_no_rollback_and_no_drill(world, run, said: str) -> None:
    records = Records(world(), run)
    records.elsewhere()
    words = records.rollbook(*ROLLBACK, code=2)
    assert "the run rolled nothing back" in words and said in words
    assert records.written("rollbacks") == []
    words = records.rollbook(*DRILL, "--environment", "production", code=0)
    assert "It does not count as a drill" in words
    (drill,) = records.written("drills")
    assert drill["verification"] == "not-done"


@pytest.mark.parametrize(
    ("run", "outcome"), [(rolled_back, "verified"), (not_verified, "not-verified")]
)
def test_the_record_says_what_the_log_says(world, run, outcome: str) -> None:
    records = Records(world(), run)
    records.elsewhere()
    words = records.rollbook(*ROLLBACK, code=0)
    (record,) = records.written("rollbacks")
    assert record["outcome"] == outcome
    assert "Next: rollbook build" in words and "only 'rollbook audit' finds" in words
    # One run is one rollback.
    assert "this log is that of the rollback" in records.rollbook(*ROLLBACK, code=2)


def test_a_run_against_this_machine_is_no_drill_of_production(world) -> None:
    records = Records(world(), rolled_back)
    for environment in ("production", "staging"):
        words = records.rollbook(*DRILL, "--environment", environment, code=2)
        assert "127.0.0.1" in words and "on the machine itself" in words
    assert "rolled nothing back" in records.rollbook(*ROLLBACK, code=2)
    words = records.rollbook(*DRILL, "--environment", "sandbox", code=0)
    assert "It does not count as a drill" in words
    # One run makes one drill.
    records.elsewhere()
    records.rollbook(*DRILL, "--environment", "production", code=0)
    words = records.rollbook(*DRILL, "--environment", "production", code=2)
    assert "one run makes one drill" in words


def test_a_log_that_says_nothing_of_what_was_done_is_refused(world) -> None:
    records = Records(world(), rolled_back)
    records.elsewhere()
    records.log.write_text(re.sub(r'"did":"moved","verified":"yes",', "", records.log.read_text()))
    assert "an older script wrote this log" in records.rollbook(*ROLLBACK, code=2)
    words = records.rollbook(*DRILL, "--environment", "production", code=2)
    assert "an older script wrote this log" in words
