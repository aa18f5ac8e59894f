"""When a date is good, due or expired. Pure: the day comes in as an argument."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from generator import model
from generator.changes import changed_steps, changes
from generator.durations import parse_cycle
from generator.records import evidence

# Worst first; a service is as bad as its worst clock.
STATES = ("invalid", "never", "expired", "changed", "due-soon", "current")
RED = frozenset(STATES[:4])

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Reason:
    """Why a clock is worse than its dates say, whatever the day: `state` is one of STATES."""

    name: str
    state: str
    words: str


@dataclass(frozen=True)
class Clock:
    """What a clock is made from; days as text, as somebody wrote them.

    `last` is the day the thing was done, as `record` says; `baseline` stands in for it
    before the first time; `stated` is a next day that somebody promised; `stamp` is that
    of the record, `current` that of what a review or drill today would be about. `note`
    says what else there is to know, such as that the newest drill failed.
    """

    id: str
    cycle: str
    last: str | None = None
    baseline: str | None = None
    stated: str | None = None
    what: str = ""
    owner: str = ""
    current: str = ""
    record: str | None = None
    stamp: str | None = None
    reasons: tuple[Reason, ...] = ()
    note: str = ""

    @property
    def due(self) -> str | None:
        """The day it is due, which no later day can change; None where it cannot be told."""
        judged = judge(self, date.max, 0)
        return judged.due and judged.due.isoformat()


@dataclass(frozen=True)
class Judged:
    """A clock on a day: `state` is the worst of `reasons`; `days_left` is negative when late.

    `waived` is the last day on which a waiver covers it: it is not red until then, and
    never green.
    """

    clock: Clock
    state: str
    reasons: tuple[str, ...]
    due: date | None
    days_left: int | None
    detail: str = ""
    waived: date | None = None

    @property
    def red(self) -> bool:
        return self.state in RED and self.waived is None


def parse_day(text: str) -> date:
    """`YYYY-MM-DD` and a real day, or ValueError."""
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is not a day written YYYY-MM-DD")
    return date.fromisoformat(text)


def judge(clock: Clock, as_of: date, warn_days: int) -> Judged:
    """The state of one clock on the day `as_of`. The due day itself is still good."""
    dated = _dated(clock, as_of, warn_days)
    if not clock.reasons:
        return dated
    found = [(dated.state, dated.state, dated.detail)]
    found += [(r.state, r.name, r.words) for r in clock.reasons]
    if found[0][0] in ("due-soon", "current"):
        # What is good by its date only says nothing beside a reason why it is not.
        found = found[1:]
    found.sort(key=lambda f: STATES.index(f[0]))
    return replace(
        dated,
        state=found[0][0],
        reasons=tuple(name for _, name, _ in found),
        detail="; ".join(words for _, _, words in found if words),
    )


def _dated(clock: Clock, as_of: date, warn_days: int) -> Judged:
    """The state by the dates alone."""

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
    """The one review clock of a document; before the first review it counts from the issue."""
    policy = book.service.review
    review = evidence.last_review(book)
    current = book.stamps.get("review", "")
    reasons = [
        Reason(
            "rollback-since",
            "changed",
            f"rolled back on {r.end[:10]}, and the document was not updated since ({r.id})",
        )
        for r in evidence.open_rollbacks(book)
    ]
    if review and review.stamp != current:
        reasons.insert(0, Reason("changed", "changed", "reviewed, changed since"))
    return Clock(
        id="review",
        cycle=policy.cycle,
        baseline=book.service.issued,
        last=review and review.day,
        stated=review.next if review else policy.stated,
        what="review",
        current=current,
        owner=book.contacts.roles[policy.owner],
        record=review and review.id,
        stamp=review and review.stamp,
        reasons=tuple(reasons),
        note="the last review says that the document is to be retired"
        if review and review.outcome == "retire"
        else "",
    )


# The hash of the script that is rendered for a procedure today; None where it has none.
Rendered = Callable[[model.Procedure], str | None]


def drill_clocks(book: model.Handbook, rendered: Rendered | None = None) -> list[Clock]:
    """One clock for each procedure that must be drilled. A drill has no baseline.

    Without `rendered` nothing is said about scripts that are rendered differently.
    """
    return [_drill_clock(book, p, rendered) for p in book.procedures if p.drill]


def _drill_clock(
    book: model.Handbook, procedure: model.Procedure, rendered: Rendered | None
) -> Clock:
    id = f"drill:{procedure.id}"
    drills = evidence.drills_of(book, procedure.id)
    passed = evidence.last_pass(book, procedure.id)
    current = book.stamps.get(id, "")
    reasons = []
    if passed and passed.stamp != current:
        reasons.append(Reason("changed", "changed", f"drilled, {drilled_since(book, passed)}"))
    elif passed and passed.script_sha256 and rendered:
        script = rendered(procedure)
        if script and not evidence.stands_for(book, passed, script):
            words = "same steps, but the script is rendered differently since the drill"
            reasons.append(Reason("rendered-differently", "changed", words))
    newest = drills[-1] if drills else None
    note = ""
    if newest and newest is not passed:
        note = f"the newest drill ({newest.id}) {why_not(book, newest)}"
    return Clock(
        id=id,
        cycle=book.service.drill_cycle or "",
        last=passed and evidence.day_of(passed.end, book.service.timezone).isoformat(),
        what=f"drill, {procedure.title}",
        current=current,
        owner=book.contacts.roles[book.service.review.owner],
        record=passed and passed.id,
        stamp=passed and passed.stamp,
        reasons=tuple(reasons),
        note=note,
    )


def drilled_since(book: model.Handbook, drill: model.Drill) -> str:
    """'changed since: move, verify': the steps that are no longer what was drilled."""
    try:
        steps = changed_steps(changes(drill.content, book.contents[f"drill:{drill.procedure}"]))
    except ValueError:
        return "changed since"
    return f"changed since: {', '.join(steps)}"


def why_not(book: model.Handbook, drill: model.Drill) -> str:
    """Why a drill does not count, in words that follow its name."""
    if drill.kind != "functional":
        return f"was {drill.kind} only"
    if not drill.passed:
        return "did not pass"
    return f"was done in {drill.environment}, which does not count"


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


Detached = TypeVar("Detached", Clock, model.Unfilled)


def _detached(found: Detached) -> Detached:
    """The same without the files that its texts came from: a state outlives its service."""
    texts = {f.name: getattr(found, f.name) for f in fields(found)}
    return replace(found, **{k: str(v) for k, v in texts.items() if isinstance(v, str)})


def assess(
    book: model.Handbook,
    as_of: date,
    warn_days: int | None = None,
    rendered: Rendered | None = None,
) -> ServiceState:
    """Every clock and every open fact of a service on the day `as_of`, worst first."""
    days = book.service.review.warn_days if warn_days is None else warn_days
    clocks = [_detached(c) for c in (review_clock(book), *drill_clocks(book, rendered))]
    judged = [waived(judge(c, as_of, days), book, as_of) for c in clocks]
    return ServiceState(
        id=str(book.service.id),
        name=str(book.service.name),
        as_of=as_of,
        timezone=str(book.service.timezone),
        clocks=tuple(judged),
        unfilled=tuple(map(_detached, book.unfilled)),
        roles=tuple((str(k), str(v)) for k, v in book.contacts.roles.items()),
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


def today(now: datetime, timezone: str) -> date:
    """The day that `now` (with its time zone) is in `timezone` (IANA name)."""
    return now.astimezone(ZoneInfo(timezone)).date()


def worst_first(clocks: Iterable[Judged]) -> list[Judged]:
    return sorted(clocks, key=lambda c: (STATES.index(c.state), c.due or date.min, c.clock.id))
