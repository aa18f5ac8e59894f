"""The script of a checklist: it looks at what a machine can see, asks for the rest, writes it down."""

from __future__ import annotations

from generator import actions, model, shell
from generator.durations import duration_words, range_words
from generator.refs import targets
from generator.render.commands import actions_of, doings
from generator.render.environment import render
from generator.render.scripts.incident import past_runs
from generator.render.scripts.parts import AGAIN, look, seconds, shared, squeezed
from generator.shell import Shell


def script(checklist: model.Checklist, book: model.Handbook) -> str:
    """The whole text of a checklist's script."""
    known = targets(book)
    data = shared(checklist, book, known)
    uses_runs = any("runs" in a.helpers for a in actions_of(checklist))
    data["runs"] = past_runs(checklist, book) if uses_runs else None
    phases = {p.id: n for n, p in enumerate(checklist.phases, 1)}
    looks = {
        id(check): look(check, checklist, data, f"check_{number}")
        for number, check in enumerate(doings(checklist), 1)
    }

    def item(found: model.Item) -> dict[str, object]:
        return {
            "id": found.id,
            "text": shell.said(found.text, known),
            "parts": [shell.said(t, known) for t in found.items],
            "checks": [
                {
                    "name": looks[id(c)]["name"],
                    # What writes or sends something; a dry run leaves it alone.
                    "does": shell.quote("does" if _does(c) else ""),
                    # What the content itself says is the same at a second look.
                    "seconds": seconds(c, AGAIN if looks[id(c)]["shown"] else 0),
                }
                for c in found.checks
            ],
        }

    choices = next((f.choices for f in checklist.fields if f.fill == "verdict"), ())
    text = render(
        "script/checklist.sh.j2",
        **data,
        phases=[
            {"id": p.id, "seconds": int((p.end - p.start).total_seconds())}
            for p in checklist.phases
        ],
        checks=list(looks.values()),
        groups=[
            {
                "title": shell.said(g.title, known),
                "when": shell.quote(_when(g, checklist)),
                "phase": phases.get(g.phase or "", 0),
                "within": int(g.within.total_seconds()) if g.within is not None else 0,
                "rows": [item(i) for i in g.items],
            }
            for g in checklist.groups
        ],
        heading=shell.quote(f"{checklist.title} - {book.service.name}"),
        version=shell.quote(f"version {book.revision.version} of the document"),
        fields=[
            {"label": shell.said(f.label, known), "entry": _ENTRIES.get(f.fill or "", _BLANK)}
            for f in checklist.fields
        ],
        verdicts={
            "pass": choices[0] if choices else "Passed",
            "fail": choices[1] if choices else "Failed",
            "open": choices[-1] if choices else "Not complete",
        },
        closing=[shell.said(checklist.closing, known)] if checklist.closing else [],
    )
    return squeezed(text)


def _does(check: model.Check) -> bool:
    """Whether a check does something: it prepares or sends, and verifies nothing."""
    action = actions.find(check.action or "")
    return action is not None and not action.verifies


_BLANK = Shell("''")
_ENTRIES = {
    "started": Shell('"$began"'),
    "who": Shell('"$who"'),
    "verdict": Shell('"$outcome"'),
    "phase": Shell('"${option_phase:-all}"'),
    "verified": Shell('"${verified_at:-}"'),
}


def _when(group: model.Group, checklist: model.Checklist) -> str:
    if group.within is not None:
        return f"Within {duration_words(group.within)} of the rollback."
    phase = next((p for p in checklist.phases if p.id == group.phase), None)
    return f"{phase.title} ({range_words(phase.start, phase.end)})" if phase else ""
