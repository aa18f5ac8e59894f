"""Fixtures of the tests that run generated scripts."""

from __future__ import annotations

from itertools import count

import pytest
import scriptworld
import shim


@pytest.fixture(scope="session")
def first_world(tmp_path_factory) -> scriptworld.World:
    return scriptworld.World.new(tmp_path_factory.mktemp("world") / "first")


@pytest.fixture
def world(first_world, tmp_path):
    """Makes as many fresh worlds as a test wants."""
    numbers = count(1)

    def make() -> scriptworld.World:
        return first_world.copy(tmp_path / f"w{next(numbers)}")

    return make


@pytest.fixture(scope="session")
def shims(tmp_path_factory) -> shim.Shims:
    return shim.Shims(tmp_path_factory.mktemp("shims"))


@pytest.fixture(params=scriptworld.SHELLS)
def shell(request) -> str:
    return scriptworld.needs(request.param)
