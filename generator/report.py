"""Results as text for people and as JSON for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from generator import freshness, model
from generator.problems import Problem

WIDTH = 80


def problem_text(problem: Problem) -> str:
    """`file:line:column: error: ...`, the offending line, a caret, the way out."""
    lines = [f"{problem.place}: {problem.severity}: {problem.message}"]
    if problem.where:
        lines.append(f"    in {problem.where}")
    if problem.excerpt.strip():
        lines += _excerpt(problem)
    if problem.hint:
        lines += textwrap.wrap(problem.hint, WIDTH, initial_indent="    = ", subsequent_indent="      ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)


def _excerpt(problem: Problem) -> list[str]:
    """The line as written, cut to the screen around the column, with a caret under it."""
    number = f"{problem.place.line:>5} | "
    room = WIDTH - len(number)
    column = max(problem.place.column, 1) - 1
    start = 0 if column < room - 20 else column - room // 2
    text = problem.excerpt[start : start + room]
    text = "".join(c if c.isprintable() else " " for c in text)
    return [number + text, " " * (len(number) - 2) + "| " + " " * (column - start) + "^"]


def problems_json(problems: list[Problem]) -> str:
    return json.dumps({"schema": 1, "problems": [_problem(p) for p in problems]}, ensure_ascii=False, indent=2)


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
            yield from _row(_LABEL[judged.state], judged.clock.what, _clock_words(judged), judged.clock.owner)
        required = [u for u in state.unfilled if u.required]
        optional = [u for u in state.unfilled if not u.required]
        for label, blanks in (("OPEN", required), ("open", optional)):
            for blank in blanks:
                yield from _blank(label, blank, dict(state.roles))
    if len(states) > 1:
        red = sum(s.red for s in states)
        yield ""
        yield f"{len(states)} services, {red} red"


_STATUS = {"red": "RED", "due-soon": "green, something is due soon", "green": "green"}
_LABEL = {
    "invalid": "INVALID", "never": "NEVER", "expired": "EXPIRED", "changed": "CHANGED",
    "due-soon": "due soon", "current": "ok",
}


def _row(label: str, what: str, words: str, owner: str) -> Iterator[str]:
    text = f"{what}: {words}" + (f" ({owner})" if owner else "")
    yield from textwrap.wrap(text, WIDTH, initial_indent=f"  {label:<9} ", subsequent_indent=" " * 12, break_on_hyphens=False)


def _clock_words(judged: freshness.Judged) -> str:
    if judged.state == "invalid":
        return judged.detail
    if judged.state == "never":
        return "never done; do one and record it"
    days = abs(judged.days_left or 0)
    since = "issued, not yet reviewed; " if judged.clock.last is None else f"last {judged.clock.last}; "
    unit = "day" if days == 1 else "days"
    if judged.state == "expired":
        return f"{since}was due {judged.due}, {days} {unit} ago"
    return f"{since}due {judged.due}" + (", today" if days == 0 else f", in {days} {unit}")


def _blank(label: str, blank: model.Unfilled, roles: dict[str, str]) -> Iterator[str]:
    by = f", by {blank.by}" if blank.by else ""
    need = "required" if blank.required else "optional"
    yield from _row(label, f"{need} fact", f"{blank.what} [{blank.path}]{by}", roles.get(blank.owner, blank.owner))


def check_json(states: list[freshness.ServiceState], problems: list[Problem], *, simulated: bool) -> str:
    """The shape that `check --format json` promises to programs."""
    red = bool(problems) or any(s.red for s in states)
    status = "red" if red else "due-soon" if any(s.status == "due-soon" for s in states) else "green"
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
        "record": None,
        "stamp": None,
        "current": judged.clock.current,
    }
