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

# What a procedure says around its steps. A drill ran the rest: to change these words
# makes a review necessary, not a drill.
WORDS = frozenset(
    [
        "budget",
        "closing",
        "comment",
        "details",
        "drill",
        "help",
        "intro",
        "method",
        "never",
        "on-failure",
        "risk",
        "title",
        "warning",
        "when",
    ]
)


def contents(documents: Iterable[Document]) -> dict[str, str]:
    """The canonical text of what a review and each drill would be about, by the id of its clock.

    A review is about all that the content says, records aside; a drill about what one
    procedure does; a checklist about its items. Layout, quotes, comments, the order of
    keys and the line ends of prose do not count.
    """
    told = [d for d in documents if not d.record]
    everything = {f"{d.kind}/{d.stem}": _plain(d.data, validator(d.kind).schema) for d in told}
    found = {"review": canonical("review", everything)}
    for document in told:
        plain = everything[f"{document.kind}/{document.stem}"]
        if document.kind == "procedure":
            found[f"drill:{plain['id']}"] = canonical("drill", _done(plain))
        elif document.kind == "checklist":
            found[f"checklist:{plain['id']}"] = canonical("checklist", plain)
    return found


def canonical(kind: str, content: object) -> str:
    """Canonical JSON (RFC 8785; there are no numbers in it) of kind, version and content."""
    text = json.dumps(
        {"kind": kind, "version": VERSION, "content": content},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return unicodedata.normalize("NFC", text)


def stamp(text: str) -> str:
    """`sha256:...` of a canonical text."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(node: Node, schema: dict) -> object:
    """The data without places; white space is folded where the schema says that it is prose."""
    if isinstance(node, Mapping):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        return {k: _plain(v, known.get(k) or others or {}) for k, v in node.items()}
    if isinstance(node, Sequence):
        return [_plain(n, schema.get("items", {})) for n in node]
    return fold(node) if schema.get("x-prose") else node


def _done(plain: object) -> object:
    """What a procedure does, without the words around it."""
    if isinstance(plain, dict):
        return {k: _done(v) for k, v in plain.items() if k not in WORDS}
    if isinstance(plain, list):
        return [_done(p) for p in plain]
    return plain
