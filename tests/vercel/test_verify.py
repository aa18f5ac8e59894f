"""verify.sh against an application that is well or ill, a person at a terminal, and PostgreSQL.

`Checklist.check` says what must hold after every run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from generator import load
from generator.render import scripts
from tests.scripts.scriptworld import SHELLS, needs, shell_command, under_all
from tests.vercel.checkworld import (
    DOWN,
    FIRST_ADMIN,
    INVITATION,
    MACHINE,
    PASSWORD,
    ROOT,
    SIGNIN,
    WELL,
    Answer,
    Checklist,
    Database,
    Done,
    Site,
    free_port,
    one_mark,
    parity,
    running_database,
)
from tests.vercel.emulator import PROJECT, TEAM, TOKEN, Vercel


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()
    yield found
    found.close()


@pytest.fixture
def verify(tmp_path: Path, site: Site) -> Iterator[Checklist]:
    with Vercel(domain=site.url.removeprefix("http://")) as vercel:
        vercel.deploy("a" * 40, "production")
        env = {
            "PRODUCTION_URL": site.url,
            "NORMAL_RESPONSE_MS": "5000",
            "VERCEL_TOKEN": TOKEN,
            "VERCEL_ORG_ID": TEAM,
            "VERCEL_PROJECT_ID": PROJECT,
            "VERCEL_API_URL": vercel.url,
        }
        yield Checklist(tmp_path, env=env, secrets=[PASSWORD, TOKEN], vercel=vercel)


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with running_database() as found:
        yield found


ERROR = b"<h2>Application error: a client-side exception has occurred</h2>"
WORDS = b"<p>PartPulse</p>\n" * 20_000
HOME, SESSION, DATA = ("loads", "no-errors", "response-times"), ("authentication",), ("database",)
EVERYTHING = (*HOME, *SESSION, *DATA)
# Without access to Vercel, and to the database.
NOWHERE = ("address", "database")
# name: what the application serves, what fails of what a machine looks at, words that must be said
ILL: dict[str, tuple[dict[str, Answer], tuple[str, ...], str]] = {
    "well": ({}, (), "GET /: 200 in"),
    "500": ({p: Answer(500, b"oops") for p in WELL}, EVERYTHING, "GET /: status 500"),
    "404": ({"/": Answer(404, b"gone")}, HOME, "GET /: status 404"),
    "204": ({"/": Answer(204)}, HOME, "GET /: status 204"),
    "blank": ({SIGNIN: Answer(body=b" \n\t\r\n")}, HOME[:2], "the answer is blank"),
    "empty tags": (
        {SIGNIN: Answer(body=b"<html><body>\n<div\nid='root'></div>\n</body></html>\n")},
        HOME[:2],
        "the answer is blank",
    ),
    "error text": ({SIGNIN: Answer(body=ERROR)}, HOME[1:2], "shows what it must not"),
    "error text in other letters": (
        {SIGNIN: Answer(body=b"x\nINTERNAL SERVER ERROR\n")},
        HOME[1:2],
        "shows what it must not",
    ),
    "huge": ({SIGNIN: Answer(body=WORDS), "/api/health": Answer(body=WORDS + b'"status":"ok"')}, (), ""),
    "huge, with an error": ({SIGNIN: Answer(body=ERROR + WORDS)}, HOME[1:2], "shows what it must not"),
    "binary": ({SIGNIN: Answer(body=b"\0\1\xff\xfe<p>a\0b</p>\0\n\0")}, (), "GET /: 200"),
    "only NULs": ({SIGNIN: Answer(body=b"\0\0\n\0")}, HOME[:2], "the answer is blank"),
    "error text among NULs": (
        {SIGNIN: Answer(body=b"a\0b\0Internal Server Error\0")},
        HOME[1:2],
        "shows what it must not",
    ),
    "redirect elsewhere": (
        {"/": Answer(307, to="/in"), "/in": Answer(body=b"in")},
        HOME[:1],
        "ends at /in, not at /auth/signin",
    ),
    "redirect over another page": (
        {
            "/": Answer(308, to="/in"),
            "/in": Answer(302, to="/auth/signin?from=/in"),
            "/auth/signin?from=/in": WELL[SIGNIN],
        },
        (),
        "GET /: 200",
    ),
    "redirect loop": ({"/": Answer(307, to="/")}, HOME, "redirects without end"),
    "redirect to nobody": ({"/": Answer(307, to="http://127.0.0.1:1/")}, HOME, "ends at 127.0.0.1:1"),
    "redirect to the full address": (
        {"/": Answer(308, to="http://127.0.0.1:PORT/auth/signin")}, (), "GET /: 200",
    ),
    # `localhost` stands for a page to log in, or of whoever has the domain by now.
    "redirect to another host": (
        {"/": Answer(302, to="http://localhost:PORT/in?s=1"), "/in?s=1": Answer(body=b"in")},
        HOME,
        "ends at localhost:",
    ),
    "redirect to a name that only begins like ours": (
        {"/": Answer(302, to="//127.0.0.1:PORT@localhost:PORT/in"), "/in": Answer(body=b"in")},
        HOME,
        "ends at localhost:",
    ),
    "there and back": (
        {"/": Answer(302, to="//localhost:PORT/in"), "/in": Answer(302, to="//127.0.0.1:PORT/here"),
         "/here": Answer(body=b"here")}, HOME, "ends at localhost:",
    ),
    "cut": ({"/": Answer(body=b"<p>half", cut=True)}, HOME, "no proper answer"),
    "closed": ({"/": Answer(status=0)}, HOME, "no proper answer"),
    "degraded": (
        {"/api/health": Answer(body=b'{"status":"degraded"}')},
        HOME[:1],
        'does not say "status":"ok"',
    ),
    "health is a login page": (
        {"/api/health": Answer(302, to="/login"), "/login": Answer(body=b"<p>Log in</p>")},
        HOME[:1],
        'does not say "status":"ok"',
    ),
    # The application as it was seen, ill in each of these ways.
    "the database is down": ({FIRST_ADMIN: DOWN, INVITATION: DOWN}, DATA, "status 500"),
    "another database, which is empty": (
        {FIRST_ADMIN: Answer(body=b'{"canCreate":true}')},
        DATA,
        'answers {"canCreate":true}, not {"canCreate":false}',
    ),
    "invitations are not found": ({INVITATION: DOWN}, DATA, "status 500, not 404"),
    "AUTH_SECRET is missing": (
        {
            "/": Answer(body=b"<h1>Welcome to PartPulse</h1>"),
            "/api/health": Answer(503, b'{"status":"error","missingVars":["AUTH_SECRET"]}'),
            "/api/auth/session": Answer(500),
            "/api/auth/csrf": Answer(500),
        },
        (*HOME[:2], *SESSION),
        "shows what it must not: Welcome to PartPulse",
    ),
    "NEXTAUTH_URL leads elsewhere": (
        {"/": Answer(307, to="http://localhost:PORT/auth/signin")}, HOME, "ends at localhost:"
    ),
    "users are shown to everybody": ({"/api/users": Answer(body=b"[]")}, SESSION, "status 200, not 401"),
    "somebody is logged in": (
        {"/api/auth/session": Answer(body=b'{"user":{}}')}, SESSION, 'answers {"user":{}}, not null'
    ),
    "no session": ({"/api/auth/session": Answer(500, b"{}")}, SESSION, "session: status 500"),
}  # fmt: skip
UNDER_ALL = ("huge", "huge, with an error", "error text among NULs", "empty tags")


def expect(done, failed: tuple[str, ...], unseen: tuple[str, ...] = ("database",)) -> None:
    """Each item that a machine looks at has the result that is true of the application."""
    for name in MACHINE:
        if name in done.items:
            wanted = "Fail" if name in failed else "Not checked" if name in unseen else "Pass"
            assert done.items[name][0] == wanted, (name, done.output)
    people = {r for name, (r, *_) in done.items.items() if name not in MACHINE}
    assert people <= {"Not checked"}


@pytest.mark.parametrize(
    ("name", "shell"), [(n, s) for n in ILL for s in (SHELLS if n in UNDER_ALL else ["dash"])]
)
def test_what_a_machine_sees_is_true(verify, site, name: str, shell: str) -> None:
    answers, failed, words = ILL[name]
    site.answers.update(answers)
    done = verify.run(needs(shell), "--yes")
    expect(done, failed)
    assert words in done.words
    assert "Broken pipe" not in done.output and "too long" not in done.output


@pytest.mark.parametrize("text", ["oops [(", "a|b", "^x$", "a.b*"])
def test_what_must_not_show_is_plain_text(verify, site, tmp_path: Path, text: str) -> None:
    """As a pattern, the first is none and would be found nowhere; the others find something else."""
    shutil.copytree(ROOT / "content/partpulse", tmp_path / "content/partpulse")
    path = tmp_path / "content/partpulse/checklists/verification.yaml"
    path.write_text(path.read_text().replace('"Application error: a"', json.dumps(text)))
    book = load.load(tmp_path / "content/partpulse").handbook
    (script,) = (f for f in scripts.outputs(book) if f.path == "scripts/verify.sh")
    verify.script = tmp_path / "verify.sh"
    verify.script.write_text(script.text)
    expect(verify.run("dash", "--yes"), ())
    site.answers[SIGNIN] = Answer(body=f"<p>axb</p>\n<p>so {text.upper()} it is</p>".encode())
    expect(verify.run("dash", "--yes"), ("no-errors",))
    site.answers[SIGNIN] = Answer(body=b"<p>axb</p>\n<p>x</p>")
    expect(verify.run("dash", "--yes"), ())


def test_nobody_there(verify, site) -> None:
    done = verify.run("dash", "--yes", PRODUCTION_URL=f"http://127.0.0.1:{free_port()}")
    expect(done, ("address", *EVERYTHING))
    assert "nobody answers there" in done.words


def test_a_certificate_of_nobody(tmp_path: Path) -> None:
    needs("openssl")
    pem = tmp_path / "pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    made += ["-keyout", str(pem), "-out", str(tmp_path / "crt")]
    subprocess.run(
        [*made, "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )
    pem.write_text(pem.read_text() + (tmp_path / "crt").read_text())
    site = Site(pem)
    try:
        verify = Checklist(tmp_path, env={"PRODUCTION_URL": site.url, "NORMAL_RESPONSE_MS": "5000"})
        done = verify.run("dash", "--yes")
        expect(done, EVERYTHING, NOWHERE)
        assert "the certificate or the encryption failed" in done.words and site.asked == []
        (tmp_path / ".curlrc").write_text("insecure\n")
        expect(verify.run("dash", "--yes"), EVERYTHING, NOWHERE)
        # The same application, to somebody who trusts it.
        expect(verify.run("dash", "--yes", CURL_CA_BUNDLE=str(tmp_path / "crt")), (), NOWHERE)
    finally:
        site.close()


def test_an_application_that_never_answers(tmp_path: Path, site) -> None:
    verify = Checklist(tmp_path, env={"PRODUCTION_URL": site.url}, tick=0.02)
    site.answers = {p: Answer(hang=True) for p in WELL}
    done = verify.run("dash", "--yes", "--phase", "immediate")
    expect(done, EVERYTHING, NOWHERE)
    assert "no answer within 20 seconds" in done.words


def test_the_middle_of_three_times_counts(verify, site) -> None:
    site.answers["/"] = replace(WELL["/"], delay=0.3)
    expect(verify.run("dash", "--yes", NORMAL_RESPONSE_MS="100"), ("response-times",))
    # Four earlier looks ask for the page as well.
    for slow in (5, 6, 7):

        def one_is_slow(site: Site) -> None:
            late = site.asked[-1] == "/" and site.asked.count("/") == slow
            site.answers["/"] = replace(WELL["/"], delay=1.5 if late else 0)

        site.asked.clear()
        site.turn = one_is_slow
        expect(verify.run("dash", "--yes", NORMAL_RESPONSE_MS="600"), ())
        assert site.asked.count("/") == 7


@pytest.mark.parametrize(
    ("missing", "unseen", "words"),
    [
        ("PRODUCTION_URL", MACHINE, "the address of production is not known"),
        ("NORMAL_RESPONSE_MS", MACHINE[4:], "the normal response time is not known"),
        ("curl", MACHINE, "'curl' is not on this machine"),
        ("awk", ("address", *MACHINE[4:]), "'awk' is not on this machine"),
    ],
)
def test_what_cannot_be_looked_at_is_not_checked(verify, missing, unseen, words) -> None:
    more = {missing: None}
    if missing.islower():
        verify.without(missing)
        more = {}
    done = verify.run("dash", "--yes", **more)
    expect(done, (), tuple(unseen))
    assert words in done.words and done.code == 8


def test_a_search_that_cannot_be_made_finds_no_page_clean(verify, site) -> None:
    """To a grep that fails, nothing stands anywhere: not even the error message on the page."""
    site.answers["/"] = Answer(body=b"<p>Application error: a server-side exception</p>")
    verify.program("grep", "#!/bin/sh\nexit 2\n")
    done = verify.run("dash", "--yes")
    assert done.items["no-errors"][0] == "Not checked"
    assert "the program 'grep' does not work here" in done.words


def test_what_can_be_no_address_reaches_nobody(verify, site) -> None:
    verify.recorded("curl")
    for address in (
        "ftp://x",
        "https://user:pw@x",
        f"{site.url}/$(id)",
        "-K/etc/passwd",
        "https://",
    ):
        expect(verify.run("dash", "--yes", PRODUCTION_URL=address), (), MACHINE)
    assert site.asked == [] and verify.calls() == []


# --- PostgreSQL.

DATABASES = {
    "right": (lambda d: {"DATABASE_URL": d.address()}, "Pass", "answers this machine"),
    "what only Prisma understands": (
        lambda d: {
            "DATABASE_URL": d.address(more="?schema=public&pgbouncer=true&connection_limit=1")
        },
        "Pass",
        "answers this machine",
    ),
    "no encryption": (lambda d: {"DATABASE_URL": d.address(more="?sslmode=disable")}, "Pass", ""),
    "encryption that is not there": (
        lambda d: {"DATABASE_URL": d.address(more="?schema=a&sslmode=require")},
        "Fail",
        "SSL",
    ),
    "wrong password": (
        lambda d: {"DATABASE_URL": d.address(password=PASSWORD + "x")},
        "Fail",
        "password authentication failed",
    ),
    "no password": (
        lambda d: {"DATABASE_URL": f"postgres://app@127.0.0.1:{d.port}/postgres"},
        "Fail",
        "no password supplied",
    ),
    "no such database": (
        lambda d: {"DATABASE_URL": d.address(name="nil")},
        "Fail",
        '"nil" does not',
    ),
    "nothing there": (
        lambda d: {"DATABASE_URL": d.address().replace(str(d.port), str(free_port()))},
        "Fail",
        "Connection refused",
    ),
    "DIRECT_URL comes first": (
        lambda d: {"DATABASE_URL": d.address(name="nil"), "DIRECT_URL": d.address()},
        "Pass",
        "",
    ),
    "DIRECT_URL comes first, and is wrong": (
        lambda d: {"DATABASE_URL": d.address(), "DIRECT_URL": d.address(name="nil")},
        "Fail",
        '"nil" does not',
    ),
    "the caller's own variables do not lead elsewhere": (
        lambda d: {
            "DATABASE_URL": d.address().replace(str(d.port), str(free_port())),
            "PGHOSTADDR": "127.0.0.1",
            "PGPORT": str(d.port),
            "PGPASSWORD": PASSWORD,
            "PGSERVICE": "right",
            "PGSERVICEFILE": str(d.folder / "service"),
        },
        "Fail",
        "Connection refused",
    ),
    "another host, whatever PGHOSTADDR says": (
        lambda d: {
            "DATABASE_URL": d.address().replace("127.0.0.1", "127.0.0.77x"),
            "PGHOSTADDR": "127.0.0.1",
        },
        "Fail",
        "127.0.0.77x",
    ),
    "no name": (
        lambda d: {"DATABASE_URL": d.address().rpartition("/")[0]},
        "Not checked",
        "no address of PostgreSQL",
    ),
    "a password with / that is not escaped": (
        lambda d: {"DATABASE_URL": d.address().replace("%2F", "/").replace("%3A", ":")},
        "Not checked",
        "no address of PostgreSQL",
    ),
    "a password with ? that is not escaped": (
        lambda d: {"DATABASE_URL": d.address().replace("%2F", "?")},
        "Not checked",
        "no address of PostgreSQL",
    ),
    "a password like a port": (
        lambda d: {"DATABASE_URL": f"postgresql://app:1234/x@127.0.0.1:{d.port}/postgres"},
        "Not checked",
        "no address of PostgreSQL",
    ),
    "an empty name": (
        lambda d: {"DATABASE_URL": d.address(name="")},
        "Not checked",
        "no address of PostgreSQL",
    ),
    "another kind": (
        lambda d: {"DATABASE_URL": d.address().replace("postgresql", "prisma")},
        "Not checked",
        "no address of PostgreSQL",
    ),
    "none": (lambda d: {}, "Not checked", "neither DIRECT_URL nor DATABASE_URL is set"),
}


@pytest.fixture
def near(verify, database) -> Checklist:
    """A checklist that looks only at what begins at once, with PostgreSQL's programs at hand."""
    verify.env["PATH"] = f"{database.programs}:{os.environ['PATH']}"
    quoted = quote(PASSWORD, safe="")
    verify.secrets = [PASSWORD, quoted, *re.findall("....", PASSWORD), *re.findall(".{9}", quoted)]
    (database.folder / "service").write_text(f"[right]\nhost=127.0.0.1\nport={database.port}\n")
    return verify


@pytest.mark.parametrize("name", DATABASES)
def test_the_database(near, database, name: str) -> None:
    environment, result, words = DATABASES[name]
    near.recorded("psql")
    done = near.run("dash", "--yes", "--phase", "immediate", **environment(database))
    assert done.items["database"][0] == result, done.output
    assert words in done.words
    assert bool(near.calls()) == (result != "Not checked")


def test_the_password_is_in_no_argument_list(near, database) -> None:
    """Some shells have no `printf` of their own: what it is given, everybody can see."""
    near.recorded("psql", "printf", "tr", "sed", "grep", "cat", "head", "tail", "date", "env", "sh")

    def run(shell: str) -> list[str]:
        done = near.copy(shell).run(
            shell, "--yes", "--phase", "immediate", DIRECT_URL=database.address(more="?schema=a")
        )
        return [] if done.items["database"][0] == "Pass" else [done.output]

    under_all([needs(s) for s in SHELLS], run)


def test_without_psql_the_database_is_not_checked(near, database) -> None:
    near.without("psql")
    done = near.run("dash", "--yes", "--phase", "immediate", DATABASE_URL=database.address())
    assert done.items["database"][0] == "Not checked"
    assert "'psql' is not on this machine" in done.words


# --- A person at a terminal.

# What nobody but a person can say, in this order, where there is no database.
ASKED = [
    "Database connection successful",
    "User can log in",
    "Dashboard loads",
    "Parts list accessible",
    "User management works",
    "PDF generation works (if applicable)",
    "No data loss observed",
    "Recent transactions intact",
    "User data accessible",
    "No error spikes in logs",
    "No resource exhaustion",
]
TEXT = 'it\'s "red" | \\ \\n `x` *a* _b_ <b> &amp; ~~c~~ [x](y) $HOME $(id) %s Zürich ✓ 😀 العربية'
# Cut short, spelled too long, half of a pair, beyond the last character.
NO_TEXT = b"\xff|\xe2\x82|\xc0\xaf|\xe0\x80\x80|\xed\xa0\x80|\xf4\x90\x80\x80|\x81\x88|\xc3"


def test_done_and_all_well(near, database) -> None:
    """Exit 0: every check of the machine holds, and a person has passed the rest."""

    def run(shell: str) -> list[str]:
        answers = iter([b"pass\n", b"na\n", b"Yes\n", b"P\n", b"n/a\n", *[b"pass\n"] * 6])
        done = near.copy(shell).asked(
            shell, answer=lambda item, prompt: next(answers), DATABASE_URL=database.address()
        )
        good = done.code == 0 and done.outcome == "Passed" and len(done.items) == 16
        by = {name for name, (_, by, _) in done.items.items() if by == "machine"}
        results = {done.items[n][0] for n in MACHINE}
        return [] if good and by == {*MACHINE} and results == {"Pass"} else [done.output]

    under_all([needs(s) for s in SHELLS], run)


def test_answers(verify) -> None:
    typed = {
        "User can log in": [b"fail\n", f"{TEXT}\x16\t\x1b[31mred\x07".encode() + NO_TEXT + b"\n"],
        "Dashboard loads": [b"NA\n"],
        "Parts list accessible": [b"skip\n"],
        "User management works": [b"what\n", b"pass please\n", b"?\n"],
        "PDF generation works (if applicable)": [b"what\n", b"pass\n"],
        "No data loss observed": [b"\n"],
        "Recent transactions intact": [b"No\n", b"\n"],
        "User data accessible": [b"fail\n", b"\x04"],
        "No error spikes in logs": [b"\x04"],
    }

    def run(shell: str) -> list[str]:
        left = {item: list(answers) for item, answers in typed.items()}

        def answer(item: str, prompt: str) -> bytes:
            return left[item].pop(0) if item in left else b"pass\n"

        done = verify.copy(shell).asked(shell, answer=answer)
        wanted = [
            *("Pass", "Pass", "Pass", "Pass", "Pass"),
            *("Fail", "Not applicable", "Not checked", "Not checked", "Pass"),
            *("Not checked", "Fail", "Fail", "Pass", "Not checked", "Pass"),
        ]
        seen = done.items["login"][2].replace(" ", "")
        text = f"{TEXT}[31mred{one_mark(NO_TEXT)}"
        good = done.results() == wanted and seen == text.replace(" ", "")
        return [] if good and not any(left.values()) else [f"{done.items} {done.output}"]

    under_all([needs(s) for s in SHELLS], run)


def test_nobody_answers(verify) -> None:
    """The end of the input is no answer."""
    done = verify.asked("dash", answer=lambda item, prompt: b"\x04")
    expect(done, ())
    assert done.code == 8 and done.outcome == "Not complete"


def test_interrupted_at_a_question(verify) -> None:
    """What was found so far is kept."""

    def run(shell: str) -> list[str]:
        answers = iter([b"pass\n", b"pass\n", b"fail\n", b"slow\n", b"\x03"])
        done = verify.copy(shell).asked(shell, answer=lambda item, prompt: next(answers))
        kept = done.results() == [*["Pass"] * 6, "Fail"]
        good = done.code == 130 and kept and done.items["dashboard"][2] == "slow"
        return [] if good and "What to do:" in done.output else [done.output]

    under_all([needs(s) for s in SHELLS], run)


def test_what_was_answered_is_not_asked_again(verify) -> None:
    """After an interruption; for a day, and only while the checklist asks the same."""

    def run(shell: str) -> list[str]:
        list_ = verify.copy(shell)
        answers = iter([b"pass\n", b"na\n", b"fail\n", b"slow\n", b"\x03"])
        begun = list_.asked(shell, answer=lambda item, prompt: next(answers))
        day = begun.log[:21].removeprefix('{"time":"')
        moment = datetime.strptime(day[:10], "%Y-%m-%d").replace(tzinfo=UTC)

        def earlier(log: str) -> None:
            path = list_.logs / "verify-20260101T000000Z-7.jsonl"
            path.write_text(log)
            path.chmod(0o600)

        def resume(log: str) -> Done:
            earlier(log)
            return list_.run(shell, "--yes", "--resume")

        def aged(days: int) -> str:
            new = (moment + timedelta(days=days)).strftime("%Y-%m-%d")
            return begun.log.replace(day[:10], new)

        wrong = []
        asked: list[str] = []
        earlier(begun.log)
        done = list_.asked(
            shell, "--resume", answer=lambda item, _: [b"pass\n", asked.append(item)][0]
        )
        # What failed is asked again; what a person answered stands, with its time.
        if asked != ["Dashboard loads", *ASKED[3:]] or done.code != 0:
            wrong.append(f"asked again: {asked} {done.output}")
        if not done.items["database"][2].startswith(f"answered at {day[:10]}T"):
            wrong.append(done.output)
        # A log of that run does not give its answers another day.
        if resume(done.log.replace(done.items["database"][2][12:22], "2026-01-01")).code != 8:
            wrong.append("an answer that was kept became young again")
        for log, code, kept in (
            (begun.log, 8, 2),
            (aged(-2), 8, 0),
            (aged(2), 8, 0),
            (begun.log.replace('"stamp":"sha256:', '"stamp":"sha256:0'), 4, 0),
            ("", 4, 0),
        ):
            done = resume(log)
            found = [r for r, by, _ in done.items.values() if by == "person"]
            if (done.code, len(found)) != (code, kept):
                wrong.append(f"{code}, {kept}: {done.output}")
        return wrong

    under_all([needs(s) for s in SHELLS], run)


def test_nobody_else_answers_by_a_file(verify) -> None:
    """In a folder that others may write to anyone can put a log that answers everything."""
    done = verify.asked("dash", answer=lambda item, _: b"pass\n")
    assert done.code == 0
    path = verify.logs / "verify-20260101T000000Z-7.jsonl"
    elsewhere = verify.folder / "a-log"
    elsewhere.write_text(done.log)
    elsewhere.chmod(0o600)
    for way in ("a link", "of another user"):
        path.unlink(missing_ok=True)
        if way == "a link":
            path.symlink_to(elsewhere)
        elif os.getuid() == 0:  # nobody else can give a file away
            path.write_text(done.log)
            path.chmod(0o600)
            os.chown(path, 12345, 12345)
        again = verify.run("dash", "--yes", "--resume")
        assert again.code == 4 and "there is no log of an earlier run" in again.words, again.output


def test_there_is_nothing_to_resume(verify) -> None:
    done = verify.run("dash", "--yes", "--resume")
    assert done.code == 4 and "there is no log of an earlier run" in done.words


# --- Phases, watching, looking first.


def test_phases(verify, site) -> None:
    sizes = {"immediate": 5, "short": 13, "medium": 16, "long": 16}
    for phase, size in sizes.items():
        assert len(verify.run("dash", "--yes", "--phase", phase).items) == size
    site.asked.clear()
    for arguments in (
        ("--phase", "nonsense"),
        ("--phase",),
        ("--phase", "--watch"),
        ("--watch",),
        ("--yes", "now"),
        (),
    ):
        done = verify.run("dash", *arguments)
        assert done.code == 2 and "Nothing was done." in done.words
    assert site.asked == []


def test_watching_until_the_phase_is_over(near, database, site) -> None:
    done = near.run(
        "dash", "--yes", "--watch", "--phase", "immediate", DATABASE_URL=database.address()
    )
    assert done.code == 0 and "Watched for 300 seconds, 10 times." in done.words
    assert site.asked.count("/api/health") == 11
    assert done.output.count("  5 hold\n") == 10
    assert done.output.count("PASS") == 5


@pytest.mark.parametrize("shell", SHELLS)
def test_watching_ends_at_the_first_failure(verify, site, shell: str) -> None:
    def third_round(site: Site) -> None:
        if site.asked.count("/api/auth/session") >= 3:
            site.answers["/api/auth/session"] = Answer(503, b"down")

    site.turn = third_round
    done = verify.run(needs(shell), "--yes", "--watch", "--phase", "immediate")
    assert done.code == 7
    expect(done, SESSION)
    assert done.output.count("4 hold, 1 could not be looked at") == 1
    told = json.loads(done.told)
    (item,) = [i for i in told["items"] if i["result"] == "Fail"]
    assert (
        told["watched"]
        == f"Watched for 60 seconds, 2 times. The first failure came at {item['at']}."
    )
    assert told["watched"] in done.words


def test_what_was_not_looked_at_while_watching_is_no_pass(near, database) -> None:
    """The search for error messages cannot be made for a time, or never again."""
    for last, code, result in ((4, 0, "Pass"), (99, 8, "Not checked")):
        looks = near.folder / f"looks{last}"
        grep = near.folder / "bin/grep"
        grep.write_text(
            f'#!/bin/sh\ncase $1 in\n-qiF)\n  echo >>"{looks}"\n  n=$(wc -l <"{looks}")\n'
            f'  [ "$n" -lt 4 ] || [ "$n" -gt {last} ] || exit 2\n  ;;\nesac\n'
            f'exec {shutil.which("grep")} "$@"\n'
        )
        grep.chmod(0o755)
        watch = ("--yes", "--watch", "--phase", "immediate")
        done = near.run("dash", *watch, DATABASE_URL=database.address())
        assert (done.code, done.items["no-errors"][0]) == (code, result), done.output


def test_there_may_be_nothing_to_watch(verify, site) -> None:
    watch = ("--yes", "--watch", "--phase", "long")
    assert "Not watched: nothing could" in verify.run("dash", *watch, PRODUCTION_URL=None).words
    site.answers.clear()
    done = verify.run("dash", *watch)
    assert done.code == 7 and "Not watched: something failed at once." in done.words


def test_a_watch_is_ended_at_once(verify) -> None:
    """Between two rounds there are up to 15 minutes."""
    (verify.folder / "bin/sleep").unlink()
    with (verify.folder / "out").open("wb") as out:
        process = subprocess.Popen(
            [*verify.command("dash", ("--yes", "--watch", "--phase", "immediate"))],
            cwd=verify.cwd,
            env=verify.environment({}),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + 60
        while b"Watching" not in (verify.folder / "out").read_bytes():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        code = process.wait(60)
    assert code == 143 and time.monotonic() - began < 25
    done = verify.checked(code, (verify.folder / "out").read_text())
    expect(done, ())


def test_a_dry_run_looks_and_asks_nobody(verify, site, database) -> None:
    """It makes the looks of a real run, shows what it saw, and ends as that would."""
    verify.recorded("curl", "psql")
    done = verify.run("dash", "--dry-run", DATABASE_URL=database.address())
    assert done.code == 0 and "Dry run: 6 hold, 0 do not." in done.words
    assert done.output.count("would ask") == 10 and "GET /api/users: 401 in" in done.words
    looks = len(verify.calls())
    verify.calls_file.unlink()
    verify.run("dash", "--yes", DATABASE_URL=database.address())
    assert len(verify.calls()) == looks > 10
    site.answers["/api/auth/session"] = Answer(500)
    done = verify.run("dash", "--dry-run", DATABASE_URL=database.address())
    assert done.code == 7 and "session: status 500" in done.words


def test_where_no_file_can_be_written_the_list_goes_to_the_terminal(verify) -> None:
    verify.program(
        "mktemp",
        '#!/bin/sh\ncase $* in *rollback-log*) exit 1 ;; esac\nexec {} "$@"\n'.format(
            shutil.which("mktemp")
        ),
    )
    done = verify.run("dash", "--yes", ROLLBOOK_LOG_DIR="/dev/null/no")
    assert done.code == 8
    assert "Keep what follows:" in done.output
    assert re.search(r"^\| Application loads successfully \| Pass \| machine \|", done.output, re.M)
    assert len(re.findall(r"^\| .* \| Not checked \| nobody \|", done.output, re.M)) == 11


@pytest.mark.parametrize(("lost", "code"), [("Fail", 7), ("Pass", 8)])
def test_a_result_that_could_not_be_written_down_is_not_forgotten(
    near, site, database, lost: str, code: int
) -> None:
    """As on a full disk: the line is gone, and the rest passed."""
    site.answers["/api/auth/session"] = Answer(500 if lost == "Fail" else 200, b"null")
    near.program(
        "date",
        f'#!/bin/sh\nfor file in "$TMPDIR"/rollback.*/results; do\n'
        f"  sed -i '/\tauthentication\t.*\t{lost}\t/d' \"$file\" 2>/dev/null\ndone\n"
        f'exec {shutil.which("date")} "$@"\n',
    )
    done = subprocess.run(
        [*shell_command("dash", near.folder), str(near.script), "--yes", "--phase", "immediate"],
        env=near.environment({"DATABASE_URL": database.address()}),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == code, done.stdout + done.stderr


def test_the_document_shows_what_is_called(near, database) -> None:
    near.vercel.hide_aliases = True
    near.recorded("curl", "psql", "git")
    near.run("dash", "--yes", DATABASE_URL=database.address())
    parity("### 7.1 ", "### 7.2 ", near.calls(), "curl", "psql")


# --- What answers in the place of the application.

LOGIN = b"<!doctype html><html><title>Authentication Required</title></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}
WALLS: dict[str, tuple[Answer, str]] = {
    "Vercel Authentication": (
        Answer(401, LOGIN, headers={**HTML, "Set-Cookie": "_vercel_sso_nonce=x; Path=/"}),
        "a login page (Vercel Authentication)",
    ),
    "by a redirect": (
        Answer(302, to="https://vercel.com/sso-api?url=https%3A%2F%2Fx"),
        "a login page (Vercel Authentication)",
    ),
    "Vercel's challenge": (
        Answer(403, LOGIN, headers={**HTML, "X-Vercel-Mitigated": "challenge"}),
        "a bot challenge (Vercel)",
    ),
    "Cloudflare's challenge": (
        Answer(503, LOGIN, headers={**HTML, "cf-mitigated": "challenge"}),
        "a bot challenge (Cloudflare)",
    ),
}
BYPASS = "bYp4ss0fVerce1"


@pytest.mark.parametrize("name", WALLS)
def test_a_wall_is_not_checked(verify, site, name: str) -> None:
    wall, words = WALLS[name]
    site.answers = dict.fromkeys(WELL, wall)
    done = verify.run("dash", "--yes", NORMAL_RESPONSE_MS="5000")
    expect(done, (), MACHINE[1:])
    assert done.code == 8 and words in done.words
    assert "set VERCEL_AUTOMATION_BYPASS_SECRET" in done.words


def test_the_secret_passes_the_wall_and_goes_to_production_alone(verify, site) -> None:
    other = Site()
    wall, _ = WALLS["Vercel Authentication"]

    def guarded(site: Site) -> None:
        passed = site.heard[-1][1].get("x-vercel-protection-bypass") == BYPASS
        site.answers = dict(WELL) if passed else dict.fromkeys(WELL, wall)

    site.turn = guarded
    verify.secrets.append(BYPASS)
    verify.recorded("curl")
    done = verify.run("dash", "--yes", VERCEL_AUTOMATION_BYPASS_SECRET=BYPASS)
    expect(done, ())
    assert not [call for call in verify.calls() if BYPASS in " ".join(call)]
    # Where the application sends people elsewhere, the secret stays here; nor does Vercel's API get it.
    site.turn = lambda site: None
    site.answers["/"] = Answer(307, to=f"http://localhost:{other.server_port}/auth/signin")
    done = verify.run("dash", "--yes", VERCEL_AUTOMATION_BYPASS_SECRET=BYPASS)
    assert done.items["loads"][0] == "Fail" and other.heard == []
    other.close()
    site.answers = dict.fromkeys(WELL, wall)
    done = verify.run("dash", "--yes", VERCEL_AUTOMATION_BYPASS_SECRET=BYPASS)
    assert "though VERCEL_AUTOMATION_BYPASS_SECRET is set" in done.words
    done = verify.run("dash", "--yes", VERCEL_AUTOMATION_BYPASS_SECRET='x" \n url = "http://y')
    expect(done, (), MACHINE[1:])


def test_a_refusal_of_the_application_is_no_wall(verify, site) -> None:
    site.answers["/api/auth/session"] = Answer(401, b'{"error":"Unauthorized"}')
    site.answers["/api/auth/csrf"] = Answer(403, b"{}")
    expect(verify.run("dash", "--yes"), SESSION)


@pytest.mark.parametrize(
    "headers",
    [
        {"Age": "21600"},
        {"Age": "21600", "X-Vercel-Cache": "STALE"},
        {"X-Vercel-Cache": "HIT"},
        {"CF-Cache-Status": "HIT", "Age": "21600"},
    ],
    ids=str,
)
def test_a_cached_answer_is_no_evidence(verify, site, headers: dict[str, str]) -> None:
    for path in ("/api/health", FIRST_ADMIN, "/api/auth/session"):
        site.answers[path] = replace(WELL[path], headers=headers)
    done = verify.run("dash", "--yes")
    expect(done, (), ("loads", *SESSION, *DATA))
    assert "a cache answered" in done.words and done.code == 8


def test_a_prerendered_page_may_come_out_of_the_cache_where_only_the_way_counts(
    verify, site
) -> None:
    site.answers[SIGNIN] = replace(WELL[SIGNIN], headers={"Age": "86400", "X-Vercel-Cache": "HIT"})
    done = verify.run("dash", "--yes")
    expect(done, (), ("no-errors", *DATA))
    # Every question is one that no cache has seen.
    asked = [path for path, _ in site.heard]
    assert len({*asked} - {SIGNIN}) == len([p for p in asked if p != SIGNIN])
    assert {h["Cache-Control"] for _, h in site.heard} == {"no-cache"}


# --- The address, as people type it.


@pytest.mark.parametrize(
    "form", ["{host}", "HTTP://{HOST}", "http://{host}/", "http://{host}/a?b=c"]
)
def test_a_clear_address_is_taken(verify, site, form: str) -> None:
    host = site.url.removeprefix("http://").replace("127.0.0.1", "localhost")
    if form == "{host}":  # then it is https, which nobody speaks here
        done = verify.run("dash", "--yes", PRODUCTION_URL=host)
        assert done.items["loads"][0] == "Fail" and "(TLS)" in done.words
        return
    address = form.format(host=host, HOST=host.upper())
    site.answers["/"] = WELL["/"]
    done = verify.run("dash", "--yes", PRODUCTION_URL=address)
    assert done.items["loads"][0] == "Pass", done.output


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ftp://shop.example", "neither https:// nor http://"),
        ("https://user:pw@shop.example", "holds a user name or a password"),
        ("https://", "names no host"),
        ("production", "names no host"),
        ("https://a b.example", "holds characters that no address has"),
    ],
)
def test_what_is_wrong_with_an_address_is_said(verify, site, address: str, words: str) -> None:
    done = verify.run("dash", "--yes", PRODUCTION_URL=address)
    expect(done, (), MACHINE)
    assert words in done.words and "missing: PRODUCTION_URL" not in done.words
    assert "user:pw" not in done.words and site.asked == []
