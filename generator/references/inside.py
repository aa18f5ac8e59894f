"""Do the links of the outputs lead somewhere: to a file that is made, to a heading in it.

All in memory, before anything is written. `Outputs.why_not` answers for any link such as
"document.md#anchor", also for one that stands in YAML.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

from generator.markdown import slug
from generator.outputs import OutFile
from generator.problems import Place, Problem, nearest, quoted

_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_LINK = re.compile(r"(?<!\\)\]\(([^()\s]*)\)")
_HEADING = re.compile(r"#{1,6} +(.*?)(?: +#+)?$")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_RUNBOOK = re.compile(r"""^\s*(?:- )?runbook_url:\s*["']?([^\s"']+)""")


class Outputs:
    """The outputs of one service and the page that leads to them, by path."""

    def __init__(self, files: Iterable[OutFile]) -> None:
        self._files = {f.path: f for f in files}
        self._anchors: dict[str, Mapping[str, int]] = {}

    def why_not(self, link: str, base: str = "") -> str | None:
        """Why a relative link in the output `base` leads nowhere; None when it does, or leaves."""
        path, _, anchor = link.partition("#")
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", link):
            return None
        path = unquote(path)
        if path.startswith("/"):
            return "begins with /: it leads elsewhere on GitHub and on a disk"
        to = posixpath.normpath(posixpath.join(posixpath.dirname(base), path)) if path else base
        if to not in self._files:
            near = nearest(to, self._files)
            return f"leads to no output{f'; did you mean {quoted(near)}?' if near else ''}"
        if not anchor:
            return None
        count = self.anchors(to).get(unquote(anchor), 0)
        if count > 1:
            return f"is not clear: {count} headings of {to} have this anchor"
        if not count:
            near = nearest(anchor, self.anchors(to))
            return f"leads to no heading of {to}{f'; did you mean {quoted(near)}?' if near else ''}"
        return None

    def anchors(self, path: str) -> Mapping[str, int]:
        """The anchors of a Markdown output, and how many headings have each."""
        if path not in self._anchors:
            found: dict[str, int] = {}
            file = self._files[path]
            for _, line in _lines(file.text) if path.endswith(".md") else ():
                if heading := _HEADING.fullmatch(line):
                    name = slug(_words(heading.group(1)))
                    found[name] = found.get(name, 0) + 1
            self._anchors[path] = found
        return self._anchors[path]

    def dead(self) -> Iterator[tuple[str, int, int, str, str]]:
        """(output, line, column, link, why not) for each link that leads nowhere."""
        for path, file in self._files.items():
            for line, column, link in links(file):
                if reason := self.why_not(link, path):
                    yield path, line, column, link, reason


def links(file: OutFile) -> Iterator[tuple[int, int, str]]:
    """(line, column, link) of each link of a Markdown output, and of each runbook_url in YAML."""
    if file.path.endswith(".md"):
        for number, line in _lines(file.text) if "](" in file.text else ():
            if "](" in line:
                bare = _CODE.sub(lambda m: "x" * len(m.group()), line) if "`" in line else line
                for found in _LINK.finditer(bare):
                    yield number, found.start(1) + 1, found.group(1)
    elif file.path.endswith((".yml", ".yaml")):
        for number, line in enumerate(file.text.split("\n"), 1):
            if found := _RUNBOOK.match(line):
                yield number, found.start(1) + 1, found.group(1)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that stand outside of code blocks."""
    closing = ""
    for number, line in enumerate(text.split("\n"), 1):
        fence = _FENCE.match(line)
        if closing:
            if fence and line.strip() == closing:
                closing = ""
        elif fence:
            closing = fence.group(1)
        else:
            yield number, line


def _words(heading: str) -> str:
    """The text of a heading as people read it."""
    pieces = []
    at = 0
    for code in _CODE.finditer(heading):
        pieces += [_ESCAPED.sub(r"\1", heading[at : code.start()]), code.group(2)]
        at = code.end()
    return "".join([*pieces, _ESCAPED.sub(r"\1", heading[at:])])


def problems(folder: str, files: Iterable[OutFile]) -> list[Problem]:
    """A problem for every dead link; `folder` is where people find the outputs.

    The author's references were looked up before, so what is dead here are two headings of
    one name, or a fault of Rollbook's own.
    """
    return [
        Problem(
            Place(f"{folder}/{path}", line, column),
            f"the link {quoted(link, 300)} {reason}",
            "give each section a title of its own; if no title stands twice, "
            "this is a fault of Rollbook's own: report it",
        )
        for path, line, column, link, reason in Outputs(files).dead()
    ]
