"""One rehearsal: the stand-ins start, the trouble comes, the script runs, and what came of it is judged.

The script's exit is never the judge. What is served is looked at from inside the stand-ins or by a
command of the content's own, before the script, where it must be bad, and after it.
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
from generator.rehearsal.plan import Plan
from generator.rehearsal.running import Ended
from generator.rehearsal.sandbox import Sandbox, sandbox
from generator.render.scripts.procedure import script

# Seconds that a script, and a command of the content around it, may take.
_SCRIPT, _COMMAND = 900, 120
# How a script goes on with a sentence that did not fit a line.
_CONTINUED = " " * 16


@dataclass(frozen=True)
class Outcome:
    """How a rehearsal went. `state` is done, failed or 'not rehearsed', which `reason` explains.

    `arguments` are those of the script, with the holes of the content; `exit` is its status.
    `wrong` says all that is not as it must be, `right` what was seen to be so apart from the
    script. `steps` have their results as a drill record has them; `left` are steps for people;
    `said` are the last lines of a script that failed. `log` is there as long as the sandbox is.
    """

    procedure: model.Procedure
    state: str
    reason: str = ""
    exit: int | None = None
    seconds: float = 0.0
    script_sha256: str = ""
    arguments: tuple[str, ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    stand_ins: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    log: Path | None = None


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
    """Rehearse one procedure in a sandbox made at `root`. `content` is the service's folder.

    Raises Interrupted, and RollbookError where no sandbox can be made.
    """
    text = script(plan.procedure, book)
    with sandbox(root, {*plan.programs, shell[0]}, book.service.pages, stopped) as box:
        path = root / "scripts" / str(plan.procedure.script)
        path.write_text(text, "utf-8")
        path.chmod(0o755)
        box.holes |= {"sandbox": str(root), "content": str(content.resolve())}
        base = Outcome(
            plan.procedure,
            "failed",
            script_sha256=sha256(text.encode()).hexdigest(),
            stand_ins=tuple(s.name for s in plan.stand_ins),
            facts=tuple(id for id, _ in plan.facts),
            left=plan.by_hand,
        )
        left: list[str] = []
        with _started(plan, box, left) as not_started:
            if not_started:
                outcome = replace(base, wrong=(not_started,))
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
            ended = box.finish(box.filled(words), _COMMAND)
            if ended.code != 0:
                left.append(f"'stop' in the content: {_ending(' '.join(words), ended)}")


def _own_started(how: model.Rehearsal, box: Sandbox) -> str:
    for command in how.start:
        words = box.filled(command.words)
        if command.stays:
            box.keep(words)
        elif (ended := box.run(words, _COMMAND)).code != 0:
            return f"the stand-in did not start: {_ending(' '.join(command.words), ended)}"
    return ""


def _done(plan: Plan, box: Sandbox, base: Outcome, command: list[str]) -> Outcome:
    for words in plan.how.before:
        ended = box.run([*command, "--yes", *box.filled(words)], _SCRIPT)
        if ended.code != 0:
            said = f"a run before it: {_ending(' '.join(words), ended)}"
            return replace(base, wrong=(said,), said=_tail(ended))
    if plan.spoiler:
        box.standing[plan.spoiler].spoil()
    idle = [j.right for j in _judgements(plan, box, after=False) if not j.wrong]
    if idle:
        said = f"before the script ran, already: {'; '.join(idle)}. This would prove nothing"
        return replace(base, wrong=(said,))
    before = {*box.logs.iterdir()}
    ended = box.run([*command, "--yes", *box.filled(plan.arguments)], _SCRIPT)
    logs = [p for p in {*box.logs.iterdir()} - before if p.suffix == ".jsonl"]
    judgements = _judgements(plan, box, after=True)
    steps, wrong = _logged(logs, base)
    wrong += [w for j in judgements for w in j.wrong]
    # A script whose last steps are for people ends with 8, and is done as far as a script goes.
    expected = 8 if plan.by_hand else 0
    if ended.code != expected:
        wrong.insert(0, _ending("the script", ended))
    return replace(
        base,
        state="failed" if wrong else "done",
        exit=ended.code,
        seconds=ended.seconds,
        arguments=("--yes", *plan.arguments),
        steps=steps,
        right=tuple(j.right for j in judgements if not j.wrong),
        wrong=tuple(wrong),
        said=_tail(ended) if wrong else (),
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
    ended = box.run(box.filled(served.words), _COMMAND)
    equals, contains = (
        box.filled([w])[0] if w is not None else None for w in (served.equals, served.contains)
    )
    printed = ended.out.rstrip("\n")
    wanted = quoted(f"...{served.contains}..." if served.equals is None else served.equals)
    if ended.code != 0:
        return _Judgement("", [f"the look at what is served: {_ending(shown, ended)}"])
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
    ids = [s.id for s in base.procedure.steps]
    return tuple((id, result) for id, result in run.steps.items() if id in ids), wrong


def _ending(what: str, ended: Ended) -> str:
    if ended.code is None:
        return f"{what} took longer than {ended.seconds:.0f} seconds"
    if ended.code < 0:
        return f"{what} was killed by signal {-ended.code}"
    return f"{what} ended with {ended.code}"


def _tail(ended: Ended) -> tuple[str, ...]:
    """The last lines that a script has said, in its own words."""
    lines: list[str] = []
    for line in [*ended.out.splitlines()[-6:], *ended.err.splitlines()[-16:]]:
        line = "".join(c if c.isprintable() else "?" for c in line)
        # The log is gone with the sandbox, or told with it.
        if not line.strip() or line.startswith("Run log: "):
            continue
        if line.startswith(_CONTINUED) and lines:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return tuple(lines)
