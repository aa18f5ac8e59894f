"""Runs the steps of action.yml as a runner does: bash, files for outputs, conditions, outcomes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

_ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
_EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")
_COMMAND = re.compile(r"^::(\w[\w-]*)(?: ([^:]*))?::(.*)$")


def skip_without_packages(said: str) -> None:
    """Skips where no package can be fetched at all; in CI that is a failure."""
    if os.environ.get("CI") != "true" and "No matching distribution found" in said:
        pytest.skip("no registry of Python packages can be reached")


@dataclass
class Job:
    """One use of the action in a job: how each step ended, and what the runner read of it."""

    outcomes: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    log: str = ""
    summary: str = ""
    path: str = ""

    @property
    def failed(self) -> list[str]:
        return [name for name, outcome in self.outcomes.items() if outcome == "failure"]

    @property
    def annotations(self) -> list[str]:
        """What the runner obeys: nothing between stop-commands and its word."""
        found, word = [], ""
        for line in self.log.splitlines():
            if word:
                word = "" if line.strip() == f"::{word}::" else word
            elif match := _COMMAND.match(line.lstrip()):
                if match[1] == "stop-commands":
                    word = match[3]
                else:
                    found.append(line)
        assert not word
        return found


def _value(expression: str, inputs: dict[str, str], job: Job) -> str:
    if expression == "toJSON(inputs)":
        return json.dumps(inputs)
    if found := re.fullmatch(r"inputs\.([\w-]+)", expression):
        return inputs[found[1]]
    if found := re.fullmatch(r"steps\.(\w+)\.outcome", expression):
        return job.outcomes.get(found[1], "")
    if found := re.fullmatch(r"steps\.(\w+)\.outputs\.(\w+)", expression):
        return job.outputs[found[1]].get(found[2], "")
    return {"github.token": "a-token", "github.repository": "o/r"}[expression]


def _holds(condition: str, inputs: dict[str, str], job: Job) -> bool:
    """Conditions as action.yml writes them: comparisons with a text, joined by &&."""
    inside = _EXPRESSION.fullmatch(condition)[1]
    for part in inside.split(" && "):
        if part == "!cancelled()":
            continue
        name, text = re.fullmatch(r"(\S+) == '(\w*)'", part).groups()
        if _value(name, inputs, job) != text:
            return False
    return True


def run(workspace: Path, temp: Path, path: str = "", **given: str) -> Job:
    """Use the action in the checkout `workspace`, as one job whose RUNNER_TEMP is `temp`."""
    inputs = {name: wanted.get("default", "") for name, wanted in _ACTION["inputs"].items()}
    given = {name.replace("_", "-"): value for name, value in given.items()}
    assert set(given) <= set(inputs)
    inputs |= {"python": sys.executable} | given
    job = Job()
    for step in _ACTION["runs"]["steps"]:
        name = step.get("id", step["name"])
        if not (_holds(step["if"], inputs, job) if "if" in step else not job.failed):
            job.outcomes[name] = "skipped"
            continue
        files = {n: temp / n for n in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("")
        env = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "PYTHON"))}
        env |= {
            **{n: str(f) for n, f in files.items()},
            "GITHUB_WORKSPACE": str(workspace),
            "GITHUB_ACTION_PATH": str(ROOT),
            "RUNNER_TEMP": str(temp),
            "ROLLBOOK_PAUSE": "0",
            "PATH": path + env["PATH"],
        }
        for variable, value in step.get("env", {}).items():
            env[variable] = _EXPRESSION.sub(lambda m: _value(m[1], inputs, job), value)
        script = temp / "step.sh"
        script.write_text(step["run"])
        assert step["shell"] == "bash"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script],
            cwd=workspace,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=env,
        )
        job.outcomes[name] = "failure" if done.returncode else "success"
        job.log += done.stdout
        job.summary += files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
        job.path += files["GITHUB_PATH"].read_text("utf-8")
        lines = files["GITHUB_OUTPUT"].read_text("utf-8").splitlines()
        job.outputs[name] = dict(line.split("=", 1) for line in lines)
    return job
