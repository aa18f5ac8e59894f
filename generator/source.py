"""YAML text -> data that knows where it stands.

One parse a file yields the data, the line and column of every key and value,
and every duplicate key. Plain scalars stay what the author wrote: `2026-01-09`,
`1.10` and `no` are text until a schema asks for something else.

The subset of YAML that content may use is small on purpose: mappings,
sequences and scalars. Anchors, aliases and tags are refused, so that a file
can neither blow up in memory nor build objects, and so that a fact that is
needed twice is referred to by its id.
"""

from __future__ import annotations

import re
import unicodedata

import yaml

from generator.problems import Place, Problem, quoted

MAX_DEPTH = 40

# libyaml where PyYAML was built with it; the same events without it, slower.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Text that shows other than it is: control characters (tab and line end aside), marks
# that turn the direction of what follows, invisible characters, half a surrogate pair.
FORBIDDEN = re.compile(
    "[\xad\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\U000e0000-\U000e007f"
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e"
    "\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]"
)


class File:
    """One content file: its path as shown to people, and its lines for excerpts."""

    __slots__ = ("lines", "path")

    def __init__(self, path: str, text: str = "") -> None:
        self.path = path
        self.lines = text.split("\n")

    def excerpt(self, line: int) -> str:
        return self.lines[line - 1] if 0 < line <= len(self.lines) else ""


class Scalar(str):
    """A string that knows its place. `plain`: the author wrote it without quotes."""

    __slots__ = ("column", "file", "line", "plain")


class Mapping(dict):
    """A dict that knows its place; its keys are Scalars, in the author's order."""

    __slots__ = ("column", "file", "line")


class Sequence(list):
    """A list that knows its place; it stays as read, nothing changes it."""

    __slots__ = ("column", "file", "line")


Node = Scalar | Mapping | Sequence


def place_of(node: Node) -> Place:
    return Place(node.file.path, node.line, node.column)


def known_place(*texts: str | None) -> Place | None:
    """The place of the first text that an author wrote; None where all were computed."""
    return next((place_of(t) for t in texts if type(t) is Scalar), None)


def key_place(data: Mapping, key: str) -> Place | None:
    """The place of a key itself; its value can begin on another line."""
    return known_place(*(k for k in data if k == key))


def problem_at(node: Node, message: str, hint: str = "", where: str = "", **more) -> Problem:
    """A problem at the place of `node`, with the line that the author wrote."""
    return Problem(
        place_of(node), message, hint, where, excerpt=node.file.excerpt(node.line), **more
    )


def parse(text: str, path: str) -> tuple[Node | None, list[Problem]]:
    """Parse one YAML document. The node is None when nothing usable was read."""
    file = File(path, text)
    problems: list[Problem] = []
    try:
        node = _compose(yaml.parse(text, Loader=LOADER), file, problems)
    except _Stop:
        node = None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        what = f"not valid YAML: {error.problem or error.context}"
        hint = _yaml_hint(file.excerpt(line), error.problem or "")
        if odd := _odd_space(file.lines[:line]):
            line, column, name = odd
            what, hint = f"not valid YAML: {name} where a space belongs", "type a space there"
        problems.append(Problem(Place(path, line, column), what, hint, excerpt=file.excerpt(line)))
        node = None
    except yaml.YAMLError as error:
        problems.append(Problem(Place(path), f"not valid YAML: {_first_line(error)}"))
        node = None
    if node is None and not problems:
        problems.append(
            Problem(Place(path, 1, 1), "the file is empty", "write the content or delete the file")
        )
    return node, problems


class _Stop(Exception):
    """Reading a file ends here; the reason is already in the list of problems."""


def _compose(events, file: File, problems: list[Problem]) -> Node | None:
    """Build nodes from parser events without recursion; problems are appended."""
    root: Node | None = None
    stack: list[Node] = []
    keys: list[Scalar | None] = []  # for each open mapping: the key that waits for a value

    for event in events:
        kind = type(event)
        if (
            kind is yaml.ScalarEvent
            or kind is yaml.MappingStartEvent
            or kind is yaml.SequenceStartEvent
        ):
            node = _node(event, kind, file, problems)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            stack.pop()
            keys.pop()
            continue
        elif kind is yaml.AliasEvent:
            problems.append(
                _at_event(event, file, f"an alias ('*{event.anchor}') is not allowed", _NO_ALIAS)
            )
            raise _Stop
        elif kind is yaml.DocumentStartEvent and root is not None:
            problems.append(
                _at_event(event, file, "a second YAML document", "keep one document in a file")
            )
            raise _Stop
        else:
            continue

        if not stack:
            root = node
        elif type(parent := stack[-1]) is Sequence:
            parent.append(node)
        elif (key := keys[-1]) is None:
            if type(node) is not Scalar:
                problems.append(
                    problem_at(node, "a key must be a word", "quote it if it starts with { or [")
                )
                raise _Stop
            first = next((k for k in parent if k == node), None) if node in parent else None
            if first is not None:
                problems.append(
                    problem_at(
                        node,
                        f"the key {quoted(node)} stands twice; first on line {first.line}",
                        "keep one of them",
                        related=(place_of(first),),
                    )
                )
            keys[-1] = node
        else:
            parent.setdefault(key, node)
            keys[-1] = None

        if kind is not yaml.ScalarEvent:
            if len(stack) >= MAX_DEPTH:
                problems.append(
                    problem_at(node, f"nested more than {MAX_DEPTH} levels deep", "flatten it")
                )
                raise _Stop
            stack.append(node)
            keys.append(None)
    return root


_NO_ALIAS = "write the value out, or refer to the fact by its id"


def _node(event, kind, file: File, problems: list[Problem]) -> Node:
    if kind is yaml.ScalarEvent:
        node = Scalar(event.value)
        node.plain = event.style is None or event.style == ""
        if bad := FORBIDDEN.search(node):
            problems.append(_bad_character(event, file, bad.group()))
    else:
        node = Mapping() if kind is yaml.MappingStartEvent else Sequence()
    mark = event.start_mark
    node.file = file
    node.line = mark.line + 1
    node.column = mark.column + 1
    if event.anchor is not None:
        problems.append(
            _at_event(event, file, f"an anchor ('&{event.anchor}') is not allowed", _NO_ALIAS)
        )
    if event.tag is not None and not (kind is yaml.ScalarEvent and event.tag == "!"):
        problems.append(
            _at_event(event, file, f"a tag ({quoted(event.tag)}) is not allowed", "remove the tag")
        )
    return node


def _bad_character(event, file: File, character: str) -> Problem:
    return _at_event(event, file, named_character(character), REMOVE)


REMOVE = "remove it: what people read must be what the text says"


def named_character(character: str) -> str:
    name = unicodedata.name(character, "a control character")
    return f"contains U+{ord(character):04X} ({name})"


def _at_event(event, file: File, message: str, hint: str) -> Problem:
    mark = event.start_mark
    return Problem(
        Place(file.path, mark.line + 1, mark.column + 1),
        message,
        hint,
        excerpt=file.excerpt(mark.line + 1),
    )


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]


# Looks like a space, and is none to YAML: in an indentation, or behind the sign of a key or a list.
_ODD_SPACE = re.compile(
    "^[ -]*([\xa0\u2000-\u200a\u202f\u205f\u3000])|(?:: *|:)([\xa0\u2000-\u200a\u202f\u205f\u3000])"
)


def _odd_space(lines: list[str]) -> tuple[int, int, str] | None:
    """Line, column and name of the last such character; None where there is none."""
    for number in range(len(lines), 0, -1):
        if found := _ODD_SPACE.search(lines[number - 1]):
            at = found.start(1) if found.group(1) else found.start(2)
            character = lines[number - 1][at]
            return number, at + 1, unicodedata.name(character).lower()
    return None


def _yaml_hint(line: str, problem: str) -> str:
    if "\t" in line[: len(line) - len(line.lstrip())] or "\\t" in problem:
        return "indent with spaces, not with a tab"
    if "mapping values are not allowed" in problem:
        return "a value that contains ': ' needs quotes"
    if "could not find expected ':'" in problem:
        return "is a ':' or an indentation missing here?"
    if "undefined alias" in problem:
        return "a value that starts with '*' needs quotes"
    return "see the line above it too: YAML often notices late"
