"""What is tried on the rules when a service dies: its series vanish, and no alert may end with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from generator import model
from generator.render.alerts.case import Case, Look, rounded_up, seconds_of
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
    step, silence = makes.clock.evaluation, seconds_of(makes.missing_alert.lasting)
    # What is counted falls as soon as samples are missing; only a mark tells that from less.
    marked = isinstance(makes.kind, model.Count)
    last_sample = makes.ago + makes.lead + makes.active
    series_forgotten = last_sample + (0 if marked else 300)
    within = window(makes.metric)
    value_gone = last_sample + (0 if marked else seconds_of(within) if within else 300)
    firing = makes.look(last_sample, value).firing
    # Rules are evaluated at steps, so each look comes a step later than what it waits for.
    without_value = rounded_up(value_gone, step) + step
    with_both = rounded_up(max(value_gone, series_forgotten + silence), step) + 2 * step
    alert_over = (
        rounded_up(max(value_gone + seconds_of(lingers(makes.book)), with_both), step) + 2 * step
    )
    looks = [
        Look(with_both, (*firing, makes.missing_alert)),
        Look(alert_over, (makes.missing_alert,)),
    ]
    if without_value < series_forgotten + silence:
        looks.insert(0, Look(without_value, firing))
    found = makes.case(name, makes.flows(value), looks)
    *earlier, turn = found.turns
    return replace(found, turns=(*earlier, replace(turn, stale=marked)))
