"""One thing that is tried on the rules, and how several are tried in one test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from generator import model
from generator.promql import span
from generator.render.alerts.rules import Alert
from generator.render.alerts.waves import Clock, Turn


@dataclass(frozen=True)
class Look:
    """After so many seconds exactly these alerts fire."""

    seconds: int
    firing: tuple[Alert, ...]


@dataclass(frozen=True)
class Said:
    """All that an alert says after so many seconds, when the value is `value`."""

    seconds: int
    alert: Alert
    value: float


@dataclass(frozen=True)
class Case:
    """What the series do, and what then fires."""

    name: str
    metric: model.Metric
    turns: tuple[Turn, ...]
    looks: tuple[Look, ...]
    said: tuple[Said, ...] = ()


def seconds_of(span: timedelta) -> int:
    return int(span.total_seconds())


def rounded_up(number: int, step: int) -> int:
    """The next multiple of `step`."""
    return number + -number % step


def together(cases: list[Case], slot: int, ago: int, clock: Clock) -> list[Case]:
    """Cases beside a baseline, one after the other in one test: what takes long is the wait.

    Each has `slot` seconds for itself, now and again `ago` seconds later.
    """
    room = max(1, ago // slot)
    found = []
    for start in range(0, len(cases), room):
        group = [_later(c, n * slot, clock) for n, c in enumerate(cases[start : start + room])]
        names = [f"{span(timedelta(seconds=c.looks[-1].seconds))}: {c.name}" for c in group]
        found.append(
            Case(
                "\n".join(names),
                group[0].metric,
                tuple(t for c in group for t in c.turns),
                tuple(look for c in group for look in c.looks),
                tuple(said for c in group for said in c.said),
            )
        )
    return found


def _later(case: Case, seconds: int, clock: Clock) -> Case:
    samples = seconds // clock.sample
    return replace(
        case,
        turns=tuple(replace(t, start=t.start + samples) for t in case.turns),
        looks=tuple(replace(x, seconds=x.seconds + seconds) for x in case.looks),
        said=tuple(replace(s, seconds=s.seconds + seconds) for s in case.said),
    )
