"""Checklists whose script can look at what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from generator import actions
from generator.problems import Problem, quoted
from generator.rules.commands import things_fit
from generator.rules.context import Context, unknown
from generator.source import problem_at


def checklists_can_run(context: Context) -> Iterator[Problem]:
    for checklist in context.handbook.checklists:
        yield from things_fit(checklist)
        given: set[str] = set()
        for item in (i for g in checklist.groups for i in g.items):
            if item.checks and not checklist.script:
                yield problem_at(
                    item.id,
                    "nothing would ever make this check",
                    "name a script for the checklist: 'script: ...sh'",
                )
            for check in item.checks:
                action = actions.find(check.action or "")
                for name in action.uses if action else ():
                    if name not in given:
                        yield problem_at(
                            check.action or item.id,
                            f"the action needs '{name}' from an action before it",
                            "put the check that gives it first: "
                            + ", ".join(a.name for a in actions.ACTIONS if name in a.gives),
                        )
                given.update(action.gives if action else ())
                yield from _contact(check.action, check.arguments, context)
        for field in checklist.fields:
            if field.fill == "verdict" and len(field.choices) < 2:
                yield problem_at(
                    field.id,
                    f"the field {quoted(field.id)} cannot tell a verdict",
                    "give it choices: passed, failed, and perhaps not complete",
                )


def _contact(
    action: str | None, arguments: Mapping[str, str], context: Context
) -> Iterator[Problem]:
    contacts = [c.id for c in context.handbook.contacts.contacts]
    if action == "handbook.contact" and arguments.get("contact") not in (None, *contacts):
        yield unknown(arguments["contact"], "contact", contacts)
