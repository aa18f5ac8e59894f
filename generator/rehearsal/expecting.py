"""What the script of a checklist must find, item by item: told from the content, not by the script."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace

from generator import actions, model
from generator.actions import Action
from generator.render.commands import doings, values_of
from generator.text import Hole, holes

PASS, FAIL, NOT_CHECKED = "Pass", "Fail", "Not checked"

# The parameter of every action that reaches an address; a sandbox overrules it.
ADDRESS = "address"


@dataclass(frozen=True)
class Expected:
    """`result` is that of the item while everything works; `why` says it where no person decides.

    `checks` are those on a stand-in: the item must not pass while what one of them looks at is wrong.
    """

    item: model.Item
    result: str
    why: str = ""
    checks: tuple[model.Check, ...] = ()


def expected(
    checklist: model.Checklist, book: model.Handbook, known: Container[str]
) -> tuple[Expected, ...]:
    """Every item in order. `known` are the names of the stand-ins that there are."""
    values = values_of(checklist, book)
    asked = {
        p.name
        for d in doings(checklist)
        for p in holes(d.arguments.get(ADDRESS, ""))
        if isinstance(p, Hole)
    }
    blank = {
        p.id: p.fact
        for p in checklist.parameters
        if p.fact is not None and p.id not in values and p.id not in asked
    }
    return tuple(
        _item(replace(i, checks=tuple(_filled(c, values) for c in i.checks)), book, known, blank)
        for g in checklist.groups
        for i in g.items
    )


def _filled(check: model.Check, values: Mapping[str, str]) -> model.Check:
    """The check with the words that are known before the script runs."""
    found = {
        name: "".join(
            values.get(p.name, f"{{{p.name}}}") if isinstance(p, Hole) else p for p in holes(word)
        )
        for name, word in check.arguments.items()
    }
    return replace(check, arguments=found)


def _item(
    item: model.Item, book: model.Handbook, known: Container[str], blank: Mapping[str, str]
) -> Expected:
    seen: list[model.Check] = []
    # A script stops at the first check that does not hold.
    for check in item.checks:
        action = actions.find(check.action or "")
        assert action is not None  # the plan has refused commands of the content's own
        result, why = _check(check, action, book, known, blank)
        if result != PASS:
            return Expected(item, result, why, tuple(seen))
        if action.stand_ins:
            seen.append(check)
    return Expected(item, PASS if item.checks else NOT_CHECKED, "", tuple(seen))


def _check(
    check: model.Check,
    action: Action,
    book: model.Handbook,
    known: Container[str],
    blank: Mapping[str, str],
) -> tuple[str, str]:
    if not action.verifies:
        return NOT_CHECKED, ""  # it prepares something; the item is for a person all the same
    if unknown := [n for n in action.stand_ins if n not in known]:
        return NOT_CHECKED, f"nothing stands in for {unknown[0]}"
    open = [p.name for v in check.arguments.values() for p in holes(v) if isinstance(p, Hole)]
    if missing := [blank[n] for n in open if n in blank]:
        return NOT_CHECKED, f"the fact {missing[0]} is not known"
    if action.stand_ins or SAYS[action.name](book, check.arguments):
        return PASS, ""
    return FAIL, "as the content stands"


def _complete(book: model.Handbook, _: Mapping[str, str]) -> bool:
    return not any(u.required for u in book.unfilled)


def _reachable(book: model.Handbook, arguments: Mapping[str, str]) -> bool:
    (found,) = (c for c in book.contacts.contacts if c.id == arguments["contact"])
    return not any(isinstance(v, model.Unfilled) for v in (found.name, found.reach))


# What an action looks at that asks nothing of the world outside: the content itself.
SAYS: Mapping[str, Callable[[model.Handbook, Mapping[str, str]], bool]] = {
    "handbook.complete": _complete,
    "handbook.contact": _reachable,
}
