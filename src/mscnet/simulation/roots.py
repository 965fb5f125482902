"""Conditions watched during a run by the steppers in Python: the sibling of kernels/roots.c, with the same rules."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mscnet.simulation.conditions import Condition, Watch, locate

#: Looks in a step, the last at its end.
LOOKS = 4
#: How far from a look its slope is taken, as a part of the time between two looks.
NEAR = 1e-3
_NARROWINGS = 24
_GOLDEN = 0.3819660112501051

FloatArray = NDArray[np.float64]
#: The state (n_species,) at a time within the last step.
StateAt = Callable[[float], FloatArray]


def begin(watch: Watch, time: float, state: FloatArray) -> bool:
    """Take the sides at the start of a stretch; whether a condition that stops the run has begun to hold there."""
    stopped = False
    for i, condition in enumerate(watch.conditions):
        value = condition.value(time, state)
        side, known = 1.0 if condition.holds(value) else -1.0, watch.side[i]
        watch.side[i] = known if value == 0.0 else side
        if known != 0.0 and watch.side[i] != known:
            watch.found(i, side > 0, time, state)
            stopped |= side > 0 and condition.stops
    return stopped


def check(watch: Watch, start: float, end: float, state_at: StateAt) -> float | None:
    """Look at the step from `start` to `end`; where a condition that stops the run began to hold, or None."""
    times = [start + (end - start) * j / LOOKS for j in range(LOOKS)] + [end]
    states = [state_at(time) for time in times]
    found: list[tuple[float, int, bool]] = []
    for i, condition in enumerate(watch.conditions):
        values = [condition.value(time, state) for time, state in zip(times, states, strict=True)]
        found += [(time, i, holds) for time, holds in _changes(watch, i, condition, times, values, state_at)]
    for time, i, holds in sorted(found):
        watch.found(i, holds, time, state_at(time))
        if holds and watch.conditions[i].stops:
            return time
    return None


def _changes(
    watch: Watch, i: int, condition: Condition, times: list[float], values: list[float], state_at: StateAt
) -> list[tuple[float, bool]]:
    """The changes of one condition, in order."""

    def g(time: float) -> float:
        return condition.value(time, state_at(time))

    found: list[tuple[float, bool]] = []
    j = 0
    while j < LOOKS:
        j += 1
        holds = condition.holds(values[j])
        side = 1.0 if holds else -1.0
        if watch.side[i] == 0.0:
            watch.side[i] = 0.0 if values[j] == 0.0 else side
        elif side != watch.side[i]:
            found.append((locate(g, condition.holds, times[j - 1], times[j]), holds))
            watch.side[i] = side
        else:
            turn, begin, until = None, times[j - 1], times[j]
            if _bends(side, g, times[j - 1 : j + 1], values[j - 1 : j + 1]):
                turn = _turning(g, condition, begin, (begin + until) / 2, until)
            # or the look itself is nearer than both its neighbours, as where slopes are too small to be told
            if turn is None and j < LOOKS and _dips(condition, *values[j - 1 : j + 2]):
                until = times[j + 1]
                turn = _turning(g, condition, begin, times[j], until)
                j += turn is not None
            if turn is not None:
                found.append((locate(g, condition.holds, begin, turn), not holds))
                found.append((locate(g, condition.holds, turn, until), holds))
    return found


def _bends(side: float, g: Callable[[float], float], times: list[float], values: list[float]) -> bool:
    """Whether g nears zero after the first of two times and leaves it before the second."""
    near = NEAR * (times[1] - times[0])
    return side * (g(times[0] + near) - values[0]) < 0.0 and side * (values[1] - g(times[1] - near)) > 0.0


def _dips(condition: Condition, before: float, at: float, after: float) -> bool:
    return abs(at) < abs(before) and abs(at) < abs(after) and condition.holds(after) == condition.holds(at)


def _turning(g: Callable[[float], float], condition: Condition, a: float, middle: float, b: float) -> float | None:
    """A time around `middle` at which g is on the other side, narrowed down by golden section; or None."""
    holds = condition.holds(g(middle))
    sign = 1.0 if holds else -1.0
    least = sign * g(middle)
    for _ in range(_NARROWINGS):
        left = middle - a > b - middle
        t = middle - _GOLDEN * (middle - a) if left else middle + _GOLDEN * (b - middle)
        value = g(t)
        if condition.holds(value) != holds:
            return t
        if sign * value < least:
            if t < middle:
                b = middle
            else:
                a = middle
            middle, least = t, sign * value
        elif t < middle:
            a = t
        else:
            b = t
    return None
