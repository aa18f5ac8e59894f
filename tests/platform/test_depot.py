"""A service with nothing but the programs of every machine: what it prints, how long it may take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from generator.cli import main
from generator.text import holes
from tests.platform.hostworld import HERE, ROOT, rollbook
from tests.scripts.scriptworld import SHELLS, needs, shell_command

CONTENT = HERE / "content"


@pytest.fixture(scope="module")
def depot(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("depot")
    rollbook("build", "--content", str(CONTENT), "--out", str(out))
    return out / "depot"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for release in ("41", "43"):
        (tmp_path / f"site/releases/{release}").mkdir(parents=True)
        (tmp_path / f"site/releases/{release}/index.html").write_text("pages\n")
    (tmp_path / "site/current").symlink_to("releases/43")
    (tmp_path / "bin").mkdir()
    return tmp_path / "site"


def run(depot: Path, site: Path, shell: str, *words: str) -> tuple[int, str, list[dict]]:
    logs = site.parent / "logs"
    environment = {
        "PATH": f"{site.parent / 'bin'}:{os.environ['PATH']}",
        "HOME": str(site.parent),
        "ROLLBOOK_LOG_DIR": str(logs),
        "DEPOT_TOKEN": "a-long-secret-word",
    }
    done = subprocess.run(
        [
            *shell_command(needs(shell), site.parent / "bin"),
            depot / "scripts/switch.sh",
            "--yes",
            *words,
        ],
        cwd=site,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    found = [json.loads(x) for log in logs.glob("*.jsonl") for x in log.read_text().splitlines()]
    return done.returncode, done.stdout + done.stderr, found


def program(site: Path, name: str, text: str) -> None:
    (site.parent / "bin" / name).write_text(f"#!/bin/sh\n{text}")
    (site.parent / "bin" / name).chmod(0o755)


@pytest.mark.parametrize("shell", SHELLS)
def test_what_a_step_prints_is_shown_and_kept(depot: Path, site: Path, shell: str) -> None:
    code, said, log = run(depot, site, shell, "41")
    assert code == 0, said
    assert "  | 41\n  | 43\n" in said
    assert os.readlink(site / "current") == "releases/41"
    (step,) = [x for x in log if x["step"] == "releases"]
    assert step["printed"] == "41\n43"


def test_it_is_shown_as_it_comes_with_secrets_masked(depot: Path, site: Path) -> None:
    """The program goes on only when its first line has been seen on the terminal."""
    program(
        site,
        "ls",
        'echo "token $DEPOT_TOKEN"\nwhile [ ! -e ../seen ]; do sleep 0.1; done\nprintf last\n',
    )
    process = subprocess.Popen(
        ["sh", depot / "scripts/switch.sh", "--yes", "41"],
        cwd=site,
        env={
            "PATH": f"{site.parent / 'bin'}:{os.environ['PATH']}",
            "HOME": str(site.parent),
            "ROLLBOOK_LOG_DIR": str(site.parent / "logs"),
            "DEPOT_TOKEN": "a-long-secret-word",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    said = ""
    for line in process.stdout:
        said += line
        if line == "  | token ***\n":
            (site.parent / "seen").touch()
    assert process.wait() == 0, said
    assert "  | last" in said and "a-long-secret-word" not in said
    (log,) = (site.parent / "logs").glob("*.jsonl")
    assert "a-long-secret-word" not in log.read_text() and "token ***" in log.read_text()


def test_half_a_secret_is_kept_nowhere(depot: Path, site: Path) -> None:
    """The log keeps the end of what was printed; the cut must not go through a secret."""
    rest = "x" * (4000 - 9)
    program(site, "ls", f'printf "%s%s\\n" "$DEPOT_TOKEN" {rest}\n')
    code, said, log = run(depot, site, "dash", "41")
    assert code == 0, said
    (step,) = [x for x in log if x["step"] == "releases"]
    assert step["printed"] == f"***{rest}"


def test_a_command_is_ended_when_its_own_time_is_up(depot: Path, site: Path) -> None:
    """Each second of the limit is a short one here, and the program never ends by itself."""
    program(site, "ls", "echo begun\nwhile :; do command -p sleep 1; done\n")
    real = subprocess.run(["sh", "-c", "command -v sleep"], capture_output=True, text=True).stdout
    program(site, "sleep", f"exec {real.strip()} 0.05\n")
    began = time.monotonic()
    code, said, log = run(depot, site, "dash", "41")
    assert code == 6 and "the command took longer than 10 seconds: ls -1 releases" in " ".join(
        said.split()
    )
    assert "  | begun" in said
    assert time.monotonic() - began < 60
    assert os.readlink(site / "current") == "releases/43"
    assert log[-1]["did"] == "changing"


def test_the_document_says_what_the_script_does(depot: Path) -> None:
    text = (depot / "rollback-procedures.md").read_text("utf-8")
    assert "**Switch to an earlier release** (The pages are broken)" in text
    assert "Each command may take 10 seconds at most. What it prints is shown as it comes" in text
    assert "in 10 seconds at most" in text
    # A telephone number stays as it was written; a snippet needs no caption, and keeps its braces.
    assert "- Contact: +27 11 555 0100, at any hour\n" in text
    assert "docker ps --format '{{.Status}}'" in text
    for word in ("PartPulse", "Vercel"):
        for file in depot.rglob("*"):
            assert not file.is_file() or word not in file.read_text("utf-8"), file


def test_it_can_be_rehearsed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rehearse", "--content", str(CONTENT), "--service", "depot"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "1 done and verified, 0 failed" in said
    assert "not held back: cp, ln, ls, mkdir, readlink, test: they have your rights." in said


def test_both_services_are_shown_on_one_site(tmp_path: Path) -> None:
    """By the real mkdocs, strictly, with the configuration of the project."""
    assert main(["build", "--content", str(CONTENT), "--out", str(tmp_path / "docs")]) == 0
    text = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert "docs_dir: generated" in text and "custom_dir: tools/theme" in text
    text = text.replace("docs_dir: generated", f"docs_dir: {tmp_path / 'docs'}")
    text = text.replace("custom_dir: tools/theme", f"custom_dir: {ROOT / 'tools/theme'}")
    (tmp_path / "mkdocs.yml").write_text(text, "utf-8")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", "mkdocs.yml"],
        cwd=tmp_path,
        check=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": "0"},
    )
    index = (tmp_path / "site/index.html").read_text("utf-8")
    assert "Depot" in index and "Stall" in index
    for service, words in (("depot", "Switch to an earlier release"), ("stall", "Make it live")):
        page = tmp_path / f"site/{service}/rollback-procedures.html"
        assert words in page.read_text("utf-8")


@pytest.mark.parametrize("word", ["{.status}", "{{.Status}}", "{Name}", "a{b", "{{{{"])
def test_braces_around_anything_but_a_name_reach_the_program(word: str) -> None:
    assert holes(word) == (word,)
