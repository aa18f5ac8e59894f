"""The command line: arguments in, words and an exit code out. Only this part prints.

Imports of the other modules stand inside the commands, so that `--help` answers
at once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from generator import __version__, cli_records
from generator.cli_records import as_of, now

if TYPE_CHECKING:
    from generator.problems import Problem

OK, PROBLEMS, USAGE, FAULT = 0, 1, 2, 3

_EPILOG = """\
exit codes: 0 nothing wrong (due soon is 0, and is said), 1 problems: invalid
content, red gate, drift, 2 wrong usage, 3 it could not do its work"""


def entry() -> None:
    """The `rollbook` command."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            # A terminal that knows no umlaut shows a code instead; it stops nothing.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))


def main(argv: list[str]) -> int:
    """Run one command and answer its exit code. Writes to stdout and stderr."""
    return _guarded(lambda: _run(argv), "--debug" in argv)


def _run(argv: list[str]) -> int:
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else USAGE
    else:
        code = options.command(options)
    if sys.stdout is not None:
        sys.stdout.flush()  # what cannot be written is told here, not when Python ends
    return code


def _guarded(command: Callable[[], int], debug: bool) -> int:
    """The one error boundary: an exception becomes a sentence and an exit code."""
    try:
        return command()
    except BrokenPipeError:
        # The reader of stdout went away, as `| head` does.
        _drop_stdout()
        return FAULT
    except KeyboardInterrupt:
        return _stop("interrupted; nothing is half-written", 130)
    except Exception as error:
        # Only now, so that `--help` loads nothing.
        from generator.load import UsageError
        from generator.problems import RollbookError

        if isinstance(error, UsageError):
            return _stop(str(error), USAGE)
        if isinstance(error, RollbookError):
            return _stop(str(error), FAULT)
        if isinstance(error, OSError) and not debug:
            _drop_stdout()
            return _stop(f"{error.filename or 'cannot write the report'}: {error.strerror}", FAULT)
        if debug:
            traceback.print_exc()
        return _stop(
            f"a fault of Rollbook's own ({type(error).__name__}: {error}); --debug shows where",
            FAULT,
        )


def _drop_stdout() -> None:
    """Let what is still to be written go nowhere, or Python would complain when it ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stop(message: str, code: int) -> int:
    with contextlib.suppress(OSError):
        print(f"rollbook: {message}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--content",
        type=Path,
        default=Path("content"),
        metavar="DIR",
        help="folder with one folder a service (default: content)",
    )
    shared.add_argument(
        "--service",
        action="append",
        default=[],
        metavar="ID",
        help="only this service; may be given again",
    )
    shared.add_argument(
        "--debug", action="store_true", help="show a traceback for a fault of Rollbook's own"
    )

    parser = argparse.ArgumentParser(
        prog="rollbook",
        description="Rollback procedures kept once as YAML: document, scripts, forms, and a gate.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"rollbook {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")

    def add(
        name: str, run: Callable[[argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        found = commands.add_parser(
            name,
            parents=[shared],
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        found.set_defaults(command=run)
        return found

    build = add("build", _build, "render everything that the content says")
    build.add_argument(
        "--out",
        type=Path,
        default=Path("generated"),
        metavar="DIR",
        help="folder for the outputs (default: generated)",
    )
    build.add_argument(
        "--check",
        action="store_true",
        help="write nothing; show what is out of date, missing, orphaned or edited by hand",
    )

    validate = add("validate", _validate, "show every problem of the content")
    validate.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="how to show them (default: text)",
    )

    check = add(
        "check",
        _check,
        "the gate: red when a review or drill is overdue or a required fact is open",
    )
    check.add_argument("--as-of", metavar="YYYY-MM-DD", help="judge as if it were this day")
    check.add_argument(
        "--warn-days",
        type=_days,
        metavar="N",
        help="say 'due soon' this many days ahead (default: the content's, else 14)",
    )
    check.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to show it (default: text)"
    )
    evidence = add(
        "evidence", _evidence, "put document, scripts, facts and records into one archive"
    )
    evidence.add_argument(
        "--out", type=Path, required=True, metavar="FILE.zip", help="the archive to write"
    )
    cli_records.add(commands, shared, _EPILOG)
    return parser


def _days(text: str) -> int:
    if not text.isdecimal() or len(text) > 4:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days")
    return int(text)


def _build(options: argparse.Namespace) -> int:
    from generator.build import build

    result = build(options.content, options.out, options.service, check=options.check)
    _print_problems(result.problems)
    for line in result.lines:
        print(line)
    return result.exit_code


def _validate(options: argparse.Namespace) -> int:
    from generator.build import validate
    from generator.problems import has_errors
    from generator.report import problems_json

    count, problems = validate(options.content, options.service)
    if options.format == "json":
        print(problems_json(problems))
    else:
        _print_problems(problems)
        errors = sum(p.severity == "error" for p in problems)
        print(
            f"{_count(count, 'service')}: {_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}"
        )
    return PROBLEMS if has_errors(problems) else OK


def _check(options: argparse.Namespace) -> int:
    from generator import report
    from generator.gate import assess_all
    from generator.problems import has_errors

    day = as_of(options.as_of)
    states, problems = assess_all(options.content, options.service, day, options.warn_days, now())
    wrong = [p for p in problems if p.severity == "error"]
    if options.format == "json":
        print(report.check_json(states, wrong, simulated=day is not None))
    else:
        _print_problems(wrong)
        for line in report.check_text(states, simulated=day is not None):
            print(line)
    return PROBLEMS if has_errors(wrong) or any(s.red for s in states) else OK


def _evidence(options: argparse.Namespace) -> int:
    from hashlib import sha256

    from generator.bundle import bundle, write

    raw, problems = bundle(options.content, options.service)
    _print_problems(problems)
    if raw is None:
        print("Nothing was written.")
        return PROBLEMS
    write(options.out, raw)
    print(f"{sha256(raw).hexdigest()}  {options.out}")
    return OK


def _print_problems(problems: list[Problem]) -> None:
    from generator.report import problem_text

    for problem in problems:
        print(problem_text(problem))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
