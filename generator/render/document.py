"""The governed document: an outline of blocks, each with a template of its own."""

from __future__ import annotations

from collections.abc import Callable

from generator import actions, freshness, model
from generator.assemble import walk_sections
from generator.durations import cycle_words, duration_words, range_words
from generator.markdown import Markdown, anchor, inline, join_blocks, tidy
from generator.outputs import OutFile
from generator.refs import DOCUMENT, decided_words, holders, targets
from generator.render import alerts, canon, evidence, lists
from generator.render.alerts.words import figure_words
from generator.render.commands import command_limit, command_lines, expected, settings, usage
from generator.render.environment import render


def outputs(book: model.Handbook) -> list[OutFile]:
    page = _Page(book)
    text = page.render("document", section_text=page.section, source=f"content/{book.service.id}/")
    return [OutFile(DOCUMENT, tidy(text), markdown=True)]


class _Page:
    """Renders the blocks of one service's document; what every template sees stands here."""

    def __init__(self, book: model.Handbook) -> None:
        self.book = book
        known = targets(book)
        self.data = {
            "book": book,
            "targets": known,
            "document": "",
            "status": _status(book),
            # The text of a link, which cannot hold another link.
            "label": lambda text: inline(text, known, links=False),
        }

    def render(self, template: str, **more: object) -> str:
        return render(f"document/{template}.md.j2", **self.data, **more)

    def section(self, section: model.Section, level: int) -> Markdown:
        heading = inline(section.title, self.data["targets"])
        number = section.heading[: -len(section.title)]
        blocks = [f"{'#' * level} {number}{heading}"]
        blocks += [self.block(b, section) for b in section.blocks]
        blocks += [self.section(s, level + 1) for s in section.sections]
        return join_blocks(blocks)

    def block(self, block: model.Block, section: model.Section) -> str:
        more = _PREPARE.get(block.kind, _as_it_is)(self.book, block.value)
        name = f"show-{block.value}" if block.kind == "show" else block.kind
        return self.render(name, section=section, **more)


def _status(book: model.Handbook) -> dict[str, str]:
    """The clocks without today's date: what was done, and when it is due again."""
    review = freshness.review_clock(book)
    return {
        "reviewed": evidence.reviewed(book),
        "tested": evidence.tested(book),
        "due": review.due or "not known",
        "cycle": cycle_words(book.service.review.cycle),
    }


def _as_it_is(book: model.Handbook, value: object) -> dict[str, object]:
    return {"value": value}


def _facts(book: model.Handbook, value: object) -> dict[str, object]:
    return {"group": next(g for g in book.service.fact_groups if g.id == value)}


def _links(book: model.Handbook, value: object) -> dict[str, object]:
    return {"group": next(g for g in book.service.link_groups if g.id == value)}


def _checklist(book: model.Handbook, value: str) -> dict[str, object]:
    id, _, group = value.partition("/")
    checklist = next(c for c in book.checklists if c.id == id)
    first = next(
        b.value
        for s in walk_sections(book.sections)
        for b in s.blocks
        if b.kind == "checklist" and b.value.partition("/")[0] == id
    )
    groups = [g for g in checklist.groups if not group or g.id == group]
    return {
        "checklist": checklist,
        "form": checklist.form and value == first,
        "script": f"sh {usage(checklist)}" if checklist.script and value == first else None,
        "settings": settings(checklist, book) if value == first else (),
        "groups": groups,
        "looks": _looks(checklist, groups) if checklist.script else [],
    }


def _looks(checklist: model.Checklist, groups: list[model.Group]) -> list[dict[str, object]]:
    """What the script of a checklist looks at by itself: item, what is expected, the commands."""
    return [
        {
            "text": item.text,
            "expected": [expected(c, checklist) for c in item.checks],
            "commands": "\n".join(
                dict.fromkeys(x for c in item.checks for x in command_lines(c, checklist))
            ),
        }
        for g in groups
        for item in g.items
        if item.checks
    ]


def _procedure(book: model.Handbook, value: object) -> dict[str, object]:
    procedure = next(p for p in book.procedures if p.id == value)
    facts = [("Risk", procedure.risk)] if procedure.risk else []
    if timeline := evidence.timeline(book, procedure):
        facts.append(("Timeline", timeline))
    if procedure.drill:
        facts.append(("Last tested", evidence.last_tested(book, procedure)))
        stamp = book.stamps[f"drill:{procedure.id}"].removeprefix("sha256:")
        facts.append(("Stamp", f"`{stamp[:12]}`"))
    return {
        "procedure": procedure,
        "steps": [_step(s, procedure) for s in procedure.steps],
        "script": {
            "usage": f"sh {usage(procedure)}",
            "in_clone": any((s.action or "").startswith("git.") for s in procedure.steps),
        }
        if procedure.script
        else None,
        "facts": facts,
        "settings": settings(procedure, book),
    }


def _step(step: model.Step, procedure: model.Procedure) -> dict[str, object]:
    """A step as the document shows it; an action says itself what it runs."""
    action = actions.find(step.action) if step.action else None
    return {
        "title": step.title,
        "note": step.note,
        "manual": () if action else step.manual,
        "by_hand": step.manual if action else (),
        "either": step.either,
        "summary": action.summary if action else None,
        "commands": "\n".join(command_lines(step, procedure)),
        "limit": _limit(step, procedure),
        "show": step.show,
        "expect": step.expect or (f"{expected(step, procedure)}." if action else None),
        "on_failure": step.on_failure or (action.on_failure if action else None),
        "details": step.details,
        "check": {
            "commands": "\n".join(command_lines(step.check, procedure)),
            "expected": expected(step.check, procedure),
            "within": duration_words(step.check.within) if step.check.within else None,
        }
        if step.check
        else None,
    }


def _limit(step: model.Step, procedure: model.Procedure) -> str:
    """How long each command may take; '' where nobody says so and no script ends it."""
    if not step.commands or not (step.limit or procedure.script):
        return ""
    return duration_words(command_limit(step))


def _show(book: model.Handbook, value: str) -> dict[str, object]:
    prepare = _SHOW.get(value)
    return prepare(book) if prepare else {}


def _phases(book: model.Handbook) -> dict[str, object]:
    return {
        "phases": [
            {"title": p.title, "purpose": p.purpose, "span": range_words(p.start, p.end)}
            for c in book.checklists
            for p in c.phases
        ]
    }


def _thresholds(book: model.Handbook) -> dict[str, object]:
    return {
        "thresholds": [
            f"{t.metric.title} {figure_words(t)} → {t.alert.capitalize()}"
            + (" (assumed)" if t.assumed.keys() & {"above", "below", "alert"} else "")
            for t in book.thresholds
            if t.alert
        ],
        "undecided": [c.words for c in book.contradictions if c.decided is None],
        "decided": [
            (c.words, decided_words(c.decided, book))
            for c in book.contradictions
            if c.decided is not None
        ],
        "rules": alerts.shown(book),
    }


def _authority(book: model.Handbook) -> dict[str, object]:
    return {"named": lambda role: holders(book.contacts, role)}


def _choices(book: model.Handbook) -> dict[str, object]:
    """The decision map as a table: when, which procedure."""
    known = targets(book)

    def reference(id: str) -> str:
        return inline(f"[[procedure:{id}]]", known)

    titles = {p.id: p.title for p in book.procedures}
    return {
        "rows": [
            (
                inline(c.when, known),
                f"{reference(c.procedure)}: {inline(titles[c.procedure], known, links=False)}",
            )
            for c in book.choices
        ]
    }


def _drills(book: model.Handbook) -> dict[str, object]:
    sections = {
        b.value: s for s in walk_sections(book.sections) for b in s.blocks if b.kind == "procedure"
    }

    def reference(procedure: model.Procedure) -> str:
        section = sections.get(procedure.id)
        title = inline(procedure.title, {}, links=False)
        return f"[{section.number} {title}](#{anchor(section.heading)})" if section else title

    return {
        "drill_cycle": book.service.drill_cycle and cycle_words(book.service.drill_cycle),
        "drilled": [
            {"reference": reference(p), "tested": evidence.last_tested(book, p)}
            for p in book.procedures
            if p.drill
        ],
        "counts": " or ".join(book.service.drills_count),
        "sandbox_counts": "sandbox" in book.service.drills_count,
        "scripted": any(p.script for p in book.procedures),
    }


def _records(book: model.Handbook) -> dict[str, object]:
    return {"rows": evidence.rows(book)}


_SHOW: dict[str, Callable[[model.Handbook], dict[str, object]]] = {
    "authority": _authority,
    "canon": canon.shown,
    "choices": _choices,
    "drills": _drills,
    "messages": lists.messages,
    "open-facts": lists.open_facts,
    "phases": _phases,
    "records": _records,
    "thresholds": _thresholds,
}

_PREPARE: dict[str, Callable[[model.Handbook, object], dict[str, object]]] = {
    "checklist": _checklist,
    "facts": _facts,
    "links": _links,
    "procedure": _procedure,
    "show": _show,
}
