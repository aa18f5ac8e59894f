"""The script of a procedure: its steps, in the order of the document."""

from __future__ import annotations

from generator import actions, model, shell
from generator.refs import targets
from generator.render.commands import command_lines, names_of, variables_of
from generator.render.environment import render
from generator.render.scripts.head import Targets
from generator.render.scripts.parts import (
    AGAIN,
    action_text,
    changes,
    limit_of,
    look,
    looked_at,
    seconds,
    shared,
    squeezed,
)
from generator.shell import Shell
from generator.text import Hole, holes

# Seconds that what was changed may take to show.
_LOOK = 60


def script(procedure: model.Procedure, book: model.Handbook) -> str:
    """The whole text of a procedure's script."""
    known = targets(book)
    data = shared(procedure, book, known)
    data["tell"] = _tell(procedure, known)
    steps = []
    for number, step in enumerate(procedure.steps, 1):
        if not step.runs:
            break
        text = _step(number, step, procedure, known, data)
        for stop in procedure.stops:
            if stop.after == step.id:
                left = [s.title for s in procedure.steps[number:]]
                text += "\n" + render(
                    "script/stop.sh.j2",
                    stop={
                        "variable": Shell(f"option_{shell.variable(stop.option)}"),
                        "left": [shell.quote(f"{', '.join(left)}.")] if left else [],
                    },
                )
        steps.append({"text": Shell(text.strip("\n"))})
    manual = [
        {
            "number": n,
            "heading": f"Step {n}: {s.title}",
            "lines": [
                shell.said(t, known) for t in (*s.manual, *(f"Either: {e}" for e in s.either))
            ],
        }
        for n, s in enumerate(procedure.steps, 1)
        if s.manual or s.either
    ]
    text = render(
        "script/script.sh.j2",
        **data,
        steps=steps,
        manual=manual,
        first_by_hand=next((n for n, s in enumerate(procedure.steps, 1) if not s.runs), 0),
        verified=_verified(procedure),
        closing=[shell.said(t, known) for t in procedure.closing],
    )
    return squeezed(text)


def _advice(step: model.Step) -> str:
    """What to do when a step failed: its own words, those of its action, or a command's."""
    action = actions.find((step.check.action if step.check else step.action) or "")
    if step.on_failure or step.commands or action is None:
        return step.on_failure or (
            "Read its words above and look at what it has changed. Do not repeat it blindly."
            if step.commands
            else "Find out why before you go on."
        )
    return action.on_failure


def _tell(procedure: model.Procedure, known: Targets) -> dict[str, object] | None:
    """What telling the team needs, in a procedure that does."""
    step = next((s for s in procedure.steps if s.action == "notify.send"), None)
    action = actions.find("notify.send")
    if step is None or action is None:
        return None
    variables = {hole: name for hole, name, _ in action.holes}
    return {
        "step": step.id,
        "by_hand": [shell.said(t, known) for t in step.manual],
        "post": shell.command(dict(action.commands)["post"], variables),
    }


def _noted(steps: tuple[model.Step, ...], procedure: model.Procedure) -> Shell:
    """What the steps have captured, as the end of a sentence: it may be the way back."""
    variables = variables_of(procedure)
    names = [c.capture for s in steps for d in (s, s.check) if d for c in d.commands if c.capture]
    return Shell("".join(f'" {n} is ${{{variables[n]}}}."' for n in names))


def _verified(procedure: model.Procedure) -> bool:
    """Whether what the script changed last is verified by it."""
    good = True
    for step in procedure.steps:
        action = actions.find(step.action or (step.check and step.check.action) or "")
        if step.commands or (action is not None and action.changes):
            good = False
        if (step.check and step.check.verifies) or (action is not None and action.verifies):
            good = True
    return good


def _step(number: int, step: model.Step, procedure: model.Procedure, known: Targets, data) -> str:
    told = {
        "number": number,
        "id": step.id,
        "title": step.title,
        "heading": f"Step {number}: {step.title}",
        "limit": Shell(limit_of(step)),
        "show": step.show,
        "runner": Shell("shown" if step.show else "limited"),
        "by_hand": [shell.said(t, known) for t in step.manual],
        # What ends a run before production is touched.
        "stops": [Shell(f"option_{shell.variable(s.option)}") for s in procedure.stops],
        "note": shell.said(step.note, known) if step.note else "",
        "expect": shell.said(step.expect, known) if step.expect else "",
        "next": shell.said(_advice(step), known),
    }
    looks_at = looked_at(step)
    if looks_at is not None:
        told["behind"] = any(map(changes, procedure.steps[: number - 1]))
        waits = told["behind"] or step.commands or step.action
        told["within"] = seconds(looks_at, _LOOK if waits else AGAIN)
        # What was moved may move once more: a check of it must hold twice in a row.
        told["times"] = 2 if step.check and told["behind"] else 1
        told["check"] = look(looks_at, procedure, data, "look")
        told["noted"] = _noted(procedure.steps[: number - 1], procedure)
        if not step.commands:
            return render("script/check.sh.j2", **data, step=told)
    elif step.action is not None:
        return action_text(step, procedure, data, step=told)
    variables = variables_of(procedure)
    names = names_of(procedure)
    lines = [line for line in command_lines(step, procedure) if not line.startswith("# ")]
    told["commands"] = [
        {
            "run": shell.command(c, variables),
            "shown": line,
            "late": f"the command took longer than {limit_of(step)} seconds: {line}",
            "capture": Shell(variables[c.capture]) if c.capture else "",
            "name": f"<{c.capture}>",
        }
        for c, line in zip(step.commands, lines)
    ]
    told["filled"] = [
        {"name": names[n], "variable": Shell(variables[n])}
        for n in dict.fromkeys(
            p.name for c in step.commands for w in c.words for p in holes(w) if isinstance(p, Hole)
        )
        if names[n].startswith("<")
    ]
    told["begun"] = (
        f"{told['heading']}: this step had begun, and what it has changed is not known. Nothing after it was begun."
    )
    told["done"] = f"{told['heading']}: this step has run."
    if step is not procedure.steps[-1]:
        told["done"] += " Nothing after it was begun."
    return render("script/goal.sh.j2" if step.check else "script/command.sh.j2", **data, step=told)
