"""The real Vercel CLI, which tests/install-vercel.sh puts into .tools/."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.vercel.emulator import NAME, PROJECT, SLUG, TEAM, TOKEN, Vercel
from tests.vercel.vercelworld import ROOT

# No telemetry and no look for a newer version: both would leave the machine.
QUIET = {"VERCEL_TELEMETRY_DISABLED": "1", "NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"}


def program() -> Path:
    """Skips the test where the CLI is missing; in CI nothing may be missing."""
    found = sorted(ROOT.glob(".tools/vercel-*/node_modules/vercel/dist/vc.js"))
    if found and shutil.which("node"):
        return found[-1]
    message = "the Vercel CLI is not installed (sh tests/install-vercel.sh)"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def linked(folder: Path) -> Path:
    """A folder that the CLI takes for the project's."""
    (folder / ".vercel").mkdir(parents=True)
    link = {"orgId": TEAM, "projectId": PROJECT, "projectName": NAME}
    (folder / ".vercel/project.json").write_text(json.dumps(link))
    return folder


def run(vercel: Vercel, folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """One call, as a person or a CI job makes it who has no terminal."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    options = ["--scope", SLUG, "--api", vercel.url, "--global-config", str(home / "vercel")]
    return subprocess.run(
        ["node", str(program()), *words, *options],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "VERCEL_TOKEN": TOKEN,
            **QUIET,
            **env,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
