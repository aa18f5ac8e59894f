"""What Git says of the records: none was edited or deleted, each was committed when it was made.

Git can be told lies (a rewritten history, a false clock); that is for the rules of the
remote branch to prevent. Whoever reads the result must know it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from generator.files import shown_path
from generator.load import UsageError
from generator.problems import Place, Problem
from generator.records.gitlog import Touch, git, moves, toplevel, touches, uncommitted, unseen

LATEST = timedelta(days=7)

_VERBS = {"M": "edited", "T": "replaced by something that is no file", "D": "deleted or moved"}


def problems_of(folders: Iterable[Path], content: Path | None = None) -> list[Problem]:
    """What Git knows against the records of some services; each touch of each file is one problem.

    A late commit is a warning, and so is an edit that was taken back. With `content`, also
    what it knows against services that are no longer there.

    Raises UsageError where a folder is in no clone, or in one without its history.
    """
    found: list[Problem | None] = []
    left: set[Path] = set()
    for folder in folders:
        root = root_of(folder)
        # Git knows no folder by a link that leads to it from outside.
        where = folder.resolve() / "records"
        told, moved = _since_the_first(where, root)
        left |= moved
        # The oldest comes last.
        first = {t.path: t for t in told if t.how == "A"}
        told += uncommitted(where, root)
        found += map(_unseen, unseen(where, root))
        found += (_problem(t, _as_recorded(t.path, root, first.get(t.path))) for t in told)
        lie_there = (p for p in sorted((folder / "records").glob("*/*.*")) if p.is_file())
        found += (_not_committed(p) for p in lie_there if root / _in_clone(p, root) not in first)
    if content is not None:
        found += _services_that_are_gone(content, left)
    return [p for p in dict.fromkeys(found) if p]


def root_of(folder: Path) -> Path:
    """The root of the clone that a folder lies in, with all of its history."""
    if git(folder, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise UsageError(
            "this clone has only a part of the history: fetch all of it (git fetch --unshallow;"
            " fetch-depth: 0 in a workflow)"
        )
    return toplevel(folder)


def _since_the_first(records: Path, root: Path) -> tuple[list[Touch], set[Path]]:
    """Every touch of every record, also under names that it had before; and those names.

    A commit in which a record left one folder and came into another one moved it, be it
    the service that was renamed or a folder above it. Where it had other bytes afterwards,
    it was edited.
    """
    told: list[Touch] = []
    now: dict[Path, Path] = {}
    left: set[tuple[str, Path]] = set()
    look = touches(root, [records])
    while look:
        came = moves(root, {t.commit for t in look if t.how == "A"})
        earlier: dict[Path, Path] = {}
        commits = set()
        for touch in look:
            path = now.get(touch.then, touch.then)
            move = came.get((touch.commit, touch.then)) if touch.how == "A" else None
            if move is None:
                told.append(touch.called(path))
                continue
            if not move.same:
                told.append(touch.called(path, how="M"))
            if (touch.commit, move.old) not in left:
                left.add((touch.commit, move.old))
                earlier[move.old] = path
                commits.add(touch.commit)
        now |= earlier
        folders = {path.parent.parent for path in earlier}
        found = touches(root, folders, commits) if folders else []
        look = [t for t in found if t.then in earlier]
    stayed = (t for t in told if t.how != "D" or (t.commit, t.then) not in left)
    return list(dict.fromkeys(stayed)), {path for _, path in left}


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


def _unseen(path: Path) -> Problem:
    return Problem(
        Place(shown_path(path)),
        "Git was told here not to look whether it changes",
        "git update-index --no-assume-unchanged --no-skip-worktree FILE; then ask again",
    )


def _as_recorded(path: Path, root: Path, first: Touch | None) -> bool:
    """Whether the file is now, byte for byte, what the first commit of it recorded."""
    if first is None or not path.is_file():
        return False
    recorded = git(root, "show", f"{first.commit}:{first.then.relative_to(root).as_posix()}")
    return path.read_bytes() == recorded.encode("utf-8", "surrogateescape")


def _problem(touch: Touch, as_recorded: bool) -> Problem | None:
    place = Place(shown_path(touch.path))
    if touch.how == "A":
        return _late(touch, place)
    commit = (
        f"in commit {touch.commit[:12]} of {touch.day}" if touch.commit else "and not committed"
    )
    name = f", as {shown_path(touch.then)}" if touch.then != touch.path else ""
    what = f"{_VERBS.get(touch.how, 'changed')} {commit}{name}"
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


def _services_that_are_gone(content: Path, moved: set[Path]) -> list[Problem]:
    """A service may end, and its records with it; whoever audits has to know that it did."""
    root = root_of(content)
    gone: dict[Path, list[Touch]] = {}
    for touch in touches(root, [content.resolve()], below="*/records/*/*"):
        service = touch.then.parent.parent.parent
        if touch.how == "D" and touch.then not in moved and not service.exists():
            gone.setdefault(service, []).append(touch)
    return [
        Problem(
            Place(shown_path(service)),
            f"the service is gone, and its records with it: {len({t.then for t in found})} files, "
            f"in commit {found[0].commit[:12]} of {found[0].day}",
            "fine if it has ended; if it was renamed, bring its records back under the new name",
            severity="warning",
        )
        for service, found in sorted(gone.items())
    ]


def count(folder: Path) -> int:
    """How many records lie in the folder of a service."""
    return sum(1 for _ in (folder / "records").glob("*/*.yaml"))
