"""What a schema cannot see: references, ids, dates in order, figures that contradict.

Each rule is a plain function from the Handbook (and the documents it was made
from) to problems. RULES lists them all; to add one, write it and put it there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from generator import actions, model
from generator.files import Document
from generator.problems import Problem
from generator.render.commands import doings
from generator.rules.alerts import (
    alerts_can_be_made,
    assumptions_are_about_something,
    measures_can_be_made,
)
from generator.rules.canons import (
    canons_are_shown,
    clauses_are_answered_or_declared,
    clauses_refer_to_what_exists,
)
from generator.rules.checklists import checklists_can_run, messages_can_be_filled
from generator.rules.claims import (
    roles_are_those_of_the_contacts,
    versions_are_those_of_the_document,
)
from generator.rules.context import Context
from generator.rules.corrections import corrections_correct_something
from generator.rules.deciding import (
    choices_lead_somewhere,
    decisions_decide_something,
    options_can_be_typed,
)
from generator.rules.figures import contradictions, figures_agree, figures_do_not_contradict
from generator.rules.names import (
    headings_have_anchors,
    ids_are_unique,
    names_hold_no_references,
    names_match_files,
)
from generator.rules.order import dates_are_in_order, spans_are_in_order
from generator.rules.parameters import parameters_have_values
from generator.rules.procedures import procedures_can_run
from generator.rules.records import (
    a_log_is_recorded_once,
    evidence_is_whole,
    logs_say_the_same,
    record_days_are_in_order,
    waivers_are_short,
)
from generator.rules.references import (
    blanks_are_typed,
    blocks_refer_to_what_exists,
    evidence_is_not_typed,
    fields_refer_to_what_exists,
    text_refers_to_what_exists,
)
from generator.rules.rehearsals import illnesses_are_noticed_by_items, rehearsals_fit
from generator.source import place_of

Rule = Callable[[Context], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    names_match_files,
    ids_are_unique,
    text_refers_to_what_exists,
    names_hold_no_references,
    headings_have_anchors,
    fields_refer_to_what_exists,
    blocks_refer_to_what_exists,
    blanks_are_typed,
    evidence_is_not_typed,
    dates_are_in_order,
    spans_are_in_order,
    procedures_can_run,
    parameters_have_values,
    rehearsals_fit,
    illnesses_are_noticed_by_items,
    checklists_can_run,
    messages_can_be_filled,
    figures_agree,
    figures_do_not_contradict,
    clauses_are_answered_or_declared,
    clauses_refer_to_what_exists,
    canons_are_shown,
    decisions_decide_something,
    choices_lead_somewhere,
    options_can_be_typed,
    measures_can_be_made,
    alerts_can_be_made,
    assumptions_are_about_something,
    evidence_is_whole,
    logs_say_the_same,
    a_log_is_recorded_once,
    record_days_are_in_order,
    corrections_correct_something,
    waivers_are_short,
    versions_are_those_of_the_document,
    roles_are_those_of_the_contacts,
)


def check(handbook: model.Handbook, documents: Iterable[Document], folder: str) -> list[Problem]:
    """Every problem that any rule finds; one cause makes one error.

    Where an action is not known, what follows from what it would do is not told.
    """
    context = Context(handbook, documents, folder)
    unknown = {
        place_of(d.action)
        for thing in (*handbook.procedures, *handbook.checklists)
        for d in doings(thing)
        if d.action and actions.find(d.action) is None
    }
    files = {place.file for place in unknown}
    return [
        problem
        for rule in RULES
        for problem in rule(context)
        if rule not in _RESTS_ON_ACTIONS
        or problem.place.file not in files
        or problem.place in unknown
    ]


_RESTS_ON_ACTIONS = (procedures_can_run, parameters_have_values, rehearsals_fit, checklists_can_run)


__all__ = ["RULES", "Context", "check", "contradictions"]
