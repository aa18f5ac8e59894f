"""Actions on a Git repository and its remote."""

from __future__ import annotations

from generator.actions.kind import Action, Option
from generator.model import Command

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

ACTIONS = (RESOLVE_COMMIT, PUSH_BRANCH)
