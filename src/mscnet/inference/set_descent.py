"""The best fit of one set of steps: short searches from several starts, then a long one from the best end of them.

A search of sets fits hundreds of them, most of which are worth little.  So a long search is given up where it is not on
its way to what would count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.problem import FAILED, Objective
from mscnet.inference.search import GAIN, RESTARTS, Counted, box_of, runs
from mscnet.inference.soften import Softened
from mscnet.inference.trust import Box, least_squares

FloatArray = NDArray[np.float64]

#: Evaluations of a short search, and of the long one.
SHORT, LONG = 16, 120
#: The tolerance of a short search.
ROUGHLY = 1e-3
#: A long search is looked at after so many evaluations, and given up where it is not good enough after gaining so many
#: times what it has gained since the last look.
LOOK, HOPED = 12, 4.0
#: The share of the cost that does not matter any more.
ENOUGH = 1e-4


def best_end(
    objective: Objective, begins: Sequence[FloatArray], worth: float = np.inf
) -> tuple[FloatArray, FloatArray | None, int]:
    """Where a fit from `begins` (n_parameters,) ends.

    Args:
        worth: a cost (½ Σ r²) above which nobody cares how low it can be.

    Returns:
        The end, the residuals there (n_terms,), None where no start can be run, and how often they were evaluated.
    """
    counted = Counted(objective)
    box = box_of(objective.parameters)
    at = [begin for begin in begins if runs(counted.cost(begin))]
    if not at:
        return begins[0], None, counted.evaluations
    problem = Softened(counted) if any(t.kind in ("equality", "bound") for t in objective.terms) else counted
    ends = [*at, *(_short(problem, counted, begin, box) for begin in at)]
    costs = [counted.cost(end) for end in ends]
    end = _long(counted, ends[int(np.argmin(costs))], box, worth)
    residuals = counted.residuals(end)
    return end, None if np.all(residuals == FAILED) else residuals, counted.evaluations


def _short(problem: Counted | Softened, counted: Counted, begin: FloatArray, box: Box) -> FloatArray:
    last = counted.evaluations + SHORT
    found = least_squares(problem, begin, box, tolerance=ROUGHLY, allowed=lambda: counted.evaluations < last)
    return found.theta


def _long(counted: Counted, begin: FloatArray, box: Box, worth: float) -> FloatArray:
    """Terms with one side have kinks, at which a search may rest too soon: it is begun anew while that gains."""
    at, cost = begin, counted.cost(begin)
    hope = _Hope(counted, worth, cost)
    for _ in range(1 + RESTARTS):
        found = least_squares(counted, at, box, tolerance=ENOUGH, allowed=hope)
        before, at, cost = cost, found.theta, found.cost
        if hope.gone or before - cost <= GAIN * before:
            break
    return at


class _Hope:
    """Whether a search may go on."""

    def __init__(self, counted: Counted, worth: float, cost: float) -> None:
        self._counted, self._worth = counted, worth
        self._begun = counted.evaluations
        self._look, self._cost = LOOK, cost
        self.gone = False

    def __call__(self) -> bool:
        used = self._counted.evaluations - self._begun
        if used >= LONG:
            self.gone = True
        elif used >= self._look:
            gained, self._cost = self._cost - self._counted.best, self._counted.best
            self._look = used + LOOK
            self.gone = self._cost - HOPED * gained > self._worth
        return not self.gone
