"""What `rollbook decide` builds on: choices, options, and decisions about contradictions."""

from __future__ import annotations

from collections.abc import Iterator

from generator.problems import Problem, quoted
from generator.rules.context import Context, unique, unknown
from generator.rules.figures import contradictions
from generator.source import problem_at

# Options that `rollbook decide` has of its own.
RESERVED = (
    "case",
    "content",
    "debug",
    "format",
    "help",
    "list",
    "service",
    "trigger",
    "version",
)


def decisions_decide_something(context: Context) -> Iterator[Problem]:
    """A decision is about a contradiction that is there; it goes when the contradiction goes."""
    book = context.handbook
    open_pairs = {(c.trigger, c.threshold) for c, _, _ in contradictions(book)}
    thresholds = [t.id for t in book.thresholds]
    for trigger in book.triggers:
        yield from unique((d.threshold for d in trigger.decided), "decision about", "keep one")
        for decided in trigger.decided:
            if decided.by.role not in book.contacts.roles:
                yield unknown(decided.by.role, "role", book.contacts.roles)
            if decided.threshold not in thresholds:
                yield unknown(decided.threshold, "threshold", thresholds)
            elif (trigger.id, decided.threshold) not in open_pairs:
                yield problem_at(
                    decided.threshold,
                    f"nothing to decide: the trigger {quoted(trigger.id)} and the threshold "
                    f"{quoted(decided.threshold)} do not contradict each other",
                    "take the decision away; the history of the files keeps it",
                )


def choices_lead_somewhere(context: Context) -> Iterator[Problem]:
    book = context.handbook
    known = {
        "procedure": [p.id for p in book.procedures],
        "severity": [s.id for s in book.severities],
        "trigger": [t.id for t in book.triggers],
    }
    yield from unique((c.case for c in book.choices if c.case), "case")
    otherwise = None
    for choice in book.choices:
        named = [("procedure", choice.procedure)]
        named += [("severity", s) for s in choice.severities]
        named += [("trigger", t) for t in choice.triggers]
        for what, id in named:
            if id not in known[what]:
                yield unknown(id, what, known[what])
        if choice.otherwise and otherwise is not None:
            yield problem_at(
                choice.when,
                "a second choice without conditions: it would never be taken",
                "give it a case, severities or triggers",
            )
        otherwise = choice if choice.otherwise else otherwise


def options_can_be_typed(context: Context) -> Iterator[Problem]:
    metrics = {t.metric.id: t.metric for t in context.handbook.thresholds}
    taken: dict[str, str] = {}
    for metric in metrics.values():
        name = metric.option or metric.id
        if name in RESERVED or taken.setdefault(name, metric.id) != metric.id:
            yield problem_at(
                name,
                f"'rollbook decide' has an option --{name} already",
                "give the metric another 'option'",
            )
