"""`rollbook decide`: whether to roll back, who may, and how.

Its options come from the content of a service that is itself named by options. So argparse
reads what every command has and leaves the rest to `_given`, which knows the content.
"""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from generator.cli.common import OK, PROBLEMS, Commands, add_format, one_service

if TYPE_CHECKING:
    from decimal import Decimal

    from generator.decide import Given, Measure, Table

# Figures that a browser compares exactly as Decimal does: at most 15 digits. The keys of many
# telephones have a comma and no point; with three digits behind it, it could part thousands.
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6}|,[0-9]{1,2})?")


def add(commands: Commands) -> None:
    parser = commands.add(
        "decide",
        _decide,
        "whether to roll back, who may trigger it, and which procedure to use",
        "Give what you know: figures as --METRIC NUMBER, conditions as --trigger ID. "
        "The metrics, triggers and cases are those of the content.",
        good="answered, whatever the answer is",
    )
    # The help needs the content, and so has to wait until all options are read.
    parser.allow_abbrev = False
    parser.add_argument_group("help", conflict_handler="resolve").add_argument(
        "-h", "--help", action="store_true", help="show this, and what can be said"
    )
    parser.add_argument(
        "--trigger",
        action="append",
        default=[],
        metavar="ID",
        help="a condition that holds; may be given again",
    )
    parser.add_argument(
        "--case",
        action="append",
        default=[],
        metavar="ID",
        help="what your case is, to find the procedure; may be given again",
    )
    parser.add_argument("--list", action="store_true", help="show what can be said, and end")
    add_format(parser, "text", "json")
    parser.set_defaults(rest=[], own_help=parser.format_help)


def _decide(options: argparse.Namespace) -> int:
    from generator import report_decide
    from generator.decide import answer, table

    if options.help:
        print(options.own_help())
        return _explain(options)
    _, book = one_service(options)
    if book is None:
        return PROBLEMS
    found = table(book)
    if options.list:
        print("\n".join(report_decide.known_text(found)))
        return OK
    given = _given(options, found)
    decision = answer(found, given)
    if options.format == "json":
        print(report_decide.decision_json(found, given, decision))
    else:
        for line in report_decide.decision_text(found, given, decision):
            print(line)
    return OK


def _explain(options: argparse.Namespace) -> int:
    """What the content adds to the help, where there is content to read."""
    from generator.decide import table
    from generator.load import UsageError, load, service_folders
    from generator.problems import RollbookError
    from generator.report_decide import known_text

    try:
        folders = service_folders(options.content, options.service)
        book = load(folders[0]).handbook if len(folders) == 1 else None
        said = (
            f"Several services: name one with --service ID ({', '.join(f.name for f in folders)})"
        )
        said = said if len(folders) > 1 else "The content has errors: rollbook validate"
    except (UsageError, RollbookError, OSError) as error:
        book, said = None, f"Nothing is known of a service: {error}"
    for line in known_text(table(book)) if book else [said]:
        print(line)
    return OK


def _given(options: argparse.Namespace, found: Table) -> Given:
    """What was said, checked against what can be said. Raises UsageError."""
    from generator.decide import Given
    from generator.load import UsageError
    from generator.problems import did_you_mean, quoted

    alone = [c.id for c in found.conditions if c.option is None]
    cases = [w.case for w in found.ways if w.case]
    with_figure = {t: c.option for c in found.conditions if c.option for t in c.triggers}
    for what, said, known in (
        ("trigger", options.trigger, alone),
        ("case", options.case, cases),
    ):
        for id in said:
            if what == "trigger" and id in with_figure:
                raise UsageError(
                    f"the trigger {quoted(id)} has a figure: say --{with_figure[id]} NUMBER"
                )
            if id not in known:
                raise UsageError(f"no {what} is called {quoted(id)}. {did_you_mean(id, known)}")
    figures = _figures(options.rest, found)
    if not (figures or options.trigger or options.case):
        raise UsageError(
            "say what you know, such as --METRIC NUMBER or --trigger ID; --list shows what can be said"
        )
    return Given(figures, tuple(dict.fromkeys(options.trigger)), tuple(dict.fromkeys(options.case)))


def _figures(rest: list[str], found: Table) -> dict[str, Decimal]:
    from generator.load import UsageError
    from generator.problems import did_you_mean, quoted

    measures = {m.option: m for m in found.measures}
    figures: dict[str, Decimal] = {}
    words = list(rest)
    while words:
        word = words.pop(0)
        name, joined, text = word.removeprefix("--").partition("=")
        if not word.startswith("--"):
            raise UsageError(f"{quoted(word)} belongs to no option; --list shows what can be said")
        if name not in measures:
            names = [f"--{n}" for n in (*measures, "trigger", "case", "list", "format")]
            option = f"--{name}"
            hint = f"{did_you_mean(option, names)}; --list shows what can be said"
            raise UsageError(f"no option is called {quoted(option)}. {hint}")
        if not joined:
            if not words or words[0].startswith("--"):
                raise UsageError(f"--{name} needs a number{_unit(measures[name])}")
            text = words.pop(0)
        if words and words[0] == measures[name].unit.strip():
            words.pop(0)
        value = _value(measures[name], text)
        if figures.setdefault(name, value) != value:
            raise UsageError(f"--{name} was given twice: {figures[name]} and {value}")
    return figures


def _value(measure: Measure, text: str) -> Decimal:
    """A figure; its unit may stand behind it. Raises UsageError."""
    from decimal import Decimal

    from generator.load import UsageError
    from generator.problems import quoted

    unit = measure.unit.strip()
    bare = text.removesuffix(unit).strip()
    if not _NUMBER.fullmatch(bare, 0):
        raise UsageError(
            f"--{measure.option} {quoted(text)}: not a number such as 12 or 1.5{_unit(measure)}"
        )
    value = Decimal(bare.replace(",", "."))
    if measure.percent and value > 100:
        raise UsageError(f"--{measure.option} {quoted(text)}: more than 100 %")
    return value


def _unit(measure: Measure) -> str:
    from generator.report_decide import unit_of

    return unit_of(measure)
