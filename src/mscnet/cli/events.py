"""What ``mscnet run`` says of events on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mscnet.cli.console import Console
from mscnet.simulation.trajectory import Trajectory

if TYPE_CHECKING:
    from mscnet.experiment.results import Run
    from mscnet.simulation.repeats import Repeats


def tell_events(run: Trajectory | Repeats, console: Console) -> None:
    """Which events fired when in a single run, which did not, and what of them may surprise."""
    if not isinstance(run, Trajectory):
        return
    from mscnet.report.events import firings_text

    for note in run.notes:
        console.remark("note", note)
    for line in firings_text(run):
        console.message(line)


def tell_happened(run: Run, console: Console) -> None:
    """The same of experiments, for all their conditions together."""
    if not run.model.events:
        return
    from mscnet.report.events import happened_text

    for note in dict.fromkeys(note for condition in run.conditions for note in condition.notes):
        console.remark("note", note)
    for line in happened_text(run):
        console.message(line)
