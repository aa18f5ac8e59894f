"""Which file of a Next.js application answers a route: its names follow the framework's rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from generator.references.checkout import Checkout

_CONFIG = tuple(f"next.config.{ending}" for ending in ("js", "mjs", "cjs", "ts", "mts"))
_PAGE = re.compile(r"(?:src/)?pages/(.+)\.(?:tsx|ts|jsx|js)")
_APP = re.compile(r"(?:src/)?app/(?:(.+)/)?(?:page|route)\.(?:tsx|ts|jsx|js)")
_ELSE = re.compile(r"\b(rewrites|redirects|basePath|pageExtensions)\b")


def answer(at: Checkout, route: str) -> tuple[str, str, tuple[str, ...]] | None:
    """(state, words, known routes), or None where the repository is no Next.js application."""
    package = at.package() or {}
    used = [package.get(k) for k in ("dependencies", "devDependencies")]
    configs = [c for c in _CONFIG if at.has(c)]
    if not configs and not any(isinstance(d, dict) and "next" in d for d in used):
        return None
    if at.has(f"public{route}") and route.strip("/"):
        return "found", "", ()
    wanted = [part for part in route.split("/") if part]
    known = []
    for file, pattern in _routes(at.files):
        if _fits(wanted, pattern):
            return "found", f"answered by {file}", ()
        if not any("[" in part for part in pattern):
            known.append("/" + "/".join(pattern))
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


def _fits(wanted: Sequence[str], pattern: Sequence[str]) -> bool:
    for index, part in enumerate(pattern):
        if part.startswith("[[..."):
            return True
        if part.startswith("[..."):
            return len(wanted) > index
        if index >= len(wanted) or (part != wanted[index] and not part.startswith("[")):
            return False
    return len(wanted) == len(pattern)
