"""What the words of a command name in a repository. PROGRAMS is the one table of programs.

To teach another program, write a function from the words behind its name to what they
name, and put it into PROGRAMS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

# Stands in a word for what only a run knows.
UNKNOWN = "\x00"

ENVIRONMENT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_FILE = re.compile(r"(?:\.{1,2}/|/)?(?:[\w.@()\[\]+-]+/)*[\w.@()\[\]+-]+/?")
_PRODUCT = re.compile(r"[A-Z]\w*\.js")
# Files that people keep in repositories. What ends otherwise (example.com, app.log) is no file of one.
ENDINGS = frozenset(
    [
        "adoc",
        "bash",
        "bat",
        "cfg",
        "cjs",
        "clj",
        "conf",
        "cpp",
        "cs",
        "css",
        "csv",
        "cts",
        "dart",
        "ex",
        "example",
        "exs",
        "fs",
        "go",
        "gradle",
        "graphql",
        "hcl",
        "html",
        "ini",
        "j2",
        "java",
        "js",
        "json",
        "json5",
        "jsonc",
        "jsx",
        "kt",
        "kts",
        "less",
        "lock",
        "lua",
        "md",
        "mdx",
        "mjs",
        "mts",
        "php",
        "pl",
        "prisma",
        "properties",
        "proto",
        "ps1",
        "py",
        "rb",
        "rs",
        "rst",
        "sample",
        "scala",
        "scss",
        "sh",
        "sql",
        "svelte",
        "swift",
        "template",
        "tf",
        "tfvars",
        "tmpl",
        "toml",
        "ts",
        "tsx",
        "txt",
        "vue",
        "xml",
        "yaml",
        "yml",
        "zsh",
    ]
)
_NAMES = frozenset(
    (
        "Caddyfile",
        "Containerfile",
        "Dockerfile",
        "Gemfile",
        "Jenkinsfile",
        "Justfile",
        "Makefile",
        "Procfile",
        "Rakefile",
        "Taskfile",
        "Vagrantfile",
    )
)


@dataclass(frozen=True)
class Seen:
    """`word` is the whole word in which the name stands, where it is longer than the name.

    `method` is that by which a route is asked; '' where any will do.
    """

    kind: str
    name: str
    folder: str = ""
    of: str = ""
    sure: bool = True
    word: str = ""
    method: str = "GET"


def looks_like_file(word: str) -> str:
    """'sure' for the name of a file, 'perhaps' where it may be something else, else ''."""
    if not _FILE.fullmatch(word) or word.startswith(("//", "@", "-")) or not word.strip("./"):
        return ""
    last = word.rstrip("/").rsplit("/", 1)[-1]
    if last in _NAMES:
        return "sure"
    if "." in last and last.rsplit(".", 1)[-1].lower() in ENDINGS:
        return "perhaps" if _PRODUCT.fullmatch(word) else "sure"
    return "perhaps" if "/" in word.strip("/") and "." not in word.split("/", 1)[0][1:] else ""


def in_command(words: Sequence[str]) -> Iterator[Seen]:
    """What one command names: by the rules of its program, then whatever is a path."""
    if not words:
        return
    program, *rest = words
    seen: set[tuple[str, str]] = set()
    # A word such as origin/main is a path for few programs.
    guess = program.rsplit("/", 1)[-1] not in _OTHER_NAMES
    name = program.rsplit("/", 1)[-1]
    for one in (*PROGRAMS.get(name, _nothing)(rest), *_paths(words, guess)):
        if UNKNOWN in one.name:
            one = Seen("open", one.name, word=one.word)
        if (
            one.name
            and (one.kind, one.name) not in seen
            and (one.kind, f"./{one.name}") not in seen
        ):
            seen.add((one.kind, one.name))
            yield one


def options_of(words: Sequence[str], program: str) -> Iterator[str]:
    """The options that a command gives to a program, or to one that it starts."""
    names = [w.rsplit("/", 1)[-1] for w in words]
    if program in names:
        for word in words[names.index(program) + 1 :]:
            if word.startswith("-"):
                yield word.partition("=")[0]


_OTHER_NAMES = frozenset(("docker", "gh", "git", "helm", "kubectl", "npx", "podman", "ssh"))


def _paths(words: Sequence[str], guess: bool) -> Iterator[Seen]:
    for index, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith("-") else word
        if value.startswith(("/", "~")):
            continue  # of the machine, not of the repository
        looks = looks_like_file(value.replace(UNKNOWN, "x"))
        sure = looks == "sure" or (index == 0 and "/" in value and looks)
        if sure or (looks and guess):
            yield Seen("path", value, sure=bool(sure), word=word)


def _nothing(words: Sequence[str]) -> Iterator[Seen]:
    return iter(())


def _plain(words: Sequence[str]) -> list[str]:
    return [w for w in words if not w.startswith("-")]


def _option(words: Sequence[str], *names: str) -> tuple[str, list[str]]:
    """The value of the first of these options, and the words without them and their values."""
    value, rest, skip = "", [], False
    for index, word in enumerate(words):
        name, _, given = word.partition("=")
        if skip:
            skip = False
        elif name in names:
            if not given:
                given, skip = (words[index + 1] if index + 1 < len(words) else ""), True
            value = value or given
        else:
            rest.append(word)
    return value, rest


def _interpreter(words: Sequence[str]) -> Iterator[Seen]:
    """`sh scripts/x.sh`, `python manage.py migrate`, `python -m package`."""
    if "-c" in words or "-e" in words:
        return
    module, _ = _option(words, "-m")
    if module:
        yield Seen("python-module", module, sure=False)
        return
    plain = _plain(words)
    file = next((w for w in plain if looks_like_file(w.replace(UNKNOWN, "x"))), None)
    if file is not None and not file.startswith(("/", "~")):
        yield Seen("path", file)
    elif file is None and plain:
        yield Seen("path", plain[0], sure=False)


_LIFECYCLE = frozenset(("restart", "start", "stop", "test"))
_BUILT_IN = frozenset(
    [
        "add",
        "audit",
        "bin",
        "cache",
        "ci",
        "config",
        "create",
        "dedupe",
        "dlx",
        "exec",
        "global",
        "help",
        "import",
        "info",
        "init",
        "install",
        "licenses",
        "link",
        "list",
        "ls",
        "node",
        "outdated",
        "owner",
        "pack",
        "patch",
        "prune",
        "publish",
        "rebuild",
        "remove",
        "run",
        "run-script",
        "set",
        "store",
        "unlink",
        "unplug",
        "up",
        "update",
        "upgrade",
        "version",
        "versions",
        "view",
        "why",
        "workspace",
        "workspaces",
        "x",
    ]
)


def _packages(words: Sequence[str]) -> Iterator[Seen]:
    """npm, yarn, pnpm and bun, as far as they run what package.json names."""
    folder, rest = _option(words, "--prefix", "-C", "--cwd", "--dir")
    workspace, rest = _option(rest, "-w", "--workspace", "-F", "--filter")
    command, *more = _plain(rest) or [""]
    kind, name = "", ""
    if command in ("run", "run-script"):
        kind, name = "npm-script", next(iter(more), "")
    elif command in _LIFECYCLE:
        kind, name = "npm-script", command
    elif command in ("exec", "x"):
        kind, name = "npm-package", next(iter(more), "")
    elif command and command not in _BUILT_IN:
        kind, name = "npm-command", command
    if name:
        yield Seen("open" if workspace else kind, name, folder)


def _npx(words: Sequence[str]) -> Iterator[Seen]:
    """The package that is run; a path or an address is none."""
    package, rest = _option(words, "-p", "--package")
    name = package or next(iter(_plain(rest)), "")
    version = name.rfind("@")
    if name and not name.startswith((".", "/")) and "://" not in name:
        yield Seen("npm-package", name[:version] if version > 0 else name, word=name)


def _make(words: Sequence[str]) -> Iterator[Seen]:
    folder, rest = _option(words, "-C", "--directory")
    file, rest = _option(rest, "-f", "--file", "--makefile")
    _, rest = _option(rest, "-j", "-l", "-o", "-W", "-I")
    for word in _plain(rest):
        if "=" not in word:
            yield Seen("make-target", word, folder, file)


def _compose(words: Sequence[str]) -> Iterator[Seen]:
    """`docker compose`: the files that it is told, or the one that it takes by itself."""
    if words[:1] != ["compose"]:
        return
    file, rest = _option(words[1:], "-f", "--file")
    while file:
        yield Seen("path", file)
        file, rest = _option(rest, "-f", "--file") if file in rest else ("", rest)
    if "-f" not in words and not any(w.startswith("--file") for w in words):
        folder, _ = _option(rest, "--project-directory")
        yield Seen("compose-file", "compose.yaml", folder, word="compose")


PROGRAMS: dict[str, Callable[[Sequence[str]], Iterator[Seen]]] = {
    **dict.fromkeys(("sh", "bash", "dash", "zsh", "source", "."), _interpreter),
    **dict.fromkeys(("python", "python3", "node", "ruby", "php", "perl", "tsx"), _interpreter),
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun"), _packages),
    **dict.fromkeys(("npx", "bunx"), _npx),
    **dict.fromkeys(("make", "gmake"), _make),
    "docker": _compose,
    "docker-compose": lambda words: _compose(["compose", *words]),
}
