"""The Handbook: everything that Rollbook knows about one service, frozen.

Strings that an author wrote keep their place (they are `source.Scalar`s), so
that a rule can point at them; what is no string has a Place where somebody must
point at it. Nothing here reads, writes or imports anything but the standard library and
`Place`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from generator.model.canon import Canon, Clause, Gap
from generator.model.deciding import Choice, Contradiction, Decided, Trigger
from generator.model.doing import (
    Budget,
    Check,
    Checklist,
    Command,
    Field,
    Group,
    Item,
    Parameter,
    Phase,
    Procedure,
    Step,
    Stop,
)
from generator.model.measuring import (
    Alerting,
    Count,
    Gauge,
    Matcher,
    Measure,
    Metric,
    Quantile,
    Ratio,
    Recipient,
    Series,
    Threshold,
    Up,
)
from generator.model.records import Carried, Drill, Person, Records, Review, Rollback, Waiver
from generator.model.references import Known, References
from generator.model.rehearsal import Illness, Page, Rehearsal, Served, Started
from generator.problems import Place


@dataclass(frozen=True)
class Candidate:
    """What the service's repository states, unconfirmed; `source` is `FILE:LINE` or `FILE:FIRST-LAST`."""

    value: str
    source: str


@dataclass(frozen=True)
class Unfilled:
    """A fact that nobody has supplied yet. `path` names it: `contacts.on-call.name`.

    `by` is the last day on which it is not late; `place` that of its `unfilled:` key. The
    candidates may contradict each other; with or without them it is open.
    """

    path: str
    what: str
    owner: str
    required: bool
    by: date | None = None
    place: Place | None = None
    candidates: tuple[Candidate, ...] = ()


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
    """`id` is None where nothing refers to it."""

    id: str | None
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
    """`pages` are what a sandbox's application answers while the good version is live, by path."""

    id: str
    name: str
    title: str
    purpose: str
    issued: str
    timezone: str
    review: ReviewPolicy
    drill_cycle: str | None
    drills_count: tuple[str, ...]
    fact_groups: tuple[FactGroup, ...]
    link_groups: tuple[LinkGroup, ...]
    maintenance: tuple[str, ...]
    history: tuple[Revision, ...]
    pages: Mapping[str, Page] = field(default_factory=dict)
    illnesses: tuple[Illness, ...] = ()
    references: References = field(default_factory=References)


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
class Message:
    """`text` is sent after a rollback, the others after its undo and after a promotion.

    Each has holes that a script fills from the run log; see `MESSAGE_HOLES`.
    """

    id: str
    title: str
    text: str
    after_undo: str | None = None
    after_promotion: str | None = None

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """What a run can have done, and the text for it, where there is one."""
        found = (("rollback", self.text), ("undo", self.after_undo))
        return tuple((k, t) for k, t in (*found, ("promotion", self.after_promotion)) if t)


MESSAGE_HOLES = ("procedure", "rolled-back", "who", "outcome")


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
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True)
class SeverityLevel:
    id: str
    title: str
    intro: str | None
    verdict: str | None = None


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
class Handbook:
    """One service, valid as a whole.

    `contents` has the canonical text of what a review and each drill would be about, by the
    id of its clock; `stamps` the hash of each.
    """

    service: Service
    contacts: Contacts
    severities: tuple[SeverityLevel, ...]
    triggers: tuple[Trigger, ...]
    metrics: tuple[Metric, ...]
    thresholds: tuple[Threshold, ...]
    procedures: tuple[Procedure, ...]
    checklists: tuple[Checklist, ...]
    sections: tuple[Section, ...]
    canons: tuple[Canon, ...] = ()
    alerting: Alerting = field(default_factory=Alerting)
    unfilled: tuple[Unfilled, ...] = ()
    choices: tuple[Choice, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    records: Records = field(default_factory=Records)
    contents: Mapping[str, str] = field(default_factory=dict)
    stamps: Mapping[str, str] = field(default_factory=dict)

    @property
    def revision(self) -> Revision:
        """The current version of the document."""
        return self.service.history[-1]


__all__ = [
    "MESSAGE_HOLES",
    "Alerting",
    "Authority",
    "Block",
    "Budget",
    "Candidate",
    "Canon",
    "Carried",
    "Channel",
    "Check",
    "Checklist",
    "Choice",
    "Clause",
    "Command",
    "Contact",
    "Contacts",
    "Contradiction",
    "Count",
    "Decided",
    "Drill",
    "Fact",
    "FactGroup",
    "Field",
    "Gap",
    "Gauge",
    "Group",
    "Handbook",
    "Illness",
    "Item",
    "Known",
    "Link",
    "LinkGroup",
    "Matcher",
    "Measure",
    "Message",
    "Metric",
    "Page",
    "Parameter",
    "Person",
    "Phase",
    "Procedure",
    "Quantile",
    "Ratio",
    "Recipient",
    "Records",
    "References",
    "Rehearsal",
    "Review",
    "ReviewPolicy",
    "Revision",
    "Rollback",
    "Section",
    "Series",
    "Served",
    "Service",
    "SeverityLevel",
    "Started",
    "Step",
    "Stop",
    "Threshold",
    "Trigger",
    "Unfilled",
    "Up",
    "Value",
    "Waiver",
]
