"""Results as text for people and as JSON for programs."""

from __future__ import annotations

import json
import textwrap
import unicodedata
from collections.abc import Iterator

from generator import freshness
from generator.problems import Problem

WIDTH = 80


def problem_text(problem: Problem) -> str:
    """`file:line:column: error: ...`, the offending line, a caret, the way out."""
    place = "".join(c if c.isprintable() else "?" for c in str(problem.place))
    lines = [f"{place}: {problem.severity}: {problem.message}"]
    if problem.where:
        lines.append(f"    in {problem.where}")
    if problem.excerpt.strip():
        lines += _excerpt(problem)
    for part in problem.hint.split("\n") if problem.hint else ():
        # A command stands on a line of its own, indented, whole, ready to be copied.
        lines += (
            [f"    {part}"]
            if part.startswith(" ")
            else textwrap.wrap(
                part,
                WIDTH,
                initial_indent="    = ",
                subsequent_indent="      ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    return "\n".join(lines)


def _excerpt(problem: Problem) -> list[str]:
    """The line as written, cut to the screen around the column, with a caret under it."""
    number = f"{problem.place.line:>5} | "
    room = WIDTH - len(number)
    column = max(problem.place.column, 1) - 1
    start = 0 if column < room - 20 else column - room // 2
    text = problem.excerpt[start : start + room]
    text = "".join(c if c.isprintable() else " " for c in text)
    before = sum(_columns(c) for c in text[: column - start])
    return [number + text, " " * (len(number) - 2) + "| " + " " * before + "^"]


def _columns(character: str) -> int:
    """Columns that a terminal gives to a character."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def problems_json(problems: list[Problem]) -> str:
    return json.dumps(
        {"schema": 1, "problems": [_problem(p) for p in problems]}, ensure_ascii=False, indent=2
    )


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "severity": problem.severity,
        "where": problem.where,
        "message": problem.message,
        "hint": problem.hint,
        "related": [str(r) for r in problem.related],
    }


def check_text(states: list[freshness.ServiceState], *, simulated: bool) -> Iterator[str]:
    """The gate in ten seconds: worst first, what to do, by whom."""
    for index, state in enumerate(states):
        if index:
            yield ""
        day = f"{state.as_of} {state.timezone}" + (", simulated" if simulated else "")
        yield f"{state.name}: {_STATUS[state.status]}  (as of {day})"
        yield ""
        for judged in freshness.worst_first(state.clocks):
            yield from _row(
                _LABEL[judged.state], f"{judged.clock.what}: {_clock_words(judged)}{_more(judged)}"
            )
        for blank in sorted(state.unfilled, key=lambda u: not u.required):
            by = f", owed by {blank.by}" if blank.by else ""
            label = "MISSING" if blank.required else "optional"
            yield from _row(label, f"{blank.what}{by} ({blank.path})")
        yield from _owed(state)
    if len(states) > 1:
        red = sum(s.red for s in states)
        yield ""
        yield f"{len(states)} services, {red} red"


_STATUS = {
    "red": "RED",
    "waived": "WAIVED for a while, not in order",
    "due-soon": "green, something is due soon",
    "green": "green",
}
_LABEL = {
    "invalid": "INVALID",
    "never": "NEVER",
    "expired": "EXPIRED",
    "changed": "CHANGED",
    "due-soon": "due soon",
    "current": "ok",
}


def _row(label: str, text: str) -> Iterator[str]:
    yield from textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"  {label:<9} ",
        subsequent_indent=" " * 12,
        break_on_hyphens=False,
    )


def _owed(state: freshness.ServiceState) -> Iterator[str]:
    """How much each role owes, in words for the end of the list."""
    owners = [owner for owner, _ in owed(state)]
    if owners:
        yield ""
        counted = (f"{owner} ({owners.count(owner)})" for owner in dict.fromkeys(owners))
        yield from textwrap.wrap(
            f"Owed by: {', '.join(counted)}", WIDTH, initial_indent="  ", subsequent_indent="    "
        )


def owed(state: freshness.ServiceState) -> Iterator[tuple[str, str]]:
    """The title of a role and what it owes, for everything that is overdue or missing."""
    roles = dict(state.roles)
    for judged in state.clocks:
        if judged.state in freshness.RED:
            yield judged.clock.owner, f"{judged.clock.what}: {_clock_words(judged)}{_more(judged)}"
    for blank in state.unfilled:
        if blank.required:
            yield roles.get(blank.owner, blank.owner), f"{blank.what} ({blank.path})"


def _clock_words(judged: freshness.Judged) -> str:
    if judged.state == "invalid":
        return judged.detail
    if judged.state == "never":
        return "never done"
    days = abs(judged.days_left or 0)
    since = "never reviewed" if judged.clock.last is None else f"last {judged.clock.last}"
    unit = "day" if days == 1 else "days"
    if judged.state == "expired":
        return f"was due {judged.due}, {days} {unit} ago ({since})"
    return f"due {judged.due}" + (", today" if days == 0 else f", in {days} {unit}") + f" ({since})"


def _more(judged: freshness.Judged) -> str:
    """What else there is to say: other reasons, a waiver, a note."""
    parts = [judged.detail] if judged.detail and judged.state not in ("invalid", "never") else []
    parts += [f"waived until {judged.waived}"] if judged.waived else []
    parts += [judged.clock.note] if judged.clock.note else []
    return "".join(f"; {p}" for p in parts)


def check_json(
    states: list[freshness.ServiceState], problems: list[Problem], *, simulated: bool
) -> str:
    """The shape that `check --format json` promises to programs."""
    red = bool(problems) or any(s.red for s in states)
    found = {s.status for s in states}
    status = "red" if red else next((s for s in ("waived", "due-soon") if s in found), "green")
    return json.dumps(
        {
            "schema": 1,
            "as_of": states[0].as_of.isoformat() if states else None,
            "timezone": states[0].timezone if states else None,
            "simulated": simulated,
            "status": status,
            "exit_code": int(red),
            "services": [_service(s) for s in states],
            "problems": [_problem(p) for p in problems],
        },
        ensure_ascii=False,
        indent=2,
    )


def _service(state: freshness.ServiceState) -> dict[str, object]:
    return {
        "id": state.id,
        "status": state.status,
        "as_of": state.as_of.isoformat(),
        "timezone": state.timezone,
        "clocks": [_clock(c) for c in state.clocks],
        "unfilled": [
            {
                "path": u.path,
                "required": u.required,
                "what": u.what,
                "owner": u.owner,
                "by": u.by.isoformat() if u.by else None,
            }
            for u in state.unfilled
        ],
        "owed": [{"owner": owner, "what": what} for owner, what in owed(state)],
    }


def _clock(judged: freshness.Judged) -> dict[str, object]:
    return {
        "id": judged.clock.id,
        "state": judged.state,
        "reasons": list(judged.reasons),
        "last": judged.clock.last,
        "baseline": judged.clock.baseline,
        "cycle": judged.clock.cycle,
        "due": judged.due.isoformat() if judged.due else None,
        "days_left": judged.days_left,
        "record": judged.clock.record,
        "stamp": judged.clock.stamp,
        "current": judged.clock.current,
        **({"waived": judged.waived.isoformat()} if judged.waived else {}),
    }
