"""The commands that write and compare records."""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path

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
from generator.cli.fields import CARRY, DRILL, REVIEW, ROLLBACK, WAIVER, Field, ask


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
    ask(options, fields, book)
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
    if kind == "drill":
        print(_standing(folder, new.path.stem))
    if kind in ("review", "drill") and new.path.name[:10] > day.isoformat():
        print(f"That day is to come; it is {day}. Until then the gate is red: invalid.")
    print("Next: rollbook build, so that document and pages show it; then commit both.")
    print("A record is never edited; only 'rollbook audit' finds one that was.")
    print("To correct it: record again with --supersedes")
    return OK


def _standing(folder: Path, record: str) -> str:
    """Whether a drill that was just recorded counts, and why not: nobody should learn it later."""
    from generator.freshness import why_not
    from generator.load import load
    from generator.records.evidence import counts

    book = load(folder).handbook
    drill = next((d for d in book.records.drills if d.id == record), None) if book else None
    if book is None or drill is None:
        return ""
    if counts(book, drill):
        return "It counts as a drill."
    undone = ", ".join(s.id for s in drill.steps if s.result == "not-done")
    more = f" (not done: {undone})" if undone else ""
    return textwrap.fill(f"It does not count as a drill: it {why_not(book, drill)}{more}.", 80)


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
    from generator.durations import counted
    from generator.load import service_folders
    from generator.problems import has_errors
    from generator.records import history

    folders = service_folders(options.content, options.service)
    problems = history.problems_of(folders, None if options.service else options.content)
    print_problems(problems)
    number = sum(map(history.count, folders))
    told = counted(number, "record")
    if not has_errors(problems):
        told += "; by this clone's history none was edited or deleted"
        told += ", but see the warnings" if problems else ""
    print(told)
    return PROBLEMS if has_errors(problems) else OK
