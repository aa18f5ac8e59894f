"""The options of `validate` that look beyond the content: --against PATH."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.references.lookup import Looked


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--against",
        type=Path,
        metavar="PATH",
        help="a checkout of the service's own repository: is there what the content names",
    )


def looks(options: argparse.Namespace) -> list[Looked]:
    """What was asked for; nothing for a service whose content has errors, which are told."""
    from generator.references import lookup

    found = []
    if options.against is not None:
        found.append(lookup.against(options.content, options.service, options.against))
    return [look for look in found if look is not None]


def tell(looks: Iterable[Looked]) -> None:
    """What could not be checked, then how many there were of each."""
    from generator.problems import quoted

    for look in looks:
        for one, reason in look.open:
            print(f"{one.place}: not checked: {quoted(one.name, 300)}: {reason}")
        print(look.summary)


def as_data(looks: Iterable[Looked]) -> dict[str, object]:
    """The same for programs; empty when nothing was looked up."""
    found = [
        {
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
