"""A flat badge as SVG: no script, no font and no picture of another host."""

from __future__ import annotations

import unicodedata

from generator.xmltext import tag, xml

# Dark enough for white letters (a contrast of at least 4.5 to 1).
COLORS = {"red": "#b91c1c", "waived": "#b45309", "due-soon": "#8a6100", "green": "#15803d"}
_LABEL = "#444444"

_HEIGHT, _PAD, _LONGEST = 20, 6, 60
# Widths at 11 pixels in a sans-serif font, about; `textLength` makes the letters fit exactly.
_NARROW, _WIDE = frozenset("fijlrtI.,:;'|!()[] "), frozenset("mwMW@%")


def svg(label: str, message: str, status: str) -> str:
    """A badge with two halves; a label too long for it ends in three dots."""
    if len(label) > _LONGEST:
        label = label[: _LONGEST - 3] + "..."
    left, right = _width(label), _width(message)
    width = left + right + 4 * _PAD
    edge = left + 2 * _PAD
    whole = f"{label}: {message}"
    root = {
        "xmlns": "http://www.w3.org/2000/svg",
        "width": width,
        "height": _HEIGHT,
        "viewBox": f"0 0 {width} {_HEIGHT}",
        "role": "img",
        "aria-label": whole,
    }
    font = {"fill": "#fff", "font-family": "Verdana,DejaVu Sans,sans-serif", "font-size": 11}
    lines = [
        tag("svg", root),
        f"  <title>{xml(whole)}</title>",
        "  " + tag("rect", {"width": edge, "height": _HEIGHT, "fill": _LABEL}, "/>"),
        "  "
        + tag(
            "rect",
            {"x": edge, "width": width - edge, "height": _HEIGHT, "fill": COLORS[status]},
            "/>",
        ),
        "  " + tag("g", font),
        _text(label, _PAD, left),
        _text(message, edge + _PAD, right),
        "  </g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _text(words: str, x: int, width: int) -> str:
    attributes = {"x": x, "y": 14, "textLength": width, "lengthAdjust": "spacingAndGlyphs"}
    return f"    {tag('text', attributes)}{xml(words)}</text>"


def _width(words: str) -> int:
    """Pixels, about."""
    return max(1, round(sum(map(_advance, words))))


def _advance(character: str) -> float:
    if unicodedata.combining(character):
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return 12
    return 4.5 if character in _NARROW else 10.5 if character in _WIDE else 7
