"""Measures, figures and alerts out of which Prometheus can make something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from generator import model, series
from generator.markdown import URL
from generator.problems import Problem, did_you_mean, quoted
from generator.refs import figure
from generator.rules.context import Context, unique, unknown
from generator.source import Scalar, problem_at

_ONE_NUMBER = frozenset(("percent", "hours", "minutes", "seconds", "milliseconds", "count"))


def measures_can_be_made(context: Context) -> Iterator[Problem]:
    for metric in context.handbook.metrics:
        if metric.measure is not None:
            yield from _units(metric, metric.measure)
            yield from _spans(context.handbook, metric, metric.measure)
            yield from _labels(context.handbook, metric.measure)
            if isinstance(metric.measure.kind, model.Ratio):
                yield from _share(context.handbook, metric, metric.measure.kind)


def _units(metric: model.Metric, measure: model.Measure) -> Iterator[Problem]:
    kind = measure.kind
    if isinstance(kind, model.Up):
        allowed = frozenset(("up",) if kind.window is None else ("percent",))
    elif measure.baseline is not None:
        allowed = frozenset(("times-normal",))
    else:
        allowed = frozenset(("percent",)) if isinstance(kind, model.Ratio) else _ONE_NUMBER
    if metric.unit not in allowed:
        what = type(kind).__name__.lower()
        beside = " beside a baseline" if measure.baseline is not None else ""
        beside += " within a window" if isinstance(kind, model.Up) and kind.window else ""
        unit = f"is not in the unit {quoted(metric.unit)}" if metric.unit else "needs a unit"
        yield problem_at(
            metric.unit or metric.id,
            f"what '{what}' measures{beside} {unit}",
            did_you_mean(metric.unit or "", allowed),
        )
    fixed = isinstance(kind, model.Up | model.Ratio)
    if fixed and measure.scale is not None:
        yield problem_at(
            metric.id,
            "what is measured in percent, or as 1 and 0, has no scale",
            "leave 'scale' out",
        )
    if isinstance(kind, model.Up) and measure.baseline is not None:
        yield problem_at(
            metric.id,
            "whether something answers has no baseline",
            "leave 'baseline' out, and choose a figure",
        )


def _spans(book: model.Handbook, metric: model.Metric, measure: model.Measure) -> Iterator[Problem]:
    window = None if isinstance(measure.kind, model.Gauge) else measure.kind.window
    if window == timedelta(0) or measure.baseline == timedelta(0):
        yield problem_at(metric.id, "a span of no time measures nothing", "for example: PT5M")
    elif measure.baseline is not None:
        lasting = [t.lasting for t in book.thresholds if t.metric.id == metric.id]
        longest = max([book.alerting.silence, *lasting])
        if measure.baseline < 4 * ((window or timedelta(0)) + longest):
            yield problem_at(
                metric.id,
                "the baseline lies too near: what is wrong now would soon be what is normal",
                "at least four times as long ago as window and 'for' last together, such as P7D",
            )


def _labels(book: model.Handbook, measure: model.Measure) -> Iterator[Problem]:
    kind = measure.kind
    for found in (kind.of, kind.to) if isinstance(kind, model.Ratio) else (kind.series,):
        yield from unique(
            (m.label for m in (*book.alerting.where, *found.where)),
            "condition on the label",
            "say it once, here or in 'where' of all alerts",
        )


def _share(book: model.Handbook, metric: model.Metric, kind: model.Ratio) -> Iterator[Problem]:
    if kind.of.name == kind.to.name and series.beside(kind.of.where, kind.to.where) is None:
        yield problem_at(
            kind.of.name,
            "'of' counts all that 'to' counts: the ratio is always 100%",
            "give 'of' a label that tells them apart: where: [{label: code, starts: \"5\"}]",
        )
    for threshold in book.thresholds:
        if (
            threshold.metric.id == metric.id
            and threshold.above is not None
            and threshold.above >= 100
            and metric.unit == "percent"
        ):
            yield problem_at(
                threshold.id,
                f"a ratio is never {figure(threshold)}",
                "choose a figure below 100",
            )


def alerts_can_be_made(context: Context) -> Iterator[Problem]:
    book = context.handbook
    procedures = [p.id for p in book.procedures]
    for threshold in book.thresholds:
        if threshold.alert is not None and threshold.metric.measure is None:
            yield problem_at(
                threshold.id,
                f"no alert can be made of {threshold.metric.title} {figure(threshold)}: its metric has no measure",
                "say under 'measure' how Prometheus measures it",
                severity="warning",
            )
        if threshold.metric.unit == "up" and threshold.below != 1:
            yield problem_at(
                threshold.id,
                "something answers (1) or does not (0); there is nothing else to compare",
                "write 'below: 1'",
            )
        if threshold.procedure is not None and threshold.procedure not in procedures:
            yield unknown(threshold.procedure, "procedure", procedures)
    people = {
        "contact": [c.id for c in book.contacts.contacts],
        "channel": [c.id for c in book.contacts.channels],
    }
    for recipient in (r for found in book.alerting.routes.values() for r in found):
        if recipient.id not in people[recipient.kind]:
            yield unknown(recipient.id, recipient.kind, people[recipient.kind])
    document = book.alerting.document
    if isinstance(document, Scalar) and (not URL.fullmatch(document) or "#" in document):
        yield problem_at(
            document,
            f"{quoted(document)} is not an address to which a section can be added",
            "for example: https://rollback.example/shop/rollback-procedures.html",
        )


def assumptions_are_about_something(context: Context) -> Iterator[Problem]:
    """What is assumed is a key that stands beside it."""
    for document in context.documents:
        if document.kind != "thresholds":
            continue
        data = document.data
        for metric in data["metrics"].values():
            if measure := metric.get("measure"):
                kinds = (v for v in measure.values() if isinstance(v, Mapping))
                inner = [k for v in kinds for k in v if v is not measure.get("assumed")]
                yield from _assumed(measure, inner)
        for threshold in data["thresholds"].values():
            yield from _assumed(threshold)
        yield from _assumed(data.get("alerts", {}))


def _assumed(data: Mapping, inner: list[str] | None = None) -> Iterator[Problem]:
    known = [*(inner or ()), *(k for k, v in data.items() if k != "assumed")]
    if inner is not None:
        known = [k for k in known if not isinstance(data.get(k), Mapping)]
    for key in data.get("assumed", ()):
        if key not in known:
            yield unknown(key, "key beside 'assumed'", known)
