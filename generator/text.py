"""The one small language of text in content.

`code` in backticks and references such as [[procedure:git-rollback]]; every
other character stands for itself, in every output.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

REFERENCE = re.compile(r"\[\[([a-z][a-z0-9-]*):([a-z0-9/-]+)\]\]")
_PART = re.compile(
    r"\[\[([a-z][a-z0-9-]*):([a-z0-9/-]+)\]\]|(?<!`)(`+)(?!`)(.+?)(?<!`)\3(?!`)", re.DOTALL
)

REFERENCE_KINDS = ("channel", "checklist", "deadline", "fact", "procedure", "section", "threshold")


@dataclass(frozen=True)
class Plain:
    text: str


@dataclass(frozen=True)
class Code:
    text: str


@dataclass(frozen=True)
class Ref:
    kind: str
    id: str


def parts(text: str) -> tuple[Plain | Code | Ref, ...]:
    """Split one paragraph into plain text, code and references."""
    return _parts(str(text))


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[Plain | Code | Ref, ...]:
    found: list[Plain | Code | Ref] = []
    at = 0
    for match in _PART.finditer(text):
        if match.start() > at:
            found.append(Plain(text[at : match.start()]))
        if match.group(1):
            found.append(Ref(match.group(1), match.group(2)))
        else:
            found.append(Code(match.group(4)))
        at = match.end()
    if at < len(text):
        found.append(Plain(text[at:]))
    return tuple(found)


# A hole in the word of a command, or a doubled brace that stands for itself.
_HOLE = re.compile(r"\{\{([a-z][a-z0-9-]*)\}\}|\{([a-z][a-z0-9-]*)\}")


@dataclass(frozen=True)
class Hole:
    name: str


def holes(word: str) -> tuple[str | Hole, ...]:
    """Split a word of a command into literals and holes; never an empty literal."""
    # A cache that held the author's own text would hold the file it came from.
    return _holes(str(word))


@lru_cache(maxsize=4096)
def _holes(word: str) -> tuple[str | Hole, ...]:
    found: list[str | Hole] = []
    literal = ""
    at = 0
    for match in _HOLE.finditer(word):
        literal += word[at : match.start()]
        at = match.end()
        if match.group(1):
            literal += "{" + match.group(1) + "}"
            continue
        if literal:
            found.append(literal)
            literal = ""
        found.append(Hole(match.group(2)))
    literal += word[at:]
    if literal:
        found.append(literal)
    return tuple(found)


def paragraphs(text: str) -> list[str]:
    """Split at empty lines; the lines of a paragraph become one."""
    return [
        " ".join(block.split()) for block in re.split(r"\n\s*\n", text.strip()) if block.strip()
    ]


def fold(text: str) -> str:
    """The same prose however its lines are broken; only empty lines count."""
    found = (" ".join(_BLANK.split(p)).strip(" ") for p in _EMPTY_LINE.split(text))
    return "\n\n".join(p for p in found if p)


# Other characters that look like a space are there on purpose.
_BLANK = re.compile("[ \t\n]+")
_EMPTY_LINE = re.compile("\n[ \t]*\n")
