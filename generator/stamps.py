"""Stamps: which content a review or a drill was about, as a hash."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable

from generator.files import Document


def stamps(documents: Iterable[Document]) -> dict[str, str]:
    """What a review and each drill would be about, as `sha256:...` by the id of its clock.

    A review is about all that the content says; a drill about one procedure.
    Layout, quotes, comments and the order of keys do not count.
    """
    everything = {f"{d.kind}/{d.stem}": d.data for d in documents}
    found = {"review": _stamp("review", everything)}
    for document in documents:
        if document.kind == "procedure":
            found[f"drill:{document.data['id']}"] = _stamp("drill", document.data)
        elif document.kind == "checklist":
            found[f"checklist:{document.data['id']}"] = _stamp("checklist", document.data)
    return found


def _stamp(kind: str, content: object) -> str:
    """sha256 over canonical JSON of kind, version of the projection, and content."""
    text = json.dumps(
        {"kind": kind, "version": 1, "content": content},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    text = unicodedata.normalize("NFC", text)
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
