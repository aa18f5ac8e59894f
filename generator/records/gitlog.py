"""Git's own words about the files of records -> which commit did what to which of them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from generator.files import shown_path
from generator.problems import RollbookError


@dataclass(frozen=True)
class Touch:
    """One commit touched one file: `how` is A, M, T or D; `commit` is empty when not committed.

    `path` is the name that the file has now, `then` the one that it had in that commit.
    """

    path: Path
    how: str
    commit: str
    day: date | None
    then: Path

    def called(self, path: Path, how: str = "") -> Touch:
        return replace(self, path=path, how=how or self.how)


@dataclass(frozen=True)
class Move:
    """Where a file lay before the commit in which it came; `same` says whether its bytes are."""

    old: Path
    same: bool


def touches(
    root: Path, folders: Iterable[Path], since: Iterable[str] = (), below: str = ""
) -> list[Touch]:
    """What was done in some folders, the newest first; up to the commits of `since`, if given.

    `below` is a pattern of Git for what counts in the folders.
    """
    # Merges too, against each parent, and no side branch left out: an edit can hide there.
    log = git(
        root,
        *("log", "-m", "--full-history", "--no-renames", "--diff-filter=AMTD"),
        *("--name-status", "-z", "--format=%x01%H %cs", "--stdin"),
        given=[*sorted(since), "--", *(_pathspec(f, root, below) for f in sorted(folders))],
    )
    found = []
    for head, how, path in _entries(log, root):
        commit, day = head.split()
        found.append(Touch(path, how, commit, date.fromisoformat(day), path))
    return found


def _entries(log: str, root: Path) -> Iterator[tuple[str, str, Path]]:
    """Each file of a list with -z: the line of its commit (after %x01), what is said of it, its path."""
    head = ""
    fields = iter(log.split("\0"))
    for field in fields:
        word = field.lstrip("\n")
        if word.startswith("\1"):
            head = word[1:]
        elif word:
            yield head, word, root / next(fields)


def _pathspec(folder: Path, root: Path, below: str = "") -> str:
    """What Git takes for a folder, whatever signs its name has, and a pattern below it."""
    inside = folder.relative_to(root).as_posix()
    if not below:
        return f":(top,literal){inside}"
    quoted = re.sub(r"([*?[\\])", r"\\\1", inside)
    return f":(top,glob){below}" if inside == "." else f":(top,glob){quoted}/{below}"


def uncommitted(records: Path, root: Path) -> Iterator[Touch]:
    """What was done to the records of a service, and not committed."""
    changed = git(
        root,
        *("diff", "--no-renames", "--diff-filter=MTD", "--name-status", "-z", "HEAD", "--"),
        _pathspec(records, root),
    )
    for _, how, path in _entries(changed, root):
        yield Touch(path, how, "", None, path)


def unseen(records: Path, root: Path) -> Iterator[Path]:
    """Records of which this clone's Git was told not to see whether they change."""
    listed = git(root, "ls-files", "-v", "-z", "--", _pathspec(records, root))
    for field in listed.split("\0"):
        tag, _, name = field.partition(" ")
        if name and (tag == "S" or tag.islower()):
            yield root / name


def moves(root: Path, commits: Iterable[str]) -> dict[tuple[str, Path], Move]:
    """Which records came, in these commits, from another folder, by commit and new path.

    A record keeps the name of its kind and its own: `.../records/reviews/2026-03-01.yaml`.
    """
    commits = sorted(commits)
    if not commits:
        return {}
    log = git(
        root,
        *("log", "--no-walk=unsorted", "-m", "--raw", "--no-abbrev", "--no-renames"),
        *("--diff-filter=AD", "-z", "--format=%x01%H", "--stdin"),
        given=[*commits, "--", ":(top,glob)**/records/*/*"],
    )
    came: list[tuple[str, Path, str]] = []
    left: dict[tuple[str, tuple[str, ...]], dict[Path, str]] = {}
    for commit, word, path in _entries(log, root):
        _, _, was, is_now, how = word.split()
        if how == "A":
            came.append((commit, path, is_now))
        else:
            left.setdefault((commit, path.parts[-3:]), {})[path] = was
    found = {}
    for commit, path, blob in came:
        olds = left.get((commit, path.parts[-3:]), {})
        # Of several with the same name, the one with the same bytes.
        for old in sorted(olds, key=lambda o: olds[o] != blob)[:1]:
            found[commit, path] = Move(old, olds[old] == blob)
    return found


@dataclass(frozen=True)
class NewestCommit:
    """`changed`: the folders differ from it now, or Git was told not to see whether they do."""

    id: str
    changed: bool


def newest_commit(folders: Iterable[Path]) -> NewestCommit | None:
    """The newest commit that touched the folders, which lie in one clone; None where Git knows none."""
    folders = [f.resolve() for f in folders]
    try:
        root = toplevel(folders[0])
        paths = [_pathspec(f, root) for f in folders]
        commit = git(root, "log", "-1", "--format=%H", "--", *paths).strip()
        listed = ("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
        entries = git(root, *listed, "--ignored", "--", *paths).split("\0")
        hidden_from_git = any(file for f in folders for file in unseen(f, root))
    except (RollbookError, ValueError):
        return None
    # A hidden file is no part of the content.
    changed = hidden_from_git or any(e and Path(e[3:]).name[0] != "." for e in entries)
    return NewestCommit(commit, changed) if commit else None


def toplevel(folder: Path) -> Path:
    """The root of the clone that a folder lies in. Raises RollbookError where it lies in none."""
    return Path(git(folder, "rev-parse", "--show-toplevel").rstrip("\n")).resolve()


def git(folder: Path, *words: str, given: Iterable[str] = ()) -> str:
    """What Git prints; `given` are lines for its standard input."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env = {**kept, "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
    # What the user set for himself would hide the first commit, or mix words into the answer.
    settings = ("core.quotePath=false", "log.showRoot=true", "log.showSignature=false")
    command = ["git", *(word for s in settings for word in ("-c", s)), *words]
    lines = "".join(f"{line}\n" for line in given).encode("utf-8", "surrogateescape")
    try:
        run = subprocess.run(command, cwd=folder, env=env, capture_output=True, input=lines)
    except FileNotFoundError as error:
        raise RollbookError("git is not on this machine; only Git knows the history") from error
    if run.returncode:
        said = run.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise RollbookError(f"git cannot tell the history of {shown_path(folder)}: {said}")
    return run.stdout.decode("utf-8", "surrogateescape")
