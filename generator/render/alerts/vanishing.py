"""What is tried on the rules when a service dies: its series vanish, and no alert may end with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from generator import model
from generator.render.alerts.case import Case, Look
from generator.render.alerts.expressions import lingers
from generator.render.alerts.waves import window

if TYPE_CHECKING:
    from generator.render.alerts.cases import Makes


def gone(makes: Makes, threshold: model.Threshold) -> Iterator[Case]:
    """All series vanish: an alert goes on until another one says so, and none begins."""
    beyond, before = makes.around(threshold)
    yield _vanishes(makes, f"{threshold.id}: its series vanish while the alert fires", beyond)
    # Exactly on the figure only without a window: what that holds less and less of is rounded.
    harmless = threshold.value if before is None and not window(makes.metric) else before
    if harmless is not None:
        yield _vanishes(makes, f"{threshold.id}: its series vanish while all is well", harmless)


def _vanishes(makes: Makes, name: str, value: Decimal) -> Case:
    step, silence = makes.clock.evaluation, int(makes.missing_alert.lasting.total_seconds())
    # What is counted falls as soon as samples are missing; only a mark tells that from less.
    marked = isinstance(makes.kind, model.Count)
    last = makes.ago + makes.lead + makes.active
    # When Prometheus knows of the series no longer, and when the figure has no value any more.
    unseen = last + (0 if marked else 300)
    within = window(makes.metric)
    blind = last + (0 if marked else int(within.total_seconds()) if within else 300)
    over = blind + int(lingers(makes.book).total_seconds())
    firing = makes.look(last, value).firing
    told = (makes.missing_alert,)
    both = _up(max(blind, unseen + silence), step) + 2 * step
    looks = [
        Look(both, (*firing, *told)),
        Look(_up(max(over, both), step) + 2 * step, told),
    ]
    alone = _up(blind, step) + step
    if alone < unseen + silence:
        looks.insert(0, Look(alone, firing))
    found = makes.case(name, makes.flows(value), looks)
    *earlier, turn = found.turns
    return replace(found, turns=(*earlier, replace(turn, stale=marked)))


def _up(seconds: int, step: int) -> int:
    return seconds + -seconds % step
