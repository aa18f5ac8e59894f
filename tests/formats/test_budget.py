"""What the gate may cost, as counts that hold on any machine: services go by one at a time."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from generator import gate, source
from generator.report import CHECK
from tests.formats.reports import run, service

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("form", CHECK)
def test_one_service_is_alive_at_a_time_and_nothing_of_it_afterwards(
    form, tmp_path, monkeypatch, capsys
) -> None:
    for id in ("one", "two", "three", "four"):
        service(tmp_path, id)
    monkeypatch.chdir(tmp_path)
    books: list[weakref.ref] = []
    files: list[weakref.ref] = []
    parses: list[int] = []
    load, parse = gate.load, yaml.parse

    class Watched(source.File):
        __slots__ = ("__weakref__",)

        def __init__(self, *words) -> None:
            super().__init__(*words)
            files.append(weakref.ref(self))

    def watched(folder):
        assert not [b for b in books if b() is not None], "a Handbook outlives its service"
        assert not [f for f in files if f() is not None], "a state holds the text of a file"
        found = load(folder)
        books.append(weakref.ref(found.handbook))
        return found

    monkeypatch.setattr(source, "File", Watched)
    monkeypatch.setattr(gate, "load", watched)
    monkeypatch.setattr(yaml, "parse", lambda text, **k: parses.append(1) or parse(text, **k))
    ZoneInfo.clear_cache()
    gc.collect()
    gc.disable()
    try:
        said = run(capsys, "check", "--format", form, code=1)
    finally:
        gc.enable()
    assert len(books) == 4 and len(said) > 1000
    assert len(parses) == len(files) == len(list(tmp_path.rglob("*.yaml")))


# In a process of its own: in an older one the table of interned strings may grow at any moment.
_PEAKS = """
import gc, sys, tracemalloc
from generator.cli import main
from generator.report import CHECK
few = ["--service", "s0", "--service", "s1"]
sys.stdout = open("report", "w")
main(["check", *few])  # what is made once, is made now
for words in (few, []):
    gc.collect()
    tracemalloc.start()
    for form in CHECK:
        assert main(["check", "--format", form, *words]) == 1
    print(tracemalloc.get_traced_memory()[1], file=sys.__stdout__)
    tracemalloc.stop()
"""


def test_memory_does_not_grow_with_the_number_of_services(tmp_path) -> None:
    for number in range(12):
        service(tmp_path, f"s{number}")
    done = subprocess.run(
        [sys.executable, "-c", _PEAKS],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    few, all = map(int, done.stdout.split())
    assert all < 1.2 * few, (few, all)
