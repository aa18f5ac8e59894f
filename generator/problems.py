"""A problem is a value: where it is, what is wrong, what to do about it.

Nothing here prints or exits. Whoever finds a problem returns it; the command
line sorts them all and shows every one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


class RollbookError(Exception):
    """Rollbook could not do its work (disk, permissions): exit code 3."""


@dataclass(frozen=True)
class Place:
    """A spot in a file. `line` and `column` count from 1; 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    `where` names the value in the author's terms (`contacts.on-call.name`),
    `hint` says the way out, `excerpt` is the offending line as the author
    wrote it, `related` are other places that the message speaks of.
    """

    place: Place
    message: str
    hint: str = ""
    where: str = ""
    severity: Severity = "error"
    excerpt: str = ""
    related: tuple[Place, ...] = ()

    def sort_key(self) -> tuple[str, int, int, str]:
        return (self.place.file, self.place.line, self.place.column, self.message)


def has_errors(problems: Iterable[Problem]) -> bool:
    return any(p.severity == "error" for p in problems)


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """Every problem once, in the order in which a reader meets them."""
    return sorted(dict.fromkeys(problems), key=Problem.sort_key)


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that `word` was most likely meant to be, or None."""
    found = difflib.get_close_matches(word[:100], list(allowed), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """A hint that lists what is allowed and names the nearest."""
    names = sorted(allowed)
    close = nearest(word, names)
    meant = f"did you mean '{close}'? " if close else ""
    listed = ", ".join(names) if names else "none are defined"
    return f"{meant}Known here: {listed}"


def quoted(value: str, limit: int = 60) -> str:
    """`value` in quotes, short and printable, for use inside a message."""
    shown = value if len(value) <= limit else value[: limit - 3] + "..."
    shown = shown.replace("\n", "\\n").replace("\t", "\\t")
    return "'" + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown) + "'"
