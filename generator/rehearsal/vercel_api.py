"""A stand-in for Vercel's API: it keeps state, and refuses what the real one refuses.

The Hobby plan reaches only one deployment back, what was never in production cannot be
gone back to, a preview must be built again to be promoted, a secret value is never seen again.
It neither lies nor fails: the faults of the tests build on it.
"""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

from generator.rehearsal.serving import Answer, Request, Serving
from generator.rehearsal.vercel import Deployment, State


class Vercel(State, Serving):
    """The service on loopback: `with Vercel(account) as vercel: ... vercel.url`."""

    message = "A version to rehearse with"  # the title of every commit
    page = 100  # how many deployments a list has at most

    def __post_init__(self) -> None:
        State.__post_init__(self)
        Serving.__init__(self)
        self.requests: list[tuple[str, str]] = []
        self.tokens_seen: set[str] = set()

    def reply(self, request: Request) -> Answer:
        with self.lock:
            self.requests.append((request.method, request.path))
            self.tokens_seen.add(request.token)
        if request.token != self.account.token:
            status, found = error(403, "forbidden", "The token is not valid")
        else:
            url = urlsplit(request.path)
            status, found = self.answer(
                request.method, url.path, parse_qs(url.query), request.json()
            )
        return Answer(status, self.encoded(found))

    def encoded(self, found: dict) -> bytes:
        return json.dumps(found).encode()

    def answer(
        self, method: str, path: str, query: dict[str, list[str]], body: dict
    ) -> tuple[int, dict]:
        with self.lock:
            self._settle()
            parts = path.strip("/").split("/")
            if len(parts) >= 2 and parts[1] not in ("user", "teams") and method != "OPTIONS":
                team = (query.get("teamId") or query.get("slug") or [""])[0]
                if team not in (self.account.team, self.account.team and self.account.slug):
                    return error(403, "forbidden", "Not authorized")
            match (method, parts):
                case ("GET", [_, "user"]):
                    return 200, {
                        "user": {"id": "usr_1", "username": "oncall", "email": "a@b.example"}
                    }
                case ("GET", [_, "teams"]):
                    return 200, {
                        "teams": [
                            {"id": self.account.team, "slug": self.account.slug, "name": "Team"}
                        ],
                        "pagination": {"count": 1, "next": None},
                    }
                case ("GET", [_, "teams", _id]):
                    return 200, {"id": self.account.team, "slug": self.account.slug, "name": "Team"}
                case ("GET", [_, "deployments", name]):
                    return self._one(name)
                case ("GET", [_, "deployments"]):
                    return 200, self._page(query)
                case ("POST", [_, "deployments"]):
                    return self._rebuild(body)
                case ("GET", [_, "projects", _name, "domains"]):
                    return 200, self._domains()
                case ("GET", [_, "projects", _name, "rolling-release"]):
                    return 200, {"rollingRelease": self.rolling_release}
                case ("GET", [_, "projects", _name, "custom-environments"]):
                    return 200, {"environments": []}
                case (_, [_, "projects", name, "env", *rest]) if name in (
                    self.account.project,
                    self.account.name,
                ):
                    return self._env(method, rest[0] if rest else None, body)
                case ("GET", [_, "projects", name]) if name in (
                    self.account.project,
                    self.account.name,
                ):
                    return 200, self._project()
                case ("POST", [_, "projects", project, "rollback", uid]):
                    return self._rollback(project, uid)
                case ("POST", [_, "projects", project, "promote", uid]):
                    return self._promote(project, uid)
                case ("GET", [_, "projects", *_]):
                    return error(404, "not_found", "Project not found")
            return error(404, "not_found", f"no such path: {method} {path}")

    def _one(self, name: str) -> tuple[int, dict]:
        found = self.find(name)
        if found is None:
            return error(404, "not_found", "Deployment not found")
        if found.state == "DELETED":
            return error(410, "DEPLOYMENT_DELETED", "The deployment was deleted")
        if found.foreign:
            # Anybody may see this much of a deployment: not whose it is.
            shown = self._deployment(found)
            return 200, {k: shown[k] for k in ("id", "name", "url", "readyState", "createdAt")}
        return 200, self._deployment(found)

    def _domains(self) -> dict:
        rows = [{"name": name, "verified": True} for name in self.production_aliases]
        rows += [
            {"name": name, "verified": True, "gitBranch": "a-branch"} for name in self.other_aliases
        ]
        return {"domains": rows, "pagination": {"count": len(rows), "next": None}}

    def _meta(self, found: Deployment) -> dict:
        provider = found.provider
        if provider == "cli":
            return {"gitCommitSha": found.sha, "gitCommitRef": found.ref, "gitDirty": "1"}
        if provider not in ("github", "gitlab", "bitbucket"):
            return {}
        return {
            f"{provider}CommitSha": found.sha,
            f"{provider}CommitRef": found.ref,
            f"{provider}CommitMessage": self.message,
        }

    def _deployment(self, found: Deployment) -> dict:
        return {
            "id": found.uid,
            "name": self.account.name,
            "url": found.url,
            "projectId": found.project,
            "ownerId": self.account.team,
            "target": found.target,
            "readyState": found.ready_state,
            "createdAt": round(found.created * 1000),
            "meta": self._meta(found),
            "crons": found.crons,
            "team": {"id": self.account.team, "slug": self.account.slug},
            "creator": {"uid": "usr_1", "username": "oncall"},
        }

    def _page(self, query: dict[str, list[str]]) -> dict:
        """The newest that fit; `next` says what the page after it is asked for with."""
        rows = self._list(query)
        limit = min(int(query.get("limit", ["20"])[0]), self.page)
        older = rows[limit - 1]["createdAt"] if len(rows) > limit else None
        rows = rows[:limit]
        return {"deployments": rows, "pagination": {"count": len(rows), "next": older}}

    def _list(self, query: dict[str, list[str]]) -> list[dict]:
        found = [d for d in reversed(self.deployments) if d.state != "DELETED"]
        if wanted := query.get("target"):
            found = [d for d in found if (d.target or "preview") == wanted[0]]
        if wanted := query.get("state"):
            found = [d for d in found if d.ready_state == wanted[0]]
        if wanted := query.get("sha"):
            found = [d for d in found if d.sha == wanted[0]]
        if wanted := query.get("until"):
            found = [d for d in found if d.created * 1000 < int(wanted[0])]
        rows = []
        for d in found:
            row = self._deployment(d)
            row["uid"] = row.pop("id")
            row["state"] = row["readyState"]
            row["isRollbackCandidate"] = d.once_production and d.uid != self.live
            rows.append(row)
        return rows

    def _project(self) -> dict:
        live = self.find(self.live or "")
        production = self._deployment(live) | {"alias": self.production_aliases} if live else None
        return {
            "id": self.account.project,
            "name": self.account.name,
            "accountId": self.account.team or "usr_1",
            "autoAssignCustomDomains": self.auto_assign,
            "lastAliasRequest": self._alias_request(),
            "lastRollbackTarget": None,
            "targets": {"production": production},
            "link": self.git_link,
            "crons": {"definitions": live.crons if live else []},
        }

    def _alias_request(self) -> dict | None:
        return self.request

    def _rollback(self, project: str, uid: str) -> tuple[int, dict]:
        target = self.find(uid)
        if (
            project != self.account.project
            or target is None
            or target.project != self.account.project
        ):
            return error(404, "not_found", "The deployment was not found in this project")
        if target.ready_state != "READY":
            return error(422, "not_ready", "The deployment is not ready")
        if not target.once_production:
            return error(400, "bad_request", "The deployment was never in production")
        if target.uid == self.live:
            return error(
                409, "conflict", "The deployment is already the current production deployment"
            )
        if self.pending:
            return error(409, "conflict", "Another rollback is under way")
        if self.plan == "hobby" and target.uid != self._previous():
            return error(402, "payment_required", "Your plan reaches the previous deployment only")
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
        if project != self.account.project or target is None:
            return error(404, "not_found", "The deployment was not found in this project")
        if target.uid == self.live:
            self.auto_assign = True
            return error(
                409, "conflict", "The deployment is already the current production deployment"
            )
        if target.target != "production":
            return error(422, "not_production", "A preview must be rebuilt to be promoted")
        return self._accept_promotion(uid)

    def _accept_promotion(self, uid: str) -> tuple[int, dict]:
        self.auto_assign = True
        self._start_job(uid, "promote")
        return 201, {}

    def _rebuild(self, body: dict) -> tuple[int, dict]:
        source = self.find(str(body.get("deploymentId")))
        if source is None:
            return error(404, "not_found", "Deployment not found")
        found = self._create(source.sha, source.ref, "production", self.build_seconds)
        promoted = body.get("meta", {}).get("action") == "promote" and source.target is None
        # A preview that is promoted goes live in any case; what was built for production is built
        # again, and goes live as a push does.
        found.ref = "promoted" if promoted else self.production_branch
        return 200, self._deployment(found)

    def _env(self, method: str, wanted: str | None, body: dict) -> tuple[int, dict]:
        found = next((v for v in self.variables if v["id"] == wanted), None)
        if wanted and not found:
            return error(404, "ENV_NOT_FOUND", "The environment variable was not found")
        if method == "GET" and found:
            return 200, self._variable(found, decrypt=not self.encrypted)
        if method == "GET":
            rows = [self._variable(v, decrypt=False) for v in self.variables]
            return 200, {"envs": rows, "pagination": {"count": len(rows), "next": None}}
        if method == "POST":
            target = set(body["target"])
            for v in self.variables:
                if v["key"] == body["key"] and target & set(v["target"]) and not v.get("gitBranch"):
                    return error(409, "ENV_CONFLICT", f"exists already: {body['value']}")
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


def error(status: int, code: str, message: str) -> tuple[int, dict]:
    return status, {"error": {"code": code, "message": message}}
