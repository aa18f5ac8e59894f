"""The workflows, the action and the hooks, by the tools that know them, and by what those miss."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.ci.actionworld import skip_without_packages
from tests.conftest import ROOT
from tests.scripts.scriptworld import SHELLCHECK

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"
BIN = Path(sys.executable).parent


def read(path: Path) -> dict:
    # Not as YAML 1.1 has it, where the key 'on' is true.
    return yaml.load(path.read_text("utf-8"), yaml.BaseLoader)


def jobs() -> list[tuple[str, str, dict]]:
    return [(p.name, name, job) for p in WORKFLOWS for name, job in read(p)["jobs"].items()]


def steps() -> list[tuple[str, dict]]:
    """Every step of every workflow and of the action, with the name of its file."""
    found = [(name, step) for name, _, job in jobs() for step in job.get("steps", [])]
    return found + [("action.yml", step) for step in read(ACTION)["runs"]["steps"]]


def tool(name: str, *arguments: object) -> str:
    done = subprocess.run(
        [BIN / name, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_schemas_have_nothing_to_say():
    assert len(WORKFLOWS) == 3
    tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    tool("check-jsonschema", "--builtin-schema", "vendor.github-actions", ACTION)
    tool("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml")


def test_zizmor_finds_nothing_even_where_it_may_be_wrong():
    said = tool(
        "zizmor", "--offline", "--persona", "auditor", "--format", "json", ACTION, *WORKFLOWS
    )
    assert said.strip() == "[]"
    ignored = [
        line
        for p in (ACTION, *WORKFLOWS)
        for line in p.read_text().splitlines()
        if "zizmor:" in line
    ]
    assert [line.strip() for line in ignored] == ["- uses: ./ # zizmor: ignore[self-repository]"]


def test_zizmor_would_find_something(tmp_path):
    text = (ROOT / ".github/workflows/site.yml").read_text("utf-8")
    bad = tmp_path / ".github/workflows/site.yml"
    bad.parent.mkdir(parents=True)
    bad.write_text(text.replace("permissions: {}", "permissions: write-all"))
    done = subprocess.run(
        [BIN / "zizmor", "--offline", "--persona", "pedantic", tmp_path],
        capture_output=True,
        text=True,
    )
    assert done.returncode and "excessive-permissions" in done.stdout


def test_what_is_used_is_of_this_repository_or_pinned_with_its_version():
    pin = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    pins: dict[str, set[str]] = {}
    for path in (ACTION, *WORKFLOWS):
        for line in path.read_text("utf-8").splitlines():
            if found := re.match(r"\s*(?:- )?uses: (.*)", line):
                used = found[1].split(" # zizmor")[0]
                local = used == "./" or (
                    used.startswith("$/") and (ROOT / used.removeprefix("$/")).is_file()
                )
                assert local or pin.fullmatch(used), (path.name, used)
                pins.setdefault(used.partition("@")[0], set()).add(used)
    assert all(len(used) == 1 for used in pins.values()), pins  # everywhere the same version


def test_every_need_names_a_job_and_none_waits_for_itself():
    for path in WORKFLOWS:
        found = read(path)["jobs"]
        seen: set[str] = set()
        for _ in found:
            for name, job in found.items():
                needed = job.get("needs", [])
                needed = [needed] if isinstance(needed, str) else needed
                assert set(needed) <= set(found), (path.name, name)
                if set(needed) <= seen:
                    seen.add(name)
        assert seen == set(found), path.name


def test_permissions_are_the_least_and_nothing_runs_for_ever():
    may = {}
    for path in WORKFLOWS:
        assert read(path)["permissions"] == {}, path.name
        assert read(path)["concurrency"]["group"], path.name
    # Two at once would each open the issue; one that is stopped half-way leaves it half-written.
    freshness = read(ROOT / ".github/workflows/freshness.yml")["concurrency"]
    assert "${{" not in freshness["group"] and freshness["cancel-in-progress"] == "false"
    for file, name, job in jobs():
        may[file, name] = {k for k, v in job["permissions"].items() if v == "write"}
        if "uses" not in job:  # what is called has its own
            assert 0 < int(job["timeout-minutes"]) <= 90, (file, name)
    assert {k: v for k, v in may.items() if v} == {
        ("freshness.yml", "gate"): {"issues"},
        ("site.yml", "publish"): {"pages", "id-token"},
        ("tests.yml", "site"): {"pages", "id-token"},
    }
    for file, step in steps():
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false", file


def cron(text: str) -> list[set[int]]:
    """The fields of a line of cron: numbers, lists, ranges and steps, each within its bounds."""
    bounds = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
    fields = text.split()
    assert len(fields) == 5, text
    found = []
    for field, (low, high) in zip(fields, bounds, strict=True):
        values: set[int] = set()
        for part in field.split(","):
            span, _, step = part.partition("/")
            first, _, last = span.partition("-") if span != "*" else (low, "", high)
            start, end = int(first), int(last or (high if step else first))
            assert low <= start <= end <= high and int(step or 1) > 0, text
            values |= set(range(start, end + 1, int(step or 1)))
        found.append(values)
    return found


def test_schedules_are_daily_and_not_on_the_hour_and_the_site_follows_the_gate():
    at = {}
    for path in WORKFLOWS:
        for entry in read(path)["on"].get("schedule", []):
            minute, hour, *days = cron(entry["cron"])
            assert len(minute) == len(hour) == 1 and minute != {0}, entry
            assert [len(d) for d in days] == [31, 12, 7], entry
            at[path.name] = (*hour, *minute)
    assert set(at) == {"freshness.yml", "site.yml"} and at["freshness.yml"] < at["site.yml"]
    with pytest.raises((AssertionError, ValueError)):
        cron("61 6 * * *")


def test_the_gate_blocks_no_pull_request_and_no_step_hides_what_failed():
    found = read(ROOT / ".github/workflows/tests.yml")["jobs"]
    assert "gate" not in found["site"]["needs"]
    for name, step in steps():
        assert "continue-on-error" not in step, name
    (gate,) = [s["run"] for s in found["gate"]["steps"] if "check" in s.get("run", "")]
    for code, passes in ((0, True), (1, True), (2, False), (3, False)):
        run = gate.replace(".venv/bin/rollbook check --format github", f"(exit {code})")
        assert run != gate
        done = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", run])
        assert (done.returncode == 0) == passes, code
    for job in ("content", "tests"):
        said = " ".join(s.get("run", "") for s in found[job]["steps"])
        assert "rollbook check" not in said and "||" not in said


def test_drift_is_looked_for_before_anything_is_rendered_anew():
    found = read(ROOT / ".github/workflows/tests.yml")["jobs"]["content"]["steps"]
    runs = [step["run"] for step in found if "run" in step]
    assert ".venv/bin/rollbook build --check" in runs
    assert not {"make", "make all", "make site"} & set(runs)
    assert found[0]["with"]["fetch-depth"] == "0"


@pytest.mark.parametrize(("file", "step"), [s for s in steps() if "run" in s[1]])
def test_every_script_is_clean_and_takes_no_text_of_others(file, step, tmp_path):
    assert "${{" not in step["run"], (file, step["run"])
    script = tmp_path / "step.sh"
    script.write_text(f"#!/bin/bash\nset -eo pipefail\n{step['run']}\n")
    done = subprocess.run(
        [SHELLCHECK, "--severity", "style", script], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_every_command_that_a_workflow_or_hook_gives_is_one():
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    lines = [h["entry"] for h in hooks]
    lines += [line for _, s in steps() for line in s.get("run", "").splitlines()]
    seen = set()
    for line in lines:
        words = shlex.split(line.split("||")[0])
        if words[0].endswith("rollbook"):
            told = tool("rollbook", words[1], "--help")
            for word in words[2:]:
                if word.startswith("--"):
                    assert word in told, line
            seen.add(words[1])
        elif words[0] == "make":
            for goal in words[1:]:
                done = subprocess.run(["make", "--dry-run", goal], cwd=ROOT, capture_output=True)
                assert done.returncode == 0, line
        elif words[0] == "sudo":
            assert (ROOT / words[-1]).is_file(), line
        else:
            assert words[1] == "$GITHUB_ACTION_PATH/tools/github/action.py", line
    assert seen == {"validate", "build", "audit", "check"}


def test_the_guide_names_every_input_and_hook_and_its_examples_are_sound(tmp_path):
    guide = (ROOT / "docs/ci.md").read_text("utf-8")
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    named = [*read(ACTION)["inputs"], *(h["id"] for h in hooks)]
    assert not [name for name in named if f"`{name}`" not in guide]
    (workflow, config) = re.findall(r"```yaml\n(.*?)```", guide, re.S)
    example = tmp_path / ".github/workflows/example.yml"
    example.parent.mkdir(parents=True)
    example.write_text(workflow.replace("HASH", "0" * 40))
    tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", example)
    # Only the zero hash, which is no version's, has none behind it.
    said = json.loads(tool("zizmor", "--offline", "--no-exit-codes", "--format", "json", example))
    assert {f["ident"] for f in said} <= {"ref-version-mismatch"}, said
    for job in yaml.safe_load(workflow)["jobs"].values():
        assert set(job["steps"][-1]["with"]) <= set(read(ACTION)["inputs"])
    (repository,) = yaml.safe_load(config)["repos"]
    assert {h["id"] for h in repository["hooks"]} == {h["id"] for h in hooks}


def git(folder: Path, *words: object) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_hooks_work_in_another_repository(tmp_path, monkeypatch):
    """pre-commit itself builds the package, installs it and runs the hooks, away from here."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "PYTHONPATH", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in git(ROOT, "ls-files", "generator", "schema", "pyproject.toml", "README.md",
                    "LICENSE", ".pre-commit-hooks.yaml").splitlines():  # fmt: skip
        (hooks / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, hooks / name)
    git(hooks, "init", "-q")
    git(hooks, "add", "-A")
    git(hooks, "commit", "-qm", "x")

    user = tmp_path / "user"
    shutil.copytree(ROOT / "content", user / "content")
    shutil.copytree(ROOT / "generated", user / "generated")
    (user / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: {git(hooks, 'rev-parse', 'HEAD')}\n  hooks:\n"
        "  - {id: rollbook-validate}\n  - {id: rollbook-build-check}\n"
    )
    git(user, "init", "-q")
    git(user, "add", "-A")
    git(user, "commit", "-qm", "x")

    def run() -> subprocess.CompletedProcess:
        return subprocess.run(
            [BIN / "pre-commit", "run", "--all-files"], cwd=user, capture_output=True, text=True
        )

    done = run()
    skip_without_packages(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == 2 and not git(user, "status", "--porcelain")

    service = user / "content/partpulse/service.yaml"
    service.write_text(service.read_text("utf-8").replace("name: PartPulse", "name: Partpulse"))
    git(user, "add", "-A")
    done = run()
    assert done.returncode == 1 and "Passed" in done.stdout and "Partpulse" in done.stdout

    service.write_text(service.read_text("utf-8") + "nonsense: true\n")
    git(user, "add", "-A")
    done = run()
    assert done.returncode == 1 and done.stdout.count("Failed") == 2
    assert "nonsense" in done.stdout and "Traceback" not in done.stdout
