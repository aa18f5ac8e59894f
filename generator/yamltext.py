"""Everything that turns data and text into YAML, in one place.

What a program reads is dumped from plain data; people read the comments above it. A text
that could be taken for something else than a text stands in quotes.
"""

from __future__ import annotations

import re
import textwrap

import yaml

# Words of letters that YAML 1.1 takes for a flag or for nothing.
_NOT_TEXT = re.compile(r"(true|false|yes|no|on|off|y|n|null)", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[-./:][A-Za-z0-9_]+)*(?:[ ][A-Za-z0-9_]+)*")
_WIDTH = 96


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists stand indented below their key."""
        return super().increase_indent(flow, False)


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    # PyYAML takes double quotes where a text cannot stand in the style that is asked for.
    if "\n" in text:
        style = "|"
    elif _PLAIN.fullmatch(text) and not _NOT_TEXT.fullmatch(text):
        style = ""
    else:
        style = "'" if '"' in text else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_multi_representer(str, _text)


def dump(data: object) -> str:
    """`data` (mappings, lists, texts, numbers) as YAML for people: one value a line, in order."""
    return yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=float("inf"),
    )


def comment(lines: list[str]) -> str:
    """Lines of a comment; a line that is too long goes on in the next, indented alike."""
    found = []
    for line in lines:
        words = "".join(c if c.isprintable() else " " for c in line)
        hang = " " * (len(words) - len(words.lstrip(" -")))
        wrapped = textwrap.wrap(
            words,
            _WIDTH,
            subsequent_indent=hang,
            break_long_words=False,
            break_on_hyphens=False,
        )
        found += [f"# {w}".rstrip() for w in wrapped or [""]]
    return "".join(f"{line}\n" for line in found)
