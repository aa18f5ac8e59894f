"""Actions on the environment variables of a project on Vercel, by its REST API."""

from __future__ import annotations

from generator.actions.curl import API, POST
from generator.actions.kind import Action
from generator.actions.vercel import ENVIRONMENT, HOLES, LIVE, PROJECT, PROOF, PROVING
from generator.model import Command

_HOLES = (
    *HOLES,
    ("variable", "env_id", "<variable>"),
    ("body", "env_body", "<file>"),
    ("redeployment", "redeployment", "<live-again>"),
)


def _send(method: str, address: str, comment: str) -> Command:
    """A request whose body holds a value: it comes out of a file, where no list of processes shows it."""
    words = (*API, "--request", method, "--header", "Content-Type: application/json")
    return Command((*words, "--data-binary", "@{body}", address + "{only-team}"), comment)


CONNECT = Action(
    name="vercel.env-connect",
    summary="Makes sure of the access to the project, and which production it has.",
    parameters=("mode", "names", "address"),
    needs=(),
    gives=("env_mode", "env_names", "proven"),
    only_looks=(("mode", "diff"),),
    helpers=PROVING,
    may_hand_over=True,
    commands=PROOF,
    holes=_HOLES,
    expect="Vercel answers with the project.",
    on_failure="Nothing was changed. The script says what is missing or refused.",
    touches="",
    environment=ENVIRONMENT,
    stand_ins=("vercel-variables",),
)

SNAPSHOT = Action(
    name="vercel.env-snapshot",
    summary=(
        "With snapshot: saves names, types, targets and readable values of production's variables in a file that "
        "only you can read, says which are secret and cannot be saved, and ends. With diff: says what is added, "
        "removed and changed since the newest snapshot, never a value, and ends. With restore: takes the newest snapshot."
    ),
    parameters=(),
    needs=("find", "mv"),
    gives=("env_snapshot",),
    uses=("env_mode", "env_names"),
    may_hand_over=True,
    commands=(
        (
            "list",
            Command(
                (*API, "{api}/v10/projects/{project}/env{only-team}"),
                "Which variables there are",
            ),
        ),
        (
            "read",
            Command(
                (*API, "{api}/v1/projects/{project}/env/{variable}{only-team}"),
                "The value of each that is not secret",
            ),
        ),
    ),
    holes=_HOLES,
    expect="The file holds what Vercel answered, or the differences are shown.",
    on_failure="Nothing was changed on Vercel, and no older snapshot was touched. Running it again is safe.",
    touches="a new file with the values, readable by you only, beside the run log",
    environment=(("ROLLBOOK_SNAPSHOT", "a snapshot to use instead of the newest"),),
    stand_ins=("vercel-variables",),
)

RESTORE = Action(
    name="vercel.env-restore",
    summary=(
        "Puts the named variables back to the snapshot's values and reads each back with the commands above. One that the snapshot "
        "does not have is removed from production. What a secret was, no snapshot knows: the script refuses it."
    ),
    parameters=(),
    needs=(),
    gives=("built_after",),
    uses=("env_snapshot",),
    changes=True,
    verifies=True,
    commands=(
        (
            "change",
            _send("PATCH", "{api}/v9/projects/{project}/env/{variable}", "One that is there"),
        ),
        (
            "create",
            _send("POST", "{api}/v10/projects/{project}/env", "One that was removed since"),
        ),
        (
            "remove",
            Command(
                (
                    *API,
                    "--request",
                    "DELETE",
                    "{api}/v9/projects/{project}/env/{variable}{only-team}",
                ),
                "One that was added since",
            ),
        ),
    ),
    holes=_HOLES,
    expect="Each variable, read back, holds exactly the snapshot's value. Production does not have it yet.",
    on_failure="The script says which variables may be changed. Running it again is safe; it looks before it asks again.",
    touches="the named environment variables of production, on Vercel",
    stand_ins=("vercel-variables",),
)

REDEPLOY = Action(
    name="vercel.redeploy",
    summary=(
        "Builds the live deployment again, because values reach only new deployments, and waits until that is ready. "
        "Where production is pinned, promotes it. Does nothing if what is live was built after the last change."
    ),
    parameters=(),
    needs=(),
    gives=("target", "asked", "short"),
    uses=("proven", "built_after"),
    helpers=PROVING,
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
                "Whether it is being built again already",
            ),
        ),
        (
            "redeploy",
            Command(
                (*POST, "{redeployment}", "{api}/v13/deployments{only-team}"),
                "Otherwise a build of the live one",
            ),
        ),
        (
            "built",
            Command((*API, "{api}/v13/deployments/{target}{only-team}"), "until it is ready"),
        ),
        ("project", Command(PROJECT, "Whether it goes live by itself")),
        (
            "promote",
            Command(
                (*POST, "{}", "{api}/v10/projects/{project}/promote/{target}{only-team}"),
                "Only if production is pinned; this builds nothing",
            ),
        ),
    ),
    holes=_HOLES,
    expect="The new deployment is ready. Whether it is live, the next step finds out.",
    on_failure="Production serves what it served before, with the old values. Look at the build's log in the dashboard.",
    touches="a new production deployment on Vercel; its build may apply database migrations",
    stand_ins=("vercel-variables",),
)

ACTIONS = (CONNECT, SNAPSHOT, RESTORE, REDEPLOY)
