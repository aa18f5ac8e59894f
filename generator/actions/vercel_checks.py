"""Checks of a project on Vercel, before a deployment."""

from __future__ import annotations

from generator.actions.kind import Action
from generator.actions.vercel import ENVIRONMENT, HOLES, PROOF, PROVING

IS_PRODUCTION = Action(
    name="vercel.is-production",
    summary="The address is one of the project's production addresses, and serves its production deployment.",
    parameters=("address",),
    needs=(),
    gives=("live_commit",),
    looks=True,
    verifies=True,
    helpers=PROVING,
    commands=PROOF,
    holes=HOLES,
    expect="Vercel names the address as production's.",
    on_failure="Set PRODUCTION_URL to the address at which users reach production; what was looked at is something else.",
    touches="",
    environment=ENVIRONMENT,
    stand_ins=("vercel",),
)

CAN_GO_BACK = Action(
    name="vercel.can-go-back",
    summary="What production serves now is a READY production deployment: after the next one, it can be gone back to at once.",
    parameters=("address",),
    needs=(),
    gives=("live_commit",),
    looks=True,
    verifies=True,
    helpers=PROVING,
    commands=PROOF,
    holes=HOLES,
    expect="Vercel names the deployment and its commit.",
    on_failure="Find out what production serves before anything is deployed over it.",
    touches="",
    environment=ENVIRONMENT,
    stand_ins=("vercel",),
)

NOT_PINNED = Action(
    name="vercel.not-pinned",
    summary="Production is not pinned by an earlier instant rollback: what is deployed goes live.",
    parameters=("address",),
    needs=(),
    gives=(),
    looks=True,
    verifies=True,
    helpers=PROVING,
    commands=PROOF,
    holes=HOLES,
    expect="Vercel assigns the production domain by itself.",
    on_failure="Promote the fixed deployment first; that unpins production.",
    touches="",
    environment=ENVIRONMENT,
    stand_ins=("vercel",),
)

ACTIONS = (IS_PRODUCTION, CAN_GO_BACK, NOT_PINNED)
