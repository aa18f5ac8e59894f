"""What a checklist reports of a rollback, read beside the run log of one that was made for it.

The rollback tells nobody, so that the checklist has to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from generator import model
from generator.problems import quoted
from generator.records import runlog
from generator.rehearsal.outcome import ending
from generator.rehearsal.plan import Plan
from generator.rehearsal.sandbox import Sandbox
from generator.rehearsal.scripts import Ran, run, spoil, written
from generator.rehearsal.web import Webhook
from generator.render.commands import doings
from generator.render.scripts.parts import changes
from generator.text import Hole, holes

_ESCAPED = re.compile(r"\\([^A-Za-z0-9\s])")


@dataclass(frozen=True)
class Rollback:
    """What is known of a rollback from its log. `moved` and `verified` are moments, or empty."""

    procedure: model.Procedure
    log: Path
    entries: list[dict]
    moved: str
    verified: str

    @property
    def who(self) -> str:
        return "{who}@{host}".format_map(self.entries[0])

    @property
    def fills(self) -> Mapping[str, str]:
        """The entries of the report that a log can fill, by the word of `fill`."""
        return {
            "rolled-back": self.moved,
            "verified": self.verified,
            "run-by": self.who,
            "procedure": self.procedure.title,
        }


def rolled_back(plan: Plan, book: model.Handbook, box: Sandbox, shell: list[str]) -> Rollback | str:
    """Run the script of a procedure. Answers what its log says, or why there is none."""
    assert isinstance(plan.thing, model.Procedure)
    command = [*shell, str(written(plan, book, box))]
    failed, _ = spoil(plan, box, command)
    if failed:
        return f"the rollback to report, {plan.thing.script}: {failed}"
    webhook = box.standing.get("webhook")
    told = webhook.environment if webhook else {}
    environment = box.environment
    box.environment = {k: v for k, v in environment.items() if k not in told}
    ran = run(box, command, plan.arguments)
    box.environment = environment
    if len(ran.logs) != 1 or ran.ended.code not in (0, 8):
        return f"the rollback to report: {ending(str(plan.thing.script), ran.ended)}"
    try:
        runlog.parse(ran.logs[0].read_bytes())
    except ValueError as error:
        return f"the rollback to report: its run log: {error}"
    entries = [json.loads(line) for line in ran.logs[0].read_text("utf-8").splitlines()]
    last = next((s.id for s in reversed(plan.thing.steps) if changes(s)), "")
    moved = [e["time"] for e in entries if (e["step"], e["status"]) == (last, "ok")]
    verified = entries[-1]["time"] if moved and entries[-1]["exit"] == 0 else ""
    return Rollback(plan.thing, ran.logs[0], entries, moved[-1] if moved else "", verified)


def unfounded(ran: Ran, box: Sandbox) -> list[str]:
    """What a run has reported though there was nothing to report."""
    found = []
    if any(_report_of(log).exists() for log in ran.logs):
        found.append("an incident report was written though there was no rollback")
    if _told(box):
        found.append("the team's webhook got a message though there was no rollback")
    return found


def judged(
    rollback: Rollback, checklist: model.Checklist, book: model.Handbook, box: Sandbox, ran: Ran
) -> tuple[list[str], list[str]]:
    """What a run reported as it must, and what not."""
    right, wrong = [f"it had the log of a rollback by {rollback.procedure.script}"], []
    for said, missing in (
        (
            "the incident report is what the log says, and open in all else",
            _report(rollback, checklist, book, ran),
        ),
        ("the deadlines count from the rollback", _deadlines(rollback, checklist, ran)),
        ("the team's webhook took the message, once", _message(rollback, checklist, book, box)),
    ):
        if missing is not None:
            wrong += missing
            right += [] if missing else [said]
    return right, wrong


def _report_of(log: Path) -> Path:
    return log.with_name(f"{log.stem}-incident.md")


def _argument(checklist: model.Checklist, action: str, name: str) -> str | None:
    return next((d.arguments[name] for d in doings(checklist) if d.action == action), None)


def _report(
    rollback: Rollback, checklist: model.Checklist, book: model.Handbook, ran: Ran
) -> list[str] | None:
    id = _argument(checklist, "incident.report", "form")
    if id is None:
        return None
    path = _report_of(ran.logs[0])
    if not path.exists():
        return ["no incident report was written"]
    text = _ESCAPED.sub(r"\1", path.read_text("utf-8"))
    (form,) = (c for c in book.checklists if c.id == id)
    found = []
    for field in form.fields:
        entry = rollback.fills.get(field.fill or "", "")
        if f"\n| {field.label} | {entry} |\n" not in text:
            found.append(
                f"the incident report does not have {entry or 'nothing'} as {quoted(field.label)}"
            )
    at = 0
    for entry in rollback.entries:
        row = "\n| {time} | {script} | {step} | {status} | {exit} | {seconds} |".format_map(entry)
        at = text.find(row, at)
        if at < 0:
            found.append(f"the incident report does not have the step {entry['step']} in its place")
            break
    if sha256(rollback.log.read_bytes()).hexdigest() not in text:
        found.append("the incident report does not name the run log by its hash")
    return found


def _deadlines(rollback: Rollback, checklist: model.Checklist, ran: Ran) -> list[str] | None:
    limits = [g.within for g in checklist.groups if g.within is not None]
    since = rollback.verified or rollback.moved
    if not limits or not since:
        return None
    words = " ".join(ran.ended.out.split())
    wanted = [_after(since, limit) for limit in limits]
    return [f"the deadline {w} is not said" for w in wanted if w not in words]


def _after(moment: str, limit: timedelta) -> str:
    return f"{datetime.fromisoformat(moment) + limit:%Y-%m-%dT%H:%M:%SZ}"


def _message(
    rollback: Rollback, checklist: model.Checklist, book: model.Handbook, box: Sandbox
) -> list[str] | None:
    id = _argument(checklist, "incident.messages", "send")
    if id is None:
        return None
    told = _told(box)
    if len(told) != 1:
        return [f"the team's webhook got {len(told)} messages, not one"]
    (message,) = (m for m in book.contacts.messages if m.id == id)
    filled = {**rollback.fills, "who": rollback.who}
    # The outcome is the script's own words.
    parts = [filled.get(p.name, "") if isinstance(p, Hole) else p for p in holes(message.text)]
    text = str(json.loads(told[0])["text"])
    missing = [quoted(p.strip()) for p in parts if p not in text]
    return [f"the message to the team does not say {', '.join(missing)}"] if missing else []


def _told(box: Sandbox) -> list[bytes]:
    webhook = box.standing.get("webhook")
    return webhook.hook.told if isinstance(webhook, Webhook) else []
