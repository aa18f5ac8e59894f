"""What Prometheus computes: the value of each metric, and whether it can be measured at all.

Each value is recorded under a name of its own, so that an alert compares one number with one
figure, the very figure of the document. `increase` is used and not `rate`: a figure such as
"20 in 5 minutes" then stands in the rule as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from generator import model, promql
from generator.promql import number, selector, span

# Prometheus forgets a series after 5 minutes, and evaluates rules every 5 minutes at the least.
_FORGOTTEN = timedelta(minutes=15)
_ONLY_INFINITE = 'le="+Inf"'


@dataclass(frozen=True)
class Recorded:
    name: str
    expression: str


def watched(book: model.Handbook) -> list[model.Metric]:
    """The metrics that a machine measures and an alert depends on."""
    return [m for m in book.metrics if m.measure and alerts_on(book, m)]


def alerts_on(book: model.Handbook, metric: model.Metric) -> list[model.Threshold]:
    return [t for t in book.thresholds if t.alert and t.metric.id == metric.id]


def value_name(book: model.Handbook, metric: model.Metric) -> str:
    """What an alert looks at: 'partpulse:error_rate:percent'."""
    return _name(book, metric, metric.unit or "value")


def records(book: model.Handbook, metric: model.Metric) -> list[Recorded]:
    """What is recorded about a metric, in the order in which it is computed."""
    measure = metric.measure
    assert measure is not None
    where = book.alerting.where
    now = _value(measure, where, "")
    if measure.baseline is None:
        return [Recorded(value_name(book, metric), now)]
    ago = _value(measure, where, f" offset {span(measure.baseline)}")
    inner = "\n".join(f"  {line}" for line in ago.split("\n"))
    names = [_name(book, metric, part) for part in ("now", "normal")]
    return [
        Recorded(names[0], now),
        # Nothing can be compared with 0.
        Recorded(names[1], f"(\n{inner}\n) > 0"),
        Recorded(value_name(book, metric), f"{names[0]} / {names[1]}"),
    ]


def crossed(book: model.Handbook, threshold: model.Threshold) -> str:
    """True beyond the figure; and while it cannot be measured any more, if it was so last.

    A service that dies takes its series with it: without the second half the alert would end
    in that moment. It goes on until there is an alert that nothing is measured.
    """
    sign = ">" if threshold.below is None else "<"
    value, beyond = value_name(book, threshold.metric), f"{sign} {number(threshold.value)}"
    return f"{value} {beyond}\nor (last_over_time({value}[{span(lingers(book))}]) {beyond} unless {value})"


def lingers(book: model.Handbook) -> timedelta:
    """How long an alert goes on after its figure was measured last."""
    return book.alerting.silence + _FORGOTTEN


def missing(book: model.Handbook, metric: model.Metric) -> str:
    """True while a series that the value is made of is not there.

    What is counted may be rare, but its labels are known beforehand: were they called
    otherwise, the rule would find none, and all would look well.
    """
    return "\nor ".join(f"absent(count({s}))" for s in sought(book, metric))


def sought(book: model.Handbook, metric: model.Metric) -> list[str]:
    """The series without which a metric cannot be measured."""
    assert metric.measure is not None
    kind, where = metric.measure.kind, book.alerting.where
    if isinstance(kind, model.Ratio):
        # Where all of one name are counted, those with the labels are some of them.
        among = kind.of.name == kind.to.name and not kind.to.where
        found = [] if among else [selector(kind.to, where)]
        found.append(promql.any_value(kind.of, where))
    elif isinstance(kind, model.Quantile):
        found = [selector(kind.series, where, ending="_bucket", more=_ONLY_INFINITE)]
    else:
        found = [selector(kind.series, where)]
    return list(dict.fromkeys(found))


def baseline_missing(book: model.Handbook, metric: model.Metric) -> str:
    return f"{_name(book, metric, 'now')}\nunless {_name(book, metric, 'normal')}"


def _name(book: model.Handbook, metric: model.Metric, last: str) -> str:
    """Ids hold no '_', so that two of them never become one name."""
    return f"{book.service.id}:{metric.id}:{last}".replace("-", "_")


def _value(measure: model.Measure, where: tuple[model.Matcher, ...], offset: str) -> str:
    kind = measure.kind
    scale = "" if measure.scale is None else f"{number(measure.scale)} * "

    def over(found: str, window) -> str:
        return f"{found}[{span(window)}]{offset}"

    if isinstance(kind, model.Ratio):
        part = f"sum(increase({over(selector(kind.of, where), kind.window)}))"
        whole = f"sum(increase({over(selector(kind.to, where), kind.window)}))"
        return f"{scale}100 * ({part} or vector(0))\n  / {whole}\nand {whole} >= {kind.traffic}"
    if isinstance(kind, model.Quantile):
        buckets = selector(kind.series, where, ending="_bucket")
        all_ = selector(kind.series, where, ending="_bucket", more=_ONLY_INFINITE)
        share = number((kind.percentile / Decimal(100)).normalize())
        return (
            f"{scale}histogram_quantile({share}, sum by (le) (increase({over(buckets, kind.window)})))\n"
            f"and sum(increase({over(all_, kind.window)})) >= {kind.traffic}"
        )
    series = selector(kind.series, where)
    if isinstance(kind, model.Count):
        # Without its second half a counter that is gone would seem to count less and less.
        return (
            f"{scale}sum(increase({over(series, kind.window)}))\nand on() count({series}{offset})"
        )
    if isinstance(kind, model.Gauge):
        return f"{scale}{kind.combine}({series}{offset})"
    if kind.window is None:
        return f"{scale}min({series}{offset})"
    return f"{scale}100 * min(avg_over_time({over(series, kind.window)}))"
