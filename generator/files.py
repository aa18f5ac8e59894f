"""A service's folder -> its documents: which files there are, and what they hold.

A file that is no file, cannot be decoded, lies elsewhere or is read by nobody
is a problem with its name; what the system refuses is an error.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from pathlib import Path

from generator.problems import Place, Problem, RollbookError, did_you_mean
from generator.source import FORBIDDEN, REMOVE, File, Mapping, named_character, parse, problem_at

MAX_FILE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Document:
    """One file that was read: `kind` of content, `stem` of its name, its data.

    `attached` has the bytes of the files that lie beside a record, by their ending.
    """

    kind: str
    stem: str
    file: File
    data: Mapping
    attached: Map[str, bytes] = field(default_factory=dict)

    @property
    def record(self) -> bool:
        """Evidence: what was done, not what is to be done."""
        return self.kind in RECORDS


@dataclass(frozen=True)
class Kind:
    """Where files of one kind lie in a service's folder."""

    name: str
    path: str
    many: bool = False
    required: bool = False


KINDS: tuple[Kind, ...] = (
    Kind("service", "service.yaml", required=True),
    Kind("document", "document.yaml", required=True),
    Kind("contacts", "contacts.yaml", required=True),
    Kind("triggers", "triggers.yaml"),
    Kind("thresholds", "thresholds.yaml"),
    Kind("canon", "canon.yaml"),
    Kind("procedure", "procedures", many=True),
    Kind("checklist", "checklists", many=True),
    Kind("review", "records/reviews", many=True),
    Kind("drill", "records/drills", many=True),
    Kind("carried", "records/carried", many=True),
    Kind("waiver", "records/waivers", many=True),
    Kind("rollback", "records/rollbacks", many=True),
)
RECORDS = frozenset(k.name for k in KINDS if k.path.startswith("records/"))

# What can lie beside a record: the text that its stamp is made of, and the run log.
CONTENT, LOG = ".content.json", ".log.jsonl"


def read_text(path: Path, shown: str) -> tuple[str | None, list[Problem]]:
    """The text of a file with `\\n` line ends and no byte order mark, or problems.

    Raises RollbookError when the system refuses to read it.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return None, [Problem(Place(shown), "a folder stands where a file is expected")]
        if not stat.S_ISREG(mode):
            # Reading a pipe would wait for ever.
            return None, [Problem(Place(shown), "not a file: a pipe, a socket or a device")]
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return None, [Problem(Place(shown), "a link that leads nowhere", "mend or delete it")]
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None, [Problem(Place(shown), "a link that leads to itself", "mend or delete it")]
        raise RollbookError(f"cannot read {shown}: {error.strerror}") from error
    if len(raw) > MAX_FILE_BYTES:
        return None, [Problem(Place(shown), f"larger than {MAX_FILE_BYTES // 2**20} MiB")]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        return None, [
            Problem(
                Place(shown, line, column),
                "not UTF-8 text",
                "save the file with the encoding UTF-8",
            )
        ]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # The parser stops at some of these without saying where, takes others for line ends,
    # and sees none in a comment.
    if bad := FORBIDDEN.search(text):
        at = bad.start()
        line = text.count("\n", 0, at) + 1
        column = at - text.rfind("\n", 0, at)
        return None, [
            Problem(
                Place(shown, line, column),
                named_character(bad.group()),
                REMOVE,
                excerpt=text.split("\n")[line - 1],
            )
        ]
    return text, []


def shown_path(path: Path) -> str:
    """`path` as people type it: relative to the current folder where it lies below it."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def repository_path(file: str, root: Path | None) -> str:
    """A shown path as a platform counts it: from `root`, else from the current folder, with `/`.

    It is never absolute, so it names nothing of this machine above that folder.
    """
    return Path(os.path.relpath(Path(file).absolute(), root or Path.cwd())).as_posix()


def read_service(folder: Path) -> tuple[list[Document], list[Problem]]:
    """Read every content file of one service; all problems at once.

    Raises RollbookError when the system refuses to read something.
    """
    try:
        return _read_service(folder)
    except OSError as error:
        where = shown_path(Path(os.fsdecode(error.filename or folder)))
        raise RollbookError(f"cannot read {where}: {error.strerror}") from error


def _read_service(folder: Path) -> tuple[list[Document], list[Problem]]:
    documents: list[Document] = []
    problems: list[Problem] = []
    root = folder.resolve()
    for kind in KINDS:
        for path in _files_of(kind, folder, problems):
            shown = shown_path(path)
            if not _inside(path, root):
                problems.append(
                    Problem(
                        Place(shown),
                        "a link that leaves the service's folder",
                        "copy the file here",
                    )
                )
                continue
            if kind.name in RECORDS and (link := _link(path, folder)):
                problems.append(_no_link(link))
                continue
            text, found = read_text(path, shown)
            problems += found
            if text is None:
                continue
            node, found = parse(text, shown)
            problems += found
            if node is None:
                continue
            if type(node) is not Mapping:
                problems.append(
                    problem_at(node, "expected 'key: value' lines at the top of the file")
                )
                continue
            attached = _attached(path, root, problems) if kind.name in RECORDS else {}
            documents.append(Document(kind.name, path.stem, node.file, node, attached))
    problems += _strays(folder)
    return documents, problems


def _files_of(kind: Kind, folder: Path, problems: list[Problem]) -> list[Path]:
    path = folder / kind.path
    if kind.many:
        if not os.path.lexists(path):
            return []
        if not path.is_dir():
            problems.append(
                Problem(Place(shown_path(path)), "a file stands where a folder is expected")
            )
            return []
        return sorted(p for p in path.iterdir() if p.suffix == ".yaml" and p.name[0] != ".")
    if os.path.lexists(path):
        return [path]
    if kind.required:
        problems.append(
            Problem(
                Place(shown_path(path)), "this file is missing", f"every service needs {kind.path}"
            )
        )
    return []


def _attached(record: Path, root: Path, problems: list[Problem]) -> dict[str, bytes]:
    """The bytes of the files beside a record that carry its name."""
    found = {}
    for ending in (CONTENT, LOG):
        path = record.with_name(record.stem + ending)
        if not os.path.lexists(path):
            continue
        if not path.is_file() or not _inside(path, root):
            problems.append(Problem(Place(shown_path(path)), "not a file of this folder"))
            continue
        if path.is_symlink():
            problems.append(_no_link(path))
            continue
        with path.open("rb") as stream:
            found[ending] = stream.read(MAX_FILE_BYTES + 1)
        if len(found[ending]) > MAX_FILE_BYTES:
            problems.append(
                Problem(Place(shown_path(path)), f"larger than {MAX_FILE_BYTES // 2**20} MiB")
            )
    return found


def _link(path: Path, folder: Path) -> Path | None:
    """The first link on the way from the service's folder to a file."""
    ways = (folder.joinpath(*path.relative_to(folder).parts[: n + 1]) for n in range(3))
    return next((way for way in ways if way.is_symlink()), None)


def _no_link(path: Path) -> Problem:
    return Problem(
        Place(shown_path(path)),
        "a link stands where records are kept; Git would not see what is edited behind it",
        "copy what it leads to here",
    )


def _inside(path: Path, root: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(root)


def _strays(folder: Path) -> list[Problem]:
    """What lies in the folder and nothing would read: most often a misspelt name."""
    problems = []
    folders = [folder, folder / "records", *(folder / k.path for k in KINDS if k.many)]
    here = {k.path for k in KINDS if "/" not in k.path} | {"records"}
    for where in folders:
        if not where.is_dir():
            continue
        if where == folder:
            names = here
        elif where.name == "records":
            names = {k.path.partition("/")[2] for k in KINDS if k.name in RECORDS}
        else:
            names = set()
        for path in sorted(where.iterdir()):
            if path.name[0] == "." or path.name in names:
                continue
            if names:
                hint = did_you_mean(path.name, names)
                problems.append(Problem(Place(shown_path(path)), "nothing reads this", hint))
            elif path.is_dir():
                hint = "files of one kind lie in one folder: move them up"
                problems.append(Problem(Place(shown_path(path)), "nothing reads this folder", hint))
            elif where.parent.name == "records" and path.suffix not in (".yaml", ".yml"):
                problems += _stray_evidence(path)
            elif path.suffix != ".yaml":
                hint = "name it '.yaml'" if path.suffix == ".yml" else "move it elsewhere"
                words = "nothing reads '.yml'" if path.suffix == ".yml" else "nothing reads this"
                problems.append(Problem(Place(shown_path(path)), words, hint))
    return problems


def _stray_evidence(path: Path) -> list[Problem]:
    """What lies beside no record: a record was deleted, or something was put there."""
    for ending in (CONTENT, LOG):
        stem = path.name.removesuffix(ending)
        if stem != path.name and os.path.lexists(path.with_name(f"{stem}.yaml")):
            return []
    return [
        Problem(
            Place(shown_path(path)),
            "there is no record that this belongs to",
            "records are never deleted: bring the record back, or remove what was put here",
        )
    ]
