"""A trajectory with the state before and after every event among its rows."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mscnet.records import replace

if TYPE_CHECKING:
    from mscnet.simulation.trajectory import Trajectory

FloatArray = NDArray[np.float64]


def with_jumps(run: Trajectory) -> Trajectory:
    """Two rows at every time at which events fired, before the first of them and after the last.

    An output time at which one fired has the state after it already, and gets the row before.
    """
    if not len(run.time):
        return run
    now = {name: _before(run, name) for name in run.courses}
    times, states = [run.time], [run.values]
    courses = {name: [course] for name, course in run.courses.items()}
    # rows of one time in the order: before, after, the output's own
    order = [np.full(len(run.time), 2)]
    for time, group in groupby(run.events, key=lambda firing: firing.time):
        firings = list(group)
        if not run.time[0] <= time <= run.time[-1]:
            continue
        times.append(np.full(2, time))
        states.append(np.stack([firings[0].before, firings[-1].after]))
        order.append(np.array([0, 1]))
        later = dict(now)
        for firing in firings:
            later |= {name: value for name, (_, value) in firing.parameters.items()}
        for name, parts in courses.items():
            parts.append(np.array([now[name], later[name]]))
        now = later
    time = np.concatenate(times)
    rows = np.lexsort((np.concatenate(order), time))
    joined = {name: np.concatenate(parts)[rows] for name, parts in courses.items()}
    return replace(run, time=time[rows], values=np.concatenate(states)[rows], courses=joined)


def _before(run: Trajectory, name: str) -> float:
    """The value of a parameter before any event."""
    first = next((f.parameters[name][0] for f in run.events if name in f.parameters), None)
    return run.mechanism.value_of(name) if first is None else first
