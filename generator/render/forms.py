"""Printable forms: one for each checklist that wants one."""

from __future__ import annotations

from generator import model, refs
from generator.durations import duration_words, range_words
from generator.markdown import Markdown, inline, table, tidy
from generator.outputs import OutFile
from generator.refs import targets
from generator.render.environment import render

DOCUMENT = f"../{refs.DOCUMENT}"
BOX = "☐"
# Dotted lines keep room for handwriting when the form is printed.
LINE = "…" * 24
SHORT_LINE = "…" * 12


def outputs(book: model.Handbook) -> list[OutFile]:
    known = targets(book)
    return [
        OutFile(f"checklists/{c.id}.md", _form(c, book, known), markdown=True)
        for c in book.checklists
        if c.form
    ]


def _form(checklist: model.Checklist, book: model.Handbook, known: dict) -> str:
    def md(text: str) -> Markdown:
        return inline(text, known, DOCUMENT)

    phases = {p.id: p for p in checklist.phases}

    def group(found: model.Group) -> dict[str, object]:
        when = ""
        if found.within is not None:
            when = f"Within {duration_words(found.within)} of the rollback."
        elif found.phase is not None:
            phase = phases[found.phase]
            when = f"From the phase {phase.title} on ({range_words(phase.start, phase.end)})."
        body = _results(found, checklist, md) if checklist.results else _boxes(found, md)
        return {"title": found.title, "note": found.note, "when": when, "body": body}

    return tidy(
        render(
            "form/form.md.j2",
            book=book,
            checklist=checklist,
            targets=known,
            document=DOCUMENT,
            title=inline(book.service.title, known, links=False),
            source=f"content/{book.service.id}/",
            fields=_fields(checklist, md),
            phases=_phases(checklist, md),
            groups=[group(g) for g in checklist.groups],
        )
    )


def _fields(checklist: model.Checklist, md) -> Markdown:
    def row(field: model.Field) -> tuple[str, str]:
        choices = " ".join(f"{BOX} {md(c)}" for c in field.choices) or LINE
        return (f"{md(field.label)} ({md(field.help)})" if field.help else md(field.label), choices)

    return table(("Field", "Entry"), map(row, checklist.fields))


def _phases(checklist: model.Checklist, md) -> Markdown:
    return table(
        ("Phase", "When", "Purpose", "Result", "Verified at (UTC)"),
        (
            (md(p.title), range_words(p.start, p.end), md(p.purpose), SHORT_LINE, SHORT_LINE)
            for p in checklist.phases
        ),
    )


def _results(group: model.Group, checklist: model.Checklist, md) -> Markdown:
    """Checks with a box for every result, and room for what was seen."""
    return table(
        ("Check", *(md(r) for r in checklist.results), "Evidence"),
        ((md(i.text), *(BOX for _ in checklist.results), SHORT_LINE) for i in group.items),
    )


def _boxes(group: model.Group, md) -> Markdown:
    lines = []
    for item in group.items:
        lines.append(f"- [ ] {md(item.text)}")
        lines += [f"    - [ ] {md(line)}" for line in item.items]
    return Markdown("\n".join(lines))
