"""Recording rules and alerts for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from generator import model, promql, refs, shell
from generator.assemble import walk_sections
from generator.markdown import anchor
from generator.promql import number, untemplated
from generator.refs import figure, targets
from generator.render.alerts import words
from generator.render.alerts.expressions import (
    alerts_on,
    baseline_missing,
    crossed,
    missing,
    records,
    sought,
    watched,
)
from generator.text import Code

# Where the document lies, seen from the rules.
DOCUMENT = f"../{refs.DOCUMENT}"
_VALUE = '{{ $value | printf "%.4g" }}'
_UNIT = {"percent": "%", "times-normal": " times normal", "milliseconds": " ms", "count": ""}


@dataclass(frozen=True)
class Alert:
    """One alert. In `annotations` stands `_VALUE` where Prometheus puts the value."""

    name: str
    expression: str
    lasting: timedelta
    labels: dict[str, str]
    annotations: dict[str, str]

    def said(self, value: float) -> dict[str, str]:
        """The annotations as they are said when the value is `value`."""
        found = {k: v.replace(_VALUE, f"{value:.4g}") for k, v in self.annotations.items()}
        return {k: v.replace(untemplated("{{"), "{{") for k, v in found.items()}


def data(book: model.Handbook) -> dict[str, object]:
    """The rules as plain data: what is recorded comes before what compares it."""
    rules: list[dict[str, object]] = [
        {"record": r.name, "expr": r.expression} for m in watched(book) for r in records(book, m)
    ]
    for alert in alerts(book):
        rules.append(
            {
                "alert": alert.name,
                "expr": alert.expression,
                "for": promql.span(alert.lasting),
                "labels": alert.labels,
                "annotations": alert.annotations,
            }
        )
    return {"groups": [{"name": str(book.service.id), "rules": rules}]}


def alerts(book: model.Handbook) -> list[Alert]:
    return [a for m in watched(book) for a in alerts_of(book, m)]


def alerts_of(book: model.Handbook, metric: model.Metric) -> list[Alert]:
    """Those of one metric: its figures, then what hides them."""
    makes = _Makes(book, metric)
    found = [makes.threshold(t) for t in alerts_on(book, metric)]
    found.append(
        makes.silent(
            "Missing", missing(book, metric), makes.why_missing(), str(makes.worst().alert)
        )
    )
    if metric.measure and metric.measure.baseline is not None:
        why = f"Nothing was measured {words.long(metric.measure.baseline)} earlier, or too little to compare with."
        found.append(
            makes.silent("BaselineMissing", baseline_missing(book, metric), why, "warning")
        )
    return found


class _Makes:
    """Makes the alerts of one metric."""

    def __init__(self, book: model.Handbook, metric: model.Metric) -> None:
        self.book, self.metric = book, metric
        known = targets(book)
        self.say: Callable[[str], str] = lambda text: untemplated(shell.plain(text, known))
        self.service = self.say(book.service.name)
        self.title = self.say(metric.title)

    def threshold(self, threshold: model.Threshold) -> Alert:
        unit = self.metric.unit or ""
        if unit == "up":
            is_, comes = "did not answer when last asked", ""
        else:
            side = "above" if threshold.below is None else "below"
            suffix = _UNIT.get(unit, f" {unit}")
            is_ = f"is {_VALUE}{suffix} as last measured"
            comes = f"; the alert comes {side} {number(threshold.value)}{suffix}"
        # Where it cannot be measured any more, the alert goes on with the last value.
        lasts = f", for {words.long(threshold.lasting)} or longer" if threshold.lasting else ""
        annotations = {
            "summary": f"{self.service}: {self.title} {words.figure_words(threshold)}",
            "description": f"{self.title} {is_}{lasts}{comes}.",
        }
        if threshold.procedure is not None:
            section = section_of(self.book, "procedure", threshold.procedure)
            where = f" (Section {section.number})" if section and section.number else ""
            annotations["procedure"] = self.say(_procedure(self.book, threshold).title) + where
        else:
            section = section_of(self.book, "show", "thresholds")
        measure = self.metric.measure
        assumed = [*(measure.assumed if measure else ()), *threshold.assumed]
        if assumed:
            annotations["assumed"] = f"Nobody has decided: {', '.join(dict.fromkeys(assumed))}"
        annotations["runbook_url"] = self.address(section)
        return Alert(
            _camel(self.book.service.id, threshold.id),
            crossed(self.book, threshold),
            threshold.lasting,
            self.labels(threshold, threshold.alert or ""),
            annotations,
        )

    def worst(self) -> model.Threshold:
        """The most severe figure of the metric."""
        return min(alerts_on(self.book, self.metric), key=lambda t: t.alert != "critical")

    def silent(self, what: str, expression: str, why: str, severity: str) -> Alert:
        """Says that figures cannot be seen. It carries the most severe of them as its threshold."""
        blind = alerts_on(self.book, self.metric)
        figures = ", ".join(figure(t) for t in blind)
        return Alert(
            _camel(self.book.service.id, self.metric.id) + what,
            expression,
            self.book.alerting.silence,
            self.labels(self.worst(), severity),
            {
                "summary": f"{self.service}: {self.title} cannot be measured",
                "description": f"{why} Until then nobody would be told of: {figures}.",
                "runbook_url": self.address(section_of(self.book, "show", "thresholds")),
            },
        )

    def why_missing(self) -> str:
        found = [untemplated(s) for s in sought(self.book, self.metric)]
        if len(found) == 1:
            return f"There is no series {found[0]}."
        return f"One of these series is missing: {', '.join(found)}."

    def labels(self, threshold: model.Threshold, severity: str) -> dict[str, str]:
        return {
            "severity": str(severity),
            "service": str(self.book.service.id),
            "metric": str(self.metric.id),
            "threshold": str(threshold.id),
        }

    def address(self, section: model.Section | None) -> str:
        document = self.book.alerting.document
        start = untemplated(document) if isinstance(document, str) else DOCUMENT
        return f"{start}#{untemplated(anchor(section.heading))}" if section else start


def section_of(book: model.Handbook, kind: str, value: str) -> model.Section | None:
    """The section that shows something."""
    return next(
        (
            s
            for s in walk_sections(book.sections)
            if any(b.kind == kind and b.value == value for b in s.blocks)
        ),
        None,
    )


def _procedure(book: model.Handbook, threshold: model.Threshold) -> model.Procedure:
    return next(p for p in book.procedures if p.id == threshold.procedure)


def _camel(*ids: str) -> str:
    return "".join(word.capitalize() for id in ids for word in id.split("-"))


def header(book: model.Handbook) -> list[str]:
    """What people have to know before they load the rules."""
    known = targets(book)

    def say(text: str) -> str:
        return shell.plain(text, known)

    service = say(book.service.name)
    lines = [
        f"Alert rules of {service} for Prometheus, made by Rollbook from content/{book.service.id}/.",
        "Do not edit: change the content and build again.",
        "",
        "A template for whoever exports such metrics: Rollbook cannot see whether they exist. Where one",
        "has another name, change the content. Counters must start at 0 before they count the first",
        "failure, or that one is not seen. prometheus-rules.test.yml tests the rules (promtool test rules).",
        "",
    ]
    if any(m.measure and isinstance(m.measure.kind, model.Quantile) for m in watched(book)):
        lines += [
            "A histogram cannot tell how slow it is beyond its highest bucket: let the buckets reach well",
            "beyond the value at which an alert comes, or it never comes.",
            "",
        ]
    document = book.alerting.document
    if not isinstance(document, str):
        because = "nobody has said at which address the document is read"
        if isinstance(document, model.Unfilled):
            owner = say(book.contacts.roles[document.owner])
            because = (
                f"the address at which the document is read is not yet known (owed by {owner})"
            )
        lines += [f"Each runbook_url is a path from this file, because {because}.", ""]
    absent = [m for m in watched(book) if m.measure and m.measure.not_exported]
    if absent:
        lines += ["NOT EXPORTED today. All that these can say is that they cannot be measured:"]
        lines += [f"  - {say(m.title)}: {say(m.measure.not_exported)}" for m in absent] + [""]
    assumed = list(_assumed(book, say))
    if assumed:
        lines += ["Nobody has decided what follows; it is assumed:", *assumed, ""]
    unmeasured = [t for t in book.thresholds if t.alert and t.metric.measure is None]
    if unmeasured:
        lines += ["No rule, because the content does not say how a machine measures it:"]
        lines += [f"  - {say(t.metric.title)} {words.figure_words(t)}" for t in unmeasured] + [""]
    people = [t for t in book.thresholds if not t.alert]
    if people:
        lines += ["Decisions of people, and so never an alert:"]
        lines += [f"  - {say(t.metric.title)} {words.figure_words(t)}" for t in people] + [""]
    return lines[:-1]


def _assumed(book: model.Handbook, say: Callable[[str], str]) -> Iterator[str]:
    for title, rows in _assumptions(book, say):
        guessed = [r for r in rows if r.why is not None]
        if guessed:
            yield f"  {title}"
        for row in guessed:
            value = "".join(v.text if isinstance(v, Code) else v for v in row.value)
            yield f"    - {row.label}: {value} ({say(row.why or '')})"


def _assumptions(
    book: model.Handbook, say: Callable[[str], str]
) -> Iterator[tuple[str, list[words.Row]]]:
    yield "All alerts", words.shared(book)
    for metric in watched(book):
        yield say(metric.title), words.measured(metric)
        for threshold in alerts_on(book, metric):
            title = ""
            if threshold.procedure is not None:
                title = say(_procedure(book, threshold).title)
            name = f"{say(metric.title)} {words.figure_words(threshold)}"
            yield name, words.acted_on(threshold, (title,))
