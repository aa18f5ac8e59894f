"""Cases that collect themselves: content that uses everything, and content that is wrong.

A file in `cases/bad/` names what to change in `cases/ok/full` and, behind `===`, the
report that must come out. To add a case, write the first half and run
`pytest tests/test_cases.py --renew`; then read what stands in the second.
"""

from __future__ import annotations

import ast
import inspect
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType

import pytest

from generator import load, rules, schema
from generator.files import KINDS, read_service
from generator.problems import Problem
from generator.report import problem_text
from generator.rules import commands, context, parameters, procedures, records, rehearsals
from generator.source import Mapping, Node, Sequence
from tests.conftest import ROOT

FULL = ROOT / "tests/cases/ok/full"
BAD = sorted((ROOT / "tests/cases/bad").glob("*.txt"))
END = "===\n"


# --- Content that uses everything.


def uses(part: dict, nodes: list[Node], where: str) -> Iterator[tuple[str, bool]]:
    """Whatever `part` of a schema allows, and whether any of `nodes` makes use of it."""
    # A sub-section is made of the same parts as a section.
    where = where.replace(".sections[].sections[]", ".sections[]")
    for value in part.get("enum", ()):
        yield f"{where} = {value}", value in nodes
    mappings = [n for n in nodes if isinstance(n, Mapping)]
    for name, below in part.get("properties", {}).items():
        found = [n[name] for n in mappings if name in n]
        yield f"{where}.{name}", bool(found)
        yield from uses(below, found, f"{where}.{name}")
    if isinstance(part.get("additionalProperties"), dict):
        found = [value for n in mappings for value in n.values()]
        yield from uses(part["additionalProperties"], found, f"{where}.*")
    if "items" in part:
        found = [value for n in nodes if isinstance(n, Sequence) for value in n]
        yield from uses(part["items"], found, f"{where}[]")


def test_one_service_uses_every_key_and_every_word_of_every_schema() -> None:
    documents, problems = read_service(FULL)
    assert not problems
    known: dict[str, bool] = {}
    for kind in KINDS:
        nodes = [d.data for d in documents if d.kind == kind.name]
        for name, used in uses(schema.validator(kind.name).schema, nodes, kind.name):
            known[name] = known.get(name, False) or used
    assert len(known) > 150
    unused = [name for name, used in known.items() if not used]
    assert not unused, (
        "let tests/cases/ok/full use these, so that every test of hostile text sees them"
    )


def test_it_is_valid() -> None:
    assert not [p for p in load.load(FULL).problems if p.severity == "error"]


# --- Content that is wrong.


def changed(case: Path, folder: Path) -> None:
    """Carry out the changes of a case. Lines with '- ' stand in the file, once; '+ ' replace them."""
    path = folder / "nothing"
    old: list[str] = []
    new: list[str] = []

    def replace() -> None:
        if old or new:
            text = path.read_text("utf-8") if path.exists() else ""
            before = "".join(f"{line}\n" for line in old)
            after = "".join(f"{line}\n" for line in new)
            assert not old or f"\n{text}".count(f"\n{before}") == 1, f"{case.name}: {before!r}"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text.replace(before, after, 1) if old else text + after, "utf-8")
        old.clear()
        new.clear()

    for line in case.read_text("utf-8").partition(END)[0].splitlines():
        if line.startswith("- ") and not new:
            old.append(line[2:])
        elif line.startswith("+ "):
            new.append(line[2:])
        else:
            replace()
            if line.startswith("- "):
                old.append(line[2:])
            elif line and not line.startswith("#"):
                path = folder / line
    replace()


def told(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Problem]:
    """What the changed service's report says that the unchanged one's does not."""
    folder = tmp_path / "content/full"
    shutil.copytree(FULL, folder)
    monkeypatch.chdir(tmp_path)
    always = {p.message for p in load.load(Path("content/full")).problems}
    changed(case, folder)
    return [p for p in load.load(Path("content/full")).problems if p.message not in always]


@pytest.mark.parametrize("case", BAD, ids=lambda c: c.stem)
def test_a_bad_case_is_told_as_expected(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renew: bool
) -> None:
    problems = told(case, tmp_path, monkeypatch)
    report = "".join(f"{problem_text(p)}\n" for p in problems)
    change, _, expected = case.read_text("utf-8").partition(END)
    if renew:
        case.write_text(change + END + report, "utf-8")
        return
    assert report == expected, "if the new report is better: pytest tests/test_cases.py --renew"
    assert problems
    for problem in problems:
        if problem.place.line:
            assert problem.excerpt and problem.place.column <= len(problem.excerpt) + 1
            assert problem.hint, "say the way out"


def sayings(function: object) -> set[int]:
    """The lines on which a function says that something is wrong."""
    lines, first = inspect.getsourcelines(function)
    tree = ast.parse(inspect.cleandoc("\n" + "".join(lines)))
    words = function is schema._words  # its last word is for keywords that no schema uses yet
    return {
        n.lineno + first - 1
        for n in ast.walk(tree)
        if isinstance(n, ast.Yield)
        or (words and isinstance(n, ast.Return) and n is not tree.body[0].body[-1])
    }


def test_there_is_a_case_for_everything_that_can_be_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every rule and every saying of the schemas' messages comes up in some case."""
    helpers = (
        commands._first_word,
        commands._shell_words,
        commands.action_fits,
        commands.check_fits,
        commands.command_fits,
        commands.holes_fit,
        commands.names_exist,
        commands.needs_met,
        commands.things_fit,
        parameters._arguments,
        parameters._choices,
        parameters._source,
        procedures._script,
        records._about_the_same,
        records._steps_as_logged,
        rehearsals._fits,
        context.unique,
    )
    wanted = {
        (f.__code__.co_filename, line): f.__name__
        for f in (*rules.RULES, *helpers, schema._words)
        for line in sayings(f)
    }
    files = {file for file, _ in wanted}
    seen: set[tuple[str, int]] = set()

    def follow(frame: FrameType, event: str, _: object):
        code: CodeType = frame.f_code
        if code.co_filename not in files:
            return None
        seen.add((code.co_filename, frame.f_lineno))
        return follow

    before = sys.gettrace()
    try:
        for number, case in enumerate(BAD):
            with monkeypatch.context() as patch:
                sys.settrace(follow)
                told(case, tmp_path / str(number), patch)
                sys.settrace(before)
    finally:
        sys.settrace(before)
    missing = sorted(
        f"{Path(f).name}:{line} in {wanted[f, line]}" for f, line in wanted.keys() - seen
    )
    assert not missing, "write a case for these in tests/cases/bad"
