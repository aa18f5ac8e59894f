"""Checklists whose script can look at what they say."""

from __future__ import annotations

from collections.abc import Iterator

from generator import model
from generator.problems import Problem, quoted
from generator.rules.commands import holes_fit, needs_met, things_fit
from generator.rules.context import Context
from generator.source import problem_at


def checklists_can_run(context: Context) -> Iterator[Problem]:
    for checklist in context.handbook.checklists:
        yield from things_fit(checklist, context)
        yield from needs_met(checklist, "check")
        for item in (i for g in checklist.groups for i in g.items):
            if item.checks and not checklist.script:
                yield problem_at(
                    item.id,
                    "nothing would ever make this check",
                    "name a script for the checklist: 'script: ...sh'",
                )
        for field in checklist.fields:
            if field.fill == "verdict" and len(field.choices) < 2:
                yield problem_at(
                    field.id,
                    f"the field {quoted(field.id)} cannot tell a verdict",
                    "give it choices: passed, failed, and perhaps not complete",
                )


def messages_can_be_filled(context: Context) -> Iterator[Problem]:
    for message in context.handbook.contacts.messages:
        yield from holes_fit([text for _, text in message.texts], model.MESSAGE_HOLES)
