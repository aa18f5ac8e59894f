"""Time series that make a measure come to a wanted value, as promtool writes them.

Counters grow by whole numbers, so that what Prometheus computes is exact, and a value can lie
exactly on a figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from math import gcd

from generator import model, series
from generator.promql import number, quote
from generator.render.alerts.expressions import alerts_on, watched

# What a counter of all grows by at each sample; 64 times it where a ratio has a baseline.
ALL = 1_000_000


@dataclass(frozen=True)
class Clock:
    """`evaluation` and `sample` in seconds: every window is a whole number of each."""

    evaluation: int
    sample: int


def clock(book: model.Handbook) -> Clock:
    """Steps small enough for the shortest window, and large enough for a baseline a week ago."""
    spans = [s for m in watched(book) for s in (window(m), m.measure and m.measure.baseline) if s]
    spans += [t.lasting for m in watched(book) for t in alerts_on(book, m)]
    spans.append(book.alerting.silence)
    common = gcd(*(int(s.total_seconds()) for s in spans))
    # Prometheus forgets a value that is older than 5 minutes.
    near = [
        int(m.measure.baseline.total_seconds()) // 8
        for m in watched(book)
        if m.measure and m.measure.baseline
    ]
    evaluation = _divisor(common or 60, min([300, *(max(1, n) for n in near)]))
    windows = [int(w.total_seconds()) for m in watched(book) if (w := window(m))]
    return Clock(evaluation, _divisor(evaluation, min([60, *(max(1, w // 5) for w in windows)])))


def _divisor(number: int, limit: int) -> int:
    return next(d for d in range(min(number, limit), 0, -1) if number % d == 0)


def window(metric: model.Metric) -> timedelta | None:
    kind = metric.measure and metric.measure.kind
    return None if kind is None or isinstance(kind, model.Gauge) else kind.window


@dataclass
class Line:
    """The samples of one series, written down from its first one on."""

    series: str
    counter: bool
    level: Decimal = Decimal(0)
    length: int = 0
    parts: list[str] = field(default_factory=list)

    def rest(self, samples: int) -> None:
        """A counter stays where it is, a gauge is not there."""
        if self.counter:
            self._write(samples, self.level, Decimal(0))
        else:
            self.away(samples)

    def away(self, samples: int) -> None:
        if samples > 0:
            self.parts.append(f"_x{samples}")
            self.length += samples

    def end(self) -> None:
        self.parts.append("stale")
        self.length += 1

    def go(self, samples: int, amount: Decimal, every: int) -> None:
        """A counter grows by `amount` at every `every`-th sample, a gauge stands at `amount`."""
        if not self.counter:
            self._write(samples, amount, Decimal(0))
        elif every == 1:
            self._write(samples, self.level + amount, amount)
            self.level += amount * samples
        else:
            for start in range(0, samples, every):
                self.level += amount
                self.rest(min(every, samples - start))

    def _write(self, samples: int, first: Decimal, step: Decimal) -> None:
        if samples > 0:
            self.parts.append(f"{number(first)}+{number(step)}x{samples - 1}")
            self.length += samples

    @property
    def values(self) -> str:
        return " ".join(self.parts)


@dataclass(frozen=True)
class Flow:
    """What one series does while it is active: `amount` at every `every`-th sample.

    A counter grows by `before` while the others rest: what counts alone is 0 there, not nothing.
    """

    series: str
    amount: Decimal
    every: int = 1
    counter: bool = True
    before: Decimal = Decimal(0)


def normal(metric: model.Metric) -> Decimal | None:
    """What is measured as normal, in the unit of the series; None without a baseline.

    A power of two: to divide by it loses nothing.
    """
    assert metric.measure is not None
    if metric.measure.baseline is None:
        return None
    return {model.Ratio: Decimal(1) / 64, model.Quantile: Decimal("0.25")}.get(
        type(metric.measure.kind), Decimal(1)
    )


def raw(metric: model.Metric, value: Decimal) -> Decimal:
    """What the series have to say so that the measure comes to `value`."""
    measure = metric.measure
    assert measure is not None
    base = normal(metric)
    if base is not None:
        return value * base
    if isinstance(measure.kind, model.Up) and measure.kind.window is not None:
        return value / 100
    return Decimal(repr(float(value) / float(measure.scale or 1)))


def computed(metric: model.Metric, amount: Decimal) -> float:
    """What Prometheus makes of `amount`, in its own arithmetic."""
    measure = metric.measure
    assert measure is not None
    scale = float(measure.scale or 1)
    if isinstance(measure.kind, model.Up) and measure.kind.window is not None:
        scale = 100.0
    base = normal(metric)
    return scale * float(amount) / (scale * float(base) if base is not None else 1.0)


def is_exact(metric: model.Metric, value: Decimal) -> bool:
    """Whether the series can put the measure exactly on `value`."""
    assert metric.measure is not None
    amount = raw(metric, value)
    if isinstance(metric.measure.kind, model.Ratio):
        amount = amount * _all(metric) / 100
        return amount == int(amount)
    whole = not isinstance(metric.measure.kind, model.Count) or amount == int(amount)
    return whole and computed(metric, amount) == float(value)


def _all(metric: model.Metric) -> int:
    assert metric.measure is not None
    compared = isinstance(metric.measure.kind, model.Ratio) and normal(metric) is not None
    return 64 * ALL if compared else ALL


def flows(
    book: model.Handbook,
    metric: model.Metric,
    amount: Decimal,
    sample: int,
    *,
    traffic: Decimal | None = None,
    slow: Decimal | None = None,
    before: Decimal = Decimal(0),
) -> list[Flow]:
    """Series that measure `amount`. Without `traffic` (in a window) there is much of it.

    `slow` is the share of observations of a histogram that take `amount`; the others take
    at most half of it. Without it a few more than the percentile leaves out. `before` is what a
    counter counts in a window before that.
    """
    assert metric.measure is not None
    kind, where = metric.measure.kind, book.alerting.where
    span = window(metric)
    every = int(span.total_seconds()) // sample if span else 1
    if isinstance(kind, model.Ratio):
        whole, step = (
            (traffic, every) if traffic is not None else (_enough(metric, kind.traffic), 1)
        )
        part = amount * whole / 100
        inside = series.example((*where, *kind.of.where))
        matched = kind.of.name == kind.to.name and series.fits(kind.to.where, inside)
        around = series.beside(kind.of.where, (*where, *kind.to.where)) if matched else None
        around = around or series.example((*where, *kind.to.where))
        rest = whole - part if matched else whole
        return [
            Flow(written(kind.of.name, inside), part, step),
            Flow(written(kind.to.name, around), rest, step),
        ]
    labels = series.example((*where, *kind.series.where))
    if isinstance(kind, model.Quantile):
        whole, step = (
            (traffic, every) if traffic is not None else (_enough(metric, kind.traffic), 1)
        )
        left_out = 1 - kind.percentile / 100
        share = min(Decimal(1), left_out * Decimal("1.1")) if slow is None else slow
        bounds = {number(amount / 2): 1 - share, number(amount): 1 - share, "+Inf": Decimal(1)}
        return [
            Flow(
                written(f"{kind.series.name}_bucket", {**labels, "le": bound}),
                (whole * below).normalize(),
                step,
            )
            for bound, below in bounds.items()
        ]
    if isinstance(kind, model.Count):
        return [Flow(written(kind.series.name, labels), amount, every, before=before)]
    return [
        Flow(written(kind.series.name, {**labels, _free(labels): name}), level, counter=False)
        for name, level in _several(kind, amount)
    ]


def _several(kind: model.Gauge | model.Up, amount: Decimal) -> Iterator[tuple[str, Decimal]]:
    """Two gauges of which `combine` makes `amount`, and any other way of combining does not."""
    combine = kind.combine if isinstance(kind, model.Gauge) else "min"
    first, second = {
        "sum": (amount / 2, amount / 2),
        "avg": (Decimal(0), amount * 2),
        "max": (amount, amount / 4),
        "min": (amount, amount + 1 if isinstance(kind, model.Gauge) else max(amount, Decimal(1))),
    }[combine]
    yield "a", first
    yield "b", second


def _free(labels: dict[str, str]) -> str:
    name = "instance"
    while name in labels:
        name += "_"
    return name


def _enough(metric: model.Metric, traffic: int) -> Decimal:
    return Decimal(_all(metric) * -(-traffic // ALL))


def written(name: str, labels: dict[str, str]) -> str:
    found = ",".join(f"{label}={quote(value)}" for label, value in labels.items())
    return f"{name}{{{found}}}"


@dataclass(frozen=True)
class Turn:
    """From sample `start` on the series rest, and then go; before and after they are not there.

    With `stale` Prometheus knows at once that they are gone, as where it cannot scrape a target.
    """

    start: int
    rest: int
    go: int
    flows: tuple[Flow, ...]
    stale: bool = False


def lines(turns: Iterable[Turn]) -> list[Line]:
    """The series of some turns, one after the other."""
    turns = sorted(turns, key=lambda t: t.start)
    found = {f.series: Line(f.series, f.counter) for t in turns for f in t.flows}
    for turn in turns:
        for flow in turn.flows:
            line = found[flow.series]
            line.away(turn.start - line.length)
            if flow.before:
                line.rest(1)
                line.level += flow.before
            line.rest(turn.rest - bool(flow.before))
            line.go(turn.go, flow.amount, flow.every)
            if turn.stale:
                line.end()
    return list(found.values())
