"""PromQL: everything that turns content into expressions and templates of Prometheus."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from generator import model

# What has a meaning in a regular expression of Prometheus (RE2).
_MEANING = re.compile(r"[\\.+*?()|\[\]{}^$]")


def quote(text: str) -> str:
    """A string of PromQL that holds exactly `text`."""
    found = {"\\": r"\\", '"': r"\"", "\n": r"\n"}
    return '"' + "".join(found.get(c, c) for c in text) + '"'


def span(time: timedelta) -> str:
    """'5m', '1h30m', '7d': a span of whole seconds; '0s' for none."""
    seconds = int(time.total_seconds())
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def selector(
    series: model.Series, common: Iterable[model.Matcher] = (), *, ending: str = "", more: str = ""
) -> str:
    """`name{label="value"}`: `ending` goes behind the name, `more` behind the labels."""
    found = [_matcher(m) for m in (*common, *series.where)] + ([more] if more else [])
    return f"{series.name}{ending}" + (f"{{{','.join(found)}}}" if found else "")


def any_value(series: model.Series, common: Iterable[model.Matcher] = ()) -> str:
    """The series of that name which have the labels at all, whatever their values are."""
    labels = [m.label for m in series.where if m.kind not in ("is-not", "none-of")]
    found = [_matcher(m) for m in common] + [f'{label}=~".+"' for label in labels]
    return series.name + (f"{{{','.join(found)}}}" if found else "")


def _matcher(matcher: model.Matcher) -> str:
    if matcher.kind in ("is", "is-not"):
        sign = "=" if matcher.kind == "is" else "!="
        return f"{matcher.label}{sign}{quote(matcher.values[0])}"
    found = "|".join(_literal(v) for v in matcher.values)
    if matcher.kind == "starts":
        found += ".*"
    return f"{matcher.label}{'!~' if matcher.kind == 'none-of' else '=~'}{quote(found)}"


def number(value: Decimal) -> str:
    """A number as PromQL and people read it, without an exponent."""
    return format(value.normalize(), "f")


def _literal(text: str) -> str:
    """A regular expression that `text` alone fits."""
    return _MEANING.sub(r"\\\g<0>", text)


def untemplated(text: str) -> str:
    """Text of an annotation in which Prometheus finds no template."""
    return text.replace("{{", '{{ "{{" }}')
