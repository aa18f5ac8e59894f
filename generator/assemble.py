"""Data that passed its schema -> the Handbook of one service.

This only gives shapes to what is there; whether it makes sense as a whole
(references, order, contradictions) is for `rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import TypeVar

from generator import model
from generator.durations import duration_words, parse_duration
from generator.files import Document
from generator.source import Mapping, Node, Scalar, Sequence
from generator.stamps import stamps
from generator.text import REFERENCE


def assemble(documents: Iterable[Document]) -> model.Handbook:
    """Build the Handbook. Every document must have passed its schema."""
    documents = list(documents)
    by_kind: dict[str, list[Document]] = {}
    for document in documents:
        by_kind.setdefault(document.kind, []).append(document)
    one = {kind: found[0].data for kind, found in by_kind.items()}
    unfilled: list[model.Unfilled] = []

    contacts = _contacts(one["contacts"], unfilled)
    service = _service(one["service"], unfilled)
    metrics = _each(one.get("thresholds", {}).get("metrics"), _metric)
    metric_by_id = {m.id: m for m in metrics}
    checklists = tuple(_checklist(d.data) for d in by_kind.get("checklist", ()))
    sections = _sections(one["document"]["sections"], deadlines(checklists))
    shown = [b.value for s in walk_sections(sections) for b in s.blocks if b.kind == "procedure"]
    procedures = sorted(
        (_procedure(d.data) for d in by_kind.get("procedure", ())),
        key=lambda p: (shown.index(p.id) if p.id in shown else len(shown), p.id),
    )
    return model.Handbook(
        service=service,
        contacts=contacts,
        severities=_each(one.get("triggers", {}).get("severities"), _severity),
        triggers=tuple(_trigger(t) for t in one.get("triggers", {}).get("triggers", ())),
        metrics=metrics,
        thresholds=tuple(
            _threshold(key, value, metric_by_id)
            for key, value in one.get("thresholds", {}).get("thresholds", {}).items()
            if value["metric"] in metric_by_id
        ),
        procedures=tuple(procedures),
        checklists=checklists,
        sections=sections,
        unfilled=tuple(unfilled),
        stamps=stamps(documents),
    )


def walk_sections(sections: Iterable[model.Section]) -> Iterator[model.Section]:
    """Sections and sub-sections in the order of the document."""
    for section in sections:
        yield section
        yield from walk_sections(section.sections)


T = TypeVar("T")


def _each(data: Mapping | None, build: Callable[[Scalar, Mapping], T]) -> tuple[T, ...]:
    return tuple(build(key, value) for key, value in (data or {}).items())


def _flag(data: Mapping, key: str, default: bool = False) -> bool:
    return data[key] == "true" if key in data else default


def _lines(data: Mapping, key: str) -> tuple[str, ...]:
    return tuple(data.get(key, ()))


def _value(node: Scalar | Mapping, path: str, unfilled: list[model.Unfilled]) -> model.Value:
    if not isinstance(node, Mapping):
        return node
    blank = model.Unfilled(
        path=path,
        what=node["unfilled"],
        owner=node["owner"],
        required=_flag(node, "required"),
        by=date.fromisoformat(node["by"]) if "by" in node else None,
    )
    unfilled.append(blank)
    return blank


def _service(data: Mapping, unfilled: list[model.Unfilled]) -> model.Service:
    review = data["review"]

    def fact(group: str, key: Scalar, value: Mapping) -> model.Fact:
        path = f"service.{group}.{key}"
        return model.Fact(
            key, value["label"], _value(value["value"], path, unfilled), value.get("env")
        )

    def group(key: Scalar, value: Mapping) -> model.FactGroup:
        facts = tuple(fact(key, k, v) for k, v in value["facts"].items())
        return model.FactGroup(key, value.get("title"), facts)

    def links(key: Scalar, value: Mapping) -> model.LinkGroup:
        found = tuple(model.Link(v["title"], v.get("url"), v.get("path")) for v in value["links"])
        return model.LinkGroup(key, value["title"], found)

    return model.Service(
        id=data["id"],
        name=data["name"],
        title=data["title"],
        purpose=data["purpose"],
        issued=data["issued"],
        timezone=data.get("timezone", "UTC"),
        review=model.ReviewPolicy(
            cycle=review["cycle"],
            stated=review.get("next"),
            warn_days=int(review.get("warn-days", 14)),
            owner=review["owner"],
            trigger=review.get("trigger"),
        ),
        drill_cycle=data["drills"]["cycle"] if "drills" in data else None,
        fact_groups=_each(data.get("facts"), group),
        link_groups=_each(data.get("links"), links),
        maintenance=_lines(data, "maintenance"),
        history=tuple(
            model.Revision(r["version"], date.fromisoformat(r["date"]), tuple(r["changes"]))
            for r in data["history"]
        ),
    )


def _contacts(data: Mapping, unfilled: list[model.Unfilled]) -> model.Contacts:
    def contact(key: Scalar, value: Mapping) -> model.Contact:
        path = f"contacts.{key}"
        return model.Contact(
            id=key,
            title=value["title"],
            note=value.get("note"),
            role=value["role"],
            name=_value(value["name"], f"{path}.name", unfilled),
            reach=_value(value["reach"], f"{path}.reach", unfilled),
        )

    def channel(key: Scalar, value: Mapping) -> model.Channel:
        where = _value(value["channel"], f"channels.{key}.channel", unfilled)
        return model.Channel(key, value["title"], where, value.get("protocol"))

    return model.Contacts(
        roles={key: value["title"] for key, value in data["roles"].items()},
        contacts=_each(data.get("contacts"), contact),
        channels=_each(data.get("channels"), channel),
        authority=tuple(
            model.Authority(a["title"], _lines(a, "roles"), _lines(a, "rules"))
            for a in data.get("authority", ())
        ),
        access=_lines(data, "access"),
    )


def _severity(key: Scalar, value: Mapping) -> model.SeverityLevel:
    return model.SeverityLevel(key, value["title"], value.get("intro"))


def _trigger(value: Mapping) -> model.Trigger:
    return model.Trigger(value["id"], value["severity"], value["text"], value.get("metric"))


def _metric(key: Scalar, value: Mapping) -> model.Metric:
    return model.Metric(
        key, value["title"], value.get("monitor"), value.get("purpose"), value.get("unit")
    )


def _threshold(key: Scalar, value: Mapping, metrics: dict[str, model.Metric]) -> model.Threshold:
    return model.Threshold(
        key, metrics[value["metric"]], Decimal(value["above"]), value.get("alert")
    )


def _procedure(data: Mapping) -> model.Procedure:
    def parameter(key: Scalar, value: Mapping) -> model.Parameter:
        position = int(value["position"]) if "position" in value else None
        return model.Parameter(
            id=key,
            type=value["type"],
            help=value["help"],
            position=position,
            value=value.get("value"),
            fact=value.get("fact"),
            choices=_lines(value, "choices"),
            repeat=_flag(value, "repeat"),
        )

    budget = data.get("budget")
    return model.Procedure(
        id=data["id"],
        title=data["title"],
        method=data.get("method"),
        when=data.get("when"),
        intro=data.get("intro"),
        risk=data.get("risk"),
        warning=data.get("warning"),
        budget=model.Budget(parse_duration(budget["target"]), parse_duration(budget["max"]))
        if budget
        else None,
        drill=_flag(data, "drill"),
        parameters=_each(data.get("parameters"), parameter),
        script=data.get("script"),
        stops=_each(data.get("stops"), lambda key, v: model.Stop(key, v["after"], v["help"])),
        alternatives="choose" in data,
        steps=tuple(_step(s) for s in data["steps"]),
        never=_lines(data, "never"),
        closing=_lines(data, "closing"),
    )


def _step(data: Mapping) -> model.Step:
    return model.Step(
        id=data["id"],
        title=data["title"],
        note=data.get("note"),
        manual=_lines(data, "manual"),
        either=_lines(data, "either"),
        commands=tuple(
            model.Command(tuple(c["run"]), c.get("comment")) for c in data.get("commands", ())
        ),
        action=data.get("action"),
        arguments=dict(data.get("with", {})),
        expect=data.get("expect"),
        on_failure=data.get("on-failure"),
        details=_lines(data, "details"),
    )


def _checklist(data: Mapping) -> model.Checklist:
    return model.Checklist(
        id=data["id"],
        title=data["title"],
        intro=data.get("intro"),
        form=_flag(data, "form", default=True),
        fields=tuple(
            model.Field(f["id"], f["label"], f.get("help"), _lines(f, "choices"))
            for f in data.get("fields", ())
        ),
        results=_lines(data, "results"),
        phases=tuple(
            model.Phase(
                p["id"],
                p["title"],
                parse_duration(p["from"]),
                parse_duration(p["to"]),
                p["purpose"],
            )
            for p in data.get("phases", ())
        ),
        groups=tuple(_group(g) for g in data.get("groups", ())),
        closing=data.get("closing"),
    )


def _group(data: Mapping) -> model.Group:
    return model.Group(
        id=data["id"],
        title=data["title"],
        note=data.get("note"),
        phase=data.get("phase"),
        within=parse_duration(data["within"]) if "within" in data else None,
        style=data.get("style", "checks"),
        items=tuple(model.Item(i["id"], i["text"], _lines(i, "items")) for i in data["items"]),
    )


def deadlines(checklists: Iterable[model.Checklist]) -> dict[str, str]:
    """'post-rollback/immediate' -> '1 hour', for every group with a deadline."""
    return {
        f"{c.id}/{g.id}": duration_words(g.within)
        for c in checklists
        for g in c.groups
        if g.within is not None
    }


def _heading(title: str, known: dict[str, str]) -> str:
    """A heading may name a deadline; its link needs the words, so they are put in here."""
    return REFERENCE.sub(
        lambda m: known.get(m.group(2), m.group()) if m.group(1) == "deadline" else m.group(), title
    )


def _sections(data: Sequence, known: dict[str, str], above: str = "") -> tuple[model.Section, ...]:
    found = []
    count = 0
    for value in data:
        numbered = _flag(value, "numbered", default=True)
        count += numbered
        number = f"{above}{count}" if numbered else ""
        found.append(
            model.Section(
                id=value["id"],
                number=number,
                title=_heading(value["title"], known),
                blocks=tuple(_block(b) for b in value.get("blocks", ())),
                sections=_sections(
                    value.get("sections", Sequence()), known, f"{number}." if number else ""
                ),
            )
        )
    return tuple(found)


def _block(data: Mapping) -> model.Block:
    ((kind, value),) = data.items()
    return model.Block(kind, _frozen(value))


def _frozen(node: Node) -> Node | tuple:
    """Lists become tuples; the dicts of a block stay as read and are not changed."""
    return tuple(_frozen(n) for n in node) if isinstance(node, Sequence) else node
