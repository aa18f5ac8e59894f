"""What every command of the command line shares: exit codes, the clock, options, printing."""

from __future__ import annotations

import argparse
import os
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from generator import model
    from generator.problems import Problem

OK, PROBLEMS, USAGE, FAULT = 0, 1, 2, 3

INVALID = "invalid content"


def exits(good: str, wrong: str) -> str:
    """What the exit codes of a command mean; 2 and 3 mean the same everywhere."""
    codes = (good, wrong, "wrong usage", "it could not do its work")
    lines = (
        textwrap.fill(f"{code}  {means}", 78, initial_indent="  ", subsequent_indent="     ")
        for code, means in enumerate(codes)
    )
    return "\n".join(("exit codes:", *lines))


EPILOG = exits("nothing wrong", "problems; the help of each command says which")

Run = Callable[[argparse.Namespace], int]


@dataclass(frozen=True)
class Commands:
    """Where commands are added, and the parser of the options that all of them have."""

    inner: argparse._SubParsersAction
    shared: argparse.ArgumentParser

    def add(
        self,
        name: str,
        run: Run,
        text: str,
        more: str = "",
        *,
        good: str = "nothing wrong",
        wrong: str = INVALID,
    ) -> argparse.ArgumentParser:
        """One command: `text` is its line in the list, `more` follows in its own help.

        `good` and `wrong` say what its exit codes 0 and 1 mean.
        """
        found = self._parser(name, text, more, exits(good, wrong), self.shared)
        found.set_defaults(command=run, parser=found)
        return found

    def group(self, name: str, text: str, run: Run | None = None):
        """A command with commands of its own, and its parser; `run` is what it does without one."""
        above = (self.shared,) if run else ()
        parser = self._parser(
            name, text, "", exits("shown, whatever it says", INVALID) if run else EPILOG, *above
        )
        if run:
            parser.set_defaults(command=run, parser=parser)
        inner = parser.add_subparsers(required=run is None, metavar="COMMAND", title="commands")
        return parser, Commands(inner, self.shared)

    def _parser(
        self, name: str, text: str, more: str, ending: str, *above: argparse.ArgumentParser
    ):
        return self.inner.add_parser(
            name,
            parents=above,
            help=text,
            description=textwrap.fill(f"{text[0].upper()}{text[1:]}. {more}", 78),
            epilog=ending,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )


def add_format(parser: argparse.ArgumentParser, *choices: str) -> None:
    parser.add_argument(
        "--format",
        choices=choices,
        default=choices[0],
        help=f"how to show it (default: {choices[0]})",
    )


def add_day(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as-of", metavar="YYYY-MM-DD", help="judge as if it were this day")


def now() -> datetime:
    """The clock of this machine, read in one place only."""
    from datetime import UTC, datetime

    return datetime.now(UTC)


def platform_root() -> Path | None:
    """The folder from which GitHub counts paths: a job can run in a folder of the repository."""
    root = os.environ.get("GITHUB_WORKSPACE")
    return Path(root).resolve() if root else None


def as_of(text: str | None) -> date | None:
    """The day of --as-of. Raises UsageError for what is no day."""
    from generator.freshness import parse_day
    from generator.load import UsageError

    if text is None:
        return None
    try:
        return parse_day(text)
    except ValueError as error:
        raise UsageError(f"--as-of {text}: {error}") from error


def one_service(
    options: argparse.Namespace, corrected: str = ""
) -> tuple[Path, model.Handbook | None]:
    """The one service that is meant; None, and its problems printed, when it has errors.

    Those of the record that is about to be `corrected` do not count.
    """
    from generator.load import UsageError, load, service_folders

    folders = service_folders(options.content, options.service)
    if len(folders) > 1:
        names = ", ".join(f.name for f in folders)
        raise UsageError(f"which service? Name one with --service ID: {names}")
    loaded = load(folders[0], corrected=corrected)
    if loaded.handbook is None:
        print_problems(loaded.problems)
    return folders[0], loaded.handbook


def print_problems(problems: Iterable[Problem], *, whole: bool = False) -> None:
    """Errors last; warnings in one line each unless they are wanted `whole`."""
    from generator.report import problem_lines

    for line in problem_lines(problems, whole=whole):
        print(line)


def add_warnings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--warnings", action="store_true", help="show warnings whole, not in one line each"
    )
