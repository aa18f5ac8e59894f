"""The world of verify.sh and preflight.sh: an application that can be ill, a terminal, PostgreSQL.

`Checklist.run` states what must hold after every run: output, Markdown and JSON say the same of
every item, the exit status follows from them, and no secret, wide line or scratch file is left.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

from markdown_it import MarkdownIt

from tests.scripts.scriptworld import needs, shell_command
from tests.vercel import parity as document
from tests.vercel.emulator import Vercel

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "generated/partpulse/scripts"
# In the database's password there is everything that an address must escape.
PASSWORD = "pa:ss@wo/rd %41ü'\\n"
MACHINE = ("address", "loads", "no-errors", "authentication", "database", "response-times")


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    to: str = ""  # where a redirect leads; PORT is the site's own
    delay: float = 0
    cut: bool = False
    hang: bool = False
    headers: dict[str, str] = field(default_factory=dict)


SIGNIN = "/auth/signin"
INVITATION = "/api/auth/verify-invitation?token=none"
FIRST_ADMIN = "/api/auth/can-create-first-admin"
DOWN = Answer(500, b'{"error":"Internal server error"}')
# The application, logged out and healthy.
WELL = {
    "/": Answer(307, to=SIGNIN),
    SIGNIN: Answer(body=b"<html><title>PartPulse</title><body>Loading...</body></html>"),
    "/api/health": Answer(body=b'{\n  "status": "ok",\n  "checks": {"database": true}\n}\n'),
    "/api/auth/session": Answer(body=b"null"),
    "/api/auth/csrf": Answer(body=b'{"csrfToken":"1f0e"}'),
    "/api/users": Answer(401, b'{"error":"Unauthorized"}'),
    FIRST_ADMIN: Answer(body=b'{"canCreate":false}'),
    INVITATION: Answer(404, b'{"error":"Invitation not found"}'),
}


class Site(ThreadingHTTPServer):
    """The application. `answers` is what it serves; `turn` may change it before each answer."""

    daemon_threads = True

    def __init__(self, certificate: Path | None = None) -> None:
        self.answers: dict[str, Answer] = dict(WELL)
        self.asked: list[str] = []
        self.heard: list[tuple[str, dict[str, str]]] = []  # path and headers, as they came
        self.turn: Callable[[Site], None] = lambda site: None
        self.over = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                # No cache has seen this: what is asked for is all but that.
                path = re.sub(r"[?&]rollbook=[\w-]+$", "", self.path)
                site.asked.append(path)
                site.heard.append((self.path, dict(self.headers.items())))
                site.turn(site)
                answer = site.answers.get(path, Answer(404, b"not found"))
                if answer.hang:
                    site.over.wait(60)
                time.sleep(answer.delay)
                if not answer.status:
                    return  # closes the connection
                self.send_response(answer.status)
                if answer.to:
                    self.send_header("Location", answer.to.replace("PORT", str(site.server_port)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body) + (9 if answer.cut else 0)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.scheme = "https"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is part of the tests."""

    def close(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# Seconds pass fast. The time limits count single seconds: those stay long enough for a machine
# that is busy, unless a test wants a limit to pass.
SLEEP = """#!/bin/sh
case $1 in
1) exec {sleep} {tick} ;;
*) exec {sleep} 0.02 ;;
esac
"""
# A program that writes down what it was called with, and does what the real one does.
RECORDER = """#!/bin/sh
{{ printf '{name}\\036'; for word in "$@"; do printf '%s\\036' "$word"; done; printf '\\035'; }} >>"$CALLS"
exec '{real}' "$@"
"""


@dataclass
class Done:
    code: int
    output: str  # of both streams, in the order in which a terminal shows it
    items: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # id: result, by, evidence
    outcome: str = ""
    told: str = ""  # the JSON
    log: str = ""  # the run log

    @property
    def words(self) -> str:
        return " ".join(self.output.split())

    def results(self, *names: str) -> list[str]:
        return [self.items[name][0] for name in names or self.items]


@dataclass
class Checklist:
    """A folder in which a checklist's script runs."""

    folder: Path
    script: Path = SCRIPTS / "verify.sh"
    env: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=lambda: [PASSWORD])
    tick: float = 0.25
    vercel: Vercel | None = None

    def __post_init__(self) -> None:
        for name in ("bin", "tmp", "logs", "cwd"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.cwd = self.folder / "cwd"
        self.logs = self.folder / "logs"
        self.calls_file = self.folder / "calls"
        self.program("sleep", SLEEP.format(sleep=shutil.which("sleep"), tick=self.tick))

    def program(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def copy(self, name: str) -> Checklist:
        """The same in a folder of its own, so that several can run at once."""
        found = Checklist(self.folder / name, self.script, self.env, self.secrets, self.tick)
        shutil.copytree(self.folder / "bin", found.folder / "bin", dirs_exist_ok=True)
        found.cwd = self.cwd
        return found

    def without(self, *names: str) -> None:
        """A machine that has every program but these."""
        place = self.folder / "programs"
        place.mkdir()
        for folder in self.env.get("PATH", os.environ["PATH"]).split(":"):
            for path in Path(folder).glob("*"):
                if path.name not in names and not (place / path.name).is_symlink():
                    (place / path.name).symlink_to(path)
        self.env["PATH"] = str(place)

    def recorded(self, *names: str) -> None:
        for name in names:
            real = shutil.which(name, path=self.env.get("PATH"))
            self.program(name, RECORDER.format(name=name, real=real))

    def calls(self) -> list[list[str]]:
        if not self.calls_file.exists():
            return []
        text = self.calls_file.read_text(errors="surrogateescape")
        return [call.split("\036")[:-1] for call in text.split("\035")[:-1]]

    def environment(self, more: Mapping[str, str | None]) -> dict[str, str]:
        found = {
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "ROLLBOOK_LOG_DIR": str(self.logs),
            "LANG": "C.UTF-8",
            "CALLS": str(self.calls_file),
            **self.env,
            **more,
            "PATH": f"{self.folder / 'bin'}:{self.env.get('PATH', os.environ['PATH'])}",
        }
        return {k: v for k, v in found.items() if v is not None}

    def command(self, shell: str, arguments: tuple[str, ...]) -> list[str]:
        return [*shell_command(shell, self.folder), str(self.script), *arguments]

    def run(self, shell: str, *arguments: str, **more: str | None) -> Done:
        """Without a terminal."""
        done = subprocess.run(
            self.command(shell, arguments),
            cwd=self.cwd,
            env=self.environment(more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
        )
        return self.check(Done(done.returncode, one_mark(done.stdout)), arguments)

    def asked(
        self,
        shell: str,
        *arguments: str,
        answer: Callable[[str, str], bytes] = lambda item, prompt: b"pass\n",
        **more: str | None,
    ) -> Done:
        """At a terminal, where `answer(item, prompt)` is what a person types."""
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

        def own_terminal() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        process = subprocess.Popen(
            self.command(shell, arguments),
            cwd=self.cwd,
            env=self.environment(more),
            stdin=follower,
            stdout=follower,
            stderr=follower,
            preexec_fn=own_terminal,
        )
        os.close(follower)
        heard, at, deadline, typed = b"", 0, time.monotonic() + 90, b""
        try:
            while time.monotonic() < deadline:
                if not select.select([leader], [], [], 0.5)[0]:
                    # Like a person who sees nothing happen: bash loses an interruption that comes
                    # in the very moment between its question and the wait for an answer.
                    if typed == b"\x03":
                        os.write(leader, typed)
                    continue
                try:
                    got = os.read(leader, 65536)
                except OSError:
                    break  # nobody has the other end open any more
                if not got:
                    break
                heard += got
                found = re.search(rb"(\[pass/fail/na/skip\]|What was seen\?) $", heard[at:])
                if found:
                    item = re.findall(rb"^  \? (.*)\r$", heard, re.MULTILINE)[-1].decode()
                    at = len(heard)
                    typed = answer(item, found[1].decode())
                    os.write(leader, typed)
            code = process.wait(30)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            os.close(leader)
        output = one_mark(heard).replace("\r\n", "\n")
        return self.check(Done(code, output), arguments)

    # --- What must hold after every run.

    def checked(self, code: int, output: str) -> Done:
        return self.check(Done(code, output), ())

    def check(self, done: Done, arguments: tuple[str, ...]) -> Done:
        files = sorted(self.logs.glob("*"))
        texts = {str(p): p.read_text(errors="replace") for p in files}
        words = {" ".join(call) for call in self.calls()}
        for where, text in {**texts, "output": done.output, "calls": "\n".join(words)}.items():
            for secret in self.secrets:
                assert secret not in text, f"a secret in {where}"
        for line in done.output.splitlines():
            own = re.match(
                r"(Run log|Completed checklist|As JSON): |\| |Completed by | +What was seen", line
            )
            assert own or len(line) <= 80 or max(map(len, line.split())) > 60, line
        left = [p.name for p in (self.folder / "tmp").iterdir()]
        assert left == [], left
        logs = [p for p in files if p.suffix == ".jsonl"]
        for path in logs:
            assert path.stat().st_mode & 0o077 == 0
            for line in path.read_text().splitlines():
                json.loads(line)
        if {"--dry-run", "--help"} & {*arguments} or done.code in (2, 3):
            assert files == []
            return done
        if not logs:
            return done
        assert f"Run log: {logs[-1]}" in done.output
        done.log = logs[-1].read_text("utf-8")
        if done.code == 4:  # it ended before the first item
            assert files == logs
        else:
            done.told = logs[-1].with_suffix(".json").read_text("utf-8")
            self._same_everywhere(done, logs[-1])
        for path in files:
            path.unlink()
        return done

    def _same_everywhere(self, done: Done, log: Path) -> None:
        """Output, Markdown and JSON agree, and the exit status follows from them."""
        told = json.loads(done.told)
        note = log.with_suffix(".md")
        assert note.stat().st_mode & 0o077 == 0
        rows = [(i["group"], i["text"], i["result"], i["by"], i["evidence"]) for i in told["items"]]
        shown = tables(one_mark(note.read_bytes()))
        assert shown == rows
        lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
        noted = {line["step"]: line["found"] for line in lines if "found" in line}
        assert noted == {i["item"]: i["evidence"] for i in told["items"]}
        groups = [g for g, *_ in rows]
        assert groups == sorted(groups, key=groups.index), "a group is in two places"
        done.outcome = told["outcome"]
        for item in told["items"]:
            result, by = item["result"], item["by"]
            assert item["item"] not in done.items
            done.items[item["item"]] = result, by, item["evidence"]
            assert (result == "Not checked") == (by == "nobody")
            shown = {"Pass": "PASS", "Fail": "FAIL", "Not applicable": "n/a"}.get(
                result, result.lower()
            )
            lines = re.findall(
                rf"^  (PASS|FAIL|n/a|not checked) +{re.escape(item['text'])}$",
                done.output,
                re.MULTILINE,
            )
            assert lines and lines[-1] == shown, (item, lines)
            assert "".join(item["evidence"].split()) in "".join(done.output.split())
        shown = re.findall(r"^  (?:PASS|FAIL|n/a|not checked) +(\S.*)$", done.output, re.MULTILINE)
        assert {*shown} == {i["text"] for i in told["items"]}
        results = [r for r, *_ in done.items.values()]
        if done.code < 128:
            expected = 7 if "Fail" in results else 8 if "Not checked" in results else 0
            assert (done.code, bool(results)) == (expected, True), done.output
        last = json.loads(log.read_text().splitlines()[-1])
        assert (last["step"], last["exit"]) == ("outcome", done.code)


def one_mark(text: bytes) -> str:
    """Text in which each run of what is no UTF-8 has become one mark, as JSON shows it."""
    return re.sub("\ufffd+", "\ufffd", text.decode(errors="replace"))


def tables(text: str) -> list[tuple[str, ...]]:
    """(group, item, result, by, evidence) of a completed checklist, as Markdown shows them."""
    found, group, cells = [], "", []
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    for before, token in zip([None, *tokens], tokens):
        if token.type != "inline":
            if token.type == "tr_close" and cells and group:
                found.append((group, cells[0], cells[1], cells[2], cells[4]))
            if token.type in ("tr_open", "tr_close"):
                cells = []
            continue
        plain = "".join(c.content for c in token.children or [])
        assert all(c.type in ("text", "text_special") for c in token.children or []), token.content
        if before.type == "heading_open" and before.tag == "h2":
            group = plain
        elif before.type == "td_open":
            cells.append(plain)
    return found


def parity(begin: str, end: str, calls: list[list[str]], *programs: str) -> None:
    """Between these headings of the document every call is shown; everything shown is called."""
    lines = {k: v for program in programs for k, v in document.shown(begin, end, program).items()}
    used: set[str] = set()
    for call in calls:
        if call != ["git", "rev-parse", "--git-common-dir"]:  # where the log lies
            assert document.found(lines, call), call
            used.update(document.found(lines, call))
    assert used == {*lines} and lines


# --- PostgreSQL.


def postgresql() -> Path | None:
    """The folder with PostgreSQL's programs."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        places.append(Path(on_path).resolve().parent)
    return next((p for p in places if (p / "initdb").exists() and (p / "psql").exists()), None)


@contextmanager
def running_database() -> Iterator[Database]:
    programs = postgresql()
    if programs is None:
        needs("initdb")
    # Not below pytest's own folder, which only its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="rollbook-pg."))
    found = Database(programs, folder)
    try:
        yield found
    finally:
        found.close()
        shutil.rmtree(folder)


class Database:
    """A PostgreSQL of our own on loopback; it refuses to run as root, so then it runs as `nobody`."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder, self.port = programs, folder, free_port()
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        (folder / "hba").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        (folder / "pw").write_text(PASSWORD)
        self.call(
            "initdb", "-D", "data", "-U", "app", "-A", "scram-sha-256", "--pwfile=pw", "-E", "UTF8", "--no-sync"
        )  # fmt: skip
        options = f"-p {self.port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self.call("pg_ctl", "-D", "data", "-w", "-l", "data/log", "-o", options, "start")

    def call(self, name: str, *words: str) -> None:
        before: list[str] = []
        if os.geteuid() == 0:
            before = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        subprocess.run(
            [*before, str(self.programs / name), *words],
            cwd=self.folder,
            env={"HOME": str(self.folder), "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=60,
        )

    def address(self, password: str = PASSWORD, name: str = "postgres", more: str = "") -> str:
        return f"postgresql://app:{quote(password, safe='')}@127.0.0.1:{self.port}/{name}{more}"

    def close(self) -> None:
        self.call("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
