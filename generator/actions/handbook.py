"""Checks of what the content itself says, or does not say yet."""

from __future__ import annotations

from generator.actions.kind import Action

CONTACT = Action(
    name="handbook.contact",
    summary="The content says who this contact is and how to reach them.",
    parameters=("contact",),
    needs=(),
    gives=(),
    looks=True,
    verifies=True,
    commands=(),
    holes=(),
    expect="A name, and a way to reach them.",
    on_failure="Whoever owes it supplies it in the content.",
    touches="",
)

COMPLETE = Action(
    name="handbook.complete",
    summary="No required fact of the content was missing when the script was made.",
    parameters=(),
    needs=(),
    gives=(),
    looks=True,
    verifies=True,
    commands=(),
    holes=(),
    expect="Nothing required is missing.",
    on_failure="Whoever owes a fact supplies it in the content.",
    touches="",
)

ACTIONS = (CONTACT, COMPLETE)
