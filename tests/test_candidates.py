"""What the service's repository states of an open fact is shown with its place, and fills nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from generator.cli import main
from generator.load import load
from generator.state import assess
from tests.conftest import ROOT

STATED = (
    "On the second disk (stated in `docs/backups.md:12`, not confirmed)",
    "Nowhere (stated in",
)


def test_each_candidate_stands_in_the_document_with_its_place(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["build", "--content", str(ROOT / "tests/cases/ok"), "--out", str(out)]) == 0
    text = " ".join((out / "full/rollback-procedures.md").read_text("utf-8").split())
    for words in STATED:
        # In the section of the fact, and in the list of open facts.
        assert text.count(words) == 2


def test_the_gate_says_them_and_stays_as_red_as_without(capsys: pytest.CaptureFixture[str]) -> None:
    run = ["check", "--content", str(ROOT / "content"), "--as-of", "2026-11-27"]
    assert main(run) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "MISSING The address at which users reach production" in told
    stated = (
        "https://part-pulse.vercel.app (stated in VERCEL_ENV_UPDATE_REQUIRED.md:7, not confirmed)"
    )
    assert stated in told
    assert main([*run, "--format", "json"]) == 1
    (service,) = json.loads(capsys.readouterr().out)["services"]
    point = next(u for u in service["unfilled"] if u["path"] == "service.recovery.recovery-point")
    assert [c["value"] for c in point["candidates"]] == ["24 hours", "less than 1 hour"]
    book = load(ROOT / "content/partpulse").handbook
    bare = replace(book, unfilled=tuple(replace(u, candidates=()) for u in book.unfilled))
    day = date(2026, 11, 27)
    with_them, without = assess(book, day), assess(bare, day)
    assert with_them.status == without.status == "red"
    assert len(with_them.unfilled) == len(without.unfilled)


def test_no_output_uses_a_candidate_as_a_value(tmp_path: Path) -> None:
    """Production's address is in no script while only a candidate names it."""
    assert main(["build", "--content", str(ROOT / "content"), "--out", str(tmp_path)]) == 0
    for file in (tmp_path / "partpulse").rglob("*"):
        if file.is_file() and file.suffix not in (".md", ".json"):
            assert "part-pulse.vercel.app" not in file.read_text("utf-8"), file
