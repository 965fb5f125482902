"""Whether a trajectory comes back to itself: returns through a plane across it (Poincaré's section)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mscnet.simulation.status import Status
from mscnet.simulation.steady_model import SteadyModel
from mscnet.simulation.steady_newton import scales
from mscnet.simulation.steady_walk import Walker

FloatArray = NDArray[np.float64]

#: So many returns in a row must meet …
RETURNS = 4
#: … to this part of the way that the trajectory makes in between.
SAME = 2e-3
#: What is looked at before the question is put off.
MOST_STEPS = 12_000


def find_period(model: SteadyModel, walker: Walker, most: int) -> float | None:
    """The period of a trajectory that comes back to the same state again and again; None where it does not.

    Times are in the file's unit.  The walker is moved on.
    """
    origin = walker.state
    scale = scales(origin, model.largest)
    normal = model.rhs(origin) / scale / scale
    times: list[float] = []
    states: list[FloatArray] = []
    for time, state, reach in _returns(model, walker, origin, normal, scale, min(most, MOST_STEPS)):
        if np.max(np.abs(state - origin) / scale) > 0.2 * reach:
            continue  # the plane is crossed elsewhere, too
        times.append(time)
        states.append(state)
        if len(states) >= RETURNS and _meet(np.array(states[-RETURNS:]), scale, reach):
            return float(times[-1] - times[-RETURNS]) / (RETURNS - 1)
    return None


def _meet(states: FloatArray, scale: FloatArray, reach: float) -> bool:
    return bool((np.ptp(states, axis=0) <= SAME * reach * scale).all())


def _returns(
    model: SteadyModel, walker: Walker, origin: FloatArray, normal: FloatArray, scale: FloatArray, most: int
) -> Iterator[tuple[float, FloatArray, float]]:
    """Time and state of each crossing of the plane in the direction of the start, and how far the way led from it."""
    time, state, height = walker.time, walker.state, 0.0
    reach, started = 0.0, walker.steps
    while walker.steps - started < most and walker.on(np.inf, 1) is Status.DONE and walker.time > time:
        above = float(normal @ (walker.state - origin))
        reach = max(reach, float(np.max(np.abs(walker.state - origin) / scale)))
        if height < 0.0 <= above:
            course = _Hermite(model, time, state, walker)
            at = course.crossing(origin, normal)
            yield time + at * (walker.time - time), course(at), reach
        time, state, height = walker.time, walker.state, above


class _Hermite:
    """The cubic through the two ends of a step with their slopes."""

    def __init__(self, model: SteadyModel, time: float, state: FloatArray, walker: Walker) -> None:
        length = walker.time - time
        self.ends = (state, walker.state)
        self.slopes = (length * model.rhs(state), length * model.rhs(walker.state))

    def __call__(self, at: float) -> FloatArray:
        rest = 1.0 - at
        from_ends = rest * rest * (1.0 + 2.0 * at) * self.ends[0] + at * at * (3.0 - 2.0 * at) * self.ends[1]
        return np.asarray(from_ends + at * rest * (rest * self.slopes[0] - at * self.slopes[1]))

    def crossing(self, origin: FloatArray, normal: FloatArray) -> float:
        """Where in the step, from 0 to 1, the plane is crossed: by halving."""
        low, high = 0.0, 1.0
        for _ in range(40):
            middle = 0.5 * (low + high)
            if float(normal @ (self(middle) - origin)) < 0.0:
                low = middle
            else:
                high = middle
        return high
