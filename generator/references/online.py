"""Web addresses of the content, asked once each: only on request, and never trusted too far.

No cookie, no proxy, no body is read. A private or loopback address is not asked: content is
data, and a machine of CI reaches what strangers must not probe. What says nothing for sure
(refused, too many requests, a fault of the server, no answer) stays "could not be checked".
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urljoin, urlsplit, urlunsplit

from generator import __version__
from generator.files import Document
from generator.markdown import URL
from generator.references.named import prose
from generator.source import Scalar

AT_ONCE = 4
SECONDS = 10.0  # for one connection or one answer
IN_ALL = 30.0  # for one address, with all that it is moved to
MOVES = 10
HEADERS = {"User-Agent": f"rollbook/{__version__} (looks whether links still lead somewhere)"}
_MOVED = frozenset((301, 302, 303, 307, 308))
_ADDRESS = re.compile(URL.pattern.replace("https", "https?", 1))


@dataclass(frozen=True)
class Answer:
    """`state` is ok, dead, moved (then `to` has the new address) or open; `words` say why."""

    state: str
    words: str = ""
    to: str = ""


class Private(OSError):
    """The address is one of this machine or of a private network."""


class NoName(OSError):
    """The name is not known."""


def addresses(documents: Iterable[Document]) -> dict[str, list[Scalar]]:
    """Each web address that the content of today names, and where it stands."""
    found: dict[str, list[Scalar]] = {}
    for document in documents:
        for node in prose(document.data) if not document.record else ():
            for match in _ADDRESS.finditer(node) if "://" in node else ():
                url = match.group().rstrip(".,;:!?'\"")
                url = url[:-1] if url.endswith(")") and "(" not in url else url
                if node[match.end() : match.end() + 1] not in ("{", "<"):
                    found.setdefault(url, []).append(node)
    return found


def ask_all(urls: Iterable[str], *, private: bool = False, tls: ssl.SSLContext | None = None):
    """url -> Answer. Hosts are asked side by side, the addresses of one host one after another.

    Whatever differs only behind '#' is asked once. `private` and `tls` are for tests.
    """
    bare = {url: url.partition("#")[0] for url in urls}
    ordered = sorted(set(bare.values()), key=lambda u: (urlsplit(u).netloc, u))
    hosts = [list(group) for _, group in groupby(ordered, key=lambda u: urlsplit(u).netloc)]

    def ask_host(found: list[str]) -> list[tuple[str, Answer]]:
        return [(url, ask(url, private=private, tls=tls)) for url in found]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = dict(pair for found in pool.map(ask_host, hosts) for pair in found)
    if all(a.words == _NO_NAME or a.state == "open" for a in answers.values()):
        # Not one name was found: more likely this machine has no network.
        answers = {
            u: Answer("open", "no name is found from here") if a.words == _NO_NAME else a
            for u, a in answers.items()
        }
    return {url: answers[b] for url, b in bare.items()}


_NO_NAME = "its host is not known"


def ask(url: str, *, private: bool = False, tls: ssl.SSLContext | None = None) -> Answer:
    """What becomes of one address, with all that it is moved to."""
    seen, here, lasting = [], url, True
    new = ""
    deadline = _Deadline(IN_ALL)
    try:
        while True:
            if here in seen or len(seen) > MOVES:
                return Answer("open", "it is moved in a circle, or too often")
            seen.append(here)
            status, target = _status(here, private, tls, deadline)
            if status not in _MOVED or not target:
                break
            here = urljoin(here, target).partition("#")[0]
            lasting = lasting and status in (301, 308)
            new = here if lasting else new
            if urlsplit(here).scheme not in ("http", "https"):
                return Answer("open", "it is moved to something that is no web address")
    except NoName:
        return Answer("dead", _NO_NAME)
    except Private:
        return Answer("open", "it leads to a private address")
    except (OSError, http.client.HTTPException, ValueError) as error:
        late = isinstance(error, TimeoutError) or deadline.over
        return Answer("open", "it took too long" if late else f"no answer ({type(error).__name__})")
    finally:
        deadline.done()
    if status in (404, 410):
        return Answer("dead", f"answers {status}")
    if not 200 <= status < 300:
        return Answer("open", f"answers {status}")
    return Answer("moved", "has moved for good", new) if new and new != url else Answer("ok")


class _Deadline:
    """Cuts the connection when the time is over: a server may send one byte at a time."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self.socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        self.over = True
        if self.socket is not None:
            try:
                self.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it is closed already

    def done(self) -> None:
        self._timer.cancel()


def _status(
    url: str, private: bool, tls: ssl.SSLContext | None, deadline: _Deadline
) -> tuple[int, str]:
    """Status and new place by HEAD; by GET where HEAD is not answered well."""
    status, target = _request("HEAD", url, private, tls, deadline)
    if 200 <= status < 300 or (status in _MOVED and target):
        return status, target
    return _request("GET", url, private, tls, deadline)


def _request(
    method: str, url: str, private: bool, tls: ssl.SSLContext | None, deadline: _Deadline
) -> tuple[int, str]:
    parts = urlsplit(url)
    if "@" in parts.netloc or not parts.hostname:
        raise ValueError("an address with a password, or without a host")
    if deadline.over:
        raise TimeoutError
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    connection = http.client.HTTPConnection(parts.hostname, port, timeout=SECONDS)
    try:
        plain = _connect(parts.hostname, port, private)
        deadline.socket = plain
        if secure:
            context = tls or ssl.create_default_context()
            plain = context.wrap_socket(plain, server_hostname=parts.hostname)
            deadline.socket = plain
        connection.sock = plain
        path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        connection.request(method, path, headers=HEADERS)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", "")
    finally:
        deadline.socket = None
        connection.close()


def _connect(host: str, port: int, private: bool) -> socket.socket:
    """A connection to the very address that was judged."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
            raise NoName from error
        raise
    except UnicodeError as error:
        raise ValueError("a host's name that cannot be one") from error
    last: OSError = OSError("no address")
    for family, kind, protocol, _, address in found:
        if not private and not ipaddress.ip_address(address[0].partition("%")[0]).is_global:
            last = Private("a private address")
            continue
        made = socket.socket(family, kind, protocol)
        made.settimeout(SECONDS)
        try:
            made.connect(address)
            return made
        except OSError as error:
            made.close()
            last = error
    raise last
