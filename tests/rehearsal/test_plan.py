"""What a rehearsal needs follows from actions; what cannot be rehearsed is said; lies are noticed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from generator import actions, model
from generator.load import load
from generator.rehearsal import vercel_stand_in
from generator.rehearsal.plan import Plan, plan
from generator.rehearsal.rehearse import rehearse
from generator.rehearsal.running import Interrupted
from generator.rehearsal.table import STAND_INS
from tests.conftest import ROOT
from tests.rehearsal.outside import Outside
from tests.scripts.scriptworld import SHELLS, needs

CONTENT = ROOT / "content/partpulse"


@pytest.fixture(scope="module")
def book() -> model.Handbook:
    found = load(CONTENT).handbook
    assert found
    return found


def planned(book: model.Handbook, id: str) -> Plan:
    found = plan(next(p for p in book.procedures if p.id == id), book)
    assert isinstance(found, Plan), found
    return found


def test_every_action_of_the_world_outside_names_its_stand_in() -> None:
    known = {s.name for s in STAND_INS}
    for action in actions.ACTIONS:
        missing = {*action.stand_ins} - known
        assert missing <= {"postgresql"}, action.name
        # What reads a variable or starts a program of the world outside reaches it.
        reaches = {c.words[0] for _, c in action.commands} & {"curl", "git", "psql"}
        assert bool(action.stand_ins) or not reaches, action.name


@pytest.mark.parametrize("shell", SHELLS)
def test_the_scripts_shell_is_whatever_sh_is(
    shell: str, book: model.Handbook, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs(shell)
    monkeypatch.setenv("PATH", outside.env["PATH"])
    words = ("busybox", "ash") if shell == "busybox" else (shell,)
    root = outside.tmp / "box"
    found = planned(book, "vercel-dashboard-rollback")
    outcome = rehearse(found, book, CONTENT, root, lambda: 0, words)
    assert outcome.state == "done", outcome
    shutil.rmtree(root)


class Liar(vercel_stand_in.Vercel):
    """It says what the caller wants to hear, and moves nothing."""

    claims = ""

    def _start_job(self, uid: str, kind: str) -> None:
        self.claims = uid

    def find(self, name: str):
        return super().find(self.claims if self.claims and name == self.domain else name)


class Deaf(vercel_stand_in.Project):
    def spoil(self) -> None:
        """The trouble does not come."""


class Lies(vercel_stand_in.Project):
    service = Liar

    def __init__(self, sandbox) -> None:
        super().__init__(sandbox)
        sandbox.standing["web"].application.works = lambda: True


def with_project(found: Plan, kind: type) -> Plan:
    table = tuple(replace(s, begin=kind) if s.name == "vercel" else s for s in found.stand_ins)
    return replace(found, stand_ins=table)


def test_a_service_that_lies_is_not_believed(book, outside: Outside, monkeypatch) -> None:
    """Exit 0 and a whole log, and production serves the bad version all the same."""
    monkeypatch.setenv("PATH", outside.env["PATH"])
    found = with_project(planned(book, "vercel-dashboard-rollback"), Lies)
    outcome = rehearse(found, book, CONTENT, outside.tmp / "box", lambda: 0)
    assert (outcome.exit, outcome.state) == (0, "failed"), outcome
    assert {result for _, result in outcome.steps} == {"ok"}
    (wrong,) = outcome.wrong
    assert wrong.startswith("production serves another version than the good one")


def test_a_rehearsal_without_trouble_proves_nothing(book, outside: Outside) -> None:
    found = with_project(planned(book, "vercel-dashboard-rollback"), Deaf)
    outcome = rehearse(found, book, CONTENT, outside.tmp / "box", lambda: 0)
    assert outcome.state == "failed" and outcome.exit is None
    assert "before the script ran, already: production serves the good" in outcome.wrong[0]


def test_a_signal_ends_it_before_anything_more_is_started(book, outside: Outside) -> None:
    found = planned(book, "vercel-dashboard-rollback")
    with pytest.raises(Interrupted):
        rehearse(found, book, CONTENT, outside.tmp / "box", lambda: 15)


def test_the_real_address_is_never_asked_once_it_is_known(book, outside: Outside, trap) -> None:
    """PartPulse's address is a blank today. Filled, it must be overruled all the same."""
    text = (outside.content / "partpulse/service.yaml").read_text()
    begin, _, rest = text.partition("          unfilled: The address at which")
    rest = rest[rest.index("      normal-response-time:") :]
    filled = f"{begin.rstrip()} {trap.url}\n{rest}"
    (outside.content / "partpulse/service.yaml").write_text(filled)
    done = outside.rollbook("rehearse", "--procedure", "vercel-dashboard-rollback")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the fact production-url" in " ".join(done.stdout.split())


# what makes it impossible: file, words, others instead, the reason
IMPOSSIBLE = {
    "no variable overrules the address": (
        *("service.yaml", "        env: PRODUCTION_URL\n", ""),
        "the fact 'production-url' has no variable (env)",
    ),
    "the address is fixed": (
        *("procedures/emergency-rollback.yaml", "fact: production-url}"),
        *("value: https://real.example.org}", "the address is no fact"),
    ),
    "nothing stands in for the database": (
        *("procedures/emergency-rollback.yaml", "steps:\n"),
        "steps:\n  - {id: db, title: Look, check: {action: postgresql.connect}}\n",
        "nothing stands in for postgresql (postgresql.connect)",
    ),
    "a command of its own": (
        *("procedures/emergency-rollback.yaml", "steps:\n"),
        "steps:\n  - {id: own, title: Own, commands: [{run: [deploytool, go]}]}\n",
        "nothing stands in for deploytool",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_cannot_be_rehearsed_is_said_and_never_run(case: str, tmp_path: Path) -> None:
    path, old, new, reason = IMPOSSIBLE[case]
    folder = tmp_path / "partpulse"
    shutil.copytree(CONTENT, folder)
    text = (folder / path).read_text()
    assert old in text
    (folder / path).write_text(text.replace(old, new, 1))
    loaded = load(folder)
    assert loaded.handbook, loaded.problems
    (procedure,) = (p for p in loaded.handbook.procedures if p.id == "emergency-rollback")
    found = plan(procedure, loaded.handbook)
    assert isinstance(found, str) and reason in found
