"""ISO 8601 spans of time: cycles of a clock, budgets of a procedure."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

_CYCLE = re.compile(r"P(?:([0-9]{1,3})Y)?(?:([0-9]{1,4})M)?(?:([0-9]{1,5})D)?")
_DURATION = re.compile(
    r"P(?:([0-9]{1,4})D)?(?:T(?=.)(?:([0-9]{1,5})H)?(?:([0-9]{1,5})M)?(?:([0-9]{1,6})S)?)?"
)


@dataclass(frozen=True)
class Cycle:
    """A calendar span; always more than zero."""

    months: int
    days: int

    def after(self, start: date) -> date:
        """The day one cycle after `start`; a month that is too short ends on its last day.

        Raises OverflowError beyond the year 9999.
        """
        year, month = divmod(start.year * 12 + start.month - 1 + self.months, 12)
        if year > 9999:
            raise OverflowError("beyond the year 9999")
        day = min(start.day, calendar.monthrange(year, month + 1)[1])
        return date(year, month + 1, day) + timedelta(days=self.days)


def parse_cycle(text: str) -> Cycle:
    """`P3M`, `P90D`, `P1Y`. Raises ValueError on anything else, and on zero."""
    found = _CYCLE.fullmatch(text)
    years, months, days = (int(g or 0) for g in found.groups()) if found else (0, 0, 0)
    if not years + months + days:
        raise ValueError(f"not a cycle: {text!r}")
    return Cycle(years * 12 + months, days)


def parse_duration(text: str) -> timedelta:
    """`PT5M`, `PT1H30M`, `P1D`; zero is a span too. Raises ValueError on anything else."""
    found = _DURATION.fullmatch(text)
    if not found or text == "P":
        raise ValueError(f"not a span of time: {text!r}")
    days, hours, minutes, seconds = (int(g or 0) for g in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def duration_text(span: timedelta) -> str:
    """The span as content writes it: `PT5M`, `PT1H30S`."""
    seconds = int(span.total_seconds())
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = (
        f"{hours}H" if hours else "",
        f"{minutes}M" if minutes else "",
        f"{rest}S" if rest else "",
    )
    return "PT" + ("".join(parts) or "0S")


def cycle_words(text: str) -> str:
    """`P3M` as people say it: 'Quarterly'; 'every 90 days' where there is no such word."""
    cycle = parse_cycle(text)
    known = {(1, 0): "Monthly", (3, 0): "Quarterly", (6, 0): "Half-yearly", (12, 0): "Yearly"}
    if (cycle.months, cycle.days) in known:
        return known[cycle.months, cycle.days]
    parts = [counted(cycle.months, "month")] if cycle.months else []
    parts += [counted(cycle.days, "day")] if cycle.days else []
    return "Every " + " and ".join(parts)


def counted(number: int, noun: str) -> str:
    """A number and its noun, which agree: '1 day', '2 days'."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration_words(span: timedelta) -> str:
    """'5 minutes', '2 hours', '1 day 30 seconds'; '0 minutes' for none."""
    seconds = int(span.total_seconds())
    parts = []
    for size, unit in ((3600, "hour"), (60, "minute"), (1, "second")):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(counted(number, unit))
    return " ".join(parts) or "0 minutes"


def range_words(start: timedelta, end: timedelta) -> str:
    """'0-5 minutes', '30 minutes - 2 hours': the unit once where both share it."""
    first, last = duration_words(start), duration_words(end)
    for unit, size in (("hours", 3600), ("minutes", 60)):
        low, high = start.total_seconds(), end.total_seconds()
        if (
            last.endswith(unit)
            and low % size == 0
            and high % size == 0
            and low < high
            and (first.endswith(unit) or first.endswith(unit[:-1]) or low == 0)
            and first.count(" ") == last.count(" ") == 1
        ):
            return f"{int(low // size)}-{int(high // size)} {unit}"
    return f"{first} - {last}"
