"""A clone on a machine whose Git writes CRLF has the bytes that were committed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.ci.test_workflows import git
from tests.conftest import ROOT

KEPT = ("content", "generated", "schema", "generator/templates")


def files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for folder in KEPT
        for path in sorted((root / folder).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_line_ends_do_not_depend_on_the_clone(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in KEPT:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, here / folder, ignore=ignored)
    shutil.copy(ROOT / ".gitattributes", here)
    git(here, "init", "-q")
    git(here, "add", "-A")
    git(here, "commit", "-qm", "x")
    subprocess.run(
        ["git", "clone", "-q", "-c", "core.autocrlf=true", here, there], check=True, timeout=60
    )
    assert files(there) == files(here)
    assert files(there)["generated/partpulse/scripts/rollback.sh"].startswith(b"#!/bin/sh\n")
