"""Web addresses, asked of a real server with real faults; and without --online nobody is asked."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from generator.cli import main
from generator.load import load
from generator.references import links, online
from generator.references.online import Answer
from tests.conftest import ROOT

ASKED: Counter[tuple[str, str]] = Counter()
SEEN: list[dict] = []


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    do_GET = do_HEAD

    def _answer(self) -> None:
        path = self.path
        ASKED[self.command, path] += 1
        SEEN.append(dict(self.headers))
        if path == "/slow":
            time.sleep(1.5)
        if path == "/drip":
            for _ in range(30):
                self.wfile.write(b"H")
                time.sleep(0.1)
            return
        if path == "/closed":
            self.connection.close()
            return
        if path == "/rubbish":
            self.wfile.write(b"nothing that HTTP knows\r\n\r\n")
            return
        if path == "/no-head":
            self.send_response(405 if self.command == "HEAD" else 200)
        elif path.startswith("/status/"):
            self.send_response(int(path.split("/")[2]))
        elif path.startswith("/to/"):
            _, _, status, target = path.split("/", 3)
            self.send_response(int(status))
            self.send_header("Location", target if "://" in target else f"/{target}")
            self.send_header("Set-Cookie", "a=b")
        else:
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def server() -> Iterator[str]:
    ASKED.clear()
    SEEN.clear()
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    made.shutdown()
    made.server_close()


def test_what_each_answer_means(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(online, "SECONDS", 0.5)
    monkeypatch.setattr(online, "IN_ALL", 0.8)
    expected = {
        "/fine": ("ok", ""),
        "/no-head": ("ok", ""),
        "/status/404": ("dead", ""),
        "/status/410": ("dead", ""),
        "/to/302/fine": ("ok", ""),
        "/to/301/fine": ("moved", "/fine"),
        "/to/308/to/301/fine": ("moved", "/fine"),
        "/to/301/to/302/fine": ("moved", "/to/302/fine"),
        "/to/302/to/301/fine": ("ok", ""),
        "/to/301/status/404": ("dead", ""),
        "/to/301/status/500": ("open", ""),
        "/to/302/file:///etc/passwd": ("open", ""),
        **{f"/status/{s}": ("open", "") for s in (401, 403, 429, 500, 502, 503)},
        **{f"/{p}": ("open", "") for p in ("slow", "drip", "closed", "rubbish")},
    }
    answers = online.ask_all([server + p for p in expected], private=True)
    for path, (state, to) in expected.items():
        got = answers[server + path]
        assert (got.state, got.to) == (state, server + to if to else ""), path
    assert all(a.words for a in answers.values() if a.state == "open")
    assert all("rollbook/" in h["User-Agent"] and "Cookie" not in h for h in SEEN)


def test_each_address_is_asked_once(server: str) -> None:
    online.ask_all([f"{server}/x", f"{server}/x#a", f"{server}/x#b"], private=True)
    assert ASKED == {("HEAD", "/x"): 1}


def test_a_circle_and_a_closed_port_are_not_called_dead(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/"
        assert online.ask(nobody, private=True).state == "open"
    there = f"{server}/to/302/{server}/fine"
    assert online.ask(there, private=True).state == "ok"
    monkeypatch.setattr(online, "urljoin", lambda here, target: here)
    assert "circle" in online.ask(there, private=True).words


def test_a_private_address_is_not_asked(server: str) -> None:
    for url in (
        server,
        server.replace("127.0.0.1", "localhost"),
        "http://10.0.0.1/",
        "http://[::1]/",
    ):
        got = online.ask(url)
        assert got == Answer("open", "it leads to a private address"), url
    assert not ASKED


def test_a_name_that_is_not_known(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is dead only where another name is found; else this machine has no network."""
    real = socket.getaddrinfo

    def lookup(host, *rest, **more):
        if host == "gone.example":
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        if host == "later.example":
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    gone, later = "http://gone.example/", "http://later.example/"
    found = online.ask_all([gone, later, f"{server}/fine"], private=True)
    assert [found[u].state for u in (gone, later)] == ["dead", "open"]
    assert {a.state for a in online.ask_all([gone, later]).values()} == {"open"}


def test_the_command_tells_dead_moved_and_unknown(monkeypatch, capsys) -> None:
    """PartPulse's addresses, with answers put in place of the network."""
    loaded = load(ROOT / "content/partpulse")
    found = online.addresses(loaded.documents)
    assert sorted(found) == [
        "https://vercel.com/apgi-cmy/partpulse",
        "https://vercel.com/docs/deployments",
        "https://vercel.com/docs/deployments/rollback",
        "https://www.prisma.io/docs/concepts/components/prisma-migrate",
    ]
    states = {
        "https://vercel.com/docs/deployments": Answer("dead", "answers 404"),
        "https://vercel.com/docs/deployments/rollback": Answer(
            "moved", "has moved for good", "https://vercel.com/new"
        ),
        "https://www.prisma.io/docs/concepts/components/prisma-migrate": Answer(
            "open", "answers 403"
        ),
    }
    monkeypatch.setattr(links, "ask_all", lambda urls, **_: {u: states[u] for u in urls})
    run = ["validate", "--content", str(ROOT / "content"), "--online"]
    assert main(run) == 1
    out = capsys.readouterr().out
    assert "error: the address 'https://vercel.com/docs/deployments' answers 404" in out
    assert "warning: the address 'https://vercel.com/docs/deployments/rollback' has moved" in out
    assert "write the new address: https://vercel.com/new" in out
    assert "prisma-migrate': answers 403" in out
    assert "4 addresses looked up: 1 found, 1 dead, 2 not checked" in out
    del states["https://vercel.com/docs/deployments"]
    states["https://vercel.com/docs/deployments"] = Answer("ok")
    assert main([*run, "--format", "json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["references"]
    assert (told["what"], told["dead"], len(told["not_checked"])) == ("address", 0, 2)


@pytest.mark.parametrize("more", [[], ["--format", "json"]])
def test_without_online_no_socket_is_opened(more: list[str], monkeypatch, capsys) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    run = ["validate", "--content", str(ROOT / "content"), "--against", str(ROOT), *more]
    assert main(run) == 1
    assert "a socket was opened" not in capsys.readouterr().err
