"""Data -> problems at positions, by the JSON Schemas in `schema/`.

One validator for each schema, made once. Scalars reach it as text; whether
`10` is a number or `true` a boolean is asked only where a schema wants one, so
that `1.10` and `no` stay what they are everywhere else.
"""

from __future__ import annotations

import json
import re
import zoneinfo
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import jsonschema
from jsonschema.validators import extend

from generator.durations import parse_cycle, parse_duration
from generator.files import Document
from generator.problems import Problem, did_you_mean, quoted
from generator.source import Node, Scalar, problem_at

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,9})?")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")
_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def folder() -> Path:
    """Where the schemas lie: in the repository, or inside an installed package."""
    inside = Path(__file__).parent / "_schema"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "schema"


def _plain(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, Scalar) and value.plain and pattern.fullmatch(value) is not None


_TYPES = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
    {
        "integer": lambda _, value: _plain(value, _INTEGER),
        "number": lambda _, value: _plain(value, _NUMBER),
        "boolean": lambda _, value: (
            isinstance(value, Scalar) and value.plain and value in ("true", "false")
        ),
    }
)


def _is(test) -> object:
    """A format check that is true for everything that `test` takes without a ValueError."""

    def check(value: object) -> bool:
        try:
            return not isinstance(value, str) or test(value) not in (None, False)
        except (ValueError, OverflowError):
            return False

    return check


def is_date(text: str) -> bool:
    """A real calendar day written YYYY-MM-DD and nothing else."""
    return bool(_DATE.fullmatch(text)) and bool(date.fromisoformat(text))


def is_moment(text: str) -> bool:
    """A real moment in UTC written YYYY-MM-DDTHH:MM:SSZ and nothing else.

    It must be one in every time zone, so the first and the last day of all are none.
    """
    if not _MOMENT.fullmatch(text):
        return False
    try:
        found = datetime.fromisoformat(text).date()
    except ValueError:
        return False
    return date.min < found < date.max


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


_FORMATS = jsonschema.FormatChecker(formats=())
for _name, _test in (
    ("date", is_date),
    ("cycle", parse_cycle),
    ("duration", parse_duration),
    ("moment", is_moment),
    ("url", _URL.fullmatch),
    ("timezone", lambda text: text == "UTC" or text in _zones()),
):
    _FORMATS.checkers[_name] = (_is(_test), ())


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # '$' alone would also match before a line end that closes the text.
    return re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern)


def _pattern(validator, pattern, instance, schema) -> Iterator[jsonschema.ValidationError]:
    if isinstance(instance, str) and not _compiled(pattern).search(instance):
        yield jsonschema.ValidationError("")


def _compare(wrong):
    def keyword(validator, limit, instance, schema) -> Iterator[jsonschema.ValidationError]:
        # Through text: no binary fraction is 99.999.
        if _plain(instance, _NUMBER) and wrong(Decimal(instance), Decimal(str(limit))):
            yield jsonschema.ValidationError("")

    return keyword


# Most values are short texts that are right. jsonschema takes some 15 microseconds for each;
# a test of our own passes them by, and leaves to jsonschema whatever does not pass it.
_PASS = "x-pass"
_FOR_TEXT = {
    *("title", "description", "examples", "x-prose"),
    *("type", "pattern", "maxLength", "format", "enum"),
}
_NOT_FOR_TEXT = {"properties", "required", "additionalProperties"}


def _passes(schema: dict):
    """A quick test of a text by its schema; None where the schema is not that simple."""
    if (
        "string" not in schema.get("type", "string")
        or not schema.keys() <= _FOR_TEXT | _NOT_FOR_TEXT
    ):
        return None
    search = _compiled(schema["pattern"]).search if "pattern" in schema else None
    longest = schema.get("maxLength", float("inf"))
    format_ = _FORMATS.checkers[schema["format"]][0] if "format" in schema else None
    allowed = frozenset(schema["enum"]) if "enum" in schema else None

    def test(value: object) -> bool:
        return (
            isinstance(value, str)
            and len(value) <= longest
            and (search is None or search(value) is not None)
            and (allowed is None or value in allowed)
            and (format_ is None or format_(value))
        )

    return test


def _each(validator, value: object, schema: object, step) -> Iterator[jsonschema.ValidationError]:
    passes = schema.get(_PASS) if isinstance(schema, dict) else None
    if passes is None or not passes(value):
        yield from validator.descend(value, schema, path=step)


def _properties(validator, properties, instance, schema) -> Iterator[jsonschema.ValidationError]:
    if isinstance(instance, dict):
        for key, value in instance.items():
            if key in properties:
                yield from _each(validator, value, properties[key], key)


def _items(validator, items, instance, schema) -> Iterator[jsonschema.ValidationError]:
    if isinstance(instance, list):
        for index, value in enumerate(instance):
            yield from _each(validator, value, items, index)


def _property_names(validator, names, instance, schema) -> Iterator[jsonschema.ValidationError]:
    if isinstance(instance, dict):
        for key in instance:
            passes = names.get(_PASS)
            if passes is None or not passes(key):
                yield from validator.descend(instance=key, schema=names)


_Validator = extend(
    jsonschema.Draft202012Validator,
    {
        "items": _items,
        "pattern": _pattern,
        "properties": _properties,
        "propertyNames": _property_names,
        "minimum": _compare(lambda value, limit: value < limit),
        "maximum": _compare(lambda value, limit: value > limit),
        "exclusiveMinimum": _compare(lambda value, limit: value <= limit),
    },
    type_checker=_TYPES,
)


@cache
def _load(name: str) -> dict:
    return json.loads((folder() / name).read_text("utf-8"))


def _inlined(node: object, home: dict) -> object:
    """`node` with every `$ref` replaced by what it refers to; the words beside it win.

    None of the schemas refers to itself. Resolving each reference once here, and
    not at every value that is checked, takes a third of the time.
    """
    if isinstance(node, list):
        return [_inlined(n, home) for n in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        file, _, pointer = node["$ref"].partition("#")
        home = _load(file) if file else home
        target: dict = home
        for step in pointer.strip("/").split("/"):
            target = target[step]
        node = {**target, **{k: v for k, v in node.items() if k != "$ref"}}
    found = {key: _inlined(value, home) for key, value in node.items() if key != "$defs"}
    passes = _passes(node) if "type" in node or "enum" in node else None
    return {**found, _PASS: passes} if passes else found


@cache
def validator(kind: str) -> jsonschema.protocols.Validator:
    """The one validator of a kind of content."""
    schema = _load(f"{kind}.schema.json")
    return _Validator(_inlined(schema, schema), format_checker=_FORMATS)


def validate(document: Document) -> list[Problem]:
    """Every way in which a file departs from the schema of its kind."""
    problems: list[Problem] = []
    for error in validator(document.kind).iter_errors(document.data):
        problems += _problems(error, document)
    return problems


def _problems(error: jsonschema.ValidationError, document: Document) -> list[Problem]:
    path = list(error.absolute_path)
    node: Node = error.instance  # values and keys are the very nodes that were read
    where = dotted(document, path)
    keyword = error.validator
    if keyword == "additionalProperties":
        allowed = error.schema.get("properties", {})
        or_text = (
            ". If this is one text: it needs quotes" if "string" in error.schema["type"] else ""
        )
        return [
            problem_at(
                key, f"unknown key {quoted(key)}", did_you_mean(key, allowed) + or_text, where
            )
            for key in node
            if key not in allowed
        ]
    if keyword == "required":
        missing = re.match(r"'(.*)' is a required", error.message)
        name = missing.group(1) if missing else "?"
        what = error.schema.get("properties", {}).get(name, {}).get("description", "")
        return [problem_at(node, f"the key '{name}' is missing", what, where)]
    message, hint = _words(error)
    return [problem_at(node, message, hint, where)]


def _words(error: jsonschema.ValidationError) -> tuple[str, str]:
    """What is wrong, and the way out, for the keywords that content can trip over."""
    schema, value, keyword = error.schema, error.instance, error.validator
    expected = schema.get("title") or _names(schema.get("type", "string"))
    hint = _hint(schema)
    shown = quoted(value) if isinstance(value, str) else _kind(value)
    if value == "" and keyword in ("type", "pattern", "format", "enum"):
        return f"nothing stands here; expected {expected}", hint
    if keyword == "type":
        numeric = schema["type"] in ("integer", "number", "boolean")
        bare = (
            " without quotes" if numeric and isinstance(value, Scalar) and not value.plain else ""
        )
        if "string" in schema["type"] and not isinstance(value, str):
            hint = "text that holds ': ' or begins with [ or { needs quotes"
        return f"expected {expected}{bare}, found {shown}", hint
    if keyword == "enum":
        return f"{shown} is not known here", did_you_mean(str(value), schema["enum"])
    if keyword in ("pattern", "format"):
        return f"{shown} is not {expected}", hint
    if keyword == "maxLength":
        return f"too long: {len(value):,} characters, at most {schema['maxLength']:,}", "shorten it"
    if keyword == "minItems":
        return f"too short a list: at least {_entries(schema['minItems'])} needed", hint
    if keyword == "minProperties":
        keys = ", ".join(schema.get("properties", ()))
        return "at least one key is needed here", f"Known here: {keys}" if keys else hint
    if keyword == "maxProperties":
        keys = ", ".join(value)
        return (
            f"only one of these keys can stand here: {keys}",
            "begin a new '- ' entry for the other",
        )
    if keyword == "oneOf":
        keys = ", ".join(name for option in schema["oneOf"] for name in option["required"])
        if error.context:
            return f"one of these keys is missing: {keys}", "add one of them"
        return f"only one of these keys can stand here: {keys}", "keep one of them"
    if keyword == "minimum":
        return f"{shown} is less than {error.validator_value}", hint
    if keyword == "maximum":
        return f"{shown} is more than {error.validator_value}", hint
    if keyword == "exclusiveMinimum":
        return f"{shown} is not more than {error.validator_value}", hint
    return f"{shown} does not fit the schema ({keyword})", hint


def _hint(schema: dict) -> str:
    """What the schema teaches about a value, with an example of one that is right."""
    examples = [e for e in schema.get("examples", ()) if isinstance(e, str) and " " not in e]
    shown = f"For example: {examples[-1]}" if examples else ""
    return " ".join(filter(None, (schema.get("description", ""), shown)))


def _entries(number: int) -> str:
    return "one entry is" if number == 1 else f"{number} entries are"


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "'key: value' lines"
    if isinstance(value, list):
        return "a list"
    return quoted(str(value))


def _names(types: str | list[str]) -> str:
    words = {
        "object": "'key: value' lines",
        "array": "a list ('- ' entries)",
        "string": "text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
    }
    return " or ".join(words[t] for t in ([types] if isinstance(types, str) else types))


def dotted(document: Document, path: list) -> str:
    """The author's name for a value: `contacts.on-call.name`, `git-rollback.steps[2].title`."""
    name = document.stem if document.record or document.kind in ("procedure", "checklist") else ""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return (name + text).lstrip(".")
