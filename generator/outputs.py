"""What a build makes, and how it reaches the disk: compare, then write.

Nothing is written before everything is known: which files differ, which were
edited by hand, which nobody makes any more. A changed file replaces the old one
in one step; an unchanged one is not touched.

`SHA256SUMS` beside the outputs lists what Rollbook made (`sha256sum -c` reads
it). It tells an edit by hand from an output that is merely out of date.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import os
import shlex
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from generator.files import shown_path
from generator.problems import Place, Problem, RollbookError

MANIFEST = "SHA256SUMS"
_TEMPORARY = ".rollbook-"


@dataclass(frozen=True)
class OutFile:
    """A file that a build makes; `path` is relative to the service's output folder.

    A Markdown file is brought into mdformat's form before it is written.
    """

    path: str
    text: str
    executable: bool = False
    markdown: bool = False

    @property
    def mode(self) -> int:
        return 0o755 if self.executable else 0o644


@dataclass
class Plan:
    """What would have to be done to bring one service's folder up to date."""

    folder: Path
    write: list[tuple[OutFile, str | None]] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    modes: list[OutFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    before: dict[str, set[str]] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    stale_manifest: bool = False

    @property
    def current(self) -> bool:
        return not (self.write or self.remove or self.modes or self.problems or self.stale_manifest)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def plan(
    folder: Path, files: Iterable[OutFile], formatted: Callable[[str], str], *, deep: bool = True
) -> Plan:
    """Compare `files` with what lies in `folder`, and below it when `deep`. Reads only.

    Raises RollbookError when the folder cannot be read.
    """
    with _system("read", folder):
        return _plan(folder, list(files), formatted, deep)


def _plan(folder: Path, files: list[OutFile], formatted: Callable[[str], str], deep: bool) -> Plan:
    found = Plan(folder, before=read_manifest(folder))
    for place in _links(folder, files):
        found.problems.append(
            Problem(
                Place(shown_path(place)),
                "a link stands where outputs are kept",
                "remove the link",
            )
        )
        return found
    wanted = set()
    for file in files:
        if file.path in wanted or file.path == MANIFEST:
            raise RollbookError(f"two outputs are called {file.path}")
        wanted.add(file.path)
        path = folder / file.path
        on_disk = _read(path)
        text = file.text
        if on_disk != text.encode() and file.markdown:
            # Only now is it worth the time to format it.
            text = formatted(text)
            file = OutFile(file.path, text, file.executable)
        new = text.encode()
        found.after[file.path] = digest(new)
        if on_disk == new:
            if path.stat().st_mode & 0o111 != file.mode & 0o111:
                found.modes.append(file)
            continue
        if on_disk is not None and digest(on_disk) not in found.before.get(file.path, set()):
            found.problems.append(_edited(path, file.path in found.before))
        found.write.append((file, None if on_disk is None else on_disk.decode("utf-8", "replace")))
    for name in sorted(_names(folder, deep) - wanted - {MANIFEST}):
        if Path(name).name.startswith(_TEMPORARY):
            # A build was killed before this one took the place of a file.
            found.remove.append(name)
            continue
        data = _read(folder / name) or b""
        if digest(data) in found.before.get(name, set()):
            found.remove.append(name)
        else:
            found.problems.append(_edited(folder / name, name in found.before))
    found.stale_manifest = {k: {v} for k, v in found.after.items()} != found.before
    return found


def _edited(path: Path, ours: bool) -> Problem:
    shown = shown_path(path)
    if ours:
        return Problem(
            Place(shown),
            "was edited by hand",
            f"move the change into the content, then run\n  rm {shlex.quote(shown)} && rollbook build",
        )
    return Problem(
        Place(shown),
        "was not made by Rollbook, and stands where its outputs are kept",
        "move it elsewhere, then run\n  rollbook build",
    )


def orphans(out: Path, services: Iterable[str]) -> list[Plan]:
    """Plans that remove the outputs of services that are no longer there."""
    known = set(services)
    with _system("read", out):
        folders = sorted(p for p in out.iterdir() if p.is_dir()) if out.is_dir() else []
        return [
            _plan(p, [], str, True)
            for p in folders
            if p.name not in known and (p / MANIFEST).is_file()
        ]


def _read(path: Path) -> bytes | None:
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            # Reading a pipe or a device can last for ever.
            raise RollbookError(f"cannot read {shown_path(path)}: a pipe, a socket or a device")
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _names(folder: Path, deep: bool) -> set[str]:
    """Every file in `folder`, and below it when `deep`, as relative paths."""
    if not deep:
        return {p.name for p in folder.iterdir() if not p.is_dir()} if folder.is_dir() else set()
    return {
        (Path(where) / name).relative_to(folder).as_posix()
        for where, _, names in os.walk(folder)
        for name in names
    }


def read_manifest(folder: Path) -> dict[str, set[str]]:
    """path -> hashes. While a build is under way a path can have two: old and new."""
    found: dict[str, set[str]] = {}
    for line in (_read(folder / MANIFEST) or b"").decode("utf-8", "replace").splitlines():
        sha, _, name = line.partition("  ")
        if name:
            found.setdefault(name, set()).add(sha)
    return found


def _manifest(entries: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{sha}  {name}\n" for name, sha in sorted(set(entries))).encode()


def apply(plans: Iterable[Plan]) -> tuple[int, int]:
    """Bring the folders up to date. Answers how many files were written and removed.

    Each file is replaced in one step. Killed at any moment, the folder holds
    whole files, old or new, and the next build goes on without complaint.

    Raises RollbookError when the disk refuses.
    """
    written = removed = 0
    for found in plans:
        with _system("write", found.folder):
            if not (found.write or found.remove or found.modes or found.stale_manifest):
                continue
            found.folder.mkdir(parents=True, exist_ok=True)
            old = [(name, sha) for name, shas in found.before.items() for sha in shas]
            new = list(found.after.items())
            if found.write or found.remove:
                _replace(found.folder / MANIFEST, _manifest(old + new), 0o644)
            for file, _ in found.write:
                path = found.folder / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                _replace(path, file.text.encode(), file.mode)
                written += 1
            for file in found.modes:
                (found.folder / file.path).chmod(file.mode)
            for name in found.remove:
                (found.folder / name).unlink()
                removed += 1
            if new:
                _replace(found.folder / MANIFEST, _manifest(new), 0o644)
            else:
                (found.folder / MANIFEST).unlink(missing_ok=True)
            _prune(found.folder)
    return written, removed


def _links(folder: Path, files: Iterable[OutFile]) -> list[Path]:
    """The links among a folder and those below it in which files shall lie."""
    places = {folder / above for f in files for above in Path(f.path).parents} | {folder}
    return [place for place in sorted(places) if place.is_symlink()]


def put(folder: Path, files: Iterable[OutFile]) -> int:
    """Write those of `files` that differ from the disk, beside whatever else lies in `folder`.

    Answers how many were written; each replaces the old one in one step. Raises RollbookError
    when the disk refuses, or a link below `folder` would lead elsewhere; then nothing is written.
    """
    written = 0
    files = list(files)
    with _system("write", folder):
        for place in _links(folder, files):
            if place != folder:
                raise RollbookError(
                    f"cannot write {shown_path(place)}: a link stands where outputs are kept; "
                    "remove it"
                )
        for file in files:
            path = folder / file.path
            data = file.text.encode()
            if _read(path) == data:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, data, file.mode)
            written += 1
    return written


def _prune(folder: Path) -> None:
    """Remove folders that became empty."""
    for where, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(where)


def _replace(path: Path, data: bytes, mode: int) -> None:
    handle, temporary = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            os.fchmod(stream.fileno(), mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


@contextlib.contextmanager
def _system(verb: str, path: Path) -> Iterator[None]:
    """Turn what the system refuses into one clear error."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise RollbookError(
            f"cannot {verb} {shown_path(Path(str(where)))}: {error.strerror}"
        ) from error


def differences(found: Plan) -> Iterator[str]:
    """What is out of date, as a unified diff, one line at a time."""
    for file, old in found.write:
        name = shown_path(found.folder / file.path)
        if old is None:
            yield f"missing: {name}"
            continue
        yield f"out of date: {name}"
        yield from (
            line.rstrip("\n")
            for line in difflib.unified_diff(
                old.splitlines(),
                file.text.splitlines(),
                f"{name} (on disk)",
                f"{name} (from the content)",
                lineterm="",
            )
        )
    for name in found.remove:
        yield f"orphan, nothing makes it any more: {shown_path(found.folder / name)}"
    for file in found.modes:
        yield f"wrong mode, expected {file.mode:o}: {shown_path(found.folder / file.path)}"
    if found.stale_manifest and not (found.write or found.remove):
        yield f"out of date: {shown_path(found.folder / MANIFEST)}"
