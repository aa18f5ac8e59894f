"""post-rollback.sh: a report, deadlines and messages out of the logs of a rollback that was made."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.scripts.scriptworld import SHELLS, shell_command
from tests.vercel.checkworld import parity
from tests.vercel.parity import calls
from tests.vercel.parity import record as record_calls
from tests.vercel.vercelworld import HOOK_SECRET, SCRIPTS, World

SCRIPT = "post-rollback.sh"
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def run(w: World, shell: str, *arguments: str, **more: str | None) -> subprocess.CompletedProcess:
    return w.run(shell, "--yes", *arguments, script=SCRIPT, **more)


def logs(w: World) -> Path:
    return w.folder / "clone/.git/rollback-log"


def made(w: World, ending: str) -> str:
    (found,) = logs(w).glob(f"post-rollback-*{ending}")
    assert found.stat().st_mode & 0o077 == 0
    return found.read_text()


def record(w: World, **wanted: object) -> dict:
    (log,) = logs(w).glob("rollback-*.jsonl")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return next(x for x in reversed(lines) if all(x[k] == v for k, v in wanted.items()))


@pytest.mark.parametrize("shell", SHELLS)
def test_the_report_says_what_the_log_says(world, shell: str) -> None:
    w = world()
    assert w.run(shell).returncode == 0
    done = run(w, shell)
    assert done.returncode == 8, done.stdout + done.stderr  # nobody has answered for the rest
    report = made(w, "-incident.md")
    verified = record(w, step="outcome")["time"]
    assert f"| Verified (UTC) | {verified} |" in report
    assert f"| Rolled back (UTC) | {record(w, step='move', status='ok')['time']} |" in report
    assert "Emergency Rollback Script" in report
    assert re.search(r"\| Impact in numbers \| +\|", report), "nothing is made up"
    for step in ("resolve", "publish", "move", "verify", "health", "outcome"):
        assert f"| rollback.sh | {step} |" in report
    (log,) = logs(w).glob("rollback-*.jsonl")
    assert subprocess.check_output(["sha256sum", log], text=True)[:64] in report
    began = datetime.strptime(verified, "%Y-%m-%dT%H:%M:%SZ")
    for hours in (1, 24):
        assert f"Until {(began + timedelta(hours=hours)).isoformat()}Z." in done.stdout
    completed = json.loads(made(w, "Z*[0-9].json"))
    assert {i["item"]: i["result"] for i in completed["items"]}["document"] == "Not checked"


def test_logs_may_lie_in_any_folder(world) -> None:
    w = world()
    place = w.folder / "My  Projects * \\n 'ü'"
    assert w.run("dash", ROLLBOOK_LOG_DIR=str(place)).returncode == 0
    assert run(w, "dash", ROLLBOOK_LOG_DIR=str(place)).returncode == 8
    (log,) = place.glob("rollback-*.jsonl")
    (report,) = place.glob("*-incident.md")
    assert "| rollback.sh | verify |" in report.read_text()
    listed = re.findall(r"^- (.*) \(sha256 (\S+)\)$", report.read_text(), re.MULTILINE)
    digest = subprocess.check_output(["sha256sum"], stdin=log.open(), text=True)[:64]
    assert [(where.replace("\\", "")[-len(log.name) :], sha) for where, sha in listed] == [
        (log.name, digest)
    ]


def test_the_messages_are_prepared_and_one_is_sent_once(world) -> None:
    w = world()
    assert w.run("dash").returncode == 0
    done = run(w, "dash")
    assert "the team has NOT been told by a script" in " ".join(done.stdout.split())
    messages = made(w, "-messages.md")
    assert w.app.told == [] and messages.count("## ") == 3
    assert "Production at 127.0.0.1" in messages and "{" not in messages
    for old in logs(w).glob("post-rollback-*"):
        old.unlink()
    hook = f"http://{w.app.host}/{HOOK_SECRET}"
    assert run(w, "dash", ROLLBOOK_NOTIFY_URL=hook).returncode == 8
    (told,) = w.app.told
    assert json.loads(told)["text"] in made(w, "-messages.md")


def test_the_document_shows_what_curl_is_called_with(world) -> None:
    w = world()
    assert w.run("dash").returncode == 0
    record_calls(w, "curl")
    more = {"ROLLBOOK_NOTIFY_URL": f"http://{w.app.host}/x", "CALLS": str(w.folder / "calls")}
    assert run(w, "dash", **more).returncode == 8
    parity("### 8.1 ", "### 8.2 ", calls(w), "curl")


def test_a_team_that_rollback_sh_told_is_not_told_again(world) -> None:
    w = world()
    hook = f"http://{w.app.host}/{HOOK_SECRET}"
    assert w.run("dash", ROLLBOOK_NOTIFY_URL=hook).returncode == 0
    done = run(w, "dash", ROLLBOOK_NOTIFY_URL=hook)
    assert len(w.app.told) == 1
    assert "the team was told at" in " ".join(done.stdout.split())
    assert re.search(rf"\| Team told \(UTC\) \| {STAMP} \|", made(w, "-incident.md"))


def test_what_was_not_verified_is_not_called_verified(world) -> None:
    w = world()
    w.app.status, w.app.body = 500, b"oops"
    assert w.run("dash").returncode == 7
    done = run(w, "dash")
    assert "verified NOT VERIFIED" in " ".join(done.stdout.split())
    assert re.search(r"\| Verified \(UTC\) \| +\|", made(w, "-incident.md"))


def test_a_later_run_that_moved_nothing_does_not_count(world) -> None:
    w = world()
    assert w.run("dash").returncode == 0
    verified = record(w, step="outcome")["time"]
    assert w.run("dash", "--yes", "snapshot", script="env-restore.sh").returncode == 0
    assert w.run("dash", "--yes", "--push-only", w.shas[1]).returncode == 0
    done = run(w, "dash")
    assert "\nRollback: Emergency Rollback Script, by " in done.stdout
    report = made(w, "-incident.md")
    assert f"| Verified (UTC) | {verified} |" in report
    assert "| env-restore.sh |" in report, "the timeline still holds everything"


def test_without_a_log_it_says_so_and_knows_no_times(world) -> None:
    w = world()
    logs(w).mkdir()
    done = run(w, "dash")
    assert done.returncode == 8
    said = " ".join(done.stdout.split())
    assert "No run log of a rollback is here" in said and "Until 2" not in said
    assert not list(logs(w).glob("*-incident.md"))
    done = run(w, "dash", str(w.folder / "nothing.jsonl"))
    assert done.returncode == 2 and "there is no run log" in done.stderr


def test_the_last_rollback_counts_and_a_given_log_is_taken(world) -> None:
    w = world()
    assert w.run("dash").returncode == 0
    (log,) = logs(w).glob("rollback-*.jsonl")
    old = log.with_name("rollback-20200101T000000Z-1.jsonl")
    old.write_text(re.sub(STAMP, "2020-01-01T00:00:00Z", log.read_text()))
    run(w, "dash")
    assert "2020-01-01" not in made(w, "-incident.md")
    for file in logs(w).glob("post-rollback-*"):
        file.unlink()
    done = run(w, "dash", str(old))
    assert "OVERDUE since 2020-01-01T01:00:00Z" in done.stdout
    assert "| Verified (UTC) | 2020-01-01T00:00:00Z |" in made(w, "-incident.md")


def test_the_clock_counts_as_the_calendar_does(tmp_path: Path) -> None:
    text = (SCRIPTS / SCRIPT).read_text()
    clock = re.search(r"^clock\(\) \{\n.*?^\}\n", text, re.MULTILINE | re.DOTALL).group()
    for moment in (
        "1999-12-31T23:59:59",
        "2024-02-28T23:30:00",
        "2026-11-22T16:47:43",
        "2100-02-28T12:00:00",
    ):
        for seconds in (0, 1, 3600, 86400, 31 * 86400):
            wanted = datetime.fromisoformat(moment) + timedelta(seconds=seconds)
            for shell in ("dash", "busybox"):
                done = subprocess.run(
                    [*shell_command(shell, tmp_path), "-c", f'{clock} clock "{moment}Z" {seconds}'],
                    capture_output=True,
                    text=True,
                )
                assert done.stdout == wanted.isoformat() + "Z"


def words(done: subprocess.CompletedProcess) -> str:
    return " ".join((done.stdout + done.stderr).split())


def refused(w: World) -> None:
    assert w.run("dash", "--yes", w.shas[2]).returncode == 4


def published(w: World) -> None:
    assert w.run("dash", "--yes", "--push-only", w.shas[0]).returncode == 0


def no_snapshot(w: World) -> None:
    w.vercel.fault("GET", "/env", status=500, times=9)
    assert w.run("dash", "--yes", "snapshot", script="env-restore.sh").returncode == 5


def saved(w: World) -> None:
    done = w.run("dash", "--yes", "snapshot", script="env-restore.sh", serves=w.shas[2])
    assert done.returncode == 0


def live_already(w: World) -> None:
    w.vercel.assign(w.vercel.deployments[0].uid)
    assert w.run("dash").returncode == 0


MOVED_NOTHING = {f.__name__: f for f in (refused, published, no_snapshot, saved, live_already)}


@pytest.mark.parametrize("name", MOVED_NOTHING)
def test_where_no_run_moved_production_nothing_is_sent_or_reported(world, name: str) -> None:
    w = world()
    MOVED_NOTHING[name](w)
    done = run(w, "dash", ROLLBOOK_NOTIFY_URL=f"http://{w.app.host}/{HOOK_SECRET}")
    assert done.returncode == 8, done.stderr
    assert "No run moved production." in done.stdout and "Until 2" not in done.stdout
    assert w.app.told == []
    assert not [*logs(w).glob("*-incident.md"), *logs(w).glob("*-messages.md")]
    assert "rolled back" not in words(done).replace("rolled back to", "")


def test_an_undo_and_a_promotion_have_messages_of_their_own(world) -> None:
    w = world()
    hook = f"http://{w.app.host}/{HOOK_SECRET}"
    assert w.run("dash").returncode == 0
    undone = w.run("dash", "--yes", "--undo", script="vercel-rollback.sh", serves=w.shas[2])
    assert undone.returncode == 0
    done = run(w, "dash", ROLLBOOK_NOTIFY_URL=hook, serves=w.shas[2])
    assert "The last run UNDID a rollback" in words(done)
    (told,) = w.app.told
    messages = made(w, "-messages.md")
    assert "The rollback of PartPulse was undone at 2" in json.loads(told)["text"]
    assert "earlier version" not in messages and "was rolled back" not in messages
    assert not list(logs(w).glob("*-incident.md"))
    for file in logs(w).glob("post-rollback-*"):
        file.unlink()
    # The rollback itself can still be reported: by its own log.
    (log,) = logs(w).glob("rollback-*.jsonl")
    run(w, "dash", str(log), serves=w.shas[2])
    assert "| Rolled back (UTC) | 2" in made(w, "-incident.md")
    assert "PartPulse was rolled back (" in made(w, "-messages.md")
    for file in logs(w).glob("post-rollback-*"):
        file.unlink()
    newest = w.vercel.find_sha(w.shas[1])
    options = ("--yes", "--promote", newest)
    assert w.run("dash", *options, script="vercel-rollback.sh", serves=w.shas[1]).returncode == 0
    done = run(w, "dash", serves=w.shas[1])
    assert "The last run PROMOTED a deployment" in words(done)
    assert "A deployment of PartPulse was promoted at 2" in made(w, "-messages.md")


def test_the_log_of_another_service_is_not_ours(world) -> None:
    """Several services can keep their logs in one folder, and have scripts of the same names."""
    w = world()
    assert w.run("dash").returncode == 0
    (log,) = logs(w).glob("rollback-*.jsonl")
    assert '"service":"partpulse"' in log.read_text().partition("\n")[0]
    log.write_text(log.read_text().replace('"service":"partpulse"', '"service":"depot"'))
    hook = f"http://{w.app.host}/{HOOK_SECRET}"
    done = run(w, "dash", ROLLBOOK_NOTIFY_URL=hook)
    assert "No run log of a rollback is here" in words(done) and w.app.told == []
    assert "PartPulse was rolled back" not in words(done)
    done = run(w, "dash", str(log), ROLLBOOK_NOTIFY_URL=hook)
    assert done.returncode == 2 and "is that of another service" in words(done)
    assert w.app.told == []


def test_of_two_runs_in_one_second_the_one_that_began_later_counts(world) -> None:
    w = world()
    assert w.run("dash").returncode == 0
    options = ("--yes", "--undo")
    undone = w.run("dash", *options, script="vercel-rollback.sh", serves=w.shas[2])
    assert undone.returncode == 0
    options = ("--yes", "--promote", w.vercel.find_sha(w.shas[1]))
    promoted = w.run("dash", *options, script="vercel-rollback.sh", serves=w.shas[1])
    assert promoted.returncode == 0
    second = "20260102T030405Z"
    for log in logs(w).glob("*rollback-*.jsonl"):
        # As text, the process id of the later one comes first.
        later = '"did":"promoted"' in log.read_text()
        run_id = f"{second}-{10001 if later else 9998}"
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        lines = [line | {"time": "2026-01-02T03:04:05Z", "run": run_id} for line in lines]
        name = f"{log.name.split('-2')[0]}-{run_id}.jsonl"
        log.with_name(name).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        log.unlink()
    done = run(w, "dash", serves=w.shas[1])
    assert "The last run PROMOTED a deployment" in words(done)


def test_a_run_that_was_cut_short_is_not_known(world) -> None:
    w = world()
    assert w.run("dash").returncode == 0
    (log,) = logs(w).glob("rollback-*.jsonl")
    whole = log.read_text().splitlines(keepends=True)
    log.write_text("".join(line for line in whole if '"step":"outcome"' not in line))
    hook = f"http://{w.app.host}/{HOOK_SECRET}"
    done = run(w, "dash", ROLLBOOK_NOTIFY_URL=hook)
    assert "is NOT KNOWN" in words(done) and w.app.told == []
    assert not [*logs(w).glob("*-incident.md"), *logs(w).glob("*-messages.md")]
    # A second run that finds the target live knows what the first one has done.
    again = w.run("dash")
    assert again.returncode == 0 and "live already" in again.stdout
    done = run(w, "dash", ROLLBOOK_NOTIFY_URL=hook)
    assert "Rollback: Emergency Rollback Script" in done.stdout and len(w.app.told) == 1


def test_a_move_that_is_not_verified_is_told_and_claims_no_success(world) -> None:
    """The team hears of it from the script itself, whichever step ends the run."""
    w = world()
    w.app.status, w.app.body = 500, b"oops"
    hook = f"http://{w.app.host}/{HOOK_SECRET}"
    done = w.run("dash", ROLLBOOK_NOTIFY_URL=hook)
    assert done.returncode == 7
    (told,) = w.app.told
    said = json.loads(told)["text"]
    assert "NOT verified" in said and "was rolled back" not in said
    assert record(w, step="outcome")["did"] == "moved"
    # Where nothing was moved there is nothing to tell.
    w = world()
    w.app.told.clear()
    w.vercel.fault("POST", "/rollback/", status=403)
    assert w.run("dash", ROLLBOOK_NOTIFY_URL=hook).returncode == 5
    assert w.app.told == []
