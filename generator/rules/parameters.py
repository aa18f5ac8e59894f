"""Parameters of procedures: where their values come from, and whether those can be values."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from generator import model
from generator.problems import Problem, did_you_mean, quoted
from generator.render.commands import Scripted, doings
from generator.rules.context import Context, unknown
from generator.source import problem_at
from generator.text import Hole, holes

# What a script takes as an argument; see templates/script/arguments.sh.j2.
_WORD = re.compile(r"[A-Za-z0-9._:/@+][A-Za-z0-9._:/@+-]*")


def parameters_have_values(context: Context) -> Iterator[Problem]:
    for thing in (*context.handbook.procedures, *context.handbook.checklists):
        for parameter in thing.parameters:
            if parameter.value is not None and holes(parameter.value) != (parameter.value,):
                yield problem_at(
                    parameter.value,
                    "a fixed value cannot use a parameter",
                    "write the value out, without {name}",
                )
            if parameter.fact is not None and parameter.fact not in context.ids("fact"):
                yield unknown(parameter.fact, "fact", context.ids("fact"))
            if parameter.threshold is not None and parameter.threshold not in context.ids(
                "threshold"
            ):
                yield unknown(parameter.threshold, "threshold", context.ids("threshold"))
            if thing.script:
                yield from _source(parameter)
            yield from _choices(parameter)
        if thing.script:
            yield from _arguments(thing)


def _source(parameter: model.Parameter) -> Iterator[Problem]:
    sources = (parameter.value, parameter.fact, parameter.threshold)
    given = 3 - sources.count(None)
    if given + (parameter.position is not None) != 1 and not (
        parameter.position and given == 1 and parameter.value is not None
    ):
        yield problem_at(
            parameter.id,
            "a parameter of a script has a position, a value, a fact or a threshold",
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


def _arguments(thing: Scripted) -> Iterator[Problem]:
    arguments = sorted(
        (p for p in thing.parameters if p.position is not None), key=lambda p: p.position or 0
    )
    positions = [p.position for p in arguments]
    if positions != list(range(1, len(positions) + 1)):
        yield problem_at(
            thing.script or thing.id,
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
    for parameter in thing.parameters:
        if parameter.repeat and (
            parameter.position is None or parameter.value is not None or parameter.choices
        ):
            yield problem_at(
                parameter.id,
                "only an argument without value and choices can repeat",
                "give it a position, or leave 'repeat' out",
            )
    repeated = {p.id for p in thing.parameters if p.repeat}
    for word in (w for d in doings(thing) for c in d.commands for w in c.words):
        for part in holes(word):
            if isinstance(part, Hole) and part.name in repeated:
                yield problem_at(
                    word,
                    f"{quoted(part.name)} may hold any number of words",
                    "give it to an action that takes several",
                )
