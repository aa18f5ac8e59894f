"""A small world in which a generated script runs for real: a remote, a clone, a shell.

Everything lies in one temporary folder: no home, no settings and no network of the machine
are used. `Script.check` states what must hold after every run, whatever happened in it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pty
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROLLBACK = ROOT / "generated" / "partpulse" / "scripts" / "rollback.sh"

# Name of a shell -> how a script is started under it. `bash` is started as `sh`, which is what
# it is on a Mac; the folder with that name is made by `shell_command`.
SHELLS = ("dash", "busybox", "bash", "mksh")

# Dates in the past, one minute apart, so that commits have the same ids in every run.
_FIRST = 1_700_000_000
BRANCH = re.compile(r"refs/heads/rollback/(?:\d{8}T\d{6}Z|unknown)-[0-9a-f]{12}")


def here() -> list[str]:
    """The shells that this machine has."""
    return [name for name in SHELLS if shutil.which(name)]


def needs(program: str) -> str:
    """Skips the test where `program` is missing; in CI nothing may be missing."""
    if not shutil.which(program):
        message = f"{program} is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return program


# Of the version that the tests pin; another one may find more, or less.
SHELLCHECK = str(Path(sys.executable).parent / "shellcheck")


def crowded(script: Path) -> list[int]:
    """The lines with more than one command substitution in one command, but for those inside another.

    When a signal comes during the first, bash 5.2 reads what the trap says while it reads the
    second: the trap is a syntax error then, and the signal is lost, or the script with it.
    """
    done = subprocess.run(
        [needs("shfmt"), "-ln", "posix", "--to-json"],
        input=script.read_bytes(),
        capture_output=True,
    )
    found: set[int] = set()

    def below(node: object) -> int:
        """How many there are below, without those of another command."""
        if isinstance(node, list):
            return sum(map(below, node))
        if not isinstance(node, dict):
            return 0
        if node.get("Type") == "CmdSubst":
            return 1
        here = sum(map(below, node.values()))
        if "Cmd" not in node:
            return here
        if here > 1:
            found.add(node["Pos"]["Line"])
        return 0

    below(json.loads(done.stdout))
    return sorted(found)


def shell_command(name: str, folder: Path) -> list[str]:
    path = shutil.which(name)
    assert path, f"{name} is not installed"
    if name == "busybox":
        return [path, "ash"]
    if name == "bash":
        link = folder / "sh"
        if not link.exists():
            link.symlink_to(path)
        return [str(link)]
    return [path]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def snapshot(*roots: Path) -> dict[str, str]:
    """Every file below `roots`, with mode and content: all that a run must leave as it was.

    Of a repository only the object store (a fetch may add to it) and the run logs are left out.
    """
    found: dict[str, str] = {}
    for root in roots:
        for folder, folders, files in os.walk(root):
            place = Path(folder)
            store = (place / "HEAD").exists() and (place / "refs").exists()
            folders[:] = [f for f in folders if not (store and f in ("objects", "rollback-log"))]
            for name in (*folders, *files):
                path = place / name
                mode = path.lstat().st_mode
                if stat.S_ISLNK(mode):
                    what = os.readlink(path)
                else:
                    what = digest(path) if stat.S_ISREG(mode) else "-"
                found[str(path)] = f"{stat.filemode(mode)} {what}"
    return found


def difference(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return sorted(
        f"{k}: {before.get(k, 'missing')} -> {after.get(k, 'missing')}"
        for k in before.keys() | after.keys()
        if before.get(k) != after.get(k)
    )


def session(leader: int) -> list[str]:
    """The live processes of the session that `leader` began."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text()
            fields = text.rpartition(")")[2].split()
            # Fields 3 and 6 of proc(5): state and session.
            if int(fields[3]) == leader and fields[0] not in "ZX":
                found.append(
                    (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip() or text
                )
        except (OSError, ValueError):
            continue
    return found


def end_session(leader: int) -> None:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == leader:
                os.kill(int(folder.name), signal.SIGKILL)
        except (OSError, ValueError):
            continue


@dataclass
class Run:
    """What one run of a script left behind."""

    code: int
    out: str
    err: str
    pid: int
    seconds: float
    left: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        return f"--- exit {self.code} after {self.seconds:.1f} s\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    @property
    def words(self) -> str:
        """Everything said, without line breaks, for looking up sentences."""
        return " ".join((self.out + " " + self.err).split())


def start(command: list[str], **popen) -> subprocess.Popen:
    """The shell gets its own session; it says its process id to the programs that it calls."""
    leader = ["/bin/sh", "-c", 'WORLD_PID=$$; export WORLD_PID; exec "$@"', "start"]
    return subprocess.Popen([*leader, *command], start_new_session=True, **popen)


def ended(begin: Callable[..., subprocess.Popen], folder: Path, wait: float) -> Run:
    """What a script left behind that `begin` starts; -999 when it did not end in time."""
    # Files, not pipes: a process that stays behind must not keep the test waiting.
    out, err = folder / "stdout", folder / "stderr"
    began = time.monotonic()
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = begin(stdin=subprocess.DEVNULL, stdout=to_out, stderr=to_err)
        try:
            code = process.wait(wait)
        except subprocess.TimeoutExpired:
            end_session(process.pid)
            code = -999
    seconds = time.monotonic() - began
    killed = code == -signal.SIGKILL
    # What a killed script began must end as well, but it has a moment for that. Any other has waited
    # for all that it began; what it killed itself may be seen for 0.1 seconds on a busy machine.
    patience = time.monotonic() + (10 if killed else 0.5)
    while (left := session(process.pid)) and time.monotonic() < patience:
        time.sleep(0.02)
    if left:
        end_session(process.pid)
    return Run(
        code,
        out.read_text(errors="replace"),
        err.read_text(errors="replace"),
        process.pid,
        seconds,
        left,
    )


class World:
    """`remote.git` and `clone`, a home, a temporary folder; copied fresh for every run."""

    SECRET = "s3cr3t"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.remote = folder / "remote.git"
        self.clone = folder / "clone"
        self.cwd = self.clone
        self.bin = folder / "bin"
        self.tmp = folder / "tmp"
        self.home = folder / "home"
        self.url = f"file://{self.remote}"
        self.watched: list[Path] = []
        self.script = ROLLBACK
        self.env = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "TMPDIR": str(self.tmp),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self.home / "gitconfig"),
            "LANG": "C.UTF-8",
        }
        # What the tests themselves run Git with, whatever a situation does to `env`.
        self.own_env = {**self.env, "PATH": os.environ["PATH"]}
        self.commits: list[str] = []

    # --- Making a world.

    @classmethod
    def new(cls, folder: Path) -> World:
        """Five commits on `main`, a branch beside it, tags, and a clone of all that."""
        folder.mkdir(parents=True)
        world = cls(folder)
        for place in (world.bin, world.tmp, world.home):
            place.mkdir()
        (world.home / "gitconfig").write_text(
            "[user]\n\tname = A Person\n\temail = person@example.com\n"
            '[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n'
            "[safe]\n\tdirectory = *\n[gc]\n\tauto = 0\n"
        )
        world.git("init", "--quiet", "--template=", "--bare", str(world.remote), cwd=folder)
        world.git("init", "--quiet", "--template=", str(world.clone), cwd=folder)
        (world.clone / "folder").mkdir()
        for n in range(1, 6):
            (world.clone / "file.txt").write_text(f"version {n}\n")
            (world.clone / "folder" / "tool").write_text(f"#!/bin/sh\necho {n}\n")
            (world.clone / "folder" / "tool").chmod(0o755)
            world.commit(f"Version {n} of the shop")
        world.git("remote", "add", "origin", world.url)
        world.git("tag", "-a", "-m", "a note", "v1", world.commits[0])
        world.git("tag", "light", world.commits[1])
        world.git("tag", "mine", world.commits[3])
        world.git("branch", "--quiet", "mine", world.commits[1])
        world.git("push", "--quiet", "origin", "main", "v1", "light")
        world.git("checkout", "--quiet", "-b", "beside", world.commits[1])
        (world.clone / "beside.txt").write_text("never in production\n")
        world.beside = world.commit("Beside production", keep=False)
        world.git("push", "--quiet", "origin", "beside")
        world.git("checkout", "--quiet", "main")
        world.git("fetch", "--quiet", "origin")
        world.git("branch", "--quiet", "--set-upstream-to=origin/main")
        return world

    def copy(self, folder: Path) -> World:
        """This world at another place."""
        subprocess.run(["cp", "-a", str(self.folder), str(folder)], check=True)
        world = World(folder)
        world.commits = list(self.commits)
        world.beside = self.beside
        config = world.clone / ".git" / "config"
        config.write_text(config.read_text().replace(str(self.remote), str(world.remote)))
        return world

    def git(self, *words: str, cwd: Path | None = None, ok: bool = True, **env: str) -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=cwd or self.clone,
            env={**self.own_env, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert not ok or done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
        return done.stdout.strip()

    def commit(self, title: str, keep: bool = True, cwd: Path | None = None) -> str:
        date = f"{_FIRST + 60 * len(self.commits)} +0000"
        self.git("add", "--all", cwd=cwd)
        self.git(
            "commit", "--quiet", "-m", title, cwd=cwd, GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date
        )
        sha = self.git("rev-parse", "HEAD", cwd=cwd)
        if keep:
            self.commits.append(sha)
        return sha

    def get_ahead(self) -> str:
        """Somebody else publishes a version: the clone is behind from now on."""
        other = self.folder / "other"
        self.git("clone", "--quiet", self.url, str(other), cwd=self.folder)
        (other / "file.txt").write_text("version 6\n")
        sha = self.commit("Version 6 of the shop", cwd=other)
        self.git("push", "--quiet", "origin", "main", cwd=other)
        shutil.rmtree(other)
        return sha

    def program(self, name: str, text: str) -> Path:
        """A program that stands before the real one of its name."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path

    def hook(self, name: str, text: str) -> None:
        path = self.remote / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)

    def quick_sleep(self, seconds: str = "0.02") -> None:
        """Makes every second of a time limit short, so that a hang can be waited for."""
        self.program("sleep", f"exec {shutil.which('sleep')} {seconds}\n")

    @property
    def good(self) -> str:
        """The commit that the tests roll back to: two before the tip."""
        return self.commits[2]

    # --- Looking at it.

    def refs(self) -> dict[str, str]:
        """All refs of the remote, and where its HEAD points."""
        out = self.git("for-each-ref", "--format=%(refname) %(objectname)", cwd=self.remote)
        found = dict(line.split(" ") for line in out.splitlines())
        found["HEAD"] = (self.remote / "HEAD").read_text()
        return found

    def state(self) -> tuple[dict[str, str], dict[str, str], set[str]]:
        places = [self.clone, self.home, *self.watched]
        objects = {
            str(f) for p in places for f in p.rglob("*") if "objects" in f.parts and f.is_file()
        }
        return snapshot(*places), self.refs(), objects

    def logs(self) -> list[Path]:
        """The newest last. Names of one second tell nothing: the process id follows."""
        found = self.folder.rglob(f"{self.script.stem}-*.jsonl")
        return sorted(found, key=lambda p: p.stat().st_mtime_ns)

    # --- Running.

    def start(self, shell: str, words: list[str], **popen) -> subprocess.Popen:
        command = [*shell_command(shell, self.folder), str(self.script), *words]
        return start(command, **{"cwd": self.cwd, "env": self.env, **popen})

    def run(self, shell: str, *words: str, wait: float = 60, **popen) -> Run:
        def begin(**given) -> subprocess.Popen:
            return self.start(shell, list(words), **{**given, **popen})

        return ended(begin, self.folder, wait)

    # --- What must hold after every run.

    def problems(
        self,
        before: tuple[dict[str, str], dict[str, str], set[str]],
        run: Run,
        target: str | None,
        *,
        logged: bool | None = None,
        scratch_may_stay: bool = False,
        log_may_end: bool = False,
        hidden: tuple[str, ...] = (SECRET,),
    ) -> list[str]:
        """Everything that is wrong after `run`; `target` is the one commit that it may publish.

        `logged` says whether there must be a log; a killed run may leave scratch files and a
        log without its last line.
        """
        found = []
        files, refs, objects = before
        files_now, refs_now, objects_now = self.state()
        if run.code == -999:
            found.append("the script hung")
        found += [f"changed: {d}" for d in difference(files, files_now)]
        found += [f"object lost: {o}" for o in sorted(objects - objects_now)]
        for name in refs.keys() | refs_now.keys():
            was, now = refs.get(name), refs_now.get(name)
            if was == now:
                continue
            if was is not None:
                found.append(f"remote: {name} was {was} and is {now}")
            elif not BRANCH.fullmatch(name):
                found.append(f"remote: unexpected new ref {name}")
            elif now != target:
                found.append(f"remote: {name} holds {now}, not {target}")
        new = refs_now.keys() - refs.keys()
        if run.code in (0, 8) and target is not None and not new:
            found.append(f"exit {run.code}, and nothing is on the remote")
        if run.left:
            found.append(f"processes left: {run.left}")
        logs = self.logs()
        rest = [p.name for p in self.tmp.iterdir() if not p.name.startswith("rollback-log")]
        if rest and not scratch_may_stay:
            found.append(f"scratch left: {rest}")
        texts = {"stdout": run.out, "stderr": run.err}
        texts.update({str(p): p.read_text() for p in logs})
        for where, text in texts.items():
            found += [f"secret in {where}" for secret in hidden if secret in text]
        found += wide(run)
        if logged is not None and logged != bool(logs):
            found.append(f"log: {logs}")
        if logs:
            found += self.log_problems(logs[-1], run, log_may_end)
        return found

    def log_problems(self, path: Path, run: Run, may_end: bool) -> list[str]:
        found = []
        try:
            entries = [json.loads(line) for line in path.read_text().splitlines()]
        except ValueError as problem:
            return [f"log is not JSON Lines: {problem}: {path.read_text()}"]
        if not entries:
            return [] if may_end else ["log is empty"]
        kinds = {
            "time": str, "run": str, "script": str, "script_sha256": str, "procedure": str,
            "step": str, "status": str, "exit": int, "seconds": int,
        }  # fmt: skip
        for entry in entries:
            found += [
                f"log: {k} in {entry}" for k, t in kinds.items() if type(entry.get(k)) is not t
            ]
            if entry["script"] != self.script.name or not 0 <= entry["seconds"] < 600:
                found.append(f"log: {entry}")
        first, last = entries[0], entries[-1]
        if first["step"] != "start" or not {"who", "host", "folder", "arguments"} <= first.keys():
            found.append(f"first line of the log: {first}")
        if not may_end:
            if last["step"] != "outcome" or last["exit"] != run.code:
                found.append(f"last line of the log: {last}")
            lines = [line for line in run.out.splitlines() if line]
            if lines and lines[-1] != f"Run log: {path}":
                found.append(f"last thing printed: {lines[-1]!r}, not the log {path}")
        if path.stat().st_mode & 0o077:
            found.append("others can read the log")
        return found


def at_terminal(world: World, shell: str, words: list[str], keys: bytes) -> Run:
    """Runs the script at a terminal of 80 columns; `keys` are typed when it asks to be confirmed."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 80))

    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = world.start(
        shell, words, stdin=slave, stdout=slave, stderr=slave, preexec_fn=take_terminal
    )
    os.close(slave)

    def press() -> None:
        if keys in (b"HUP", b"TERM"):
            os.kill(process.pid, getattr(signal, f"SIG{keys.decode()}"))
        else:
            os.write(master, keys)

    heard, typed, end = b"", False, time.monotonic() + 30
    while time.monotonic() < end:
        ready, _, _ = select.select([master], [], [], 0.2)
        if not ready:
            if process.poll() is not None:
                break
            # bash loses a signal that comes in the very moment between its question and the wait
            # for an answer; whoever sees nothing happen sends it once more.
            if typed and keys in (b"\x03", b"HUP", b"TERM"):
                press()
            continue
        try:
            piece = os.read(master, 4096)
        except OSError:
            break
        if not piece:
            break
        heard += piece
        if not typed and heard.endswith(b"[yes/no] "):
            typed = True
            press()
    try:
        code = process.wait(5)
    except subprocess.TimeoutExpired:
        code = -999
    left = session(process.pid)
    end_session(process.pid)
    os.close(master)
    text = (
        heard.decode().replace("\r\n", "\n").replace("^C", "").replace("^D", "").replace("\b", "")
    )
    return Run(code, text, "", process.pid, 0, left)


def wide(run: Run) -> list[str]:
    """Lines that do not fit a terminal of 80 columns, unless one word alone is too long."""
    found = []
    for line in (run.out + "\n" + run.err).split("\n"):
        # A command is said as it would be typed: on one line, whatever is in it.
        if re.match(r"  (would|will) run: ", line):
            continue
        # What a shell itself says begins with the script's path, however long that is.
        if re.match(r"\S*\.sh: ", line):
            continue
        if len(line) > 80 and max(map(len, line.split())) < 50:
            found.append(f"wide line ({len(line)}): {line}")
        if not line.isprintable():
            found.append(f"unprintable line: {line!r}")
    return found


def under_all(shells: list[str], work) -> None:
    """Runs `work(shell)` under every shell at once; fails with all that it answers."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(shells)) as pool:
        answers = list(zip(shells, pool.map(work, shells)))
    found = [f"[{shell}] {problem}" for shell, problems in answers for problem in problems]
    assert not found, "\n".join(found)
