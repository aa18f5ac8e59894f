"""The world outside a sandbox: a home, settings and services that no rehearsal may touch or ask."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from generator.rehearsal.serving import Answer, Request, Serving
from tests.conftest import ROOT
from tests.scripts.scriptworld import snapshot

SECRET = "usersOwnToken0123456789"
# Quicker pauses: a second of a time limit stays long enough for a machine that is busy.
SLEEP = "case $1 in 1) exec {sleep} 0.1 ;; *) exec {sleep} 0.02 ;; esac"


class Trap(Serving):
    """Whatever asks it has left the sandbox."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Request] = []

    def reply(self, request: Request) -> Answer:
        self.asked.append(request)
        return Answer(200, b'{"status":"ok"}')


class Outside:
    """`content` is a copy; everything else lies in one temporary folder."""

    def __init__(self, folder: Path, trap: Trap, content: Path = ROOT / "content") -> None:
        self.folder = folder
        self.home, self.tmp, self.bin = (folder / n for n in ("home", "tmp", "bin"))
        for place in (self.home, self.tmp, self.bin):
            place.mkdir(parents=True)
        self.program("sleep", f"#!/bin/sh\n{SLEEP.format(sleep=shutil.which('sleep'))}\n")
        self.content = folder / "content"
        shutil.copytree(content, self.content)
        (self.home / ".curlrc").write_text(f'proxy = "{trap.url}"\n')
        (self.home / ".netrc").write_text(f"machine 127.0.0.1 login me password {SECRET}\n")
        (self.home / ".gitconfig").write_text(
            f'[url "{trap.url}/"]\n\tinsteadOf = /\n[core]\n\thooksPath = /nowhere\n'
            "[commit]\n\tgpgSign = true\n"
        )
        self.env = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "TMPDIR": str(self.tmp),
            "VERCEL_TOKEN": SECRET,
            "VERCEL_ORG_ID": "team_real",
            "VERCEL_PROJECT_ID": "prj_real",
            "VERCEL_API_URL": trap.url,
            "PRODUCTION_URL": trap.url,
            "ROLLBOOK_NOTIFY_URL": trap.url,
            "ROLLBOOK_LOG_DIR": str(self.home),
            "GIT_DIR": str(self.home / "real.git"),
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "core.sshCommand",
            "GIT_CONFIG_VALUE_0": "false",
            **dict.fromkeys(("http_proxy", "HTTPS_PROXY", "ALL_PROXY"), trap.url),
        }

    def program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def change(self, path: str, old: str, new: str) -> None:
        file = self.content / path
        text = file.read_text()
        assert text.count(old) >= 1, old
        file.write_text(text.replace(old, new))

    def data(self, path: str) -> dict:
        return yaml.safe_load((self.content / path).read_text())

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "generator", *words, "--content", str(self.content)]

    def rollbook(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            cwd=ROOT,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
        )

    def seen(self) -> dict[str, str]:
        """Every file outside the sandboxes."""
        return snapshot(self.home, self.content)

    def processes(self) -> list[str]:
        """What still runs with this world in its environment."""
        mark = str(self.tmp).encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_bytes().decode().replace("\0", " "))
            except OSError:
                continue
        return [f for f in found if f]
