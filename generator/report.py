"""A problem as text for people, and the tables of formats that the commands offer.

A format is a module of `generator.formats`; its functions are named after the commands
that offer it and answer lines. Only the one that is asked for is loaded.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from generator.problems import Problem

WIDTH = 80

CHECK = ("text", "json", "github", "junit", "sarif")
VALIDATE = ("text", "json", "github", "sarif")
STATUS = ("text", "json")


@dataclass(frozen=True)
class View:
    """What a format has to know besides what was found.

    `root` is the folder from which a platform counts paths; None means the current one.
    `simulated`: the day was given, it is not today.
    """

    simulated: bool = False
    root: Path | None = None


def writer(name: str, command: str) -> Callable[..., Iterator[str]]:
    """The function that writes what a command found in a format of its table."""
    return getattr(import_module(f"generator.formats.{name}"), command)


def problem_text(problem: Problem) -> str:
    """`file:line:column: error: ...`, the offending line, a caret, the way out."""
    place = "".join(c if c.isprintable() else "?" for c in str(problem.place))
    lines = [f"{place}: {problem.severity}: {problem.message}"]
    if problem.where:
        lines.append(f"    in {problem.where}")
    if problem.excerpt.strip():
        lines += _excerpt(problem)
    for part in problem.hint.split("\n") if problem.hint else ():
        # A command stands on a line of its own, indented, whole, ready to be copied.
        lines += (
            [f"    {part}"]
            if part.startswith(" ")
            else textwrap.wrap(
                part,
                WIDTH,
                initial_indent="    = ",
                subsequent_indent="      ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    return "\n".join(lines)


def _excerpt(problem: Problem) -> list[str]:
    """The line as written, cut to the screen around the column, with a caret under it."""
    number = f"{problem.place.line:>5} | "
    room = WIDTH - len(number)
    column = max(problem.place.column, 1) - 1
    start = 0 if column < room - 20 else column - room // 2
    text = problem.excerpt[start : start + room]
    text = "".join(c if c.isprintable() else " " for c in text)
    before = sum(_columns(c) for c in text[: column - start])
    return [number + text, " " * (len(number) - 2) + "| " + " " * before + "^"]


def _columns(character: str) -> int:
    """Columns that a terminal gives to a character."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
