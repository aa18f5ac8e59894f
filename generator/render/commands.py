"""How a script is called, and which commands it runs: the same for script and document.

`Scripted` is what a script is made from: a procedure, or a checklist that is worked through.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from generator import actions, model, shell
from generator.actions import Option
from generator.durations import duration_words
from generator.text import Hole, holes

Scripted = model.Procedure | model.Checklist
Doing = model.Step | model.Check


def usage(thing: Scripted) -> str:
    """One line: 'rollback.sh [--yes] [--dry-run] [--push-only] <commit-sha>'."""
    found = options_of(thing)
    alone = "|".join(option_words(o) for o in found if o.alone)
    options = " ".join(
        [
            *(f"[{option_words(o)}]" for o in found if not o.alone),
            *([f"[{alone}]"] if alone else []),
        ]
    )
    wanted = " ".join(argument_words(p) for p in arguments_of(thing))
    return f"{thing.script} {options} {wanted}".rstrip()


def shortest(thing: Scripted) -> str:
    """'rollback.sh <commit-sha>': a call with nothing in it that may be left out."""
    wanted = [p for p in arguments_of(thing) if p.value is None and not p.repeat]
    return " ".join([str(thing.script), *map(argument_words, wanted)])


def option_words(option: Option) -> str:
    """'--watch', '--phase immediate|short'."""
    return f"--{option.name} {'|'.join(option.choices)}".rstrip()


def argument_words(parameter: model.Parameter) -> str:
    """'<commit-sha>', 'take|show', '[<deployment>]' where it may be left out, '[<name>...]'."""
    words = "|".join(parameter.choices) or f"<{argument_name(parameter)}>"
    if parameter.repeat:
        return f"[{words}...]"
    return f"[{words}]" if parameter.value is not None else words


def argument_name(parameter: model.Parameter) -> str:
    return f"{parameter.id}-sha" if parameter.type == "commit" else parameter.id


def arguments_of(thing: Scripted) -> list[model.Parameter]:
    found = [p for p in thing.parameters if p.position is not None]
    return sorted(found, key=lambda p: p.position or 0)


def doings(thing: Scripted) -> list[Doing]:
    """Everything that has commands or an action, in order."""
    if isinstance(thing, model.Procedure):
        found = [(s, s.check) if s.commands else (s.check or s,) for s in thing.steps]
        return [d for ds in found for d in ds if d is not None]
    return [c for g in thing.groups for i in g.items for c in i.checks]


def actions_of(thing: Scripted) -> list[actions.Action]:
    return [a for d in doings(thing) if d.action and (a := actions.find(d.action))]


def options_of(thing: Scripted) -> list[Option]:
    found = [
        Option("yes", "ask no questions"),
        Option("dry-run", "say what would be done, and touch nothing"),
    ]
    if isinstance(thing, model.Procedure):
        found += [Option(s.option, s.help) for s in thing.stops]
    else:
        found.append(
            Option("resume", "go on with the last run: what a person answered within a day stands")
        )
    if isinstance(thing, model.Checklist) and thing.phases:
        phases = tuple(p.id for p in thing.phases)
        found.append(Option("phase", "only the checks that have begun by then", phases))
        found.append(
            Option("watch", "look again until the phase is over; end at the first failure")
        )
    found += dict.fromkeys(o for a in actions_of(thing) for o in a.options)
    return found


def variables_of(thing: Scripted) -> dict[str, str]:
    """The shell variable that fills each hole of a command."""
    names = [p.id for p in thing.parameters]
    names += [c.capture for d in doings(thing) for c in d.commands if c.capture]
    return {n: shell.variable(f"parameter-{n}") for n in names}


def values_of(thing: Scripted, book: model.Handbook) -> dict[str, str]:
    """The parameters that have a value before any script runs."""
    facts = {f.id: f.value for g in book.service.fact_groups for f in g.facts}
    found = {p.id: p.value if p.fact is None else facts.get(p.fact) for p in thing.parameters}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def command_lines(doing: Doing, thing: Scripted) -> list[str]:
    """The commands as people read them: exactly the words that a script runs."""
    action = actions.find(doing.action) if doing.action else None
    if action is None:
        names, constant = names_of(thing), _fixed(thing)
        found = doing.commands
    else:
        constant = _constants(doing, thing)
        values = _placeholders(doing, thing) | constant
        names = {hole: _named(words, values) for hole, _, words in action.holes}
        found = [c for _, c in action.commands]
    lines = []
    for command in found:
        if command.comment:
            lines.append(f"# {command.comment}")
        if command.capture:
            lines.append(f"# <{command.capture}> is the word that this prints:")
        lines.append(shell.shown(command, names, constant))
    return lines


def command_limit(doing: Doing) -> timedelta:
    """How long each command of the content may take before a script ends it."""
    return doing.limit or timedelta(minutes=5 if isinstance(doing, model.Step) else 1)


def expected(check: Doing, thing: Scripted) -> str:
    """What a check or an action expects, in words, without the stop at the end."""
    action = actions.find(check.action or "")
    if action is not None:
        fixed = {k: v for k, v in check.arguments.items() if k in action.optional}
        # A status of its own takes the place of what is expected otherwise.
        usual = [] if "status" in fixed else [action.expect.rstrip(".")]
        wanted = [*usual, *(f"{_EXPECTED.get(k, k)} `{v}`" for k, v in fixed.items())]
        return " and ".join(wanted)
    assert isinstance(check, model.Check)
    names = names_of(thing)
    wanted = (("equals", check.equals), ("contains", check.contains), ("lacks", check.lacks))
    said = [
        (k, "".join(names[p.name] if isinstance(p, Hole) else p for p in holes(v)))
        for k, v in wanted
        if v is not None
    ]
    ends = "Ends with status 0"
    if check.limit:
        ends += f" in {duration_words(check.limit)} at most"
    return ", ".join([ends, *(f"{k} `{v}`" for k, v in said)])


_EXPECTED = {"status": "Status", "ends-at": "redirects end at"}


def settings(thing: Scripted, book: model.Handbook) -> list[tuple[str, str, str]]:
    """What can be set: the name as commands show it, its kind and value, and what it is for."""
    facts = {f.id: f for g in book.service.fact_groups for f in g.facts}
    return [(f"<{_setting(p)}>", ", ".join(_kind(p, facts)), p.help) for p in thing.parameters]


def _setting(parameter: model.Parameter) -> str:
    return argument_name(parameter) if parameter.position is not None else parameter.id


def _kind(parameter: model.Parameter, facts: dict[str, model.Fact]) -> Iterator[str]:
    yield " or ".join(f"`{c}`" for c in parameter.choices) or parameter.type
    if fact := facts.get(parameter.fact or ""):
        yield f"the fact {fact.label}" + (f" or the variable `{fact.env}`" if fact.env else "")
    elif parameter.threshold:
        yield f"the figure [[threshold:{parameter.threshold}]]"
    elif parameter.value:
        yield f"`{parameter.value}`" if parameter.position is None else f"else `{parameter.value}`"
    elif parameter.value is not None or parameter.repeat:
        yield "can be left out"


def names_of(thing: Scripted) -> dict[str, str]:
    """What people read for each hole: '<commit-sha>', or the value where no run can change it."""
    names = {n: f"<{n}>" for n in variables_of(thing)}
    names.update((p.id, f"<{argument_name(p)}>") for p in thing.parameters)
    return names | _fixed(thing)


def _fixed(thing: Scripted) -> dict[str, str]:
    """The parameters whose value no run can change."""
    return {p.id: p.value for p in thing.parameters if p.value is not None and p.position is None}


def _constants(doing: Doing, thing: Scripted) -> dict[str, str]:
    """Parameters of an action whose value is known now: they are shown, not named."""
    fixed = _fixed(thing)
    found = {}
    for name, word in doing.arguments.items():
        parts = [fixed.get(p.name) if isinstance(p, Hole) else p for p in holes(word)]
        if all(p is not None for p in parts):
            found[name] = "".join(parts)
    return found


def _placeholders(doing: Doing, thing: Scripted) -> dict[str, str]:
    """Parameters of an action whose value only a run knows: the name of the fact or the argument."""
    facts = {p.id: f"<{p.fact or argument_name(p)}>" for p in thing.parameters}
    return {
        name: "".join(
            facts.get(p.name, f"<{p.name}>") if isinstance(p, Hole) else p for p in holes(word)
        )
        for name, word in doing.arguments.items()
    }


def _named(words: str, values: dict[str, str]) -> str:
    """The words for a hole; they may themselves hold a parameter of the action."""
    return "".join(values.get(p.name, p.name) if isinstance(p, Hole) else p for p in holes(words))
