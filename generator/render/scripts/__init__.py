"""Scripts: a header, helpers, then the steps or items in the order of the document."""

from __future__ import annotations

import hashlib

from generator import model
from generator.outputs import OutFile
from generator.render.scripts import checklist, procedure


def outputs(book: model.Handbook) -> list[OutFile]:
    texts = {p.script: procedure.script(p, book) for p in book.procedures if p.script}
    texts |= {c.script: checklist.script(c, book) for c in book.checklists if c.script}
    if not texts:
        return []
    sums = "".join(
        f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n"
        for name, text in sorted(texts.items())
    )
    found = [OutFile(f"scripts/{name}", text, executable=True) for name, text in texts.items()]
    return [*found, OutFile("scripts/SHA256SUMS", sums)]
