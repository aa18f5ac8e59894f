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
    ("team", "vercel_team", "&teamId=<team>"),
    ("only-team", "vercel_only_team", "?teamId=<team>"),
    ("project", "VERCEL_PROJECT_ID", "<project>"),
    ("host", "production_host", "<production-domain>"),
    ("target", "target", "<target-deployment>"),
    ("build-again", "build_again", "<deployment-again>"),
    ("until", "until", "<milliseconds>"),
)
LIVE = Command((*API, "{api}/v13/deployments/{host}{only-team}"), "What production serves now")
PROJECT = (*API, "{api}/v9/projects/{project}{only-team}")
_DEPLOYMENTS = "{api}/v6/deployments?projectId={project}&limit=100{team}"
DOMAINS = Command(
    (*API, "{api}/v9/projects/{project}/domains{only-team}"),
    "Where that does not name the address: the domains of the project",
)
# What proves which production it is; see templates/script/production.sh.j2.
PROOF = (
    (
        "project",
        Command(
            PROJECT,
            "The account, the production deployment and its addresses, the repository and its production branch",
        ),
    ),
    ("live", LIVE),
    ("domains", DOMAINS),
)
PROVING = ("flatten", "address", "vercel", "production", "pause")
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
    (*POST, "{}", "{api}/v1/projects/{project}/rollback/{target}{only-team}"),
    "The instant rollback",
)
_PROMOTION = Command(
    (*POST, "{}", "{api}/v10/projects/{project}/promote/{target}{only-team}"),
    "Only where that does not go live by itself; this builds nothing",
)
# What an instant rollback leaves as it is, and what it brings back.
_DIFFERENCES = (
    *_MIGRATIONS,
    (
        "variables",
        Command(
            (*API, "{api}/v9/projects/{project}/env{only-team}"),
            "Which environment variables were changed since the target was built",
        ),
    ),
    (
        "rolling-release",
        Command(
            (*API, "{api}/v1/projects/{project}/rolling-release{only-team}"),
            "Whether a rolling release is under way",
        ),
    ),
)
_TOUCHES = (
    "which deployment production serves, on Vercel; what it served before is noted beside the log"
)

PROVE = Action(
    name="vercel.prove",
    summary=(
        "Asks Vercel which production the project has, and compares: the address must be one of production's, serve the "
        "project's production deployment, and belong to the account; the clone's remote must be the repository, and the named "
        "branch the one, that production is built from. HEAD stands for the branch that Vercel names. Without access to "
        "Vercel nothing is proven, and it says so."
    ),
    parameters=("address", "remote", "production"),
    needs=(),
    gives=("proven",),
    helpers=(*PROVING, "repository"),
    commands=(
        *PROOF,
        (
            "push-url",
            Command(
                ("git", "remote", "get-url", "--push", "{remote}"),
                "The clone's remote, to be compared with that",
            ),
        ),
        (
            "written-url",
            Command(
                ("git", "config", "--get", "remote.{remote}.url"),
                "and as it is written down, where a mirror stands in for it",
            ),
        ),
    ),
    holes=(*HOLES, ("remote", "remote", "<remote>")),
    expect="Address, account, repository and branch are those of one production.",
    on_failure="Nothing was changed. The script names both values that do not match.",
    touches="",
    environment=ENVIRONMENT,
    stand_ins=("vercel",),
)

ROLL_BACK = Action(
    name="vercel.roll-back",
    summary=(
        "Re-points production to the READY production deployment of the commit, which takes seconds and builds "
        "nothing. If there is none, or the plan does not reach it, builds an existing deployment of the commit again; if "
        "there is none at all, waits for the one that Vercel makes of the rollback branch, and builds that for production. "
        "Where there is no curl, the vercel tool makes the same requests, but for those that start a build, which it could "
        "start twice. It says what the target brings back or meets: migrations, environment variables, cron jobs."
    ),
    parameters=("address", "migrations", "kept"),
    optional=("kept",),
    forms=(_FOLDER,),
    names=(("migrations", "path"),),
    needs=(),
    gives=("target", "asked"),
    uses=("commit", "short", "branch", "proven"),
    helpers=(*PROVING, "undo"),
    may_hand_over=True,
    changes=True,
    commands=(
        ("candidates", _CANDIDATES),
        ("older", _OLDER),
        ("live", LIVE),
        (
            "wanted",
            Command((*API, "{api}/v13/deployments/{target}{only-team}"), "What the target is"),
        ),
        *_DIFFERENCES,
        ("roll-back", _INSTANT),
        (
            "of-commit",
            Command(
                (*API, _DEPLOYMENTS + "&sha={commit}"),
                "Only without such a deployment: all deployments of the commit",
            ),
        ),
        (
            "build",
            Command(
                (*POST, "{build-again}", "{api}/v13/deployments{only-team}"),
                "and the build of one of them for production",
            ),
        ),
        (
            "built",
            Command((*API, "{api}/v13/deployments/{target}{only-team}"), "until it is ready"),
        ),
        ("promote", _PROMOTION),
    ),
    holes=(*HOLES, *_MIGRATION_HOLES, ("commit", "commit", "<commit>")),
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
    uses=("target", "asked", "proven"),
    helpers=PROVING,
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
    gives=("proven", "live", "way"),
    helpers=PROVING,
    may_hand_over=True,
    commands=(("candidates", _CANDIDATES), *PROOF),
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
        "Takes the named deployment, or with 'previous' the newest READY one that is older than the live one, of another "
        "commit, and can go live at once; with --undo the one that was live before the last rollback. It must be a READY "
        "production deployment of this project. It goes no further back where production was rolled back already. It says "
        "what the target brings back or meets: migrations, environment variables, cron jobs."
    ),
    parameters=("deployment", "migrations", "kept"),
    optional=("kept",),
    needs=(),
    gives=("target",),
    uses=("live", "way"),
    helpers=PROVING,
    commands=(
        (
            "wanted",
            Command(
                (*API, "{api}/v13/deployments/{wanted}{only-team}"),
                "What the chosen deployment is",
            ),
        ),
        ("older", _OLDER),
        *_DIFFERENCES,
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
    uses=("live", "target", "way", "proven"),
    helpers=(*PROVING, "undo"),
    changes=True,
    commands=(
        ("roll-back", _INSTANT),
        (
            "promote-existing",
            Command(
                (*POST, "{}", "{api}/v10/projects/{project}/promote/{target}{only-team}"),
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

ACTIONS = (PROVE, ROLL_BACK, VERIFY_LIVE, OVERVIEW, CHOOSE, MOVE)
