"""The page of thresholds holds the very rules that Prometheus loads, and every figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import yaml

from generator import model
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


def test_a_contradiction_stands_at_its_figure_until_people_decide():
    book = load(ROOT / "content/partpulse").handbook
    assert len(book.contradictions) == 3

    def rows(book) -> dict[str, str]:
        page = {f.path: f.text for f in render_all(book)}["thresholds.md"].replace("\\", "")
        figures = page.replace("\n    - ", " ; ").splitlines()
        return {
            c.threshold: next(
                x for x in figures if c.words.split(":")[0] in x and "→" in x and c.words in x
            )
            for c in book.contradictions
        }

    assert all("UNDECIDED: " in row for row in rows(book).values())
    decided = model.Decided(
        book.contradictions[0].threshold,
        "alert",
        model.Person("Ada", "human-owner"),
        date(2026, 12, 1),
        "Because of [[section:monitoring]]",
    )
    first, *others = book.contradictions
    found = rows(replace(book, contradictions=(replace(first, decided=decided), *others)))
    assert "UNDECIDED" not in found[first.threshold]
    assert "Decided by Ada (Human Owner) on 2026-12-01: the alert holds." in found[first.threshold]
    assert all("UNDECIDED: " in found[c.threshold] for c in others)
