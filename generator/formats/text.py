"""Reports for people in a terminal of 80 columns: worst first, what to do, by whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator import findings
from generator.durations import counted
from generator.freshness import Judged, worst_first
from generator.gate import Assessed
from generator.problems import Problem
from generator.report import WIDTH, View, problem_lines, wrapped
from generator.state import STATUSES, ServiceState

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


def validate(services: int, problems: Iterable[Problem], view: View) -> Iterator[str]:
    problems = list(problems)
    errors = sum(p.severity == "error" for p in problems)
    warnings = sum(p.severity == "warning" for p in problems)
    yield from problem_lines(problems, whole=view.warnings)
    yield from view.notes
    yield f"{counted(services, 'service')}: {counted(errors, 'error')}, {counted(warnings, 'warning')}"


def check(assessed: Iterable[Assessed], view: View) -> Iterator[str]:
    """The gate in ten seconds, service by service."""
    count = dict.fromkeys(STATUSES, 0)
    for index, found in enumerate(assessed):
        if index:
            yield ""
        count[found.status] += 1
        if found.state:
            yield from _service(found.state, view)
        else:
            yield from problem_lines(found.problems, whole=False)
    if sum(count.values()) > 1:
        yield ""
        yield f"{sum(count.values())} services, {count['red']} red"


def _service(state: ServiceState, view: View) -> Iterator[str]:
    day = f"{state.as_of} {state.timezone}" + (", simulated" if view.simulated else "")
    yield f"{state.name}: {_STATUS[state.status]}  (as of {day})"
    yield ""
    for judged in worst_first(state.clocks):
        yield from _row(_LABEL[judged.state], f"{judged.clock.what}: {_words(judged)}")
    for blank in findings.open_facts(state):
        late = findings.days_late(blank, state.as_of) > 0
        label = "MISSING" if blank.required else "late" if late else "optional"
        owed = findings.owed_words(blank, state.as_of)
        yield from _row(label, f"{blank.what}{owed} ({blank.place or blank.path})")
        for words in findings.candidate_words(blank):
            yield from wrapped(words, " " * 14, " " * 16)
    yield from _to_do(state)
    # The verdict again, where it does not scroll away.
    yield ""
    yield f"{state.name}: {_STATUS[state.status]}"


def _words(judged: Judged) -> str:
    """Every reason, a waiver, a note."""
    parts = [findings.reason_words(judged, r) for r in judged.found]
    parts += [f"waived until {judged.waived}"] if judged.waived else []
    parts += [judged.clock.note] if judged.clock.note else []
    return "; ".join(parts)


def _row(label: str, text: str) -> Iterator[str]:
    yield from wrapped(text, f"  {label:<9} ")


def _to_do(state: ServiceState) -> Iterator[str]:
    """What each role has to do; the same thing once, and how often."""
    for owner, hints in findings.to_do(findings.of_state(state)).items():
        yield ""
        yield from wrapped(f"To do, {owner}:", "  ", "    ")
        for hint, often in hints.items():
            words, *commands = hint.split("\n")
            yield from wrapped(f"{often} x {words}" if often > 1 else words, "  - ")
            yield from (f"    {command}" for command in commands)


def status(assessed: Iterable[Assessed], view: View) -> Iterator[str]:
    """One line a service, the worst first."""
    from generator.overview import HEAD, row

    rows = sorted(map(row, assessed), key=lambda r: r.order)
    widths = [
        min(max(len(cells[i]) for cells in (HEAD, *(r.cells for r in rows))), limit)
        for i, limit in enumerate((24, 8, 10, 14, 9, WIDTH))
    ]
    for cells in (HEAD, *(r.cells for r in rows)):
        line = "  ".join(_fit(c, w).ljust(w) for c, w in zip(cells, widths))
        yield _fit(line.rstrip(), WIDTH)


def _fit(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
