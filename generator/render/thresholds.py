"""The page of all thresholds: what each figure leads to, and the rule behind it."""

from __future__ import annotations

from collections.abc import Iterator

from generator import model
from generator.markdown import Markdown, fence, inline, tidy
from generator.outputs import OutFile
from generator.refs import DOCUMENT, decided_words, targets
from generator.render.alerts.expressions import crossed, records, watched
from generator.render.alerts.shown import Targets, figure_rows, measured_rows, shared_rows
from generator.render.alerts.words import figure_words
from generator.render.environment import render

PAGE = "thresholds.md"


def outputs(book: model.Handbook) -> list[OutFile]:
    if not book.thresholds:
        return []
    known = targets(book)
    alerting = {m.id for m in watched(book)}
    used = {t.metric.id for t in book.thresholds}
    text = render(
        "page/thresholds.md.j2",
        book=book,
        targets=known,
        document=DOCUMENT,
        title=inline(book.service.title, known, links=False),
        source=f"content/{book.service.id}/",
        fence=fence,
        metrics=[_metric(book, m, m.id in alerting, known) for m in book.metrics if m.id in used],
        shared=shared_rows(book, known) if alerting else [],
    )
    return [OutFile(PAGE, tidy(text), markdown=True)]


def _metric(
    book: model.Handbook, metric: model.Metric, measured: bool, known: Targets
) -> dict[str, object]:
    figures = [t for t in book.thresholds if t.metric.id == metric.id]
    rules = [f"{r.name} =\n{r.expression}" for r in records(book, metric)] if measured else []
    rules += [crossed(book, t) for t in figures if measured and t.alert]
    return {
        "title": metric.title,
        "figures": [
            {
                "title": _leads(t, measured),
                "rows": [*figure_rows(t, known, DOCUMENT), *_contradictions(book, t, known)],
            }
            for t in figures
        ],
        "rows": measured_rows(metric, known) if measured else [],
        "rules": "\n\n".join(rules),
    }


def _contradictions(
    book: model.Handbook, threshold: model.Threshold, known: Targets
) -> Iterator[Markdown]:
    """What else the document says about a figure, until people have decided which of the two holds."""
    for found in book.contradictions:
        if found.threshold == threshold.id:
            decided = found.decided and decided_words(found.decided, book)
            words = f"{found.words} {decided}" if decided else f"UNDECIDED: {found.words}"
            yield inline(words, known, DOCUMENT)


def _leads(threshold: model.Threshold, measured: bool) -> str:
    """'Error rate >5% → Warning': what happens beyond the figure."""
    leads = str(threshold.alert or "").capitalize() or "a decision of people, never an alert"
    if threshold.alert and not measured:
        leads += ", without a rule: nothing says how a machine measures it"
    measure = threshold.metric.measure
    if threshold.alert and measure and measure.not_exported:
        leads += "; nothing exports today what it measures"
    return f"{threshold.metric.title} {figure_words(threshold)} → {leads}"
