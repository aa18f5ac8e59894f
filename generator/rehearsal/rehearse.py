"""One rehearsal: the stand-ins start, the trouble comes, the script runs, and what came of it is judged.

The script's exit is never the judge. What is served is looked at from inside the stand-ins or by a
command of the content's own, before the script, where it must be bad, and after it. The script of
a checklist changes nothing and is judged by what it says: see `looking`.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from generator import model
from generator.problems import quoted
from generator.records import runlog
from generator.rehearsal import looking, scripts
from generator.rehearsal.outcome import COMMAND, Outcome, ending, tail
from generator.rehearsal.plan import Plan
from generator.rehearsal.sandbox import Sandbox, sandbox


@contextlib.contextmanager
def folder(keep: Path | None, *names: str) -> Iterator[Path]:
    """Where a sandbox is made: below `keep`, else in a temporary folder that is removed again."""
    if keep is not None:
        yield keep.joinpath(*names)
        return
    made = Path(tempfile.mkdtemp(prefix="rollbook-rehearsal-")).resolve()
    try:
        yield made / "sandbox"
    finally:
        shutil.rmtree(made, ignore_errors=True)


def rehearse(
    plan: Plan,
    book: model.Handbook,
    content: Path,
    root: Path,
    stopped: Callable[[], int],
    shell: tuple[str, ...] = ("sh",),
) -> Outcome:
    """Rehearse one script in a sandbox made at `root`. `content` is the service's folder.

    Raises Interrupted, and RollbookError where no sandbox can be made.
    """
    programs = {*plan.programs, shell[0]}
    with sandbox(root, programs, book.service.pages, stopped, plan.paths) as box:
        path = scripts.written(plan, book, box)
        box.holes |= {"sandbox": str(root), "content": str(content.resolve())}
        base = Outcome(
            plan.thing,
            "failed",
            script_sha256=sha256(path.read_bytes()).hexdigest(),
            starts=bool(plan.how.start),
            stand_ins=tuple(s.name for s in plan.stand_ins),
            facts=tuple(id for id, _ in plan.facts),
            left=plan.by_hand,
        )
        left: list[str] = []
        with _started(plan, box, left) as not_started:
            if not_started:
                outcome = replace(base, wrong=(not_started,))
            elif isinstance(plan.thing, model.Checklist):
                outcome = looking.done(plan, book, box, base, [*shell, str(path)])
            else:
                outcome = _done(plan, box, base, [*shell, str(path)])
        return replace(outcome, state="failed", wrong=(*outcome.wrong, *left)) if left else outcome


@contextlib.contextmanager
def _started(plan: Plan, box: Sandbox, left: list[str]) -> Iterator[str]:
    """The stand-ins, those of the content last. Answers what did not start, or nothing.

    What did not end at the end is added to `left`.
    """
    for stand_in in plan.stand_ins:
        standing = stand_in.begin(box)
        box.standing[stand_in.name] = standing
        box.holes |= standing.holes
        box.environment |= standing.environment
    for name in plan.addresses:
        box.environment[name] = box.holes["address"]
    how = plan.how
    own = dict(zip(how.environment, box.filled(how.environment.values())))
    # What keeps the sandbox shut cannot be overruled.
    box.environment = {**own, **box.environment}
    try:
        yield _own_started(how, box)
    finally:
        for words in how.stop:
            ended = box.finish(box.filled(words), COMMAND)
            if ended.code != 0:
                left.append(f"'stop' in the content: {ending(' '.join(words), ended)}")


def _own_started(how: model.Rehearsal, box: Sandbox) -> str:
    for command in how.start:
        words = box.filled(command.words)
        if command.stays:
            box.keep(words)
        elif (ended := box.run(words, COMMAND)).code != 0:
            return f"the stand-in did not start: {ending(' '.join(command.words), ended)}"
    return ""


def _done(plan: Plan, box: Sandbox, base: Outcome, command: list[str]) -> Outcome:
    failed, ended = scripts.spoil(plan, box, command)
    if ended:
        return replace(base, wrong=(failed,), said=tail(ended))
    idle = [j.right for j in _judgements(plan, box, after=False) if not j.wrong]
    if idle:
        said = f"before the script ran, already: {'; '.join(idle)}. This would prove nothing"
        return replace(base, wrong=(said,))
    ran = scripts.run(box, command, plan.arguments)
    ended, logs = ran.ended, ran.logs
    judgements = _judgements(plan, box, after=True)
    steps, wrong = _logged(logs, base)
    wrong += [w for j in judgements for w in j.wrong]
    # A script whose last steps are for people ends with 8, and is done as far as a script goes.
    expected = 8 if plan.by_hand else 0
    if ended.code != expected:
        wrong.insert(0, ending("the script", ended))
    return replace(
        base,
        state="failed" if wrong else "done",
        exit=ended.code,
        seconds=ended.seconds,
        arguments=("--yes", *plan.arguments),
        steps=steps,
        right=tuple(j.right for j in judgements if not j.wrong),
        wrong=tuple(wrong),
        said=tail(ended) if wrong else (),
        log=logs[0] if logs else None,
    )


@dataclass(frozen=True)
class _Judgement:
    right: str
    wrong: list[str]


def _judgements(plan: Plan, box: Sandbox, *, after: bool) -> list[_Judgement]:
    """What each stand-in that is judged has seen, and the content's own look at what is served."""
    found = []
    for stand_in in plan.stand_ins:
        if stand_in.name in plan.judged and (after or not stand_in.always):
            standing = box.standing[stand_in.name]
            wrong = standing.wrong()
            found.append(_Judgement(standing.right, wrong))
    if served := plan.how.served:
        found.append(_served(served, box))
    return found


def _served(served: model.Served, box: Sandbox) -> _Judgement:
    shown = f"`{' '.join(served.words)}`"
    ended = box.run(box.filled(served.words), COMMAND)
    equals, contains = (
        box.filled([w])[0] if w is not None else None for w in (served.equals, served.contains)
    )
    printed = ended.out.rstrip("\n")
    wanted = quoted(f"...{served.contains}..." if served.equals is None else served.equals)
    if ended.code != 0:
        return _Judgement("", [f"the look at what is served: {ending(shown, ended)}"])
    if (equals is not None and printed != equals) or (contains or "") not in printed:
        return _Judgement("", [f"{shown} prints {quoted(printed)}, not {wanted}"])
    return _Judgement(f"{shown} prints {wanted}", [])


def _logged(logs: list[Path], base: Outcome) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """What the run log says of each step, and what is wrong with the log."""
    if len(logs) != 1:
        return (), [f"the script left {len(logs)} run logs"]
    try:
        run = runlog.parse(logs[0].read_bytes())
    except ValueError as error:
        return (), [f"its run log: {error}"]
    wrong = []
    if run.script_sha256 != base.script_sha256:
        wrong.append("its run log names another script than the one that ran")
    ids = [s.id for s in base.thing.steps]
    return tuple((id, result) for id, result in run.steps.items() if id in ids), wrong
