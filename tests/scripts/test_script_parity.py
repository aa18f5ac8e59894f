"""What the document shows is what the script runs, word for word and in that order."""

from __future__ import annotations

import re
import shlex
from itertools import takewhile

import pytest
import scriptworld
import shim

DOCUMENT = scriptworld.ROOT / "generated" / "partpulse" / "rollback-procedures.md"
# Commands of Git that can reach a remote, and those that only look at what is here.
REMOTE = {"ls-remote", "fetch", "push", "remote"}
LOOKING = {"rev-parse", "cat-file", "merge-base", "log", "rev-list"}


def shown() -> list[list[str]]:
    """The words of every command in the section of the script."""
    section = re.search(
        r"^### [\d.]+ Emergency Rollback Script$(.*?)^##", DOCUMENT.read_text(), re.M | re.S
    )
    assert section, "the document has no such section"
    # The step before asks Vercel, which --push-only leaves alone.
    _, steps = section[1].split("Identify the last good commit")
    found = []
    for block in re.findall(r"^ *```sh\n(.*?)^ *```$", steps, re.M | re.S):
        for line in map(str.strip, block.splitlines()):
            if line and not line.startswith(("#", "sh rollback.sh")):
                found.append(shlex.split(line))
    return found


def matches(words: list[str], call: list[str], known: dict[str, str]) -> bool:
    """Whether `call` is the command that is shown as `words`; a placeholder stands for its value."""
    if len(words) != len(call):
        return False
    for word, said in zip(words, call):
        parts = re.split(r"(<[a-zA-Z-]+>)", word)
        pattern = "".join(
            re.escape(known[p])
            if p in known
            else r"\S+"
            if p.startswith("<") and p.endswith(">")
            else re.escape(p)
            for p in parts
        )
        if not re.fullmatch(pattern, said):
            return False
    return True


@pytest.mark.parametrize("behind", [True, False], ids=["behind", ""])
def test_the_script_runs_what_the_document_shows(behind, shell, world, shims) -> None:
    w = world()
    tip = w.get_ahead() if behind else w.commits[-1]
    w.env["SHIM_SLEEP"] = "1"
    folder = shims.put_before(w)
    typed = w.good[:10]
    run = w.run(shell, "--yes", "--push-only", typed)
    assert run.code == 0, run.said
    known = {
        "<remote-url>": w.url, "<commit-sha>": typed, "<full-commit-sha>": w.good, "<production-tip>": tip,
        "<production-branch>": "HEAD", "<commit>": w.good[:12],
    }  # fmt: skip
    calls = [c for c in shim.calls(folder) if c[0] == "git"]
    # What stands behind --push-only is compared in tests/vercel, where there is somebody to answer.
    wanted = list(takewhile(lambda c: c[0] == "git", shown()))
    assert len(wanted) == 7
    if not behind:
        wanted = [c for c in wanted if c[1] != "fetch"]

    # Each shown command is run, after the one that is shown above it.
    rest = iter(calls)
    for words in wanted:
        assert any(matches(words, call, known) for call in rest), (
            f"not run in its place: {shlex.join(words)}\n{calls}"
        )

    # Whatever reaches a remote is shown, and as often as it is run.
    reaching = [c for c in calls if c[1] in REMOTE]
    assert len(reaching) == len([c for c in wanted if c[1] in REMOTE])
    for words, call in zip([c for c in wanted if c[1] in REMOTE], reaching):
        assert matches(words, call, known), f"{shlex.join(call)} is not {shlex.join(words)}"

    # And nothing else does more than look.
    other = {next(w for w in c[1:] if not w.startswith("-")) for c in calls if c[1] not in REMOTE}
    assert other <= LOOKING, other


def test_every_command_of_the_document_is_run_by_a_test_or_done_by_hand() -> None:
    """A section with commands has a test that compares them with a run, or says that no script runs them."""
    tests = "".join(p.read_text() for p in (scriptworld.ROOT / "tests/vercel").glob("test_*.py"))
    document = re.sub(
        r"^( *)```(?!sh\n)\w+\n.*?^\1```$", "", DOCUMENT.read_text(), flags=re.M | re.S
    )
    proven = []
    for section in re.split(r"^(?=#+ )", document, flags=re.M):
        number = section.split()[1] if section.startswith("#") else ""
        commands = [
            line
            for block in re.findall(r"^ *```sh\n(.*?)^ *```$", section, re.M | re.S)
            for line in map(str.strip, block.splitlines())
            if line and not line.startswith(("#", "sh "))
        ]
        if not commands or "Done by hand: no script runs these commands." in section:
            continue
        assert f'"### {number} "' in tests, f"no test runs the commands of {number}"
        proven.append(number)
    assert proven == ["4.1", "4.2", "4.3", "6.1", "7.1", "8.1", "9.1"]


def test_the_usage_in_the_document_is_that_of_the_script(shell, world) -> None:
    w = world()
    line = next(
        text
        for text in DOCUMENT.read_text().splitlines()
        if text.strip().startswith("sh rollback.sh")
    )
    usage = line.strip().removeprefix("sh ")
    assert usage in w.run(shell, "--help").words
    assert usage in w.run(shell).words
