"""Records as a reader of the document sees them. Nothing here knows today's date."""

from __future__ import annotations

from datetime import datetime, timedelta

from generator import freshness, model
from generator.durations import duration_words, range_words
from generator.model.records import Person
from generator.records import evidence
from generator.text import fold


def reviewed(book: model.Handbook) -> str:
    """'2026-03-01 by A. Person (Engineer), approved by ...', or that nobody has."""
    review = evidence.last_review(book)
    if review is None:
        return f"never; issued {book.service.issued}, not yet reviewed"
    changed = " Changed since." if review.stamp != book.stamps["review"] else ""
    return f"{review.day} by {_who(book, review.reviewer)}, {_approved(book, review)}.{changed}".rstrip(
        "."
    )


def tested(book: model.Handbook) -> str:
    """How many of the procedures that must be drilled have been, and since when."""
    drilled = [p for p in book.procedures if p.drill]
    if not drilled:
        return "no procedure must be drilled"
    days = [day for p in drilled if (day := _passed_on(book, p))]
    if not days:
        which = "its one procedure" if len(drilled) == 1 else f"any of {len(drilled)} procedures"
        return f"never; no drill is on record for {which}"
    some = "" if len(days) == len(drilled) else f"; the other {len(drilled) - len(days)} never"
    since = f"{min(days)} at the earliest" if len(days) > 1 else days[0]
    return f"{len(days)} of {len(drilled)} procedures, {since}{some}"


def last_tested(book: model.Handbook, procedure: model.Procedure) -> str:
    """'2026-03-02 in staging', and what is to be known about it; 'never' without a drill."""
    passed = evidence.last_pass(book, procedure.id)
    drills = evidence.drills_of(book, procedure.id)
    newest = drills[-1] if drills else None
    parts = ["never; no drill is on record" if newest is None else "never"]
    if passed:
        parts = [f"{_passed_on(book, procedure)} in {passed.environment}"]
        if passed.stamp != book.stamps[f"drill:{procedure.id}"]:
            parts.append(freshness.drilled_since(book, passed))
    if newest and newest is not passed:
        day = evidence.day_of(newest.end, book.service.timezone)
        parts.append(f"the newest drill ({day}) {freshness.why_not(book, newest)}")
    return "; ".join(parts)


def timeline(book: model.Handbook, procedure: model.Procedure) -> str | None:
    """What the procedure claims to take, and what the last drill that counts took."""
    passed = evidence.last_pass(book, procedure.id)
    parts = []
    if procedure.budget:
        claimed = range_words(procedure.budget.target, procedure.budget.max)
        parts.append(f"{claimed} claimed" if passed else claimed)
    if passed:
        late = procedure.budget and took(passed) > procedure.budget.max
        parts.append(
            f"{duration_words(took(passed))} measured" + (", longer than claimed" if late else "")
        )
    return "; ".join(parts) or None


def took(record: model.Drill | model.Rollback) -> timedelta:
    """From start to end, in whole seconds."""
    return _moment(record.end) - _moment(record.start)


def rows(book: model.Handbook) -> list[dict[str, str]]:
    """Every record, newest first: day, what, result, who."""
    found = [_review_row(book, r) for r in book.records.reviews]
    found += [_drill_row(book, d) for d in book.records.drills]
    found += [_rollback_row(book, r) for r in book.records.rollbacks]
    found += [_waiver_row(book, w) for w in book.records.waivers]
    found += [_carried_row(book, c) for c in book.records.carried]
    return sorted(found, key=lambda row: row["id"], reverse=True)


def _review_row(book: model.Handbook, review: model.Review) -> dict[str, str]:
    return _row(
        review,
        review.day,
        f"Review of version {review.version}: {review.scope}",
        review.outcome.replace("-", " ") + f", {_approved(book, review)}",
        _who(book, review.reviewer),
        book.records.reviews,
    )


def _drill_row(book: model.Handbook, drill: model.Drill) -> dict[str, str]:
    result = "passed" if drill.passed else freshness.why_not(book, drill).removeprefix("was ")
    return _row(
        drill,
        evidence.day_of(drill.end, book.service.timezone).isoformat(),
        f"Drill in {drill.environment}: {_title(book, drill.procedure)}",
        f"{result}, {duration_words(took(drill))}",
        ", ".join(_who(book, p) for p in drill.participants),
        book.records.drills,
    )


def _rollback_row(book: model.Handbook, rollback: model.Rollback) -> dict[str, str]:
    told = f"; no change of the document: {rollback.no_change}" if rollback.no_change else ""
    return _row(
        rollback,
        evidence.day_of(rollback.end, book.service.timezone).isoformat(),
        f"Rollback: {_title(book, rollback.procedure)}. {rollback.trigger}",
        f"{rollback.outcome.replace('-', ' ')}, {duration_words(took(rollback))}{told}",
        _who(book, rollback.who),
        book.records.rollbacks,
    )


def _waiver_row(book: model.Handbook, waiver: model.Waiver) -> dict[str, str]:
    kind, _, procedure = waiver.clock.partition(":")
    what = f"drill of {_title(book, procedure)}" if procedure else kind
    return _row(
        waiver,
        waiver.granted.isoformat(),
        f"Waiver of the {what}: {waiver.reason}",
        f"may be late until {waiver.until}",
        _who(book, waiver.approver),
        book.records.waivers,
    )


def _carried_row(book: model.Handbook, carried: model.Carried) -> dict[str, str]:
    return _row(
        carried,
        carried.day,
        f"Drill {carried.drill} carried forward: {carried.reason}",
        f"stands for the script {carried.script_sha256[:12]}",
        _who(book, carried.approver),
        book.records.carried,
    )


def _row(record, day: str, what: str, result: str, who: str, kind) -> dict[str, str]:
    corrected = next((r.id for r in kind if r.supersedes == record.id), None)
    if corrected:
        result += f"; corrected by {corrected}"
    return {"id": record.id, "day": day, "what": what, "result": result, "who": who}


def _approved(book: model.Handbook, review: model.Review) -> str:
    # Another role or another spelling does not make two people of one.
    approver, reviewer = (fold(p.name).casefold() for p in (review.approver, review.reviewer))
    if approver == reviewer:
        return "a self-review"
    return f"approved by {_who(book, review.approver)}"


def _who(book: model.Handbook, person: Person) -> str:
    return f"{person.name} ({book.contacts.roles.get(person.role, person.role)})"


def _title(book: model.Handbook, procedure: str) -> str:
    return next((p.title for p in book.procedures if p.id == procedure), procedure)


def _passed_on(book: model.Handbook, procedure: model.Procedure) -> str | None:
    passed = evidence.last_pass(book, procedure.id)
    return passed and evidence.day_of(passed.end, book.service.timezone).isoformat()


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
