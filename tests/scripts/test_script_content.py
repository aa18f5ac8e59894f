"""Content cannot make a script run anything but the words of its commands, whatever it says."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
import scriptworld
import yaml
from scriptworld import World, under_all

# Everything that any shell could take for more than text.
HOSTILE = [
    "$(touch pwned)", "`touch pwned`", "${HOME}", "$HOME", "$$", "$'\\x41'", "; touch pwned", "& touch pwned", "| touch pwned",
    "> pwned", ">>pwned", "< /dev/null", "&& touch pwned #", "' ; touch pwned ; '", '" ; touch pwned ; "', "'\"'\"'", "\\", "\\\\",
    "a\\nb", "\\'", "it's", 'say "so"', "*", "?", "[a-z]*", "~", "~root", "!", "!!", "#", "# no comment", "%s%n%d", "-n", "-e", "--",
    "-", "--help", "=", "a=b", "PATH=/nowhere", "{a,b}", "$((1+1))", "((", "))", "[[", "]]", "if", "done", "esac", "END_OF_USAGE",
    "EOF", "a  b", " leading and trailing ", "\t tab", "é日本", "\u00a0", "<<END", "<(touch pwned)", "^a^b",
]  # fmt: skip
TEXT = "$(touch pwned) `touch pwned` ; touch pwned & 'it''s' \"so\" \\ \\n %s ${HOME} * # ! <<EOF | > pwned"
TITLE = "-n " + TEXT
# In a text, backticks mark code: a script says the code without them.
SAID = TEXT.replace("`", "")


def shop(folder, procedure: dict) -> None:
    """PartPulse's content with one more procedure, and hostile words in what a script tells of it."""
    place = folder / "content" / "partpulse"
    shutil.copytree(scriptworld.ROOT / "content" / "partpulse", place)
    (place / "procedures" / f"{procedure['id']}.yaml").write_text(
        yaml.safe_dump(procedure, allow_unicode=True)
    )
    outline = yaml.safe_load((place / "document.yaml").read_text())
    outline["sections"].append(
        {"id": "hostile", "title": "Hostile", "blocks": [{"procedure": procedure["id"]}]}
    )
    (place / "document.yaml").write_text(
        yaml.safe_dump(outline, sort_keys=False, allow_unicode=True)
    )
    service = yaml.safe_load((place / "service.yaml").read_text())
    fact = service["facts"]["deployment-platform"]["facts"]["production-url"]
    fact["value"] = TEXT
    fact["label"] = TEXT
    service["name"] = TITLE
    (place / "service.yaml").write_text(
        yaml.safe_dump(service, sort_keys=False, allow_unicode=True)
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of the scripts of such a service."""
    folder = tmp_path_factory.mktemp("hostile")
    steps = [
        {
            "id": f"step-{n}",
            "title": f"{TITLE} {n}",
            "commands": [{"run": ["stub", f"step-{n}", *words]}],
            "expect": TEXT,
            "on-failure": TEXT,
        }
        for n, words in enumerate(
            (
                HOSTILE[:20],
                HOSTILE[20:40],
                HOSTILE[40:],
                ["{target}", "--to={target}", "{{target}}", ""],
            ),
            1,
        )
    ]
    # Programs with the names of functions of the script, and with a name that is no fun to type.
    steps.append(
        {
            "id": "names",
            "title": "Names",
            "commands": [{"run": [n, "named"]} for n in ("record", "fail", "it's $(touch pwned)")],
        }
    )
    steps.append(
        {"id": "look", "title": TITLE, "manual": [TEXT, "[[fact:production-url]]", "-n", "*"]}
    )
    shop(
        folder,
        {
            "id": "hostile", "title": TITLE, "intro": TEXT, "risk": "low", "script": "hostile.sh",
            "parameters": {"target": {"type": "name", "position": 1, "help": TEXT}},
            "steps": steps,
        },
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "generator", "build", "--content", "content", "--out", "out"],
        cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(scriptworld.ROOT), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out" / "partpulse" / "scripts"


# Writes down its words, one to a line, with an end that no word holds.
_STUB = """
{ printf '%s\\036' "${0##*/}" "$@"; printf '\\n'; } >>"$CALLS"
exit "${STUB_EXIT:-0}"
"""


def prepared(world: World, built) -> World:
    world.script = built / "hostile.sh"
    world.env["CALLS"] = str(world.folder / "calls")
    for name in ("stub", "record", "fail", "it's $(touch pwned)"):
        world.program(name, _STUB)
    return world


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_words_arrive_as_they_are(built, world) -> None:
    def run(shell: str) -> list[str]:
        w = prepared(world(), built)
        before = w.state()
        run = w.run(shell, "--yes", "v1.2.3")
        found = w.problems(before, run, None, logged=True)
        if run.code != 8:
            found.append(f"exit {run.code}, not 8")
        calls = (w.folder / "calls").read_text().split("\x1e\n")[:-1]
        wanted = [
            ["stub", "step-1", *HOSTILE[:20]],
            ["stub", "step-2", *HOSTILE[20:40]],
            ["stub", "step-3", *HOSTILE[40:]],
            ["stub", "step-4", "v1.2.3", "--to=v1.2.3", "{target}", ""],
            ["record", "named"],
            ["fail", "named"],
            ["it's $(touch pwned)", "named"],
        ]
        if (got := [c.split("\x1e") for c in calls]) != wanted:
            found.append(f"words: {got}")
        for text in (f"Step 1: {TITLE} 1", f"Step 6: {TITLE}", f"- {TEXT}", f"- {SAID}"):
            if squeezed(text) not in run.words:
                found.append(f"does not say: {text}")
        found += [f"made by a stranger: {p}" for p in w.folder.rglob("pwned")]
        return [*found, run.said] if found else []

    under_all(scriptworld.here(), run)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--help"], 0, (TEXT, TITLE)),
        (["--dry-run", "v1.2.3"], 0, (TEXT, "would run: stub step-1")),
        (
            ["--yes", "v1.2.3"],
            5,
            (
                f"What to do: {SAID}",
                "the command ended with status 7",
                "this step had begun, and what it has changed is not known",
            ),
        ),
        (["--yes", "$(touch pwned)"], 2, ("not a name: '$(touch pwned)'",)),
        (["--yes", "-n"], 2, ("unknown option",)),
        (["--yes", "--", "-n"], 2, ("not a name",)),
        (["--yes", ""], 2, ("not a name",)),
    ],
    ids=["help", "dry run", "failure", "argument", "option", "argument like an option", "nothing"],
)
def test_text_is_only_said(words, code, says, built, world) -> None:
    def run(shell: str) -> list[str]:
        w = prepared(world(), built)
        w.env["STUB_EXIT"] = "7"
        before = w.state()
        run = w.run(shell, *words)
        found = w.problems(before, run, None)
        if run.code != code:
            found.append(f"exit {run.code}, not {code}")
        found += [f"does not say: {s}" for s in says if squeezed(s) not in run.words]
        if code != 5 and (w.folder / "calls").exists():
            found.append("a command was run")
        found += [f"made by a stranger: {p}" for p in w.folder.rglob("pwned")]
        return [*found, run.said] if found else []

    under_all(scriptworld.here(), run)
