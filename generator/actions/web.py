"""Actions on what answers by HTTP: the application, the team's webhook."""

from __future__ import annotations

from generator.actions.curl import CURL, POST
from generator.actions.kind import Action
from generator.model import Command

_ASK = (
    *CURL,
    "--header",
    "Cache-Control: no-cache",
    "--dump-header",
    "{headers}",
    "--write-out",
    "\\n%{http_code} %{time_total} %{redirect_url}",
    "--config",
    "-",
)
GET = (
    ("get", Command((*_ASK, "{url}"), "With a query that no cache has seen")),
    ("follow", Command((*_ASK, "{next}"), "Where it is sent on, on the same host")),
)
HOLES = (
    ("headers", "headers", "<headers>"),
    ("url", "url", "{address}{path}<unseen>"),
    ("next", "next", "<redirect>"),
)
_PATH = ("path", r"/[A-Za-z0-9._~/-]*(\?[A-Za-z0-9._~=&%-]+)?")
_ROUTE = (("path", "route"),)
# Nothing at all would be found in every answer.
_SOMETHING = r".*\S.*"
_BYPASS = (
    "VERCEL_AUTOMATION_BYPASS_SECRET",
    "passes Vercel's login page at the production address; a secret",
)

HTTP_CHECK = Action(
    name="http.check",
    summary=(
        "Asks the address, and follows at most five redirects, which must not lead to another host. The answer must have "
        "status 200 and not be blank, or be what is named below: another status, the whole answer (`equals`), a text that it "
        "contains (white space does not matter), one that it lacks (upper and lower case do not), the path where the redirects "
        "end. A login page or a challenge in its place, and a cached answer older than the move, count as not checked."
    ),
    parameters=("address", "path", "status", "equals", "contains", "lacks", "ends-at"),
    optional=("status", "equals", "contains", "lacks", "ends-at"),
    needs=(),
    gives=(),
    forms=(
        _PATH,
        ("status", r"[2-5][0-9][0-9]"),
        ("equals", _SOMETHING),
        ("contains", _SOMETHING),
        ("lacks", _SOMETHING),
        ("ends-at", r"/[A-Za-z0-9._~/-]*"),
    ),
    names=(*_ROUTE, ("ends-at", "route")),
    helpers=("address", "http"),
    looks=True,
    verifies=True,
    commands=GET,
    holes=HOLES,
    expect="Status 200 and an answer that is not blank.",
    on_failure="The application does not answer as it should. Look at it in a browser and at its logs before you say that it works.",
    touches="",
    environment=(_BYPASS,),
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
    helpers=("address", "http"),
    looks=True,
    verifies=True,
    commands=GET,
    holes=HOLES,
    expect="The middle one of three response times is within the threshold.",
    on_failure="The application is slow. Look at its load and its logs.",
    touches="",
    environment=(_BYPASS,),
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
