"""What a record claims of versions and roles, held against what can be known of them.

Whether the people named are those who acted is for nobody here to say. A record that another
one corrects claims nothing any more: records are never edited, and there has to be a way out.
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.files import CONTENT, RECORDS, Document
from generator.problems import Problem, did_you_mean, quoted
from generator.records.evidence import day_of
from generator.rules.context import Context
from generator.rules.records import at, said_beside
from generator.source import Mapping, Scalar, problem_at

_MISTAKE = "if it is a mistake"
_CORRECT = "correct the record by a new one (--supersedes)"


def versions_are_those_of_the_document(context: Context) -> Iterator[Problem]:
    """A review names the version that it read; every record one that was there on its day."""
    service = context.handbook.service
    days = {str(r.version): r.date for r in service.history}
    for document in _standing(context):
        data = document.data
        version = data.get("version")
        if version is None:
            continue
        read = _version_read(document)
        if read is not None and read != version:
            yield problem_at(
                version,
                f"the content beside this record is version {quoted(read)}",
                f"{_MISTAKE}, {_CORRECT}",
            )
        if version not in days:
            yield problem_at(
                version,
                f"the history names no version {quoted(version)}",
                f"{did_you_mean(version, days)}; a version that records name stays in the history",
            )
            continue
        day = day_of(data["end"], service.timezone).isoformat() if "end" in data else data["date"]
        if day < days[version].isoformat():
            yield problem_at(
                version,
                f"version {version} is of {days[version]}, later than this record ({day})",
                "fine if a draft of it was used; else " + _CORRECT,
                severity="warning",
            )


def roles_are_those_of_the_contacts(context: Context) -> Iterator[Problem]:
    """Roles of a review are in what was read; those of other records are compared with today's."""
    today = context.handbook.contacts.roles
    for document in _standing(context):
        read = _roles_read(document)
        known = today if read is None else read
        for role in _roles(document.data):
            if role in known:
                continue
            if read is None:
                message, severity = f"no role is called {quoted(role)} today", "warning"
            else:
                message, severity = f"what was reviewed has no role {quoted(role)}", "error"
            yield problem_at(
                role,
                message,
                f"{did_you_mean(role, known)}; {_MISTAKE}, {_CORRECT}",
                severity=severity,
            )


def _standing(context: Context) -> Iterator[Document]:
    found = [d for d in context.documents if d.kind in RECORDS]
    corrected = {(d.kind, d.data.get("supersedes")) for d in found}
    return (d for d in found if (d.kind, d.stem) not in corrected)


def _roles(data: Mapping) -> Iterator[Scalar]:
    people = (data.get(key) for key in ("reviewer", "approver", "who"))
    for person in (*people, *data.get("participants", ())):
        if person is not None:
            yield person["role"]
    yield from (action["owner"] for action in data.get("actions", ()))


def _version_read(document: Document) -> str | None:
    """The newest version in the history of what was reviewed; None where it is not told."""
    history = at(_reviewed(document), "content", "service/service", "history")
    last = history[-1] if isinstance(history, list) and history else None
    found = at(last, "version")
    return found if isinstance(found, str) else None


def _roles_read(document: Document) -> dict | None:
    found = at(_reviewed(document), "content", "contacts/contacts", "roles")
    return found if isinstance(found, dict) else None


def _reviewed(document: Document) -> dict:
    return said_beside(document.attached.get(CONTENT, b"")) if document.kind == "review" else {}
