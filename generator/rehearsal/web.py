"""The stand-ins for what answers by HTTP: the application, and the team's webhook."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from generator.problems import quoted
from generator.rehearsal.kind import Standing, Trouble
from generator.rehearsal.sandbox import Sandbox
from generator.rehearsal.serving import Answer, Request, Serving

_PAGES = {"/": "The application of the rehearsal."}
_TEXT = "text/plain; charset=utf-8"
_ERROR = b"Application error: a version that does not work is live."
# One of these does not say what a check looks for, whatever that is.
_OTHER = ("Another page.", "0123456789")


class Application(Serving):
    """The pages of the content, while what is live `works`; an error on all of them otherwise."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        super().__init__()
        self.pages = pages
        self.works: Callable[[], bool] = lambda: True
        self.wrong: dict[str, Answer] = {}

    def reply(self, request: Request) -> Answer:
        path = urlsplit(request.path).path
        if path in self.wrong:
            return self.wrong[path]
        page = self.pages.get(path)
        if page is None:
            return Answer(404, b"Not found", _TEXT)
        return Answer(200, page.encode(), _TEXT) if self.works() else Answer(500, _ERROR, _TEXT)


class Web(Standing):
    def __init__(self, sandbox: Sandbox) -> None:
        self.application = Application(sandbox.pages or _PAGES)
        self.application.start()
        self.stop = self.application.stop
        self.holes = {"address": self.application.url}

    def troubles(self, action: str, arguments: Mapping[str, str]) -> list[Trouble]:
        """A page that says what it must not, or not what it must; an error where any text will do."""
        path = arguments["path"]
        found = []
        if text := arguments.get("contains"):
            other = next(o for o in _OTHER if "".join(text.split()) not in "".join(o.split()))
            found.append(
                self._trouble(
                    path, f"does not say {quoted(text)}", Answer(200, other.encode(), _TEXT)
                )
            )
        if text := arguments.get("lacks"):
            page = f"{self.application.pages.get(path, '')}\n{text}\n"
            found.append(
                self._trouble(path, f"says {quoted(text)}", Answer(200, page.encode(), _TEXT))
            )
        return found or [self._trouble(path, "answers with status 500", Answer(500, _ERROR, _TEXT))]

    def _trouble(self, path: str, words: str, answer: Answer) -> Trouble:
        @contextlib.contextmanager
        def lasting() -> Iterator[None]:
            self.application.wrong[path] = answer
            yield
            del self.application.wrong[path]

        return Trouble(path, f"{path} {words}", lasting)


class Hook(Serving):
    """A webhook that remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[bytes] = []

    def reply(self, request: Request) -> Answer:
        if request.method != "POST" or "text" not in request.json():
            return Answer(400, b"no_text", _TEXT)
        self.told.append(request.body)
        return Answer(200, b"ok", _TEXT)


class Webhook(Standing):
    right = "the team's webhook took the message"

    def __init__(self, sandbox: Sandbox) -> None:
        self.hook = Hook()
        self.hook.start()
        self.stop = self.hook.stop
        self.environment = {"ROLLBOOK_NOTIFY_URL": f"{self.hook.url}/hook"}

    def wrong(self) -> list[str]:
        return [] if self.hook.told else ["no message reached the team's webhook"]
