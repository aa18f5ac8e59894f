"""git-rollback.sh restores production through the production branch: real Git, the API's stand-in.

After every run: exit 0 only when production serves the good version's files; nothing in the
clone has changed; history on the remote only grows; no token in any output or log.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from generator.rehearsal.vercel import Deployment
from tests.scripts.scriptworld import (
    SHELLS,
    difference,
    end_session,
    here,
    session,
    shell_command,
    snapshot,
)
from tests.vercel import parity
from tests.vercel.emulator import TOKEN, Vercel
from tests.vercel.vercelworld import SCRIPTS, World

SCRIPT = "git-rollback.sh"
DIRECT = ("--yes", "--to-production")
MAIN = "refs/heads/main"
Setup = Callable[[World], object]


def identity(w: World) -> None:
    w.git("config", "user.name", "A Person")
    w.git("config", "user.email", "person@example.com")


@pytest.fixture
def made(world):
    """A World in which Git knows who works there."""

    def make(**options: object) -> World:
        w = world(**options)
        identity(w)
        return w

    return make


# --- What the tests look at, and what they do to the remote.


def remote(w: World, *words: str) -> str:
    return w.git(*words, cwd="remote.git")


def refs(w: World) -> dict[str, str]:
    listed = remote(w, "for-each-ref", "--format=%(refname) %(objectname)")
    return dict(line.split(" ") for line in listed.splitlines())


def posts(w: World) -> list[str]:
    return [path for method, path in w.vercel.requests if method == "POST"]


def in_turn(names: object, name: str) -> str:
    """Another shell for every row of a table."""
    shells = here()
    return shells[list(names).index(name) % len(shells)]


def said(done: subprocess.CompletedProcess) -> str:
    return " ".join((done.stdout + done.stderr).split())


def run(w: World, *words: str, shell: str = "dash", **more: str | None):
    """Runs the script; whatever its end, the clone is as it was and the remote lost nothing."""
    w.git("status")  # brings the index's own notes up to date
    files, branches = snapshot(w.folder / "clone"), refs(w)
    done = w.run(shell, *(words or DIRECT), w.shas[0], script=SCRIPT, **more)
    assert difference(files, snapshot(w.folder / "clone")) == []
    check_remote(w, branches)
    if done.returncode not in (0, 2):
        assert "What to do:" in done.stderr or "A PERSON MUST FINISH" in done.stdout
    return done


def check_remote(w: World, before: dict[str, str]) -> None:
    """Whatever is new is one commit with the good files on top of what production was."""
    after = refs(w)
    assert before.keys() <= after.keys()
    for name, sha in after.items():
        if sha in (before.get(name), getattr(w, "theirs", None)):
            continue
        assert name == MAIN or name.startswith("refs/heads/rollback/")
        assert remote(w, "rev-parse", f"{sha}^@") == before[MAIN], "history was rewritten"
        assert w.tree(sha) == w.tree(w.shas[0])


def somebody_commits(w: World, tree: str | None = None) -> str:
    """A commit on top of production that the clone does not know, not yet on the branch."""
    tip = refs(w)[MAIN]
    tree = tree or remote(w, "rev-parse", f"{w.shas[1]}^{{tree}}")
    w.theirs = remote(w, "commit-tree", "-p", tip, "-m", "somebody's", tree)
    return w.theirs


def program(w: World, name: str, text: str) -> None:
    path = w.folder / "bin" / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


def hook(w: World, name: str, text: str) -> None:
    path = w.folder / "remote.git/hooks" / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


GIT = shutil.which("git")


# --- The way it should be.


@pytest.mark.parametrize("shell", SHELLS)
def test_production_is_restored_through_its_branch(made, shell: str) -> None:
    if shell not in here():
        if os.environ.get("CI"):
            pytest.fail(f"{shell} is not installed")
        pytest.skip(f"{shell} is not installed")
    w = made()
    old = refs(w)[MAIN]
    done = run(w, shell=shell)
    assert done.returncode == 0, done.stdout + done.stderr
    new = refs(w)[MAIN]
    assert w.live_sha == new != old
    assert remote(w, "log", "-1", "--format=%an %ae %cn %s", new) == (
        f"A Person person@example.com A Person Roll back to {w.shas[0][:12]}"
    )
    assert posts(w) == []
    (log,) = (w.folder / "clone/.git/rollback-log").iterdir()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [x["step"] for x in lines if x["status"] == "ok"] == [
        "prove",
        "identify",
        "revert",
        "publish",
        "deploy",
        "verify",
        "health",
        "outcome",
    ]
    (before,) = [x for x in lines if x["status"] == "before"]
    assert w.vercel.find(before["live_before"]).sha == w.shas[2]


def merged(w: World, how: str) -> None:
    """What the button of a pull request does, in each of its forms."""
    (branch,) = [n for n in refs(w) if n.startswith("refs/heads/rollback/")]
    tip, head = refs(w)[MAIN], refs(w)[branch]
    parents = {"merge": ("-p", tip, "-p", head), "squash": ("-p", tip), "fast-forward": ()}[how]
    if parents:
        head = remote(w, "commit-tree", *parents, "-m", "Merge", f"{head}^{{tree}}")
    remote(w, "update-ref", MAIN, head)


@pytest.mark.parametrize(
    ("how", "shell"), [("merge", "dash"), ("squash", "busybox"), ("fast-forward", "mksh")]
)
def test_a_pull_request_is_merged_and_the_same_command_goes_on(made, how: str, shell: str) -> None:
    w = made()
    shell = shell if shell in here() else "dash"
    done = run(w, "--yes", shell=shell)
    assert done.returncode == 8, said(done)
    (branch,) = [n for n in refs(w) if n.startswith("refs/heads/rollback/")]
    assert f"from {branch.removeprefix('refs/heads/')} into main" in said(done)
    assert "run the same command again" in said(done) and w.shas[0] in done.stdout
    assert "https://github.com" not in done.stdout
    assert w.live_sha == w.shas[2] and not posts(w)

    merged(w, how)
    before = refs(w)
    done = run(w, "--yes", shell=shell)
    assert done.returncode == 0, said(done)
    assert "already holds that version's files" in said(done)
    assert refs(w) == before and w.live_sha == before[MAIN]

    # And once more: nothing is left to do, and nothing is asked for.
    done = run(w)
    assert done.returncode == 0 and refs(w) == before and posts(w) == []


def test_the_branch_s_name_is_the_remote_s(made) -> None:
    w = made()
    remote(w, "branch", "--move", "main", "release")
    remote(w, "symbolic-ref", "HEAD", "refs/heads/release")
    w.vercel.production_branch = "release"
    w.vercel.watch(w.folder / "remote.git")
    w.git("fetch", "--quiet")
    done = w.run("dash", *DIRECT, w.shas[0], script=SCRIPT)
    assert done.returncode == 0, said(done)
    assert "push to the production branch release" in said(done) and MAIN not in refs(w)


# --- The side of Vercel.


def fault(method: str, part: str, **what: object) -> Setup:
    return lambda w: w.vercel.fault(method, part, **what)


def lie(name: str, value: object) -> Setup:
    return lambda w: setattr(w.vercel, name, value)


def app(status: int, body: bytes) -> Setup:
    def change(w: World) -> None:
        w.app.status, w.app.body = status, body

    return change


def overtaken(w: World) -> None:
    w.vercel.overtake = w.vercel.live


def snatched(w: World) -> None:
    """The bad deployment goes live again once somebody has seen the good one live."""
    bad = w.vercel.live

    def again(vercel: Vercel) -> bool:
        if vercel.live == bad:
            return False
        vercel.assign(bad)
        return True

    w.vercel.after("GET", "/v13/deployments/127", again)


def moved_elsewhere(w: World) -> None:
    """While the script waits for the build, somebody moves production to something else."""
    w.vercel.after("GET", "/v6/", lambda v: v.assign(v.deployments[1].uid) or True)


def builds(state: str) -> Setup:
    def change(w: World) -> None:
        create = w.vercel._create

        def made(*arguments: object, **more: object) -> Deployment:
            found = create(*arguments, **more)
            found.state = state
            return found

        w.vercel._create = made

    return change


def carried_out(w: World) -> None:
    """What is queued happens once the script has looked three more times."""
    looks = []

    def look(vercel: Vercel) -> bool:
        if vercel.queued:
            looks.append(1)
        if len(looks) < 3:
            return False
        vercel.run_queue()
        return True

    w.vercel.queue_promotions = True
    w.vercel.after("GET", "/v13/deployments/127", look)


def pinned_on_it(w: World) -> None:
    """An earlier run got as far as that: live, but nothing goes live by itself any more."""
    assert w.run("dash", *DIRECT, w.shas[0], script=SCRIPT).returncode == 0
    w.vercel.auto_assign = False


def never_built(w: World) -> None:
    """The project no longer builds from this repository. Only the waiting is made short."""
    w.vercel.bare = None
    program(w, "sleep", f'[ "$1" != 1 ] || exec {shutil.which("sleep")} 0.25\n')


OFF = {"auto_assign": False}
PROMOTE = ("POST", "/promote/")
# name: setup, options of the world, expected exit, words that must be said, POSTs (None: any)
SITUATIONS: dict[str, tuple[Setup | None, dict[str, object], int, str, int | None]] = {
    "assignment off": (None, OFF, 0, "promoting it builds nothing", 1),
    "assignment off, live already": (pinned_on_it, {}, 0, "Automatic assignment is OFF", 0),
    "the alias takes a while": (None, {**OFF, "alias_seconds": 1.5}, 0, "DONE", 1),
    "queued, and done later": (carried_out, OFF, 0, "queued it", 1),
    "queued, and never done": (lie("queue_promotions", True), OFF, 6, "queued the promotion", 1),
    "201, and nothing was done": (fault(*PROMOTE, status=201), OFF, 7, "something else", 1),
    "the job is skipped": (lie("skip_alias_job", True), OFF, 7, "something else", 1),
    "another overtakes": (overtaken, {**OFF, "alias_seconds": 0.3}, 7, "who else deploys", 1),
    "another goes live after the first look": (snatched, {}, 7, "who else deploys", 0),
    "moved elsewhere meanwhile": (moved_elsewhere, OFF, 7, "somebody else has moved", 0),
    "500, and it worked": (fault(*PROMOTE, status=500, after=True), OFF, 0, "DONE", 1),
    "500 once": (fault(*PROMOTE, status=500), OFF, 0, "asking again", 2),
    "500 always": (fault(*PROMOTE, status=500, times=9), OFF, 5, "did not move", 3),
    "409 always": (fault(*PROMOTE, status=409, times=9), OFF, 5, "did not move", 3),
    "429 once": (fault(*PROMOTE, status=429), OFF, 0, "asking again", 2),
    "no answer, and it worked": (fault(*PROMOTE, hang=4, after=True), OFF, 0, "DONE", 1),
    "cut, and it worked": (fault(*PROMOTE, cut=True, after=True), OFF, 0, "DONE", 1),
    "cut": (fault(*PROMOTE, cut=True), OFF, 0, "asking again", 2),
    "402 at the promotion": (fault(*PROMOTE, status=402), OFF, 5, "promote the deployment", 1),
    "403 at the promotion": (fault(*PROMOTE, status=403), OFF, 5, "refused to promote", 1),
    "422 at the promotion": (fault(*PROMOTE, status=422), OFF, 5, "promote the deployment", 1),
    "the build fails": (builds("ERROR"), {}, 5, "failed on Vercel", 0),
    "the build is cancelled": (builds("CANCELED"), {}, 5, "failed on Vercel", 0),
    "never built": (never_built, {}, 6, "has made no production deployment", 0),
    "the list fails for a while": (fault("GET", "/v6/", status=500, times=3), {}, 0, "DONE", 0),
    "the list is forbidden": (fault("GET", "/v6/", status=403), {}, 5, "VERCEL_TOKEN", 0),
    "401": (fault("GET", "/projects/", status=401), {}, 5, "VERCEL_TOKEN", 0),
    "404": (fault("GET", "/projects/", status=404), {}, 5, "VERCEL_PROJECT_ID", 0),
    "429": (fault("GET", "/projects/", status=429), {}, 5, "429", 0),
    "no answer at all": (fault("GET", "/projects/", hang=4), {}, 6, "did not answer", 0),
    "cut at once": (fault("GET", "/projects/", cut=True), {}, 6, "did not answer", 0),
    "not JSON": (
        fault("GET", "/deployments/127", body="<html>", after=True, times=9),
        {},
        5,
        "no live deployment",
        0,
    ),
    "unhealthy": (app(500, b"oops"), {}, 7, "GET /api/health: status 500", 0),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_no_false_success(made, name: str) -> None:
    setup, options, code, words, count = SITUATIONS[name]
    options = dict(options)
    # The versions before the rollback went live as they should.
    auto_assign = options.pop("auto_assign", True)
    w = made(**options)
    w.vercel.auto_assign = auto_assign
    if setup:
        setup(w)
    done = run(w, shell=in_turn(SITUATIONS, name))
    assert done.returncode == code, said(done)
    assert words in said(done)
    assert len(posts(w)) == count
    if code:
        assert "What is true:" in said(done) and "What to do:" in said(done)
        if "at the promotion" in name:
            assert "may have been" not in said(done)


def test_without_access_a_person_is_told_what_is_left(made) -> None:
    w = made()
    done = run(w, VERCEL_TOKEN=None)
    assert done.returncode == 8 and w.vercel.requests == []
    assert "missing: VERCEL_TOKEN." in done.stdout
    assert "https://vercel.com/apgi-cmy/partpulse" in done.stdout
    assert "the production branch main holds the revert commit" in said(done)


# --- The side of Git.


def protected(w: World) -> None:
    hook(
        w,
        "pre-receive",
        'while read -r _ _ ref; do [ "$ref" != refs/heads/main ] || exit 1; done\n',
    )


def undone(w: World) -> None:
    hook(w, "post-receive", f"git update-ref {MAIN} {w.shas[2]}\n")


def before_git(word: str, text: str) -> Setup:
    """Something happens once, right before Git is called with that word."""

    def change(w: World) -> None:
        theirs = somebody_commits(w)
        mark = w.folder / "happened"
        happens = text.format(theirs=theirs, remote=w.folder / "remote.git", main=MAIN, git=GIT)
        program(
            w,
            "git",
            f'case " $* " in *" {word} "*) [ -e {mark} ] || {{ : >{mark}; {happens}; }} ;; esac\n'
            f'exec {GIT} "$@"\n',
        )

    return change


THEY_PUSH = "{git} --git-dir={remote} update-ref {main} {theirs}"


def they_push_on_top(w: World) -> None:
    """Right after the push somebody else pushes too."""
    hook(
        w,
        "post-receive",
        f"git update-ref {MAIN} $(git -c user.name=b -c user.email=b@b.example commit-tree"
        f" -p {MAIN} -m more {w.shas[1]}^{{tree}})\n",
    )


def push_says_error(w: World) -> None:
    program(w, "git", f'{GIT} "$@" || exit\ncase $1 in push) exit 1 ;; esac\n')


def nobody(w: World) -> None:
    w.git("config", "--unset", "user.name")
    w.git("config", "--unset", "user.email")
    w.git("config", "user.useConfigOnly", "true")


def signs(w: World) -> None:
    program(w, "gpg-stub", f": >{w.folder}/signed; sleep 60\n")
    w.git("config", "commit.gpgSign", "true")
    w.git("config", "push.gpgSign", "if-asked")
    w.git("config", "gpg.program", str(w.folder / "bin/gpg-stub"))


def detached_remote(w: World) -> None:
    """Nobody says which branch production is: neither Vercel nor the remote."""
    w.vercel.link = False
    remote(w, "update-ref", "--no-deref", "HEAD", w.shas[2])


def again_as_partial(kind: str) -> Setup:
    def change(w: World) -> None:
        for name in ("allowFilter", "allowAnySHA1InWant"):
            remote(w, "config", f"uploadpack.{name}", "true")
        w.clone_again(f"--filter={kind}", "--no-checkout")

    return change


def again_as_shallow(w: World) -> None:
    w.shas.pop(0)
    w.clone_again("--depth=2")


def never(w: World) -> None:
    """The wanted version was never on the production branch."""
    w.shas[0] = w.git("commit-tree", "-p", w.shas[1], "-m", "v0", f"{w.shas[0]}^{{tree}}")
    w.git("push", "--quiet", "origin", f"{w.shas[0]}:refs/heads/side")


def clone_again(w: World, *words: str) -> None:
    shutil.rmtree(w.folder / "clone")
    w.git("clone", "--quiet", *words, f"file://{w.folder}/remote.git", "clone", cwd=".")
    identity(w)


# name: setup, options, expected exit, words, whether main now holds the revert commit
GIT_SITUATIONS: dict[str, tuple[Setup, tuple[str, ...], int, str, bool]] = {
    "protected": (protected, DIRECT, 5, "without --to-production", False),
    "protected, with a pull request": (protected, ("--yes",), 8, "Left to do", False),
    "push undone": (undone, DIRECT, 7, "undoes pushes", False),
    "push says error": (push_says_error, DIRECT, 0, "but the branch holds the commit", True),
    "moved while it was read": (
        before_git("--symref", THEY_PUSH), DIRECT, 5, "moved while it was read", False
    ),
    "moved before the push": (before_git("push", THEY_PUSH), DIRECT, 5, "moved meanwhile", False),
    "moved, with a pull request": (
        before_git("--symref", THEY_PUSH), ("--yes",), 5, "moved while it was read", False
    ),
    "unreadable after the push": (
        before_git("push", "mv {remote}/HEAD {remote}/HEAD2"), DIRECT, 5, "neither the push", False
    ),
    "nobody": (nobody, DIRECT, 3, "git config user.email", False),
    "signs commits": (signs, DIRECT, 0, "DONE", True),
    "the remote's HEAD is no branch": (
        detached_remote, ("--yes",), 5, "does not say", False
    ),
    "Vercel names no repository": (
        lambda w: setattr(w.vercel, "link", False), DIRECT, 4, "does not say which branch", False
    ),
    "never in production": (
        never, ("--yes", "--any-commit"), 8, "git-rollback.sh --any-commit", False
    ),
    "no blobs": (again_as_partial("blob:none"), DIRECT, 0, "DONE", True),
    "no trees": (again_as_partial("tree:0"), DIRECT, 0, "DONE", True),
    "shallow": (again_as_shallow, DIRECT, 0, "DONE", True),
}  # fmt: skip


@pytest.mark.parametrize("name", GIT_SITUATIONS)
def test_situations_of_git(made, monkeypatch, name: str) -> None:
    setup, words, code, wanted, published = GIT_SITUATIONS[name]
    monkeypatch.setattr(World, "clone_again", clone_again, raising=False)
    w = made()
    setup(w)
    if name == "unreadable after the push":
        done = w.run("dash", *words, w.shas[0], script=SCRIPT)
        (w.folder / "remote.git/HEAD2").rename(w.folder / "remote.git/HEAD")
    else:
        done = run(w, *words, shell=in_turn(GIT_SITUATIONS, name))
    assert done.returncode == code, said(done)
    assert wanted in said(done)
    assert (w.tree(refs(w)[MAIN]) == w.tree(w.shas[0])) == published
    assert not (w.folder / "signed").exists()
    if not published:
        assert not posts(w)


def test_somebody_pushes_right_after_the_push(made) -> None:
    w = made()
    they_push_on_top(w)
    done = w.run("dash", *DIRECT, w.shas[0], script=SCRIPT)
    assert done.returncode == 7, said(done)
    assert "holds another commit" in said(done) and not posts(w)


def dirty(w: World) -> None:
    clone = w.folder / "clone"
    (clone / "stashed").write_text("s")
    w.git("stash", "--include-untracked", "--quiet")
    (clone / "file").write_text("staged")
    w.git("add", "file")
    (clone / "file").write_text("not staged")
    (clone / "untracked").write_text("u")
    (clone / ".git/info/exclude").write_text("ignored\n")
    (clone / "ignored").write_text("i")


def deleted(w: World) -> None:
    (w.folder / "clone/file").unlink()


def detached(w: World) -> None:
    w.git("checkout", "--quiet", w.shas[1])


def halfway(*command: str) -> Setup:
    """A merge or a rebase that stopped at a conflict."""

    def change(w: World) -> None:
        w.git("checkout", "--quiet", "-b", "side", w.shas[0])
        (w.folder / "clone/file").write_text("another")
        w.git("commit", "--quiet", "--all", "--message", "side")
        with pytest.raises(subprocess.CalledProcessError):
            w.git(*command, "main")

    return change


@pytest.mark.parametrize(
    "mess",
    [dirty, deleted, detached, halfway("merge"), halfway("rebase")],
    ids=["dirty", "deleted", "detached", "merge", "rebase"],
)
def test_whatever_the_clone_is_in_the_middle_of_stays(made, mess: Setup) -> None:
    """`run` compares every file of the clone, the index among them."""
    w = made()
    mess(w)
    done = run(w)
    assert done.returncode == 0, said(done)


def test_a_dry_run_touches_nothing(made) -> None:
    w = made()
    for words in (("--dry-run",), ("--dry-run", "--to-production")):
        before = refs(w), snapshot(w.folder / "clone/.git/objects")
        done = w.run("dash", *words, w.shas[0], script=SCRIPT)
        assert done.returncode == 0, said(done)
        assert "would push" in said(done) and "Dry run: nothing was changed." in done.stdout
        assert (refs(w), snapshot(w.folder / "clone/.git/objects")) == before
        assert posts(w) == [] and not (w.folder / "clone/.git/rollback-log").exists()


def test_migrations_between_the_versions_are_told(made) -> None:
    """From wherever in the clone the script is started."""
    w = made()
    place = w.folder / "clone/prisma/migrations/20260101_parts"
    place.mkdir(parents=True)
    (place / "migration.sql").write_text("CREATE TABLE parts ();")
    w.git("add", "prisma")
    w.git("commit", "--quiet", "--message", "parts")
    w.git("push", "--quiet", "origin", "main")
    for folder in ("clone", "clone/prisma"):
        done = subprocess.run(
            ["dash", str(SCRIPTS / SCRIPT), "--dry-run", w.shas[0]],
            cwd=w.folder / folder,
            env=w.environment(GIT_LITERAL_PATHSPECS="1"),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, said(done)
        assert "WARNING: DATABASE MIGRATIONS" in done.stderr
        assert "A prisma/migrations/20260101_parts/migration.sql" in done.stderr
    assert run(w).returncode == 0
    assert "DATABASE" not in run(w).stderr


# --- Interrupted.

_LEADER = ["/bin/sh", "-c", 'WORLD_PID=$$; export WORLD_PID; exec "$@"', "start"]


@pytest.mark.parametrize("name", ["INT", "TERM", "KILL"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("at", ["commit-tree", "push", "promote"])
def test_ended_at_any_moment_a_second_run_succeeds(made, at: str, moment: str, name: str) -> None:
    w = made()
    w.vercel.auto_assign = False
    real = shutil.which("curl" if at == "promote" else "git")
    kill = f'kill -{name} {"-" if name == "INT" else ""}"$WORLD_PID"'
    act = {"before": f'{kill}; exec {real} "$@"', "after": f'{real} "$@"; s=$?; {kill}; exit $s'}
    program(
        w,
        "curl" if at == "promote" else "git",
        f'case " $* " in *" {at} "* | */{at}/*) {act[moment]} ;; esac\nexec {real} "$@"\n',
    )
    branches = refs(w)
    with (w.folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [*_LEADER, *shell_command("dash", w.folder), SCRIPTS / SCRIPT, *DIRECT, w.shas[0]],
            cwd=w.folder / "clone",
            env=w.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code = process.wait(60)
    patience = time.monotonic() + 20
    while session(process.pid) and time.monotonic() < patience:
        time.sleep(0.05)
    left = session(process.pid)
    end_session(process.pid)
    text = (w.folder / "output").read_text()
    assert code == {"INT": 130, "TERM": 143, "KILL": -signal.SIGKILL}[name], text
    assert left == [] and TOKEN not in text
    assert name == "KILL" or "What is true:" in text
    check_remote(w, branches)

    for path in (w.folder / "bin/git", w.folder / "bin/curl"):
        path.unlink(missing_ok=True)
    for path in (w.folder / "tmp").iterdir():
        shutil.rmtree(path)
    done = run(w)
    assert done.returncode == 0, said(done)
    assert remote(w, "rev-list", "--count", f"{branches[MAIN]}..{MAIN}") == "1"


# --- The pull request.

ADDRESSES = {
    "https://github.com/apgi-cmy/PartPulse": "apgi-cmy/PartPulse",
    "https://github.com/apgi-cmy/PartPulse.git": "apgi-cmy/PartPulse",
    "https://oncall:s3cr3t@github.com/apgi-cmy/PartPulse.git": "apgi-cmy/PartPulse",
    "git@github.com:apgi-cmy/PartPulse.git": "apgi-cmy/PartPulse",
    "ssh://git@github.com/apgi-cmy/PartPulse.git/": "apgi-cmy/PartPulse",
    "ssh://git@ssh.github.com:443/apgi-cmy/PartPulse.git": "apgi-cmy/PartPulse",
    "https://github.com.example/apgi-cmy/PartPulse": None,
    "https://oncall:s3cr3t@gitlab.com/github.com/PartPulse": None,
    "https://gitlab.com/x@github.com/apgi-cmy/PartPulse": None,
    "https://github.com/apgi-cmy": None,
    "https://github.com/apgi-cmy/$(touch pwned)": None,
}


GITHUB = {
    "type": "github",
    "org": "APGI-cmy",
    "repo": "PartPulse",
    "productionBranch": "main",
}


def at_address(w: World, address: str) -> None:
    """Lets the clone believe that its remote lies there; what is sent there goes to the folder."""
    w.git("remote", "set-url", "origin", address)
    w.vercel.link = False  # nothing to compare it with
    program(
        w,
        "git",
        "for word; do shift; case $word in *://* | *@*:*) "
        f'[ "$1" = x ] || word={w.folder}/remote.git ;; esac; set -- "$@" "$word"; done\n'
        f'exec {GIT} "$@"\n',
    )


@pytest.mark.parametrize("address", ADDRESSES)
def test_only_github_gets_a_link(made, address: str) -> None:
    w = made()
    at_address(w, address)
    done = run(w, "--yes", shell=in_turn(ADDRESSES, address))
    assert done.returncode == 8, said(done)
    assert "s3cr3t" not in done.stdout + done.stderr
    (branch,) = [n[11:] for n in refs(w) if n.startswith("refs/heads/rollback/")]
    link = f"https://github.com/{ADDRESSES[address]}/compare/main...{branch}?expand=1"
    assert (link in done.stdout) == bool(ADDRESSES[address])
    assert ("https://github.com/" in done.stdout) == bool(ADDRESSES[address])


GH_SECRET = "gho_n0tforprint"
GHS = {
    "works": ("echo https://github.com/apgi-cmy/PartPulse/pull/7", "pull/7", "opened"),
    "not logged in": ("exit 1", "compare/main", "not logged in"),
    "fails": ('[ "$1" != pr ] || exit 1', "compare/main", "could not open"),
    "hangs": ('[ "$1" != pr ] || tail -f /dev/null', "compare/main", "could not open"),
    "speaks nonsense": ("echo https://github.com/apgi-cmy/PartPulse/pull/7x", "compare/main", ""),
}


@pytest.mark.parametrize("name", GHS)
def test_gh_opens_the_pull_request_where_it_can(made, name: str) -> None:
    act, link, words = GHS[name]
    w = made()
    at_address(w, "git@github.com:apgi-cmy/PartPulse.git")
    secret = f"echo {GH_SECRET} | tee /dev/stderr"
    parity.record(w, "gh", f"{secret}\n{act}\n{secret}")
    done = run(
        w, "--yes", shell=in_turn(GHS, name), CALLS=str(w.folder / "calls"), GH_TOKEN=GH_SECRET
    )
    assert done.returncode == 8, said(done)
    assert GH_SECRET not in done.stdout + done.stderr + (w.folder / "calls").read_text()
    assert f"https://github.com/apgi-cmy/PartPulse/{link}" in done.stdout and words in done.stdout


# --- Document and script.

# Commands of Git that only look at what is in the clone; the script may use them unshown.
LOOKING = {"rev-parse", "cat-file", "log", "rev-list", "--no-pager"}


def test_the_document_shows_what_git_curl_and_gh_are_called_with(made) -> None:
    """Every call of runs that take every path is shown; everything shown is called."""
    shown = {p: parity.shown("### 4.2 ", "### 4.3 ", p) for p in ("git", "curl", "gh")}
    assert [len(x) for x in shown.values()] == [15, 8, 2]
    used: set[str] = set()
    for words, code in ((DIRECT, 0), (("--yes",), 8)):
        w = made()
        w.vercel.auto_assign = False
        remote(w, "update-ref", MAIN, somebody_commits(w))
        w.shas[2] = w.theirs
        at_address(w, "git@github.com:apgi-cmy/PartPulse.git")
        w.vercel.link = GITHUB
        w.vercel.hide_aliases = w.app.sends_on = True
        shutil.move(w.folder / "bin/git", w.folder / "git-there")
        parity.record(w, "git", f'exec {w.folder}/git-there "$@"')
        parity.record(w, "curl")
        parity.record(w, "gh", ":")
        # The webhook's address reaches curl on its standard input.
        more = {"CALLS": str(w.folder / "calls"), "ROLLBOOK_NOTIFY_URL": "http://127.0.0.1:9/x"}
        done = w.run("dash", *words, w.shas[0], script=SCRIPT, **more)
        assert done.returncode == code, said(done)
        for call in parity.calls(w):
            lines = parity.found(shown[call[0]], call)
            assert lines or (call[0] == "git" and call[1] in LOOKING | {"show-ref", "status"}), call
            used.update(lines)
    assert used == {line for lines in shown.values() for line in lines}
