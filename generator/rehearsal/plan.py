"""Whether a procedure can be rehearsed, and how: from the actions that its steps use, never from its name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generator import actions, model
from generator.rehearsal.kind import StandIn
from generator.rehearsal.table import STAND_INS, wanted
from generator.render.commands import actions_of, argument_name, arguments_of, doings
from generator.render.scripts.head import programs_of
from generator.text import Hole, holes

# The parameter of every action that reaches an address.
_ADDRESS = "address"


@dataclass(frozen=True)
class Plan:
    """How a procedure is rehearsed.

    `judged` are the stand-ins that must be good in the end, `spoiler` the one that brings about the
    trouble. `facts` are those for which something stands in: the id, and the variable that
    overrules it; `addresses` the variables among them that lead to the stand-in of the application.
    """

    procedure: model.Procedure
    stand_ins: tuple[StandIn, ...]
    judged: frozenset[str]
    spoiler: str | None
    programs: frozenset[str]
    arguments: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    addresses: tuple[str, ...]

    @property
    def how(self) -> model.Rehearsal:
        return self.procedure.rehearsal or model.Rehearsal()

    @property
    def by_hand(self) -> tuple[str, ...]:
        """The steps that no script does."""
        return tuple(s.title for s in self.procedure.steps if not s.runs)


def plan(
    procedure: model.Procedure, book: model.Handbook, table: tuple[StandIn, ...] = STAND_INS
) -> Plan | str:
    """The plan, or the reason why there is none."""
    if procedure.script is None:
        return "it has no script; people do it by hand"
    how = procedure.rehearsal or model.Rehearsal()
    used = actions_of(procedure)
    known = {s.name for s in table}
    for action in used:
        if unknown := [n for n in action.stand_ins if n not in known]:
            return f"nothing stands in for {unknown[0]} ({action.name})"
    if (own := own_words(procedure)) and how.served is None:
        return f"nothing stands in for {own[0]}; 'rehearsal' in the content can say what does"
    if outside := [w for w in own if "://" in w]:
        return f"a command of its own names an address of the world outside: {outside[0]}"
    names = {n for a in used for n in a.stand_ins}
    judged = {n for a in used if a.changes for n in a.stand_ins}
    stand_ins = wanted(names, table)
    if not judged and how.served is None:
        return "nothing can be judged: its actions change nothing"
    found = _facts(procedure, book, how)
    if isinstance(found, str):
        return found
    facts, addresses = found
    if addresses and "web" not in {s.name for s in stand_ins}:
        return "nothing stands in for the address that its actions ask"
    arguments = how.arguments if how.arguments is not None else _arguments(procedure, stand_ins)
    if isinstance(arguments, str):
        return arguments
    words = [*how.stop, *(s.words for s in how.start)]
    words += [how.served.words] if how.served else []
    return Plan(
        procedure=procedure,
        stand_ins=stand_ins,
        judged=frozenset(judged | {s.name for s in stand_ins if s.always and s.name in names}),
        spoiler=next((s.name for s in reversed(stand_ins) if s.spoils), None),
        programs=frozenset(
            {
                "sh",
                *programs_of(procedure),
                *(p for s in stand_ins for p in s.programs),
                *how.programs,
                # One with a path is started where it lies.
                *(w[0] for w in words if "/" not in w[0] and "{" not in w[0]),
            }
        ),
        arguments=tuple(arguments),
        facts=facts,
        addresses=addresses,
    )


def own_words(procedure: model.Procedure) -> list[str]:
    """The words of the commands that the content itself has the script run."""
    found = [d for d in doings(procedure) if isinstance(d, model.Check) or d.runs]
    return [w for d in found for c in d.commands for w in c.words]


def _facts(
    procedure: model.Procedure, book: model.Handbook, how: model.Rehearsal
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]] | str:
    """The facts that a sandbox stands in for, and which of them are addresses; or why it cannot."""
    facts = {f.id: f for g in book.service.fact_groups for f in g.facts}
    asked = set(_asked(procedure))
    fixed = [p.id for p in procedure.parameters if p.id in asked and p.fact is None]
    if fixed or not asked <= {p.id for p in procedure.parameters}:
        return f"the address is no fact that a variable could overrule ({', '.join(fixed)})"
    own = {p.name for w in own_words(procedure) for p in holes(w) if isinstance(p, Hole)}
    stood: list[tuple[str, str]] = []
    addresses: list[str] = []
    for parameter in procedure.parameters:
        if parameter.fact is None:
            continue
        fact = facts[parameter.fact]
        given = fact.env in how.environment
        unknown = isinstance(fact.value, model.Unfilled)
        # A command of the content must not get the real address of something.
        real = parameter.id in own and not unknown and "://" in fact.value
        if parameter.id not in asked and not unknown and not real and not given:
            continue
        if fact.env is None:
            return (
                f"the fact '{fact.id}' has no variable (env) by which a sandbox could overrule it"
            )
        if parameter.id in asked:
            addresses.append(fact.env)
        elif not given:
            return f"nothing stands in for the fact '{fact.id}': set {fact.env} in 'rehearsal'"
        stood.append((fact.id, fact.env))
    return tuple(dict.fromkeys(stood)), tuple(dict.fromkeys(addresses))


def _asked(procedure: model.Procedure) -> Iterable[str]:
    """The parameters that hold an address which an action asks; the word itself where it is none."""
    for doing in doings(procedure):
        if doing.action and actions.find(doing.action) and _ADDRESS in doing.arguments:
            parts = holes(doing.arguments[_ADDRESS])
            yield parts[0].name if len(parts) == 1 and isinstance(parts[0], Hole) else "://"


def _arguments(procedure: model.Procedure, stand_ins: Iterable[StandIn]) -> list[str] | str:
    """The arguments that follow from the parameters: a commit is the good one."""
    given = {h for s in stand_ins for h in s.holes}
    found = []
    for parameter in arguments_of(procedure):
        if parameter.repeat or parameter.value is not None:
            break
        if parameter.type != "commit" or "good-commit" not in given:
            return f"nothing says which <{argument_name(parameter)}> it is: 'rehearsal: arguments'"
        found.append("{good-commit}")
    return found
