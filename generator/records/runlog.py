"""A run log, as the generated scripts write it -> what happened."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from generator.schema import is_moment

_SHA = re.compile(r"[0-9a-f]{64}")
# These words of a step's line say how it ended; others, such as 'before', say how it goes on.
# What was so already was not done.
_RESULTS = {"ok": "ok", "already so": "not-done", "by hand": "not-done", "failed": "failed"}


@dataclass(frozen=True)
class Run:
    """One run of one script. `start` and `end` are moments in UTC, as the log has them.

    `steps` has the result of each step that the log names: ok, failed or not-done. `exit`
    is that of the script; `stamp` is that of the procedure from which it was made. A `rehearsal`
    ran in a sandbox of Rollbook's own.
    """

    script: str
    script_sha256: str
    procedure: str
    stamp: str
    who: str
    arguments: str
    start: str
    end: str
    exit: int
    steps: dict[str, str]
    rehearsal: bool = False


def parse(raw: bytes) -> Run:
    """One whole run. Raises ValueError with the line that is wrong, and what to do."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8: this is no run log") from error
    entries = [_entry(n, line) for n, line in enumerate(text.splitlines(), 1)]
    if not entries or entries[0]["step"] != "start":
        raise ValueError("the first line does not say how the run began: this is no whole run log")
    first, last = entries[0], entries[-1]
    if last["step"] != "outcome":
        raise ValueError("the last line does not say how the run ended: the script was killed")
    for number, entry in enumerate(entries, 1):
        for key in ("run", "script", "script_sha256", "procedure"):
            if entry[key] != first[key]:
                raise ValueError(f"line {number}: another {key} than in line 1: these are two logs")
    if not _SHA.fullmatch(first["script_sha256"]):
        raise ValueError("the script could not tell its own hash (no sha256sum on that machine)")
    if "stamp" not in first:
        raise ValueError("the first line names no stamp: an older script wrote this log")
    for entry in (first, last):
        if not is_moment(entry["time"]):
            raise ValueError("the machine could not tell the time")
    steps: dict[str, str] = {}
    for entry in entries[1:-1]:
        steps[entry["step"]] = _RESULTS.get(
            entry["status"], "failed" if entry["exit"] else "not-done"
        )
    return Run(
        script=first["script"],
        script_sha256=first["script_sha256"],
        procedure=first["procedure"],
        stamp=first["stamp"],
        who=first.get("who", ""),
        arguments=first.get("arguments", ""),
        start=first["time"],
        end=last["time"],
        exit=last["exit"],
        steps=steps,
        rehearsal="rehearsal" in first,
    )


def outcome(run: Run) -> str:
    """How a rollback ended, in the word of its record: only 0 means that it was verified."""
    return {0: "verified", 7: "not-verified", 8: "not-verified"}.get(run.exit, "failed")


def _entry(number: int, line: str) -> dict:
    try:
        entry = json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"line {number} is not JSON: this is no run log, or it is cut") from error
    texts = ("time", "run", "script", "script_sha256", "procedure", "step", "status")
    if (
        not isinstance(entry, dict)
        or any(not isinstance(entry.get(key), str) for key in texts)
        or type(entry.get("exit")) is not int
    ):
        raise ValueError(f"line {number} lacks {', '.join(texts)} or exit: this is no run log")
    return entry


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
