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
    from generator.rehearsal.rehearse import Outcome


def add(commands: Commands) -> None:
    parser = commands.add(
        "rehearse",
        _rehearse,
        "run the scripts of the procedures for real, in a sandbox",
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
        "--keep", type=Path, metavar="DIR", help="keep the sandboxes, with run logs, in this folder"
    )
    parser.add_argument(
        "--record",
        action="store_true",
        help="write a drill record of each run, with environment 'sandbox'",
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
                rows = []
                for procedure in chosen[book.service.id]:
                    outcome, row, fine = _one(options, folder, book, procedure, stopped)
                    recorded = recorded and fine
                    mine.append(outcome)
                    rows.append(row)
                if text:
                    print()
                    scripted = sum(c.script is not None for c in book.checklists)
                    for line in telling.ending(mine, book.service.drills_count, scripted):
                        print(line)
                outcomes += mine
                told.append({"id": book.service.id, "procedures": rows})
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
    procedure: model.Procedure,
    stopped: Callable[[], int],
) -> tuple[Outcome, dict[str, object], bool]:
    """One procedure: how it went, the same as data, and whether it could be recorded where wanted."""
    from generator.rehearsal import rehearse, telling
    from generator.rehearsal.plan import plan

    text = options.format == "text"
    found = plan(procedure, book)
    if isinstance(found, str):
        outcome = rehearse.Outcome(procedure, "not rehearsed", found, left=())
        if text:
            print("\n".join(telling.lines(outcome)))
        return outcome, telling.as_data(outcome, None, None), True
    with rehearse.folder(options.keep, str(book.service.id), str(procedure.id)) as root:
        outcome = rehearse.rehearse(found, book, folder, root, stopped)
        log = str(outcome.log) if options.keep and outcome.log else None
        if text:
            print("\n".join(telling.lines(outcome)), flush=True)
            if log:
                print(f"          run log: {log}")
        record, fine = _record(options, folder, book, outcome) if options.record else (None, True)
    return outcome, telling.as_data(outcome, log, record), fine


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
    keep = options.keep
    if keep is not None and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise UsageError(f"--keep {keep}: name a folder that is empty, or not there yet")
    if keep is not None:
        options.keep = keep.absolute()
    return service_folders(options.content, options.service)


def _chosen(
    options: argparse.Namespace, books: list[model.Handbook], *, whole: bool
) -> dict[str, list[model.Procedure]]:
    """The procedures to rehearse, by service. Raises UsageError for one that no service has."""
    from generator.load import UsageError
    from generator.problems import did_you_mean

    known = {p.id for b in books for p in b.procedures}
    for id in options.procedure:
        # With services that cannot be read nobody knows which procedures there are.
        if id not in known and whole:
            raise UsageError(f"no procedure is called '{id}'. {did_you_mean(id, known)}")
    return {
        b.service.id: [
            p for p in b.procedures if not options.procedure or p.id in options.procedure
        ]
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
