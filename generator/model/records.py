"""Evidence: what was reviewed, drilled, allowed to be late, and rolled back. Append-only.

`id` is the name of the file without its ending; it begins with the day. Moments are
UTC, `YYYY-MM-DDTHH:MM:SSZ`, as the run logs write them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Person:
    name: str
    role: str


@dataclass(frozen=True)
class Review:
    """`day` stays text, because freshness judges it; `content` is what the stamp was made of."""

    id: str
    day: str
    version: str
    stamp: str
    reviewer: Person
    approver: Person
    scope: str
    outcome: str
    findings: tuple[str, ...] = ()
    next: str | None = None
    supersedes: str | None = None
    content: str = ""


@dataclass(frozen=True)
class StepResult:
    """`result` is ok, failed or not-done; `by` is script or person."""

    id: str
    result: str
    by: str
    note: str | None = None


@dataclass(frozen=True)
class CorrectiveAction:
    what: str
    owner: str
    due: date


@dataclass(frozen=True)
class Drill:
    """One drill of one procedure; `script` is its name, hash and exit status, or None."""

    id: str
    procedure: str
    version: str
    stamp: str
    environment: str
    kind: str
    start: str
    end: str
    participants: tuple[Person, ...]
    steps: tuple[StepResult, ...]
    verification: str
    script: str | None = None
    script_sha256: str | None = None
    exit: int | None = None
    log: str | None = None
    target: timedelta | None = None
    deviations: tuple[str, ...] = ()
    actions: tuple[CorrectiveAction, ...] = ()
    night: str | None = None
    reviewer: Person | None = None
    supersedes: str | None = None
    content: str = ""

    @property
    def passed(self) -> bool:
        """Every step was done and went well, and the result was verified."""
        return (
            self.kind == "functional"
            and self.verification == "passed"
            and all(s.result == "ok" for s in self.steps)
        )


@dataclass(frozen=True)
class Carried:
    """A drill that stands for another rendering of the same steps."""

    id: str
    day: str
    drill: str
    script_sha256: str
    reason: str
    approver: Person
    supersedes: str | None = None


@dataclass(frozen=True)
class Waiver:
    id: str
    clock: str
    reason: str
    approver: Person
    granted: date
    until: date
    supersedes: str | None = None


@dataclass(frozen=True)
class Rollback:
    """A real one; `no_change` says why the document needs no change after it."""

    id: str
    procedure: str
    version: str
    start: str
    end: str
    who: Person
    trigger: str
    outcome: str
    log: str | None = None
    no_change: str | None = None
    supersedes: str | None = None


@dataclass(frozen=True)
class Records:
    """All records of a service, each kind by id, so by day; also those that were superseded."""

    reviews: tuple[Review, ...] = ()
    drills: tuple[Drill, ...] = ()
    carried: tuple[Carried, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    rollbacks: tuple[Rollback, ...] = ()
