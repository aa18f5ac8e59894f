"""What a sandbox needs to know to run the script of a procedure in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Started:
    """A command that makes a stand-in. One that `stays` is ended when the rehearsal is over."""

    words: tuple[str, ...]
    stays: bool


@dataclass(frozen=True)
class Page:
    """What the stand-in of the application answers at a path; `to` is where a redirect leads."""

    answer: str = ""
    status: int = 200
    to: str = ""


@dataclass(frozen=True)
class Illness:
    """A way in which the application was seen to be ill; the items named must notice it."""

    id: str
    title: str
    pages: Mapping[str, Page]
    noticed_by: tuple[str, ...]


@dataclass(frozen=True)
class Served:
    """A look at what is served, by another way than the script's own; `equals` or `contains`."""

    words: tuple[str, ...]
    equals: str | None
    contains: str | None


@dataclass(frozen=True)
class Rehearsal:
    """Words may hold holes, `{good-commit}`, which the sandbox fills.

    `arguments` are those of the script, None for the ones that follow from its parameters;
    `before` are the arguments of its earlier runs, while all is still well. `programs` are
    found in the sandbox beside those that the script itself needs.
    """

    arguments: tuple[str, ...] | None = None
    before: tuple[tuple[str, ...], ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    programs: tuple[str, ...] = ()
    start: tuple[Started, ...] = ()
    stop: tuple[tuple[str, ...], ...] = ()
    served: Served | None = None
