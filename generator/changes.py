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
        where = ".".join(self.path)
        if self.path[-1:] == (ORDER,):
            return f"{'.'.join(self.path[:-1])}: the order, from {_shown(self.old)} to {_shown(self.new)}"
        if self.old is None:
            return f"{where}: new, {_shown(self.new)}"
        if self.new is None:
            return f"{where}: gone, was {_shown(self.old)}"
        return f"{where}: from {_shown(self.old)} to {_shown(self.new)}"


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


def _shown(value: object) -> str:
    """A value on one line; a long one is cut in the middle of nothing that could mislead."""
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else f'"{value}"'
    text = " ".join(text.split())
    return text if len(text) <= 200 else f"{text[:200]} [...]"
