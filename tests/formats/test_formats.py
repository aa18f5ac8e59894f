"""Each format is read by a reader that is not ours, and says what the JSON report says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml

from generator.findings import RULES, Finding
from generator.formats import github
from generator.formats.junit import Case, _suite
from generator.problems import Place
from generator.report import CHECK, STATUS, VALIDATE, View, writer
from tests.conftest import ROOT
from tests.formats.reports import (
    HOSTILE,
    annotation,
    edit,
    hostile,
    run,
    schemastore,
    service,
)

DAYS = ("2026-01-08", "2026-03-20", "2026-08-15", "2026-12-02")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service in order by its records, one without any, one of hostile words, one that is invalid."""
    service(tmp_path)
    service(tmp_path, "bare", records=False)
    hostile(tmp_path)
    edit(service(tmp_path, "broken") / "service.yaml", "owner: keeper", f"owner: '{'x' * 20}'")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    return tmp_path


def report(capsys, command: str, form: str, day: str = "2026-08-15") -> str:
    more = ("--as-of", day) if command != "validate" else ()
    return run(capsys, command, "--format", form, *more)


def test_every_format_of_the_tables_has_its_function() -> None:
    for command, names in (("check", CHECK), ("validate", VALIDATE), ("status", STATUS)):
        for name in names:
            assert callable(writer(name, command))


@pytest.mark.parametrize("day", DAYS)
def test_json_has_the_shape_that_is_promised(day, world, capsys) -> None:
    for command, shape in (("check", "check"), ("status", "check"), ("validate", "validate")):
        schema = json.loads((ROOT / f"schema/reports/{shape}.schema.json").read_text("utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        text = report(capsys, command, "json", day)
        assert text.isascii()
        jsonschema.validate(json.loads(text), schema)


@pytest.mark.parametrize("day", DAYS)
def test_sarif_is_valid_and_places_everything(day, world, capsys, tmp_path) -> None:
    for command in ("check", "validate"):
        text = report(capsys, command, "sarif", day)
        file = tmp_path / "report.sarif"
        file.write_text(text)
        program = (sys.executable, "-m", "check_jsonschema", "--regex-variant", "python")
        done = subprocess.run(
            [*program, "--schemafile", schemastore("sarif-2.1.0.json"), file],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        assert str(tmp_path) not in text and "file:" not in text
        (run_,) = json.loads(text)["runs"]
        rules = run_["tool"]["driver"]["rules"]
        prints = [r["partialFingerprints"]["rollbook/v1"] for r in run_["results"]]
        assert len(prints) == len(set(prints)) > 0
        for result in run_["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            (place,) = (x["physicalLocation"] for x in result["locations"])
            assert (world / place["artifactLocation"]["uri"]).is_file()


def test_a_finding_keeps_its_fingerprint_while_days_and_lines_move(world, capsys) -> None:
    def prints(day: str) -> set[tuple]:
        (found,) = json.loads(report(capsys, "check", "sarif", day))["runs"]
        return {
            (r["ruleId"], r["partialFingerprints"]["rollbook/v1"])
            for r in found["results"]
            if r["ruleId"] in ("clock-never", "fact-missing", "content-error")
        }

    first = prints("2026-08-15")
    for id in ("bare", "broken"):
        edit(world / f"content/{id}/contacts.yaml", "roles:", "# One more line.\n\nroles:")
        edit(world / f"content/{id}/service.yaml", f"id: {id}", f"# One more line.\nid: {id}")
    assert prints("2026-12-05") == first
    assert len(first) >= 7


@pytest.mark.parametrize("day", DAYS)
def test_junit_says_what_the_json_says(day, world, capsys, tmp_path) -> None:
    file = tmp_path / "report.xml"
    file.write_text(report(capsys, "check", "junit", day), "ascii")
    suites = {s.name: s for s in JUnitXml.fromfile(str(file))}
    found = json.loads(report(capsys, "check", "json", day))
    assert list(suites) == ["bare", "broken", "full", "hostile"]
    assert suites["broken"].failures == 1
    for one in found["services"]:
        suite = suites[one["id"]]
        notes = suite._elem.find("system-out").text or ""
        names = [c.name for c in suite]
        required = [u["path"] for u in one["unfilled"] if u["required"]]
        assert sorted(names) == sorted([*(c["id"] for c in one["clocks"]), *required])
        red = [
            c["id"]
            for c in one["clocks"]
            if c["state"] not in ("current", "due-soon") and "waived" not in c
        ]
        assert {c.name for c in suite if c.result} == {*red, *required}
        assert (suite.tests, suite.failures) == (len(names), len(red) + len(required))
        for clock in one["clocks"]:
            if "waived" in clock:
                assert f"waived until {clock['waived']}" in notes
        for blank in one["unfilled"]:
            assert blank["required"] or blank["path"] in notes


def test_junit_keeps_the_order_of_the_strict_schema(world, capsys) -> None:
    root = ElementTree.fromstring(report(capsys, "check", "junit"))
    for suite in root:
        tags = [child.tag for child in suite]
        cases = tags.count("testcase")
        assert tags == ["properties", *["testcase"] * cases, "system-out", "system-err"]
        needed = {"name", "hostname", "tests", "failures", "errors", "time", "id", "package"}
        assert needed <= set(suite.attrib)
        assert suite.attrib["hostname"] == "localhost", "nothing tells of the machine"
        for case in suite.iter("testcase"):
            assert set(case.attrib) == {"name", "classname", "time"} and len(case) <= 1


def test_a_platform_sees_only_commands_that_are_ours(world, capsys) -> None:
    """No line of content may reach the runner as a command."""
    for command in ("check", "validate"):
        *lines, last = report(capsys, command, "github").splitlines()
        assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
        assert set(last) <= set("services: ,rederrors0123456789")
        found = [annotation(line) for line in lines]
        hostile = [a for a in found if a.properties["file"].startswith("content/hostile/")]
        assert all(set(a.properties) == {"file", "line", "col", "title"} for a in hostile)
        if command == "check":
            assert all(a.properties["title"].startswith(f"{HOSTILE}: ") for a in hostile)
            assert any(a.message.startswith(f"{HOSTILE}: ") for a in hostile)


TEXT = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    [HOSTILE, "%250A", "a\r\nb", "::", ",=:", "%", "]]>", "\x00\x1b[31m\ufffe"]
)


def finding(text: str, message: str) -> Finding:
    rule = RULES[2]
    return Finding("shop", "x", rule, rule.level, Place(f"a/{text}", 3, 5), "about", message, text)


@given(TEXT, TEXT)
def test_any_text_comes_back_from_an_annotation(text, message) -> None:
    view = View(root=Path.cwd())
    line = github.annotation(finding("x.yaml", message), text, view)
    assert not set(line) & {"\r", "\n"}
    found = annotation(line)
    assert found.properties == {
        "file": "a/x.yaml",
        "line": "3",
        "col": "5",
        "title": f"{text}: {RULES[2].title}",
    }
    assert found.message == github.message(finding("x.yaml", message))


@given(TEXT, TEXT)
def test_any_text_that_xml_can_hold_comes_back_from_junit(text, message) -> None:
    case = Case(text, (finding(text, message),))
    lines = _suite(0, "shop", "2026-01-01", [case], None, View())
    whole = f"<testsuites>{''.join(lines)}</testsuites>"
    assert whole.isascii()
    (suite,) = JUnitXml.fromstring(whole)
    (read,) = suite
    (failure,) = read.result

    def kept(text: str) -> str:
        return "".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))

    assert (read.name, failure.message) == (kept(text), kept(message))
    assert failure.text == kept(f"a/{text}:3:5: {github.message(case.found[0])}")


def test_people_read_what_to_do_and_by_whom(world, capsys) -> None:
    said = run(capsys, "check", "--service", "bare", "--as-of", "2026-12-02", code=1)
    lines = said.splitlines()
    assert all(len(line) <= 80 for line in lines)
    words = " ".join(said.split())
    assert "To do, Keeper:" in words
    assert "rollbook review record --service bare" in words
    assert "rollbook drill record --service bare --procedure restart" in words
    # The day of a fact has passed: a required one is red and late, an optional one only late.
    assert "MISSING Who helps, was owed by 2026-12-01, 1 day late" in words
    assert "late How to reach the helper, was owed by 2026-12-01, 1 day late" in words
    labels = [line[2:11].strip() for line in lines if line[:2] == "  " and line[2:11].strip()]
    order = ["NEVER", "EXPIRED", "MISSING", "late"]
    assert [x for x in dict.fromkeys(labels) if x in order] == order
    before = run(capsys, "check", "--service", "bare", "--as-of", "2026-12-01", code=1)
    assert "owed by 2026-12-01, today" in " ".join(before.split()) and " late" not in before


def test_lateness_is_said_to_programs_and_is_not_red_by_itself(world, capsys) -> None:
    contacts = world / "content/bare/contacts.yaml"
    edit(contacts, "required: true", "required: false")
    edit(world / "content/bare/procedures/restart.yaml", "drill: true", "drill: false")
    edit(world / "content/bare/canon.yaml", "          - drills\n", "")
    day = ("--service", "bare", "--as-of")
    edit(world / "content/bare/service.yaml", "  next: 2026-05-01\n", "")
    edit(contacts, "by: 2026-12-01", "by: 2026-03-01")
    found = json.loads(run(capsys, "check", "--format", "json", *day, "2026-03-05", code=0))
    assert found["status"] == "green"
    (late,) = (u for u in found["services"][0]["unfilled"] if u["by"] == "2026-03-01")
    assert late["days_left"] == -4
    said = run(capsys, "check", "--format", "github", *day, "2026-03-05", code=0)
    assert "::warning " in said and "4 days late" in said


@pytest.mark.parametrize("form", CHECK)
def test_wrong_usage_says_nothing_on_stdout(form, world, capsys) -> None:
    from generator.cli import main

    for words in (("--content", "nowhere"), ("--service", "ful"), ("--as-of", "2026-02-30")):
        assert main(["check", "--format", form, *words]) == 2
        assert capsys.readouterr().out == ""
