"""A stamp knows what was said from how it was written, and notices every fact that changes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import rfc8785
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator import schema, stamps
from generator.changes import changes
from generator.files import KINDS, RECORDS, Document, read_service
from generator.source import Mapping, Node, Scalar, Sequence, parse
from generator.text import fold
from tests.conftest import ROOT

FULL = ROOT / "tests/cases/ok/full"
PARTPULSE = ROOT / "content/partpulse"


def of(folder: Path) -> dict[str, str]:
    documents, problems = read_service(folder)
    assert not problems
    return stamped(documents)


def stamped(documents: list[Document]) -> dict[str, str]:
    return {clock: stamps.stamp(t) for clock, t in stamps.contents(documents).items()}


def backwards(node: object) -> object:
    """The same data with the keys of every mapping in another order."""
    if isinstance(node, dict):
        return {k: backwards(v) for k, v in reversed(node.items())}
    return [backwards(v) for v in node] if isinstance(node, list) else node


def reflowed(node: Node, kind: dict) -> object:
    """Every prose text with its lines broken at every space."""
    if isinstance(node, Mapping):
        parts, others = kind.get("properties", {}), kind.get("additionalProperties") or {}
        return {str(k): reflowed(v, parts.get(k, others)) for k, v in node.items()}
    if isinstance(node, Sequence):
        return [reflowed(v, kind["items"]) for v in node]
    prose = kind.get("x-prose") and "\n" not in node
    return node.replace(" ", "\n ") if prose else str(node)


@pytest.mark.parametrize("service", [FULL, PARTPULSE], ids=lambda f: f.name)
def test_how_it_is_written_changes_no_stamp(service: Path, tmp_path: Path) -> None:
    before = of(service)
    for name, write in {
        "line ends and comments": lambda text, _: re.sub(
            r"^(?=\S)", "# a comment\n", text, count=1
        ).replace("\n", "\r\n"),
        "quotes, keys and folding": lambda text, data: yaml.safe_dump(
            backwards(plain(data)), default_style='"', width=40, allow_unicode=True
        ),
    }.items():
        folder = tmp_path / name / service.name
        shutil.copytree(service, folder)
        for path in folder.rglob("*.yaml"):
            if "records" not in path.parts:
                node, _ = parse(path.read_text("utf-8"), path.name)
                path.write_text(write(path.read_text("utf-8"), node), "utf-8", newline="")
        assert of(folder) == before, name


def plain(node: Node) -> object:
    if isinstance(node, Mapping):
        return {str(k): plain(v) for k, v in node.items()}
    return [plain(v) for v in node] if isinstance(node, Sequence) else str(node)


@pytest.mark.parametrize("service", [FULL, PARTPULSE], ids=lambda f: f.name)
def test_prose_can_be_reflowed_and_nothing_else(service: Path) -> None:
    documents, _ = read_service(service)
    folded = [
        Document(d.kind, d.stem, d.file, node(reflowed(d.data, schema.validator(d.kind).schema)))
        for d in documents
        if not d.record
    ]
    assert stamped(folded) == stamped(documents)


def node(data: object) -> Node:
    """Plain data as the parser gives it, without a place."""
    if isinstance(data, dict):
        found = Mapping()
        found.update({Scalar(k): node(v) for k, v in data.items()})
        return found
    if isinstance(data, list):
        return Sequence(map(node, data))
    return Scalar(data)


def scalars(data: Node, path: tuple = ()):
    if isinstance(data, Scalar):
        yield path
    for key, value in data.items() if isinstance(data, Mapping) else enumerate(data):
        if not isinstance(data, Scalar):
            yield from scalars(value, (*path, key))


def mutated(data: object, path: tuple) -> object:
    """The same with one character more at one place."""
    if not path:
        return f"{data}x"
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = mutated(copy[path[0]], path[1:])
    return copy


@pytest.mark.parametrize("service", [FULL, PARTPULSE], ids=lambda f: f.name)
def test_one_character_of_any_field_changes_the_stamp(service: Path) -> None:
    """Of a review always, of a drill where it is no word around the steps, of records never."""
    documents, _ = read_service(service)
    before = stamped(documents)
    for index, document in enumerate(documents):
        for path in scalars(document.data):
            changed = node(mutated(plain(document.data), path))
            new = Document(document.kind, document.stem, document.file, changed)
            after = stamped([*documents[:index], new, *documents[index + 1 :]])
            assert (after["review"] != before["review"]) != document.record, (document.stem, path)
            if document.kind == "procedure" and path != ("id",):
                clock = f"drill:{document.stem}"
                word = any(key in stamps.WORDS for key in path)
                assert (after[clock] == before[clock]) == word, (document.stem, path)
            others = {k for k in before if k not in ("review", f"drill:{document.stem}")}
            if document.kind not in ("checklist", "procedure"):
                assert all(after[k] == before[k] for k in others)


def test_every_key_of_a_step_is_a_word_or_is_what_was_drilled() -> None:
    """A key that is added to the schema must be put on one side, knowingly."""
    drilled = {
        *("id", "script", "stops", "after", "choose", "parameters", "steps", "manual", "either"),
        *("commands", "run", "capture", "action", "with", "check", "expect", "equals", "contains"),
        *("lacks", "within", "type", "choices", "position", "repeat", "value", "fact"),
        *("threshold", "note"),
    }

    def keys(part: dict):
        for key, below in part.get("properties", {}).items():
            yield key
            # What stands below a word is no more than that.
            if key not in stamps.WORDS:
                yield from keys(below)
        for below in (part.get("items"), part.get("additionalProperties")):
            if isinstance(below, dict):
                yield from keys(below)

    known = set(keys(schema.validator("procedure").schema))
    assert known == (drilled | stamps.WORDS)


def test_the_text_is_canonical_and_every_text_reaches_a_schema() -> None:
    documents, _ = read_service(FULL)
    for text in stamps.contents(documents).values():
        assert rfc8785.dumps(json.loads(text)) == text.encode()
    folded = {k.name for k in KINDS if k.name not in RECORDS}
    assert {d.kind for d in documents if not d.record} == folded


@given(st.text(alphabet="ab \t\n\u00a0", max_size=12))
def test_the_short_way_folds_as_the_long_one_does(prose: str) -> None:
    long = stamps.dump(fold(prose))
    text = stamps.dump(prose)
    short = long if any(sign in text for sign in stamps._TO_FOLD) else text
    assert short == long


def test_changes_are_told_by_the_ids_of_things() -> None:
    def text(steps: list) -> str:
        return stamps.canonical("drill", stamps.dump({"id": "p", "steps": steps}))

    a, b = {"id": "a", "run": ["x"]}, {"id": "b", "run": ["y"]}
    assert changes(text([a, b]), text([a, b])) == []
    told = {
        "gone": ([a, b], [a], ['steps.b: gone, was {"id": "b", "run": ["y"]}']),
        "new": ([a], [a, b], ['steps.b: new, {"id": "b", "run": ["y"]}']),
        "order": ([a, b], [b, a], ['steps: the order, from ["a", "b"] to ["b", "a"]']),
        "word": ([a], [{"id": "a", "run": ["z"]}], ['steps.a.run: from ["x"] to ["z"]']),
    }
    for old, new, words in told.values():
        assert [c.words for c in changes(text(old), text(new))] == words
