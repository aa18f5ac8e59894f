"""Actions on Vercel, by its REST API."""

from __future__ import annotations

from generator.actions.curl import API, POST
from generator.actions.kind import Action
from generator.model import Command

ENVIRONMENT = (
    ("VERCEL_TOKEN", "access to Vercel; a secret"),
    ("VERCEL_ORG_ID", "the team's id, team_..."),
    ("VERCEL_PROJECT_ID", "the project's id, prj_..."),
    ("VERCEL_API_URL", "another address of Vercel's API, for proxies and tests"),
)
HOLES = (
    ("api", "vercel_api", "<api>"),
    ("team", "VERCEL_ORG_ID", "<team>"),
    ("project", "VERCEL_PROJECT_ID", "<project>"),
    ("host", "production_host", "<production-domain>"),
    ("target", "target", "<target-deployment>"),
    ("preview", "preview", "<preview-deployment>"),
    ("promotion", "promotion", "<preview-to-production>"),
)
LIVE = Command((*API, "{api}/v13/deployments/{host}?teamId={team}"), "What production serves now")
PROJECT = Command(
    (*API, "{api}/v9/projects/{project}?teamId={team}"), "Team, project and token are right"
)
_DEPLOYMENTS = "{api}/v6/deployments?projectId={project}&limit=100&teamId={team}"

ROLL_BACK = Action(
    name="vercel.roll-back",
    summary=(
        "Re-points production to the READY production deployment of the commit, which takes seconds and builds "
        "nothing. If there is none, or the plan does not reach it, waits for the preview of the rollback branch "
        "and promotes it, which builds it again."
    ),
    parameters=("address",),
    needs=(),
    gives=("target", "asked", "production_host"),
    uses=("commit", "short"),
    helpers=("flatten", "vercel", "pause"),
    may_hand_over=True,
    changes=True,
    commands=(
        ("project", PROJECT),
        (
            "candidates",
            Command(
                (*API, _DEPLOYMENTS + "&target=production&state=READY"),
                "The deployments that were in production",
            ),
        ),
        ("live", LIVE),
        (
            "roll-back",
            Command(
                (*POST, "{}", "{api}/v1/projects/{project}/rollback/{target}?teamId={team}"),
                "The instant rollback",
            ),
        ),
        (
            "previews",
            Command((*API, _DEPLOYMENTS), "Only without such a deployment: the previews"),
        ),
        (
            "promote",
            Command(
                (*POST, "{promotion}", "{api}/v13/deployments?teamId={team}"),
                "and the build of one for production",
            ),
        ),
        (
            "built",
            Command((*API, "{api}/v13/deployments/{target}?teamId={team}"), "until it is ready"),
        ),
    ),
    holes=HOLES,
    expect="Vercel accepts the request. That alone proves nothing; the next step does.",
    on_failure="The script says what production serves. Running it again is safe; it looks before it asks again.",
    touches="which deployment production serves, on Vercel",
    environment=ENVIRONMENT,
)

VERIFYLIVE = Action(
    name="vercel.verify-live",
    summary="Asks which deployment the production domain serves until it is the target, twice in a row.",
    parameters=(),
    needs=(),
    gives=(),
    uses=("target", "asked", "production_host"),
    helpers=("flatten", "vercel", "pause"),
    verifies=True,
    commands=(("live", LIVE),),
    holes=HOLES,
    expect="The production domain serves the target's deployment id.",
    on_failure="Production serves something else; the script says what. Look in the dashboard who else deploys.",
    touches="",
)

ACTIONS = (ROLL_BACK, VERIFYLIVE)
