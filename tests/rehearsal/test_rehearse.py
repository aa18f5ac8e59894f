"""`rollbook rehearse` as people call it: PartPulse's scripts run for real, and nothing else is touched."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from generator.load import load
from generator.render import scripts
from tests.conftest import ROOT
from tests.rehearsal.outside import SECRET, Outside, Trap
from tests.scripts.scriptworld import difference


def procedures(done, kind: str = "procedures") -> dict[str, dict]:
    return {p["id"]: p for s in json.loads(done.stdout)["services"] for p in s[kind]}


# The result of every item while all works, beside those for people, and how the script ends.
CHECKLISTS = {
    "post-rollback": ({}, 8),
    "pre-deployment": (
        dict.fromkeys(("go-back", "not-pinned", "migrations"), "Pass")
        | dict.fromkeys(("plan", "on-call"), "Fail"),
        7,
    ),
    "verification": (dict.fromkeys(("address", "loads", "no-errors", "authentication"), "Pass"), 8),
}


def test_all_of_partpulse_is_rehearsed_and_nothing_outside_is_touched(outside: Outside) -> None:
    before = outside.seen()
    status = ["git", "status", "--porcelain"]
    repository = subprocess.run(status, cwd=ROOT, capture_output=True, check=True).stdout
    keep = outside.folder / "kept"
    done = outside.rollbook("rehearse", "--format", "json", "--keep", str(keep))
    assert done.returncode == 0, done.stdout + done.stderr
    book = load(outside.content / "partpulse").handbook
    told = procedures(done)
    assert list(told) == [p.id for p in book.procedures]
    for procedure in book.procedures:
        found = told[procedure.id]
        if procedure.script is None:
            assert (found["state"], found["verified"]) == ("not rehearsed", False)
            assert "people do it by hand" in found["reason"]
            continue
        assert (found["state"], found["exit"], found["wrong"]) == ("done", 0, []), found
        text = scripts.script(procedure, book).encode()
        assert found["script_sha256"] == hashlib.sha256(text).hexdigest()
        assert found["steps"] == [{"id": s.id, "result": "ok"} for s in procedure.steps]
        assert found["facts_stood_in_for"] == ["production-url"]
        assert any("production serves the good version" in s for s in found["seen"])
        assert "the team's webhook took the message" in found["seen"]
        log = Path(found["log"]).read_text()
        assert found["script_sha256"] in log
    told = procedures(done, "checklists")
    assert told.keys() == CHECKLISTS.keys()
    for checklist in (c for c in book.checklists if c.script):
        found, (results, code) = told[checklist.id], CHECKLISTS[checklist.id]
        assert (found["state"], found["exit"], found["wrong"]) == ("done", code, []), found
        text = scripts.script(checklist, book).encode()
        assert found["script_sha256"] == hashlib.sha256(text).hexdigest()
        assert found["items"] == [
            {"id": i.id, "result": results.get(i.id, "Not checked")}
            for g in checklist.groups
            for i in g.items
        ]
        assert found["facts_stood_in_for"] == ["production-url"]
        assert found["script_sha256"] in Path(found["log"]).read_text()
        for id, result in results.items():
            # Whatever passed was seen to notice; a blank of the content was no pass.
            assert any(s.startswith(f"{id}: ") for s in found["seen"]), result
    assert told["verification"]["not_judged"] == [
        "Database connection successful: nothing stands in for postgresql",
        "Response times normal: the fact normal-response-time is not known",
    ]
    assert not told["pre-deployment"]["not_judged"] + told["post-rollback"]["not_judged"]
    assert "the team's webhook took the message, once" in told["post-rollback"]["seen"]
    # Nothing of the user's is in what a run leaves behind, and nothing of the run outside of that.
    everything = "".join(p.read_text(errors="replace") for p in keep.rglob("*") if p.is_file())
    assert SECRET not in everything + done.stdout + done.stderr
    assert "not found" not in "".join(p.read_text() for p in keep.rglob("scratch/*.err"))
    assert difference(before, outside.seen()) == []
    assert list(outside.tmp.iterdir()) == []
    assert subprocess.run(status, cwd=ROOT, capture_output=True, check=True).stdout == repository


# what breaks: the file, its words, others instead, the procedure, what is said of it
BROKEN = {
    "a prefix that cannot be a folder": (
        *("procedures/emergency-rollback.yaml", "prefix: rollback", "prefix: main"),
        *("emergency-rollback", "no branch of the remote holds the good version"),
    ),
    "a verification that cannot hold": (
        *("procedures/vercel-dashboard-rollback.yaml", 'contains: \'"status":"ok"\''),
        *('contains: \'"status":"fine"\'', "vercel-dashboard-rollback"),
        "the script ended with 7",
    ),
    "an argument that the script refuses": (
        *("procedures/git-rollback.yaml", '"{good-commit}"]', '"{bad-commit}"]'),
        *("git-rollback", "production serves another version than the good one"),
    ),
    "a variable that nobody has": (
        *("procedures/environment-variables.yaml", '"{variable}"]', "NOBODYS]"),
        *("environment-variables", "the project's variables are not put back"),
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_answered_with_1(case: str, outside: Outside) -> None:
    path, old, new, id, said = BROKEN[case]
    outside.change(f"partpulse/{path}", old, new)
    done = outside.rollbook("rehearse", "--procedure", id)
    assert done.returncode == 1, done.stdout + done.stderr
    words = " ".join(done.stdout.replace("|", " ").split())
    assert said in words and "FAILED" in words
    assert "What happened:" in words or "NOT PUBLISHED:" in words
    assert "0 done and verified, 1 failed, 0 not rehearsed" in words
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert list(outside.tmp.iterdir()) == []


def drill_clocks(outside: Outside) -> dict[str, str]:
    done = outside.rollbook("check", "--format", "json")
    (service,) = json.loads(done.stdout)["services"]
    return {c["id"]: c["state"] for c in service["clocks"] if c["id"].startswith("drill:")}


def test_a_record_of_a_rehearsal_moves_no_clock_unless_the_content_says_so(outside) -> None:
    words = ("rehearse", "--procedure", "vercel-dashboard-rollback", "--record")
    before = drill_clocks(outside)
    assert set(before.values()) == {"never"}
    refused = outside.rollbook(*words)
    assert refused.returncode == 2 and "--participant" in refused.stderr
    unknown = outside.rollbook(*words, "--participant", "A Person, nobody")
    assert unknown.returncode == 2 and "no role is called 'nobody'" in unknown.stderr
    assert not (outside.content / "partpulse/records/drills").exists()
    done = outside.rollbook(*words, "--participant", "A Person, team-lead")
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = (outside.content / "partpulse/records/drills").glob("*.yaml")
    record = outside.data(f"partpulse/records/drills/{path.name}")
    assert (record["environment"], record["kind"]) == ("sandbox", "functional")
    assert record["verification"] == "passed" and record["script"]["exit"] == 0
    assert "stood in for: git, web, webhook, vercel" in record["deviations"][0]
    assert path.with_name(f"{path.stem}.log.jsonl").exists()
    assert outside.rollbook("validate").returncode == 0
    assert drill_clocks(outside) == before
    outside.change(
        "partpulse/service.yaml",
        "drills:\n  cycle: P3M",
        "drills:\n  cycle: P3M\n  counts: [sandbox]",
    )
    assert drill_clocks(outside) == {**before, "drill:vercel-dashboard-rollback": "current"}


def test_what_is_asked_wrongly_or_missing_is_said(outside: Outside) -> None:
    (outside.folder / "full").mkdir()
    (outside.folder / "full/file").touch()
    for words, code, said in (
        (("--procedure", "emergency-rollbak"), 2, "did you mean 'emergency-rollback'"),
        (("--keep", str(outside.folder / "full")), 2, "name a folder that is empty"),
        (("--participant", "A Person, team-lead"), 2, "goes with --record"),
        (("--procedure", "database-rollback"), 1, "not rehearsed: it has no script"),
        (("--checklist", "verificaton"), 2, "did you mean 'verification'"),
        (("--checklist", "incident-report"), 1, "not rehearsed: it has no script"),
        (
            ("--checklist", "verification", "--record", "--participant", "A Person, team-lead"),
            2,
            "a drill is of a procedure: leave out --record or --checklist",
        ),
    ):
        done = outside.rollbook("rehearse", *words)
        assert done.returncode == code and said in done.stdout + done.stderr, done
    few = outside.folder / "few"
    few.mkdir()
    for name in ("git", "sh", "env"):
        (few / name).symlink_to(shutil.which(name))
    done = outside.rollbook("rehearse", PATH=str(few))
    assert done.returncode == 3 and "curl" in done.stderr and "not on this machine" in done.stderr
    assert list(outside.tmp.iterdir()) == []


# --- A platform that only the content knows.

STALL = ROOT / "tests/platform"


@pytest.fixture
def stall(tmp_path: Path, trap: Trap):
    world = Outside(tmp_path / "stall", trap, STALL / "content")
    shutil.copytree(STALL / "new-host", world.folder / "new-host")
    shutil.copy(STALL / "stathost", world.bin)
    yield world
    assert not world.processes()


def test_an_unknown_platform_is_rehearsed_with_yaml_alone(stall: Outside) -> None:
    done = stall.rollbook("rehearse", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = procedures(done)["go-back"]
    assert {s["result"] for s in found["steps"]} == {"ok"} and len(found["steps"]) == 5
    assert "r41" in found["seen"][0]
    look = procedures(done, "checklists")["look-after"]
    assert (look["state"], look["verified"]) == ("not rehearsed", False)
    assert look["reason"] == "nothing stands in for stathost, which a check of its own runs"


LIAR = """#!/bin/sh
case "$1 $5" in
"info --field" | "info "*) [ "$6" = state ] && echo ready || echo c41 ;;
"activate "*) : >"$STATHOST_STATE/moved"; echo done ;;
"live "*) [ -e "$STATHOST_STATE/moved" ] && echo r41 || echo r43 ;;
"served "*) echo c41 ;;
esac
"""


def test_a_platform_that_lies_is_not_believed(stall: Outside) -> None:
    """The script is content with what it is told; what is really live is looked at by other means."""
    stall.program("stathost", LIAR)
    done = stall.rollbook("rehearse", "--format", "json")
    found = procedures(done)["go-back"]
    assert (done.returncode, found["exit"], found["state"]) == (1, 0, "failed")
    assert "the look at what is served" in found["wrong"][0] and len(found["wrong"]) == 1


def test_own_commands_without_a_stand_in_are_never_run(stall: Outside) -> None:
    path = stall.content / "stall/procedures/go-back.yaml"
    path.write_text(path.read_text().partition("rehearsal:")[0])
    stall.program("stathost", f"#!/bin/sh\ntouch {stall.home}/called\n")
    done = stall.rollbook("rehearse", "--service", "stall")
    assert done.returncode == 1 and not (stall.home / "called").exists()
    assert "not rehearsed: nothing stands in for stathost" in " ".join(done.stdout.split())


@pytest.mark.parametrize("name", ["INT", "TERM"])
def test_an_interrupted_rehearsal_leaves_nothing(name: str, stall: Outside) -> None:
    """The tool hangs, beside it a server of the content's own; the commands of `stop` still run."""
    (stall.folder / "new-host/lies").write_text('{"activate": "hangs"}')
    stopped = stall.folder / "stopped"
    stall.change(
        "stall/procedures/go-back.yaml",
        "  arguments:",
        f"    - {{run: [tail, -f, /dev/null], stays: true}}\n  stop:\n    - [touch, {stopped}]\n  arguments:",
    )
    process = subprocess.Popen(
        stall.command("rehearse"),
        cwd=ROOT,
        env=stall.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while "activate" not in "".join(p.read_text() for p in stall.tmp.rglob("host/calls")):
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    os.kill(process.pid, getattr(signal, f"SIG{name}"))
    out, err = process.communicate(timeout=60)
    assert process.returncode == {"INT": 130, "TERM": 143}[name], out + err
    assert "interrupted; everything it started has ended" in err and "Traceback" not in err
    assert list(stall.tmp.iterdir()) == [] and stopped.exists()
    assert not stall.processes()
