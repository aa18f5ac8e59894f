"""The world that every test of a script on Vercel begins with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts import shim
from tests.vercel.vercelworld import worlds


@pytest.fixture
def world(tmp_path: Path):
    """A function that makes a World; see `worlds`."""
    with worlds(tmp_path) as make:
        yield make


@pytest.fixture(scope="session")
def shims(tmp_path_factory: pytest.TempPathFactory) -> shim.Shims:
    return shim.Shims(tmp_path_factory.mktemp("shims"))
