"""The evidence of some services in one archive: the same content and commit give the same bytes.

Everything in it can be checked with tools that every system has; the text in it says how.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from generator import freshness, model
from generator.files import shown_path
from generator.load import Loaded, load, service_folders
from generator.problems import Problem, RollbookError, ordered
from generator.records.gitlog import newest_commit
from generator.render import render_all

# The first moment that an archive can name. The day of making is no part of the content.
_MOMENT = (1980, 1, 1, 0, 0, 0)


def bundle(content: Path, only: list[str]) -> tuple[bytes | None, list[Problem]]:
    """The archive of every service, or of those named; None when any content has errors."""
    problems: list[Problem] = []
    files: dict[str, tuple[bytes, bool]] = {}
    whole = True
    folders = service_folders(content, only)
    for folder in folders:
        loaded: Loaded = load(folder)
        problems += loaded.problems
        if loaded.handbook is None:
            whole = False
        else:
            files |= dict(_files(folder, loaded.handbook))
    if not whole:
        return None, ordered(problems)
    files["README.txt"] = (_README.replace("COMMIT\n", _commit(folders)).encode(), False)
    sums = "".join(
        f"{hashlib.sha256(raw).hexdigest()}  {name}\n" for name, (raw, _) in sorted(files.items())
    )
    files["SHA256SUMS"] = (sums.encode(), False)
    return _archive(files), ordered(problems)


def _files(folder: Path, book: model.Handbook) -> Iterator[tuple[str, tuple[bytes, bool]]]:
    """What is rendered, what it is rendered from with all records, and the clocks."""
    for file in render_all(book):
        yield f"{folder.name}/{file.path}", (file.text.encode(), file.executable)
    root = folder.resolve()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name[0] != "."):
        if not path.resolve().is_relative_to(root):
            continue  # nothing that a link brings in from elsewhere
        name = f"{folder.name}/content/{path.relative_to(folder).as_posix()}"
        yield name, (path.read_bytes(), False)
    yield f"{folder.name}/clocks.json", (_clocks(book).encode(), False)


def _clocks(book: model.Handbook) -> str:
    """What each clock says by itself; how it stands on a day is for `rollbook check`."""
    clocks = [freshness.review_clock(book), *freshness.drill_clocks(book)]
    found = [
        {
            "id": c.id,
            "last": c.last,
            "baseline": c.baseline,
            "cycle": c.cycle,
            "due": c.due,
            "record": c.record,
            "stamp": c.stamp,
            "current": c.current,
            "reasons": [{"name": r.name, "words": r.words} for r in c.reasons],
        }
        for c in clocks
    ]
    return json.dumps({"schema": 1, "clocks": found}, ensure_ascii=False, indent=2) + "\n"


def _commit(folders: list[Path]) -> str:
    """The commit whose content this is, as the archive says it, or why none can be named."""
    commit = newest_commit(folders)
    if commit is None:
        return "None is known: Git knew of no commit of this content, or could not be asked.\n"
    if commit.changed:
        return (
            "None: the content differed from its newest commit when the archive was made, or\n"
            f"Git was told not to see whether it did. That commit was\n\n  {commit.id}\n"
        )
    return (
        "The content is that of commit\n\n"
        f"  {commit.id}\n\n"
        "of the repository that it was made from, the newest one that touched it.\n"
    )


def _archive(files: dict[str, tuple[bytes, bool]]) -> bytes:
    stream = io.BytesIO()
    # Stored, not compressed: two versions of a compressor give different bytes.
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, (raw, executable) in sorted(files.items()):
            entry = zipfile.ZipInfo(f"evidence/{name}", _MOMENT)
            entry.create_system = 3  # the modes are those of Unix
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(entry, raw)
    return stream.getvalue()


def write(path: Path, raw: bytes) -> None:
    """Put the archive there whole or not at all. Raises RollbookError when the disk refuses."""
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=".evidence-", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
            os.fchmod(stream.fileno(), 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise RollbookError(f"cannot write {shown_path(path)}: {error.strerror}") from error


_README = """\
What this is
============

For each service: the document that governs its rollbacks, the scripts and
forms made from the same facts, those facts (content/), the records of what was
reviewed, drilled and rolled back (content/records/), and what each clock says
(clocks.json). It holds no judgement of a day: due days do not move with time,
so compare them with the day on which you read this.

Where a service answers to a canon, canon.json and canon.md hold each clause of
it: what answers it, what is missing and who owes that, and the newest record
that bears on it. The author of the content says what answers a clause; that the
facts named are there was checked, whether they satisfy the canon is for you.

Which commit it is
==================

COMMIT
How to check it
===============

1. Nothing was changed since the archive was made:

     cd evidence && sha256sum -c SHA256SUMS

   This proves no more than that. Whoever makes an archive can make its sums.

2. A record is about the content that it names. Each review and each drill has
   a 'stamp:'. It is the SHA-256 of the file beside it:

     sha256sum SERVICE/content/records/reviews/*.content.json
     grep stamp: SERVICE/content/records/reviews/*.yaml

   That file is the content of that day, as JSON; read it, or compare two.

3. A drill ran. 'log:' of its record is the SHA-256 of the run log beside it;
   the first line of the log names the hash of the script that ran and the stamp
   of its procedure, each further line a step, its time and how it ended:

     sha256sum SERVICE/content/records/drills/*.log.jsonl

   When the script has not changed since, that hash is also found in
   SERVICE/scripts/SHA256SUMS. When it has, clocks.json says so, or a record in
   content/records/carried/ says who decided that the drill still stands.

4. No record was edited or deleted. An archive cannot show that; the repository
   it was made from can, in a clone with its whole history. This prints nothing
   where all is well:

     git log -m --full-history --no-renames --diff-filter=MDT --name-status \\
       -- content/SERVICE/records

   'rollbook audit' asks the same, also under names that the service had before,
   and whether a record came late. Whether the history itself was rewritten is
   for the host of the repository to say.

What it does not prove
======================

A stamp proves WHICH content a record is about. It does not prove that anybody
read it, nor that the people named are those who acted.
"""
