"""A service's folder -> its Handbook and everything that is wrong with it.

This is the front of the data flow: read, validate, assemble, apply the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from generator import model, rules, schema
from generator.assemble import assemble
from generator.files import KINDS, Document, read_service, shown_path
from generator.problems import Place, Problem, RollbookError, did_you_mean, has_errors, ordered

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Loaded:
    """`handbook` is None when the content has errors; `problems` holds warnings too.

    `documents` are those that fit their schema, as they were read.
    """

    id: str
    handbook: model.Handbook | None
    problems: tuple[Problem, ...]
    documents: tuple[Document, ...] = ()


class UsageError(Exception):
    """The command was called wrongly: exit code 2."""


def service_folders(content: Path, only: list[str]) -> list[Path]:
    """The folders of the services below `content`, by name; `only` picks some.

    Raises UsageError when a folder or a service that was asked for is not there.
    """
    if not content.is_dir():
        raise UsageError(f"there is no folder {shown_path(content)}; name one with --content DIR")
    try:
        found = sorted(p for p in content.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError as error:
        raise RollbookError(f"cannot read {shown_path(content)}: {error.strerror}") from error
    names = [p.name for p in found]
    for name in only:
        if name not in names:
            raise UsageError(
                f"no service '{name}' in {shown_path(content)}. {did_you_mean(name, names)}"
            )
    if not found:
        raise UsageError(
            f"{shown_path(content)} holds no service: a service is a folder with service.yaml in it"
        )
    return [p for p in found if not only or p.name in only]


def load(folder: Path, more: Iterable[Document] = (), corrected: str = "") -> Loaded:
    """Read one service; every problem at once. `more` is what could be added to it.

    `corrected` is a record that is about to be corrected: what rules have against it is no
    reason to refuse that.

    Raises RollbookError when the system refuses to read something.
    """
    if not _ID.fullmatch(folder.name):
        name = Problem(
            Place(shown_path(folder)),
            "the folder's name is not an id",
            "lower-case words joined by hyphens",
        )
        return Loaded(folder.name, None, (name,))
    if folder.is_symlink():
        link = Problem(
            Place(shown_path(folder)),
            "a link stands where a service's folder is expected",
            "copy the folder here",
        )
        return Loaded(folder.name, None, (link,))
    documents, problems = read_service(folder)
    documents += more
    # A file that did not parse says nothing reliable about its schema.
    broken = {p.place.file for p in problems}
    valid: list[Document] = []
    for document in documents:
        if document.file.path in broken:
            continue
        found = schema.validate(document)
        problems += found
        if not found:
            valid.append(document)
    required = {k.name for k in KINDS if k.required}
    handbook = None
    if required <= {d.kind for d in valid}:
        handbook = assemble(valid)
        # With files missing, a rule that misses something would only point at the gap.
        if not has_errors(problems):
            found = rules.check(handbook, valid, folder.name)
            problems += (p for p in found if not corrected or not _is_of(corrected, p))
            found = tuple(c for c, _, _ in rules.contradictions(handbook))
            handbook = replace(handbook, contradictions=found)
    if has_errors(problems):
        handbook = None
    return Loaded(folder.name, handbook, tuple(ordered(problems)), tuple(valid))


def _is_of(record: str, problem: Problem) -> bool:
    path = Path(problem.place.file)
    return path.stem == record and path.parent.parent.name == "records"


def load_all(content: Path, only: list[str]) -> Iterator[Loaded]:
    """One service after the other, so that memory does not grow with their number."""
    for folder in service_folders(content, only):
        yield load(folder)
