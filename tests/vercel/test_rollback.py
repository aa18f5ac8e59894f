"""rollback.sh moves production: against an API that keeps state, fails and lies as Vercel's does.

After every run: exit 0 only when the production domain serves the wanted commit and the
application answers; no token in any output or log; nothing changed in the clone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scripts.scriptworld import SHELLS, here
from tests.vercel import parity
from tests.vercel.emulator import TOKEN, Vercel
from tests.vercel.vercelworld import HOOK_SECRET, SCRIPTS, World

SCRIPT = SCRIPTS / "rollback.sh"


@pytest.mark.parametrize("shell", SHELLS)
def test_production_is_restored_and_verified(world, shell: str) -> None:
    if shell not in here():
        if os.environ.get("CI"):
            pytest.fail(f"{shell} is not installed")
        pytest.skip(f"{shell} is not installed")
    w = world()
    done = w.run(shell)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PRODUCTION IS PINNED" in done.stdout and not w.vercel.auto_assign
    (log,) = (w.folder / "clone/.git/rollback-log").glob("*.jsonl")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [x["step"] for x in lines if x["status"] == "ok"] == [
        "prove",
        "resolve",
        "publish",
        "move",
        "verify",
        "health",
        "outcome",
    ]
    (before,) = [x for x in lines if x["status"] == "before"]
    assert w.vercel.find(before["live_before"]).sha == w.shas[2]
    assert len([r for r in w.vercel.requests if r[0] == "POST"]) == 1


Setup = Callable[[World], None]


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
    """The bad deployment goes live again once somebody has seen the rollback live."""
    bad = w.vercel.live

    def again(vercel: Vercel) -> bool:
        if not vercel.auto_assign:
            vercel.assign(bad)
            return True
        return False

    w.vercel.after("GET", "/v13/deployments/127", again)


def rolled_back_elsewhere(part: str) -> Setup:
    """Somebody else makes the same rollback between two requests of this one."""

    def happens(vercel: Vercel) -> bool:
        vercel.auto_assign = False
        vercel.assign(vercel.deployments[0].uid)
        return True

    return lambda w: w.vercel.after("GET", part, happens)


def live_already(w: World) -> None:
    w.vercel.live = w.vercel.deployments[0].uid


def failing_build(w: World) -> None:
    create = w.vercel._create

    def broken(*arguments: object, **more: object):
        found = create(*arguments, **more)
        found.state = "ERROR"
        return found

    w.vercel._create = broken


# name: setup, options of the world, expected exit, words that must be said
SITUATIONS: dict[str, tuple[Setup | None, dict[str, object], int, str]] = {
    "never deployed: what the branch makes is built": (None, {"good": False}, 0, "build again"),
    "hobby plan does not reach back": (None, {"plan": "hobby"}, 0, "402"),
    "the alias takes a while": (None, {"alias_seconds": 1.5}, 0, "DONE"),
    "live already": (live_already, {}, 0, "live already"),
    "500, and it worked": (fault("POST", "/rollback/", status=500, after=True), {}, 0, "DONE"),
    "500 once": (fault("POST", "/rollback/", status=500), {}, 0, "asking again"),
    "500 always": (fault("POST", "/rollback/", status=500, times=9), {}, 5, "did not move"),
    "429 once": (fault("POST", "/rollback/", status=429), {}, 0, "asking again"),
    "409 always": (fault("POST", "/rollback/", status=409, times=9), {}, 5, "did not move"),
    "no answer, and it worked": (fault("POST", "/rollback/", hang=4, after=True), {}, 0, "DONE"),
    "connection cut, and it worked": (
        fault("POST", "/rollback/", cut=True, after=True),
        {},
        0,
        "DONE",
    ),
    "connection cut": (fault("POST", "/rollback/", cut=True), {}, 0, "asking again"),
    "403 at the rollback": (fault("POST", "/rollback/", status=403), {}, 5, "refused to roll back"),
    "422 at the rollback": (fault("POST", "/rollback/", status=422), {}, 0, "422"),
    "401": (fault("GET", "/projects/", status=401), {}, 5, "VERCEL_TOKEN"),
    "403": (fault("GET", "/projects/", status=403), {}, 5, "VERCEL_TOKEN"),
    "404": (fault("GET", "/projects/", status=404), {}, 5, "VERCEL_PROJECT_ID"),
    "429 at once": (fault("GET", "/projects/", status=429), {}, 5, "429"),
    "no answer at all": (fault("GET", "/projects/", hang=4), {}, 6, "did not answer"),
    "cut at once": (fault("GET", "/projects/", cut=True), {}, 6, "did not answer"),
    "not JSON": (
        fault("GET", "/deployments/127", body="<html>", after=True, times=9),
        {},
        5,
        "no live deployment",
    ),
    "201, and nothing was done": (fault("POST", "/rollback/", status=201), {}, 7, "something else"),
    "the job is skipped": (lie("skip_alias_job", True), {}, 7, "something else"),
    "another deployment goes live": (overtaken, {"alias_seconds": 0.3}, 7, "who else deploys"),
    "another goes live after the first look": (snatched, {}, 7, "who else deploys"),
    "somebody else has just done it": (rolled_back_elsewhere("/v6/"), {}, 0, "live already"),
    "somebody else does it now": (rolled_back_elsewhere("/v13/"), {}, 0, "DONE"),
    "somebody else did it at the start": (rolled_back_elsewhere("/v9/"), {}, 0, "live already"),
    "the build fails": (failing_build, {"good": False}, 5, "failed"),
    "unhealthy": (app(500, b"oops"), {}, 7, "GET /api/health: status 500"),
    "healthy in status only": (app(200, b'{"status": "degraded"}'), {}, 7, "does not say"),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_no_false_success(world, name: str) -> None:
    setup, options, code, words = SITUATIONS[name]
    w = world(**options)
    if setup:
        setup(w)
    done = w.run("dash")
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == code, said
    assert words in said
    if code:
        assert "What is true:" in said and "What to do:" in said


@pytest.mark.parametrize(
    "missing", ["VERCEL_TOKEN", "VERCEL_ORG_ID", "VERCEL_PROJECT_ID", "PRODUCTION_URL"]
)
def test_without_access_a_person_is_told_what_is_left(world, missing: str) -> None:
    w = world()
    done = w.run("dash", **{missing: None})
    assert done.returncode == 8
    assert f"missing: {missing}." in done.stdout
    assert "https://vercel.com/apgi-cmy/partpulse" in done.stdout
    assert "Production has not moved." in " ".join(done.stdout.split())
    assert w.vercel.requests == [] and w.live_sha == w.shas[2]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VERCEL_TOKEN", 'x" \n url = "http://x'),
        ("VERCEL_ORG_ID", "a&b=c"),
        ("VERCEL_PROJECT_ID", "../x"),
        ("PRODUCTION_URL", "https://a b"),
        ("PRODUCTION_URL", "https://x;touch pwned"),
        # Without a scheme curl takes http, and the token goes through the net in clear.
        ("VERCEL_API_URL", "127.0.0.1:{port}"),
        ("VERCEL_API_URL", "http://127.0.0.1.example:{port}"),
        ("VERCEL_API_URL", "http://api.vercel.com"),
        ("VERCEL_API_URL", "-o/dev/null"),
    ],
)
def test_values_that_could_say_something_else_are_refused(world, name: str, value: str) -> None:
    w = world()
    done = w.run("dash", **{name: value.format(port=w.vercel.url.rpartition(":")[2])})
    assert done.returncode == 3 and name in done.stderr
    assert w.vercel.requests == []


def test_push_only_and_dry_run_leave_production_alone(world) -> None:
    w = world()
    assert w.run("dash", "--yes", "--push-only", w.shas[0]).returncode == 0
    assert w.vercel.requests == []
    done = w.run("dash", "--dry-run", w.shas[0])
    assert done.returncode == 0, done.stderr
    assert not [r for r in w.vercel.requests if r[0] != "GET"]
    assert w.live_sha == w.shas[2]


def test_the_team_is_told_and_the_webhook_stays_secret(world) -> None:
    w = world()
    done = w.run("dash", ROLLBOOK_NOTIFY_URL=f"http://{w.app.host}/{HOOK_SECRET}")
    assert done.returncode == 0
    (message,) = w.app.told
    assert "PartPulse was rolled back." in json.loads(message)["text"]
    assert "TELL THE TEAM" not in done.stdout
    done = w.run("dash", ROLLBOOK_NOTIFY_URL="http://127.0.0.1:9/" + HOOK_SECRET)
    assert "TELL THE TEAM YOURSELF" in done.stdout


def test_the_migrations_between_are_told_and_stop_nobody(world) -> None:
    """The code goes back, and the database does not."""
    w = world()
    w.vercel.bare = None
    folder = w.folder / "clone/prisma/migrations"
    for name in ("1_first", "2_second", "3_third"):
        (folder / name).mkdir(parents=True)
        (folder / name / "migration.sql").write_text("alter table x;\n")
        w.git("add", "--all")
        w.git("commit", "--quiet", "--message", name)
        w.shas.append(w.git("rev-parse", "HEAD"))
        w.vercel.deploy(w.shas[-1], "production")
    w.git("push", "--quiet", "origin", "main")
    parity.record(w, "git")
    calls = str(w.folder / "calls")
    for words in (["--dry-run"], ["--yes"]):
        done = w.run("dash", *words, w.shas[3], serves=w.shas[3], CALLS=calls)
        assert done.returncode == 0, done.stderr
        said = " ".join(done.stderr.split())
        assert "WARNING: the database migrations of the two differ (prisma/migrations)" in said
        assert said.endswith("works with it. 2_second 3_third")
    (w.folder / "bin/git").unlink()
    shown = parity.shown(*PARITY["rollback.sh"][:2], "git")
    used = {line for call in parity.calls(w) for line in parity.found(shown, call)}
    # The clone is not behind.
    assert [line for line in shown if line not in used and " fetch " not in line] == []
    # Where there is nothing to warn of, or nobody can know, it says so.
    w.git("commit", "--quiet", "--allow-empty", "--message", "no migration")
    w.vercel.assign(w.vercel.deploy(w.git("rev-parse", "HEAD"), "production"))
    w.git("push", "--quiet", "origin", "main")
    done = w.run("dash", "--yes", w.shas[5], serves=w.shas[5])
    assert done.returncode == 0 and "No database migrations lie between the two" in done.stdout
    w.vercel.assign(w.vercel.deploy("c" * 40, "production"))
    done = w.run("dash", "--yes", w.shas[5], serves=w.shas[5])
    assert done.returncode == 0 and "Not checked: whether database migrations" in done.stdout


def lists(w: World) -> list[str]:
    return [path for _, path in w.vercel.requests if "&state=READY" in path]


def test_a_deployment_far_back_in_the_list_is_found(world) -> None:
    """Vercel lists so many at once; what is not among these need not be built again."""
    w = world(page=1)
    done = w.run("dash", "--dry-run", w.shas[0])
    assert f"roll back to {w.vercel.find_sha(w.shas[0])}" in done.stdout, done.stdout
    assert len(lists(w)) == 3
    # A list that answers with the same page for ever, or with one that is no older.
    w.vercel.requests.clear()
    page = w.vercel._page
    w.vercel._page = lambda query: page({**query, "until": []})
    done = w.run("dash", "--dry-run", w.shas[0])
    assert "There is no production deployment of" in done.stdout and len(lists(w)) == 2
    # Nor does one that is very long keep anybody waiting: ten pages, and that is said.
    w = world(page=1)
    for n in range(12):
        w.vercel.deploy(f"{n:040}", "production", ref="moved", once_production=True)
    done = w.run("dash", "--dry-run", w.shas[0])
    assert len(lists(w)) == 10 and "among the newest 10 " in " ".join(done.stdout.split())


def test_running_it_again_asks_for_nothing_twice(world) -> None:
    w = world()
    assert w.run("dash").returncode == 0
    posts = len([r for r in w.vercel.requests if r[0] == "POST"])
    done = w.run("dash")
    assert done.returncode == 0 and "live already" in done.stdout
    assert len([r for r in w.vercel.requests if r[0] == "POST"]) == posts


NOBODY = {"ROLLBOOK_NOTIFY_URL": "http://127.0.0.1:9/x"}
# script: the headings around its section, and runs that together take every path.
PARITY: dict[str, tuple[str, str, list[tuple[dict, list[str], dict]]]] = {
    "rollback.sh": (
        "### 4.3 ",
        "## 5. ",
        [
            ({"page": 1, "hide_aliases": True}, [], {}),
            ({"good": False}, [], NOBODY),
            ({"plan": "hobby", "pinned": True}, [], NOBODY),
        ],
    ),
    "vercel-rollback.sh": (
        "### 4.1 ",
        "### 4.2 ",
        [({"page": 1, "hide_aliases": True}, ["--yes"], NOBODY), ({}, ["--yes", "--undo"], {})],
    ),
}


@pytest.mark.parametrize("script", PARITY)
def test_the_document_shows_what_curl_is_called_with(world, script: str) -> None:
    """Every call of runs that take every path is shown; everything shown is called."""
    begin, end, runs = PARITY[script]
    shown = parity.shown(begin, end, "curl")
    assert len(shown) > 5
    used: set[str] = set()
    for options, arguments, more in runs:
        w = world(**{k: v for k, v in options.items() if k != "pinned"})
        w.vercel.auto_assign = "pinned" not in options
        w.app.sends_on = True
        if "--undo" in arguments:
            assert w.run("dash", "--yes", script=script, serves=w.shas[1]).returncode == 0
        parity.record(w, "curl")
        serves = {"--undo": w.shas[2], "--yes": w.shas[1]}[arguments[-1]] if arguments else None
        more = {**more, "CALLS": str(w.folder / "calls")}
        done = w.run("dash", *arguments, script=script, serves=serves, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        for call in parity.calls(w):
            assert not [word for word in call if TOKEN in word]
            found = parity.found(shown, call)
            assert found, call
            used.update(found)
    assert used == set(shown)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcdXYZ-_ 0", min_size=1, max_size=5), inner, max_size=4)
    ),
    max_leaves=15,
)
AWKS = [a for a in ("mawk", "gawk", "original-awk", "busybox") if shutil.which(a)]


def flat(value: object, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [line for k, v in value.items() for line in flat(v, f"{path}.{k}")]
    if isinstance(value, list):
        return [line for i, v in enumerate(value) for line in flat(v, f"{path}.{i}")]
    text = json.dumps(value)
    return [f"{path}\t{text[1:-1] if isinstance(value, str) else text}"]


@pytest.fixture(scope="module")
def flatten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader of JSON, cut out of the script as it is."""
    found = re.search(r"^flatten\(\) \{\n.*?^\}\n", SCRIPT.read_text(), re.MULTILINE | re.DOTALL)
    path = tmp_path_factory.mktemp("flatten") / "flatten.sh"
    path.write_text(found.group() + "flatten\n")
    return path


@pytest.mark.parametrize("awk", AWKS)
@settings(max_examples=60, deadline=None)
@given(value=JSON, indent=st.sampled_from([None, 2]))
def test_json_is_read_as_it_is(flatten: Path, awk: str, value: object, indent: int | None) -> None:
    command = "busybox awk" if awk == "busybox" else awk
    script = flatten.read_text().replace("  awk '", f"  {command} '", 1)
    done = subprocess.run(
        ["dash", "-c", script],
        input=json.dumps({"v": value}, indent=indent),
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C"},
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == flat({"v": value})


def test_many_at_once_harm_nothing(world) -> None:
    w = world()

    def run(_: int) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["dash", str(SCRIPT), "--yes", w.shas[0]],
            cwd=w.folder / "clone",
            env=w.environment(),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(run, range(3)))
    assert [x.returncode for x in done] == [0, 0, 0], [x.stdout + x.stderr for x in done]
    assert w.live_sha == w.shas[0]
