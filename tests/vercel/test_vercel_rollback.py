"""vercel-rollback.sh: choose, show, move, verify, undo; and what both scripts note for the undo.

`World.run` checks after every run that exit 0 means what it says, that no token is in any output,
that nothing in the clone was changed, and that 80 columns are enough.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scripts.scriptworld import SHELLS, here, needs
from tests.vercel.emulator import Vercel
from tests.vercel.test_rollback import SITUATIONS, fault, lie, overtaken
from tests.vercel.vercelworld import World

SCRIPT = "vercel-rollback.sh"
OLD, GOOD, BAD = 0, 1, 2  # the versions, in the order in which they went live


def run(w: World, *arguments: str, serves: int = GOOD, shell: str = "dash", **more: str | None):
    return w.run(shell, *(arguments or ("--yes",)), script=SCRIPT, serves=w.shas[serves], **more)


def uid(w: World, version: int) -> str:
    return next(d.uid for d in w.vercel.deployments if d.sha == w.shas[version])


def words(done) -> str:
    return " ".join((done.stdout + done.stderr).split())


def posts(w: World) -> list[str]:
    return [path.split("?")[0] for method, path in w.vercel.requests if method == "POST"]


def saved(w: World):
    return w.folder / "clone/.git/rollback-log/undo-prj_partpulse.json"


def steps(w: World) -> list[str]:
    logs = (w.folder / "clone/.git/rollback-log").glob("*.jsonl")
    log = max(logs, key=lambda p: p.stat().st_mtime_ns)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [x["step"] for x in lines if x["status"] == "ok"]


@pytest.mark.parametrize("shell", SHELLS)
def test_there_and_back_again(world, shell: str) -> None:
    """The previous deployment goes live; status and list say so; --undo puts the other back."""
    if shell not in here():
        if os.environ.get("CI"):
            pytest.fail(f"{shell} is not installed")
        pytest.skip(f"{shell} is not installed")
    w = world()
    done = run(w, shell=shell)
    assert done.returncode == 0, done.stdout + done.stderr
    assert posts(w) == [f"/v1/projects/prj_partpulse/rollback/{uid(w, GOOD)}"]
    assert "No database migrations lie between" in done.stdout
    assert "PRODUCTION IS PINNED" in done.stdout and not w.vercel.auto_assign
    assert "vercel-rollback.sh --promote <deployment-id>" in done.stdout
    assert "TELL THE TEAM YOURSELF" in done.stdout
    assert steps(w) == [
        "open-dashboard",
        "find-deployment",
        "promote",
        "verify",
        "health",
        "outcome",
    ]
    note = json.loads(saved(w).read_text())
    assert (note["live_before"], note["target"]) == (uid(w, BAD), uid(w, GOOD))
    assert saved(w).stat().st_mode & 0o777 == 0o600

    looked = run(w, "--status", shell=shell)
    assert "WARNING: Production that moves" not in looked.stderr
    assert looked.returncode == 0, looked.stderr
    assert f"live now {uid(w, GOOD)} {w.shas[GOOD][:12]} 0 min old" in words(looked)
    assert "PINNED yes" in words(looked) and f"would promote {uid(w, BAD)}" in words(looked)
    listed = run(w, "--list", shell=shell)
    assert [line.split()[:3] for line in listed.stdout.splitlines()[-3:]] == [
        ["yes", uid(w, BAD), w.shas[BAD][:7]],
        ["LIVE", uid(w, GOOD), w.shas[GOOD][:7]],
        ["yes", uid(w, OLD), w.shas[OLD][:7]],
    ]
    assert 'fix "quotes" \\ {' in listed.stdout.splitlines()[-1]
    assert len(posts(w)) == 1

    # Once more by mistake: it does not go back one further.
    again = run(w, shell=shell)
    assert again.returncode == 0 and "live already" in again.stdout
    assert len(posts(w)) == 1

    undone = run(w, "--yes", "--undo", serves=BAD, shell=shell)
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert posts(w)[1:] == [f"/v10/projects/prj_partpulse/promote/{uid(w, BAD)}"]
    assert "PINNED:" not in undone.stdout and w.vercel.auto_assign
    twice = run(w, "--yes", "--undo", serves=BAD, shell=shell)
    assert twice.returncode == 0 and "live already" in twice.stdout
    assert len(posts(w)) == 2
    assert "nothing to undo" in words(run(w, "--status", serves=BAD, shell=shell))


def test_status_and_list_need_no_terminal_and_touch_nothing(world) -> None:
    w = world()
    w.vercel.plan = "pro"
    w.vercel.deploy("f" * 40, "production", once_production=False, ref="moved")
    w.vercel.assign(uid(w, BAD))
    for option in ("--status", "--list"):
        done = run(w, option, serves=BAD)
        assert done.returncode == 0, done.stderr
        assert max(map(len, done.stdout.splitlines())) <= 80
    assert not (w.folder / "clone/.git/rollback-log").exists()
    assert posts(w) == []
    assert "cannot: no rollback from here is on record." in words(run(w, "--status", serves=BAD))
    # A title that is long and full of what could paint over a terminal; an id of Vercel's length.
    title = "x\x1b[31m\u202e\u009b Größe " + "very long " * 20 + "\nsecond line"
    answer = w.vercel._deployment

    def titled(found):
        told = answer(found)
        told["meta"]["githubCommitMessage"] = title
        return told

    w.vercel._deployment = titled
    for found in w.vercel.deployments:
        found.uid = f"{found.uid}{'Z' * 32}"[:32]
    w.vercel.live = w.vercel.deployments[2].uid
    for option in ("--status", "--list"):
        done = run(w, option, serves=BAD)
        assert done.returncode == 0, done.stderr
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert done.stdout.isascii() and "\x1b" not in done.stdout
        assert "very" in done.stdout and "second" not in done.stdout
    listed = run(w, "--list", serves=BAD).stdout
    assert [line.split()[0] for line in listed.splitlines()[-4:]] == ["no", "LIVE", "yes", "yes"]


def test_words_of_others_choose_nothing(world) -> None:
    """A title is text however it looks, and longer than what a program takes; the last of two ids counts."""
    needs("mksh")  # where `printf` is a program
    w = world()
    lie = (
        '"}]},"readyState":"ERROR","target":"preview","id":"dpl_lie","uid":"dpl_lie\\","x":{"y":["'
    )
    w.vercel.message = lie + "x" * 200_000
    encoded = w.vercel.encoded
    w.vercel.encoded = lambda found: encoded(found).replace(b'"id": "dpl_', b'"id": 1, "id": "dpl_')
    done = run(w, "--yes", uid(w, OLD), serves=OLD, shell="mksh")
    assert done.returncode == 0, words(done)
    # Nothing but the warning that the procedure itself has.
    assert re.sub(r"(?m)\AWARNING: .*\n( {9}.*\n)*", "", done.stderr) == "", done.stderr
    assert '"}]},"readyState":"ERROR","target":"prev' in done.stdout


def test_no_function_of_the_user_stands_in_for_a_program(world) -> None:
    """Bash hands functions down; each of these would say something else than the program."""
    w = world()
    names = "awk cat cd curl date echo git grep id mktemp mv printf sed sort tail tr wait"
    mine = {f"BASH_FUNC_{name}%%": '() { builtin echo "dpl_mine"; }' for name in names.split()}
    done = run(w, serves=GOOD, shell="bash", **mine)
    assert done.returncode == 0 and "dpl_mine" not in done.stdout + done.stderr, words(done)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--undo", "--status"),
        ("--list", "--promote", "dpl_1"),
        ("--undo", "dpl_1"),
        ("--status", "previous"),
        ("--list", "dpl_1"),
        ("--promote",),
        ("--promote", "dpl_1", "dpl_2"),
        ("--force",),
        ("dpl_1 dpl_2",),
        ("",),
        (),
    ],
)
def test_usage(world, arguments: tuple[str, ...]) -> None:
    """And without a terminal it asks for --yes, when it would change something."""
    w = world()
    done = run(w, *arguments) if arguments else run(w, "previous")
    assert done.returncode == 2
    assert "Nothing was done." in done.stderr
    assert w.vercel.requests == []


Made = Callable[[World], str]


def preview(w: World) -> str:
    return w.vercel.deploy("a" * 40, None, ref="feature")


def unready(w: World) -> str:
    return w.vercel.deploy("a" * 40, "production", state="ERROR")


def foreign(w: World) -> str:
    return w.vercel.deploy("a" * 40, "production", project="prj_other", ref="moved")


REFUSED: dict[str, tuple[Made, int, str]] = {
    "unknown": (lambda w: "dpl_unknown", 4, "knows no deployment"),
    "no id at all": (lambda w: "a/../b@c", 4, "knows no deployment"),
    "an address that climbs": (lambda w: "..", 4, "neither the id nor the address"),
    "of another project": (foreign, 4, "another project"),
    "not ready": (unready, 4, "not ready (ERROR)"),
    "a preview": (preview, 4, "no production deployment"),
}


@pytest.mark.parametrize("way", ["rollback", "promote"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_target_is_refused(world, name: str, way: str) -> None:
    w = world()
    make, code, said = REFUSED[name]
    wanted = make(w)
    w.vercel.live = uid(w, BAD)
    options = ["--yes"] if way == "rollback" else ["--yes", "--promote"]
    done = run(w, *options, wanted)
    assert (done.returncode, posts(w)) == (code, []), words(done)
    assert said in words(done)
    assert w.live_sha == w.shas[BAD] and not saved(w).exists()


def test_previous_is_refused_where_it_could_be_wrong(world) -> None:
    w = world()
    # Nothing older was ever in production.
    w.vercel.deployments = w.vercel.deployments[2:]
    done = run(w)
    assert (done.returncode, posts(w)) == (4, []) and "no older deployment" in words(done)
    # Somebody else has rolled back: one further back is for people to decide.
    w = world()
    w.vercel.auto_assign = False
    w.vercel.assign(uid(w, GOOD))
    done = run(w)
    assert (done.returncode, posts(w)) == (4, []) and "pinned" in words(done)
    # So it is where they promoted it: that pins nothing, and what is newer shows it.
    w = world()
    w.vercel.assign(uid(w, GOOD))
    done = run(w, serves=GOOD)
    assert (done.returncode, posts(w)) == (4, []) and "newer than what is live" in words(done)
    # An older deployment that never went live is not the previous one.
    w = world()
    w.vercel.deployments[1].once_production, w.vercel.deployments[1].ref = False, "moved"
    assert run(w, serves=OLD).returncode == 0
    # The age decides, not the place in the list.
    w = world()
    w.vercel.deployments[1].created = w.vercel.deployments[0].created - 60
    assert run(w, serves=OLD).returncode == 0
    assert run(w, "--promote", "previous", "--yes").returncode == 2


def test_the_previous_one_may_be_on_another_page(world) -> None:
    w = world(page=1)
    done = run(w, "--dry-run")
    assert done.returncode == 0 and f"roll back to {uid(w, GOOD)}" in done.stdout, words(done)
    assert "older ones are not shown" in run(w, "--list", serves=BAD).stdout
    w.vercel.page = 100
    assert "not shown" not in run(w, "--list", serves=BAD).stdout


@pytest.mark.parametrize("part", ["/v9/", "/v6/", "/v13/"])
def test_two_who_go_back_to_the_previous_one_go_back_once(world, part: str) -> None:
    """Somebody else rolls back while this script looks around."""
    w = world()

    def rolled_back(vercel: Vercel) -> bool:
        vercel.auto_assign = False
        vercel.assign(uid(w, GOOD))
        return True

    w.vercel.after("GET", part, rolled_back)
    done = run(w)
    assert done.returncode == 4 and "pinned" in words(done)
    assert w.live_sha == w.shas[GOOD] and posts(w) == []


def test_a_deployment_may_be_named_by_its_address(world) -> None:
    w = world()
    host = w.vercel.find(uid(w, OLD)).url
    done = run(w, "--yes", f"https://{host}/some/page", serves=OLD)
    assert done.returncode == 0, words(done)
    done = run(w, "--yes", host, serves=OLD)
    assert done.returncode == 0 and "live already" in done.stdout
    assert len(posts(w)) == 1


# What is other than with rollback.sh, which has a slow way; None: that situation has no meaning here.
OTHER: dict[str, tuple[int, str] | None] = {
    "never deployed: what the branch makes is built": None,
    "the build fails": None,
    "hobby plan does not reach back": (5, "Hobby plan"),
    "422 at the rollback": (5, "422"),
    "403 at the rollback": (5, "refused to move production"),
    "somebody else does it now": (0, "DONE"),
}


@pytest.mark.parametrize("name", [n for n in SITUATIONS if OTHER.get(n, "") is not None])
def test_no_false_success(world, name: str) -> None:
    setup, options, code, said = SITUATIONS[name]
    code, said = OTHER.get(name) or (code, said)
    w = world(**options)
    if setup:
        setup(w)
    done = run(w, "--yes", uid(w, OLD), serves=OLD)
    assert done.returncode == code, words(done)
    assert said in words(done)
    if code:
        assert "What is true:" in words(done) and "What to do:" in words(done)
        if "at the rollback" in name or "hobby" in name:
            assert "may have been" not in words(done)


def test_a_refusal_behind_an_error_does_not_take_the_error_back(world) -> None:
    w = world()
    w.vercel.fault("POST", "/rollback/", status=500)
    w.vercel.fault("POST", "/rollback/", status=403)
    done = run(w)
    assert done.returncode == 5 and "may have been carried out" in words(done)


@pytest.mark.parametrize(
    ("fault", "certain"),
    [
        *(({"status": n}, True) for n in (400, 401, 402, 403, 404, 409, 422, 429)),
        *(({"status": n}, False) for n in (408, 500)),
        ({"cut": True}, False),
    ],
    ids=str,
)
def test_after_a_refusal_nothing_may_have_happened(world, fault: dict, certain: bool) -> None:
    """rollback.sh goes on with the slow way, and knows that production has not moved."""
    w = world(plan="hobby")
    w.vercel.fault("POST", "/v13/deployments", **fault)
    done = w.run("dash")
    assert done.returncode in (5, 6) and "402" in words(done)
    assert f"The request to move production to {uid(w, OLD)}" not in words(done)
    assert ("may have been carried out" in words(done)) != certain
    assert ("Production has not moved." in words(done).split("What is true:")[1]) or not certain


def unpinned_later(w: World) -> None:
    """The promotion goes live at once and unpins production a moment later."""
    looks: list[int] = []

    def later(vercel: Vercel) -> bool:
        if posts(w)[-1:] and "/promote/" in posts(w)[-1]:
            looks.append(1)
            vercel.auto_assign = len(looks) > 3
        return len(looks) > 3

    w.vercel.after("POST", "/promote/", later)
    w.vercel.after("GET", "/v9/", later)


PROMOTIONS: dict[str, tuple[Callable[[World], None] | None, int, str]] = {
    "plain": (None, 0, "DONE"),
    "queued": (lie("queue_promotions", True), 6, "queue"),
    "500, and it worked": (fault("POST", "/promote/", status=500, after=True), 0, "DONE"),
    "500 once": (fault("POST", "/promote/", status=500), 0, "asking again"),
    "500 always": (fault("POST", "/promote/", status=500, times=9), 5, "did not move"),
    "no answer, and it worked": (fault("POST", "/promote/", hang=4, after=True), 0, "DONE"),
    "402": (fault("POST", "/promote/", status=402), 5, "402"),
    "404": (fault("POST", "/promote/", status=404), 5, "404"),
    "201, and nothing was done": (fault("POST", "/promote/", status=201), 7, "something else"),
    "another deployment goes live": (overtaken, 7, "something else"),
    "it is unpinned a moment later": (unpinned_later, 0, "DONE"),
    "it stays pinned": (
        lambda w: setattr(w.vercel, "_promote", lambda _, x: (w.vercel.assign(x), (201, {}))[1]),
        7,
        "STILL PINNED",
    ),
}


@pytest.mark.parametrize("name", PROMOTIONS)
def test_a_promotion_is_live_and_unpinned_or_it_fails(world, name: str) -> None:
    setup, code, said = PROMOTIONS[name]
    w = world()
    assert run(w).returncode == 0
    (w.folder / "clone/file").write_text("fixed")
    w.git("commit", "--quiet", "--all", "--message", "the fix")
    w.git("push", "--quiet", "origin", "HEAD:refs/heads/fix")
    w.shas.append(w.git("rev-parse", "HEAD"))
    fixed = w.vercel.deploy(w.shas[3], "production", ref="moved", once_production=True)
    if setup:
        setup(w)
    done = run(w, "--yes", "--promote", fixed, serves=3)
    assert done.returncode == code, words(done)
    assert said in words(done)
    assert "STOPPED" in words(done) if code else w.vercel.auto_assign
    # A promotion is no rollback: what there was to undo stays on record, and is refused.
    assert json.loads(saved(w).read_text())["target"] == uid(w, GOOD)
    if not code:
        done = run(w, "--yes", "--undo")
        assert done.returncode == 4 and "something else went live" in words(done)


def test_a_queued_promotion_that_is_carried_out_in_time_is_done(world) -> None:
    w = world()
    assert run(w).returncode == 0
    w.vercel.queue_promotions = True
    looks: list[int] = []

    def later(vercel: Vercel) -> bool:
        looks.append(1)
        if vercel.queued and len(looks) > 4:
            vercel.run_queue()
            return True
        return False

    w.vercel.after("GET", "/v13/deployments/127", later)
    done = run(w, "--yes", "--undo", serves=BAD)
    assert done.returncode == 0 and "not done yet" in done.stdout, words(done)


def test_the_live_deployment_is_promoted_only_to_unpin_it(world) -> None:
    w = world()
    assert run(w).returncode == 0
    done = run(w, "--yes", "--promote", uid(w, GOOD))
    assert done.returncode == 0 and w.vercel.auto_assign, words(done)
    assert len(posts(w)) == 2
    assert run(w, "--yes", "--promote", uid(w, GOOD)).returncode == 0
    assert len(posts(w)) == 2


def test_what_rollback_sh_did_can_be_undone(world) -> None:
    w = world()
    assert w.run("dash").returncode == 0
    before = saved(w).read_text()
    # Live already: what was live before the first time stays on record.
    assert w.run("dash").returncode == 0
    assert saved(w).read_text() == before
    done = run(w, "--yes", "--undo", serves=BAD)
    assert done.returncode == 0 and w.vercel.auto_assign, words(done)


def test_the_slow_way_is_not_pinned_and_can_be_undone(world) -> None:
    w = world(good=False)
    done = w.run("dash")
    assert done.returncode == 0 and w.vercel.auto_assign, words(done)
    assert "PINNED" not in done.stdout
    done = run(w, "--yes", "--undo", serves=BAD)
    assert done.returncode == 0, words(done)


def test_undo_refuses_what_it_does_not_know(world) -> None:
    w = world()
    done = run(w, "--yes", "--undo")
    assert done.returncode == 4 and "no rollback from here is on record" in words(done)
    assert run(w).returncode == 0
    note = saved(w).read_text()
    for old, new, said in (
        ("prj_partpulse", "prj_other", "another project"),
        (uid(w, BAD), "dpl_;x", "cannot be read"),
        (note, "", "cannot be read"),
        (note, "\udcff\0{[", "cannot be read"),
    ):
        saved(w).write_text(note.replace(old, new), errors="surrogateescape")
        done = run(w, "--yes", "--undo")
        assert (done.returncode, len(posts(w))) == (4, 1) and said in words(done)
    # Something else went live since: nobody's deployment is taken away unasked.
    saved(w).write_text(note)
    newer = w.vercel.deploy("e" * 40, "production", ref="moved")
    w.vercel.assign(newer)
    asked = len(posts(w))
    done = run(w, "--yes", "--undo")
    assert done.returncode == 4 and "something else went live" in words(done)
    assert w.vercel.live == newer and len(posts(w)) == asked


def by_somebody_else(note: Path) -> None:
    if os.geteuid() == 0:
        os.chown(note, 4242, -1)
    else:  # only root can give a file away
        note.chmod(0o602)


def instead(make: Callable[[Path], None]) -> Callable[[Path], None]:
    def tamper(note: Path) -> None:
        note.rename(note.with_suffix(".real"))
        make(note)

    return tamper


TAMPERED: dict[str, Callable[[Path], None]] = {
    "somebody else's": by_somebody_else,
    "others may write": lambda note: note.chmod(0o606),
    "the group may write": lambda note: note.chmod(0o620),
    "a link": instead(lambda note: note.symlink_to(note.with_suffix(".real"))),
    "a link to nowhere": instead(lambda note: note.symlink_to("/nowhere")),
    "a folder": instead(Path.mkdir),
    "a pipe": instead(os.mkfifo),
}


def test_undo_believes_only_a_note_of_ones_own(world) -> None:
    """In a folder that others write to, anyone could say where production goes."""
    w = world()
    assert run(w).returncode == 0
    note = saved(w).read_text()
    shared = w.folder / "shared"
    for name, tamper in TAMPERED.items():
        shared.mkdir()
        (shared / saved(w).name).write_text(note)
        (shared / saved(w).name).chmod(0o600)
        tamper(shared / saved(w).name)
        done = run(w, "--yes", "--undo", ROLLBOOK_LOG_DIR=str(shared))
        assert (done.returncode, len(posts(w))) == (4, 1), f"{name}: {words(done)}"
        assert "belongs to somebody else" in words(done) and "--promote" in words(done), name
        shutil.rmtree(shared)
    # Nor does the note vanish in a folder of its name: that would be said to be saved.
    (shared / saved(w).name).mkdir(parents=True)
    done = run(w, "--yes", uid(w, OLD), serves=OLD, ROLLBOOK_LOG_DIR=str(shared))
    assert done.returncode == 0 and f"Note it yourself: {uid(w, GOOD)}" in words(done)


def test_of_two_notes_the_later_one_counts(world) -> None:
    """The first rollback could write where ROLLBOOK_LOG_DIR says; the second one could not."""
    w = world()
    place = w.folder / "logs"
    assert run(w, ROLLBOOK_LOG_DIR=str(place)).returncode == 0
    early = place / saved(w).name
    early.write_text(re.sub(r'"time":"[0-9]{4}', '"time":"2025', early.read_text()))
    fixed = w.vercel.deploy("f" * 40, "production", ref="moved", once_production=True)
    w.vercel.assign(fixed)
    w.vercel.auto_assign = True
    assert run(w, "--yes", uid(w, GOOD)).returncode == 0
    done = run(w, "--undo", "--dry-run", ROLLBOOK_LOG_DIR=str(place))
    assert done.returncode == 0 and f"promote {fixed}" in words(done), words(done)
    early.write_text(re.sub(r'"time":"[^"]*', '"time":"unknown', early.read_text()))
    done = run(w, "--yes", "--undo", ROLLBOOK_LOG_DIR=str(place))
    assert done.returncode == 4 and "nothing tells which is the later one" in words(done)
    # Somebody else did it from another clone: the note here is about the time before.
    early.unlink()
    note = json.loads(saved(w).read_text())
    saved(w).write_text(json.dumps({**note, "live_before": uid(w, BAD)}))
    done = run(w, "--yes", "--undo")
    assert done.returncode == 4 and f"by somebody else: from {fixed}" in words(done)
    assert w.live_sha == w.shas[GOOD]


def test_the_note_lies_beside_the_log_wherever_that_is(world) -> None:
    w = world()
    place = w.folder / "logs"
    assert run(w, ROLLBOOK_LOG_DIR=str(place)).returncode == 0
    assert (place / "undo-prj_partpulse.json").exists() and not saved(w).exists()
    done = run(w, "--yes", "--undo", serves=BAD)
    assert done.returncode == 4
    done = run(w, "--yes", "--undo", serves=BAD, ROLLBOOK_LOG_DIR=str(place))
    assert done.returncode == 0, words(done)
    # No place for it: a warning, and the rollback goes on.
    (place / "undo-prj_partpulse.json").unlink()
    (w.folder / "bin/mv").write_text("#!/bin/sh\nexit 1\n")
    (w.folder / "bin/mv").chmod(0o755)
    done = run(w, ROLLBOOK_LOG_DIR=str(place))
    assert done.returncode == 0 and f"Note it yourself: {uid(w, BAD)}" in words(done)
    assert [p.suffix for p in place.iterdir()] == [".jsonl"] * 3


KILLER = """#!/bin/sh
case "$*" in
*/rollback/*)
  [ "$WHEN" = before ] || {curl} "$@" >/dev/null
  # The script is the topmost of its own processes; subshells bear its name too.
  at=$PPID
  while tr '\\0' ' ' </proc/$at/cmdline | grep -q vercel-rollback.sh; do
    script=$at
    at=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$at/status)
  done
  kill -KILL "$script"
  exit 1
  ;;
esac
exec {curl} "$@"
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_was_live_before_survives_a_kill(world, when: str) -> None:
    w = world()
    curl = w.folder / "bin/curl"
    curl.write_text(KILLER.format(curl=shutil.which("curl")))
    curl.chmod(0o755)
    with pytest.raises(AssertionError):  # a killed script leaves its scratch folder
        run(w, WHEN=when)
    for path in (w.folder / "tmp").iterdir():
        shutil.rmtree(path)
    curl.unlink()
    note = json.loads(saved(w).read_text())
    assert note["live_before"] == uid(w, BAD)
    assert w.live_sha == w.shas[GOOD if when == "after" else BAD]
    done = run(w, "--yes", "--undo", serves=BAD)
    assert done.returncode == 0, words(done)
    assert w.live_sha == w.shas[BAD] and w.vercel.auto_assign


def test_migrations_between_the_two_are_told(world) -> None:
    w = world()
    (w.folder / "clone/prisma/migrations").mkdir(parents=True)
    (w.folder / "clone/prisma/migrations/1.sql").write_text("alter table x;\n")
    w.git("add", "--all")
    w.git("commit", "--quiet", "--message", "with a migration")
    w.shas.append(w.git("rev-parse", "HEAD"))
    w.vercel.deploy(w.shas[3], "production")
    done = run(w, "--dry-run")
    assert done.returncode == 0 and "WARNING: the database migrations of the two differ" in words(
        done
    )
    w.vercel.deploy("c" * 40, "production")
    done = run(w, "--dry-run")
    assert done.returncode == 0 and "Not checked: whether database migrations" in words(done)
    assert posts(w) == [] and not saved(w).exists()
    assert not (w.folder / "clone/.git/rollback-log").exists()


@pytest.mark.parametrize("missing", ["VERCEL_TOKEN", "VERCEL_PROJECT_ID", "PRODUCTION_URL"])
def test_without_access_a_person_is_told_what_is_left(world, missing: str) -> None:
    w = world()
    done = run(w, **{missing: None})
    assert done.returncode == 8 and f"missing: {missing}." in done.stdout
    for line in ("https://vercel.com/apgi-cmy/partpulse", 'Click "Instant Rollback" button'):
        assert line in done.stdout
    assert "Tell the team now" in done.stdout
    # The steps by hand are those of a rollback: nobody is sent through them for anything else.
    for option in (("--undo",), ("--status",), ("--list",), ("--promote", "dpl_1")):
        done = run(w, "--yes", *option, **{missing: None})
        assert done.returncode == 3 and missing in done.stderr
    assert w.vercel.requests == []


def test_pinned_is_said_only_when_it_is_so(world) -> None:
    w = world()
    w.vercel.after("POST", "/rollback/", lambda v: setattr(v, "auto_assign", True) or True)
    done = run(w)
    assert done.returncode == 0 and "PINNED" not in words(done)
    w = world()
    w.vercel.after(
        "POST", "/rollback/", lambda v: v.fault("GET", "/v9/projects/", status=500, times=9) or True
    )
    done = run(w)
    assert done.returncode == 0 and "does not say whether production is pinned" in words(done)


def test_a_first_look_at_the_very_end_is_not_taken_for_two(world) -> None:
    """The target is seen once, is gone again, and comes back when the time for looking is up."""
    w = world()
    good, bad = uid(w, GOOD), uid(w, BAD)
    looks: list[int] = []

    def script(vercel: Vercel) -> bool:
        if not posts(w):
            return False
        # Look 1 sees the target; look 2 has no answer, which makes the seconds odd; 43 looks see
        # something else; the last one, a second before the end, sees the target, and the one that
        # makes sure of it does not.
        looks.append(1)
        vercel.assign(good if len(looks) == 45 else bad)
        if len(looks) == 1:
            vercel.fault("GET", "/v13/deployments/127", status=500)
        return False

    w.vercel.after("GET", "/v13/deployments/127", script)
    done = run(w)
    assert done.returncode == 7, words(done)
    assert f"serves {bad}, not {good}." in words(done)
    assert len(looks) == 47, "the last look but one was no first one: count anew"
