"""A server of HTTP on loopback, on a port that the system chooses; nothing else can reach it."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


@dataclass(frozen=True)
class Request:
    """`path` is as it came, with its query; `token` is that of a Bearer authorization, or empty."""

    method: str
    path: str
    body: bytes
    token: str

    def json(self) -> dict:
        """The body as a JSON object; empty where it is none."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Answer:
    """`cut`: the connection is closed after so many bytes of the body, -1 for without a word."""

    status: int
    body: bytes
    kind: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


class Serving:
    """Something that answers on loopback while its `with` lasts. Subclasses say what."""

    def __init__(self) -> None:
        serving = self

        class Handler(_Handler):
            def reply(self, request: Request) -> Answer:
                return serving.reply(request)

        self.server = _Server(("127.0.0.1", 0), Handler)

    def reply(self, request: Request) -> Answer:
        raise NotImplementedError

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def start(self) -> None:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self) -> None:
        # The one of HTTPServer looks up the machine's name, which may ask the network.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is nothing to tell of."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, request: Request) -> Answer:
        raise NotImplementedError

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        answer = self.reply(Request(self.command, self.path, self.rfile.read(length), token))
        if answer.cut is not None:
            self.close_connection = True
        if answer.cut == -1:
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: answer.cut])

    do_POST = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_: object) -> None:
        """What was asked is told by who answers, not here."""
