"""The gate: the state of every service on a day."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from generator import freshness, model
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
        states.append(freshness.assess(book, day, warn_days, rendered(book)))
    return states, ordered(problems)


def rendered(book: model.Handbook) -> freshness.Rendered:
    """The hash of a script as it is rendered today, asked only where a drill is on record."""

    def script_sha256(procedure: model.Procedure) -> str | None:
        # Templates take longer to load than everything else that the gate does.
        from generator.render.scripts.procedure import script

        return sha256(script(procedure, book).encode()).hexdigest() if procedure.script else None

    return script_sha256
