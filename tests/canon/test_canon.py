"""The matrix of the canons: what answers a clause, what is missing, what proves it, and how old."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from generator import schema
from generator.canon.answers import answers
from generator.canon.matrix import matrix
from generator.load import load
from tests.conftest import ROOT
from tests.records.recordworld import REVIEW, drill, edit

FULL = ROOT / "tests/cases/ok/full"
PARTPULSE = ROOT / "content/partpulse"
PROCESS = "link:process-documentation"

# What Section 11 of the canon that governs PartPulse demands, by its paragraphs.
SECTION_11 = {
    "11.1": "E1 E2 E3",
    "11.2": "R0 R1.1 R1.2 R1.3 R2.1 R2.2 R2.3 R2.4 R3.1 R3.2 R3.3 R4.1 R4.2 R4.3 R5",
    "11.3": "P1 P2 P3 N1",
}


def told(rollbook, day: str = "2026-12-05", **more) -> dict[str, dict]:
    """The clauses of the first canon by id, as the command tells them to programs."""
    (service,) = json.loads(rollbook("canon", "--format", "json", "--as-of", day, **more).out)[
        "services"
    ]
    return {c["id"]: c for c in service["canons"][0]["clauses"]}


def test_every_clause_of_section_11_is_held_against_partpulse() -> None:
    book = load(PARTPULSE).handbook
    ((canon, rows),) = matrix(book)
    assert (canon.version, canon.day.isoformat()) == ("1.0.0", "2026-01-09")
    assert sorted(str(r.clause.id) for r in rows) == sorted(" ".join(SECTION_11.values()).split())
    for row in rows:
        assert row.clause.id in SECTION_11[row.clause.paragraph.partition(",")[0]].split()
    state = {str(r.clause.id): r.state for r in rows}
    assert "not answered" not in state.values()
    # What another document says answers a part, and no more: nobody has confirmed it.
    elsewhere = [str(r.clause.id) for r in rows if {ref for ref, _ in r.answers} == {PROCESS}]
    assert elsewhere == ["R1.3", "E1", "E2", "E3"]
    assert {state[c] for c in (*elsewhere, "R3.3", "R4.2")} == {"in part"}
    gaps = [r.clause.gap for r in rows if r.clause.gap]
    # Nobody has set a day, so none is shown.
    assert {(g.owner, g.by) for g in gaps} == {("governance-liaison", None)}
    for row in rows:
        assert (row.state == "answered") == (not row.clause.gap and not waits(row)), row.clause.id
        assert not row.newest, "nothing is on record"


def test_what_an_answer_rests_on_is_taken_from_the_facts() -> None:
    book = load(PARTPULSE).handbook
    known = answers(book)

    def waits_for(reference: str) -> list[str]:
        return [b.path for b in known[reference].blanks]

    # Who may decide rests on names; how to reach them is another question.
    assert waits_for("authority") == waits_for("section:authority") == ["contacts.on-call.name"]
    assert waits_for("section:access") == ["service.credentials.credential-storage"]
    assert set(waits_for("contacts")) == set(waits_for("section:contacts-and-resources")) - {
        "service.credentials.credential-storage",
        "service.escalation.escalation",
    }
    assert waits_for("procedure:git-rollback") == waits_for("triggers") == []
    drilled = {p.id for p in book.procedures if p.drill}
    assert set(known["drills"].procedures) == set(known["section:testing"].procedures) == drilled
    assert known["section:deployment-rollback"].procedures == (
        *("vercel-dashboard-rollback", "git-rollback", "emergency-rollback"),
    )


def waits(row) -> bool:
    return any(b.required for b in row.blanks)


def test_an_answer_of_open_facts_is_one_in_part_until_they_are_supplied(handbook, rollbook) -> None:
    contacts = handbook / "contacts.yaml"
    assert told(rollbook)["C2.b"]["state"] == "answered", "only optional facts are open"
    edit(contacts, "required: false", "required: true")
    found = told(rollbook)["C2.b"]
    assert found["state"] == "in part"
    assert {"path": "contacts.second.name", "required": True} in found["unfilled"]
    text = contacts.read_text("utf-8")
    text = re.sub(r"(?m)^    name:\n(      .*\n)+", "    name: Bea Example\n", text)
    contacts.write_text(text, "utf-8")
    assert told(rollbook)["C2.b"]["state"] == "answered"


def test_the_newest_record_that_bears_on_a_clause_is_found(handbook, rollbook) -> None:
    found = told(rollbook)["C2.a"]
    assert found["newest"] is None
    assert [e["date"] for e in found["evidence"]] == [None, None]
    rollbook("review", "record", *REVIEW, "--outcome", "no-change", "--date", "2026-02-20")
    newest = told(rollbook, "2026-02-21")["C2.a"]["newest"]
    assert (newest["kind"], newest["date"], newest["age_days"]) == ("review", "2026-02-20", 1)
    drill(rollbook, "2026-03-01")
    drill(rollbook, "2026-03-04", result="failed")
    found = told(rollbook, "2026-03-11")
    newest = found["C2.a"]["newest"]
    assert (newest["kind"], newest["procedure"]) == ("drill", "restart")
    assert (newest["record"], newest["environment"]) == ("2026-03-01-restart", "staging")
    assert (newest["age_days"], newest["changed"]) == (10, False)
    assert found["C2.b"]["newest"]["kind"] == "review", "no procedure answers it"
    edit(handbook / "procedures/restart.yaml", "Read the log", "Read the whole log")
    found = told(rollbook, "2026-03-11")["C2.a"]
    assert [e["changed"] for e in found["evidence"] if e["date"]] == [True, True]
    said = rollbook("canon", "--as-of", "2026-03-11").words
    assert "drill of Restart the machine: 2026-03-01 in staging, 10 days ago" in said
    assert "(2026-03-01-restart), changed since" in said
    rollbook("build")
    for page in ("rollback-procedures.md", "canon.md"):
        text = Path("generated/full", page).read_text("utf-8")
        assert "2026-03-01 in staging (`2026-03-01-restart`), changed since" in text
    assert "IN THE FUTURE" in rollbook("canon", "--as-of", "2026-02-28").words


def test_what_is_rendered_knows_no_day(handbook, rollbook) -> None:
    """The page and the JSON have all that the command has, but for what moves with time."""
    drill(rollbook, "2026-03-01")
    rollbook("build")
    written = json.loads(Path("generated/full/canon.json").read_text("utf-8"))
    asked = json.loads(rollbook("canon", "--format", "json", "--as-of", "2027-01-01").out)

    def timeless(data: object) -> object:
        if isinstance(data, dict):
            moving = ("as_of", "age_days", "late")
            return {k: timeless(v) for k, v in data.items() if k not in moving}
        return [timeless(d) for d in data] if isinstance(data, list) else data

    assert written == timeless(written), "no age and no day of making is written"
    assert timeless(asked["services"]) == [written]
    assert asked != timeless(asked)


def test_a_gap_past_its_day_is_late_and_not_red(handbook, rollbook) -> None:
    assert told(rollbook, "2026-12-01")["C2.a"]["gap"]["late"] is False
    assert told(rollbook, "2026-12-02")["C2.a"]["gap"]["late"] is True
    assert "by 2026-12-01 (LATE)" in rollbook("canon", "--as-of", "2026-12-02").words
    assert "2026-12-01 (late)" in rollbook("review", "--as-of", "2026-12-02").words
    # With everything else in order, the gate is as green as it was.
    drill(rollbook, "2026-12-01")
    rollbook("review", "record", *REVIEW, "--outcome", "no-change", "--date", "2026-12-01")
    rollbook("check", "--as-of", "2026-12-02")


def test_a_clause_without_answer_and_gap_fails_the_gate_too(handbook, rollbook) -> None:
    edit(handbook / "canon.yaml", "        gap: {missing: All of it, owner: helper}\n", "")
    for command in (("canon",), ("validate",), ("check",), ("canon", "--format", "json")):
        said = rollbook(*command, code=1)
        assert "the clause 'C1' is neither answered nor declared as a gap" in said.words
    assert json.loads(rollbook("canon", "--format", "json", code=1).out)["services"] == []


def test_the_forms_say_the_same_and_fit_a_terminal(handbook, rollbook) -> None:
    rollbook("build")
    text = rollbook("canon", "--as-of", "2026-12-05").out
    assert all(len(line) <= 80 for line in text.splitlines())
    flat = " ".join(text.split())
    page = Path("generated/full/canon.md").read_text("utf-8")
    data = json.loads(rollbook("canon", "--format", "json", "--as-of", "2026-12-05").out)
    canons = data["services"][0]["canons"]
    assert [c["id"] for c in canons] == ["operations", "safety"]
    for canon in canons:
        assert canon["count"] == {
            state: sum(c["state"] == state for c in canon["clauses"]) for state in canon["count"]
        }
        for clause in canon["clauses"]:
            name = f"{clause['id']} ({clause['paragraph']}): {clause['demands']}"
            assert name in flat
            assert f"**{clause['id']}** ({clause['paragraph']}): {clause['demands']}" in page
            for answer in clause["answers"]:
                assert answer["reference"] in flat
            for words in [clause["gap"]["missing"]] if clause["gap"] else []:
                assert words in flat and words in page


@pytest.mark.parametrize("folder", [FULL, PARTPULSE], ids=lambda f: f.name)
def test_whatever_can_answer_can_be_written_and_is_found_in_the_document(folder: Path) -> None:
    """No answer exists that the schema refuses; each leads to a section, a form or nowhere."""
    clause = schema.validator("canon").schema["properties"]["canons"]["additionalProperties"]
    items = clause["properties"]["clauses"]["items"]["properties"]["answered-by"]["items"]
    book = load(folder).handbook
    known = answers(book)
    assert len(known) > 40
    for reference, answer in known.items():
        assert re.search(items["pattern"], reference), reference
        assert answer.words and "[[" not in answer.words
    for whole in ("triggers", "thresholds", "contacts", "authority", "messages", "drills"):
        assert known[whole].section is not None


def test_a_service_without_a_canon_has_no_matrix(handbook, rollbook) -> None:
    (handbook / "canon.yaml").unlink()
    assert "no canon is held against its content" in rollbook("canon").words
    rollbook("build")
    folder = Path("generated/full")
    assert not list(folder.glob("canon.*"))
    assert "No canon is held against this document." in (
        folder / "rollback-procedures.md"
    ).read_text("utf-8")
    rollbook("build", "--check")


def test_packet_and_archive_hold_it(handbook, rollbook) -> None:
    packet = json.loads(rollbook("review", "--format", "json", "--as-of", "2026-12-02").out)
    (section,) = [s for s in packet["services"][0]["sections"] if s["id"] == "canon"]
    assert section["title"] == "Canon gaps"
    assert section["items"] == [
        "Operations Canon, C2.a (in part): The other part; Keeper, by 2026-12-01 (late)",
        "Safety Canon, C1 (not answered): All of it; Helper, no day is set",
    ]
    assert "Each gap was closed, or whoever owes it was told" in packet["services"][0]["ticks"]
    rollbook("build")
    rollbook("evidence", "--out", "e.zip")
    with zipfile.ZipFile("e.zip") as archive:
        for name in ("canon.json", "canon.md"):
            written = Path("generated/full", name).read_bytes()
            assert archive.read(f"evidence/full/{name}") == written
        assert "canon.json" in archive.read("evidence/README.txt").decode()


def test_message_texts_are_shown_with_their_holes(handbook, rollbook) -> None:
    edit(handbook / "contacts.yaml", "{outcome}", "{outcome} Not {{who}}, `x` nor | <b>.")
    rollbook("build")
    page = Path("generated/full/rollback-procedures.md").read_text("utf-8")
    text = "Back at <rolled-back> with <procedure>, by <who>. <outcome> Not {who}, `x` nor | <b>."
    assert f"**To all**:\n\n```text\n{text}\n```\n" in page
    for hole in ("procedure", "rolled-back", "who", "outcome"):
        assert f"\n- `<{hole}>`: " in page


def test_open_facts_stand_in_the_order_in_which_they_matter(handbook, rollbook) -> None:
    edit(handbook / "contacts.yaml", "required: false\n      by: 2026-12-01", "required: true")
    edit(handbook / "service.yaml", "by: 2026-12-01", "by: 2026-11-01")
    rollbook("build")
    page = Path("generated/full/rollback-procedures.md").read_text("utf-8")
    book = load(handbook).handbook
    rows = re.findall(r"^\| (Required|Optional) +\|.*\| (\S.*?) +\| `(\S+)` +\|$", page, re.M)
    assert sorted(path for _, _, path in rows) == sorted(b.path for b in book.unfilled)
    needs = [need for need, _, _ in rows]
    assert needs == sorted(needs, reverse=True) and set(needs) == {"Required", "Optional"}
    days = [day for need, day, _ in rows if need == "Optional"]
    assert days[0] == "2026-11-01" and days == sorted(days)
