"""Unit tests of the rules, for `promtool test rules`."""

from __future__ import annotations

from datetime import timedelta

from generator import model, promql
from generator.promql import quote
from generator.render.alerts.case import Case, Look, Said
from generator.render.alerts.cases import cases
from generator.render.alerts.expressions import watched
from generator.render.alerts.rules import Alert
from generator.render.alerts.waves import Clock, clock, lines


def data(book: model.Handbook, rules: str) -> dict[str, object]:
    """The tests as plain data; `rules` is the file that they are about."""
    steps = clock(book)
    return {
        "rule_files": [rules],
        "evaluation_interval": _span(steps.evaluation),
        "tests": [_test(c, steps) for m in watched(book) for c in cases(book, m, steps)],
    }


def _test(case: Case, steps: Clock) -> dict[str, object]:
    found: dict[str, object] = {"name": case.name, "interval": _span(steps.sample)}
    if case.turns:
        series = lines(case.turns)
        found["input_series"] = [{"series": s.series, "values": s.values} for s in series]
    found["promql_expr_test"] = [_look(case, look) for look in case.looks]
    if case.said:
        found["alert_rule_test"] = [_said(said) for said in case.said]
    return found


def _said(said: Said) -> dict[str, object]:
    alert = said.alert
    found = {"exp_labels": alert.labels, "exp_annotations": alert.said(said.value)}
    return {"eval_time": _span(said.seconds), "alertname": alert.name, "exp_alerts": [found]}


def _look(case: Case, look: Look) -> dict[str, object]:
    """Which alerts of the metric fire: these, with these labels, and no other."""
    return {
        "expr": f'ALERTS{{alertstate="firing",metric={quote(case.metric.id)}}}',
        "eval_time": _span(look.seconds),
        "exp_samples": [{"labels": _firing(alert), "value": 1} for alert in look.firing],
    }


def _firing(alert: Alert) -> str:
    labels = {"alertname": alert.name, "alertstate": "firing", **alert.labels}
    return f"ALERTS{{{', '.join(f'{k}={quote(v)}' for k, v in sorted(labels.items()))}}}"


def _span(seconds: int) -> str:
    return promql.span(timedelta(seconds=seconds))
