"""Reports for programs. Their shapes are promised in `schema/reports/`.

The report of the gate is written service by service, so what is known last stands last.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator

from generator.findings import days_late, of_state
from generator.freshness import Judged
from generator.gate import Assessed
from generator.problems import Problem
from generator.report import View
from generator.state import STATUSES, ServiceState


def validate(services: int, problems: Iterable[Problem], view: View) -> Iterator[str]:
    # ASCII, so that no encoding of a terminal or a pipe can spoil it.
    data = {"schema": 1, "problems": [problem_data(p) for p in problems], **view.more}
    yield json.dumps(data, indent=2)


def problem_data(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "severity": problem.severity,
        "where": problem.where,
        "message": problem.message,
        "hint": problem.hint,
        "related": [str(r) for r in problem.related],
    }


def check(assessed: Iterable[Assessed], view: View) -> Iterator[str]:
    """One object; its first keys are those of the first service that could be judged."""
    worst = len(STATUSES) - 1
    first: ServiceState | None = None
    problems: list[Problem] = []
    comma = ""
    yield '{\n  "schema": 1,\n  "services": ['
    for found in assessed:
        worst = min(worst, STATUSES.index(found.status))
        problems += found.problems
        if found.state:
            first = first or found.state
            yield comma + textwrap.indent(json.dumps(_service(found.state), indent=2), "    ")
            comma = ","
    rest = {
        "as_of": first.as_of.isoformat() if first else None,
        "timezone": first.timezone if first else None,
        "simulated": view.simulated,
        "status": STATUSES[worst],
        "exit_code": int(STATUSES[worst] == "red"),
        "problems": [problem_data(p) for p in problems],
    }
    yield "  ],"
    yield json.dumps(rest, indent=2).removeprefix("{\n")


status = check


def _service(state: ServiceState) -> dict[str, object]:
    return {
        "id": state.id,
        "status": state.status,
        "as_of": state.as_of.isoformat(),
        "timezone": state.timezone,
        "clocks": [_clock(c) for c in state.clocks],
        "unfilled": [
            {
                "path": u.path,
                "required": u.required,
                "what": u.what,
                "owner": u.owner,
                "by": u.by.isoformat() if u.by else None,
                "days_left": -days_late(u, state.as_of) if u.by else None,
                "candidates": [{"value": c.value, "source": c.source} for c in u.candidates],
            }
            for u in state.unfilled
        ],
        "owed": [
            {"owner": f.owner, "what": f"{f.about}: {f.message}"}
            for f in of_state(state)
            if f.rule.level == "error"
        ],
    }


def _clock(judged: Judged) -> dict[str, object]:
    return {
        "id": judged.clock.id,
        "state": judged.state,
        "reasons": list(judged.reasons),
        "last": judged.clock.last,
        "baseline": judged.clock.baseline,
        "cycle": judged.clock.cycle,
        "due": judged.due.isoformat() if judged.due else None,
        "days_left": judged.days_left,
        "record": judged.clock.record,
        "stamp": judged.clock.stamp,
        "current": judged.clock.current,
        **({"waived": judged.waived.isoformat()} if judged.waived else {}),
    }
