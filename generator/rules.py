"""What a schema cannot see: references, ids, dates in order, figures that contradict.

Each rule is a plain function from the Handbook (and the documents it was made
from) to problems. RULES lists them all; to add one, write it and put it there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from generator import actions, model
from generator.assemble import walk_sections
from generator.problems import Place, Problem, did_you_mean, quoted
from generator.refs import Target, figure, targets
from generator.source import Document, Mapping, Node, Scalar, Sequence, place_of, problem_at
from generator.text import REFERENCE, REFERENCE_KINDS, Hole, holes


class Context:
    """What the rules look at: one service, read and assembled."""

    def __init__(self, handbook: model.Handbook, documents: Iterable[Document], folder: str) -> None:
        self.handbook = handbook
        self.documents = tuple(documents)
        self.folder = folder
        self.targets: dict[tuple[str, str], Target] = dict(targets(handbook))

    def ids(self, kind: str) -> list[str]:
        return [id for k, id in self.targets if k == kind]


def _unknown(node: Scalar, what: str, allowed: Iterable[str]) -> Problem:
    return problem_at(node, f"no {what} is called {quoted(node)}", did_you_mean(node, allowed))


def _unique(nodes: Iterable[Scalar], what: str, hint: str = "name each differently") -> Iterator[Problem]:
    first: dict[str, Scalar] = {}
    for node in nodes:
        if node in first:
            yield problem_at(
                node,
                f"a second {what} {quoted(node)}; the first is at {place_of(first[node])}",
                hint,
                related=(place_of(first[node]),),
            )
        first.setdefault(node, node)


def names_match_files(context: Context) -> Iterator[Problem]:
    for document in context.documents:
        id = document.data.get("id")
        if document.kind == "service" and id != context.folder:
            yield problem_at(id, f"the id {quoted(id)} differs from the folder's name", f"expected '{context.folder}'")
        if document.kind in ("procedure", "checklist") and id != document.stem:
            yield problem_at(id, f"the id {quoted(id)} differs from the file's name", f"expected '{document.stem}'")


def ids_are_unique(context: Context) -> Iterator[Problem]:
    book = context.handbook
    yield from _unique((f.id for g in book.service.fact_groups for f in g.facts), "fact")
    yield from _unique((s.id for s in walk_sections(book.sections)), "section")
    yield from _unique((t.id for t in book.triggers), "trigger")
    yield from _unique((p.script for p in book.procedures if p.script), "script")
    for procedure in book.procedures:
        yield from _unique((s.id for s in procedure.steps), "step")
    for checklist in book.checklists:
        yield from _unique((f.id for f in checklist.fields), "field")
        yield from _unique((g.id for g in checklist.groups), "group")
        yield from _unique((i.id for g in checklist.groups for i in g.items), "item")
        yield from _unique((p.id for p in checklist.phases), "phase")


def text_refers_to_what_exists(context: Context) -> Iterator[Problem]:
    for scalar in _scalars(d.data for d in context.documents):
        if "[[" not in scalar:
            continue
        for kind, id in REFERENCE.findall(scalar):
            if kind not in REFERENCE_KINDS:
                allowed = ", ".join(REFERENCE_KINDS)
                yield problem_at(scalar, f"text cannot refer to a {quoted(kind)}", f"it can refer to: {allowed}")
            elif (kind, id) not in context.targets:
                yield problem_at(scalar, f"no {kind} is called {quoted(id)}", did_you_mean(id, context.ids(kind)))


# Words that stand in a heading, in the text of a link or in code, or that text itself
# refers to: nothing resolves a reference there.
_PLAIN_KEYS = frozenset(
    ("channel", "comment", "label", "name", "path", "protocol", "run", "title", "unfilled", "value", "with")
)


def names_hold_no_references(context: Context) -> Iterator[Problem]:
    for document in context.documents:
        for key, text in _under_keys(document.data, ""):
            plain = key in _PLAIN_KEYS or (key == "help" and document.kind == "procedure")
            for kind, _ in REFERENCE.findall(text) if plain else ():
                if (document.kind, key, kind) != ("document", "title", "deadline"):
                    yield problem_at(text, f"a reference cannot stand in '{key}'", "write the words out")
                    break


def headings_have_anchors(context: Context) -> Iterator[Problem]:
    """GitHub and the site make the same anchor of a heading, except where they see a tag."""
    for document in context.documents:
        for key, text in _under_keys(document.data, "") if document.kind == "document" else ():
            if key == "title" and re.search("<[^>]*>", text):
                yield problem_at(text, "the title of a section cannot hold '<...>'", "links to it would not work everywhere; write the words without < and >")


def _under_keys(node: Node, key: str) -> Iterator[tuple[str, Scalar]]:
    """Every text with the key that it belongs to; all values of 'with' belong to 'with'."""
    if isinstance(node, Scalar):
        yield key, node
    elif isinstance(node, Sequence):
        for value in node:
            yield from _under_keys(value, key)
    else:
        for name, value in node.items():
            yield from _under_keys(value, "with" if key == "with" else name)


def _scalars(nodes: Iterable[Node]) -> Iterator[Scalar]:
    for node in nodes:
        if isinstance(node, Scalar):
            yield node
        elif isinstance(node, Mapping):
            yield from _scalars(node.values())
        elif isinstance(node, Sequence):
            yield from _scalars(node)


def fields_refer_to_what_exists(context: Context) -> Iterator[Problem]:
    book = context.handbook
    roles = book.contacts.roles
    owners = [blank.owner for blank in book.unfilled] + [book.service.review.owner]
    owners += [c.role for c in book.contacts.contacts]
    owners += [r for a in book.contacts.authority for r in a.roles]
    for role in owners:
        if role not in roles:
            yield _unknown(role, "role", roles)
    severities = [s.id for s in book.severities]
    metrics = [m.id for m in book.metrics]
    for trigger in book.triggers:
        if trigger.severity not in severities:
            yield _unknown(trigger.severity, "severity", severities)
        if trigger.metric is not None and trigger.metric not in metrics:
            yield _unknown(trigger.metric, "metric", metrics)
    for document in context.documents:
        if document.kind == "thresholds":
            for value in document.data["thresholds"].values():
                if value["metric"] not in metrics:
                    yield _unknown(value["metric"], "metric", metrics)
    for checklist in book.checklists:
        phases = [p.id for p in checklist.phases]
        for group in checklist.groups:
            if group.phase is not None and group.phase not in phases:
                yield _unknown(group.phase, "phase", phases)


def blocks_refer_to_what_exists(context: Context) -> Iterator[Problem]:
    book = context.handbook
    known = {
        "facts": [g.id for g in book.service.fact_groups],
        "links": [g.id for g in book.service.link_groups],
        "procedure": [p.id for p in book.procedures],
        "checklist": [c.id for c in book.checklists]
        + [f"{c.id}/{g.id}" for c in book.checklists for g in c.groups],
    }
    shown: dict[str, list[str]] = {kind: [] for kind in known}
    for section in walk_sections(book.sections):
        if not section.blocks and not section.sections:
            yield problem_at(section.id, f"the section {quoted(section.id)} says nothing", "give it blocks or sections")
        for block in section.blocks:
            if block.kind in known:
                shown[block.kind].append(block.value)
                if block.value not in known[block.kind]:
                    what = {"facts": "group of facts", "links": "group of links"}.get(block.kind, block.kind)
                    yield _unknown(block.value, what, known[block.kind])
    yield from _unique(shown["procedure"], "block that shows the procedure", "show it once, and refer to it elsewhere: [[procedure:ID]]")
    for procedure in book.procedures:
        if procedure.id not in shown["procedure"]:
            yield problem_at(
                procedure.id,
                f"the document does not show the procedure {quoted(procedure.id)}",
                f"add '- procedure: {procedure.id}' to a section of document.yaml",
                severity="warning",
            )


def dates_are_in_order(context: Context) -> Iterator[Problem]:
    service = context.handbook.service
    history = next(d.data["history"] for d in context.documents if d.kind == "service")
    for before, after in zip(history, history[1:]):
        if after["date"] < before["date"]:
            yield problem_at(after["date"], f"{after['date']} is earlier than the version before it ({before['date']})", "list the versions oldest first")
        if _numbers(after["version"]) <= _numbers(before["version"]):
            yield problem_at(after["version"], f"{after['version']} is not later than the version before it ({before['version']})", "count up")
    stated = service.review.stated
    if stated is not None and stated < service.issued:
        yield problem_at(stated, f"the next review ({stated}) is earlier than the day of issue ({service.issued})", "state a later day, or leave it out")
    if service.drill_cycle is None:
        for procedure in context.handbook.procedures:
            if procedure.drill:
                yield problem_at(procedure.id, "the procedure must be drilled, but service.yaml names no cycle for drills", "add 'drills: {cycle: P3M}' to service.yaml")


def _numbers(version: str) -> list[int]:
    return [int(n) for n in version.split(".")]


def spans_are_in_order(context: Context) -> Iterator[Problem]:
    for document in context.documents:
        if document.kind == "procedure" and (budget := document.data.get("budget")):
            procedure = next(p for p in context.handbook.procedures if p.id is document.data["id"])
            if procedure.budget.target > procedure.budget.max:
                yield problem_at(budget["target"], f"the target {budget['target']} is longer than the maximum {budget['max']}", "swap them")
        if document.kind == "checklist":
            checklist = next(c for c in context.handbook.checklists if c.id is document.data["id"])
            before: model.Phase | None = None
            for phase in checklist.phases:
                if phase.start >= phase.end:
                    yield problem_at(phase.id, f"the phase {quoted(phase.id)} ends before it begins", "'from' is earlier than 'to'")
                if before is not None and phase.start < before.end:
                    yield problem_at(phase.id, f"the phase {quoted(phase.id)} begins before {quoted(before.id)} ends", "list the phases in the order of time, without overlap")
                before = phase


def procedures_can_run(context: Context) -> Iterator[Problem]:
    for procedure in context.handbook.procedures:
        parameters = {p.id: p for p in procedure.parameters}
        used: set[str] = set()
        for step in procedure.steps:
            for command in step.commands:
                if command.words[0].startswith("-"):
                    yield problem_at(command.words[0], "a command begins with a program, not with an option", "write the program's name first")
            words = [w for c in step.commands for w in c.words] + list(step.arguments.values())
            for word in words:
                for part in holes(word):
                    if isinstance(part, Hole):
                        used.add(part.name)
                        if part.name not in parameters:
                            yield problem_at(word, f"no parameter is called {quoted(part.name)}", did_you_mean(part.name, parameters) + "; write {{name}} for the characters {name}")
            yield from _action(step)
            if step.action and (step.commands or step.manual or step.either):
                yield problem_at(step.id, "a step with an action has no commands or instructions of its own", "make two steps of it")
        for parameter in procedure.parameters:
            if parameter.value is not None and holes(parameter.value) != (parameter.value,):
                yield problem_at(parameter.value, "a fixed value cannot use a parameter", "write the value out, without {name}")
            if parameter.id not in used:
                yield problem_at(parameter.id, f"the parameter {quoted(parameter.id)} is not used", "delete it, or use it as {" + parameter.id + "}", severity="warning")
        if procedure.script:
            yield from _script(procedure)
        elif procedure.stops:
            yield problem_at(procedure.stops[0].option, "options need a script", "name one: 'script: ...sh'")


def _action(step: model.Step) -> Iterator[Problem]:
    if step.action is None:
        if step.arguments:
            key = next(iter(step.arguments))
            yield problem_at(key, "'with' gives values to an action, and the step has none", "name one: 'action: ...'")
        return
    action = actions.find(step.action)
    if action is None:
        yield _unknown(step.action, "action", [a.name for a in actions.ACTIONS])
        return
    for key in step.arguments:
        if key not in action.parameters:
            yield _unknown(key, f"parameter of {action.name}", action.parameters)
    for name in action.parameters:
        if name not in step.arguments:
            yield problem_at(step.action, f"the action needs a value for '{name}'", f"add 'with: {{{name}: ...}}'")


def _script(procedure: model.Procedure) -> Iterator[Problem]:
    given: set[str] = set()
    by_hand = False
    for step in procedure.steps:
        if not step.runs:
            by_hand = True
            if step.commands:
                yield problem_at(step.id, "in a script, a step is run or done by hand, not both", "make two steps of it")
        elif by_hand:
            yield problem_at(step.id, "a step that runs stands behind one that is done by hand", "a script ends at the first step by hand: put those last")
        if step.action and (action := actions.find(step.action)):
            for name in action.uses:
                if name not in given:
                    yield problem_at(step.action, f"the action needs '{name}' from an action before it", "put the step that gives it first: " + ", ".join(a.name for a in actions.ACTIONS if name in a.gives))
            given.update(action.gives)
    if procedure.alternatives:
        yield problem_at(procedure.script, "alternatives cannot be a script", "make a procedure of each")
    positions = sorted(p.position for p in procedure.parameters if p.position is not None)
    if positions != list(range(1, len(positions) + 1)):
        yield problem_at(procedure.script, f"the positions of the arguments are {', '.join(map(str, positions))}", "count them 1, 2, 3, ...")
    for parameter in procedure.parameters:
        if (parameter.position is None) == (parameter.value is None):
            yield problem_at(parameter.id, "a parameter of a script has either a position or a value", "give it one of them")
    runnable = [s.id for s in procedure.steps if s.runs]
    for stop in procedure.stops:
        if stop.after not in runnable:
            yield _unknown(stop.after, "step that the script runs", runnable)
        if stop.option in _OPTIONS:
            yield problem_at(stop.option, f"every script has --{stop.option} already", "choose another name")


_OPTIONS = ("help", "yes", "dry-run")


def figures_agree(context: Context) -> Iterator[Problem]:
    by_metric: dict[str, dict[str, model.Threshold]] = {}
    for threshold in context.handbook.thresholds:
        if threshold.alert is None:
            continue
        same = by_metric.setdefault(threshold.metric.id, {})
        if threshold.alert in same:
            other = same[threshold.alert]
            yield problem_at(
                threshold.id,
                f"two {threshold.alert} alerts on one metric: {figure(threshold)} here, {figure(other)} at {place_of(other.id)}",
                "keep one",
                related=(place_of(other.id),),
            )
        same.setdefault(threshold.alert, threshold)
    for same in by_metric.values():
        if len(same) == 2 and same["warning"].above >= same["critical"].above:
            low, high = same["warning"], same["critical"]
            yield problem_at(
                low.id,
                f"the warning ({figure(low)}) does not come before the critical alert ({figure(high)}) at {place_of(high.id)}",
                "a warning has the lower figure",
                related=(place_of(high.id),),
            )


def contradictions(handbook: model.Handbook) -> Iterator[tuple[model.Contradiction, Scalar, Scalar]]:
    """Triggers and alerts that speak of one figure and say different things.

    Yields what contradicts, with the place of the trigger and of the threshold.
    """
    titles = {s.id: s.title for s in handbook.severities}
    by_id = {t.id: t for t in handbook.thresholds}
    for trigger in handbook.triggers:
        for kind, id in REFERENCE.findall(trigger.text):
            threshold = by_id.get(id) if kind == "threshold" else None
            if threshold and threshold.alert and threshold.alert != trigger.severity:
                words = (
                    f"{threshold.metric.title} {figure(threshold)}: the triggers list it under "
                    f"{titles.get(trigger.severity, trigger.severity)}, the alert is {threshold.alert}."
                )
                yield model.Contradiction(threshold.metric.id, words), trigger.text, threshold.id
        for threshold in handbook.thresholds:
            if trigger.metric == threshold.metric.id and threshold.alert == trigger.severity:
                words = (
                    f"{threshold.metric.title}: the triggers name no figure but a condition, "
                    f'"{trigger.text}", the {threshold.alert} alert comes at {figure(threshold)}.'
                )
                yield model.Contradiction(threshold.metric.id, words), trigger.text, threshold.id


def figures_do_not_contradict(context: Context) -> Iterator[Problem]:
    for found, trigger, threshold in contradictions(context.handbook):
        yield problem_at(
            trigger,
            f"contradicts {place_of(threshold)}. {found.words}",
            "people have to decide; until then the document shows both",
            severity="warning",
            related=(place_of(threshold),),
        )


Rule = Callable[[Context], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    names_match_files,
    ids_are_unique,
    text_refers_to_what_exists,
    names_hold_no_references,
    headings_have_anchors,
    fields_refer_to_what_exists,
    blocks_refer_to_what_exists,
    dates_are_in_order,
    spans_are_in_order,
    procedures_can_run,
    figures_agree,
    figures_do_not_contradict,
)


def check(handbook: model.Handbook, documents: Iterable[Document], folder: str) -> list[Problem]:
    """Every problem that any rule finds."""
    context = Context(handbook, documents, folder)
    return [problem for rule in RULES for problem in rule(context)]
