"""What is done after a rollback: the report and the messages, out of its run logs."""

from __future__ import annotations

from generator.actions.curl import POST
from generator.actions.kind import Action
from generator.model import Command

REPORT = Action(
    name="incident.report",
    summary="Writes the incident report beside the run log: what the logs of the rollback say is filled in, all else stays open for a person.",
    parameters=("form", "logs"),
    needs=("awk", "sort"),
    gives=("rolled_back",),
    looks=True,
    helpers=("flatten", "clock", "runs"),
    commands=(),
    holes=(),
    expect="A report with the times, steps and results of the logs; a person adds what nobody logged.",
    on_failure="Write the report by hand, on the printed form.",
    touches="an incident report beside the run log",
)

MESSAGES = Action(
    name="incident.messages",
    summary="Prepares the messages of the content beside the run log; sends one where ROLLBOOK_NOTIFY_URL is set and nobody was told yet.",
    parameters=("send",),
    needs=("awk", "sort"),
    gives=(),
    uses=("rolled_back",),
    looks=True,
    helpers=("flatten", "clock", "runs", "webhook"),
    commands=(("post", Command((*POST, "{payload}"))),),
    holes=(("payload", "payload", "<message>"),),
    expect="The messages; a person sends those that no script can send.",
    on_failure="Tell people yourself.",
    touches="the prepared messages beside the run log; a message to the team, where ROLLBOOK_NOTIFY_URL is set",
    environment=(("ROLLBOOK_NOTIFY_URL", "the team's incoming webhook (as Slack's); a secret"),),
    stand_ins=("webhook",),
)

ACTIONS = (REPORT, MESSAGES)
