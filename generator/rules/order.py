"""Days and spans of time stand in their order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from generator import model
from generator.problems import Problem, quoted
from generator.rules.context import Context
from generator.source import problem_at


def dates_are_in_order(context: Context) -> Iterator[Problem]:
    service = context.handbook.service
    history = next(d.data["history"] for d in context.documents if d.kind == "service")
    for before, after in itertools.pairwise(history):
        if after["date"] < before["date"]:
            yield problem_at(
                after["date"],
                f"{after['date']} is earlier than the version before it ({before['date']})",
                "list the versions oldest first",
            )
        if _numbers(after["version"]) <= _numbers(before["version"]):
            yield problem_at(
                after["version"],
                f"{after['version']} is not later than the version before it ({before['version']})",
                "count up",
            )
    if service.issued != history[0]["date"]:
        yield problem_at(
            service.issued,
            f"the day of issue ({service.issued}) is not that of the first version ({history[0]['date']})",
            "the first review counts from the day of issue, so it does not move",
        )
    stated = service.review.stated
    if stated is not None and stated < service.issued:
        yield problem_at(
            stated,
            f"the next review ({stated}) is earlier than the day of issue ({service.issued})",
            "state a later day, or leave it out",
        )
    if service.drill_cycle is None:
        for procedure in context.handbook.procedures:
            if procedure.drill:
                yield problem_at(
                    procedure.id,
                    "the procedure must be drilled, but service.yaml names no cycle for drills",
                    "add 'drills: {cycle: P3M}' to service.yaml",
                )


def _numbers(version: str) -> list[int]:
    return [int(n) for n in version.split(".")]


def spans_are_in_order(context: Context) -> Iterator[Problem]:
    for document in context.documents:
        if document.kind == "procedure" and (budget := document.data.get("budget")):
            procedure = next(p for p in context.handbook.procedures if p.id is document.data["id"])
            if procedure.budget.target > procedure.budget.max:
                yield problem_at(
                    budget["target"],
                    f"the target {budget['target']} is longer than the maximum {budget['max']}",
                    "swap them",
                )
        if document.kind == "checklist":
            checklist = next(c for c in context.handbook.checklists if c.id is document.data["id"])
            before: model.Phase | None = None
            for phase in checklist.phases:
                if phase.start >= phase.end:
                    yield problem_at(
                        phase.id,
                        f"the phase {quoted(phase.id)} ends before it begins",
                        "'from' is earlier than 'to'",
                    )
                if before is not None and phase.start < before.end:
                    yield problem_at(
                        phase.id,
                        f"the phase {quoted(phase.id)} begins before {quoted(before.id)} ends",
                        "list the phases in the order of time, without overlap",
                    )
                before = phase
