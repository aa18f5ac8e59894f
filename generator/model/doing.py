"""What is done and looked at: procedures with their steps, checklists with their items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from generator.model.rehearsal import Rehearsal
from generator.problems import Place


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
    threshold: str | None = None


@dataclass(frozen=True)
class Command:
    """`words` are the arguments of one process; `{name}` in them is a hole.

    `capture` names the hole that later commands fill with the word it prints.
    """

    words: tuple[str, ...]
    comment: str | None = None
    capture: str | None = None


@dataclass(frozen=True)
class Check:
    """Something that a script looks at: a command and what it prints, or an action.

    `within` is how long it may take to hold; None leaves that to the script. Beside the commands
    of a step it is their goal: it decides whether they are run, and whether they worked. `limit`
    is how long the command may take; None where nobody has said so.
    """

    commands: tuple[Command, ...]
    equals: str | None
    contains: str | None
    lacks: str | None
    action: str | None
    arguments: Mapping[str, str]
    within: timedelta | None
    limit: timedelta | None = None

    @property
    def verifies(self) -> bool:
        """Whether it proves something: one that only captures takes whatever it is told."""
        captures = any(c.capture for c in self.commands)
        expects = (self.equals, self.contains, self.lacks) != (None, None, None)
        return bool(self.commands) and (expects or not captures)


@dataclass(frozen=True)
class Step:
    """`limit` is how long each command may take, `show` whether what they print is shown."""

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
    check: Check | None = None
    limit: timedelta | None = None
    show: bool = False

    @property
    def runs(self) -> bool:
        """Whether a script can do the step by itself."""
        return (
            self.action is not None
            or self.check is not None
            or (bool(self.commands) and not self.manual and not self.either)
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
    drill_place: Place | None = None
    rehearsal: Rehearsal | None = None


@dataclass(frozen=True)
class Field:
    id: str
    label: str
    help: str | None
    choices: tuple[str, ...]
    fill: str | None = None


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
    checks: tuple[Check, ...] = ()


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
    script: str | None = None
    parameters: tuple[Parameter, ...] = ()
