"""Actions: what a step of a script can do that needs more than one plain command.

An action declares its parameters, what it hands on to later steps, and the
commands that it runs, in order. The document shows those commands; the shell
fragment `templates/actions/<name>.sh.j2` runs the very same words. To add an
action, add one entry here and one fragment there.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.model import Command


@dataclass(frozen=True)
class Option:
    """An option that an action adds to the scripts which use it."""

    name: str
    help: str


@dataclass(frozen=True)
class Action:
    """`parameters` come from `with`; `gives` are shell variables for later steps.

    `holes` names, for each hole in a command, the shell variable that fills it
    and the words in which the document shows it. `forms` are the patterns that fixed
    values of parameters must fit, because the commands are shown as they are run.
    `helpers` are templates of shell functions that the fragment uses. An action that
    `may_hand_over` lets a person finish where the script has no access. A script ends
    with 0 only if the last action that `changes` something is followed by one that
    `verifies` it, or does so itself.
    """

    name: str
    summary: str
    parameters: tuple[str, ...]
    needs: tuple[str, ...]
    gives: tuple[str, ...]
    commands: tuple[tuple[str, Command], ...]
    holes: tuple[tuple[str, str, str], ...]
    expect: str
    on_failure: str
    touches: str
    options: tuple[Option, ...] = ()
    forms: tuple[tuple[str, str], ...] = ()
    changes: bool = False
    verifies: bool = False
    uses: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    may_hand_over: bool = False

    @property
    def fragment(self) -> str:
        return f"actions/{self.name}.sh.j2"


RESOLVE_COMMIT = Action(
    name="git.resolve-commit",
    summary="Finds the one commit that the given digits name, and makes sure that it is in the history of the production branch.",
    parameters=("commit", "remote", "production"),
    needs=("git",),
    gives=("remote_url", "commit", "short"),
    commands=(
        (
            "url",
            Command(("git", "remote", "get-url", "--push", "{remote}"), "Where the branches are"),
        ),
        (
            "tip",
            Command(
                ("git", "ls-remote", "{remote-url}", "{production-ref}"),
                "What the production branch holds now; HEAD is the remote's default branch",
            ),
        ),
        (
            "fetch",
            Command(
                (
                    "git",
                    "fetch",
                    "--quiet",
                    "--no-tags",
                    "--no-write-fetch-head",
                    "--no-auto-gc",
                    "--recurse-submodules=no",
                    "{remote-url}",
                    "{production-ref}",
                ),
                "Only if this clone does not have that commit yet",
            ),
        ),
        (
            "find",
            Command(
                ("git", "rev-parse", "--disambiguate={commit}"), "The commit that the digits name"
            ),
        ),
        (
            "ancestor",
            Command(
                ("git", "merge-base", "--is-ancestor", "{full-commit}", "{tip}"),
                "It must be in the history of the production branch (--any-commit overrules this)",
            ),
        ),
    ),
    holes=(
        ("remote", "remote", "<remote>"),
        ("remote-url", "remote_url", "<remote-url>"),
        ("production-ref", "production_ref", "{production}"),
        ("commit", "commit_digits", "<commit-sha>"),
        ("full-commit", "commit", "<full-commit-sha>"),
        ("tip", "tip", "<production-tip>"),
    ),
    expect="Exactly one commit, older than the tip of the production branch and in its history.",
    on_failure="Nothing was changed. Read what the script says about the commit and give it another one.",
    touches="adds objects to the clone's object store if the clone is behind",
    forms=(
        ("remote", r"[A-Za-z0-9][A-Za-z0-9._-]*"),
        ("production", r"HEAD|refs/heads/[A-Za-z0-9][A-Za-z0-9._/-]*"),
    ),
    options=(Option("any-commit", "allow a commit that is not in the history of production"),),
)

PUSH_BRANCH = Action(
    name="git.push-branch",
    summary="Pushes the commit to a new branch, without force, and reads the branch back.",
    parameters=("prefix",),
    needs=("git",),
    gives=("branch",),
    uses=("remote_url", "commit", "short"),
    commands=(
        (
            "push",
            Command(
                (
                    "git",
                    "push",
                    "--quiet",
                    "--no-verify",
                    "--no-signed",
                    "--no-follow-tags",
                    "--recurse-submodules=no",
                    "{remote-url}",
                    "{full-commit}^0:refs/heads/{branch}",
                ),
            ),
        ),
        (
            "read-back",
            Command(
                ("git", "ls-remote", "{remote-url}", "refs/heads/{branch}"),
                "This decides, not the exit status of the push",
            ),
        ),
    ),
    holes=(
        ("remote-url", "remote_url", "<remote-url>"),
        ("full-commit", "commit", "<full-commit-sha>"),
        ("branch", "branch", "{prefix}/<UTC-time>-<commit>"),
    ),
    expect="The remote answers with the branch, and it holds exactly the commit.",
    on_failure="The branch may or may not be there; the script says which. Running it again is safe.",
    touches="one new branch on the remote",
    forms=(("prefix", r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*"),),
    changes=True,
    verifies=True,
)

_CURL = (
    "curl",
    "--silent",
    "--show-error",
    "--globoff",
    "--connect-timeout",
    "5",
    "--max-time",
    "20",
)
_API = (*_CURL, "--write-out", "\\n%{http_code}", "--config", "-")
_POST = (*_API, "--request", "POST", "--header", "Content-Type: application/json", "--data")
_VERCEL_HOLES = (
    ("api", "vercel_api", "<api>"),
    ("team", "VERCEL_ORG_ID", "<team>"),
    ("project", "VERCEL_PROJECT_ID", "<project>"),
    ("host", "production_host", "<production-domain>"),
    ("target", "target", "<target-deployment>"),
    ("preview", "preview", "<preview-deployment>"),
    ("promotion", "promotion", "<preview-to-production>"),
)
_LIVE = Command((*_API, "{api}/v13/deployments/{host}?teamId={team}"), "What production serves now")
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
    helpers=("flatten", "vercel"),
    may_hand_over=True,
    changes=True,
    commands=(
        (
            "project",
            Command(
                (*_API, "{api}/v9/projects/{project}?teamId={team}"),
                "Team, project and token are right",
            ),
        ),
        (
            "candidates",
            Command(
                (*_API, _DEPLOYMENTS + "&target=production&state=READY"),
                "The deployments that were in production",
            ),
        ),
        ("live", _LIVE),
        (
            "roll-back",
            Command(
                (*_POST, "{}", "{api}/v1/projects/{project}/rollback/{target}?teamId={team}"),
                "The instant rollback",
            ),
        ),
        (
            "previews",
            Command((*_API, _DEPLOYMENTS), "Only without such a deployment: the previews"),
        ),
        (
            "promote",
            Command(
                (*_POST, "{promotion}", "{api}/v13/deployments?teamId={team}"),
                "and the build of one for production",
            ),
        ),
        (
            "built",
            Command((*_API, "{api}/v13/deployments/{target}?teamId={team}"), "until it is ready"),
        ),
    ),
    holes=_VERCEL_HOLES,
    expect="Vercel accepts the request. That alone proves nothing; the next step does.",
    on_failure="The script says what production serves. Running it again is safe; it looks before it asks again.",
    touches="which deployment production serves, on Vercel",
)

VERIFY_LIVE = Action(
    name="vercel.verify-live",
    summary="Asks which deployment the production domain serves until it is the target, twice in a row.",
    parameters=(),
    needs=(),
    gives=(),
    uses=("target", "asked", "production_host"),
    helpers=("flatten", "vercel"),
    verifies=True,
    commands=(("live", _LIVE),),
    holes=_VERCEL_HOLES,
    expect="The production domain serves the target's deployment id.",
    on_failure="Production serves something else; the script says what. Look in the dashboard who else deploys.",
    touches="nothing",
)

HTTP_CHECK = Action(
    name="http.check",
    summary="Asks the address until it answers with status 200 and the expected text, for up to a minute.",
    parameters=("address", "path", "contains"),
    needs=(),
    gives=(),
    forms=(("path", r"/[A-Za-z0-9._~/-]*"),),
    verifies=True,
    commands=(
        ("get", Command((*_CURL, "--write-out", "\\n%{http_code}", "{address}{path}"), None)),
    ),
    holes=(("address", "check_address", "<production-url>"), ("path", "check_path", "{path}")),
    expect="Status 200, and the expected text in the answer.",
    on_failure="The application does not answer as it should. Go through the verification checklist by hand.",
    touches="nothing",
)

NOTIFY = Action(
    name="notify.send",
    summary="Sends the message to the team's webhook where ROLLBOOK_NOTIFY_URL is set; otherwise says what to send.",
    parameters=("message",),
    needs=(),
    gives=(),
    commands=(
        (
            "post",
            Command((*_POST, "{payload}")),
        ),
    ),
    holes=(("payload", "payload", "<message>"),),
    expect="The webhook takes the message.",
    on_failure="Tell the team yourself.",
    touches="a message to the team, where ROLLBOOK_NOTIFY_URL is set",
)

ACTIONS: tuple[Action, ...] = (
    RESOLVE_COMMIT,
    PUSH_BRANCH,
    ROLL_BACK,
    VERIFY_LIVE,
    HTTP_CHECK,
    NOTIFY,
)


def find(name: str) -> Action | None:
    return next((a for a in ACTIONS if a.name == name), None)
