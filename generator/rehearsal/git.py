"""The stand-in for a Git host: a bare remote on the disk, and a clone with a small history."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from generator.problems import RollbookError
from generator.rehearsal.kind import Standing, Trouble
from generator.rehearsal.sandbox import Sandbox

BRANCH = "main"


class Git(Standing):
    """Production is `main`: an old and a good version, and the bad one once it is spoiled."""

    right = "the remote holds the good version on a branch; nothing was forced or lost"

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.trees: dict[str, str] = {}
        self.remote, self.clone = sandbox.root / "remote.git", sandbox.work
        self.git("init", "--quiet", "--bare", str(self.remote))
        self.git("--git-dir", str(self.remote), "symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
        self.git("init", "--quiet")
        self.git("symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
        self.git("remote", "add", "origin", str(self.remote))
        self.old = self._version("old")
        self.good = self._version("good")
        self.bad = self._version("bad")
        self._push(self.good)
        self.clone_before = self._clone()
        self.holes = {"good-commit": self.good, "bad-commit": self.bad}

    def git(self, *words: str) -> str:
        done = self.sandbox.run(["git", *words], 60)
        if done.code != 0:
            raise RollbookError(f"git {words[0]} does not work in the sandbox: {done.err.strip()}")
        return done.out.strip()

    def _version(self, name: str) -> str:
        (self.clone / "version.txt").write_text(f"The {name} version.\n")
        for path in self.sandbox.paths:
            file = self.clone / path / "rehearsal.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("The same in every version.\n")
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", f"The {name} version")
        return self.git("rev-parse", "HEAD")

    def _push(self, commit: str) -> None:
        self.git("push", "--quiet", "origin", f"{commit}:refs/heads/{BRANCH}")
        self.git("fetch", "--quiet", "origin")

    def _clone(self) -> tuple[str, str]:
        return self.git("status", "--porcelain"), self.git("show-ref", "--head")

    def spoil(self) -> None:
        self._push(self.bad)
        self.clone_before = self._clone()

    def troubles(self, action: str, arguments: Mapping[str, str]) -> list[Trouble]:
        """What is checked out has another migration than every version that was ever live."""
        if action != "prisma.migrations":
            return []
        folder = arguments["folder"]

        @contextlib.contextmanager
        def lasting() -> Iterator[None]:
            (self.clone / folder / "another.txt").write_text("One more.\n")
            self.git("add", ".")
            self.git("commit", "--quiet", "--message", "One more migration")
            yield
            self.git("reset", "--quiet", "--hard", "HEAD~")

        words = f"{folder} differs between what is live and what is checked out"
        return [Trouble(folder, words, lasting, to_person=True)]

    def is_good(self, commit: str) -> bool:
        """Whether a commit has the files of the good version; a revert is a commit of its own."""
        return self._tree(commit) == self._tree(self.good)

    def _tree(self, commit: str) -> str:
        if commit not in self.trees:
            self.trees[commit] = self._asked_tree(commit)
        return self.trees[commit]

    def _asked_tree(self, commit: str) -> str:
        return self.git("--git-dir", str(self.remote), "rev-parse", f"{commit}^{{tree}}")

    def wrong(self) -> list[str]:
        found = []
        listed = self.git("--git-dir", str(self.remote), "for-each-ref", "refs/heads")
        heads = [line.split()[0] for line in listed.splitlines()]
        if not any(map(self.is_good, heads)):
            found.append("no branch of the remote holds the good version")
        production = f"refs/heads/{BRANCH}"
        base = self.git("--git-dir", str(self.remote), "merge-base", self.bad, production)
        if base != self.bad:
            found.append("history of the production branch is lost on the remote")
        if self._clone() != self.clone_before:
            found.append("files, index or branches of the clone were changed")
        return found
