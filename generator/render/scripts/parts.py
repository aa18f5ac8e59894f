"""What the scripts of procedures and of checklists are both made from."""

from __future__ import annotations

import re
import textwrap

from generator import actions, model, shell
from generator.actions import vercel, web
from generator.render.commands import (
    Doing,
    Scripted,
    actions_of,
    command_limit,
    command_lines,
    doings,
    variables_of,
)
from generator.render.environment import render
from generator.render.scripts.head import Targets, head
from generator.shell import Shell
from generator.text import Hole, holes

# Seconds for which what does not hold is looked at again: one bad moment is no failure.
AGAIN = 2

# The variables of the helper that proves which production it is.
_PRODUCTION = {hole: name for hole, name, _ in vercel.HOLES}
_HTTP = {hole: name for hole, name, _ in web.HOLES}


def shared(thing: Scripted, book: model.Handbook, known: Targets) -> dict[str, object]:
    """What every template of a script sees."""
    names = [h for a in actions_of(thing) for h in a.helpers]
    if isinstance(thing, model.Checklist):
        names += ["pause", "flatten", "clock"]
    elif any(looked_at(s) for s in thing.steps):
        names += ["pause", "holds"]
    if isinstance(thing, model.Procedure) and any(s.show for s in thing.steps):
        names.append("follow")
    return {
        "book": book,
        "service": {"id": book.service.id, "name": book.service.name},
        "script": head(thing, book, known),
        # Where one script tells people to run another.
        "script_with": {
            a.name: shell.quote(p.script)
            for p in book.procedures
            if p.script
            for a in actions_of(p)
        },
        "production": {k: shell.command(c, _PRODUCTION) for k, c in vercel.PROOF},
        "http": {k: shell.command(c, _HTTP) for k, c in web.GET},
        "actions": [a.name for a in actions_of(thing)],
        "helpers": [f"script/{h}.sh.j2" for h in dict.fromkeys(names)],
    }


def action_text(doing: Doing, thing: Scripted, data: dict[str, object], **more: object) -> str:
    """The fragment of an action, with the words that the document shows."""
    action = actions.find(doing.action or "")
    assert action is not None  # the rules have seen to it
    variables = variables_of(thing)
    holes_of = {hole: name for hole, name, _ in action.holes}
    return render(
        action.fragment,
        **data,
        **more,
        arguments=doing.arguments,
        parameters={k: shell.word(v, variables) for k, v in doing.arguments.items()},
        commands={k: shell.command(c, holes_of) for k, c in action.commands},
    )


def look(doing: Doing, thing: Scripted, data: dict[str, object], name: str) -> dict[str, object]:
    """A check as a shell function NAME: it sets `found` and answers 0 (holds), 1, or 2 (not made)."""
    shown = [line for line in command_lines(doing, thing) if not line.startswith("# ")]
    if doing.action:
        body = action_text(doing, thing, data)
    else:
        assert isinstance(doing, model.Check)
        variables = variables_of(thing)
        wanted = {k: getattr(doing, k) for k in ("equals", "contains", "lacks")}
        words = [*doing.commands[0].words, *(v for v in wanted.values() if v is not None)]
        used = {p.name for w in words for p in holes(w) if isinstance(p, Hole)}
        body = render(
            "script/look.sh.j2",
            limit=Shell(limit_of(doing)),
            run=shell.command(doing.commands[0], variables),
            shown=shown[0],
            capture=Shell(variables[c]) if (c := doing.commands[0].capture) else "",
            captured=doing.commands[0].capture or "",
            # A procedure ends where a value is missing; a checklist goes on.
            unsure=[
                {"name": c.capture, "variable": Shell(variables[c.capture])}
                for d in (doings(thing) if isinstance(thing, model.Checklist) else ())
                for c in d.commands
                if c.capture in used
            ],
            **{k: None if v is None else shell.word(v, variables) for k, v in wanted.items()},
        )
    return {
        "name": Shell(name),
        "body": Shell(textwrap.indent(body.strip("\n"), "  ")),
        "shown": shown,
        "runs": [] if doing.action else shown,
    }


def changes(step: model.Step) -> bool:
    """Whether a step may change something."""
    action = actions.find(step.action or "")
    return bool(step.commands) or (action is not None and action.changes)


def looked_at(step: model.Step) -> Doing | None:
    """What a step only looks at, if it does."""
    action = actions.find(step.action or "")
    return step.check or (step if action is not None and action.looks else None)


def seconds(doing: Doing, default: int) -> int:
    """How long a check may take to hold."""
    within = doing.within if isinstance(doing, model.Check) else None
    return default if within is None else int(within.total_seconds())


def limit_of(doing: Doing) -> int:
    """Seconds that each command of the content may take."""
    return int(command_limit(doing).total_seconds())


def squeezed(text: str) -> str:
    """One empty line where the templates left several. No here-document holds two."""
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"
