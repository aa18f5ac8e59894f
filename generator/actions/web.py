"""Actions on what answers by HTTP: the application, the team's webhook."""

from __future__ import annotations

from generator.actions.curl import CURL, POST
from generator.actions.kind import Action
from generator.model import Command

_GET = Command(
    (
        *CURL,
        "--location",
        "--max-redirs",
        "5",
        "--write-out",
        "\\n%{http_code} %{time_total} %{url_effective}",
        "{address}{path}",
    )
)
_GET_HOLES = (("address", "address", "<production-url>"), ("path", "path", "{path}"))
_PATH = ("path", r"/[A-Za-z0-9._~/-]*")
_ROUTE = (("path", "route"),)
# Nothing at all would be found in every answer.
_SOMETHING = r".*\S.*"

HTTP_CHECK = Action(
    name="http.check",
    summary=(
        "Asks the address, and follows at most five redirects, which must not lead to another host. The answer must have status 200 and not be blank. If a "
        "text is named below that it contains, white space does not matter; if one that it lacks, upper and lower case do not."
    ),
    parameters=("address", "path", "contains", "lacks"),
    optional=("contains", "lacks"),
    needs=(),
    gives=(),
    forms=(_PATH, ("contains", _SOMETHING), ("lacks", _SOMETHING)),
    names=_ROUTE,
    looks=True,
    verifies=True,
    commands=(("get", _GET),),
    holes=_GET_HOLES,
    expect="Status 200 and an answer that is not blank.",
    on_failure="The application does not answer as it should. Go through the verification checklist by hand.",
    touches="",
    stand_ins=("web",),
)

HTTP_TIME = Action(
    name="http.time",
    summary="Asks the address three times; the middle time is at most so many times the normal one, which is given in milliseconds.",
    parameters=("address", "path", "normal", "times"),
    needs=(),
    gives=(),
    forms=(_PATH,),
    names=_ROUTE,
    looks=True,
    verifies=True,
    commands=(("get", _GET),),
    holes=_GET_HOLES,
    expect="The middle one of three response times is within the threshold.",
    on_failure="The application is slow. Look at its load and its logs.",
    touches="",
    stand_ins=("web",),
)

NOTIFY = Action(
    name="notify.send",
    summary=(
        "Sends the message, and what is true, to the team's webhook where ROLLBOOK_NOTIFY_URL is set; otherwise says what to "
        "send. A run that ends early once production may have moved sends a message of its own, which claims no success."
    ),
    parameters=("message",),
    needs=(),
    gives=(),
    helpers=("webhook", "tell"),
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
    stand_ins=("webhook",),
)

ACTIONS = (HTTP_CHECK, HTTP_TIME, NOTIFY)
