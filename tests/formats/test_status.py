"""The overview, and what a site shows of the day: valid, stable, and touched only when it changes."""

from __future__ import annotations

import json
import os
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from generator.badge import COLORS, svg
from generator.calendar import _escaped, _folded
from generator.cli import main
from tests.formats.reports import (
    HOSTILE,
    edit,
    hostile,
    record_drill,
    record_review,
    run,
    service,
)
from tests.test_cli import state as touched


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def green(folder: Path) -> None:
    """No drill is asked for, and no fact is missing that must be there."""
    edit(folder / "procedures/restart.yaml", "drill: true", "drill: false")
    edit(folder / "canon.yaml", "          - drills\n", "")
    edit(folder / "contacts.yaml", "required: true", "required: false")


def test_one_line_a_service_the_worst_first(world, capsys) -> None:
    long = "a-service-with-a-name-that-is-longer-than-it-should-be"
    for id in ("aa-green", "bb-soon", "cc-red", long):
        folder = service(world, id, records=False)
        if id != "cc-red":
            green(folder)
    hostile(world)
    edit(world / "content/bb-soon/service.yaml", "next: 2026-05-01", "next: 2026-03-10")
    lines = run(capsys, "status", "--as-of", "2026-03-01", code=0).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert [line.split()[0] for line in lines] == [
        *("SERVICE", "cc-red", "hostile", "bb-soon"),
        *("a-service-with-a-name...", "aa-green"),
    ]
    column = lines[0].index("REVIEW")
    assert all(line[column - 1] == " " != line[column] for line in lines)
    assert lines[1].split()[1:8] == ["RED", "in", "61", "d", "1", "never", "1"]
    assert lines[1].split()[-3:] == ["(+4)", "now", "drill:restart"]
    assert "due soon" in lines[3] and "2026-03-10 review" in lines[3]
    # A service that cannot be judged comes before all others, and is the only reason for a 1.
    edit(world / "content/aa-green/service.yaml", "owner: keeper", "owner: nobody")
    lines = run(capsys, "status", "--as-of", "2026-03-01", "--out", "out", code=1).splitlines()
    assert lines[1].split()[:2] == ["aa-green", "INVALID"]
    assert not (world / "out").exists(), "half of the services is worse than yesterday's"


def publish(capsys, day: str, *more: str) -> str:
    return run(capsys, "status", "--out", "out", "--as-of", day, *more, code=0)


def test_files_of_the_day(world, capsys) -> None:
    service(world)
    service(world, "other", records=False)
    publish(capsys, "2026-08-15")
    before = touched(world / "out")
    assert set(before) == {
        "freshness.json",
        *(f"{id}/{n}" for id in ("full", "other") for n in ("badge.json", "badge.svg", "due.ics")),
    }
    report = run(capsys, "check", "--format", "json", "--as-of", "2026-08-15")
    assert json.loads((world / "out/freshness.json").read_text()) == json.loads(report)
    assert "0 files written" in publish(capsys, "2026-08-15")
    assert touched(world / "out") == before
    # What others put there stays, and one service alone does not stand for all of them.
    (world / "out/index.html").write_text("the site")
    publish(capsys, "2026-08-16", "--service", "other")
    after = touched(world / "out")
    assert {k for k, v in after.items() if before.get(k) != v} == {
        *("index.html", "other/badge.json", "other/badge.svg", "other/due.ics"),
    }
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in (world / "out").rglob("*.*"))


def test_a_disk_that_refuses_is_3_and_a_sentence(world, capsys) -> None:
    from generator.cli import main

    service(world)
    (world / "out").write_text("a file")
    assert main(["status", "--out", "out"]) == 3
    assert "cannot write out" in capsys.readouterr().err


def test_a_link_below_the_folder_leads_nothing_elsewhere(world, capsys) -> None:
    from generator.cli import main

    service(world)
    (world / "elsewhere").mkdir()
    (world / "out").mkdir()
    (world / "out/full").symlink_to(world / "elsewhere")
    assert main(["status", "--out", "out", "--as-of", "2026-08-15"]) == 3
    assert "cannot write out/full: a link stands where outputs are kept" in capsys.readouterr().err
    assert not list((world / "elsewhere").iterdir()) and not (world / "out/freshness.json").exists()
    # The folder that was named is the user's own choice, and may be a link.
    (world / "out/full").unlink()
    (world / "site").symlink_to("out")
    run(capsys, "status", "--out", "site", "--as-of", "2026-08-15", code=0)
    assert (world / "out/full/badge.json").is_file()


def test_a_badge_says_the_state_and_the_day(world, capsys) -> None:
    hostile(world)
    publish(capsys, "2026-03-01")
    badge = json.loads((world / "out/hostile/badge.json").read_text())
    assert set(badge) == {"schemaVersion", "label", "message", "color"}
    assert badge["schemaVersion"] == 1
    assert (badge["label"], badge["message"]) == (f"{HOSTILE} rollback", "red, 2026-03-01")
    text = (world / "out/hostile/badge.svg").read_text("ascii")
    picture = ElementTree.fromstring(text)
    (title,) = picture.iter("{http://www.w3.org/2000/svg}title")
    assert title.text.endswith(": red, 2026-03-01") and title.text.startswith(HOSTILE[:40])
    assert picture.attrib["aria-label"] == title.text


@given(st.text(st.characters(codec="utf-8"), max_size=90), st.sampled_from(sorted(COLORS)))
def test_any_name_makes_a_whole_badge_that_asks_nobody(name, status) -> None:
    text = svg(name, "red, 2026-03-01", status)
    picture = ElementTree.fromstring(text)
    tags = {e.tag.removeprefix("{http://www.w3.org/2000/svg}") for e in picture.iter()}
    assert tags == {"svg", "title", "rect", "g", "text"}
    names = {k.rpartition("}")[2] for e in picture.iter() for k in e.attrib}
    assert not names & {"href", "src", "style", "class"} and text.count("xmlns") == 1
    width = int(picture.attrib["width"])
    halves = [e for e in picture.iter() if e.tag.endswith("rect")]
    assert sum(int(h.attrib["width"]) for h in halves) == width
    for words, half in zip((e for e in picture.iter() if e.tag.endswith("}text")), halves):
        start = int(half.attrib.get("x", 0))
        assert start < int(words.attrib["x"])
        end = int(words.attrib["x"]) + int(words.attrib["textLength"])
        assert end < start + int(half.attrib["width"]), "words stay in their half"


def test_white_letters_can_be_read_on_every_colour() -> None:
    def luminance(colour: str) -> float:
        parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        red, green_, blue = (
            p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green_ + 0.0722 * blue

    assert all(1.05 / (luminance(c) + 0.05) >= 4.5 for c in (*COLORS.values(), "#444444"))


def events(file: Path) -> dict[str, tuple]:
    """uid -> first day, words; read by a library that is strict about what must be there."""
    raw = file.read_bytes()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    (calendar,) = vobject.readComponents(raw.decode("utf-8"), validate=True)
    calendar.validate(raiseException=True)
    found = {}
    for event in calendar.vevent_list:
        event.validate(raiseException=True)
        assert type(event.dtstart.value) is date
        assert event.dtend.value - event.dtstart.value == timedelta(days=1)
        assert event.uid.value not in found
        alarms = [a.trigger.value for a in event.contents.get("valarm", ())]
        found[event.uid.value] = (event.dtstart.value, event.summary.value, alarms)
    return found


def test_the_calendar_of_what_is_due(world, capsys) -> None:
    folder = service(world, records=False)
    file = world / "out/full/due.ics"
    publish(capsys, "2026-03-01")
    first = events(file)
    warn = [timedelta(days=-30), timedelta(days=-1)]
    assert first["review@full.rollbook"] == (date(2026, 5, 1), "Full: review", warn)
    never = first["drill:restart@full.rollbook"]
    assert never[0] == date(2026, 3, 1), "what was never done is due today"
    assert never[2] == [], "an alarm comes ahead or not at all"
    assert first["fact:contacts.second.name@full.rollbook"][:2] == (
        date(2026, 12, 1),
        "Full: Who helps",
    )
    assert len(first) == 1 + 1 + 5
    # On another day the same is due; done, it moves, and what was promised comes to it.
    publish(capsys, "2026-03-09")
    assert set(events(file)) == set(first)
    edit(
        folder / "contacts.yaml",
        "name:\n      unfilled: Who helps\n      owner: keeper\n      required: true\n      by: 2026-12-01"
        '\n      candidates: [{value: Nobody, source: "README.md:2"}]',
        "name: Grace Example",
    )
    record_review("2026-03-09")
    record_drill("2026-03-09")
    publish(capsys, "2026-03-10")
    after = events(file)
    assert after["review@full.rollbook"][0] == date(2026, 9, 9)
    assert after["drill:restart@full.rollbook"][0] == date(2027, 3, 9)
    assert "fact:contacts.second.name@full.rollbook" not in after
    action = "action:2026-03-09-restart.1@full.rollbook"
    assert after[action][:2] == (date(2026, 12, 24), "Full: Buy a lamp")
    assert len(after) == len(first)


def test_the_day_to_act_is_today_or_the_end_of_a_waiver(world, capsys) -> None:
    """What is red whatever its date says is not put off until that date."""
    folder = service(world, records=False)
    file = world / "out/full/due.ics"
    record_review("2026-03-09")
    edit(folder / "procedures/restart.yaml", "The lights go out.", "The lights stay on.")
    publish(capsys, "2026-03-10")
    assert events(file)["review@full.rollbook"][0] == date(2026, 3, 10)
    assert "now review" in run(capsys, "status", "--as-of", "2026-03-10", code=0)
    who = ("--reason", "Ill", "--approver", "A. Person, keeper")
    for clock in ("review", "drill:restart"):
        days = ("--granted", "2026-03-10", "--until", "2026-03-20")
        run(capsys, "waiver", "record", "--clock", clock, *who, *days, code=0)
    publish(capsys, "2026-03-11")
    after = events(file)
    for clock in ("review", "drill:restart"):
        day, _, warn = after[f"{clock}@full.rollbook"]
        assert day == date(2026, 3, 20) and warn, "an alarm before it is red again"
    assert "waived until 2026-03-20" in file.read_text("utf-8").replace("\r\n ", "")
    assert "2026-03-20 " in run(capsys, "status", "--as-of", "2026-03-11", code=0)


def test_a_hostile_name_stays_text_in_a_calendar(world, capsys) -> None:
    hostile(world)
    publish(capsys, "2026-03-01")
    found = events(world / "out/hostile/due.ics")
    assert found["fact:contacts.second.name@hostile.rollbook"][1] == f"{HOSTILE}: {HOSTILE}"


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_comes_back_from_a_calendar(text) -> None:
    lines = list(_folded(f"SUMMARY:{_escaped(text)}"))
    assert all(len(line.encode()) <= 75 for line in lines)
    assert all(line.startswith(" ") for line in lines[1:])
    whole = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:x",
        "BEGIN:VEVENT",
        "UID:x",
        "DTSTAMP:20260101T000000Z",
    ]
    whole += ["DTSTART;VALUE=DATE:20260101", *lines, "END:VEVENT", "END:VCALENDAR", ""]
    (calendar,) = vobject.readComponents("\r\n".join(whole), validate=True)
    kept = "".join(c for c in text if c == "\n" or c.isprintable() or c == "\t")
    assert (
        "".join(c for c in calendar.vevent.summary.value if c.isprintable() or c in "\n\t") == kept
    )


def test_it_waits_for_no_pipe(world, capsys) -> None:
    service(world, records=False)
    (world / "out").mkdir()
    os.mkfifo(world / "out/freshness.json")
    assert main(["status", "--out", "out"]) == 3
    assert "freshness.json: a pipe, a socket or a device" in capsys.readouterr().err
