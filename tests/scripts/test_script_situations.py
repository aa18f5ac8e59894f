"""rollback.sh in every situation that somebody may find himself in at night.

One row is one situation: how the world gets there, the arguments, the exit code and words
that must be said. `World.problems` checks after each that nothing was changed but what may be.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import scriptworld
from scriptworld import World, under_all

PUSH = "--yes --push-only {good}"


@dataclass(frozen=True)
class Case:
    name: str
    code: int
    words: tuple[str, ...]
    says: tuple[str, ...]
    prepare: Callable[[World], None] | None
    target: str | None
    logged: bool

    def __str__(self) -> str:
        return self.name


CASES: list[Case] = []


def case(
    name: str,
    code: int = 0,
    words: str | tuple[str, ...] = PUSH,
    says: str | tuple[str, ...] = (),
    prepare: Callable[[World], object] | None = None,
    target: str | None = "good",
    logged: bool | None = None,
):
    """Adds a row; as a decorator, with the way into the situation."""
    words = tuple(words.split()) if isinstance(words, str) else words
    says = (says,) if isinstance(says, str) else says
    if logged is None:
        logged = code != 2 and "--dry-run" not in words

    def add(prepare):
        CASES.append(Case(name, code, words, says, prepare, target, logged))
        return prepare

    return add(prepare) if prepare else add


def configure(*pairs: tuple[str, str]) -> Callable[[World], None]:
    def prepare(world: World) -> None:
        for key, value in pairs:
            world.git("config", "--add", key, value)

    return prepare


# --- The way it should be.

case(
    "push only",
    says=("is on the remote and holds", "Production has not moved", "Move production"),
    prepare=lambda w: None,
)
case(
    "without push-only",
    8,
    "--yes {good}",
    ("A PERSON MUST FINISH", "https://vercel.com/", "Instant Rollback"),
    lambda w: None,
)
case("short commit", words="--yes --push-only {good7}", prepare=lambda w: None)
case("upper case", words="--push-only --yes {GOOD}", prepare=lambda w: None)
case("after two dashes", words="--yes --push-only -- {good}", prepare=lambda w: None)
case(
    "dry run",
    words="--dry-run {good}",
    says=("would push", "Dry run: nothing was changed."),
    target=None,
    prepare=lambda w: None,
)
case(
    "dry run and push only",
    words="--dry-run --push-only {good}",
    target=None,
    prepare=lambda w: None,
)
case(
    "help",
    words="--help",
    says=("Exit codes:", "--any-commit", "It touches only"),
    target=None,
    logged=False,
    prepare=lambda w: None,
)
case("no terminal and no yes", 2, "{good}", "there is no terminal to ask on", lambda w: None)

# --- Arguments.

_DIGITS = "Give 7 to 64 hexadecimal digits"
for _name, _words, _says in [
    ("none", (), "expected <commit-sha>"),
    ("only options", ("--yes",), "expected <commit-sha>"),
    ("two", ("--yes", "{good}", "{tip}"), "too many arguments"),
    ("an option of git", ("--yes", "--upload-pack=touch pwned"), "unknown option"),
    ("an option of git after --", ("--yes", "--", "--upload-pack=touch pwned"), _DIGITS),
    ("an option with a value", ("--yes=1", "{good}"), "unknown option"),
    ("a leading dash", ("--yes", "-{good}"), "unknown option"),
    ("an unknown option after the commit", ("--yes", "{good}", "--force"), "unknown option"),
    ("a command", ("--yes", "{good7}; touch pwned"), _DIGITS),
    ("a substitution", ("--yes", "$(touch pwned)"), _DIGITS),
    ("backticks", ("--yes", "`touch pwned`"), _DIGITS),
    ("a pattern", ("--yes", "*"), _DIGITS),
    ("a new line", ("--yes", "{good}\n"), _DIGITS),
    ("a new line and more", ("--yes", "{good7}\ntouch pwned"), _DIGITS),
    ("colours", ("--yes", "\033[2J\033]0;pwned\a{good7}"), _DIGITS),
    ("nothing", ("--yes", ""), _DIGITS),
    ("blanks", ("--yes", "  "), _DIGITS),
    ("6 digits", ("--yes", "abcdef"), _DIGITS),
    ("65 digits", ("--yes", "a" * 65), _DIGITS),
    ("digits of another script", ("--yes", "١٢٣٤٥٦٧٨"), _DIGITS),
    ("a name", ("--yes", "HEAD~1"), _DIGITS),
    ("a branch", ("--yes", "main"), _DIGITS),
    ("a refspec", ("--yes", "{good}:refs/heads/main"), _DIGITS),
    ("a range", ("--yes", "{good7}..{tip}"), _DIGITS),
]:
    case(f"argument: {_name}", 2, _words, (_says, "Nothing was done"), lambda w: None, None)

# --- Which commit.

case(
    "the tip of production",
    4,
    "--yes {tip}",
    "publishing it rolls nothing back",
    lambda w: None,
    None,
)
case("the tip of production, any commit", 4, "--yes --any-commit {tip}", (), lambda w: None, None)
case(
    "never in production",
    4,
    "--yes {beside}",
    ("is not in the history of the production branch", "--any-commit"),
    lambda w: None,
    None,
)
case(
    "never in production, any commit",
    0,
    "--yes --push-only --any-commit {beside}",
    "WARNING",
    lambda w: None,
    "beside",
)
case(
    "unknown commit",
    4,
    ("--yes", "deadbeef" * 5),
    "no commit here begins with",
    lambda w: None,
    None,
)
case("unknown digits", 4, ("--yes", "deadbee"), "no commit here begins with", lambda w: None, None)
case(
    "as long as SHA-256", 4, ("--yes", "a" * 64), "no commit here begins with", lambda w: None, None
)


def _object(kind: str) -> Callable[[World], None]:
    def prepare(world: World) -> None:
        name = {"tag": "v1", "tree": f"{world.good}^{{tree}}", "blob": f"{world.good}:file.txt"}[
            kind
        ]
        world.object = world.git("rev-parse", name)

    return prepare


for _kind in ("tag", "tree", "blob"):
    case(
        f"a {_kind}, no commit",
        4,
        "--yes {object}",
        "no commit here begins with",
        _object(_kind),
        None,
    )


@case(
    "ambiguous digits",
    4,
    "--yes {object}",
    ("2 commits begin with", "Give more digits"),
    target=None,
)
def _(world: World) -> None:
    # Two commits in 28 bits are alike after some 20,000 tries.
    tree = world.git("rev-parse", f"{world.good}^{{tree}}")
    seen: dict[str, bytes] = {}
    for n in range(1_000_000):
        body = f"tree {tree}\nauthor A <a@b.c> {n} +0000\ncommitter A <a@b.c> 0 +0000\n\nalike\n".encode()
        digits = hashlib.sha1(b"commit %d\0" % len(body) + body).hexdigest()[:7]
        if digits in seen:
            break
        seen[digits] = body
    for text in (seen[digits], body):
        path = world.folder / "object"
        path.write_bytes(text)
        world.git("hash-object", "-t", "commit", "-w", str(path))
    world.object = digits


@case("names like the commit")
def _(world: World) -> None:
    for digits in (world.good, world.good[:7], world.good[:12]):
        for kind in ("heads", "tags"):
            world.git("update-ref", f"refs/{kind}/{digits}", world.beside)


@case("a tag that would follow")
def _(world: World) -> None:
    world.git("tag", "-a", "-m", "not for others", "follows", world.good)


@case(
    "a branch of that name is there",
    5,
    says="the branch on the remote holds another commit",
    target=None,
)
def _(world: World) -> None:
    world.program("date", "echo 2030-01-01T00:00:00Z 20300101T000000Z 1893456000\n")
    name = f"refs/heads/rollback/20300101T000000Z-{world.good[:12]}"
    world.git("update-ref", name, world.commits[4], cwd=world.remote)


@case("names like the short commit", words="--yes --push-only {good7}")
def _(world: World) -> None:
    for kind in ("heads", "tags", "remotes"):
        world.git("update-ref", f"refs/{kind}/{world.good[:7]}", world.beside)


@case("a replaced commit")
def _(world: World) -> None:
    world.git("replace", world.good, world.beside)


# --- The state of the clone.


@case("modified files")
def _(world: World) -> None:
    (world.clone / "file.txt").write_text("not yet committed\n")
    (world.clone / "folder" / "tool").unlink()


@case("staged files")
def _(world: World) -> None:
    (world.clone / "file.txt").write_text("staged\n")
    (world.clone / "new.txt").write_text("new\n")
    world.git("add", "--all")
    (world.clone / "file.txt").write_text("and changed again\n")


@case("untracked files")
def _(world: World) -> None:
    (world.clone / "notes").mkdir()
    (world.clone / "notes" / "to do.txt").write_text("do not lose me\n")
    (world.clone / ".env").write_text("A=1\n")


@case("a stash")
def _(world: World) -> None:
    (world.clone / "file.txt").write_text("put aside\n")
    world.git("stash")


@case("unpushed commits")
def _(world: World) -> None:
    (world.clone / "file.txt").write_text("mine\n")
    world.commit("Not pushed", keep=False)


@case(
    "a new commit that was not pushed",
    4,
    "--yes {object}",
    "is not in the history of the production branch",
    target=None,
)
def _(world: World) -> None:
    (world.clone / "file.txt").write_text("mine\n")
    world.object = world.commit("Not pushed", keep=False)


def _conflict(*words: str) -> Callable[[World], None]:
    def prepare(world: World) -> None:
        world.git("checkout", "--quiet", "-b", "mine-too", world.commits[1])
        (world.clone / "file.txt").write_text("a change that is in the way\n")
        world.commit("In the way", keep=False)
        if words[0] == "cherry-pick":
            world.git("checkout", "--quiet", "main")
        world.git(*words, ok=False)
        assert "UU file.txt" in world.git("status", "--porcelain")

    return prepare


case("in the middle of a merge", prepare=_conflict("merge", "main"))
case("in the middle of a rebase", prepare=_conflict("rebase", "main"))
case("in the middle of a cherry-pick", prepare=_conflict("cherry-pick", "mine-too"))
case(
    "a bisection",
    prepare=lambda w: (
        w.git("bisect", "start"),
        w.git("bisect", "bad"),
        w.git("bisect", "good", w.commits[0]),
    ),
)
case("a detached HEAD", prepare=lambda w: w.git("checkout", "--quiet", w.commits[1]))
case("on the commit itself", prepare=lambda w: w.git("checkout", "--quiet", w.good))
case("an unborn branch", prepare=lambda w: w.git("checkout", "--quiet", "--orphan", "empty"))
case(
    "another git at work",
    prepare=lambda w: [
        (w.clone / ".git" / f"{n}.lock").write_text("")
        for n in ("index", "HEAD", "config", "shallow")
    ],
)
case("packed refs", prepare=lambda w: w.git("pack-refs", "--all"))


def _at(place: Callable[[World], Path]) -> Callable[[World], None]:
    def prepare(world: World) -> None:
        world.cwd = place(world)
        world.watched.append(world.cwd)

    return prepare


case("in a folder of the clone", prepare=_at(lambda w: w.clone / "folder"))
case("in the .git folder", prepare=_at(lambda w: w.clone / ".git"))
case("not a repository", 3, says="not a Git repository", prepare=_at(lambda w: w.home), target=None)


@case("the address is relative, in a folder")
def _(world: World) -> None:
    world.git("remote", "set-url", "origin", "../remote.git")
    world.cwd = world.clone / "folder"


@case("a folder with an odd name")
def _(world: World) -> None:
    world.clone = world.clone.rename(world.folder / 'it\'s a "clone" $(touch pwned)')
    world.cwd = world.clone


@case("a worktree")
def _(world: World) -> None:
    world.cwd = world.folder / "worktree"
    world.git("worktree", "add", "--quiet", str(world.cwd), "beside")
    (world.cwd / "file.txt").write_text("not yet committed\n")
    world.watched.append(world.cwd)


@case("a submodule")
def _(world: World) -> None:
    outer = world.folder / "outer"
    world.git("init", "--quiet", "--template=", str(outer), cwd=world.folder)
    world.git("submodule", "--quiet", "add", world.url, "part", cwd=outer)
    world.git("commit", "--quiet", "-m", "With a part", cwd=outer)
    world.cwd = outer / "part"
    world.watched.append(outer)


@case("a clone with submodules")
def _(world: World) -> None:
    world.git("submodule", "--quiet", "add", world.url, "part")
    world.git("commit", "--quiet", "-m", "With a part")
    world.git("config", "submodule.recurse", "true")
    world.get_ahead()


def _clone(*options: str, behind: bool = False) -> Callable[[World], None]:
    def prepare(world: World) -> None:
        shutil.rmtree(world.clone)
        world.git("config", "uploadpack.allowFilter", "true", cwd=world.remote)
        world.git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=world.remote)
        world.git(
            "clone",
            "--quiet",
            "--template=",
            *options,
            world.url,
            str(world.clone),
            cwd=world.folder,
        )
        if behind:
            world.get_ahead()

    return prepare


case("a bare clone", prepare=_clone("--bare"))
case("a mirror", prepare=_clone("--mirror"))
case("a mirror that is behind", prepare=_clone("--mirror", behind=True))
case("a partial clone", prepare=_clone("--filter=blob:none"))
case("a partial clone that is behind", prepare=_clone("--filter=blob:none", behind=True))
case(
    "a partial clone that is behind, dry run",
    words="--dry-run {good}",
    says="clone is behind",
    prepare=_clone("--filter=blob:none", behind=True),
    target=None,
)
case("a clone without trees", prepare=_clone("--filter=tree:0", "--no-checkout"))
# Git cannot complete such a clone from an address, only from a remote that it knows by name.
case(
    "a clone without trees that is behind",
    5,
    says="needs 'git fetch origin' first",
    prepare=_clone("--filter=tree:0", "--no-checkout", behind=True),
    target=None,
)
case("a shallow clone that holds it", prepare=_clone("--depth=3"))
case(
    "a shallow clone that does not hold it",
    4,
    says="no commit here begins with",
    prepare=_clone("--depth=2"),
    target=None,
)
case(
    "a shallow clone that is behind",
    0,
    "--yes --push-only {old-tip}",
    (),
    _clone("--depth=1", behind=True),
    "old-tip",
)
case("a sparse clone", prepare=_clone("--sparse"))
case(
    "a clone with a reference",
    prepare=lambda w: (
        w.git("clone", "--quiet", "--bare", w.url, str(w.folder / "store"), cwd=w.folder),
        _clone("--reference", str(w.folder / "store"))(w),
    ),
)


@case("a shallow clone that cannot tell", 4, says="this clone is shallow", target=None)
def _(world: World) -> None:
    _clone("--depth=1")(world)
    world.git("fetch", "--quiet", "--depth=1", "origin", world.good)


@case(
    "a shallow clone that cannot tell, any commit",
    words="--yes --push-only --any-commit {good}",
    says="WARNING",
)
def _(world: World) -> None:
    _clone("--depth=1")(world)
    world.git("fetch", "--quiet", "--depth=1", "origin", world.good)


case("a clone that is behind", prepare=lambda w: w.get_ahead())
case(
    "a clone that is behind, to its own tip",
    words="--yes --push-only {old-tip}",
    prepare=lambda w: w.get_ahead(),
    target="old-tip",
)
case(
    "a clone that is behind, dry run",
    words="--dry-run {good}",
    says=("clone is behind", "nothing was changed"),
    prepare=lambda w: w.get_ahead(),
    target=None,
)
case(
    "a clone that is behind, with a strange refspec",
    prepare=lambda w: (
        w.get_ahead(),
        configure(("remote.origin.fetch", "+refs/heads/*:refs/heads/*"))(w),
    ),
)


@case(
    "belongs to somebody else",
    3,
    says=("not a Git repository that can be used", "dubious ownership"),
    target=None,
)
def _(world: World) -> None:
    world.git("config", "--global", "--unset-all", "safe.directory")
    world.env["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"


@case("a damaged history", 3, target=None)
def _(world: World) -> None:
    world.git("unpack-objects", "-q", ok=False)
    sha = world.commits[3]
    path = world.clone / ".git" / "objects" / sha[:2] / sha[2:]
    path.chmod(0o644)
    path.write_bytes(b"rubbish")


# --- Settings of Git.

for _key, _value in [
    ("push.followTags", "true"),
    ("push.gpgSign", "true"),
    ("push.pushOption", "hostile"),
    ("push.recurseSubmodules", "only"),
    ("push.default", "nothing"),
    ("push.negotiate", "true"),
    ("push.useForceIfIncludes", "true"),
    ("color.ui", "always"),
    ("color.transport", "always"),
    ("core.pager", "touch pwned; cat"),
    ("core.editor", "touch pwned; false"),
    ("core.fsmonitor", "touch pwned; false"),
    ("core.abbrev", "4"),
    ("core.logAllRefUpdates", "always"),
    ("core.sharedRepository", "all"),
    ("log.showSignature", "true"),
    ("log.date", "relative"),
    ("format.pretty", "raw"),
    ("i18n.logOutputEncoding", "UTF-16"),
    ("remote.origin.mirror", "true"),
    ("remote.origin.push", "+refs/heads/*:refs/heads/*"),
    ("remote.pushDefault", "nowhere"),
    ("alias.ls-remote", "!touch pwned"),
    ("gpg.program", "touch"),
]:
    case(f"settings: {_key}", prepare=configure((_key, _value)))


@case("settings: all that a fetch may do besides")
def _(world: World) -> None:
    world.get_ahead()
    configure(
        ("fetch.prune", "true"), ("fetch.pruneTags", "true"), ("fetch.writeCommitGraph", "true"),
        ("fetch.recurseSubmodules", "true"), ("remote.origin.tagOpt", "--tags"), ("gc.auto", "1"),
        ("maintenance.auto", "true"), ("gc.autoDetach", "false"),
    )(world)  # fmt: skip


@case("settings: hooks")
def _(world: World) -> None:
    hooks = world.folder / "hooks"
    hooks.mkdir()
    for name in ("pre-push", "reference-transaction", "post-checkout", "pre-auto-gc"):
        (hooks / name).write_text("#!/bin/sh\ntouch pwned\nexit 1\n")
        (hooks / name).chmod(0o755)
    shutil.copytree(hooks, world.clone / ".git" / "hooks")
    world.git("config", "core.hooksPath", str(hooks))
    world.get_ahead()


@case("settings: an address made of two parts")
def _(world: World) -> None:
    world.git("config", f"url.file://{world.folder}/.insteadOf", "work:")
    world.git("remote", "set-url", "origin", "work:remote.git")


@case("settings: another address for pushing")
def _(world: World) -> None:
    world.get_ahead()
    world.git("remote", "set-url", "origin", "file:///nowhere")
    world.git("remote", "set-url", "--push", "origin", world.url)


case(
    "settings: an address that is an option",
    3,
    says="no usable address",
    target=None,
    prepare=lambda w: w.git("config", "remote.origin.url", "--upload-pack=touch pwned"),
)

# --- The environment.

_NONSENSE = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_CONFIG",
    "GIT_SHALLOW_FILE",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_GRAFT_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_QUARANTINE_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_ATTR_SOURCE",
    "GIT_INTERNAL_SUPER_PREFIX",
]
case(
    "environment: where Git looks",
    prepare=lambda w: w.env.update({n: "/nonsense" for n in _NONSENSE}),
)
case(
    "environment: traces",
    prepare=lambda w: w.env.update(
        GIT_TRACE="1",
        GIT_TRACE_PACKET="1",
        GIT_TRACE_SETUP="1",
        GIT_TRACE2="1",
        GIT_TRACE2_EVENT="1",
        GIT_CURL_VERBOSE="1",
    ),
)
case(
    "environment: language, place, separators",
    prepare=lambda w: w.env.update(
        LC_ALL="tr_TR.UTF-8",
        LANG="zz_ZZ",
        LANGUAGE="de:fr",
        TZ="Nowhere/Land",
        IFS="0123456789abcdef/",
        CDPATH="/",
        COLUMNS="1",
        POSIXLY_CORRECT="1",
        GIT_PAGER="false",
        PAGER="false",
        EDITOR="false",
    ),
)
case(
    "environment: variables of the script",
    prepare=lambda w: w.env.update(
        {
            n: "1"
            for n in [
                "yes",
                "dry_run",
                "option_any_commit",
                "given",
                "log",
                "run",
                "child",
                "watch",
                "held",
                "starting",
                "scratch",
                "step",
                "truth",
                "remote",
                "commit",
                "tip",
                "found",
                "pushed",
                "status",
            ]
        }
    ),
)
case("environment: nothing", prepare=lambda w: [w.env.pop(n) for n in ("LANG", "TMPDIR")])
case(
    "environment: an override of the address",
    8,
    "--yes {good}",
    "https://shop.example/",
    lambda w: w.env.update(PRODUCTION_URL="https://shop.example/"),
)
case(
    "environment: a log folder",
    prepare=lambda w: w.env.update(ROLLBOOK_LOG_DIR=str(w.folder / "rollback-logs" / "deep")),
)
case(
    "environment: a log folder that cannot be",
    prepare=lambda w: w.env.update(ROLLBOOK_LOG_DIR="/dev/null/logs"),
)
case("environment: no temporary folder", prepare=lambda w: w.env.update(TMPDIR="/dev/null/nowhere"))
case(
    "environment: options of bash",
    prepare=lambda w: w.env.update(
        SHELLOPTS="errexit:noglob:noclobber:xtrace", PS4="$(touch pwned)"
    ),
)


@case("environment: functions of bash")
def _(world: World) -> None:
    names = "git printf kill read test [ wait command unset set trap exec export date sed tr rm mktemp sleep ps return exit umask cat :"
    world.env.update({f"BASH_FUNC_{n}%%": "() { touch pwned; }" for n in names.split()})


@case("no git", 3, says="the program 'git' is not on this machine", target=None, logged=False)
def _(world: World) -> None:
    _only(world, without="git")


@case("no ps")
def _(world: World) -> None:
    _only(world, without="ps")


def _only(world: World, without: str) -> None:
    """A PATH with what the script needs, and nothing else."""
    for name in [
        "[",
        "cat",
        "date",
        "fold",
        "git",
        "id",
        "mkdir",
        "mktemp",
        "od",
        "printf",
        "ps",
        "rm",
        "sed",
        "sha256sum",
        "sleep",
        "tail",
        "tr",
        "uname",
    ]:
        if name != without:
            (world.bin / name).symlink_to(shutil.which(name))
    world.env["PATH"] = str(world.bin)


@case("a clock that talks nonsense")
def _(world: World) -> None:
    world.program("date", "echo 'Thu Jan 1 $(touch pwned)'\n")


# --- The remote.

case(
    "no remote",
    3,
    says="this clone has no remote 'origin'",
    prepare=lambda w: w.git("remote", "remove", "origin"),
    target=None,
)
case(
    "a remote that is gone",
    5,
    says="the remote cannot be read",
    prepare=lambda w: w.git("remote", "set-url", "origin", f"file://{w.folder}/gone.git"),
    target=None,
)
case(
    "a remote without the branch",
    5,
    says="no production branch",
    prepare=lambda w: w.git("symbolic-ref", "HEAD", "refs/heads/gone", cwd=w.remote),
    target=None,
)
case(
    "production is another branch",
    4,
    says="is not in the history of the production branch",
    prepare=lambda w: w.git("symbolic-ref", "HEAD", "refs/heads/beside", cwd=w.remote),
    target=None,
)
case(
    "production was moved back",
    prepare=lambda w: w.git("update-ref", "refs/heads/main", w.commits[3], cwd=w.remote),
)
case(
    "production was moved back to it",
    4,
    says="rolls nothing back",
    prepare=lambda w: w.git("update-ref", "refs/heads/main", w.good, cwd=w.remote),
    target=None,
)
case(
    "the push is refused",
    5,
    says=("the remote refused the push", "nobody pushes at night", "is not on the remote"),
    prepare=lambda w: w.hook("pre-receive", "echo nobody pushes at night >&2\nexit 1\n"),
    target=None,
)
case(
    "the name is taken",
    5,
    says="the remote refused the push",
    prepare=lambda w: w.git("update-ref", "refs/heads/rollback", w.beside, cwd=w.remote),
    target=None,
)
case(
    "the branch does not stay",
    7,
    says="the push reported success, but the branch is not there",
    prepare=lambda w: w.hook(
        "post-receive", "while read -r old new ref; do git update-ref -d $ref; done\n"
    ),
    target=None,
)
case(
    "the branch is changed on arrival",
    7,
    says=("the branch holds another commit", "Do not use that branch"),
    prepare=lambda w: w.hook(
        "post-receive", f"while read -r old new ref; do git update-ref $ref {w.beside}; done\n"
    ),
    target="beside",
)
case(
    "a push that does nothing",
    7,
    says="is not there",
    prepare=lambda w: _git(w, "push", "exit 0"),
    target=None,
)
case(
    "a push that fails after it worked",
    says="The push reported an error, but the branch is there",
    prepare=lambda w: _git(w, "push", '"$GIT" "$@"; exit 1'),
)
case(
    "a fetch that is too old",
    3,
    says="this Git is too old",
    prepare=lambda w: (w.get_ahead(), _git(w, "fetch", "exit 129")),
    target=None,
)
case(
    "a push that reports more than a terminal holds",
    5,
    says="refused",
    prepare=lambda w: w.hook(
        "pre-receive",
        "for n in 1 2 3 4 5 6 7 8 9; do printf '\\033[31mA long sentence about a rule of this place, which nobody will ever read at night, number %s\\033[0m\\n' $n >&2; done\nexit 1\n",
    ),
    target=None,
)
case(
    "the read-back fails",
    7,
    says=("was pushed, but it cannot be read back", "git ls-remote"),
    prepare=lambda w: _git(
        w, "ls-remote", 'case $* in *rollback/*) exit 1 ;; esac; exec "$GIT" "$@"'
    ),
)
case(
    "push and read-back fail",
    5,
    says=("neither the push nor", "may or may not be"),
    prepare=lambda w: (
        _git(w, "ls-remote", 'case $* in *rollback/*) exit 1 ;; esac; exec "$GIT" "$@"'),
        w.hook("pre-receive", "exit 1"),
    ),
    target=None,
)


def _git(world: World, command: str, text: str) -> None:
    """A `git` that does something else for one of its commands."""
    real = shutil.which("git")
    world.program("git", f'GIT={real}\n[ "$1" != {command} ] || {{ {text}\n}}\nexec {real} "$@"\n')


@case("production moves while it is read", 5, says="moved while it was read", target=None)
def _(world: World) -> None:
    world.git("branch", "--quiet", "elsewhere", world.get_ahead(), cwd=world.remote)
    world.git("symbolic-ref", "HEAD", "refs/heads/elsewhere", cwd=world.remote)
    # The branch that HEAD names is another one by the time of the fetch; no ref is moved.
    _git(
        world,
        "fetch",
        f'printf "ref: refs/heads/beside\\n" >{world.remote}/HEAD; "$GIT" "$@"; code=$?; printf "ref: refs/heads/elsewhere\\n" >{world.remote}/HEAD; exit $code',
    )


@case("another repository format")
def _(world: World) -> None:
    # Abbreviations, names and checks must not count on 40 digits.
    for place in (world.remote, world.clone):
        shutil.rmtree(place)
    world.git(
        "init",
        "--quiet",
        "--template=",
        "--bare",
        "--object-format=sha256",
        str(world.remote),
        cwd=world.folder,
    )
    world.git(
        "init",
        "--quiet",
        "--template=",
        "--object-format=sha256",
        str(world.clone),
        cwd=world.folder,
    )
    world.commits.clear()
    for n in range(4):
        (world.clone / "file.txt").write_text(f"{n}\n")
        world.commit(f"Version {n}")
    world.git("remote", "add", "origin", world.url)
    world.git("push", "--quiet", "origin", "main")


@case("titles in many letters")
def _(world: World) -> None:
    (world.clone / "file.txt").write_text("x\n")
    world.commit(
        "\x1b[31mVersion Ünïcödé 日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語 $(touch pwned)",
        keep=False,
    )
    world.git("push", "--quiet", "origin", "main")


def problems_of(case: Case, w: World, shell: str) -> list[str]:
    """Runs one row in a fresh world; answers everything that is wrong."""
    case.prepare(w)
    known = {
        "good": w.commits[2], "good7": w.commits[2][:7], "GOOD": w.commits[2].upper(), "tip": w.commits[-1],
        "old-tip": w.commits[4] if len(w.commits) > 4 else "", "beside": w.beside, "object": getattr(w, "object", ""),
    }  # fmt: skip
    words = [_filled(word, known) for word in case.words]
    before = w.state()
    run = w.run(shell, *words)
    target = known[case.target] if case.target and case.code in (0, 7, 8) else None
    found = w.problems(before, run, target, logged=case.logged)
    if run.code != case.code:
        found.append(f"exit {run.code}, not {case.code}")
    found += [f"does not say: {s}" for s in case.says if s not in run.words]
    if "--dry-run" in words and w.state()[2] != before[2]:
        found.append("a dry run fetched objects")
    if list(w.folder.rglob("pwned")):
        found.append("a stranger's command was run")
    return [*found, run.said] if found else []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_situation(case: Case, world) -> None:
    under_all(scriptworld.here(), lambda shell: problems_of(case, world(), shell))


# What must not be left out of the script: text of it, what stands there instead, and a situation
# in which that has to be noticed.
MUTANTS = [
    ("^0 is dropped", "^0:refs/heads/", ":refs/heads/", "names like the commit"),
    ("the read-back is dropped", """0:*:"$commit")""", "0:*)", "a push that does nothing"),
    ("the read-back looks at no commit", """0:*:"$commit")""", "0:*:?*)", "the branch is changed on arrival"),
    ("the push decides", """  pushed=$?\n""", """  pushed=$?\n  [ "$pushed" -eq 0 ] || fail 5 "" ""\n""", "a push that fails after it worked"),
    ("the remote's name is used", """git push --quiet --no-verify --no-signed --no-follow-tags --recurse-submodules=no "${remote_url}" """, """git push --quiet --no-verify --no-signed --no-follow-tags --recurse-submodules=no "$remote" """, "settings: remote.origin.mirror"),
    ("the remote's name is fetched", """--recurse-submodules=no "${remote_url}" "${production_ref}" """, """--recurse-submodules=no "$remote" "${production_ref}" """, "settings: another address for pushing"),
    ("the push is forced", "git push --quiet", "git push --force --quiet", "a branch of that name is there"),
    ("tags follow", "--no-follow-tags", "--follow-tags", "a tag that would follow"),
    ("options of the push stay", "GIT_CONFIG_KEY_1=push.pushOption", "GIT_CONFIG_KEY_1=push.nothing", "settings: push.pushOption"),
    ("FETCH_HEAD is written", "--no-write-fetch-head ", "", "a clone that is behind"),
    ("the environment stays", "unset GIT_", ": GIT_", "environment: where Git looks"),
    ("ancestry is not asked", """git merge-base --is-ancestor""", ": git merge-base", "never in production"),
    ("the tip is accepted", """[ "$commit" != "$tip" ] ||""", ": ||", "the tip of production"),
    ("two commits are one", """[ "$count" -le 1 ] ||""", ": ||", "ambiguous digits"),
    ("any object will do", """[ "$kind" = commit ] || continue""", "", "a tag, no commit"),
    ("nobody says what is true", """  wrap warn "  What is true:  " "$truth"\n""", "", "the push is refused"),
    ("a failed push is a success", """not_published 5 "the remote refused the push." """, """finish 0 ok "" """, "the push is refused"),
    ("a failure ends with 0", """  finish "$1" failed""", """  finish 0 failed""", "no remote"),
    ("the end is not logged", """record outcome "$2" "$1" did "$did" verified "$verified" truth "$truth" """, "", "push only"),
    ("the log is not named", """say "Run log: $log" """, "say", "push only"),
    ("scratch files stay", """rm -rf "$scratch" """, ": ", "push only"),
    ("a dry run fetches", """  if [ -n "$dry_run" ]; then\n    say "  This clone""", """  if false; then\n    say "  This clone""", "a clone that is behind, dry run"),
    ("nobody is asked", """if [ -z "$yes" ] && [ -z "$dry_run" ] && [ ! -t 0 ]; then""", "if false; then", "no terminal and no yes"),
    ("a person is not needed", "finish 8 'a person must finish'", "finish 0 ok", "without push-only"),
    ("it checks out", "# --- Step 4: Move production", 'git checkout --quiet "$commit"', "without push-only"),
    ("a branch is made here", "# --- Step 4: Move production", 'git branch "$branch" "$commit"', "without push-only"),
    ("production is pushed", "# --- Step 4: Move production", 'git push --quiet --force "$remote_url" "$commit:refs/heads/main"', "without push-only"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "where"), MUTANTS, ids=[m[0] for m in MUTANTS])
def test_mutants_are_noticed(name, old, new, where, world) -> None:
    """A test that a broken script passes is worth nothing."""
    text = scriptworld.ROLLBACK.read_text()
    old, new = old.replace("\\n", "\n").rstrip(" "), new.replace("\\n", "\n").rstrip(" ")
    assert old in text, "the mutation no longer fits the script"
    w = world()
    w.script = w.folder / "mutant" / "rollback.sh"
    w.script.parent.mkdir()
    w.script.write_text(text.replace(old, new))
    assert problems_of(next(c for c in CASES if c.name == where), w, "dash")


def _filled(word: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        word = word.replace("{" + name + "}", value)
    return word


def test_shell_is_here(shell) -> None:
    """Says which shells were left out: the other tests use those that are installed."""


def test_names_are_unique() -> None:
    assert len({c.name for c in CASES}) == len(CASES)
