"""A run log, as the generated scripts write it -> what happened."""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass
from functools import cache

from generator.schema import folder, is_moment

_SHA = re.compile(r"[0-9a-f]{64}")
# These words of a step's line say how it ended; others, such as 'before', say how it goes on.
# What was so already was not done.
_RESULTS = {"ok": "ok", "already so": "not-done", "by hand": "not-done", "failed": "failed"}


@dataclass(frozen=True)
class Run:
    """One run of one script. `start` and `end` are moments in UTC, as the log has them.

    `steps` has the result of each step that the log names: ok, failed or not-done. `exit`
    is that of the script; `stamp` is that of the procedure from which it was made. A `rehearsal`
    ran in a sandbox of Rollbook's own. `did` is a word of `words()`, empty in a log of an older
    script; `verified` says whether every check of the result held. `hosts` are those that it reached;
    `service` is empty in a log of an older script.
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
    did: str = ""
    verified: bool = False
    hosts: tuple[str, ...] = ()
    service: str = ""

    @property
    def restored(self) -> bool:
        """Whether it brought an earlier state of production back, and saw that."""
        return self.did in RESTORED

    @property
    def loopback(self) -> str | None:
        """A host on the machine itself: whatever was moved there, it was not production."""
        return next((h for h in self.hosts if _is_loopback(h)), None)


# Production is in an earlier state; the same, begun and not seen. See `words`.
RESTORED = ("moved", "restored", "changed")
RESTORING = ("moving", "restoring", "changing")


@cache
def words() -> dict[str, str]:
    """What a run can have done: the word of the log, and what it means."""
    path = folder() / "reports/run-log.schema.json"
    found = json.loads(path.read_text("utf-8"))["properties"]["did"]["oneOf"]
    return {word["const"]: word["description"] for word in found}


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
    if last.get("did", "") not in ("", *words()):
        raise ValueError(f"the last line says '{last['did']}', which is no word for what a run did")
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
        did=last.get("did", ""),
        verified=last.get("verified") == "yes",
        hosts=tuple(str(first.get("hosts", "")).split()),
        service=str(first.get("service", "")),
    )


def outcome(run: Run) -> str:
    """How a rollback ended, in the word of its record.

    Raises ValueError where the run rolled nothing back, or its log does not say what it did.
    """
    if not run.did:
        raise ValueError("an older script wrote this log: it does not say what the run did")
    if run.did not in RESTORED + RESTORING:
        raise ValueError(
            f"the run rolled nothing back. Its log says '{run.did}': {words()[run.did]}"
        )
    return "verified" if run.restored and run.verified else "not-verified"


def _is_loopback(host: str) -> bool:
    name = re.sub(r":[0-9]+$", "", host).strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


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
