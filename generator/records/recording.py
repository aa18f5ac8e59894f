"""One new record: checked as content before anything is written, and never over another."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from generator.files import KINDS, Document, shown_path
from generator.load import load
from generator.problems import Problem, RollbookError, has_errors
from generator.schema import validator
from generator.source import parse


@dataclass(frozen=True)
class Draft:
    """A record that is not written yet: its kind, its place, its data, what lies beside it."""

    kind: str
    path: Path
    data: Mapping[str, object]
    attached: Mapping[str, bytes]

    @property
    def text(self) -> str:
        return yaml.safe_dump(dict(self.data), sort_keys=False, allow_unicode=True, width=100)


def draft(
    folder: Path,
    kind: str,
    name: str,
    data: Mapping[str, object],
    attached: Mapping[str, bytes] | None = None,
) -> Draft:
    """A record in the service's folder, under a name that is free. Empty values are left out."""
    where = folder / next(k.path for k in KINDS if k.name == kind)
    path = where / f"{name}.yaml"
    number = 1
    while os.path.lexists(path):
        number += 1
        path = where / f"{name}-{number}.yaml"
    order = validator(kind).schema["properties"]
    kept = {key: _plain(data[key]) for key in order if data.get(key) not in (None, "", [])}
    return Draft(kind, path, kept, attached or {})


def _plain(value: object) -> object:
    """The same without places and without what is empty, as the YAML writer takes it."""
    if isinstance(value, Mapping):
        return {key: _plain(v) for key, v in value.items() if v not in (None, "")}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return str(value) if isinstance(value, str) else value


def problems_of(folder: Path, new: Draft) -> list[Problem]:
    """What would be wrong with the service once the record is there; warnings aside."""
    shown = shown_path(new.path)
    node, found = parse(new.text, shown)
    if node is None or found:
        return found
    document = Document(new.kind, new.path.stem, node.file, node, new.attached)
    return [p for p in load(folder, [document]).problems if has_errors([p])]


def write(new: Draft) -> list[Path]:
    """Write what lies beside the record, then the record. Answers the files.

    Raises RollbookError when the disk refuses or a file of that name has come; then
    nothing is left.
    """
    files = {new.path.with_name(new.path.stem + e): raw for e, raw in new.attached.items()}
    files[new.path] = new.text.encode()
    written: list[Path] = []
    try:
        new.path.parent.mkdir(parents=True, exist_ok=True)
        for path, raw in files.items():
            with path.open("xb") as stream:
                written.append(path)
                stream.write(raw)
    except BaseException as error:
        for path in written:
            with contextlib.suppress(OSError):
                path.unlink()
        if isinstance(error, OSError):
            raise RollbookError(
                f"cannot write {shown_path(new.path)}: {error.strerror}; nothing was recorded"
            ) from error
        raise
    return written
