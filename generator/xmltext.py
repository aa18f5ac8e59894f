"""Text inside XML, for JUnit reports and pictures: escaped, and pure ASCII in any encoding."""

from __future__ import annotations

import re

# What XML 1.0 cannot hold, not even written as a number.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A parser takes a bare return for a line feed.
_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
# In an attribute it takes every white space for a space.
_ATTRIBUTE = {**_TEXT, '"': "&quot;", "\t": "&#9;", "\n": "&#10;"}


def xml(text: str, escapes: dict[str, str] = _TEXT) -> str:
    """`text` for an element."""
    kept = _FORBIDDEN.sub("", text).translate(str.maketrans(escapes))
    return kept.encode("ascii", "xmlcharrefreplace").decode()


def tag(name: str, attributes: dict[str, object], end: str = ">") -> str:
    """A start tag; with `end='/>'` an empty element."""
    written = "".join(f' {key}="{xml(str(v), _ATTRIBUTE)}"' for key, v in attributes.items())
    return f"<{name}{written}{end}"
