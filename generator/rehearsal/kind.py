"""What a stand-in declares, and what it is once it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it knows this module
    from generator.rehearsal.sandbox import Sandbox


@dataclass(frozen=True)
class Trouble:
    """Something wrong that a check must notice, for as long as `lasting` is entered.

    `words` say what, for people: "while ...". Of several at one `place` one at a time can be
    told from the others. Where a check must leave the judgement `to_person`, it does not fail.
    """

    place: str
    words: str
    lasting: Callable[[], AbstractContextManager[None]]
    to_person: bool = False


class Standing:
    """A stand-in that runs. `environment` is for the script, `holes` fill words of the content."""

    environment: Mapping[str, str] = {}
    holes: Mapping[str, str] = {}
    right = ""  # what `wrong` has seen when it answers nothing

    def spoil(self) -> None:
        """Bring about what the procedure is there to mend."""

    def wrong(self) -> list[str]:
        """What is not as a rollback must leave it, seen from inside and not as a script sees it."""
        return []

    def troubles(self, action: str, arguments: Mapping[str, str]) -> list[Trouble]:
        """All that a check by this action must notice here, each undone when it is over."""
        return []

    def stop(self) -> None:
        """Everything that it has begun ends."""


@dataclass(frozen=True)
class StandIn:
    """Something of the world outside for which there is a stand-in, by the name that actions use.

    `begin` starts it in a sandbox where those that it `needs` run already. `holes` are the
    names that it gives to words of the content, `programs` those without which nothing works.
    Of all that `spoils` in a rehearsal, only the last in the table does. One that is judged
    `always` is so whenever it is needed, the others only where an action changes them.
    """

    name: str
    begin: Callable[[Sandbox], Standing]
    needs: tuple[str, ...] = ()
    holes: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    spoils: bool = False
    always: bool = False
