"""The matrix of the canons for programs and for a terminal; on a day, with the age of evidence."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import date

from generator import model
from generator.canon.matrix import ANSWERED, IN_PART, Evidence, Row, count, late
from generator.report import WIDTH

Matrix = list[tuple[model.Canon, list[Row]]]


def as_data(book: model.Handbook, found: Matrix, as_of: date | None = None) -> dict[str, object]:
    """For programs. Without a day it holds nothing that moves with time."""
    return {
        "schema": 1,
        "service": book.service.id,
        "version": book.revision.version,
        **({"as_of": as_of.isoformat()} if as_of else {}),
        "canons": [
            {
                "id": canon.id,
                "title": canon.title,
                "path": canon.path,
                "part": canon.part,
                "version": canon.version,
                "date": canon.day.isoformat(),
                "count": count(rows),
                "clauses": [_clause(row, as_of) for row in rows],
            }
            for canon, rows in found
        ],
    }


def _clause(row: Row, as_of: date | None) -> dict[str, object]:
    gap = row.clause.gap
    return {
        "id": row.clause.id,
        "paragraph": row.clause.paragraph,
        "demands": row.clause.demands,
        "state": row.state,
        "answers": [
            {
                "reference": reference,
                "words": answer.words,
                "section": answer.section.number or answer.section.id if answer.section else None,
            }
            for reference, answer in row.answers
        ],
        "gap": {
            "missing": gap.missing,
            "owner": gap.owner,
            "by": gap.by.isoformat() if gap.by else None,
            **({"late": late(gap, as_of)} if as_of else {}),
        }
        if gap
        else None,
        "unfilled": [{"path": b.path, "required": b.required} for b in row.blanks],
        "newest": _evidence(row.newest, as_of) if row.newest else None,
        "evidence": [_evidence(e, as_of) for e in row.evidence],
    }


def _evidence(found: Evidence, as_of: date | None) -> dict[str, object]:
    age = {"age_days": (as_of - found.day).days if found.day else None} if as_of else {}
    return {
        "kind": found.kind,
        "procedure": found.procedure and found.procedure.id,
        "environment": found.environment,
        "record": found.record,
        "date": found.day.isoformat() if found.day else None,
        "changed": found.changed,
        **age,
    }


def as_text(book: model.Handbook, found: Matrix, as_of: date, *, simulated: bool) -> Iterator[str]:
    """For a terminal: each clause with what answers it, what is missing and how old its evidence is."""
    day = f"{as_of} {book.service.timezone}" + (", simulated" if simulated else "")
    if not found:
        yield f"{book.service.name}: no canon is held against its content"
    for index, (canon, rows) in enumerate(found):
        if index:
            yield ""
        part = f", {canon.part}" if canon.part else ""
        yield from _wrapped(
            f"{book.service.name}: {canon.title}{part}, version {canon.version} of {canon.day}"
            f"  (as of {day})",
            "",
        )
        for row in rows:
            yield ""
            yield from _row(row, book, as_of)
        counted = ", ".join(f"{n} {state}" for state, n in count(rows).items())
        yield ""
        yield f"{len(rows)} clauses: {counted}"


_LABEL = {ANSWERED: "answered", IN_PART: "in part"}


def _row(row: Row, book: model.Handbook, as_of: date) -> Iterator[str]:
    clause, roles = row.clause, book.contacts.roles
    label = _LABEL.get(row.state, "GAP")
    yield from _wrapped(
        f"{clause.id} ({clause.paragraph}): {clause.demands}", f"  {label:<9} ", " " * 12
    )
    if row.answers:
        yield from _wrapped("answered by " + ", ".join(r for r, _ in row.answers), " " * 12)
    if clause.gap:
        yield from _wrapped(
            f"missing: {clause.gap.missing}{_owed(clause.gap, roles, as_of)}", " " * 12
        )
    for blank in row.blanks:
        need = "" if blank.required else ", optional"
        owner = f"owed by {roles[blank.owner]}"
        yield from _wrapped(f"not yet known: {blank.what} ({blank.path}{need}); {owner}", " " * 12)
    for found in row.evidence:
        yield from _wrapped(_told(found, as_of), " " * 12)


def _owed(gap: model.Gap, roles: dict[str, str], as_of: date) -> str:
    day = f"by {gap.by}" if gap.by else "no day is set"
    return f"; owed by {roles[gap.owner]}, {day}" + (" (LATE)" if late(gap, as_of) else "")


def _told(found: Evidence, as_of: date) -> str:
    of = f" of {found.procedure.title}" if found.procedure else ""
    if found.day is None:
        return f"{found.kind}{of}: never"
    changed = ", changed since" if found.changed else ""
    where = f" in {found.environment}" if found.environment else ""
    age = _age(found.day, as_of)
    return f"{found.kind}{of}: {found.day}{where}, {age} ({found.record}){changed}"


def _age(day: date, as_of: date) -> str:
    days = (as_of - day).days
    if days < 0:
        return "IN THE FUTURE"
    return "today" if days == 0 else f"{days} day{'' if days == 1 else 's'} ago"


def _wrapped(words: str, first: str, rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        words,
        WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_on_hyphens=False,
    )
