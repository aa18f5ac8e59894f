"""The commands of PartPulse's Section 5.2, run by the real Prisma CLI of its version on real PostgreSQL.

The schema engine is its WASM build (engine.mjs); what it makes of a schema is not what is tested
here, but that these commands exist in this version and do what the section says.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from generator.load import load
from tests.conftest import ROOT
from tests.scripts.scriptworld import needs
from tests.vercel.checkworld import Database, running_database

MODULES = ROOT / ".tools/prisma-5.22.0/node_modules"
SCHEMA = """datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

model Part {
  id   Int    @id
  name String
%s}
"""
BEFORE, AFTER = SCHEMA % "", SCHEMA % "  colour String?\n"
FORWARD = {
    "20260101000000_start": 'CREATE TABLE "Part" ("id" INTEGER PRIMARY KEY, "name" TEXT NOT NULL);',
    "20260102000000_colour": 'ALTER TABLE "Part" ADD COLUMN "colour" TEXT;',
}
REVERSE = 'ALTER TABLE "Part" DROP COLUMN "colour";'


def commands() -> dict[str, list[str]]:
    """The command of each step, with `old.prisma` in the place of the schema before the migration."""
    book = load(ROOT / "content/partpulse").handbook
    (procedure,) = (p for p in book.procedures if p.id == "database-rollback")
    found = {}
    for step in procedure.steps:
        for command in step.commands:
            found[step.id] = [w.replace("{previous-schema}", "old.prisma") for w in command.words]
    return found


COMMANDS = commands()


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with running_database() as found:
        yield found


class Checkout:
    """A checkout of the application, with the CLI in its node_modules."""

    def __init__(self, folder: Path, address: str | None) -> None:
        self.folder, self.address = folder, address
        for name, sql in FORWARD.items():
            self.write(f"prisma/migrations/{name}/migration.sql", sql)
        self.write("prisma/migrations/migration_lock.toml", 'provider = "postgresql"\n')
        self.write("prisma/schema.prisma", AFTER)
        self.write("old.prisma", BEFORE)
        self.write("package.json", "{}")
        (folder / "node_modules").symlink_to(MODULES)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, "utf-8")

    def run(self, words: list[str], **more: str) -> subprocess.CompletedProcess[str]:
        engine = str(Path(__file__).with_name("engine.mjs"))
        return subprocess.run(
            words,
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "PRISMA_MODULES": str(MODULES),
                "PRISMA_SCHEMA_ENGINE_BINARY": engine,
                "PRISMA_QUERY_ENGINE_LIBRARY": engine,  # only looked for, and never loaded
                "CHECKPOINT_DISABLE": "1",
                "PRISMA_HIDE_UPDATE_MESSAGE": "1",
                "NO_COLOR": "1",
                **({"DATABASE_URL": self.address} if self.address else {}),
                **more,
            },
            capture_output=True,
            text=True,
            timeout=120,
        )

    def step(self, name: str, code: int, **more: str) -> str:
        done = self.run(COMMANDS[name], **more)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def checkout(tmp_path: Path, database: Database) -> Checkout:
    needs("npx")
    if not MODULES.is_dir():
        needs("the Prisma CLI of tests/install-prisma.sh")
    name = f"p{uuid4().hex}"
    subprocess.run(
        [database.programs / "psql", "-q", database.address(), "-c", f"CREATE DATABASE {name}"],
        check=True,
    )
    return Checkout(tmp_path, database.address(name=name))


def test_a_migration_is_taken_back_as_the_section_says(checkout: Checkout) -> None:
    assert "20260102000000_colour" in checkout.step("identify", 1)
    checkout.step("apply", 0)
    assert "up to date" in checkout.step("identify", 0)
    checkout.step("verify", 0)

    made = checkout.step("make-sql", 0)
    assert REVERSE in made
    checkout.write("prisma/schema.prisma", BEFORE)
    assert "colour" in checkout.step("verify", 2)
    checkout.write("prisma/migrations/20260103000000_back/migration.sql", REVERSE)
    checkout.step("apply", 0)
    checkout.step("verify", 0)


def test_the_address_is_never_that_of_a_file_in_the_checkout(checkout: Checkout) -> None:
    """The CLI takes a remote address from `.env`; the command before it stops a person there."""
    checkout.write(".env", 'DATABASE_URL="postgresql://a:b@127.0.0.1:9/production"\n')
    checkout.address = None
    assert "production" in checkout.run(COMMANDS["identify"]).stdout
    checkout.step("address", 1)
    checkout.step("address", 0, DATABASE_URL="postgresql://a@127.0.0.1/mine")


@pytest.mark.parametrize(
    "words",
    [
        ["--from-schema", "prisma/schema.prisma", "--to-schema", "old.prisma"],
        ["--from-config-datasource", "--to-schema", "prisma/schema.prisma"],
    ],
    ids=" ".join,
)
def test_options_of_later_versions_do_not_exist(checkout: Checkout, words: list[str]) -> None:
    """What the section said until 1.2.0."""
    done = checkout.run(["npx", "--no-install", "prisma", "migrate", "diff", *words])
    assert done.returncode == 1 and "unknown or unexpected option" in done.stdout + done.stderr


def test_it_is_the_version_of_the_application() -> None:
    package = json.loads((MODULES / "prisma/package.json").read_text("utf-8"))
    assert package["version"] == "5.22.0"
