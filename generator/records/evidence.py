"""Which records count: the newest review, the newest drill that passed, a waiver in force.

A record that a later one corrects (`supersedes`) no longer counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from generator import model
from generator.model.records import (
    Carried,
    CorrectiveAction,
    Drill,
    Review,
    Rollback,
    Waiver,
)

Record = TypeVar("Record", Review, Drill, Carried, Waiver, Rollback)


def standing(records: Iterable[Record]) -> list[Record]:
    """The records that no other one corrects, oldest first."""
    records = list(records)
    corrected = {r.supersedes for r in records if r.supersedes}
    return [r for r in records if r.id not in corrected]


def day_of(moment: str, timezone: str) -> date:
    """The day that a moment in UTC is in the time zone of the policy."""
    found = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return found.astimezone(ZoneInfo(str(timezone))).date()


def last_review(book: model.Handbook) -> Review | None:
    return max(standing(book.records.reviews), key=lambda r: (r.day, r.id), default=None)


def drills_of(book: model.Handbook, procedure: str) -> list[Drill]:
    """The standing drills of a procedure, oldest first."""
    found = (d for d in standing(book.records.drills) if d.procedure == procedure)
    return sorted(found, key=lambda d: (d.end, d.id))


def counts(book: model.Handbook, drill: Drill) -> bool:
    """Whether a drill sets its clock back: it passed, and was done where drills count."""
    return drill.passed and drill.environment in book.service.drills_count


def last_pass(book: model.Handbook, procedure: str) -> Drill | None:
    """The newest drill that counts; a failed one after it changes nothing."""
    return next((d for d in reversed(drills_of(book, procedure)) if counts(book, d)), None)


def stands_for(book: model.Handbook, drill: Drill, script_sha256: str, as_of: date) -> bool:
    """Whether a drill stands for a script with this hash: it ran it, or was carried forward by then."""
    standing_by_then = (c for c in standing(book.records.carried) if c.day <= as_of.isoformat())
    carried = (c for c in standing_by_then if c.drill == drill.id)
    return script_sha256 in {drill.script_sha256, *(c.script_sha256 for c in carried)}


def open_actions(book: model.Handbook) -> Iterator[tuple[Drill, int, CorrectiveAction]]:
    """The corrective actions of the newest drill of each procedure, numbered from 1 in its record.

    Nothing records that one was done, so it is asked about until the next drill.
    """
    for procedure in book.procedures:
        for drill in drills_of(book, procedure.id)[-1:]:
            for number, action in enumerate(drill.actions, 1):
                yield drill, number, action


def waivers_of(book: model.Handbook, clock: str) -> list[Waiver]:
    found = (w for w in standing(book.records.waivers) if w.clock == clock)
    return sorted(found, key=lambda w: (w.until, w.id))


def open_rollbacks(book: model.Handbook) -> list[Rollback]:
    """Rollbacks after which the document was neither updated nor found to need no change."""
    return [
        r
        for r in standing(book.records.rollbacks)
        if r.no_change is None and not _updated_since(book, r)
    ]


def _updated_since(book: model.Handbook, rollback: Rollback) -> bool:
    """Whether the document has a version from after a rollback.

    Of that very day counts only one that is newer than the one that was followed.
    """
    history = book.service.history
    versions = [r.version for r in history]
    day = day_of(rollback.end, book.service.timezone)
    followed = versions.index(rollback.version) if rollback.version in versions else len(versions)
    return any(r.date > day or (r.date == day and n > followed) for n, r in enumerate(history))
