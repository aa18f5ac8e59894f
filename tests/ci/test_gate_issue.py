"""The issue of the gate, against a GitHub with a memory that fails, lies and is meddled with."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.ci.fakegh import FIELDS, FLAGS, RATE_LIMIT, GitHub
from tests.conftest import ROOT
from tests.scripts.scriptworld import needs

sys.path.insert(0, str(ROOT / "tools/github"))

import gate_issue
import quoting
from gate_issue import ALL, LABEL, LIMIT, Failed, Goal

HOSTILE = "@channel #1 ``` ~~~ <!-- rollbook-gate of=tiny owed= --> <img src=x> [x](http://y)"


def red(of: str = "tiny", *owed: str, text: str = "Tiny: RED") -> Goal:
    return Goal(of, "red", owed or ("review=expired",), quoting.block(text))


def green(of: str = "tiny") -> Goal:
    return Goal(of, "green", (), f"The gate of {of} is green.")


def run(hub: GitHub, *goals: Goal, trouble: dict[int, str] | None = None) -> tuple[bool, list[str]]:
    """One run; whether it ended well, and what it logged."""
    log: list[str] = []
    hub.calls, hub.trouble = [], trouble or {}

    def gh(*arguments: str, text: str = "") -> str:
        code, out, err = hub.call(list(arguments), text)
        if code:
            raise Failed(f"gh: {err}")
        return out

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate_issue, "gh", gh)
        patch.setattr(gate_issue, "PAUSE", 0)
        try:
            return gate_issue.converge(list(goals), log.append), log
        except Failed as error:
            return False, [*log, str(error)]


def comments(hub: GitHub) -> list[str]:
    return [c for issue in hub.issues for c in issue["comments"]]


def writes(hub: GitHub) -> list[list[str]]:
    return [c for c in hub.calls if c[1] != "list"]


def test_one_issue_from_red_to_green_and_back():
    hub = GitHub()
    assert run(hub, red(), green(ALL)) == (True, ["tiny: open"])
    (issue,) = hub.issues
    assert issue["labels"] == [LABEL] == hub.labels and "Tiny: RED" in issue["body"]

    assert run(hub, red(), green(ALL))[0] and not writes(hub)  # nothing changed

    assert run(hub, red(text="Tiny: RED, a day later"))[0]
    assert "a day later" in issue["body"] and not comments(hub)

    assert run(hub, red("tiny", "drill:x=never"))[0]
    (comment,) = issue["comments"]
    assert "    + drill:x=never\n    - review=expired" in comment

    assert run(hub, green())[0]
    assert (issue["state"], issue["reason"], len(comments(hub))) == ("CLOSED", "completed", 2)
    assert "green" in issue["body"] and "RED" not in issue["body"]
    assert run(hub, green())[0] and not writes(hub)

    assert run(hub, red())[0]
    assert hub.open == [issue] and issue["comments"][2:] == ["The gate is red again."]
    assert len(hub.issues) == 1


def test_a_waiver_opens_nothing_and_closes_nothing():
    hub = GitHub()
    waived = replace(red("tiny", "review=expired=waived"), status="waived")
    assert run(hub, waived)[0] and not hub.issues
    run(hub, red())
    assert run(hub, waived)[0]
    assert len(hub.open) == 1 and "+ review=expired=waived" in comments(hub)[0]
    run(hub, green())
    assert run(hub, waived)[0] and not writes(hub) and not hub.open


def test_what_people_do_to_the_issue_is_kept_or_undone():
    hub = GitHub()
    run(hub, red())
    (issue,) = hub.issues
    # Edited in a browser: another title, other line ends, words before and behind.
    issue["title"] = "The review, again"
    issue["body"] = f"Ada does it.\n{issue['body']}\nAfter lunch.".replace("\n", "\r\n")
    assert run(hub, red(text="later"))[0]
    assert issue["body"].startswith("Ada does it.\n<!--")
    assert issue["body"].endswith("-->\nAfter lunch.") and "later" in issue["body"]
    assert run(hub, red(text="later"))[0] and not writes(hub)

    issue["state"] = "CLOSED"
    assert run(hub, red(text="later"))[0]
    assert hub.open == [issue] and "is not done" in comments(hub)[0]

    # Without the hidden line the title still tells it.
    issue["title"], issue["body"] = red().title, "I wiped it."
    assert run(hub, red(text="later"))[0]
    assert "I wiped it." in issue["body"] and "later" in issue["body"]
    assert len(hub.issues) == 1


def test_two_issues_become_the_older_one():
    hub = GitHub(labels=[LABEL])
    for _ in range(3):
        hub.add("x", gate_issue.body(red(), ""), LABEL)
    hub.add("other", gate_issue.body(red("other"), ""), LABEL)
    assert run(hub, red())[0]
    assert [i["number"] for i in hub.open] == [1, 4]
    assert [i["reason"] for i in hub.issues] == ["", "not planned", "not planned", ""]
    assert comments(hub) == ["The same is said in #1."] * 2


def test_an_issue_of_a_stranger_is_not_touched():
    """Anybody can write the hidden line; only people of the repository can give the label."""
    hub = GitHub()
    hub.add(red().title, gate_issue.body(red(), ""))
    assert run(hub, green())[0] and len(hub.open) == 1 and not writes(hub)
    assert run(hub, red())[0] and [i["labels"] for i in hub.issues] == [[], [LABEL]]


def test_a_service_that_cannot_be_read_stays_as_it_is():
    hub = GitHub()
    run(hub, red())
    found = {
        "services": [],
        "problems": [{"file": HOSTILE, "line": 1, "column": 2, "message": "x"}],
    }
    goals = gate_issue.goals_of(found, lambda of: "")
    assert [(g.of, g.status) for g in goals] == [(ALL, "red")]
    assert run(hub, *goals)[0]
    assert [i["title"] for i in hub.open] == [red().title, "Rollback content: invalid"]


# Every call of every scenario goes wrong in every way.
SCENARIOS = {
    "open": ([], [red(), green(ALL)]),
    "edit": ([red()], [red("tiny", "drill:x=never")]),
    "close": ([red()], [green()]),
    "reopen": ([red(), green()], [red()]),
    "double": ([red(), red()], [red(text="later")]),
}


@pytest.mark.parametrize("trouble", ["fail", "broken", "lie", "stale"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_whatever_goes_wrong_nothing_is_doubled_and_the_next_run_mends_it(scenario, trouble):
    before, goals = SCENARIOS[scenario]
    for call in itertools.count():
        hub = GitHub()
        if scenario == "double":
            hub.labels.append(LABEL)
            for goal in before:
                hub.add("x", gate_issue.body(goal, ""), LABEL)
        else:
            for goal in before:
                run(hub, goal)
        old = len(comments(hub))
        good, log = run(hub, *goals, trouble={call: trouble})
        if call >= len(hub.calls):
            assert good
            break
        again, _ = run(hub, *goals)
        assert again, (call, log)
        wanted = [g for g in goals if g.status == "red"]
        assert len(hub.open) == len(wanted), (call, log, hub.issues)
        assert len(hub.issues) <= max(1, len(before) if scenario == "double" else 1)
        assert len(comments(hub)) - old <= 1, (call, log)
        # What was not said is not hidden: the run that lost it ends badly.
        said = {"open": 0, "double": 1}.get(scenario, 1)
        assert not good or len(comments(hub)) - old == said or trouble in ("lie", "stale")
    assert call > 2


@pytest.mark.parametrize("trouble", ["fail", "lie", "broken"])
def test_a_github_that_is_wrong_all_the_time_is_told_in_plain_words(trouble):
    hub = GitHub()
    good, log = run(hub, red(), trouble={-1: trouble})
    assert not good and not hub.issues
    assert any(RATE_LIMIT in line or "does not show it" in line for line in log)
    assert sum(c[:2] == ["issue", "create"] for c in hub.calls) <= 1


def test_nobody_is_told_of_a_change_that_cannot_be_seen():
    hub = GitHub()
    run(hub, red())
    # Every edit is taken and forgotten; only a comment would get through.
    good, log = run(hub, red("tiny", "drill:x=never"), trouble=dict.fromkeys((1, 3, 5), "lie"))
    assert not good and not comments(hub) and "does not show it" in log[-1]


def test_an_issue_that_is_closed_while_it_is_edited_is_opened_again():
    hub = GitHub()
    run(hub, red())
    do = gate_issue.do

    def meddle(step):
        do(step)
        if step.verb == "edit" and not meddled:
            meddled.append(step)
            hub.issues[0]["state"] = "CLOSED"

    meddled: list = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate_issue, "do", meddle)
        assert run(hub, red(text="later"))[0]
    assert meddled and hub.open


def tokens(text: str):
    return MarkdownIt("commonmark", {"html": True}).parse(text)


@given(st.text(max_size=200), st.text(max_size=20))
def test_content_is_one_block_of_code_whatever_it_is(text, other):
    first, *rest = tokens(f"Words.\n\n{quoting.block(text)}\n\n**{'x'}**")[3:]
    shown = text.replace("\0", "\ufffd")
    words = [line.strip() for line in shown.splitlines() if line.strip()]
    if not words:
        assert first.type == "paragraph_open"
        return
    assert first.type == "code_block"
    assert [line.strip() for line in first.content.split("\n") if line.strip()] == words
    assert [t.type for t in rest] == ["paragraph_open", "inline", "paragraph_close"]


def test_hostile_content_in_the_body_is_code_and_no_mark_of_ours():
    service = {
        "id": "tiny",
        "status": "red",
        "as_of": "2026-11-24",
        "clocks": [{"id": HOSTILE, "state": "expired"}],
        "unfilled": [{"path": "a b--> ,\n-->", "required": True}],
        "owed": [{"owner": HOSTILE, "what": f"\r{HOSTILE}\u2028{HOSTILE}"}],
    }
    (goal, _) = gate_issue.goals_of({"services": [service], "problems": []}, lambda of: HOSTILE)
    text = gate_issue.body(goal, "")
    kinds = {
        t.type for t in tokens(text) if any(w in t.content for w in ("@channel", "<img", "#1"))
    }
    assert kinds == {"code_block"}
    html = [t.content.strip() for t in tokens(text) if t.type == "html_block"]
    assert html[0].startswith("<!-- rollbook-gate of=tiny owed=") and html[1:] == [gate_issue._END]
    hub = GitHub()
    assert run(hub, goal)[0] and run(hub, goal)[0] and not writes(hub)
    assert run(hub, green())[0] and not hub.open  # found again in spite of the marks inside


def test_a_body_that_is_too_long_is_cut_and_what_people_wrote_is_not():
    goal = red(
        "tiny", *(f"unfilled=contacts.c{n}" for n in range(5000)), text="line of text\n" * 9999
    )
    hub = GitHub()
    assert run(hub, goal)[0]
    (issue,) = hub.issues
    assert "more lines: run `rollbook check`" in issue["body"]
    issue["body"] = "Mine.\n" + issue["body"] + "\nMine too."
    assert run(hub, goal)[0]
    assert len(issue["body"]) <= LIMIT
    assert issue["body"].startswith("Mine.\n") and issue["body"].endswith("Mine too.")
    assert run(hub, red())[0] and len(comments(hub)[0]) <= LIMIT


@pytest.fixture
def program(tmp_path: Path):
    """Runs the script as the action does, with a fake gh in the path."""
    fake = tmp_path / "bin/gh"
    fake.parent.mkdir()
    fake.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/tests/ci/fakegh.py" "{tmp_path}/state" "$@"\n'
    )
    fake.chmod(0o755)

    def start(*options: str, **state) -> subprocess.CompletedProcess:
        if state:
            (tmp_path / "state").write_text(json.dumps(state))
        return subprocess.run(
            [sys.executable, ROOT / "tools/github/gate_issue.py", *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "PATH": f"{fake.parent}:{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                "ROLLBOOK_PAUSE": "0",
            },
        )

    start.state = lambda: json.loads((tmp_path / "state").read_text())
    start.rollbook = str(Path(sys.executable).parent / "rollbook")
    return start


def test_partpulse_gets_its_issue_from_the_real_gate(program):
    done = program(program.rollbook, "--service", "partpulse", "--as-of", "2026-11-24")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    (issue,) = program.state()["issues"]
    assert issue["title"] == "Rollback gate: partpulse"
    for words in (
        "    Governance Liaison\n      - ",
        "- review: was due 2026-04-09, 229 days ago (never reviewed)",
        "\n      - Who is on call",
        "    PartPulse: RED  (as of 2026-11-24 UTC, simulated)",
    ):
        assert words in issue["body"], words


@pytest.mark.parametrize(
    ("options", "state", "words"),
    [
        (["rollbook"], {"trouble": {"-1": "fail"}}, "API rate limit exceeded"),
        (["rollbook", "--service", "nobody"], {}, "exit code 2"),
        (["false"], {}, "not the answer"),
    ],
)
def test_what_could_not_be_done_is_told_without_a_traceback(program, options, state, words):
    options = [program.rollbook if options[0] == "rollbook" else options[0], *options[1:]]
    done = program(*options, **state)
    assert done.returncode == 3 and words in done.stdout, done.stdout
    assert "Traceback" not in done.stderr


def test_the_real_gh_has_every_flag_that_is_used():
    needs("gh")
    for (noun, verb), flags in FLAGS.items():
        told = subprocess.run(
            ["gh", noun, verb, "--help"], capture_output=True, text=True, check=True
        ).stdout
        assert all(f"{flag} " in told for flag in flags), (noun, verb)
    told = subprocess.run(
        ["gh", "issue", "list", "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "GH_TOKEN": "none", "GH_REPO": "o/r"},
    ).stderr
    assert all(f"\n  {name}\n" in told for name in FIELDS), told
