"""What the content says about its own references: where no look at a checkout can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Known:
    """Which versions of a program know an option: from `since` on, and only `before` another."""

    since: str | None
    before: str | None


@dataclass(frozen=True)
class References:
    """`elsewhere` has names that lie in no checkout of the service, each with the reason.

    `routes` has the file that declares a route; `paths` and `variables` are names that the
    procedures rely on and that stand nowhere else in the content. `options` has, by program,
    the options that not every version of it knows.
    """

    elsewhere: Mapping[str, str] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    routes: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    options: Mapping[str, Mapping[str, Known]] = field(default_factory=dict)
