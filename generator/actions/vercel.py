"""Actions on Vercel, by its REST API."""

from __future__ import annotations

from generator.actions.curl import API, POST
from generator.actions.kind import Action, Option
from generator.model import Command

ENVIRONMENT = (
    ("VERCEL_TOKEN", "access to Vercel; a secret"),
    ("VERCEL_ORG_ID", "the team's id, team_..."),
    ("VERCEL_PROJECT_ID", "the project's id, prj_..."),
    ("VERCEL_API_URL", "another address of Vercel's API, with https or on this machine"),
)
HOLES = (
    ("api", "vercel_api", "<api>"),
    ("team", "VERCEL_ORG_ID", "<team>"),
    ("project", "VERCEL_PROJECT_ID", "<project>"),
    ("host", "production_host", "<production-domain>"),
    ("target", "target", "<target-deployment>"),
    ("preview", "preview", "<preview-deployment>"),
    ("promotion", "promotion", "<preview-to-production>"),
    ("until", "until", "<milliseconds>"),
)
LIVE = Command((*API, "{api}/v13/deployments/{host}?teamId={team}"), "What production serves now")
PROJECT = (*API, "{api}/v9/projects/{project}?teamId={team}")
_DEPLOYMENTS = "{api}/v6/deployments?projectId={project}&limit=100&teamId={team}"
_CANDIDATES = Command(
    (*API, _DEPLOYMENTS + "&target=production&state=READY"),
    "The deployments that were in production",
)
_OLDER = Command(
    (*API, _DEPLOYMENTS + "&target=production&state=READY&until={until}"),
    "Where none of them fits: those before",
)
_MIGRATIONS = (
    (
        "migrations",
        Command(
            ("git", "rev-parse", "--verify", "--quiet", "{at}:{migrations}"),
            "In a clone: whether the migrations of the two differ",
        ),
    ),
    (
        "migrations-between",
        Command(
            ("git", "--no-pager", "diff-tree", "--name-only", "{before}", "{after}"),
            "and if so, which",
        ),
    ),
)
_MIGRATION_HOLES = (
    ("at", "at", "<commit>"),
    ("migrations", "migrations", "{migrations}"),
    ("before", "migrations_live", "<migrations-live>"),
    ("after", "migrations_are", "<migrations-of-target>"),
)
_FOLDER = ("migrations", r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_INSTANT = Command(
    (*POST, "{}", "{api}/v1/projects/{project}/rollback/{target}?teamId={team}"),
    "The instant rollback",
)
_TOUCHES = (
    "which deployment production serves, on Vercel; what it served before is noted beside the log"
)

ROLL_BACK = Action(
    name="vercel.roll-back",
    summary=(
        "Re-points production to the READY production deployment of the commit, which takes seconds and builds "
        "nothing. If there is none, or the plan does not reach it, waits for the preview of the rollback branch "
        "and promotes it, which builds it again. Where there is no curl, the vercel tool makes the same requests, "
        "but for those that start a build, which it could start twice. It warns where the database migrations differ."
    ),
    parameters=("address", "migrations"),
    forms=(_FOLDER,),
    names=(("migrations", "path"),),
    needs=(),
    gives=("target", "asked", "production_host"),
    uses=("commit", "short"),
    helpers=("flatten", "vercel", "pause", "undo"),
    may_hand_over=True,
    changes=True,
    commands=(
        (
            "project",
            Command(PROJECT, "Team, project and token are right"),
        ),
        ("candidates", _CANDIDATES),
        ("older", _OLDER),
        ("live", LIVE),
        *_MIGRATIONS,
        ("roll-back", _INSTANT),
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
    holes=(*HOLES, *_MIGRATION_HOLES),
    expect="Vercel accepts the request. That alone proves nothing; the next step does.",
    on_failure="The script says what production serves. Running it again is safe; it looks before it asks again.",
    touches=_TOUCHES,
    environment=ENVIRONMENT,
    stand_ins=("vercel",),
)

VERIFY_LIVE = Action(
    name="vercel.verify-live",
    summary="Asks which deployment the production domain serves until it is the target, twice in a row.",
    parameters=(),
    needs=(),
    gives=(),
    uses=("target", "asked", "production_host"),
    helpers=("flatten", "vercel", "pause"),
    verifies=True,
    commands=(
        ("live", LIVE),
        ("project", Command(PROJECT, "Whether production is pinned (autoAssignCustomDomains)")),
    ),
    holes=HOLES,
    expect="The production domain serves the target's deployment id.",
    on_failure="Production serves something else; the script says what. Look in the dashboard to see who else deploys.",
    touches="",
    stand_ins=("vercel",),
)

OVERVIEW = Action(
    name="vercel.overview",
    summary="Asks Vercel for the project, its production deployments and the one that is live, and whether production is pinned.",
    parameters=("address",),
    needs=(),
    gives=("production_host", "live", "way"),
    helpers=("flatten", "vercel", "pause"),
    may_hand_over=True,
    commands=(
        ("project", Command(PROJECT, "Team, project and token are right; pinned or not")),
        ("candidates", _CANDIDATES),
        ("live", LIVE),
    ),
    holes=HOLES,
    expect="The project, and the deployment that is live.",
    on_failure="Nothing was changed. Set what is missing, or do it by hand in the dashboard.",
    touches="",
    environment=ENVIRONMENT,
    options=(
        Option("undo", "put back what was live before the last rollback", alone=True, arguments=0),
        Option(
            "promote",
            "let the named deployment go live, and unpin production",
            alone=True,
            arguments=1,
        ),
        Option("status", "say what is live, and end", alone=True, arguments=0, reads=True),
        Option(
            "list", "list the production deployments, and end", alone=True, arguments=0, reads=True
        ),
    ),
    stand_ins=("vercel",),
)

CHOOSE = Action(
    name="vercel.choose",
    summary=(
        "Takes the named deployment, or with 'previous' the newest READY one that is older than the live one and can "
        "go live at once; with --undo the one that was live before the last rollback. It must be a READY production "
        "deployment of this project."
    ),
    parameters=("deployment", "migrations"),
    needs=(),
    gives=("target",),
    uses=("live", "way"),
    helpers=("flatten", "vercel", "pause"),
    commands=(
        (
            "wanted",
            Command(
                (*API, "{api}/v13/deployments/{wanted}?teamId={team}"),
                "What the chosen deployment is",
            ),
        ),
        ("older", _OLDER),
        *_MIGRATIONS,
    ),
    holes=(*HOLES, ("wanted", "wanted", "<deployment>"), *_MIGRATION_HOLES),
    expect="One deployment to go to, with its commit and title.",
    on_failure="Nothing was changed. '--list' shows the deployments to choose from.",
    touches="",
    forms=(_FOLDER,),
    stand_ins=("vercel",),
    names=(("migrations", "path"),),
)

MOVE = Action(
    name="vercel.move",
    summary="Notes what is live, then asks Vercel to re-point production to the chosen deployment. Nothing is built.",
    parameters=(),
    needs=(),
    gives=("asked",),
    uses=("live", "target", "way"),
    helpers=("flatten", "vercel", "pause", "undo"),
    changes=True,
    commands=(
        ("roll-back", _INSTANT),
        (
            "promote-existing",
            Command(
                (*POST, "{}", "{api}/v10/projects/{project}/promote/{target}?teamId={team}"),
                "With --undo and --promote: the promotion, which unpins production",
            ),
        ),
        ("live", Command(LIVE.words, "Where the answer says nothing for certain")),
    ),
    holes=HOLES,
    expect="Vercel accepts the request. That alone proves nothing; the next step does.",
    on_failure="The script says what production serves. Running it again is safe; it looks before it asks again.",
    touches=_TOUCHES,
    stand_ins=("vercel",),
)

ACTIONS = (ROLL_BACK, VERIFY_LIVE, OVERVIEW, CHOOSE, MOVE)
