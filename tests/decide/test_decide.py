"""`rollbook decide`: what is answered, and how wrong questions are answered."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from generator import model
from generator.cli import main
from generator.decide import Given, decide, table
from generator.load import load
from generator.report_decide import result, table_data
from tests.conftest import ROOT

CASES = yaml.safe_load((ROOT / "tests/decide/table.yaml").read_text("utf-8"))
CONTENT = ["--content", str(ROOT / "content"), "--service", "partpulse"]


def given_of(data: dict) -> Given:
    figures = {k: Decimal(v) for k, v in data.get("figures", {}).items()}
    return Given(figures, tuple(data.get("triggers", ())), tuple(data.get("cases", ())))


def arguments(data: dict) -> list[str]:
    found = [w for k, v in data.get("figures", {}).items() for w in (f"--{k}", v)]
    found += [w for t in data.get("triggers", ()) for w in ("--trigger", t)]
    return found + [w for c in data.get("cases", ()) for w in ("--case", c)]


def ids(found: list[dict]) -> list[str]:
    return [x["id"] for x in found]


@pytest.fixture(scope="module")
def book() -> model.Handbook:
    return load(ROOT / "content/partpulse").handbook


@pytest.mark.parametrize("case", CASES, ids=lambda c: " ".join(arguments(c["given"])))
def test_function_and_command_answer_as_the_table_says(case, book, capsys):
    assert main(["decide", *CONTENT, *arguments(case["given"]), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    for found in (result(decide(book, given_of(case["given"]))), told):
        assert found["severity"] == case["severity"]
        assert ids(found["reasons"]) == case["reasons"]
        assert ids(found["not_met"]) == case.get("not_met", [])
        assert ids(found["procedures"]) == case["procedures"]
        notes = " ".join(n for r in found["reasons"] for n in r["notes"])
        assert case.get("says", "") in notes
        assert bool(notes) == ("UNDECIDED" in notes)
    assert [a["title"] for a in told["authority"]] == [
        "Who Can Trigger Rollback",
        "Emergency Rollback",
    ]
    assert main(["decide", *CONTENT, *arguments(case["given"])]) == 0
    text = capsys.readouterr().out
    assert all(len(line) <= 80 for line in text.splitlines())
    flat = " ".join(text.split())
    for way in told["procedures"]:
        assert way["title"] in flat
        assert way["command"] is None or way["command"] in flat
    for condition in (*told["reasons"], *told["not_met"]):
        assert condition["words"] in flat
    assert "Human Owner (Johan Ras)" in flat


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say what you know"),
        (["--eror-rate", "3"], "did you mean '--error-rate'?"),
        (["--error-rate"], "needs a number, in % (0 to 100)"),
        (["--error-rate", "--slowdown", "3"], "--error-rate needs a number"),
        (["--error-rate", "many"], "not a number such as 12"),
        (["--error-rate", "100.1"], "more than 100 %"),
        (["--error-rate", "-5"], "not a number"),
        (["--slowdown", "1,500"], "not a number"),
        (["--slowdown", "1e400"], "not a number"),
        (["--slowdown", "1234567890"], "not a number"),
        (["--slowdown", "2", "%"], "belongs to no option"),
        (["--slowdown", "NaN"], "not a number"),
        (["--slowdown", "1e3"], "not a number"),
        (["--slowdown", "٣"], "not a number"),
        (["--slowdown=3", "--slowdown", "4"], "given twice: 3 and 4"),
        (["--trigger", "data-coruption"], "did you mean 'data-corruption'?"),
        (["--trigger", "error-rate"], "has a figure: say --error-rate NUMBER"),
        (["--case", "plan"], "did you mean 'planned'?"),
        (["--database-connection", "3"], "no option is called"),
        (["12"], "belongs to no option"),
    ],
)
def test_a_wrong_question_is_answered_with_the_way_out(words, said, capsys):
    assert main(["decide", *CONTENT, *words]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert out == ""


@pytest.mark.parametrize("more", [["--list"], ["--help"]])
def test_what_can_be_said_comes_from_the_content(more, capsys):
    assert main(["decide", *CONTENT, *more]) == 0
    out = capsys.readouterr().out
    assert all(len(line) <= 80 for line in out.splitlines())
    for word in ("--slowdown NUMBER", "--trigger data-corruption", "--case planned", "in hours"):
        assert word in out
    assert "--trigger error-rate" not in out


def test_help_needs_no_content(capsys, tmp_path):
    assert main(["decide", "--help", "--content", str(tmp_path / "none")]) == 0
    assert "Nothing is known of a service" in capsys.readouterr().out


def test_other_commands_still_refuse_what_they_do_not_know(capsys):
    assert main(["validate", "--error-rate", "12"]) == 2
    assert "unrecognized arguments: --error-rate 12" in capsys.readouterr().err


def test_a_unit_may_stand_behind_a_figure(capsys):
    words = ["--error-rate=7.5%", "--slowdown", "3x", "--users-affected", "12", "%"]
    assert main(["decide", *CONTENT, *words, "--fix-duration", "4.5", "hours"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    for said in ("7.5%", "3x", "12%", "4.5 hours"):
        assert f"{said} was given" in out


def test_a_comma_is_a_point_where_it_cannot_part_thousands(capsys):
    assert main(["decide", *CONTENT, "--slowdown", "2,01", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["given"]["figures"] == {"slowdown": 2.01}
    assert ids(told["reasons"]) == ["response-time-slow"]


def test_what_is_to_be_typed_stands_in_one_piece(capsys, book):
    """An option is not cut at the end of a line, and a command holds nothing that may be left out."""
    cases = [w.case for w in table(book).ways if w.case]
    assert main(["decide", *CONTENT, "--error-rate", "12"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "      sh vercel-rollback.sh" in lines
    for case in cases:
        assert any(f"(--case {case})" in line for line in lines)
    assert main(["decide", *CONTENT, *(w for c in cases for w in ("--case", c))]) == 0
    out = capsys.readouterr().out
    assert "      sh git-rollback.sh <commit-sha>\n" in out
    assert "      sh env-restore.sh snapshot|diff|restore\n" in out
    assert out.count("Scripts lie in partpulse/scripts") == 1


def test_a_case_alone_is_no_reason_to_roll_back(capsys):
    for words, how in (
        (["--case", "planned"], "HOW, IF YOU ROLL BACK ALL THE SAME"),
        (["--case", "planned", "--trigger", "data-corruption"], "HOW"),
    ):
        assert main(["decide", *CONTENT, *words]) == 0
        assert how in capsys.readouterr().out.splitlines()


def test_content_with_errors_is_shown_and_answers_nothing(tmp_path, capsys):
    shutil.copytree(ROOT / "content/partpulse", tmp_path / "partpulse")
    (tmp_path / "partpulse/triggers.yaml").write_text("severities: {}\n", "utf-8")
    assert main(["decide", "--content", str(tmp_path), "--trigger", "data-corruption"]) == 1
    out, _ = capsys.readouterr()
    assert "triggers.yaml:1" in out
    assert "WHY" not in out


# --- Contradictions.

DECIDED = """    decided:
      - threshold: {threshold}
        holds: {holds}
        by: {{name: Ada, role: human-owner}}
        on: 2026-12-01
        because: Because of `this`, see [[section:monitoring]]
"""


def with_decision(folder: Path, trigger: str, threshold: str, holds: str) -> Path:
    """PartPulse, where somebody decided one of its contradictions."""
    shutil.copytree(ROOT / "content/partpulse", folder / "partpulse")
    path = folder / "partpulse/triggers.yaml"
    out = []
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if line.startswith(f"  - {{id: {trigger},"):
            inner = line.strip().removeprefix("- {").removesuffix("}")
            id, severity, rest = inner.split(", ", 2)
            text, _, metric = rest.partition(", metric: ")
            out.append(f"  - {id}\n    {severity}\n    {text}\n")
            out += [f"    metric: {metric}\n"] if metric else []
            out.append(DECIDED.format(threshold=threshold, holds=holds))
        else:
            out.append(line)
    path.write_text("".join(out), "utf-8")
    return folder / "partpulse"


@pytest.mark.parametrize(
    ("trigger", "threshold", "holds", "figures", "severity"),
    [
        ("performance", "response-time-slow", "trigger", {"slowdown": "3"}, "high"),
        ("performance", "response-time-slow", "alert", {"slowdown": "3"}, None),
        ("error-rate", "error-rate-critical", "trigger", {"error-rate": "12"}, "high"),
        ("error-rate", "error-rate-critical", "alert", {"error-rate": "12"}, "critical"),
        (
            "authentication-down",
            "authentication-failures-critical",
            "trigger",
            {"authentication-failures": "3"},
            None,
        ),
        (
            "authentication-down",
            "authentication-failures-critical",
            "alert",
            {"authentication-failures": "3"},
            "critical",
        ),
    ],
)
def test_what_was_decided_holds_everywhere(
    tmp_path, capsys, trigger, threshold, holds, figures, severity
):
    folder = with_decision(tmp_path, trigger, threshold, holds)
    loaded = load(folder)
    warned = {p.message.split(". ", 1)[1] for p in loaded.problems}
    assert len(warned) == 2
    found = decide(loaded.handbook, given_of({"figures": figures}))
    assert (found.level.id if found.level else None) == severity
    assert found.reasons[0].notes == (
        f"Decided by Ada (Human Owner) on 2026-12-01: the {holds} holds. "
        "Because of this, see Section 9.2",
    )
    out = tmp_path / "out"
    assert main(["build", "--content", str(tmp_path), "--out", str(out)]) == 0
    text = (out / "partpulse/rollback-procedures.md").read_text("utf-8")
    undecided = text.partition("> **UNDECIDED**")[2].partition("> **DECIDED**")[0]
    decided = text.partition("> **DECIDED**")[2].partition("\n## ")[0]
    assert f"Decided by Ada (Human Owner) on 2026-12-01: the {holds} holds." in decided
    assert undecided.count("\n> - ") == 2
    assert decided.count("\n> - ") == 1


def test_the_table_as_data_says_all_that_the_table_says(book):
    """Nothing of the table is lost on its way to the page, and a figure stays exact."""
    found = table(book)
    data = json.loads(json.dumps(table_data(found)))
    assert [(c["id"], c["above"], c["below"]) for c in data["conditions"]] == [
        (c.id, *(None if x is None else float(x) for x in (c.above, c.below)))
        for c in found.conditions
    ]
    other = replace(book, choices=(), contradictions=())
    assert table_data(table(other))["choices"] == []
