"""A problem as text for people, and the tables of formats that the commands offer.

A format is a module of `generator.formats`; its functions are named after the commands
that offer it and answer lines. Only the one that is asked for is loaded.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    `simulated`: the day was given, it is not today. `notes` are lines for people beside the
    problems, `more` is the same for programs. `warnings`: they are shown whole.
    """

    simulated: bool = False
    warnings: bool = False
    root: Path | None = None
    notes: Sequence[str] = ()
    more: Mapping[str, object] = field(default_factory=dict)


def writer(name: str, command: str) -> Callable[..., Iterator[str]]:
    """The function that writes what a command found in a format of its table."""
    return getattr(import_module(f"generator.formats.{name}"), command)


def problem_lines(problems: Iterable[Problem], *, whole: bool) -> Iterator[str]:
    """Warnings first, in one line each unless they are wanted `whole`; then the errors, whole.

    What has to be mended stands last, where it does not scroll away.
    """
    problems = list(problems)
    warnings = [p for p in problems if p.severity != "error"]
    for problem in warnings:
        yield problem_text(problem) if whole else _one_line(_head(problem))
    if warnings and not whole:
        yield "    = `rollbook validate --warnings` shows them whole"
    yield from (problem_text(p) for p in problems if p.severity == "error")


def _one_line(head: str) -> str:
    """The head of a problem, on a terminal not longer than that is wide."""
    first = head.split("\n", 1)[0]
    width = _terminal_width()
    return first if width is None or len(first) < width else first[: width - 4] + "..."


def _terminal_width() -> int | None:
    """Columns of the terminal that is written to; None where programs read the lines."""
    if not sys.stdout.isatty():
        return None
    return max(shutil.get_terminal_size((WIDTH, 24)).columns, 24)


def wrapped(text: str, first: str, indent: str | None = None, width: int = WIDTH) -> list[str]:
    """Lines of at most `width` columns, further ones below the text of the first.

    A path stays whole, so that it can be copied.
    """
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first) if indent is None else indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _head(problem: Problem) -> str:
    place = "".join(c if c.isprintable() else "?" for c in str(problem.place))
    return f"{place}: {problem.severity}: {problem.message}"


def problem_text(problem: Problem) -> str:
    """`file:line:column: error: ...`, the offending line, a caret, the way out.

    The first line is wrapped at the width of a terminal, and whole for programs.
    """
    columns = _terminal_width()
    width = min(columns or WIDTH, WIDTH)
    head = _head(problem)
    lines = wrapped(head, "", "    ", columns) if columns else [head]
    if problem.where:
        lines.append(f"    in {problem.where}")
    if problem.excerpt.strip():
        lines += _excerpt(problem, width)
    for part in problem.hint.split("\n") if problem.hint else ():
        # A command stands on a line of its own, indented, whole, ready to be copied.
        lines += [f"    {part}"] if part.startswith(" ") else wrapped(part, "    = ", width=width)
    return "\n".join(lines)


def _excerpt(problem: Problem, width: int) -> list[str]:
    """The line as written, cut to the screen around the column, with a caret under it."""
    number = f"{problem.place.line:>5} | "
    room = width - len(number)
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
