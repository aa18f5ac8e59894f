"""The command as its users meet it: help, budgets, drift, determinism, JSON."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generator.cli import main

ROOT = Path(__file__).parent.parent


def rollbook(*arguments: object, cwd: Path = ROOT, **more: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "generator", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **more},
    )


@pytest.fixture
def project(tmp_path) -> Path:
    """A folder with PartPulse's content and its outputs, to be changed at will."""
    shutil.copytree(ROOT / "content", tmp_path / "content")
    shutil.copytree(ROOT / "generated", tmp_path / "generated")
    return tmp_path


def state(folder: Path) -> dict[str, tuple]:
    """What tells whether a file was touched: inode, time and content."""
    return {
        p.relative_to(folder).as_posix(): (p.stat().st_ino, p.stat().st_mtime_ns, p.read_bytes())
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.mark.parametrize("command", [[], ["build"], ["validate"], ["check"]])
def test_help_fits_the_screen_and_loads_nothing_heavy(command):
    program = (
        "import sys\nfrom generator.cli import main\ncode = main(sys.argv[1:])\n"
        "heavy = {'yaml', 'jinja2', 'jsonschema', 'mdformat', 'mkdocs'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def exit_codes(*command: str) -> dict[int, str]:
    """What the help of a command says of its exit codes, and that it fits the screen."""
    done = rollbook(*command, "--help", COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    said = re.search(r"^exit codes:\n((?: .+\n)+)", done.stdout, re.M)[1]
    return {
        int(n): " ".join(w.split())
        for n, w in re.findall(r"^  (\d)  (.+(?:\n     .+)*)", said, re.M)
    }


# PartPulse is red and has declared gaps; whoever reads "red" behind 1 must be right.
CODES = (
    ("check", "", 1),
    ("status", "", 0),
    ("decide", "--error-rate 99", 0),
    ("canon", "", 0),
    ("review", "", 0),
    ("review diff", "", 0),
    ("drill diff", "", 0),
    ("validate", "", 0),
    ("evidence", "--out e.zip", 0),
)


@pytest.mark.parametrize(("command", "options", "code"), CODES, ids=[c[0] for c in CODES])
def test_help_says_what_the_exit_codes_of_each_command_are(command, options, code, project):
    said = exit_codes(*command.split())
    assert set(said) == {0, 1, 2, 3}
    assert rollbook(*command.split(), *options.split(), cwd=project).returncode == code
    assert said[1].startswith("red") == (code == 1)


def test_without_a_command_the_help_is_shown():
    done = rollbook()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == rollbook("--help").stdout


@pytest.mark.parametrize("command", ["validate", "check", "drill record", "review"])
def test_wrong_usage_shows_the_usage_of_the_command(command):
    done = rollbook(*command.split(), "--nonsense")
    assert done.returncode == 2
    assert done.stderr.startswith(f"usage: rollbook {command} ")
    assert f"rollbook {command}: error: unrecognized arguments: --nonsense" in done.stderr


def test_version_answers():
    assert re.fullmatch(r"rollbook \d+\.\d+\.\d+\n", rollbook("--version").stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["check", "--as-of", "2026-02-30"],
        ["check", "--as-of", "09.04.2026"],
        ["check", "--warn-days", "-1"],
        ["check", "--format", "xml"],
        ["build", "--service", "partpuls"],
        ["validate", "--content", "nowhere"],
    ],
)
def test_wrong_usage_is_2_and_says_the_way_out(arguments):
    done = rollbook(*arguments)
    assert done.returncode == 2
    assert done.stderr and "Traceback" not in done.stderr
    if "partpuls" in arguments:
        assert "did you mean 'partpulse'?" in done.stderr


def test_the_repository_s_own_outputs_are_what_its_content_says():
    done = rollbook("build", "--check")
    assert done.returncode == 0, done.stdout


def test_check_shows_a_diff_and_the_command_that_mends_it(project):
    file = project / "content/partpulse/thresholds.yaml"
    file.write_text(file.read_text().replace("above: 5\n", "above: 6\n"))
    before = state(project)
    done = rollbook("build", "--check", cwd=project)
    assert done.returncode == 1
    assert "-- Error rate >5% → Warning" in done.stdout
    assert "+- Error rate >6% → Warning" in done.stdout
    assert "rollbook build" in done.stdout.splitlines()[-1]
    assert state(project) == before
    assert rollbook("build", cwd=project).returncode == 0
    changed = {k for k, v in state(project).items() if before[k] != v} - {
        "content/partpulse/thresholds.yaml"
    }
    told = ("rollback-procedures.md", "thresholds.md", "decide.md", "decide.json", "decide-data.js")
    rules = ("alerts/prometheus-rules.yml", "alerts/prometheus-rules.test.yml")
    sums = {n for n in changed if n.endswith("SHA256SUMS")}
    assert changed - sums == {f"generated/partpulse/{n}" for n in (*told, *rules)}
    assert rollbook("build", "--check", cwd=project).returncode == 0


def test_an_unchanged_build_writes_nothing_and_formats_nothing(project, monkeypatch, capsys):
    before = state(project)
    monkeypatch.chdir(project)
    monkeypatch.setattr("generator.build.formatted", None)  # a call would fail
    assert main(["build"]) == 0
    assert " 0 written" in capsys.readouterr().out
    assert state(project) == before


def test_each_file_is_parsed_once_each_schema_and_the_environment_made_once(
    project, monkeypatch, capsys
):
    import jinja2
    import yaml

    from generator import schema
    from generator.render import environment

    for number in range(3):
        shutil.copytree(project / "content/partpulse", project / f"content/copy{number}")
        file = project / f"content/copy{number}/service.yaml"
        file.write_text(file.read_text().replace("id: partpulse", f"id: copy{number}", 1))
    parsed: list[int] = []
    made: list[str] = []
    parse = yaml.parse
    monkeypatch.setattr(yaml, "parse", lambda text, **k: parsed.append(1) or parse(text, **k))
    init = jinja2.Environment.__init__
    monkeypatch.setattr(
        jinja2.Environment,
        "__init__",
        lambda self, *a, **k: made.append("environment") or init(self, *a, **k),
    )
    build = schema._Validator
    monkeypatch.setattr(
        schema, "_Validator", lambda *a, **k: made.append("validator") or build(*a, **k)
    )
    schema.validator.cache_clear()
    environment.environment.cache_clear()
    monkeypatch.chdir(project)
    assert main(["build"]) == 0
    files = list((project / "content/partpulse").rglob("*.yaml"))
    assert len(parsed) == 4 * len(files)
    assert made.count("environment") == 1
    kinds = {p.relative_to(project / "content/partpulse").parts[0] for p in files}
    assert made.count("validator") == len(kinds)


def test_the_same_content_gives_the_same_bytes_anywhere(tmp_path):
    """Hash seed, locale, time zone, and the order in which the disk lists files."""
    outs = []
    for number, (seed, locale, zone) in enumerate(
        [
            ("0", "C", "UTC"),
            ("1", "C.UTF-8", "Pacific/Kiritimati"),
            ("42", "de_DE.UTF-8", "Etc/GMT+12"),
        ]
    ):
        out = tmp_path / str(number)
        done = rollbook(
            "build", "--out", out, PYTHONHASHSEED=seed, LC_ALL=locale, TZ=zone, PYTHONUTF8="0"
        )
        assert done.returncode == 0, done.stderr
        outs.append({k: v[2] for k, v in state(out).items()})
    assert outs[0] == outs[1] == outs[2]
    assert len(outs[0]) == sum(p.is_file() for p in (ROOT / "generated").rglob("*"))


def test_the_passing_of_time_changes_no_output(monkeypatch, tmp_path):
    """No output may ask for the day: it would drift by itself."""
    monkeypatch.setattr("generator.cli.common.now", None)
    assert main(["build", "--content", str(ROOT / "content"), "--out", str(tmp_path)]) == 0


def test_partpulse_is_red_and_says_why():
    done = rollbook("check", "--as-of", "2026-11-22")
    assert done.returncode == 1
    assert "PartPulse: RED" in done.stdout
    assert "was due 2026-04-09, 227 days ago" in " ".join(done.stdout.split())
    assert done.stdout.count("NEVER") == 5
    assert done.stdout.count("MISSING") == 6
    assert "simulated" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_check_tells_programs_the_same_as_people():
    done = rollbook("check", "--as-of", "2026-11-22", "--format", "json")
    found = json.loads(done.stdout)
    assert done.returncode == found["exit_code"] == 1
    assert {k: found[k] for k in ("schema", "as_of", "timezone", "simulated", "status")} == {
        "schema": 1,
        "as_of": "2026-11-22",
        "timezone": "UTC",
        "simulated": True,
        "status": "red",
    }
    (service,) = found["services"]
    review = service["clocks"][0]
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", review.pop("current"))
    assert review == {
        "id": "review",
        "state": "expired",
        "reasons": ["expired"],
        "last": None,
        "baseline": "2026-01-09",
        "cycle": "P3M",
        "due": "2026-04-09",
        "days_left": -227,
        "record": None,
        "stamp": None,
    }
    assert [u["path"] for u in service["unfilled"] if u["required"]][:2] == [
        "contacts.primary.reach",
        "contacts.on-call.name",
    ]


@pytest.mark.parametrize(
    ("day", "code", "words"), [("2026-04-09", 1, "today"), ("2026-03-25", 1, "in 15 days")]
)
def test_the_due_day_itself_is_still_good(day, code, words):
    done = rollbook("check", "--as-of", day)
    assert done.returncode == code  # open facts and drills stay red
    (line,) = [li for li in done.stdout.splitlines() if " review: " in li]
    assert line.startswith("  due soon" if words == "today" else "  ok")


def test_a_green_service_is_0(tmp_path, capsys):
    folder = tmp_path / "content/shop"
    folder.mkdir(parents=True)
    for kind in ("service", "document", "contacts"):
        example = json.loads((ROOT / f"schema/{kind}.schema.json").read_text())["examples"][0]
        if kind == "contacts":
            example = {"roles": {"editor": {"title": "Editor"}}}
        (folder / f"{kind}.yaml").write_text(json.dumps(example))
    base = ["check", "--content", str(tmp_path / "content"), "--as-of"]
    assert main([*base, "2026-02-01"]) == 0
    assert "Shop: green  " in capsys.readouterr().out
    assert main([*base, "2026-04-01"]) == 0
    assert "due soon" in capsys.readouterr().out
    assert main([*base, "2026-04-10"]) == 1
    assert main([*base, "2026-01-08"]) == 1
    assert "in the future" in capsys.readouterr().out


def test_validate_tells_programs_the_contradictions():
    done = rollbook("validate", "--format", "json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert [p["severity"] for p in found["problems"]] == ["warning"] * 3
    for problem in found["problems"]:
        assert problem["file"].endswith("triggers.yaml") and problem["line"] and problem["column"]
        assert "thresholds.yaml" in problem["related"][0]


def test_errors_stand_last_and_warnings_in_one_line_each(tmp_path, capsys) -> None:
    shutil.copytree(ROOT / "content", tmp_path / "content")
    file = tmp_path / "content/partpulse/procedures/git-rollback.yaml"
    file.write_text(file.read_text("utf-8").replace("action: git.revert-to", "action: git.revert"))
    run = ["validate", "--content", str(tmp_path / "content")]
    assert main(run) == 1
    lines = capsys.readouterr().out.splitlines()
    # One cause, one error; and nothing stands behind it but the count.
    assert [x for x in lines if ": error: " in x] == [
        x for x in lines if "no action is called" in x
    ]
    first = next(n for n, x in enumerate(lines) if ": error: " in x)
    assert sum(": warning: " in x for x in lines[:first]) == 3 and first == 4
    assert lines[-1] == "1 service: 1 error, 3 warnings"
    assert main([*run, "--warnings"]) == 1
    whole = capsys.readouterr().out
    assert whole.count("people have to decide") == 3


def test_the_verdict_of_the_gate_is_its_last_line(capsys) -> None:
    assert main(["check", "--content", str(ROOT / "content")]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "PartPulse: RED"
    # The reviewer's packet says it too, above the command that records the review.
    assert main(["review", "--content", str(ROOT / "content")]) == 0
    *_, verdict, _, command = capsys.readouterr().out.splitlines()
    assert command == "  rollbook review record --service partpulse"
    assert verdict.startswith("PartPulse: gate red; ") and "contradictions" in verdict


def test_on_a_terminal_errors_are_wrapped_at_its_width(tmp_path, monkeypatch, capsys) -> None:
    """For programs each stays on one line."""
    shutil.copytree(ROOT / "content", tmp_path / "content")
    file = tmp_path / "content/partpulse/procedures/git-rollback.yaml"
    file.write_text(file.read_text("utf-8").replace("action: git.revert-to", "action: git.revert"))
    run = ["validate", "--content", str(tmp_path / "content")]
    assert main(run) == 1
    (whole,) = [x for x in capsys.readouterr().out.splitlines() if ": error: " in x]
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(run) == 1
    lines = capsys.readouterr().out.splitlines()
    first = next(n for n, x in enumerate(lines) if "git-rollback.yaml" in x and "warning" not in x)
    too_long = [x for x in lines if len(x) > 60]
    # Only what has no space in it is longer.
    assert all(" " not in x.strip() for x in too_long), too_long
    # A warning in one line says that it was cut.
    cut = [x for x in lines if x.endswith("...")]
    assert len(cut) == 3 and all(len(x) < 60 for x in cut)
    assert " ".join(" ".join(lines[first:]).split()).startswith(" ".join(whole.split()))
