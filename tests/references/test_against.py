"""References of the content, looked up in a checkout: nothing dead is missed, nothing unknown is "found"."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from generator.cli import main
from generator.load import load
from generator.references.checkout import Checkout
from generator.references.lookup import look_up
from generator.references.named import Named, named
from tests.conftest import ROOT
from tests.references.repositories import NEXT, write

PARTPULSE = load(ROOT / "content/partpulse")
NAMED = named(PARTPULSE.handbook, PARTPULSE.documents)
HERE = [n for n in NAMED if not n.name.startswith("maturion-foreman-governance/")]


def looked(root: Path, loaded=PARTPULSE):
    return look_up(loaded.handbook, loaded.documents, Checkout(root))


def dead(root: Path, loaded=PARTPULSE) -> list[str]:
    """The names in the messages, each behind its place."""
    return [f"{p.place}: {p.message}" for p in looked(root, loaded).problems]


def test_what_partpulse_names_is_found() -> None:
    """A change of the content shows here: extend the made-up repository with what it names now."""
    assert {(n.kind, n.name) for n in HERE} == {
        ("route", "/"),
        ("route", "/api/health"),
        ("route", "/api/auth/session"),
        ("route", "/api/auth/csrf"),
        ("route", "/api/auth/can-create-first-admin"),
        ("route", "/api/auth/verify-invitation"),
        ("route", "/api/users"),
        ("route", "/api/warranty-claims"),
        ("route", "/auth/signin"),
        ("route", "/internal-transfer"),
        ("route", "/reports"),
        ("route", "/settings/admin"),
        ("route", "/users/invite"),
        ("route", "/warranty-claims"),
        ("path", "/docs/defect-resolution-process.md"),
        ("path", "/docs/fix-pr-template.md"),
        ("path", "/architecture/DEPLOYMENT_GUIDE.md"),
        ("path", "prisma/schema.prisma"),
        ("path", "prisma/migrations"),
        ("line", "VERCEL_ENV_UPDATE_REQUIRED.md:7"),
        ("line", "architecture/DATABASE_SCHEMA.md:401-404"),
        ("line", "architecture/DEPLOYMENT_GUIDE.md:487"),
        ("line", "architecture/DEPLOYMENT_GUIDE.md:488"),
        ("line", "docs/OPERATIONS.md:138-145"),
        ("line", "docs/PRODUCTION_CHECKLIST.md:167"),
        ("line", "docs/defect-resolution-process.md:365-390"),
        ("line", "docs/functional/PARTPULSE_FUNCTIONAL_SPEC.md:3261"),
        ("file", "schema.prisma"),
        ("file", "next.config.ts"),
        ("npm-package", "prisma"),
        ("option", "--from-schema-datamodel"),
        ("option", "--to-schema-datamodel"),
        ("option", "--from-schema-datasource"),
        ("variable", "AUTH_SECRET"),
        ("variable", "STORAGE_PROVIDER"),
    }
    assert len(NAMED) == len(HERE) + 2


def test_a_checkout_that_has_everything(tmp_path: Path) -> None:
    found = looked(write(tmp_path, NEXT))
    assert not found.problems
    # What only a catch-all answers is not proven to be there.
    assert {n.key for n in found.found} == {n.key for n in HERE if n.name not in CAUGHT}
    caught = {n.name for n, why in found.open if "answers every name below it" in why}
    assert caught == CAUGHT
    others = [why for n, why in found.open if n.name not in CAUGHT]
    assert others == ["elsewhere: another repository"] * 2


AUTH = "src/app/api/auth"
REST = f"{AUTH}/[...nextauth]/route.ts"
CAUGHT = {"/api/auth/session", "/api/auth/csrf"}
# Which files answer a route.
ANSWER = {
    "/": {"src/app/page.tsx"},
    "/auth/signin": {"src/app/auth/signin/page.tsx"},
    "/api/health": {"src/app/api/health/route.ts"},
    "/api/users": {"src/app/api/users/route.ts"},
    "/api/warranty-claims": {"src/app/api/warranty-claims/route.ts"},
    "/api/auth/session": {REST},
    "/api/auth/csrf": {REST},
    "/api/auth/can-create-first-admin": {f"{AUTH}/can-create-first-admin/route.ts", REST},
    "/api/auth/verify-invitation": {f"{AUTH}/verify-invitation/route.ts", REST},
}

READS = {"AUTH_SECRET": ".env.example", "STORAGE_PROVIDER": "src/lib/storage.ts"}


def break_it(one: Named, root: Path) -> None:
    """Take away what `one` names, and nothing that another name needs."""
    package = json.loads((root / "package.json").read_text())
    if one.kind == "npm-package":
        # With a lock file the version of the program stays known.
        lock = {"packages": {"node_modules/prisma": {"version": "5.22.0"}}}
        (root / "package-lock.json").write_text(json.dumps(lock))
        del package["devDependencies"][one.name]
        (root / "package.json").write_text(json.dumps(package))
    elif one.kind == "option":
        package["devDependencies"][one.of] = "7.0.0"
        (root / "package.json").write_text(json.dumps(package))
    elif one.kind == "route":
        for file in ANSWER[one.name]:
            (root / file).rename((root / file).with_name("helper.ts"))
    elif one.kind == "variable":
        (root / READS[one.name]).unlink()
    elif one.kind == "file":
        for path in list(root.rglob(one.name)):
            path.rename(path.with_name(f"x{path.name}"))
    elif one.kind == "line":
        (root / one.name.rpartition(":")[0]).write_text("one line\n")
    else:
        path = root / one.name.strip("/")
        path.rename(path.with_name(f"{path.name}x"))


def goes_with(one: Named) -> set[str]:
    """The names that are dead together with `one`."""
    if one.kind == "route":
        return {name for name, files in ANSWER.items() if files <= ANSWER[one.name]}
    if one.kind == "option":
        return {n.name for n in HERE if n.kind == "option"}
    if one.kind == "line":
        file = one.name.rpartition(":")[0]
        return {n.name for n in HERE if n.kind == "line" and n.name.startswith(f"{file}:")}
    # prisma/schema.prisma is named as a path and, in prose, as a file.
    if one.name.endswith("schema.prisma"):
        return {"schema.prisma", "prisma/schema.prisma"}
    lines = {n.name for n in HERE if n.kind == "line"}
    return {one.name, *(n for n in lines if n.startswith(f"{one.name.lstrip('/')}:"))}


@pytest.mark.parametrize("one", [n for n in HERE if n.sure], ids=lambda n: f"{n.kind} {n.name}")
def test_what_is_taken_away_is_told_and_nothing_else(one: Named, tmp_path: Path) -> None:
    break_it(one, write(tmp_path, NEXT))
    told = dead(tmp_path)
    together = goes_with(one)
    assert len(told) == len(together), told
    for name in together:
        (line,) = [t for t in told if f"'{name}'" in t]
        file, row, column = line.split(": ")[0].rsplit(":", 2)
        written = Path(file if os.path.isabs(file) else ROOT / file).read_text().split("\n")
        assert written[int(row) - 1][int(column) - 1 :].startswith(name), line


def test_a_route_in_a_text_may_be_something_else(tmp_path: Path) -> None:
    root = write(tmp_path, NEXT)
    (root / "src/app/reports/page.tsx").unlink()
    found = looked(root)
    assert not found.problems
    assert [why for n, why in found.open if n.name == "/reports"] == [
        "it may name something else; if not, list it in 'references'"
    ]


HANDLERS = {
    "export async function GET() {}\n": "found",
    "export const GET = handler;\n": "found",
    "export { list as GET, add as POST };\n": "found",
    "export const { GET, POST } = handlers;\n": "found",
    "export * from './list';\n": "found",
    "export async function POST() {}\nfunction GET() {}\n": "only for POST",
    "export { GET as list };\n": "only for no method",
    "// export const GET = 1;\nexport const PUT = 1;\n": "only for PUT",
}


@pytest.mark.parametrize("text", HANDLERS)
def test_a_route_is_there_by_a_method_that_its_file_has(text: str, tmp_path: Path) -> None:
    root = write(tmp_path, NEXT)
    (root / "src/app/api/users/route.ts").write_text(text)
    told = dead(root)
    if HANDLERS[text] == "found":
        assert not told
    else:
        (line,) = told
        assert "/api/users" in line and HANDLERS[text] in line


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {"package-lock.json": '{"packages":{"node_modules/prisma":{"version":"7.1.0"}}}'},
            "7.1.0",
        ),
        ({"requirements/run.txt": "prisma==7.2\n", "package.json": "{}"}, "7.2"),
        ({"package.json": '{"devDependencies":{"prisma":"^7.0.0"}}'}, ""),
    ],
    ids=["lock file", "requirements", "a range"],
)
def test_an_option_is_held_against_the_version_that_is_pinned(
    files: dict[str, str], words: str, tmp_path: Path
) -> None:
    found = looked(write(tmp_path, {**NEXT, **files}))
    told = [p.message for p in found.problems if "the option" in p.message]
    if words:
        assert len(told) == 3
        assert (
            f"is not known to prisma {words} ({next(iter(files))}), which knows it no longer since 7.0.0"
            in told[0]
        )
    else:
        assert not told and [n for n, why in found.open if "no exact version" in why]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, NEXT)
    run = ["validate", "--content", str(ROOT / "content"), "--against", str(tmp_path)]
    assert main(run) == 0
    out = capsys.readouterr().out
    assert "37 references looked up: 33 found, 0 dead, 4 not checked" in out
    (tmp_path / "docs/fix-pr-template.md").rename(tmp_path / "docs/fix-pr-templates.md")
    assert main(run) == 1
    out = capsys.readouterr().out
    assert "the path '/docs/fix-pr-template.md' is not there" in out
    assert "did you mean 'docs/fix-pr-templates.md'?" in out
    assert "37 references looked up: 32 found, 1 dead, 4 not checked" in out
    assert main([*run, "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert [p["line"] for p in data["problems"] if p["severity"] == "error"] == [152]
    (told,) = data["references"]
    assert (told["looked_up"], told["dead"], len(told["found"])) == (37, 1, 32)
    assert "elsewhere: another repository" in {o["reason"] for o in told["not_checked"]}


def test_what_is_no_checkout_is_wrong_usage(tmp_path: Path, capsys) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for path, words in (
        (tmp_path / "none", "no such folder"),
        (file, "no such folder"),
        (tmp_path, "there is no .git in it"),
    ):
        run = ["validate", "--content", str(ROOT / "content"), "--against", str(path)]
        assert main(run) == 2
        assert words in capsys.readouterr().err


def test_a_link_out_of_the_checkout_does_not_count(tmp_path: Path) -> None:
    root = write(tmp_path / "repository", NEXT)
    outside = write(tmp_path / "outside", {"fix-pr-template.md": "x", "migrations/a": "x"})
    (root / "docs/fix-pr-template.md").unlink()
    (root / "docs/fix-pr-template.md").symlink_to(outside / "fix-pr-template.md")
    shutil.rmtree(root / "prisma/migrations")
    (root / "prisma/migrations").symlink_to(outside / "migrations")
    told = dead(root)
    assert len(told) == 2
    assert all("is a link that leads out of the repository" in t for t in told)
    # One that stays inside does.
    (root / "docs/fix-pr-template.md").unlink()
    (root / "docs/fix-pr-template.md").symlink_to("defect-resolution-process.md")
    assert len(dead(root)) == 1


def test_case_counts_and_names_that_climb_do_not(tmp_path: Path) -> None:
    at = Checkout(write(tmp_path / "r", NEXT))
    (tmp_path / "secret").write_text("x")
    assert at.why_not("Docs/fix-pr-template.md") == "is not there"
    assert at.why_not("docs/../../secret") == "leads out of the repository"
    assert at.why_not("docs/../architecture/DEPLOYMENT_GUIDE.md") is None
    for name in (
        "a" * 5000,
        "x\x00y",
        "*",
        "[...nextauth]",
        "$(touch pwned)",
        "docs/fix-pr-template.md/x",
    ):
        assert at.why_not(name) == "is not there"
    assert at.why_not("docs/fix-pr-template.md/") == "is not there"


@pytest.mark.parametrize("broken", ["{", "[]", '{"scripts": []}', "[" * 100_000, "\x00"])
def test_a_broken_package_file_is_not_taken_for_an_answer(broken: str, tmp_path: Path) -> None:
    write(tmp_path, {**NEXT, "package.json": broken})
    found = looked(tmp_path)
    assert not [n for n in found.found if n.kind == "npm-package"]
    assert [n for n in found.open if n[0].kind == "npm-package"] or found.problems


def test_the_reviewer_is_told_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = ["review", "--content", str(ROOT / "content"), "--as-of", "2026-12-01"]
    assert main(run) == 0
    assert "not looked up; name a checkout with --against PATH" in capsys.readouterr().out
    write(tmp_path, NEXT)
    (tmp_path / "next.config.ts").unlink()
    assert main([*run, "--against", str(tmp_path)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "the file 'next.config.ts' is nowhere in the repository" in told
    assert "elsewhere: another repository" in told


@pytest.mark.parametrize(
    "files",
    [
        {"package-lock.json": "never mind"},
        {"package-lock.json": "[]"},
        {"package-lock.json": '{"packages": [1]}'},
        {"package-lock.json": '{"packages": {"node_modules/prisma": "5.22.0"}}'},
        {"package.json": '{"dependencies": [], "devDependencies": "prisma"}'},
    ],
    ids=lambda files: next(iter(files.values())),
)
def test_a_file_of_another_shape_pins_nothing(files: dict[str, str], tmp_path: Path) -> None:
    """It is told, or passed over; the command never ends in a fault of its own."""
    if "package.json" not in files:
        package = json.loads(NEXT["package.json"])
        package["devDependencies"]["prisma"] = "^5.22.0"
        files = {**files, "package.json": json.dumps(package)}
    found = looked(write(tmp_path, {**NEXT, **files}))
    options = [n for n in HERE if n.kind == "option"]
    assert not [n for n in found.found if n.kind == "option"]
    assert [n.key for n, _ in found.open if n.kind == "option"] == [n.key for n in options]
    if files["package-lock.json" if "package-lock.json" in files else "package.json"][0] != "{":
        reasons = {why for n, why in found.open if n.kind == "option"}
        assert reasons == {"package-lock.json cannot be read as JSON"}
