"""A measure and its figures in words, for readers of the document and of the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from generator import model
from generator.durations import duration_words
from generator.promql import number
from generator.refs import figure
from generator.text import Code

Words = tuple[str | Code, ...]

_COMBINED = {"sum": "their sum", "max": "the largest", "min": "the smallest", "avg": "their mean"}
_MATCHES = {
    "is": "that is",
    "is-not": "that is not",
    "starts": "that starts with",
    "one-of": "that is one of",
    "none-of": "that is none of",
}


@dataclass(frozen=True)
class Row:
    """One property in words. `why` it was assumed, or None where it was decided."""

    key: str
    label: str
    value: Words
    why: str | None = None


def measured(metric: model.Metric) -> list[Row]:
    """How a metric is measured, from what is read to what is made of it."""
    measure = metric.measure
    assert measure is not None
    rows = list(_kind(measure.kind))
    if measure.not_exported:
        why = (str(measure.not_exported),)
        rows.insert(
            0, Row("not-exported", "NOT EXPORTED, so that no figure of it raises an alert", why)
        )
    if measure.scale is not None:
        rows.append(Row("scale", "Multiplied by", (number(measure.scale),)))
    if measure.baseline is not None:
        rows.append(Row("baseline", "Normal is", (f"the same, {long(measure.baseline)} earlier",)))
    return _with_reasons(rows, measure.assumed)


def acted_on(threshold: model.Threshold, procedure: Words) -> list[Row]:
    """What one figure leads to; the first row is the figure."""
    key = "above" if threshold.below is None else "below"
    lasting = f"after {long(threshold.lasting)}" if threshold.lasting else "at once"
    rows = [
        Row(key, "Figure", (figure_words(threshold),)),
        Row("alert", "Alert", (str(threshold.alert),)),
        Row("for", "Fires", (lasting,)),
    ]
    if threshold.procedure is not None:
        rows.append(Row("procedure", "Procedure", procedure))
    return _with_reasons(rows, threshold.assumed)


def shared(book: model.Handbook) -> list[Row]:
    """What holds for all alerts of a service and nobody has decided."""
    alerting = book.alerting
    titles = {("contact", c.id): c.title for c in book.contacts.contacts}
    titles |= {("channel", c.id): c.title for c in book.contacts.channels}
    told = [
        f"{severity}: {', '.join(titles[r.kind, r.id] for r in recipients)}"
        for severity, recipients in alerting.routes.items()
    ]
    silence = f"an alert after {long(alerting.silence)}, as severe as the worst of its figures"
    rows = [
        Row("where", "Series", ("those", *series_where(alerting.where))),
        Row("silence", "What cannot be measured", (silence,)),
        Row("routes", "Who is told", ("; ".join(told),)),
    ]
    return [r for r in _with_reasons(rows, alerting.assumed) if r.why is not None]


def figure_words(threshold: model.Threshold) -> str:
    """'>2x normal': the figure where it stands alone."""
    normal = " normal" if threshold.metric.unit == "times-normal" else ""
    return f"{figure(threshold)}{normal}"


def series_words(series: model.Series) -> Words:
    return (Code(str(series.name)), *series_where(series.where))


def series_where(matchers: tuple[model.Matcher, ...]) -> Words:
    """' with `code` that starts with `5` and ...'."""
    found: list[str | Code] = []
    for matcher in matchers:
        found += [" and " if found else " with ", Code(str(matcher.label))]
        found.append(f" {_MATCHES[matcher.kind]} ")
        for index, value in enumerate(matcher.values):
            found += [", "] if index else []
            found.append(Code(str(value)))
    return tuple(found)


def long(span: timedelta) -> str:
    """'7 days' where a span is one of whole days, else as everywhere."""
    days, rest = divmod(span, timedelta(days=1))
    if days and not rest:
        return "1 day" if days == 1 else f"{days} days"
    return duration_words(span)


def _kind(
    kind: model.Ratio | model.Quantile | model.Count | model.Gauge | model.Up,
) -> Iterator[Row]:
    if isinstance(kind, model.Ratio):
        yield Row("of", "Counted", series_words(kind.of))
        yield Row("to", "In percent of", series_words(kind.to))
    elif isinstance(kind, model.Count):
        yield Row("series", "Counted", series_words(kind.series))
    elif isinstance(kind, model.Quantile):
        yield Row("series", "Observed", series_words(kind.series))
        yield Row(
            "percentile",
            "Percentile",
            (f"{number(kind.percentile)}: the value that so many percent do not exceed",),
        )
    else:
        yield Row("series", "Read", series_words(kind.series))
    if isinstance(kind, model.Gauge):
        yield Row("combine", "Of several", (_COMBINED[kind.combine],))
    window = None if isinstance(kind, model.Gauge) else kind.window
    if window is not None:
        yield Row("window", "Within", (f"the last {long(window)}",))
    if isinstance(kind, model.Ratio | model.Quantile):
        yield Row("traffic", "Only with", (f"at least {kind.traffic} in that time",))


def _with_reasons(rows: list[Row], assumed: model.measuring.Assumed) -> list[Row]:
    return [Row(r.key, r.label, r.value, assumed.get(r.key)) for r in rows]
