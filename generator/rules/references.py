"""What refers to something refers to something that is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from generator.assemble import walk_sections
from generator.files import RECORDS
from generator.problems import Problem, did_you_mean, quoted
from generator.rules.context import Context, scalars, unique, unknown
from generator.source import Scalar, problem_at
from generator.text import REFERENCE, REFERENCE_KINDS


def text_refers_to_what_exists(context: Context) -> Iterator[Problem]:
    for scalar in scalars(d.data for d in context.documents):
        if "[[" not in scalar:
            continue
        for kind, id in REFERENCE.findall(scalar):
            if kind not in REFERENCE_KINDS:
                allowed = ", ".join(REFERENCE_KINDS)
                yield problem_at(
                    scalar, f"text cannot refer to a {quoted(kind)}", f"it can refer to: {allowed}"
                )
            elif (kind, id) not in context.targets:
                yield problem_at(
                    scalar, f"no {kind} is called {quoted(id)}", did_you_mean(id, context.ids(kind))
                )


# Words that stand in a heading, in the text of a link or in code, or that text itself
# refers to: nothing resolves a reference there.


def fields_refer_to_what_exists(context: Context) -> Iterator[Problem]:
    book = context.handbook
    roles = book.contacts.roles
    owners = [blank.owner for blank in book.unfilled] + [book.service.review.owner]
    owners += [c.role for c in book.contacts.contacts]
    owners += [r for a in book.contacts.authority for r in a.roles]
    for role in owners:
        if role not in roles:
            yield unknown(role, "role", roles)
    severities = [s.id for s in book.severities]
    metrics = [m.id for m in book.metrics]
    for trigger in book.triggers:
        if trigger.severity not in severities:
            yield unknown(trigger.severity, "severity", severities)
        if trigger.metric is not None and trigger.metric not in metrics:
            yield unknown(trigger.metric, "metric", metrics)
    for document in context.documents:
        if document.kind == "thresholds":
            for value in document.data["thresholds"].values():
                if value["metric"] not in metrics:
                    yield unknown(value["metric"], "metric", metrics)
    for checklist in book.checklists:
        phases = [p.id for p in checklist.phases]
        for group in checklist.groups:
            if group.phase is not None and group.phase not in phases:
                yield unknown(group.phase, "phase", phases)


_PLACEHOLDER = re.compile(
    r"(tb[acd]|to ?do|n/?a|none|unknown|changeme|\?+|-+|x{3,}|\.{3}|\[.*\]|<.*>|\{.*\})",
    re.IGNORECASE,
)


_TYPED = re.compile(
    r"\blast\W+(?:review|test|drill)\w*\b.{0,40}?\b\d{4}-\d\d-\d\d\b", re.IGNORECASE | re.DOTALL
)


def blanks_are_typed(context: Context) -> Iterator[Problem]:
    """A word that stands in for a fact would hide that nobody has supplied it."""
    book = context.handbook
    values = [f.value for g in book.service.fact_groups for f in g.facts]
    values += [v for c in book.contacts.contacts for v in (c.name, c.reach)]
    values += [c.channel for c in book.contacts.channels]
    for value in values:
        if isinstance(value, Scalar) and _PLACEHOLDER.fullmatch(value):
            yield problem_at(
                value,
                f"{quoted(value)} stands in for a fact that nobody has supplied",
                "write 'unfilled' with what is missing, who owes it, and whether it is required",
            )


def evidence_is_not_typed(context: Context) -> Iterator[Problem]:
    """The day of a review or a drill comes from a record; a typed one proves nothing."""
    texts = [
        (f"{f.label}: {f.value}", f.value)
        for g in context.handbook.service.fact_groups
        for f in g.facts
        if isinstance(f.value, Scalar)
    ]
    for document in context.documents:
        if document.kind not in RECORDS:
            texts += [(text, text) for text in scalars([document.data])]
    for words, place in texts:
        if _TYPED.search(words):
            yield problem_at(
                place,
                "the day of a review or a drill is typed here",
                "leave it out: it is computed from records; record what was done",
            )


def blocks_refer_to_what_exists(context: Context) -> Iterator[Problem]:
    book = context.handbook
    known = {
        "facts": [g.id for g in book.service.fact_groups],
        "links": [g.id for g in book.service.link_groups],
        "procedure": [p.id for p in book.procedures],
        "checklist": [c.id for c in book.checklists]
        + [f"{c.id}/{g.id}" for c in book.checklists for g in c.groups],
    }
    shown: dict[str, list[str]] = {kind: [] for kind in known}
    for section in walk_sections(book.sections):
        if not section.blocks and not section.sections:
            yield problem_at(
                section.id,
                f"the section {quoted(section.id)} says nothing",
                "give it blocks or sections",
            )
        for block in section.blocks:
            if block.kind in known:
                shown[block.kind].append(block.value)
                if block.value not in known[block.kind]:
                    what = {"facts": "group of facts", "links": "group of links"}.get(
                        block.kind, block.kind
                    )
                    yield unknown(block.value, what, known[block.kind])
    yield from unique(
        shown["procedure"],
        "block that shows the procedure",
        "show it once, and refer to it elsewhere: [[procedure:ID]]",
    )
    for procedure in book.procedures:
        if procedure.id not in shown["procedure"]:
            yield problem_at(
                procedure.id,
                f"the document does not show the procedure {quoted(procedure.id)}",
                f"add '- procedure: {procedure.id}' to a section of document.yaml",
                severity="warning",
            )
