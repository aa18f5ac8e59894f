"""Whatever ends or fails at whatever moment: nothing is lost, nothing is claimed, and again works.

Every program that a script calls is replaced by one that can kill the script before or after its
own work, or fail. A recorded good run says which calls there are. A new script is one line of
CASES.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.scripts import scriptworld, shim
from tests.vercel.emulator import TOKEN, Vercel
from tests.vercel.vercelworld import HOOK_SECRET, SCRIPTS, World

SIGNALS = {"KILL": -9, "TERM": 143, "HUP": 129, "INT": 130}
KILLS = tuple(f"{when} {name}" for name in SIGNALS for when in ("before", "after"))


@dataclass(frozen=True)
class Case:
    """A script with its arguments; `done` says whether that which its exit 0 claims is true.

    `code` is the end of a good run: 8 where a person is always asked for something.
    """

    arguments: Callable[[World], tuple[str, ...]]
    done: Callable[[World], bool]
    code: int = 0
    prepare: Callable[[World], object] = lambda _: None


def with_a_name(w: World) -> None:
    """Somebody in whose name Git can make a commit."""
    w.git("config", "user.name", "A Person")
    w.git("config", "user.email", "person@example.com")


def serves_the_good_files(w: World) -> bool:
    return w.tree(w.live_sha) == w.tree(w.shas[0])


def serves_the_good_one(w: World) -> bool:
    return w.live_sha == w.shas[0]


CASES = {
    "rollback.sh": Case(lambda w: ("--yes", w.shas[0]), serves_the_good_one),
    "vercel-rollback.sh": Case(lambda w: ("--yes",), lambda w: w.live_sha == w.shas[1]),
    "git-rollback.sh": Case(
        lambda w: ("--yes", "--to-production", w.shas[0]),
        serves_the_good_files,
        prepare=with_a_name,
    ),
    "env-restore.sh": Case(
        lambda w: ("--yes", "snapshot"), lambda w: any(w.folder.rglob("*.snapshot"))
    ),
}


class Bench:
    """A world that is set back after every fault, and the programs that stand before its own."""

    def __init__(self, world: World, script: str, shims: shim.Shims) -> None:
        self.world, self.script, self.case = world, SCRIPTS / script, CASES[script]
        self.case.prepare(world)
        self.calls = world.folder / "calls"
        self.calls.mkdir()
        # Long enough for a machine that is busy: a limit of 25 seconds is one of 5.
        self.shims = shims.variables(self.calls, sleep="0.2")
        self.places = [world.folder / name for name in ("clone", "remote.git")]
        for place in self.places:
            shutil.copytree(place, world.folder / "kept" / place.name, symlinks=True)
        self.service = _copied(world.vercel)
        self.files, self.refs = scriptworld.snapshot(self.places[0]), self._refs()
        self.truth = self._serves()

    def set_back(self) -> None:
        for place in self.places:
            shutil.rmtree(place)
            shutil.copytree(self.world.folder / "kept" / place.name, place, symlinks=True)
        _empty(self.calls)
        _empty(self.world.folder / "tmp")
        with self.world.vercel.lock:
            vars(self.world.vercel).update(copy.deepcopy(self.service))

    def run(self, **more: str) -> scriptworld.Run:
        command = [*scriptworld.shell_command("dash", self.world.folder), str(self.script)]
        command += self.case.arguments(self.world)
        env = self.world.environment(**{**self.shims, **more})
        cwd = self.world.folder / "clone"

        def begin(**given):
            return scriptworld.start(command, cwd=cwd, env=env, **given)

        return scriptworld.ended(begin, self.world.folder, wait=60)

    def fault(self, at: str, how: str, proven: set[str], lock: threading.Lock) -> list[str]:
        self.set_back()
        run = self.run(SHIM_AT=at, SHIM_HOW=how)
        call = self.calls / at
        called = call.read_text().split("\n")[:2] if call.exists() else []
        wanted = range(0, 9) if how == "fail" else (SIGNALS[how.split()[1]], 0)
        found = [] if run.code in wanted else [f"exit {run.code}"]
        found += self.problems(run, called[:1], killed=how.endswith("KILL"))
        # From one and the same state the script goes on in one and the same way.
        state = self.state()
        with lock:
            known = state in proven
        if not known:
            _empty(self.world.folder / "tmp")
            again = self.run()
            if again.code != self.case.code:
                found.append(f"the second run: {again.said}")
            found += [f"the second run: {p}" for p in self.problems(again, [], killed=False)]
            with lock:
                proven.add(state)
        return [f"{how} {at} {called}: {f}" for f in found] + ([run.said] if found else [])

    def problems(self, run: scriptworld.Run, failed: list[str], killed: bool) -> list[str]:
        """What must hold after every run; `failed` is the program whose one job is not done."""
        found = [f"processes left: {run.left}"] if run.left else []
        if run.code == 0 and not self.case.done(self.world):
            found.append("exit 0, and it is not so")
        changed = scriptworld.difference(self.files, scriptworld.snapshot(self.places[0]))
        found += [f"changed: {c}" for c in changed]
        refs = self._refs()
        found += [f"the remote lost {r}" for r, v in self.refs.items() if not self._holds(r, v)]
        if self._serves() != self.truth and re.search(
            r"Nothing was changed|Production has not moved\.$", _truth(run)
        ):
            found.append("it says that production has not moved")
        if refs != self.refs and "Nothing was changed" in _truth(run):
            found.append("it says that nothing was changed on the remote")
        tmp = [p.name for p in (self.world.folder / "tmp").iterdir()]
        rest = [name for name in tmp if not name.startswith(("rollback-log", "rollbook-"))]
        if rest and not killed and failed != ["rm"]:
            found.append(f"scratch left: {rest}")
        logs = list(self.world.folder.rglob("*.jsonl"))
        texts = [run.out, run.err, *(p.read_text() for p in logs)]
        found += ["a secret" for s in (TOKEN, HOOK_SECRET) for t in texts if s in t]
        if not killed:
            found += [f"the log: {p}" for path in logs for p in _unreadable(path)]
            if run.code not in (0, 2, 8) and not _truth(run):
                found.append("nothing says what is true")
        # The programs of a pipeline may complain that the next one has gone.
        wide = [line for line in scriptworld.wide(run) if "Broken pipe" not in line]
        return found + wide

    def state(self) -> str:
        """Everything that the next run could find, without times and names made of them."""
        service = {k: v for k, v in vars(self.world.vercel).items() if k not in _UNSEEN}
        service["deployments"] = [
            (d.sha, d.target, d.ready_state) for d in self.world.vercel.deployments
        ]
        service["live"] = self.world.live_sha
        return repr((sorted(service.items()), sorted(self._refs().values())))

    def _refs(self) -> dict[str, str]:
        listed = self.world.git(
            "for-each-ref", "--format=%(refname) %(objectname)", cwd="remote.git"
        )
        return dict(line.split(" ", 1) for line in listed.splitlines())

    def _holds(self, ref: str, commit: str) -> bool:
        """A branch may have gone forward, never back."""
        now = self._refs().get(ref)
        base = now and self.world.git("merge-base", now, commit, cwd="remote.git")
        return base == commit

    def _serves(self) -> str:
        return self.world.live_sha


_UNSEEN = {
    *("lock", "server", "url", "bare", "hooks", "faults", "requests", "tokens_seen"),
    *("deployments", "live", "request", "pending", "seen_refs", "queued"),
}


def _copied(vercel: Vercel) -> dict[str, object]:
    kept = {k: v for k, v in vars(vercel).items() if k not in ("lock", "server", "hooks", "bare")}
    return copy.deepcopy(kept)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _truth(run: scriptworld.Run) -> str:
    """What the script says is true, as one line."""
    words = " ".join(run.err.split())
    return words.partition("What is true: ")[2].partition(" What to do: ")[0]


def _unreadable(log: Path) -> list[str]:
    try:
        for line in log.read_text().splitlines():
            json.loads(line)
    except ValueError as problem:
        return [str(problem)]
    return []


@pytest.mark.parametrize("script", CASES)
def test_every_fault_at_every_call(script: str, world, shims) -> None:
    """Every call fails once, and is once the moment of a signal; the kinds of signal take turns."""
    benches: SimpleQueue[Bench] = SimpleQueue()
    for _ in range(3):
        benches.put(Bench(world(), script, shims))
    bench = benches.get()
    run = bench.run()
    assert run.code == bench.case.code and not bench.problems(run, [], False), run.said
    points = shim.points(bench.calls)
    benches.put(bench)
    assert len(points) > 20, "the recording missed the calls"
    plan = [(at, how) for n, at in enumerate(points) for how in ("fail", KILLS[n % len(KILLS)])]
    proven: set[str] = set()
    lock = threading.Lock()

    def work(item: tuple[str, str]) -> list[str]:
        bench = benches.get()
        try:
            return bench.fault(*item, proven, lock)
        finally:
            benches.put(bench)

    with ThreadPoolExecutor(3) as pool:
        found = [line for lines in pool.map(work, plan) for line in lines]
    assert not found, "\n".join(found)
