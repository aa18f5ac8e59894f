"""Actions on what answers by HTTP: the application, the team's webhook."""

from __future__ import annotations

from generator.actions.curl import CURL, POST
from generator.actions.kind import Action
from generator.model import Command

HTTP_CHECK = Action(
    name="http.check",
    summary="Asks the address until it answers with status 200 and the expected text, for up to a minute.",
    parameters=("address", "path", "contains"),
    needs=(),
    gives=(),
    forms=(("path", r"/[A-Za-z0-9._~/-]*"),),
    verifies=True,
    commands=(
        ("get", Command((*CURL, "--write-out", "\\n%{http_code}", "{address}{path}"), None)),
    ),
    holes=(("address", "check_address", "<production-url>"), ("path", "check_path", "{path}")),
    expect="Status 200, and the expected text in the answer.",
    on_failure="The application does not answer as it should. Go through the verification checklist by hand.",
    touches="",
)

NOTIFY = Action(
    name="notify.send",
    summary="Sends the message to the team's webhook where ROLLBOOK_NOTIFY_URL is set; otherwise says what to send.",
    parameters=("message",),
    needs=(),
    gives=(),
    commands=(
        (
            "post",
            Command((*POST, "{payload}")),
        ),
    ),
    holes=(("payload", "payload", "<message>"),),
    expect="The webhook takes the message.",
    on_failure="Tell the team yourself.",
    touches="a message to the team, where ROLLBOOK_NOTIFY_URL is set",
    environment=(("ROLLBOOK_NOTIFY_URL", "the team's incoming webhook (as Slack's); a secret"),),
)

ACTIONS = (HTTP_CHECK, NOTIFY)
