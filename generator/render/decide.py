"""The page that answers whether to roll back: in words, and as a form where scripts run.

The form compares what is given with the table of `generator.decide`, which lies beside it as
data. Nothing is asked of another host, so that it works from a folder, too.
"""

from __future__ import annotations

import json
from pathlib import Path

from generator import decide, model
from generator.markdown import Markdown, escape, inline, table, tidy
from generator.outputs import OutFile
from generator.refs import DOCUMENT, holders, targets
from generator.render.environment import render
from generator.report_decide import table_data

NAME = "decide.md"
_SCRIPT = Path(__file__).parent.parent / "templates/page/decide.js"


def outputs(book: model.Handbook) -> list[OutFile]:
    found = decide.table(book)
    if not found.conditions:
        return []
    data = table_data(found)
    return [
        OutFile(NAME, _page(book, found), markdown=True),
        OutFile("decide.json", json.dumps(data, ensure_ascii=False, indent=2) + "\n"),
        OutFile("decide-data.js", _as_script(data)),
        OutFile("decide.js", _SCRIPT.read_text("utf-8")),
    ]


def _as_script(data: object) -> str:
    """JSON that stays data wherever a script may stand: no '<', nothing beyond ASCII."""
    return (
        f"window.rollbookDecide = {json.dumps(data, indent=1).replace('<', chr(92) + 'u003c')};\n"
    )


def _page(book: model.Handbook, found: decide.Table) -> str:
    known = targets(book)
    return tidy(
        render(
            "page/decide.md.j2",
            book=book,
            targets=known,
            document=DOCUMENT,
            title=inline(book.service.title, known, links=False),
            source=f"content/{book.service.id}/",
            levels=table(
                ("Severity", "What to do"),
                [(_shown(x.title), _shown(x.verdict or "")) for x in found.levels],
            ),
            conditions=table(("Condition", "Severity", "Where it is said"), _rows(found)),
            ways=_ways(book, found),
            named=lambda role: holders(book.contacts, role),
        )
    )


def _rows(found: decide.Table) -> list[tuple[str, str, str]]:
    rank = {level.id: n for n, level in enumerate(found.levels)}
    ordered = sorted(found.conditions, key=lambda c: rank.get(c.level, len(rank)))
    return [
        (
            _shown(c.words),
            _shown(decide.severity_words(c, found)),
            _shown(". ".join(x.rstrip(".") for x in _places(c, found)) + "."),
        )
        for c in ordered
    ]


def _places(condition: decide.Condition, found: decide.Table) -> tuple[str, ...]:
    """What is said where; only 'Section 3.1' where it says what the row says already."""
    row = f"{decide.severity_words(condition, found)}: {condition.words}"
    says = [
        f"Section {place}"
        if (place := say.removesuffix(row).strip()) and say.endswith(row)
        else say
        for say in condition.says
    ]
    return (*says, *condition.notes)


def _ways(book: model.Handbook, found: decide.Table) -> Markdown | None:
    if not found.ways:
        return None
    known = targets(book)
    titles = {p.id: p.title for p in book.procedures}
    return table(
        ("When", "Procedure"),
        [
            (
                _shown(w.when),
                f"{inline(f'[[procedure:{w.procedure}]]', known, DOCUMENT)}: "
                f"{inline(titles[w.procedure], known, links=False)}",
            )
            for w in found.ways
        ],
    )


def _shown(text: str) -> Markdown:
    """Words that are plain already: nothing in them is code or a reference any more."""
    return escape(text)
