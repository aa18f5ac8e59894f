"""The invented static host: its state, its tool, and what must hold after every run of a script."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.scripts.scriptworld import end_session, session, shell_command

ROOT = Path(__file__).parents[2]
HERE = ROOT / "tests/platform"
TOKEN = "sth_5f0c1d2e3b4a"
WANTED, LIVE = "r41", "r43"
RELEASES = {
    "r40": {"commit": "c40", "state": "withdrawn"},
    "r41": {"commit": "c41", "state": "ready"},
    "r42": {"commit": "c42", "state": "ready"},
    "r43": {"commit": "c43", "state": "ready"},
}
# A second of a time limit stays long enough for a tool on a busy machine; a pause is nothing.
SLEEP = "case $1 in 1) exec {sleep} 0.06 ;; *) exec {sleep} 0.01 ;; esac"


def rollbook(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "generator", *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


class World:
    """The host's state, the tool, and what must hold after every run of a script."""

    def __init__(self, folder: Path, built: Path) -> None:
        self.folder, self.built = folder, built
        for name in ("bin", "tmp", "state", "logs"):
            (folder / name).mkdir(parents=True)
        # Started without a detour, since it is started a thousand times.
        tool = (HERE / "stathost").read_text().partition("\n")[2]
        (folder / "bin/stathost").write_text(f"#!{sys.executable} -IS\n{tool}")
        (folder / "bin/stathost").chmod(0o755)
        (folder / "bin/sleep").write_text(
            f"#!/bin/sh\n{SLEEP.format(sleep=shutil.which('sleep'))}\n"
        )
        (folder / "bin/sleep").chmod(0o755)
        stall = {"live": LIVE, "looks": 0, "queued": None, "releases": RELEASES}
        (folder / "state/state.json").write_text(json.dumps({"stall": stall}))
        self.lie()
        self.env = {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder),
            "TMPDIR": str(folder / "tmp"),
            "ROLLBOOK_LOG_DIR": str(folder / "logs"),
            "STATHOST_STATE": str(folder / "state"),
            "STATHOST_TOKEN": TOKEN,
        }

    def lie(self, **lies: object) -> None:
        (self.folder / "state/lies").write_text(json.dumps(lies))
        (self.folder / "state/calls").write_text("")

    @property
    def live(self) -> str:
        return json.loads((self.folder / "state/state.json").read_text())["stall"]["live"]

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(x) for x in (self.folder / "state/calls").read_text().splitlines()]

    def run(
        self, shell: str, *words: str, script: str = "go-back.sh", killed: bool = False, stdin=None
    ) -> Run:
        words = words or ("--yes", WANTED)
        path = self.built / "scripts" / script
        leader = ["/bin/sh", "-c", 'WORLD_PID=$$; export WORLD_PID; exec "$@"', "start"]
        out, err = self.folder / "out", self.folder / "err"
        with out.open("wb") as to_out, err.open("wb") as to_err:
            process = subprocess.Popen(
                [*leader, *shell_command(shell, self.folder), str(path), *words],
                cwd=self.folder,
                env=self.env,
                stdin=stdin or subprocess.DEVNULL,
                stdout=to_out,
                stderr=to_err,
                start_new_session=True,
            )
            try:
                code = process.wait(180)
            finally:
                patience = time.monotonic() + 20
                while (left := session(process.pid)) and time.monotonic() < patience:
                    time.sleep(0.02)
                end_session(process.pid)
        run = Run(code, out.read_text(), err.read_text())
        logs = [p.read_text() for p in sorted((self.folder / "logs").iterdir())]
        assert not left, f"processes stay behind: {left}"
        assert TOKEN not in run.said + "".join(logs)
        for line in run.said.splitlines():
            assert line.isprintable(), line
            assert len(line) <= 80 or line.startswith("Run log: ") or str(self.folder) in line, line
        for line in "".join(x for x in logs if x.startswith('{"time"')).splitlines():
            json.loads(line)
        assert killed or not list((self.folder / "tmp").iterdir())
        if code == 0 and not {"--dry-run", "--help"} & {*words}:
            assert self.live == words[-1], "exit 0, and something else is live"
        if code not in (0, 2, 8, -9) and script == "go-back.sh":
            for words_of in ("What happened:", "What is true:", "What to do:"):
                assert words_of in run.said
        return run


class Run:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        self.said = out + err
        # What was said, without the line ends and the margin of what the tool said.
        self.words = " ".join(re.sub(r"^  \| ", "", self.said, flags=re.M).split())
