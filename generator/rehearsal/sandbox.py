"""A sandbox: a folder with a home, programs and an environment of its own. Nothing of the user's is in it.

What is not in `environment` is not there: no token, no proxy, no setting of Git or curl. Only the
programs that were asked for are found, so no tool that is logged in somewhere is called.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generator.model import Page
from generator.problems import RollbookError
from generator.rehearsal.kind import Standing
from generator.rehearsal.running import Ended, Runner
from generator.text import Hole, holes

# What scripts and Git call where it is there; the script itself refuses without what it needs.
_PROGRAMS = (
    "[",
    "awk",
    "basename",
    "chmod",
    "cmp",
    "cp",
    "cut",
    "dirname",
    "env",
    "expr",
    "false",
    "find",
    "git-receive-pack",
    "git-upload-pack",
    "grep",
    "head",
    "hostname",
    "kill",
    "ls",
    "mv",
    "openssl",
    "printf",
    "ps",
    "pwd",
    "sha256sum",
    "shasum",
    "sort",
    "stty",
    "tee",
    "test",
    "touch",
    "true",
    "tty",
    "uniq",
    "wc",
    "xargs",
)

_NAME, _MAIL = "Rehearsal", "rehearsal@sandbox.invalid"


@dataclass
class Sandbox:
    """`work` is where the script runs; `standing` are the stand-ins that run, by name.

    `pages` are those of the application, `paths` folders of the service's own repository.
    """

    root: Path
    runner: Runner
    environment: dict[str, str]
    pages: Mapping[str, Page]
    paths: Sequence[str] = ()
    standing: dict[str, Standing] = field(default_factory=dict)
    holes: dict[str, str] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def run(self, words: Sequence[str], seconds: float) -> Ended:
        """Raises Interrupted, once the command has ended."""
        return self.runner.run(words, seconds, self.work, self.environment)

    def finish(self, words: Sequence[str], seconds: float) -> Ended:
        """The same, also while everything is being ended."""
        return self.runner.run(words, seconds, self.work, self.environment, heed=False)

    def keep(self, words: Sequence[str]) -> None:
        self.runner.keep(words, self.work, self.environment)

    def pause(self) -> None:
        self.runner.pause()

    def filled(self, words: Iterable[str]) -> list[str]:
        """Words of the content with their holes filled; the rules have seen to the names."""
        return [
            "".join(self.holes[p.name] if isinstance(p, Hole) else p for p in holes(w))
            for w in words
        ]


@contextlib.contextmanager
def sandbox(
    root: Path,
    programs: Iterable[str],
    pages: Mapping[str, Page],
    stopped: Callable[[], int],
    paths: Sequence[str] = (),
) -> Iterator[Sandbox]:
    """Make a sandbox in a new folder. At the end everything that was started in it has ended.

    Raises RollbookError when one of `programs` is not on this machine.
    """
    for name in ("home", "tmp", "logs", "bin", "work", "scratch", "scripts"):
        (root / name).mkdir(parents=True)
    _link(root / "bin", programs)
    runner = Runner(root / "scratch", stopped)
    made = Sandbox(root, runner, _environment(root), pages, paths)
    try:
        yield made
    finally:
        for standing in reversed(made.standing.values()):
            standing.stop()
        runner.close()


def _link(folder: Path, programs: Iterable[str]) -> None:
    wanted = set(programs)
    missing = sorted(name for name in wanted if not shutil.which(name))
    if missing:
        are = "is" if len(missing) == 1 else "are"
        raise RollbookError(
            f"{', '.join(missing)} {are} not on this machine; a rehearsal cannot do without"
        )
    wanted |= {n for n in _PROGRAMS if shutil.which(n)}
    for name in sorted(wanted):
        (folder / name).symlink_to(_program(name, wanted))


def _program(name: str, there: set[str]) -> Path:
    """Where a program lies: the first of its name that can run where only those `there` are.

    A version manager puts scripts in front of programs, for an interpreter of their own.
    """
    places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    found = [Path(os.path.abspath(f)) for p in places if (f := shutil.which(name, path=p or "."))]
    return next((f for f in found if _interpreter(f) in (None, *there)), found[0])


def _interpreter(program: Path) -> str | None:
    """The name of the program that runs a script; None for what runs by itself."""
    try:
        with program.open("rb") as stream:
            first = stream.readline(200)
    except OSError:
        return None
    if not first.startswith(b"#!"):
        return None
    words = [w.rpartition("/")[2] for w in first[2:].decode(errors="replace").split()]
    if words[:1] == ["env"]:
        words = [w for w in words[1:] if not w.startswith("-")]
    return words[0] if words else None


def _environment(root: Path) -> dict[str, str]:
    return {
        "PATH": str(root / "bin"),
        "HOME": str(root / "home"),
        "TMPDIR": str(root / "tmp"),
        "XDG_CONFIG_HOME": str(root / "home"),
        "ROLLBOOK_LOG_DIR": str(root / "logs"),
        # The log says it, so that nobody takes it for that of a drill.
        "ROLLBOOK_REHEARSAL": "yes",
        "LC_ALL": "C",
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(root / "home/gitconfig"),
        # Not even a mistaken address of a remote is asked.
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_TERMINAL_PROMPT": "0",
        **{f"GIT_{who}_NAME": _NAME for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": _MAIL for who in ("AUTHOR", "COMMITTER")},
    }
