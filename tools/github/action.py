"""The steps of the composite action (action.yml): action.py start|validate|drift|audit|gate|issue.

`start` sets Rollbook up and keeps the inputs; every other step looks at one thing, so that each
has annotations of its own (GitHub shows few of one step) and all are looked at when one is bad.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import venv
from pathlib import Path

from quoting import block, cut

HERE = Path(__file__).parent
RED, USAGE = 1, 2
SUMMARY = 1_000_000  # characters; GitHub takes 1 MiB for a step
NEWEST_TOO_OLD = (3, 10)

_ALLOWED = {
    "mode": "enforce|annotate",
    "audit": "true|false",
    "issue": "true|false",
    "warn-days": "[0-9]{0,4}",
    "content": r"[^\r\n]+",
    "out": r"[^\r\n]+",
    "service": r"[a-z0-9\s-]*",
}


def home() -> Path:
    return Path(os.environ["RUNNER_TEMP"], "rollbook")


def start() -> int:
    """A virtual environment with Rollbook in the pinned versions, and the inputs beside it."""
    if sys.version_info[:2] <= NEWEST_TOO_OLD:
        return refuse("Rollbook needs Python 3.11 or newer: name one with the input 'python'")
    inputs = json.loads(os.environ["INPUTS"])
    for name, pattern in _ALLOWED.items():
        if not re.fullmatch(pattern, inputs[name]):
            return refuse(f"the input '{name}' is {inputs[name]!r}; it must match {pattern}")
    project = HERE.parent.parent.resolve()
    ready = home() / "ready"
    if not (ready.is_file() and ready.read_text("utf-8") == str(project)):
        if code := install(project):
            return code
        ready.write_text(str(project), "utf-8")
    (home() / "inputs.json").write_text(json.dumps(inputs), "utf-8")
    append("GITHUB_PATH", str(home() / "bin"))
    append("GITHUB_STEP_SUMMARY", "## Rollback procedures\n")
    return 0


def install(project: Path) -> int:
    venv.create(home(), with_pip=True, clear=True)
    pip = [home() / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for what in (["--requirement", project / "requirements/run.txt"], ["--no-deps", project]):
        done = subprocess.run([*pip, *what])
        if done.returncode:
            return refuse("Rollbook could not be installed; the lines above say why")
    return 0


def validate() -> int:
    code = run("validate", "--format", "github")
    return told(code, "content", "valid", "has errors; the annotations say where")


def drift() -> int:
    # Not the word of the content alone: a diff can hold what the runner takes for a command.
    code = run("build", "--check", "--out", given("out"), raw=True)
    if code == RED:
        print("::error title=Outputs are out of date::Run 'rollbook build' and commit the outputs")
    return told(code, "outputs", "what the content says", "out of date; run `rollbook build`")


def audit() -> int:
    code = run("audit", raw=True)
    if code == RED:
        print("::error title=Records were touched::A record is never edited; add one that corrects")
    return told(code, "records", "never edited or deleted", "edited or deleted; see the log")


def gate() -> int:
    """Red is the exit code only where it is to be enforced: see docs/ci.md."""
    options = warn_days()
    code = run("check", "--format", "github", *options)
    if code > RED:
        return code
    status = json.loads(output("check", "--format", "json", *options))["status"]
    append("GITHUB_OUTPUT", f"gate={status}")
    append("GITHUB_STEP_SUMMARY", f"- gate: {status}\n")
    # The paragraph ends the list above, in which a block would be no code.
    said = cut(block(output("check", *options)), SUMMARY)
    append("GITHUB_STEP_SUMMARY", f"What `rollbook check` says:\n\n{said}\n")
    return code if given("mode") == "enforce" else 0


def issue() -> int:
    script = [sys.executable, HERE / "gate_issue.py", home() / "bin/rollbook"]
    return quietly([*script, *shared(), *warn_days()])


def told(code: int, what: str, good: str, bad: str) -> int:
    words = {0: good, RED: f"**{bad}**"}.get(code, "**not looked at; see the log**")
    append("GITHUB_STEP_SUMMARY", f"- {what}: {words}\n")
    return code


def given(name: str) -> str:
    return json.loads((home() / "inputs.json").read_text("utf-8"))[name]


def shared() -> list[str]:
    """The options of every command of `rollbook`."""
    services = (part for id in given("service").split() for part in ("--service", id))
    return ["--content", given("content"), *services]


def warn_days() -> list[str]:
    return ["--warn-days", given("warn-days")] if given("warn-days") else []


def command(name: str, *options: str) -> list[str | Path]:
    return [home() / "bin/rollbook", name, *options, *shared()]


def run(name: str, *options: str, raw: bool = False) -> int:
    """One command of `rollbook`; `raw` where it prints content, and no annotations."""
    if raw:
        return quietly(command(name, *options))
    sys.stdout.flush()
    return subprocess.run(command(name, *options)).returncode


def quietly(words: list[str | Path]) -> int:
    """Run it while the runner obeys nothing of what is printed."""
    word = secrets.token_hex(16)
    print(f"::stop-commands::{word}", flush=True)
    try:
        return subprocess.run(words).returncode
    finally:
        print(f"::{word}::", flush=True)


def output(name: str, *options: str) -> str:
    return subprocess.run(command(name, *options), capture_output=True, text=True).stdout


def append(variable: str, text: str) -> None:
    """Add a line to a file that the runner reads after the step."""
    if path := os.environ.get(variable):
        with open(path, "a", encoding="utf-8") as file:
            file.write(text + "\n")


def refuse(message: str) -> int:
    safe = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::error title=Rollbook::{safe}")
    return USAGE


STEPS = {f.__name__: f for f in (start, validate, drift, audit, gate, issue)}

if __name__ == "__main__":
    sys.exit(STEPS[sys.argv[1]]())
