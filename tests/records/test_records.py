"""Records, from the command that writes one to the gate that counts it, and every way to cheat.

The content is that of the cases, with records of its own; the day is given with --as-of.
"""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.records.recordworld import KEEPER, REVIEW, clock, drill, edit, git

# --- Rows 26 to 28 of the case table; the others stand in test_freshness.py.


def test_case_26_in_date_and_changed_since(handbook, rollbook, capsys) -> None:
    rollbook("review", "record", *REVIEW, "--outcome", "no-change", "--date", "2026-03-01")
    assert clock(capsys, "review", "2026-03-02")["state"] == "current"
    edit(handbook / "procedures/restart.yaml", "The lights go out.", "The lights stay on.")
    found = clock(capsys, "review", "2026-03-02")
    assert (found["state"], found["reasons"]) == ("changed", ["changed"])
    late = clock(capsys, "review", "2026-12-01")
    assert (late["state"], late["reasons"]) == ("expired", ["expired", "changed"])
    told = rollbook("review", "diff").out
    assert 'restart.warning: from "The lights go out." to "The lights stay on."' in told
    assert "1 fact has changed since" in told


def test_case_26_for_a_drill_names_the_steps(handbook, rollbook, capsys) -> None:
    drill(rollbook, "2026-03-01")
    edit(handbook / "procedures/restart.yaml", "The lights go out.", "The lights stay on.")
    assert clock(capsys, "drill:restart", "2026-03-02")["state"] == "current", "only a word"
    edit(handbook / "procedures/restart.yaml", "Read the log", "Read the whole log")
    found = clock(capsys, "drill:restart", "2026-03-02")
    assert (found["state"], found["record"]) == ("changed", "2026-03-01-restart")
    assert found["stamp"] != found["current"]
    rollbook("build")
    page = Path("generated/full/rollback-procedures.md").read_text("utf-8")
    assert "2026-03-01 in staging; changed since: look" in page
    assert 'steps.look.either: from ["Read the log"' in rollbook("drill", "diff").out


def test_case_27_a_failed_drill_does_not_count(handbook, rollbook, capsys) -> None:
    drill(rollbook, "2026-03-01", result="failed")
    assert clock(capsys, "drill:restart", "2026-03-03")["state"] == "never"
    drill(rollbook, "2026-03-02")
    drill(rollbook, "2026-03-05", result="failed")
    found = clock(capsys, "drill:restart", "2026-03-06")
    assert (found["state"], found["last"]) == ("current", "2026-03-02")
    assert (found["record"], found["due"]) == ("2026-03-02-restart", "2027-03-02")


@pytest.mark.parametrize(
    "more", [("--table-top",), ("--step", "look=not-done"), ("--verification", "not-done")]
)
def test_only_a_whole_drill_counts(handbook, rollbook, capsys, more) -> None:
    drill(rollbook, "2026-03-02", *more)
    assert clock(capsys, "drill:restart", "2026-03-06")["state"] == "never"


def test_a_drill_counts_where_the_policy_says(handbook, rollbook, capsys) -> None:
    edit(handbook / "service.yaml", "counts: [staging, production, sandbox]", "counts: [staging]")
    drill(rollbook, "2026-03-02", where="sandbox")
    found = clock(capsys, "drill:restart", "2026-03-06")
    assert found["state"] == "never"
    rollbook("build")
    page = Path("generated/full/rollback-procedures.md").read_text("utf-8")
    assert "the newest drill (2026-03-02) was done in sandbox, which does not count" in page


def test_case_28_a_waiver_covers_its_days_and_no_more(handbook, rollbook, capsys) -> None:
    drill(rollbook, "2026-03-02")
    rollbook("review", "record", *REVIEW, "--outcome", "no-change", "--date", "2026-03-01")
    assert clock(capsys, "review", "2026-09-10")["state"] == "expired"
    waiver = ("waiver", "record", "--clock", "review", "--reason", "Ill", "--approver", KEEPER)
    rollbook(*waiver, "--granted", "2026-09-10", "--until", "2026-10-10")
    for day, waived, code in (
        ("2026-09-09", None, 1),
        ("2026-09-10", "2026-10-10", 0),
        ("2026-10-10", "2026-10-10", 0),
        ("2026-10-11", None, 1),
    ):
        found = clock(capsys, "review", day)
        assert (found["state"], found.get("waived")) == ("expired", waived)
        said = rollbook("check", "--as-of", day, code=code)
        assert "EXPIRED" in said.out and "green" not in said.words
    # Longer than 30 days, or once more in a row: refused, and nothing is written.
    before = sorted(handbook.rglob("*"))
    long = rollbook(*waiver, "--granted", "2027-01-01", "--until", "2027-02-01", code=1)
    assert "longer than 30 days" in long.words and "Nothing was recorded" in long.words
    again = rollbook(*waiver, "--granted", "2026-10-11", "--until", "2026-10-12", code=1)
    assert "a second waiver in a row" in again.words
    assert sorted(handbook.rglob("*")) == before
    rollbook("review", "record", *REVIEW, "--outcome", "no-change", "--date", "2026-10-12")
    rollbook(*waiver, "--granted", "2027-06-01", "--until", "2027-06-12")


# --- What is written, and how.


def test_a_record_is_never_written_over_another(handbook, rollbook) -> None:
    for _ in range(3):
        rollbook("review", "record", *REVIEW, "--outcome", "no-change", "--date", "2026-03-01")
    names = sorted(p.name for p in (handbook / "records/reviews").iterdir())
    assert names == [
        *("2026-03-01-2.content.json", "2026-03-01-2.yaml", "2026-03-01-3.content.json"),
        *("2026-03-01-3.yaml", "2026-03-01.content.json", "2026-03-01.yaml"),
    ]


def test_a_full_disk_leaves_nothing(handbook, rollbook, monkeypatch) -> None:
    real = Path.open

    def full(self, mode="r", *args, **more):
        if mode == "xb" and self.suffix == ".yaml":
            raise OSError(28, "No space left on device", str(self))
        return real(self, mode, *args, **more)

    monkeypatch.setattr(Path, "open", full)
    said = rollbook("review", "record", *REVIEW, "--outcome", "no-change", code=3)
    assert "No space left on device; nothing was recorded" in said.words
    assert not [p for p in handbook.rglob("records/*/*")]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("review", "record"), "missing: --reviewer, --approver, --scope, --outcome"),
        (("review", "record", *REVIEW, "--outcome", "no-change", "--date", "1 March"), "--date"),
        (("review", "record", *REVIEW, "--outcome", "no-change", "--reviewer", "A"), "NAME, ROLE"),
        (("review", "record", *REVIEW, "--outcome", "no-change", "--reviewer", "A, b"), "no role"),
        (
            ("drill", "record", "--environment", "staging", "--participant", KEEPER),
            "which procedure",
        ),
        (
            ("waiver", "record", "--clock", "revue", "--reason", "x", "--approver", KEEPER),
            "--until",
        ),
        (("drill", "carry", "--drill", "x", "--reason", "x", "--approver", KEEPER), "no drill"),
    ],
)
def test_what_is_not_understood_is_refused(handbook, rollbook, words, expected) -> None:
    said = rollbook(*words, code=2)
    assert expected in said.words
    assert not (handbook / "records").exists()


def test_in_a_terminal_it_asks_for_what_is_missing(handbook) -> None:
    people = ["A. Person", "A. Person, nobody", "A. Person, keeper", "A. Person, keeper"]
    answers = [*people, "All sections", "perhaps", "no-change"]
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "generator", "review", "record"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    os.close(slave)
    os.write(master, "".join(f"{a}\n" for a in answers).encode())
    assert process.wait(30) == 0
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert shown.count("what it led to (no-change, changed, retire)") == 2
    assert "no role is called 'nobody'" in shown and shown.count("who read the document") == 3
    (record,) = (handbook / "records/reviews").glob("*.yaml")
    assert "scope: All sections" in record.read_text()


def test_a_rollback_newer_than_the_document_is_red_until_it_is_answered(
    handbook, rollbook, capsys
) -> None:
    rollbook("review", "record", *REVIEW, "--outcome", "no-change", "--date", "2026-03-01")
    made = ("rollback", "record", "--procedure", "restart", "--who", KEEPER, "--trigger", "5xx")
    when = ("--start", "2026-03-02T01:00:00Z", "--end", "2026-03-02T01:09:00Z")
    rollbook(*made, *when, "--outcome", "verified")
    found = clock(capsys, "review", "2026-03-03")
    assert (found["state"], found["reasons"]) == ("changed", ["rollback-since"])
    answer = ("--no-change", "All as written", "--supersedes", "2026-03-02-restart")
    rollbook(*made, *when, "--outcome", "verified", *answer)
    assert clock(capsys, "review", "2026-03-03")["state"] == "current"
    # A second one, answered by a new version of the document.
    when = ("--start", "2026-03-04T01:00:00Z", "--end", "2026-03-04T01:09:00Z")
    rollbook(*made, *when, "--outcome", "failed")
    assert "rollback-since" in clock(capsys, "review", "2026-03-05")["reasons"]
    version = "  - {version: 9.0.0, date: 2026-03-05, changes: [What the rollback taught]}\n"
    edit(handbook / "service.yaml", "\nrehearsal:", f"{version}\nrehearsal:")
    assert clock(capsys, "review", "2026-03-06")["reasons"] == ["changed"], "not yet reviewed"


# --- Cheating.


def test_a_record_of_a_day_to_come_is_told_at_once(handbook, rollbook) -> None:
    made = ("review", "record", *REVIEW, "--outcome", "no-change", "--date")
    assert "Until then the gate is red: invalid" in rollbook(*made, "2999-03-01").words
    assert "Until then" not in rollbook(*made, "2020-03-01", "--supersedes", "2999-03-01").words


def test_a_review_of_tomorrow_is_invalid(handbook, rollbook, capsys) -> None:
    rollbook("review", "record", *REVIEW, "--outcome", "no-change", "--date", "2026-03-02")
    assert clock(capsys, "review", "2026-03-01")["reasons"] == ["invalid"]


@pytest.fixture
def committed(handbook, rollbook) -> Path:
    """A repository with one review on record; the file of the record."""
    rollbook("review", "record", *REVIEW, "--outcome", "no-change", "--date", "2026-03-01")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "recorded")
    return handbook / "records/reviews/2026-03-01.yaml"


def test_git_knows_of_nothing_where_nothing_was_done(committed, rollbook) -> None:
    assert "1 record; by this clone's history none was edited" in rollbook("audit").words


@pytest.mark.parametrize("how", ["edited", "deleted", "renamed", "not committed", "in a merge"])
def test_git_tells_what_was_done_to_a_record(committed: Path, rollbook, how: str) -> None:
    if how == "in a merge":
        git("checkout", "-qb", "side")
        git("commit", "-q", "--allow-empty", "-m", "side")
        git("checkout", "-q", "-")
        git("commit", "-q", "--allow-empty", "-m", "main")
        git("merge", "-q", "--no-ff", "--no-commit", "side")
    original = committed.read_bytes()
    if how == "deleted":
        committed.unlink()
    elif how == "renamed":
        committed.rename(committed.with_name("2026-03-01-x.yaml"))
    else:
        edit(committed, "scope: All sections", "scope: Some sections")
    if how != "not committed":
        git("add", ".")
        git("commit", "-qam", "nothing to see here")
    said = rollbook("audit", code=1)
    verb = "deleted or moved" if how in ("deleted", "renamed") else "edited"
    assert f"2026-03-01.yaml: error: {verb}" in said.words
    if how == "edited":
        committed.write_bytes(original)
        git("commit", "-qam", "brought back")
        assert "by now it is what was recorded" in rollbook("audit").words


def test_git_tells_when_a_record_came_late(handbook, rollbook) -> None:
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "begin")
    rollbook("review", "record", *REVIEW, "--outcome", "no-change", "--date", "2026-03-01")
    git("add", ".")
    git("commit", "-qm", "late", day="2026-03-09")
    said = rollbook("audit")
    assert "warning: is of 2026-03-01, and was committed on 2026-03-09" in said.words


def test_without_the_whole_history_git_is_not_believed(committed, rollbook, tmp_path) -> None:
    git("commit", "-q", "--allow-empty", "-m", "more")
    shallow = tmp_path / "shallow"
    git("clone", "-q", "--depth", "1", f"file://{tmp_path}", str(shallow))
    said = rollbook("audit", "--content", str(shallow / "content"), code=2)
    assert "only a part of the history" in said.words
    elsewhere = shutil.copytree(tmp_path / "content", Path("/var/tmp") / f"audit-{os.getpid()}")
    try:
        said = rollbook("audit", "--content", str(elsewhere), code=3)
        assert "git cannot tell the history" in said.words
    finally:
        shutil.rmtree(elsewhere)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("records/reviews/2026-01-01.content.json", "there is no record that this belongs to"),
        ("records/review/2026-01-01.yaml", "nothing reads this"),
        ("records/reviews/2026-01-01.yml", "nothing reads '.yml'"),
    ],
)
def test_what_lies_astray_among_the_records_is_told(handbook, rollbook, name, expected) -> None:
    (handbook / name).parent.mkdir(parents=True)
    (handbook / name).write_text("{}")
    assert expected in rollbook("validate", code=1).words
