"""A record that corrects another one, or carries it forward, fits what it speaks of."""

from __future__ import annotations

from collections.abc import Iterator

from generator.files import RECORDS
from generator.problems import Problem, did_you_mean, quoted
from generator.records.evidence import day_of
from generator.rules.context import Context
from generator.rules.records import records_of
from generator.source import Mapping, problem_at


def corrections_correct_something(context: Context) -> Iterator[Problem]:
    for kind in sorted(RECORDS):
        records = {d.stem: d.data for d in records_of(context, kind)}
        corrects = {stem: data.get("supersedes") for stem, data in records.items()}
        for stem, id in corrects.items():
            if id is not None and id not in corrects:
                yield problem_at(
                    id, f"no {kind} is called {quoted(id)}", did_you_mean(id, corrects)
                )
            elif id is not None and _leads_back(stem, corrects):
                yield problem_at(
                    id, "these records correct each other", "a record corrects an earlier one"
                )
            elif id is not None:
                yield from _about_another(context, kind, records[stem], records[id])
    drills = {d.stem: d.data for d in records_of(context, "drill")}
    timezone = context.handbook.service.timezone
    for document in records_of(context, "carried"):
        id, day = document.data["drill"], document.data["date"]
        if id not in drills:
            yield problem_at(id, f"no drill is called {quoted(id)}", did_you_mean(id, drills))
        elif day < (done := day_of(drills[id]["end"], timezone).isoformat()):
            yield problem_at(
                day,
                f"earlier than the drill that it is about ({done})",
                "bring back what was recorded; records are never edited",
            )


def _about_another(
    context: Context, kind: str, data: Mapping, corrected: Mapping
) -> Iterator[Problem]:
    """A correction keeps what its record is about: else it would hide one thing behind another."""
    procedures = {d.stem: d.data["procedure"] for d in records_of(context, "drill")}

    def about(record: Mapping) -> str | None:
        if kind == "carried":
            return procedures.get(record["drill"])
        return record.get("procedure") or record.get("clock")

    subjects = (about(data), about(corrected))
    if None not in subjects and subjects[0] != subjects[1]:
        yield problem_at(
            data["supersedes"],
            f"{data['supersedes']} is about {quoted(subjects[1])}, and this record about "
            f"{quoted(subjects[0])}",
            "correct it by a record about the same; what else was done is a record of its own",
        )
    elif kind == "rollback" and "log" in corrected and data.get("log") != corrected["log"]:
        yield problem_at(
            data["supersedes"],
            f"{data['supersedes']} tells of a run with another log",
            "correct it from the same log, which lies beside it (--from); another run is a record "
            "of its own",
        )


def _leads_back(stem: str, corrects: dict[str, str | None]) -> bool:
    seen = set()
    at: str | None = stem
    while at is not None and at not in seen:
        seen.add(at)
        at = corrects.get(at)
    return at is not None
