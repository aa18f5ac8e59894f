"""The commands about the content as it is: build, validate, evidence."""

from __future__ import annotations

import argparse
from pathlib import Path

from generator import report
from generator.cli import references
from generator.cli.common import (
    OK,
    PROBLEMS,
    Commands,
    add_format,
    add_warnings,
    platform_root,
    print_problems,
)


def add(commands: Commands) -> None:
    build = commands.add(
        "build",
        _build,
        "render everything that the content says",
        good="done (with --check: nothing differs)",
        wrong="invalid content, or an output edited by hand (with --check: one that differs)",
    )
    build.add_argument(
        "--out",
        type=Path,
        default=Path("generated"),
        metavar="DIR",
        help="folder for the outputs (default: generated)",
    )
    build.add_argument(
        "--check",
        action="store_true",
        help="write nothing; show what is out of date, missing, orphaned or edited by hand",
    )
    add_warnings(build)
    check = commands.add(
        "validate",
        _validate,
        "show every problem of the content",
        good="no error (warnings are shown)",
        wrong="errors, also references that lead nowhere",
    )
    references.add(check)
    add_warnings(check)
    add_format(check, *report.VALIDATE)
    evidence = commands.add(
        "evidence",
        _evidence,
        "put document, scripts, facts and records into one archive",
        good="written, also where the gate is red",
    )
    evidence.add_argument(
        "--out", type=Path, required=True, metavar="FILE.zip", help="the archive to write"
    )


def _build(options: argparse.Namespace) -> int:
    from generator.build import build

    result = build(options.content, options.out, options.service, check=options.check)
    print_problems(result.problems, whole=options.warnings)
    for line in result.lines:
        print(line)
    return result.exit_code


def _validate(options: argparse.Namespace) -> int:
    from generator.build import validate
    from generator.problems import has_errors, ordered

    services, problems = validate(options.content, options.service)
    looks = references.looks(options)
    problems = ordered([*problems, *(p for look in looks for p in look.problems)])
    view = report.View(
        root=platform_root(),
        # Who asks for a look wants its answer whole: the new address of one that has moved.
        warnings=options.warnings or bool(looks),
        notes=references.told(looks),
        more=references.as_data(looks),
    )
    for line in report.writer(options.format, "validate")(services, problems, view):
        print(line)
    return PROBLEMS if has_errors(problems) else OK


def _evidence(options: argparse.Namespace) -> int:
    from hashlib import sha256

    from generator.bundle import bundle, write

    raw, problems = bundle(options.content, options.service)
    print_problems(problems)
    if raw is None:
        print("Nothing was written.")
        return PROBLEMS
    write(options.out, raw)
    print(f"{sha256(raw).hexdigest()}  {options.out}")
    return OK
