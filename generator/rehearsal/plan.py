"""Whether a script can be rehearsed, and how: from the actions that it uses, never from its name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from generator import actions, model
from generator.rehearsal.expecting import ADDRESS, NOT_CHECKED, SAYS, Expected, expected
from generator.rehearsal.kind import StandIn
from generator.rehearsal.table import STAND_INS, wanted
from generator.render.commands import Scripted, actions_of, argument_name, arguments_of, doings
from generator.render.scripts.head import programs_of
from generator.render.scripts.parts import changes
from generator.text import Hole, holes


@dataclass(frozen=True)
class Plan:
    """How a script is rehearsed, that of a procedure or of a checklist.

    `facts` are those for which something stands in: the id, and the variable that overrules it;
    `addresses` the variables among them that lead to the stand-in of the application. Of a
    procedure: `judged` are the stand-ins that must be good in the end, `spoiler` the one that
    brings about the trouble. Of a checklist: `items` say what must be found, `paths` are those
    of the service's repository that it looks at, `first` is the rollback whose run logs it reads.
    """

    thing: Scripted
    stand_ins: tuple[StandIn, ...]
    programs: frozenset[str]
    arguments: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    addresses: tuple[str, ...]
    judged: frozenset[str] = frozenset()
    spoiler: str | None = None
    items: tuple[Expected, ...] = ()
    paths: tuple[str, ...] = ()
    first: Plan | None = None

    @property
    def how(self) -> model.Rehearsal:
        if isinstance(self.thing, model.Procedure):
            return self.thing.rehearsal or model.Rehearsal()
        return self.first.how if self.first else model.Rehearsal()

    @property
    def by_hand(self) -> tuple[str, ...]:
        """The steps that no script does, the items that no script decides."""
        if isinstance(self.thing, model.Procedure):
            return tuple(s.title for s in self.thing.steps if not s.runs)
        return tuple(e.item.text for e in self.items if e.result == NOT_CHECKED and not e.why)


def plan(
    thing: Scripted, book: model.Handbook, table: tuple[StandIn, ...] = STAND_INS
) -> Plan | str:
    """The plan, or the reason why there is none."""
    if thing.script is None:
        return "it has no script; people do it by hand"
    if isinstance(thing, model.Checklist):
        return _checklist(thing, book, table)
    how = thing.rehearsal or model.Rehearsal()
    used = actions_of(thing)
    known = {s.name for s in table}
    for action in used:
        if unknown := [n for n in action.stand_ins if n not in known]:
            return f"nothing stands in for {unknown[0]} ({action.name})"
    if (own := own_words(thing)) and how.served is None:
        return f"nothing stands in for {own[0]}; 'rehearsal' in the content can say what does"
    if outside := [w for w in own if "://" in w]:
        return f"a command of its own names an address of the world outside: {outside[0]}"
    judged = {n for a in used if a.changes for n in a.stand_ins}
    if not judged and how.served is None:
        return "nothing can be judged: its actions change nothing"
    found = _plan(thing, book, table, how)
    if isinstance(found, str):
        return found
    names = {n for a in used for n in a.stand_ins}
    words = [*how.stop, *(s.words for s in how.start)]
    words += [how.served.words] if how.served else []
    return replace(
        found,
        judged=frozenset(
            judged | {s.name for s in found.stand_ins if s.always and s.name in names}
        ),
        spoiler=next((s.name for s in reversed(found.stand_ins) if s.spoils), None),
        programs=frozenset(
            {
                *found.programs,
                *how.programs,
                # One with a path is started where it lies.
                *(w[0] for w in words if "/" not in w[0] and "{" not in w[0]),
            }
        ),
    )


def _checklist(
    checklist: model.Checklist, book: model.Handbook, table: tuple[StandIn, ...]
) -> Plan | str:
    if own := own_words(checklist):
        return f"nothing stands in for {own[0]}, which a check of its own runs"
    used = actions_of(checklist)
    if unknown := [a for a in used if a.verifies and not a.stand_ins and a.name not in SAYS]:
        return f"nothing says what {unknown[0].name} must find in a sandbox"
    items = expected(checklist, book, {s.name for s in table})
    paths = _paths(items)
    if bad := [p for p in paths if p.startswith("/") or {"..", ".git"} & {*p.lower().split("/")}]:
        return f"it looks at a path that is not of the repository: {bad[0]}"
    reports = any("runs" in a.helpers for a in used)
    if not reports and not any(e.checks for e in items):
        return "nothing can be judged: nothing stands in for what it looks at"
    found = _plan(checklist, book, table, model.Rehearsal())
    if isinstance(found, str):
        return found
    found = replace(found, items=items, paths=paths)
    if not reports:
        return found
    rollbacks = (plan(p, book, table) for p in book.procedures if any(map(changes, p.steps)))
    first = next((p for p in rollbacks if isinstance(p, Plan)), None)
    if first is None:
        return "there is no rollback that it could report: no procedure can be rehearsed"
    return replace(
        found,
        first=first,
        stand_ins=wanted({s.name for s in (*found.stand_ins, *first.stand_ins)}, table),
        programs=found.programs | first.programs,
        facts=tuple(dict.fromkeys((*found.facts, *first.facts))),
        addresses=tuple(dict.fromkeys((*found.addresses, *first.addresses))),
    )


def _plan(
    thing: Scripted, book: model.Handbook, table: tuple[StandIn, ...], how: model.Rehearsal
) -> Plan | str:
    """What is asked of every script: where it runs and how it is called."""
    stand_ins = wanted({n for a in actions_of(thing) for n in a.stand_ins}, table)
    found = _facts(thing, book, how)
    if isinstance(found, str):
        return found
    facts, addresses = found
    if addresses and "web" not in {s.name for s in stand_ins}:
        return "nothing stands in for the address that its actions ask"
    arguments = how.arguments if how.arguments is not None else _arguments(thing, stand_ins)
    if isinstance(arguments, str):
        return arguments
    programs = {"sh", *programs_of(thing), *(p for s in stand_ins for p in s.programs)}
    return Plan(thing, stand_ins, frozenset(programs), tuple(arguments), facts, addresses)


def _paths(items: Iterable[Expected]) -> tuple[str, ...]:
    """What its checks look for in the service's own repository."""
    return tuple(
        check.arguments[name]
        for found in items
        for check in found.checks
        if (action := actions.find(check.action or ""))
        for name, kind in action.names
        if kind == "path" and name in check.arguments
    )


def own_commands(thing: Scripted) -> list[model.Command]:
    """The commands that the content itself has the script run."""
    found = [d for d in doings(thing) if isinstance(d, model.Check) or d.runs]
    return [c for d in found for c in d.commands]


def own_words(thing: Scripted) -> list[str]:
    return [w for c in own_commands(thing) for w in c.words]


def _facts(
    thing: Scripted, book: model.Handbook, how: model.Rehearsal
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]] | str:
    """The facts that a sandbox stands in for, and which of them are addresses; or why it cannot."""
    facts = {f.id: f for g in book.service.fact_groups for f in g.facts}
    asked = set(_asked(thing))
    fixed = [p.id for p in thing.parameters if p.id in asked and p.fact is None]
    if fixed or not asked <= {p.id for p in thing.parameters}:
        return f"the address is no fact that a variable could overrule ({', '.join(fixed)})"
    own = {p.name for w in own_words(thing) for p in holes(w) if isinstance(p, Hole)}
    stood: list[tuple[str, str]] = []
    addresses: list[str] = []
    for parameter in thing.parameters:
        if parameter.fact is None:
            continue
        # What a checklist does not know it does not check; a procedure may do anything with it.
        if parameter.id not in asked and isinstance(thing, model.Checklist):
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


def _asked(thing: Scripted) -> Iterable[str]:
    """The parameters that hold an address which an action asks; the word itself where it is none."""
    for doing in doings(thing):
        if doing.action and actions.find(doing.action) and ADDRESS in doing.arguments:
            parts = holes(doing.arguments[ADDRESS])
            yield parts[0].name if len(parts) == 1 and isinstance(parts[0], Hole) else "://"


def _arguments(thing: Scripted, stand_ins: Iterable[StandIn]) -> list[str] | str:
    """The arguments that follow from the parameters: a commit is the good one."""
    given = {h for s in stand_ins for h in s.holes}
    found = []
    for parameter in arguments_of(thing):
        if parameter.repeat or parameter.value is not None:
            break
        if parameter.type != "commit" or "good-commit" not in given:
            return f"nothing says which <{argument_name(parameter)}> it is: 'rehearsal: arguments'"
        found.append("{good-commit}")
    return found
