"""When a date is good, due or expired. Pure: the day comes in as an argument."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from generator import model
from generator.changes import changed_steps, changes
from generator.durations import parse_cycle
from generator.problems import Place
from generator.records import evidence
from generator.source import known_place

# Worst first; a service is as bad as its worst clock.
STATES = ("invalid", "never", "expired", "changed", "due-soon", "current")
RED = frozenset(STATES[:4])

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Reason:
    """Why a clock is as it is: `state` is one of STATES, `place` the line to be mended."""

    name: str
    state: str
    words: str = ""
    place: Place | None = None


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
    place: Place | None = None
    command: str = ""

    @property
    def due(self) -> str | None:
        """The day it is due, which no later day can change; None where it cannot be told."""
        judged = judge(self, date.max, 0)
        return judged.due and judged.due.isoformat()


@dataclass(frozen=True)
class Judged:
    """A clock on a day: `found` has every reason, the worst first; `days_left` is negative when late.

    `waived` is the last day on which a waiver covers it: it is not red until then, and
    never green.
    """

    clock: Clock
    found: tuple[Reason, ...]
    due: date | None
    days_left: int | None
    waived: date | None = None

    @property
    def state(self) -> str:
        return self.found[0].state

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(r.name for r in self.found)

    @property
    def detail(self) -> str:
        return "; ".join(r.words for r in self.found if r.words)

    @property
    def red(self) -> bool:
        return self.state in RED and self.waived is None

    def by(self, as_of: date) -> date | None:
        """The day by which it has to be done again: the last one of a waiver, today where it is
        red whatever its date, else the due day. None where that cannot be told.
        """
        if self.waived:
            return self.waived
        return as_of if self.state in ("never", "changed") else self.due


def parse_day(text: str) -> date:
    """`YYYY-MM-DD` and a real day, or ValueError."""
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is not a day written YYYY-MM-DD")
    return date.fromisoformat(text)


def judge(clock: Clock, as_of: date, warn_days: int) -> Judged:
    """The state of one clock on the day `as_of`. The due day itself is still good."""
    dated, due, left = _dated(clock, as_of, warn_days)
    found = [dated, *clock.reasons]
    if clock.reasons and dated.state in ("due-soon", "current"):
        # What is good by its date only says nothing beside a reason why it is not.
        found = found[1:]
    found.sort(key=lambda r: STATES.index(r.state))
    return Judged(clock, tuple(found), due, left)


def _dated(clock: Clock, as_of: date, warn_days: int) -> tuple[Reason, date | None, int | None]:
    """The state by the dates alone, the day it is due, and the days until then."""

    def invalid(detail: str, *to_blame: str | None) -> tuple[Reason, None, None]:
        place = known_place(*to_blame) or clock.place
        return Reason("invalid", "invalid", detail, place), None, None

    anchor_text = clock.last or clock.baseline
    try:
        cycle = parse_cycle(clock.cycle)
        anchor = parse_day(anchor_text) if anchor_text else None
        stated = parse_day(clock.stated) if clock.stated else None
    except ValueError as error:
        return invalid(str(error), clock.cycle)
    place = clock.place or known_place(clock.stated, clock.last, clock.cycle)
    if anchor is None:
        return Reason("never", "never", "never done", place), None, None
    if anchor > as_of:
        return invalid(f"{anchor} is in the future", anchor_text)
    try:
        due = cycle.after(anchor)
    except OverflowError:
        return invalid("the cycle leads beyond the year 9999", clock.cycle)
    if stated is not None:
        if stated > due:
            message = f"the stated day {stated} is later than the cycle allows ({due})"
            return invalid(message, clock.stated)
        if stated < anchor:
            return invalid(
                f"the stated day {stated} is earlier than the day it counts from ({anchor})",
                clock.stated,
            )
        due = stated
    left = (due - as_of).days
    state = "expired" if left < 0 else "due-soon" if left <= warn_days else "current"
    return Reason(state, state, place=place), due, left


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
            known_place(r.end),
        )
        for r in evidence.open_rollbacks(book)
    ]
    if review and review.stamp != current:
        since = Reason("changed", "changed", "reviewed, changed since", known_place(review.stamp))
        reasons.insert(0, since)
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
        command="rollbook review record",
    )


# The hash of the script that is rendered for a procedure today; None where it has none.
Rendered = Callable[[model.Procedure], str | None]


def drill_clocks(
    book: model.Handbook, rendered: Rendered | None = None, as_of: date = date.max
) -> list[Clock]:
    """One clock for each procedure that must be drilled. A drill has no baseline.

    Without `rendered` nothing is said about scripts that are rendered differently; with it,
    what is carried forward only after `as_of` does not count yet.
    """
    return [_drill_clock(book, p, rendered, as_of) for p in book.procedures if p.drill]


def _drill_clock(
    book: model.Handbook, procedure: model.Procedure, rendered: Rendered | None, as_of: date
) -> Clock:
    id = f"drill:{procedure.id}"
    drills = evidence.drills_of(book, procedure.id)
    passed = evidence.last_pass(book, procedure.id)
    current = book.stamps.get(id, "")
    place = procedure.drill_place
    reasons = []
    if passed and passed.stamp != current:
        reasons.append(
            Reason("changed", "changed", f"drilled, {drilled_since(book, passed)}", place)
        )
    elif passed and passed.script_sha256 and rendered:
        script = rendered(procedure)
        if script and not evidence.stands_for(book, passed, script, as_of):
            words = "same steps, but the script is rendered differently since the drill"
            reasons.append(Reason("rendered-differently", "changed", words, place))
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
        place=place,
        command="rollbook drill record "
        + ("--from RUNLOG" if procedure.script else f"--procedure {procedure.id}"),
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


def today(now: datetime, timezone: str) -> date:
    """The day that `now` (with its time zone) is in `timezone` (IANA name)."""
    # Zones are cached by their names, and the author's own text would hold its file.
    return now.astimezone(ZoneInfo(str(timezone))).date()


def worst_first(clocks: Iterable[Judged]) -> list[Judged]:
    return sorted(clocks, key=lambda c: (STATES.index(c.state), c.due or date.min, c.clock.id))
