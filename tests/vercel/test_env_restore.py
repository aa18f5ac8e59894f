"""env-restore.sh saves, compares and puts back production's variables, and shows no value to anyone.

After every run: no value and no token in any output, log or argument list; what is saved can be
read by its owner only; exit 0 of a restore means that each variable has its old value byte for
byte and that the live deployment was built with it.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from queue import SimpleQueue

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.scripts.scriptworld import SHELLS, here, needs, shell_command
from tests.vercel.emulator import TOKEN, Vercel
from tests.vercel.vercelworld import DOCUMENT, HOOK_SECRET, SCRIPTS, World

SCRIPT = SCRIPTS / "env-restore.sh"
# Part of every value of these tests but those that are made up, and part of nothing else.
MARK = "v4lue"
HOSTILE = f"""{MARK} "q" 'a' \\ \\\\ \\n $HOME `x` $(touch pwned) %s\t\r\n-----BEGIN KEY-----\n\nü✓😀\u2028 {{"envs":["""
OLD = {
    "DATABASE_URL": HOSTILE,
    "FLAG": f"{MARK}-on",
    "GONE": f"{MARK} gone\\",
    "SAME": f"{MARK}",
}
ALL = ("DATABASE_URL", "FLAG", "GONE", "EXTRA")

CURL = """#!/bin/sh
for word in "$@"; do printf '%s\\036' "$word"; done >>"$CALLS"
printf '\\035' >>"$CALLS"
[ -z "${{KILL_HOW:-}}" ] || echo >>"$CALLS.count"
if [ -n "${{KILL_HOW:-}}" ] && [ "$(wc -l <"$CALLS.count")" -eq "$KILL_AT" ]; then
  case $KILL_HOW in after*) {curl} "$@" ;; esac
  kill "-${{KILL_HOW#* }}" "$SCRIPT_PID"
  exit 0
fi
exec {curl} "$@"
"""


def prepare(w: World, snapshot: bool = True) -> World:
    """Variables, a snapshot of them, and then the change that broke production."""
    curl = w.folder / "bin/curl"
    curl.write_text(CURL.format(curl=shutil.which("curl")))
    curl.chmod(0o755)
    good(w.vercel)
    if snapshot:
        assert run(w, "snapshot").returncode == 0
    bad(w)
    return w


def good(v: Vercel) -> None:
    v.variables.clear()
    v.set("DATABASE_URL", OLD["DATABASE_URL"])
    v.set("FLAG", OLD["FLAG"], "production", "preview", type="plain")
    v.set("GONE", OLD["GONE"], "production", "development")
    v.set("SAME", OLD["SAME"])
    v.set("SECRET", f"{MARK}-secret", type="sensitive")
    v.set("VERCEL_URL", f"{MARK}-url", type="system")
    v.set("GONE", f"{MARK}-of-a-preview", "preview")


def bad(w: World) -> None:
    v = w.vercel
    v.set("DATABASE_URL", f"{MARK}-wrong")
    v.set("FLAG", f"{MARK}-off", "production", "preview", type="plain")
    v.variables = [x for x in v.variables if x["value"] != OLD["GONE"]]
    v.set("GONE", f"{MARK}-of-development", "development")
    v.set("EXTRA", f"{MARK}-extra")
    v.deploy(w.shas[2], "production")


def set_back(w: World) -> None:
    """The state after `prepare` once more, whatever has happened since."""
    v = w.vercel
    with v.lock:
        v.faults.clear()
        v.pending, v.auto_assign = None, True
        del v.deployments[3:]
        good(v)
        bad(w)
    for path in (w.folder / "clone/.git/rollback-log").iterdir():
        if path.suffix != ".snapshot":
            path.unlink()
    (w.folder / "calls.count").unlink(missing_ok=True)


def in_turn(worlds: list[World], work: Callable[[World, object], list[str]], plan: list) -> None:
    """Does `work` for each item of the plan, in as many worlds at once; fails with all it finds."""
    free: SimpleQueue[World] = SimpleQueue()
    for w in worlds:
        free.put(w)

    def one(item: object) -> list[str]:
        w = free.get()
        try:
            set_back(w)
            return [f"{item}: {x}" for x in work(w, item)]
        finally:
            free.put(w)

    with ThreadPoolExecutor(len(worlds)) as pool:
        found = [line for lines in pool.map(one, plan) for line in lines]
    assert not found, "\n".join(found)


def command(w: World, shell: str, *arguments: str) -> list[str]:
    """The script, which tells its process id to the stand-in for curl."""
    words = [*shell_command(shell, w.folder), str(SCRIPT), *arguments]
    return ["/bin/sh", "-c", 'SCRIPT_PID=$$; export SCRIPT_PID; exec "$@"', "sh", *words]


def run(
    w: World,
    *arguments: str,
    shell: str = "dash",
    wanted: dict[str, str] | None = None,
    **more: str | None,
) -> subprocess.CompletedProcess:
    calls = w.folder / "calls"
    calls.write_text("")
    killed = "KILL" in more.get("KILL_HOW", "")
    done = subprocess.run(
        command(w, shell, "--yes", *arguments),
        cwd=w.folder / "clone",
        env=w.environment(CALLS=str(calls), **more),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    logs = sorted((w.folder / "clone/.git/rollback-log").glob("*"))
    told = done.stdout + done.stderr + calls.read_text()
    for log in logs:
        assert log.stat().st_mode & 0o777 == 0o600, log
        if log.suffix == ".jsonl":
            told += log.read_text()
            for line in log.read_text().splitlines():
                json.loads(line)
    for secret in (TOKEN, HOOK_SECRET, MARK):
        assert secret not in told
    for line in (done.stdout + done.stderr).splitlines():
        assert len(line) <= 80 or str(w.folder) in line, line
    left = list((w.folder / "tmp").iterdir())
    if killed:
        for path in left:
            assert path.stat().st_mode & 0o777 == 0o700
            shutil.rmtree(path)
    else:
        assert left == []
    if done.returncode == 0 and "restore" in arguments and "--dry-run" not in arguments:
        assert_restored(w, arguments[arguments.index("restore") + 1 :], wanted or OLD)
    return done


def assert_restored(w: World, names: tuple[str, ...], wanted: dict[str, str]) -> None:
    v = w.vercel
    live = v.find(v.live)
    for name in names:
        assert v.values().get(name) == wanted.get(name), f"{name} on Vercel"
        assert live.values.get(name) == wanted.get(name), f"{name} in what is live"


def snapshots(w: World) -> list[Path]:
    return sorted((w.folder / "clone/.git/rollback-log").glob("*.snapshot"))


def said(done: subprocess.CompletedProcess) -> str:
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("shell", SHELLS)
def test_saved_compared_put_back_and_live(world, shell: str) -> None:
    needs(shell)
    w = prepare(world())
    (path,) = snapshots(w)
    saved = path.read_bytes()

    done = run(w, "diff", shell=shell)
    assert done.returncode == 0, said(done)
    for line in (
        "changed DATABASE_URL: another value (changed at 20",
        "changed FLAG: another value",
        "removed GONE",
        "added EXTRA",
        "secret SECRET: cannot be compared (changed at 20",
        "not since the snapshot",
        "4 variables differ from the snapshot, 1 are the same, 2 cannot be compared.",
    ):
        assert line in said(done)

    before = len(w.vercel.requests)
    done = run(w, "restore", *ALL, shell=shell)
    assert done.returncode == 0, said(done)
    assert "shared with preview" in said(done)
    assert "may apply database migrations" in said(done) and "instant rollback" in said(done)
    changes = [r for r in w.vercel.requests[before:] if r[0] != "GET"]
    assert [m for m, _ in changes] == ["PATCH", "PATCH", "POST", "DELETE", "POST"]
    # Whoever shares a variable keeps it, and what has the same name elsewhere is left alone.
    assert w.vercel.values("preview") == {"FLAG": OLD["FLAG"], "GONE": f"{MARK}-of-a-preview"}
    assert w.vercel.values("development") == {"GONE": f"{MARK}-of-development"}
    assert w.vercel.find(w.vercel.live).sha == w.shas[2]
    assert path.read_bytes() == saved and snapshots(w) == [path]

    # Again: nothing is asked for, because what is live was built after the change.
    before = len(w.vercel.requests)
    done = run(w, "restore", "DATABASE_URL", "FLAG", "GONE", shell=shell)
    assert done.returncode == 0, said(done)
    assert {m for m, _ in w.vercel.requests[before:]} == {"GET"}
    # And the way back.
    (undo,) = (w.folder / "clone/.git/rollback-log").glob("*.before")
    bad = {k: f"{MARK}-wrong" for k in ("DATABASE_URL",)}
    done = run(w, "restore", "DATABASE_URL", shell=shell, wanted=bad, ROLLBOOK_SNAPSHOT=str(undo))
    assert done.returncode == 0, said(done)


def test_the_snapshot_says_what_it_does_not_have(world) -> None:
    w = prepare(world(), snapshot=False)
    done = run(w, "snapshot")
    assert done.returncode == 0
    for line in (
        "saved DATABASE_URL (production)",
        "NOT SAVED SECRET: secret",
        "not saved VERCEL_URL",
    ):
        assert line in said(done)
    (path,) = snapshots(w)
    assert f"Snapshot: {path}" in done.stdout
    header, *lines = path.read_text().splitlines()
    assert header.split("\t")[2] == w.environment()["VERCEL_PROJECT_ID"] and len(lines) == 6
    assert f"{MARK}-secret" not in path.read_text() and "preview\t" not in lines[0]
    # A token that may list but not read saves nothing, rather than what only looks like a value.
    w.vercel.encrypted = True
    done = run(w, "snapshot")
    assert "NOT SAVED DATABASE_URL: Vercel did not give its value" in said(done)
    assert "eyJ2" not in snapshots(w)[-1].read_text()
    assert path.read_text().startswith(header)


def test_a_value_that_is_null_is_none(world) -> None:
    """It would come back as the word 'null'."""
    w = prepare(world(), snapshot=False)
    (variable,) = [v for v in w.vercel.variables if v["key"] == "DATABASE_URL"]
    found = {"id": variable["id"], "key": "DATABASE_URL", "type": "plain", "decrypted": True}
    answer = json.dumps({**found, "value": None})
    w.vercel.fault("GET", variable["id"], after=True, body=answer)
    done = run(w, "snapshot")
    assert done.returncode == 0 and "NOT SAVED DATABASE_URL" in said(done), said(done)
    assert "null" not in snapshots(w)[0].read_text()


VALUES = st.one_of(
    st.text(),
    st.text("\"\\'$`\n\r\t \0/u0{}[]:,%é\x7f\u2028😀", min_size=1),
    st.sampled_from(["", "1e3", "1000", "01", "1", "\\u0041", "A", "@x", "-", HOSTILE * 50]),
)


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[str]:
    """A new folder for the snapshots of each example."""
    return (str(tmp_path / f"logs{n}") for n in count())


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_value_comes_back_byte_for_byte(
    only_world: World, folders: Iterator[str], data: st.DataObject
) -> None:
    w = only_world
    pairs = data.draw(st.lists(st.tuples(VALUES, VALUES), min_size=5, max_size=5))
    # To awk, these are the same number.
    pairs += [("1e3", "1000"), ("1", "01")]
    w.vercel.escaped = data.draw(st.booleans())
    shell = data.draw(st.sampled_from(here()))
    old = {f"V{n}": before for n, (before, _) in enumerate(pairs)}
    new = {f"V{n}": after for n, (_, after) in enumerate(pairs)}
    # Such values stand in any text: that none is shown, the other tests look for.
    environment = w.environment(ROLLBOOK_LOG_DIR=next(folders))

    def script(*words: str) -> str:
        done = subprocess.run(
            command(w, shell, "--yes", *words),
            cwd=w.folder / "clone",
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    w.vercel.variables.clear()
    for name, value in old.items():
        w.vercel.set(name, value)
    script("snapshot")
    for name, value in new.items():
        w.vercel.set(name, value)
    told = script("diff")
    for name in old:
        assert (f"changed     {name}:" in told) == (old[name] != new[name])
    w.vercel.unset("V0")
    script("restore", *old)
    assert_restored(w, tuple(old), old)


@pytest.fixture
def only_world(world) -> World:
    return world(build_seconds=0)


# --- What goes wrong.

Setup = Callable[[World], None]
LIST, READ = "/v10/projects/prj_partpulse/env", "/v1/projects/prj_partpulse/env/"
# Each kind of request of a restore, and the variable for which it is made.
REQUESTS = {
    "project": ("GET", "/v9/projects/", "DATABASE_URL"),
    "list": ("GET", LIST, "DATABASE_URL"),
    "read": ("GET", READ, "DATABASE_URL"),
    "live": ("GET", "/v13/deployments/127", "DATABASE_URL"),
    "deployments": ("GET", "/v6/deployments", "DATABASE_URL"),
    "built": ("GET", "/v13/deployments/dpl_", "DATABASE_URL"),
    "change": ("PATCH", "/env/", "DATABASE_URL"),
    "create": ("POST", LIST, "GONE"),
    "remove": ("DELETE", "/env/", "EXTRA"),
    "redeploy": ("POST", "/v13/deployments", "DATABASE_URL"),
    "promote": ("POST", "/promote/", "DATABASE_URL"),
}
READING: dict[str, dict[str, object]] = {
    "403": {"status": 403},
    "404": {"status": 404},
    "500": {"status": 500},
    "always 500": {"status": 500, "times": 99},
    "half an answer": {"after": True, "half": True},
    "never JSON": {"after": True, "body": "<html>", "times": 99},
}
CHANGING: dict[str, dict[str, object]] = {
    "401": {"status": 401},
    "404": {"status": 404},
    "409": {"status": 409},
    "429": {"status": 429},
    "500": {"status": 500},
    "always 500": {"status": 500, "times": 99},
    "500 and it worked": {"status": 500, "after": True},
    "cut": {"cut": True},
    "cut and it worked": {"cut": True, "after": True},
    "half an answer and it worked": {"half": True, "after": True},
    "200 and nothing done": {"status": 200},
    "200 and never anything done": {"status": 200, "times": 99},
    "no JSON": {"after": True, "body": "<html>"},
}


@pytest.mark.parametrize("name", REQUESTS)
def test_no_false_success_and_a_second_run_succeeds(world, name: str) -> None:
    method, part, variable = REQUESTS[name]
    faults = READING if method == "GET" else CHANGING

    def work(w: World, fault: str) -> list[str]:
        w.vercel.auto_assign = name != "promote"
        w.vercel.fault(method, part, **faults[fault])
        found = []
        done = run(w, "restore", variable)
        if name in ("list", "read") and fault in ("500", "half an answer"):
            return [] if done.returncode == 0 else ["not read again: " + said(done)]
        if done.returncode == 0:
            lasting = "times" in faults[fault]
            return ["exit 0 although every such request fails"] if lasting else []
        if not ("What is true:" in done.stderr and "What to do:" in done.stderr):
            found.append("it does not say what is true")
        doubts = re.search("may have been carried out|may be under way", said(done))
        if name in ("redeploy", "promote") and fault in ("401", "404") and doubts:
            found.append("it doubts what Vercel has refused")
        w.vercel.faults.clear()
        again = run(w, "restore", variable)
        if again.returncode != 0:
            found.append(f"the second run: {said(again)}")
        return [*found, said(done)] if found else []

    # Whoever waits for a build asks until an answer comes.
    plan = [x for x in faults if name != "built" or "times" not in faults[x]]
    in_turn([prepare(world()) for _ in range(3)], work, plan)


def pinned(w: World) -> None:
    w.vercel.auto_assign = False


def hanging(method: str, part: str) -> Setup:
    return lambda w: w.vercel.fault(method, part, hang=2, after=True)


def lie(name: str, value: object) -> Setup:
    def change(w: World) -> None:
        pinned(w)
        setattr(w.vercel, name, value)

    return change


def failing_build(w: World) -> None:
    create = w.vercel._create

    def broken(*arguments: object, **more: object):
        found = create(*arguments, **more)
        found.state = "ERROR"
        return found

    w.vercel._create = broken


def overtaken(when: str) -> Setup:
    """Another deployment goes live, and stays so."""

    def change(w: World) -> None:
        other = w.vercel.deployments[0].uid
        if when == "/promote/":
            pinned(w)
            w.vercel.overtake = other
            return
        pinned(w)

        def happens(vercel: Vercel) -> bool:
            vercel.assign(other)
            return True

        w.vercel.after("GET", when, happens)

    return change


def overtaken_when_live(w: World) -> None:
    """Somebody else's push goes live as soon as the new build was seen live once."""
    bad = w.vercel.live

    def happens(vercel: Vercel) -> bool:
        if vercel.live == bad:
            return False
        vercel.assign(bad)
        return True

    w.vercel.after("GET", "/v13/deployments/127", happens)


def changed_again(w: World) -> None:
    def happens(vercel: Vercel) -> bool:
        if vercel.values().get("GONE") != OLD["GONE"]:
            return False
        vercel.set("DATABASE_URL", f"{MARK}-wrong again")
        return True

    w.vercel.after("GET", READ, happens)


def unhealthy(w: World) -> None:
    w.app.status = 500


def half_read(w: World) -> None:
    body = '{"envs":[],"pagination":{"next":1700000000000}}'
    w.vercel.fault("GET", LIST, after=True, body=body)


def twice(w: World) -> None:
    found = w.vercel.set("TWICE", MARK)
    w.vercel.variables.append({**found, "id": "env9999"})


def secret_by_now(w: World) -> None:
    w.vercel.set("DATABASE_URL", f"{MARK}-wrong", type="sensitive")


# name: setup, exit, words that must be said
SITUATIONS: dict[str, tuple[Setup, int, str]] = {
    "pinned: promoted": (pinned, 0, "Production is pinned"),
    "no answer to the change, and it worked": (hanging("PATCH", "/env/"), 0, "DONE"),
    "no answer to the redeploy, and it worked": (hanging("POST", "/v13/deployments"), 0, "DONE"),
    "the build fails": (failing_build, 5, "the new build failed"),
    "another deployment goes live while it builds": (
        overtaken("/v13/deployments/dpl_"),
        7,
        "somebody else",
    ),
    "another deployment goes live by the promotion": (overtaken("/promote/"), 7, "who else"),
    "another deployment goes live afterwards": (overtaken_when_live, 7, "who else deploys"),
    "the promotion is skipped": (lie("skip_alias_job", True), 7, "something else"),
    "the promotion is queued": (lie("queue_promotions", True), 7, "something else"),
    "somebody changes it again": (changed_again, 7, "was changed again"),
    "secret by now": (secret_by_now, 4, "secret by now"),
    "more than one answer holds": (half_read, 5, "more variables than"),
    "the same name twice": (twice, 0, "DONE"),
    "unhealthy": (unhealthy, 7, "status 500"),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_situations(world, name: str) -> None:
    setup, code, words = SITUATIONS[name]
    w = prepare(world())
    setup(w)
    done = run(w, "restore", "DATABASE_URL", "GONE")
    assert done.returncode == code and words in said(done), said(done)
    if name == "the same name twice":
        assert run(w, "restore", "TWICE").returncode == 5


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("restore", "SECRET"), 4, "the place where credentials are kept"),
        (("restore", "DATABASE_URL", "SECRET"), 4, "was not saved"),
        (("restore", "VERCEL_URL"), 4, "set by Vercel itself"),
        (("restore", "NOWHERE", "DATABASE_URL"), 4, "neither production nor the snapshot"),
        (("restore",), 2, "needs the names"),
        (("diff", "FLAG"), 2, "takes no names"),
    ],
)
def test_what_cannot_be_put_back_is_refused_before_anything_changes(
    world, words: tuple[str, ...], code: int, says: str
) -> None:
    w = prepare(world())
    before = json.dumps(w.vercel.variables)
    done = run(w, *words)
    assert done.returncode == code and says in said(done), said(done)
    assert json.dumps(w.vercel.variables) == before
    assert "Nothing was changed" in said(done)


def test_only_a_whole_snapshot_of_this_project_and_user_counts(world) -> None:
    w = prepare(world(), snapshot=False)
    done = run(w, "diff")
    assert done.returncode == 3 and "no snapshot" in said(done)
    done = run(w, "restore", "DATABASE_URL")
    assert done.returncode == 8 and "Identify changed variable" in done.stdout
    assert run(w, "snapshot").returncode == 0
    (good,) = snapshots(w)
    newer = good.with_name(good.name.replace("-2", "-9", 1))
    newer.write_text(good.read_text().replace(MARK, f"{MARK}-planted"))
    newer.chmod(0o644)
    # Not the mode that the script gives, so not its own.
    done = subprocess.run(
        command(w, "dash", "--yes", "diff"),
        cwd=w.folder / "clone",
        env=w.environment(CALLS="/dev/null"),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert "0 variables differ" in said(done)
    newer.unlink()
    lines = good.read_text().splitlines(keepends=True)
    for text in (
        "".join(lines[:-1]),
        "".join(lines).replace("prj_partpulse", "prj_other", 1),
        "".join(lines)[:-1].replace("\t", "", 7),
        "",
    ):
        other = w.folder / "other"
        other.write_text(text)
        done = run(w, "restore", "SAME", ROLLBOOK_SNAPSHOT=str(other))
        assert done.returncode == 3 and "no whole snapshot" in said(done)


def test_what_is_no_file_is_no_snapshot(world) -> None:
    """A pipe would keep the script waiting; 'x=y/file' is an assignment to awk, and it would wait, too."""
    w = prepare(world(), snapshot=False)
    assert run(w, "snapshot").returncode == 0
    (good,) = snapshots(w)
    os.mkfifo(w.folder / "pipe")
    done = run(w, "diff", ROLLBOOK_SNAPSHOT=str(w.folder / "pipe"))
    assert done.returncode == 3 and "no whole snapshot" in said(done)
    for place in ("a=b", "-d"):
        (w.folder / "clone" / place).mkdir()
        shutil.copy(good, w.folder / "clone" / place / "file")
        done = run(w, "diff", ROLLBOOK_SNAPSHOT=f"{place}/file", TMPDIR=place)
        assert done.returncode == 0 and "0 variables differ" in said(done), said(done)


@pytest.mark.parametrize("name", ["ROLLBOOK_LOG_DIR", "TMPDIR"])
def test_a_folder_that_cannot_be_shown_is_not_used(world, name: str) -> None:
    """Read from a list, '/x\n/y' is two folders: the values would lie in another one than was named."""
    w = prepare(world(), snapshot=False)
    odd = f"{w.folder}/odd\n{w.folder}/other"
    done = run(w, "snapshot", **{name: odd})
    assert done.returncode == 0 and f"{name} holds a line break" in said(done)
    assert [p for p in w.folder.iterdir() if p.name.startswith(("odd", "other"))] == []
    (good,) = snapshots(w)
    assert f"Snapshot: {good}" in done.stdout.splitlines()
    assert re.fullmatch(r"Run log: \S+\.jsonl", done.stdout.splitlines()[-1])


def test_a_dry_run_changes_nothing_here_or_there(world) -> None:
    w = prepare(world())

    def state() -> tuple[object, ...]:
        files = sorted(str(p) for p in w.folder.rglob("*") if ".git/rollback-log" in str(p))
        return json.dumps(w.vercel.variables), w.vercel.live, len(w.vercel.deployments), files

    before = state()
    w.vercel.requests.clear()
    for words in (("snapshot",), ("diff",), ("restore", *ALL)):
        done = run(w, "--dry-run", *words)
        assert done.returncode == 0 and "nothing was changed" in done.stdout, said(done)
    assert state() == before
    assert {m for m, _ in w.vercel.requests} == {"GET"}


@pytest.mark.parametrize(
    "missing", ["VERCEL_TOKEN", "VERCEL_ORG_ID", "VERCEL_PROJECT_ID", "PRODUCTION_URL"]
)
def test_without_access_a_person_is_told_what_is_left(world, missing: str) -> None:
    w = prepare(world())
    w.vercel.requests.clear()
    done = run(w, "restore", "FLAG", **{missing: None})
    assert done.returncode == 8 and f"missing: {missing}." in done.stdout
    for words in ("Navigate to Environment Variables", "Redeploy", "Check application logs"):
        assert words in done.stdout
    assert w.vercel.requests == []
    done = run(w, "diff", **{missing: None})
    assert done.returncode == (0 if missing == "PRODUCTION_URL" else 3), said(done)


@pytest.mark.parametrize(
    ("answers", "removed", "changed"),
    [("yes yes yes yes", True, True), ("yes yes no", False, False), ("yes no", False, False)],
)
def test_a_removal_and_a_shared_variable_are_asked_for_by_name(
    world, answers: str, removed: bool, changed: bool
) -> None:
    w = prepare(world())
    w.vercel.requests.clear()
    master, slave = pty.openpty()
    os.write(master, (answers.replace(" ", "\n") + "\n").encode())
    done = subprocess.run(
        command(w, "dash", "restore", "DATABASE_URL", "FLAG", "EXTRA"),
        cwd=w.folder / "clone",
        env=w.environment(CALLS="/dev/null"),
        capture_output=True,
        text=True,
        stdin=slave,
        timeout=60,
    )
    os.close(master)
    os.close(slave)
    asked = done.stdout
    assert "Put FLAG back where it is shared, too?" in asked
    assert ("REMOVE EXTRA from production?" in asked) == answers.startswith("yes yes")
    assert ("EXTRA" not in w.vercel.values()) == removed
    assert (w.vercel.values()["DATABASE_URL"] == OLD["DATABASE_URL"]) == changed
    if not changed:
        assert done.returncode == 2 and "Not confirmed" in done.stderr
        assert {m for m, _ in w.vercel.requests} == {"GET"}
    else:
        assert done.returncode == 0, done.stdout + done.stderr


def test_killed_at_every_request_a_second_run_succeeds(world) -> None:
    """Before a request is after the one before it: both are tried, with one signal or the other."""
    names = ("DATABASE_URL", "GONE", "EXTRA")
    worlds = [prepare(world()) for _ in range(3)]
    assert run(worlds[0], "restore", *names).returncode == 0
    calls = (worlds[0].folder / "calls").read_text().count("\035")
    assert calls > 20
    # How often it asks whether the build is ready differs from run to run.
    plan = [(at, "after KILL") for at in range(1, calls - 5)]
    plan += [(at, "before TERM") for at in range(1, calls - 5, 4)]

    def work(w: World, item: tuple[int, str]) -> list[str]:
        at, how = item
        done = run(w, "restore", *names, KILL_AT=str(at), KILL_HOW=how)
        again = run(w, "restore", *names)
        wanted = -signal.SIGKILL if "KILL" in how else 143
        found = [] if done.returncode == wanted else [f"exit {done.returncode}"]
        if again.returncode:
            found.append(f"the second run: {said(again)}")
        return [*found, said(done)] if found else []

    in_turn(worlds, work, plan)


def test_a_snapshot_is_whole_or_not_there(world, tmp_path: Path) -> None:
    """Killed before or after any program that it starts."""
    w = prepare(world())
    text = snapshots(w)[0].read_text().partition("\n")[2]
    real = {}
    for name in ("awk", "cat", "find", "mktemp", "mkdir", "mv", "rm", "sed", "curl", "tail", "git"):
        real[name] = shutil.which(name)
        path = w.folder / "bin" / name
        path.write_text(
            f'#!/bin/sh\necho >>"$CALLS"\nif [ "$({shutil.which("wc")} -l <"$CALLS")" -eq "$AT" ]; then\n'
            f'  [ "$HOW" = before ] || {real[name]} "$@"\n  kill -KILL "$SCRIPT_PID"\n  exit 0\nfi\nexec {real[name]} "$@"\n'
        )
        path.chmod(0o755)
    # What was changed since is set back, so that every snapshot has the same lines.
    calls = w.folder / "count"

    def one(at: int, how: str) -> int:
        calls.write_text("")
        folder = w.folder / f"logs-{at}-{how}"
        subprocess.run(
            command(w, "dash", "--yes", "snapshot"),
            cwd=w.folder / "clone",
            env=w.environment(CALLS=str(calls), AT=str(at), HOW=how, ROLLBOOK_LOG_DIR=str(folder)),
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        for path in folder.glob("*") if folder.exists() else ():
            assert path.stat().st_mode & 0o777 == 0o600
            if path.suffix == ".snapshot":
                header, _, lines = path.read_text().partition("\n")
                assert int(header.split("\t")[4]) == len(lines.splitlines()) > 0
        return len(calls.read_text())

    count = one(0, "never")
    assert count > 40 and text
    for at in range(1, count + 1):
        one(at, ("before", "after")[at % 2])
    saved = len(list(w.folder.glob("logs-*/*.snapshot")))
    assert 1 < saved < count


def test_the_team_is_told_and_the_webhook_stays_secret(world) -> None:
    w = prepare(world())
    hook = f"http://{w.app.host}/{HOOK_SECRET}"
    assert run(w, "restore", "FLAG", ROLLBOOK_NOTIFY_URL=hook).returncode == 0
    (message,) = w.app.told
    assert "environment variables were put back" in message and MARK not in message


def test_the_document_shows_what_curl_is_called_with(world) -> None:
    """Every request of runs that take every path is shown; everything shown is asked."""
    text = DOCUMENT.read_text("utf-8")
    section = text[text.index("### 6.1 ") : text.index("### 6.2 ")]
    shown = set(re.findall(r"^    (curl .*)$", section, re.MULTILINE))
    assert len(shown) == 15
    patterns = {
        line: re.compile(re.sub(r"<[\w\\-]+>", ".*", re.escape(line.replace("'", ""))))
        for line in shown
    }
    w = prepare(world())
    w.vercel.hide_aliases = w.app.sends_on = True
    pinned(w)
    more = {"ROLLBOOK_NOTIFY_URL": "http://127.0.0.1:9/x"}
    assert run(w, "restore", *ALL, **more).returncode == 0
    used: set[str] = set()
    for call in (w.folder / "calls").read_text().split("\035")[:-1]:
        words = " ".join(["curl", *call.split("\036")[:-1]])
        found = [line for line, pattern in patterns.items() if pattern.fullmatch(words)]
        assert found, words
        used.update(found)
    assert used == shown


@pytest.fixture(scope="module")
def utc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = re.search(r"^utc\(\) \{\n.*?^\}\n", SCRIPT.read_text(), re.MULTILINE | re.DOTALL)
    path = tmp_path_factory.mktemp("utc") / "utc.sh"
    path.write_text(found.group() + 'utc "$1"\n')
    return path


@settings(max_examples=60, deadline=None)
@given(moment=st.integers(0, 4_102_444_800))
def test_moments_are_told_in_utc(utc: Path, moment: int) -> None:
    done = subprocess.run(["dash", utc, f"{moment}123"], capture_output=True, text=True)
    assert done.stdout.strip() == datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_comparison_asks_no_question(world) -> None:
    """Without a terminal and without --yes: it only looks. The others refuse."""
    w = prepare(world())
    assert run(w, "snapshot").returncode == 0
    for mode, code in (("diff", 0), ("restore", 2), ("snapshot", 2)):
        done = subprocess.run(
            command(w, "dash", mode),
            cwd=w.folder / "clone",
            env=w.environment(CALLS=str(w.folder / "calls")),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        assert done.returncode == code, done.stdout + done.stderr
