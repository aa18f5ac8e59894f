"""The state of one project on Vercel, as it really changes.

An instant rollback re-points the production domain and switches automatic assignment
off; a rollback job runs for a while after the request was accepted; a push to any branch but
the production branch makes a preview. Measured with Vercel's own tool, or promised by its
documentation. `vercel_api.py` answers requests about it.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Account:
    """Who may ask, and about which project of which team; `team` is empty for an account of one person."""

    token: str
    team: str
    slug: str
    project: str
    name: str


@dataclass
class Deployment:
    uid: str
    project: str
    name: str
    sha: str
    ref: str
    target: str | None
    ready_at: float
    created: float
    state: str = "READY"
    once_production: bool = False
    passed_over: bool = False  # ready while nothing was assigned automatically
    # Who names the commit: github, gitlab, bitbucket, cli; with any other word nobody does.
    provider: str = "github"
    foreign: bool = False  # of somebody else's team: only its public view is answered
    crons: list[dict] = field(default_factory=list)
    # The values that production's variables had when it was created: a deployment keeps them.
    values: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{self.name}-{self.uid.removeprefix('dpl_')}.vercel.example"

    @property
    def ready_state(self) -> str:
        if self.state != "READY":
            return self.state
        return "READY" if time.monotonic() >= self.ready_at else "BUILDING"


@dataclass
class State:
    """One team with one project. `lock` is held while anything is looked at or changed."""

    account: Account
    plan: str = "pro"
    production_branch: str = "main"
    domain: str = "production.example"
    build_seconds: float = 0.3
    # The Git repository of the integration; None: what is watched, False: none is connected.
    link: dict | bool | None = None
    # Addresses that stay where they are when production moves: branches, staging, by hand.
    other_aliases: dict[str, str] = field(default_factory=dict)
    rolling_release: dict | None = None
    alias_seconds: float = 0.0
    bare: Path | None = None  # the Git remote that the integration watches
    git_environment: Mapping[str, str] | None = None  # None: that of this process
    deployments: list[Deployment] = field(default_factory=list)
    live: str | None = None
    auto_assign: bool = True
    request: dict | None = None  # lastAliasRequest
    encrypted: bool = False  # the token may not read values: they come as they are stored
    variables: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.seen_refs: dict[str, str] = {}
        self.watched: Path | None = None
        self.pending: tuple[float, str] | None = None  # (when, deployment): an alias job
        self._number = 0
        self._last = 0

    # --- What people do to it.

    def deploy(self, sha: str, target: str | None = None, ref: str = "main", **more: object) -> str:
        """A deployment that is READY already; a production one goes live when assigned automatically."""
        with self.lock:
            found = self._create(sha, ref, target, seconds=0)
            for name, value in more.items():
                setattr(found, name, value)
            self._settle()
            return found.uid

    def set(
        self, key: str, value: str, *target: str, type: str = "encrypted", **more: object
    ) -> dict:
        """A variable as the dashboard sets it; one of the same key and target is replaced."""
        with self.lock:
            target = target or ("production",)
            self.variables = [
                v for v in self.variables if v["key"] != key or not set(v["target"]) & set(target)
            ]
            self._number += 1
            found = {
                "id": f"env{self._number:04}",
                "key": key,
                "type": type,
                "target": list(target),
                "value": value,
                "updatedAt": self._now(),
                **more,
            }
            self.variables.append(found)
            return found

    def unset(self, key: str) -> None:
        with self.lock:
            self.variables = [v for v in self.variables if v["key"] != key]

    def values(self, target: str = "production") -> dict[str, str]:
        return {v["key"]: v["value"] for v in self.variables if target in v["target"]}

    def _now(self) -> int:
        """Milliseconds; no two changes have the same, as no two of a person's have."""
        self._last = max(self._last + 1, int(time.time() * 1000))
        return self._last

    # --- What is so by now.

    def find(self, name: str) -> Deployment | None:
        if name in self.production_aliases:
            name = self.live or ""
        name = self.other_aliases.get(name, name)
        return next((d for d in self.deployments if name in (d.uid, d.url)), None)

    @property
    def production_aliases(self) -> list[str]:
        return [self.domain, f"{self.account.name}.vercel.example"]

    @property
    def git_link(self) -> dict | None:
        """What the project says of the Git repository that it is built from."""
        if self.link is not None:
            return self.link or None
        if self.watched is None:
            return None
        owner, name = self.watched.parent.name, self.watched.name.removesuffix(".git")
        branch = {"productionBranch": self.production_branch}
        return {"type": "github", "org": owner, "repo": name, "repoId": 1, **branch}

    def find_sha(self, sha: str) -> str:
        """The newest deployment of a commit."""
        return next(d.uid for d in reversed(self.deployments) if d.sha == sha)

    def _create(self, sha: str, ref: str, target: str | None, seconds: float) -> Deployment:
        now = time.monotonic()
        uid = f"dpl_{len(self.deployments) + 1:04}{sha[:6]}"
        # The list is sorted by this, so no two are made in the same millisecond.
        created = max([self._now() / 1000, *(d.created + 0.002 for d in self.deployments)])
        account = self.account
        found = Deployment(
            uid, account.project, account.name, sha, ref, target, now + seconds, created
        )
        found.values = self.values()
        self.deployments.append(found)
        return found

    def assign(self, uid: str) -> None:
        self.live = uid
        found = self.find(uid)
        if found:
            found.once_production = True

    def _settle(self) -> None:
        """Everything that has happened by now: pushes, finished builds, alias jobs."""
        if self.bare is not None:
            for ref, sha in self._refs().items():
                if self.seen_refs.get(ref) != sha:
                    self.seen_refs[ref] = sha
                    target = "production" if ref == self.production_branch else None
                    # A commit that was deployed before is not deployed again.
                    if any(d.sha == sha and target in (None, d.target) for d in self.deployments):
                        continue
                    self._create(sha, ref, target, self.build_seconds)
        if self.pending and time.monotonic() >= self.pending[0]:
            uid = self.pending[1]
            self.pending = None
            self._finish_job(uid)
        for found in self.deployments:
            if (
                found.target != "production"
                or found.ready_state != "READY"
                or found.once_production
                or found.passed_over
                or found.ref == "moved"
            ):
                continue
            if self.auto_assign or found.ref == "promoted":
                self.assign(found.uid)
                if found.ref == "promoted":
                    self.auto_assign = True
                    found.ref = "moved"
            else:
                found.passed_over = True

    def _finish_job(self, uid: str) -> None:
        """The alias job has run: production moves."""
        self.assign(uid)
        if self.request:
            self.request["jobStatus"] = "succeeded"

    def settle(self) -> Deployment | None:
        """Let happen what is due by now. Answers what production serves."""
        with self.lock:
            self._settle()
            return self.find(self.live or "")

    def watch(self, bare: Path) -> None:
        """Let the Git integration watch a bare repository; what it holds now is no news."""
        self.bare = self.watched = bare
        self.seen_refs = self._refs()

    def _refs(self) -> dict[str, str]:
        """branch -> commit, of the repository that the integration watches."""
        command = ["git", "--git-dir", str(self.bare), "for-each-ref", "refs/heads"]
        listed = subprocess.run(
            [*command, "--format=%(refname:short) %(objectname)"],
            capture_output=True,
            text=True,
            check=True,
            env=self.git_environment,
        ).stdout
        return dict(line.split(" ", 1) for line in listed.splitlines())

    def _start_job(self, uid: str, kind: str) -> None:
        self.request = {
            "jobStatus": "in-progress",
            "requestedAt": int(time.time() * 1000),
            "fromDeploymentId": self.live,
            "toDeploymentId": uid,
            "type": kind,
        }
        self.pending = (time.monotonic() + self.alias_seconds, uid)
        self._settle()
