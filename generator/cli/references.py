"""The options that look beyond the content: --against PATH, --online."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.problems import Problem
    from generator.references.lookup import Looked


def add_against(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--against",
        type=Path,
        metavar="PATH",
        help="a checkout of the service's own repository: is there what the content names",
    )


def add(parser: argparse.ArgumentParser) -> None:
    add_against(parser)
    parser.add_argument(
        "--online",
        action="store_true",
        help="ask each web address of the content whether it still leads somewhere",
    )


def against(options: argparse.Namespace) -> Looked | None:
    """None where nobody asked, or the content has errors, which are told elsewhere."""
    from generator.references import lookup

    if options.against is None:
        return None
    return lookup.against(options.content, options.service, options.against)


def looks(options: argparse.Namespace) -> list[Looked]:
    """All that was asked for."""
    found = [against(options)]
    if options.online:
        from generator.references.links import online

        found.append(online(options.content, options.service))
    return [look for look in found if look is not None]


def unchecked(look: Looked) -> Iterator[Problem]:
    """What could not be checked, as a list of its own for people who read problems only."""
    from generator.problems import Problem, quoted

    for one, reason in look.open:
        words = f"not checked: {quoted(one.name, 300)}: {reason}"
        yield Problem(one.place, words, severity="warning")


def told(looks: Iterable[Looked]) -> list[str]:
    """What could not be checked, then how many there were of each, a line each."""
    lines = []
    for look in looks:
        lines += [f"{problem.place}: {problem.message}" for problem in unchecked(look)]
        lines.append(look.summary)
    return lines


def as_data(looks: Iterable[Looked]) -> dict[str, object]:
    """The same for programs; empty when nothing was looked up."""
    found = [
        {
            "what": look.noun,
            "looked_up": len(look.found) + look.dead + len(look.open),
            "dead": look.dead,
            "found": [_one(one) for one in look.found],
            "not_checked": [{**_one(one), "reason": reason} for one, reason in look.open],
        }
        for look in looks
    ]
    return {"references": found} if found else {}


def _one(one) -> dict[str, object]:
    place = {"file": one.place.file, "line": one.place.line, "column": one.place.column}
    return {"kind": one.kind, "name": one.name, **place}
