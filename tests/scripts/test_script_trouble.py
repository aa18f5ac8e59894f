"""Trouble that needs more than a row in a table: hangs, terminals, disks, closed streams, servers."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import scriptworld
from scriptworld import World, at_terminal, needs, under_all


def checked(
    world: World, shell: str, words, code, says=(), target=None, prefix=(), **options
) -> list[str]:
    """Runs the script and answers everything that is wrong."""
    before = world.state()
    run = world.run(shell, *words, **options)
    found = world.problems(before, run, target)
    if run.code != code:
        found.append(f"exit {run.code}, not {code}")
    found += [f"does not say: {s}" for s in says if s not in run.words]
    return [*found, run.said] if found else []


# --- Time limits.

# Speaks to Git as `ssh` does, and stands still at the chosen moment, deaf to a friendly end.
_SSH = """
printf x >>"$0.calls"
count=$(wc -c <"$0.calls")
case "$*" in *{service}*)
  if [ "$count" -ge {first} ]; then
    trap '' TERM
    tail -f /dev/null | tail -f /dev/null
  fi ;;
esac
shift
eval "exec $1"
"""


@pytest.mark.parametrize(
    ("service", "first", "behind", "code", "says"),
    [
        (
            "upload-pack",
            1,
            False,
            6,
            ("the remote did not answer within 30 seconds", "Nothing was changed"),
        ),
        (
            "upload-pack",
            2,
            True,
            6,
            ("fetching the production branch took longer", "Nothing was changed"),
        ),
        (
            "receive-pack",
            1,
            False,
            6,
            ("the push took longer than 120 seconds", "it may still arrive"),
        ),
        (
            "upload-pack",
            3,
            False,
            7,
            ("was pushed, but it cannot be read back", "nothing has confirmed it"),
        ),
        ("-pack", 2, False, 6, ("the remote no longer answers", "may or may not be")),
    ],
    ids=["reading", "fetching", "pushing", "reading back", "pushing and reading back"],
)
def test_a_remote_that_hangs(service, first, behind, code, says, world) -> None:
    def run(shell: str) -> list[str]:
        w = world()
        if behind:
            w.get_ahead()
        # A second takes a thirtieth of its time: nobody waits two minutes for a test.
        w.quick_sleep("0.03")
        ssh = w.program("some-ssh", _SSH.format(service=service, first=first))
        w.git("config", "core.sshCommand", str(ssh))
        w.git("config", "ssh.variant", "simple")
        w.git("remote", "set-url", "origin", f"ssh://host{w.remote}")
        return checked(w, shell, ["--yes", "--push-only", w.good], code, says, w.good)

    under_all(scriptworld.here(), run)


def test_a_push_that_works_and_hangs(world) -> None:
    def run(shell: str) -> list[str]:
        w = world()
        w.quick_sleep("0.03")
        w.hook("post-receive", "tail -f /dev/null\n")
        return checked(
            w, shell, ["--yes", "--push-only", w.good], 0, ["but the branch is there"], w.good
        )

    under_all(scriptworld.here(), run)


@pytest.mark.parametrize("name", ["TERM", "HUP", "INT", "KILL"])
def test_ending_a_script_that_waits(name, world) -> None:
    """Whoever gives up waiting finds no process of it afterwards; even a kill leaves none for long."""
    number = getattr(signal, f"SIG{name}")

    def run(shell: str) -> list[str]:
        w = world()
        ssh = w.program("some-ssh", _SSH.format(service="receive-pack", first=1))
        w.git("config", "core.sshCommand", str(ssh))
        w.git("config", "ssh.variant", "simple")
        w.git("remote", "set-url", "origin", f"ssh://host{w.remote}")
        before = w.state()

        def give_up() -> None:
            # The second call of the stub is the push, which hangs.
            while not (calls.exists() and calls.stat().st_size >= 2):
                time.sleep(0.02)
            time.sleep(0.2)
            (os.killpg if name == "INT" else os.kill)(int((w.folder / "pid").read_text()), number)

        calls = w.bin / "some-ssh.calls"
        w.program("uname", f"echo $WORLD_PID >{w.folder}/pid\n")
        helper = threading.Thread(target=give_up, daemon=True)
        helper.start()
        run = w.run(shell, "--yes", "--push-only", w.good)
        killed = name == "KILL"
        found = w.problems(before, run, None, scratch_may_stay=killed, log_may_end=killed)
        if run.code != (-number if killed else 128 + number):
            found.append(f"exit {run.code}")
        if not killed and "may or may not be on the remote" not in run.words:
            found.append("does not say what is true")
        if run.seconds > 10:
            found.append("took too long to end")
        return [*found, run.said] if found else []

    under_all(scriptworld.here(), run)


# --- Streams.


@pytest.mark.parametrize(
    "redirection",
    [
        "<&-",
        ">&-",
        "2>&-",
        "<&- >&-",
        ">&- 2>&-",
        "<&- >&- 2>&-",
        ">/dev/full",
        "2>/dev/full",
        ">/dev/full 2>&1",
        "| true",
        "2>&1 | true",
    ],
)
@pytest.mark.parametrize("work", ["done", "refused"])
def test_streams(redirection, work, world) -> None:
    """Closed, full and broken streams change nothing but what can be read."""

    def run(shell: str) -> list[str]:
        w = world()
        target = w.good if work == "done" else None
        if work == "refused":
            w.hook("pre-receive", "exit 1\n")
        before = w.state()
        script, w.script = (
            w.script,
            w.program(
                "started",
                f'{{ {" ".join(map(_quoted, scriptworld.shell_command(shell, w.folder)))} "$SCRIPT" "$@"; echo $? >{w.folder}/code; }} {redirection}\n',
            ),
        )
        w.env["SCRIPT"] = str(script)
        run = w.run("dash", "--yes", "--push-only", w.good)
        w.script = script
        run.code = int((w.folder / "code").read_text())
        # What could not be written cannot be the last thing printed.
        heard = (
            run.out if ">" not in redirection.replace("2>&1", "") and "|" not in redirection else ""
        )
        run.out = heard
        found = w.problems(before, run, target)
        wanted = 0 if work == "done" else 5
        if run.code != wanted:
            found.append(f"exit {run.code}, not {wanted}")
        if not w.logs():
            found.append("no log")
        return [*found, run.said] if found else []

    under_all(scriptworld.here(), run)


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


# --- A terminal.


@pytest.mark.parametrize(
    ("keys", "code", "says"),
    [
        (b"yes\n", 0, "is on the remote and holds"),
        (b" Y \n", 0, "is on the remote and holds"),
        (b"no\n", 2, "Not confirmed. Nothing was changed"),
        (b"\n", 2, "Not confirmed. Nothing was changed"),
        (b"yes please\n", 2, "Not confirmed. Nothing was changed"),
        (b"\x04", 2, "Not confirmed. Nothing was changed"),
        (b"\x03", 130, "interrupted (signal INT). What is true: Nothing was changed"),
        (b"TERM", 143, "interrupted (signal TERM). What is true: Nothing was changed"),
        (b"HUP", 129, "interrupted (signal HUP). What is true: Nothing was changed"),
    ],
    ids=lambda v: str(v) if isinstance(v, bytes) else "",
)
def test_answers_at_a_terminal(keys, code, says, world) -> None:
    def run(shell: str) -> list[str]:
        w = world()
        before = w.state()
        run = at_terminal(w, shell, ["--push-only", w.good], keys)
        found = w.problems(before, run, w.good if code == 0 else None, logged=True)
        if run.code != code:
            found.append(f"exit {run.code}, not {code}")
        if says not in run.words:
            found.append(f"does not say: {says}")
        if "Push this branch? [yes/no]" not in run.words:
            found.append("did not ask")
        return [*found, run.said] if found else []

    under_all(scriptworld.here(), run)


# --- Disks.


@pytest.fixture
def small_disk():
    """Mounts a disk of a few kilobytes at a folder. Only root may do that."""
    mounted: list[Path] = []

    def mount(place: Path, size: str) -> None:
        place.mkdir(exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(place)], capture_output=True
        )
        if done.returncode:
            pytest.skip("a small disk cannot be mounted here")
        mounted.append(place)

    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _fill(place: Path) -> None:
    with (place / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"x" * 4096)
        except OSError:
            return


def test_a_full_temporary_folder(world, small_disk) -> None:
    def run(shell: str) -> list[str]:
        w = worlds[shell]
        found = checked(w, shell, ["--yes", "--push-only", w.good], 0, (), w.good)
        return [f for f in found if "ballast" not in f]

    worlds = {shell: world() for shell in scriptworld.here()}
    for w in worlds.values():
        small_disk(w.tmp, "16k")
        _fill(w.tmp)
        # Nothing but the ballast may be there afterwards.
        w.env["TMPDIR"], w.tmp = str(w.tmp), w.folder / "nothing"
        w.tmp.mkdir()
    under_all(list(worlds), run)
    for w in worlds.values():
        assert [p.name for p in Path(w.env["TMPDIR"]).iterdir()] == ["ballast"]


@pytest.mark.parametrize("behind", [False, True], ids=["", "behind"])
def test_a_full_disk_below_the_clone(behind, world, small_disk) -> None:
    """The push needs no room; only a fetch does. The log goes elsewhere."""

    def run(shell: str) -> list[str]:
        w = worlds[shell]
        return checked(
            w,
            shell,
            ["--yes", "--push-only", w.good],
            5 if behind else 0,
            (),
            None if behind else w.good,
        )

    worlds = {shell: world() for shell in scriptworld.here()}
    for w in worlds.values():
        if behind:
            w.get_ahead()
        kept = w.clone.rename(w.folder / "kept")
        small_disk(w.clone, "2m")
        shutil.copytree(kept, w.clone, dirs_exist_ok=True, symlinks=True)
        shutil.rmtree(kept)
        _fill(w.clone)
    under_all(list(worlds), run)
    for w in worlds.values():
        assert w.logs() and w.logs()[0].is_relative_to(w.tmp)


@pytest.mark.parametrize("behind", [False, True], ids=["", "behind"])
def test_a_clone_that_may_not_be_written(behind, world) -> None:
    """Root is bound by the mode of a file only without its capabilities."""
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    if drop:
        needs("setpriv")

    def run(shell: str) -> list[str]:
        w = world()
        if behind:
            w.get_ahead()
        for folder, _, files in os.walk(w.clone, topdown=False):
            for path in (Path(folder) / n for n in (*files, ".")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode & ~0o222)
        real = w.script
        w.script = w.program(
            "started",
            f'exec {" ".join([*drop, *map(_quoted, scriptworld.shell_command(shell, w.folder))])} "$SCRIPT" "$@"\n',
        )
        w.env["SCRIPT"] = str(real)
        before = w.state()
        run = w.run("dash", "--yes", "--push-only", w.good)
        w.script = real
        found = w.problems(before, run, None if behind else w.good, logged=True)
        if run.code != (5 if behind else 0):
            found.append(f"exit {run.code}")
        if not w.logs()[0].is_relative_to(w.tmp):
            found.append(f"log in {w.logs()}")
        return [*found, run.said] if found else []

    under_all(scriptworld.here(), run)


# --- A server, and the password in its address.


@contextmanager
def server(folder: Path):
    """Git over HTTP for everything below `folder`, for those who know the password."""
    wanted = "Basic " + base64.b64encode(f"user:{World.SECRET}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Authorization") != wanted:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            path, _, query = self.path.partition("?")
            done = subprocess.run(
                ["git", "http-backend"],
                input=body,
                capture_output=True,
                env={
                    "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(folder), "GIT_HTTP_EXPORT_ALL": "1",
                    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
                    "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
                    "REMOTE_USER": "user", "REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query,
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
                    "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                },
            )  # fmt: skip
            head, _, rest = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest)

        do_GET = do_POST = answer

        def log_message(self, *_) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    try:
        yield listener.server_address[1]
    finally:
        listener.shutdown()
        listener.server_close()


@pytest.mark.parametrize(
    ("address", "setup", "code", "says"),
    [
        ("http://user:s3cr3t@127.0.0.1:{port}/{path}", None, 0, ("is on the remote and holds",)),
        (
            "http://user:s3cr3t@127.0.0.1:{port}/{path}",
            "behind",
            0,
            ("is on the remote and holds",),
        ),
        (
            "http://user:s3cr3t@127.0.0.1:{port}/{path}",
            "refuse",
            5,
            ("the remote refused the push",),
        ),
        (
            "http://user:s3cr3t@127.0.0.1:{port}/{path}",
            "trace",
            5,
            ("the remote refused the push",),
        ),
        (
            "http://user:s3cr3t-and-wrong@127.0.0.1:{port}/{path}",
            None,
            5,
            ("the remote cannot be read",),
        ),
        ("http://127.0.0.1:{port}/{path}", None, 5, ("the remote cannot be read",)),
        ("http://user:s3cr3t@127.0.0.1:{port}/gone.git", None, 5, ("the remote cannot be read",)),
        ("http://user:s3cr3t@127.0.0.1:1/{path}", None, 5, ("the remote cannot be read",)),
        ("https://user:s3cr3t@127.0.0.1:{port}/{path}", None, 5, ("the remote cannot be read",)),
        ("nonsense://user:s3cr3t@127.0.0.1/{path}", None, 5, ("the remote cannot be read",)),
    ],
)
def test_no_secret_is_told(address, setup, code, says, world, tmp_path) -> None:
    with server(tmp_path) as port:

        def run(shell: str) -> list[str]:
            w = world()
            # Refuses in words that hold the address, as some servers do.
            if setup in ("refuse", "trace"):
                w.hook("pre-receive", "echo not at http://user:s3cr3t@host/ >&2\nexit 1\n")
            if setup == "trace":
                w.env.update(
                    GIT_TRACE="1", GIT_CURL_VERBOSE="1", GIT_TRACE_CURL="1", GIT_TRACE_PACKET="1"
                )
            if setup == "behind":
                w.get_ahead()
            path = w.remote.relative_to(tmp_path)
            w.git("remote", "set-url", "origin", address.format(port=port, path=path))
            return checked(w, shell, ["--yes", "--push-only", w.good], code, says, w.good)

        under_all(scriptworld.here(), run)


# --- The log.


def test_the_log_keeps_every_letter(world) -> None:
    """A folder's name may hold any byte; what is no UTF-8 becomes a mark, and the rest stays."""
    name = 'Zürich ✓ 😀 العربية "a" \\ %s|'.encode()

    def run(shell: str) -> list[str]:
        w = world()
        w.cwd = w.clone / os.fsdecode(name + b"\xff\xed\xa0\x80|\n\t\x1b\xc3")
        w.cwd.mkdir()
        found = checked(w, shell, ["--yes", "--push-only", w.good], 0, target=w.good)
        (log,) = w.logs()
        first, *_ = log.read_text("utf-8").splitlines()
        wanted = f"{w.clone}/{name.decode()}\ufffd|\n\t\ufffd"
        told = json.loads(first)["folder"]
        return found if told == wanted else [*found, f"{told!r}, not {wanted!r}"]

    under_all(scriptworld.here(), run)


# --- More than once.


def test_two_at_once_and_again(world) -> None:
    def run(shell: str) -> list[str]:
        w = world()
        w.get_ahead()
        before = w.state()
        with open(os.devnull, "r+b") as nothing:
            streams = {"stdin": nothing, "stdout": nothing, "stderr": nothing}
            both = [w.start(shell, ["--yes", "--push-only", w.good], **streams) for _ in range(2)]
            codes = [p.wait(60) for p in both]
        found = [] if codes == [0, 0] else [f"exits {codes}"]
        again = w.run(shell, "--yes", "--push-only", w.good)
        found += w.problems(before, again, w.good, logged=True)
        # Each run has its own log, and each is whole.
        if len(w.logs()) != 3:
            found.append(f"logs: {w.logs()}")
        for path in w.logs():
            found += w.log_problems(path, scriptworld.Run(0, "", "", 0, 0), False)
        return [*found, again.said] if found or again.code else []

    under_all(scriptworld.here(), run)
