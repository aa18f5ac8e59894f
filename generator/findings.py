"""What the gate and the validator found, one value each: the same for every format.

A finding says what is wrong, on which line of the content, who has to do what. Nothing in
it but the words of a due day depends on the day, so that a program recognises it tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from generator import model
from generator.freshness import Judged, Reason, worst_first
from generator.gate import Assessed
from generator.problems import Place, Problem
from generator.state import ServiceState

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Rule:
    """What a finding can be about: `level` unless a waiver lowers it, `help` in a few sentences."""

    id: str
    title: str
    level: Level
    help: str


RULES: tuple[Rule, ...] = (
    Rule("content-error", "Invalid content", "error", "The content breaks a rule. Nothing is built before it is mended."),
    Rule("content-warning", "Doubtful content", "warning", "The content can be built, and says something that people have to decide."),
    Rule("clock-invalid", "Invalid date", "error", "A review or a drill has a date that cannot be: in the future, or later than its cycle allows."),
    Rule("clock-never", "Never done", "error", "A procedure that must be drilled never was. Only a drill that passed, where drills count, is one."),
    Rule("clock-expired", "Overdue", "error", "The due day of a review or a drill has passed. The due day itself is still good."),
    Rule("changed", "Changed since", "error", "What was reviewed or drilled is no longer what the content says."),
    Rule("rollback-since", "Rolled back since", "error", "A real rollback was made by this version of the document, and nobody has answered what was learnt from it."),
    Rule("rendered-differently", "Script differs from the one drilled", "error", "The steps are the same, the bytes of the script are not. Drill it again, or let somebody decide that the drill still stands."),
    Rule("due-soon", "Due soon", "warning", "A review or a drill is due within the days that the policy warns ahead."),
    Rule("fact-missing", "Required fact missing", "error", "Nobody has supplied a fact that a rollback needs. Never fill it with something that sounds right."),
    Rule("fact-late", "Fact is late", "warning", "Nobody has supplied an optional fact by the day on which it was owed."),
    Rule("fact-open", "Fact not known yet", "note", "Nobody has supplied an optional fact yet."),
)  # fmt: skip
_RULE = {r.id: r for r in RULES}


@dataclass(frozen=True)
class Finding:
    """One thing to be mended. `id` is stable; `hint` is what to do, commands on lines of their own.

    `about` is what it speaks of, `owner` the title of the role that has to mend it, or ''.
    """

    service: str
    id: str
    rule: Rule
    level: Level
    place: Place
    about: str
    message: str
    hint: str
    owner: str = ""


def of_state(state: ServiceState) -> Iterator[Finding]:
    """Everything that is not in order with a service, the worst first."""
    for judged in worst_first(state.clocks):
        for reason in judged.found:
            if reason.state != "current":
                yield of_clock(state, judged, reason)
    for blank in open_facts(state):
        yield of_fact(state, blank)


def of_assessed(found: Assessed) -> Iterator[Finding]:
    if found.state:
        yield from of_state(found.state)
    else:
        yield from of_problems(found.problems, found.id)


def of_clock(state: ServiceState, judged: Judged, reason: Reason) -> Finding:
    clock = judged.clock
    known = _RULE.get(reason.name) or _RULE[f"clock-{reason.name}"]
    # Two rollbacks are two findings: the record in the place tells them apart.
    which = f".{reason.place.file.rpartition('/')[2]}" if known.id == "rollback-since" else ""
    more = [f"waived until {judged.waived}"] if judged.waived else []
    more += [clock.note] if clock.note else []
    return Finding(
        service=state.id,
        id=f"{clock.id}.{known.id}{which}",
        rule=known,
        level="warning" if judged.waived else known.level,
        place=reason.place or _anywhere(state),
        about=clock.what,
        message="; ".join([reason_words(judged, reason), *more]),
        hint=_clock_hint(state, judged, known.id),
        owner=clock.owner,
    )


def of_fact(state: ServiceState, blank: model.Unfilled) -> Finding:
    late = days_late(blank, state.as_of) > 0
    stated = "".join(f"; {words}" for words in candidate_words(blank))
    known = _RULE["fact-missing" if blank.required else "fact-late" if late else "fact-open"]
    return Finding(
        service=state.id,
        id=f"{blank.path}.fact",
        rule=known,
        level=known.level,
        place=blank.place or _anywhere(state),
        about=blank.what,
        message=f"not known yet{owed_words(blank, state.as_of)} ({blank.path}){stated}",
        hint="supply what is missing, on the line that is named, then:\n  rollbook build",
        owner=state.role(blank.owner),
    )


def of_problems(problems: Iterable[Problem], service: str = "") -> Iterator[Finding]:
    """Problems of content; `id` outlives a change elsewhere in the file."""
    seen: dict[str, int] = {}
    for problem in problems:
        id = f"{problem.place.file}.{problem.where}.{problem.message}"
        seen[id] = seen.get(id, 0) + 1
        rule = _RULE[f"content-{problem.severity}"]
        related = "".join(f"; see {place}" for place in problem.related)
        where = f" ({problem.where})" if problem.where else ""
        yield Finding(
            service=service,
            id=f"{id}.{seen[id]}",
            rule=rule,
            level=rule.level,
            place=problem.place,
            about="",
            message=f"{problem.message}{where}{related}",
            hint=problem.hint,
        )


def open_facts(state: ServiceState) -> list[model.Unfilled]:
    """The facts that nobody has supplied: required ones first, the longest late first."""
    return sorted(
        state.unfilled, key=lambda u: (not u.required, -max(days_late(u, state.as_of), 0))
    )


def candidate_words(blank: model.Unfilled) -> Iterator[str]:
    """What is stated of a fact elsewhere, and where."""
    for found in blank.candidates:
        yield f"{found.value} (stated in {found.source}, not confirmed)"


def days_late(blank: model.Unfilled, as_of: date) -> int:
    """Days since the day on which a fact was owed; not more than 0 where it is not late."""
    return (as_of - blank.by).days if blank.by else 0


def owed_words(blank: model.Unfilled, as_of: date) -> str:
    """', was owed by 2026-11-01, 21 days late'; '' where no day is set."""
    if blank.by is None:
        return ""
    late = days_late(blank, as_of)
    if late > 0:
        return f", was owed by {blank.by}, {days(late)} late"
    return f", owed by {blank.by}" + (", today" if late == 0 else "")


def reason_words(judged: Judged, reason: Reason) -> str:
    """What one reason says, with the dates that belong to it."""
    if reason.name not in ("expired", "due-soon", "current"):
        return reason.words
    left = judged.days_left or 0
    since = "never reviewed" if judged.clock.last is None else f"last {judged.clock.last}"
    if reason.name == "expired":
        return f"was due {judged.due}, {days(-left)} ago ({since})"
    return f"due {judged.due}" + (f", in {days(left)}" if left else ", today") + f" ({since})"


def days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"


def _anywhere(state: ServiceState) -> Place:
    """Only a state that was made without content has no better place."""
    return Place(f"{state.id}/service.yaml")


def _clock_hint(state: ServiceState, judged: Judged, rule: str) -> str:
    clock, service = judged.clock, f" --service {state.id}"
    drill = clock.id.startswith("drill:")
    if rule == "clock-invalid":
        return "mend the date on the line that is named; a wrong record is superseded"
    if rule == "rollback-since":
        return (
            "answer the rollback with a new version in 'history', or say why none is needed:\n"
            f"  rollbook rollback record{service} --supersedes RECORD --no-change WHY"
        )
    if rule == "rendered-differently":
        return (
            "drill the script again, or decide that the drill stands:\n"
            f"  rollbook drill carry{service} --drill {clock.record}"
        )
    command = clock.command.replace(" record", f" record{service}", 1)
    if drill:
        return f"practise the procedure where drills count, then record it:\n  {command}"
    return (
        f"read the document as a whole, then record the review:\n"
        f"  rollbook review{service}\n  {command}"
    )


def to_do(findings: Iterable[Finding]) -> dict[str, dict[str, int]]:
    """owner -> what to do -> how often; only what keeps the gate from being green."""
    owners: dict[str, dict[str, int]] = {}
    for finding in findings:
        if finding.level != "note":
            hints = owners.setdefault(finding.owner, {})
            hints[finding.hint] = hints.get(finding.hint, 0) + 1
    return owners
