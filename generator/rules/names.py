"""Ids and names: they match their files, stand once, and can be linked to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from generator.assemble import walk_sections
from generator.problems import Problem, quoted
from generator.rules.context import Context, under_keys, unique
from generator.source import problem_at
from generator.text import REFERENCE


def names_match_files(context: Context) -> Iterator[Problem]:
    for document in context.documents:
        id = document.data.get("id")
        if document.kind == "service" and id != context.folder:
            yield problem_at(
                id,
                f"the id {quoted(id)} differs from the folder's name",
                f"expected '{context.folder}'",
            )
        if document.kind in ("procedure", "checklist") and id != document.stem:
            yield problem_at(
                id,
                f"the id {quoted(id)} differs from the file's name",
                f"expected '{document.stem}'",
            )


def ids_are_unique(context: Context) -> Iterator[Problem]:
    book = context.handbook
    yield from unique((f.id for g in book.service.fact_groups for f in g.facts), "fact")
    links = (link for group in book.service.link_groups for link in group.links)
    yield from unique((link.id for link in links if link.id), "link")
    yield from unique((s.id for s in walk_sections(book.sections)), "section")
    yield from unique((t.id for t in book.triggers), "trigger")
    yield from unique(
        (t.script for t in (*book.procedures, *book.checklists) if t.script), "script"
    )
    for thing in (*book.procedures, *book.checklists):
        for parameter in thing.parameters:
            yield from unique(parameter.choices, "choice")
    for procedure in book.procedures:
        yield from unique((s.id for s in procedure.steps), "step")
    for checklist in book.checklists:
        yield from unique((f.id for f in checklist.fields), "field")
        yield from unique((g.id for g in checklist.groups), "group")
        yield from unique((i.id for g in checklist.groups for i in g.items), "item")
        yield from unique((p.id for p in checklist.phases), "phase")


_PLAIN_KEYS = frozenset(
    (
        "channel",
        "comment",
        "contains",
        "demands",
        "equals",
        "is",
        "is-not",
        "label",
        "lacks",
        "missing",
        "name",
        "paragraph",
        "part",
        "none-of",
        "not-exported",
        "one-of",
        "path",
        "protocol",
        "run",
        "source",
        "starts",
        "title",
        "unfilled",
        "url-file",
        "value",
        "with",
    )
)

# Texts that reach a program or a shell, though their key is one for readers elsewhere.
_PLAIN_THERE = frozenset((("from", "thresholds"), ("help", "procedure"), ("text", "contacts")))


def names_hold_no_references(context: Context) -> Iterator[Problem]:
    for document in context.documents:
        for key, text in under_keys(document.data, ""):
            plain = key in _PLAIN_KEYS or (key, document.kind) in _PLAIN_THERE
            for kind, _ in REFERENCE.findall(text) if plain else ():
                if (document.kind, key, kind) != ("document", "title", "deadline"):
                    yield problem_at(
                        text, f"a reference cannot stand in '{key}'", "write the words out"
                    )
                    break


def headings_have_anchors(context: Context) -> Iterator[Problem]:
    """GitHub and the site make the same anchor of a heading, except where they see a tag."""
    for document in context.documents:
        for key, text in under_keys(document.data, "") if document.kind == "document" else ():
            if key == "title" and re.search("<[^>]*>", text):
                yield problem_at(
                    text,
                    "the title of a section cannot hold '<...>'",
                    "links to it would not work everywhere; write the words without < and >",
                )
