"""The gate: the state of every service on a day, one service after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from generator import freshness, model, state
from generator.load import load, service_folders
from generator.problems import Problem


@dataclass(frozen=True)
class Assessed:
    """One service on a day. `state` is None where the content has errors; `problems` are those."""

    id: str
    state: state.ServiceState | None
    problems: tuple[Problem, ...] = ()

    @property
    def status(self) -> str:
        return self.state.status if self.state else "red"


def assess_all(
    content: Path, only: list[str], as_of: date | None, warn_days: int | None, now: datetime
) -> Iterator[Assessed]:
    """The state of every service; `as_of` overrules the day that `now` is in its time zone.

    One Handbook is alive at a time, so that memory does not grow with their number.
    """
    for folder in service_folders(content, only):
        yield _assessed(folder, as_of, warn_days, now)


def _assessed(folder: Path, as_of: date | None, warn_days: int | None, now: datetime) -> Assessed:
    loaded = load(folder)
    book = loaded.handbook
    if book is None:
        wrong = tuple(p for p in loaded.problems if p.severity == "error")
        return Assessed(loaded.id, None, wrong)
    day = as_of or freshness.today(now, book.service.timezone)
    return Assessed(loaded.id, state.assess(book, day, warn_days, rendered(book)))


def rendered(book: model.Handbook) -> freshness.Rendered:
    """The hash of a script as it is rendered today, asked only where a drill is on record."""

    def script_sha256(procedure: model.Procedure) -> str | None:
        # Templates take longer to load than everything else that the gate does.
        from generator.render.scripts.procedure import script

        return sha256(script(procedure, book).encode()).hexdigest() if procedure.script else None

    return script_sha256
