"""The matrix of the canons: in the document, as a page of its own, and as JSON.

It names the day of each piece of evidence and never its age, which would move with time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from generator import model
from generator.canon.answers import Answer
from generator.canon.matrix import Evidence, Row, count, matrix
from generator.canon.report import as_data
from generator.markdown import Markdown, anchor, code_span, escape, inline, table, tidy
from generator.outputs import OutFile
from generator.refs import DOCUMENT, targets
from generator.render.environment import render

PAGE = "canon.md"
_NO_DAY = "no day is set"


def outputs(book: model.Handbook) -> list[OutFile]:
    """The page and the JSON; nothing for a service that answers to no canon."""
    found = matrix(book)
    if not found:
        return []
    page = render(
        "canon/canon.md.j2",
        book=book,
        targets=targets(book),
        document=DOCUMENT,
        page=DOCUMENT,
        label=inline(book.service.title, {}, links=False),
        source=f"content/{book.service.id}/",
        canons=[_canon(canon, rows, book, DOCUMENT) for canon, rows in found],
    )
    data = json.dumps(as_data(book, found), ensure_ascii=False, indent=2) + "\n"
    return [OutFile(PAGE, tidy(page), markdown=True), OutFile("canon.json", data)]


def shown(book: model.Handbook) -> dict[str, object]:
    """What the block of the document shows."""
    return {"page": PAGE, "canons": [_canon(c, rows, book, "") for c, rows in matrix(book)]}


def _canon(
    canon: model.Canon, rows: list[Row], book: model.Handbook, document: str
) -> dict[str, object]:
    counted = count(rows)
    return {
        "canon": canon,
        "day": canon.day.isoformat(),
        "count": ", ".join(f"{number} {state}" for state, number in counted.items()),
        "total": len(rows),
        "table": table(
            ("Clause", "Demands", "State", "Answered by", "Newest evidence"),
            (
                (
                    escape(f"{row.clause.id} ({row.clause.paragraph})"),
                    escape(row.clause.demands),
                    row.state if row.answers else f"**{row.state}**",
                    _joined(_answer(a, document) for _, a in row.answers) or "nothing",
                    _newest(row),
                )
                for row in rows
            ),
        ),
        "gaps": table(
            ("Clause", "What is missing", "Owed by", "By"),
            (gap for row in rows for gap in _gaps(row, book)),
        )
        if any(row.clause.gap or row.blanks for row in rows)
        else None,
        "rows": [_row(row, book, document) for row in rows],
    }


def _gaps(row: Row, book: model.Handbook) -> Iterable[tuple[str, str, str, str]]:
    """What was declared as missing, then the open facts that the answers consist of."""
    roles = book.contacts.roles
    if gap := row.clause.gap:
        day = gap.by.isoformat() if gap.by else _NO_DAY
        yield escape(row.clause.id), escape(gap.missing), escape(roles[gap.owner]), day
    if row.blanks:
        paths = (code_span(b.path) + ("" if b.required else " (optional)") for b in row.blanks)
        owners = dict.fromkeys(escape(roles[b.owner]) for b in row.blanks)
        days = dict.fromkeys(b.by.isoformat() if b.by else _NO_DAY for b in row.blanks)
        facts = f"Open facts: {', '.join(paths)}"
        yield escape(row.clause.id), facts, ", ".join(owners), ", ".join(days)


def _row(row: Row, book: model.Handbook, document: str) -> dict[str, object]:
    """One clause on the page, with every piece of evidence instead of the newest."""
    return {
        "clause": row.clause,
        "state": row.state,
        "answers": [_answer(a, document) for _, a in row.answers],
        "gaps": [
            Markdown(f"{words}. Owed by {owner}, {by}") for _, words, owner, by in _gaps(row, book)
        ],
        "evidence": [_told(e) for e in row.evidence],
    }


def _answer(answer: Answer, document: str) -> Markdown:
    """A link to where a reader finds it: a section of the document, else a form."""
    if answer.section is None and answer.page is None:
        return inline(answer.words, {})
    words = inline(answer.words, {}, links=False)
    if answer.section is None:
        return Markdown(f"[{words}]({answer.page})")
    number = f"{answer.section.number} " if answer.section.number else ""
    return Markdown(f"[{number}{words}]({document}#{anchor(answer.section.heading)})")


def _newest(row: Row) -> str:
    """The newest record, and what was never done."""
    if not row.answers:
        return "none"
    parts = [_told(row.newest)] if row.newest else []
    reviewed = not any(e.procedure is None for e in row.never)
    drills = [e for e in row.never if e.procedure is not None]
    parts += [] if reviewed else ["never reviewed"]
    if drills:
        whole = len(drills) == sum(e.procedure is not None for e in row.evidence)
        parts.append(
            "never drilled" if whole else f"never drilled: {len(drills)} of its procedures"
        )
    return "; ".join(parts)


def _told(found: Evidence) -> Markdown:
    of = f" of {escape(found.procedure.title)}" if found.procedure else ""
    if found.day is None:
        return Markdown(f"{found.kind}{of}: never")
    changed = ", changed since" if found.changed else ""
    where = f" in {escape(found.environment)}" if found.environment else ""
    record = code_span(found.record or "")
    return Markdown(f"{found.kind}{of}: {found.day}{where} ({record}){changed}")


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(parts)
