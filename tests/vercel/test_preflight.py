"""preflight.sh: a Go needs a deployment to go back to, a filled-in plan, and people's word for the rest."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from generator import cli
from tests.scripts.scriptworld import SHELLS, needs, under_all
from tests.vercel.checkworld import ROOT, SCRIPTS, SLEEP, Checklist, parity
from tests.vercel.emulator import TOKEN
from tests.vercel.test_rollback import Setup, fault
from tests.vercel.vercelworld import World

SCRIPT = SCRIPTS / "preflight.sh"
VERCEL = ("go-back", "not-pinned")
MACHINE = ("go-back", "not-pinned", "plan", "migrations", "on-call")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script of a service whose owners have supplied every required fact."""
    folder = tmp_path_factory.mktemp("filled")
    shutil.copytree(ROOT / "content", folder / "content")

    blank = re.compile(
        r":\n( +)unfilled: (.*)\n\1owner: .*\n\1required: true\n(?:\1candidates:\n(?:\1 .*\n)+)?"
    )
    for path in (folder / "content").rglob("*.yaml"):
        text = blank.sub(
            lambda m: ": https://a.example\n" if "address" in m[2] else ": Ann at 555 0100\n",
            path.read_text("utf-8"),
        )
        path.write_text(text, "utf-8")
    places = ["--content", str(folder / "content"), "--out", str(folder / "out")]
    assert cli.main(["build", *places]) == 0
    return folder / "out/partpulse/scripts/preflight.sh"


@pytest.fixture
def preflight(world, filled) -> Callable[..., tuple[World, Checklist]]:
    """A clone with migrations, whose last version is live; and the checklist in it."""

    def make(script: Path = filled) -> tuple[World, Checklist]:
        w = world()
        for n in (1, 2):
            folder = w.folder / f"clone/prisma/migrations/{n}_things"
            folder.mkdir(parents=True)
            (folder / "migration.sql").write_text("select 1;\n")
            (w.folder / "clone/file").write_text(f"with migration {n}")
            commit(w, f"migration {n}")
        w.vercel.deploy(w.shas[-1], "production")
        assert w.live_sha == w.shas[-1]
        found = Checklist(w.folder / "checklist", script, w.environment(), [TOKEN])
        found.cwd = w.folder / "clone"
        found.env.pop("PATH")
        return w, found

    return make


def commit(w: World, message: str) -> None:
    w.git("add", "--all")
    w.git("commit", "--quiet", "--message", message)
    w.shas.append(w.git("rev-parse", "HEAD"))


def test_go(preflight) -> None:
    """Exit 0: a machine has seen what it can see, and a person has passed the rest."""
    _, list_ = preflight()

    def run(shell: str) -> list[str]:
        done = list_.copy(shell).asked(shell)
        by = {name: by for name, (_, by, _) in done.items.items()}
        good = done.code == 0 and done.outcome == "Go" and {*done.results()} == {"Pass"}
        seen = {name for name in by if by[name] == "machine"} == {*MACHINE}
        return [] if good and seen else [done.output]

    under_all([needs(s) for s in SHELLS], run)


def test_no_go_today(preflight) -> None:
    """Nobody has said yet who is on call at PartPulse."""
    _, list_ = preflight(SCRIPT)
    done = list_.asked("dash")
    assert done.code == 7 and done.outcome == "No-go"
    failed = [name for name, (result, *_) in done.items.items() if result == "Fail"]
    assert failed == ["plan", "on-call"]
    assert "not yet known: On-Call Engineer (owed by Governance Liaison)" in done.words


def pinned(w: World) -> None:
    w.vercel.auto_assign = False


def building(w: World) -> None:
    w.vercel.find(w.vercel.live).state = "BUILDING"


def failed(w: World) -> None:
    w.vercel.find(w.vercel.live).state = "ERROR"


def preview(w: World) -> None:
    w.vercel.find(w.vercel.live).target = None


def nothing_live(w: World) -> None:
    w.vercel.live = None


def no_commit(w: World) -> None:
    w.vercel.find(w.vercel.live).sha = ""


def strange_commit(w: World) -> None:
    w.vercel.find(w.vercel.live).sha = "--output=pwned"


def elsewhere(w: World) -> None:
    w.vercel.find(w.vercel.live).sha = "1" * 40


def another_migration(w: World) -> None:
    (w.folder / "clone/prisma/migrations/3_more").mkdir()
    (w.folder / "clone/prisma/migrations/3_more/migration.sql").write_text("drop table x;\n")
    commit(w, "another migration")


def edited_migration(w: World) -> None:
    (w.folder / "clone/prisma/migrations/1_things/migration.sql").write_text("select 2;\n")
    commit(w, "edited")


def no_migrations(w: World) -> None:
    w.git("rm", "-rq", "prisma")
    commit(w, "moved elsewhere")


def before_migrations(w: World) -> None:
    w.vercel.find(w.vercel.live).sha = w.shas[0]


def only_code(w: World) -> None:
    (w.folder / "clone/file").write_text("only code")
    commit(w, "only code")


ANY = 99
PASS, FAIL, OPEN = "Pass", "Fail", "Not checked"
# name: setup; results of go-back, not-pinned, migrations; words that must be said
SITUATIONS: dict[str, tuple[Setup, tuple[str, str, str], str]] = {
    "only code differs": (only_code, (PASS, PASS, PASS), "nothing in prisma/migrations differs"),
    "pinned": (pinned, (PASS, FAIL, PASS), "production is pinned"),
    "building": (building, (FAIL, PASS, PASS), "no READY production deployment"),
    "failed": (failed, (FAIL, PASS, PASS), "no READY production deployment"),
    "a preview is live": (preview, (FAIL, FAIL, OPEN), "is no production deployment"),
    "nothing is live": (nothing_live, (FAIL, FAIL, OPEN), "knows no deployment at"),
    "no commit is named": (no_commit, (PASS, PASS, OPEN), "is not known"),
    "a strange commit is named": (strange_commit, (PASS, PASS, OPEN), "is not known"),
    "a commit that the clone has not": (elsewhere, (PASS, PASS, OPEN), "git fetch"),
    "another migration": (another_migration, (PASS, PASS, OPEN), "3_more/migration.sql"),
    "an edited migration": (edited_migration, (PASS, PASS, OPEN), "1_things/migration.sql"),
    "the folder is gone": (no_migrations, (PASS, PASS, OPEN), "git fetch"),
    "live is older than the folder": (before_migrations, (PASS, PASS, OPEN), "git fetch"),
    **{
        f"{status} always": (
            fault("GET", "/", status=status, times=ANY),
            (OPEN, OPEN, OPEN),
            f"(answer {status})",
        )
        for status in (401, 403, 404, 429, 500)
    },
    "500 for the project": (fault("GET", "/projects/", status=500), (OPEN, PASS, PASS), "500"),
    "cut": (fault("GET", "/", cut=True, times=ANY), (OPEN, OPEN, OPEN), "(answer 000)"),
    "not JSON": (
        fault("GET", "/", body="<html>true", after=True, times=ANY),
        (OPEN, OPEN, OPEN),
        "names no project",
    ),
    "other words": (
        lambda w: setattr(w.vercel, "auto_assign", "perhaps"),
        (PASS, OPEN, PASS),
        "Vercel does not say whether",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SITUATIONS)
def test_no_false_go(preflight, name: str) -> None:
    setup, wanted, words = SITUATIONS[name]
    w, list_ = preflight()
    setup(w)
    done = list_.run("dash", "--yes")
    assert tuple(done.results("go-back", "not-pinned", "migrations")) == wanted, done.output
    assert words in done.words
    assert done.items["plan"][0] == done.items["on-call"][0] == PASS
    assert done.code == (7 if FAIL in wanted else 8)
    assert not [r for r in w.vercel.requests if r[0] != "GET"]
    assert not list(list_.cwd.glob("*pwned*"))


def test_no_answer_at_all(preflight) -> None:
    w, list_ = preflight()
    list_.program("sleep", SLEEP.format(sleep=shutil.which("sleep"), tick=0.03))
    w.vercel.fault("GET", "/", hang=20, times=ANY)
    done = list_.run("dash", "--yes")
    assert done.results(*VERCEL, "migrations") == [OPEN, OPEN, OPEN] and done.code == 8


@pytest.mark.parametrize(
    "missing", ["VERCEL_TOKEN", "VERCEL_ORG_ID", "VERCEL_PROJECT_ID", "PRODUCTION_URL"]
)
def test_without_access_it_is_not_checked(preflight, missing: str) -> None:
    w, list_ = preflight()
    done = list_.run("dash", "--yes", **{missing: None})
    if missing != "PRODUCTION_URL":  # the content names one
        assert done.results(*VERCEL, "migrations") == [OPEN, OPEN, OPEN] and done.code == 8
        assert f"missing: {missing}" in done.words
        assert w.vercel.requests == []
    else:
        assert done.items["go-back"][0] == FAIL
        assert "knows no deployment at" in done.words


def test_from_any_folder_of_the_clone(preflight) -> None:
    """Which folder it is run from, and the user's own Git settings, hide no migration."""
    w, list_ = preflight()
    another_migration(w)
    list_.cwd = w.folder / "clone/src"
    list_.cwd.mkdir()
    w.git("config", "diff.relative", "true")
    done = list_.run("dash", "--yes")
    assert done.items["migrations"][0] == OPEN and "3_more/migration.sql" in done.words


def test_outside_a_clone(preflight) -> None:
    w, list_ = preflight()
    list_.cwd = w.folder / "tmp"
    done = list_.run("dash", "--yes")
    assert done.results(*VERCEL, "migrations") == [PASS, PASS, OPEN]


def test_a_person_must_judge_a_migration(preflight) -> None:
    """The person is told what a machine knows, and may say No-go."""
    w, list_ = preflight()
    another_migration(w)
    asked: list[str] = []

    def answer(item: str, prompt: str) -> bytes:
        asked.append(item)
        if "seen" in prompt:
            return b"drops a table\n"
        return b"fail\n" if "migration" in item else b"pass\n"

    done = list_.asked("dash", answer=answer)
    assert (done.code, done.outcome) == (7, "No-go")
    result, by, evidence = done.items["migrations"]
    assert (result, by) == (FAIL, "person")
    assert "3_more/migration.sql" in evidence and evidence.endswith("drops a table")
    assert "Known: migrations differ" in done.words


def test_a_dry_run_looks_and_asks_nobody(preflight) -> None:
    w, list_ = preflight()
    done = list_.run("dash", "--dry-run")
    assert done.code == 0 and "Dry run: 5 hold, 0 do not." in done.words
    assert w.vercel.requests and {m for m, _ in w.vercel.requests} == {"GET"}
    w.vercel.auto_assign = False
    done = list_.run("dash", "--dry-run")
    assert done.code == 7 and "production is pinned" in done.words


def test_the_document_shows_what_is_called(preflight) -> None:
    w, list_ = preflight()
    w.vercel.hide_aliases = True
    list_.recorded("curl", "git")
    list_.run("dash", "--yes")
    assert not [call for call in list_.calls() if TOKEN in " ".join(call)]
    parity("### 9.1 ", "### 9.2 ", list_.calls(), "curl", "git")
