"""Web addresses of the content of every service, looked up on request."""

from __future__ import annotations

import ssl
from pathlib import Path

from generator.load import load_all
from generator.problems import Problem, ordered, quoted
from generator.references.lookup import Looked
from generator.references.named import Named, at
from generator.references.online import Answer, addresses, ask_all
from generator.references.resolvers import elsewhere
from generator.references.words import Seen


def online(
    content: Path, only: list[str], *, private: bool = False, tls: ssl.SSLContext | None = None
) -> Looked:
    """Ask each address once, however many services name it. Opens connections.

    What is dead is an error; what moved for good is a warning with the new address.
    """
    named: dict[str, Named] = {}
    reasons: dict[str, str] = {}
    for loaded in load_all(content, only):
        if loaded.handbook is None:
            continue
        told = loaded.handbook.service.references.elsewhere
        for url, nodes in addresses(loaded.documents).items():
            named.setdefault(url, at(nodes[0], Seen("address", url)))
            if key := elsewhere(told, url):
                reasons[url] = f"elsewhere: {told[key]}"
    answers = ask_all((u for u in named if u not in reasons), private=private, tls=tls)
    answers |= {url: Answer("open", reason) for url, reason in reasons.items()}
    return Looked(
        found=tuple(named[u] for u, a in answers.items() if a.state in ("ok", "moved")),
        problems=tuple(
            ordered(_problem(named[u], a) for u, a in answers.items() if a.state in _WORSE)
        ),
        open=tuple((named[u], a.words) for u, a in answers.items() if a.state == "open"),
        dead=sum(a.state == "dead" for a in answers.values()),
        noun="address",
    )


_WORSE = {
    "dead": ("error", "mend it; one that only some may see goes to references.elsewhere"),
    "moved": ("warning", "write the new address: "),
}


def _problem(one: Named, answer: Answer) -> Problem:
    severity, hint = _WORSE[answer.state]
    message = f"the address {quoted(one.name, 300)} {answer.words}"
    to = quoted(answer.to, 300)[1:-1]
    return Problem(one.place, message, hint + to, severity=severity, excerpt=one.excerpt)
