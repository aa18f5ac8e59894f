"""The commands as functions: content in, results out; the disk is touched last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from generator import model, outputs
from generator.files import shown_path
from generator.load import load_all, service_folders
from generator.markdown import formatted
from generator.outputs import OutFile
from generator.problems import Problem, has_errors, ordered
from generator.references import inside
from generator.render import decide, render_all
from generator.render.index import render_index


@dataclass(frozen=True)
class Result:
    """What a build has to say: problems first, then lines, then the exit code."""

    problems: list[Problem]
    lines: list[str]
    exit_code: int


def validate(content: Path, only: list[str]) -> tuple[int, list[Problem]]:
    """Build into memory and keep only the problems. Answers the number of services, too."""
    count = 0
    problems: list[Problem] = []
    for loaded in load_all(content, only):
        count += 1
        problems += loaded.problems
        if loaded.handbook is not None:
            problems += _dead_links(loaded.handbook, render_all(loaded.handbook), Path("generated"))
    return count, ordered(problems)


def _dead_links(book: model.Handbook, files: list[OutFile], out: Path) -> list[Problem]:
    """Links of one service's outputs, and of the front page to them, that lead nowhere."""
    service = book.service
    front = render_index([_listed(service, files)])
    placed = [replace(f, path=f"{service.id}/{f.path}") for f in files]
    return inside.problems(shown_path(out), [OutFile("index.md", front), *placed])


def _listed(service: model.Service, files: list[OutFile]) -> tuple[str, str, str, bool]:
    """What the front page says of a service."""
    decides = any(f.path == decide.NAME for f in files)
    return str(service.id), str(service.name), str(service.title), decides


def build(content: Path, out: Path, only: list[str], *, check: bool) -> Result:
    """Render everything; write what differs, or with `check` say what would differ.

    With any error in any service nothing is written. Raises RollbookError when
    the disk refuses.
    """
    problems: list[Problem] = []
    plans: list[outputs.Plan] = []
    services: list[tuple[str, str, str, bool]] = []
    total = 0
    for loaded in load_all(content, only):
        problems += loaded.problems
        if loaded.handbook is None:
            continue
        files = render_all(loaded.handbook)
        services.append(_listed(loaded.handbook.service, files))
        problems += _dead_links(loaded.handbook, files, out)
        total += len(files)
        found = outputs.plan(out / loaded.id, files, formatted)
        problems += found.problems
        if not found.current:
            plans.append(found)
    if not only:
        # The page that lists the services belongs to all of them together.
        index = OutFile("index.md", render_index(services), markdown=True)
        total += 1
        found = outputs.plan(out, [index], formatted, deep=False)
        problems += found.problems
        if not found.current:
            plans.append(found)
        plans += outputs.orphans(out, (p.name for p in service_folders(content, [])))
        problems += [p for found in plans for p in found.problems if p not in problems]
    problems = ordered(problems)
    lines = [line for found in plans for line in outputs.differences(found)] if check else []
    if has_errors(problems):
        said = "Nothing was written." if not check else "There are errors."
        return Result(problems, [*lines, said], 1)
    if check:
        if plans:
            return Result(problems, [*lines, "Out of date. To mend it: rollbook build"], 1)
        return Result(
            problems, [f"{total} files in {shown_path(out)} are what the content says."], 0
        )
    written, removed = outputs.apply(plans)
    said = f"{total} files in {shown_path(out)}: {written} written, {total - written} unchanged"
    return Result(problems, [said + (f", {removed} removed" if removed else "")], 0)
