"""The production deployment that Vercel makes of a commit on the production branch."""

from __future__ import annotations

from generator.actions.curl import API, POST
from generator.actions.kind import Action
from generator.actions.vercel import ENVIRONMENT, HOLES, LIVE, PROJECT, PROVING
from generator.model import Command

AWAIT_COMMIT = Action(
    name="vercel.await-commit",
    summary=(
        "Waits until the production deployment of the revert commit is READY. Where Vercel does not put it into "
        "production by itself, promotes it, which builds nothing."
    ),
    parameters=("address",),
    needs=(),
    gives=("target", "asked"),
    uses=("revert", "revert_short", "short", "proven"),
    helpers=PROVING,
    may_hand_over=True,
    changes=True,
    commands=(
        ("live", LIVE),
        (
            "deployments",
            Command(
                (
                    *API,
                    "{api}/v6/deployments?projectId={project}&limit=100{team}&target=production",
                ),
                "The production deployments, until that of the revert commit is ready",
            ),
        ),
        ("project", Command(PROJECT, "Whether new deployments go live by themselves")),
        (
            "promote",
            Command(
                (*POST, "{}", "{api}/v10/projects/{project}/promote/{target}{only-team}"),
                "Only if it does not go live by itself; that an answer came does not mean it is done",
            ),
        ),
    ),
    holes=HOLES,
    expect="The deployment is READY. Whether production serves it, the next step asks.",
    on_failure="The script says what production serves. Running it again is safe; it goes on where this run ended.",
    touches="which deployment production serves, on Vercel",
    environment=ENVIRONMENT,
    stand_ins=("vercel",),
)

ACTIONS = (AWAIT_COMMIT,)
