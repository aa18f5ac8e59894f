"""What is due, as a calendar (RFC 5545) that people subscribe to.

The UID of an event is made of what it is about, so that it moves when a day moves and goes
away when nothing is due any more. Its stamp is the day on which the calendar was made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from generator import findings
from generator.state import ServiceState

_LINE = 75  # octets, without the line end


@dataclass(frozen=True)
class Event:
    """An all-day event; `id` is unique in the service and never changes."""

    id: str
    day: date
    summary: str
    description: str


def calendar(state: ServiceState) -> str:
    """The calendar of one service, with CRLF line ends."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Rollbook//due//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(state.name)} rollback",
    ]
    for event in sorted(events(state), key=lambda e: (e.day, e.id)):
        lines += _event(event, state)
    return "".join(f"{line}\r\n" for whole in (*lines, "END:VCALENDAR") for line in _folded(whole))


def events(state: ServiceState) -> Iterator[Event]:
    """The review, each drill, each open fact with a day, what was promised after a drill."""
    for judged in state.clocks:
        clock = judged.clock
        # What is red without a date is due every day until it is done; an invalid date says nothing.
        day = judged.by(state.as_of)
        if day is None:
            continue
        words = "; ".join(findings.reason_words(judged, r) for r in judged.found)
        words += f"; waived until {judged.waived}" if judged.waived else ""
        by = f"{clock.owner}: {clock.command}"
        yield Event(clock.id, day, f"{state.name}: {clock.what}", f"{words}\n{by}")
    for blank in state.unfilled:
        if blank.by:
            need = "required" if blank.required else "optional"
            words = f"{state.role(blank.owner)}, {need}: {blank.path}"
            yield Event(f"fact:{blank.path}", blank.by, f"{state.name}: {blank.what}", words)
    for action in state.actions:
        words = f"{state.role(action.owner)}, after the drill {action.id.rpartition('.')[0]}"
        yield Event(f"action:{action.id}", action.due, f"{state.name}: {action.what}", words)


def _event(event: Event, state: ServiceState) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_escaped(event.id)}@{state.id}.rollbook"
    yield f"DTSTAMP:{_day(state.as_of)}T000000Z"
    yield f"DTSTART;VALUE=DATE:{_day(event.day)}"
    if event.day < date.max:
        yield f"DTEND;VALUE=DATE:{_day(event.day + timedelta(days=1))}"
    yield f"SUMMARY:{_escaped(event.summary)}"
    yield f"DESCRIPTION:{_escaped(event.description)}"
    yield "TRANSP:TRANSPARENT"
    if event.day > state.as_of:  # what is late needs no alarm, it needs doing
        for ahead in sorted({state.warn_days, 1} - {0}, reverse=True):
            yield "BEGIN:VALARM"
            yield "ACTION:DISPLAY"
            yield f"TRIGGER:-P{ahead}D"
            yield f"DESCRIPTION:{_escaped(event.summary)}"
            yield "END:VALARM"
    yield "END:VEVENT"


def _day(day: date) -> str:
    return day.isoformat().replace("-", "")


def _escaped(text: str) -> str:
    """A value of type TEXT; control characters cannot stand in one."""
    kept = "".join(c for c in text if c in "\n\t" or c.isprintable() or ord(c) > 0x9F)
    for character, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        kept = kept.replace(character, written)
    return kept


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets; what goes on begins with a space. No character is cut in two."""
    start, size = 0, 0
    room = _LINE
    for at, character in enumerate(line):
        octets = len(character.encode("utf-8", "surrogatepass"))
        if size + octets > room:
            yield (" " if start else "") + line[start:at]
            start, size, room = at, 0, _LINE - 1
        size += octets
    yield (" " if start else "") + line[start:]
