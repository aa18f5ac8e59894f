"""Text of the content as something that GitHub shows and never acts on."""

from __future__ import annotations


def block(text: str) -> str:
    """`text` as an indented code block of Markdown, to be put behind a paragraph.

    An indented block has no end mark that the text could contain: whatever stands in it,
    it mentions nobody, refers to no issue, opens no comment and no fence. `splitlines`
    knows every character that any Markdown takes for the end of a line.
    """
    lines = text.strip("\n").splitlines() or [""]
    return "\n".join(f"    {line}".rstrip() for line in lines)


def cut(text: str, room: int) -> str:
    """Whole lines of `text` in at most `room` characters; the last line says what was left out."""
    if len(text) <= room:
        return text
    lines = text.splitlines()
    kept: list[str] = []
    used = len(_left_out(len(lines)))
    for line in lines:
        used += len(line) + 1
        if used > room:
            break
        kept.append(line)
    return "\n".join([*kept, _left_out(len(lines) - len(kept))])


def _left_out(lines: int) -> str:
    return f"... {lines} more lines: run `rollbook check`"
