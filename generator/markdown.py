"""Everything that turns text of the content into Markdown, in one place.

The output reads the same on GitHub and in Python-Markdown, which disagree on
what a backslash escapes: where they do, a word is shown as code, which both
leave alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from generator import model
from generator.refs import Target
from generator.text import Code, Plain, paragraphs, parts

URL = re.compile(
    r"https://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]+)?(?:[/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*)?"
)
# A word that is an address, with the punctuation of the sentence around it.
_ADDRESS = re.compile(
    rf"([(\"']?)({URL.pattern}?|[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9]+)+)([)\"']?[.,;:!?]*)"
)
# What a backslash does not hide everywhere: tags and entities, math, lines through text,
# and addresses, which one dialect turns into links and another does not. The last, what could
# be the middle of a link: with a space in its address, mdformat takes the backslashes away.
_NOT_PLAIN = re.compile(r"\]\(|[<$~]|&#?\w+;|\\\||://|^\W*www\.|\w@\w", re.IGNORECASE)
_SPECIAL = re.compile(r"[\\`*\[\]]|(?<![^\W_])_|_(?![^\W_])")
# First characters that begin a block in one dialect or another; +27 begins a telephone number.
_BLOCK_START = re.compile(r"(?:[-#>|=:!?%{}^;&\[\]]|\+(?!\d)|///)")
_ORDERED = re.compile(r"([0-9]+)([.)])")


class Markdown(str):
    """Text that is Markdown already and must not be escaped again."""

    __slots__ = ()


def code_span(text: str) -> Markdown:
    """Text as code, whatever backticks it holds.

    Two or more in a row stand between spans: a span that begins with three would be
    taken for a block of code at the start of a line.
    """
    text = " ".join(text.split()) or " "
    out = []
    for piece in re.split("(`{2,})", text):
        if piece.startswith("``"):
            out.append(r"\`" * len(piece))
        elif "`" in piece:
            out.append(f"`` {piece} ``")
        elif piece:
            out.append(f"`{piece}`")
    return Markdown("".join(out))


def escape(text: str, *, links: bool = True) -> Markdown:
    """Plain text that shows as it is, inside a paragraph, a heading or a list item."""
    return _joined(_words(text, links=links))


def _words(text: str, *, links: bool, start: bool = False) -> Iterator[str | Code]:
    """The words of plain text and what stands between them; `start`: it may begin a block."""
    for index, word in enumerate(re.split(r"(\s+)", text)):
        first = start and index == 0
        if first and (found := _ORDERED.fullmatch(word)):
            yield Markdown(f"{found.group(1)}\\{found.group(2)}")
        elif not links:
            yield from _apart(word, code=first and bool(_BLOCK_START.match(word)))
        elif first and _BLOCK_START.match(word):
            yield Code(word)
        elif not _NOT_PLAIN.search(word):
            yield _backslashed(word)
        elif found := _ADDRESS.fullmatch(word):
            before, address, after = found.groups()
            if after.startswith(")") and before != "(" and URL.fullmatch(address + ")"):
                address, after = address + ")", after[1:]
            yield Markdown(f"{before}<{address}>{after}")
        else:
            yield Code(word)


def _backslashed(text: str) -> Markdown:
    return Markdown(_SPECIAL.sub(r"\\\g<0>", text))


def _apart(text: str, *, code: bool = False) -> Iterator[str | Code]:
    """Text inside the text of a link: '](' and ']:' would end it, even in code."""
    for index, piece in enumerate(text.split("]")):
        if index:
            yield Markdown(r"\]")
        if piece:
            plain = not code and piece[0] not in "(:" and not _NOT_PLAIN.search(piece)
            yield _backslashed(piece) if plain else Code(piece)


def _joined(pieces: Iterable[str | Code]) -> Markdown:
    """Pieces of a line. Code that touches code becomes one span: two would end each other."""
    out: list[str | Code] = []
    for piece in pieces:
        if isinstance(piece, Code) and out and isinstance(out[-1], Code):
            out[-1] = Code(out[-1].text + piece.text)
        elif piece:
            out.append(piece)
    return Markdown("".join(code_span(p.text) if isinstance(p, Code) else p for p in out))


def inline(
    text: str, targets: Mapping[tuple[str, str], Target], document: str = "", *, links: bool = True
) -> Markdown:
    """One paragraph of content: its code, its references as links, the rest escaped.

    `document` is the path from the output to the governed document, empty inside it.
    Without `links` the result can itself be the text of a link.
    """
    text = " ".join(text.split())
    if links and URL.fullmatch(text):
        return Markdown(f"<{text}>")
    out: list[str | Code] = []
    for index, part in enumerate(parts(text)):
        if isinstance(part, Plain):
            out += _words(part.text, links=links, start=index == 0)
        elif isinstance(part, Code):
            out += [part] if links else _apart(part.text, code=True)
        else:
            out.append(_reference(targets[part.kind, part.id], document, links=links))
    # A heading would lose closing hashes.
    return Markdown(re.sub(r"(\s)(#+)$", r"\1\\\2", _joined(out)))


def _reference(target: Target, document: str, *, links: bool) -> Markdown:
    if isinstance(target.value, model.Unfilled):
        return Markdown(f"**{escape(target.words, links=links)}**")
    if links and target.section is not None:
        words = escape(target.words, links=False)
        return Markdown(f"[{words}]({document}#{anchor(target.section.heading)})")
    if links and URL.fullmatch(target.words):
        return Markdown(f"<{target.words}>")
    return escape(target.words, links=links)


def anchor(heading: str) -> str:
    """The fragment that GitHub and the site give to a heading."""
    heading = " ".join(heading.split())
    plain = "".join(p.text if isinstance(p, (Plain, Code)) else "" for p in parts(heading))
    return slug(plain)


def slug(plain: str) -> str:
    """The anchor of a heading that reads like this."""
    kept = "".join(c for c in plain.lower() if c in " -_" or unicodedata.category(c)[0] in "LNM")
    return kept.replace(" ", "-")


def fence(code: str, language: str) -> Markdown:
    """A code block that its own content cannot close."""
    code = code.rstrip("\n")
    ticks = max([2, *(len(run) for run in re.findall(r"^\s*(`{3,})", code, re.MULTILINE))]) + 1
    return Markdown(f"{'`' * ticks}{language}\n{code}\n{'`' * ticks}")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Markdown:
    """A table with even columns. Cells are Markdown; a '|' in them is escaped here."""
    cells = [[_cell(c) for c in row] for row in (header, *rows)]
    widths = [max(3, *(_width(row[i]) for row in cells)) for i in range(len(header))]

    def line(row: Sequence[str]) -> str:
        padded = (c + " " * (w - _width(c)) for c, w in zip(row, widths))
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * w for w in widths]
    return Markdown("\n".join([line(cells[0]), line(rule), *map(line, cells[1:])]))


_CELL_PART = re.compile(r"\\.|(`+)(?!`)(.+?)(?<!`)\1(?!`)|\|")


def _width(text: str) -> int:
    """Columns of a terminal. mdformat's own measure is finer, and slow to load."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _cell(text: str) -> str:
    """A '|' would end the cell, also inside code, where one dialect shows its backslash."""

    def part(match: re.Match[str]) -> str:
        if match.group() == "|":
            return r"\|"
        code = match.group(2)
        if code is None or "|" not in code:
            return match.group()
        spans = ((c.strip() and code_span(c)) for c in code.split("|"))
        return r" \| ".join(spans).strip()

    return _CELL_PART.sub(part, text)


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
    "Markdown",
    "anchor",
    "code_span",
    "escape",
    "fence",
    "formatted",
    "inline",
    "join_blocks",
    "paragraphs",
    "table",
    "tidy",
]
