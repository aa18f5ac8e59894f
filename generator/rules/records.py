"""Records are what they claim to be: nothing beside them was changed, nothing is out of order.

These rules look at one record and what lies beside it. That no record was edited or
deleted is for Git to say (see `records.history`).
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from datetime import timedelta

from generator.files import CONTENT, LOG, RECORDS, Document
from generator.problems import Problem, quoted
from generator.records import runlog
from generator.records.evidence import counts, day_of
from generator.rules.context import Context
from generator.source import problem_at

LONGEST_WAIVER = timedelta(days=30)

_CORRECT = "bring back what was recorded; records are never edited"


def records_of(context: Context, *kinds: str) -> Iterator[Document]:
    return (d for d in context.documents if d.kind in (kinds or RECORDS))


def _sha256(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def evidence_is_whole(context: Context) -> Iterator[Problem]:
    """What lies beside a record is what its hashes say, and is about the same thing."""
    for document in records_of(context):
        for key, ending, what in (
            ("stamp", CONTENT, "the content that this record is about"),
            ("log", LOG, "the run log of this record"),
        ):
            stated = document.data.get(key)
            found = document.attached.get(ending)
            if stated is None and found is not None:
                yield problem_at(
                    document.data,
                    f"{document.stem}{ending} lies here, and {key!r} is not named",
                    _CORRECT,
                )
            if stated is None:
                continue
            if found is None:
                yield problem_at(stated, f"{what} is missing: {document.stem}{ending}", _CORRECT)
            elif _sha256(found) != stated:
                yield problem_at(
                    stated, f"{what} has another hash: {document.stem}{ending}", _CORRECT
                )
            elif key == "stamp":
                yield from _about_the_same(context, document, found)


def _about_the_same(context: Context, document: Document, raw: bytes) -> Iterator[Problem]:
    """A review's text names its service; a drill's text its procedure, and each of its steps."""
    data, text = document.data, said_beside(raw)
    if document.kind == "review":
        told, wanted = at(text, "content", "service/service", "id"), context.handbook.service.id
        whole = told is not None
    else:
        told, wanted = at(text, "content", "id"), data["procedure"]
        whole = told == wanted
    if text.get("kind") != document.kind or not whole:
        what = {"review": "a service"}.get(document.kind, "its procedure")
        yield problem_at(
            data["stamp"],
            f"the content beside this record is not about {what}",
            "was the record copied from another one?",
        )
    elif told != wanted:
        yield problem_at(
            data["stamp"],
            f"the content beside this record is about the service {quoted(str(told))}",
            "fine if this service was called so; else the record was copied",
            severity="warning",
        )
    elif document.kind == "drill":
        steps = at(text, "content", "steps")
        ids = [at(s, "id") for s in steps] if isinstance(steps, list) else []
        if ids != [s["id"] for s in data["steps"]]:
            yield problem_at(
                data["steps"],
                f"not the steps of its procedure, in their order: {', '.join(map(str, ids))}",
                _CORRECT,
            )


def said_beside(raw: bytes) -> dict:
    """What the text beside a record says; nothing where it is no canonical text."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def at(data: object, *keys: str) -> object:
    """What lies at the end of the keys; None where there is no such thing."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def logs_say_the_same(context: Context) -> Iterator[Problem]:
    """A record says what its run log says."""
    for document in records_of(context, "drill", "rollback"):
        data = document.data
        if "log" not in data or LOG not in document.attached:
            if document.kind == "drill" and ("script" in data or _needs_a_log(document)):
                yield problem_at(
                    data["kind"],
                    "the procedure has a script, and no run log is named",
                    "a functional drill of it runs the script: record its log",
                )
            continue
        try:
            run = runlog.parse(document.attached[LOG])
        except ValueError as error:
            yield problem_at(data["log"], f"the run log cannot be used: {error}", _CORRECT)
            continue
        logged = [("procedure", run.procedure), ("start", run.start), ("end", run.end)]
        stated = [data[key] for key, _ in logged]
        if document.kind == "drill":
            logged += [("stamp", run.stamp)]
            stated += [data["stamp"]]
            script = data.get("script", {})
            logged += [("name", run.script), ("sha256", run.script_sha256), ("exit", str(run.exit))]
            stated += [script.get(key, data["log"]) for key in ("name", "sha256", "exit")]
        elif run.did:
            try:
                logged += [("outcome", runlog.outcome(run))]
                stated += [data["outcome"]]
            except ValueError as error:
                yield problem_at(data["log"], str(error), _CORRECT)
        for (key, value), said in zip(logged, stated):
            if value != said:
                yield problem_at(said, f"the run log says {quoted(value)} ({key})", _CORRECT)
        if run.rehearsal and data.get("environment") != "sandbox":
            yield problem_at(
                data.get("environment", data["procedure"]),
                "the run log is that of a rehearsal in a sandbox",
                "a rehearsal is neither a drill elsewhere nor a rollback",
            )
        elif run.loopback and data.get("environment") != "sandbox":
            yield problem_at(
                data.get("environment", data["procedure"]),
                f"the run log says that the run reached {run.loopback}, on the machine itself",
                "what was moved there was neither staging nor production",
            )
        if document.kind == "drill":
            yield from _steps_as_logged(document, run)


def a_log_is_recorded_once(context: Context) -> Iterator[Problem]:
    """One run makes one drill, or one rollback; a correction takes the place of what it corrects."""
    for kind in ("drill", "rollback"):
        documents = list(records_of(context, kind))
        corrected = {str(d.data["supersedes"]) for d in documents if "supersedes" in d.data}
        first: dict[str, str] = {}
        for document in documents:
            log = document.data.get("log")
            if log is None or document.stem in corrected:
                continue
            if str(log) in first:
                yield problem_at(
                    log,
                    f"this is the log of the {kind} {first[str(log)]} too",
                    f"one run makes one {kind}; a correction says 'supersedes'",
                )
            first.setdefault(str(log), document.stem)


def _needs_a_log(document: Document) -> bool:
    """Whether a script was to run, by the content that the record is about."""
    if document.data["kind"] != "functional":
        return False
    return at(said_beside(document.attached.get(CONTENT, b"")), "content", "script") is not None


def _steps_as_logged(document: Document, run: runlog.Run) -> Iterator[Problem]:
    data = document.data
    if data["verification"] == "passed" and run.exit not in (0, 8):
        message = f"the script ended with {run.exit}, which is no success"
        yield problem_at(data["verification"], message, _CORRECT)
    if data["verification"] == "passed" and run.did in runlog.RESTORING:
        message = f"the run log says '{run.did}': {runlog.words()[run.did]}"
        yield problem_at(data["verification"], message, _CORRECT)
    for step in data["steps"]:
        logged = run.steps.get(step["id"])
        if logged is None and step["by"] == "script" and step["result"] != "not-done":
            yield problem_at(step["id"], "the run log names no such step", _CORRECT)
        elif logged is None and step["result"] == "ok" and run.exit == 0:
            message = "the script ended with 0 before this step: nothing was left to people"
            yield problem_at(step["id"], message, _CORRECT)
        elif logged is not None and logged != (
            step["result"] if step["by"] == "script" else "not-done"
        ):
            yield problem_at(step["result"], f"the run log says {quoted(logged)}", _CORRECT)


def record_days_are_in_order(context: Context) -> Iterator[Problem]:
    timezone = context.handbook.service.timezone
    for document in records_of(context):
        data = document.data
        if "start" in data and data["end"] < data["start"]:
            yield problem_at(data["end"], f"ended before it began ({data['start']})", _CORRECT)
        told = data.get("date") or data.get("granted") or data["end"]
        day = day_of(told, timezone).isoformat() if "end" in data else told
        if not document.stem.startswith(day):
            yield problem_at(
                told,
                f"the name of the file does not begin with the day of the record ({day})",
                f"name it {day}-....yaml",
            )


def waivers_are_short(context: Context) -> Iterator[Problem]:
    """At most 30 days, and never two in a row: between two of them the thing was done."""
    book = context.handbook
    by_clock: dict[str, list] = {}
    corrected = {w.supersedes for w in book.records.waivers}
    for document in records_of(context, "waiver"):
        data = document.data
        waiver = next(w for w in book.records.waivers if w.id == document.stem)
        if waiver.id in corrected:
            pass  # It covers nothing any more; whether one followed it in a row still counts.
        elif waiver.until < waiver.granted:
            yield problem_at(data["until"], f"ends before it begins ({waiver.granted})", _CORRECT)
        elif waiver.until - waiver.granted > LONGEST_WAIVER:
            latest = waiver.granted + LONGEST_WAIVER
            yield problem_at(
                data["until"],
                f"longer than 30 days: granted on {waiver.granted}, at most until {latest}",
                "do what is due, or correct the record",
            )
        by_clock.setdefault(waiver.clock, []).append((waiver, data))
    for clock, found in by_clock.items():
        found.sort(key=lambda pair: (pair[0].granted, pair[0].id))
        for (before, _), (after, data) in itertools.pairwise(found):
            corrects = after.supersedes == before.id and after.granted == before.granted
            if not corrects and not _done_between(context, clock, before.granted, after.granted):
                yield problem_at(
                    data["granted"],
                    f"a second waiver in a row for {clock}; the first is {before.id}",
                    "what was waived must be done before it can be waived again",
                )


def _done_between(context: Context, clock: str, after, before) -> bool:
    """Whether the clock was set back from one day to another by what a record says."""
    book = context.handbook
    if clock == "review":
        days = [r.day for r in book.records.reviews]
    else:
        days = [
            day_of(d.end, book.service.timezone).isoformat()
            for d in book.records.drills
            if d.procedure == clock.removeprefix("drill:") and counts(book, d)
        ]
    return any(after.isoformat() <= day <= before.isoformat() for day in days)
