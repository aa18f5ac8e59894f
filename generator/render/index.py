"""The page that lists the services: the front page of the site."""

from __future__ import annotations

from collections.abc import Iterable

from generator.markdown import tidy
from generator.render.environment import render


def render_index(services: Iterable[tuple[str, str, str, bool]]) -> str:
    """`services` are (id, name, title of the document, whether it has a decision aid), in order."""
    return tidy(render("index.md.j2", services=list(services), targets={}, document=""))
