"""From a Handbook to files in memory. OUTPUTS lists every kind of output, in order."""

from __future__ import annotations

from collections.abc import Callable

from generator import model
from generator.outputs import OutFile
from generator.render import alerts, canon, decide, document, forms, scripts, thresholds

OUTPUTS: tuple[Callable[[model.Handbook], list[OutFile]], ...] = (
    document.outputs,
    scripts.outputs,
    forms.outputs,
    canon.outputs,
    decide.outputs,
    alerts.outputs,
    thresholds.outputs,
)


def render_all(book: model.Handbook) -> list[OutFile]:
    """Every file of one service, as it would be written. Pure."""
    return [file for output in OUTPUTS for file in output(book)]
