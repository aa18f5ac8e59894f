"""Actions: what a step of a script can do that needs more than one plain command.

An action declares its parameters, what it hands on to later steps, and the
commands that it runs, in order. The document shows those commands; the shell
fragment `templates/actions/<name>.sh.j2` runs the very same words. To add an
action, add one entry to a module here and one fragment there.
"""

from __future__ import annotations

from generator.actions import (
    database,
    git,
    handbook,
    incident,
    vercel,
    vercel_await,
    vercel_checks,
    vercel_env,
    web,
)
from generator.actions.kind import Action, Option

ACTIONS: tuple[Action, ...] = (
    *git.ACTIONS,
    *vercel.ACTIONS,
    *vercel_await.ACTIONS,
    *vercel_checks.ACTIONS,
    *vercel_env.ACTIONS,
    *web.ACTIONS,
    *database.ACTIONS,
    *handbook.ACTIONS,
    *incident.ACTIONS,
)


def find(name: str) -> Action | None:
    return next((a for a in ACTIONS if a.name == name), None)


__all__ = ["ACTIONS", "Action", "Option", "find"]
