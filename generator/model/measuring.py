"""What is measured, how, and the figures from which people or alerts act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.model import Value

# Which key of the content is assumed -> why it was chosen so. What is not in it was decided.
Assumed = Mapping[str, str]


@dataclass(frozen=True)
class Matcher:
    """What the value of a label must be. `kind`: is, is-not, starts, one-of or none-of."""

    label: str
    kind: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """The time series of one name with these labels; a histogram's name has no `_bucket`."""

    name: str
    where: tuple[Matcher, ...] = ()


@dataclass(frozen=True)
class Ratio:
    """Of all that `to` counts within the window, how many percent `of` counts."""

    of: Series
    to: Series
    window: timedelta
    traffic: int


@dataclass(frozen=True)
class Quantile:
    """The value that `percentile` percent of what a histogram observed do not exceed."""

    series: Series
    percentile: Decimal
    window: timedelta
    traffic: int


@dataclass(frozen=True)
class Count:
    """By how much a counter grew within the window."""

    series: Series
    window: timedelta


@dataclass(frozen=True)
class Gauge:
    """What gauges say now; `combine` makes one value of several: sum, max, min or avg."""

    series: Series
    combine: str


@dataclass(frozen=True)
class Up:
    """1 while it answers, 0 while it does not; with a window, the percentage of looks that found it up.

    Of several the worst counts.
    """

    series: Series
    window: timedelta | None


Kind = Ratio | Quantile | Count | Gauge | Up


@dataclass(frozen=True)
class Measure:
    """`scale` turns what is measured into the unit of the metric.

    With a `baseline` the value is divided by the one of that long ago. `not_exported` says why
    no such series exist today; None where they may.
    """

    kind: Kind
    scale: Decimal | None = None
    baseline: timedelta | None = None
    assumed: Assumed = field(default_factory=dict)
    not_exported: str | None = None


@dataclass(frozen=True)
class Metric:
    id: str
    title: str
    monitor: str | None
    purpose: str | None
    unit: str | None
    measure: Measure | None = None
    option: str | None = None


@dataclass(frozen=True)
class Threshold:
    """Either `above` or `below` is set, in the unit of the metric.

    `alert` is None for a decision of people. `lasting` is how long the figure must be crossed
    before the alert fires.
    """

    id: str
    metric: Metric
    above: Decimal | None
    alert: str | None
    below: Decimal | None = None
    lasting: timedelta = timedelta(0)
    procedure: str | None = None
    assumed: Assumed = field(default_factory=dict)

    @property
    def value(self) -> Decimal:
        """The figure, whichever side of it is the bad one."""
        figure = self.above if self.above is not None else self.below
        assert figure is not None
        return figure


@dataclass(frozen=True)
class Recipient:
    """A contact or a channel of contacts.yaml; `kind` says which."""

    kind: str
    id: str


@dataclass(frozen=True)
class Alerting:
    """What all alerts of a service share.

    `where` marks the service's series; `document` is the address at which the document is read.
    `silence` is how long something cannot be measured before a warning says so. `smarthost`,
    `sender` and `slack_url_file` are settings of Alertmanager.
    """

    where: tuple[Matcher, ...] = ()
    document: Value | None = None
    silence: timedelta = timedelta(minutes=10)
    routes: Mapping[str, tuple[Recipient, ...]] = field(default_factory=dict)
    smarthost: str | None = None
    sender: str | None = None
    slack_url_file: str | None = None
    assumed: Assumed = field(default_factory=dict)
