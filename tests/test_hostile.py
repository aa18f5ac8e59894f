"""Content is data: whatever a text says, every output shows it and none obeys it.

The tests find the texts themselves, by walking the files of a service that uses
every key of every schema (`test_cases.py` proves that it does), so that a new
field is attacked on the day on which it is added.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from unittest import mock
from urllib.parse import unquote

import markdown
import pytest
import yaml
from markdown_it import MarkdownIt
from mdformat_gfm._mdit_gfm_autolink_plugin import gfm_autolink_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.tasklists import tasklists_plugin
from mkdocs.config import load_config

from generator import load, schema
from generator.files import Document, read_service
from generator.markdown import formatted
from generator.outputs import OutFile
from generator.problems import Problem
from generator.render import render_all
from generator.source import Mapping, Node, Scalar, parse
from tests.conftest import ROOT
from tests.scripts.scriptworld import SHELLCHECK

FULL = ROOT / "tests/cases/ok/full"
PARTPULSE = ROOT / "content/partpulse"

HOSTILE = {
    "shell": "; rm -rf / & | > < * ? ~ !",
    "quotes": 'it\'s "so" \' "',
    "line end": "one\n- two\n# three",
    "substitution": "$(touch pwned)",
    "backticks": "`touch pwned`",
    "backticks, odd": "a `` b ` c ``` d",
    "template": "{{ 7*7 }}",
    "template block": "{% raw %}",
    "template comment": "{/* x */} {# y #}",
    "script": "<script>alert(1)</script>",
    "element": "<b onclick=x>bold</b>",
    "pipe": "a | b",
    "pipe in code": "a `b | c` \\| d",
    "link": "x](https://evil.example",
    "link with spaces": "x](https://evil.example y)",
    "link with a space in its address": "go [here](//evil.example/login now) b",
    "image with a space in its address": "see ![i](//evil.example/x.png c) b",
    "words in brackets": "see [the dump](see step 2) now",
    "definition": "[a]: https://evil.example/]:",
    "image": "![i](x)",
    "footnote": "[^1]: x[^1]",
    "key": "key: value",
    "item": "- item",
    "item, plus": "+ item",
    "item, star": "* item",
    "comment": "# heading",
    "anchors and tags": "&a *a !!t",
    "option": "-x --help",
    "ordered": "1. one",
    "ordered, brace": "1) one",
    "quotation": "> quotation",
    "admonition": "!!! note",
    "heading": "===",
    "rule": "---",
    "fence, tildes": "~~~",
    "fence": "```",
    "table of contents": "[TOC]",
    "box": "[x] done",
    "snippet": '--8<-- "x"',
    "attributes": "{: .cls onclick=x}",
    "caption": "/// caption",
    "entities": "&lt;b&gt; &#60; &amp",
    "open comment": "<!--",
    "close comment": "-->",
    "less": "a < b",
    "math": "$x$ $$y$$",
    "math, brackets": r"\[x\] \(y\) \begin{z}",
    "emphasis": "a_b_c *d* ~~e~~ __f__ ~g~",
    "backslash": "ends with \\",
    "backslashes": r"a \* \_ \# \n \\ b",
    "hash": "ends with #",
    "here-document": "END_OF_USAGE",
    "right to left": "a \u202e b",
    "right-to-left mark": "a\u200fb",
    "NUL": "a\0b",
    "escape": "a\x1b[31mb",
    "no width": "a\u200bb",
    "half a surrogate": "a\ud800b",
    "emoji": "done \U0001f600 é 日本",
    "megabyte": "m" * 2**20,
}
HARMLESS = "zqz"
DOCUMENT = "rollback-procedures.md"
# A heading without a number, a letter or a digit has no name; a link to it leads to the top.
NAMELESS = {""}


# --- Content as text, with any value replaced, and where each value stands.

Path_ = tuple[str | int, ...]
Place_ = tuple[int, int]


def quoted(text: str) -> str:
    """A double-quoted YAML scalar that holds exactly `text`."""
    shown = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in shown)


def dump(node: Node, change: Callable[[Path_, Scalar], str]) -> tuple[str, dict[Path_, Place_]]:
    """YAML of `node` and (line, column) of every value and, under `(..., key, None)`, every key.

    `change` answers a value's text; plain numbers and flags stay plain.
    """
    lines = [""]
    places: dict[Path_, Place_] = {}

    def at(path: Path_) -> None:
        places[path] = (len(lines), len(lines[-1]) + 1)

    def write(node: Node, path: Path_) -> None:
        at(path)
        if isinstance(node, Scalar):
            new = change(path, node)
            as_it_is = new == node and node.plain and re.fullmatch(r"true|false|[0-9.]+", node)
            lines[-1] += node if as_it_is else quoted(new)
            return
        opening, closing = "{}" if isinstance(node, Mapping) else "[]"
        lines[-1] += opening
        for step in node if isinstance(node, Mapping) else range(len(node)):
            lines.append("  ")
            if isinstance(node, Mapping):
                at((*path, step, None))
                lines[-1] += quoted(change((*path, step, None), step)) + ": "
            write(node[step], (*path, step))
            lines[-1] += ","
        lines.append(closing)

    write(node, ())
    return "\n".join(lines) + "\n", places


@cache
def service(folder: Path) -> tuple[Document, ...]:
    documents, problems = read_service(folder)
    assert not problems
    return tuple(documents)


def is_text(path: Path_, value: Scalar) -> bool:
    """Whether it is a text, not the name of a key, and not a number or a flag."""
    return path[-1:] != (None,) and not (value.plain and re.fullmatch(r"true|false|[0-9.]+", value))


def texts(document: Document) -> list[Path_]:
    found = []
    dump(
        document.data,
        lambda path, value: found.append(path) if is_text(path, value) else None or value,
    )
    return found


Spot = tuple[str, Path_]


def loaded(folder: Path, values: dict[Spot, str]) -> tuple[load.Loaded, dict[Spot, Place_]]:
    """The service with `values` in place of what its files say at those spots."""
    documents, problems, places = [], [], {}
    for document in service(folder):
        name = document.file.path
        text, found = dump(document.data, lambda path, value: values.get((name, path), value))
        places |= {(name, path): place for path, place in found.items()}
        node, wrong = parse(text, name)
        problems += wrong
        if node is not None:
            documents.append(
                Document(document.kind, document.stem, node.file, node, document.attached)
            )
    with mock.patch.object(load, "read_service", lambda _: (documents, problems)):
        return load.load(folder), places


# --- What a reader of the outputs gets to see.


@dataclass
class Shape(HTMLParser):
    """The elements of a page in order, and its text. Code may stand wherever text does."""

    html: str
    elements: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    jumps: set[str] = field(default_factory=set)
    to_document: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.block = False
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if "id" in found:
            self.ids.add(found["id"])
        if tag == "pre":
            self.block = True
        if tag == "code" or (self.block and tag in ("span", "a")):
            return
        told = {
            k: v for k, v in found.items() if k not in ("id", "class", "style", "title", "disabled")
        }
        if told.get("href", "").startswith("#"):
            self.jumps.add(unquote(told.pop("href")[1:]))
        page, _, fragment = told.get("href", "").rpartition("#")
        if Path(page).name == DOCUMENT:
            told["href"] = page
            self.to_document.add(unquote(fragment))
        self.elements.append(f"<{tag} {told}>" if told else f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self.block = False
        if tag not in ("code", "input") and not (self.block and tag in ("span", "a")):
            self.elements.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        # One dialect may show code in it, which nobody sees.
        self.elements.append(f"<!--{re.sub('<[^>]*>|`', '', data)}-->")

    def handle_decl(self, decl: str) -> None:
        self.elements.append(f"<!{decl}>")

    unknown_decl = handle_pi = handle_decl

    @property
    def text(self) -> str:
        return folded("".join(self.words))


def folded(text: str) -> str:
    """Text without what the outputs may add or take: white space, quotes, upper case, stamps."""
    text = re.sub(r"(Stamp:\s*)[0-9a-f]{12}", r"\1", text)
    return re.sub(r"[\s`'\"]+", "", text).casefold()


_GITHUB = (
    MarkdownIt("commonmark", {"html": True})
    .enable(["table", "strikethrough"])
    .use(tasklists_plugin)
    .use(gfm_autolink_plugin)
    .use(dollarmath_plugin)
)


@cache
def _site() -> markdown.Markdown:
    """Python-Markdown exactly as mkdocs.yml sets it up."""
    config = load_config(str(ROOT / "mkdocs.yml"))
    return markdown.Markdown(
        extensions=config["markdown_extensions"], extension_configs=config["mdx_configs"]
    )


@cache
def on_github(text: str) -> Shape:
    return Shape(_GITHUB.render(text))


@cache
def on_site(text: str) -> Shape:
    return Shape(_site().reset().convert(text))


@cache
def on_plain_site(text: str) -> Shape:
    """Without the extensions that only help: content must not depend on them."""
    return Shape(
        markdown.markdown(text, extensions=["tables", "sane_lists", "pymdownx.superfences"])
    )


@dataclass(frozen=True)
class Attack:
    """One hostile string in every text that takes it, and the same with a harmless one."""

    taken: frozenset[Spot]
    files: list[OutFile]
    harmless: list[OutFile]


@cache
def attack(folder: Path, values: tuple[str, ...], harmless: str = HARMLESS) -> Attack:
    """Put `values` in turn into every text; what refuses them must say so at the right place."""
    spots = [(d.file.path, path) for d in service(folder) for path in texts(d)]
    hostile = {spot: values[i % len(values)] for i, spot in enumerate(spots)}
    while True:
        found, places = loaded(folder, hostile)
        errors = [p for p in found.problems if p.severity == "error"]
        if not errors:
            calm, places = loaded(folder, dict.fromkeys(hostile, harmless))
            # A name of capitals, say, for which the harmless word is none.
            errors = [p for p in calm.problems if p.severity == "error"]
        if not errors:
            break
        refused = {spot for p in errors for spot in hostile if says_where(p, spot, places)}
        astray = [p for p in errors if not any(says_where(p, spot, places) for spot in hostile)]
        assert refused and not astray, astray[:3]
        hostile = {spot: value for spot, value in hostile.items() if spot not in refused}
    return Attack(frozenset(hostile), render_all(found.handbook), render_all(calm.handbook))


def says_where(problem: Problem, spot: Spot, places: dict[Spot, Place_]) -> bool:
    """Whether `problem` points at `spot`; a parser may point at the very character."""
    line, column = places[spot]
    place = problem.place
    if (place.file, place.line) != (spot[0], line):
        return False
    return place.column == column or ("not valid YAML" in problem.message and place.column > column)


# --- The tests.


def some(paths: list[Path_], name: str) -> list[Path_]:
    """A share of the places, another for each string: `attack` goes to all of them at once."""
    share = 16 if name == "megabyte" else 3
    return paths[list(HOSTILE).index(name) % share :: share]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_takes_it_or_refuses_it_at_its_place(name: str) -> None:
    for document in service(FULL):
        for path in some(texts(document), name):
            spot = (document.file.path, path)
            text, found = dump(
                document.data, lambda p, value: HOSTILE[name] if p == path else value
            )
            node, problems = parse(text, spot[0])
            if not problems:
                problems = schema.validate(Document(document.kind, document.stem, node.file, node))
            for problem in problems:
                assert says_where(problem, spot, {spot: found[path]}), problem


@pytest.mark.parametrize("name", HOSTILE)
def test_no_key_takes_it(name: str) -> None:
    """Keys are ids, or words that a schema lists."""
    for document in service(FULL):
        keys: list[Path_] = []
        dump(
            document.data,
            lambda path, value: keys.append(path) if path[-1:] == (None,) else None or value,
        )
        for path in some(keys, name):
            if "environment" in path and name == "here-document":
                continue  # it is the name of a variable like any other
            text, found = dump(
                document.data, lambda p, value: HOSTILE[name] if p == path else value
            )
            node, problems = parse(text, document.file.path)
            if not problems:
                problems = schema.validate(Document(document.kind, document.stem, node.file, node))
            assert any(p.place.line == found[path][0] for p in problems), (path, problems)


@pytest.mark.parametrize("name", [n for n in HOSTILE if n != "megabyte"])
def test_markdown_shows_it_and_does_not_obey_it(name: str) -> None:
    found = attack(FULL, (HOSTILE[name],))
    (document,) = (formatted(f.text) for f in found.files if f.path == DOCUMENT)
    for file, calm in zip(found.files, found.harmless, strict=True):
        if file.markdown:
            jumps = on_site(formatted(file.text)).to_document
            assert jumps - NAMELESS <= on_site(document).ids, file.path
            own = ((), ())
            if file.path == "thresholds.md":
                own = promql(found.files), promql(found.harmless)
            compare(file, calm, lambda text: text.replace(HARMLESS, folded(HOSTILE[name])), *own)


formatted = cache(formatted)


def promql(files: Iterable[OutFile]) -> list[str]:
    """The rules that Prometheus loads, as `folded` as a page's text, the longest first.

    In them a text is escaped by their own language; what they mean is tested in tests/alerts.
    """
    (text,) = (f.text for f in files if f.path == "alerts/prometheus-rules.yml")
    (group,) = yaml.safe_load(text)["groups"]
    found = {
        folded(r["expr"]) for r in group["rules"] if not r.get("alert", "").endswith("Missing")
    }
    return sorted(found, key=len, reverse=True)


def without(text: str, rules: Iterable[str]) -> str:
    """The text without these rules, each of which stands in it to the letter."""
    for rule in rules:
        assert rule in text, rule
        text = text.replace(rule, "")
    return text


def compare(
    file: OutFile,
    calm: OutFile,
    expected: Callable[[str], str],
    rules: Iterable[str] = (),
    calm_rules: Iterable[str] = (),
) -> None:
    text = formatted(file.text)
    assert formatted(text) == text, "mdformat would change it again"
    for show in (on_github, on_site, on_plain_site):
        page, model = show(text), show(formatted(calm.text))
        assert page.elements == model.elements, (file.path, show.__name__)
        shown = without(page.text, rules)
        assert shown == expected(without(model.text, calm_rules)), (file.path, show.__name__)
        # The decision aid has two scripts of its own, and as many as without an attack.
        strange = [e for e in page.elements if re.match(r"<(script|img|style|iframe)", e)]
        assert len(strange) == (2 if file.path == "decide.md" else 0), strange
        if show is on_site:
            assert page.jumps - NAMELESS <= page.ids, page.jumps - page.ids


@pytest.mark.parametrize("turn", range(3))
def test_markdown_keeps_every_text_at_its_place(turn: int) -> None:
    """Every text another: what stands where cannot be mixed up."""
    values = [v for n, v in HOSTILE.items() if n != "megabyte" and "\n" not in v]
    values = [f"{v} {i}x" for i, v in enumerate(values)]
    found = attack(PARTPULSE, tuple(values[turn * 5 :] + values[: turn * 5]))
    assert len(found.taken) > 250
    for file in found.files:
        if file.markdown:
            text = formatted(file.text)
            github, site = on_github(text), on_site(text)
            assert github.text == site.text.replace("¶", "")
            assert github.elements and parity(github) == parity(site)


def parity(shape: Shape) -> list[str]:
    """What a page must have on GitHub and on the site alike."""
    kept = re.compile(r"</?(h[1-6]|ul|ol|li|pre|table|tr|t[hd]|blockquote|strong|em|input)\b")
    return [kept.match(e).group() for e in shape.elements if kept.match(e)]


@pytest.mark.parametrize("folder", [FULL, PARTPULSE], ids=lambda f: f.name)
def test_github_and_site_show_the_same(folder: Path) -> None:
    for file in render_all(load.load(folder).handbook):
        if file.markdown:
            github, site = on_github(file.text), on_site(file.text)
            assert parity(github) == parity(site), file.path
            assert github.text == site.text.replace("¶", "")


def test_a_reference_in_any_text_is_resolved_or_refused() -> None:
    """No reader ever sees a reference as it was written, and nothing breaks over one."""
    found = attack(FULL, ("see [[section:steps]] and [[fact:address]] and [[channel:public]]",))
    assert len(found.taken) > 60
    for file in found.files:
        if file.markdown:
            text = re.sub(r"```.*?```", "", formatted(file.text), flags=re.DOTALL)
            assert "[[" not in on_github(text).text, file.path


# --- Scripts.


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every script under every attack."""
    folder = tmp_path_factory.mktemp("scripts")
    found = []
    for number, name in enumerate(n for n in HOSTILE if n != "megabyte"):
        for file in attack(FULL, (HOSTILE[name],)).files:
            if file.path.endswith(".sh"):
                found.append(folder / f"{number}-{Path(file.path).name}")
                found[-1].write_text(file.text)
    assert len(found) >= len(HOSTILE) - 1
    return found


def test_shellcheck_finds_nothing_in_a_script(tmp_path: Path) -> None:
    """Every text another, in several turns, for it is slow.

    Nothing but a parameter that no word uses once the attack has replaced its hole, and
    what shellcheck only takes for a comparison (`x====`) or for the end of the here-document."""
    values = [v for n, v in HOSTILE.items() if n != "megabyte"]
    scripts = []
    for turn in range(6):
        found = attack(FULL, tuple(values[turn * 9 :] + values[: turn * 9]))
        for file in (f for f in found.files if f.executable):
            scripts.append(tmp_path / f"{turn}-{Path(file.path).name}")
            scripts[-1].write_text(file.text)
    half = len(scripts) // 2
    runs = [
        subprocess.Popen(
            [
                SHELLCHECK,
                "--shell=sh",
                "--severity=warning",
                "--exclude=SC2034,SC2154,SC2272,SC2284,SC2063,SC1122,SC1039",
                *part,
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        for part in (scripts[:half], scripts[half:])
    ]
    for run in runs:
        said, _ = run.communicate()
        assert run.returncode == 0, said[:3000]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with two commits, and the remote it came from."""
    folder = tmp_path_factory.mktemp("git")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C"]
    for words in (
        ["init", "--quiet", "--bare", "--initial-branch=main", folder / "remote.git"],
        ["clone", "--quiet", folder / "remote.git", folder / "clone"],
    ):
        subprocess.run([*git, folder, *words], check=True, stderr=subprocess.DEVNULL)
    for words in (
        ["commit", "--quiet", "--allow-empty", "--message=x"],
        ["commit", "--quiet", "--allow-empty", "--message=y"],
        ["push", "--quiet", "origin", "HEAD:refs/heads/main"],
    ):
        subprocess.run([*git, folder / "clone", *words], check=True)
    return folder / "clone"


def test_a_script_never_runs_a_text(scripts: list[Path], clone: Path, tmp_path: Path) -> None:
    commit = subprocess.check_output(["git", "-C", clone, "rev-parse", "HEAD^"], text=True).strip()
    before = tree(clone)
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "ROLLBOOK_LOG_DIR": str(tmp_path / "log"),
    }
    for script in scripts:
        subprocess.run(["sh", "-n", script], check=True)
        for words in (["--help"], ["--dry-run", "--yes", commit, "1.0.0", "https://x.example.org"]):
            run = subprocess.run(
                ["sh", script, *words],
                cwd=clone,
                env=env,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=60,
            )
            # A dry run of a checklist looks, and nothing answers here.
            looked = (7,) if words[0] == "--dry-run" else ()
            assert run.returncode in (0, 2, 3, *looked), run.stderr.decode()
            assert b"not found" not in run.stderr and b"yntax error" not in run.stderr, run.stderr
            if words == ["--help"]:
                assert run.returncode == 0 and b"Exit codes:" in run.stdout
    assert tree(clone) == before
    assert not list(tmp_path.rglob("pwned"))


def tree(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*"))
