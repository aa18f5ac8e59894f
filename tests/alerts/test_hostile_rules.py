"""Whatever the content says, in rules, tests and routes it is data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from generator import schema
from generator.files import Document
from generator.source import parse
from tests.alerts.alertworld import RULES, example, judged, made, run
from tests.conftest import ROOT
from tests.test_cases import FULL
from tests.test_hostile import HOSTILE, attack

TEXTS = {n: t for n, t in HOSTILE.items() if n not in ("megabyte", "half a surrogate")} | {
    "value": "{{ $value }} {{ $labels.x }}",
    "value, cut": "a {{{{ b }}}} {{",
    "regular expression": r"5.. (a|b)* [^x]$ \d{2}",
    "ends in a backslash and a quote": '\\"',
    "all of YAML": "- ? : , [ ] { } # & * ! | > ' \" % @ ` ~ null 1e3",
}


def content(texts: dict[str, str]) -> dict:
    """Every text in the title, in the labels and in the reasons of a metric of its own."""
    metrics, thresholds = {}, {}
    for number, text in enumerate(texts.values()):
        matchers = [
            {"label": "a", "is": text},
            {"label": "b", "starts": text},
            {"label": "c", "none-of": [text, f"{text}2"]},
        ]
        metrics[f"m{number}"] = {
            "title": text,
            "unit": "count",
            "measure": {
                "gauge": {"series": {"name": "jobs", "where": matchers}, "combine": "max"},
                "assumed": {"combine": text},
            },
        }
        thresholds[f"t{number}"] = {
            "metric": f"m{number}",
            "above": 3,
            "alert": "warning",
            "assumed": {"alert": text},
        }
    return {
        "alerts": {
            "where": [{"label": "job", "is": next(iter(texts.values()))}],
            "routes": {"warning": [{"contact": "primary"}]},
            "mail": {"smarthost": "mail.example:25", "from": next(iter(texts.values()))},
        },
        "metrics": metrics,
        "thresholds": thresholds,
    }


def is_taken(text: str) -> bool:
    """Whether the schema and the reader take the text where this test puts it."""
    node, problems = parse(json.dumps(content({"x": text}), ensure_ascii=False), "x.yaml")
    return not problems and not schema.validate(
        Document("thresholds", "thresholds", node.file, node)
    )


TAKEN = {n: t for n, t in TEXTS.items() if is_taken(t)}


@pytest.mark.parametrize("part", range(3))
def test_prometheus_says_hostile_texts_and_selects_by_them(part: int, tmp_path: Path) -> None:
    """The tests of the rules compare what Prometheus itself makes of annotations and labels."""
    assert len(TAKEN) > 40
    texts = dict(list(TAKEN.items())[part::3])
    contacts = example("contacts")
    contacts["contacts"]["primary"] |= {
        "title": next(iter(texts.values())),
        "reach": "a@mail.example",
    }
    alerts = made(tmp_path, content(texts), contacts)
    judged(alerts)
    (group,) = yaml.safe_load((alerts / RULES).read_text("utf-8"))["groups"]
    assert sum("alert" in r for r in group["rules"]) == 2 * len(texts)
    assert len({json.dumps(r["expr"]) for r in group["rules"] if "record" in r}) == len(texts)


@pytest.mark.parametrize("folder", [FULL, ROOT / "content/partpulse"], ids=lambda f: f.name)
def test_every_text_anywhere_leaves_the_structure_as_it_is(folder: Path, tmp_path: Path) -> None:
    values = [t for n, t in HOSTILE.items() if n != "megabyte"]
    checked = []
    for turn in range(4):
        found = attack(folder, tuple(values[turn * 13 :] + values[: turn * 13]))
        for file, calm in zip(found.files, found.harmless, strict=True):
            if not file.path.startswith("alerts/"):
                continue
            assert shape(yaml.safe_load(file.text)) == shape(yaml.safe_load(calm.text))
            if file.path.endswith(RULES):
                checked.append(tmp_path / f"{turn}.yml")
                checked[-1].write_text(file.text, "utf-8")
    assert len(checked) == 4
    done = run("promtool", "check", "rules", "--lint-fatal", *checked)
    assert done.returncode == 0, done.stdout + done.stderr


def shape(data: object) -> object:
    """The data without its texts."""
    if isinstance(data, dict):
        return {k: shape(v) for k, v in data.items()}
    if isinstance(data, list):
        return [shape(v) for v in data]
    return type(data).__name__
