"""Rehearsals on the command line: signals, words, and the record on request."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from generator.cli import common
from generator.cli.common import OK, PROBLEMS, Commands, add_format, print_problems

if TYPE_CHECKING:
    from generator import model
    from generator.rehearsal.outcome import Outcome
    from generator.render.commands import Scripted


def add(commands: Commands) -> None:
    parser = commands.add(
        "rehearse",
        _rehearse,
        "run the scripts of procedures and checklists for real, in a sandbox",
        "The sandbox is made on the spot; outside services are stood in for on this machine, and "
        "nothing of yours is touched. A rehearsal is no drill.",
        good="something was rehearsed, and nothing failed",
        wrong="a rehearsal failed, none could be made or recorded, or invalid content",
    )
    parser.add_argument(
        "--procedure",
        action="append",
        default=[],
        metavar="ID",
        help="only this procedure; may be given again",
    )
    parser.add_argument(
        "--checklist",
        action="append",
        default=[],
        metavar="ID",
        help="only this checklist; may be given again, and beside --procedure",
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep the sandboxes, with run logs, in this folder"
    )
    parser.add_argument(
        "--record",
        action="store_true",
        help="write a drill record of each procedure, with environment 'sandbox'",
    )
    parser.add_argument(
        "--participant",
        action="append",
        default=[],
        metavar="NAME, ROLE",
        help="who took part, for --record; may be given again",
    )
    add_format(parser, "text", "json")


def _rehearse(options: argparse.Namespace) -> int:
    from generator.load import load
    from generator.rehearsal import telling
    from generator.rehearsal.running import Interrupted

    folders = _folders(options)
    books, bad = [], []
    for folder in folders:
        loaded = load(folder)
        if loaded.handbook is None:
            bad += loaded.problems
        else:
            books.append((folder, loaded.handbook))
    text = options.format == "text"
    if text:
        print_problems(bad)
    chosen = _chosen(options, [b for _, b in books], whole=not bad)
    told: list[dict[str, object]] = []
    outcomes: list[Outcome] = []
    recorded = True
    try:
        with _signals() as stopped:
            for number, (folder, book) in enumerate(books):
                if text:
                    print(("\n" if number else "") + telling.beginning(book) + "\n")
                mine: list[Outcome] = []
                rows: dict[str, object] = {"id": book.service.id}
                for kind, things in chosen[book.service.id].items():
                    found = [_one(options, folder, book, thing, stopped) for thing in things]
                    rows[kind] = [row for _, row, _ in found]
                    recorded = recorded and all(fine for _, _, fine in found)
                    mine += [outcome for outcome, _, _ in found]
                if text:
                    print()
                    for line in telling.ending(mine, book.service.drills_count):
                        print(line)
                outcomes += mine
                told.append(rows)
    except Interrupted as stop:
        kept = f"is kept in {options.keep}" if options.keep else "is removed"
        print(
            f"rollbook: interrupted; everything it started has ended, the sandbox {kept}",
            file=sys.stderr,
        )
        return 128 + stop.number
    good = recorded and not bad and all(o.state != "failed" for o in outcomes)
    # What was asked for and not done is no success.
    code = OK if good and any(o.state == "done" for o in outcomes) else PROBLEMS
    if not text:
        from generator.formats.json import problem_data

        problems = [problem_data(p) for p in bad]
        found = {"schema": 1, "exit_code": code, "services": told, "problems": problems}
        print(json.dumps(found, ensure_ascii=False, indent=2))
    return code


def _one(
    options: argparse.Namespace,
    folder: Path,
    book: model.Handbook,
    thing: Scripted,
    stopped: Callable[[], int],
) -> tuple[Outcome, dict[str, object], bool]:
    """One script: how it went, the same as data, and whether it could be recorded where wanted."""
    from generator import model
    from generator.rehearsal import rehearse, telling
    from generator.rehearsal.outcome import Outcome
    from generator.rehearsal.plan import plan

    text = options.format == "text"
    found = plan(thing, book)
    if isinstance(found, str):
        outcome = Outcome(thing, "not rehearsed", found)
        if text:
            print("\n".join(telling.lines(outcome)))
        return outcome, telling.as_data(outcome, None, None), True
    procedure = isinstance(thing, model.Procedure)
    # A checklist may have the id of a procedure; no id has a dot.
    name = str(thing.id) if procedure else f"{thing.id}.checklist"
    if text:
        # A rehearsal takes seconds; whoever waits on a terminal sees for what.
        _waiting(f"  runs    {thing.title}: {thing.script}")
    with rehearse.folder(options.keep, str(book.service.id), name) as root:
        outcome = rehearse.rehearse(found, book, folder, root, stopped)
        log = str(outcome.log) if options.keep and outcome.log else None
        if text:
            _waiting("")
            print("\n".join(telling.lines(outcome)), flush=True)
            if log:
                print(f"          run log: {log}")
        record, fine = None, True
        if options.record and procedure:
            record, fine = _record(options, folder, book, outcome)
    return outcome, telling.as_data(outcome, log, record), fine


def _waiting(words: str) -> None:
    """One line on a terminal, which the next one replaces; nothing where nobody watches."""
    if sys.stdout.isatty():
        print(f"\r\033[K{words[:78]}", end="", flush=True)


def _record(
    options: argparse.Namespace, folder: Path, book: model.Handbook, outcome: Outcome
) -> tuple[str | None, bool]:
    """The record of a run, as `drill record` writes it. Answers its place, and whether all is well."""
    from generator.cli.fields import DRILL
    from generator.files import shown_path
    from generator.freshness import today
    from generator.records import making
    from generator.records.recording import problems_of, write
    from generator.rehearsal.telling import deviations

    text = options.format == "text"
    if outcome.log is None:
        if text:
            print("          not recorded: there is no run log")
        return None, False
    given = argparse.Namespace(**{f.key: [] if f.many else None for f in DRILL})
    setattr(given, "from", str(outcome.log))
    given.environment = "sandbox"
    given.participant = options.participant
    given.deviation = deviations(outcome)
    if outcome.wrong:
        given.verification = "failed"
    new = making.drill(given, book, folder, today(common.now(), book.service.timezone))
    if problems := problems_of(folder, new):
        if text:
            print_problems(problems)
        return None, False
    path = shown_path(next(p for p in write(new) if p.suffix == ".yaml"))
    if text:
        print(f"          recorded: {path}")
    return path, True


def _folders(options: argparse.Namespace) -> list[Path]:
    """The services that are meant. Raises UsageError for what does not fit together."""
    from generator.load import UsageError, service_folders

    if bool(options.participant) != options.record:
        raise UsageError(
            "--record needs --participant 'NAME, ROLE'"
            if options.record
            else "--participant goes with --record"
        )
    if options.record and options.checklist:
        raise UsageError(
            "--record writes drills, and a drill is of a procedure: leave out --record or --checklist"
        )
    keep = options.keep
    if keep is not None and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise UsageError(f"--keep {keep}: name a folder that is empty, or not there yet")
    if keep is not None:
        options.keep = keep.absolute()
    return service_folders(options.content, options.service)


def _chosen(
    options: argparse.Namespace, books: list[model.Handbook], *, whole: bool
) -> dict[str, dict[str, list[Scripted]]]:
    """What to rehearse, by service and kind. Raises UsageError for what no service has.

    Without a choice that is everything; a checklist without a script is a form, and nothing to run.
    """
    from generator.load import UsageError
    from generator.problems import did_you_mean

    for kind, wanted, known in (
        ("procedure", options.procedure, {p.id for b in books for p in b.procedures}),
        ("checklist", options.checklist, {c.id for b in books for c in b.checklists}),
    ):
        for id in wanted:
            # With services that cannot be read nobody knows what there is.
            if id not in known and whole:
                raise UsageError(f"no {kind} is called '{id}'. {did_you_mean(id, known)}")
    every = not options.procedure and not options.checklist
    return {
        b.service.id: {
            "procedures": [p for p in b.procedures if every or p.id in options.procedure],
            "checklists": [
                c for c in b.checklists if (every and c.script) or c.id in options.checklist
            ],
        }
        for b in books
    }


@contextlib.contextmanager
def _signals() -> Iterator[Callable[[], int]]:
    """While this lasts a signal to end is only noted; who waits looks at it and ends all in order."""
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {n: signal.signal(n, lambda number, _: came.append(number)) for n in numbers}
    try:
        yield lambda: came[0] if came else 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
