"""Scripts: a header, helpers, then the steps in the order of the document."""

from __future__ import annotations

import hashlib
import re
import textwrap

from generator import actions, model, shell
from generator.outputs import OutFile
from generator.refs import targets, value_words
from generator.render.commands import (
    actions_of,
    argument_name,
    argument_words,
    arguments_of,
    command_lines,
    options_of,
    usage,
)
from generator.render.environment import render
from generator.shell import Shell

EXIT_CODES = (
    ("0", "done AND verified (with --dry-run: nothing was done)"),
    ("2", "wrong usage, or not confirmed"),
    ("3", "this machine or this repository"),
    ("4", "the target was refused"),
    ("5", "the other side refused"),
    ("6", "timed out"),
    ("7", "done, but not verified"),
    ("8", "a person must finish: what is done and what is left is printed"),
    ("129, 130, 143", "interrupted"),
)

# Programs of POSIX, and mktemp, which every supported system has.
_PROGRAMS = (
    "cat",
    "date",
    "fold",
    "id",
    "mkdir",
    "mktemp",
    "rm",
    "sed",
    "sleep",
    "tail",
    "tr",
    "uname",
)
_LIMIT = 300


def outputs(book: model.Handbook) -> list[OutFile]:
    found = [
        OutFile(f"scripts/{p.script}", script(p, book), executable=True)
        for p in book.procedures
        if p.script
    ]
    if found:
        sums = "".join(
            f"{hashlib.sha256(f.text.encode()).hexdigest()}  {f.path.split('/')[-1]}\n"
            for f in sorted(found, key=lambda f: f.path)
        )
        found.append(OutFile("scripts/SHA256SUMS", sums))
    return found


def script(procedure: model.Procedure, book: model.Handbook) -> str:
    """The whole text of a procedure's script."""
    known = targets(book)
    service = {"id": book.service.id, "name": book.service.name}
    data = {
        "procedure": procedure,
        "service": service,
        "script": _header(procedure, book, known),
    }
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
    used = actions_of(procedure)
    text = render(
        "script/script.sh.j2",
        **data,
        steps=steps,
        manual=manual,
        helpers=[f"script/{h}.sh.j2" for h in dict.fromkeys(h for a in used for h in a.helpers)],
        first_by_hand=next((n for n, s in enumerate(procedure.steps, 1) if not s.runs), 0),
        verified=_verified(procedure),
        closing=[shell.said(t, known) for t in procedure.closing],
    )
    return _squeezed(text)


def _verified(procedure: model.Procedure) -> bool:
    """Whether what the script changed last is verified by it."""
    good = True
    for step in procedure.steps:
        action = actions.find(step.action or "")
        if action is None or action.changes:
            good = False
        if action is not None and action.verifies:
            good = True
    return good


def _squeezed(text: str) -> str:
    """One empty line where the templates left several. No here-document holds two."""
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def _header(procedure: model.Procedure, book: model.Handbook, known) -> dict[str, object]:
    used = actions_of(procedure)
    programs = sorted({*_PROGRAMS, *(n for a in used for n in a.needs), *_own_programs(procedure)})
    touches = list(dict.fromkeys(a.touches for a in used if a.touches))
    if own := _own_programs(procedure):
        touches.append(f"what its commands touch: {', '.join(sorted(own))}")
    touches.append("a log of the run (in .git/rollback-log, or ROLLBOOK_LOG_DIR)")
    options = [
        {"name": name, "variable": Shell(f"option_{shell.variable(name)}")}
        for name, _ in options_of(procedure)
        if name not in ("yes", "dry-run")
    ]
    arguments = [
        {
            "variable": Shell(shell.variable(f"parameter-{p.id}")),
            "type": p.type,
            "name": argument_name(p),
            "default": shell.quote(p.value or ""),
            "repeat": p.repeat,
            "choices": "|".join(p.choices),
            "pattern": Shell(" | ".join(shell.quote(c) for c in p.choices)),
        }
        for p in arguments_of(procedure)
    ]
    constants = [
        {"variable": Shell(shell.variable(f"parameter-{p.id}")), "value": _fixed(p, book)}
        for p in procedure.parameters
        if p.position is None
    ]
    facts = [
        {
            "variable": Shell(f"fact_{shell.variable(f.id)}"),
            "env": Shell(f.env),
            "value": shell.quote(value_words(f.value)),
        }
        for g in book.service.fact_groups
        for f in g.facts
        if f.env
    ]
    wanted = " ".join(argument_words(p) for p in arguments_of(procedure))
    least = sum(p.value is None and not p.repeat for p in arguments_of(procedure))
    section = known["procedure", procedure.id].section
    purpose = [shell.plain(p, known) for p in shell.paragraphs(procedure.intro or procedure.title)]
    return {
        "name": procedure.script,
        "usage": usage(procedure),
        "section": f"Section {section.number}" if section else "not in the document",
        "purpose": [line for p in purpose for line in textwrap.wrap(p, 76)],
        "touches": touches,
        "programs": Shell(" ".join(shell.quote(p) for p in programs)),
        "options": options,
        "arguments": arguments,
        "constants": constants,
        "facts": facts,
        "least": least,
        "repeats": any(a["repeat"] for a in arguments),
        "takes_words": any(a["type"] not in ("commit", "choice") for a in arguments),
        "wanted": f"expected {wanted}" if wanted else "expected no arguments",
        "hash": book.stamps[f"drill:{procedure.id}"],
        "takes_commit": any(a["type"] == "commit" for a in arguments),
        "again": "Run the same command again; that is always safe."
        if all(s.action for s in procedure.steps if s.runs)
        else "Look at what the step has changed before you run anything again.",
        "warning": shell.plain(procedure.warning, known) if procedure.warning else "",
        "help": _help(procedure, book, touches, purpose),
    }


def _fixed(parameter: model.Parameter, book: model.Handbook) -> Shell:
    """The right side of an assignment; empty for a fact that nobody has supplied."""
    if parameter.fact is None:
        return shell.quote(parameter.value or "")
    fact = next(f for g in book.service.fact_groups for f in g.facts if f.id == parameter.fact)
    known = shell.quote(fact.value) if isinstance(fact.value, str) else Shell("''")
    return Shell(f"${{{fact.env}:-{known}}}") if fact.env else known


def _own_programs(procedure: model.Procedure) -> set[str]:
    """The programs that the commands of the content start."""
    return {
        c.words[0] for s in procedure.steps if s.runs for c in s.commands if "{" not in c.words[0]
    }


def _help(
    procedure: model.Procedure, book: model.Handbook, touches: list[str], purpose: list[str]
) -> Shell:
    """The text of --help: 80 columns, and no line that could end the here-document."""
    lines = [*textwrap.wrap(f"{procedure.title} ({book.service.name})", 78), ""]
    for paragraph in purpose:
        lines += [*textwrap.wrap(paragraph, 78), ""]
    lines += [
        "Usage:",
        *textwrap.wrap(
            usage(procedure),
            76,
            initial_indent="  ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        ),
        "",
    ]
    rows = [(argument_words(p), _argument_help(p)) for p in arguments_of(procedure)]
    rows += [(f"--{name}", text) for name, text in options_of(procedure)]
    rows += [("--help", "show this text")]
    lines += [*_rows(rows), "", "It touches only:", *_rows([("-", t) for t in touches]), ""]
    lines += ["Exit codes:", *_rows(list(EXIT_CODES))]
    envs = [
        (f.env, f"{f.label}; if empty: {value_words(f.value)}")
        for g in book.service.fact_groups
        for f in g.facts
        if f.env
    ]
    envs += dict.fromkeys(e for a in actions_of(procedure) for e in a.environment)
    envs.append(("ROLLBOOK_LOG_DIR", "folder for the run log"))
    lines += ["", "Environment:", *_rows(envs)]
    # No line may look like the end of the here-document, not even to a linter.
    return Shell("\n".join(line.replace("END_OF_USAGE", "END-OF-USAGE") for line in lines))


def _argument_help(parameter: model.Parameter) -> str:
    return f"{parameter.help} (default: {parameter.value})" if parameter.value else parameter.help


def _rows(rows: list[tuple[str, str]]) -> list[str]:
    width = min(18, max(len(a) for a, _ in rows)) + 2
    out = []
    for name, text in rows:
        text = " ".join(text.split())
        first = f"  {name:<{width}}" if len(name) < width else f"  {name}  "
        out += textwrap.wrap(
            text,
            78,
            initial_indent=first,
            subsequent_indent=" " * (width + 2),
            break_on_hyphens=False,
        )
    return out


def _step(number: int, step: model.Step, procedure: model.Procedure, known, data) -> str:
    variables = {p.id: shell.variable(f"parameter-{p.id}") for p in procedure.parameters}
    told = {
        "number": number,
        "id": step.id,
        "title": step.title,
        "heading": f"Step {number}: {step.title}",
        "limit": _LIMIT,
        "by_hand": [shell.said(t, known) for t in step.manual],
        "note": shell.said(step.note, known) if step.note else "",
        "expect": shell.said(step.expect, known) if step.expect else "",
        "next": shell.said(
            step.on_failure
            or "Read its words above and look at what it has changed. Do not repeat it blindly.",
            known,
        ),
    }
    action = actions.find(step.action) if step.action else None
    if action is not None:
        holes_of = {hole: name for hole, name, _ in action.holes}
        return render(
            action.fragment,
            **data,
            step=told,
            parameters={k: shell.word(v, variables) for k, v in step.arguments.items()},
            commands={k: shell.command(c, holes_of) for k, c in action.commands},
        )
    lines = [line for line in command_lines(step, procedure) if not line.startswith("# ")]
    told["commands"] = [
        {
            "run": shell.command(c, variables),
            "shown": line,
            "late": f"the command took longer than {_LIMIT} seconds: {line}",
        }
        for c, line in zip(step.commands, lines)
    ]
    told["begun"] = (
        f"{told['heading']}: this step had begun, and what it has changed is not known. Nothing after it was begun."
    )
    told["done"] = f"{told['heading']}: this step has run. Nothing after it was begun."
    return render("script/command.sh.j2", **data, step=told)
