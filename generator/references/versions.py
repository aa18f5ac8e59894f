"""Which version of a program a checkout pins, and whether that version knows an option."""

from __future__ import annotations

import posixpath
import re

from generator.references.checkout import Checkout, object_at

_NUMBER = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-+].*)?")


def number(text: str) -> tuple[int, int, int] | None:
    """'5.22.0' as numbers; None for a range and for what is no version."""
    found = _NUMBER.fullmatch(text.strip())
    return (int(found[1]), int(found[2] or 0), int(found[3] or 0)) if found else None


def pinned(at: Checkout, program: str, folder: str = "") -> tuple[str, str] | None:
    """The version of a program that installs as `program`, and the file that says so.

    Lock files first, then an exact version in package.json or a requirements file; a range pins
    nothing. Raises ValueError, which names the file, for one that is not JSON.
    """
    lock = posixpath.join(folder, "package-lock.json")
    installed = object_at(at.json(lock) or {}, "packages")
    stated = [(object_at(installed, f"node_modules/{program}").get("version"), lock)]
    package = at.package(folder) or {}
    for kind in ("dependencies", "devDependencies"):
        stated.append(
            (object_at(package, kind).get(program), posixpath.join(folder, "package.json"))
        )
    for version, file in stated:
        if isinstance(version, str) and number(version):
            return version, file
    wanted = re.compile(rf"(?im)^{re.escape(program)}(?:\[[^\]]*\])?\s*==\s*([^\s;#\\]+)")
    for name in at.files:
        if re.fullmatch(r"(?:.*/)?requirements[\w./-]*\.txt", name):
            match = wanted.search(at.text(name) or "")
            if match and number(match[1]):
                return match[1], name
    return None


def why_unknown(version: str, since: str | None, before: str | None) -> str:
    """Why a version lacks an option that is known since one and before another; '' where it has it."""
    have = number(version)
    if since and have < number(since):
        return f"which knows it only since {since}"
    if before and have >= number(before):
        return f"which knows it no longer since {before}"
    return ""
