"""What somebody says of a review, a drill, a waiver or a rollback -> a record of it.

Each function takes what was given (an attribute for each field of `cli/records.py`), the
Handbook, the service's folder and today's day. Raises UsageError for what cannot be
understood, RollbookError for a run log that cannot be read.
"""

from __future__ import annotations

import os
import stat
from argparse import Namespace
from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from pathlib import Path

from generator import model
from generator.durations import duration_text
from generator.files import CONTENT, LOG, MAX_FILE_BYTES
from generator.freshness import parse_day
from generator.load import UsageError
from generator.problems import RollbookError, did_you_mean
from generator.records import evidence, runlog
from generator.records.recording import Draft, draft
from generator.render.scripts.procedure import script
from generator.schema import is_moment
from generator.stamps import stamp


def review(given: Namespace, book: model.Handbook, folder: Path, today: date) -> Draft:
    day = _day(given.date, "--date", today)
    text = book.contents["review"]
    data = {
        "date": day,
        "version": book.revision.version,
        "stamp": stamp(text),
        "reviewer": person(given.reviewer, "--reviewer", book),
        "approver": person(given.approver, "--approver", book),
        "scope": given.scope,
        "outcome": given.outcome,
        "findings": given.finding,
        "next": given.next,
        "supersedes": given.supersedes,
    }
    return draft(folder, "review", day, data, {CONTENT: text.encode()})


def drill(given: Namespace, book: model.Handbook, folder: Path, today: date) -> Draft:
    raw, run = _log(getattr(given, "from"))
    procedure = _procedure(given, book, run)
    text = book.contents[f"drill:{procedure.id}"]
    if run and run.stamp != stamp(text):
        raise UsageError(
            f"the steps of {procedure.id} are not those that ran: the log's stamp is {run.stamp}, "
            f"today's {stamp(text)}. Record it from the content of that day, or drill again"
        )
    if run and given.environment != "sandbox":
        if run.rehearsal:
            raise UsageError(
                "this log is that of a rehearsal: it ran in a sandbox, against stand-ins. Give "
                "--environment sandbox, or the log of a drill"
            )
        if not run.did:
            raise UsageError(
                "an older script wrote this log: it says neither what the run did nor what it reached. "
                "Give --environment sandbox, or drill again"
            )
        if run.loopback:
            raise UsageError(
                f"this run reached {run.loopback}, which is on the machine itself: that is no "
                f"{given.environment}. Give --environment sandbox, or the log of a drill"
            )
    _only_once(raw, book.records.drills, "drill", given.supersedes)
    steps = list(_steps(procedure, run, dict(_by_hand(given.step, procedure, run))))
    partial = any(s["result"] == "not-done" for s in steps)
    verified = _verification(run)
    if run and verified == "passed" and not all(s.id in run.steps for s in procedure.steps):
        verified = "not-done"  # an option such as --push-only ended it before
    end = run.end if run else given.end
    data = {
        "procedure": procedure.id,
        "version": book.revision.version,
        "stamp": stamp(text),
        "script": {"name": run.script, "sha256": run.script_sha256, "exit": run.exit}
        if run
        else None,
        "environment": given.environment,
        "kind": "table-top" if given.table_top else "partial" if partial else "functional",
        "start": run.start if run else given.start,
        "end": end,
        "target": duration_text(procedure.budget.max) if procedure.budget else None,
        "participants": [person(p, "--participant", book) for p in given.participant],
        "steps": steps,
        "verification": given.verification or verified,
        "deviations": given.deviation,
        "actions": [_action(a, book) for a in given.action],
        "night": given.night,
        "reviewer": given.reviewer and person(given.reviewer, "--reviewer", book),
        "supersedes": given.supersedes,
    }
    name = f"{evidence.day_of(end, book.service.timezone)}-{procedure.id}"
    return _with_log(folder, "drill", name, data, raw, {CONTENT: text.encode()})


def carry(given: Namespace, book: model.Handbook, folder: Path, today: date) -> Draft:
    drills = {d.id: d for d in evidence.standing(book.records.drills)}
    found = drills.get(given.drill)
    if found is None:
        raise UsageError(f"no drill is called '{given.drill}'. {did_you_mean(given.drill, drills)}")
    procedure = next((p for p in book.procedures if p.id == found.procedure), None)
    if procedure is None or not procedure.script or not found.script:
        raise UsageError(f"{given.drill} ran no script that is still there")
    if found.stamp != book.stamps[f"drill:{procedure.id}"]:
        raise UsageError(
            f"the steps of {procedure.id} have changed since {given.drill}: drill again"
        )
    data = {
        "date": today.isoformat(),
        "drill": found.id,
        "script-sha256": sha256(script(procedure, book).encode()).hexdigest(),
        "reason": given.reason,
        "approver": person(given.approver, "--approver", book),
        "supersedes": given.supersedes,
    }
    return draft(folder, "carried", f"{today}-{procedure.id}", data)


def waiver(given: Namespace, book: model.Handbook, folder: Path, today: date) -> Draft:
    clocks = ["review", *(f"drill:{p.id}" for p in book.procedures if p.drill)]
    if given.clock not in clocks:
        raise UsageError(f"no clock is called '{given.clock}'. {did_you_mean(given.clock, clocks)}")
    granted = _day(given.granted, "--granted", today)
    data = {
        "clock": given.clock,
        "reason": given.reason,
        "approver": person(given.approver, "--approver", book),
        "granted": granted,
        "until": _day(given.until, "--until", today),
        "supersedes": given.supersedes,
    }
    return draft(folder, "waiver", f"{granted}-{given.clock.replace(':', '-')}", data)


def rollback(given: Namespace, book: model.Handbook, folder: Path, today: date) -> Draft:
    raw, run = _log(getattr(given, "from"))
    procedure = _procedure(given, book, run)
    _only_once(raw, book.records.rollbacks, "rollback", given.supersedes)
    try:
        outcome = runlog.outcome(run) if run else given.outcome
    except ValueError as error:
        raise UsageError(
            f"{getattr(given, 'from')}: {error}. Name the log of the run that moved production; a "
            "rollback that no script made is recorded with --procedure, --start, --end and --outcome"
        ) from error
    if outcome is None:
        raise UsageError("without a run log: missing --outcome")
    if run and (run.rehearsal or run.loopback):
        raise UsageError(
            f"this run reached {run.loopback or 'stand-ins in a sandbox'}: it rolled nothing back "
            "that is in production"
        )
    end = run.end if run else given.end
    data = {
        "procedure": procedure.id,
        "version": book.revision.version,
        "start": run.start if run else given.start,
        "end": end,
        "who": person(given.who, "--who", book),
        "trigger": given.trigger,
        "outcome": outcome,
        "no-change": given.no_change,
        "supersedes": given.supersedes,
    }
    name = f"{evidence.day_of(end, book.service.timezone)}-{procedure.id}"
    return _with_log(folder, "rollback", name, data, raw, {})


def _verification(run: runlog.Run | None) -> str:
    """Whether the result of a drill was found good, as far as its log says so."""
    if run is None or run.did not in runlog.RESTORED + runlog.RESTORING:
        return "not-done"
    return "passed" if run.restored and run.verified else "failed"


def _only_once(
    raw: bytes | None,
    records: Iterable[model.records.Drill | model.records.Rollback],
    kind: str,
    supersedes: str | None,
) -> None:
    """One run is one drill, or one rollback. Raises UsageError where its log is on record already."""
    digest = raw and f"sha256:{sha256(raw).hexdigest()}"
    for record in evidence.standing(records):
        if raw and record.log == digest and record.id != supersedes:
            raise UsageError(
                f"this log is that of the {kind} {record.id}: one run makes one {kind}. To correct "
                f"that record: --supersedes {record.id}"
            )


def _with_log(
    folder: Path,
    kind: str,
    name: str,
    data: dict[str, object],
    raw: bytes | None,
    attached: dict[str, bytes],
) -> Draft:
    if raw is not None:
        data["log"] = f"sha256:{sha256(raw).hexdigest()}"
        attached[LOG] = raw
    return draft(folder, kind, name, data, attached)


def _log(path: str | None) -> tuple[bytes, runlog.Run] | tuple[None, None]:
    """The run log that was named, and the run that it tells of."""
    if path is None:
        return None, None
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            # Reading a pipe would wait for ever.
            raise UsageError(f"{path} is not a file")
        with open(path, "rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise RollbookError(f"cannot read {path}: {error.strerror}") from error
    if len(raw) > MAX_FILE_BYTES:
        raise UsageError(f"{path}: larger than {MAX_FILE_BYTES // 2**20} MiB")
    try:
        return raw, runlog.parse(raw)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error


def _procedure(given: Namespace, book: model.Handbook, run: runlog.Run | None) -> model.Procedure:
    if run and run.service not in ("", book.service.id):
        raise UsageError(
            f"this run log is that of the service '{run.service}', not of '{book.service.id}'"
        )
    id = run.procedure if run else given.procedure
    if id is None:
        raise UsageError("which procedure? Name the run's log with --from, or --procedure ID")
    found = next((p for p in book.procedures if p.id == id), None)
    if found is None:
        names = [p.id for p in book.procedures]
        raise UsageError(f"no procedure is called '{id}'. {did_you_mean(id, names)}")
    for name in ("start", "end") if run is None else ():
        if not is_moment(getattr(given, name) or ""):
            raise UsageError(f"without a run log: --{name} is wanted as YYYY-MM-DDTHH:MM:SSZ")
    return found


def _steps(
    procedure: model.Procedure, run: runlog.Run | None, by_hand: dict[str, tuple[str, str]]
) -> Iterable[dict[str, str]]:
    """The result of each step: what a person says of it, else what the log says."""
    for step in procedure.steps:
        if run and step.id not in by_hand:
            yield {"id": step.id, "result": run.steps.get(step.id, "not-done"), "by": "script"}
        else:
            result, note = by_hand.get(step.id, ("not-done", ""))
            yield {"id": step.id, "result": result, "by": "person", "note": note}


def _by_hand(
    texts: Iterable[str], procedure: model.Procedure, run: runlog.Run | None
) -> Iterable[tuple[str, tuple[str, str]]]:
    """`ID=RESULT[: NOTE]`, one a step that no script did."""
    ids = [s.id for s in procedure.steps]
    for text in texts:
        id, equals, rest = text.partition("=")
        result, _, note = rest.partition(":")
        if not equals or result.strip() not in ("ok", "failed", "not-done"):
            raise UsageError(f"--step {text}: expected ID=ok, ID=failed or ID=not-done")
        if id not in ids:
            raise UsageError(f"--step: no step is called '{id}'. {did_you_mean(id, ids)}")
        logged = run.steps.get(id, "not-done") if run else "not-done"
        if logged != "not-done":
            raise UsageError(f"--step {id}: the run log already says '{logged}' of it")
        if run and run.exit == 0 and id not in run.steps and result.strip() == "ok":
            raise UsageError(
                f"--step {id}: the script ended with 0 before it; drill the whole of it"
            )
        yield id, (result.strip(), note.strip())


def person(text: str, flag: str, book: model.Handbook) -> dict[str, str]:
    """`NAME, ROLE`, with a role of this service."""
    name, _, role = (part.strip() for part in text.rpartition(","))
    roles = book.contacts.roles
    if not name:
        raise UsageError(f"{flag} '{text}': expected 'NAME, ROLE'; roles are {', '.join(roles)}")
    return {"name": name, "role": _role(role, flag, book)}


def _role(role: str, flag: str, book: model.Handbook) -> str:
    if role not in book.contacts.roles:
        raise UsageError(
            f"{flag}: no role is called '{role}'. {did_you_mean(role, book.contacts.roles)}"
        )
    return role


def _action(text: str, book: model.Handbook) -> dict[str, str]:
    parts = [p.strip() for p in text.rsplit(",", 2)]
    if len(parts) != 3 or not parts[0]:
        raise UsageError(f"--action '{text}': expected 'WHAT, ROLE, YYYY-MM-DD'")
    what, role, due = parts
    return {"what": what, "owner": _role(role, "--action", book), "due": _day(due, "--action")}


def _day(text: str | None, flag: str, default: date | None = None) -> str:
    if text is None and default is not None:
        return default.isoformat()
    try:
        return parse_day(text or "").isoformat()
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from error
