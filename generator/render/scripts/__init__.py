"""Scripts: a header, helpers, then the steps or items in the order of the document."""

from __future__ import annotations

import hashlib

from generator import model
from generator.outputs import OutFile
from generator.render.commands import Scripted
from generator.render.scripts import checklist, procedure


def script(thing: Scripted, book: model.Handbook) -> str:
    """The whole text of the script of a procedure or of a checklist."""
    if isinstance(thing, model.Procedure):
        return procedure.script(thing, book)
    return checklist.script(thing, book)


def outputs(book: model.Handbook) -> list[OutFile]:
    texts = {t.script: script(t, book) for t in (*book.procedures, *book.checklists) if t.script}
    if not texts:
        return []
    sums = "".join(
        f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n"
        for name, text in sorted(texts.items())
    )
    found = [OutFile(f"scripts/{name}", text, executable=True) for name, text in texts.items()]
    return [*found, OutFile("scripts/SHA256SUMS", sums)]
