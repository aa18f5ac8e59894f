"""The world that every test of a script on Vercel begins with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.scripts import shim
from tests.vercel.emulator import Vercel
from tests.vercel.vercelworld import SLEEP, App, World


@pytest.fixture
def world(tmp_path: Path):
    """A function that makes a World; `good` is False where the wanted commit was never deployed."""
    opened: list[Vercel] = []
    app = App()

    def make(good: bool = True, **options: object) -> World:
        folder = tmp_path / f"w{len(opened)}"
        for name in ("bin", "tmp"):
            (folder / name).mkdir(parents=True)
        (folder / "bin/sleep").write_text(SLEEP.format(sleep=shutil.which("sleep")))
        (folder / "bin/sleep").chmod(0o755)
        vercel = Vercel(domain=app.host, **options)
        vercel.__enter__()
        opened.append(vercel)
        found = World(folder, vercel, app)
        found.git("init", "--quiet", "--bare", "--initial-branch=main", "remote.git", cwd=".")
        found.git("clone", "--quiet", "remote.git", "clone", cwd=".")
        found.git("checkout", "--quiet", "-b", "main")
        for version in range(3):
            (folder / "clone/file").write_text(str(version))
            found.git("add", "file")
            found.git("commit", "--quiet", "--message", f"v{version}")
            found.shas.append(found.git("rev-parse", "HEAD"))
        found.git("push", "--quiet", "origin", "main")
        for sha in found.shas if good else found.shas[1:]:
            vercel.deploy(sha, "production")
        vercel.watch(folder / "remote.git")
        return found

    yield make
    for vercel in opened:
        vercel.__exit__()
    app.shutdown()
    app.server_close()


@pytest.fixture(scope="session")
def shims(tmp_path_factory: pytest.TempPathFactory) -> shim.Shims:
    return shim.Shims(tmp_path_factory.mktemp("shims"))
