"""What a script must know of the other scripts to read their run logs after a rollback."""

from __future__ import annotations

from generator import model, shell
from generator.render.commands import doings, variables_of
from generator.render.scripts.parts import changes
from generator.shell import Shell
from generator.text import Hole, holes


def past_runs(checklist: model.Checklist, book: model.Handbook) -> dict[str, object]:
    """Which scripts roll back, which of their steps say what, the report's form, the messages."""
    scripted = [p for p in book.procedures if p.script and any(map(changes, p.steps))]
    given = {k: v for d in doings(checklist) for k, v in d.arguments.items()}
    form = next((c for c in book.checklists if c.id == given.get("form")), None)
    return {
        "scripts": Shell(" ".join(shell.quote(p.script or "") for p in scripted)),
        "procedures": [
            {
                "id": p.id,
                "title": p.title,
                "moved": next((s.id for s in reversed(p.steps) if changes(s)), ""),
                "told": [s.id for s in p.steps if s.action == "notify.send"],
            }
            for p in scripted
        ],
        "form": {
            "title": form.title if form else "",
            "fields": [
                {"label": f.label, "entry": _ENTRIES.get(f.fill or "", Shell("''"))}
                for f in (form.fields if form else ())
            ],
        },
        "logs": _unquoted(given.get("logs", ""), variables_of(checklist)),
        "messages": [
            {
                "id": m.id,
                "title": m.title,
                "texts": [(kind, shell.word(text, _HOLES)) for kind, text in m.texts],
            }
            for m in book.contacts.messages
        ],
    }


_ENTRIES = {
    "rolled-back": Shell('"$rolled_back"'),
    "verified": Shell('"$verified_at"'),
    "run-by": Shell('"$run_by"'),
    "procedure": Shell('"$run_procedure"'),
    "team-told": Shell('"$team_told"'),
}
_HOLES = {
    "procedure": "run_procedure",
    "rolled-back": "rolled_back",
    "who": "run_by",
    "outcome": "run_outcome",
}


def _unquoted(word: str, variables: dict[str, str]) -> Shell:
    """The variable of an argument that repeats: its words, each a word of its own."""
    found = [f"${variables[p.name]}" for p in holes(word) if isinstance(p, Hole)]
    return Shell(" ".join(found))
