"""A service on Vercel as the scripts see it: a remote, a clone, the API's stand-in, the application."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from tests.scripts.scriptworld import shell_command
from tests.vercel.emulator import PROJECT, TEAM, TOKEN, Vercel

if TYPE_CHECKING:
    from tests.vercel.checkworld import Answer

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "generated/partpulse/scripts"
DOCUMENT = ROOT / "generated/partpulse/rollback-procedures.md"
HOOK_SECRET = "T0K/s3cr3thook"


class App(ThreadingHTTPServer):
    """The production address: a health endpoint, and a webhook that remembers what it was told."""

    daemon_threads = True

    def __init__(self) -> None:
        self.status, self.body = 200, b'{"status": "ok"}'
        self.told: list[str] = []
        self.sends_on = False  # each page leads to another one
        self.pages: dict[
            str, Answer
        ] = {}  # what is answered here, whatever `status` and `body` say
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = app.pages.get(re.sub(r"[?&]rollbook=[\w-]+$", "", self.path))
                if page:
                    self.answer(page.status, page.body, page.to)
                elif app.sends_on and not self.path.startswith("/on"):
                    self.answer(307, b"", f"/on{self.path}")
                else:
                    self.answer(app.status, app.body)

            def do_POST(self) -> None:
                app.told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.answer(200, b"ok")

            def answer(self, status: int, body: bytes, to: str = "") -> None:
                self.send_response(status)
                if to:
                    self.send_header("Location", to)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


@dataclass
class World:
    """A remote with three versions, a clone, the service, the application."""

    folder: Path
    vercel: Vercel
    app: App
    shas: list[str] = field(default_factory=list)

    def git(self, *arguments: str, cwd: str = "clone") -> str:
        return subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *arguments],
            cwd=self.folder / cwd,
            env=self.environment(),
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def environment(self, **more: str | None) -> dict[str, str]:
        found = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "VERCEL_TOKEN": TOKEN,
            "VERCEL_ORG_ID": TEAM,
            "VERCEL_PROJECT_ID": PROJECT,
            "VERCEL_API_URL": self.vercel.url,
            "PRODUCTION_URL": f"http://{self.app.host}",
            **more,
        }
        return {k: v for k, v in found.items() if v is not None}

    def run(
        self,
        shell: str,
        *arguments: str,
        script: str = "rollback.sh",
        serves: str | None = None,
        **more: str | None,
    ) -> subprocess.CompletedProcess:
        """Runs a script and checks what must hold after every run, whatever its end.

        Exit 0 is right only when production serves the commit `serves`, by default the first.
        """
        before = self.git("status", "--porcelain"), self.git("show-ref")
        done = subprocess.run(
            [
                *shell_command(shell, self.folder),
                str(SCRIPTS / script),
                *(arguments or ("--yes", self.shas[0])),
            ],
            cwd=self.folder / "clone",
            env=self.environment(**more),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )
        place = self.folder / "clone/.git/rollback-log"
        logs = "".join(p.read_text() for p in place.glob("*.jsonl"))
        notes = "".join(p.read_text(errors="replace") for p in place.glob("*.json"))
        everything = done.stdout + done.stderr + logs + notes
        for secret in (TOKEN, HOOK_SECRET):
            assert secret not in everything
        assert (self.git("status", "--porcelain"), self.git("show-ref")) == before
        # A path or an address is one word, and stays whole.
        for line in (done.stdout + done.stderr).splitlines():
            assert len(line) <= 80 or max(map(len, line.split())) > 50, line
        assert list((self.folder / "tmp").iterdir()) == []
        for line in logs.splitlines():
            json.loads(line)
        if done.returncode == 0 and not {"--push-only", "--dry-run"} & {*arguments}:
            wanted = self.shas[0] if serves is None else serves
            # A revert is a commit of its own with the wanted files.
            assert self.tree(self.live_sha) == self.tree(wanted), (
                "exit 0, and production serves something else"
            )
        return done

    def tree(self, sha: str) -> str:
        """The files of a commit; the versions of a World differ in them."""
        return self.git("rev-parse", f"{sha}^{{tree}}", cwd="remote.git")

    @property
    def live_sha(self) -> str:
        found = self.vercel.find(self.vercel.live or "")
        return found.sha if found else ""


SLEEP = """#!/bin/sh
# Faster, so that a wait of minutes takes seconds. The time limits count single seconds: those
# stay long enough for a machine that is busy.
case $1 in
1) exec {sleep} 0.25 ;;
*) exec {sleep} "$(awk "BEGIN {{ print $1 / 20 }}")" ;;
esac
"""


@contextmanager
def worlds(folder_of_all: Path) -> Iterator[Callable[..., World]]:
    """A function that makes a World; `good` is False where the wanted commit was never deployed."""
    opened: list[Vercel] = []
    app = App()

    def make(good: bool = True, **options: object) -> World:
        folder = folder_of_all / f"w{len(opened)}"
        for name in ("bin", "tmp"):
            (folder / name).mkdir(parents=True)
        (folder / "bin/sleep").write_text(SLEEP.format(sleep=shutil.which("sleep")))
        (folder / "bin/sleep").chmod(0o755)
        vercel = Vercel(domain=app.host, **options)
        vercel.__enter__()
        opened.append(vercel)
        found = World(folder, vercel, app)
        found.git("init", "--quiet", "--bare", "--initial-branch=main", "remote.git", cwd=".")
        found.git("clone", "--quiet", "remote.git", "clone", cwd=".")
        found.git("checkout", "--quiet", "-b", "main")
        for version in range(3):
            (folder / "clone/file").write_text(str(version))
            found.git("add", "file")
            found.git("commit", "--quiet", "--message", f"v{version}")
            found.shas.append(found.git("rev-parse", "HEAD"))
        found.git("push", "--quiet", "origin", "main")
        for sha in found.shas if good else found.shas[1:]:
            vercel.deploy(sha, "production")
        vercel.watch(folder / "remote.git")
        return found

    try:
        yield make
    finally:
        for vercel in opened:
            vercel.__exit__()
        app.shutdown()
        app.server_close()
