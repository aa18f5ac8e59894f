"""Data that passed its schema -> the canons of a service, as the model has them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from generator import model
from generator.files import Document
from generator.shapes import each, lines
from generator.source import Mapping, Scalar


def canons(documents: Iterable[Document]) -> tuple[model.Canon, ...]:
    """Every canon that the service answers to, in the order of its file."""
    return tuple(c for d in documents for c in each(d.data["canons"], _canon))


def _canon(key: Scalar, value: Mapping) -> model.Canon:
    return model.Canon(
        id=key,
        title=value["title"],
        path=value["path"],
        part=value.get("part"),
        version=value["version"],
        day=date.fromisoformat(value["date"]),
        clauses=tuple(map(_clause, value["clauses"])),
    )


def _clause(data: Mapping) -> model.Clause:
    gap = data.get("gap")
    return model.Clause(
        id=data["id"],
        paragraph=data["paragraph"],
        demands=data["demands"],
        answered_by=lines(data, "answered-by"),
        partly_by=lines(data, "partly-by"),
        gap=model.Gap(
            gap["missing"], gap["owner"], date.fromisoformat(gap["by"]) if "by" in gap else None
        )
        if gap
        else None,
    )
