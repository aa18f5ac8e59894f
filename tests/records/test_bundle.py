"""The archive for an auditor: always the same, and its own text tells how to check it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from generator.cli import main
from tests.conftest import ROOT


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "tests/cases/ok/full", tmp_path / "content/full")
    monkeypatch.chdir(tmp_path)
    assert main(["evidence", "--out", "evidence.zip"]) == 0
    return tmp_path / "evidence.zip"


def test_the_same_content_gives_the_same_bytes(archive: Path) -> None:
    elsewhere = archive.parent / "elsewhere"
    for path in sorted(archive.parent.glob("content/**/*"), reverse=True):
        if path.is_file():
            copy = elsewhere / path.relative_to(archive.parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
            os.utime(copy, (0, 0))
            copy.chmod(0o600)
    (elsewhere / "content/full/.secret").symlink_to("/etc/hostname")
    out = elsewhere / "again.zip"
    assert main(["evidence", "--content", str(elsewhere / "content"), "--out", str(out)]) == 0
    assert out.read_bytes() == archive.read_bytes()


def told(text: str) -> list[str]:
    """The commands of the text: lines far to the right, continued behind a backslash."""
    joined = re.sub(r"\\\n\s*", "", text)
    return re.findall(r"^     (\S.*)$", joined, re.M)


def test_it_names_the_commit_of_its_content(archive: Path) -> None:
    """The newest commit that touched the content; none where any file of it differs from that."""

    def git(*words: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def named() -> str:
        assert main(["evidence", "--out", "evidence.zip"]) == 0
        with zipfile.ZipFile("evidence.zip") as made:
            text = made.read("evidence/README.txt").decode()
        return text.partition("Which commit it is")[2].partition("How to check it")[0]

    assert "None is known" in named()
    git("init", "-q")
    assert "None is known" in named(), "a clone without a commit"
    git("add", "content")
    git("commit", "-qm", "content")
    commit = git("rev-parse", "HEAD").strip()
    Path("content/full/.hidden").touch()
    git("commit", "-qm", "nothing of the content", "--allow-empty")
    assert "is that of commit" in named() and commit in named()
    file = Path("content/full/contacts.yaml")
    written = file.read_text("utf-8")
    changes = {
        "edited": lambda: file.write_text(written + "\n", "utf-8"),
        "edited where Git was told not to look": lambda: git(
            *("update-index", "--skip-worktree", str(file))
        ),
    }
    for what, change in changes.items():
        change()
        assert "None: the content differed" in named() and commit in named(), what
    git("update-index", "--no-skip-worktree", str(file))
    file.write_text(written, "utf-8")
    assert "is that of commit" in named()
    ignored = "content/full/records/waivers/2026-08-10-review.yaml"
    Path(".gitignore").write_text(ignored)
    git("rm", "-q", "--cached", ignored)
    git("commit", "-qm", "no longer there")
    assert "None: the content differed" in named(), "a file that Git ignores"


def test_its_text_tells_how_to_check_it(archive: Path) -> None:
    """Every command of the text is run as it stands there."""
    folder = archive.parent
    with zipfile.ZipFile(archive) as found:
        assert found.testzip() is None
        found.extractall(folder)
    text = (folder / "evidence/README.txt").read_text()
    assert max(len(line) for line in text.splitlines()) <= 80
    sums, stamps, named, logs, history = told(text)

    def run(command: str, cwd: Path) -> str:
        command = command.replace("SERVICE", "full")
        done = subprocess.run(["sh", "-c", command], cwd=cwd, capture_output=True, text=True)
        assert done.returncode == 0, command + done.stderr
        return done.stdout

    assert "FAILED" not in run(sums, folder)
    evidence = folder / "evidence"
    hashes = re.findall(r"^[0-9a-f]{64}", run(stamps, evidence), re.M)
    stated = re.findall(r"sha256:([0-9a-f]{64})", run(named, evidence))
    assert hashes and hashes == stated
    records = list((evidence / "full/content/records/drills").glob("*.yaml"))
    stated = {h for p in records for h in re.findall(r"^log: sha256:(.*)$", p.read_text(), re.M)}
    assert {line.split()[0] for line in run(logs, evidence).splitlines()} == stated
    git = "git -c user.name=a -c user.email=a@b"
    run(f"git init -q && git add content && {git} commit -qm recorded", folder)
    assert run(history, folder) == ""
    (record,) = (folder / "content/full/records/waivers").glob("*review.yaml")
    record.unlink()
    run(f"{git} commit -qam gone", folder)
    assert "D\tcontent/full/records/waivers/2026-08-10-review.yaml" in run(history, folder)
    (evidence / "full/rollback-procedures.md").open("a").write("x")
    with pytest.raises(AssertionError):
        run(sums, folder)


def test_content_with_errors_makes_no_archive(archive: Path, capsys) -> None:
    (archive.parent / "content/full/records/waivers/2026-08-10-review.yaml").write_text("x: y\n")
    before = archive.read_bytes()
    assert main(["evidence", "--out", str(archive)]) == 1
    assert "Nothing was written." in capsys.readouterr().out
    assert archive.read_bytes() == before
    assert main(["evidence", "--out", str(archive.parent / "no/where.zip")]) == 1
    shutil.rmtree(archive.parent / "content/full/records")
    assert main(["evidence", "--out", str(archive.parent / "no/where.zip")]) == 3
