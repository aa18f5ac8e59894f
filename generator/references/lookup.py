"""What the content of one service names, looked up in a checkout of its own repository."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from generator import model
from generator.files import Document
from generator.load import UsageError, load, service_folders
from generator.problems import Problem, nearest, ordered, quoted
from generator.references.checkout import Checkout
from generator.references.named import Named, named
from generator.references.resolvers import RESOLVERS, Answer, answer, elsewhere
from generator.source import problem_at


@dataclass(frozen=True)
class Looked:
    """`problems` has the dead ones; `open` what could not be checked, each with the reason."""

    found: tuple[Named, ...]
    problems: tuple[Problem, ...]
    open: tuple[tuple[Named, str], ...]
    dead: int
    noun: str = "reference"

    @property
    def summary(self) -> str:
        total = len(self.found) + self.dead + len(self.open)
        many = "es" if self.noun.endswith("s") else "s"
        noun = self.noun if total == 1 else self.noun + many
        return (
            f"{total} {noun} looked up: {len(self.found)} found, {self.dead} dead, "
            f"{len(self.open)} not checked"
        )


def against(content: Path, only: list[str], path: Path) -> Looked | None:
    """Look up what one service names; None when its content has errors.

    Raises UsageError when the service is not clear or `path` is no checkout.
    """
    at = Checkout(path)
    folders = service_folders(content, only)
    if len(folders) > 1:
        names = ", ".join(f.name for f in folders)
        raise UsageError(
            f"--against is one service's repository: name it with --service ID: {names}"
        )
    loaded = load(folders[0])
    if loaded.handbook is None:
        return None
    return look_up(loaded.handbook, loaded.documents, at)


def look_up(book: model.Handbook, documents: Iterable[Document], at: Checkout) -> Looked:
    told = book.service.references.elsewhere
    found, problems, unknown = [], [], []
    names = named(book, documents)
    for one in names:
        key = elsewhere(told, one.name)
        if key is not None:
            unknown.append((one, f"elsewhere: {told[key]}"))
            continue
        got = answer(at, one)
        if got.state == "found":
            found.append(one)
        elif got.state == "open":
            unknown.append((one, got.words))
        else:
            problems.append(_dead(one, got))
    dead = len(problems)
    for key in told:
        # An address is looked up by --online, and here nobody knows of it.
        if "://" not in key and not any(elsewhere((key,), n.name) for n in names):
            problems.append(
                problem_at(
                    key,
                    f"the content names nothing that begins with {quoted(key)}",
                    "delete the line, or mend the name",
                    severity="warning",
                )
            )
    return Looked(tuple(found), tuple(ordered(problems)), tuple(unknown), dead)


def _dead(one: Named, got: Answer) -> Problem:
    name = one.name.strip("/") if one.kind in ("path", "file") else one.name
    close = nearest(name, got.known)
    meant = f"did you mean {quoted(close)}? " if close else ""
    also = f" (also named at {', '.join(map(str, one.also))})" if one.also else ""
    return Problem(
        one.place,
        f"{RESOLVERS[one.kind].what} {quoted(one.name, 300)} {got.words}{also}",
        f"{meant}mend the name or the repository; what lies elsewhere is listed in "
        "service.yaml: references.elsewhere",
        excerpt=one.excerpt,
        related=one.also,
    )
