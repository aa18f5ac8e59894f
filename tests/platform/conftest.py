"""The outputs of the invented platform, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.platform.hostworld import HERE, World, rollbook


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("built")
    rollbook("validate", "--content", str(HERE / "content"))
    rollbook("build", "--content", str(HERE / "content"), "--out", str(out))
    return out / "stall"


@pytest.fixture
def world(tmp_path: Path, built: Path):
    made: list[World] = []

    def make() -> World:
        made.append(World(tmp_path / f"w{len(made)}", built))
        return made[-1]

    return make
