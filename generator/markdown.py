"""Everything that turns text of the content into Markdown, in one place.

The output reads the same on GitHub and in Python-Markdown, which disagree on
what a backslash escapes: where they do, a word is shown as code, which both
leave alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from wcwidth import wcswidth

from generator import model
from generator.refs import Target
from generator.text import Code, Plain, paragraphs, parts

URL = re.compile(r"https://[^\s<>]+")
_TAG_OR_ENTITY = re.compile(r"\S*(?:<[^\s]|&#?\w+;)\S*")
_SPECIAL = re.compile(r"[\\`*\[\]~$]|(?<![^\W_])_|_(?![^\W_])")
# First characters that begin a block in one dialect or another.
_BLOCK_START = re.compile(r"[-+#>|=:!?%{}^;&]\S*")
_ORDERED = re.compile(r"([0-9]+)([.)])(?=\s|$)")


class Markdown(str):
    """Text that is Markdown already and must not be escaped again."""

    __slots__ = ()


def code_span(text: str) -> Markdown:
    """Text as code, whatever backticks it holds."""
    text = " ".join(text.split()) or " "
    runs = re.findall("`+", text)
    if not runs:
        return Markdown(f"`{text}`")
    fence = "`" * (max(map(len, runs)) + 1)
    return Markdown(f"{fence} {text} {fence}")


def escape(text: str) -> Markdown:
    """Plain text that shows as it is, inside a paragraph, a heading or a list item."""
    out = []
    at = 0
    for match in _TAG_OR_ENTITY.finditer(text):
        out += [_backslashed(text[at : match.start()]), code_span(match.group())]
        at = match.end()
    out.append(_backslashed(text[at:]))
    return Markdown("".join(out))


def _backslashed(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def inline(text: str, targets: Mapping[tuple[str, str], Target], document: str = "") -> Markdown:
    """One paragraph of content: its code, its references as links, the rest escaped.

    `document` is the path from the output to the governed document, empty inside it.
    """
    text = " ".join(text.split())
    if URL.fullmatch(text):
        return Markdown(f"<{text}>")
    out = []
    for index, part in enumerate(parts(text)):
        if isinstance(part, Plain):
            out.append(_start(part.text) if index == 0 else escape(part.text))
        elif isinstance(part, Code):
            out.append(code_span(part.text))
        else:
            out.append(_reference(targets[part.kind, part.id], document))
    line = "".join(out)
    # A heading would lose closing hashes.
    return Markdown(re.sub(r"(\s)(#+)$", r"\1\\\2", line))


def _start(text: str) -> Markdown:
    """Escape text that begins a block."""
    if match := _BLOCK_START.match(text):
        return Markdown(code_span(match.group()) + escape(text[match.end() :]))
    if match := _ORDERED.match(text):
        return Markdown(f"{match.group(1)}\\{match.group(2)}{escape(text[match.end() :])}")
    return escape(text)


def _reference(target: Target, document: str) -> str:
    if isinstance(target.value, model.Unfilled):
        return f"**{escape(target.words)}**"
    if target.section is not None:
        return f"[{escape(target.words)}]({document}#{anchor(target.section.heading)})"
    return f"<{target.words}>" if URL.fullmatch(target.words) else escape(target.words)


def anchor(heading: str) -> str:
    """The fragment that GitHub and the site give to a heading."""
    plain = "".join(p.text if isinstance(p, (Plain, Code)) else "" for p in parts(heading))
    kept = "".join(
        c for c in plain.lower() if c in " -_" or unicodedata.category(c)[0] in "LNM"
    )
    return kept.strip().replace(" ", "-")


def fence(code: str, language: str) -> Markdown:
    """A code block that its own content cannot close."""
    code = code.rstrip("\n")
    ticks = max([2, *(len(run) for run in re.findall(r"^\s*(`{3,})", code, re.MULTILINE))]) + 1
    return Markdown(f"{'`' * ticks}{language}\n{code}\n{'`' * ticks}")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Markdown:
    """A table with even columns. Cells are Markdown; a '|' in them is escaped here."""
    cells = [[_cell(c) for c in row] for row in (header, *rows)]
    widths = [max(3, *(wcswidth(row[i]) for row in cells)) for i in range(len(header))]

    def line(row: Sequence[str]) -> str:
        padded = (c + " " * (w - wcswidth(c)) for c, w in zip(row, widths))
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * w for w in widths]
    return Markdown("\n".join([line(cells[0]), line(rule), *map(line, cells[1:])]))


def _cell(text: str) -> str:
    """In a table, Python-Markdown shows the backslash of an escaped '|' inside code."""
    if "|" not in text:
        return text
    plain = re.sub(r"(`+)(?!`)(.*?)(?<!`)\1(?!`)", lambda m: escape(m.group(2).strip()), text)
    return re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\\|", plain)


_LIST_START = re.compile(r"(- |[0-9]+[.)] )")
_LIST_LINE = re.compile(r"(- |[0-9]+[.)] |    )")


def join_blocks(blocks: Iterable[str]) -> Markdown:
    """Blocks under each other. Two lists in a row would become one: a comment parts them."""
    out: list[str] = []
    for block in (b.strip("\n") for b in blocks):
        if not block:
            continue
        if out and _LIST_START.match(block) and _LIST_LINE.match(out[-1].rsplit("\n", 1)[-1]):
            out.append("<!-- -->")
        out.append(block)
    return Markdown("\n\n".join(out))


def tidy(text: str) -> str:
    """One empty line where a template left several, outside of code; one line end at the end."""
    out: list[str] = []
    closing = ""
    for line in text.split("\n"):
        bare = line.strip()
        if closing:
            if bare == closing:
                closing = ""
        elif found := re.match(r"(`{3,})", bare):
            closing = found.group(1)
        elif not bare:
            if not out or not out[-1]:
                continue
            line = ""
        out.append(line.rstrip() if not closing else line)
    return "\n".join(out).strip("\n") + "\n"


def formatted(text: str) -> str:
    """`text` as mdformat writes it: the form in which every Markdown output is kept."""
    import mdformat  # Slow to import, and not needed where nothing has changed.

    return mdformat.text(text, options={"number": True}, extensions=["gfm", "mkdocs"])


__all__ = [
    "Markdown", "anchor", "code_span", "escape", "fence", "formatted", "inline", "join_blocks",
    "paragraphs", "table", "tidy",
]
