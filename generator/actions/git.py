"""Actions on a Git repository and its remote."""

from __future__ import annotations

from generator.actions.kind import Action, Option
from generator.model import Command

_PRODUCTION = ("production", r"HEAD|refs/heads/[A-Za-z0-9][A-Za-z0-9._/-]*")
_PREFIX = ("prefix", r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*")
_PUSH = (
    "git",
    "push",
    "--quiet",
    "--no-verify",
    "--no-signed",
    "--no-follow-tags",
    "--recurse-submodules=no",
    "{remote-url}",
)
# `rev-parse COMMIT^{tree}` would fetch in a clone without trees.
_TREE = ("git", "log", "-1", "--no-show-signature", "--format=%T")

RESOLVE_COMMIT = Action(
    name="git.resolve-commit",
    summary="Finds the one commit that the given digits name, and makes sure that it is in the history of the production branch.",
    parameters=("commit", "remote", "production"),
    needs=("git",),
    gives=("remote_url", "commit", "short", "tip"),
    commands=(
        (
            "url",
            Command(("git", "remote", "get-url", "--push", "{remote}"), "Where the branches are"),
        ),
        (
            "tip",
            Command(
                ("git", "ls-remote", "{remote-url}", "{production-ref}"),
                "What the production branch holds now (where nobody names it: HEAD, the remote's default branch)",
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
        ("production-ref", "production_ref", "<production-branch>"),
        ("commit", "commit_digits", "<commit-sha>"),
        ("full-commit", "commit", "<full-commit-sha>"),
        ("tip", "tip", "<production-tip>"),
    ),
    expect="Exactly one commit, older than the tip of the production branch and in its history.",
    on_failure="Nothing was changed. Read what the script says about the commit and give it another one.",
    touches="adds objects to the clone's object store if the clone is behind",
    forms=(
        ("remote", r"[A-Za-z0-9][A-Za-z0-9._-]*"),
        _PRODUCTION,
    ),
    options=(Option("any-commit", "allow a commit that is not in the history of production"),),
    stand_ins=("git",),
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
            Command((*_PUSH, "{full-commit}^0:refs/heads/{branch}")),
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
    forms=(_PREFIX,),
    changes=True,
    verifies=True,
    stand_ins=("git",),
)

REVERT_TO = Action(
    name="git.revert-to",
    summary=(
        "Makes one commit on top of the production branch that restores every file as it was in the good commit. "
        "History is kept; working folder, index and local branches stay as they are."
    ),
    parameters=("migrations",),
    needs=("git",),
    gives=("revert", "revert_short", "already"),
    uses=("commit", "short", "tip"),
    commands=(
        ("tree", Command((*_TREE, "{full-commit}"), "The files of the good commit")),
        (
            "tip-tree",
            Command((*_TREE, "{tip}"), "If production's are the same, there is nothing to make"),
        ),
        (
            "migrations",
            Command(
                (
                    "git",
                    "diff-tree",
                    "-r",
                    "--no-renames",
                    "--name-status",
                    "{full-commit}",
                    "{tip}",
                    "--",
                    ":/{migrations}",
                ),
                "A warning if database migrations differ: none is undone",
            ),
        ),
        ("identity", Command(("git", "var", "GIT_COMMITTER_IDENT"), "In whose name")),
        (
            "make",
            Command(
                (
                    "git",
                    "commit-tree",
                    "-p",
                    "{tip}",
                    "-m",
                    "Roll back to {short}",
                    "-m",
                    "This restores every file as it was in {full-commit}. History is kept.",
                    "{good-tree}",
                ),
                "The revert commit: the good commit's files, on top of the production branch",
            ),
        ),
    ),
    holes=(
        ("full-commit", "commit", "<full-commit-sha>"),
        ("short", "short", "<commit>"),
        ("tip", "tip", "<production-tip>"),
        ("migrations", "migrations", "{migrations}"),
        ("good-tree", "good_tree", "<good-tree>"),
    ),
    expect="One new commit in the clone's object store, which no branch holds yet.",
    on_failure="Nothing was published. Read what the script says, then run it again.",
    touches="adds objects to the clone's object store: the revert commit, what the clone lacks",
    forms=(("migrations", r"[A-Za-z0-9][A-Za-z0-9._/-]*"),),
    stand_ins=("git",),
    names=(("migrations", "path"),),
)

PUBLISH_REVERT = Action(
    name="git.publish-revert",
    summary=(
        "Pushes the revert commit without force: to a new branch for a pull request, which a person merges, or with "
        "--to-production to the production branch. Then reads the branch back. If the production branch holds those "
        "files already, it pushes nothing."
    ),
    parameters=("prefix", "production"),
    needs=("git",),
    gives=("branch",),
    uses=("remote_url", "short", "tip", "revert", "revert_short", "already"),
    commands=(
        (
            "base",
            Command(
                ("git", "ls-remote", "--symref", "{remote-url}", "{production-ref}"),
                "The production branch's name, and that it has not moved meanwhile",
            ),
        ),
        (
            "push-production",
            Command((*_PUSH, "{revert}^0:{production-branch}"), "With --to-production"),
        ),
        ("push-branch", Command((*_PUSH, "{revert}^0:refs/heads/{branch}"), "Otherwise")),
        (
            "read-back",
            Command(
                ("git", "ls-remote", "{remote-url}", "{pushed-branch}"),
                "This decides, not the exit status of the push",
            ),
        ),
        (
            "gh-status",
            Command(
                ("gh", "auth", "status", "--hostname", "github.com"),
                "On GitHub, where gh is installed and logged in: the pull request; otherwise a link to open it",
            ),
        ),
        (
            "gh-create",
            Command(
                (
                    "gh",
                    "pr",
                    "create",
                    "--repo",
                    "{repository}",
                    "--base",
                    "{base}",
                    "--head",
                    "{branch}",
                    "--title",
                    "Roll back to {short}",
                    "--body",
                    "Restores every file as it was in {full-commit}. History is kept.",
                )
            ),
        ),
    ),
    holes=(
        ("remote-url", "remote_url", "<remote-url>"),
        ("production-ref", "production_ref", "<production-branch>"),
        ("production-branch", "production_branch", "<production-branch>"),
        ("revert", "revert", "<revert-commit>"),
        ("branch", "branch", "{prefix}/<UTC-time>-<commit>"),
        ("pushed-branch", "pushed_ref", "<pushed-branch>"),
        ("repository", "repository", "<owner-and-repository>"),
        ("base", "base", "<production-branch>"),
        ("short", "short", "<commit>"),
        ("full-commit", "commit", "<full-commit-sha>"),
    ),
    expect="The remote answers with the branch, and it holds exactly the revert commit.",
    on_failure="The script says what the remote holds. Running it again is safe.",
    touches="a new branch on the remote and its pull request, or the production branch itself",
    forms=(_PREFIX, _PRODUCTION),
    changes=True,
    verifies=True,
    may_hand_over=True,
    options=(Option("to-production", "push to the production branch, without a pull request"),),
    stand_ins=("git",),
)

ACTIONS = (RESOLVE_COMMIT, PUSH_BRANCH, REVERT_TO, PUBLISH_REVERT)
