"""The Handbook: everything that Rollbook knows about one service, frozen.

Strings that an author wrote keep their place (they are `source.Scalar`s), so
that a rule can point at them. Nothing here reads, writes or imports anything
but the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Unfilled:
    """A fact that nobody has supplied yet. `path` names it: `contacts.on-call.name`."""

    path: str
    what: str
    owner: str
    required: bool
    by: date | None = None


Value = str | Unfilled


@dataclass(frozen=True)
class Fact:
    id: str
    label: str
    value: Value
    env: str | None = None


@dataclass(frozen=True)
class FactGroup:
    id: str
    title: str | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Link:
    title: str
    url: str | None
    path: str | None


@dataclass(frozen=True)
class LinkGroup:
    id: str
    title: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Revision:
    """One version of the document."""

    version: str
    date: date
    changes: tuple[str, ...]


@dataclass(frozen=True)
class ReviewPolicy:
    """`cycle` and `stated` (the stated next day) stay text: freshness judges them."""

    cycle: str
    stated: str | None
    warn_days: int
    owner: str
    trigger: str | None


@dataclass(frozen=True)
class Service:
    id: str
    name: str
    title: str
    purpose: str
    issued: str
    timezone: str
    review: ReviewPolicy
    drill_cycle: str | None
    fact_groups: tuple[FactGroup, ...]
    link_groups: tuple[LinkGroup, ...]
    maintenance: tuple[str, ...]
    history: tuple[Revision, ...]


@dataclass(frozen=True)
class Contact:
    id: str
    title: str
    note: str | None
    role: str
    name: Value
    reach: Value


@dataclass(frozen=True)
class Channel:
    id: str
    title: str
    channel: Value
    protocol: str | None


@dataclass(frozen=True)
class Authority:
    title: str
    roles: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Contacts:
    roles: Mapping[str, str]
    contacts: tuple[Contact, ...]
    channels: tuple[Channel, ...]
    authority: tuple[Authority, ...]
    access: tuple[str, ...]


@dataclass(frozen=True)
class SeverityLevel:
    id: str
    title: str
    intro: str | None


@dataclass(frozen=True)
class Trigger:
    id: str
    severity: str
    text: str
    metric: str | None


@dataclass(frozen=True)
class Metric:
    id: str
    title: str
    monitor: str | None
    purpose: str | None
    unit: str | None


@dataclass(frozen=True)
class Threshold:
    """`above` is in the unit of the metric; `alert` is None for a decision of people."""

    id: str
    metric: Metric
    above: Decimal
    alert: str | None


@dataclass(frozen=True)
class Parameter:
    """With a position it is an argument of the script; `value` is then what holds without it."""

    id: str
    type: str
    help: str
    position: int | None
    value: str | None
    fact: str | None = None
    choices: tuple[str, ...] = ()
    repeat: bool = False


@dataclass(frozen=True)
class Command:
    """`words` are the arguments of one process; `{name}` in them is a hole."""

    words: tuple[str, ...]
    comment: str | None = None


@dataclass(frozen=True)
class Step:
    id: str
    title: str
    note: str | None
    manual: tuple[str, ...]
    either: tuple[str, ...]
    commands: tuple[Command, ...]
    action: str | None
    arguments: Mapping[str, str]
    expect: str | None
    on_failure: str | None
    details: tuple[str, ...]

    @property
    def runs(self) -> bool:
        """Whether a script can do the step by itself."""
        return self.action is not None or (
            bool(self.commands) and not self.manual and not self.either
        )


@dataclass(frozen=True)
class Budget:
    target: timedelta
    max: timedelta


@dataclass(frozen=True)
class Stop:
    """An option of a script that ends it, done and verified, after a step."""

    option: str
    after: str
    help: str


@dataclass(frozen=True)
class Procedure:
    id: str
    title: str
    method: str | None
    when: str | None
    intro: str | None
    risk: str | None
    warning: str | None
    budget: Budget | None
    drill: bool
    parameters: tuple[Parameter, ...]
    script: str | None
    stops: tuple[Stop, ...]
    alternatives: bool
    steps: tuple[Step, ...]
    never: tuple[str, ...]
    closing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    id: str
    label: str
    help: str | None
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Phase:
    id: str
    title: str
    start: timedelta
    end: timedelta
    purpose: str


@dataclass(frozen=True)
class Item:
    id: str
    text: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    id: str
    title: str
    note: str | None
    phase: str | None
    within: timedelta | None
    style: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Checklist:
    id: str
    title: str
    intro: str | None
    form: bool
    fields: tuple[Field, ...]
    results: tuple[str, ...]
    phases: tuple[Phase, ...]
    groups: tuple[Group, ...]
    closing: str | None


@dataclass(frozen=True)
class Block:
    """`kind` is one of the closed set in `schema/document.schema.json`; `value` as read."""

    kind: str
    value: object


@dataclass(frozen=True)
class Section:
    """`number` is '4.2', or empty for a section without a number."""

    id: str
    number: str
    title: str
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...] = ()

    @property
    def heading(self) -> str:
        if not self.number:
            return self.title
        return (
            f"{self.number} {self.title}" if "." in self.number else f"{self.number}. {self.title}"
        )


@dataclass(frozen=True)
class Contradiction:
    """Two places that say different things about one figure; for people to decide."""

    about: str
    words: str


@dataclass(frozen=True)
class Handbook:
    """One service, valid as a whole."""

    service: Service
    contacts: Contacts
    severities: tuple[SeverityLevel, ...]
    triggers: tuple[Trigger, ...]
    metrics: tuple[Metric, ...]
    thresholds: tuple[Threshold, ...]
    procedures: tuple[Procedure, ...]
    checklists: tuple[Checklist, ...]
    sections: tuple[Section, ...]
    unfilled: tuple[Unfilled, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    stamps: Mapping[str, str] = field(default_factory=dict)

    @property
    def revision(self) -> Revision:
        """The current version of the document."""
        return self.service.history[-1]
