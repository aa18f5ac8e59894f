"""Bad input: a clear message with the place, the right exit code, and nothing written."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from generator.cli import main

ROOT = Path(__file__).parent.parent
KEY = "contacts.yaml"


@pytest.fixture
def project(tmp_path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "content", folder / "content")
    shutil.copytree(ROOT / "generated", folder / "generated")
    return folder


def run(
    project: Path, *arguments: str, prefix: tuple[str, ...] = (), timeout: int = 60, **more
) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*prefix, sys.executable, "-m", "generator", *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        **more,
    )


def outputs(project: Path) -> dict[str, tuple]:
    return {
        str(p.relative_to(project)): (p.lstat().st_mtime_ns, p.read_bytes() if p.is_file() else b"")
        for p in sorted((project / "generated").rglob("*"))
    }


def put(data: bytes):
    def change(path: Path) -> None:
        path.write_bytes(data)

    return change


def edit(old: str, new: str):
    def change(path: Path) -> None:
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    return change


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link(target: str):
    def change(path: Path) -> None:
        path.unlink()
        path.symlink_to(target)

    return change


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DEEP = 10_000
BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
)

# name: what is done to contacts.yaml, where the message points, words that it must hold
BAD = {
    "unknown key": (
        edit("    role: human-owner", "    rolle: human-owner"),
        r":15:5",
        "unknown key 'rolle'",
        "did you mean 'role'",
    ),
    "missing key": (edit("    name: Johan Ras\n", ""), r":14:5", "the key 'name' is missing", ""),
    "duplicate key": (
        edit("    name: Johan Ras\n", "    name: Johan Ras\n    name: B\n"),
        r":17:5",
        "stands twice",
        "line 16",
    ),
    "a list where text is expected": (
        edit("name: Johan Ras", "name: [Johan, Ras]"),
        r":16:11",
        "expected one line of text",
        "found a list",
    ),
    "text where a list is expected": (
        edit("access:\n  - Vercel dashboard access", "access: x\nx:\n  - y"),
        ":",
        "expected a list",
        "",
    ),
    "a number in quotes for true": (
        edit("required: true", 'required: "true"'),
        ":",
        "expected true or false",
        "",
    ),
    "yes for true": (
        edit("required: true", "required: yes"),
        ":",
        "expected true or false",
        "'yes'",
    ),
    "tab": (edit("    title: Primary Contact", "\ttitle: Primary Contact"), r":14:", "tab", ""),
    "a bare colon": (edit("name: Johan Ras", "name: a: b"), r":16:", "needs quotes", ""),
    "an id that is none": (edit("human-owner:", "Human Owner:"), r":3:3", "is not an id", ""),
    "a role that is not there": (
        edit("role: human-owner", "role: human-owners"),
        r":15:11",
        "no role is called 'human-owners'",
        "did you mean 'human-owner'",
    ),
    "empty": (put(b""), r":1:1", "the file is empty", ""),
    "only a comment": (put(b"# nothing\n\n"), r":1:1", "the file is empty", ""),
    "only null": (put(b"null\n"), r":1:1", "expected 'key: value' lines", ""),
    "a list": (put(b"- a\n- b\n"), r":1:1", "expected 'key: value' lines", ""),
    "binary": (put(bytes(range(256)) * 20), ":", "", ""),
    "NUL": (put(b"roles:\n  a: \x00\n"), r":2:6", "U+0000", ""),
    "not UTF-8": (put("roles:\n  a: {title: Jörg}\n".encode("latin-1")), r":2:15", "not UTF-8", ""),
    "UTF-16": (put("roles: {}".encode("utf-16")), ":", "not UTF-8", ""),
    "two documents": (put(b"roles: {}\n---\nroles: {}\n"), r":2:1", "a second YAML document", ""),
    "alias bomb": (put(BOMB.encode()), r":1:4", "not allowed", ""),
    "alias to itself": (put(b"roles: &a\n  b: *a\n"), r":1:8", "not allowed", ""),
    "merge key": (
        edit("    role: human-owner", "    <<: {a: b}\n    role: human-owner"),
        r":15:5",
        "unknown key '<<'",
        "",
    ),
    "a tag that builds an object": (
        put(b"roles: !!python/object/apply:os.system [echo pwned]\n"),
        r":1:8",
        "a tag",
        "",
    ),
    "10,000 brackets": (put(b"roles: " + b"[" * DEEP), ":", "", ""),
    "10,000 closed brackets": (put(b"roles: " + b"[" * DEEP + b"]" * DEEP), ":", "levels deep", ""),
    "10,000 levels": (
        put("\n".join(" " * i + "a:" for i in range(DEEP // 4)).encode()),
        ":",
        "levels deep",
        "",
    ),
    "a key that is a list": (put(b"? [a, b]\n: c\n"), r":1:3", "a key must be a word", ""),
    "a text of 1 MB": (edit("Johan Ras", "J" * 2**20), r":16:11", "too long", ""),
    "a file of 5 MB": (put(b"#" * (5 * 2**20)), "", "larger than 4 MiB", ""),
    "a mark that hides a line in a comment": (
        edit("roles:\n", "roles: # all\u2028access: [x]\n"),
        r":2:13",
        "LINE SEPARATOR",
        "",
    ),
    "a mark in a comment": (
        edit("roles:\n", "roles: # a\u202eb\n"),
        r":2:11",
        "RIGHT-TO-LEFT OVERRIDE",
        "",
    ),
    "a mark behind an escape": (
        edit("Johan Ras", '"Johan \\u202eRas"'),
        r":16:11",
        "RIGHT-TO-LEFT OVERRIDE",
        "",
    ),
    "a control character": (edit("Johan Ras", "Johan\x07Ras"), r":16:16", "U+0007", ""),
    "an alias of nothing": (edit("Johan Ras", "*nobody"), r":16:11", "an alias", ""),
    "text by a tag": (edit("Johan Ras", "!!str Johan"), r":16:11", "a tag", ""),
    "nothing where a text is expected": (
        edit("name: Johan Ras", "name:"),
        r":16:10",
        "one line of text",
        "",
    ),
    "an open quote": (edit("Johan Ras", '"Johan Ras'), ":", "not valid YAML", ""),
    "10,000 dashes": (put(b"- " * DEEP + b"a"), ":", "levels deep", ""),
    "UTF-16 without a mark": (put("roles: {}".encode("utf-16-le")), r":1:2", "U+0000", ""),
    "right-to-left override": (
        edit("Johan Ras", "Johan \u202eRas"),
        r":16:17",
        "RIGHT-TO-LEFT OVERRIDE",
        "",
    ),
    "half a surrogate pair": (edit("Johan Ras", '"\\uD800"'), r":16:", "", ""),
    "a folder": (folder, "", "a folder stands where a file is expected", ""),
    "missing": (Path.unlink, "", "this file is missing", ""),
    "a link that leaves the folder": (link("/etc/hostname"), "", "a link that leaves", ""),
    "a link to nothing": (link("nowhere.yaml"), "", "a link that leads nowhere", ""),
    "a link to itself": (link(KEY), "", "link", ""),
    "a pipe": (pipe, "", "not a file", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_content_is_refused_with_its_place(project, name, monkeypatch, capsys):
    change, place, words, more = BAD[name]
    change(project / "content/partpulse" / KEY)
    before = outputs(project)
    told = []
    if change is pipe:  # a process of its own, for if it hangs it can be stopped
        done = run(project, "build")
        told.append((done.returncode, done.stdout, done.stderr))
    monkeypatch.chdir(project)
    for command in (["build"], ["validate"], ["check"], ["build", "--check"]):
        code = main(command)
        told.append((code, *capsys.readouterr()))
    for code, out, err in told:
        assert code == 1, (out, err)
        assert "Traceback" not in out + err
        assert re.search(rf"^content/partpulse/contacts\.yaml{place}", out, re.MULTILINE), out
        assert words in out and more in out, out
        assert len(out) < 5000
    assert outputs(project) == before


@pytest.mark.parametrize("name", ["BOM", "CRLF", "CR", "quotes and comments"])
def test_another_way_to_write_the_same_content_gives_the_same_bytes(project, name):
    def rewrite(data: bytes) -> bytes:
        if name == "BOM":
            return b"\xef\xbb\xbf" + data
        if name == "quotes and comments":
            return re.sub(rb"(title|text): ([A-Z][a-z ]+)\n", rb"\1: '\2'  # a comment\n", data)
        return data.replace(b"\n", b"\r\n" if name == "CRLF" else b"\r")

    for path in (project / "content").rglob("*.yaml"):
        path.write_bytes(rewrite(path.read_bytes()))
    done = run(project, "build", "--check")
    assert done.returncode == 0, done.stdout


def test_all_problems_are_told_at_once_in_every_file(project):
    service = project / "content/partpulse"
    edit("role: human-owner", "rolle: human-owner")(service / "contacts.yaml")
    edit("severity: critical", "severity: [critical]")(service / "triggers.yaml")
    edit("above: 5", "above: five")(service / "thresholds.yaml")
    edit("drill: true", "drill: yes")(service / "procedures/vercel-dashboard-rollback.yaml")
    edit("title: Staging", "\ttitle: Staging")(service / "checklists/pre-deployment.yaml")
    done = run(project, "validate")
    found = re.findall(r"^content/partpulse/(\S+?):\d+:\d+: error", done.stdout, re.MULTILINE)
    assert set(found) == {
        "contacts.yaml",
        "triggers.yaml",
        "thresholds.yaml",
        "procedures/vercel-dashboard-rollback.yaml",
        "checklists/pre-deployment.yaml",
    }
    assert done.stdout.count("contacts.yaml") == 2  # the unknown key, and the one that is missing


@pytest.mark.parametrize("name", ["contcts.yaml", "contacts.yml", "procedures/x.yml"])
def test_a_file_that_nothing_reads_is_told(project, name):
    (project / "content/partpulse" / name).write_text("a: b\n")
    done = run(project, "validate")
    assert done.returncode == 1 and name in done.stdout


def test_one_broken_service_stops_all(project):
    shutil.copytree(project / "content/partpulse", project / "content/aaa")
    before = outputs(project)
    done = run(project, "build")  # its id is not its folder's
    assert done.returncode == 1 and "expected 'aaa'" in done.stdout
    assert outputs(project) == before


def test_a_service_with_a_bad_name(project):
    (project / "content/Bad Name").mkdir()
    done = run(project, "build")
    assert done.returncode == 1 and "is not an id" in done.stdout


NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@pytest.fixture
def ordinary(project) -> tuple[str, ...]:
    """A prefix that runs a command without root's powers, on a project that it may write."""
    if os.geteuid() != 0:
        return ()
    try:
        subprocess.run(
            [*NOBODY, sys.executable, "-c", "import yaml, generator"],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd="/",
        )
    except (OSError, subprocess.CalledProcessError):
        if os.environ.get("CI"):
            raise
        pytest.skip("as root this needs setpriv, and an interpreter that others may run")
    for path in (project, *project.rglob("*")):
        os.chown(path, 65534, 65534)
    for parent in project.parents:
        if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o055)
    return NOBODY


def test_what_may_not_be_read_is_3(project, ordinary):
    (project / "content/partpulse" / KEY).chmod(0)
    done = run(project, "validate", prefix=ordinary)
    assert done.returncode == 3
    assert done.stderr.startswith(
        "rollbook: cannot read content/partpulse/contacts.yaml: Permission denied"
    )
    assert "Traceback" not in done.stderr


def test_what_may_not_be_written_is_3_and_leaves_the_rest(project, ordinary):
    edit("above: 5", "above: 6")(project / "content/partpulse/thresholds.yaml")
    before = outputs(project)
    (project / "generated/partpulse").chmod(0o555)
    done = run(project, "build", prefix=ordinary)
    (project / "generated/partpulse").chmod(0o755)
    assert done.returncode == 3 and "cannot write" in done.stderr and "Traceback" not in done.stderr
    assert outputs(project).keys() == before.keys()
    assert run(project, "build").returncode == 0


def test_a_full_disk_leaves_whole_files(project):
    """The limit of a file's size stands in for a disk without room."""
    shutil.rmtree(project / "generated")
    done = run(project, "build", prefix=("sh", "-c", 'ulimit -f 2; exec "$@"', "sh"))
    assert done.returncode == 3 and "cannot write" in done.stderr, done
    left = [p for p in (project / "generated").rglob("*") if p.is_file() and p.name != "SHA256SUMS"]
    assert not [p for p in left if p.name.startswith(".rollbook-")]
    assert run(project, "build").returncode == 0
    assert run(project, "build", "--check").returncode == 0


def test_the_output_folder_is_a_file(project):
    (project / "out").write_text("mine")
    done = run(project, "build", "--out", "out")
    assert done.returncode == 3 and "out" in done.stderr and "Traceback" not in done.stderr
    assert (project / "out").read_text() == "mine"


@pytest.mark.parametrize("command", ["check --as-of 2026-11-22", "build", "--help"])
@pytest.mark.parametrize(
    "redirect", [">&-", "2>&-", ">&- 2>&-", "<&-", "| head -n 0", "> /dev/full"]
)
def test_streams_that_are_closed_full_or_gone(project, command, redirect):
    done = subprocess.run(
        ["sh", "-c", f'{{ "{sys.executable}" -m generator {command}; echo $? >code; }} {redirect}'],
        cwd=project,
        capture_output=True,
        text=True,
        # Buffered, as it is for everybody: the fault shows only when Python ends.
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""},
    )
    assert "Traceback" not in done.stdout + done.stderr
    assert "Exception ignored" not in done.stderr
    code = int((project / "code").read_text())
    if redirect == "> /dev/full":
        assert code == 3 and "No space left on device" in done.stderr
    assert code in (0, 3) or (command.startswith("check ") and code == 1)


def test_a_report_in_any_alphabet_reaches_a_terminal_that_knows_only_ascii(project):
    edit("role: human-owner", "rolle: Löser 日本")(project / "content/partpulse" / KEY)
    done = subprocess.run(
        [sys.executable, "-m", "generator", "validate"],
        cwd=project,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "LC_ALL": "C",
            "PYTHONUTF8": "0",
            "PYTHONIOENCODING": "ascii",
        },
    )
    assert done.returncode == 1 and "unknown key 'rolle'" in done.stdout and not done.stderr


@pytest.mark.parametrize("name", ["content", "content/partpulse", "content/partpulse/procedures"])
def test_a_folder_that_may_not_be_read_is_3(project, ordinary, name):
    (project / name).chmod(0)
    done = run(project, "validate", prefix=ordinary)
    (project / name).chmod(0o755)
    assert done.returncode == 3 and name in done.stderr and "ermission denied" in done.stderr
    assert not done.stdout and "own (" not in done.stderr


def test_a_folder_reached_through_a_link_is_refused(project):
    procedures = project / "content/partpulse/procedures"
    shutil.move(procedures, project / "elsewhere")
    procedures.symlink_to(project / "elsewhere")
    done = run(project, "build")
    assert done.returncode == 1 and "leaves the service's folder" in done.stdout


def test_a_name_of_a_file_cannot_forge_a_line_of_the_report(project):
    (project / "content/partpulse/procedures/a\nb: error.yaml").write_text("id: a\n")
    done = run(project, "validate")
    assert done.returncode == 1 and "procedures/a?b: error.yaml:1:1: error" in done.stdout


@pytest.mark.parametrize(
    "name",
    ["generated/partpulse", "generated/partpulse/rollback-procedures.md", "generated/index.md"],
)
def test_something_else_in_the_place_of_an_output_is_kept(project, name):
    path = project / name
    if path.is_dir():
        shutil.rmtree(path)
        path.write_text("mine")
    else:
        path.unlink()
        path.mkdir()
        (path / "mine").write_text("mine")
    done = run(project, "build")
    assert done.returncode in (1, 3) and name in done.stdout + done.stderr, done
    assert "Traceback" not in done.stderr and "own (" not in done.stderr
    assert (path / "mine" if path.is_dir() else path).read_text() == "mine"


def test_a_link_in_the_place_of_an_output_does_not_lead_a_write_astray(project):
    document, outside = (
        project / "generated/partpulse/rollback-procedures.md",
        project / "outside.md",
    )
    outside.write_bytes(document.read_bytes())
    document.unlink()
    document.symlink_to(outside)
    before = outside.read_bytes()
    edit("above: 5", "above: 6")(project / "content/partpulse/thresholds.yaml")
    run(project, "build")
    assert outside.read_bytes() == before


def test_an_edit_by_hand_is_refused_and_the_command_that_mends_it_works(project):
    document = project / "generated/partpulse/rollback-procedures.md"
    document.write_text(document.read_text() + "\nI was here\n")
    edit("above: 5", "above: 6")(project / "content/partpulse/thresholds.yaml")
    before = outputs(project)
    done = run(project, "build")
    assert done.returncode == 1 and "was edited by hand" in done.stdout
    assert outputs(project) == before
    (mend,) = re.findall(r"^ +(rm \S+) && rollbook build$", done.stdout, re.MULTILINE)
    subprocess.run(mend.split(), cwd=project, check=True)
    assert run(project, "build").returncode == 0
    assert "I was here" not in document.read_text()


def test_a_file_that_is_not_ours_is_never_touched(project):
    foreign = project / "generated/partpulse/scripts/mine.sh"
    foreign.write_text("mine")
    done = run(project, "build")
    assert done.returncode == 1 and "was not made by Rollbook" in done.stdout
    assert foreign.read_text() == "mine"


def test_orphans_are_told_and_then_removed(project):
    spare = project / "content/partpulse/checklists/spare.yaml"
    spare.write_text("id: spare\ntitle: Spare\n")
    assert run(project, "build").returncode == 0
    spare.unlink()
    done = run(project, "build", "--check")
    assert done.returncode == 1 and "orphan" in done.stdout and "spare.md" in done.stdout
    assert run(project, "build").returncode == 0
    assert not (project / "generated/partpulse/checklists/spare.md").exists()
    shutil.move(project / "content/partpulse", project / "content/renamed")
    edit("id: partpulse", "id: renamed")(project / "content/renamed/service.yaml")
    done = run(project, "build", "--check")
    assert "orphan" in done.stdout and "generated/partpulse/rollback-procedures.md" in done.stdout
    assert run(project, "build").returncode == 0
    assert not (project / "generated/partpulse").exists()
    assert (project / "generated/renamed/scripts/rollback.sh").stat().st_mode & 0o777 == 0o755


def test_a_lost_run_bit_is_restored(project):
    script = project / "generated/partpulse/scripts/rollback.sh"
    script.chmod(0o644)
    assert "wrong mode" in run(project, "build", "--check").stdout
    assert run(project, "build").returncode == 0
    assert script.stat().st_mode & 0o777 == 0o755


KILLED = """
import os, signal, sys
from pathlib import Path
import generator.outputs
left = int(sys.argv.pop(1))
real = os.replace
def replace(*a):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    real(*a)
os.replace = replace
from generator.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_killed_at_any_write_every_file_is_whole_and_the_next_build_goes_on(
    project, monkeypatch, capsys
):
    monkeypatch.chdir(project)
    edit("name: PartPulse", "name: PartPulse Two")(project / "content/partpulse/service.yaml")
    old = {k: v[1] for k, v in outputs(project).items()}
    assert run(project, "build", "--out", "want").returncode == 0
    new = {
        f"generated/{p.relative_to(project / 'want')}": p.read_bytes()
        for p in (project / "want").rglob("*")
        if p.is_file()
    }
    kept = project / "kept"
    shutil.copytree(project / "generated", kept)
    for moment in range(40):
        shutil.rmtree(project / "generated")
        shutil.copytree(kept, project / "generated")
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(moment), "build"],
            cwd=project,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for name, (_, data) in outputs(project).items():
            if not name.endswith("SHA256SUMS") and "/.rollbook-" not in name and data:
                assert data in (old.get(name), new.get(name)), name
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
        assert main(["build"]) == 0, capsys.readouterr().out
        assert {k: v[1] for k, v in outputs(project).items() if v[1]} == new
    else:
        pytest.fail("the build never ended")
    assert moment > 8


STRAYS = {
    "notes.txt": "nothing reads this",
    "service.yml": "nothing reads this",
    "procedure/x.yaml": "did you mean 'procedures'?",
    "procedures/old/x.yaml": "files of one kind lie in one folder",
    "procedures/x.yml": "name it '.yaml'",
    "procedures/notes.txt": "move it elsewhere",
    "records/reviewz/x.yaml": "did you mean 'reviews'?",
}


@pytest.mark.parametrize("name", STRAYS)
def test_whatever_lies_in_the_folder_is_read_or_named(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "tests/platform/content/stall", tmp_path / "stall")
    (tmp_path / "stall" / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "stall" / name).write_text("id: x\n")
    assert main(["validate", "--content", str(tmp_path)]) == 1
    assert STRAYS[name] in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("name: Stall", "name:\u00a0Stall", "service.yaml:3:6"),
        ("  cycle: P3M", "\u00a0\u00a0cycle: P3M", "service.yaml:9:1"),
        ("  - version", "  -\u3000version", "service.yaml:19:4"),
    ],
)
def test_what_only_looks_like_a_space_is_named_at_its_place(
    old: str, new: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "tests/platform/content/stall", tmp_path / "stall")
    file = tmp_path / "stall/service.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    assert main(["validate", "--content", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert f"{place}: error: not valid YAML: " in said and "type a space there" in said
