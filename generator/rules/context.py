"""What every rule looks at, and what rules share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator import model
from generator.files import Document
from generator.problems import Problem, did_you_mean, quoted
from generator.refs import Target, targets
from generator.source import Mapping, Node, Scalar, Sequence, place_of, problem_at


class Context:
    """What the rules look at: one service, read and assembled."""

    def __init__(
        self, handbook: model.Handbook, documents: Iterable[Document], folder: str
    ) -> None:
        self.handbook = handbook
        self.documents = tuple(documents)
        self.folder = folder
        self.targets: dict[tuple[str, str], Target] = dict(targets(handbook))

    def ids(self, kind: str) -> list[str]:
        return [id for k, id in self.targets if k == kind]


def unknown(node: Scalar, what: str, allowed: Iterable[str]) -> Problem:
    return problem_at(node, f"no {what} is called {quoted(node)}", did_you_mean(node, allowed))


def unique(
    nodes: Iterable[Scalar], what: str, hint: str = "name each differently"
) -> Iterator[Problem]:
    first: dict[str, Scalar] = {}
    for node in nodes:
        if node in first:
            yield problem_at(
                node,
                f"a second {what} {quoted(node)}; the first is at {place_of(first[node])}",
                hint,
                related=(place_of(first[node]),),
            )
        first.setdefault(node, node)


def under_keys(node: Node, key: str) -> Iterator[tuple[str, Scalar]]:
    """Every text with the key that it belongs to; all values of 'with' belong to 'with'."""
    if isinstance(node, Scalar):
        yield key, node
    elif isinstance(node, Sequence):
        for value in node:
            yield from under_keys(value, key)
    else:
        for name, value in node.items():
            yield from under_keys(value, "with" if key == "with" else name)


def scalars(nodes: Iterable[Node]) -> Iterator[Scalar]:
    for node in nodes:
        if isinstance(node, Scalar):
            yield node
        elif isinstance(node, Mapping):
            yield from scalars(node.values())
        elif isinstance(node, Sequence):
            yield from scalars(node)
