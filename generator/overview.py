"""One line about a service: how its clocks stand, what is open, what comes next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from generator.freshness import STATES, Judged
from generator.gate import Assessed
from generator.state import STATUSES, ServiceState

HEAD = ("SERVICE", "STATE", "REVIEW", "DRILLS", "MISSING", "NEXT")


_STATUS = {"red": "RED", "waived": "WAIVED", "due-soon": "due soon", "green": "green"}


@dataclass(frozen=True)
class Row:
    """`order` puts the worst service first, then what is due first."""

    order: tuple[int, str, str]
    cells: tuple[str, ...]


def row(found: Assessed) -> Row:
    state = found.state
    if state is None:
        errors = len(found.problems)
        count = f"{errors} error" if errors == 1 else f"{errors} errors"
        cells = (found.id, "INVALID", "-", "-", "-", f"{count}: rollbook validate")
        return Row((-1, "", found.id), cells)
    review = next((c for c in state.clocks if c.clock.id == "review"), None)
    drills = [c for c in state.clocks if c is not review]
    day, what = upcoming(state)
    cells = (
        state.id,
        _STATUS[state.status],
        _review(review) if review else "-",
        _drills(drills),
        _facts(state),
        f"{day} {what}" if day else what,
    )
    return Row((STATUSES.index(state.status), day or "9999", state.id), cells)


def _review(judged: Judged) -> str:
    if judged.waived:
        return "waived"
    if judged.days_left is None or judged.state == "changed":
        return judged.state
    return f"{-judged.days_left} d late" if judged.days_left < 0 else f"in {judged.days_left} d"


def _drills(drills: list[Judged]) -> str:
    """'5 never', '1 expired of 3', '3 ok': the worst state and how many are in it."""
    if not drills:
        return "-"
    count = Counter("waived" if d.waived else d.state for d in drills)
    worst = min(count, key=lambda s: (*STATES[:4], "waived", *STATES[4:]).index(s))
    word = {"current": "ok", "due-soon": "due soon"}.get(worst, worst)
    return f"{count[worst]} {word}" + (f" of {len(drills)}" if len(count) > 1 else "")


def _facts(state: ServiceState) -> str:
    """Required facts, and in brackets optional ones."""
    required = sum(u.required for u in state.unfilled)
    optional = len(state.unfilled) - required
    return f"{required} (+{optional})" if optional else str(required)


def upcoming(state: ServiceState) -> tuple[str, str]:
    """The first day that is still to come, or that passed first, and what is due then."""
    undated = [c.clock.id for c in state.clocks if c.red and c.state in ("never", "changed")]
    dated = [(c.by(state.as_of), c.clock.id) for c in state.clocks if c.clock.id not in undated]
    dated += [(u.by, u.path) for u in state.unfilled]
    known = sorted((day, id) for day, id in dated if day)
    if undated and not (known and known[0][0] < state.as_of):
        return "now", undated[0]
    return (known[0][0].isoformat(), known[0][1]) if known else ("", "-")
