"""What a reviewer needs before the quarterly review: what changed, what is open, what is due.

Pure: one Handbook and a day in, sections out. It fits a terminal, a pull request or an
issue; that somebody ticks every box is not proof that anybody read the document.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from generator import freshness, model, state
from generator.canon.matrix import late
from generator.changes import changes
from generator.durations import counted, duration_words
from generator.findings import candidate_words
from generator.markdown import code_span, escape
from generator.problems import Problem
from generator.records import evidence
from generator.render.evidence import timeline, took

WIDTH = 80


@dataclass(frozen=True)
class Section:
    """`items` are plain text, one line each; `none` is said when there is nothing to say."""

    id: str
    title: str
    items: tuple[str, ...]
    none: str


@dataclass(frozen=True)
class Packet:
    """One service on one day, with what the gate says; `command` records the review once it is done."""

    service: str
    name: str
    version: str
    stamp: str
    as_of: date
    status: str
    sections: tuple[Section, ...]
    ticks: tuple[str, ...]
    command: str


def packet(
    book: model.Handbook,
    as_of: date,
    rendered: freshness.Rendered | None = None,
    dead: Iterable[Problem] | None = None,
) -> Packet:
    """Everything that a reviewer of `book` has to know on the day `as_of`.

    `dead` has the references that lead nowhere, and what could not be checked; None where
    nobody has looked.
    """
    found = state.assess(book, as_of, rendered=rendered)
    looked = (
        ", or could not be checked"
        if dead is not None
        else ": not looked up; name a checkout with --against PATH"
    )
    sections = (
        Section("clocks", "How the clocks stand", tuple(_clocks(found)), "no clock runs"),
        Section(
            "changes",
            "What changed since the last review",
            tuple(_changes(book)),
            _no_change(book),
        ),
        Section("steps", "Steps that changed since their drill", tuple(_steps(book)), "none"),
        Section("rollbacks", "Rollbacks that nobody has answered", tuple(_rollbacks(book)), "none"),
        Section("open", "Facts that nobody has supplied", tuple(_open(book, as_of)), "none"),
        Section("canon", "Canon gaps", tuple(_gaps(book, as_of)), "none that is declared"),
        Section(
            "contradictions",
            "Figures that contradict each other",
            tuple(c.words for c in book.contradictions),
            "none",
        ),
        Section("times", "Claimed and measured times", tuple(_times(book)), "no time is claimed"),
        Section(
            "references",
            f"References that lead nowhere{looked}",
            tuple(f"{p.place}: {p.message}" for p in dead or ()),
            "none" if dead is not None else "not known",
        ),
        Section("due", "What is due next", tuple(_due(found)), "nothing"),
        Section("actions", "Corrective actions of drills", tuple(_actions(book, as_of)), "none"),
    )
    return Packet(
        service=str(book.service.id),
        name=str(book.service.name),
        version=str(book.revision.version),
        stamp=book.stamps["review"],
        as_of=as_of,
        status=found.status,
        sections=sections,
        ticks=tuple(_ticks(book, sections)),
        command=f"rollbook review record --service {book.service.id}",
    )


def _clocks(service: state.ServiceState) -> Iterator[str]:
    for judged in freshness.worst_first(service.clocks):
        due = f", due {judged.due}" if judged.due else ""
        told = judged.detail and judged.state != "never"
        detail = f" ({judged.detail})" if told else ""
        waived = f", waived until {judged.waived}" if judged.waived else ""
        yield f"{judged.clock.what}: {judged.state}{due}{waived}{detail}; {judged.clock.owner}"


def _changes(book: model.Handbook) -> Iterator[str]:
    review = evidence.last_review(book)
    for change in changes(review.content, book.contents["review"]) if review else ():
        yield change.words


def _no_change(book: model.Handbook) -> str:
    if evidence.last_review(book):
        return "nothing"
    return f"never reviewed: version {book.revision.version} has to be read as a whole"


def _steps(book: model.Handbook) -> Iterator[str]:
    for procedure in book.procedures:
        drill = evidence.last_pass(book, procedure.id)
        if drill and drill.stamp != book.stamps[f"drill:{procedure.id}"]:
            yield f"{procedure.title}: drilled ({drill.id}), {freshness.drilled_since(book, drill)}"


def _rollbacks(book: model.Handbook) -> Iterator[str]:
    for run in evidence.open_rollbacks(book):
        yield f"{run.id}: {run.trigger}; {run.outcome.replace('-', ' ')}, {duration_words(took(run))}"


def _open(book: model.Handbook, as_of: date) -> Iterator[str]:
    for blank in sorted(book.unfilled, key=lambda u: not u.required):
        need = "required" if blank.required else "optional"
        by = f", owed by {blank.by}" if blank.by else ", no day is set"
        late = " (late)" if blank.by and blank.by < as_of else ""
        owed = f"{need}, {book.contacts.roles[blank.owner]}{by}{late}"
        yield "; ".join([f"{blank.what} ({blank.path}): {owed}", *candidate_words(blank)])


def _gaps(book: model.Handbook, as_of: date) -> Iterator[str]:
    """Only what is declared: an answer that waits for a fact waits for one of those above."""
    for canon in book.canons:
        for clause in canon.clauses:
            if gap := clause.gap:
                part = "in part" if clause.answers else "not answered"
                day = f", by {gap.by}" if gap.by else ", no day is set"
                passed = " (late)" if late(gap, as_of) else ""
                owner = book.contacts.roles[gap.owner]
                yield f"{canon.title}, {clause.id} ({part}): {gap.missing}; {owner}{day}{passed}"


def _times(book: model.Handbook) -> Iterator[str]:
    for procedure in book.procedures:
        told = timeline(book, procedure)
        if told:
            measured = "" if evidence.last_pass(book, procedure.id) else "; never measured"
            yield f"{procedure.title}: {told}{measured}"


def _due(service: state.ServiceState) -> Iterator[str]:
    dated = [(day, c.clock.what, c) for c in service.clocks if (day := c.by(service.as_of))]
    for day, what, judged in sorted(dated, key=lambda d: d[:2]):
        late = (service.as_of - day).days
        told = f"{counted(late, 'day')} ago" if late > 0 else ""
        told = "its waiver ends" if judged.waived else told
        told = judged.state if judged.state in ("never", "changed") and not told else told
        when = "now" if day == service.as_of and judged.red else day
        yield f"{when}: {what}" + (f" ({told})" if told else "")


def _actions(book: model.Handbook, as_of: date) -> Iterator[str]:
    """Nothing records that an action was done, so each is asked about for as long as its drill counts."""
    for drill, _, action in evidence.open_actions(book):
        late = " (its day has passed)" if action.due < as_of else ""
        owner = book.contacts.roles.get(action.owner, action.owner)
        yield f"{action.what}: {owner}, by {action.due}{late} ({drill.id})"


def _ticks(book: model.Handbook, sections: tuple[Section, ...]) -> Iterator[str]:
    yield f"I have read version {book.revision.version} as a whole, not only what changed"
    yield "Every contact and channel was tried, not only looked at"
    asked = {s.id: s for s in sections}
    for id, text in (
        ("changes", "Each change above is right, and the history says what users should know"),
        ("open", "Whoever owes an open fact was told"),
        ("canon", "Each gap was closed, or whoever owes it was told"),
        ("contradictions", "Each contradiction was decided, or somebody was asked to decide it"),
        ("rollbacks", "Each rollback above is answered by a new version, or by --no-change"),
        ("actions", "Each corrective action was done, or has a new day"),
    ):
        if asked[id].items:
            yield text
    yield "The scripts in generated/ are those that on-call engineers have at hand"


def text(found: Packet) -> str:
    """For a terminal of 80 columns."""
    lines = [f"Review of {found.name}, version {found.version}, on {found.as_of}", found.stamp]
    for section in found.sections:
        lines += ["", *_wrapped(section.title, "")]
        for item in section.items or (f"{section.none}.",):
            lines += _wrapped(item, "  - " if section.items else "  ")
    lines += ["", "Before you record it"]
    for tick in found.ticks:
        lines += _wrapped(tick, "  [ ] ")
    # The verdict again, where it does not scroll away.
    lines += ["", *_wrapped(_verdict(found), "")]
    return "\n".join([*lines, "", f"  {found.command}"])


# What a reviewer has to decide or to have done, by the section that lists it.
_COUNTED = {
    "changes": "change",
    "rollbacks": "unanswered rollback",
    "open": "open fact",
    "canon": "canon gap",
    "contradictions": "contradiction",
    "references": "dead or unchecked reference",
    "actions": "corrective action",
}


def _verdict(found: Packet) -> str:
    """What the gate says, and how much each section asks for."""
    items = {s.id: len(s.items) for s in found.sections}
    asked = [counted(items[id], noun) for id, noun in _COUNTED.items() if items[id]]
    return f"{found.name}: gate {found.status}; {', '.join(asked) or 'nothing else is listed'}"


def _wrapped(words: str, first: str) -> list[str]:
    return textwrap.wrap(
        words,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_on_hyphens=False,
    )


def markdown(found: Packet) -> str:
    """For the description of a pull request or an issue."""
    lines = [
        f"## Review of {escape(found.name)}, version {found.version}, on {found.as_of}",
        "",
        code_span(found.stamp),
    ]
    for section in found.sections:
        lines += ["", f"### {escape(section.title)}", ""]
        lines += [f"- {escape(item)}" for item in section.items] or [
            f"{section.none.capitalize()}."
        ]
    lines += ["", "### Before you record it", ""]
    lines += [f"- [ ] {escape(tick)}" for tick in found.ticks]
    lines += ["", f"{escape(_verdict(found))}."]
    return "\n".join([*lines, "", "Then:", "", code_span(found.command), ""])


def as_json(found: Iterable[Packet]) -> str:
    """All services in one object, for programs."""
    return json.dumps(
        {
            "schema": 1,
            "services": [
                {
                    "id": p.service,
                    "version": p.version,
                    "stamp": p.stamp,
                    "as_of": p.as_of.isoformat(),
                    "status": p.status,
                    "sections": [
                        {"id": s.id, "title": s.title, "items": list(s.items)} for s in p.sections
                    ],
                    "ticks": list(p.ticks),
                    "command": p.command,
                }
                for p in found
            ],
        },
        ensure_ascii=False,
        indent=2,
    )
