from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rehearsal.outside import Outside, Trap


@pytest.fixture
def trap() -> Iterator[Trap]:
    with Trap() as found:
        yield found
        assert not found.asked, f"asked outside the sandbox: {found.asked}"


@pytest.fixture
def outside(tmp_path: Path, trap: Trap) -> Iterator[Outside]:
    world = Outside(tmp_path / "outside", trap)
    yield world
    assert not world.processes()
