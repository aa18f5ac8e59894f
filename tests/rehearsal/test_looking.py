"""Scripts of checklists are rehearsed, and one that does not look, or lies, is not believed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace

import pytest

from generator import actions, model
from generator.rehearsal.expecting import SAYS
from generator.rehearsal.outcome import Outcome
from generator.rehearsal.plan import Plan, plan
from generator.rehearsal.rehearse import rehearse
from generator.render import scripts
from tests.rehearsal.outside import Outside
from tests.rehearsal.test_plan import CONTENT, book

__all__ = ["book"]


def checklist(book: model.Handbook, id: str) -> model.Checklist:
    return next(c for c in book.checklists if c.id == id)


@pytest.fixture
def rehearsed(book, outside: Outside, monkeypatch: pytest.MonkeyPatch):
    """Rehearses a checklist whose script has other words: pairs of old and new."""
    monkeypatch.setenv("PATH", outside.env["PATH"])
    true = scripts.script

    def run(id: str, *changes: tuple[str, str], book: model.Handbook = book) -> Outcome:
        def changed(thing, book):
            text = true(thing, book)
            for old, new in changes if thing.id == id else ():
                assert text.count(old) == 1, old
                text = text.replace(old, new)
            return text

        monkeypatch.setattr(scripts, "script", changed)
        found = plan(checklist(book, id), book)
        assert isinstance(found, Plan), found
        root = outside.tmp / "box"
        shutil.rmtree(root, ignore_errors=True)
        return rehearse(found, book, CONTENT, root, lambda: 0)

    return run


def answers(check: int, code: int) -> tuple[str, str]:
    """A check that does not look and always says the same."""
    return f"check_{check}() {{\n", f"check_{check}() {{\n  found='as always'\n  return {code}\n"


# the checklist, what its script has instead of what, what is said of it
LIES = {
    "checks that never look": (
        *("verification", [answers(2, 2), answers(7, 2)]),
        [
            "loads: Not checked, not Pass, while everything worked (as always)",
            "authentication: Not checked, not Pass, while everything worked (as always)",
        ],
    ),
    "a check with nothing to look at, and a person's item, pass": (
        "verification",
        [answers(12, 0), ("    judged 'Not checked' nobody\n    return 0\n  fi\n  say", "judged Pass nobody; return; fi; say")],
        [
            "database: Pass, not Not checked, while everything worked",
            "user-data: Pass, not Not checked, while everything worked",
        ],
    ),
    "the end, and the lists, say something else": (
        "verification",
        [("judged() {\n", 'judged() {\n  [ "$item" != pdf ] || return 0\n'), ('script_sha256 "$script_sha256" run', "script_sha256 none run"),
         ("finish 8 'a", "finish 0 'a"), ('row "$text" "$result"', 'row "$text" Pass')],
        [
            "the completed list names another script than the one that ran",
            "the completed list has other items than the checklist",
            "the completed list in Markdown says something else than that in JSON",
            "the script ended with 0; what it found calls for 8",
        ],
    ),
    "it ends early": (
        *("verification", [("conclude() {\n", "conclude() {\n  exit 3\n")]),
        ["the script ended with 3, and its completed list cannot be read: No such file"],
    ),
    "a blank contact passes": (
        *("pre-deployment", [answers(5, 0)]),
        ["on-call: Pass, not Fail, while everything worked (as always)"],
    ),
    "migrations are always the same": (
        *("pre-deployment", [answers(4, 0)]),
        ["migrations: Pass while prisma/migrations differs between what is live and what is checked out, not Not checked"],
    ),
    "a report of nothing, and a message of it": (
        "post-rollback",
        [
            ("\nrun_kind=\n", "\nrun_kind=rollback\n"),
        ],
        [
            "an incident report was written though there was no rollback",
            "the team's webhook got a message though there was no rollback",
        ],
    ),
    "what is reported is not what was": (
        "post-rollback",
        [
            ("deadline 86400", "deadline 8640"),
            ("row 'Incident commander' ''", "row 'Incident commander' me"),
            ("row 'Rolled back (UTC)' \"$rolled_back\"", "row 'Rolled back (UTC)' ''"),
            ('"$(sum_of "$file")"', "unknown"),
            ('sort "$scratch/runs"', 'sort -r "$scratch/runs"'),
            ('$(json "$message")', '$(json "PartPulse was rolled back () at ")'),
        ],
        [
            "as 'Rolled back (UTC)'",
            "the incident report does not have nothing as 'Incident commander'",
            "in its place",
            "the incident report does not name the run log by its hash",
            "Z is not said",
            "the message to the team does not say 'Vercel Dashboard Rollback'",
        ],
    ),
    "nobody is told": (
        *("post-rollback", [('"$team_told" ]; then', '"$run_by" ]; then')]),
        ["the team's webhook got 0 messages, not one"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LIES)
def test_a_script_that_lies_is_not_believed(case: str, rehearsed) -> None:
    id, changes, said = LIES[case]
    outcome = rehearsed(id, *changes)
    assert outcome.state == "failed" and bool(outcome.said) == ("early" in case), outcome
    wrong = [w for w in outcome.wrong if not any(s in w for s in said)]
    # A person's item is one of many.
    assert not wrong or ("person" in case and all("Pass, not Not checked" in w for w in wrong))
    assert all(any(s in w for w in outcome.wrong) for s in said), outcome.wrong


def only(book: model.Handbook, id: str, *items: str) -> model.Handbook:
    """The book with a checklist that has these items of one group."""
    found = checklist(book, id)
    group = next(g for g in found.groups if items[0] in {i.id for i in g.items})
    group = replace(group, items=tuple(i for i in group.items if i.id in items))
    lists = (replace(c, groups=(group,)) if c is found else c for c in book.checklists)
    return replace(book, checklists=tuple(lists))


def test_a_check_behind_another_is_seen_to_notice(book, rehearsed) -> None:
    one = only(book, "verification", "no-errors")
    outcome = rehearsed("verification", answers(2, 0), book=one)
    assert outcome.right == ("no-errors: Fail while / says 'Application error: a'",)
    assert outcome.wrong == ("no-errors: Pass while / says 'Internal Server Error', not Fail",)
    assert outcome.steps == (("no-errors", "Pass"),) and outcome.exit == 0


def test_a_check_that_looks_elsewhere_is_noticed(book, rehearsed) -> None:
    name, body = "check_3() {\n", 'curl "$parameter_address/api/health" | grep -q ok || return 1\n'
    one = only(book, "verification", "loads", "no-errors")
    outcome = rehearsed("verification", (name, name + body), book=one)
    said = "no-errors: Fail while only this was wrong: /api/health does not say"
    assert len(outcome.wrong) == 1 and outcome.wrong[0].startswith(said), outcome


def filled(book: model.Handbook, fact: str, value: str) -> model.Handbook:
    groups = tuple(
        replace(g, facts=tuple(replace(f, value=value) if f.id == fact else f for f in g.facts))
        for g in book.service.fact_groups
    )
    return replace(book, service=replace(book.service, fact_groups=groups))


def test_what_is_known_by_now_is_looked_at(book, rehearsed) -> None:
    """The normal response time of PartPulse is a blank today."""
    one = only(book, "verification", "response-times")
    unknown = plan(checklist(one, "verification"), one)
    assert unknown == "nothing can be judged: nothing stands in for what it looks at"
    outcome = rehearsed("verification", book=filled(one, "normal-response-time", "5000"))
    assert (outcome.state, outcome.exit, outcome.unseen) == ("done", 0, ()), outcome
    assert outcome.right == ("response-times: Fail while / answers with status 500",)


def test_a_page_that_the_content_does_not_have_is_said(book, rehearsed) -> None:
    pages = {k: v for k, v in book.service.pages.items() if k != "/api/health"}
    outcome = rehearsed(
        "verification", book=replace(book, service=replace(book.service, pages=pages))
    )
    assert outcome.wrong == (
        "loads: Fail, not Pass, while everything worked (GET /: 200 in "
        + outcome.wrong[0].partition(" in ")[2],
    )
    assert outcome.wrong[0].endswith("GET /api/health: status 404)")


def test_every_check_that_can_pass_is_judged() -> None:
    for action in actions.ACTIONS:
        if action.looks and action.verifies and not action.stand_ins:
            assert action.name in SAYS


def with_checks(found: model.Checklist, checks: Iterable[model.Check]) -> model.Checklist:
    group = found.groups[0]
    items = (replace(group.items[0], checks=tuple(checks)),)
    return replace(found, groups=(replace(group, items=items),))


def check(action: str | None, *words: str, **arguments: str) -> model.Check:
    commands = (model.Command(words),) if words else ()
    return model.Check(commands, None, None, None, action, arguments, None)


# the checks of the only item, why it is not rehearsed
IMPOSSIBLE = {
    "a command of its own": ([check(None, "deploytool", "go")], "nothing stands in for deploytool"),
    "a database": ([check("postgresql.connect")], "nothing can be judged"),
    "the content alone": ([check("handbook.complete")], "nothing can be judged"),
    "a path outside": (
        [check("prisma.migrations", folder="../../home")],
        "it looks at a path that is not of the repository: ../../home",
    ),
    "an address that is fixed": (
        [check("http.check", address="https://real.example.org", path="/")],
        "the address is no fact",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_cannot_be_rehearsed_is_said(case: str, book) -> None:
    checks, reason = IMPOSSIBLE[case]
    found = plan(with_checks(checklist(book, "verification"), checks), book)
    assert isinstance(found, str) and reason in found


def test_a_report_needs_a_rollback(book) -> None:
    found = plan(checklist(book, "post-rollback"), replace(book, procedures=()))
    assert isinstance(found, str) and "no rollback that it could report" in found
