"""What a site shows of the day: one file for programs, and a badge and a calendar a service.

These are the only files that the passing of time changes, so they are no outputs of a build
and lie beside none of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from generator.badge import COLORS, svg
from generator.calendar import calendar
from generator.formats.json import check
from generator.gate import Assessed
from generator.outputs import OutFile
from generator.report import View
from generator.state import ServiceState

_WORDS = {"red": "red", "waived": "waived", "due-soon": "due soon", "green": "green"}


def published(assessed: list[Assessed], view: View, *, whole: bool) -> Iterator[OutFile]:
    """Every file; all services must be valid. The list of all is made of the `whole` only."""
    if whole:
        yield OutFile("freshness.json", "\n".join(check(assessed, view)) + "\n")
    for found in assessed:
        if state := found.state:
            label, message = badge_words(state)
            yield OutFile(f"{state.id}/badge.json", _endpoint(label, message, state.status))
            yield OutFile(f"{state.id}/badge.svg", svg(label, message, state.status))
            yield OutFile(f"{state.id}/due.ics", calendar(state))


def badge_words(state: ServiceState) -> tuple[str, str]:
    """The day belongs to it: nobody knows for how long a badge hangs somewhere."""
    return f"{state.name} rollback", f"{_WORDS[state.status]}, {state.as_of}"


def _endpoint(label: str, message: str, status: str) -> str:
    """What shields.io reads to draw a badge of its own."""
    badge = {"schemaVersion": 1, "label": label, "message": message, "color": COLORS[status]}
    return json.dumps(badge, indent=2) + "\n"
