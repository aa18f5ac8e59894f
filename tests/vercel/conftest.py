"""The world that every test of a script on Vercel begins with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.scripts import shim
from tests.vercel import realcli
from tests.vercel.vercelworld import worlds


@pytest.fixture
def world(tmp_path: Path):
    """A function that makes a World; see `worlds`."""
    with worlds(tmp_path) as make:
        yield make


@pytest.fixture(scope="session")
def shims(tmp_path_factory: pytest.TempPathFactory) -> shim.Shims:
    return shim.Shims(tmp_path_factory.mktemp("shims"))


RECORDER = """#!/bin/sh
printf '%s\\n' "$0 $*" >>"$CALLS"
exec node {program} "$@"
"""


@pytest.fixture(scope="session")
def without_curl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every program of this machine but curl, and the real tool, which notes how it is called."""
    folder = tmp_path_factory.mktemp("without-curl")
    for place in os.environ["PATH"].split(os.pathsep):
        for path in Path(place).iterdir() if os.path.isdir(place) else ():
            if path.name not in ("curl", "vercel") and not (folder / path.name).is_symlink():
                (folder / path.name).symlink_to(path)
    (folder / "vercel").write_text(RECORDER.format(program=realcli.program()))
    (folder / "vercel").chmod(0o755)
    return folder
