"""A checkout of the service's own repository, read and never written.

What a link makes of a folder outside does not belong to the repository: names are
followed part by part, and one that leaves the checkout is not there. Names are compared
letter by letter, so that a Mac, whose disk ignores case, says the same as CI.
"""

from __future__ import annotations

import json
import os
import posixpath
import stat
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from generator.load import UsageError

MAX_BYTES = 1024 * 1024
MAX_FILES = 100_000
# Made by tools or kept by them; no source of the service lies there.
SKIPPED = frozenset(
    (
        ".git",
        ".hg",
        ".svn",
        ".next",
        ".venv",
        "__pycache__",
        "build",
        "dist",
        "node_modules",
        "target",
        "vendor",
        "venv",
    )
)


def object_at(data: dict, key: str) -> dict:
    """The object at a key; an empty one where something else stands there, or nothing."""
    found = data.get(key)
    return found if isinstance(found, dict) else {}


class Checkout:
    """`path` must be the top folder of a Git checkout. Raises UsageError for anything else."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise UsageError(f"--against {path}: no such folder")
        if not os.path.lexists(path / ".git"):
            raise UsageError(
                f"--against {path}: no checkout of a repository; there is no .git in it"
            )
        self.root = Path(os.path.realpath(path))
        self._listed: dict[Path, frozenset[str]] = {}
        self._texts: dict[str, str | None] = {}

    def why_not(self, name: str) -> str | None:
        """Why there is no file or folder of this name; None when it is there.

        Raises OSError where the system does not let us look.
        """
        path = posixpath.normpath(name.strip("/") or ".")
        if path == ".." or path.startswith("../"):
            return "leads out of the repository"
        here = self.root
        for part in () if path == "." else path.split("/"):
            if part not in self._names(here):
                return "is not there"
            here /= part
            if os.path.islink(here):
                target = Path(os.path.realpath(here))
                if not target.is_relative_to(self.root):
                    return "is a link that leads out of the repository"
                if not target.exists():
                    return "is a link that leads nowhere"
                here = target
        return "is not there" if name.endswith("/") and not here.is_dir() else None

    def has(self, name: str) -> bool:
        return self.why_not(name) is None

    def _names(self, folder: Path) -> frozenset[str]:
        if folder not in self._listed:
            names = os.listdir(folder) if folder.is_dir() else ()
            self._listed[folder] = frozenset(names)
        return self._listed[folder]

    def text(self, name: str) -> str | None:
        """The text of a file, or None where there is no plain file of that name below 1 MiB."""
        if name not in self._texts:
            path = self.root / name.strip("/")
            found = None
            status = path.stat() if self.has(name) else None
            if status and stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES:
                found = path.read_bytes().decode("utf-8", "replace")
            self._texts[name] = found
        return self._texts[name]

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every file of the repository, tools' folders and links out of it left aside."""
        return tuple(sorted(self._walk()))

    @property
    def whole(self) -> bool:
        """Whether `files` has all of them."""
        return len(self.files) < MAX_FILES

    def _walk(self) -> Iterator[str]:
        count = 0
        for where, folders, names in os.walk(self.root):
            folders[:] = sorted(f for f in folders if f not in SKIPPED)
            for name in names:
                path = Path(where) / name
                inside = not path.is_symlink() or (
                    path.exists() and Path(os.path.realpath(path)).is_relative_to(self.root)
                )
                if inside:
                    yield path.relative_to(self.root).as_posix()
                    count += 1
                    if count >= MAX_FILES:
                        return

    @cached_property
    def folders(self) -> frozenset[str]:
        return frozenset(
            p.as_posix() for f in self.files for p in Path(f).parents if p.as_posix() != "."
        )

    def package(self, folder: str = "") -> dict | None:
        """package.json as data; None where there is none. Raises ValueError for a broken one."""
        return self.json(posixpath.join(folder, "package.json"))

    def json(self, name: str) -> dict | None:
        """A file as data; None where there is none. Raises ValueError, which names a broken one."""
        text = self.text(name)
        if text is None:
            return None
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise ValueError(f"{name} cannot be read as JSON")
        return data
