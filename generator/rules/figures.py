"""Figures that agree with each other, and those that contradict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from generator import model
from generator.problems import Problem
from generator.refs import figure
from generator.rules.context import Context
from generator.source import Scalar, place_of, problem_at
from generator.text import REFERENCE


def figures_agree(context: Context) -> Iterator[Problem]:
    # What is too much and what is too little of one metric are two series of figures.
    by_metric: dict[tuple[str, bool], dict[str, model.Threshold]] = {}
    for threshold in context.handbook.thresholds:
        if threshold.alert is None:
            continue
        same = by_metric.setdefault((threshold.metric.id, threshold.below is None), {})
        if threshold.alert in same:
            other = same[threshold.alert]
            yield problem_at(
                threshold.id,
                f"two {threshold.alert} alerts on one metric: {figure(threshold)} here, {figure(other)} at {place_of(other.id)}",
                "keep one",
                related=(place_of(other.id),),
            )
        same.setdefault(threshold.alert, threshold)
    for (_, above), same in by_metric.items():
        if len(same) == 2 and (
            same["warning"].value >= same["critical"].value
            if above
            else same["warning"].value <= same["critical"].value
        ):
            low, high = same["warning"], same["critical"]
            yield problem_at(
                low.id,
                f"the warning ({figure(low)}) does not come before the critical alert ({figure(high)}) at {place_of(high.id)}",
                f"a warning has the {'lower' if above else 'higher'} figure",
                related=(place_of(high.id),),
            )


def contradictions(
    handbook: model.Handbook,
) -> Iterator[tuple[model.Contradiction, Scalar, Scalar]]:
    """Triggers and alerts that speak of one figure and say different things.

    Yields what contradicts, with the place of the trigger and of the threshold.
    """
    titles = {s.id: s.title for s in handbook.severities}
    by_id = {t.id: t for t in handbook.thresholds}
    for trigger in handbook.triggers:
        decided = {d.threshold: d for d in trigger.decided}

        def found(
            threshold: model.Threshold,
            words: str,
            trigger: model.Trigger = trigger,
            decided: Mapping[str, model.Decided] = decided,
        ) -> tuple[model.Contradiction, Scalar, Scalar]:
            by = decided.get(threshold.id)
            about = model.Contradiction(threshold.metric.id, words, trigger.id, threshold.id, by)
            return about, trigger.text, threshold.id

        for kind, id in REFERENCE.findall(trigger.text):
            threshold = by_id.get(id) if kind == "threshold" else None
            if threshold and threshold.alert and threshold.alert != trigger.severity:
                words = (
                    f"{threshold.metric.title} {figure(threshold)}: the triggers list it under "
                    f"{titles.get(trigger.severity, trigger.severity)}, the alert is {threshold.alert}."
                )
                yield found(threshold, words)
        for threshold in handbook.thresholds:
            if trigger.metric == threshold.metric.id and threshold.alert == trigger.severity:
                words = (
                    f"{threshold.metric.title}: the triggers name no figure but a condition, "
                    f'"{trigger.text}", the {threshold.alert} alert comes at {figure(threshold)}.'
                )
                yield found(threshold, words)


def figures_do_not_contradict(context: Context) -> Iterator[Problem]:
    for found, trigger, threshold in contradictions(context.handbook):
        if found.decided:
            continue
        yield problem_at(
            trigger,
            f"contradicts {place_of(threshold)}. {found.words}",
            "people have to decide, and to write it down as 'decided' at the trigger; until then the document shows both",
            severity="warning",
            related=(place_of(threshold),),
        )
