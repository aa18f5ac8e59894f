"""Whether to roll back: what is given -> severity, reasons, authority, procedure.

`table` turns a Handbook into conditions that only have to be compared, with everything that
people decided (or did not) about contradictions worked in. `answer` compares. The page in the
browser has the same table and does the same comparing; nothing else is written twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from generator import model
from generator.assemble import walk_sections
from generator.markdown import anchor
from generator.refs import decided_words, figure, holders, targets, unit_words
from generator.shell import plain
from generator.text import REFERENCE


@dataclass(frozen=True)
class Level:
    """A severity; the place in the table is its rank, worst first."""

    id: str
    title: str
    verdict: str | None


@dataclass(frozen=True)
class Measure:
    """A metric that can be given as `--option NUMBER`. `unit` is as behind a figure: '%'."""

    option: str
    title: str
    unit: str
    percent: bool


@dataclass(frozen=True)
class Condition:
    """What may hold: a figure is crossed, or people say that a trigger holds.

    `level` is None where the document draws no conclusion for a rollback: an alert alone.
    `triggers` are those that hold with it. `says` names every place that speaks of it.
    """

    id: str
    words: str
    level: str | None
    triggers: tuple[str, ...]
    says: tuple[str, ...]
    notes: tuple[str, ...] = ()
    option: str | None = None
    above: Decimal | None = None
    below: Decimal | None = None


@dataclass(frozen=True)
class Way:
    """A choice of the decision map, with what is needed to begin.

    `anchor` is that of its section in the document. `command` holds only what may not be
    left out; None where there is no script.
    """

    when: str
    case: str | None
    levels: tuple[str, ...]
    triggers: tuple[str, ...]
    otherwise: bool
    procedure: str
    title: str
    anchor: str | None
    warning: str | None
    command: str | None


@dataclass(frozen=True)
class Authority:
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    service: str
    name: str
    levels: tuple[Level, ...]
    measures: tuple[Measure, ...]
    conditions: tuple[Condition, ...]
    ways: tuple[Way, ...]
    authority: tuple[Authority, ...]


@dataclass(frozen=True)
class Given:
    """`figures` by option, in the unit of the metric; ids of triggers and of cases."""

    figures: Mapping[str, Decimal] = field(default_factory=dict)
    triggers: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """`level` is None when nothing that was given is a reason to roll back.

    `reasons` are worst first. `not_met` are conditions whose figure was given and is not
    crossed. `ways` are the procedures to use, `others` those of cases that nobody named.
    """

    level: Level | None
    reasons: tuple[Condition, ...]
    not_met: tuple[Condition, ...]
    ways: tuple[Way, ...]
    others: tuple[Way, ...]


def decide(book: model.Handbook, given: Given) -> Decision:
    return answer(table(book), given)


def crossed(condition: Condition, value: Decimal) -> bool:
    """The figure itself is still good: only beyond it something is crossed."""
    above, below = condition.above, condition.below
    return (above is not None and value > above) or (below is not None and value < below)


def answer(found: Table, given: Given) -> Decision:
    rank = {level.id: n for n, level in enumerate(found.levels)}
    met, not_met = [], []
    for condition in found.conditions:
        if condition.option is None:
            if condition.id in given.triggers:
                met.append(condition)
        elif condition.option in given.figures:
            value = given.figures[condition.option]
            (met if crossed(condition, value) else not_met).append(condition)
    last = len(rank)
    met.sort(key=lambda c: last if c.level is None else rank[c.level])
    level = next((x for x in found.levels if met and x.id == met[0].level), None)
    holds = {t for c in met for t in c.triggers}
    ways: list[Way] = []
    if level or given.cases:
        ways = [w for w in found.ways if not w.otherwise and _applies(w, level, holds, given)]
        ways = ways or [w for w in found.ways if w.otherwise]
    others = [w for w in found.ways if w not in ways]
    return Decision(level, tuple(met), tuple(not_met), tuple(ways), tuple(others))


def _applies(way: Way, level: Level | None, holds: set[str], given: Given) -> bool:
    return (
        (way.case is None or way.case in given.cases)
        and (not way.levels or (level is not None and level.id in way.levels))
        and (not way.triggers or any(t in holds for t in way.triggers))
    )


def severity_words(condition: Condition, found: Table) -> str:
    """The title of its severity, or words for one that has none."""
    none = "Alert only" if condition.says else "No severity"
    return next((x.title for x in found.levels if x.id == condition.level), none)


# --- The table of a Handbook.


def table(book: model.Handbook) -> Table:
    known = targets(book)
    metrics = {t.metric.id: t.metric for t in book.thresholds if _has_figure(t)}.values()
    return Table(
        service=str(book.service.id),
        name=str(book.service.name),
        levels=tuple(
            Level(s.id, plain(s.title, known), s.verdict and plain(s.verdict, known))
            for s in book.severities
        ),
        measures=tuple(
            Measure(option(m), m.title, unit_words(m), m.unit == "percent") for m in metrics
        ),
        conditions=(
            *(_figure(book, t, known) for t in book.thresholds),
            *(_trigger(book, t, known) for t in book.triggers if not _figures(t)),
        ),
        ways=tuple(_way(book, c, known) for c in book.choices),
        authority=tuple(
            Authority(
                a.title,
                (
                    *(_holder(book, role) for role in a.roles),
                    *(plain(rule, known) for rule in a.rules),
                ),
            )
            for a in book.contacts.authority
        ),
    )


def _has_figure(threshold: model.Threshold) -> bool:
    """Whether it is up or down is said like a trigger, not as a number."""
    return threshold.metric.unit != "up"


def option(metric: model.Metric) -> str:
    """What people type for a metric: `--error-rate`."""
    return str(metric.option or metric.id)


def _figures(trigger: model.Trigger) -> list[str]:
    """The thresholds in the text of a trigger."""
    return [id for kind, id in REFERENCE.findall(trigger.text) if kind == "threshold"]


def _figure(book: model.Handbook, threshold: model.Threshold, known: Mapping) -> Condition:
    """A threshold with everything that is said about it; undecided, the more severe holds."""
    titles = {s.id: plain(s.title, known) for s in book.severities}
    triggers = [t for t in book.triggers if threshold.id in _figures(t)]
    about = [c for c in book.contradictions if c.threshold == threshold.id]
    beaten = {c.trigger for c in about if c.decided and c.decided.holds == "alert"}
    alert_beaten = any(c.decided and c.decided.holds == "trigger" for c in about)
    levels = [t.severity for t in triggers if t.id not in beaten]
    # An alert of the same id as a severity means the same; another is no severity.
    if threshold.alert in titles and not alert_beaten:
        levels.append(threshold.alert)
    says = [
        f"{_place(book, 'triggers')}{titles[t.severity]}: {plain(t.text, known)}" for t in triggers
    ]
    if threshold.alert:
        words = f"{threshold.metric.title} {figure(threshold)}: {threshold.alert} alert"
        says.append(_place(book, "thresholds") + words)
    return Condition(
        id=str(threshold.id),
        words=f"{threshold.metric.title} {figure(threshold)}",
        level=next((s for s in titles if s in levels), None),
        triggers=tuple(str(t.id) for t in triggers),
        says=tuple(says),
        notes=tuple(
            plain(
                decided_words(c.decided, book)
                if c.decided
                else f"UNDECIDED: {c.words} Until people decide, the more severe one is taken.",
                known,
            )
            for c in about
        ),
        option=option(threshold.metric) if _has_figure(threshold) else None,
        above=threshold.above if _has_figure(threshold) else None,
        below=threshold.below if _has_figure(threshold) else None,
    )


def _trigger(book: model.Handbook, trigger: model.Trigger, known: Mapping) -> Condition:
    words = plain(trigger.text, known)
    title = next(plain(s.title, known) for s in book.severities if s.id == trigger.severity)
    return Condition(
        id=str(trigger.id),
        words=words,
        level=str(trigger.severity),
        triggers=(str(trigger.id),),
        says=(f"{_place(book, 'triggers')}{title}: {words}",),
    )


def _place(book: model.Handbook, shown: str) -> str:
    """'3.1 ': the number of the section that shows facts of one kind, where one does."""
    for section in walk_sections(book.sections):
        if any(b.kind == "show" and b.value == shown for b in section.blocks) and section.number:
            return f"{section.number} "
    return ""


def _way(book: model.Handbook, choice: model.Choice, known: Mapping) -> Way:
    # The page of this table is an output: `render` imports this module.
    from generator.render.commands import shortest

    procedure = next(p for p in book.procedures if p.id == choice.procedure)
    target = known["procedure", procedure.id]
    number = f"{target.section.number} " if target.section else ""
    warning = procedure.warning
    return Way(
        when=plain(choice.when, known),
        case=choice.case and str(choice.case),
        levels=tuple(map(str, choice.severities)),
        triggers=tuple(map(str, choice.triggers)),
        otherwise=choice.otherwise,
        procedure=str(procedure.id),
        title=f"{number}{procedure.title}".strip(),
        anchor=anchor(target.section.heading) if target.section else None,
        warning=plain(warning, known) if warning else None,
        command=f"sh {shortest(procedure)}" if procedure.script else None,
    )


def _holder(book: model.Handbook, role: str) -> str:
    names = "".join(f" ({name})" for name in holders(book.contacts, role))
    return f"{book.contacts.roles[role]}{names}"
