"""The record of a drill comes from the log of a real run, and notices another script."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from generator.cli import main
from tests.platform.hostworld import HERE, WANTED

PERSON = "A. Person, keeper"


@pytest.fixture
def drilled(world, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    """The content, with the procedure to be drilled, and the log of a run that was verified."""
    w = world()
    run = w.run("dash", "--yes", WANTED)
    assert run.code == 0, run.said
    (log,) = (w.folder / "logs").glob("go-back-*.jsonl")
    content = tmp_path / "content"
    shutil.copytree(HERE / "content/stall", content / "stall")
    procedure = content / "stall/procedures/go-back.yaml"
    procedure.write_text(
        procedure.read_text("utf-8").replace("risk: low", "risk: low\ndrill: true")
    )
    service = content / "stall/service.yaml"
    if "\ndrills:" not in service.read_text("utf-8"):
        with service.open("a", encoding="utf-8") as stream:
            stream.write("drills: {cycle: P3M}\n")
    monkeypatch.chdir(tmp_path)

    def rollbook(*words: str, code: int = 0) -> str:
        assert main(list(words)) == code
        found = capsys.readouterr()
        return " ".join((found.out + found.err).split())

    return log, rollbook, content / "stall"


def record(log: Path, environment: str = "staging") -> tuple[str, ...]:
    given = ("--environment", environment, "--participant", PERSON, "--night", "Yes")
    return ("drill", "record", "--from", str(log), *given)


def state(rollbook, code: int) -> dict:
    found = json.loads(rollbook("check", "--format", "json", code=code))
    return next(c for c in found["services"][0]["clocks"] if c["id"] == "drill:go-back")


def test_a_run_that_was_verified_is_a_drill(drilled) -> None:
    log, rollbook, folder = drilled
    assert state(rollbook, 1)["state"] == "never"
    assert "recorded:" in rollbook(*record(log))
    (path,) = (folder / "records/drills").glob("*.yaml")
    text = path.read_text("utf-8")
    for words in ("kind: functional", "verification: passed", "exit: 0", "name: go-back.sh"):
        assert words in text
    assert "result: failed" not in text and "by: person" not in text
    first = json.loads(log.read_text().splitlines()[0])
    assert first["script_sha256"] in text and first["stamp"] in text
    assert path.with_suffix(".log.jsonl").read_bytes() == log.read_bytes()
    assert state(rollbook, 1)["state"] == "current"
    rollbook("build")
    page = Path("generated/stall/rollback-procedures.md").read_text("utf-8")
    assert re.search(r"\*\*Timeline\*\*: .*measured", page)
    assert f"**Last tested**: {first['time'][:10]} in staging" in page


def test_a_script_that_is_rendered_differently_needs_a_drill_or_a_decision(drilled) -> None:
    log, rollbook, folder = drilled
    rollbook(*record(log))
    contacts = folder / "procedures/go-back.yaml"
    text = contacts.read_text("utf-8")
    contacts.write_text(text.replace("title: Make it live", "title: Let it go live"))
    found = state(rollbook, 1)
    assert (found["state"], found["reasons"]) == ("changed", ["rendered-differently"])
    assert found["stamp"] == found["current"]
    drill = f"{found['record']}"
    carry = ("drill", "carry", "--drill", drill, "--reason", "A title", "--approver", PERSON)
    rollbook(*carry)
    assert state(rollbook, 1)["state"] == "current"
    contacts.write_text(text.replace("title: Make it live", "title: Let it be live"))
    assert state(rollbook, 1)["reasons"] == ["rendered-differently"], "for one rendering only"
    contacts.write_text(text.replace("equals: ready", "equals: live"))
    assert state(rollbook, 1)["reasons"] == ["changed"]
    assert "the steps of go-back have changed" in rollbook(*carry, code=2)
    assert "are not those that ran" in rollbook(*record(log), code=2)


def edited(log: Path, how: str) -> Path:
    lines = log.read_text("utf-8").splitlines()
    if how == "cut":
        lines = lines[:-1]
    elif how == "of two runs":
        lines.insert(2, lines[1].replace('"run":"', '"run":"x'))
    elif how == "of an unknown procedure":
        lines = [x.replace('"procedure":"go-back"', '"procedure":"go-forth"') for x in lines]
    elif how == "of another service":
        lines[0] = lines[0].replace('"service":"stall"', '"service":"depot"')
    elif how == "of no script that Rollbook made":
        lines[0] = re.sub(r',"stamp":"[^"]*"', "", lines[0])
    else:
        lines = ["never mind"]
    path = log.with_name("edited.jsonl")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("cut", "the script was killed"),
        ("of two runs", "line 3: another run than in line 1"),
        ("of an unknown procedure", "no procedure is called 'go-forth'"),
        ("of another service", "is that of the service 'depot', not of 'stall'"),
        ("of no script that Rollbook made", "names no stamp"),
        ("no log", "line 1 is not JSON"),
    ],
)
def test_a_log_that_cannot_be_used_is_refused(drilled, how: str, words: str) -> None:
    log, rollbook, folder = drilled
    assert words in rollbook(*record(edited(log, how)), code=2)
    assert "cannot read" in rollbook(*record(log.with_name("nowhere")), code=3)
    assert not list(folder.glob("records/drills/*"))
