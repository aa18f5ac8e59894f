"""Stamps: which content a review or a drill was about, as a hash of its canonical text.

The canonical text is what is kept beside a record, so that a later reader can see what
was reviewed or drilled without asking Git, and check it with `sha256sum` alone.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable

from generator.files import Document
from generator.schema import validator
from generator.source import Mapping, Node, Sequence
from generator.text import fold

VERSION = 1

# What a procedure says around its steps, how long they may take, and how a sandbox runs them. A drill ran the rest: to
# change these words makes a review necessary, not a drill.
WORDS = frozenset(
    [
        "budget",
        "closing",
        "comment",
        "details",
        "drill",
        "help",
        "intro",
        "limit",
        "method",
        "never",
        "on-failure",
        "rehearsal",
        "risk",
        "show",
        "title",
        "warning",
        "when",
    ]
)

# The keys below these are names of the content's own.
_NAMED = frozenset(["parameters", "stops", "with"])


def contents(documents: Iterable[Document]) -> dict[str, str]:
    """The canonical text of what a review and each drill would be about, by the id of its clock.

    A review is about all that the content says, records aside; a drill about what one
    procedure does; a checklist about its items. Layout, quotes, comments, the order of
    keys and the line ends of prose do not count.
    """
    told = [d for d in documents if not d.record]
    texts = {}
    everything = []
    for document in sorted(told, key=lambda d: f"{d.kind}/{d.stem}"):
        text = _folded_dump(document)
        everything.append(f"{dump(f'{document.kind}/{document.stem}')}:{text}")
        if document.kind == "procedure":
            texts[f"drill:{document.data['id']}"] = dump(_done(json.loads(text)))
        elif document.kind == "checklist":
            texts[f"checklist:{document.data['id']}"] = text
    texts["review"] = f"{{{','.join(everything)}}}"
    return {clock: canonical(clock.partition(":")[0], text) for clock, text in texts.items()}


def canonical(kind: str, content: str) -> str:
    """Canonical JSON (RFC 8785; there are no numbers in it) of kind, version and content."""
    text = f'{{"content":{content},"kind":"{kind}","version":{VERSION}}}'
    return unicodedata.normalize("NFC", text)


def dump(content: object) -> str:
    """Data as canonical JSON, but for the normal form of its characters."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def stamp(text: str) -> str:
    """`sha256:...` of a canonical text."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _folded_dump(document: Document) -> str:
    """The data as JSON; white space is folded where the schema says that it is prose."""
    text = dump(document.data)
    # Most files hold nothing to fold, and a walk beside the schema takes ten times as long.
    if any(sign in text for sign in _TO_FOLD):
        text = dump(_folded(document.data, validator(document.kind).schema))
    return text


# How white space that folding would change looks in JSON.
_TO_FOLD = ("\\n", "\\t", "  ", '" ', ' "')


def _folded(node: Node, schema: dict) -> object:
    if isinstance(node, Mapping):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        return {k: _folded(v, known.get(k) or others or {}) for k, v in node.items()}
    if isinstance(node, Sequence):
        return [_folded(n, schema.get("items", {})) for n in node]
    return fold(node) if schema.get("x-prose") else node


def _done(data: object) -> object:
    """What a procedure does, without the words around it."""
    if isinstance(data, dict):
        return {
            # What is called freely may be called like one of these words.
            k: {name: _done(value) for name, value in v.items()} if k in _NAMED else _done(v)
            for k, v in data.items()
            if k not in WORDS
        }
    if isinstance(data, list):
        return [_done(d) for d in data]
    return data
