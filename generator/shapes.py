"""Data that passed its schema -> procedures and checklists, as the model has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from generator import model
from generator.durations import parse_duration
from generator.source import Mapping, Scalar, key_place

T = TypeVar("T")


def each(data: Mapping | None, build: Callable[[Scalar, Mapping], T]) -> tuple[T, ...]:
    return tuple(build(key, value) for key, value in (data or {}).items())


def flag(data: Mapping, key: str, default: bool = False) -> bool:
    return data[key] == "true" if key in data else default


def lines(data: Mapping, key: str) -> tuple[str, ...]:
    return tuple(data.get(key, ()))


def _parameter(key: Scalar, value: Mapping) -> model.Parameter:
    position = int(value["position"]) if "position" in value else None
    return model.Parameter(
        id=key,
        type=value["type"],
        help=value["help"],
        position=position,
        value=value.get("value"),
        fact=value.get("fact"),
        choices=lines(value, "choices"),
        repeat=flag(value, "repeat"),
        threshold=value.get("threshold"),
    )


def procedure(data: Mapping) -> model.Procedure:
    budget = data.get("budget")
    return model.Procedure(
        id=data["id"],
        title=data["title"],
        method=data.get("method"),
        when=data.get("when"),
        intro=data.get("intro"),
        risk=data.get("risk"),
        warning=data.get("warning"),
        budget=model.Budget(parse_duration(budget["target"]), parse_duration(budget["max"]))
        if budget
        else None,
        drill=flag(data, "drill"),
        parameters=each(data.get("parameters"), _parameter),
        script=data.get("script"),
        stops=each(data.get("stops"), lambda key, v: model.Stop(key, v["after"], v["help"])),
        alternatives="choose" in data,
        steps=tuple(_step(s) for s in data["steps"]),
        never=lines(data, "never"),
        closing=lines(data, "closing"),
        drill_place=key_place(data, "drill"),
        rehearsal=_rehearsal(data["rehearsal"]) if "rehearsal" in data else None,
    )


def _rehearsal(data: Mapping) -> model.Rehearsal:
    served = data.get("served")
    return model.Rehearsal(
        arguments=lines(data, "arguments") if "arguments" in data else None,
        before=tuple(tuple(words) for words in data.get("before", ())),
        environment=dict(data.get("environment", {})),
        programs=lines(data, "programs"),
        start=tuple(
            model.Started(tuple(s["run"]), flag(s, "stays")) for s in data.get("start", ())
        ),
        stop=tuple(tuple(words) for words in data.get("stop", ())),
        served=model.Served(tuple(served["run"]), served.get("equals"), served.get("contains"))
        if served
        else None,
    )


def _step(data: Mapping) -> model.Step:
    return model.Step(
        id=data["id"],
        title=data["title"],
        note=data.get("note"),
        manual=lines(data, "manual"),
        either=lines(data, "either"),
        commands=tuple(
            model.Command(tuple(c["run"]), c.get("comment"), c.get("capture"))
            for c in data.get("commands", ())
        ),
        action=data.get("action"),
        arguments=dict(data.get("with", {})),
        expect=data.get("expect"),
        on_failure=data.get("on-failure"),
        details=lines(data, "details"),
        check=_check(data["check"]) if "check" in data else None,
        limit=parse_duration(data["limit"]) if "limit" in data else None,
        show=flag(data, "show"),
    )


def _check(data: Mapping) -> model.Check:
    return model.Check(
        commands=(model.Command(tuple(data["run"]), capture=data.get("capture")),)
        if "run" in data
        else (),
        equals=data.get("equals"),
        contains=data.get("contains"),
        lacks=data.get("lacks"),
        action=data.get("action"),
        arguments=dict(data.get("with", {})),
        within=parse_duration(data["within"]) if "within" in data else None,
        limit=parse_duration(data["limit"]) if "limit" in data else None,
    )


def checklist(data: Mapping) -> model.Checklist:
    return model.Checklist(
        id=data["id"],
        title=data["title"],
        intro=data.get("intro"),
        form=flag(data, "form", default=True),
        fields=tuple(
            model.Field(f["id"], f["label"], f.get("help"), lines(f, "choices"), f.get("fill"))
            for f in data.get("fields", ())
        ),
        results=lines(data, "results"),
        phases=tuple(
            model.Phase(
                p["id"],
                p["title"],
                parse_duration(p["from"]),
                parse_duration(p["to"]),
                p["purpose"],
            )
            for p in data.get("phases", ())
        ),
        groups=tuple(_group(g) for g in data.get("groups", ())),
        closing=data.get("closing"),
        script=data.get("script"),
        parameters=each(data.get("parameters"), _parameter),
    )


def _group(data: Mapping) -> model.Group:
    return model.Group(
        id=data["id"],
        title=data["title"],
        note=data.get("note"),
        phase=data.get("phase"),
        within=parse_duration(data["within"]) if "within" in data else None,
        style=data.get("style", "checks"),
        items=tuple(
            model.Item(
                i["id"], i["text"], lines(i, "items"), tuple(_check(c) for c in i.get("checks", ()))
            )
            for i in data["items"]
        ),
    )


def references(data: Mapping | None) -> model.References:
    found = data if data is not None else Mapping()
    return model.References(
        elsewhere=dict(found.get("elsewhere", {})),
        paths=lines(found, "paths"),
        routes=dict(found.get("routes", {})),
        variables=lines(found, "variables"),
        options={
            program: {o: model.Known(v.get("since"), v.get("before")) for o, v in options.items()}
            for program, options in found.get("options", {}).items()
        },
    )
