"""Standard errors and correlations from the curvature at an optimum.

The covariance of the coordinates is the inverse of JᵀJ, for residuals in standard deviations (G. A. F. Seber and C. J.
Wild, Nonlinear Regression, 1989, ch. 2 and 5).  Terms of standard deviations that are estimated along are such that
JᵀJ is the Fisher information of these, too (see `errors`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.inference.identifiable import RANK_TOLERANCE, Identifiability, null_space
from mscnet.inference.problem import FreeParameter, Objective
from mscnet.inference.refit import has_failed, search_bounds
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: So near an end of its range, as a share of it, a parameter may stand at it.
_NEAR_BOUND = 1e-4
#: It does if the cost still falls towards the end, in standard deviations of residuals.
_PULL = 1e-3
Scale = Literal["known", "residual"]


@dataclass(frozen=True, slots=True, eq=False)
class Covariance:
    """How sure parameters are, to first order about `theta` (P,).

    `matrix` (P, P) is the covariance of the coordinates (ln value on a logarithmic scale).  Rows and columns are nan
    for parameters that no data determine (named in `blind`, with what cancels), and for those `at_bound`, which stand
    at an end of their range and are taken as fixed there: errors of the others are as if these were known.

    `scale` is what the matrix was multiplied by, `degrees` the degrees of freedom of Student's t (None: normal).
    """

    parameters: tuple[FreeParameter, ...]
    theta: FloatArray
    matrix: FloatArray
    blind: Identifiability
    at_bound: tuple[str, ...] = ()
    scale: float = 1.0
    degrees: int | None = None

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{p.name} = {v:.4g} ± {e:.2g}"
            for p, v, e in zip(self.parameters, self.values, self.standard_errors, strict=True)
        )
        return f"<Covariance: {shown}>"

    @property
    def values(self) -> FloatArray:
        """(P,) in the file's units."""
        return np.array([p.to_value(float(u)) for p, u in zip(self.parameters, self.theta, strict=True)])

    @property
    def errors(self) -> FloatArray:
        """Standard errors of the coordinates (P,)."""
        diagonal = np.diag(self.matrix)
        return np.sqrt(np.where(diagonal >= 0, diagonal, np.nan))

    @property
    def standard_errors(self) -> FloatArray:
        """Standard errors of the values (P,) in the file's units; on a logarithmic scale value × that of ln value."""
        log = np.array([p.scale == "log" for p in self.parameters])
        return np.where(log, self.values, 1.0) * self.errors

    @property
    def correlation(self) -> FloatArray:
        """(P, P) of the coordinates."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.matrix / np.outer(self.errors, self.errors))

    def intervals(self, level: float = 0.95) -> FloatArray:
        """Confidence intervals of the values (P, 2): coordinate ± quantile × standard error, so that those on a
        logarithmic scale are not symmetrical; cut at the bounds.

        Raises:
            MechanismError: `level` is not between 0 and 1.
        """
        reach = quantile(level, self.degrees) * self.errors
        low, high = search_bounds(self.parameters)
        ends = np.column_stack([np.maximum(self.theta - reach, low), np.minimum(self.theta + reach, high)])
        return np.array([[p.to_value(float(u)) for u in row] for p, row in zip(self.parameters, ends, strict=True)])


def quantile(level: float, degrees: int | None = None) -> float:
    """How many standard errors a two-sided interval reaches to either side.

    Raises:
        MechanismError: `level` is not between 0 and 1.
    """
    from scipy.special import ndtri, stdtrit

    check_level(level)
    share = 0.5 * (1 + level)
    return float(ndtri(share) if degrees is None else stdtrit(degrees, share))


def check_level(level: float) -> None:
    """Refuses a level of confidence that is none.

    Raises:
        MechanismError: `level` is not between 0 and 1.
    """
    if not 0 < level < 1:
        hint = "as in 0.95 for 95 %"
        raise MechanismError.of("E145", f"a level of confidence lies between 0 and 1, not at {level:g}", hint=hint)


def covariance(
    objective: Objective, theta: FloatArray, *, scale: Scale = "known", tolerance: float = RANK_TOLERANCE
) -> Covariance:
    """The covariance at an optimum `theta` (P,).

    `scale` ``known`` takes standard deviations as they stand in the likelihood, given or estimated along, and intervals
    are normal.  ``residual`` takes them as relative: the matrix is multiplied by Σr²/(n - k), n Gaussian terms of data
    and facts and k model parameters that they determine, and intervals are Student's with n - k degrees of freedom.
    For one standard deviation that is estimated along this is the usual correction for the parameters spent.

    Raises:
        MechanismError: the model cannot be run at `theta`; too few terms for ``residual``.
    """
    theta = np.array(theta, dtype=float)
    parameters = objective.parameters
    residuals, jacobian = objective.linearised(theta)
    if has_failed(residuals):
        raise MechanismError.of("E145", "the model cannot be run with these values, so they have no errors")
    held = standing_at_bounds(parameters, theta, residuals, jacobian)
    free = np.flatnonzero(~held)
    chosen = tuple(parameters[j] for j in free)
    blind = null_space(jacobian[:, free], chosen, theta[free], tolerance)
    matrix = np.full((len(parameters), len(parameters)), np.nan)
    matrix[np.ix_(free, free)] = blind.inverse
    factor, degrees = 1.0, None
    if scale == "residual":
        model = np.array([p.kind == "model" for p in parameters], dtype=bool)
        spent = blind.rank - int(np.sum(~model & ~held))
        factor, degrees = _residual_scale(objective, residuals, spent)
        matrix *= np.outer(*(np.where(model, math.sqrt(factor), 1.0),) * 2)
    at_bound = tuple(p.name for p, hit in zip(parameters, held, strict=True) if hit)
    return Covariance(parameters, theta, matrix, _named(blind.directions, chosen), at_bound, factor, degrees)


def standing_at_bounds(
    parameters: Sequence[FreeParameter], theta: FloatArray, residuals: FloatArray, jacobian: FloatArray
) -> NDArray[np.bool_]:
    """(P,): which parameters stand at an end of their range that they would go beyond."""
    low, high = search_bounds(parameters)
    near = _NEAR_BOUND * np.where(np.isfinite(high - low), high - low, 0.0)
    norms = np.linalg.norm(jacobian, axis=0)
    pull = np.divide(residuals @ jacobian, norms, out=np.zeros_like(norms), where=norms > 0)
    return ((theta - low <= near) & (pull > _PULL)) | ((high - theta <= near) & (pull < -_PULL)) | (high <= low)


def _residual_scale(objective: Objective, residuals: FloatArray, rank: int) -> tuple[float, int]:
    gaussian = np.array([t.kind in ("datum", "equality") for t in objective.terms], dtype=bool)
    degrees = int(gaussian.sum()) - rank
    if degrees < 1:
        message = f"{int(gaussian.sum())} values leave nothing to tell their scatter by, with {rank} constants fitted"
        raise MechanismError.of("E145", message, hint='take standard deviations as they stand: scale="known"')
    return float(residuals[gaussian] @ residuals[gaussian]) / degrees, degrees


def _named(directions: FloatArray, parameters: Sequence[FreeParameter]) -> Identifiability:
    names = [p.name for p in parameters]
    named = tuple({n: float(c) for n, c in zip(names, row, strict=True) if c} for row in directions)
    lost = tuple(n for n in names if any(n in each for each in named))
    log = tuple(p.name for p in parameters if p.scale == "log")
    return Identifiability(lost, named, len(names) - len(named), log)
