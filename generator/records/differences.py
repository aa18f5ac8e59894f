"""What changed since a review or a drill, in words."""

from __future__ import annotations

from collections.abc import Iterator

from generator import model
from generator.changes import changes
from generator.records import evidence


def differences(book: model.Handbook, kind: str) -> Iterator[str]:
    """Lines for people: one clock after the other, one line a fact that changed."""
    if kind == "review":
        yield from _since(book, "review", "the review", evidence.last_review(book))
        return
    for procedure in book.procedures:
        if procedure.drill:
            drill = evidence.last_pass(book, procedure.id)
            clock = f"drill:{procedure.id}"
            yield from _since(book, clock, f"the drill of {procedure.title}", drill)


def _since(
    book: model.Handbook, clock: str, what: str, record: model.Review | model.Drill | None
) -> Iterator[str]:
    if record is None:
        yield f"{what}: never; nothing to compare with"
        return
    found = changes(record.content, book.contents[clock])
    if not found:
        yield f"{what} ({record.id}): nothing has changed since"
        return
    number = "1 fact has" if len(found) == 1 else f"{len(found)} facts have"
    yield f"{what} ({record.id}): {number} changed since"
    for change in found:
        yield f"  {change.words}"
