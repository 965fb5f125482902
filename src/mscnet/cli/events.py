"""What ``mscnet run`` says of events on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mscnet.cli.console import Console
from mscnet.report.events import firings_text
from mscnet.simulation.trajectory import Trajectory

if TYPE_CHECKING:
    from mscnet.simulation.repeats import Repeats


def tell_events(run: Trajectory | Repeats, console: Console) -> None:
    """Which events fired when in a single run, which did not, and what of them may surprise."""
    if not isinstance(run, Trajectory):
        return
    for note in run.notes:
        console.remark("note", note)
    for line in firings_text(run):
        console.message(line)
