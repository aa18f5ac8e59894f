"""The beginning of every script: what it is, how it is called, what it touches."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from generator import actions, model, shell
from generator.assemble import walk_sections
from generator.refs import Target, value_words
from generator.render.commands import (
    Scripted,
    actions_of,
    argument_name,
    argument_words,
    arguments_of,
    doings,
    option_words,
    options_of,
    usage,
    variables_of,
)
from generator.shell import Shell
from generator.text import Hole, holes

Targets = Mapping[tuple[str, str], Target]

_CODES = (
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

# The same codes, as a checklist means them.
_CHECKED = {
    "0": "every item passed (with --dry-run: nothing was done)",
    "7": "an item failed",
    "8": "nothing failed, and a person must check the rest; it is printed",
}
EXIT_CODES = (_CODES, tuple((code, _CHECKED.get(code, words)) for code, words in _CODES))

# Under which name `stamps` has the content of each kind.
_CLOCK = {"procedure": "drill", "checklist": "checklist"}

# Programs of POSIX, and mktemp, which every supported system has.
_PROGRAMS = (
    "cat",
    "date",
    "fold",
    "id",
    "mkdir",
    "mktemp",
    "od",
    "rm",
    "sed",
    "sleep",
    "tail",
    "tr",
    "uname",
)


def _only_looks(thing: Scripted) -> list[dict[str, Shell]]:
    """With which arguments the script asks no question: the variable, and its value."""
    variables = variables_of(thing)
    return [
        {"variable": Shell(variables[part.name]), "value": shell.quote(value)}
        for doing in doings(thing)
        if (action := actions.find(doing.action or ""))
        for parameter, value in action.only_looks
        for part in holes(doing.arguments.get(parameter, ""))
        if isinstance(part, Hole)
    ]


def head(thing: Scripted, book: model.Handbook, known: Targets) -> dict[str, object]:
    """What every script says and defines before its first step or item."""
    used = actions_of(thing)
    own = _own_programs(thing)
    programs = programs_of(thing)
    touches = list(dict.fromkeys(a.touches for a in used if a.touches))
    if own:
        touches.append(f"what its commands touch: {', '.join(sorted(own))}")
    touches.append("a log of the run (in .git/rollback-log, or ROLLBOOK_LOG_DIR)")
    if isinstance(thing, model.Checklist):
        touches.append("the completed list, as Markdown and JSON beside the log")
    options = [
        {
            "name": o.name,
            "variable": Shell(f"option_{shell.variable(o.name)}"),
            "option": o,
            "choices": "|".join(o.choices),
            "pattern": Shell(" | ".join(shell.quote(c) for c in o.choices)),
        }
        for o in options_of(thing)
        if o.name not in ("yes", "dry-run")
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
        for p in arguments_of(thing)
    ]
    constants = [
        {"variable": Shell(shell.variable(f"parameter-{p.id}")), "value": _fixed(p, book)}
        for p in thing.parameters
        if p.position is None
    ]
    constants += [
        {"variable": Shell(shell.variable(f"parameter-{c.capture}")), "value": Shell("''")}
        for d in doings(thing)
        for c in d.commands
        if c.capture
    ]
    facts = [
        {
            "variable": Shell(f"fact_{shell.variable(f.id)}"),
            "env": Shell(f.env),
            "value": shell.quote(value_words(f.value)),
        }
        for f in _facts(thing, book)
    ]
    wanted = " ".join(argument_words(p) for p in arguments_of(thing))
    least = sum(p.value is None and not p.repeat for p in arguments_of(thing))
    section = _section(thing, book)
    where = f"Section {section.number}" if section else "not in the document"
    kind = "procedure" if isinstance(thing, model.Procedure) else "checklist"
    warning = thing.warning if isinstance(thing, model.Procedure) else None
    purpose = [shell.plain(p, known) for p in shell.paragraphs(thing.intro or "")]
    return {
        "name": thing.script,
        "usage": usage(thing),
        "section": where,
        "opening": f"{thing.title} ({book.service.name}, {where})",
        "purpose": [line for p in purpose for line in textwrap.wrap(p, 76)],
        "touches": touches,
        "programs": Shell(" ".join(shell.quote(p) for p in programs)),
        "addresses": _addresses(thing),
        "options": options,
        "arguments": arguments,
        "constants": constants,
        "facts": facts,
        "least": least,
        "only_looks": _only_looks(thing),
        "takes_values": any(o["choices"] for o in options),
        "runs_commands": isinstance(thing, model.Procedure)
        and any(s.commands for s in thing.steps),
        "repeats": any(a["repeat"] for a in arguments),
        "takes_words": any(a["type"] not in ("commit", "choice") for a in arguments),
        "wanted": f"expected {wanted}" if wanted else "expected no arguments",
        "hash": book.stamps[f"{_CLOCK[kind]}:{thing.id}"],
        "id": thing.id,
        "kind": kind,
        "title": thing.title,
        "takes_commit": any(a["type"] == "commit" for a in arguments),
        "again": "Run the same command again; that is always safe."
        if isinstance(thing, model.Checklist)
        or all(s.action or s.check or not s.runs for s in thing.steps)
        else "Look at what the step has changed before you run anything again.",
        "warning": shell.plain(warning, known) if warning else "",
        "help": _help(thing, book, touches, purpose),
    }


def _addresses(thing: Scripted) -> list[Shell]:
    """The addresses that a run reaches, as the shell knows them at its start."""
    variables = variables_of(thing)
    found = [d.arguments["address"] for d in doings(thing) if "address" in d.arguments]
    words = [shell.word(v, variables) for v in dict.fromkeys(found)]
    if any("vercel" in a.helpers for a in actions_of(thing)):
        words.append(Shell('"${VERCEL_API_URL:-https://api.vercel.com}"'))
    return words


def _fixed(parameter: model.Parameter, book: model.Handbook) -> Shell:
    """The right side of an assignment; empty for a fact that nobody has supplied."""
    if parameter.threshold is not None:
        limit = next(t for t in book.thresholds if t.id == parameter.threshold)
        return shell.quote(str(limit.value))
    if parameter.fact is None:
        return shell.quote(parameter.value or "")
    fact = next(f for g in book.service.fact_groups for f in g.facts if f.id == parameter.fact)
    known = shell.quote(fact.value) if isinstance(fact.value, str) else Shell("''")
    return Shell(f"${{{fact.env}:-{known}}}") if fact.env else known


def _facts(thing: Scripted, book: model.Handbook) -> list[model.Fact]:
    """The facts that it uses and that the environment can overrule."""
    # Every text of a frozen dataclass stands in its repr; an id needs no escape there.
    texts = repr(thing)
    given = {p.fact for p in thing.parameters}
    return [
        f
        for g in book.service.fact_groups
        for f in g.facts
        if f.env and (f.id in given or f"[[fact:{f.id}]]" in texts)
    ]


def programs_of(thing: Scripted) -> list[str]:
    """The programs without which a script does not begin."""
    looks = isinstance(thing, model.Checklist) or any(
        (isinstance(d, model.Check) and d.commands) or "lacks" in d.arguments for d in doings(thing)
    )
    needed = {n for a in actions_of(thing) for n in a.needs}
    return sorted({*_PROGRAMS, *needed, *_own_programs(thing), *(("grep",) if looks else ())})


def _own_programs(thing: Scripted) -> set[str]:
    """The programs that the commands of the content start."""
    found = {
        c.words[0]
        for d in doings(thing)
        if isinstance(d, model.Check) or d.runs
        for c in d.commands
        if "{" not in c.words[0]
    }
    # A check whose program is missing was not made; that stops no checklist.
    return found if isinstance(thing, model.Procedure) else set()


def _section(thing: Scripted, book: model.Handbook) -> model.Section | None:
    """The first section that shows it, or a part of it."""
    kind = "procedure" if isinstance(thing, model.Procedure) else "checklist"
    for section in walk_sections(book.sections):
        for block in section.blocks:
            if block.kind == kind and str(block.value).partition("/")[0] == thing.id:
                return section
    return None


def _help(thing: Scripted, book: model.Handbook, touches: list[str], purpose: list[str]) -> Shell:
    """The text of --help: 80 columns, and no line that could end the here-document."""
    lines = [*textwrap.wrap(f"{thing.title} ({book.service.name})", 78), ""]
    for paragraph in purpose:
        lines += [*textwrap.wrap(paragraph, 78), ""]
    lines += [
        "Usage:",
        *textwrap.wrap(
            usage(thing),
            76,
            initial_indent="  ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        ),
        "",
    ]
    rows = [(argument_words(p), _argument_help(p)) for p in arguments_of(thing)]
    rows += [(option_words(o), o.help) for o in options_of(thing)]
    rows += [("--help", "show this text")]
    lines += [*_rows(rows), "", "It touches only:", *_rows([("-", t) for t in touches]), ""]
    lines += ["Exit codes:", *_rows(list(EXIT_CODES[isinstance(thing, model.Checklist)]))]
    envs = [
        (
            f.env,
            f"{f.label}; if empty: {f.value}"
            if isinstance(f.value, str)
            else f"{f.label}; the document does not know it yet",
        )
        for f in _facts(thing, book)
    ]
    envs += dict.fromkeys(e for a in actions_of(thing) for e in a.environment)
    envs.append(("ROLLBOOK_LOG_DIR", "folder for the run log"))
    lines += ["", "Environment:", *_rows(envs)]
    # No line may look like the end of the here-document, not even to a linter.
    return Shell("\n".join(line.replace("END_OF_USAGE", "END-OF-USAGE") for line in lines))


def _argument_help(parameter: model.Parameter) -> str:
    return f"{parameter.help} (default: {parameter.value})" if parameter.value else parameter.help


def _rows(rows: list[tuple[str, str]]) -> list[str]:
    width = min(20, max(len(a) for a, _ in rows)) + 2
    out = []
    for name, text in rows:
        text = " ".join(text.split())
        first = f"  {name:<{width}}"
        if len(name) >= width:
            out.append(f"  {name}")
            first = " " * (width + 2)
        out += textwrap.wrap(
            text,
            78,
            initial_indent=first,
            subsequent_indent=" " * (width + 2),
            break_on_hyphens=False,
        )
    return out
