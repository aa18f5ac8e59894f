"""What the document shows of a program, beside what a script calls it with."""

from __future__ import annotations

import re
import shutil

from tests.vercel.vercelworld import DOCUMENT, World

_RECORD = """#!/bin/sh
for word in {program} "$@"; do printf '%s\\036' "$word"; done >>"$CALLS"
printf '\\035' >>"$CALLS"
{act}
"""


def record(w: World, program: str, act: str | None = None) -> None:
    """Puts a stand-in before a program: it writes down its words, then acts or calls the real one."""
    path = w.folder / "bin" / program
    act = act or f'exec {shutil.which(program)} "$@"'
    path.write_text(_RECORD.format(program=program, act=act))
    path.chmod(0o755)


def calls(w: World) -> list[list[str]]:
    return [c.split("\036")[:-1] for c in (w.folder / "calls").read_text().split("\035")[:-1]]


def shown(begin: str, end: str, program: str) -> dict[str, re.Pattern[str]]:
    """The lines of a program between two headings, and what a call looks like that is one of them."""
    text = DOCUMENT.read_text("utf-8")
    section = text[text.index(begin) : text.index(end)]
    lines = re.findall(rf"^    ({program} .*)$", section, re.MULTILINE)
    # The document quotes a word only where a shell needs it.
    return {
        line: re.compile(re.sub(r"<[\w\\-]+>", ".*", re.escape(line.replace("'", ""))))
        for line in lines
    }


def found(patterns: dict[str, re.Pattern[str]], call: list[str]) -> list[str]:
    return [line for line, pattern in patterns.items() if pattern.fullmatch(" ".join(call))]
