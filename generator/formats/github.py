"""Annotations of GitHub Actions: each finding on its line of a pull request.

The lines are workflow commands. Nothing else that content says may reach stdout, because a
line of it could be a command too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator.files import repository_path
from generator.findings import Finding, of_assessed, of_problems
from generator.gate import Assessed
from generator.problems import Problem
from generator.report import View

_COMMAND = {"error": "error", "warning": "warning", "note": "notice"}
# The percent sign first, or it would hide what the others became.
_DATA = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_PROPERTY = (*_DATA, (":", "%3A"), (",", "%2C"))


def check(assessed: Iterable[Assessed], view: View) -> Iterator[str]:
    services = red = 0
    for found in assessed:
        services += 1
        red += found.status == "red"
        for finding in of_assessed(found):
            name = found.state.name if found.state else found.id
            yield annotation(finding, name, view)
    yield f"services: {services}, red: {red}"


def validate(services: int, problems: Iterable[Problem], view: View) -> Iterator[str]:
    found = list(of_problems(problems))
    for finding in found:
        yield annotation(finding, "Rollbook", view)
    yield f"services: {services}, errors: {sum(f.level == 'error' for f in found)}"


def annotation(finding: Finding, name: str, view: View) -> str:
    """One workflow command."""
    place = finding.place
    properties = {"file": repository_path(place.file, view.root)}
    if place.line:
        properties |= {"line": str(place.line), "col": str(place.column)}
    properties["title"] = f"{name}: {finding.rule.title}"
    written = ",".join(f"{key}={_escaped(value, _PROPERTY)}" for key, value in properties.items())
    return f"::{_COMMAND[finding.level]} {written}::{_escaped(message(finding), _DATA)}"


def message(finding: Finding) -> str:
    """What is wrong, by whom and how it is mended; also what SARIF and JUnit say."""
    about = f"{finding.about}: " if finding.about else ""
    owner = f"{finding.owner}: " if finding.owner else ""
    hint = f"\n{owner}{finding.hint}" if finding.hint else ""
    return f"{about}{finding.message}{hint}"


def _escaped(text: str, table: Iterable[tuple[str, str]]) -> str:
    for character, written in table:
        text = text.replace(character, written)
    return text
