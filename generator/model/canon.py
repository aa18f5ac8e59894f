"""What governs a service from outside: the clauses of a canon, and what answers each of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Gap:
    """What is missing for a clause; `owner` is a role, `by` the day on which it is owed."""

    missing: str
    owner: str
    by: date | None


@dataclass(frozen=True)
class Clause:
    """One demand. Answers are references such as `procedure:git-rollback` or `triggers`.

    Which of the two lists stands there is what the author claims: answered, or in part.
    """

    id: str
    paragraph: str
    demands: str
    answered_by: tuple[str, ...]
    partly_by: tuple[str, ...]
    gap: Gap | None

    @property
    def answers(self) -> tuple[str, ...]:
        return self.answered_by + self.partly_by


@dataclass(frozen=True)
class Canon:
    """One document of rules, in the version that was read; `path` says where it lies."""

    id: str
    title: str
    path: str
    part: str | None
    version: str
    day: date
    clauses: tuple[Clause, ...]
