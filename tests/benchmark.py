"""Times `check` and `build` of 1, 10 and 100 services beside comparable tools; `check` of 1,000, too.

Run with `make bench`. The figures are CPU seconds of whole processes (user and
system), the median of several runs taken in turns, so that a noisy machine
disturbs all alike. Memory is the peak of the resident set. Not a test: nothing here passes or fails.

The peers do less: check-jsonschema validates the same files against the same
schemas, one process for each schema; doorstop publishes documents with about as
many lines of YAML.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
SIZES = (1, 10, 100)
MANY = 1000
# Items of doorstop that make about as many lines of YAML as one service.
ITEMS = 60


def cpu(command: list[object], folder: Path, ok: tuple[int, ...] = (0,)) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(c) for c in command], cwd=folder, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in ok:
        sys.exit(f"{command}: {done.stderr.decode()[-500:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def check(folder: Path) -> tuple[float, float]:
    """CPU seconds and MB of one check. A process's own peak: wait4, not the largest of all children."""
    command = [BIN / "rollbook", "check"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 1:
        sys.exit("rollbook check failed")
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return used.ru_utime + used.ru_stime, kilobytes / 1024


def services(folder: Path, count: int) -> None:
    for number in range(count):
        copy = folder / "content" / f"partpulse-{number}"
        shutil.copytree(ROOT / "content/partpulse", copy)
        service = copy / "service.yaml"
        service.write_text(service.read_text().replace("id: partpulse", f"id: {copy.name}", 1))


def doorstop(folder: Path, count: int) -> None:
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    for number in range(count):
        document = folder / f"service{number}"
        document.mkdir(parents=True)
        prefix = f"S{number}X"
        parent = "  parent: S0X\n" if number else ""  # one tree, as doorstop wants it
        (document / ".doorstop.yml").write_text(
            f"settings:\n  digits: 3\n{parent}  prefix: {prefix}\n  sep: ''\n"
        )
        for item in range(1, ITEMS + 1):
            (document / f"{prefix}{item:03}.yml").write_text(
                "active: true\nderived: false\nheader: ''\n"
                f"level: 1.{item}\nlinks: []\nnormative: true\nref: ''\nreviewed: null\n"
                f"text: |\n  Step {item}: do one thing and look at what it did.\n"
            )


def peer(folder: Path) -> float:
    """check-jsonschema over every file of the content: the sum of one process for each schema."""
    total = 0.0
    for kind in (
        "service",
        "document",
        "contacts",
        "triggers",
        "thresholds",
        "procedure",
        "checklist",
    ):
        pattern = f"*/{kind}s/*.yaml" if kind in ("procedure", "checklist") else f"*/{kind}.yaml"
        files = sorted((folder / "content").glob(pattern))
        schema = ROOT / "schema" / f"{kind}.schema.json"
        total += cpu([BIN / "check-jsonschema", "--schemafile", schema, *files], folder)
    return total


def first_build(folder: Path) -> float:
    shutil.rmtree(folder / "generated", ignore_errors=True)
    return cpu([BIN / "rollbook", "build"], folder)


def main() -> None:
    print(f"CPU seconds, median; {os.cpu_count()} cores, Python {sys.version.split()[0]}\n")
    print(f"{'':34}" + "".join(f"{n:>9}" for n in SIZES) + "   services")
    figures: dict[str, list[float]] = {}
    for count in SIZES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            services(folder, count)
            doorstop(folder / "doorstop", count)
            runs: dict[str, Callable[[], float]] = {
                "rollbook check": lambda: check(folder)[0],
                "check-jsonschema, 7 processes": lambda: peer(folder),
                "rollbook build, first": lambda: first_build(folder),
                "rollbook build, nothing changed": lambda: cpu([BIN / "rollbook", "build"], folder),
                "doorstop publish": lambda: cpu(
                    [BIN / "doorstop", "publish", "all", folder / "out"], folder / "doorstop"
                ),
            }
            repeat = 5 if count == 1 else 3 if count == 10 else 1
            seen: dict[str, list[float]] = {label: [] for label in runs}
            for _ in range(repeat):
                for label, run in runs.items():
                    seen[label].append(run())
            for label, values in seen.items():
                figures.setdefault(label, []).append(statistics.median(values))
    for label, values in figures.items():
        print(f"{label:34}" + "".join(f"{v:>9.2f}" for v in values))
    print()
    for ours, theirs in (
        ("rollbook check", "check-jsonschema, 7 processes"),
        ("rollbook build, first", "doorstop publish"),
        ("rollbook build, nothing changed", "doorstop publish"),
    ):
        ratios = [a / b for a, b in zip(figures[ours], figures[theirs], strict=True)]
        label = f"{ours.removeprefix('rollbook ')} / {theirs.split(',')[0]}"
        print(f"{label:42}" + "".join(f"{r:>9.2f}" for r in ratios))
    many()


def many() -> None:
    """What one more service costs, and whether memory grows; 1 and 10 anew, in turns with 1,000."""
    seconds: dict[int, list[float]] = {}
    memory: dict[int, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for count in (1, 10, MANY):
            services(Path(name) / str(count), count)
        for turn in range(5):
            for count in (1, 10, MANY)[: 3 if turn == 2 else 2]:
                used, peak = check(Path(name) / str(count))
                seconds.setdefault(count, []).append(used)
                memory.setdefault(count, []).append(peak)
    one, ten, all_ = (statistics.median(seconds[count]) for count in (1, 10, MANY))
    at_ten, at_many = (ten - one) / 9, (all_ - one) / (MANY - 1)
    print(f"\ncheck of {MANY}: {all_:.2f} s, peak {max(memory[MANY]):.1f} MB")
    print(
        f"a further service, of 10 and of {MANY}: {at_ten * 1000:.1f} and {at_many * 1000:.1f} ms"
    )
    print(f"{f'marginal cost at {MANY} / at 10':42}{at_many / at_ten:>9.2f}")
    print(f"{f'peak memory at {MANY} / at 1':42}{max(memory[MANY]) / max(memory[1]):>9.2f}")


if __name__ == "__main__":
    main()
