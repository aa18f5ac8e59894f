"""What a reference such as [[procedure:git-rollback]] stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generator import model
from generator.assemble import deadlines, walk_sections

# The governed document of a service, in the folder of its outputs: where links to sections lead.
DOCUMENT = "rollback-procedures.md"


@dataclass(frozen=True)
class Target:
    """`words` as a reader sees them; `section` to link to; `fact` where a script may overrule it."""

    words: str
    section: model.Section | None = None
    fact: model.Fact | None = None
    value: model.Value | None = None


def targets(handbook: model.Handbook) -> Mapping[tuple[str, str], Target]:
    """Everything that text can refer to, by (kind, id). A first use of an id wins."""
    found: dict[tuple[str, str], Target] = {}

    def add(kind: str, id: str, target: Target) -> None:
        found.setdefault((kind, str(id)), target)

    for section in walk_sections(handbook.sections):
        words = f"Section {section.number}" if section.number else section.title
        add("section", section.id, Target(words, section))
        for block in section.blocks:
            if block.kind in ("procedure", "checklist"):
                add(block.kind, block.value, Target(words, section))
    for procedure in handbook.procedures:
        add("procedure", procedure.id, Target(procedure.title))
    for checklist in handbook.checklists:
        add("checklist", checklist.id, Target(checklist.title))
    for id, words in deadlines(handbook.checklists).items():
        add("deadline", id, Target(words))
    for group in handbook.service.fact_groups:
        for fact in group.facts:
            add("fact", fact.id, Target(value_words(fact.value), fact=fact, value=fact.value))
    for channel in handbook.contacts.channels:
        words = value_words(channel.channel)
        if channel.protocol:
            words += f" ({channel.protocol})"
        add("channel", channel.id, Target(words, value=channel.channel))
    for threshold in handbook.thresholds:
        add("threshold", threshold.id, Target(figure(threshold)))
    return found


def value_words(value: model.Value) -> str:
    """A value, or words that say plainly that it is not known."""
    if isinstance(value, model.Unfilled):
        return f"not yet known ({value.what[0].lower()}{value.what[1:]})"
    return value


_UNITS = {
    "percent": "%",
    "times-normal": "x",
    "hours": " hours",
    "minutes": " minutes",
    "seconds": " s",
    "milliseconds": " ms",
    "count": "",
    None: "",
}


def figure(threshold: model.Threshold) -> str:
    """'>10%', '<99.9%', 'down': the one spelling of a threshold wherever it stands."""
    if threshold.metric.unit == "up":
        return "down"
    sign = ">" if threshold.below is None else "<"
    return f"{sign}{threshold.value}{unit_words(threshold.metric)}"


def unit_words(metric: model.Metric) -> str:
    """What stands behind a figure of the metric: '%', ' hours', nothing."""
    return _UNITS[metric.unit]


def holders(contacts: model.Contacts, role: str) -> list[str]:
    """Who holds a role, where it is known: the name stands with the contact."""
    return [c.name for c in contacts.contacts if c.role == role and isinstance(c.name, str)]


def decided_words(decided: model.Decided, book: model.Handbook) -> str:
    """'Decided by Ada (Keeper) on 2026-12-01: the alert holds. Because of ...'"""
    role = book.contacts.roles[decided.by.role]
    return (
        f"Decided by {decided.by.name} ({role}) on {decided.on}: the {decided.holds} holds. "
        f"{decided.because}"
    )
