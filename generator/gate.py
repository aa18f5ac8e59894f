"""The gate: the state of every service on a day. It renders nothing."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from generator import freshness
from generator.load import load_all
from generator.problems import Problem, ordered


def assess_all(
    content: Path, only: list[str], as_of: date | None, warn_days: int | None, now: datetime
) -> tuple[list[freshness.ServiceState], list[Problem]]:
    """The state of every service; `as_of` overrules the day that `now` is in its time zone."""
    states = []
    problems: list[Problem] = []
    for loaded in load_all(content, only):
        problems += loaded.problems
        book = loaded.handbook
        if book is None:
            continue
        day = as_of or freshness.today(now, book.service.timezone)
        states.append(freshness.assess(book, day, warn_days))
    return states, ordered(problems)
