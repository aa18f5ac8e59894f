"""Commands and actions, wherever they stand: they can be run as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from generator import actions, model
from generator.problems import Problem, did_you_mean, quoted
from generator.render.commands import Doing, Scripted, doings
from generator.rules.context import Context, unknown
from generator.source import Scalar, problem_at
from generator.text import Hole, holes


def command_fits(command: model.Command, scripted: bool) -> Iterator[Problem]:
    """A command is one process: a program and its arguments, no shell."""
    yield from _first_word(command.words[0], scripted)
    yield from _shell_words(command.words)
    if command.words[0].startswith("-"):
        yield problem_at(
            command.words[0],
            "a command begins with a program, not with an option",
            "write the program's name first",
        )


def action_of(step: model.Step) -> actions.Action | None:
    return actions.find((step.check.action if step.check else step.action) or "")


def things_fit(thing: Scripted, context: Context) -> Iterator[Problem]:
    """Commands, actions and checks of a procedure or checklist fit its parameters and one another."""
    known = [p.id for p in thing.parameters]
    used: set[str] = set()
    for doing in doings(thing):
        for command in doing.commands:
            yield from command_fits(command, bool(thing.script))
        words = [w for c in doing.commands for w in c.words] + list(doing.arguments.values())
        if isinstance(doing, model.Check):
            words += [w for w in (doing.equals, doing.contains, doing.lacks) if w is not None]
            yield from check_fits(doing, thing)
        yield from holes_fit(words, known)
        yield from action_fits(doing)
        yield from names_exist(doing, context)
        used.update(p.name for w in words for p in holes(w) if isinstance(p, Hole))
        for command in doing.commands:
            if command.capture is not None:
                if command.capture in known:
                    yield problem_at(
                        command.capture,
                        f"{quoted(command.capture)} is taken",
                        "name what the command prints differently from parameters and other captures",
                    )
                else:
                    known.append(command.capture)
    for parameter in thing.parameters:
        if parameter.id not in used:
            yield problem_at(
                parameter.id,
                f"the parameter {quoted(parameter.id)} is not used",
                "delete it, or use it as {" + parameter.id + "}",
                severity="warning",
            )


def needs_met(thing: Scripted, what: str) -> Iterator[Problem]:
    """What an action uses, an action before it gives; `what` says what the author puts first."""
    given: set[str] = set()
    for doing in doings(thing):
        action = actions.find(doing.action or "")
        if action is None:
            continue
        for name in action.uses:
            if name not in given:
                yield problem_at(
                    doing.action,
                    f"the action needs '{name}' from an action before it",
                    f"put the {what} that gives it first: "
                    + ", ".join(a.name for a in actions.ACTIONS if name in a.gives),
                )
        given.update(action.gives)


def names_exist(doing: Doing, context: Context) -> Iterator[Problem]:
    """What an action names in the content is there."""
    book = context.handbook
    named = {
        ("handbook.contact", "contact"): [c.id for c in book.contacts.contacts],
        ("incident.report", "form"): [c.id for c in book.checklists],
        ("incident.messages", "send"): [m.id for m in book.contacts.messages],
    }
    for (name, parameter), known in named.items():
        if doing.action == name and doing.arguments.get(parameter) not in (None, *known):
            yield unknown(doing.arguments[parameter], parameter, known)


def check_fits(check: model.Check, thing: Scripted) -> Iterator[Problem]:
    at = check.action or (check.commands[0].words[0] if check.commands else thing.id)
    if bool(check.action) == bool(check.commands):
        yield problem_at(
            at, "a check has a command or an action", "give it one of 'run' and 'action'"
        )
    expected = [w for w in (check.equals, check.contains, check.lacks) if w is not None]
    if check.action and expected:
        yield problem_at(
            expected[0],
            "an action says itself what it expects",
            "'equals', 'contains' and 'lacks' belong to 'run'",
        )
    if check.action and check.limit:
        yield problem_at(
            check.action, "an action has limits of its own", "'limit' belongs to 'run'"
        )
    action = actions.find(check.action or "")
    if action is not None and not action.looks:
        yield problem_at(
            check.action,
            f"the action {action.name} does more than look at something",
            "a check can be: " + ", ".join(a.name for a in actions.ACTIONS if a.looks),
        )


def holes_fit(words: Iterable[Scalar], known: Iterable[str]) -> Iterator[Problem]:
    """Every hole is filled by a parameter or by what an earlier command printed."""
    known = list(known)
    for word in words:
        for part in holes(word):
            if isinstance(part, Hole) and part.name not in known:
                yield problem_at(
                    word,
                    f"no parameter is called {quoted(part.name)}",
                    did_you_mean(part.name, known) + "; write {{name}} for the characters {name}",
                )


def action_fits(step: model.Step | model.Check) -> Iterator[Problem]:
    if step.action is None:
        if step.arguments:
            key = next(iter(step.arguments))
            yield problem_at(
                key,
                "'with' gives values to an action, and the step has none",
                "name one: 'action: ...'",
            )
        return
    action = actions.find(step.action)
    if action is None:
        yield unknown(step.action, "action", [a.name for a in actions.ACTIONS])
        return
    for key in step.arguments:
        if key not in action.parameters:
            yield unknown(key, f"parameter of {action.name}", action.parameters)
    for name, pattern in action.forms:
        value = step.arguments.get(name)
        if value is not None and "{" not in value and not re.fullmatch(pattern, value):
            yield problem_at(
                value, f"{quoted(value)} cannot be a value of '{name}'", f"it must fit {pattern}"
            )
    for name in action.parameters:
        if name not in step.arguments and name not in action.optional:
            yield problem_at(
                step.action,
                f"the action needs a value for '{name}'",
                f"add 'with: {{{name}: ...}}'",
            )


# Words that only a shell understands: a script starts each command as a process of its own.
_BUILTINS = frozenset(
    [
        "alias",
        "bg",
        "break",
        "case",
        "cd",
        "command",
        "continue",
        "do",
        "done",
        "elif",
        "else",
        "esac",
        "eval",
        "exec",
        "exit",
        "export",
        "fg",
        "fi",
        "for",
        "function",
        "hash",
        "if",
        "in",
        "jobs",
        "local",
        "read",
        "readonly",
        "return",
        "select",
        "set",
        "shift",
        "source",
        "then",
        "time",
        "times",
        "trap",
        "type",
        "ulimit",
        "umask",
        "unalias",
        "unset",
        "until",
        "wait",
        "while",
        "!",
        ".",
        ":",
        "[[",
        "{",
        "}",
    ]
)
_OPERATORS = frozenset(["|", "||", "&", "&&", ";", ">", ">>", "<", "<<", "2>", "2>>", "&>", "2>&1"])


def _first_word(word: Scalar, scripted: bool) -> Iterator[Problem]:
    if not word.strip():
        yield problem_at(word, "the command has no program", "the first word is a program")
    elif not word.isascii():
        yield problem_at(
            word,
            f"the program {quoted(word)} has letters that are not ASCII",
            "some look like others; write its name anew",
        )
    elif scripted and (word in _BUILTINS or re.match(r"[A-Za-z_][A-Za-z0-9_]*=", word)):
        yield problem_at(
            word,
            f"{quoted(word)} works in a shell only, and a script starts each command by itself",
            "put what belongs together into a program of its own, and run that",
        )


def _shell_words(words: Iterable[Scalar]) -> Iterator[Problem]:
    for word in words:
        if word in _OPERATORS:
            yield problem_at(
                word,
                f"{quoted(word)} reaches the program as a plain word; there is no shell",
                "for a pipe or a redirection, put it into a program of its own, and run that",
                severity="warning",
            )
