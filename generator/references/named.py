"""Everything that the content of a service names in the service's own repository."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from generator import actions, model
from generator.assemble import walk_sections
from generator.files import Document
from generator.problems import Place
from generator.references.words import (
    ENVIRONMENT,
    UNKNOWN,
    Seen,
    in_command,
    looks_like_file,
    options_of,
)
from generator.refs import DOCUMENT
from generator.render.commands import Scripted, actions_of, doings, values_of
from generator.source import Mapping, Node, Scalar, Sequence, place_of
from generator.text import Code, Hole, holes, parts

# What is no statement about the repository of today: what was so once, ids, and what is
# read elsewhere (commands, actions, snippets).
_NOT_PROSE = frozenset(
    (
        "history",
        "id",
        "run",
        "with",
        "equals",
        "contains",
        "lacks",
        "code",
        "references",
        "path",
        "candidates",
    )
)
# `/claims`, or `POST /api/claims`; what ends like a file is one.
_REQUEST = re.compile(
    r"(?:(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) )?(/(?:[A-Za-z0-9._~/-]*/)?[A-Za-z0-9_~-]*)(?:\?\S*)?"
)
_SHELLS = frozenset(("sh", "bash", "shell", "zsh", "console"))


@dataclass(frozen=True)
class Named:
    """One name: `kind` is a key of RESOLVERS, `place` where it stands, `also` where else.

    `folder` is where a command looks for it, `of` the file or program that it is looked for in;
    `sure` is False where the word may stand for something else. `method` is that by which a
    route is asked, `known` says which versions of its program know an option.
    """

    kind: str
    name: str
    place: Place
    excerpt: str
    folder: str = ""
    of: str = ""
    sure: bool = True
    also: tuple[Place, ...] = ()
    method: str = "GET"
    known: model.Known | None = None

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        return (self.kind, self.name, self.folder, self.of, self.method)


def named(book: model.Handbook, documents: Iterable[Document]) -> list[Named]:
    """What the content names, each once, in the order of the files."""
    ours = {t.script for t in (*book.procedures, *book.checklists) if t.script}
    ours.add(DOCUMENT)
    reads = {f.env for g in book.service.fact_groups for f in g.facts if f.env}
    used = (a for t in (*book.procedures, *book.checklists) for a in actions_of(t))
    reads |= {name for action in used for name, _ in action.environment}
    found: dict[tuple, Named] = {}
    for one in _all(book, documents):
        if one.name.rsplit("/", 1)[-1] in ours or (one.kind == "variable" and one.name in reads):
            continue  # an output, or what its scripts read: not of the repository
        if one.kind == "route":
            one = replace(one, name=re.split("[?#]", one.name)[0])
        file = book.service.references.routes.get(one.name) if one.kind == "route" else None
        if file is not None:
            one = replace(one, of=str(file))
        first = found.get(one.key)
        if first is None:
            found[one.key] = one
        elif one.place != first.place:
            found[one.key] = replace(
                first, sure=first.sure or one.sure, also=(*first.also, one.place)
            )
    return sorted(found.values(), key=lambda n: (n.place.file, n.place.line, n.place.column))


def _all(book: model.Handbook, documents: Iterable[Document]) -> Iterator[Named]:
    told = book.service.references
    for node in (*told.paths, *told.routes.values()):
        yield at(node, Seen("path", node))
    for node in told.routes:
        yield at(node, Seen("route", node))
    for node in told.variables:
        yield at(node, Seen("variable", node))
    for link in (link for group in book.service.link_groups for link in group.links):
        if link.path is not None:
            yield at(link.path, Seen("path", link.path))
    for blank in book.unfilled:
        for found in blank.candidates:
            yield at(found.source, Seen("line", found.source))
    for thing in (*book.procedures, *book.checklists):
        yield from _scripted(book, thing)
    for section in walk_sections(book.sections):
        for block in section.blocks:
            if block.kind == "code" and block.value.get("language") in _SHELLS:
                yield from _snippet(block.value["text"])
    for document in documents:
        if not document.record:
            for node in prose(document.data):
                yield from _in_prose(node)


def _scripted(book: model.Handbook, thing: Scripted) -> Iterator[Named]:
    """The words of commands, and the values of actions that say what they name."""
    values = values_of(thing, book)
    for doing in doings(thing):
        for command in doing.commands:
            filled = [_filled(word, values) for word in command.words]
            nodes = {text: node for text, node in reversed(filled)}
            words = [text for text, _ in filled]
            for seen in in_command(words):
                yield at(nodes.get(seen.word or seen.name, command.words[0]), seen)
            for program, told in book.service.references.options.items():
                for option in options_of(words, program):
                    if option in told:
                        node = nodes.get(option, command.words[0])
                        seen = Seen("option", option, of=str(program))
                        yield replace(at(node, seen), known=told[option])
        action = actions.find(doing.action or "")
        for parameter, kind in action.names if action else ():
            if parameter in doing.arguments:
                text, node = _filled(doing.arguments[parameter], values)
                # Where that is the answer that is expected, the route has another method.
                method = "" if doing.arguments.get("status") == "405" else "GET"
                yield at(node, Seen("open" if UNKNOWN in text else kind, text, method=method))


def _filled(word: Scalar, values: dict[str, str]) -> tuple[str, Scalar]:
    """The word with what is known in its holes, and where it stands: a lone hole's value."""
    pieces = holes(word)
    if len(pieces) == 1 and isinstance(pieces[0], Hole) and pieces[0].name in values:
        value = values[pieces[0].name]
        return str(value), value
    text = "".join(values.get(p.name, UNKNOWN) if isinstance(p, Hole) else p for p in pieces)
    return text, word


def _snippet(node: Scalar) -> Iterator[Named]:
    for line in node.splitlines():
        for seen in in_command(_split(line)):
            yield at(node, seen)


def prose(node: Node) -> Iterator[Scalar]:
    """Every text that speaks to readers of what is so today."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for value in node:
            yield from prose(value)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key not in _NOT_PROSE:
                yield from prose(value)


def _in_prose(node: Scalar) -> Iterator[Named]:
    """Code in a text that is a file, a variable or a command."""
    for part in parts(node) if "`" in node else ():
        if not isinstance(part, Code):
            continue
        words = _split(part.text)
        request = _REQUEST.fullmatch(part.text)
        if request:
            yield at(
                node, Seen("route", request[2], sure=bool(request[1]), method=request[1] or "GET")
            )
        elif len(words) > 1:
            for seen in in_command(words):
                yield at(node, seen)
        elif ENVIRONMENT.fullmatch(part.text):
            yield at(node, Seen("variable", part.text))
        elif sure := looks_like_file(part.text):
            yield at(node, Seen("file", part.text, sure=sure == "sure"))


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # a quotation that does not end
        return line.split()


def at(node: Scalar, seen: Seen) -> Named:
    """The name with the very spot at which it stands in the text of `node`."""
    place = place_of(node)
    left = len(node)
    word = seen.word or seen.name
    for line in range(node.line, node.line + 1000):
        written = node.file.excerpt(line)
        column = written.find(word, node.column - 1 if line == node.line else 0)
        if column >= 0:
            place = Place(place.file, line, column + 1)
            break
        left -= len(written.strip()) + 1 if line > node.line else len(written) - node.column + 1
        if left < 0:
            break
    name = seen.name.replace(UNKNOWN, "...")
    return Named(
        seen.kind,
        name,
        place,
        node.file.excerpt(place.line),
        seen.folder,
        seen.of,
        seen.sure,
        method=seen.method,
    )
