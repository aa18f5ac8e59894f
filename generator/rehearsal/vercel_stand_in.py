"""Vercel in a sandbox: a project whose production serves the good version, then the bad one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping

from generator.problems import RollbookError
from generator.rehearsal.git import Git
from generator.rehearsal.kind import Standing, Trouble
from generator.rehearsal.sandbox import Sandbox
from generator.rehearsal.vercel import Account, Deployment
from generator.rehearsal.vercel_api import Vercel
from generator.rehearsal.web import Web

ACCOUNT = Account("rehearsaltoken", "team_rehearsal", "rehearsal", "prj_rehearsal", "rehearsal")
VARIABLE = "REHEARSED"
# Seconds in which a push goes live in the sandbox, on a machine that is busy.
_PATIENCE = 30


class Project(Standing):
    """Instant rollback, promotion, and the Git integration, which builds what is pushed."""

    service = Vercel

    def __init__(self, sandbox: Sandbox) -> None:
        git, web = sandbox.standing["git"], sandbox.standing["web"]
        assert isinstance(git, Git) and isinstance(web, Web)
        self.sandbox, self.git = sandbox, git
        self.vercel = self.service(ACCOUNT, domain=web.application.host)
        self.vercel.git_environment = sandbox.environment
        self.vercel.set(VARIABLE, "good")
        self.vercel.deploy(git.old, "production")
        good = self.vercel.deploy(git.good, "production")
        self.vercel.watch(git.remote)
        self.values = self.vercel.values()
        web.application.works = lambda: not self._served(self.vercel.settle())
        self.vercel.start()
        self.stop = self.vercel.stop
        self.holes = {"good-deployment": good, "variable": VARIABLE}
        self.environment = {
            "VERCEL_TOKEN": ACCOUNT.token,
            "VERCEL_ORG_ID": ACCOUNT.team,
            "VERCEL_PROJECT_ID": ACCOUNT.project,
            "VERCEL_API_URL": self.vercel.url,
        }

    @property
    def right(self) -> str:
        live = self.vercel.settle()
        return f"production serves the good version ({live.uid if live else ''})"

    def spoil(self) -> None:
        self.git.spoil()
        self._until_bad()

    def troubles(self, action: str, arguments: Mapping[str, str]) -> list[Trouble]:
        kinds = {
            "vercel.can-go-back": ("what production serves is not ready", self._not_ready),
            "vercel.not-pinned": ("production is pinned", self._pinned),
            "vercel.is-production": ("the address is another project's", self._elsewhere),
        }
        return [Trouble(action, *kinds[action])] if action in kinds else []

    @contextlib.contextmanager
    def _not_ready(self) -> Iterator[None]:
        live = self.vercel.settle()
        assert live is not None
        live.state = "ERROR"
        yield
        live.state = "READY"

    @contextlib.contextmanager
    def _elsewhere(self) -> Iterator[None]:
        live = self.vercel.settle()
        assert live is not None
        live.project = "prj_other"
        yield
        live.project = ACCOUNT.project

    @contextlib.contextmanager
    def _pinned(self) -> Iterator[None]:
        self.vercel.auto_assign = False
        yield
        self.vercel.auto_assign = True

    def _until_bad(self) -> None:
        end = time.monotonic() + _PATIENCE
        while not self._served(self.vercel.settle()):
            if time.monotonic() > end:
                raise RollbookError("the stand-in of Vercel does not put a new version live")
            self.sandbox.pause()

    def _served(self, live: Deployment | None) -> list[str]:
        if live is None:
            return ["production serves nothing"]
        found = []
        if not self.git.is_good(live.sha):
            found.append(f"production serves another version than the good one ({live.uid})")
        if live.values != self.values:
            found.append(f"production runs with other values than the good ones ({live.uid})")
        return found

    def wrong(self) -> list[str]:
        found = self._served(self.vercel.settle())
        if self.vercel.tokens_seen - {ACCOUNT.token}:
            found.append("the stand-in of Vercel was asked with a token that is not the sandbox's")
        return found


class Variables(Standing):
    """A variable of production is changed, and what serves production was built with it."""

    @property
    def right(self) -> str:
        return f"{self.project.right}, with the values from before the change"

    def __init__(self, sandbox: Sandbox) -> None:
        project = sandbox.standing["vercel"]
        assert isinstance(project, Project)
        self.project = project

    def spoil(self) -> None:
        self.project.vercel.set(VARIABLE, "bad")
        self.project.vercel.deploy(self.project.git.good, "production")

    def wrong(self) -> list[str]:
        found = self.project.wrong()
        if self.project.vercel.values() != self.project.values:
            found.append("the project's variables are not put back")
        return found
