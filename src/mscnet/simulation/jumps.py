"""Across jumps of the rates that no one knows the time of, as of ``if(x > 1, k, 0)`` where `x` is a species.

A step that goes across such a jump has an error of the size of the step times the jump, whatever its order, so a run
comes close to the jump and stops there, as soon as that error would have to be smaller than the spacing of numbers
makes it.  From there the jump is crossed by a step of Euler's of some spacings of the time, and the run begins anew.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mscnet.simulation.loop import Outcome
from mscnet.simulation.problem import FloatArray, Problem

#: How many spacings of the time a step across a jump is long: the first that leads across is taken.
_LENGTHS = tuple(4.0**i for i in range(7))
#: The least spacing, as a share of the span.
_LEAST_SHARE = 1e-60
#: Halvings after which what has changed at once is told from what changes fast.
_HALVINGS = 40
#: Jumps that come so soon after each other, in steps across, are one at which the rates hold the state; how many of
#: those are crossed.
_SOON, _MOST_SOON = 1e6, 20


class Jumps:
    """The jumps that one run has crossed."""

    def __init__(self) -> None:
        self._last, self._soon = -np.inf, 0

    def crossed(self, problem: Problem, end: float, outcome: Outcome) -> bool:
        """Whether a jump before `end` follows at once upon where a run has stopped; the outcome is then behind it."""
        time, state = outcome.time, outcome.state
        spacing = max(np.spacing(abs(time)), _LEAST_SHARE * (problem.end - problem.start))
        self._soon = self._soon + 1 if time - self._last < _SOON * spacing else 0
        if self._soon > _MOST_SOON:
            return False
        before = problem.system.rhs(time, state)
        for length in _LENGTHS:
            step = length * spacing
            if not time + step < end:
                return False
            if _jumps(problem, time, state, step, before):
                self._last = outcome.time = time + step
                outcome.state = state + step * before
                return True
        return False


def _jumps(problem: Problem, time: float, state: FloatArray, step: float, before: FloatArray) -> bool:
    """Whether the rates jump within a step of Euler's: their change stays what it is in ever smaller parts of it."""
    weights = 1.0 / (problem.atol + problem.rtol * np.abs(state))

    def rates(share: float) -> FloatArray:
        return problem.system.rhs(time + share * step, state + (share * step) * before)

    def change(first: FloatArray, second: FloatArray) -> float:
        return float(np.max(np.abs(second - first) * weights, initial=0.0))

    low, high, first, last = 0.0, 1.0, before, rates(1.0)
    whole = change(first, last)
    if not np.isfinite(last).all() or not whole > 0.0:
        return False
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        found = rates(middle)
        parts = [change(*pair) for pair in pairwise((first, found, last))]
        if parts[0] >= parts[1]:
            high, last = middle, found
        else:
            low, first = middle, found
        if not max(parts) > 0.5 * whole:
            return False
    return True
