"""A stand-in for Vercel's API on loopback: it keeps state, fails and lies as the real one does.

What it answers was measured with the real command-line tool or is promised by
Vercel's documentation: an instant rollback re-points the production domain and
switches automatic assignment off; the Hobby plan reaches only one deployment
back; a rollback job runs for a while after the request was accepted; a push to
any branch but the production branch makes a preview.

    with Vercel() as vercel:
        good = vercel.deploy(sha=..., target="production")
        bad = vercel.deploy(sha=..., target="production")
        vercel.fault("POST", "/rollback/", status=500, after=True)
        ...
        assert vercel.live == good
"""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

TOKEN = "goodtoken"
TEAM = "team_apgi"
SLUG = "apgi-cmy"
PROJECT = "prj_partpulse"
NAME = "partpulse"


@dataclass
class Deployment:
    uid: str
    sha: str
    ref: str
    target: str | None
    ready_at: float
    created: float
    state: str = "READY"
    project: str = PROJECT
    once_production: bool = False
    passed_over: bool = False  # ready while nothing was assigned automatically
    # The values that production's variables had when it was created: a deployment keeps them.
    values: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{NAME}-{self.uid.removeprefix('dpl_')}.vercel.example"

    @property
    def ready_state(self) -> str:
        if self.state != "READY":
            return self.state
        return "READY" if time.monotonic() >= self.ready_at else "BUILDING"


@dataclass
class Fault:
    """What goes wrong with requests of a method whose path holds `part`, `times` times.

    `status` answers it; `hang` answers nothing for so many seconds; `cut` closes the
    connection, `half` after half of the answer. With `after` the request takes effect all the same.
    """

    method: str
    part: str
    status: int = 0
    hang: float = 0
    cut: bool = False
    half: bool = False
    after: bool = False
    body: str | None = None
    times: int = 1


@dataclass
class Vercel:
    """The state of one team with one project, and the server that tells of it."""

    plan: str = "pro"
    production_branch: str = "main"
    domain: str = "partpulse.example"
    build_seconds: float = 0.3
    alias_seconds: float = 0.0
    bare: Path | None = None  # the Git remote that the integration watches
    deployments: list[Deployment] = field(default_factory=list)
    live: str | None = None
    auto_assign: bool = True
    request: dict | None = None  # lastAliasRequest
    # Lies, each seen of the real service or its tool.
    skip_alias_job: bool = False  # the job ends as "skipped": nothing moves
    lose_alias_request: bool = False  # the project reports no request at all
    stale_alias_request: dict | None = None  # an earlier request is reported instead
    queue_promotions: bool = False  # 202, and nothing moves before `run_queue`
    overtake: str | None = None  # this deployment goes live right after the rollback
    encrypted: bool = False  # the token may not read values: they come as they are stored
    escaped: bool = True  # JSON with all but ASCII escaped
    variables: list[dict] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    tokens_seen: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    hooks: list[tuple[str, str, Callable[[Vercel], bool]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.seen_refs: dict[str, str] = {}
        self.pending: tuple[float, str] | None = None  # (when, deployment): an alias job
        self.queued: list[str] = []
        self._number = 0
        self._last = 0
        vercel = self

        class Handler(_Handler):
            service = vercel

        self.server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Vercel:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    # --- What a test does to the service.

    def deploy(self, sha: str, target: str | None = None, ref: str = "main", **more: object) -> str:
        """A deployment that is READY already; a production one goes live when assigned automatically."""
        with self.lock:
            found = self._create(sha, ref, target, seconds=0)
            for name, value in more.items():
                setattr(found, name, value)
            self._settle()
            return found.uid

    def fault(self, method: str, part: str, **what: object) -> None:
        self.faults.append(Fault(method, part, **what))

    def after(self, method: str, part: str, happens: Callable[[Vercel], bool]) -> None:
        """Something else happens once such a request was answered; True: it has happened."""
        self.hooks.append((method, part, happens))

    def set(
        self, key: str, value: str, *target: str, type: str = "encrypted", **more: object
    ) -> dict:
        """A variable as somebody in the dashboard would set it; one of the same key and target is replaced."""
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

    def run_queue(self) -> None:
        with self.lock:
            for uid in self.queued:
                self.assign(uid)
                self.auto_assign = True
            self.queued.clear()

    # --- State.

    def find(self, name: str) -> Deployment | None:
        if name in (self.domain, f"{NAME}.vercel.example"):
            name = self.live or ""
        return next((d for d in self.deployments if name in (d.uid, d.url)), None)

    def find_sha(self, sha: str) -> str:
        """The newest deployment of a commit."""
        return next(d.uid for d in reversed(self.deployments) if d.sha == sha)

    def _create(self, sha: str, ref: str, target: str | None, seconds: float) -> Deployment:
        now = time.monotonic()
        uid = f"dpl_{len(self.deployments) + 1:04}{sha[:6]}"
        # The list is sorted by this, so no two are made in the same millisecond.
        created = max([self._now() / 1000, *(d.created + 0.002 for d in self.deployments)])
        found = Deployment(uid, sha, ref, target, now + seconds, created)
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
                    self._create(sha, ref, target, self.build_seconds)
        if self.pending and time.monotonic() >= self.pending[0]:
            uid = self.pending[1]
            self.pending = None
            if not self.skip_alias_job:
                self.assign(uid)
            if self.request:
                self.request["jobStatus"] = "skipped" if self.skip_alias_job else "succeeded"
            if self.overtake:
                self.assign(self.overtake)
                self.overtake = None
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

    def watch(self, bare: Path) -> None:
        """Let the Git integration watch a bare repository; what it holds now is no news."""
        self.bare = bare
        self.seen_refs = self._refs()

    def _refs(self) -> dict[str, str]:
        """branch -> commit, of the repository that the integration watches."""
        command = ["git", "--git-dir", str(self.bare), "for-each-ref", "refs/heads"]
        listed = subprocess.run(
            [*command, "--format=%(refname:short) %(objectname)"],
            capture_output=True,
            text=True,
            check=True,
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

    # --- The API.

    def answer(
        self, method: str, path: str, query: dict[str, list[str]], body: dict
    ) -> tuple[int, dict]:
        with self.lock:
            self._settle()
            parts = path.strip("/").split("/")
            if len(parts) >= 2 and parts[1] not in ("user", "teams") and method != "OPTIONS":
                team = (query.get("teamId") or query.get("slug") or [None])[0]
                if team not in (TEAM, SLUG):
                    return _error(403, "forbidden", "Not authorized")
            match (method, parts):
                case ("GET", [_, "user"]):
                    return 200, {
                        "user": {"id": "usr_1", "username": "oncall", "email": "a@b.example"}
                    }
                case ("GET", [_, "teams"]):
                    return 200, {
                        "teams": [{"id": TEAM, "slug": SLUG, "name": "APGI"}],
                        "pagination": {"count": 1, "next": None},
                    }
                case ("GET", [_, "teams", _id]):
                    return 200, {"id": TEAM, "slug": SLUG, "name": "APGI"}
                case ("GET", [_, "deployments", name]):
                    found = self.find(name)
                    return (
                        (200, self._deployment(found))
                        if found
                        else _error(404, "not_found", "Deployment not found")
                    )
                case ("GET", [_, "deployments"]):
                    return 200, {
                        "deployments": self._list(query),
                        "pagination": {"count": 1, "next": None},
                    }
                case ("POST", [_, "deployments"]):
                    return self._rebuild(body)
                case ("GET", [_, "projects", _name, "custom-environments"]):
                    return 200, {"environments": []}
                case (_, [_, "projects", name, "env", *rest]) if name in (PROJECT, NAME):
                    return self._env(method, rest[0] if rest else None, body)
                case ("GET", [_, "projects", name]) if name in (PROJECT, NAME):
                    return 200, self._project()
                case ("POST", [_, "projects", project, "rollback", uid]):
                    return self._rollback(project, uid)
                case ("POST", [_, "projects", project, "promote", uid]):
                    return self._promote(project, uid)
                case ("GET", [_, "projects", *_]):
                    return _error(404, "not_found", "Project not found")
            return _error(404, "not_found", f"no such path: {method} {path}")

    def _deployment(self, found: Deployment) -> dict:
        return {
            "id": found.uid,
            "name": NAME,
            "url": found.url,
            "projectId": found.project,
            "ownerId": TEAM,
            "target": found.target,
            "readyState": found.ready_state,
            "createdAt": round(found.created * 1000),
            "meta": {
                "githubCommitSha": found.sha,
                "githubCommitRef": found.ref,
                "githubCommitMessage": 'fix "quotes" \\ {"id":"dpl_fake"}',
            },
            "team": {"id": TEAM, "slug": SLUG},
            "creator": {"uid": "usr_1", "username": "oncall"},
        }

    def _list(self, query: dict[str, list[str]]) -> list[dict]:
        found = list(reversed(self.deployments))
        if wanted := query.get("target"):
            found = [d for d in found if (d.target or "preview") == wanted[0]]
        if wanted := query.get("state"):
            found = [d for d in found if d.ready_state == wanted[0]]
        if wanted := query.get("sha"):
            found = [d for d in found if d.sha == wanted[0]]
        limit = int(query.get("limit", ["20"])[0])
        rows = []
        for d in found[:limit]:
            row = self._deployment(d)
            row["uid"] = row.pop("id")
            row["state"] = row["readyState"]
            row["isRollbackCandidate"] = d.once_production and d.uid != self.live
            rows.append(row)
        return rows

    def _project(self) -> dict:
        live = self.find(self.live or "")
        request = self.stale_alias_request or self.request
        return {
            "id": PROJECT,
            "name": NAME,
            "accountId": TEAM,
            "autoAssignCustomDomains": self.auto_assign,
            "lastAliasRequest": None if self.lose_alias_request else request,
            "lastRollbackTarget": None,
            "targets": {"production": self._deployment(live) if live else None},
        }

    def _rollback(self, project: str, uid: str) -> tuple[int, dict]:
        target = self.find(uid)
        if project != PROJECT or target is None or target.project != PROJECT:
            return _error(404, "not_found", "The deployment was not found in this project")
        if target.ready_state != "READY":
            return _error(422, "not_ready", "The deployment is not ready")
        if not target.once_production:
            return _error(400, "bad_request", "The deployment was never in production")
        if target.uid == self.live:
            return _error(
                409, "conflict", "The deployment is already the current production deployment"
            )
        if self.pending:
            return _error(409, "conflict", "Another rollback is under way")
        if self.plan == "hobby" and target.uid != self._previous():
            return _error(402, "payment_required", "Your plan reaches the previous deployment only")
        self.auto_assign = False
        self._start_job(uid, "rollback")
        return 201, {}

    def _previous(self) -> str | None:
        before = [d for d in self.deployments if d.once_production and d.uid != self.live]
        live = self.find(self.live or "")
        older = [d for d in before if live is None or d.created <= live.created]
        return older[-1].uid if older else None

    def _promote(self, project: str, uid: str) -> tuple[int, dict]:
        target = self.find(uid)
        if project != PROJECT or target is None:
            return _error(404, "not_found", "The deployment was not found in this project")
        if target.uid == self.live:
            self.auto_assign = True
            return _error(
                409, "conflict", "The deployment is already the current production deployment"
            )
        if target.target != "production":
            return _error(422, "not_production", "A preview must be rebuilt to be promoted")
        if self.queue_promotions:
            self.queued.append(uid)
            return 202, {}
        self.auto_assign = True
        self._start_job(uid, "promote")
        return 201, {}

    def _rebuild(self, body: dict) -> tuple[int, dict]:
        source = self.find(str(body.get("deploymentId")))
        if source is None:
            return _error(404, "not_found", "Deployment not found")
        found = self._create(source.sha, source.ref, "production", self.build_seconds)
        promoted = body.get("meta", {}).get("action") == "promote"
        # A preview that is promoted goes live in any case; one that is built again, as a push does.
        found.ref = "promoted" if promoted else self.production_branch
        return 200, self._deployment(found)

    def _env(self, method: str, wanted: str | None, body: dict) -> tuple[int, dict]:
        found = next((v for v in self.variables if v["id"] == wanted), None)
        if wanted and not found:
            return _error(404, "ENV_NOT_FOUND", "The environment variable was not found")
        if method == "GET" and found:
            return 200, self._variable(found, decrypt=not self.encrypted)
        if method == "GET":
            rows = [self._variable(v, decrypt=False) for v in self.variables]
            return 200, {"envs": rows, "pagination": {"count": len(rows), "next": None}}
        if method == "POST":
            target = set(body["target"])
            for v in self.variables:
                if v["key"] == body["key"] and target & set(v["target"]) and not v.get("gitBranch"):
                    return _error(409, "ENV_CONFLICT", f"exists already: {body['value']}")
            made = self.set(body["key"], body["value"], *body["target"], type=body["type"])
            return 201, {"created": self._variable(made, decrypt=True), "failed": []}
        if method == "PATCH":
            found.update({k: body[k] for k in ("value", "target") if k in body})
            found["updatedAt"] = self._now()
            return 200, self._variable(found, decrypt=True)
        self.variables.remove(found)
        return 200, {}

    def _variable(self, found: dict, decrypt: bool) -> dict:
        row = {**found, "decrypted": decrypt, "configurationId": None, "comment": 'a "comment"'}
        row["contentHint"] = {"type": "x", "value": "hint"}
        if found["type"] in ("sensitive", "secret"):
            # Nobody sees it again, whatever is asked.
            row |= {"value": "", "decrypted": False}
        elif not decrypt and found["type"] != "plain":
            row["value"] = "eyJ2IjoidjIiLCJjIjoi" + str(len(found["value"]))
        return row


def _error(status: int, code: str, message: str) -> tuple[int, dict]:
    return status, {"error": {"code": code, "message": message}}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    service: Vercel
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_DELETE = do_GET

    def _serve(self) -> None:
        service = self.service
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            body = {}
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        service.requests.append((self.command, self.path))
        service.tokens_seen.add(token)
        fault = self._fault(url.path)
        if fault and fault.hang:
            time.sleep(fault.hang)
        if token != TOKEN:
            status, answer = _error(403, "forbidden", "The token is not valid")
        elif fault and not fault.after:
            status, answer = _error(fault.status or 500, "fault", "something went wrong")
        else:
            status, answer = service.answer(self.command, url.path, parse_qs(url.query), body)
            if fault and fault.status:
                status, answer = _error(fault.status, "fault", "something went wrong")
        with service.lock:
            for hook in [h for h in service.hooks if h[0] == self.command and h[1] in url.path]:
                if hook[2](service):
                    service.hooks.remove(hook)
        if fault and (fault.cut or fault.hang):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        text = (
            fault.body
            if fault and fault.body is not None
            else json.dumps(answer, ensure_ascii=service.escaped)
        )
        data = text.encode(errors="surrogatepass")
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        if status == 429:
            self.send_header("Retry-After", "1")
        self.end_headers()
        if fault and fault.half:
            self.close_connection = True
            data = data[: len(data) // 2]
        self.wfile.write(data)

    def _fault(self, path: str) -> Fault | None:
        with self.service.lock:
            for fault in self.service.faults:
                if fault.method == self.command and fault.part in path and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def log_message(self, *_: object) -> None:
        pass
