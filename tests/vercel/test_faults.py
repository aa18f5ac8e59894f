"""Whatever ends or fails at whatever moment: nothing is lost, nothing is claimed, and again works.

Every program that a script calls is replaced by one that can kill the script before or after its
own work, or fail. A recorded good run says which calls there are.

What reaches outside the script (git, curl, a file that is made, moved or removed) goes wrong at
every call. A tool that only turns text into text is called again and again with the same words,
hundreds of times for the lines of the log alone: it fails where these words come first and where
they come last, and is the moment of a signal where they come first. With --every-fault no call is left out.

dash and bash take turns: what a signal or a failure leaves differs from shell to shell, and a Mac's
`sh` is bash.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.scripts import scriptworld, shim
from tests.vercel.emulator import TOKEN, Vercel
from tests.vercel.faultcases import CASES, Case
from tests.vercel.vercelworld import HOOK_SECRET, SCRIPTS, World

SIGNALS = {"KILL": -9, "TERM": 143, "HUP": 129, "INT": 130}
SHELLS = ("dash", "bash")
KILLS = tuple(f"{when} {name}" for name in SIGNALS for when in ("before", "after"))
# These touch nothing but their own output.
TEXT = {
    *("awk", "cat", "cut", "date", "fold", "grep", "head", "id", "od", "sed", "sha256sum"),
    *("sort", "tail", "tr", "uname", "wc"),
}


def faults(
    calls: list[tuple[str, tuple[str, ...]]], turn: int, every: bool
) -> list[tuple[str, str]]:
    """Which calls go wrong, and how: each fails once, and is once the moment of a signal.

    The kinds of signal take turns, one program at a time; `turn` is where they begin, so that a
    program that every script calls but once meets all of them. What changes something elsewhere
    meets every kind at every call.
    """
    last = {words: point for point, words in calls}
    first = {words: point for point, words in reversed(calls)}
    seen: Counter[str] = Counter()
    plan = []
    for point, words in calls:
        rare = every or words[0] not in TEXT or point == first[words]
        if not rare and point != last[words]:
            continue
        plan.append((point, "fail"))
        if _WRITES & {*words}:
            plan += [(point, kind) for kind in KILLS]
        elif rare:
            plan.append((point, KILLS[(seen[words[0]] + turn) % len(KILLS)]))
            seen[words[0]] += 1
    return plan


# One of these words is in every call that changes the remote or the service.
_WRITES = {"push", "POST", "PATCH", "DELETE"}


class Bench:
    """A world that is set back after every fault, and the programs that stand before its own."""

    def __init__(self, world: World, case: Case, shims: shim.Shims) -> None:
        self.world, self.script, self.case, self.shims = world, SCRIPTS / case.script, case, shims
        self.shell = ""
        case.prepare(world)
        self.calls = world.folder / "calls"
        self.calls.mkdir()
        self.places = [world.folder / name for name in ("clone", "remote.git")]
        for place in self.places:
            shutil.copytree(place, world.folder / "kept" / place.name, symlinks=True)
        self.as_made = {place: _listed(place) for place in self.places}
        self.service = _copied(world.vercel)
        self.files, self.refs = scriptworld.snapshot(self.places[0]), self._refs()
        self.serves, self.trees = world.live_sha, {}

    def set_back(self) -> None:
        for place in self.places:
            kept = self.world.folder / "kept" / place.name
            if _listed(place) != self.as_made[place]:
                shutil.rmtree(place)
                shutil.copytree(kept, place, symlinks=True)
                self.as_made[place] = _listed(place)
            elif (place / _LOG).exists():
                shutil.rmtree(place / _LOG)
                if (kept / _LOG).exists():
                    shutil.copytree(kept / _LOG, place / _LOG)
        _empty(self.calls)
        _empty(self.world.folder / "tmp")
        with self.world.vercel.lock:
            vars(self.world.vercel).update(copy.deepcopy(self.service))

    def run(self, **more: str) -> scriptworld.Run:
        command = [*scriptworld.shell_command(self.shell, self.world.folder), str(self.script)]
        command += self.case.arguments(self.world)
        # Long enough for a machine that is busy: a limit of 25 seconds is one of 5.
        shims = self.shims.variables(self.calls, sleep="0.2")
        env = self.world.environment(**{**shims, **self.case.env(self.world), **more})
        cwd = self.world.folder / "clone"

        def begin(**given):
            return scriptworld.start(command, cwd=cwd, env=env, **given)

        return scriptworld.ended(begin, self.world.folder, wait=60)

    def recorded(self, shell: str) -> list[tuple[str, tuple[str, ...]]]:
        """The calls of a good run in their order, each with its words."""
        self.set_back()
        self.shell = shell
        order = self.world.folder / f"order-{shell}"
        run = self.run(SHIM_ORDER=str(order))
        assert run.code == self.case.code and not self.problems(run, [], False), run.said
        return [(p, tuple(shim.words(self.calls, p))) for p in order.read_text().split()]

    def fault(
        self, shell: str, at: str, how: str, proven: set[str], lock: threading.Lock
    ) -> list[str]:
        """What is wrong after this fault; nothing but the words 'never called' when it missed."""
        self.set_back()
        self.shell = shell
        run = self.run(**self.shims.at(at, how))
        called = shim.words(self.calls, at)[:2]
        wanted = range(0, 9) if how == "fail" else (SIGNALS[how.split()[1]], self.case.code)
        found = [] if run.code in wanted else [f"exit {run.code}"]
        found += self.problems(run, called[:1], killed=how.endswith("KILL"))
        # From one and the same state the script goes on in one and the same way.
        state = f"{shell}: {self.state()}"
        with lock:
            known = state in proven
        if not known:
            _empty(self.world.folder / "tmp")
            wanted = 4 if self.case.refuses(self.world) else self.case.code
            before = self.world.live_sha, self._refs()
            again = self.run(**self.shims.at("", "none"))
            if again.code != wanted:
                found.append(f"the second run: {again.said}")
            problems = self.problems(again, [], False, *before)
            found += [f"the second run: {p}" for p in problems]
            with lock:
                proven.add(state)
        if not (found or called):
            return [_MISSED]
        return [f"{shell}: {how} {at} {called}: {f}" for f in found] + ([run.said] if found else [])

    def problems(
        self,
        run: scriptworld.Run,
        failed: list[str],
        killed: bool,
        served: str | None = None,
        had: dict[str, str] | None = None,
    ) -> list[str]:
        """What must hold after every run; `failed` is the program whose one job is not done.

        `served` and `had` are what production served and the remote had before, where that is not
        what a Bench begins with.
        """
        served, had = served or self.serves, had or self.refs
        found = [f"processes left: {run.left}"] if run.left else []
        found += self.case.wrong(self.world)
        if run.code == 0 and not self.case.done(self.world):
            found.append("exit 0, and it is not so")
        changed = scriptworld.difference(self.files, scriptworld.snapshot(self.places[0]))
        found += [f"changed: {c}" for c in changed]
        refs = self._refs()
        found += [f"the remote lost {r}" for r, v in had.items() if not self._on(v, refs.get(r))]
        if self.world.live_sha != served and re.search(
            r"Nothing was changed|Production has not moved\.$", _truth(run)
        ):
            found.append("it says that production has not moved")
        if refs != had and "Nothing was changed" in _truth(run):
            found.append("it says that nothing was changed on the remote")
        tmp = [p.name for p in (self.world.folder / "tmp").iterdir()]
        rest = [name for name in tmp if not name.startswith(("rollback-log", "rollbook-"))]
        rest += [p.name for p in (self.places[0] / _LOG).glob(f"*-{run.pid}*.part")]
        if rest and not killed and failed != ["rm"]:
            found.append(f"scratch left: {rest}")
        notes = [*(self.places[0] / _LOG).glob("*"), *(self.world.folder / "tmp").rglob("*.jsonl")]
        logs = [p for p in notes if p.suffix == ".jsonl"]
        texts = [run.out, run.err, *(p.read_text(errors="replace") for p in notes if p.is_file())]
        found += ["a secret" for s in (TOKEN, HOOK_SECRET) for t in texts if s in t]
        if not killed:
            found += [f"the log: {p}" for path in logs for p in _unreadable(path)]
            told = (0, 2, 7, 8) if self.case.checklist else (0, 2, 8)
            if run.code not in told and not _truth(run):
                found.append("nothing says what is true")
        # The programs of a pipeline may complain that the next one has gone; and a completed list
        # that no file can hold is said as it stands.
        wide = [
            line
            for line in scriptworld.wide(run)
            if "Broken pipe" not in line and not re.search(r": (\| |Completed by )", line)
        ]
        return found + wide

    def state(self) -> str:
        """Everything that the next run could find, without times and names made of them."""
        vercel = self.world.vercel
        service = {k: v for k, v in vars(vercel).items() if k not in _UNSEEN}
        live = vercel.find(vercel.live or "")
        now_live = live and (self._tree(live.sha), live.values)
        made = [(self._tree(d.sha), d.target, d.ready_state, d.values) for d in vercel.deployments]
        variables = [
            {**v, "id": "", "updatedAt": bool(live) and v["updatedAt"] > live.created * 1000}
            for v in vercel.variables
        ]
        heads = self.world.git(
            "for-each-ref", "--format=%(tree) %(contents:subject)", cwd="remote.git"
        )
        files = {
            (re.sub("[0-9]+", "", p.suffix), p.stat().st_size > 0)
            for p in (self.places[0] / _LOG).glob("*")
        }
        found = [sorted(service.items()), now_live, made, variables]
        return repr([*found, sorted(heads.splitlines()), sorted(files)])

    def _tree(self, commit: str) -> str:
        """The files of a commit: a revert is a new one each time, with the same files."""
        if commit not in self.trees:
            self.trees[commit] = self.world.tree(commit)
        return self.trees[commit]

    def _refs(self) -> dict[str, str]:
        listed = self.world.git(
            "for-each-ref", "--format=%(refname) %(objectname)", cwd="remote.git"
        )
        return dict(line.split(" ", 1) for line in listed.splitlines())

    def _on(self, commit: str, now: str | None) -> bool:
        """A branch that was at `commit` may have gone forward, never back."""
        if now and now != commit:
            return self.world.git("merge-base", now, commit, cwd="remote.git") == commit
        return now == commit


_UNSEEN = {
    *("lock", "server", "url", "bare", "hooks", "faults", "requests", "tokens_seen"),
    *("deployments", "live", "request", "pending", "seen_refs", "queued", "variables"),
    *("_last", "_number"),
}


def _copied(vercel: Vercel) -> dict[str, object]:
    kept = {k: v for k, v in vars(vercel).items() if k not in ("lock", "server", "hooks", "bare")}
    return copy.deepcopy(kept)


def _listed(place: Path) -> dict[str, tuple[int, ...]]:
    """The files below a folder, as far as a glance shows them; without the run logs."""
    found = {}
    for folder, folders, files in os.walk(place):
        folders[:] = [f for f in folders if f != "rollback-log"]
        found[folder] = ()
        for path in (os.path.join(folder, name) for name in files):
            about = os.lstat(path)
            found[path] = (about.st_mode, about.st_size, about.st_mtime_ns, about.st_ino)
    return found


_LOG = ".git/rollback-log"
_MISSED = "never called"


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


@pytest.mark.parametrize("name", CASES)
def test_every_fault_at_every_call(name: str, world, shims, request) -> None:
    benches: SimpleQueue[Bench] = SimpleQueue()
    for _ in range(3):
        benches.put(Bench(world(), CASES[name], shims))
    every = request.config.getoption("--every-fault")
    plan: list[tuple[str, str, str]] = []
    bench = benches.get()
    for turn, shell in enumerate(SHELLS):
        calls = bench.recorded(shell)
        assert len(calls) > 20, "the recording missed the calls"
        found = faults(calls, [*CASES].index(name), every)
        plan += [
            (shell, *fault)
            for number, fault in enumerate(found)
            # What goes wrong at one call is a failure and a signal: both to the same shell.
            if every or number // 2 % len(SHELLS) == turn
        ]
    benches.put(bench)
    proven: set[str] = set()
    lock = threading.Lock()

    def work(item: tuple[str, str, str]) -> list[str]:
        bench = benches.get()
        try:
            return bench.fault(*item, proven, lock)
        finally:
            benches.put(bench)

    with ThreadPoolExecutor(3) as pool:
        found = [line for lines in pool.map(work, plan) for line in lines]
    missed = found.count(_MISSED)
    found = [line for line in found if line != _MISSED]
    assert not found, "\n".join(found)
    # A script that waits for something asks now and then once less.
    assert missed * 20 < len(plan), f"{missed} of {len(plan)} faults never came"
