"""Scripts in a sandbox: written down as they are rendered now, run, and what has to come before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generator import model
from generator.rehearsal.outcome import SCRIPT, ending
from generator.rehearsal.plan import Plan
from generator.rehearsal.running import Ended
from generator.rehearsal.sandbox import Sandbox
from generator.render import scripts


@dataclass(frozen=True)
class Ran:
    """One run of a script, with the run logs that it left: one, if all is well."""

    ended: Ended
    logs: list[Path]


def written(plan: Plan, book: model.Handbook, box: Sandbox) -> Path:
    """The script of a plan, ready to run."""
    path = box.root / "scripts" / str(plan.thing.script)
    path.write_text(scripts.script(plan.thing, book), "utf-8")
    path.chmod(0o755)
    return path


def run(box: Sandbox, command: Sequence[str], arguments: Sequence[str]) -> Ran:
    """Run a script without questions. Words of the content are filled here."""
    before = {*box.logs.iterdir()}
    ended = box.run([*command, "--yes", *box.filled(arguments)], SCRIPT)
    return Ran(ended, [p for p in {*box.logs.iterdir()} - before if p.suffix == ".jsonl"])


def spoil(plan: Plan, box: Sandbox, command: Sequence[str]) -> tuple[str, Ended | None]:
    """The runs of a procedure while all is still well, then the trouble. What goes wrong is answered."""
    for words in plan.how.before:
        ended = run(box, command, words).ended
        if ended.code != 0:
            return f"a run before it: {ending(' '.join(words), ended)}", ended
    if plan.spoiler:
        box.standing[plan.spoiler].spoil()
    return "", None
