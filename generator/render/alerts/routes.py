"""An example of who is told of which alert, for Alertmanager.

Only an address that Alertmanager itself can use becomes a receiver. Whatever is not known, or
is for people only (a telephone number), is refused by name, and a severity that reaches nobody
says so in the name of its receiver.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from generator import model, shell
from generator.markdown import URL
from generator.promql import untemplated
from generator.refs import targets, value_words
from generator.render.alerts.expressions import watched

SEVERITIES = ("critical", "warning")
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_SLACK = re.compile(r"#[a-z0-9][a-z0-9._-]*")


@dataclass(frozen=True)
class Reached:
    """One recipient: `config` of Alertmanager under `kind`, or why there is none."""

    name: str
    kind: str = ""
    config: dict[str, str] | None = None
    refused: str = ""


def recipients(book: model.Handbook, severity: str) -> list[Reached]:
    return [_reached(book, r) for r in book.alerting.routes.get(severity, ())]


def data(book: model.Handbook) -> dict[str, object]:
    service = str(book.service.id)
    severities = [s for s in SEVERITIES if s in book.alerting.routes]
    found: dict[str, object] = {
        "route": {
            "receiver": "others",
            "routes": [
                {
                    "matchers": [f'service="{service}"', f'severity="{severity}"'],
                    "receiver": _name(book, severity),
                    "group_by": ["service", "metric"],
                }
                for severity in severities
            ],
        },
    }
    if _mutes(book):
        found["inhibit_rules"] = [
            {
                "source_matchers": [f'service="{service}"', 'severity="critical"'],
                "target_matchers": [f'service="{service}"', 'severity="warning"'],
                "equal": ["metric"],
            }
        ]
    found["receivers"] = [{"name": "others"}, *(_receiver(book, s) for s in severities)]
    return found


def _receiver(book: model.Handbook, severity: str) -> dict[str, object]:
    found: dict[str, object] = {"name": _name(book, severity)}
    for reached in recipients(book, severity):
        if reached.config is not None:
            configs = found.setdefault(reached.kind, [])
            assert isinstance(configs, list)
            configs.append(reached.config)
    return found


def _name(book: model.Handbook, severity: str) -> str:
    reaches = "" if _reaches(book, severity) else "-reaches-nobody"
    return f"{book.service.id}-{severity}{reaches}"


def _reaches(book: model.Handbook, severity: str) -> bool:
    return any(r.config is not None for r in recipients(book, severity))


def _mutes(book: model.Handbook) -> bool:
    """Whether a critical alert may mute a warning of the same metric.

    Who is told of the worse need not be told of the lesser; who is not must hear of the lesser.
    """
    critical, warning = (
        [(r.kind, r.config) for r in recipients(book, s) if r.config is not None]
        for s in SEVERITIES
    )
    return bool(critical) and all(w in critical for w in warning)


def _reached(book: model.Handbook, recipient: model.Recipient) -> Reached:
    known = targets(book)
    if recipient.kind == "contact":
        contact = next(c for c in book.contacts.contacts if c.id == recipient.id)
        title, value = contact.title, contact.reach
    else:
        channel = next(c for c in book.contacts.channels if c.id == recipient.id)
        title, value = channel.title, channel.channel
    name = shell.plain(title, known)
    if isinstance(value, model.Unfilled):
        owner = shell.plain(book.contacts.roles[value.owner], known)
        return Reached(name, refused=f"{value_words(value)}; owed by {owner}: {value.path}")
    return _config(book.alerting, name, str(value))


def _config(alerting: model.Alerting, name: str, value: str) -> Reached:
    if _MAIL.fullmatch(value):
        if alerting.smarthost is None or alerting.sender is None:
            return Reached(name, refused=f"{value} needs a mail server: alerts.mail is missing")
        sender = untemplated(alerting.sender)
        mail = {"to": value, "from": sender, "smarthost": str(alerting.smarthost)}
        return Reached(name, "email_configs", mail)
    if _SLACK.fullmatch(value):
        if alerting.slack_url_file is None:
            return Reached(name, refused=f"{value} needs a webhook: alerts.slack is missing")
        slack = {"channel": value, "api_url_file": str(alerting.slack_url_file)}
        return Reached(name, "slack_configs", slack)
    if URL.fullmatch(value):
        return Reached(name, "webhook_configs", {"url": value})
    return Reached(name, refused=f"Alertmanager cannot use {value}")


def header(book: model.Handbook) -> list[str]:
    known = targets(book)
    service = shell.plain(book.service.name, known)
    lines = [
        f"An example of who is told of the alerts of {service}, for Alertmanager, made by Rollbook",
        f"from content/{book.service.id}/. Do not edit: change the content and build again.",
        f"Take its {'routes, inhibition' if _mutes(book) else 'routes'} and receivers over into your own configuration; 'others' stands for",
        "what you have for all other alerts, and tells nobody.",
    ]
    if "routes" in book.alerting.assumed:
        why = shell.plain(book.alerting.assumed["routes"], known)
        lines += ["", f"Nobody has decided who is told; it is assumed ({why})."]
    for severity in SEVERITIES:
        refused = [r for r in recipients(book, severity) if r.config is None]
        if refused:
            lines += ["", f"REFUSED: of an alert that is {severity} these are not told:"]
            lines += [f"  - {r.name}: {r.refused}" for r in refused]
        if refused and len(refused) == len(recipients(book, severity)):
            lines.append(f"  So nobody is told of an alert that is {severity}.")
    unrouted = {"warning"} | {
        t.alert for m in watched(book) for t in book.thresholds if t.metric.id == m.id
    }
    for severity in SEVERITIES:
        if severity in unrouted and severity not in book.alerting.routes:
            lines += ["", f"REFUSED: the content names nobody for an alert that is {severity}."]
    return lines
