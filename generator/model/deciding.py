"""When to roll back, with which procedure, and what people decided where figures contradict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from generator.model.records import Person


@dataclass(frozen=True)
class Decided:
    """`holds` is 'trigger' or 'alert': which of the two counts for a rollback."""

    threshold: str
    holds: str
    by: Person
    on: date
    because: str


@dataclass(frozen=True)
class Trigger:
    id: str
    severity: str
    text: str
    metric: str | None
    decided: tuple[Decided, ...] = ()


@dataclass(frozen=True)
class Contradiction:
    """A trigger and an alert that say different things about one figure; for people to decide."""

    about: str
    words: str
    trigger: str
    threshold: str
    decided: Decided | None = None


@dataclass(frozen=True)
class Choice:
    """When to use a procedure: every condition that is named must hold."""

    when: str
    procedure: str
    case: str | None
    severities: tuple[str, ...]
    triggers: tuple[str, ...]

    @property
    def otherwise(self) -> bool:
        """It has no condition: it is for when no other choice is taken."""
        return not (self.case or self.severities or self.triggers)
