"""The freshness gate on the command line."""

from __future__ import annotations

import argparse

from generator.cli import common
from generator.cli.common import OK, PROBLEMS, Commands, add_day, add_format, as_of, print_problems


def add(commands: Commands) -> None:
    check = commands.add(
        "check",
        _check,
        "the gate: red when a review or drill is overdue or a required fact is open",
    )
    add_day(check)
    check.add_argument(
        "--warn-days",
        type=_days,
        metavar="N",
        help="say 'due soon' this many days ahead (default: the content's, else 14)",
    )
    add_format(check, "text", "json")


def _days(text: str) -> int:
    if not text.isdecimal() or len(text) > 4:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days")
    return int(text)


def _check(options: argparse.Namespace) -> int:
    from generator import report
    from generator.gate import assess_all
    from generator.problems import has_errors

    day = as_of(options.as_of)
    states, problems = assess_all(
        options.content, options.service, day, options.warn_days, common.now()
    )
    wrong = [p for p in problems if p.severity == "error"]
    if options.format == "json":
        print(report.check_json(states, wrong, simulated=day is not None))
    else:
        print_problems(wrong)
        for line in report.check_text(states, simulated=day is not None):
            print(line)
    return PROBLEMS if has_errors(wrong) or any(s.red for s in states) else OK
