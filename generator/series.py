"""Labels that fit matchers: what a test of a rule feeds in, and what a rule can never see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from generator import model


def fits(matchers: Iterable[model.Matcher], labels: Mapping[str, str]) -> bool:
    """Whether Prometheus would select a series with these labels."""
    return all(_fits(m, labels.get(m.label, "")) for m in matchers)


def example(matchers: Iterable[model.Matcher]) -> dict[str, str]:
    """Labels that fit; each label is named by one matcher."""
    return {str(m.label): next(v for v in _values([m]) if _fits(m, v)) for m in matchers}


def beside(part: Iterable[model.Matcher], whole: Iterable[model.Matcher]) -> dict[str, str] | None:
    """Labels that fit `whole` and not `part`; None where whatever fits `whole` fits `part`."""
    part, whole = tuple(part), tuple(whole)
    base = example(whole)
    for matcher in part:
        for value in _values([*whole, matcher]):
            found = {**base, str(matcher.label): value}
            if fits(whole, found) and not _fits(matcher, value):
                return found
    return None


def _values(matchers: Iterable[model.Matcher]) -> Iterator[str]:
    """Values that some matcher speaks of, some that begin alike, and some that none speaks of."""
    known = [str(v) for m in matchers for v in m.values]
    yield from known
    yield from ("other", "another")
    yield from (f"{v}-other" for v in known)


def _fits(matcher: model.Matcher, value: str) -> bool:
    if matcher.kind == "starts":
        return value.startswith(matcher.values[0])
    return (value in matcher.values) == (matcher.kind in ("is", "one-of"))
