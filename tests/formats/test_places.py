"""Each finding points at the line of the content that has to be mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.reports import (
    KEEPER,
    Annotation,
    annotation,
    edit,
    record_drill,
    record_review,
    run,
    service,
)

MADE = ("rollback", "record", "--procedure", "restart", "--who", KEEPER, "--trigger", "5xx")
WHEN = ("--start", "2026-03-05T08:00:00Z", "--end", "2026-03-05T09:00:00Z", "--outcome", "verified")
WAIVER = ("waiver", "record", "--clock", "review", "--reason", "Ill", "--approver", KEEPER)


def _beyond_cycle(folder, capsys):
    edit(folder / "service.yaml", "next: 2026-05-01", "next: 2099-01-01")


def _without_next(folder, capsys):
    edit(folder / "service.yaml", "  next: 2026-05-01\n", "")


def _reviewed(folder, capsys):
    record_review("2026-02-05")


def _reviewed_with_next(folder, capsys):
    record_review("2026-02-05", "--next", "2026-04-01")


def _changed(folder, capsys):
    record_review("2026-02-05")
    edit(folder / "procedures/restart.yaml", "The lights go out.", "The lights stay on.")


def _rolled_back(folder, capsys):
    record_review("2026-02-05")
    run(capsys, *MADE, *WHEN, code=0)


def _drilled(folder, capsys):
    record_drill("2026-02-20")


def _drill_changed(folder, capsys):
    record_drill("2026-02-20")
    edit(folder / "procedures/restart.yaml", "Read the log", "Read the whole log")


def _waived(folder, capsys):
    run(capsys, *WAIVER, "--granted", "2026-06-01", "--until", "2026-06-20", code=0)


SERVICE, RESTART, CONTACTS = "service.yaml", "procedures/restart.yaml", "contacts.yaml"
REVIEW = "records/reviews/2026-02-05.yaml"
# what was done to the content, day, title, command, file, how the line begins
CASES = {
    "never": (None, "2026-03-01", "Never done", "error", RESTART, "drill: true"),
    "stated": (None, "2026-06-10", "Overdue", "error", SERVICE, "2026-05-01"),
    "cycle": (_without_next, "2026-08-10", "Overdue", "error", SERVICE, "P6M"),
    "soon": (None, "2026-04-25", "Due soon", "warning", SERVICE, "2026-05-01"),
    "waived": (_waived, "2026-06-10", "Overdue", "warning", SERVICE, "2026-05-01"),
    "beyond": (_beyond_cycle, "2026-03-01", "Invalid date", "error", SERVICE, "2099-01-01"),
    "future": (None, "2026-01-08", "Invalid date", "error", SERVICE, "2026-01-09"),
    "review": (_reviewed, "2026-09-01", "Overdue", "error", REVIEW, "2026-02-05"),
    "promised": (_reviewed_with_next, "2026-05-01", "Overdue", "error", REVIEW, "2026-04-01"),
    "changed": (_changed, "2026-03-01", "Changed since", "error", REVIEW, "sha256:"),
    "rollback": (
        _rolled_back, "2026-03-06", "Rolled back since", "error",
        "records/rollbacks/2026-03-05-restart.yaml", "2026-03-05T09:00:00Z",
    ),
    "drill": (_drilled, "2027-03-01", "Overdue", "error", RESTART, "drill: true"),
    "steps": (_drill_changed, "2026-03-01", "Changed since", "error", RESTART, "drill: true"),
    "required": (
        None, "2026-03-01", "Required fact missing", "error", CONTACTS, "unfilled: Who helps",
    ),
    "optional": (
        None, "2026-12-01", "Fact not known yet", "notice", CONTACTS, "unfilled: How to reach",
    ),
    "late": (None, "2026-12-02", "Fact is late", "warning", CONTACTS, "unfilled: How to reach"),
}  # fmt: skip


def annotations(capsys, *words: str) -> list[Annotation]:
    lines = run(capsys, "check", "--format", "github", *words).splitlines()
    assert lines.pop().startswith("services: ")
    return [annotation(line) for line in lines]


@pytest.mark.parametrize("case", CASES)
def test_the_line_to_mend(case, tmp_path: Path, monkeypatch, capsys) -> None:
    change, day, title, command, file, begin = CASES[case]
    folder = service(tmp_path, records=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    if change:
        change(folder, capsys)
    path = f"content/full/{file}"
    found = [
        a
        for a in annotations(capsys, "--as-of", day)
        if a.properties["title"] == f"Full: {title}" and a.properties["file"] == path
    ]
    assert found, run(capsys, "check", "--format", "github", "--as-of", day)
    at = found[0].properties
    line = Path(path).read_text("utf-8").splitlines()[int(at["line"]) - 1]
    assert line[int(at["col"]) - 1 :].lstrip("'").startswith(begin)
    assert found[0].command == command
    if case == "waived":
        assert "waived until 2026-06-20" in found[0].message


def test_every_reason_is_a_finding_of_its_own(tmp_path, monkeypatch, capsys) -> None:
    folder = service(tmp_path, records=False)
    monkeypatch.chdir(tmp_path)
    _changed(folder, capsys)
    run(capsys, *MADE, *WHEN, code=0)
    run(capsys, *MADE, *(w.replace("03-05", "03-07") for w in WHEN), code=0)
    titles = [
        a.properties["title"]
        for a in annotations(capsys, "--as-of", "2026-09-01")
        if a.message.startswith("review")
    ]
    assert titles == ["Full: Overdue", "Full: Changed since"] + ["Full: Rolled back since"] * 2


def test_paths_are_those_of_the_repository(tmp_path, monkeypatch, capsys) -> None:
    """A job can run in a folder of the repository; the platform counts from its root."""
    service(tmp_path / "docs/rollback")
    monkeypatch.chdir(tmp_path / "docs/rollback")
    for root, folder in (
        (None, ""),
        (tmp_path, "docs/rollback/"),
        (tmp_path / "docs", "rollback/"),
    ):
        monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
        if root:
            monkeypatch.setenv("GITHUB_WORKSPACE", str(root))
        files = {a.properties["file"] for a in annotations(capsys)}
        assert f"{folder}content/full/contacts.yaml" in files
    outside = annotations(capsys, "--content", str(tmp_path / "docs/rollback/content"))
    assert {a.properties["file"] for a in outside} == files


def test_a_problem_of_the_content_points_too(tmp_path, monkeypatch, capsys) -> None:
    folder = service(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    edit(folder / "service.yaml", "owner: keeper", "owner: nobody, %0A: x")
    for command in ("validate", "check"):
        (line, *_) = run(capsys, command, "--format", "github", code=1).splitlines()
        found = annotation(line)
        assert (found.command, found.properties["file"]) == ("error", "content/full/service.yaml")
        number = int(found.properties["line"])
        assert "owner: nobody" in (folder / "service.yaml").read_text().splitlines()[number - 1]
