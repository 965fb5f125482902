"""Many stochastic runs as one table and as one figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mscnet.records import replace
from mscnet.report.tables import COLUMN_GROUPS, Column, Table, tabulate
from mscnet.simulation.repeats import Repeats

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: So many runs are drawn behind their mean.
MOST_RUNS = 40


def tabulate_repeats(
    runs: Repeats,
    columns: str | Sequence[str] | None = None,
    units: Mapping[str, str] | None = None,
    amounts: Iterable[str] = (),
) -> Table:
    """All runs one below the other, the number of each before its times; arguments and errors as for `tabulate`."""
    table = tabulate(runs.joined, columns, units, amounts)
    numbers: Any = np.repeat(runs.repeat, len(runs.time))
    return replace(table, leading=(Column("repeat", "repeat", "", None, numbers),))


def plot_repeats(
    runs: Repeats,
    columns: str | Sequence[str] | None = None,
    units: Mapping[str, str] | None = None,
    amounts: Sequence[str] = (),
) -> Figure:
    """The mean over the runs, named, over thin lines of single runs; arguments and errors as for `plot_trajectory`."""
    from mscnet.report.plots import MOST_CURVES, draw_table, worth_drawing

    table = tabulate(runs.joined, columns, units, amounts)
    shape = (len(runs), len(runs.time))
    courses = {column.name: column.values.reshape(shape) for column in table.columns}
    means = tuple(replace(c, values=courses[c.name].mean(axis=0)) for c in table.columns)
    shown = Table(replace(table.time, values=table.time.values[: len(runs.time)]), means)
    named = columns is not None and columns not in COLUMN_GROUPS
    notes = []
    if not named:
        kept, note = worth_drawing(shown, MOST_CURVES if columns is None else len(means))
        shown, notes = replace(shown, columns=kept), [note] if note else []
    drawn = min(MOST_RUNS, len(runs))
    which = "all runs" if drawn == len(runs) else f"the first {drawn} of {len(runs):,} runs"
    notes.append(f"thick: mean of {len(runs):,}; thin: {which}")
    mechanism = runs.mechanism
    title = f"{mechanism.name}, pathway {mechanism.pathway}" if mechanism.pathway else mechanism.name
    return draw_table(shown, title, "; ".join(notes), {name: course[:drawn] for name, course in courses.items()})
