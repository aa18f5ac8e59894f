"""When a date is good, due or expired. Pure: the day comes in as an argument."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from generator import model
from generator.durations import parse_cycle

# Worst first; a service is as bad as its worst clock.
STATES = ("invalid", "never", "expired", "changed", "due-soon", "current")
RED = frozenset(STATES[:4])

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Clock:
    """What a clock is made from; days as text, as somebody wrote them.

    `last` is the day the thing was done; `baseline` stands in for it before the
    first time; `stated` is a next day that somebody promised; `current` is the stamp
    of what a review or drill today would be about.
    """

    id: str
    cycle: str
    last: str | None = None
    baseline: str | None = None
    stated: str | None = None
    what: str = ""
    owner: str = ""
    current: str = ""

    @property
    def due(self) -> str | None:
        """The day it is due, which no later day can change; None where it cannot be told."""
        judged = judge(self, date.max, 0)
        return judged.due and judged.due.isoformat()


@dataclass(frozen=True)
class Judged:
    """A clock on a day: `state` is the worst of `reasons`; `days_left` is negative when late."""

    clock: Clock
    state: str
    reasons: tuple[str, ...]
    due: date | None
    days_left: int | None
    detail: str = ""


def parse_day(text: str) -> date:
    """`YYYY-MM-DD` and a real day, or ValueError."""
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is not a day written YYYY-MM-DD")
    return date.fromisoformat(text)


def judge(clock: Clock, as_of: date, warn_days: int) -> Judged:
    """The state of one clock on the day `as_of`. The due day itself is still good."""

    def invalid(detail: str) -> Judged:
        return Judged(clock, "invalid", ("invalid",), None, None, detail)

    try:
        cycle = parse_cycle(clock.cycle)
        anchor_text = clock.last or clock.baseline
        anchor = parse_day(anchor_text) if anchor_text else None
        stated = parse_day(clock.stated) if clock.stated else None
    except ValueError as error:
        return invalid(str(error))
    if anchor is None:
        return Judged(clock, "never", ("never",), None, None, "never done")
    if anchor > as_of:
        return invalid(f"{anchor} is in the future")
    try:
        due = cycle.after(anchor)
    except OverflowError:
        return invalid("the cycle leads beyond the year 9999")
    if stated is not None:
        if stated > due:
            return invalid(f"the stated day {stated} is later than the cycle allows ({due})")
        if stated < anchor:
            return invalid(
                f"the stated day {stated} is earlier than the day it counts from ({anchor})"
            )
        due = stated
    left = (due - as_of).days
    state = "expired" if left < 0 else "due-soon" if left <= warn_days else "current"
    return Judged(clock, state, (state,), due, left)


def review_clock(book: model.Handbook) -> Clock:
    """The one review clock of a document. Nobody has recorded a review yet."""
    review = book.service.review
    return Clock(
        id="review",
        cycle=review.cycle,
        baseline=book.service.issued,
        stated=review.stated,
        what="review",
        current=book.stamps.get("review", ""),
        owner=book.contacts.roles[review.owner],
    )


def drill_clocks(book: model.Handbook) -> list[Clock]:
    """One clock for each procedure that must be drilled. A drill has no baseline."""
    return [
        Clock(
            id=f"drill:{p.id}",
            cycle=book.service.drill_cycle or "",
            what=f"drill, {p.title}",
            current=book.stamps.get(f"drill:{p.id}", ""),
            owner=book.contacts.roles[book.service.review.owner],
        )
        for p in book.procedures
        if p.drill
    ]


@dataclass(frozen=True)
class ServiceState:
    """One service on one day: red when a clock is red or a required fact is open."""

    id: str
    name: str
    as_of: date
    timezone: str
    clocks: tuple[Judged, ...]
    unfilled: tuple[model.Unfilled, ...]
    roles: tuple[tuple[str, str], ...]

    @property
    def red(self) -> bool:
        return any(c.state in RED for c in self.clocks) or any(u.required for u in self.unfilled)

    @property
    def status(self) -> str:
        if self.red:
            return "red"
        return "due-soon" if any(c.state == "due-soon" for c in self.clocks) else "green"


Detached = TypeVar("Detached", Clock, model.Unfilled)


def _detached(found: Detached) -> Detached:
    """The same without the files that its texts came from: a state outlives its service."""
    texts = {f.name: getattr(found, f.name) for f in fields(found)}
    return replace(found, **{k: str(v) for k, v in texts.items() if isinstance(v, str)})


def assess(book: model.Handbook, as_of: date, warn_days: int | None = None) -> ServiceState:
    """Every clock and every open fact of a service on the day `as_of`, worst first."""
    days = book.service.review.warn_days if warn_days is None else warn_days
    clocks = [_detached(c) for c in (review_clock(book), *drill_clocks(book))]
    judged = [judge(c, as_of, days) for c in clocks]
    return ServiceState(
        id=str(book.service.id),
        name=str(book.service.name),
        as_of=as_of,
        timezone=str(book.service.timezone),
        clocks=tuple(judged),
        unfilled=tuple(map(_detached, book.unfilled)),
        roles=tuple((str(k), str(v)) for k, v in book.contacts.roles.items()),
    )


def today(now: datetime, timezone: str) -> date:
    """The day that `now` (with its time zone) is in `timezone` (IANA name)."""
    return now.astimezone(ZoneInfo(timezone)).date()


def worst_first(clocks: Iterable[Judged]) -> list[Judged]:
    return sorted(clocks, key=lambda c: (STATES.index(c.state), c.due or date.min, c.clock.id))
