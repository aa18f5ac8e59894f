"""What changed between two canonical texts (see `stamps`), fact by fact, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """`path` names the fact as its author does; None stands for what is not there.

    A list whose entries have ids is compared by id, so that one more entry is one change.
    """

    path: tuple[str, ...]
    old: object
    new: object

    @property
    def words(self) -> str:
        """One line; of long values the part that differs, so that a reader sees what does."""
        where = ".".join(self.path)
        if self.old is None:
            return f"{where}: new, {_cut(_shown(self.new))}"
        if self.new is None:
            return f"{where}: gone, was {_cut(_shown(self.old))}"
        old, new = _differing(self.old, self.new)
        if self.path[-1:] == (ORDER,):
            return f"{'.'.join(self.path[:-1])}: the order, from {old} to {new}"
        return f"{where}: from {old} to {new}"


ORDER = "(order)"


def changes(old: str, new: str) -> list[Change]:
    """The differences of two canonical texts; empty when they say the same.

    Raises ValueError when one is no canonical text.
    """
    before, after = json.loads(old), json.loads(new)
    if not isinstance(before, dict) or "content" not in before:
        raise ValueError("no canonical text")
    return list(_compared((), before["content"], after["content"]))


def changed_steps(found: list[Change]) -> list[str]:
    """The ids of the steps that differ; other parts of a procedure by their key."""
    names = (c.path[1] if c.path[0] == "steps" and len(c.path) > 1 else c.path[0] for c in found)
    return list(dict.fromkeys("the order of the steps" if n == ORDER else n for n in names))


def _compared(path: tuple[str, ...], old: object, new: object) -> Iterator[Change]:
    if old == new:
        return
    before, after = _keyed(old), _keyed(new)
    if before is None or after is None:
        yield Change(path, old, new)
        return
    for key in dict.fromkeys((*before, *after)):
        yield from _compared((*path, key), before.get(key), after.get(key))
    if isinstance(old, list):
        both = before.keys() & after.keys()
        orders = [[k for k in entries if k in both] for entries in (before, after)]
        if orders[0] != orders[1]:
            yield Change((*path, ORDER), *orders)


def _keyed(value: object) -> dict[str, object] | None:
    """What can be compared part by part: a mapping, or a list of things with ids."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and value and all(isinstance(v, dict) and "id" in v for v in value):
        found = {v["id"]: v for v in value}
        return found if len(found) == len(value) else None
    return None


_LONGEST = 200
_AROUND = 40


def _shown(value: object) -> str:
    """A value on one line."""
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else f'"{value}"'
    return " ".join(text.split())


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} [...]"


def _differing(before: object, after: object) -> tuple[str, str]:
    """Two values that differ, as texts that differ: long ones without what they have in common."""
    old, new = _shown(before), _shown(after)
    if old == new:
        # They differ in white space alone, or in what is text and what is data.
        old, new = (json.dumps(v, ensure_ascii=False) for v in (before, after))
    if max(len(old), len(new)) <= _LONGEST:
        return old, new
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    # Some words around it, and whole ones.
    start = old.rfind(" ", 0, max(0, start - _AROUND)) + 1
    word = old.find(" ", len(old) - max(0, end - _AROUND))
    end = len(old) - word if word >= 0 else 0
    return _window(old, start, end), _window(new, start, end)


def _common(one: str, other: str) -> int:
    """How many signs at the beginning are the same."""
    pairs = enumerate(zip(one, other))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _window(text: str, start: int, end: int) -> str:
    middle = _cut(text[start : len(text) - end])
    behind = " [...]" if end and not middle.endswith("[...]") else ""
    return f"{'[...] ' if start else ''}{middle}{behind}"
