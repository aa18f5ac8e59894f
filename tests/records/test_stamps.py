"""A stamp knows what was said from how it was written, and notices every fact that changes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import rfc8785
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from generator import schema, stamps
from generator.changes import Change, _differing, changes
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


NAME = object()  # at the end of a path: the key itself


def fields(data: Node, kind: dict, path: tuple = ()):
    """The path of every value, and of every name that an author chose for a thing."""
    if isinstance(data, Scalar):
        yield path
    elif isinstance(data, Mapping):
        known, others = kind.get("properties", {}), kind.get("additionalProperties") or {}
        for key, value in data.items():
            if key not in known:
                yield (*path, key, NAME)
            yield from fields(value, known.get(key, others), (*path, key))
    else:
        for index, value in enumerate(data):
            yield from fields(value, kind.get("items", {}), (*path, index))


def added(text: str) -> str:
    return f"{text}x"


def swapped(text: str) -> str:
    """The last character is another one."""
    return text[:-1] + ("y" if text[-1:] == "x" else "x")


def mutated(data: object, path: tuple, change) -> object:
    """The same with one character changed at one place."""
    if not path:
        return change(str(data))
    if path[1:] == (NAME,):
        return {change(k) if k == path[0] else k: v for k, v in data.items()}
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = mutated(copy[path[0]], path[1:], change)
    return copy


@pytest.mark.parametrize("change", [added, swapped])
@pytest.mark.parametrize("service", [FULL, PARTPULSE], ids=lambda f: f.name)
def test_one_character_of_any_field_changes_the_stamp(
    service: Path, change, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a review always, of a drill where it is no word around the steps, of records never."""
    documents, _ = read_service(service)
    # What is not changed is read once: there are some thousand changes.
    texts = {id(d): stamps._folded_dump(d) for d in documents}
    read = stamps._folded_dump
    monkeypatch.setattr(stamps, "_folded_dump", lambda d: texts.get(id(d)) or read(d))
    paths = {d.file.path: 0 for d in documents}
    assert {Path(p).name for p in paths} == {p.name for p in service.rglob("*.yaml")}
    before = stamped(documents)
    for index, document in enumerate(documents):
        data = plain(document.data)
        for path in fields(document.data, schema.validator(document.kind).schema):
            if path == ("id",):
                continue  # names the clock itself; below
            paths[document.file.path] += 1
            changed = node(mutated(data, path, change))
            new = Document(document.kind, document.stem, document.file, changed)
            after = stamped([*documents[:index], new, *documents[index + 1 :]])
            named = ("parameters", "stops", "with")
            word = any(
                key in stamps.WORDS and (not at or path[at - 1] not in named)
                for at, key in enumerate(path)
            )
            expected = {
                "procedure": {"review"} | (set() if word else {f"drill:{document.stem}"}),
                "checklist": {"review", f"checklist:{document.stem}"},
            }.get(document.kind, set() if document.record else {"review"})
            assert {k for k in before if after[k] != before[k]} == expected, (document.stem, path)
    assert all(paths.values()), "every file has been changed, in every field"


def test_another_id_is_another_thing() -> None:
    documents, _ = read_service(FULL)
    before = stamped(documents)
    for index, document in enumerate(documents):
        if not document.record and "id" in document.data:
            new = node(mutated(plain(document.data), ("id",), added))
            renamed = Document(document.kind, document.stem, document.file, new)
            after = stamped([*documents[:index], renamed, *documents[index + 1 :]])
            assert after["review"] != before["review"]
            gone, come = before.keys() - after.keys(), after.keys() - before.keys()
            assert len(gone) == len(come) == (document.kind != "service")
            assert not {before[k] for k in gone} & {after[k] for k in come}


def test_what_answers_a_clause_is_reviewed() -> None:
    """The canon's file is content: to map a clause otherwise makes a review necessary, no drill."""
    documents, _ = read_service(PARTPULSE)
    before = stamped(documents)
    index = next(i for i, d in enumerate(documents) if d.kind == "canon")
    data = plain(documents[index].data)
    clause = data["canons"]["defect-resolution"]["clauses"][0]
    clause["answered-by"] = clause["answered-by"][:1]
    new = Document("canon", "canon", documents[index].file, node(data))
    after = stamped([*documents[:index], new, *documents[index + 1 :]])
    assert {k for k in before if after[k] != before[k]} == {"review"}


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


_values = st.text(max_size=30) | st.lists(st.text(max_size=30), max_size=4)


@given(_values, _values, st.text(max_size=400), st.text(max_size=400))
def test_what_is_told_of_a_change_shows_the_difference(old, new, before, after) -> None:
    """However long the text around it is; and no more than a few lines of it."""
    assume(old != new)
    pair = [[before, value, after] for value in (old, new)]
    for values in ((old, new), pair):
        was, now = _differing(*values)
        assert was != now
        assert Change(("a",), *values).words == f"a: from {was} to {now}"
        assert len(was + now) < 1000 and "\n" not in was + now


def test_a_word_in_a_long_text_is_told_with_the_words_around_it() -> None:
    lines = [f"Line {n} says nothing of interest to anybody at all." for n in range(30)]
    other = [*lines[:20], lines[20].replace("nothing", "much"), *lines[21:]]
    words = Change(("steps", "look"), lines, other).words
    assert words == (
        'steps.look: from [...] interest to anybody at all.", "Line 20 says nothing of interest to anybody at all.", "Line 21 [...]'
        ' to [...] interest to anybody at all.", "Line 20 says much of interest to anybody at all.", "Line 21 [...]'
    )
