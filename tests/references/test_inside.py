"""Links of the outputs: what is dead is seen, by the same judgement as GitHub's and the site's engines."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from generator.build import build, validate
from generator.load import load
from generator.markdown import formatted
from generator.outputs import OutFile
from generator.references.inside import Outputs, links, problems
from generator.render import render_all
from tests.conftest import ROOT

SERVICES = [ROOT / "content/partpulse", ROOT / "tests/cases/ok/full"]


def outputs(folder: Path) -> list[OutFile]:
    return render_all(load(folder).handbook)


def seen_by_an_engine(text: str) -> list[str]:
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [c for t in tokens for c in t.children or ()]
    found = [c.attrs["href"] for c in inline if c.type == "link_open" and c.info != "auto"]
    return [h for h in found if not re.match(r"https?://", h)]


@pytest.mark.parametrize("folder", SERVICES, ids=lambda f: f.name)
def test_every_link_is_seen_and_leads_somewhere(folder: Path) -> None:
    files = outputs(folder)
    count = 0
    for file in files:
        if file.path.endswith(".md"):
            found = [unquote(link) for _, _, link in links(file)]
            assert found == [unquote(x) for x in seen_by_an_engine(file.text)]
            assert found == [x for _, _, x in links(OutFile(file.path, formatted(file.text)))]
            count += len(found)
    assert count > 5
    assert not problems("generated", files)


@pytest.mark.parametrize("folder", SERVICES, ids=lambda f: f.name)
def test_each_link_is_missed_when_what_it_leads_to_is_gone(folder: Path) -> None:
    """Take away every linked file and rename every linked heading, one at a time."""
    files = outputs(folder)
    at = Outputs(files)
    wanted = {(f.path, link) for f in files for _, _, link in links(f)}
    for base, link in wanted:
        path, _, anchor = link.partition("#")
        to = str((Path("/") / Path(base).parent / path).resolve())[1:] if path else base
        if path:
            left = [f for f in files if f.path != to]
            assert (base, link) in {(p, x) for p, _, _, x, _ in Outputs(left).dead()}
        if anchor:
            assert at.why_not(link, base) is None
            assert "leads to no heading" in at.why_not(f"{link}x", base)
            text = next(f.text for f in files if f.path == to)
            (line,) = [x for x in text.split("\n") if x.startswith("#") and heading_is(x, anchor)]
            twice = [OutFile(f.path, f.text + f"\n{line}\n") if f.path == to else f for f in files]
            assert "is not clear: 2 headings" in Outputs(twice).why_not(link, base)
            other = text.replace(line, f"{line} y")
            gone = [OutFile(f.path, other) if f.path == to else f for f in files]
            assert (base, link) in {(p, x) for p, _, _, x, _ in Outputs(gone).dead()}


def heading_is(line: str, anchor: str) -> bool:
    return list(Outputs([OutFile("x.md", line)]).anchors("x.md")) == [anchor]


def test_links_that_are_only_text_are_none() -> None:
    text = (
        "# A `b](c)` \\*d\\* #\n\n`[x](none.md)` \\[y\\](none.md) [z](#a-bc-d)\n\n"
        "```md\n[x](none.md)\n# Not a heading\n```\n\n[far](https://example.org/x.md#y)\n"
    )
    at = Outputs([OutFile("a/x.md", text)])
    assert dict(at.anchors("a/x.md")) == {"a-bc-d": 1}
    assert list(at.dead()) == []
    for link in ("../x.md", "/a/x.md", "y.md", "x.md#none", "%2e%2e/x.md", "#"):
        if link != "#":
            assert at.why_not(link, "a/x.md"), link
    assert at.why_not("x.md#a-bc-d", "a/x.md") is None


def test_an_alert_names_a_heading_that_exists() -> None:
    rules = "groups:\n- rules:\n  - annotations:\n      runbook_url: {}\n"
    document = OutFile("rollback-procedures.md", "# One\n")
    for link, fits in (
        ("../rollback-procedures.md#one", True),
        ('"../rollback-procedures.md#two"', False),
        ("rollback-procedures.md#one", False),
        ("https://example.org/x#two", True),
    ):
        found = problems("g", [document, OutFile("alerts/a.yml", rules.format(link))])
        assert bool(found) != fits, link
        if not fits:
            assert str(found[0].place).startswith("g/alerts/a.yml:4:")


def test_validate_and_build_refuse_two_headings_of_one_name(tmp_path: Path) -> None:
    """Only where something links to them: the reader would land at the first."""
    shutil.copytree(ROOT / "tests/cases/ok/full", tmp_path / "content/full")
    path = tmp_path / "content/full/document.yaml"
    assert not [p for p in validate(tmp_path / "content", [])[1] if p.severity == "error"]
    extra = (
        "  - {id: one-x, title: Same `name`, numbered: false, blocks: [{prose: x}]}\n"
        "  - {id: two-x, title: Same name, numbered: false, blocks: [{prose: 'y'}]}\n"
    )
    text = path.read_text()
    path.write_text(text + extra)
    assert not [p for p in validate(tmp_path / "content", [])[1] if p.severity == "error"]
    path.write_text(text + extra.replace("'y'", "'see [[section:two-x]]'"))
    (found,) = [p for p in validate(tmp_path / "content", [])[1] if p.severity == "error"]
    assert "'#same-name' is not clear: 2 headings" in found.message
    result = build(tmp_path / "content", tmp_path / "out", [], check=False)
    assert result.exit_code == 1 and not (tmp_path / "out").exists()
