"""The scripts whose faults are swept, each in its world: what must come out, and what must never be.

A new script is one line of CASES. A checklist is swept twice: where all is well, and where nothing
is, so that whatever a machine passes there was not looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.vercel.checkworld import WELL, tables
from tests.vercel.vercelworld import HOOK_SECRET, World


@dataclass(frozen=True)
class Case:
    """A script with its arguments; `done` says whether that which its exit 0 claims is true.

    `code` is the end of a good run: 8 where a person is always asked for something. `wrong` finds
    what must never be, whatever the end. Where it `refuses` a second run, that ends with 4.
    """

    script: str
    arguments: Callable[[World], tuple[str, ...]]
    done: Callable[[World], bool]
    code: int = 0
    prepare: Callable[[World], object] = lambda _: None
    wrong: Callable[[World], list[str]] = lambda _: []
    env: Callable[[World], dict[str, str]] = lambda _: {}
    checklist: bool = False
    refuses: Callable[[World], bool] = lambda _: False


def with_a_name(w: World) -> None:
    """Somebody in whose name Git can make a commit."""
    w.git("config", "user.name", "A Person")
    w.git("config", "user.email", "person@example.com")


def serves_the_good_files(w: World) -> bool:
    return w.tree(w.live_sha) == w.tree(w.shas[0])


def serves_the_good_one(w: World) -> bool:
    return w.live_sha == w.shas[0]


def rolled_back(w: World) -> None:
    assert w.run("dash").returncode == 0


def rolled_back_by_vercel(w: World) -> None:
    assert w.run("dash", "--yes", script="vercel-rollback.sh", serves=w.shas[1]).returncode == 0


def nobody_knows_who_did_it(w: World) -> bool:
    """Rolled back, and no note says so: to go on from there would be to go back further."""
    return w.live_sha == w.shas[1] and not list(w.folder.rglob("rollback-log/undo-*.json"))


OLD, NEW = "the old value", "the new value"


def changed_variables(w: World) -> None:
    """Two variables, saved and then changed; one of them was removed."""
    w.vercel.set("FLAG", OLD)
    w.vercel.set("GONE", OLD)
    assert (
        w.run("dash", "--yes", "snapshot", script="env-restore.sh", serves=w.live_sha).returncode
        == 0
    )
    w.vercel.set("FLAG", NEW)
    w.vercel.unset("GONE")
    w.vercel.deploy(w.shas[2], "production")


def restored(w: World) -> bool:
    live = w.vercel.find(w.vercel.live)
    return all(v.get(k) == OLD for v in (w.vercel.values(), live.values) for k in ("FLAG", "GONE"))


def lost_variables(w: World) -> list[str]:
    values = w.vercel.values()
    found = [] if values.get("FLAG") in (OLD, NEW) else [f"FLAG is {values.get('FLAG')}"]
    return found if values.get("GONE") in (OLD, None) else [*found, f"GONE is {values.get('GONE')}"]


def ill(w: World) -> None:
    """Nothing that a machine can look at is in order: whatever passes was not looked at."""
    w.app.status, w.app.body = 500, b"Internal Server Error"
    w.vercel.auto_assign = False
    w.vercel.domain = "another.example.org"
    for deployment in w.vercel.deployments:
        deployment.state = "ERROR"


def well(w: World) -> None:
    w.app.pages = WELL


def notes(w: World, ending: str) -> list[Path]:
    """The files beside the run log whose names end so, after the run's own name."""
    place = w.folder / "clone/.git/rollback-log"
    return [p for p in place.glob("*") if re.search(rf"Z-[0-9]+{ending}$", p.name)]


def completed(w: World) -> list[dict]:
    """The items of the completed lists, which say the same to people and to programs."""
    items = []
    for path in notes(w, r"\.json"):
        found = json.loads(path.read_text("utf-8"))["items"]
        rows = [(i["group"], i["text"], i["result"], i["by"], i["evidence"]) for i in found]
        shown = tables(path.with_suffix(".md").read_text("utf-8"))
        assert shown == rows, f"{difference(shown, rows)}"
        items += found
    return items


def difference(one: list, other: list) -> list:
    return [row for row in (*one, *other) if row not in one or row not in other]


def half_written(w: World) -> list[str]:
    """A file that is there is whole, whatever ended the script."""
    wrong = []
    for path in notes(w, r"-messages\.md"):
        if path.read_text("utf-8").count("\n\n") != 6:
            wrong.append(f"the messages are not whole: {path.read_text('utf-8')!r}")
    for path in notes(w, r"-incident\.md"):
        if not re.search(r"^## Run logs\n\n(- [^\n]+ \(sha256 \w+\)\n)+\Z", path.read_text(), re.M):
            wrong.append(f"the report is not whole: {path.read_text('utf-8')!r}")
    try:
        found = completed(w)
    except (ValueError, KeyError, OSError, AssertionError) as problem:
        return [*wrong, f"a completed list is not whole: {problem!r}"]
    return wrong + [f"nothing is said of {i}" for i in found if not (i["text"] and i["result"])]


def passed_unseen(w: World) -> list[str]:
    wrong = half_written(w)
    return wrong or [
        f"passed without a look: {i['item']}, {i['evidence']}"
        for i in completed(w)
        if i["result"] == "Pass"
    ]


def slow_is_ten_seconds(_: World) -> dict[str, str]:
    return {"NORMAL_RESPONSE_MS": "10000"}


def tells_the_team(w: World) -> dict[str, str]:
    return {"ROLLBOOK_NOTIFY_URL": f"http://{w.app.host}/{HOOK_SECRET}"}


CASES = {
    "rollback": Case(
        "rollback.sh",
        lambda w: ("--yes", w.shas[0]),
        serves_the_good_one,
        env=tells_the_team,
    ),
    "vercel-rollback": Case(
        "vercel-rollback.sh",
        lambda w: ("--yes",),
        lambda w: w.live_sha == w.shas[1],
        refuses=nobody_knows_who_did_it,
    ),
    "vercel-rollback --undo": Case(
        "vercel-rollback.sh",
        lambda w: ("--yes", "--undo"),
        lambda w: w.live_sha == w.shas[2],
        prepare=rolled_back_by_vercel,
    ),
    "git-rollback": Case(
        "git-rollback.sh",
        lambda w: ("--yes", "--to-production", w.shas[0]),
        serves_the_good_files,
        prepare=with_a_name,
    ),
    "env-restore snapshot": Case(
        "env-restore.sh",
        lambda w: ("--yes", "snapshot"),
        lambda w: any(w.folder.rglob("*.snapshot")),
    ),
    "env-restore restore": Case(
        "env-restore.sh",
        lambda w: ("--yes", "restore", "FLAG", "GONE"),
        restored,
        prepare=changed_variables,
        wrong=lost_variables,
    ),
    "verify, all is well": Case(
        "verify.sh",
        lambda w: ("--yes",),
        lambda w: False,  # nobody has answered for the rest
        code=8,
        prepare=well,
        wrong=half_written,
        env=slow_is_ten_seconds,
        checklist=True,
    ),
    "verify, nothing is": Case(
        "verify.sh",
        lambda w: ("--yes",),
        lambda w: False,
        code=7,
        prepare=ill,
        wrong=passed_unseen,
        env=slow_is_ten_seconds,
        checklist=True,
    ),
    "preflight, nothing is well": Case(
        "preflight.sh",
        lambda w: ("--yes",),
        lambda w: False,
        code=7,
        prepare=ill,
        wrong=passed_unseen,
        checklist=True,
    ),
    "post-rollback": Case(
        "post-rollback.sh",
        lambda w: ("--yes",),
        lambda w: False,
        code=8,
        prepare=rolled_back,
        wrong=half_written,
        env=tells_the_team,
        checklist=True,
    ),
}
