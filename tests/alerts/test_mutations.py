"""The tests of the rules notice: every change of a rule that matters makes one of them fail."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from generator.load import load
from generator.render import render_all
from tests.alerts.alertworld import RULES, TESTS, made, run, write
from tests.conftest import ROOT

# A number of an expression, and neither a part of a name nor inside quotes or a window.
_NUMBER = re.compile(r'(?<![\w.":*\[])\d+(?:\.\d+)?(?![\w.:*\]"])')
_TURNED = {"min": "max", "max": "min", "avg": "max", "sum": "avg"}


def expressions(text: str) -> Iterator[tuple[str, str]]:
    """(what was changed, the changed expression), one change each."""
    for found in re.finditer(r"(?<![=!])(>=|<=|>|<)(?!=|~)", text):
        if "last_over_time" in text[: found.start()]:
            continue  # what is exactly on the figure when its series vanish is a matter of rounding
        sign = found.group()
        other = sign[0] if len(sign) == 2 else f"{sign}="
        yield f"{sign} to {other}", text[: found.start()] + other + text[found.end() :]
    for found in _NUMBER.finditer(text):
        number = float(found.group())
        for factor in (0.95, 1.05) if number else ():
            new = f"{number * factor:.6g}"
            if number == 1 and "vector" in text[found.start() - 8 : found.start()]:
                continue
            changed = text[: found.start()] + new + text[found.end() :]
            yield f"{found.group()} to {new}", changed
    if "avg_over_time" not in text and "[" in text:
        # Every window of it: what counts in one of them alone is a matter of moments.
        yield "windows", re.sub(r"\[(\d+)", lambda found: f"[{2 * int(found.group(1))}", text)
    if "offset" in text:
        yield (
            "offset",
            re.sub(r"offset (\d+)", lambda found: f"offset {int(found.group(1)) - 1}", text),
        )
    for found in re.finditer(r'(=~?)"([^"+]+)"', text):
        new = f'{found.group(1)}"something-else"'
        yield f"{found.group()} to {new}", text[: found.start()] + new + text[found.end() :]
    # What is counted on several servers is summed; a gauge says itself how.
    for found in re.finditer(r"\b(min|max|avg|sum)\((?!increase|pg_up\b)", text):
        new = f"{_TURNED[found.group(1)]}("
        yield f"{found.group()} to {new}", text[: found.start()] + new + text[found.end() :]
    for found in re.finditer(r"\babsent\(", text):
        yield "absent to present", text[: found.start()] + "(" + text[found.end() :]


def mutations(rules: list[dict]) -> Iterator[tuple[str, str, list[dict]]]:
    """(the name of the rule, what was changed, all rules with that change)."""
    for index, rule in enumerate(rules):
        name = rule.get("alert") or rule["record"]

        def changed(index: int = index, **more: object) -> list[dict]:
            found = copy.deepcopy(rules)
            found[index] |= more
            return found

        for what, text in expressions(rule["expr"]):
            yield name, what, changed(expr=text)
        yield name, "without it", [r for i, r in enumerate(rules) if i != index]
        if "alert" not in rule:
            continue
        number, unit = re.fullmatch(r"(\d+)([smhd])", rule["for"]).groups()
        for new in {f"{2 * int(number)}{unit}", "0s" if int(number) else "5m"} - {rule["for"]}:
            yield name, f"for {new}", changed(**{"for": new})
        severity = {"critical": "warning", "warning": "critical"}[rule["labels"]["severity"]]
        yield name, severity, changed(labels={**rule["labels"], "severity": severity})
        yield name, "threshold", changed(labels={**rule["labels"], "threshold": "another"})
        yield name, "service", changed(labels={**rule["labels"], "service": "another"})
        for key in rule["annotations"]:
            yield name, key, changed(annotations={**rule["annotations"], key: "something else"})


# Nothing takes no time at all, and what is up is never 0.95; a percentile of what is normal is
# tried with a lower one only.
SAME = {
    ("PartpulseDatabaseUnavailable", "1 to 0.95"),
    ("PartpulseApplicationUnavailable", "1 to 0.95"),
    ("partpulse:response_time:normal", "> to >="),
    ("partpulse:response_time:normal", "0.95 to 0.9975"),
}


def unnoticed(alerts: Path, folder: Path) -> tuple[int, list[str]]:
    """How many changes were made, and which of them no test noticed."""
    data = yaml.safe_load((alerts / RULES).read_text("utf-8"))
    tests = yaml.safe_load((alerts / TESTS).read_text("utf-8"))
    (group,) = data["groups"]
    metrics = {r["labels"]["metric"] for r in group["rules"] if "alert" in r}
    todo = []
    for number, (name, what, rules) in enumerate(mutations(group["rules"])):
        if (name, what) in SAME:
            continue
        # Only the tests of the metric that the rule is about: the others look at no alert of it.
        record = name.partition(":")[2].partition(":")[0].replace("_", "-")
        labels = next((r["labels"] for r in group["rules"] if r.get("alert") == name), {})
        metric = labels.get("metric", record)
        assert metric in metrics
        place = folder / str(number)
        place.mkdir()
        (place / RULES).write_text(yaml.safe_dump({"groups": [{**group, "rules": rules}]}))
        mine = [t for t in tests["tests"] if f'metric="{metric}"' in str(t["promql_expr_test"])]
        assert 0 < len(mine) < len(tests["tests"])
        (place / TESTS).write_text(yaml.safe_dump({**tests, "tests": mine}))
        todo.append((place, f"{name}: {what}"))

    def fails(entry: tuple[Path, str]) -> str | None:
        place, what = entry
        done = run("promtool", "test", "rules", place / TESTS)
        return None if done.returncode == 1 and "FAILED" in done.stdout + done.stderr else what

    with ThreadPoolExecutor(2) as pool:
        return len(todo), [what for what in pool.map(fails, todo) if what]


def test_every_change_of_a_rule_of_partpulse_is_noticed(tmp_path: Path) -> None:
    """With a baseline of a few hours, for a week takes promtool seconds each time."""
    content = tmp_path / "content/partpulse"
    for path in (ROOT / "content/partpulse").rglob("*.yaml"):
        target = content / path.relative_to(ROOT / "content/partpulse")
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text("utf-8")
        target.write_text(text.replace("baseline: P7D", "baseline: PT9H"), "utf-8")
    alerts = write(render_all(load(content).handbook), tmp_path / "out")
    count, left = unnoticed(alerts, tmp_path)
    assert count > 100
    assert not left


OTHERS = {
    "metrics": {
        "queue": {
            "title": "Queue",
            "unit": "count",
            "measure": {"gauge": {"series": {"name": "jobs"}, "combine": "sum"}},
        },
        "room": {
            "title": "Room",
            "unit": "count",
            "measure": {"gauge": {"series": {"name": "room"}, "combine": "min"}, "scale": 8},
        },
        "orders": {
            "title": "Orders",
            "unit": "count",
            "measure": {"count": {"series": {"name": "orders_total"}, "window": "PT10M"}},
        },
        "good": {
            "title": "Good answers",
            "unit": "percent",
            "measure": {
                "ratio": {
                    "of": {"name": "good_total"},
                    "to": {"name": "all_total"},
                    "window": "PT5M",
                    "traffic": 40,
                }
            },
        },
        "slow": {
            "title": "Response time",
            "unit": "milliseconds",
            "measure": {
                "quantile": {
                    "series": {"name": "seconds"},
                    "percentile": 99,
                    "window": "PT10M",
                    "traffic": 100,
                },
                "scale": 1000,
            },
        },
        "uptime": {
            "title": "Availability",
            "unit": "percent",
            "measure": {"up": {"series": {"name": "up"}, "window": "PT30M"}},
        },
    },
    "thresholds": {
        "queue-long": {"metric": "queue", "above": 50, "alert": "warning", "for": "PT10M"},
        "room-little": {"metric": "room", "below": 24, "alert": "critical"},
        "orders-few": {"metric": "orders", "below": 6, "alert": "warning", "for": "PT5M"},
        "good-few": {"metric": "good", "below": 99.5, "alert": "critical"},
        "slow-much": {"metric": "slow", "above": 800, "alert": "warning", "for": "PT5M"},
        "uptime-low": {"metric": "uptime", "below": 99.9, "alert": "critical"},
    },
}


@pytest.mark.parametrize("metrics", [("queue", "room", "orders"), ("good", "slow", "uptime")])
def test_every_change_of_other_kinds_of_rules_is_noticed(
    metrics: tuple[str, ...], tmp_path: Path
) -> None:
    content = {
        "metrics": {m: OTHERS["metrics"][m] for m in metrics},
        "thresholds": {k: t for k, t in OTHERS["thresholds"].items() if t["metric"] in metrics},
    }
    count, left = unnoticed(made(tmp_path, content), tmp_path)
    assert count > 50
    assert not left
