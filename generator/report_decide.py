"""The answer of `rollbook decide` as text for a tired reader and as JSON for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from decimal import Decimal

from generator.decide import Condition, Decision, Given, Measure, Table, Way, severity_words
from generator.report import WIDTH

NO_REASON = "Nothing that was given is a reason to roll back."
ONLY_ALERT = "An alert, and by itself no reason to roll back."
NOT_ASKED = "Conditions that were not given were not looked at."
BY_HAND = "By hand: there is no script for it."
# What people said of their case names a procedure, whether or not there is a reason.
HOW, HOW_ALL_THE_SAME = "How", "How, if you roll back all the same"
# `textwrap` breaks no line here: what is typed stays in one piece.
_KEPT = "\N{NO-BREAK SPACE}"


def decision_text(table: Table, given: Given, decision: Decision) -> Iterator[str]:
    """Worst first: the severity, why, who may, and how to begin."""
    yield from _wrapped(f"{table.name}: {headline(decision)}", 0)
    if decision.reasons:
        yield from ("", "WHY")
        for condition in decision.reasons:
            yield from _reason(table, condition, given)
    if decision.not_met:
        yield from ("", "NOT MET")
        for condition in decision.not_met:
            yield from _wrapped(f"{condition.words}: {given_words(table, condition, given)}", 2)
    yield from ("", "WHO MAY TRIGGER IT")
    for authority in table.authority:
        yield from _wrapped(f"{authority.title}: {'; '.join(authority.lines)}", 2)
    if decision.ways:
        yield from ("", (HOW if decision.level else HOW_ALL_THE_SAME).upper())
        for way in decision.ways:
            yield from _way(way)
        if any(way.command for way in decision.ways):
            yield from _wrapped(scripts_words(table), 2)
    if decision.others:
        yield from ("", "IN ANOTHER CASE")
        for way in decision.others:
            named = f" (--case{_KEPT}{way.case})" if way.case else ""
            for line in _wrapped(f"{way.when}: {way.title}{named}", 2):
                yield line.replace(_KEPT, " ")
    yield ""
    yield NOT_ASKED


def headline(decision: Decision) -> str:
    if decision.level is None:
        return ONLY_ALERT if decision.reasons else NO_REASON
    return f"{decision.level.title}. {decision.level.verdict or ''}".rstrip()


def _reason(table: Table, condition: Condition, given: Given) -> Iterator[str]:
    title = severity_words(condition, table)
    words = condition.words
    if condition.option is not None:
        words += f": {given_words(table, condition, given)}"
    yield from _wrapped(f"{title}: {words}", 2)
    for line in (*condition.says, *condition.notes):
        yield from _wrapped(line, 6)


def given_words(table: Table, condition: Condition, given: Given) -> str:
    """'12% was given'."""
    unit = next(m.unit for m in table.measures if m.option == condition.option)
    return f"{given.figures[condition.option]}{unit} was given"


def scripts_words(table: Table) -> str:
    return (
        f"Scripts lie in {table.service}/scripts of the generated files. With --dry-run they say "
        "what they would do, and touch nothing; --help shows all that can be said."
    )


def _way(way: Way) -> Iterator[str]:
    yield from _wrapped(f"{way.title}: {way.when}", 2)
    if way.warning:
        yield from _wrapped(f"WARNING: {way.warning}", 6)
    if way.command:
        yield from _wrapped(way.command, 6)
    else:
        yield from _wrapped(BY_HAND, 6)


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + (2 if indent else 0)),
        break_on_hyphens=False,
    )


def known_text(table: Table) -> Iterator[str]:
    """What can be said to `rollbook decide` about this service."""
    yield from _wrapped(f"What can be said about {table.name}:", 0)
    yield from ("", "figures (a number in the unit that is named)")
    rows = [(f"--{m.option} NUMBER", f"{m.title}{unit_of(m)}") for m in table.measures]
    yield from _rows(rows)
    yield from ("", "conditions; may be given again")
    yield from _rows((f"--trigger {c.id}", c.words) for c in table.conditions if c.option is None)
    cases = [(f"--case {w.case}", w.when) for w in table.ways if w.case]
    if cases:
        yield from ("", "which procedure; may be given again")
        yield from _rows(cases)


def unit_of(measure: Measure) -> str:
    unit = measure.unit.strip()
    return {"": "", "%": ", in % (0 to 100)", "x": ", in times the normal"}.get(
        unit, f", in {unit}"
    )


def _rows(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    rows = list(rows)
    room = min(34, max((len(a) for a, _ in rows), default=0) + 2)
    for left, right in rows:
        wrapped = textwrap.wrap(right, WIDTH - 2 - room, break_on_hyphens=False)
        if len(left) + 2 > room:
            yield f"  {left}"
        else:
            yield f"  {left:<{room}}{wrapped.pop(0)}"
        yield from (" " * (2 + room) + line for line in wrapped)


def decision_json(table: Table, given: Given, decision: Decision) -> str:
    """The shape that `decide --format json` promises to programs."""
    return _dump(
        {
            "schema": 1,
            "service": table.service,
            "given": {
                "figures": {k: number(v) for k, v in given.figures.items()},
                "triggers": list(given.triggers),
                "cases": list(given.cases),
            },
            **result(decision),
            "authority": [{"title": a.title, "lines": list(a.lines)} for a in table.authority],
        }
    )


def result(decision: Decision) -> dict[str, object]:
    """What was found: the part that the page in the browser must find as well."""
    return {
        "severity": decision.level.id if decision.level else None,
        "headline": headline(decision),
        "reasons": [_condition(c) for c in decision.reasons],
        "not_met": [_condition(c) for c in decision.not_met],
        "procedures": [_procedure(w) for w in decision.ways],
        "other_procedures": [_procedure(w) for w in decision.others],
    }


def _condition(found: Condition) -> dict[str, object]:
    return {
        "id": found.id,
        "words": found.words,
        "severity": found.level,
        "option": found.option,
        "above": None if found.above is None else number(found.above),
        "below": None if found.below is None else number(found.below),
        "says": list(found.says),
        "notes": list(found.notes),
        "triggers": list(found.triggers),
    }


def _procedure(way: Way) -> dict[str, object]:
    return {
        "id": way.procedure,
        "title": way.title,
        "anchor": way.anchor,
        "when": way.when,
        "case": way.case,
        "warning": way.warning,
        "command": way.command,
    }


def number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def table_data(table: Table) -> dict[str, object]:
    """The table as plain data: what can be said, and what follows."""
    return {
        "schema": 1,
        "service": table.service,
        "name": table.name,
        "severities": [{"id": x.id, "title": x.title, "verdict": x.verdict} for x in table.levels],
        "metrics": [
            {"option": m.option, "title": m.title, "unit": m.unit, "percent": m.percent}
            for m in table.measures
        ],
        "conditions": [_condition(c) for c in table.conditions],
        "choices": [
            {
                **_procedure(w),
                "severities": list(w.levels),
                "triggers": list(w.triggers),
                "otherwise": w.otherwise,
            }
            for w in table.ways
        ],
        "authority": [{"title": a.title, "lines": list(a.lines)} for a in table.authority],
        "words": {
            "no_reason": NO_REASON,
            "only_alert": ONLY_ALERT,
            "not_asked": NOT_ASKED,
            "by_hand": BY_HAND,
            "scripts": scripts_words(table),
            "how": HOW,
            "how_all_the_same": HOW_ALL_THE_SAME,
        },
    }


def _dump(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)
