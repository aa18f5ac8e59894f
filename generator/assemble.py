"""Data that passed its schema -> the Handbook of one service.

This only gives shapes to what is there; whether it makes sense as a whole
(references, order, contradictions) is for `rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from generator import model
from generator.canon.shapes import canons
from generator.durations import duration_words
from generator.files import Document
from generator.records.shapes import collected
from generator.shapes import checklist, each, flag, lines, procedure, references
from generator.source import Mapping, Node, Scalar, Sequence, key_place
from generator.stamps import contents, stamp
from generator.text import REFERENCE
from generator.thresholds import alerting, metric, threshold


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
    metrics = each(one.get("thresholds", {}).get("metrics"), metric)
    metric_by_id = {m.id: m for m in metrics}
    checklists = tuple(checklist(d.data) for d in by_kind.get("checklist", ()))
    sections = _sections(one["document"]["sections"], deadlines(checklists))
    shown = [b.value for s in walk_sections(sections) for b in s.blocks if b.kind == "procedure"]
    procedures = sorted(
        (procedure(d.data) for d in by_kind.get("procedure", ())),
        key=lambda p: (shown.index(p.id) if p.id in shown else len(shown), p.id),
    )
    texts = contents(documents)
    return model.Handbook(
        service=service,
        contacts=contacts,
        severities=each(one.get("triggers", {}).get("severities"), _severity),
        triggers=tuple(_trigger(t) for t in one.get("triggers", {}).get("triggers", ())),
        choices=tuple(_choice(c) for c in one.get("triggers", {}).get("choices", ())),
        metrics=metrics,
        thresholds=tuple(
            threshold(key, value, metric_by_id)
            for key, value in one.get("thresholds", {}).get("thresholds", {}).items()
            if value["metric"] in metric_by_id
        ),
        procedures=tuple(procedures),
        checklists=checklists,
        sections=sections,
        canons=canons(by_kind.get("canon", ())),
        alerting=alerting(one.get("thresholds", {}).get("alerts"), unfilled, _value),
        unfilled=tuple(unfilled),
        records=collected(documents),
        contents=texts,
        stamps={clock: stamp(text) for clock, text in texts.items()},
    )


def walk_sections(sections: Iterable[model.Section]) -> Iterator[model.Section]:
    """Sections and sub-sections in the order of the document."""
    for section in sections:
        yield section
        yield from walk_sections(section.sections)


def _value(node: Scalar | Mapping, path: str, unfilled: list[model.Unfilled]) -> model.Value:
    if not isinstance(node, Mapping):
        return node
    blank = model.Unfilled(
        path=path,
        what=node["unfilled"],
        owner=node["owner"],
        required=flag(node, "required"),
        by=date.fromisoformat(node["by"]) if "by" in node else None,
        place=key_place(node, "unfilled"),
        candidates=tuple(
            model.Candidate(c["value"], c["source"]) for c in node.get("candidates", ())
        ),
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
        found = tuple(
            model.Link(v.get("id"), v["title"], v.get("url"), v.get("path")) for v in value["links"]
        )
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
        drills_count=lines(data.get("drills", {}), "counts") or ("staging", "production"),
        fact_groups=each(data.get("facts"), group),
        link_groups=each(data.get("links"), links),
        maintenance=lines(data, "maintenance"),
        history=tuple(
            model.Revision(r["version"], date.fromisoformat(r["date"]), tuple(r["changes"]))
            for r in data["history"]
        ),
        pages=_pages(data.get("rehearsal", {})),
        illnesses=each(
            data.get("rehearsal", {}).get("illnesses"),
            lambda key, i: model.Illness(key, i["title"], _pages(i), lines(i, "noticed-by")),
        ),
        references=references(data.get("references")),
    )


def _pages(data: Mapping) -> dict[str, model.Page]:
    return {
        path: model.Page(page.get("answer", ""), int(page.get("status", "200")), page.get("to", ""))
        if isinstance(page, Mapping)
        else model.Page(page)
        for path, page in data.get("pages", {}).items()
    }


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
        contacts=each(data.get("contacts"), contact),
        channels=each(data.get("channels"), channel),
        authority=tuple(
            model.Authority(a["title"], lines(a, "roles"), lines(a, "rules"))
            for a in data.get("authority", ())
        ),
        access=lines(data, "access"),
        messages=each(
            data.get("messages"),
            lambda key, m: model.Message(
                key, m["title"], m["text"], m.get("after-undo"), m.get("after-promotion")
            ),
        ),
    )


def _severity(key: Scalar, value: Mapping) -> model.SeverityLevel:
    return model.SeverityLevel(key, value["title"], value.get("intro"), value.get("verdict"))


def _trigger(value: Mapping) -> model.Trigger:
    decided = tuple(
        model.Decided(
            d["threshold"],
            d["holds"],
            model.Person(d["by"]["name"], d["by"]["role"]),
            date.fromisoformat(d["on"]),
            d["because"],
        )
        for d in value.get("decided", ())
    )
    return model.Trigger(
        value["id"], value["severity"], value["text"], value.get("metric"), decided
    )


def _choice(value: Mapping) -> model.Choice:
    return model.Choice(
        value["when"],
        value["procedure"],
        value.get("case"),
        lines(value, "severities"),
        lines(value, "triggers"),
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
        numbered = flag(value, "numbered", default=True)
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
