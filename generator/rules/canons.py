"""Every clause of a canon is answered, or declared as a gap; nothing of it leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from generator import model
from generator.assemble import walk_sections
from generator.canon.answers import answers
from generator.problems import Problem, did_you_mean, quoted
from generator.rules.context import Context, unique, unknown
from generator.source import problem_at


def clauses_are_answered_or_declared(context: Context) -> Iterator[Problem]:
    for clause in _clauses(context):
        name = f"the clause {quoted(clause.id)}"
        if not clause.answers and clause.gap is None:
            yield problem_at(
                clause.id,
                f"{name} is neither answered nor declared as a gap",
                "say what answers it with 'answered-by', or declare a 'gap' with an owner",
            )
        elif clause.answered_by and clause.gap is not None:
            yield problem_at(
                clause.id,
                f"{name} is answered in full and declared as a gap",
                "write 'partly-by' when something is missing; else leave 'gap' out",
            )
        elif clause.answered_by and clause.partly_by:
            yield problem_at(
                clause.id,
                f"{name} is answered in full and in part",
                "keep 'answered-by' or 'partly-by'",
            )
        elif clause.partly_by and clause.gap is None:
            yield problem_at(
                clause.id,
                f"{name} is answered in part, and nothing says what is missing",
                "add 'gap' with what is missing and who owes it",
            )


def clauses_refer_to_what_exists(context: Context) -> Iterator[Problem]:
    known = answers(context.handbook) if context.handbook.canons else {}
    roles = context.handbook.contacts.roles
    for clause in _clauses(context):
        for reference in clause.answers:
            if reference not in known:
                kind, colon, id = reference.partition(":")
                ids = [k.partition(":")[2] for k in known if k.startswith(f"{kind}:")]
                what = (
                    f"no {kind} is called {quoted(id)}" if colon else f"the content has no {kind}"
                )
                hint = (
                    did_you_mean(id, ids)
                    if colon
                    else "add them to the content, or leave this answer out"
                )
                yield problem_at(reference, what, hint)
        yield from unique(clause.answers, "answer", "name it once")
        if clause.gap is not None and clause.gap.owner not in roles:
            yield unknown(clause.gap.owner, "role", roles)
    for canon in context.handbook.canons:
        yield from unique((c.id for c in canon.clauses), "clause")


def canons_are_shown(context: Context) -> Iterator[Problem]:
    blocks = (b for s in walk_sections(context.handbook.sections) for b in s.blocks)
    if context.handbook.canons and not any((b.kind, b.value) == ("show", "canon") for b in blocks):
        yield problem_at(
            context.handbook.canons[0].id,
            "the document does not show the canon",
            "add '- show: canon' to a section of document.yaml",
            severity="warning",
        )


def _clauses(context: Context) -> Iterator[model.Clause]:
    for canon in context.handbook.canons:
        yield from canon.clauses
