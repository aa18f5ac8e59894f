"""One issue a service that says who owes what while the gate is red.

    gate_issue.py ROLLBOOK [OPTION OF `rollbook check`]...

Opens it, keeps it up to date, opens it again, closes it, all through `gh`. Its own issues are
found by a label, which a stranger cannot give, together with a hidden line in the body; a title
may be edited. What is compared and done again is only what can be done twice without harm: an
issue is opened at most once in a run, and a comment is written after GitHub has shown what it
is about. Exit code 0, or 3 when GitHub does not show in the end what it should.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from urllib.parse import quote

from quoting import block, cut

LABEL = "rollbook-gate"
LIMIT = 65_536  # characters of the body of an issue or a comment, by GitHub's own message
ALL = "*"  # stands for the content as a whole, where a service cannot be read
RED = ("invalid", "never", "expired", "changed")
ROUNDS = 3
PAUSE = float(os.environ.get("ROLLBOOK_PAUSE", "3"))  # seconds that GitHub gets to show a change
SECONDS = 60  # for one call of gh
MOST = 1000  # issues with the label, open and closed

_MARK = re.compile(r"^<!-- rollbook-gate of=(\S+) owed=(\S*) -->$", re.M)
_END = "<!-- rollbook-gate end -->"


class Failed(Exception):
    """GitHub, or `rollbook check`, could not do what was asked; the message says what it said."""


@dataclass(frozen=True)
class Goal:
    """How the issue of one service should stand. `owed` names what is open, without its days."""

    of: str
    status: str
    owed: tuple[str, ...]
    part: str

    @property
    def title(self) -> str:
        return "Rollback content: invalid" if self.of == ALL else f"Rollback gate: {self.of}"


@dataclass(frozen=True)
class Issue:
    number: int
    title: str
    body: str
    open: bool

    @property
    def mark(self) -> re.Match | None:
        return _MARK.search(self.body)


@dataclass(frozen=True)
class Step:
    """One thing to do on GitHub: open, reopen, edit, close, or drop (close as a duplicate)."""

    verb: str
    goal: Goal
    number: int = 0
    body: str = ""
    say: str = ""
    """The comment that follows once GitHub shows the change."""


def plan(issues: list[Issue], goals: list[Goal]) -> list[Step]:
    """What is still to be done. Empty when GitHub is as it should be."""
    return [step for goal in goals for step in _steps(issues, goal)]


def _steps(issues: list[Issue], goal: Goal) -> list[Step]:
    mine = sorted((i for i in issues if _is_of(i, goal)), key=lambda i: i.number)
    living = [i for i in mine if i.open]
    if not mine:
        return [Step("open", goal, body=body(goal, ""))] if goal.status == "red" else []
    issue = living[0] if living else mine[-1]
    steps = [
        Step("drop", goal, double.number, say=f"The same is said in #{issue.number}.")
        for double in living[1:]
    ]
    if not issue.open and goal.status != "red":
        return steps
    if not issue.open:
        steps.append(Step("reopen", goal, issue.number, say=_again(issue, goal)))
    wanted = body(goal, issue.body)
    if wanted.strip() != issue.body.strip():
        changed = "" if not issue.open or goal.status == "green" else _changes(issue, goal)
        steps.append(Step("edit", goal, issue.number, wanted, changed))
    if goal.status == "green":
        steps.append(Step("close", goal, issue.number, say="Nothing is owed any more."))
    return steps


def _is_of(issue: Issue, goal: Goal) -> bool:
    """By the hidden line; by the title only where somebody has taken that line away."""
    return issue.mark[1] == goal.of if issue.mark else issue.title == goal.title


def body(goal: Goal, before: str) -> str:
    """The body `before` with our part of it written anew; what people added stays."""
    found = _MARK.search(before)
    head = before[: found.start()] if found else ""
    tail = before[found.end() :].partition(_END)[2] if found else before and f"\n\n{before}"
    mark = f"<!-- rollbook-gate of={goal.of} owed={_owed(goal)} -->"
    room = LIMIT - len(head) - len(tail) - len(mark) - len(_END) - 2
    return f"{head}{mark}\n{cut(goal.part, room)}\n{_END}{tail}"


def _owed(goal: Goal) -> str:
    """What is owed as one word of the hidden line: no space in it, and nothing that ends it.

    Of very much only the beginning is kept, so that there is room for what people read.
    """
    return ",".join(quote(name, safe="=:/") for name in goal.owed)[: LIMIT // 4]


def _changes(issue: Issue, goal: Goal) -> str:
    """What came and what went since the body was written; empty when only days have passed."""
    before = set(filter(None, (issue.mark[2] if issue.mark else "").split(",")))
    now = set(filter(None, _owed(goal).split(",")))
    came = [f"+ {name}" for name in sorted(now - before)]
    went = [f"- {name}" for name in sorted(before - now)]
    if not came and not went:
        return ""
    return cut("What is owed has changed:\n\n" + block("\n".join(came + went)), LIMIT)


def _again(issue: Issue, goal: Goal) -> str:
    if issue.mark and issue.mark[2] == _owed(goal):
        return "This was closed, and the gate is still red: what is owed is not done."
    return "The gate is red again."


def goals_of(found: dict, text_of) -> list[Goal]:
    """What `check --format json` found, as goals; `text_of(id)` is the check's text for people."""
    goals = []
    for service in found["services"]:
        status = service["status"] if service["status"] in ("red", "waived") else "green"
        owed = [
            f"{c['id']}={c['state']}" + ("=waived" if "waived" in c else "")
            for c in service["clocks"]
            if c["state"] in RED
        ]
        owed += [f"unfilled={u['path']}" for u in service["unfilled"] if u["required"]]
        part = _part(service, status, text_of(service["id"]) if status != "green" else "")
        goals.append(Goal(service["id"], status, tuple(owed), part))
    problems = found["problems"]
    places = sorted({f"{p['file']}:{p['line']}" for p in problems})
    lines = "\n".join(f"{p['file']}:{p['line']}:{p['column']}: {p['message']}" for p in problems)
    words = "The content is valid." if not problems else f"{_NO_STATE}\n\n{block(lines)}"
    return [*goals, Goal(ALL, "red" if problems else "green", tuple(places), words)]


_NO_STATE = "The content cannot be read, so the gate is red whatever the clocks say."


def _part(service: dict, status: str, text: str) -> str:
    name = f"`{service['id']}`"
    if status == "green":
        return f"The gate of {name} is green as of {service['as_of']}."
    lines = []
    for owner in dict.fromkeys(o["owner"] for o in service["owed"]):
        lines.append(owner)
        lines += [f"  - {o['what']}" for o in service["owed"] if o["owner"] == owner]
    who = f"**Who owes what**\n\n{block(chr(10).join(lines))}\n\n" if lines else ""
    return (
        f"The gate of {name} is **{status}** as of {service['as_of']}. This part is written anew"
        " whenever the gate is looked at; the issue is closed when the gate is green. Keep the"
        f" label `{LABEL}`. What you write around this part stays.\n\n"
        f"{who}**What `rollbook check` says**\n\n{block(text)}"
    )


def gh(*arguments: str, text: str = "") -> str:
    """One call of gh; its standard output. Raises Failed with what gh said."""
    what = " ".join(arguments[:3])
    try:
        done = subprocess.run(
            ["gh", *arguments], input=text, capture_output=True, text=True, timeout=SECONDS
        )
    except OSError as error:
        raise Failed(f"gh cannot be started: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise Failed(f"gh {what}: no answer in {SECONDS} seconds") from error
    if done.returncode:
        raise Failed(f"gh {what}: {done.stderr.strip() or f'exit code {done.returncode}'}")
    return done.stdout


def listed() -> list[Issue]:
    """Every issue with the label. Asked without a search, whose index lags behind."""
    fields = ("--json", "number,title,body,state", "--limit", str(MOST))
    try:
        found = [
            # A body that was edited in a browser has other line ends.
            Issue(i["number"], i["title"], i["body"].replace("\r\n", "\n"), i["state"] == "OPEN")
            for i in json.loads(gh("issue", "list", "--label", LABEL, "--state", "all", *fields))
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failed(f"gh issue list: not the answer that was asked for ({error!r})") from error
    if len(found) >= MOST:
        raise Failed(f"{MOST} issues have the label {LABEL}; it is for those of the gate only")
    return found


def do(step: Step) -> None:
    number = str(step.number)
    if step.verb == "open":
        try:
            about = ("--color", "b60205", "--description", "What the rollback gate is waiting for")
            gh("label", "create", LABEL, *about)
        except Failed:
            pass  # mostly it exists; where it does not, the next call says so
        gh(
            *("issue", "create", "--title", step.goal.title, "--label", LABEL),
            *("--body-file", "-"),
            text=step.body,
        )
    elif step.verb == "edit":
        gh("issue", "edit", number, "--body-file", "-", text=step.body)
    elif step.verb == "reopen":
        gh("issue", "reopen", number)
    else:
        reason = "completed" if step.verb == "close" else "not planned"
        gh("issue", "close", number, "--reason", reason)


def converge(goals: list[Goal], log=print) -> bool:
    """Do what is to be done until GitHub shows it, at most ROUNDS times; whether it does."""
    opened: set[str] = set()
    said: dict[int, Step] = {}
    whole = True
    for turn in range(ROUNDS + 1):
        if turn:
            time.sleep(PAUSE)
        left = plan(listed(), goals)
        if not left or turn == ROUNDS:
            break
        for step in left:
            if step.verb == "open":
                if step.goal.of in opened:
                    continue  # it may be there and not be shown yet: a second one would be worse
                opened.add(step.goal.of)
            if step.say:
                said.setdefault(step.number, step)  # one comment, the first, an issue and run
            try:
                do(step)
            except Failed as error:
                log(str(error))  # perhaps it was done all the same: the next list tells
            else:
                log(f"{step.goal.of}: {step.verb}" + (f" #{step.number}" if step.number else ""))
    for step in left:
        whole = False
        log(f"{step.goal.of}: GitHub does not show it: {step.verb} #{step.number}")
    waiting = {step.number for step in left}
    for step in said.values():
        if step.number in waiting:
            continue
        try:
            gh("issue", "comment", str(step.number), "--body-file", "-", text=step.say)
        except Failed as error:
            whole = False
            log(str(error))
    return whole


def _json(text: str) -> dict:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Failed(f"rollbook check: not the answer that was asked for: {text[:200]}") from error


def check(command: list[str]) -> str:
    """What `rollbook check` prints. Raises Failed when it could not look at all."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise Failed(f"rollbook check: exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def main(arguments: list[str]) -> int:
    program, *options = arguments
    rest = list(options)
    while "--service" in rest:  # the text is asked for one service at a time
        at = rest.index("--service")
        del rest[at : at + 2]
    try:
        found = _json(check([program, "check", *options, "--format", "json"]))
        goals = goals_of(found, lambda of: check([program, "check", *rest, "--service", of]))
        return 0 if converge(goals) else 3
    except Failed as error:
        print(error)
        return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
