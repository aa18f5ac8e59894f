"""Thresholds that page: rules for Prometheus, their tests, and an example of who is told."""

from __future__ import annotations

from generator import model, yamltext
from generator.outputs import OutFile
from generator.render.alerts import routes, rules, units
from generator.render.alerts.expressions import watched
from generator.render.alerts.shown import shown as rows

FOLDER = "alerts"
RULES = "prometheus-rules.yml"
ROUTES = "alertmanager-example.yml"
TESTS = "prometheus-rules.test.yml"


def outputs(book: model.Handbook) -> list[OutFile]:
    if not watched(book):
        return []
    tried = [
        f"Tests of {RULES}, made by Rollbook from content/{book.service.id}/. Do not edit.",
        f"To run them: promtool test rules {TESTS}",
    ]
    found = [
        _file(RULES, rules.header(book), rules.data(book)),
        _file(TESTS, tried, units.data(book, RULES)),
    ]
    if book.alerting.routes:
        found.append(_file(ROUTES, routes.header(book), routes.data(book)))
    return found


def shown(book: model.Handbook) -> dict[str, object] | None:
    """What the document shows of the rules."""
    example = f"{FOLDER}/{ROUTES}" if book.alerting.routes else None
    return rows(book, f"{FOLDER}/{RULES}", example)


def _file(name: str, header: list[str], data: object) -> OutFile:
    return OutFile(f"{FOLDER}/{name}", yamltext.comment(header) + yamltext.dump(data))
