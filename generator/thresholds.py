"""Data that passed its schema -> metrics, thresholds and what all alerts share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from generator import model
from generator.durations import parse_duration
from generator.model.measuring import Kind
from generator.source import Mapping, Scalar, Sequence


def metric(key: Scalar, value: Mapping) -> model.Metric:
    return model.Metric(
        key,
        value["title"],
        value.get("monitor"),
        value.get("purpose"),
        value.get("unit"),
        _measure(value["measure"]) if "measure" in value else None,
        value.get("option"),
    )


def _measure(data: Mapping) -> model.Measure:
    (kind,) = (name for name in _KINDS if name in data)
    return model.Measure(
        kind=_KINDS[kind](data[kind]),
        scale=Decimal(data["scale"]) if "scale" in data else None,
        baseline=_span(data, "baseline"),
        assumed=dict(data.get("assumed", {})),
        not_exported=data.get("not-exported"),
    )


_KINDS: dict[str, Callable[[Mapping], Kind]] = {
    "ratio": lambda d: model.Ratio(
        _series(d["of"]), _series(d["to"]), parse_duration(d["window"]), int(d["traffic"])
    ),
    "quantile": lambda d: model.Quantile(
        _series(d["series"]),
        Decimal(d["percentile"]),
        parse_duration(d["window"]),
        int(d["traffic"]),
    ),
    "count": lambda d: model.Count(_series(d["series"]), parse_duration(d["window"])),
    "gauge": lambda d: model.Gauge(_series(d["series"]), d["combine"]),
    "up": lambda d: model.Up(_series(d["series"]), _span(d, "window")),
}


def _span(data: Mapping, key: str) -> timedelta | None:
    return parse_duration(data[key]) if key in data else None


def _series(data: Mapping) -> model.Series:
    return model.Series(data["name"], _matchers(data))


def _matchers(data: Mapping) -> tuple[model.Matcher, ...]:
    found = []
    for entry in data.get("where", ()):
        ((kind, value),) = ((k, v) for k, v in entry.items() if k != "label")
        values = tuple(value) if isinstance(value, Sequence) else (value,)
        found.append(model.Matcher(entry["label"], str(kind), values))
    return tuple(found)


def threshold(key: Scalar, value: Mapping, metrics: dict[str, model.Metric]) -> model.Threshold:
    return model.Threshold(
        key,
        metrics[value["metric"]],
        Decimal(value["above"]) if "above" in value else None,
        value.get("alert"),
        below=Decimal(value["below"]) if "below" in value else None,
        lasting=_span(value, "for") or timedelta(0),
        procedure=value.get("procedure"),
        assumed=dict(value.get("assumed", {})),
    )


def alerting(
    data: Mapping | None,
    unfilled: list[model.Unfilled],
    fact: Callable[[Scalar | Mapping, str, list[model.Unfilled]], model.Value],
) -> model.Alerting:
    """What all alerts share; `fact` reads a value that may be a typed blank."""
    if data is None:
        return model.Alerting()
    mail, silence = data.get("mail", {}), _span(data, "silence")
    return model.Alerting(
        where=_matchers(data),
        document=fact(data["document"], "alerts.document", unfilled)
        if "document" in data
        else None,
        silence=model.Alerting().silence if silence is None else silence,
        routes={
            severity: tuple(
                model.Recipient(str(kind), id) for entry in entries for kind, id in entry.items()
            )
            for severity, entries in data.get("routes", {}).items()
        },
        smarthost=mail.get("smarthost"),
        sender=mail.get("from"),
        slack_url_file=data.get("slack", {}).get("url-file"),
        assumed=dict(data.get("assumed", {})),
    )
