"""What can answer a clause: every fact that content can name, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from generator import model
from generator.assemble import walk_sections
from generator.refs import figure, targets
from generator.text import REFERENCE


@dataclass(frozen=True)
class Answer:
    """`section` is where the document shows it, `page` the form where only a form does.

    `blanks` are facts that it consists of and nobody has supplied; `procedures` those by
    whose drills it is proved.
    """

    words: str
    section: model.Section | None = None
    page: str | None = None
    blanks: tuple[model.Unfilled, ...] = ()
    procedures: tuple[str, ...] = ()


def answers(book: model.Handbook) -> Mapping[str, Answer]:
    """Everything that a clause can be answered by, as an author writes it: `kind:id` or `kind`."""
    found: dict[str, Answer] = {}
    shown = _shown(book)
    for section in walk_sections(book.sections):
        found.setdefault(
            f"section:{section.id}",
            Answer(
                section.title,
                section,
                blanks=_blanks_of(section, book),
                procedures=tuple(_procedures_below(section, book)),
            ),
        )
    for procedure in book.procedures:
        found[f"procedure:{procedure.id}"] = Answer(
            procedure.title,
            shown.get(("procedure", procedure.id)),
            procedures=(str(procedure.id),),
        )
    for checklist in book.checklists:
        page = f"checklists/{checklist.id}.md" if checklist.form else None
        whole = shown.get(("checklist", checklist.id))
        found[f"checklist:{checklist.id}"] = Answer(checklist.title, whole, page)
        for group in checklist.groups:
            at = shown.get(("checklist", f"{checklist.id}/{group.id}"), whole)
            found[f"checklist:{checklist.id}/{group.id}"] = Answer(group.title, at, page)
    contacts = book.contacts
    at = shown.get(("show", "contacts"))
    for contact in contacts.contacts:
        found[f"contact:{contact.id}"] = Answer(
            contact.title, at, blanks=_blanks((contact.name, contact.reach))
        )
    for channel in contacts.channels:
        found[f"channel:{channel.id}"] = Answer(
            channel.title, at, blanks=_blanks((channel.channel,))
        )
    for message in contacts.messages:
        found[f"message:{message.id}"] = Answer(message.title, shown.get(("show", "messages")))
    known = targets(book)
    for trigger in book.triggers:
        words = REFERENCE.sub(
            lambda m: known[m[1], m[2]].words if (m[1], m[2]) in known else m[0], trigger.text
        )
        found[f"trigger:{trigger.id}"] = Answer(words, shown.get(("show", "triggers")))
    for threshold in book.thresholds:
        words = f"{threshold.metric.title} {figure(threshold)}"
        found[f"threshold:{threshold.id}"] = Answer(words, shown.get(("show", "thresholds")))
    for group in book.service.fact_groups:
        for fact in group.facts:
            found[f"fact:{fact.id}"] = Answer(
                fact.label, shown.get(("facts", group.id)), blanks=_blanks((fact.value,))
            )
    for group in book.service.link_groups:
        for link in group.links:
            if link.id:
                found[f"link:{link.id}"] = Answer(link.title, shown.get(("links", group.id)))
    for (kind, id), target in known.items():
        if kind == "deadline":
            checklist = found[f"checklist:{id}"]
            words = f"{checklist.words}: within {target.words}"
            found[f"deadline:{id}"] = Answer(words, checklist.section, checklist.page)
    for name, (words, there) in _WHOLE.items():
        if there(book):
            blanks = _SHOWN_BLANKS.get(name, lambda _: ())(book)
            drilled = _drilled(book) if name == "drills" else ()
            at = shown.get(("show", name))
            found[name] = Answer(words, at, blanks=blanks, procedures=drilled)
    return found


# All facts of one kind together, by the word that also shows them in the document.
_WHOLE = {
    "access": ("Required access", lambda b: b.contacts.access),
    "authority": ("Authority", lambda b: b.contacts.authority),
    "contacts": ("Contacts and channels", lambda b: b.contacts.contacts or b.contacts.channels),
    "drills": ("Drills", lambda b: b.service.drill_cycle and any(p.drill for p in b.procedures)),
    "maintenance": ("Maintenance requirements", lambda b: b.service.maintenance),
    "messages": ("Message texts", lambda b: b.contacts.messages),
    "monitors": ("Monitors", lambda b: any(m.monitor for m in b.metrics)),
    "phases": ("Phases", lambda b: any(c.phases for c in b.checklists)),
    "thresholds": ("Alert thresholds", lambda b: any(t.alert for t in b.thresholds)),
    "triggers": ("Triggers", lambda b: b.triggers),
}


def _shown(book: model.Handbook) -> dict[tuple[str, str], model.Section]:
    """The section in which the document first shows something, by kind and value of the block."""
    found: dict[tuple[str, str], model.Section] = {}
    for section in walk_sections(book.sections):
        for block in section.blocks:
            if isinstance(block.value, str):
                found.setdefault((block.kind, block.value), section)
    return found


def _drilled(book: model.Handbook) -> tuple[str, ...]:
    return tuple(str(p.id) for p in book.procedures if p.drill)


def _procedures_below(section: model.Section, book: model.Handbook) -> Iterator[str]:
    for below in walk_sections([section]):
        for block in below.blocks:
            if block.kind == "procedure":
                yield str(block.value)
            elif (block.kind, block.value) == ("show", "drills"):
                yield from _drilled(book)


def _blanks(values: Iterable[model.Value]) -> tuple[model.Unfilled, ...]:
    return tuple(v for v in values if isinstance(v, model.Unfilled))


def _contact_blanks(book: model.Handbook) -> tuple[model.Unfilled, ...]:
    values = [v for c in book.contacts.contacts for v in (c.name, c.reach)]
    return _blanks([*values, *(c.channel for c in book.contacts.channels)])


def _authority_blanks(book: model.Handbook) -> tuple[model.Unfilled, ...]:
    """Authority rests on who holds the roles, not on how to reach them."""
    roles = {role for a in book.contacts.authority for role in a.roles}
    return _blanks(c.name for c in book.contacts.contacts if c.role in roles)


_SHOWN_BLANKS = {"authority": _authority_blanks, "contacts": _contact_blanks}


def _blanks_of(section: model.Section, book: model.Handbook) -> tuple[model.Unfilled, ...]:
    return tuple(dict.fromkeys(_blanks_below(section, book)))


def _blanks_below(section: model.Section, book: model.Handbook) -> Iterator[model.Unfilled]:
    groups = {g.id: g for g in book.service.fact_groups}
    for below in walk_sections([section]):
        for block in below.blocks:
            if block.kind == "facts" and block.value in groups:
                yield from _blanks(f.value for f in groups[block.value].facts)
            elif block.kind == "show" and block.value in _SHOWN_BLANKS:
                yield from _SHOWN_BLANKS[block.value](book)
