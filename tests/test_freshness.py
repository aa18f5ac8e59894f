"""Every row of the case table of the gate by its number, and a property over random dates."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from generator.freshness import Clock, judge, parse_day, today
from generator.records.evidence import day_of
from generator.schema import is_date

A, B, C = "2026-01-09", "2026-11-30", "2027-11-30"

# number: last, cycle, stated, as_of, state, due, days left
CASES = {
    1: (A, "P3M", None, "2026-11-22", "expired", "2026-04-09", -227),
    2: (A, "P3M", None, "2026-04-09", "due-soon", "2026-04-09", 0),
    3: (A, "P3M", None, "2026-04-10", "expired", "2026-04-09", -1),
    4: (A, "P3M", None, "2026-03-26", "due-soon", "2026-04-09", 14),
    5: (A, "P3M", None, "2026-03-25", "current", "2026-04-09", 15),
    6: (A, "P3M", None, "2026-01-09", "current", "2026-04-09", 90),
    7: (B, "P3M", None, "2027-02-28", "due-soon", "2027-02-28", 0),
    8: (B, "P3M", None, "2027-03-01", "expired", "2027-02-28", -1),
    9: (C, "P3M", None, "2028-02-28", "due-soon", "2028-02-29", 1),
    10: (C, "P3M", None, "2028-03-01", "expired", "2028-02-29", -1),
    11: ("2026-01-31", "P3M", None, "2026-04-30", "due-soon", "2026-04-30", 0),
    12: ("2026-08-31", "P6M", None, "2027-02-28", "due-soon", "2027-02-28", 0),
    13: ("2028-02-29", "P1Y", None, "2029-03-01", "expired", "2029-02-28", -1),
    14: ("2028-02-29", "P4Y", None, "2032-02-29", "due-soon", "2032-02-29", 0),
    15: ("2026-03-01", "P3M", None, "2026-05-31", "due-soon", "2026-06-01", 1),
    16: ("2026-03-01", "P90D", None, "2026-05-31", "expired", "2026-05-30", -1),
    17: ("2026-11-23", "P3M", None, "2026-11-22", "invalid", None, None),
    18: (A, "P3M", "2099-04-09", "2026-11-22", "invalid", None, None),
    19: (A, "P3M", "2026-03-01", "2026-03-02", "expired", "2026-03-01", -1),
    20: (A, "P3M", "2026-01-08", "2026-01-10", "invalid", None, None),
    23: ("2025-12-01", "P3M", None, "2026-01-09", "current", "2026-03-01", 51),
}


@pytest.mark.parametrize("number", CASES)
def test_case(number):
    last, cycle, stated, as_of, state, due, left = CASES[number]
    judged = judge(Clock("review", cycle, last=last, stated=stated), date.fromisoformat(as_of), 14)
    assert (judged.state, judged.due and judged.due.isoformat(), judged.days_left) == (
        state,
        due,
        left,
    )
    assert judged.reasons == (state,)


@pytest.mark.parametrize("cycle", ["P1D", "P3M", "P10Y"])
def test_case_17_tomorrow_is_the_future_in_any_cycle(cycle):
    judged = judge(Clock("review", cycle, last="2026-11-23"), date(2026, 11, 22), 14)
    assert (judged.state, judged.due) == ("invalid", None)


def test_every_row_of_the_table_is_a_test():
    """Rows 26 to 28 need records, so they stand where records are tested."""
    here = Path(__file__)
    found = set(CASES)
    for file in (here, here.with_name("records") / "test_records.py"):
        for name in re.findall(r"def test_cases?_(\d+(?:_and_\d+)*)", file.read_text("utf-8")):
            found |= {int(number) for number in name.split("_and_")}
    assert found == set(range(1, 29))


@pytest.mark.parametrize(
    ("last", "cycle"),
    [
        (A, "P0M"),
        (A, "P"),
        (A, "P-3M"),
        (A, "3M"),
        ("2026-02-30", "P3M"),
        ("04/09/2026", "P3M"),
        ("2026-4-9", "P3M"),
        ("20260409", "P3M"),
        ("2026-04-09T10:30", "P3M"),
        ("[TBD]", "P3M"),
        (A, "P9999999D"),
    ],
)
def test_case_21_what_is_no_date_or_cycle_is_invalid_on_any_day(last, cycle):
    for as_of in (date.min, date(2026, 11, 22), date.max):
        assert judge(Clock("review", cycle, last=last), as_of, 14).state == "invalid"


def test_case_22_a_drill_that_was_never_done_has_no_baseline():
    judged = judge(Clock("drill:x", "P3M"), date(2026, 11, 22), 14)
    assert (judged.state, judged.due, judged.days_left) == ("never", None, None)


@pytest.mark.parametrize(
    ("number", "now", "zone", "state"),
    [
        (24, datetime(2026, 4, 9, 10, 30, tzinfo=UTC), "Pacific/Kiritimati", "expired"),
        (25, datetime(2026, 4, 10, 11, 59, 59, tzinfo=UTC), "Etc/GMT+12", "due-soon"),
    ],
)
def test_cases_24_and_25_the_day_is_that_of_the_policy_s_zone(number, now, zone, state):
    assert judge(Clock("review", "P3M", last=A), today(now, zone), 14).state == state


def test_before_the_first_review_the_day_of_issue_counts():
    judged = judge(Clock("review", "P3M", baseline=A, stated="2026-04-09"), date(2026, 11, 22), 14)
    assert (judged.state, judged.days_left) == ("expired", -227)


DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@given(
    DAYS,
    st.one_of(
        st.tuples(st.just("D"), st.integers(1, 2000)),
        st.tuples(st.just("M"), st.integers(1, 60)),
        st.tuples(st.just("Y"), st.integers(1, 10)),
    ),
    st.integers(-800, 800),
    st.integers(0, 60),
)
def test_agrees_with_an_independent_calculation(last, cycle, offset, warn):
    unit, number = cycle
    due = last + relativedelta(**{{"D": "days", "M": "months", "Y": "years"}[unit]: number})
    as_of = due + timedelta(days=offset)
    judged = judge(Clock("x", f"P{number}{unit}", last=last.isoformat()), as_of, warn)
    if as_of < last:
        assert judged.state == "invalid"
    else:
        assert judged.due == due
        assert judged.days_left == -offset
        assert (judged.state == "expired") == (as_of > due)
        assert (judged.state == "due-soon") == (0 <= (due - as_of).days <= warn)


# Minutes from UTC of zones that have not changed theirs since 2000.
ZONES = {
    **{f"Etc/GMT{-h:+d}": 60 * h for h in range(-12, 15) if h},
    "UTC": 0,
    "Asia/Kolkata": 330,
    "Asia/Kathmandu": 345,
    "Pacific/Kiritimati": 840,
}


@given(
    st.datetimes(datetime(2000, 1, 2), datetime(2090, 1, 1)),
    st.sampled_from(sorted(ZONES)),
    st.integers(1, 24),
    st.integers(-40, 40),
)
def test_the_day_is_that_of_the_zone_for_the_gate_and_for_a_drill(moment, zone, months, offset):
    moment = moment.replace(microsecond=0)
    local = (moment + timedelta(minutes=ZONES[zone])).date()
    drilled = day_of(f"{moment.isoformat()}Z", zone)
    assert drilled == local == today(moment.replace(tzinfo=UTC), zone)
    due = local + relativedelta(months=months)
    now = datetime.combine(due + timedelta(days=offset), datetime.min.time(), tzinfo=UTC)
    for at, late in ((now, offset > 0), (now + timedelta(days=1, seconds=-1), offset > 0)):
        # The first and the last second of a day there, as the clock of the machine has it.
        seen = today(at - timedelta(minutes=ZONES[zone]), zone)
        judged = judge(Clock("x", f"P{months}M", last=drilled.isoformat()), seen, 14)
        assert judged.days_left == -offset or judged.state == "invalid"
        assert (judged.state == "expired") == late or judged.state == "invalid"
        assert (judged.state == "invalid") == (seen < drilled)


@given(st.text(max_size=12) | DAYS.map(str) | DAYS.map(lambda d: d.strftime("%Y-%m-%d ")))
def test_a_day_is_read_strictly_or_not_at_all(text):
    """The schema and the gate must agree on what a day is."""
    try:
        read = parse_day(text).isoformat() == text
    except ValueError:
        read = False
    try:
        valid = is_date(text)
    except ValueError:
        valid = False
    assert read == valid
