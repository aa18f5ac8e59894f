"""The schemas: they teach, their examples are valid, and the quick test agrees with jsonschema."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import schema
from generator.files import KINDS, Document
from generator.load import load
from generator.source import File, Mapping, Scalar, parse

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "schema").glob("*.schema.json"))


def subschemas(node: object, path: str = ""):
    """Every place in a schema where a value is described, with its path."""
    if isinstance(node, dict):
        if "type" in node or "$ref" in node or "enum" in node:
            yield path, node
        for key, value in node.items():
            if key not in ("examples", "enum", "required"):
                yield from subschemas(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from subschemas(value, f"{path}/{index}")


def test_there_is_one_schema_for_each_kind_of_content():
    assert {f.name.split(".")[0] for f in FILES} == {k.name for k in KINDS} | {"common"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_schema_teaches_and_closes(path):
    content = json.loads(path.read_text("utf-8"))
    assert content["$schema"].endswith("2020-12/schema")
    for where, node in subschemas(content):
        if where.split("/")[-2:-1] == ["properties"]:
            assert node.get("description"), f"{where} says nothing to an author"
        if node.get("type") == "object" and "properties" in node:
            assert node["additionalProperties"] is False, where
        if "pattern" in node and node["pattern"] != r"\S":
            assert node["pattern"].startswith("^") and node["pattern"].endswith("$"), where
            assert "title" in node, f"{where}: the message about it needs words"


@pytest.mark.parametrize("kind", [k.name for k in KINDS])
def test_examples_are_valid(kind):
    examples = json.loads((ROOT / f"schema/{kind}.schema.json").read_text("utf-8"))["examples"]
    assert examples
    for example in examples:
        node, problems = parse(json.dumps(example, ensure_ascii=False), "example.yaml")
        assert not problems
        assert schema.validate(Document(kind, "example", node.file, node)) == []


def test_every_content_file_names_its_schema():
    for path in (ROOT / "content").rglob("*.yaml"):
        found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text("utf-8"))
        assert found, path
        named = (path.parent / found.group(1)).resolve()
        kinds = {k.path: k.name for k in KINDS}
        kind = kinds.get(path.name) or kinds[path.parent.name]
        assert named == ROOT / f"schema/{kind}.schema.json", path


def test_the_example_of_a_service_builds(tmp_path):
    """The examples of the three required kinds make a whole service."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for kind in KINDS:
        if kind.required:
            content = json.loads((ROOT / f"schema/{kind.name}.schema.json").read_text("utf-8"))
            (folder / kind.path).write_text(json.dumps(content["examples"][0]))
    assert load(folder).handbook is not None


def text_schemas():
    for path in FILES:
        if path.name.startswith("common"):
            continue
        content = json.loads(path.read_text("utf-8"))
        for where, node in subschemas(schema._inlined(content, content)):
            if schema._PASS in node:
                yield f"{path.name}{where}", node


TEXT_SCHEMAS = list(text_schemas())


@given(
    st.sampled_from(TEXT_SCHEMAS),
    st.text(max_size=80)
    | st.from_regex(r"[a-z0-9-]{1,70}\n?")
    | st.from_regex(r"P[0-9YMDTHS]{1,6}")
    | st.from_regex(r"https://[a-z./ <]{1,20}\n?")
    | st.dates().map(str)
    | st.sampled_from(
        ["critical", "UTC", "1.10", "1.1.0", "low", "checks", "x" * 301, "x" * 10001, " x", "x\n"]
    ),
)
def test_the_quick_test_lets_through_only_what_jsonschema_lets_through(chosen, text):
    where, node = chosen
    value = Scalar(text)
    value.plain = True
    slow = schema._Validator(
        {"anyOf": [{**node, schema._PASS: None}]}, format_checker=schema._FORMATS
    )
    if node[schema._PASS](value):
        assert slow.is_valid(value), where
    elif "string" in node.get("type", "string"):
        assert not slow.is_valid(value), where


def test_numbers_and_booleans_are_asked_for_and_texts_stay_texts():
    text = "version: 1.10\nno: no\nday: 2026-01-09\nyes: true\nnothing: null\nn: 0x10\n"
    node, problems = parse(text, "x.yaml")
    assert not problems
    assert dict(node) == {
        "version": "1.10",
        "no": "no",
        "day": "2026-01-09",
        "yes": "true",
        "nothing": "null",
        "n": "0x10",
    }
    assert schema._plain(node["version"], schema._NUMBER)
    assert not schema._plain(node["n"], schema._INTEGER)
    quoted, _ = parse('a: "1"\nb: "true"\n', "x.yaml")
    assert not schema._plain(quoted["a"], schema._NUMBER)
    assert isinstance(quoted, Mapping) and isinstance(quoted.file, File)


def test_libyaml_and_pure_python_read_the_same(monkeypatch):
    """PyYAML without libyaml is slower, not different: same data, same places."""
    import yaml

    def places(node):
        if isinstance(node, Mapping):
            return [
                (
                    node.line,
                    node.column,
                    {(k, k.line, k.column): places(v) for k, v in node.items()},
                )
            ]
        if isinstance(node, list):
            return [(node.line, node.column), *map(places, node)]
        return (str(node), node.line, node.column, node.plain)

    for path in sorted((ROOT / "content").rglob("*.yaml")):
        text = path.read_text("utf-8")
        fast, problems = parse(text, "x.yaml")
        monkeypatch.setattr("generator.source.LOADER", yaml.SafeLoader)
        slow, slow_problems = parse(text, "x.yaml")
        monkeypatch.undo()
        assert not problems and not slow_problems
        assert repr(places(fast)) == repr(places(slow))
