"""The site says what the content says: the structure of the built pages, not their looks.

Python-Markdown turned the document kept by hand into 14 flat steps and 15 literal
'[ ]', and a strict build noticed nothing. So the built HTML is counted here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from shlex import quote

import pytest
from markdown_it import MarkdownIt

from generator.load import load

ROOT = Path(__file__).parent.parent
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass
class Element:
    tag: str
    attributes: dict
    children: list = field(default_factory=list)

    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text() for c in self.children)

    def walk(self):
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, *tags: str) -> list[Element]:
        return [e for e in self.walk() if e.tag in tags]


class Tree(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = Element("root", {})
        self.stack = [self.root]
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs))
        self.stack[-1].children.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_endtag(self, tag):
        for index in range(len(self.stack) - 1, 0, -1):
            if self.stack[index].tag == tag:
                del self.stack[index:]
                break

    def handle_data(self, data):
        self.stack[-1].children.append(data)


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", out],
        cwd=ROOT,
        check=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": "0"},
    )
    return out


def article(path: Path) -> Element:
    (found,) = Tree(path.read_text("utf-8")).root.all("article")
    return found


@pytest.fixture(scope="session")
def page(site) -> Element:
    return article(site / "partpulse/rollback-procedures.html")


@pytest.fixture(scope="session")
def book():
    return load(ROOT / "content/partpulse").handbook


def depth_of_items(element: Element, inside: int = 0) -> list[tuple[int, str, str]]:
    """(depth, kind of list, first words) of every list item, in the order of the page."""
    found = []
    for child in element.children:
        if isinstance(child, Element):
            if child.tag in ("ul", "ol"):
                for item in child.children:
                    if isinstance(item, Element) and item.tag == "li":
                        own = [
                            c
                            for c in item.children
                            if not (isinstance(c, Element) and c.tag in ("ul", "ol", "div", "pre"))
                        ]
                        text = "".join(c if isinstance(c, str) else c.text() for c in own)
                        found.append((inside, child.tag, " ".join(text.split())))
                        found += depth_of_items(item, inside + 1)
            else:
                found += depth_of_items(child, inside)
    return found


def test_lists_have_the_same_nesting_on_the_site_as_on_github(page):
    """Two Markdown engines that disagree on lists see the same items at the same depth."""
    source = (ROOT / "generated/partpulse/rollback-procedures.md").read_text("utf-8")
    github = Tree(MarkdownIt("commonmark").enable("table").render(source)).root

    def shape(element: Element) -> list[tuple[int, str, str]]:
        return [(d, k, re.sub(r"^\[ \] ", "", t)[:40]) for d, k, t in depth_of_items(element)]

    assert shape(page) == shape(github)


def test_every_step_of_every_procedure_is_one_numbered_item(page, book):
    numbered = [t for d, k, t in depth_of_items(page) if k == "ol" and d == 0]
    for procedure in book.procedures:
        if not procedure.alternatives:
            wanted = [s.title for s in procedure.steps]
            starts = [i for i, t in enumerate(numbered) if t.startswith(wanted[0])]
            assert any(
                all(t.startswith(w) for t, w in zip(numbered[i:], wanted, strict=False))
                for i in starts
            ), procedure.id


def test_every_check_is_a_checkbox_and_no_box_stays_text(page, book):
    wanted = sum(
        len(g.items)
        for c in book.checklists
        if c.id in ("verification", "pre-deployment")
        for g in c.groups
    )
    boxes = [e for e in page.all("input") if e.attributes.get("type") == "checkbox"]
    assert len(boxes) == wanted == 16 + 18
    assert "[ ]" not in page.text()


def test_every_command_stands_in_a_code_block_in_its_step(page, book):
    blocks = ["".join(e.text().split()) for e in page.all("pre")]
    for procedure in book.procedures:
        for step in procedure.steps:
            for command in step.commands:
                first = "".join(quote(w) for w in command.words[:3] if "{" not in w)
                first = "".join(first.split())
                assert any(first in b for b in blocks), command


def test_no_markup_is_left_as_text(page):
    code = {id(e) for c in page.all("code", "pre") for e in c.walk()}

    def texts(element: Element) -> str:
        if id(element) in code or "headerlink" in element.attributes.get("class", ""):
            return ""
        return "".join(c if isinstance(c, str) else texts(c) for c in element.children)

    shown = texts(page)
    for mark in ("**", "`", "](", "\\", "&lt;", "&amp;"):
        assert mark not in shown, mark


def test_links_within_and_between_pages_lead_somewhere(site):
    pages = {
        p: Tree(p.read_text("utf-8")).root for p in site.rglob("*.html") if p.name != "404.html"
    }
    ids = {
        p: {e.attributes["id"] for e in r.walk() if "id" in e.attributes} for p, r in pages.items()
    }
    checked = 0
    for path, root in pages.items():
        for link in root.all("article")[0].all("a"):
            target = link.attributes.get("href", "")
            if target.startswith("https://"):
                continue
            name, _, anchor = target.partition("#")
            to = (path.parent / name).resolve() if name else path
            assert to.exists(), (path.name, target)
            if anchor:
                assert anchor in ids[to], (path.name, target)
            checked += 1
    assert checked > 50


def test_no_page_loads_anything_from_another_host(site):
    for path in site.rglob("*.html"):
        for element in Tree(path.read_text("utf-8")).root.walk():
            for name in ("src", "srcset", "data"):
                assert "//" not in (element.attributes.get(name) or ""), (path.name, element)
            if element.tag == "link" and element.attributes.get("rel") in (
                "stylesheet",
                "preconnect",
                "icon",
                "preload",
            ):
                assert "//" not in element.attributes["href"]
