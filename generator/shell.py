"""Everything that turns text of the content into POSIX shell, in one place."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from generator import model
from generator.refs import Target
from generator.text import Code, Hole, Plain, holes, paragraphs, parts


class Shell(str):
    """Text that is shell already; anything else in a shell template is an error."""

    __slots__ = ()


def quote(text: str) -> Shell:
    """One word, whatever it contains."""
    return Shell(shlex.quote(text))


def comment(text: str) -> Shell:
    """Text for a comment: one line, so that nothing behind it is ever run."""
    return Shell(" ".join(text.split()))


def variable(name: str) -> str:
    """The shell variable of a fact or parameter."""
    return re.sub(r"[^a-z0-9]", "_", name)


def word(text: str, variables: Mapping[str, str]) -> Shell:
    """A word of a command; `variables` names the shell variable of every hole."""
    return Shell(
        "".join(
            f'"${{{variables[p.name]}}}"' if isinstance(p, Hole) else shlex.quote(p)
            for p in holes(text)
        )
        or "''"
    )


def command(found: model.Command, variables: Mapping[str, str]) -> Shell:
    """A command, quoted so that its words reach the program as they are."""
    return Shell(" ".join(word(w, variables) for w in found.words))


def shown(found: model.Command, names: Mapping[str, str], constants: Mapping[str, str]) -> str:
    """The same command as people read it: a hole is its constant value, or what `names` says."""
    return " ".join(_shown_word(w, names, constants) for w in found.words)


def _shown_word(text: str, names: Mapping[str, str], constants: Mapping[str, str]) -> str:
    out = literal = ""
    for part in holes(text):
        if isinstance(part, Hole) and part.name not in constants:
            out += (_readable(literal) if literal else "") + names[part.name]
            literal = ""
        else:
            # A constant and the text beside it are one word, and are quoted as one.
            literal += constants[part.name] if isinstance(part, Hole) else part
    return out + (_readable(literal) if literal else "") or "''"


def _readable(literal: str) -> str:
    # '^' is quoted only for shells of the 1970s; people read it better bare.
    return literal if re.fullmatch(r"[\w@%+=:,./^-]+", literal, re.ASCII) else shlex.quote(literal)


def plain(text: str, targets: Mapping[tuple[str, str], Target]) -> str:
    """Text as people read it in a terminal: references are words, code has no backticks."""
    return "".join(
        p.text if isinstance(p, (Plain, Code)) else targets[p.kind, p.id].words
        for p in parts(" ".join(text.split()))
    )


def said(text: str, targets: Mapping[tuple[str, str], Target]) -> Shell:
    """Text that a script says, as one word. Facts that a variable may overrule stay variables."""
    out = []
    for part in parts(" ".join(text.split())):
        if isinstance(part, (Plain, Code)):
            out.append(shlex.quote(part.text))
            continue
        target = targets[part.kind, part.id]
        if target.fact is not None and target.fact.env:
            out.append(f'"${{fact_{variable(target.fact.id)}}}"')
        elif target.section is not None and target.section.number:
            out.append(shlex.quote(f"{target.words} of the document"))
        else:
            out.append(shlex.quote(target.words))
    return Shell("".join(out) or "''")


__all__ = [
    "Shell",
    "command",
    "comment",
    "paragraphs",
    "plain",
    "quote",
    "said",
    "shown",
    "variable",
    "word",
]
