"""What a rehearsal is told fits the procedure, and cannot open the sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator

from generator import model
from generator.problems import Problem, quoted
from generator.rehearsal.table import HOLES, wanted
from generator.render.commands import actions_of, doings
from generator.rules.commands import holes_fit
from generator.rules.context import Context, unknown
from generator.source import Scalar, problem_at

# What keeps the user's settings, credentials and network out of a sandbox is its own.
_RESERVED = re.compile(
    r"PATH|HOME|TMPDIR|TZ|LC_ALL|XDG_CONFIG_HOME|IFS|ENV|BASH_ENV|CDPATH|LD_.*|DYLD_.*|GIT_.*|CURL_.*|.*_PROXY"
    r"|VERCEL_.*|ROLLBOOK_.*"
)


def rehearsals_fit(context: Context) -> Iterator[Problem]:
    for procedure in context.handbook.procedures:
        if procedure.rehearsal is not None:
            yield from _fits(procedure, procedure.rehearsal)


def illnesses_are_noticed_by_items(context: Context) -> Iterator[Problem]:
    book = context.handbook
    known = [i.id for c in book.checklists for g in c.groups for i in g.items if i.checks]
    for illness in book.service.illnesses:
        for item in illness.noticed_by:
            if item not in known:
                yield unknown(item, "item with checks", known)


def _fits(procedure: model.Procedure, how: model.Rehearsal) -> Iterator[Problem]:
    if procedure.script is None:
        yield problem_at(
            procedure.id,
            "without a script there is nothing to rehearse",
            "name one: 'script: ...sh', or leave 'rehearsal' out",
        )
    elif how.served is None and any(d.commands for d in doings(procedure)):
        yield problem_at(
            procedure.id,
            "nothing says how a rehearsal of its own commands is judged",
            "'served' looks at the stand-in, not by way of the script",
        )
    names = {n for a in actions_of(procedure) for n in a.stand_ins}
    known = [*HOLES, *(h for s in wanted(names) for h in s.holes)]
    yield from holes_fit(_words(how), known)
    for name in how.environment:
        if _RESERVED.fullmatch(name):
            yield problem_at(
                name,
                f"the sandbox itself sets {quoted(name)}, or keeps it out",
                "leave it out; the stand-ins of actions set what their scripts need",
            )


def _words(how: model.Rehearsal) -> Iterator[Scalar]:
    yield from how.arguments or ()
    for words in (*how.before, *how.stop, *(s.words for s in how.start)):
        yield from words
    yield from how.environment.values()
    if how.served:
        yield from how.served.words
        yield from (w for w in (how.served.equals, how.served.contains) if w is not None)
