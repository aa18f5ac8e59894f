"""How each kind of name is looked up in a checkout. RESOLVERS is the one table of kinds.

To add a kind or another stack, write a function from a checkout and a name to an Answer
and put it there; where nothing can be decided it says so, and never "found".
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from generator.references import nextjs
from generator.references.checkout import Checkout, object_at
from generator.references.named import Named
from generator.references.versions import pinned, why_unknown
from generator.references.words import ENDINGS


@dataclass(frozen=True)
class Answer:
    """`state` is found, dead or open (cannot be decided). `known` are names of its kind."""

    state: str
    words: str
    known: tuple[str, ...] = ()


FOUND = Answer("found", "")


def _path(at: Checkout, one: Named) -> Answer:
    reason = at.why_not(posixpath.join(one.folder, one.name.lstrip("/")))
    return Answer("dead", reason, (*at.files, *sorted(at.folders))) if reason else FOUND


def _line(at: Checkout, one: Named) -> Answer:
    """FILE:LINE or FILE:FIRST-LAST, in a file that has so many lines."""
    name, _, lines = one.name.rpartition(":")
    path = _path(at, replace(one, name=name))
    if path.state != "found":
        return path
    text = at.text(name)
    if text is None:
        return Answer("open", "no text of at most 1 MiB")
    count = len(text.splitlines())
    if int(lines.rpartition("-")[2]) <= count:
        return FOUND
    return Answer("dead", f"is behind the end of the file, which has {count} lines")


def _file(at: Checkout, one: Named) -> Answer:
    """A file that a text speaks of: whole, or the end of its path."""
    name = one.name.removeprefix("./").strip("/")
    if at.has(name) or any(f == name or f.endswith(f"/{name}") for f in at.files):
        return FOUND
    if any(f.endswith(f"/{name}") for f in at.folders):
        return FOUND
    if not at.whole:
        return Answer("open", "the repository has more files than are looked through")
    names = at.files if "/" in name else tuple(sorted({f.rsplit("/", 1)[-1] for f in at.files}))
    return Answer("dead", "is nowhere in the repository", names)


def _script(at: Checkout, one: Named) -> Answer:
    package = at.package(one.folder)
    if package is None:
        return Answer("dead", "is a script of package.json, and there is none")
    scripts = object_at(package, "scripts")
    if one.name in scripts:
        return FOUND
    return Answer("dead", "is no script of package.json", tuple(scripts))


def _dependencies(package: dict) -> tuple[str, ...]:
    kinds = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
    return tuple(name for kind in kinds for name in object_at(package, kind))


def _package(at: Checkout, one: Named) -> Answer:
    """A package, or a command that one of them installs as the lock file says."""
    package = at.package(one.folder)
    if package is None:
        return Answer("dead", "is a package of package.json, and there is none")
    known = _dependencies(package)
    if one.name in known:
        return FOUND
    lock = at.text(posixpath.join(one.folder, "package-lock.json")) or ""
    bins = re.findall(r'"bin":\s*\{([^{}]*)\}', lock)
    if any(f'"{one.name}":' in found.replace('" :', '":') for found in bins):
        return FOUND
    return Answer("dead", "is no dependency in package.json", known)


def _command(at: Checkout, one: Named) -> Answer:
    """`yarn NAME`: a script, else a package's command."""
    script = _script(at, one)
    return script if script.state == "found" else _either(script, _package(at, one))


def _either(script: Answer, package: Answer) -> Answer:
    if package.state == "found":
        return package
    return Answer("dead", "is neither script nor dependency in package.json", script.known)


_TARGET = re.compile(r"^([^\s#:=][^:=#]*?)\s*::?(?![:=])", re.MULTILINE)
_MORE_TARGETS = re.compile(
    r"^\s*-?include\s|^[^\s#:=]*%[^:=]*:|^[^\n#:=]*\$[^\n:=]*:", re.MULTILINE
)


def _target(at: Checkout, one: Named) -> Answer:
    names = (one.of,) if one.of else ("GNUmakefile", "makefile", "Makefile")
    paths = [posixpath.join(one.folder, n) for n in names]
    text = next((t for p in paths if (t := at.text(p)) is not None), None)
    if text is None:
        return Answer("dead", f"is a target of {paths[-1]}, which is not there")
    known = [t for m in _TARGET.finditer(text) for t in m.group(1).split()]
    if one.name in known:
        return FOUND
    if _MORE_TARGETS.search(text):
        return Answer("open", f"{paths[-1]} makes targets that only make knows")
    plain = tuple(t for t in known if not t.startswith("."))
    return Answer("dead", f"is no target of {paths[-1]}", plain)


def _module(at: Checkout, one: Named) -> Answer:
    path = one.name.replace(".", "/")
    for start in ("", "src/"):
        if any(at.has(f"{start}{path}{end}") for end in (".py", "/__init__.py", "/__main__.py")):
            return FOUND
    return Answer("open", "it may be an installed program")


def _compose_file(at: Checkout, one: Named) -> Answer:
    names = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
    if any(at.has(posixpath.join(one.folder, n)) for n in names):
        return FOUND
    return Answer("dead", "or another file that docker compose takes by itself is not there")


# Rules of frameworks: from a checkout, a route and a method to an answer, None where the repository is another's.
ROUTERS = (nextjs.answer,)


def _route(at: Checkout, one: Named) -> Answer:
    if one.of:
        text = at.text(one.of)
        if text is None:
            return Answer("dead", f"is declared in {one.of}, which is not there", at.files)
        last = re.escape(one.name.rstrip("/").rsplit("/", 1)[-1]) or "/"
        if re.search(rf"(?<![A-Za-z0-9]){last}(?![A-Za-z0-9])", text):
            return FOUND
        return Answer("dead", f"is not declared in {one.of}")
    if not one.sure and at.has(one.name):
        return FOUND
    for router in ROUTERS:
        if (found := router(at, one.name, one.method)) is not None:
            return Answer(*found)
    return Answer(
        "open", "no rule tells how this repository declares routes; name the file in 'references'"
    )


# How programs of several languages read a variable, and how files declare one.
_READS = re.compile(
    r"(?:environ(?:\.get)?|[Gg]etenv|LookupEnv|process\.env|import\.meta\.env|\bENV|\benv|\bvar)"
    r"(?:\.fetch)?[.(\[:\s\"']{1,4}([A-Z][A-Z0-9_]*)"
)
_DECLARES = re.compile(r"^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=", re.MULTILINE)
_SHELL = re.compile(r"\$\{?([A-Z][A-Z0-9_]*)")
_EXAMPLE = re.compile(
    r"\.env\.|(?:^|[./-])(?:example|sample|template)[.-]?env$|env\.(?:example|sample|template)$"
)


def _variable(at: Checkout, one: Named) -> Answer:
    known: set[str] = set()
    for file in at.files:
        name = file.rsplit("/", 1)[-1]
        example = bool(_EXAMPLE.search(name))
        ending = name.rsplit(".", 1)[-1]
        if not example and (ending not in ENDINGS or ending in ("md", "mdx", "lock")):
            continue
        text = at.text(file) or ""
        known.update(_READS.findall(text))
        if example:
            known.update(_DECLARES.findall(text))
        if ending in ("sh", "bash", "yaml", "yml"):
            known.update(_SHELL.findall(text))
    if one.name in known:
        return FOUND
    if not at.whole:
        return Answer("open", "the repository has more files than are looked through")
    return Answer("dead", "is in no .env.example, and no source reads it", tuple(sorted(known)))


def _option(at: Checkout, one: Named) -> Answer:
    """An option of a program, at the version of it that the repository pins."""
    found = pinned(at, one.of, one.folder)
    if found is None:
        return Answer("open", f"no lock file and no exact version says which {one.of} it is")
    version, file = found
    lacks = why_unknown(version, one.known.since, one.known.before)
    return (
        Answer("dead", f"is not known to {one.of} {version} ({file}), {lacks}") if lacks else FOUND
    )


def _open(at: Checkout, one: Named) -> Answer:
    return Answer("open", "what it names is known only when it is run")


@dataclass(frozen=True)
class Resolver:
    """`what` is the kind in words; `look` may raise OSError, or ValueError for a broken file."""

    what: str
    look: Callable[[Checkout, Named], Answer]


RESOLVERS: dict[str, Resolver] = {
    "path": Resolver("the path", _path),
    "line": Resolver("the line", _line),
    "option": Resolver("the option", _option),
    "file": Resolver("the file", _file),
    "npm-script": Resolver("the npm script", _script),
    "npm-package": Resolver("the npm package", _package),
    "npm-command": Resolver("the npm script or package", _command),
    "make-target": Resolver("the make target", _target),
    "python-module": Resolver("the Python module", _module),
    "compose-file": Resolver("the compose file", _compose_file),
    "route": Resolver("the route", _route),
    "variable": Resolver("the environment variable", _variable),
    "open": Resolver("the name", _open),
}


def answer(at: Checkout, one: Named) -> Answer:
    """The answer for one name; what the system or a broken file hides stays open."""
    try:
        found = RESOLVERS[one.kind].look(at, one)
    except OSError as error:
        return Answer("open", f"cannot be read: {error.strerror}")
    except ValueError as error:
        return Answer("open", str(error))
    if found.state == "dead" and not one.sure:
        return Answer("open", "it may name something else; if not, list it in 'references'")
    return found


def elsewhere(told: Iterable[str], name: str) -> str | None:
    """The key of `references.elsewhere` that covers a name."""
    for key in told:
        bare = key.rstrip("/")
        for own in (name, name.lstrip("/")):
            if own == bare or own.startswith((f"{bare}/", f"{bare}?", f"{bare}#")):
                return key
    return None
