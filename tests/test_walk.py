"""Whatever is written is read by somebody: each value of the content, changed, changes an output.

The walk goes over every value of `cases/ok/full`, which uses every key of every schema. Stamps
are left as they are: they change with everything, and would hide what nobody reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from generator import model, rules, schema
from generator.assemble import assemble
from generator.files import Document, read_service
from generator.formats import json as json_format
from generator.problems import has_errors
from generator.references.checkout import Checkout
from generator.references.lookup import look_up
from generator.render import OUTPUTS
from generator.source import Mapping, Node, Scalar, Sequence
from generator.state import assess
from tests.conftest import ROOT

FULL = ROOT / "tests/cases/ok/full"
Path_ = tuple[str | int, ...]


def leaves(node: Node, path: Path_ = ()) -> Iterator[tuple[Path_, Scalar]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from leaves(value, (*path, str(key)))
    elif isinstance(node, Sequence):
        for index, value in enumerate(node):
            yield from leaves(value, (*path, index))
    else:
        yield path, node


def changed(node: Node, path: Path_, new: str | None) -> Node:
    """A copy in which one value is another; without it where `new` is None."""
    if not path:
        assert isinstance(node, Scalar) and new is not None
        return _placed(Scalar(new), node)
    here, *rest = path
    if isinstance(node, Mapping):
        found = [
            (k, changed(v, tuple(rest), new) if k == here else v)
            for k, v in node.items()
            if k != here or rest or new is not None
        ]
        return _placed(Mapping(found), node)
    found = [
        changed(v, tuple(rest), new) if i == here else v
        for i, v in enumerate(node)
        if i != here or rest or new is not None
    ]
    return _placed(Sequence(found), node)


def _placed(new: Node, old: Node) -> Node:
    new.file, new.line, new.column = old.file, old.line, old.column
    if isinstance(new, Scalar):
        new.plain = old.plain
    return new


def _documents() -> Iterator[Document]:
    """Those of the full service; alerts can reach somebody, so that it matters how."""
    for document in read_service(FULL)[0]:
        data = document.data
        if document.kind == "contacts":
            data = changed(data, ("contacts", "first", "reach"), "ada@mail.example")
            data = changed(data, ("channels", "team", "channel"), "#team")
        yield replace(document, data=data)


DOCUMENTS = list(_documents())
CONTENT = [d for d in DOCUMENTS if not d.record]


def loaded(documents: list[Document]) -> model.Handbook | None:
    """The handbook of documents that fit their schema; None where they make no sense together."""
    book = assemble(documents)
    problems = list(rules.check(book, documents, FULL.name))
    if has_errors(problems):
        return None
    contradictions = tuple(c for c, _, _ in rules.contradictions(book))
    return replace(book, contradictions=contradictions)


BASE = loaded(DOCUMENTS)
assert BASE is not None


def _files(output: Callable) -> Callable[[model.Handbook, list[Document]], object]:
    return lambda book, _: [(f.path, f.text) for f in output(book)]


def _gate(book: model.Handbook, _: list[Document]) -> object:
    """On every third day of two years, with the records and as if there were none."""
    books = (book, replace(book, records=model.Records()))
    days = [date(2026, 1, 1) + timedelta(n) for n in range(0, 730, 3)]
    clocks = [(assess(b, day).clocks, b.service.review.owner) for b in books for day in days]
    return clocks, json_format._service(assess(book, days[0]))


def _rehearsal(book: model.Handbook, _: list[Document]) -> object:
    """What stands in for the world; the tests of the rehearsal prove what it is good for."""
    return (
        [repr(p.rehearsal) for p in book.procedures],
        repr(book.service.pages),
        repr(book.service.illnesses),
    )


# Cheap ones first: the first that differs is enough.
READERS = (
    *(_files(output) for output in sorted(OUTPUTS, key=lambda o: "alerts" in o.__module__)),
    _gate,
    _rehearsal,
)


@cache
def before(number: int) -> object:
    return READERS[number](BASE, DOCUMENTS)


def differs(documents: list[Document], book: model.Handbook, root: Path) -> bool:
    book = replace(book, stamps=BASE.stamps, contents=BASE.contents)
    if any(read(book, documents) != before(n) for n, read in enumerate(READERS)):
        return True
    at = Checkout(root)

    def looked(book: model.Handbook, documents: list[Document]) -> object:
        found = look_up(book, documents, at)
        return [p.message for p in found.problems], [(n.name, why) for n, why in found.open]

    return looked(book, documents) != looked(BASE, DOCUMENTS)


@cache
def words() -> tuple[str, ...]:
    """Every id and short value of the content: what else could stand where one stands."""
    found: dict[str, None] = {}

    def walk(node: Node) -> None:
        if isinstance(node, Mapping):
            for key, value in node.items():
                found[str(key)] = None
                walk(value)
        elif isinstance(node, Sequence):
            for value in node:
                walk(value)
        elif re.fullmatch(r"[A-Za-z0-9:./-]{1,40}", node):
            found[str(node)] = None

    for document in CONTENT:
        walk(document.data)
    return tuple(found)


def others(value: str) -> Iterator[str]:
    """Values that may stand in the place of this one."""
    if value in ("true", "false"):
        yield "false" if value == "true" else "true"
        return
    if re.fullmatch(r"20\d\d-\d\d-\d\d", value):
        yield (date.fromisoformat(value) + timedelta(1)).isoformat()
        yield (date.fromisoformat(value) - timedelta(1)).isoformat()
        return
    if number := re.fullmatch(r"(P?T?)(\d+)(\D.*)?", value):
        for step in (1, -1, 2, 10):
            yield f"{number[1]}{int(number[2]) + step}{number[3] or ''}"
    yield f"{value}x"
    yield f"{value} and more"
    yield from (w for w in words() if w != value)


def variants(kind_nodes: Node, path: Path_, value: Scalar) -> Iterator[Node]:
    for new in others(str(value)):
        yield changed(kind_nodes, path, new)
    yield changed(kind_nodes, path, None)


# What need not show: names by which other parts, records and logs refer to something, and a title that
# only a link would show.
EXEMPT = (
    lambda document, path: path[-1] == "id",
    lambda document, path: document.stem == "quiet" and path == ("title",),
)


@pytest.mark.parametrize("document", CONTENT, ids=lambda d: f"{d.kind} {d.stem}")
def test_each_value_changes_an_output(document: Document, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "requirements.txt").write_text("journalctl==5.0\n")
    unread = []
    for path, value in leaves(document.data):
        if any(exempt(document, path) for exempt in EXEMPT):
            continue
        tried = 0
        for data in variants(document.data, path, value):
            new = replace(document, data=data)
            if schema.validate(new):
                continue
            documents = [new if d is document else d for d in DOCUMENTS]
            try:
                book = loaded(documents)
            except (AssertionError, KeyError, AttributeError, ValueError):
                book = None  # what is not valid need not be assembled
            if book is None:
                continue
            tried += 1
            if differs(documents, book, tmp_path):
                break
            if tried >= 3:
                unread.append(path)
                break
        else:
            # What nothing else may stand for is read by the rules, which refuse it.
            if tried:
                unread.append(path)
    assert not unread, f"no output depends on these: {unread}"
