"""Parameters of procedures: where their values come from, and whether those can be values."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from generator import model
from generator.problems import Problem, did_you_mean, quoted
from generator.rules.context import Context
from generator.source import problem_at
from generator.text import Hole, holes

# What a script takes as an argument; see templates/script/arguments.sh.j2.
_WORD = re.compile(r"[A-Za-z0-9._:/@+][A-Za-z0-9._:/@+-]*")


def parameters_have_values(context: Context) -> Iterator[Problem]:
    for procedure in context.handbook.procedures:
        for parameter in procedure.parameters:
            if parameter.value is not None and holes(parameter.value) != (parameter.value,):
                yield problem_at(
                    parameter.value,
                    "a fixed value cannot use a parameter",
                    "write the value out, without {name}",
                )
            if parameter.fact is not None and parameter.fact not in context.ids("fact"):
                yield problem_at(
                    parameter.fact,
                    f"no fact is called {quoted(parameter.fact)}",
                    did_you_mean(parameter.fact, context.ids("fact")),
                )
            if procedure.script:
                yield from _source(parameter)
            yield from _choices(parameter)
        if procedure.script:
            yield from _arguments(procedure)


def _source(parameter: model.Parameter) -> Iterator[Problem]:
    given = [parameter.position, parameter.value, parameter.fact].count(None)
    if given != 2 and not (parameter.position and parameter.fact is None and given == 1):
        yield problem_at(
            parameter.id,
            "a parameter of a script has a position, a value or a fact",
            "give it one of them; a position may have a value too, which holds without the argument",
        )


def _choices(parameter: model.Parameter) -> Iterator[Problem]:
    if (parameter.type == "choice") != bool(parameter.choices):
        yield problem_at(
            parameter.id,
            "'type: choice' and 'choices' go together",
            "list the choices, or give the parameter another type",
        )
    elif parameter.value is None:
        return
    elif parameter.choices and parameter.value not in parameter.choices:
        yield problem_at(
            parameter.value,
            f"{quoted(parameter.value)} is none of the choices",
            did_you_mean(parameter.value, parameter.choices),
        )
    elif parameter.position and not _WORD.fullmatch(parameter.value):
        yield problem_at(
            parameter.value,
            f"{quoted(parameter.value)} could not be given as an argument",
            "one word of letters, digits and . _ : / @ + -",
        )


def _arguments(procedure: model.Procedure) -> Iterator[Problem]:
    arguments = sorted(
        (p for p in procedure.parameters if p.position is not None), key=lambda p: p.position or 0
    )
    positions = [p.position for p in arguments]
    if positions != list(range(1, len(positions) + 1)):
        yield problem_at(
            procedure.script or procedure.id,
            f"the positions of the arguments are {', '.join(map(str, positions))}",
            "count them 1, 2, 3, ...",
        )
    for before, parameter in itertools.pairwise(arguments):
        optional = parameter.value is not None or parameter.repeat
        if before.repeat or (before.value is not None and not optional):
            yield problem_at(
                parameter.id,
                f"the argument stands behind {quoted(before.id)}, which may be left out or repeated",
                "put arguments that may be left out last, and one that repeats at the very end",
            )
    for parameter in procedure.parameters:
        if parameter.repeat and (
            parameter.position is None or parameter.value is not None or parameter.choices
        ):
            yield problem_at(
                parameter.id,
                "only an argument without value and choices can repeat",
                "give it a position, or leave 'repeat' out",
            )
    repeated = {p.id for p in procedure.parameters if p.repeat}
    for word in (w for s in procedure.steps for c in s.commands for w in c.words):
        for part in holes(word):
            if isinstance(part, Hole) and part.name in repeated:
                yield problem_at(
                    word,
                    f"{quoted(part.name)} may hold any number of words",
                    "give it to an action that takes several",
                )
