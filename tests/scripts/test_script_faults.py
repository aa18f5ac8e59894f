"""Whatever ends or fails at whatever moment: nothing is lost, and running it again works.

Every program that the script calls is replaced by one that can kill the script before or after
its own work, or fail. A recorded good run says how many calls there are.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import pytest
import scriptworld
import shim
from scriptworld import World

SIGNALS = {"KILL": -9, "TERM": 143, "HUP": 129, "INT": 130}
HOWS = ("fail", *(f"{when} {name}" for name in SIGNALS for when in ("before", "after")))


class Bench:
    """A clone that is behind, so that the fetch runs too; it is set back after every fault."""

    def __init__(self, world: World, shims: shim.Shims, shell: str) -> None:
        self.world, self.shell = world, shell
        world.get_ahead()
        self.good_env = dict(world.env)
        self.calls = shims.put_before(world)
        self.before = world.state()
        self.store = world.clone / ".git" / "objects"
        shutil.copytree(self.store, world.folder / "store")

    def set_back(self) -> None:
        for place in (self.calls, self.world.tmp):
            for path in place.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.rmtree(self.world.clone / ".git" / "rollback-log", ignore_errors=True)
        shutil.rmtree(self.world.remote / "refs" / "heads" / "rollback", ignore_errors=True)
        shutil.rmtree(self.store)
        shutil.copytree(self.world.folder / "store", self.store)

    def fault(self, at: str, how: str) -> list[str]:
        world = self.world
        self.set_back()
        world.env.update(SHIM_AT=at, SHIM_HOW=how)
        run = world.run(self.shell, "--yes", "--push-only", world.good[:9])
        call = self.calls / at
        called = call.read_text().split("\n")[:2] if call.exists() else []
        killed = how.endswith("KILL")
        # Whatever the program was that failed, its one job is not done: `rm` leaves the scratch
        # folder, and a shell that has no printf of its own writes no line.
        found = world.problems(
            self.before, run, world.good,
            scratch_may_stay=killed or called[:1] == ["rm"],
            log_may_end=killed or called[:1] == ["printf"],
        )  # fmt: skip
        # The programs of a pipeline may complain that the next one has gone.
        found = [f for f in found if "Broken pipe" not in f]
        wanted = (0, 2, 3, 4, 5, 6, 7) if how == "fail" else (SIGNALS[how.split()[1]], 0)
        if called and run.code not in wanted:
            found.append(f"exit {run.code}")
        env, world.env = world.env, {**self.good_env}
        refs = world.refs()
        again = world.run(self.shell, "--yes", "--push-only", world.good[:9])
        world.env = env
        now = world.refs()
        # A second run in the same second publishes the same commit under the same name.
        if again.code != 0 or world.good not in {
            v for k, v in now.items() if scriptworld.BRANCH.fullmatch(k)
        }:
            found.append(f"the second run: {again.said}")
        found += [f"the second run: remote {k}" for k, v in refs.items() if now.get(k) != v]
        found += [
            f"the second run: {d}" for d in scriptworld.difference(self.before[0], world.state()[0])
        ]
        return [f"{how} call {at} {called}: {f}" for f in found] + ([run.said] if found else [])


def test_every_fault_at_every_call(shell, world, shims) -> None:
    """All of them under dash; under the other shells one kind of fault a call, in turn."""
    benches: SimpleQueue[Bench] = SimpleQueue()
    for _ in range(3):
        benches.put(Bench(world(), shims, shell))
    bench = benches.get()
    run = bench.world.run(shell, "--yes", "--push-only", bench.world.good[:9])
    assert run.code == 0, run.said
    points = shim.points(bench.calls)
    benches.put(bench)
    assert len(points) > 20, "the recording missed the calls"
    if shell == "dash":
        plan = [(at, how) for at in points for how in HOWS]
    else:
        plan = [(at, HOWS[n % len(HOWS)]) for n, at in enumerate(points)]

    def work(item: tuple[str, str]) -> list[str]:
        bench = benches.get()
        try:
            return bench.fault(*item)
        finally:
            benches.put(bench)

    with ThreadPoolExecutor(3) as pool:
        found = [line for lines in pool.map(work, plan) for line in lines]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "name", ["sleep", "ps", "date", "id", "uname", "sha256sum", "tr", "sed", "fold", "mkdir", "rm"]
)
def test_a_program_that_never_works(name, world) -> None:
    """A broken helper must not stop, delay or falsify the rollback; at most it refuses to begin."""

    def run(shell: str) -> list[str]:
        w = world()
        before = w.state()
        w.program(name, "exit 1\n")
        run = w.run(shell, "--yes", "--push-only", w.good, wait=30)
        found = w.problems(before, run, w.good, scratch_may_stay=name == "rm")
        if run.code not in (0, 3) or (run.code == 3 and name != "tr"):
            found.append(f"exit {run.code}")
        return [*found, run.said] if found else []

    scriptworld.under_all(scriptworld.here(), run)
