"""The page answers in a real browser what the function answers, for the same table of cases."""

from __future__ import annotations

import html
import json
import random
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import markdown
import pytest
from mkdocs.config import load_config

from generator.decide import Condition, Table, answer, crossed, severity_words, table
from generator.load import load
from generator.refs import DOCUMENT
from generator.render.decide import outputs
from generator.report_decide import (
    HOW,
    HOW_ALL_THE_SAME,
    NOT_ASKED,
    given_words,
    headline,
    scripts_words,
)
from tests.conftest import ROOT
from tests.decide.test_decide import CASES, given_of
from tests.scripts.scriptworld import needs

# What a person does: types, ticks, reads. All cases go through one browser.
HARNESS = """
const out = [];
const items = (name) => [...document.querySelectorAll(`[data-list="${name}"] > li`)];
const form = document.querySelector("#rollbook-decide form");
for (const given of CASES) {
  for (const input of form.querySelectorAll("input")) {
    if (input.type === "checkbox") input.checked = (given[input.name + "s"] || []).includes(input.value);
    else input.value = (given.figures || {})[input.name] || "";
  }
  form.dispatchEvent(new Event("input"));
  const result = document.querySelector(".rd-result");
  const row = { severity: result.getAttribute("data-severity"), headline: document.querySelector(".rd-head").textContent };
  for (const name of ["reasons", "not_met", "procedures", "other_procedures"])
    row[name] = items(name).map((li) => [li.getAttribute("data-id"), li.textContent]);
  row.links = [...document.querySelectorAll(".rd-result a")].map((a) => [a.textContent, a.getAttribute("href")]);
  const ways = document.querySelector("[data-list=procedures]");
  row.how = ways && ways.previousElementSibling.textContent;
  row.notes = [...result.children].filter((e) => e.localName === "p").map((e) => e.textContent);
  row.hidden = result.hidden;
  const seen = (element) => getComputedStyle(element);
  form.elements.namedItem(form.querySelector("input").name).focus();
  row.used = [
    [...document.querySelectorAll("[aria-live]")].map((e) => e.className),
    seen(document.querySelector(".rd-head").parentElement).position,
    seen(document.activeElement).outlineStyle,
    [...document.querySelectorAll(".rd-now a")].map((a) => a.hash === `#${result.id}`),
  ];
  out.push(row);
}
const pre = document.createElement("pre");
pre.id = "told";
pre.textContent = JSON.stringify(out);
document.body.append(pre);
"""


def browsed(book, cases: list[dict], folder: Path) -> tuple[list[dict], str]:
    """What the page shows for each case, and the title it has afterwards."""
    chromium = needs("chromium")
    files = {f.path: f.text for f in outputs(book)}
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    config = load_config(str(ROOT / "mkdocs.yml"))
    body = markdown.markdown(
        files["decide.md"],
        extensions=config["markdown_extensions"],
        extension_configs=config["mdx_configs"],
    )
    harness = HARNESS.replace("CASES", json.dumps(cases), 1)
    (folder / "harness.js").write_text(harness, "utf-8")
    page = folder / "page.html"
    page.write_text(
        f"<!doctype html><meta charset=utf-8><title>quiet</title><body>{body}<script src=harness.js></script>",
        "utf-8",
    )
    done = subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={folder / 'profile'}",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    told = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
    assert told, done.stderr[-2000:]
    title = re.search("<title>(.*?)</title>", done.stdout).group(1)
    return json.loads(html.unescape(told.group(1))), title


def expected(found: Table, data: dict) -> dict:
    """What must stand on the page, from the function."""
    given = given_of(data)
    decision = answer(found, given)

    def words(condition):
        return condition.words + (
            f": {given_words(found, condition, given)}" if condition.option else ""
        )

    return {
        "severity": decision.level.id if decision.level else "",
        "headline": headline(decision),
        "reasons": [
            [c.id, f"{severity_words(c, found)}: {words(c)}" + "".join((*c.says, *c.notes))]
            for c in decision.reasons
        ],
        "not_met": [[c.id, words(c)] for c in decision.not_met],
        "procedures": [
            [
                w.procedure,
                f"{w.title}: {w.when}"
                + (f"WARNING: {w.warning}" if w.warning else "")
                + (w.command or "By hand: there is no script for it."),
            ]
            for w in decision.ways
        ],
        "other_procedures": [[w.procedure, f"{w.when}: {w.title}"] for w in decision.others],
        "links": [
            [w.title, f"{DOCUMENT}#{w.anchor}"]
            for w in (*decision.ways, *decision.others)
            if w.anchor
        ],
        "how": (HOW if decision.level else HOW_ALL_THE_SAME) if decision.ways else None,
        "notes": [scripts_words(found)] * any(w.command for w in decision.ways) + [NOT_ASKED],
        "hidden": False,
        # Only the headline is read out; it stays in sight; who uses keys sees where they are.
        "used": [["rd-head"], "sticky", "solid", [True]],
    }


def figure(condition: Condition) -> Decimal:
    return condition.below if condition.above is None else condition.above


def invented(found: Table, number: int, seed: int) -> list[dict]:
    """Questions of every kind, with figures at and around every threshold."""
    chance = random.Random(seed)
    near: dict[str, list[str]] = {m.option: ["0", "0.000001"] for m in found.measures}
    for condition in found.conditions:
        if condition.option:
            near[condition.option] += [
                f"{figure(condition) + Decimal(d)}" for d in ("-0.000001", "0", "0.000001")
            ]
    triggers = [c.id for c in found.conditions if c.option is None]
    cases = [w.case for w in found.ways if w.case]

    def some(items: list[str]) -> list[str]:
        return [x for x in items if chance.random() < 0.25]

    out = []
    while len(out) < number:
        data = {
            "figures": {k: chance.choice(near[k]) for k in some(list(near))},
            "triggers": some(triggers),
            "cases": some(cases),
        }
        if any(data.values()):
            out.append(data)
    return out


def test_the_page_answers_as_the_table_says(tmp_path):
    book = load(ROOT / "content/partpulse").handbook
    found = table(book)
    cases = [c["given"] for c in CASES]
    told, _ = browsed(book, cases, tmp_path)
    for case, row in zip(CASES, told, strict=True):
        assert row["severity"] == (case["severity"] or "")
        for name in ("reasons", "not_met", "procedures"):
            assert [x[0] for x in row[name]] == case.get(name, []), (case, name)
        assert row == expected(found, case["given"])


@pytest.mark.parametrize("service", ["content/partpulse", "tests/cases/ok/full"])
def test_page_and_function_never_differ(service, tmp_path):
    book = load(ROOT / service).handbook
    found = table(book)
    cases = invented(found, 400, seed=len(service))
    told, _ = browsed(book, cases, tmp_path)
    for data, row in zip(cases, told, strict=True):
        assert row == expected(found, data), data
    # The questions were of every kind: each condition was met and not, each procedure taken.
    assert {x[0] for r in told for x in r["reasons"]} == {c.id for c in found.conditions}
    assert {x[0] for r in told for x in r["procedures"]} == {w.procedure for w in found.ways}


def test_content_is_data_on_the_page(tmp_path):
    folder = tmp_path / "full"
    shutil.copytree(ROOT / "tests/cases/ok/full", folder)
    hostile = (
        "</script><script>document.title='pwned'</script><img src=x onerror=document.title='pwned'>"
    )
    for name, old, new in (
        ("triggers.yaml", "The machine is down", json.dumps(hostile)),
        ("procedures/restart.yaml", "Restart the machine", json.dumps(hostile)),
        # The page has a heading of this name itself, and that is not meant.
        ("document.yaml", "title: Publish\n", "title: Conditions\n        numbered: false\n"),
        # Its anchor is no ASCII, and what leads to it is written in percent signs by a browser.
        (
            "document.yaml",
            "title: Restart\n",
            "title: Über 100% " + json.dumps("\" onclick=document.title='pwned' x=") + "\n",
        ),
    ):
        path = folder / name
        text = path.read_text("utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), "utf-8")
    book = load(folder).handbook
    found = table(book)
    case = {"triggers": ["down"], "cases": ["stuck"]}
    (row,), title = browsed(book, [case], tmp_path)
    assert title == "quiet"
    assert hostile in row["reasons"][0][1]
    assert row == expected(found, case)
    text, href = row["links"][0]
    assert text.endswith(hostile)
    assert href.startswith(f"{DOCUMENT}#") and "über-100" in href


def test_what_is_no_figure_gets_no_answer(tmp_path):
    book = load(ROOT / "content/partpulse").handbook
    wrong = ["x", "1,500", "101", "100,1", "-1", "1e1", "1e400", "NaN", "1.1.1"]
    cases = [{"figures": {"error-rate": w}, "triggers": ["data-corruption"]} for w in wrong]
    cases.append({"figures": {"slowdown": "1234567890"}})
    right = [{"figures": {"error-rate": w}} for w in ("12 %", "10,01")]
    told, _ = browsed(book, [*cases, *right, {}], tmp_path)
    for row in (*told[:-3], told[-1]):
        assert row["severity"] is None
        assert row["reasons"] == []
        assert row["hidden"]
    assert [row["severity"] for row in told[-3:-1]] == ["critical", "critical"]
    assert "10.01% was given" in told[-2]["reasons"][0][1]


def test_only_beyond_the_figure_something_is_crossed():
    book = load(ROOT / "content/partpulse").handbook
    for condition in table(book).conditions:
        if condition.option:
            step = Decimal("0.000001") * (1 if condition.below is None else -1)
            assert not crossed(condition, figure(condition))
            assert not crossed(condition, figure(condition) - step)
            assert crossed(condition, figure(condition) + step)
