"""The matrix of the canons on the command line: the only place that knows how old evidence is."""

from __future__ import annotations

import argparse

from generator.cli import common
from generator.cli.common import OK, PROBLEMS, Commands, add_day, add_format, as_of, print_problems


def add(commands: Commands) -> None:
    canon = commands.add(
        "canon",
        _canon,
        "what governs the services, clause by clause: answers, gaps, age of the evidence",
        "A declared gap is listed, with its owner; it is no error. A clause that is neither answered"
        " nor declared is invalid content.",
        good="shown, also where there are gaps",
    )
    add_day(canon)
    add_format(canon, "text", "json")


def _canon(options: argparse.Namespace) -> int:
    import json

    from generator.canon import report
    from generator.canon.matrix import matrix
    from generator.formats.json import problem_data
    from generator.freshness import today
    from generator.load import load_all

    day = as_of(options.as_of)
    services, lines, wrong = [], [], []
    for loaded in load_all(options.content, options.service):
        wrong += [p for p in loaded.problems if p.severity == "error"]
        book = loaded.handbook
        if book is None:
            continue
        found = matrix(book)
        judged = day or today(common.now(), book.service.timezone)
        services.append(report.as_data(book, found, judged))
        lines += [""] if lines else []
        lines += report.as_text(book, found, judged, simulated=day is not None)
    if options.format == "json":
        data = {
            "schema": 1,
            "simulated": day is not None,
            "services": services,
            "problems": [problem_data(p) for p in wrong],
        }
        print(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        print_problems(wrong)
        for line in lines:
            print(line)
    return PROBLEMS if wrong else OK
