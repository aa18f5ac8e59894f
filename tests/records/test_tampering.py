"""Each way to make a service look better than it is, tried on a repository in order, is found."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from generator.load import load
from generator.render import render_all
from tests.conftest import ROOT
from tests.records.recordworld import KEEPER, REVIEW, drill, edit, git

DAY = "2026-03-05"  # the day on which somebody looks
LOG = ROOT / "tests/cases/ok/full/records/drills/2026-03-02-publish.log.jsonl"
WAIVER = ("waiver", "record", "--reason", "Ill", "--approver", KEEPER)


def run_log(folder: Path) -> str:
    """The log of a run of the script as it is rendered now."""
    book = load(folder).handbook
    (script,) = (f.text for f in render_all(book) if f.path == "scripts/publish.sh")
    lines = [json.loads(line) for line in LOG.read_text("utf-8").splitlines()]
    lines[0]["stamp"] = book.stamps["drill:publish"]
    for line in lines:
        line["script_sha256"] = sha256(script.encode()).hexdigest()
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


@pytest.fixture
def kept(handbook: Path, rollbook) -> Path:
    """Reviewed, drilled by hand and by script, one clock waived, all committed in its time."""
    edit(handbook / "procedures/publish.yaml", "drill: false", "drill: true")
    rollbook("review", "record", *REVIEW, "--outcome", "no-change", "--date", "2026-03-01")
    drill(rollbook, "2026-03-01")
    log = handbook.parent.parent / "run.jsonl"
    log.write_text(run_log(handbook), "utf-8")
    made = ("drill", "record", "--from", str(log), "--environment", "staging")
    rollbook(*made, "--participant", KEEPER, "--verification", "passed")
    log.unlink()
    until = ("--granted", "2026-03-02", "--until", "2026-03-30")
    rollbook(*WAIVER, "--clock", "drill:restart", *until)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "recorded")
    for command in (("validate",), ("audit",), ("check", "--as-of", DAY)):
        said = rollbook(*command).words
        assert "records" not in said or "committed on" not in said
    return handbook


def commit() -> None:
    git("add", "-A", ".")
    git("commit", "-qm", "nothing to see here")


def edited(folder: Path, _) -> None:
    edit(folder / "records/reviews/2026-03-01.yaml", "scope: All sections", "scope: More")
    commit()


def edited_where_it_is_hashed(folder: Path, _) -> None:
    text = folder / "records/reviews/2026-03-01.content.json"
    edit(text, "Restart the machine", "Restart both machines")


def deleted(folder: Path, _) -> None:
    for path in folder.glob("records/drills/2026-03-01-restart.*"):
        path.unlink()
    commit()


def deleted_in_part(folder: Path, _) -> None:
    (folder / "records/drills/2026-03-02-publish.yaml").unlink()


def back_dated(folder: Path, rollbook) -> None:
    rollbook("review", "record", *REVIEW, "--outcome", "no-change", "--date", "2026-02-01")
    commit()


def back_dated_by_hand(folder: Path, _) -> None:
    edit(folder / "records/reviews/2026-03-01.yaml", "2026-03-01", "2026-02-01")


def copied(folder: Path, _) -> None:
    """The drill of one procedure, made into one of another, with what lies beside it."""
    drills = folder / "records/drills"
    for ending in (".yaml", ".content.json"):
        source, target = (drills / f"2026-03-01-{p}{ending}" for p in ("restart", "publish"))
        shutil.copyfile(source, target)
    edit(drills / "2026-03-01-publish.yaml", "procedure: restart", "procedure: publish")


def copied_with_a_log(folder: Path, _) -> None:
    drills = folder / "records/drills"
    for ending in (".yaml", ".content.json", ".log.jsonl"):
        source, target = (drills / f"2026-03-02-{p}{ending}" for p in ("publish", "restart"))
        shutil.copyfile(source, target)
    edit(drills / "2026-03-02-restart.yaml", "procedure: publish", "procedure: restart")


def review_of_the_future(folder: Path, rollbook) -> None:
    rollbook("review", "record", *REVIEW, "--outcome", "no-change", "--date", "2026-03-06")


def drill_of_the_future(folder: Path, rollbook) -> None:
    drill(rollbook, "2026-03-06")


def log_edited(folder: Path, _) -> None:
    edit(folder / "records/drills/2026-03-02-publish.log.jsonl", '"exit":0', '"exit":1')


def script_changed(folder: Path, _) -> None:
    """The steps are the same, so the stamp is; the bytes that ran are not."""
    edit(folder / "procedures/publish.yaml", "title: Announce it", "title: Announce it aloud")


def waiver_prolonged(folder: Path, _) -> None:
    (waiver,) = folder.glob("records/waivers/*.yaml")
    edit(waiver, "2026-03-30", "2026-03-31")
    commit()


def waiver_renewed(folder: Path, _) -> None:
    (waiver,) = folder.glob("records/waivers/*.yaml")
    text = waiver.read_text("utf-8")
    text = text.replace("2026-03-02", "2026-03-31").replace("2026-03-30", "2026-04-29")
    waiver.with_name(waiver.name.replace("2026-03-02", "2026-03-31")).write_text(text, "utf-8")


def waiver_renewed_behind_a_rehearsal(folder: Path, rollbook) -> None:
    """What was done where it does not count does not part two waivers."""
    edit(folder / "service.yaml", "[staging, production, sandbox]", "[staging, production]")
    drill(rollbook, "2026-03-30", where="sandbox")
    waiver_renewed(folder, rollbook)


def linked(folder: Path, _) -> None:
    """Git sees a link that never changes; what it leads to is edited at will."""
    (folder / "records").rename(folder / "kept")
    (folder / "records").symlink_to("kept")
    commit()
    edit(folder / "kept/reviews/2026-03-01.yaml", "scope: All sections", "scope: More")
    commit()


def linked_alone(folder: Path, _) -> None:
    record = folder / "records/reviews/2026-03-01.yaml"
    record.rename(folder / "kept")
    record.symlink_to("../../kept")


def linked_beside(folder: Path, _) -> None:
    text = folder / "records/reviews/2026-03-01.content.json"
    text.rename(folder / "kept")
    text.symlink_to("../../kept")


def hidden_from_git(folder: Path, _) -> None:
    git("rm", "-rqf", "--cached", ".")
    git("commit", "-q", "--amend", "--allow-empty", "-m", "nothing here")
    folder.parent.parent.joinpath(".gitignore").write_text("records/\n", "utf-8")
    git("add", ".")
    git("commit", "-q", "--amend", "-m", "nothing here")


def edited_unseen_by_git(folder: Path, _) -> None:
    record = folder / "records/reviews/2026-03-01.yaml"
    git("update-index", "--assume-unchanged", str(record))
    edit(record, "scope: All sections", "scope: More")


def renamed(folder: Path, to: str = "shop") -> Path:
    """The whole folder of a service under another name."""
    edit(folder / "service.yaml", f"id: {folder.name}", f"id: {to}")
    return folder.rename(folder.with_name(to))


def edited_then_renamed(folder: Path, rollbook) -> None:
    edited(folder, rollbook)
    renamed(folder)
    commit()


def edited_while_renamed(folder: Path, _) -> None:
    edit(renamed(folder) / "records/reviews/2026-03-01.yaml", "scope: All sections", "scope: More")
    commit()


def edited_on_a_branch_that_renames(folder: Path, rollbook) -> None:
    git("checkout", "-qb", "side")
    edited_then_renamed(folder, rollbook)
    git("checkout", "-q", "-")
    git("commit", "-q", "--allow-empty", "-m", "meanwhile")
    git("merge", "-q", "--no-ff", "-m", "merged", "side")


def deleted_then_renamed(folder: Path, rollbook) -> None:
    """The folder is renamed; one record of it goes on the way."""
    new = renamed(folder)
    for path in new.glob("records/waivers/*"):
        path.unlink()
    commit()


def deleted_with_its_service(folder: Path, _) -> None:
    shutil.copytree(folder, folder.with_name("shop"))
    shutil.rmtree(folder.with_name("shop") / "records")
    edit(folder.with_name("shop") / "service.yaml", "id: full", "id: shop")
    shutil.rmtree(folder)
    commit()


def review_of_no_version(folder: Path, _) -> None:
    edit(folder / "records/reviews/2026-03-01.yaml", "version: 1.1.0", "version: 2.0.0")


def drill_of_no_version(folder: Path, _) -> None:
    edit(folder / "records/drills/2026-03-01-restart.yaml", "version: 1.1.0", "version: 2.0.0")


def review_by_nobody(folder: Path, _) -> None:
    edit(folder / "records/reviews/2026-03-01.yaml", "role: helper", "role: auditor")


def waived_by_nobody(folder: Path, _) -> None:
    (waiver,) = folder.glob("records/waivers/*.yaml")
    edit(waiver, "role: keeper", "role: owner")


def hidden_behind_another_procedure(folder: Path, _) -> None:
    drill = folder / "records/drills/2026-03-02-publish.yaml"
    drill.write_text(drill.read_text("utf-8") + "supersedes: 2026-03-01-restart\n", "utf-8")


def step_left_out(folder: Path, _) -> None:
    record = folder / "records/drills/2026-03-02-publish.yaml"
    edit(record, "- id: announce\n  result: ok\n  by: script\n", "")


def review_of_nothing(folder: Path, _) -> None:
    reviews = folder / "records/reviews"
    stamp = sha256((reviews / "2026-03-01.content.json").read_bytes()).hexdigest()
    (reviews / "2026-03-01.content.json").write_text("{}", "utf-8")
    edit(reviews / "2026-03-01.yaml", stamp, sha256(b"{}").hexdigest())


def review_of_a_pit(folder: Path, _) -> None:
    """Text that no parser gets out of again is no reason to fall."""
    reviews = folder / "records/reviews"
    stamp = sha256((reviews / "2026-03-01.content.json").read_bytes()).hexdigest()
    (reviews / "2026-03-01.content.json").write_text("[" * 200_000, "utf-8")
    edit(reviews / "2026-03-01.yaml", stamp, sha256(b"[" * 200_000).hexdigest())


def carried_in_advance(folder: Path, _) -> None:
    script_changed(folder, _)
    book = load(folder).handbook
    (script,) = (f.text for f in render_all(book) if f.path == "scripts/publish.sh")
    (folder / "records/carried").mkdir()
    (folder / "records/carried/2026-03-06-publish.yaml").write_text(
        "date: 2026-03-06\ndrill: 2026-03-02-publish\nreason: Only words\n"
        f"script-sha256: {sha256(script.encode()).hexdigest()}\n"
        "approver: {name: A. Person, role: keeper}\n",
        "utf-8",
    )


def rollback_of_another_version(folder: Path, rollbook) -> None:
    """It was answered by no version, whichever one it says was followed."""
    when = ("--start", "2026-03-02T01:00:00Z", "--end", "2026-03-02T01:09:00Z")
    made = ("rollback", "record", "--procedure", "restart", "--who", KEEPER, "--trigger", "5xx")
    rollbook(*made, *when, "--outcome", "verified")
    edit(folder / "records/rollbacks/2026-03-02-restart.yaml", "1.1.0", "1.0.0")


AUDIT, VALIDATE, CHECK = ("audit",), ("validate",), ("check", "--as-of", DAY)

TRIED: tuple[tuple[Callable, tuple[str, ...], int, str], ...] = (
    (edited, AUDIT, 1, "reviews/2026-03-01.yaml: error: edited in commit"),
    (edited_where_it_is_hashed, VALIDATE, 1, "has another hash: 2026-03-01.content.json"),
    (deleted, AUDIT, 1, "drills/2026-03-01-restart.yaml: error: deleted or moved in commit"),
    (deleted_in_part, VALIDATE, 1, "there is no record that this belongs to"),
    # Git cannot know when something was done; it tells when it was told.
    (back_dated, AUDIT, 0, "is of 2026-02-01, and was committed on 2026-03-02"),
    (back_dated_by_hand, VALIDATE, 1, "does not begin with the day of the record (2026-02-01)"),
    (copied, VALIDATE, 1, "the content beside this record is not about its procedure"),
    (copied_with_a_log, VALIDATE, 1, "the run log says 'publish' (procedure)"),
    (review_of_the_future, CHECK, 1, "INVALID review: 2026-03-06 is in the future"),
    (drill_of_the_future, CHECK, 1, "Restart the machine: 2026-03-06 is in the future"),
    (log_edited, VALIDATE, 1, "has another hash: 2026-03-02-publish.log.jsonl"),
    (script_changed, CHECK, 1, "the script is rendered differently since the drill"),
    (waiver_prolonged, AUDIT, 1, "drill-restart.yaml: error: edited in commit"),
    (waiver_renewed, VALIDATE, 1, "a second waiver in a row for drill:restart"),
    (waiver_renewed_behind_a_rehearsal, VALIDATE, 1, "a second waiver in a row"),
    (linked, VALIDATE, 1, "content/full/records: error: a link stands where records are kept"),
    (linked_alone, VALIDATE, 1, "2026-03-01.yaml: error: a link stands where records are kept"),
    (linked_beside, VALIDATE, 1, "content.json: error: a link stands where records are kept"),
    (hidden_from_git, AUDIT, 0, "reviews/2026-03-01.yaml: warning: is not committed"),
    (edited_unseen_by_git, AUDIT, 1, "01.yaml: error: Git was told here not to look"),
    (edited_then_renamed, AUDIT, 1, "content/shop/records/reviews/2026-03-01.yaml: error: edited"),
    (edited_while_renamed, AUDIT, 1, "shop/records/reviews/2026-03-01.yaml: error: edited in"),
    (edited_on_a_branch_that_renames, AUDIT, 1, "shop/records/reviews/2026-03-01.yaml: error: ed"),
    (deleted_then_renamed, AUDIT, 0, "content/full: warning: the service is gone, and its records"),
    (deleted_with_its_service, AUDIT, 0, "full: warning: the service is gone, and its records"),
    (review_of_no_version, VALIDATE, 1, "the content beside this record is version '1.1.0'"),
    (drill_of_no_version, VALIDATE, 1, "the history names no version '2.0.0'"),
    (review_by_nobody, VALIDATE, 1, "what was reviewed has no role 'auditor'"),
    (waived_by_nobody, VALIDATE, 0, "warning: no role is called 'owner' today"),
    (hidden_behind_another_procedure, VALIDATE, 1, "is about 'restart', and this record about"),
    (step_left_out, VALIDATE, 1, "not the steps of its procedure, in their order: resolve"),
    (review_of_nothing, VALIDATE, 1, "the content beside this record is not about a service"),
    (review_of_a_pit, VALIDATE, 1, "the content beside this record is not about a service"),
    (carried_in_advance, CHECK, 1, "the script is rendered differently since the drill"),
    (rollback_of_another_version, CHECK, 1, "rolled back on 2026-03-02, and the document was not"),
)


@pytest.mark.parametrize(
    ("tamper", "command", "code", "words"), TRIED, ids=[t[0].__name__ for t in TRIED]
)
def test_tampering_is_found(kept, rollbook, tamper, command, code, words) -> None:
    tamper(kept, rollbook)
    assert words in rollbook(*command, code=code).words


def test_a_service_that_is_only_renamed_loses_no_proof(kept, rollbook) -> None:
    """There, back, and with the folder above it; months after its records were made."""
    for day, move in (("2026-06-01", "shop"), ("2026-07-01", "full"), ("2026-08-01", "store")):
        kept = renamed(kept, move)
        git("add", "-A", ".")
        git("commit", "-qm", "renamed", day=day)
        assert (
            rollbook("audit").words
            == "4 records; by this clone's history none was edited or deleted"
        )
    Path("content").rename("handbooks")
    git("add", "-A", ".")
    git("commit", "-qm", "moved", day="2026-09-01")
    said = rollbook("audit", "--content", "handbooks").words
    assert said == "4 records; by this clone's history none was edited or deleted"


def test_a_mistake_that_is_corrected_is_none(kept, rollbook) -> None:
    """A record is never edited, so what it claims must not be held against it for ever."""
    review_of_no_version(kept, rollbook)
    rollbook("validate", code=1)
    made = (*REVIEW, "--outcome", "no-change", "--date", "2026-03-01")
    rollbook("review", "record", *made, code=1)
    rollbook("review", "record", *made, "--supersedes", "2026-03-01")
    rollbook("validate")


def test_a_waiver_that_is_too_long_can_be_corrected_and_not_prolonged(kept, rollbook) -> None:
    (waiver,) = kept.glob("records/waivers/*.yaml")
    edit(waiver, "2026-03-30", "2026-05-30")
    rollbook("validate", code=1)
    made = (*WAIVER, "--clock", "drill:restart", "--supersedes", waiver.stem)
    later = ("--granted", "2026-03-20", "--until", "2026-04-10")
    assert "a second waiver in a row" in rollbook(*made, *later, code=1).words
    rollbook(*made, "--granted", "2026-03-02", "--until", "2026-03-30")
    rollbook("validate")


def record_of(rollbook, text: str, *more: str, code: int) -> str:
    Path("run.jsonl").write_text(text, "utf-8")
    made = ("drill", "record", "--from", "run.jsonl", "--environment", "staging")
    return rollbook(*made, "--participant", KEEPER, *more, code=code).words


def test_a_run_that_an_option_ended_early_is_not_completed_by_words(handbook, rollbook) -> None:
    lines = run_log(handbook).splitlines(keepends=True)
    text = "".join([*lines[:3], lines[-1]])  # as with --push-only: the outcome is 0
    said = record_of(rollbook, text, "--step", "announce=ok", code=2)
    assert "the script ended with 0 before it" in said
    said = record_of(rollbook, text, code=0)
    assert "It does not count as a drill: it was partial only (not done: announce, " in said
    (record,) = (handbook / "records/drills").glob("*.yaml")
    assert "kind: partial" in record.read_text("utf-8")
    assert "verification: not-done" in record.read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2026-03-02T09:00:00Z", "2026-99-99T09:00:00Z", "could not tell the time"),
        ("2026-03-02T09:01:23Z", "9999-12-31T23:59:59Z", "could not tell the time"),
        ('{"time"', "[" * 200_000, "line 1 is not JSON"),
        ("}\n", " " * 5 * 2**20 + "}\n", "larger than 4 MiB"),
    ],
    ids=["no-moment", "end-of-days", "pit", "huge"],
)
def test_a_log_that_no_script_wrote_is_refused(handbook, rollbook, old, new, words) -> None:
    assert words in record_of(rollbook, run_log(handbook).replace(old, new, 1), code=2)


def test_a_pipe_is_no_log(handbook, rollbook) -> None:
    os.mkfifo("pipe")
    made = ("drill", "record", "--from", "pipe", "--environment", "staging")
    assert "pipe is not a file" in rollbook(*made, "--participant", KEEPER, code=2).words


@pytest.mark.parametrize("approver", ["A. Person, helper", "a.  PERSON, keeper"])
def test_a_self_review_is_one_in_every_role_and_spelling(handbook, rollbook, approver) -> None:
    who = ("--reviewer", KEEPER, "--approver", approver, "--scope", "All sections")
    rollbook("review", "record", *who, "--outcome", "no-change", "--date", "2026-03-01")
    rollbook("build")
    page = Path("generated/full/rollback-procedures.md").read_text("utf-8")
    assert "**Last Reviewed**: 2026-03-01 by A. Person (Keeper), a self-review" in page
