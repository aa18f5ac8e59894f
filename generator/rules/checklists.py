"""Checklists whose script can look at what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from generator import actions, model
from generator.problems import Problem, quoted
from generator.rules.commands import holes_fit, things_fit
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
                yield from _named(check.action, check.arguments, context)
        for field in checklist.fields:
            if field.fill == "verdict" and len(field.choices) < 2:
                yield problem_at(
                    field.id,
                    f"the field {quoted(field.id)} cannot tell a verdict",
                    "give it choices: passed, failed, and perhaps not complete",
                )


def _named(action: str | None, arguments: Mapping[str, str], context: Context) -> Iterator[Problem]:
    """What an action names in the content is there."""
    book = context.handbook
    named = {
        ("handbook.contact", "contact"): [c.id for c in book.contacts.contacts],
        ("incident.report", "form"): [c.id for c in book.checklists],
        ("incident.messages", "send"): [m.id for m in book.contacts.messages],
    }
    for (name, parameter), known in named.items():
        if action == name and arguments.get(parameter) not in (None, *known):
            yield unknown(arguments[parameter], parameter, known)


def messages_can_be_filled(context: Context) -> Iterator[Problem]:
    for message in context.handbook.contacts.messages:
        yield from holes_fit([message.text], model.MESSAGE_HOLES)
