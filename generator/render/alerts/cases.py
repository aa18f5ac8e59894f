"""What is tried on the rules: values on, just under and just over each figure, and silence."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from generator import model, series
from generator.promql import number
from generator.render.alerts.case import Case, Look, Said, rounded_up, seconds_of, together
from generator.render.alerts.expressions import alerts_on, lingers
from generator.render.alerts.rules import alerts_of
from generator.render.alerts.vanishing import gone
from generator.render.alerts.waves import (
    Clock,
    Flow,
    Turn,
    computed,
    flows,
    is_exact,
    normal,
    raw,
    window,
    written,
)

_STEP = Decimal("0.001")  # how far "just over" is from a figure, as a share of it


def cases(book: model.Handbook, metric: model.Metric, clock: Clock) -> list[Case]:
    """Everything that is tried on the alerts of one metric."""
    makes = Makes(book, metric, clock)
    found = [case for t in alerts_on(book, metric) for case in makes.figure(t)]
    found += makes.traffic()
    found += makes.none()
    found += makes.percentile()
    alone = [case for t in alerts_on(book, metric) for case in gone(makes, t)]
    alone += makes.missing()
    if normal(metric) is None:
        return found + alone
    alone += makes.baseline_missing()
    found += makes.baseline_useless()
    return together(found, makes.slot(), makes.ago, clock) + alone


class Makes:
    def __init__(self, book: model.Handbook, metric: model.Metric, clock: Clock) -> None:
        self.book, self.metric, self.clock = book, metric, clock
        self.thresholds = alerts_on(book, metric)
        self.alerts = alerts_of(book, metric)
        self.by_threshold = dict(zip((t.id for t in self.thresholds), self.alerts))
        self.missing_alert = self.alerts[len(self.thresholds)]
        self.kind = metric.measure.kind if metric.measure else None
        within = window(metric)
        # Series rest this long, so that a window never reaches behind their beginning.
        self.lead = max(seconds_of(within) if within else 0, clock.evaluation)
        longest = max(t.lasting for t in (*self.alerts,))
        self.active = self.lead + seconds_of(longest) + 3 * clock.evaluation
        baseline = metric.measure.baseline if metric.measure else None
        self.ago = seconds_of(baseline) if baseline else 0
        # The first look at which a value is there.
        self.onset = self.ago + self.lead + clock.evaluation

    # --- One figure.

    def figure(self, threshold: model.Threshold) -> Iterator[Case]:
        side, other = ("over", "under") if threshold.below is None else ("under", "over")
        figure = threshold.value
        beyond, before = self.around(threshold)
        fires = self.onset + seconds_of(threshold.lasting)
        looks = [self.look(fires, beyond)]
        if threshold.lasting:
            looks.insert(0, self.look(fires - self.clock.evaluation, beyond))
        alert = self.by_threshold[threshold.id]
        value = computed(self.metric, raw(self.metric, beyond))
        yield self.case(
            f"{threshold.id}: just {side} {number(figure)}, fires when it has lasted",
            self.flows(beyond),
            looks,
            (Said(fires, alert, value),),
        )
        late = self.late()
        if is_exact(self.metric, figure):
            yield self.case(
                f"{threshold.id}: exactly {number(figure)} is not {side} it",
                self.flows(figure),
                [self.look(late, figure)],
            )
        if before is not None:
            yield self.case(
                f"{threshold.id}: just {other} {number(figure)}",
                self.flows(before),
                [self.look(late, before)],
            )

    def around(self, threshold: model.Threshold) -> tuple[Decimal, Decimal | None]:
        """A value just beyond the figure and one just before it; None where there is none."""
        if isinstance(self.kind, model.Up) and self.kind.window is None:
            return Decimal(0), None
        figure = threshold.value
        step = figure * _STEP
        if isinstance(self.kind, model.Ratio) and normal(self.metric) is None and figure < 100:
            step = min(figure, 100 - figure) * _STEP
        sign = 1 if threshold.below is None else -1
        before = figure - sign * step
        possible = self.metric.unit != "percent" or before <= 100
        return figure + sign * step, before if possible else None

    # --- Little traffic.

    def traffic(self) -> Iterator[Case]:
        if not isinstance(self.kind, model.Ratio | model.Quantile):
            return
        enough, bad = Decimal(self.kind.traffic), self.bad()
        # Late enough that a window twice as long would hold twice as many.
        longest = max(seconds_of(t.lasting) for t in self.thresholds)
        late = max(self.late(), self.onset + self.lead + longest)
        name = f"{self.metric.id}: bad, but of only {number(enough - 1)}"
        if enough > 1:
            yield self.case(name, self.flows(bad, enough - 1), [Look(late, ())])
        yield self.case(
            f"{self.metric.id}: bad, of exactly {number(enough)}",
            self.flows(bad, enough),
            [self.look(late, bad)],
        )
        yield self.case(f"{self.metric.id}: idle", self.flows(bad, Decimal(0)), [Look(late, ())])

    def none(self) -> Iterator[Case]:
        """Of all not a single one counts, and no series says so: that is 0, not nothing."""
        if not isinstance(self.kind, model.Ratio) or not self.may_be_low():
            return
        of, to, where = self.kind.of, self.kind.to, self.book.alerting.where
        rest = series.beside(of.where, (*where, *to.where)) if of.name == to.name else None
        if rest is None or not self.named() <= rest.keys():
            return
        _, others = self.flows(Decimal(0))
        yield self.case(
            f"{self.metric.id}: not a single one", [others], [self.look(self.late(), Decimal(0))]
        )

    def may_be_low(self) -> bool:
        return any(t.below is not None for t in self.thresholds)

    def named(self) -> set[str]:
        """The labels without which nothing of a ratio could be counted."""
        assert isinstance(self.kind, model.Ratio)
        where = self.kind.of.where
        return {str(m.label) for m in where if m.kind not in ("is-not", "none-of")}

    def late(self) -> int:
        """When all that is going to fire does, also if something were missing all the time."""
        return self.onset + seconds_of(max(a.lasting for a in self.alerts)) + self.clock.evaluation

    def good(self) -> Decimal:
        """A value that crosses no figure."""
        above = [t.above for t in self.thresholds if t.above is not None]
        below = [t.below for t in self.thresholds if t.below is not None]
        if not below:
            return Decimal(0)
        return (max(below) + min(above)) / 2 if above else max(below) * 2

    def bad(self) -> Decimal:
        """A value beyond every figure of one side."""
        above = [t.above for t in self.thresholds if t.above is not None]
        below = [t.below for t in self.thresholds if t.below is not None]
        if isinstance(self.kind, model.Ratio):
            # All of them or none: little traffic can be parted in no other way without a rest.
            return Decimal(100) / (normal(self.metric) or 1) if above else Decimal(0)
        return max(above) * 2 if above else min(below) / 2

    def percentile(self) -> Iterator[Case]:
        """A few slow ones do not count: a higher percentile would see them."""
        if not isinstance(self.kind, model.Quantile):
            return
        if self.may_be_low():
            return
        few = (1 - self.kind.percentile / 100) * Decimal("0.9")
        # All others take at most three quarters of the lowest figure.
        low = min(t.value for t in self.thresholds)
        amount = raw(self.metric, low * Decimal("1.5"))
        active = flows(self.book, self.metric, amount, self.clock.sample, slow=few)
        late = self.late()
        yield self.case(
            f"{self.metric.id}: fewer slow ones than the percentile leaves out",
            active,
            [Look(late, ())],
        )

    # --- Nothing to measure.

    def missing(self) -> Iterator[Case]:
        yield self.silent("no series", ())
        if not isinstance(self.kind, model.Ratio):
            return
        where, of, to = self.book.alerting.where, self.kind.of, self.kind.to
        labels = series.example((*where, *to.where))
        lacking = sorted(self.named() - labels.keys())
        # Where too little counts, that none is found is told as well.
        if lacking and not self.may_be_low():
            flow = Flow(written(to.name, labels), Decimal(1000))
            yield self.silent(f"no series has the label {', '.join(lacking)}", (flow,))
        if of.name != to.name:
            flow = Flow(written(of.name, series.example((*where, *of.where))), Decimal(1000))
            yield self.silent(f"there is no {to.name}", (flow,))

    def silent(self, why: str, active: tuple[Flow, ...]) -> Case:
        alert = self.missing_alert
        fires = seconds_of(alert.lasting)
        looks = [Look(fires, (alert,))]
        if fires:
            looks.insert(0, Look(fires - self.clock.evaluation, ()))
        return Case(
            f"{self.metric.id}: {why}",
            self.metric,
            (Turn(0, 0, self.samples(fires + self.clock.evaluation), active),) if active else (),
            tuple(looks),
            (Said(fires, alert, 1),),
        )

    def baseline_missing(self) -> Iterator[Case]:
        """A value, and nothing to compare it with."""
        alert = self.alerts[-1]
        fires = self.onset - self.ago + seconds_of(alert.lasting)
        looks = [Look(fires, (alert,))]
        # What counts alone has a value as soon as there are two samples.
        if alert.lasting and not isinstance(self.kind, model.Count):
            looks.insert(0, Look(fires - self.clock.evaluation, ()))
        yield Case(
            f"{self.metric.id}: nothing is known of what is normal",
            self.metric,
            (self.turn(0, self.flows(self.bad())),),
            tuple(looks),
            (Said(fires, alert, 1),),
        )

    def baseline_useless(self) -> Iterator[Case]:
        """Something was measured when all was normal, and it is good for no comparison."""
        alert = self.alerts[-1]
        tried = {}
        if isinstance(self.kind, model.Ratio | model.Quantile) and self.kind.traffic > 1:
            few = Decimal(self.kind.traffic - 1)
            tried["too little traffic when it was normal"] = self.flows(Decimal(1), few)
            # A ratio of little traffic is no whole number of requests.
            if isinstance(self.kind, model.Quantile):
                yield self.case(
                    f"{self.metric.id}: just enough traffic when it was normal",
                    self.flows(self.bad()),
                    [self.look(self.late(), self.bad())],
                    then=self.flows(Decimal(1), few + 1),
                )
        if not isinstance(self.kind, model.Quantile):
            nothing = Decimal(0)
            tried["normal was 0"] = self.flows(nothing, before=nothing)
        for why, then in tried.items():
            yield self.case(
                f"{self.metric.id}: {why}",
                self.flows(self.bad()),
                [Look(self.onset + seconds_of(alert.lasting), (alert,))],
                then=then,
            )

    # --- Shared.

    def slot(self) -> int:
        """Seconds that a case needs for itself, until Prometheus has forgotten its series."""
        found = self.lead + self.active + self.lead + 300 + self.clock.sample
        found += seconds_of(lingers(self.book))
        return rounded_up(found, self.clock.evaluation)

    def flows(
        self, value: Decimal, traffic: Decimal | None = None, before: Decimal | None = None
    ) -> list[Flow]:
        return flows(
            self.book,
            self.metric,
            raw(self.metric, value),
            self.clock.sample,
            traffic=traffic,
            before=raw(self.metric, self.good() if before is None else before),
        )

    def look(self, seconds: int, value: Decimal) -> Look:
        """What fires when the value is there since `onset`."""
        since = seconds - self.onset
        return Look(
            seconds,
            tuple(
                self.by_threshold[t.id]
                for t in self.thresholds
                if seconds_of(t.lasting) <= since
                and (value > t.value if t.below is None else value < t.value)
            ),
        )

    def case(
        self,
        name: str,
        active: list[Flow],
        looks: list[Look],
        said: tuple[Said, ...] = (),
        then: list[Flow] | None = None,
    ) -> Case:
        turns = [self.turn(self.ago, active)]
        if self.ago:
            turns.insert(0, self.turn(0, then or self.flows(Decimal(1), before=Decimal(1))))
        return Case(name, self.metric, tuple(turns), tuple(looks), said)

    def turn(self, start: int, active: list[Flow]) -> Turn:
        return Turn(
            self.samples(start),
            self.samples(self.lead) + 1,
            self.samples(self.active),
            tuple(active),
        )

    def samples(self, seconds: int) -> int:
        return seconds // self.clock.sample
