"""Rules, their tests and the example of routes, judged by Prometheus' own programs."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
import yaml

from generator import yamltext
from generator.load import load
from generator.render import render_all
from tests.alerts.alertworld import (
    PARTPULSE,
    ROUTES,
    RULES,
    TESTS,
    example,
    judged,
    made,
    run,
    write,
)
from tests.conftest import ROOT
from tests.test_cases import FULL
from tests.test_hostile import on_github, on_site


def rules_of(alerts: Path) -> list[dict]:
    (group,) = yaml.safe_load((alerts / RULES).read_text("utf-8"))["groups"]
    return group["rules"]


def alerts_of(alerts: Path) -> list[dict]:
    return [r for r in rules_of(alerts) if "alert" in r]


def test_prometheus_takes_the_rules_of_partpulse_and_they_pass_their_tests() -> None:
    judged(PARTPULSE)


def test_prometheus_takes_rules_of_every_kind_of_measure(tmp_path: Path) -> None:
    judged(write(render_all(load(FULL).handbook), tmp_path))


def test_the_example_of_the_schema_needs_only_yaml(tmp_path: Path) -> None:
    alerts = made(tmp_path, example("thresholds", 1))
    judged(alerts)
    names = {a["alert"] for a in alerts_of(alerts)}
    assert {"ShopErrorsCritical", "ShopSlow", "ShopNoOrders", "ShopQueueLong"} < names


# --- What PartPulse's document says.


def test_every_figure_of_the_document_is_an_alert_and_no_decision_of_people_is() -> None:
    book = load(ROOT / "content/partpulse").handbook
    by_threshold = {a["labels"]["threshold"]: a for a in alerts_of(PARTPULSE) if "> " in a["expr"]}

    def beyond(value: str, figure: int) -> str:
        last = f"last_over_time({value}[30m])"
        return f"{value} > {figure}\nor ({last} > {figure} unless {value})"

    wanted = {
        "error-rate-warning": (beyond("partpulse:error_rate:percent", 5), "warning"),
        "error-rate-critical": (beyond("partpulse:error_rate:percent", 10), "critical"),
        "response-time-slow": (beyond("partpulse:response_time:times_normal", 2), "warning"),
        "authentication-failures-critical": (
            beyond("partpulse:authentication_failures:percent", 1),
            "critical",
        ),
    }
    found = {t: (a["expr"], a["labels"]["severity"]) for t, a in by_threshold.items()}
    assert found == wanted
    people = {t.id for t in book.thresholds if t.alert is None}
    assert people == {"users-affected", "fix-duration"}
    text = (PARTPULSE / RULES).read_text("utf-8")
    comment, _, rules = text.partition("\ngroups:")
    assert not any(id in rules for id in people)
    assert "Users affected >50%" in comment and "available >4 hours" in comment


def test_what_hides_a_figure_is_an_alert_too() -> None:
    watched = {a["labels"]["metric"] for a in alerts_of(PARTPULSE)}
    missing = {a["labels"]["metric"] for a in alerts_of(PARTPULSE) if "absent(" in a["expr"]}
    assert (
        missing
        == watched
        == {
            "error-rate",
            "response-time",
            "database-connection",
            "application",
            "authentication-failures",
        }
    )
    baseline = [a for a in alerts_of(PARTPULSE) if a["alert"].endswith("BaselineMissing")]
    assert [a["labels"]["metric"] for a in baseline] == ["response-time"]


def test_an_alert_says_how_bad_it_is_and_what_to_do() -> None:
    silent = {
        a["alert"]: (a["labels"]["severity"], a["labels"]["threshold"], a["for"])
        for a in alerts_of(PARTPULSE)
        if a["alert"].endswith("Missing")
    }
    assert silent == {
        # As severe as the worst figure that nobody can see.
        "PartpulseErrorRateMissing": ("critical", "error-rate-critical", "15m"),
        "PartpulseResponseTimeMissing": ("warning", "response-time-slow", "15m"),
        "PartpulseResponseTimeBaselineMissing": ("warning", "response-time-slow", "15m"),
        "PartpulseDatabaseConnectionMissing": ("critical", "database-unavailable", "15m"),
        "PartpulseApplicationMissing": ("critical", "application-unavailable", "15m"),
        "PartpulseAuthenticationFailuresMissing": (
            "critical",
            "authentication-failures-critical",
            "15m",
        ),
    }
    always = {"summary", "description", "runbook_url"}
    for alert in alerts_of(PARTPULSE):
        more = set() if alert["alert"] in silent else {"procedure", "assumed"}
        assert alert["annotations"].keys() == always | more
        assert alert["labels"].keys() == {"severity", "service", "metric", "threshold"}
        if more:
            assert alert["annotations"]["procedure"] == "Vercel Dashboard Rollback (Section 4.1)"


def test_what_the_content_leaves_out_has_a_default_and_what_it_says_holds(tmp_path: Path) -> None:
    metric = {
        "title": "Jobs",
        "unit": "count",
        "measure": {
            "gauge": {
                "series": {
                    "name": "jobs",
                    "where": [{"label": "a", "is": "x"}, {"label": "b", "is-not": "y"}],
                },
                "combine": "sum",
            }
        },
    }
    content = {
        "metrics": {"jobs": metric, "mood": {"title": "Mood", "unit": "count"}},
        "thresholds": {
            "many": {"metric": "jobs", "above": 3, "alert": "warning"},
            "bad": {"metric": "mood", "below": 2, "alert": "critical"},
        },
    }
    alerts = made(tmp_path / "default", content)
    found = {a["labels"]["threshold"]: a["for"] for a in alerts_of(alerts) if ">" in a["expr"]}
    assert found == {"many": "0s"}
    (record,) = (r["expr"] for r in rules_of(alerts) if "record" in r)
    assert record == 'sum(jobs{a="x",b!="y"})'
    comment = (alerts / RULES).read_text("utf-8").partition("\ngroups:")[0]
    assert "does not say how a machine measures it:\n#   - Mood <2" in comment
    content["alerts"] = {"silence": "PT7M"}
    content["thresholds"]["many"]["for"] = "PT2M"
    alerts = made(tmp_path / "said", content)
    assert [a["for"] for a in alerts_of(alerts)] == ["2m", "7m"]


def test_what_nobody_decided_is_shown_as_assumed_in_rules_and_document() -> None:
    book = load(ROOT / "content/partpulse").handbook
    text = (PARTPULSE / RULES).read_text("utf-8")
    comment = re.sub(r"\n# +", " ", text.partition("\ngroups:")[0])
    document = (PARTPULSE.parent / "rollback-procedures.md").read_text("utf-8")
    section = document[document.index("### 9.2") : document.index("## 10.")]
    reasons = [book.alerting.assumed]
    reasons += [m.measure.assumed for m in book.metrics if m.measure]
    reasons += [t.assumed for t in book.thresholds]
    count = 0
    for reason in (why for found in reasons for why in found.values()):
        count += 1
        assert f"({reason})" in comment
        assert f"(assumed: {reason})" in section
    assert count > 25
    assert section.count("(assumed: ") == count
    assert "template for whoever exports such metrics" in comment


# --- Addresses.


def anchors(document: Path) -> set[str]:
    text = document.read_text("utf-8")
    return on_site(text).ids


@pytest.mark.parametrize("known", [False, True])
def test_every_runbook_url_leads_to_a_section_that_is_there(known: bool, tmp_path: Path) -> None:
    address = "https://rollback.example/partpulse/rollback-procedures.html"
    alerts = PARTPULSE
    if known:
        content = tmp_path / "content/partpulse"
        content.mkdir(parents=True)
        for path in (ROOT / "content/partpulse").rglob("*.yaml"):
            target = content / path.relative_to(ROOT / "content/partpulse")
            target.parent.mkdir(exist_ok=True)
            text = path.read_text("utf-8")
            if path.name == "thresholds.yaml":
                text, times = re.subn(r"document:\n(    .*\n)+", f"document: {address}\n", text)
                assert times == 1
            target.write_text(text, "utf-8")
        alerts = write(render_all(load(content).handbook), tmp_path / "out")
    found = {a["annotations"]["runbook_url"] for a in alerts_of(alerts)}
    assert len(found) == 2
    for url in found:
        start, _, fragment = url.partition("#")
        document = alerts.parent / "rollback-procedures.md"
        if known:
            assert start == address
        else:
            assert (alerts / start).resolve() == document.resolve()
        assert fragment in anchors(document)
    comment = (alerts / RULES).read_text("utf-8").partition("\ngroups:")[0]
    assert ("is not yet known (owed by" in re.sub(r"\n# +", " ", comment)) is not known


def test_the_document_links_to_the_files() -> None:
    document = (PARTPULSE.parent / "rollback-procedures.md").read_text("utf-8")
    links = set(
        re.findall(r"<a \{'href': '(alerts/[^']*)'\}>", " ".join(on_github(document).elements))
    )
    assert links == {f"alerts/{RULES}", f"alerts/{ROUTES}"}
    assert all((PARTPULSE.parent / link).is_file() for link in links)


# --- Who is told.


def test_whom_nobody_can_reach_is_refused_by_name() -> None:
    text = (PARTPULSE / ROUTES).read_text("utf-8")
    comment = re.sub(r"\n#\s+", " ", text.partition("\nroute:")[0])
    for name in ("On-Call Engineer", "Primary Contact", "Team Communication"):
        assert f"- {name}: not yet known" in comment
    data = yaml.safe_load(text)
    assert [r for r in data["receivers"] if r.keys() != {"name"}] == []
    assert data["route"]["routes"] == [
        {
            "matchers": ['service="partpulse"', f'severity="{severity}"'],
            "receiver": f"partpulse-{severity}-reaches-nobody",
            "group_by": ["service", "metric"],
        }
        for severity in ("critical", "warning")
    ]


def reachable(reach: str, **alerts: object) -> tuple[dict, dict]:
    """Thresholds of which one contact is told, who is reached so."""
    thresholds = example("thresholds", 1)
    thresholds["alerts"] |= {
        "routes": {"critical": [{"contact": "primary"}], "warning": [{"contact": "primary"}]},
        **alerts,
    }
    contacts = example("contacts")
    contacts["contacts"]["primary"]["reach"] = reach
    return thresholds, contacts


MAIL = {"mail": {"smarthost": "mail.example:587", "from": "alerts {{ .x }} <a@mail.example>"}}
SLACK = {"slack": {"url-file": "/etc/alertmanager/slack"}}


@pytest.mark.parametrize(
    ("reach", "settings", "kind", "refused"),
    [
        ("on-call@shop.example", MAIL, "email_configs", ""),
        ("on-call@shop.example", {}, "", "alerts.mail is missing"),
        ("#on-call", SLACK, "slack_configs", ""),
        ("#on-call", MAIL, "", "alerts.slack is missing"),
        ("https://pager.example/hook?key=1", {}, "webhook_configs", ""),
        ("+31 20 555 0100", {**MAIL, **SLACK}, "", "cannot use +31 20 555 0100"),
        ("http://pager.example/{{ .x }}", {}, "", "cannot use http://pager.example/{{ .x }}"),
    ],
)
def test_an_address_that_alertmanager_can_use_becomes_a_receiver(
    reach: str, settings: dict, kind: str, refused: str, tmp_path: Path
) -> None:
    alerts = made(tmp_path, *reachable(reach, **settings))
    done = run("amtool", "check-config", alerts / ROUTES)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (alerts / ROUTES).read_text("utf-8")
    data = yaml.safe_load(text)
    _, critical, warning = data["receivers"]
    assert critical["name"] == "shop-critical" + ("" if kind else "-reaches-nobody")
    assert [k for k in critical if k != "name"] == ([kind] if kind else [])
    assert {k: v for k, v in critical.items() if k != "name"} == {
        k: v for k, v in warning.items() if k != "name"
    }
    assert ("inhibit_rules" in data) is bool(kind), "what mutes a warning must be heard itself"
    assert refused in text and ("REFUSED" in text) is bool(refused)
    if kind == "email_configs":
        assert critical[kind][0]["from"] == 'alerts {{ "{{" }} .x }} <a@mail.example>'
    told = run(
        "amtool", "config", "routes", "test", "--config.file", alerts / ROUTES,
        "service=shop", "severity=critical", "metric=errors",
    )  # fmt: skip
    assert told.stdout.strip() == critical["name"]


@pytest.mark.parametrize(
    ("critical", "warning", "mutes"),
    [
        (["primary", "operator"], ["primary"], True),
        (["primary"], ["primary"], True),
        (["primary"], ["primary", "operator"], False),
        (["primary"], ["operator"], False),
        ([], ["primary"], False),
    ],
)
def test_a_warning_is_muted_only_where_all_its_readers_hear_of_the_worse(
    critical: list[str], warning: list[str], mutes: bool, tmp_path: Path
) -> None:
    thresholds, contacts = reachable("a@shop.example", **MAIL)
    contacts["contacts"]["operator"] = {
        **contacts["contacts"]["primary"],
        "reach": "b@shop.example",
    }
    thresholds["alerts"]["routes"] = {
        severity: [{"contact": id} for id in ids]
        for severity, ids in (("critical", critical), ("warning", warning))
        if ids
    }
    alerts = made(tmp_path, thresholds, contacts)
    done = run("amtool", "check-config", alerts / ROUTES)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (alerts / ROUTES).read_text("utf-8")
    rule = {
        "source_matchers": ['service="shop"', 'severity="critical"'],
        "target_matchers": ['service="shop"', 'severity="warning"'],
        "equal": ["metric"],
    }
    assert yaml.safe_load(text).get("inhibit_rules") == ([rule] if mutes else None)
    assert ("inhibition" in text.partition("\nroute:")[0]) is mutes


# --- Any figures.


def some(chance: random.Random, number: int) -> tuple[dict, dict]:
    """A metric with figures, as they come."""
    window = chance.choice(["PT30S", "PT5M", "PT7M", "PT1H"])
    where = [{"label": "code", "starts": "5"}, {"label": "x", "none-of": ["other", "a", "5"]}]
    series = {"name": f"m{number}", "where": where[: chance.randint(1, 2)]}
    traffic = chance.choice([1, 2, 20, 37, 5_000_000])
    kind = chance.choice(["ratio", "quantile", "count", "gauge", "up"])
    unit, above = "count", chance.random() < 0.5
    figure = chance.choice([0.1, 0.5, 1, 3, 33.3, 50, 99.95])
    if kind == "ratio":
        to = chance.choice([f"m{number}", f"all{number}"])
        of = {"name": f"m{number}", "where": where}
        measure = {"of": of, "to": {"name": to}, "window": window, "traffic": traffic}
        unit = "percent"
    elif kind == "quantile":
        percentile = chance.choice([1, 50, 90, 95, 99.9, 99.999])
        measure = {"series": series, "percentile": percentile, "window": window, "traffic": traffic}
    elif kind == "count":
        measure = {"series": series, "window": window}
    elif kind == "gauge":
        measure = {"series": series, "combine": chance.choice(["sum", "max", "min", "avg"])}
    else:
        measure = {"series": series, "window": window}
        unit, above = "percent", False
    found: dict = {kind: measure}
    if kind in ("quantile", "count", "gauge") and chance.random() < 0.5:
        found["scale"] = chance.choice([1000, 0.001, 60, 3])
    sides = {"above": figure, "below": round(figure / 7, 9)}
    levels = ["warning"] if chance.random() < 0.5 else ["warning", "critical"]
    thresholds = {}
    for level in levels:
        more = (2 if above else 0.5) if level == "critical" else 1
        side = "above" if above else "below"
        value = round(sides[side] * more, 9)
        if unit == "percent" and value >= 100:
            continue
        thresholds[f"t{number}-{level}"] = {
            "metric": f"m{number}",
            side: value,
            "alert": level,
            "for": chance.choice(["PT0S", "PT1M", "PT5M", "PT12M", "PT1H"]),
        }
    return {f"m{number}": {"title": f"M {number}", "unit": unit, "measure": found}}, thresholds


@pytest.mark.parametrize("seed", range(4))
def test_any_figures_make_rules_that_pass_their_tests(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    for part in range(5):
        content: dict = {"metrics": {}, "thresholds": {}}
        for number in range(3):
            metrics, thresholds = some(chance, number)
            content["metrics"] |= metrics
            content["thresholds"] |= thresholds
        content["alerts"] = {"silence": chance.choice(["PT1M", "PT10M", "PT1H"])}
        alerts = made(tmp_path / str(part), content)
        judged(alerts)
        tests = yaml.safe_load((alerts / TESTS).read_text("utf-8"))["tests"]
        tried = {name for t in tests for name in re.findall(r"t\d+-\w+(?=: just)", t["name"])}
        assert tried == set(content["thresholds"])


def test_a_baseline_may_stand_beside_every_kind(tmp_path: Path) -> None:
    series = {"name": "a"}
    of = {"name": "a", "where": [{"label": "ok", "is": "no"}]}
    kinds = {
        "ratio": {"of": of, "to": series, "window": "PT5M", "traffic": 20},
        "quantile": {"series": series, "percentile": 95, "window": "PT5M", "traffic": 20},
        "count": {"series": series, "window": "PT10M"},
        "gauge": {"series": series, "combine": "max"},
    }
    metrics = {
        kind: {
            "title": kind,
            "unit": "times-normal",
            "measure": {kind: measure, "baseline": "PT6H"},
        }
        for kind, measure in kinds.items()
    }
    thresholds: dict = {}
    for kind in kinds:
        thresholds[f"{kind}-much"] = {"metric": kind, "above": 1.7, "alert": "critical"}
        thresholds[f"{kind}-more"] = {
            "metric": kind,
            "above": 1.2,
            "alert": "warning",
            "for": "PT5M",
        }
        thresholds[f"{kind}-less"] = {"metric": kind, "below": 0.3, "alert": "warning"}
    alerts = made(tmp_path, {"metrics": metrics, "thresholds": thresholds})
    judged(alerts)
    text = (alerts / TESTS).read_text("utf-8")
    # A counter cannot grow by 1.7.
    assert text.count("exactly 1.7") == len(kinds) - 1


# --- The one place that writes YAML.


@pytest.mark.parametrize(
    "text",
    ["", " ", "no", "1", "1e3", "0o7", "a: b", "- a", "#", "a #b", "'", '"', "{{ x }}", "a\nb", "a \nb\n",
     "\n", "\ta", "é 😀", "a\tb", "%", "|", ">", "&a", "*a", "!x", "null", "~", "2026-01-01", "x" * 500],
)  # fmt: skip
def test_a_text_in_yaml_is_that_text(text: str) -> None:
    for data in ({"k": text, "l": [text, {"m": text}]}, {text: 1}):
        assert yaml.safe_load(yamltext.dump(data)) == data
    assert yaml.safe_load(yamltext.comment([text]) + "a: 1\n") == {"a": 1}
