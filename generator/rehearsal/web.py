"""The stand-ins for what answers by HTTP: the application, and the team's webhook."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from generator.model import Illness, Page
from generator.problems import quoted
from generator.rehearsal.kind import Standing, Trouble
from generator.rehearsal.sandbox import Sandbox
from generator.rehearsal.serving import Answer, Request, Serving

_PAGES = {"/": Page("The application of the rehearsal.")}
_TEXT = "text/plain; charset=utf-8"
_ERROR = b"Application error: a version that does not work is live."
# One of these does not say what a check looks for, whatever that is.
_OTHER = ("Another page.", "0123456789")


class Application(Serving):
    """The pages of the content, while what is live `works`; an error on all of them otherwise."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        super().__init__()
        self.pages = pages
        self.works: Callable[[], bool] = lambda: True
        self.wrong: dict[str, Answer] = {}

    def reply(self, request: Request) -> Answer:
        # A query that no cache has seen is for caches alone.
        asked = re.sub(r"[?&]rollbook=[\w-]+$", "", request.path)
        path = urlsplit(asked).path
        for name in (asked, path):
            if name in self.wrong:
                return self.wrong[name]
        page = self.pages.get(asked) or self.pages.get(path)
        if page is None:
            return Answer(404, b"Not found", _TEXT)
        return answer_of(page) if self.works() else Answer(500, _ERROR, _TEXT)


def answer_of(page: Page) -> Answer:
    to = {"Location": page.to} if page.to else {}
    return Answer(page.status, page.answer.encode(), _TEXT, to)


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
        served = Answer(200, _OTHER[0].encode(), _TEXT)
        if status := arguments.get("status"):
            words = f"answers with status 200, not {status}"
            found.append(self._trouble(path, words, served))
        if end := arguments.get("ends-at"):
            found.append(self._trouble(path, f"does not lead to {end}", served))
        if text := arguments.get("equals"):
            other = next(o for o in _OTHER if o != text)
            words = f"answers something else than {quoted(text)}"
            found.append(self._trouble(path, words, Answer(200, other.encode(), _TEXT)))
        if text := arguments.get("contains"):
            other = next(o for o in _OTHER if "".join(text.split()) not in "".join(o.split()))
            found.append(
                self._trouble(
                    path, f"does not say {quoted(text)}", Answer(200, other.encode(), _TEXT)
                )
            )
        if text := arguments.get("lacks"):
            page = f"{_OTHER[0]}\n{text}\n"
            found.append(
                self._trouble(path, f"says {quoted(text)}", Answer(200, page.encode(), _TEXT))
            )
        return found or [self._trouble(path, "answers with status 500", Answer(500, _ERROR, _TEXT))]

    @contextlib.contextmanager
    def ill(self, illness: Illness) -> Iterator[None]:
        """The application answers as it does with that illness."""
        self.application.wrong.update({p: answer_of(page) for p, page in illness.pages.items()})
        yield
        self.application.wrong.clear()

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
