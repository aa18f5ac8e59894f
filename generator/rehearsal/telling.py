"""What came of rehearsals, for people in 80 columns and as JSON for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from generator import model
from generator.rehearsal.outcome import Outcome
from generator.rehearsal.plan import own_commands
from generator.report import WIDTH

_LABELS = {"done": "ok", "failed": "FAILED", "not rehearsed": "-"}


def beginning(book: model.Handbook) -> str:
    return f"{book.service.name}: the scripts of version {book.revision.version}, as rendered now, in a sandbox"


def lines(outcome: Outcome) -> Iterator[str]:
    """One script: how it went, what was seen, what is left."""
    label = f"  {_LABELS[outcome.state]:<7} "
    title = outcome.thing.title
    if outcome.state == "not rehearsed":
        yield from _wrapped(f"{title}: not rehearsed: {outcome.reason}", label)
        return
    ended = f", exit {outcome.exit}, {outcome.seconds:.1f} s" if outcome.exit is not None else ""
    yield from _wrapped(f"{title}: {outcome.thing.script}{ended}", label)
    for name, words in (
        ("called with", " ".join(outcome.arguments)),
        ("steps" if isinstance(outcome.thing, model.Procedure) else "items", _steps(outcome)),
        *(("wrong", w) for w in outcome.wrong),
        *(("seen", r) for r in outcome.right),
        *(("not judged", u) for u in outcome.unseen),
        ("left to people", ", ".join(outcome.left)),
        ("stood in for", ", ".join(_stood_in(outcome))),
        ("not held back", _not_held_back(outcome)),
    ):
        if words:
            yield from _wrapped(f"{name}: {words}", " " * 10)
    for line in outcome.said:
        margin = "          | "
        indent = " " * (len(line) - len(line.lstrip()))
        yield from textwrap.wrap(
            line.strip(),
            WIDTH,
            initial_indent=margin + indent,
            subsequent_indent=margin + indent + "  ",
        )


def _steps(outcome: Outcome) -> str:
    """'resolve, publish ok; notify not-done', in order."""
    parts: list[tuple[str, list[str]]] = []
    for id, result in outcome.steps:
        if not parts or parts[-1][0] != result:
            parts.append((result, []))
        parts[-1][1].append(id)
    return "; ".join(f"{', '.join(ids)} {result}" for result, ids in parts)


def _stood_in(outcome: Outcome) -> list[str]:
    own = ["what the content starts"] if outcome.starts else []
    return [*outcome.stand_ins, *own, *(f"the fact {f}" for f in outcome.facts)]


def _not_held_back(outcome: Outcome) -> str:
    """The programs that the content itself runs, and what the sandbox cannot keep from them."""
    commands = [c.words for c in own_commands(outcome.thing)]
    how = outcome.thing.rehearsal if isinstance(outcome.thing, model.Procedure) else None
    if how:
        commands += [s.words for s in how.start] + list(how.stop)
        commands += [how.served.words] if how.served else []
    if not commands:
        return ""
    programs = ", ".join(sorted({words[0] for words in commands}))
    return (
        f"{programs}: they have your rights. HOME, TMPDIR and the working folder are the sandbox's; "
        "another path that they name is the real one"
    )


def ending(outcomes: Sequence[Outcome], counts: Iterable[str]) -> Iterator[str]:
    """The sum of it all, and what it is not."""
    by = {s: sum(o.state == s for o in outcomes) for s in _LABELS}
    yield f"{by['done']} done and verified, {by['failed']} failed, {by['not rehearsed']} not rehearsed"
    if "sandbox" in counts:
        said = "A rehearsal counts as a drill once it is recorded and all its steps were done."
    else:
        said = f"A rehearsal moves no drill clock: drills count in {' or '.join(counts)}."
    yield from _wrapped(said, "")


def deviations(outcome: Outcome) -> list[str]:
    """What a record must say of a rehearsal: nothing of the world outside took part in it."""
    stood = ", ".join(_stood_in(outcome)) or "what the content names"
    return [f"Run by 'rollbook rehearse' in a sandbox; stood in for: {stood}", *outcome.wrong]


def as_data(outcome: Outcome, log: str | None, record: str | None) -> dict[str, object]:
    """The same of a procedure, with `steps` and perhaps a `record`, or of a checklist, with `items`."""
    procedure = isinstance(outcome.thing, model.Procedure)
    return {
        "id": outcome.thing.id,
        "state": outcome.state,
        "reason": outcome.reason or None,
        "script": outcome.thing.script,
        "script_sha256": outcome.script_sha256 or None,
        "exit": outcome.exit,
        "seconds": round(outcome.seconds, 1),
        "arguments": list(outcome.arguments),
        "steps" if procedure else "items": [
            {"id": id, "result": result} for id, result in outcome.steps
        ],
        "verified": outcome.state == "done",
        "seen": list(outcome.right),
        "wrong": list(outcome.wrong),
        **({} if procedure else {"not_judged": list(outcome.unseen)}),
        "left_to_people": list(outcome.left),
        "stood_in_for": list(outcome.stand_ins),
        "facts_stood_in_for": list(outcome.facts),
        "said": list(outcome.said),
        "log": log,
        **({"record": record} if procedure else {}),
    }


def _wrapped(text: str, begin: str) -> Iterator[str]:
    text = "".join(c if c.isprintable() else "?" for c in text)
    yield from textwrap.wrap(
        text,
        WIDTH,
        initial_indent=begin,
        subsequent_indent=" " * (len(begin) + 2 if begin else 0),
        break_on_hyphens=False,
    )
