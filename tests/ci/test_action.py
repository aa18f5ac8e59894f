"""The composite action, run for real: installed from this checkout, used on content elsewhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.ci.actionworld import Job, run, skip_without_packages
from tests.ci.test_gate_issue import HOSTILE, tokens
from tests.ci.test_workflows import git
from tests.conftest import ROOT

AUDIT = "No record was edited or deleted"
DRIFT = "The outputs are what the content says"
ISSUE = "The issue says who owes what"
VALID = "The content is valid"


@pytest.fixture(scope="module")
def temp(tmp_path_factory) -> Path:
    """RUNNER_TEMP of one job; Rollbook is installed there once, by the action's own step."""
    folder = tmp_path_factory.mktemp("runner")
    nowhere = tmp_path_factory.mktemp("nowhere")
    job = run(nowhere, folder)
    skip_without_packages(job.log)
    assert job.outcomes["start"] == "success", job.log
    assert {VALID, DRIFT, AUDIT, "gate"} == set(job.failed)  # there is no content
    assert "Traceback" not in job.log
    return folder


def checkout(folder: Path) -> Path:
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")
    return folder


@pytest.fixture
def partpulse(tmp_path) -> Path:
    folder = tmp_path / "partpulse"
    shutil.copytree(ROOT / "content", folder / "content")
    shutil.copytree(ROOT / "generated", folder / "generated")
    return checkout(folder)


@pytest.fixture
def tiny(tmp_path, temp) -> Path:
    """A service that is in order, in folders of other names; rendered by what was installed."""
    folder = tmp_path / "tiny"
    content = folder / "docs/rollback content/tiny"
    content.mkdir(parents=True)
    day = (datetime.now(UTC) - timedelta(days=2)).date()
    (content / "service.yaml").write_text(f"""\
id: tiny
name: Tiny
title: Rollback of Tiny
purpose: What to do when Tiny is broken.
issued: {day}
review: {{cycle: P1Y, owner: keeper}}
history:
  - {{version: 1.0.0, date: {day}, changes: [First version.]}}
""")
    (content / "contacts.yaml").write_text("roles: {keeper: {title: Keeper}}\n")
    (content / "document.yaml").write_text(
        "sections: [{id: purpose, title: Purpose, blocks: [{show: purpose}, {show: contacts}]}]\n"
    )
    rollbook = temp / "rollbook/bin/rollbook"
    where = ["--content", content.parent, "--out", "out"]
    subprocess.run([rollbook, "build", *where], cwd=folder, check=True, capture_output=True)
    return checkout(folder)


def use(folder: Path, temp: Path, path: str = "", **given: str) -> Job:
    if folder.name == "tiny":
        given = {"content": "docs/rollback content", "out": "out"} | given
    return run(folder, temp, path, **given)


def test_on_a_pull_request_a_red_gate_is_shown_and_fails_nothing(partpulse, temp):
    job = use(partpulse, temp, mode="annotate")
    assert not job.failed, job.log
    assert job.outcomes[ISSUE] == "skipped" and job.outputs["gate"] == {"gate": "red"}
    assert "- content: valid\n" in job.summary and "- gate: red\n" in job.summary
    assert "- records: never edited or deleted" in job.summary
    assert "\n    PartPulse: RED  (as of " in job.summary
    assert job.path.strip() == str(temp / "rollbook/bin")
    assert not git(partpulse, "status", "--porcelain")
    assert "a-token" not in job.log + (temp / "rollbook/inputs.json").read_text()


def test_on_a_schedule_it_fails(partpulse, temp):
    job = use(partpulse, temp)  # it does not have to be said
    assert job.failed == ["gate"] and job.outputs["gate"] == {"gate": "red"}


def test_what_is_in_order_passes_where_it_is_enforced(tiny, temp):
    job = use(tiny, temp, mode="enforce", service="tiny")
    assert not job.failed, job.log
    assert job.outputs["gate"] == {"gate": "green"} and "Tiny: green" in job.summary
    assert "out of date" not in job.summary and not job.annotations
    assert "Traceback" not in job.log
    job = use(tiny, temp, mode="annotate", service="tiny nobody")
    assert "nobody" in job.log and {VALID, DRIFT, "gate"} <= set(job.failed)
    # A year ahead it is 'due soon' from the first day on.
    job = use(tiny, temp, mode="enforce", warn_days="400")
    assert not job.failed and job.outputs["gate"] == {"gate": "due-soon"}


def test_invalid_content_drift_and_touched_records_fail_in_either_mode(partpulse, temp):
    (partpulse / "generated/partpulse/rollback-procedures.md").write_text("by hand\n")
    records = partpulse / "content/partpulse/records/reviews"
    records.mkdir(parents=True)
    (records / "2026-11-20-x.yaml").write_text("x")
    git(partpulse, "add", "-A")
    git(partpulse, "commit", "-qm", "x")
    git(partpulse, "rm", "-q", "content/partpulse/records/reviews/2026-11-20-x.yaml")
    git(partpulse, "commit", "-qm", "x")
    job = use(partpulse, temp, mode="annotate")
    assert job.failed == [DRIFT, AUDIT], job.log
    told = [a for a in job.annotations if a.startswith("::error title=")]
    assert any("Outputs are out" in a for a in told) and any("Records were" in a for a in told)
    assert "- outputs: **out of date" in job.summary and "- records: **edited" in job.summary

    with (partpulse / "content/partpulse/service.yaml").open("a") as file:
        file.write("nonsense: 1\n")
    job = use(partpulse, temp, mode="annotate", audit="false")
    assert job.failed == [VALID, DRIFT], job.log  # the gate is red, and only shown
    assert job.outcomes[AUDIT] == "skipped" and "- content: **has errors" in job.summary


def test_a_shallow_checkout_is_told_what_it_needs(partpulse, temp, tmp_path):
    git(partpulse, "commit", "-qm", "y", "--allow-empty")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{partpulse}", shallow)
    job = use(shallow, temp, mode="annotate")
    assert job.failed == [AUDIT] and "fetch-depth: 0" in job.log
    assert "- records: **not looked at" in job.summary


@pytest.mark.parametrize(
    "given",
    [
        {"mode": "Enforce"},
        {"warn_days": "-1"},
        {"warn_days": "1; touch x"},
        {"service": "tiny; touch x"},
        {"content": "a\n::error::b"},
        {"issue": "yes"},
        {"audit": ""},
    ],
)
def test_an_input_that_is_wrong_stops_it_at_once(tiny, temp, given):
    job = use(tiny, temp, **given)
    assert job.failed == ["start"] and set(job.outcomes.values()) == {"failure", "skipped"}
    (told,) = job.annotations
    assert f"'{next(iter(given)).replace('_', '-')}'" in told and not (tiny / "x").exists()


def test_a_python_that_is_too_old_is_told(tiny, temp, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "tools/github"))
    import action

    monkeypatch.setattr(action, "NEWEST_TOO_OLD", sys.version_info[:2])
    assert action.start() == 2 and "Python 3.11" in capsys.readouterr().out


def test_content_gives_the_runner_no_commands(tiny, temp):
    """A name becomes part of the log, of the diff and of the summary; nowhere is it obeyed."""
    service = tiny / "docs/rollback content/tiny/service.yaml"
    name = f"'::error title=x::{HOSTILE} ##[error]'"
    text = service.read_text("utf-8").replace("purpose: What", f"name: {name}\npurpose: What")
    service.write_text(text.replace("name: Tiny\n", "", 1))
    job = use(tiny, temp, mode="enforce")
    assert job.failed == [DRIFT], job.log
    assert not [a for a in job.annotations if a.lstrip().startswith("::error title=x")]
    assert "channel" in job.log and "channel" in job.summary
    for token in tokens(job.summary):
        assert "channel" not in token.content or token.type == "code_block"


def test_the_issue_is_opened_and_closed_through_the_action(partpulse, temp, tmp_path):
    fake = tmp_path / "bin/gh"
    fake.parent.mkdir()
    fake.write_text(
        '#!/bin/sh\n[ "$GH_TOKEN $GH_REPO" = "a-token o/r" ] || exit 9\n'
        f'exec "{sys.executable}" "{ROOT}/tests/ci/fakegh.py" "{tmp_path}/state" "$@"\n'
    )
    fake.chmod(0o755)
    job = use(partpulse, temp, f"{fake.parent}:", mode="enforce", issue="true")
    assert job.failed == ["gate"], job.log
    (issue,) = json.loads((tmp_path / "state").read_text())["issues"]
    assert issue["state"] == "OPEN" and "**Who owes what**" in issue["body"]
