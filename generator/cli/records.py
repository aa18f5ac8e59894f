"""The commands that write and compare records: flags, or questions in a terminal.

Each command's fields stand in one table, from which come the flags, their help and the
questions.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from generator.cli import common, references
from generator.cli.common import (
    OK,
    PROBLEMS,
    Commands,
    add_day,
    add_format,
    as_of,
    one_service,
    print_problems,
)


@dataclass(frozen=True)
class Field:
    """One fact of a record. Required ones are asked for in a terminal when no flag gives them."""

    name: str
    help: str
    metavar: str = "TEXT"
    required: bool = False
    many: bool = False
    choices: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        return f"--{self.name}"

    @property
    def key(self) -> str:
        return self.name.replace("-", "_")


_PERSON = "NAME, ROLE"
_SUPERSEDES = Field("supersedes", "the record that this one corrects", "RECORD")

REVIEW = (
    Field("reviewer", "who read the document; the role is an id of contacts.yaml", _PERSON, True),
    Field("approver", "who accepted the review", _PERSON, True),
    Field("scope", "what was looked at", required=True),
    Field("outcome", "what it led to", required=True, choices=("no-change", "changed", "retire")),
    Field("finding", "one thing that it found; may be given again", many=True),
    Field("next", "the next review, where it is wanted earlier than the cycle", "YYYY-MM-DD"),
    Field("date", "the day of the review (default: today)", "YYYY-MM-DD"),
    _SUPERSEDES,
)
DRILL = (
    Field("from", "the run log of the script that ran", "LOG"),
    Field("procedure", "the procedure, where no run log names it", "ID"),
    Field("start", "when it began, in UTC, where no run log says it", "YYYY-MM-DDTHH:MM:SSZ"),
    Field("end", "when it ended, likewise", "YYYY-MM-DDTHH:MM:SSZ"),
    Field(
        "environment",
        "where it was done",
        required=True,
        choices=("sandbox", "staging", "production"),
    ),
    Field("participant", "who took part; may be given again", _PERSON, True, many=True),
    Field(
        "step",
        "a step that a person did: ok, failed or not-done, and what there is to say",
        "ID=RESULT[: NOTE]",
        many=True,
    ),
    Field(
        "verification",
        "whether a person found the result good, where the script did not",
        choices=("passed", "failed", "not-done"),
    ),
    Field("table-top", "the steps were only talked through", "", choices=("yes",)),
    Field("deviation", "where it departed from the procedure; may be given again", many=True),
    Field(
        "action", "what has to be mended; may be given again", "WHAT, ROLE, YYYY-MM-DD", many=True
    ),
    Field("night", "would this have worked at 03:00? In your words"),
    Field("reviewer", "who looked through this record", _PERSON),
    _SUPERSEDES,
)
CARRY = (
    Field("drill", "the drill that still stands", "RECORD", True),
    Field("reason", "why the difference of the script does not matter", required=True),
    Field("approver", "who decides it", _PERSON, True),
    _SUPERSEDES,
)
WAIVER = (
    Field("clock", "which clock may be late: review, or drill:PROCEDURE", "CLOCK", True),
    Field("reason", "why", required=True),
    Field("approver", "who allows it", _PERSON, True),
    Field("until", "the last day, at most 30 days after it is granted", "YYYY-MM-DD", True),
    Field("granted", "the first day (default: today)", "YYYY-MM-DD"),
    _SUPERSEDES,
)
ROLLBACK = (
    Field("from", "the run log of the script that ran", "LOG"),
    Field("procedure", "the procedure, where no run log names it", "ID"),
    Field("start", "when it began, in UTC, where no run log says it", "YYYY-MM-DDTHH:MM:SSZ"),
    Field("end", "when it ended, likewise", "YYYY-MM-DDTHH:MM:SSZ"),
    Field(
        "outcome",
        "how it ended, where no run log says it",
        choices=("verified", "not-verified", "failed"),
    ),
    Field("who", "who did it", _PERSON, True),
    Field("trigger", "what made it necessary", required=True),
    Field("no-change", "why the document needs no change after it, where that is decided", "WHY"),
    _SUPERSEDES,
)


def add(commands: Commands) -> None:
    """Add review, drill, waiver and rollback with their own commands, and audit."""

    def record(inner: Commands, name: str, fields: tuple[Field, ...], text: str, kind: str) -> None:
        parser = inner.add(
            name,
            lambda options: _record(options, fields, kind),
            text,
            "In a terminal, what is missing is asked for.",
            good="recorded",
            wrong="not recorded: the content is invalid, or the record would be",
        )
        for field in fields:
            more: dict = {"choices": field.choices} if field.choices else {"metavar": field.metavar}
            if field.many:
                more |= {"action": "append", "default": []}
            if field.choices == ("yes",):
                more = {"action": "store_const", "const": "yes"}
            parser.add_argument(field.flag, dest=field.key, help=field.help, **more)

    def difference(inner: Commands, kind: str, text: str) -> None:
        inner.add(
            "diff",
            lambda options: _diff(options, kind),
            text,
            good="shown, whether or not something changed",
        )

    review, inner = commands.group(
        "review",
        "what a reviewer needs to know; with a command: record a review, see what changed since",
        _packet,
    )
    add_day(review)
    references.add_against(review)
    add_format(review, "text", "markdown", "json")
    record(inner, "record", REVIEW, "record a review of the content as it is now", "review")
    difference(inner, "review", "what changed since the last review, fact by fact")
    _, inner = commands.group(
        "drill", "drills of procedures: record one, or see what changed since"
    )
    record(inner, "record", DRILL, "record a drill, from the log of its run", "drill")
    record(inner, "carry", CARRY, "let a drill stand for a script with other bytes", "carry")
    difference(inner, "drill", "which steps changed since the last drill that counts")
    commands.add(
        "audit",
        _audit,
        "ask Git whether a record was ever edited, deleted or committed late",
        good="none was edited or deleted (warnings are shown)",
        wrong="one was",
    )
    _, inner = commands.group("waiver", "clocks that may be late for a while")
    record(inner, "record", WAIVER, "allow a clock to be late, for at most 30 days", "waiver")
    _, inner = commands.group("rollback", "real rollbacks")
    record(inner, "record", ROLLBACK, "record a real rollback, from the log of its run", "rollback")


def _record(options: argparse.Namespace, fields: tuple[Field, ...], kind: str) -> int:
    from generator.files import shown_path
    from generator.freshness import today
    from generator.records import making
    from generator.records.recording import problems_of, write

    folder, book = one_service(options, options.supersedes or "")
    if book is None:
        return PROBLEMS
    _ask(options, fields)
    make = getattr(making, kind)
    day = today(common.now(), book.service.timezone)
    new = make(options, book, folder, day)
    problems = problems_of(folder, new)
    if problems:
        print_problems(problems)
        print("Nothing was recorded.")
        return PROBLEMS
    for path in write(new):
        print(f"recorded: {shown_path(path)}")
    if kind in ("review", "drill") and new.path.name[:10] > day.isoformat():
        print(f"That day is to come; it is {day}. Until then the gate is red: invalid.")
    print("Commit it as it is; a record is never edited. To correct it: --supersedes")
    return OK


def _packet(options: argparse.Namespace) -> int:
    from generator import packet
    from generator.freshness import today
    from generator.gate import rendered
    from generator.load import load_all

    day = as_of(options.as_of)
    looked = references.against(options)
    dead = None if looked is None else [*looked.problems, *references.unchecked(looked)]
    found = []
    whole = True
    for loaded in load_all(options.content, options.service):
        book = loaded.handbook
        if book is None:
            whole = False
            print_problems(loaded.problems)
            continue
        found.append(
            packet.packet(
                book, day or today(common.now(), book.service.timezone), rendered(book), dead
            )
        )
    if options.format == "json":
        print(packet.as_json(found))
    else:
        show = packet.text if options.format == "text" else packet.markdown
        print("\n\n".join(map(show, found)))
    return OK if whole else PROBLEMS


def _diff(options: argparse.Namespace, kind: str) -> int:
    """What changed since the review, or since the drill of each procedure."""
    from generator.records.differences import differences

    _, book = one_service(options)
    if book is None:
        return PROBLEMS
    for line in differences(book, kind):
        indent = "    " if line.startswith(" ") else "  "
        print(textwrap.fill(line, 80, subsequent_indent=indent, break_long_words=False))
    return OK


def _audit(options: argparse.Namespace) -> int:
    from generator.load import service_folders
    from generator.problems import has_errors
    from generator.records import history

    folders = service_folders(options.content, options.service)
    problems = history.problems_of(folders, None if options.service else options.content)
    print_problems(problems)
    number = sum(map(history.count, folders))
    told = "1 record" if number == 1 else f"{number} records"
    if not has_errors(problems):
        told += "; by this clone's history none was edited or deleted"
        told += ", but see the warnings" if problems else ""
    print(told)
    return PROBLEMS if has_errors(problems) else OK


def _ask(options: argparse.Namespace, fields: Iterable[Field]) -> None:
    """Ask for the required facts that no flag gave. Raises UsageError where nobody can answer."""
    from generator.load import UsageError

    missing = [f for f in fields if f.required and not getattr(options, f.key)]
    if not missing:
        return
    if not (sys.stdin and sys.stdin.isatty()):
        raise UsageError(f"missing: {', '.join(f.flag for f in missing)}")
    for field in missing:
        allowed = f" ({', '.join(field.choices)})" if field.choices else ""
        shape = f" [{field.metavar}]" if field.metavar == _PERSON else ""
        answer = ""
        while not answer or (field.choices and answer not in field.choices):
            try:
                answer = input(f"{field.help}{allowed}{shape}: ").strip()
            except EOFError as error:
                raise UsageError(f"no answer; nothing was recorded ({field.flag})") from error
        setattr(options, field.key, [answer] if field.many else answer)
