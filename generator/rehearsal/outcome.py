"""What comes of a rehearsal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generator.rehearsal.running import Ended
from generator.render.commands import Scripted

# Seconds that a script, and a command of the content around it, may take.
SCRIPT, COMMAND = 900, 120
# How a script goes on with a sentence that did not fit a line.
_CONTINUED = " " * 16


@dataclass(frozen=True)
class Outcome:
    """How a rehearsal went. `state` is done, failed or 'not rehearsed', which `reason` explains.

    `arguments` are those of the script, with the holes of the content; `exit` is its status.
    `wrong` says all that is not as it must be, `right` what was seen to be so apart from the
    script. `steps` have their results as a drill record has them, items of a checklist as they
    stood while everything worked; `left` are those for people, `unseen` what nothing could look at
    and why. `starts`: the content starts something of its own. `said` are the last lines of a
    script that failed. `log` is there as long as the sandbox is.
    """

    thing: Scripted
    state: str
    reason: str = ""
    exit: int | None = None
    seconds: float = 0.0
    script_sha256: str = ""
    arguments: tuple[str, ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    starts: bool = False
    stand_ins: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    log: Path | None = None


def ending(what: str, ended: Ended) -> str:
    if ended.code is None:
        return f"{what} took longer than {ended.seconds:.0f} seconds"
    if ended.code < 0:
        return f"{what} was killed by signal {-ended.code}"
    return f"{what} ended with {ended.code}"


def tail(ended: Ended) -> tuple[str, ...]:
    """The last lines that a script has said, in its own words."""
    lines: list[str] = []
    for line in [*ended.out.splitlines()[-6:], *ended.err.splitlines()[-16:]]:
        line = "".join(c if c.isprintable() else "?" for c in line)
        # The log is gone with the sandbox, or told with it.
        if not line.strip() or line.startswith("Run log: "):
            continue
        if line.startswith(_CONTINUED) and lines:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return tuple(lines)
