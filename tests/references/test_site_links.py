"""The links of the built site lead somewhere, and its strict build sees one that does not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from generator.load import load
from generator.references.inside import Outputs
from generator.render import render_all
from tests.conftest import ROOT


def built(folder: Path) -> subprocess.CompletedProcess:
    """Not --quiet: that hides the warnings from --strict, too, and the build passes."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": "0"},
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "generated", tmp_path / "generated")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    shutil.copytree(ROOT / "tools/theme", tmp_path / "tools/theme")
    return tmp_path


def test_every_relative_link_of_the_site_leads_to_an_element(project: Path) -> None:
    done = built(project)
    assert done.returncode == 0, done.stderr
    pages = {p: p.read_text("utf-8") for p in (project / "site").rglob("*.html")}
    pages = {p: text for p, text in pages.items() if p.name != "404.html"}
    ids = {p: set(re.findall(r'\bid="([^"]*)"', text)) for p, text in pages.items()}
    count = 0
    for page, text in pages.items():
        article = text[text.index("<article") : text.index("</article>")]
        for link in re.findall(r'\bhref="([^"]*)"', article):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = unquote(link).partition("#")
            to = Path(os.path.normpath(page.parent / path)) if path else page
            assert to.exists(), (page, link)
            assert not anchor or anchor in ids[to], (page, link)
            count += 1
    assert count > 50
    # The headings' anchors are those that the outputs are judged by.
    document = project / "site/partpulse/rollback-procedures.html"
    at = Outputs(render_all(load(ROOT / "content/partpulse").handbook))
    assert set(at.anchors("rollback-procedures.md")) <= ids[document]


@pytest.mark.parametrize("link", ["#no-such-heading", "checklists/none.md"])
def test_the_strict_build_refuses_a_dead_link(project: Path, link: str) -> None:
    path = project / "generated/partpulse/rollback-procedures.md"
    path.write_text(path.read_text("utf-8") + f"\n[x]({link})\n", "utf-8")
    assert built(project).returncode != 0
