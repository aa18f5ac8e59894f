"""The freshness gate on the command line, and the overview of all services."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from generator import report
from generator.cli import common
from generator.cli.common import OK, PROBLEMS, Commands, add_day, add_format, as_of, platform_root

if TYPE_CHECKING:
    from generator.gate import Assessed


def add(commands: Commands) -> None:
    check = commands.add(
        "check",
        _check,
        "the gate: red when a review or drill is overdue or a required fact is open",
        good="not red (due soon and waived are 0, and are said)",
        wrong="red, or invalid content",
    )
    status = commands.add(
        "status",
        _status,
        "one line a service: clocks, open facts, what is next",
        "The worst comes first. An overview is no gate; the gate is 'rollbook check'.",
        good="shown, also where a service is red",
    )
    for parser in (check, status):
        add_day(parser)
        parser.add_argument(
            "--warn-days",
            type=_days,
            metavar="N",
            help="say 'due soon' this many days ahead (default: the content's, else 14)",
        )
    add_format(check, *report.CHECK)
    add_format(status, *report.STATUS)
    status.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="also write what depends on the day: freshness.json, and for each service "
        "badge.json, badge.svg and due.ics",
    )


def _days(text: str) -> int:
    if not text.isdecimal() or len(text) > 4:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days")
    return int(text)


def _assessed(options: argparse.Namespace) -> tuple[Iterator[Assessed], report.View]:
    from generator.gate import assess_all

    day = as_of(options.as_of)
    found = assess_all(options.content, options.service, day, options.warn_days, common.now())
    return found, report.View(simulated=day is not None, root=platform_root())


def _check(options: argparse.Namespace) -> int:
    assessed, view = _assessed(options)
    red = False

    def watched(found: Iterable[Assessed]) -> Iterator[Assessed]:
        # Services go by one at a time; none is kept.
        nonlocal red
        for one in found:
            red = red or one.status == "red"
            yield one

    for line in report.writer(options.format, "check")(watched(assessed), view):
        print(line)
    return PROBLEMS if red else OK


def _status(options: argparse.Namespace) -> int:
    found, view = _assessed(options)
    assessed = list(found)
    for line in report.writer(options.format, "status")(assessed, view):
        print(line)
    if any(one.state is None for one in assessed):
        if options.out is not None and options.format == "text":
            print("Nothing was written.")
        return PROBLEMS
    if options.out is not None:
        from generator.files import shown_path
        from generator.outputs import put
        from generator.published import published

        written = put(options.out, published(assessed, view, whole=not options.service))
        if options.format == "text":
            print(f"{written} files written in {shown_path(options.out)}")
    return OK
