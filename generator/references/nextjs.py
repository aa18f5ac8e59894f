"""Which file of a Next.js application answers a route: its names follow the framework's rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from generator.references.checkout import Checkout, object_at

_CONFIG = tuple(f"next.config.{ending}" for ending in ("js", "mjs", "cjs", "ts", "mts"))
_PAGE = re.compile(r"(?:src/)?pages/(.+)\.(?:tsx|ts|jsx|js)")
_APP = re.compile(r"(?:src/)?app/(?:(.+)/)?(?:page|route)\.(?:tsx|ts|jsx|js)")
_ELSE = re.compile(r"\b(rewrites|redirects|basePath|pageExtensions)\b")


def answer(at: Checkout, route: str, method: str) -> tuple[str, str, tuple[str, ...]] | None:
    """(state, words, known routes), or None where the repository is no Next.js application.

    `method` is '' where any will do. A file that answers every name below it proves none of them.
    """
    package = at.package() or {}
    used = [object_at(package, k) for k in ("dependencies", "devDependencies")]
    configs = [c for c in _CONFIG if at.has(c)]
    if not configs and not any("next" in d for d in used):
        return None
    if at.has(f"public{route}") and route.strip("/"):
        return "found", "", ()
    wanted = [part for part in route.split("/") if part]
    known = []
    fit = []
    for file, pattern in _routes(at.files):
        if _fits(wanted, pattern):
            fit.append((any("..." in part for part in pattern), file))
        if not any("[" in part for part in pattern):
            known.append("/" + "/".join(pattern))
    if fit:
        catches_all, file = min(fit)
        if catches_all:
            return "open", f"only {file} answers it, and that answers every name below it", ()
        has = _methods(at, file) if method else None
        if has is None or method in has or (method == "HEAD" and "GET" in has):
            return "found", f"answered by {file}", ()
        return "dead", f"is answered by {file} only for {', '.join(sorted(has)) or 'no method'}", ()
    for config in configs:
        if other := _ELSE.search(at.text(config) or ""):
            return "open", f"no file answers it, but {config} has '{other.group()}'", ()
    if not at.whole:
        return "open", "the repository has more files than are looked through", ()
    return "dead", "is answered by no file below app/ or pages/", tuple(known)


def _routes(files: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Every file that answers, with the parts of its route."""
    for file in files:
        if found := _PAGE.fullmatch(file):
            parts = found.group(1).split("/")
            if parts[-1] == "index":
                parts.pop()
            if parts and parts[0] in ("_app", "_document", "_error"):
                continue
            yield file, parts
        elif found := _APP.fullmatch(file):
            parts = (found.group(1) or "").split("/")
            if any(p.startswith(("_", "(.")) for p in parts):
                continue  # private, or shown in place of another route
            # A group in round brackets and a slot do not show in the route.
            yield file, [p for p in parts if p and not p.startswith(("(", "@"))]


_HANDLER = re.compile(r"(?:^|/)app/(?:.+/)?route\.(?:tsx|ts|jsx|js)")
_EXPORTED = re.compile(
    r"^\s*export\s+(?:(?:async\s+)?function\s*\*?\s*(\w+)|(?:const|let|var)\s+(\w+)"
    r"|(?:const|let|var)?\s*\{([^}]*)\})",
    re.MULTILINE,
)
_ALL_OF = re.compile(r"^\s*export\s*\*", re.MULTILINE)


def _methods(at: Checkout, file: str) -> set[str] | None:
    """The methods that a route handler exports; None for a page, and where that cannot be told."""
    text = at.text(file) if _HANDLER.search(file) else None
    if text is None or _ALL_OF.search(text):
        return None
    names = set()
    for function, constant, several in _EXPORTED.findall(text):
        # In `export {a as GET}` the last word counts, in `export const {GET: a}` too.
        names.update(
            [function, constant, *(p.split()[-1] for p in several.split(",") if p.strip())]
        )
    return {n for n in names if n.isupper() and n.isalpha()}


def _fits(wanted: Sequence[str], pattern: Sequence[str]) -> bool:
    for index, part in enumerate(pattern):
        if part.startswith("[[..."):
            return True
        if part.startswith("[..."):
            return len(wanted) > index
        if index >= len(wanted) or (part != wanted[index] and not part.startswith("[")):
            return False
    return len(wanted) == len(pattern)
