"""The page of thresholds holds the very rules that Prometheus loads, and every figure."""

from __future__ import annotations

import pytest
import yaml

from generator.load import load
from generator.refs import figure
from generator.render import render_all
from tests.conftest import ROOT


@pytest.mark.parametrize("folder", ["content/partpulse", "tests/cases/ok/full"])
def test_each_rule_stands_on_the_page_and_each_figure(folder):
    book = load(ROOT / folder).handbook
    files = {f.path: f.text for f in render_all(book)}
    page = files["thresholds.md"]
    (group,) = yaml.safe_load(files["alerts/prometheus-rules.yml"])["groups"]
    by_figure = {r["labels"]["threshold"]: r for r in group["rules"] if "alert" in r}
    rules = [r["expr"] for r in group["rules"] if "record" in r]
    rules += [
        r["expr"] for r in group["rules"] if "alert" in r and not r["alert"].endswith("Missing")
    ]
    for rule in rules:
        assert rule in page
    shown = [x.replace("\\", "").replace("`", "") for x in page.splitlines() if " → " in x]
    for threshold in book.thresholds:
        leads = threshold.alert or "a decision of people"
        (line,) = (
            x
            for x in shown
            if x.startswith(f"- {threshold.metric.title} {figure(threshold)}")
            and leads in x.lower()
        )
        assert (threshold.id in by_figure) == ("decision" not in line)
