"""The rehearsal of a checklist: what its script says of each item, while all works and in every trouble.

The script says Pass or Fail, and must not be believed: while everything works, every check on a
stand-in must hold; then each is given something to notice, and must notice it, and nothing else may
change. Troubles that have nothing to do with each other share a run.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from generator import actions, model
from generator.rehearsal import reported
from generator.rehearsal.expecting import FAIL, NOT_CHECKED, PASS
from generator.rehearsal.kind import Trouble
from generator.rehearsal.outcome import Outcome, ending, tail
from generator.rehearsal.plan import Plan
from generator.rehearsal.sandbox import Sandbox
from generator.rehearsal.scripts import Ran, run
from generator.rehearsal.web import Web

_ROW = re.compile(r"^\| .* \| (Pass|Fail|Not applicable|Not checked) \| \w+ \| ", re.MULTILINE)


@dataclass(frozen=True)
class _Look:
    """One run: result and evidence of every item in order, and what is wrong with the list itself."""

    ran: Ran
    rows: Sequence[tuple[str, str]]
    wrong: list[str]


@dataclass(frozen=True)
class _Hit:
    """A trouble, and the number of the item that must notice it."""

    trouble: Trouble
    item: int


def done(
    plan: Plan, book: model.Handbook, box: Sandbox, base: Outcome, command: list[str]
) -> Outcome:
    """All runs of the script, judged. `command` is how it is started."""
    looked = partial(_looked, plan, box, base, command)
    right = [f"{e.item.id}: {e.result}, {e.why}" for e in plan.items if e.why and e.result == FAIL]
    rollback = None
    if plan.first:
        look = looked()
        wrong = look.wrong or _while_working(plan, look) or reported.unfounded(look.ran, box)
        if wrong:
            return _failed(base, wrong, look)
        rollback = reported.rolled_back(plan.first, book, box, command[:-1])
        if isinstance(rollback, str):
            return replace(base, wrong=(rollback,))
    look = looked()
    wrong = look.wrong or _while_working(plan, look)
    if rollback and not wrong:
        seen, wrong = reported.judged(rollback, plan.thing, book, box, look.ran)
        right += seen
    base = replace(
        base,
        exit=look.ran.ended.code,
        seconds=look.ran.ended.seconds,
        arguments=("--yes", *plan.arguments),
        steps=tuple((e.item.id, result) for e, (result, _) in zip(plan.items, look.rows)),
        log=look.ran.logs[0] if look.ran.logs else None,
    )
    hits, unseen = _hits(plan, box)
    for together in [] if wrong else _rounds(hits):
        with contextlib.ExitStack() as lasting:
            for hit in together:
                lasting.enter_context(hit.trouble.lasting())
            look = looked()
        noticed, missed = _noticed(plan, look, hits, together)
        right += noticed
        wrong = look.wrong or missed
        if wrong:
            break
    for illness in [] if wrong else book.service.illnesses:
        web = box.standing.get("web")
        watchers = [n for n, e in enumerate(plan.items) if e.item.id in illness.noticed_by]
        if not isinstance(web, Web) or not watchers:
            continue
        with web.ill(illness):
            look = looked()
        results = {plan.items[n].item.id: look.rows[n][0] for n in watchers if look.rows}
        right += [f"{id}: {r} while {illness.title}" for id, r in results.items() if r == FAIL]
        wrong = look.wrong or [
            f"{id}: {r} while {illness.title}, not {FAIL}" for id, r in results.items() if r != FAIL
        ]
        if wrong:
            break
    base = replace(base, right=tuple(right), unseen=tuple(unseen))
    return _failed(base, wrong, look) if wrong else replace(base, state="done")


def _failed(base: Outcome, wrong: list[str], look: _Look) -> Outcome:
    # Where there is a list, what is wrong says more than the last lines of the script.
    return replace(base, wrong=tuple(wrong), said=() if look.rows else tail(look.ran.ended))


def _looked(plan: Plan, box: Sandbox, base: Outcome, command: list[str]) -> _Look:
    """Run the script, and read the list that it has completed."""
    ran = run(box, command, plan.arguments)
    ended = ending("the script", ran.ended)
    if len(ran.logs) != 1:
        return _Look(ran, (), [f"{ended}, and left {len(ran.logs)} run logs"])
    try:
        data = json.loads(ran.logs[0].with_suffix(".json").read_bytes())
        read = [(r["item"], r["result"], r["evidence"]) for r in data["items"]]
        shown = _ROW.findall(ran.logs[0].with_suffix(".md").read_text("utf-8"))
        sha256 = data["script_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or repr(error)
        return _Look(ran, (), [f"{ended}, and its completed list cannot be read: {reason}"])
    results = [result for _, result, _ in read]
    wrong = []
    if sha256 != base.script_sha256:
        wrong.append("the completed list names another script than the one that ran")
    if [id for id, _, _ in read] != [e.item.id for e in plan.items]:
        wrong.append("the completed list has other items than the checklist")
    if shown != results:
        wrong.append("the completed list in Markdown says something else than that in JSON")
    open = NOT_CHECKED in results or PASS not in results
    wanted = 7 if FAIL in results else 8 if open else 0
    if ran.ended.code != wanted:
        wrong.append(f"{ended}; what it found calls for {wanted}")
    return _Look(ran, [(result, evidence) for _, result, evidence in read], wrong)


def _while_working(plan: Plan, look: _Look) -> list[str]:
    return [
        f"{e.item.id}: {result}, not {e.result}, while everything worked"
        + (f" ({evidence})" if evidence else "")
        for e, (result, evidence) in zip(plan.items, look.rows)
        if result != e.result
    ]


def _hits(plan: Plan, box: Sandbox) -> tuple[list[_Hit], list[str]]:
    """Everything that some check must notice; and the items of which that cannot be seen, with the reason."""
    hits, unseen = [], []
    for number, found in enumerate(plan.items):
        if found.why and found.result == NOT_CHECKED:
            unseen.append(f"{found.item.text}: {found.why}")
        for check in found.checks:
            action = actions.find(str(check.action))
            assert action is not None
            stand_ins = [box.standing[n] for n in action.stand_ins]
            troubles = [t for s in stand_ins for t in s.troubles(action.name, check.arguments)]
            hits += [_Hit(t, number) for t in troubles]
            if not troubles:
                unseen.append(
                    f"{found.item.text}: nothing can go wrong for {action.name} in a sandbox"
                )
    return hits, unseen


def _rounds(hits: list[_Hit]) -> list[list[_Hit]]:
    """Those that can be told apart go together: no item of a round sees the trouble of another."""
    rounds: list[list[_Hit]] = []
    for hit in hits:
        for together in rounds:
            if not any(
                _looks_at(hit.item, h.trouble, hits) or _looks_at(h.item, hit.trouble, hits)
                for h in together
            ):
                together.append(hit)
                break
        else:
            rounds.append([hit])
    return rounds


def _looks_at(item: int, trouble: Trouble, hits: list[_Hit]) -> bool:
    return any(h.item == item and h.trouble.place == trouble.place for h in hits)


def _noticed(
    plan: Plan, look: _Look, hits: list[_Hit], together: list[_Hit]
) -> tuple[list[str], list[str]]:
    """Of a run with something wrong: what was noticed as it must be, and what was not."""
    noticed, missed = [], []
    everything = "; ".join(h.trouble.words for h in together)
    for number, (found, (result, _)) in enumerate(zip(plan.items, look.rows)):
        mine = next((h.trouble for h in together if h.item == number), None)
        if mine:
            wanted = NOT_CHECKED if mine.to_person else FAIL
            said = f"{found.item.id}: {result} while {mine.words}"
            if result == wanted:
                noticed.append(said)
            else:
                missed.append(f"{said}, not {wanted}")
        elif result != found.result and not any(
            _looks_at(number, h.trouble, hits) for h in together
        ):
            missed.append(f"{found.item.id}: {result} while only this was wrong: {everything}")
    return noticed, missed
