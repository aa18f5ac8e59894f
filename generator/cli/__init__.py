"""The command line: arguments in, words and an exit code out. Only this package prints.

Imports of other modules stand inside the commands, so that `--help` answers
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

from generator import __version__
from generator.cli import canon, content, decide, gate, records, rehearse
from generator.cli.common import EPILOG, FAULT, USAGE, Commands

# Every command belongs to one of these; the order is that of `rollbook --help`.
MODULES = (content, gate, decide, canon, records, rehearse)


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
        parser = _parser()
        if not argv:
            parser.print_help(sys.stderr)
            return USAGE
        options, rest = parser.parse_known_args(argv)
        if rest and not hasattr(options, "rest"):
            options.parser.error(f"unrecognized arguments: {' '.join(rest)}")
        options.rest = rest
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
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"rollbook {__version__}")
    inner = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for module in MODULES:
        module.add(Commands(inner, shared))
    return parser
