"""JUnit XML: a suite for each service, a case for each clock and each required fact.

The order of elements and the attributes are those that the strict Ant schema asks for, so
the place stands in the text; the day is the time stamp, and nothing tells of the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from generator import findings
from generator.findings import Finding
from generator.formats.github import message
from generator.freshness import worst_first
from generator.gate import Assessed
from generator.report import View
from generator.state import ServiceState
from generator.xmltext import tag, xml


@dataclass(frozen=True)
class Case:
    """What was looked at; it fails with an error among `found`, the rest is said as a note."""

    name: str
    found: tuple[Finding, ...]

    @property
    def failures(self) -> list[Finding]:
        return [f for f in self.found if f.level == "error"]


def check(assessed: Iterable[Assessed], view: View) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield "<testsuites>"
    for number, found in enumerate(assessed):
        cases = list(_of_state(found.state)) if found.state else list(_of_problems(found))
        day = found.state.as_of.isoformat() if found.state else ""
        yield from _suite(number, found.id, day, cases, found.state, view)
    yield "</testsuites>"


def _suite(
    number: int, id: str, day: str, cases: list[Case], state: ServiceState | None, view: View
) -> Iterator[str]:
    suite = {"id": number, "name": id, "package": "rollbook"}
    counts = {
        "tests": len(cases),
        "failures": sum(bool(c.failures) for c in cases),
        "errors": 0,
        "time": 0,
    }
    when = {"timestamp": f"{day}T00:00:00"} if day else {}
    yield "  " + tag("testsuite", suite | when | {"hostname": "localhost"} | counts)
    yield "    <properties>"
    for key, value in {"as_of": day, "simulated": str(view.simulated).lower()}.items():
        yield "      " + tag("property", {"name": key, "value": value}, "/>")
    yield "    </properties>"
    for case in cases:
        yield from _case(id, case)
    yield f"    <system-out>{xml(_notes(cases, state))}</system-out>"
    yield "    <system-err></system-err>"
    yield "  </testsuite>"


def _case(id: str, case: Case) -> Iterator[str]:
    start = {"classname": f"rollbook.{id}", "name": case.name, "time": 0}
    if not case.failures:
        yield "    " + tag("testcase", start, "/>")
        return
    yield "    " + tag("testcase", start)
    # The schema allows one failure in a case; it says everything.
    rules = " ".join(dict.fromkeys(f.rule.id for f in case.failures))
    words = "; ".join(f.message for f in case.failures)
    text = "\n".join(f"{f.place}: {message(f)}" for f in case.failures)
    failure = tag("failure", {"type": rules, "message": words})
    yield f"      {failure}{xml(text)}</failure>"
    yield "    </testcase>"


def _of_state(state: ServiceState) -> Iterator[Case]:
    for judged in worst_first(state.clocks):
        found = [findings.of_clock(state, judged, r) for r in judged.found if r.state != "current"]
        yield Case(judged.clock.id, tuple(found))
    for blank in findings.open_facts(state):
        if blank.required:
            yield Case(blank.path, (findings.of_fact(state, blank),))


def _of_problems(found: Assessed) -> Iterator[Case]:
    for finding in findings.of_problems(found.problems, found.id):
        yield Case(f"content, {finding.place}", (finding,))


def _notes(cases: Iterable[Case], state: ServiceState | None) -> str:
    """What is no failure and must be said: due soon, waived, optional facts."""
    notes = [f for c in cases for f in c.found if f.level != "error"]
    if state:
        notes += [findings.of_fact(state, u) for u in findings.open_facts(state) if not u.required]
    return "\n".join(f"{f.rule.title}: {f.place}: {message(f)}" for f in notes)
