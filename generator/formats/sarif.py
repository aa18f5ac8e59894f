"""SARIF 2.1.0, for code scanning: results at places of the content, recognised from day to day."""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from generator.files import repository_path
from generator.findings import RULES, Finding, of_assessed, of_problems
from generator.formats.github import message
from generator.gate import Assessed
from generator.problems import Problem
from generator.report import View

_INDEX = {rule.id: number for number, rule in enumerate(RULES)}


def check(assessed: Iterable[Assessed], view: View) -> Iterator[str]:
    days: dict[str, str] = {}

    def found() -> Iterator[Finding]:
        for one in assessed:
            if one.state:
                days[one.id] = one.state.as_of.isoformat()
            yield from of_assessed(one)

    yield from _log(found(), "check", view)
    said = {"simulated": view.simulated, "as_of": days}
    yield f'      "properties": {json.dumps(said)}\n    }}\n  ]\n}}'


def validate(services: int, problems: Iterable[Problem], view: View) -> Iterator[str]:
    yield from _log(of_problems(problems), "validate", view)
    yield '      "properties": {}\n    }\n  ]\n}'


def _log(findings: Iterable[Finding], command: str, view: View) -> Iterator[str]:
    """Everything up to the properties of the run."""
    driver = {"name": "Rollbook", "rules": [_rule(number) for number in range(len(RULES))]}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"rollbook/{command}/"},
        "columnKind": "unicodeCodePoints",
    }
    head = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0"}
    yield json.dumps(head, indent=2).removesuffix("\n}") + ',\n  "runs": [\n    {'
    yield textwrap.indent(json.dumps(run, indent=2)[2:-2], "    ") + ","
    yield '      "results": ['
    comma = ""
    for finding in findings:
        yield comma + textwrap.indent(json.dumps(_result(finding, view), indent=2), " " * 8)
        comma = ","
    yield "      ],"


def _rule(number: int) -> dict[str, object]:
    rule = RULES[number]
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": rule.help},
        "defaultConfiguration": {"level": rule.level},
    }


def _result(finding: Finding, view: View) -> dict[str, object]:
    place = finding.place
    # Code scanning shows nothing that has no line; a whole file begins on its first.
    region = {"startLine": max(place.line, 1)}
    if place.column:
        region["startColumn"] = place.column
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": _INDEX[finding.rule.id],
        "level": finding.level,
        "message": {"text": message(finding)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(repository_path(place.file, view.root))},
                    "region": region,
                }
            }
        ],
        "partialFingerprints": {"rollbook/v1": _fingerprint(finding)},
    }


def _fingerprint(finding: Finding) -> str:
    """The same for as long as the finding is: neither its line nor the day is in it."""
    return hashlib.sha256(f"{finding.service}\0{finding.id}".encode()).hexdigest()
