"""Procedures whose steps, parameters and scripts fit together."""

from __future__ import annotations

from collections.abc import Iterator

from generator import actions, model
from generator.problems import Problem, quoted
from generator.render.commands import doings
from generator.rules.commands import action_of, needs_met, things_fit
from generator.rules.context import Context, unknown
from generator.source import problem_at


def procedures_can_run(context: Context) -> Iterator[Problem]:
    for procedure in context.handbook.procedures:
        yield from things_fit(procedure, context)
        for doing in doings(procedure):
            action = actions.find(doing.action or "")
            if action is not None and "runs" in action.helpers:
                yield problem_at(
                    doing.action,
                    f"the action {action.name} belongs to a checklist",
                    "make it a check of an item of a checklist that has a script",
                )
        for step in procedure.steps:
            if step.action and (step.commands or step.either):
                yield problem_at(
                    step.id,
                    "a step with an action has no commands or alternatives of its own",
                    "make two steps of it",
                )
            if step.check and (step.action or step.either):
                yield problem_at(
                    step.id,
                    "a step with a check has no action or alternatives of its own",
                    "make two steps of it",
                )
            if (step.limit or step.show) and not step.commands:
                yield problem_at(
                    step.id,
                    "only commands of a step take time and print something: 'limit' and 'show' are about them",
                    "leave them out; an action has limits of its own",
                )
            if step.show and any(c.capture for c in step.commands):
                yield problem_at(
                    step.id,
                    "a step that captures a word shows nothing: that word must be all that is printed",
                    "make two steps of it",
                )
            if step.check and any(c.capture for c in step.commands):
                yield problem_at(
                    step.id,
                    "commands that may be left out cannot give a value to later steps",
                    "they are left out when the check of their step holds already: make two steps of it",
                )
        if procedure.alternatives:
            for step in procedure.steps:
                if step.action or step.commands or step.manual or step.either or step.details:
                    yield problem_at(
                        step.id,
                        "an alternative is a title and a note",
                        "make a procedure of it, and name that in the note: [[procedure:ID]]",
                    )
        if procedure.script:
            yield from _script(procedure)
        elif procedure.stops:
            yield problem_at(
                procedure.stops[0].option, "options need a script", "name one: 'script: ...sh'"
            )


def _script(procedure: model.Procedure) -> Iterator[Problem]:
    yield from needs_met(procedure, "step")
    by_hand = False
    handed = None  # the first step in which the script may hand over to a person
    for step in procedure.steps:
        action = action_of(step)
        if action is not None and action.may_hand_over:
            handed = handed or step.id
        if handed is not None and not step.manual and not step.either:
            yield problem_at(
                step.id,
                f"nothing says what a person does here when {quoted(handed)} has no access",
                "add 'manual' instructions to the step",
            )
        if not step.runs:
            by_hand = True
            if step.commands:
                yield problem_at(
                    step.id,
                    "in a script, a step is run or done by hand, not both",
                    "make two steps of it",
                )
        elif by_hand:
            yield problem_at(
                step.id,
                "a step that runs stands behind one that is done by hand",
                "a script ends at the first step by hand: put those last",
            )
    if procedure.alternatives:
        yield problem_at(
            procedure.script, "alternatives cannot be a script", "make a procedure of each"
        )
    runnable = [s.id for s in procedure.steps if s.runs]
    taken = [*_OPTIONS]
    for step in procedure.steps:
        if found := action_of(step):
            taken += [o.name for o in found.options]
    for stop in procedure.stops:
        if stop.after not in runnable:
            yield unknown(stop.after, "step that the script runs", runnable)
        else:
            step = next(s for s in procedure.steps if s.id == stop.after)
            action = action_of(step)
            looks = step.check is not None and (step.check.verifies or step.check.action)
            if not (looks or (action is not None and action.verifies)):
                yield problem_at(
                    stop.after,
                    f"the step {quoted(stop.after)} does not verify what it did",
                    "a script may end early, done and verified, only after a step that does",
                )
        if stop.option in taken:
            yield problem_at(
                stop.option, f"every script has --{stop.option} already", "choose another name"
            )


_OPTIONS = ("help", "yes", "dry-run")
