"""What an action declares."""

from __future__ import annotations

from dataclasses import dataclass

from generator.model import Command


@dataclass(frozen=True)
class Option:
    """An option that an action adds to the scripts which use it.

    Of all that are `alone`, a run takes one at most. One that only `reads` holds the script to
    that, as --dry-run does. `arguments`: so many go with it, no more and no less.
    """

    name: str
    help: str
    choices: tuple[str, ...] = ()
    alone: bool = False
    reads: bool = False
    arguments: int | None = None


@dataclass(frozen=True)
class Action:
    """`parameters` come from `with`, those that are `optional` need not; `gives` are shell variables for later steps.

    `holes` names, for each hole in a command, the shell variable that fills it
    and the words in which the document shows it. `forms` are the patterns that fixed
    values of parameters must fit, because the commands are shown as they are run.
    `touches` is empty for an action that only reads. `environment` are the variables that
    it reads, with their meaning. `helpers` are templates of shell functions that the fragment uses. An action that
    `may_hand_over` lets a person finish where the script has no access. A script ends
    with 0 only if the last action that `changes` something is followed by one that
    `verifies` it, or does so itself. An action that `looks` is a check: its fragment is the
    body of a function that sets `found` and answers 0 (it holds), 1 (it does not) or 2 (it
    could not be looked at, or a person must judge). `stand_ins` name what a rehearsal needs in the
    place of the world outside: see generator/rehearsal/table.py. `names` says which parameters name something
    of the service's own repository, and of which kind: a key of RESOLVERS in `references/resolvers.py`.
    `only_looks` says with which values of which parameters the script asks no question.
    """

    name: str
    summary: str
    parameters: tuple[str, ...]
    needs: tuple[str, ...]
    gives: tuple[str, ...]
    commands: tuple[tuple[str, Command], ...]
    holes: tuple[tuple[str, str, str], ...]
    expect: str
    on_failure: str
    touches: str
    options: tuple[Option, ...] = ()
    forms: tuple[tuple[str, str], ...] = ()
    changes: bool = False
    verifies: bool = False
    uses: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    may_hand_over: bool = False
    environment: tuple[tuple[str, str], ...] = ()
    optional: tuple[str, ...] = ()
    looks: bool = False
    stand_ins: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    only_looks: tuple[tuple[str, str], ...] = ()

    @property
    def fragment(self) -> str:
        return f"actions/{self.name}.sh.j2"
