"""What is asked for when something is recorded: flags, or questions in a terminal.

Each command's fields stand in one table, from which come the flags, their help and the
questions.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator import model


@dataclass(frozen=True)
class Field:
    """One fact of a record. Required ones are asked for in a terminal when no flag gives them."""

    name: str
    help: str
    metavar: str = "TEXT"
    required: bool = False
    many: bool = False
    choices: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        return f"--{self.name}"

    @property
    def key(self) -> str:
        return self.name.replace("-", "_")


_PERSON = "NAME, ROLE"
_DAY = "YYYY-MM-DD"
_SUPERSEDES = Field("supersedes", "the record that this one corrects", "RECORD")
# Which run of which procedure it was: as the log says, or a person.
_RUN = (
    Field("from", "the run log of the script that ran", "LOG"),
    Field("procedure", "the procedure, where no run log names it", "ID"),
    Field("start", "when it began, in UTC, where no run log says it", "YYYY-MM-DDTHH:MM:SSZ"),
    Field("end", "when it ended, likewise", "YYYY-MM-DDTHH:MM:SSZ"),
)

REVIEW = (
    Field("reviewer", "who read the document; the role is an id of contacts.yaml", _PERSON, True),
    Field("approver", "who accepted the review", _PERSON, True),
    Field("scope", "what was looked at", required=True),
    Field("outcome", "what it led to", required=True, choices=("no-change", "changed", "retire")),
    Field("finding", "one thing that it found; may be given again", many=True),
    Field("next", "the next review, where it is wanted earlier than the cycle", _DAY),
    Field("date", "the day of the review (default: today)", _DAY),
    _SUPERSEDES,
)
DRILL = (
    *_RUN,
    Field(
        "environment",
        "where it was done",
        required=True,
        choices=("sandbox", "staging", "production"),
    ),
    Field("participant", "who took part; may be given again", _PERSON, True, many=True),
    Field(
        "step",
        "a step that a person did: ok, failed or not-done, and what there is to say",
        "ID=RESULT[: NOTE]",
        many=True,
    ),
    Field(
        "verification",
        "whether a person found the result good, where the script did not",
        choices=("passed", "failed", "not-done"),
    ),
    Field("table-top", "the steps were only talked through", "", choices=("yes",)),
    Field("deviation", "where it departed from the procedure; may be given again", many=True),
    Field(
        "action", "what has to be mended; may be given again", "WHAT, ROLE, YYYY-MM-DD", many=True
    ),
    Field("night", "would this have worked at 03:00? In your words"),
    Field("reviewer", "who looked through this record", _PERSON),
    _SUPERSEDES,
)
CARRY = (
    Field("drill", "the drill that still stands", "RECORD", True),
    Field("reason", "why the difference of the script does not matter", required=True),
    Field("approver", "who decides it", _PERSON, True),
    _SUPERSEDES,
)
WAIVER = (
    Field("clock", "which clock may be late: review, or drill:PROCEDURE", "CLOCK", True),
    Field("reason", "why", required=True),
    Field("approver", "who allows it", _PERSON, True),
    Field("until", "the last day, at most 30 days after it is granted", _DAY, True),
    Field("granted", "the first day (default: today)", _DAY),
    _SUPERSEDES,
)
ROLLBACK = (
    *_RUN,
    Field(
        "outcome",
        "how it ended, where no run log says it",
        choices=("verified", "not-verified", "failed"),
    ),
    Field("who", "who did it", _PERSON, True),
    Field("trigger", "what made it necessary", required=True),
    Field("no-change", "why the document needs no change after it, where that is decided", "WHY"),
    _SUPERSEDES,
)


def ask(options: argparse.Namespace, fields: Iterable[Field], book: model.Handbook) -> None:
    """Ask for the required facts that no flag gave. Raises UsageError where nobody can answer."""
    from generator.load import UsageError

    missing = [f for f in fields if f.required and not getattr(options, f.key)]
    if not missing:
        return
    if not (sys.stdin and sys.stdin.isatty()):
        raise UsageError(f"missing: {', '.join(f.flag for f in missing)}")
    if any(f.metavar == _PERSON for f in missing):
        print(textwrap.fill(f"Roles: {', '.join(book.contacts.roles)}", 80))
    for field in missing:
        allowed = f" ({', '.join(field.choices)})" if field.choices else ""
        shape = f" [{field.metavar}]" if field.metavar in (_PERSON, _DAY) else ""
        answer = ""
        while not answer or not _understood(field, answer, book):
            try:
                answer = input(f"{field.help}{allowed}{shape}: ").strip()
            except EOFError as error:
                raise UsageError(f"no answer; nothing was recorded ({field.flag})") from error
        setattr(options, field.key, [answer] if field.many else answer)


def _understood(field: Field, answer: str, book: model.Handbook) -> bool:
    """Whether an answer can be used; else says why, so that it is given again at once."""
    from generator.freshness import parse_day
    from generator.load import UsageError
    from generator.records.making import person

    try:
        if field.metavar == _PERSON:
            person(answer, field.flag, book)
        elif field.metavar == _DAY:
            parse_day(answer)
    except (UsageError, ValueError) as error:
        print(error)
        return False
    return not field.choices or answer in field.choices
