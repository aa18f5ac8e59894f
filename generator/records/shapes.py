"""Records that passed their schema -> the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from generator.durations import parse_duration
from generator.files import CONTENT, Document
from generator.model import records
from generator.shapes import lines
from generator.source import Mapping


def collected(documents: Iterable[Document]) -> records.Records:
    """All records of a service, each kind in the order of its ids, so of its days."""
    by_kind: dict[str, list] = {kind: [] for kind in _SHAPES}
    for document in documents:
        if document.kind in _SHAPES:
            by_kind[document.kind].append(_SHAPES[document.kind](document))
    ordered = {kind: tuple(sorted(found, key=lambda r: r.id)) for kind, found in by_kind.items()}
    return records.Records(
        reviews=ordered["review"],
        drills=ordered["drill"],
        carried=ordered["carried"],
        waivers=ordered["waiver"],
        rollbacks=ordered["rollback"],
    )


def _person(data: Mapping) -> records.Person:
    return records.Person(data["name"], data["role"])


def _content(document: Document) -> str:
    """The text that the stamp was made of; a rule says so when it is not that."""
    return document.attached.get(CONTENT, b"").decode("utf-8", "replace")


def _review(document: Document) -> records.Review:
    data = document.data
    return records.Review(
        id=document.stem,
        day=data["date"],
        version=data["version"],
        stamp=data["stamp"],
        reviewer=_person(data["reviewer"]),
        approver=_person(data["approver"]),
        scope=data["scope"],
        outcome=data["outcome"],
        findings=lines(data, "findings"),
        next=data.get("next"),
        supersedes=data.get("supersedes"),
        content=_content(document),
    )


def _drill(document: Document) -> records.Drill:
    data = document.data
    script = data.get("script", {})
    return records.Drill(
        id=document.stem,
        procedure=data["procedure"],
        version=data["version"],
        stamp=data["stamp"],
        environment=data["environment"],
        kind=data["kind"],
        start=data["start"],
        end=data["end"],
        participants=tuple(_person(p) for p in data["participants"]),
        steps=tuple(
            records.StepResult(s["id"], s["result"], s["by"], s.get("note")) for s in data["steps"]
        ),
        verification=data["verification"],
        script=script.get("name"),
        script_sha256=script.get("sha256"),
        exit=int(script["exit"]) if script else None,
        log=data.get("log"),
        target=parse_duration(data["target"]) if "target" in data else None,
        deviations=lines(data, "deviations"),
        actions=tuple(
            records.CorrectiveAction(a["what"], a["owner"], date.fromisoformat(a["due"]))
            for a in data.get("actions", ())
        ),
        night=data.get("night"),
        reviewer=_person(data["reviewer"]) if "reviewer" in data else None,
        supersedes=data.get("supersedes"),
        content=_content(document),
    )


def _carried(document: Document) -> records.Carried:
    data = document.data
    return records.Carried(
        id=document.stem,
        day=data["date"],
        drill=data["drill"],
        script_sha256=data["script-sha256"],
        reason=data["reason"],
        approver=_person(data["approver"]),
        supersedes=data.get("supersedes"),
    )


def _waiver(document: Document) -> records.Waiver:
    data = document.data
    return records.Waiver(
        id=document.stem,
        clock=data["clock"],
        reason=data["reason"],
        approver=_person(data["approver"]),
        granted=date.fromisoformat(data["granted"]),
        until=date.fromisoformat(data["until"]),
        supersedes=data.get("supersedes"),
    )


def _rollback(document: Document) -> records.Rollback:
    data = document.data
    return records.Rollback(
        id=document.stem,
        procedure=data["procedure"],
        version=data["version"],
        start=data["start"],
        end=data["end"],
        who=_person(data["who"]),
        trigger=data["trigger"],
        outcome=data["outcome"],
        log=data.get("log"),
        no_change=data.get("no-change"),
        supersedes=data.get("supersedes"),
    )


_SHAPES: dict[str, Callable[[Document], object]] = {
    "review": _review,
    "drill": _drill,
    "carried": _carried,
    "waiver": _waiver,
    "rollback": _rollback,
}
