"""The state of one service on a day: its clocks, its open facts, what was promised after drills."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TypeVar

from generator import freshness, model
from generator.freshness import Clock, Judged, Rendered
from generator.records import evidence

# Worst first; a service is as bad as its worst clock or fact.
STATUSES = ("red", "waived", "due-soon", "green")


@dataclass(frozen=True)
class Action:
    """What was promised after a drill; `id` names the record and the number in it."""

    id: str
    what: str
    owner: str
    due: date


@dataclass(frozen=True)
class ServiceState:
    """One service on one day: red when a clock is red or a required fact is open.

    A waived clock is not red; the service is then not green either.
    """

    id: str
    name: str
    as_of: date
    timezone: str
    clocks: tuple[Judged, ...]
    unfilled: tuple[model.Unfilled, ...]
    roles: tuple[tuple[str, str], ...]
    actions: tuple[Action, ...] = ()
    warn_days: int = 14

    @property
    def red(self) -> bool:
        return any(c.red for c in self.clocks) or any(u.required for u in self.unfilled)

    @property
    def status(self) -> str:
        if self.red:
            return "red"
        if any(c.waived for c in self.clocks):
            return "waived"
        return "due-soon" if any(c.state == "due-soon" for c in self.clocks) else "green"

    def role(self, id: str) -> str:
        """The title of a role."""
        return dict(self.roles).get(id, id)


Detached = TypeVar("Detached", Clock, model.Unfilled, model.Candidate)


def _detached(found: Detached) -> Detached:
    """The same without the files that its texts came from: a state outlives its service."""
    texts = {f.name: getattr(found, f.name) for f in fields(found)}
    texts = {k: str(v) for k, v in texts.items() if isinstance(v, str)}
    if isinstance(found, model.Unfilled):
        texts["candidates"] = tuple(map(_detached, found.candidates))
    return replace(found, **texts)


def assess(
    book: model.Handbook,
    as_of: date,
    warn_days: int | None = None,
    rendered: Rendered | None = None,
) -> ServiceState:
    """Every clock and every open fact of a service on the day `as_of`."""
    days = book.service.review.warn_days if warn_days is None else warn_days
    clocks = (freshness.review_clock(book), *freshness.drill_clocks(book, rendered, as_of))
    judged = [waived(freshness.judge(c, as_of, days), book, as_of) for c in clocks]
    roles = tuple((str(k), str(v)) for k, v in book.contacts.roles.items())
    return ServiceState(
        id=str(book.service.id),
        name=str(book.service.name),
        as_of=as_of,
        timezone=str(book.service.timezone),
        clocks=tuple(replace(j, clock=_detached(j.clock)) for j in judged),
        unfilled=tuple(map(_detached, book.unfilled)),
        roles=roles,
        actions=tuple(
            Action(f"{drill.id}.{number}", str(a.what), str(a.owner), a.due)
            for drill, number, a in evidence.open_actions(book)
        ),
        warn_days=days,
    )


def waived(judged: Judged, book: model.Handbook, as_of: date) -> Judged:
    """The same, with the last day of the waiver that covers it on the day `as_of`.

    What is invalid cannot be waived: nobody knows what would be late.
    """
    if judged.state not in ("never", "expired", "changed"):
        return judged
    until = [
        w.until for w in evidence.waivers_of(book, judged.clock.id) if w.granted <= as_of <= w.until
    ]
    return replace(judged, waived=max(until)) if until else judged
