"""Facts that the document shows as a list or a table of their own: open facts, message texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from generator import model
from generator.markdown import code_span, escape, table
from generator.render.commands import doings
from generator.render.environment import candidates
from generator.text import Hole, holes


def open_facts(book: model.Handbook) -> dict[str, object]:
    """Required ones first, then those that are owed soonest; else as the content has them."""
    blanks = sorted(book.unfilled, key=lambda b: (not b.required, b.by or date.max))
    rows = (
        (
            "Required" if b.required else "Optional",
            escape(b.what),
            escape(book.contacts.roles[b.owner]),
            b.by.isoformat() if b.by else "no day is set",
            code_span(b.path),
        )
        for b in blanks
    )
    return {
        "required": sum(b.required for b in blanks),
        "optional": sum(not b.required for b in blanks),
        "stated": [(b.what, candidates(b)) for b in blanks if b.candidates],
        "open_facts": table(("Need", "What is missing", "Owed by", "By", "Fact"), rows),
    }


def messages(book: model.Handbook) -> dict[str, object]:
    """Each text with its holes as `<name>`, what the run log puts into those that are used, and
    which of the texts a script sends without asking."""
    found = [
        (f"{m.title}{_AFTER[kind]}", holes(text))
        for m in book.contacts.messages
        for kind, text in m.texts
    ]
    used = {p.name for _, parts in found for p in parts if isinstance(p, Hole)}
    return {
        "messages": [
            {
                "title": title,
                "text": "".join(f"<{p.name}>" if isinstance(p, Hole) else p for p in parts),
            }
            for title, parts in found
        ],
        "sent": list(_sent(book)),
        "holes": [(f"<{name}>", words) for name, words in _HOLES.items() if name in used],
    }


def _sent(book: model.Handbook) -> Iterator[tuple[str, str]]:
    titles = {m.id: m.title for m in book.contacts.messages}
    for checklist in book.checklists:
        for doing in doings(checklist) if checklist.script else ():
            send = doing.arguments.get("send")
            if doing.action == "incident.messages" and send in titles:
                yield checklist.script, titles[send]


_AFTER = {"rollback": "", "undo": ", after an undo", "promotion": ", after a promotion"}

# In the order of `model.MESSAGE_HOLES`; the words say where a script takes each of them from.
_HOLES = {
    "procedure": "the procedure that was carried out",
    "rolled-back": "when production was moved (UTC)",
    "who": "who ran it",
    "outcome": "how it ended",
}
