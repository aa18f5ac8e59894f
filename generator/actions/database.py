"""Checks of a database, and of the migrations that lie between two versions."""

from __future__ import annotations

from generator.actions.kind import Action
from generator.model import Command

CONNECT = Action(
    name="postgresql.connect",
    summary=(
        "Connects to PostgreSQL from this machine and asks it one question. The address comes from DIRECT_URL, else "
        "DATABASE_URL, and reaches psql in its environment, not among its arguments."
    ),
    parameters=(),
    needs=(),
    gives=(),
    looks=True,
    verifies=True,
    helpers=("postgresql",),
    commands=(
        (
            "ask",
            Command(
                (
                    "psql",
                    "--no-psqlrc",
                    "--no-password",
                    "--tuples-only",
                    "--no-align",
                    "--command",
                    "select 1",
                )
            ),
        ),
    ),
    holes=(),
    expect="The database answers.",
    on_failure="Look at the state of the database and at who may reach it.",
    touches="",
    environment=(
        ("DIRECT_URL", "the database, postgresql://...; a secret"),
        ("DATABASE_URL", "the same, where DIRECT_URL is not set; a secret"),
    ),
    stand_ins=("postgresql",),
)

MIGRATIONS = Action(
    name="prisma.migrations",
    summary="No migration lies between what production serves and what this clone has checked out. If one does, a person must judge it.",
    parameters=("folder",),
    needs=(),
    gives=(),
    uses=("live_commit",),
    looks=True,
    verifies=True,
    forms=(("folder", r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*"),),
    names=(("folder", "path"),),
    commands=(
        (
            "diff",
            Command(
                (
                    "git",
                    "--no-pager",
                    "diff-tree",
                    "-r",
                    "--name-only",
                    "{live-commit}:{folder}",
                    "HEAD:{folder}",
                )
            ),
        ),
    ),
    holes=(
        ("live-commit", "live_commit", "<live-commit>"),
        ("folder", "migrations_folder", "{folder}"),
    ),
    expect="No file of a migration differs.",
    on_failure="A rollback does not undo a migration. Decide how the old version would live with it.",
    touches="",
    stand_ins=("git",),
)

ACTIONS = (CONNECT, MIGRATIONS)
