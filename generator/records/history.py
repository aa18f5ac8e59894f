"""What Git says of the records: none was edited or deleted, each was committed when it was made.

Git can be told lies (a rewritten history, a false clock); that is for the rules of the
remote branch to prevent. Whoever reads the result must know it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from generator.files import shown_path
from generator.load import UsageError
from generator.problems import Place, Problem, RollbookError

LATEST = timedelta(days=7)

_VERBS = {"M": "edited", "T": "replaced by something that is no file", "D": "deleted or moved"}


@dataclass(frozen=True)
class Touch:
    """One commit touched one file: `how` is A, M, T or D; `commit` is empty when not committed."""

    path: Path
    how: str
    commit: str
    day: date | None


def problems_of(folder: Path) -> list[Problem]:
    """What Git knows against the records of a service; each touch of each file is one problem.

    A late commit is a warning, and so is an edit that was taken back.

    Raises UsageError where the folder is in no clone, or in one without its history.
    """
    where = folder / "records"
    root = Path(_git(folder, "rev-parse", "--show-toplevel").strip())
    if _git(folder, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise UsageError(
            "this clone has only a part of the history: fetch all of it (git fetch --unshallow;"
            " fetch-depth: 0 in a workflow)"
        )
    touches = list(_touches(folder, root, where))
    first = {t.path: t.commit for t in touches if t.how == "A"}  # the oldest comes last
    found = [_problem(t, _as_recorded(t.path, root, first.get(t.path))) for t in touches]
    lie_there = (p for p in sorted(where.glob("*/*.*")) if p.is_file())
    missing = (p for p in lie_there if root / _in_clone(p, root) not in first)
    return [*(p for p in found if p), *map(_not_committed, missing)]


def _in_clone(path: Path, root: Path) -> Path:
    """The path as Git counts it; what a link leads to elsewhere is not known to it."""
    folder = Path(os.path.realpath(path.parent))
    return folder.relative_to(root) / path.name if folder.is_relative_to(root) else path


def _not_committed(path: Path) -> Problem:
    return Problem(
        Place(shown_path(path)),
        "is not committed, so Git can say nothing of it",
        "commit it as it is",
        severity="warning",
    )


def _as_recorded(path: Path, root: Path, first: str | None) -> bool:
    """Whether the file is now, byte for byte, what the first commit of it recorded."""
    if first is None or not path.is_file():
        return False
    recorded = _git(root, "show", f"{first}:{path.relative_to(root).as_posix()}")
    return path.read_bytes() == recorded.encode("utf-8", "surrogateescape")


def _problem(touch: Touch, as_recorded: bool) -> Problem | None:
    place = Place(shown_path(touch.path))
    if touch.how == "A":
        return _late(touch, place)
    commit = (
        f"in commit {touch.commit[:12]} of {touch.day}" if touch.commit else "and not committed"
    )
    what = f"{_VERBS.get(touch.how, 'changed')} {commit}"
    if as_recorded:
        return Problem(place, f"{what}; by now it is what was recorded", severity="warning")
    return Problem(
        place,
        f"{what}; records are only added",
        "bring back what was recorded; a correction is a new record that supersedes it",
    )


def _late(touch: Touch, place: Place) -> Problem | None:
    try:
        recorded = date.fromisoformat(touch.path.name[:10])
    except ValueError:
        return None
    if touch.path.suffix != ".yaml" or touch.day is None or abs(touch.day - recorded) <= LATEST:
        return None
    return Problem(
        place,
        f"is of {recorded}, and was committed on {touch.day}, more than {LATEST.days} days apart",
        "say why in a new record, or in the review of the commit",
        severity="warning",
    )


def _touches(folder: Path, root: Path, where: Path) -> Iterator[Touch]:
    # Merges too, against each parent, and no side branch left out: an edit can hide there.
    log = _git(
        folder,
        *("log", "-m", "--full-history", "--no-renames", "--diff-filter=AMTD"),
        *("--name-status", "-z", "--format=%x01%H %cs", "--", str(where.absolute())),
    )
    commit, day = "", None
    fields = iter(log.split("\0"))
    for field in fields:
        word = field.lstrip("\n")
        if word.startswith("\1"):
            commit, day = word[1:].split()[0], date.fromisoformat(word[1:].split()[1])
        elif word:
            yield Touch(root / next(fields), word, commit, day)
    changed = _git(
        folder,
        *("diff", "--no-renames", "--diff-filter=MTD", "--name-status", "-z", "HEAD", "--"),
        str(where.absolute()),
    )
    fields = iter(changed.split("\0"))
    for word in fields:
        if word:
            yield Touch(root / next(fields), word, "", None)


def _git(folder: Path, *words: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env = {**kept, "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
    command = ["git", "-c", "core.quotePath=false", *words]
    try:
        run = subprocess.run(command, cwd=folder, env=env, capture_output=True)
    except FileNotFoundError as error:
        raise RollbookError("git is not on this machine; only Git knows the history") from error
    if run.returncode:
        said = run.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise RollbookError(f"git cannot tell the history of {shown_path(folder)}: {said}")
    return run.stdout.decode("utf-8", "surrogateescape")


def count(folder: Path) -> int:
    """How many records lie in the folder of a service."""
    return sum(1 for _ in (folder / "records").glob("*/*.yaml"))
