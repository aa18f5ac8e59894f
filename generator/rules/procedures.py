"""Procedures whose steps, parameters and scripts fit together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from generator import actions, model
from generator.problems import Problem, did_you_mean, quoted
from generator.rules.context import Context, unknown
from generator.source import Scalar, problem_at
from generator.text import Hole, holes


def procedures_can_run(context: Context) -> Iterator[Problem]:
    for procedure in context.handbook.procedures:
        parameters = {p.id: p for p in procedure.parameters}
        used: set[str] = set()
        for step in procedure.steps:
            for command in step.commands:
                yield from _first_word(command.words[0], bool(procedure.script))
                yield from _shell_words(command.words)
                if command.words[0].startswith("-"):
                    yield problem_at(
                        command.words[0],
                        "a command begins with a program, not with an option",
                        "write the program's name first",
                    )
            words = [w for c in step.commands for w in c.words] + list(step.arguments.values())
            for word in words:
                for part in holes(word):
                    if isinstance(part, Hole):
                        used.add(part.name)
                        if part.name not in parameters:
                            yield problem_at(
                                word,
                                f"no parameter is called {quoted(part.name)}",
                                did_you_mean(part.name, parameters)
                                + "; write {{name}} for the characters {name}",
                            )
            yield from _action(step)
            if step.action and (step.commands or step.either):
                yield problem_at(
                    step.id,
                    "a step with an action has no commands or alternatives of its own",
                    "make two steps of it",
                )
        for parameter in procedure.parameters:
            if parameter.id not in used:
                yield problem_at(
                    parameter.id,
                    f"the parameter {quoted(parameter.id)} is not used",
                    "delete it, or use it as {" + parameter.id + "}",
                    severity="warning",
                )
        if procedure.alternatives:
            for step in procedure.steps:
                if step.action or step.commands or step.manual or step.either or step.details:
                    yield problem_at(
                        step.id,
                        "an alternative is a title and a note",
                        "make a procedure of it, and name that in the note: [[procedure:ID]]",
                    )
        if procedure.script:
            yield from _script(procedure)
        elif procedure.stops:
            yield problem_at(
                procedure.stops[0].option, "options need a script", "name one: 'script: ...sh'"
            )


def _action(step: model.Step) -> Iterator[Problem]:
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
        if name not in step.arguments:
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


def _script(procedure: model.Procedure) -> Iterator[Problem]:
    given: set[str] = set()
    by_hand = False
    handed = None  # the first step in which the script may hand over to a person
    for step in procedure.steps:
        action = actions.find(step.action) if step.action else None
        if action is not None and action.may_hand_over:
            handed = handed or step.id
        if handed is not None and not step.manual and not step.either:
            yield problem_at(
                step.id,
                f"nothing says what a person does here when {quoted(handed)} has no access",
                "add 'manual' instructions to the step",
            )
        if not step.runs:
            by_hand = True
            if step.commands:
                yield problem_at(
                    step.id,
                    "in a script, a step is run or done by hand, not both",
                    "make two steps of it",
                )
        elif by_hand:
            yield problem_at(
                step.id,
                "a step that runs stands behind one that is done by hand",
                "a script ends at the first step by hand: put those last",
            )
        if action is not None:
            for name in action.uses:
                if name not in given:
                    yield problem_at(
                        step.action,
                        f"the action needs '{name}' from an action before it",
                        "put the step that gives it first: "
                        + ", ".join(a.name for a in actions.ACTIONS if name in a.gives),
                    )
            given.update(action.gives)
    if procedure.alternatives:
        yield problem_at(
            procedure.script, "alternatives cannot be a script", "make a procedure of each"
        )
    runnable = [s.id for s in procedure.steps if s.runs]
    taken = [*_OPTIONS]
    for step in procedure.steps:
        if step.action and (found := actions.find(step.action)):
            taken += [o.name for o in found.options]
    for stop in procedure.stops:
        if stop.after not in runnable:
            yield unknown(stop.after, "step that the script runs", runnable)
        else:
            step = next(s for s in procedure.steps if s.id == stop.after)
            action = actions.find(step.action) if step.action else None
            if action is None or not action.verifies:
                yield problem_at(
                    stop.after,
                    f"the step {quoted(stop.after)} does not verify what it did",
                    "a script may end early, done and verified, only after a step that does",
                )
        if stop.option in taken:
            yield problem_at(
                stop.option, f"every script has --{stop.option} already", "choose another name"
            )


_OPTIONS = ("help", "yes", "dry-run")
