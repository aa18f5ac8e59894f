"""Every stand-in there is, in the order in which they start.

Their modules are read when one starts, so that a look at the content stays quick.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from generator.rehearsal.kind import StandIn, Standing

if TYPE_CHECKING:
    from generator.rehearsal.sandbox import Sandbox


def _git(sandbox: Sandbox) -> Standing:
    from generator.rehearsal.git import Git

    return Git(sandbox)


def _web(sandbox: Sandbox) -> Standing:
    from generator.rehearsal.web import Web

    return Web(sandbox)


def _webhook(sandbox: Sandbox) -> Standing:
    from generator.rehearsal.web import Webhook

    return Webhook(sandbox)


def _vercel(sandbox: Sandbox) -> Standing:
    from generator.rehearsal.vercel_stand_in import Project

    return Project(sandbox)


def _variables(sandbox: Sandbox) -> Standing:
    from generator.rehearsal.vercel_stand_in import Variables

    return Variables(sandbox)


STAND_INS: tuple[StandIn, ...] = (
    StandIn("git", _git, holes=("good-commit", "bad-commit"), programs=("git",), spoils=True),
    StandIn("web", _web, holes=("address",), programs=("curl",)),
    StandIn("webhook", _webhook, programs=("curl",), always=True),
    StandIn(
        "vercel",
        _vercel,
        needs=("git", "web"),
        holes=("good-deployment", "variable"),
        programs=("curl",),
        spoils=True,
    ),
    StandIn("vercel-variables", _variables, needs=("vercel",), spoils=True),
)

# Holes that every sandbox fills: its own folder, and that of the service's content.
HOLES = ("sandbox", "content")


def wanted(names: Iterable[str], table: tuple[StandIn, ...] = STAND_INS) -> tuple[StandIn, ...]:
    """The stand-ins of these names and all that they need, in order. Names that nothing has are left out."""
    known = {s.name: s for s in table}
    found: set[str] = set()
    left = [n for n in names if n in known]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += known[name].needs
    return tuple(s for s in table if s.name in found)
