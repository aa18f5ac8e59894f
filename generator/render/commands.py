"""How a procedure is called, and which commands it runs: the same for script and document."""

from __future__ import annotations

from generator import actions, model, shell
from generator.text import Hole, holes


def usage(procedure: model.Procedure) -> str:
    """One line: 'rollback.sh [--yes] [--dry-run] [--push-only] <commit-sha>'."""
    options = " ".join(f"[--{name}]" for name, _ in options_of(procedure))
    wanted = " ".join(argument_words(p) for p in arguments_of(procedure))
    return f"{procedure.script} {options} {wanted}".rstrip()


def argument_name(parameter: model.Parameter) -> str:
    return f"{parameter.id}-sha" if parameter.type == "commit" else parameter.id


def argument_words(parameter: model.Parameter) -> str:
    """'<commit-sha>', 'take|show', '[<deployment>]' where it may be left out, '[<name>...]'."""
    words = "|".join(parameter.choices) or f"<{argument_name(parameter)}>"
    if parameter.repeat:
        return f"[{words}...]"
    return f"[{words}]" if parameter.value is not None else words


def arguments_of(procedure: model.Procedure) -> list[model.Parameter]:
    found = [p for p in procedure.parameters if p.position is not None]
    return sorted(found, key=lambda p: p.position or 0)


def actions_of(procedure: model.Procedure) -> list[actions.Action]:
    return [a for s in procedure.steps if s.action and (a := actions.find(s.action))]


def options_of(procedure: model.Procedure) -> list[tuple[str, str]]:
    found = [("yes", "ask no questions"), ("dry-run", "say what would be done, and touch nothing")]
    found += [(s.option, s.help) for s in procedure.stops]
    found += [(o.name, o.help) for a in actions_of(procedure) for o in a.options]
    return found


def command_lines(step: model.Step, procedure: model.Procedure) -> list[str]:
    """The commands of a step as people read them: exactly the words that a script runs."""
    action = actions.find(step.action) if step.action else None
    if action is None:
        names = {p.id: f"<{argument_name(p)}>" for p in procedure.parameters}
        constant = _fixed(procedure)
        found = step.commands
    else:
        constant = _constants(step, procedure)
        names = {hole: _named(words, constant) for hole, _, words in action.holes}
        found = [c for _, c in action.commands]
    lines = []
    for command in found:
        if command.comment:
            lines.append(f"# {command.comment}")
        lines.append(shell.shown(command, names, constant))
    return lines


def _fixed(procedure: model.Procedure) -> dict[str, str]:
    """The parameters whose value no run can change."""
    return {
        p.id: p.value for p in procedure.parameters if p.value is not None and p.position is None
    }


def _constants(step: model.Step, procedure: model.Procedure) -> dict[str, str]:
    """Parameters of an action whose value is known now: they are shown, not named."""
    fixed = _fixed(procedure)
    found = {}
    for name, word in step.arguments.items():
        parts = [fixed.get(p.name) if isinstance(p, Hole) else p for p in holes(word)]
        if all(p is not None for p in parts):
            found[name] = "".join(parts)
    return found


def _named(words: str, constants: dict[str, str]) -> str:
    """The words for a hole; they may themselves hold a parameter of the action."""
    return "".join(
        constants.get(p.name, p.name) if isinstance(p, Hole) else p for p in holes(words)
    )
