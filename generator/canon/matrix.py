"""The canons of a service held against its facts and records. Pure, and without a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from generator import model
from generator.canon.answers import Answer, answers
from generator.records import evidence

ANSWERED, IN_PART, NOT_ANSWERED = "answered", "in part", "not answered"
STATES = (ANSWERED, IN_PART, NOT_ANSWERED)


@dataclass(frozen=True)
class Evidence:
    """The newest record of one kind that bears on a clause; without a record: it was never done.

    `procedure` is what was drilled, None for a review. `changed`: what the record is about
    is no longer what the content says.
    """

    kind: str
    procedure: model.Procedure | None = None
    record: str | None = None
    day: date | None = None
    changed: bool = False
    environment: str | None = None


@dataclass(frozen=True)
class Row:
    """One clause: how far it is answered, by what, and what proves it."""

    clause: model.Clause
    answers: tuple[tuple[str, Answer], ...]
    blanks: tuple[model.Unfilled, ...]
    evidence: tuple[Evidence, ...]

    @property
    def state(self) -> str:
        """What the author claims, or less: an answer that waits for a required fact is half of one."""
        if not self.answers:
            return NOT_ANSWERED
        waits = any(b.required for b in self.blanks)
        return IN_PART if self.clause.partly_by or waits else ANSWERED

    @property
    def newest(self) -> Evidence | None:
        """The newest record of all; of one day, the drill, since it proves more."""
        found = [e for e in self.evidence if e.day]
        return max(found, key=lambda e: (e.day, e.procedure is not None, e.record), default=None)

    @property
    def never(self) -> tuple[Evidence, ...]:
        """What would bear on the clause and was never done."""
        return tuple(e for e in self.evidence if not e.day)


def matrix(book: model.Handbook) -> list[tuple[model.Canon, list[Row]]]:
    """Every canon with a row for each of its clauses. References that lead nowhere are left out."""
    if not book.canons:
        return []
    known = answers(book)
    return [(canon, [_row(c, book, known) for c in canon.clauses]) for canon in book.canons]


def count(rows: list[Row]) -> dict[str, int]:
    """How many clauses are in each state."""
    states = [row.state for row in rows]
    return {state: states.count(state) for state in STATES}


def late(gap: model.Gap, as_of: date) -> bool:
    """The day itself is still in time, as for every other day."""
    return gap.by is not None and gap.by < as_of


def _row(clause: model.Clause, book: model.Handbook, known: Mapping[str, Answer]) -> Row:
    found = tuple((ref, known[ref]) for ref in clause.answers if ref in known)
    blanks = dict.fromkeys(blank for _, a in found for blank in a.blanks)
    return Row(clause, found, tuple(blanks), tuple(_evidence(found, book)))


def _evidence(found: tuple[tuple[str, Answer], ...], book: model.Handbook) -> Iterator[Evidence]:
    """A review bears on every answer, a drill on the procedures among them."""
    if not found:
        return
    review = evidence.last_review(book)
    if review is None:
        yield Evidence("review")
    else:
        changed = review.stamp != book.stamps["review"]
        yield Evidence("review", None, review.id, date.fromisoformat(review.day), changed)
    wanted = {id for _, answer in found for id in answer.procedures}
    for procedure in book.procedures:
        drill = evidence.last_pass(book, procedure.id)
        if procedure.id not in wanted or not (procedure.drill or drill):
            continue
        if drill is None:
            yield Evidence("drill", procedure)
        else:
            day = evidence.day_of(drill.end, book.service.timezone)
            changed = drill.stamp != book.stamps[f"drill:{procedure.id}"]
            yield Evidence("drill", procedure, drill.id, day, changed, drill.environment)
