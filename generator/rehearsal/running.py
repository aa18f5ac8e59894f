"""Commands in a sandbox: each in a session of its own, with a time limit, and never left behind."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LOOK = 0.03  # seconds between two looks at whether a process has ended
_GRACE = 15  # seconds that a script has to clean up after it was told to end


class Interrupted(Exception):
    """Somebody wants it all to end; `number` is that of the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


@dataclass(frozen=True)
class Ended:
    """`code` is the exit status, negative for a signal, None when time was up."""

    code: int | None
    out: str
    err: str
    seconds: float


class Runner:
    """Starts commands and ends them. `stopped` answers the signal that came, or 0.

    A signal is noted, not raised, so that it cannot come between a start and the note of it.
    """

    def __init__(self, scratch: Path, stopped: Callable[[], int]) -> None:
        self.scratch = scratch
        self.stopped = stopped
        self.kept: list[subprocess.Popen[bytes]] = []
        self._numbers = itertools.count(1)

    def run(
        self,
        words: Sequence[str],
        seconds: float,
        cwd: Path,
        environment: Mapping[str, str],
        *,
        heed: bool = True,
    ) -> Ended:
        """Run a command to its end. Unless it does not `heed` signals: raises Interrupted, once it has ended."""
        if heed and self.stopped():
            raise Interrupted(self.stopped())
        number = next(self._numbers)  # stand-ins run commands too, in threads of their own
        # Files, not pipes: a process that stays behind must not keep anybody waiting.
        out, err = (self.scratch / f"{number}.{name}" for name in ("out", "err"))
        began = time.monotonic()
        with out.open("wb") as to_out, err.open("wb") as to_err:
            try:
                process = _started(words, cwd, environment, to_out, to_err)
            except OSError as error:
                return Ended(127, "", f"{words[0]}: {error.strerror}", 0)
        try:
            code = self._wait(process, began + seconds, heed)
        finally:
            end(process)
        texts = [path.read_bytes().decode(errors="replace") for path in (out, err)]
        return Ended(code, *texts, time.monotonic() - began)

    def keep(self, words: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> None:
        """Start a command that stays until `close`."""
        with (self.scratch / f"kept{len(self.kept)}.out").open("wb") as output:
            self.kept.append(_started(words, cwd, environment, output, output))

    def pause(self) -> None:
        if self.stopped():
            raise Interrupted(self.stopped())
        time.sleep(_LOOK)

    def close(self) -> None:
        while self.kept:
            end(self.kept.pop())

    def _wait(self, process: subprocess.Popen[bytes], until: float, heed: bool) -> int | None:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(_LOOK)
            if heed and self.stopped():
                raise Interrupted(self.stopped())
            if time.monotonic() > until:
                return None


def _started(words, cwd, environment, out, err) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(words),
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a command and all that it started. The command itself may clean up first."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    for number, patience in ((signal.SIGTERM, 1.0), (signal.SIGKILL, 5.0)):
        until = time.monotonic() + patience
        while _signal(process.pid, number) and time.monotonic() < until:
            process.poll()
            time.sleep(_LOOK)
            number = 0  # told once, then only asked


def _signal(group: int, number: int) -> bool:
    """Whether a process group is still there; a signal to it, 0 for none."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
