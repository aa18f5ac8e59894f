"""A platform that Rollbook has never heard of: its procedure and its checklist are only YAML.

The tool of the invented host is a real program, which keeps its state in a folder and can lie.
"""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest

from tests.platform.hostworld import HERE, LIVE, ROOT, WANTED
from tests.scripts.scriptworld import SHELLCHECK, SHELLS, crowded, needs


@pytest.mark.parametrize("shell", SHELLS)
def test_it_goes_back_and_looks_after(world, shell: str) -> None:
    w = world()
    run = w.run(needs(shell))
    assert (run.code, w.live) == (0, WANTED), run.said
    assert "before is r43." in run.words.partition("DONE.")[2]
    again = w.run(shell)
    assert again.code == 0 and "It is so already" in again.words, again.said
    assert [c[1] for c in w.calls].count("activate") == 1
    looked = w.run(shell, script="look-after.sh")
    assert looked.code == 0, looked.said
    record = json.loads(next((w.folder / "logs").glob("look-after-*.json")).read_text())
    assert (record["outcome"], {i["result"] for i in record["items"]}) == ("Good", {"Pass"})


NOTHING = "Nothing was changed, here or on the remote."
# What goes wrong -> exit code and words.
LIES: dict[str, tuple[dict[str, object], int, tuple[str, ...]]] = {
    "the release is unknown": ({"release": "r99"}, 4, ("no such release: r99", NOTHING)),
    "the release is withdrawn": ({"release": "r40"}, 4, ("withdrawn instead of ready", NOTHING)),
    "exit 0, and nothing moved": (
        {"activate": "says done"},
        7,
        ("nothing shows that it worked", "r43 instead of r41", "before is r43."),
    ),
    "queued, and it moves later": ({"activate": "queues 5"}, 0, ("queued", "DONE.")),
    "queued for ever": ({"activate": "queues 9999"}, 7, ("queued", "r43 instead of r41")),
    "another release": ({"activate": "moves another"}, 7, ("r40 instead of r41",)),
    "back before the first look": ({"activate": "flips back 1"}, 7, ("r43 instead of r41",)),
    "back after the first look": ({"activate": "flips back 2"}, 7, ("r43 instead of r41",)),
    "back after two looks": ({"activate": "flips back 3"}, 7, ("c43 instead of c41",)),
    "back at the very end": ({"activate": "flips back 4"}, 7, ("c43 instead of c41",)),
    "exit 1 although it worked": ({"activate": "works and fails"}, 0, ("Status 1 from", "DONE.")),
    "it hangs although it worked": ({"activate": "works and hangs"}, 0, ("Status 124", "DONE.")),
    "it hangs": ({"activate": "hangs"}, 6, ("took longer than 300 seconds", "r43 instead of r41")),
    "it fails": ({"activate": "fails"}, 5, ("internal error", "r43 instead of r41")),
    "it refuses": (
        {"activate": "refuses"},
        5,
        ("error: the token *** may not activate", "https://***@stathost.example/help"),
    ),
    "no access": ({"info": "refuses"}, 4, ("the token *** may not info", NOTHING)),
    "a warning beside the value": (
        {"live": "warns beside"},
        4,
        ("no single word came from: stathost live --site stall", NOTHING),
    ),
    "a warning apart from the value": ({"live": "warns apart"}, 0, ("DONE.",)),
    "no value": ({"live": "says nothing"}, 4, ("no single word came from", NOTHING)),
    "no state": ({"info": "says nothing"}, 4, ("nothing instead of ready", NOTHING)),
    "no answer": ({"info": "hangs"}, 4, ("no answer within 60 seconds", NOTHING)),
    "a warning beside the value afterwards": (
        {"live": "warns beside", "from": 5},
        7,
        ("warning: version 2 of this tool is out r41 instead of r41",),
    ),
    "no value afterwards": (
        {"live": "says nothing", "from": 5},
        7,
        ("nothing instead of r41", "nothing shows that it worked"),
    ),
    "no answer afterwards": ({"live": "hangs", "from": 5}, 7, ("no answer within 60 seconds",)),
    "something else is served": (
        {"serves": "r42"},
        7,
        ("c42 instead of c41", "done. Checked: r41"),
    ),
    "nothing is served": ({"served": "says nothing"}, 7, ("nothing instead of c41",)),
    "no answer of what is served": ({"served": "fails"}, 7, ("internal error", "status 1 from")),
}


@pytest.mark.parametrize("name", LIES)
def test_no_false_success(world, name: str) -> None:
    lies, code, says = LIES[name]
    w = world()
    lies = dict(lies)
    release = lies.pop("release", WANTED)
    w.lie(**lies)
    run = w.run(needs(SHELLS[[*LIES].index(name) % len(SHELLS)]), "--yes", release)
    assert run.code == code, run.said
    for words in says:
        assert words in run.words, run.said
    if NOTHING in says:
        assert w.live == LIVE and "activate" not in [c[1] for c in w.calls]
    # Whatever it was, the same command works once it is over.
    w.lie()
    assert w.run("dash").code == 0


def test_it_can_be_killed_at_any_call(world) -> None:
    w = world()
    assert w.run("dash").code == 0
    count = len(w.calls)
    assert count == 9, w.calls

    def fault(plan: tuple[int, tuple[int, str, str]]) -> list[str]:
        turn, kill = plan
        w, shell = worlds[turn], needs(SHELLS[turn % len(SHELLS)])
        w.lie(kill=kill)
        run = w.run(shell, killed=True)
        wanted = {"INT": 130, "TERM": 143, "KILL": -9}[kill[2]]
        found = [] if run.code == wanted else [f"{shell} {kill}: exit {run.code}: {run.said}"]
        w.lie()
        again = w.run(shell, killed=True)
        return found if again.code == 0 else [*found, f"{shell} {kill}, again: {again.said}"]

    plan = list(product(range(1, count + 1), ("before", "after"), ("INT", "TERM", "KILL")))
    worlds = [world() for _ in plan]
    with ThreadPoolExecutor(3) as pool:
        found = [line for lines in pool.map(fault, enumerate(plan)) for line in lines]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "words",
    [
        (), ("r41", "r42"), ("",), ("--site=other", "r41"), ("--", "--site"), ("$(touch pwned)",), ("`touch pwned`",),
        ("r41;touch pwned",), ("r41\ntouch pwned",), ("r41 --site other",), ("*",), ("-n",), ("r41\033[2J",),
    ],
    ids=repr,
)  # fmt: skip
def test_hostile_arguments_are_refused(world, words: tuple[str, ...]) -> None:
    for shell, script in product(SHELLS, ("go-back.sh", "look-after.sh")):
        w = world()
        run = w.run(needs(shell), "--yes", *words, script=script)
        assert run.code == 2 and "Nothing was done." in run.words, run.said
        assert not w.calls and not list(w.folder.rglob("pwned"))


@pytest.mark.parametrize("script", ["go-back.sh", "look-after.sh"])
def test_it_can_be_rehearsed_and_does_nothing_unasked(world, script: str) -> None:
    w = world()
    run = w.run("dash", "--dry-run", WANTED, script=script)
    # A dry run of a checklist looks; this one finds that another release is live.
    assert run.code == (0 if script == "go-back.sh" else 7), run.said
    wrote_nothing = "Dry run: nothing was" in run.said or "nothing was written" in run.said
    assert wrote_nothing, run.said
    for command in ("live", *(["activate <release>"] if script == "go-back.sh" else [])):
        assert f"stathost {command} --site stall" in run.words
    looked = w.calls
    assert {c[1] for c in looked} <= {"info", "live", "releases", "served"}
    assert w.run("dash", WANTED, script=script).code == 2
    assert w.calls == looked and not list((w.folder / "logs").iterdir()) and w.live == LIVE


def test_no_means_no(world) -> None:
    w = world()
    master, terminal = pty.openpty()
    os.write(master, b"no\n")
    run = w.run("dash", WANTED, stdin=terminal)
    os.close(terminal)
    os.close(master)
    assert run.code == 2 and "Not confirmed." in run.words and NOTHING in run.words, run.said
    assert "<release> is r41" in run.words
    assert "activate" not in [c[1] for c in w.calls] and w.live == LIVE


def test_the_checklist_passes_nothing_that_is_not_so(world) -> None:
    for lies, code, result in (
        ({}, 7, {"live": "Fail", "pages": "Fail", "listed": "Pass"}),
        ({"serves": "r41"}, 7, {"live": "Fail", "pages": "Pass", "listed": "Pass"}),
        ({"info": "says nothing", "serves": "r41"}, 7, {"pages": "Fail"}),
        ({"live": "hangs"}, 7, {"live": "Fail"}),
        ({"releases": "says nothing"}, 7, {"listed": "Fail"}),
        (None, 8, {"live": "Not checked", "pages": "Not checked", "listed": "Not checked"}),
    ):
        w = world()
        if lies is None:
            (w.folder / "bin/stathost").unlink()
        w.lie(**(lies or {}))
        run = w.run("dash", script="look-after.sh")
        assert run.code == code, run.said
        record = json.loads(next((w.folder / "logs").glob("look-after-*.json")).read_text())
        found = {i["item"]: i["result"] for i in record["items"]}
        assert found | result == found, run.said


def test_the_document_shows_the_commands_that_ran(world, built: Path) -> None:
    text = (built / "rollback-procedures.md").read_text()
    for begin, end, script in (
        ("## 3. Go Back", "## 4. Look Afterwards", "go-back.sh"),
        ("## 4. Look Afterwards", "**END", "look-after.sh"),
    ):
        part = text[text.index(begin) : text.index(end)]
        shown = [
            line.replace("<release>", WANTED)
            for line in re.findall("^    (stathost .*)", part, re.M)
        ]
        w = world()
        if script == "look-after.sh":
            w.run("dash")
            w.lie()
        w.run("dash", script=script)
        ran = [" ".join(call) for call in w.calls]
        assert set(ran) == set(shown), (ran, shown)
        # In their order: a look before the change and a second one behind it repeat what is shown.
        assert [x for n, x in enumerate(ran) if x not in ran[:n]] == list(dict.fromkeys(shown))


def test_nothing_but_yaml_knows_the_platform() -> None:
    for folder in ("generator", "schema"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert "stathost" not in path.read_text("utf-8").lower(), path
    kinds = {p.suffix for p in (HERE / "content").rglob("*") if p.is_file()}
    assert kinds == {".yaml"}


def test_its_scripts_are_clean(built: Path) -> None:
    for script in sorted((built / "scripts").glob("*.sh")):
        for command in (
            [SHELLCHECK, "--norc", "--severity=style", "--shell=sh", script],
            [needs("shfmt"), "-ln", "posix", "-i", "2", "-d", script],
        ):
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout
        assert crowded(script) == []
