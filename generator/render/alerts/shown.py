"""The rules as the document shows them: what is measured, and what each figure leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from generator import model
from generator.markdown import Markdown, code_span, escape, inline
from generator.refs import Target, targets
from generator.render.alerts import routes, words
from generator.render.alerts.expressions import alerts_on, watched
from generator.text import Code

Targets = Mapping[tuple[str, str], Target]


def shown(book: model.Handbook, path: str, example: str | None) -> dict[str, object] | None:
    """What the template needs; None where there are no rules.

    `path` leads to them, `example` to the configuration that says who is told.
    """
    metrics = watched(book)
    if not metrics:
        return None
    known = targets(book)
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "example": example,
        "metrics": [
            {
                "title": metric.title,
                "rows": measured_rows(metric, known),
                "figures": [_figure(t, known) for t in alerts_on(book, metric)],
            }
            for metric in metrics
        ],
        "document": book.alerting.document,
        "shared": shared_rows(book, known),
        "unreached": list(_unreached(book)),
        "unmeasured": [
            f"{t.metric.title} {words.figure_words(t)}"
            for t in book.thresholds
            if t.alert and t.metric.measure is None
        ],
    }


def _unreached(book: model.Handbook) -> Iterator[str]:
    """Who of those that are to be told no alert can reach; or that it reaches nobody at all."""
    for severity in routes.SEVERITIES:
        named = routes.recipients(book, severity)
        missed = ", ".join(r.name for r in named if r.config is None)
        if missed and all(r.config is None for r in named):
            yield f"A {severity} alert reaches NOBODY. Without an address that Alertmanager can use: {missed}"
        elif missed:
            yield f"A {severity} alert does not reach all. Without an address that Alertmanager can use: {missed}"


def _figure(threshold: model.Threshold, known: Targets) -> dict[str, object]:
    title = f"{threshold.metric.title} {words.figure_words(threshold)}"
    return {
        "title": f"{title} → {str(threshold.alert).capitalize()}",
        "rows": figure_rows(threshold, known, ""),
    }


def figure_rows(threshold: model.Threshold, known: Targets, document: str) -> list[Markdown]:
    """What an alert on it does; links lead into `document`. Nothing for a decision of people."""
    if threshold.alert is None:
        return []
    reference = f"[[procedure:{threshold.procedure}]]"
    procedure = inline(reference, known, document) if threshold.procedure else ""
    rows = words.acted_on(threshold, (procedure,))
    # The title says the figure and what it leads to.
    kept = [r for r in rows if r.why is not None or r.key in ("for", "procedure")]
    return _rows(kept, known)


def measured_rows(metric: model.Metric, known: Targets) -> list[Markdown]:
    return _rows(words.measured(metric), known)


def shared_rows(book: model.Handbook, known: Targets) -> list[Markdown]:
    """What all alerts of the service have in common."""
    return _rows(words.shared(book), known)


def _rows(rows: Iterable[words.Row], known: Targets) -> list[Markdown]:
    return [Markdown(f"{row.label}: {_value(row.value)}{_why(row, known)}") for row in rows]


def _why(row: words.Row, known: Targets) -> str:
    return "" if row.why is None else f" (assumed: {inline(row.why, known)})"


def _value(parts: words.Words) -> str:
    return "".join(
        part
        if isinstance(part, Markdown)
        else code_span(part.text)
        if isinstance(part, Code)
        else escape(part)
        for part in parts
    )
