"""A local fit that begins near an optimum, with some coordinates held: what profiles and bootstraps are made of."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.problem import FAILED, FreeParameter, Objective
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: Where a range has no end: coordinates of a logarithmic scale stay in what a float can hold.
_FARTHEST_LOG = 690.0

#: A search among one-sided terms is begun anew so often, while that gains more than this in cost.
_RESTARTS, _GAIN = 3, 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Refit:
    """Where a local fit ended: coordinates (P,), the cost ½ Σ r², how often residuals and derivatives were worked out,
    and whether it converged."""

    theta: FloatArray
    cost: float
    evaluations: int
    linearisations: int
    converged: bool


def cost_of(residuals: FloatArray) -> float:
    """½ Σ r²; infinite where the model could not be run."""
    return float("inf") if has_failed(residuals) else 0.5 * float(residuals @ residuals)


def has_failed(residuals: FloatArray) -> bool:
    """Whether the model could not be run."""
    return bool(residuals.size and np.all(residuals >= FAILED)) or not bool(np.all(np.isfinite(residuals)))


def search_bounds(parameters: Collection[FreeParameter]) -> tuple[FloatArray, FloatArray]:
    """The ends (P,) of all ranges, as coordinates."""
    ends = np.array([p.bounds for p in parameters], dtype=float).reshape(-1, 2)
    log = np.array([p.scale == "log" for p in parameters], dtype=bool)
    low = np.where(log, np.maximum(ends[:, 0], -_FARTHEST_LOG), ends[:, 0])
    high = np.where(log, np.minimum(ends[:, 1], _FARTHEST_LOG), ends[:, 1])
    return low, high


def refit(
    objective: Objective,
    theta: FloatArray,
    held: Collection[int] = (),
    tolerance: float = 1e-10,
    max_evaluations: int = 200,
) -> Refit:
    """The least cost near `theta` (P,) with the coordinates `held` as they are.

    Trust region reflective (M. A. Branch, T. F. Coleman, Y. Li, SIAM J. Sci. Comput. 1999, 21, 1) in SciPy, with the
    objective's derivatives and bounds; `tolerance` is that of the cost and of the step, relative.  One-sided terms have
    kinks, at which a search may come to rest too soon: it is begun anew, with a fresh region, while that gains.
    """
    from scipy.optimize import least_squares

    whole = np.array(theta, dtype=float)
    low, high = search_bounds(objective.parameters)
    # a range of one point is no range for the optimiser
    free = np.array([j for j in range(whole.size) if j not in held and high[j] > low[j]], dtype=int)
    at = _Held(objective, whole, free)
    begin = at.begin(np.clip(whole[free], low[free], high[free]) if free.size else whole[free])
    if not free.size or has_failed(begin):
        return Refit(whole, cost_of(begin), at.evaluations, at.linearisations, not has_failed(begin))
    kinks = any(term.kind == "bound" for term in objective.terms)
    x, cost, converged = at.x, cost_of(begin), False
    for _ in range(1 + (_RESTARTS if kinks else 0)):
        found: Any = least_squares(
            at.residuals, x, at.jacobian, (low[free], high[free]), "trf", ftol=tolerance, xtol=tolerance, gtol=1e-12,
            x_scale="jac", max_nfev=max_evaluations,
        )  # fmt: skip
        gain, converged = cost - float(found.cost), bool(found.status > 0)
        if gain >= 0:
            x, cost = found.x, float(found.cost)
        if gain <= _GAIN:
            break
    return Refit(at.whole(x), cost, at.evaluations, at.linearisations, converged)


class _Held:
    """An objective of the free coordinates alone; derivatives at the beginning are worked out with the residuals."""

    def __init__(self, objective: Objective, theta: FloatArray, free: NDArray[np.int64]) -> None:
        self._objective, self._theta, self._free = objective, theta, free
        self.x = theta[free]
        self._known: tuple[FloatArray, FloatArray] | None = None
        self.evaluations = self.linearisations = 0

    def whole(self, x: FloatArray) -> FloatArray:
        theta = self._theta.copy()
        theta[self._free] = x
        return theta

    def begin(self, x: FloatArray) -> FloatArray:
        self.x = x
        if not x.size:
            self.evaluations += 1
            return self._objective.residuals(self.whole(x))
        self.linearisations += 1
        residuals, slopes = self._objective.linearised(self.whole(x))
        self._known = residuals, slopes[:, self._free]
        return residuals

    def residuals(self, x: FloatArray) -> FloatArray:
        if self._known is not None and np.array_equal(x, self.x):
            return self._known[0]
        self.evaluations += 1
        return self._objective.residuals(self.whole(x))

    def jacobian(self, x: FloatArray) -> FloatArray:
        if self._known is not None and np.array_equal(x, self.x):
            return self._known[1]
        self.linearisations += 1
        return self._objective.linearised(self.whole(x))[1][:, self._free]
