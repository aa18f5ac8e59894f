"""The reviewer's packet: everything that is open, in three forms that say the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from generator.cli import main
from tests.conftest import ROOT


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "tests/cases/ok/full", tmp_path / "content/full")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "content/full"


def shown(capsys, form: str = "text", day: str = "2026-12-05") -> str:
    assert main(["review", "--format", form, "--as-of", day]) == 0
    return capsys.readouterr().out


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def sections(capsys) -> dict[str, list[str]]:
    (found,) = json.loads(shown(capsys, "json"))["services"]
    return {s["id"]: s["items"] for s in found["sections"]}


def test_it_names_what_changed_and_what_is_open(content: Path, capsys) -> None:
    # The last review is of the content as it is now, so that only what is changed below differs.
    for path in content.glob("records/reviews/*"):
        path.unlink()
    record = ("review", "record", "--scope", "all", "--outcome", "no-change")
    people = ("--reviewer", "A. Person, keeper", "--approver", "B. Person, helper")
    assert main([*record, *people, "--date", "2026-11-01"]) == 0
    capsys.readouterr()
    assert sections(capsys)["changes"] == []
    edit(content / "procedures/restart.yaml", "The lights go out.", "The lights stay on.")
    edit(content / "thresholds.yaml", "above: 4", "above: 5")
    found = sections(capsys)
    assert found["changes"] == [
        'procedure/restart.warning: from "The lights go out." to "The lights stay on."',
        'thresholds/thresholds.thresholds.outage.above: from "4" to "5"',
    ]
    assert any("contacts.second.name" in x and "(late)" in x for x in found["open"])
    assert any("Restart the machine" in x and "never measured" in x for x in found["times"])
    # What has changed is due whatever its date is.
    assert found["due"] == ["now: drill, Restart the machine (never)", "now: review (changed)"]
    assert [x[:18] for x in found["rollbacks"]] == ["2026-03-07-publish"], "no update since"


def test_an_unanswered_rollback_is_asked_about(content: Path, capsys) -> None:
    for path in content.glob("records/rollbacks/*"):
        path.unlink()
    made = ("rollback", "record", "--procedure", "restart", "--who", "A. Person, keeper")
    when = ("--start", "2026-12-01T02:00:00Z", "--end", "2026-12-01T02:10:00Z")
    assert main([*made, *when, "--trigger", "5xx", "--outcome", "failed"]) == 0
    capsys.readouterr()
    assert sections(capsys)["rollbacks"] == ["2026-12-01-restart: 5xx; failed, 10 minutes"]
    assert "[ ] Each rollback above is answered" in shown(capsys)


def test_the_three_forms_say_the_same(content: Path, capsys) -> None:
    edit(
        content / "contacts.yaml", "unfilled: Who helps", 'unfilled: "<b>Who</b> *helps* | [x](y)"'
    )
    text, page = shown(capsys), shown(capsys, "markdown")
    assert all(len(line) <= 80 for line in text.splitlines())
    tokens = MarkdownIt("commonmark").parse(page)
    assert "<b>Who</b> *helps* | [x](y)" in page.replace("\\", "").replace("`", "")
    assert not [t for t in tokens if t.type == "html_block"]
    inline = [c for t in tokens for c in t.children or ()]
    assert not [c for c in inline if c.type in ("html_inline", "link_open", "em_open")]
    flat = " ".join(text.split())
    read = "".join(c.content for c in inline)
    for items in sections(capsys).values():
        for item in items:
            assert " ".join(item.split()) in flat
            assert item.replace("`", "") in read
