"""Vercel's stand-in of the package, made to fail and to lie as the real one does.

What it does without faults stands in `generator/rehearsal/vercel.py` and `vercel_api.py`, and is
what `rollbook rehearse` runs the scripts against.

    with Vercel() as vercel:
        good = vercel.deploy(sha=..., target="production")
        bad = vercel.deploy(sha=..., target="production")
        vercel.fault("POST", "/rollback/", status=500, after=True)
        ...
        assert vercel.live == good
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from generator.rehearsal import vercel_api
from generator.rehearsal.serving import Answer, Request
from generator.rehearsal.vercel import Account

TOKEN = "goodtoken"
TEAM = "team_apgi"
SLUG = "apgi-cmy"
PROJECT = "prj_partpulse"
NAME = "partpulse"


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
class Vercel(vercel_api.Vercel):
    """The service with faults, and with lies, each seen of the real service or its tool."""

    account: Account = Account(TOKEN, TEAM, SLUG, PROJECT, NAME)  # noqa: RUF009 (it is frozen)
    domain: str = "partpulse.example"
    skip_alias_job: bool = False  # the job ends as "skipped": nothing moves
    lose_alias_request: bool = False  # the project reports no request at all
    stale_alias_request: dict | None = None  # an earlier request is reported instead
    queue_promotions: bool = False  # 202, and nothing moves before `run_queue`
    hide_aliases: bool = False  # the project names no address of its production
    overtake: str | None = None  # this deployment goes live right after the rollback
    escaped: bool = True  # JSON with all but ASCII escaped
    page: int = 100  # how many deployments a list has at most
    faults: list[Fault] = field(default_factory=list)
    hooks: list[tuple[str, str, Callable[[Vercel], bool]]] = field(default_factory=list)
    queued: list[str] = field(default_factory=list)

    # What a reader of JSON must not stumble over.
    message = 'fix "quotes" \\ {"id":"dpl_fake"}'

    def fault(self, method: str, part: str, **what: object) -> None:
        self.faults.append(Fault(method, part, **what))

    def after(self, method: str, part: str, happens: Callable[[Vercel], bool]) -> None:
        """Something else happens once such a request was answered; True: it has happened."""
        self.hooks.append((method, part, happens))

    def run_queue(self) -> None:
        with self.lock:
            for uid in self.queued:
                self.assign(uid)
                self.auto_assign = True
            self.queued.clear()

    # --- The lies.

    def _finish_job(self, uid: str) -> None:
        if self.skip_alias_job:
            if self.request:
                self.request["jobStatus"] = "skipped"
        else:
            super()._finish_job(uid)
        if self.overtake:
            self.assign(self.overtake)
            self.overtake = None

    def _project(self) -> dict:
        found = super()._project()
        if self.hide_aliases and found["targets"]["production"]:
            del found["targets"]["production"]["alias"]
        return found

    def _alias_request(self) -> dict | None:
        if self.lose_alias_request:
            return None
        return self.stale_alias_request or super()._alias_request()

    def _accept_promotion(self, uid: str) -> tuple[int, dict]:
        if self.queue_promotions:
            self.queued.append(uid)
            return 202, {}
        return super()._accept_promotion(uid)

    # --- The faults.

    def encoded(self, found: dict) -> bytes:
        text = json.dumps(found, ensure_ascii=self.escaped)
        return text.encode(errors="surrogatepass")

    def reply(self, request: Request) -> Answer:
        path = urlsplit(request.path).path
        fault = self._fault(request.method, path)
        if fault and fault.hang:
            time.sleep(fault.hang)
        known = request.token == self.account.token
        if fault and not fault.after and known:
            with self.lock:
                self.requests.append((request.method, request.path))
                self.tokens_seen.add(request.token)
            answer = self._failure(fault.status or 500)
        else:
            answer = super().reply(request)
            if fault and fault.status and known:
                answer = self._failure(fault.status)
        with self.lock:
            for hook in [h for h in self.hooks if h[0] == request.method and h[1] in path]:
                if hook[2](self):
                    self.hooks.remove(hook)
        if fault and (fault.cut or fault.hang):
            return replace(answer, cut=-1)
        if fault and fault.body is not None:
            answer = replace(answer, body=fault.body.encode(errors="surrogatepass"))
        if answer.status == 429:
            answer = replace(answer, headers={"Retry-After": "1"})
        return replace(answer, cut=len(answer.body) // 2) if fault and fault.half else answer

    def _failure(self, status: int) -> Answer:
        _, found = vercel_api.error(status, "fault", "something went wrong")
        return Answer(status, self.encoded(found))

    def _fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.method == method and fault.part in path and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None
