"""How much an experiment would tell: the separation of rivals (T), the information on constants (D, Ds).

T: A. C. Atkinson and V. V. Fedorov, Biometrika 1975, 62, 57; what remains of the difference in Σ r² once the rival has
been fitted again to what is known and to what the other model foretells.  D and Ds: A. C. Atkinson, A. N. Donev and
R. D. Tobias, Optimum Experimental Designs, with SAS (Oxford, 2007), chapters 10 and 11.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.design_known import Known
from mscnet.inference.design_trial import Foretold, Trial
from mscnet.inference.problem import FAILED
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: How far a linear refit goes at most: as a coordinate on a log scale, as a share of a range on a linear one.
_FAR, _SHARE = 1.0, 0.25
#: Evaluations of a refit.
_EVALUATIONS = 40


class LinearRefit:
    """A rival that is fitted again in the straight-line approximation about its fit, within its bounds."""

    def __init__(self, known: Known) -> None:
        low, high = known.bounds
        log = np.array([p.scale == "log" for p in known.parameters])
        far = np.where(log, _FAR, _SHARE * (high - low))
        self._scale = scale = high - low
        self._low = np.minimum(np.maximum(low - known.theta, -far) / scale, -1e-9)
        self._high = np.maximum(np.minimum(high - known.theta, far) / scale, 1e-9)
        n = len(known.parameters)
        if len(known.residuals):
            q, self._r = np.linalg.qr(known.slopes * scale)
            self._c = q.T @ known.residuals
        else:
            self._r, self._c = np.zeros((0, n)), np.zeros(0)
        self._base = self._least(self._r, self._c)

    def remaining(self, away: FloatArray, slopes: FloatArray) -> float:
        """Σ r² that is left beyond that of the fit, of differences `away` (n,) with slopes (n, n_parameters)."""
        matrix = np.concatenate([self._r, slopes * self._scale])
        return max(0.0, self._least(matrix, np.concatenate([self._c, away])) - self._base)

    def _least(self, matrix: FloatArray, offset: FloatArray) -> float:
        from scipy.optimize import lsq_linear

        if not matrix.size:
            return float(offset @ offset)
        found = lsq_linear(matrix, -offset, bounds=(self._low, self._high), method="bvls" if len(matrix) else "trf")
        return 2.0 * float(found.cost)


def refitted(rival: Known, trial: Trial, target: FloatArray, sigma: FloatArray) -> tuple[float, FloatArray]:
    """Σ r² that is left of a rival beyond that of its fit, once it is fitted again to what is known and to `target`
    (n,) with standard deviations (n,); and its readings (n,) then."""
    from scipy.optimize import least_squares

    size = len(rival.residuals) + len(target)
    kept: dict[bytes, tuple[FloatArray, FloatArray]] = {}

    def both(theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        key = theta.tobytes()
        if key not in kept:
            kept.clear()
            kept[key] = _joined(rival, trial, theta, target, sigma, size)
        return kept[key]

    # on linear scales coordinates are values in the file's units, of any size: all are searched as shares of ranges
    low, high = rival.bounds
    scale = high - low
    start = np.clip((rival.theta - low) / scale, 1e-9, 1 - 1e-9)
    found = least_squares(
        lambda z: both(low + z * scale)[0], start, jac=lambda z: both(low + z * scale)[1] * scale, bounds=(0.0, 1.0),
        method="trf", x_scale="jac", max_nfev=_EVALUATIONS, xtol=1e-6, ftol=1e-6,
    )  # fmt: skip
    at = trial.at(low + np.asarray(found.x) * scale)
    known = float(rival.residuals @ rival.residuals)
    return max(0.0, 2.0 * float(found.cost) - known), target if at is None else at.values


def _joined(
    rival: Known, trial: Trial, theta: FloatArray, target: FloatArray, sigma: FloatArray, size: int
) -> tuple[FloatArray, FloatArray]:
    at = trial.at(theta)
    if at is None or len(at.values) != len(target):
        return np.full(size, FAILED), np.zeros((size, len(theta)))
    residuals, slopes = rival.refitted(theta)
    return (
        np.concatenate([residuals, (at.values - target) / sigma]),
        np.concatenate([slopes, at.slopes / sigma[:, None]]),
    )


def both_ways(ahead: float, back: float) -> float:
    """One separation for two: the square of the mean of their roots, so that one that is huge cannot stand for both,
    and one that is 0 (a rival that holds the other as a special case) does not forbid the other."""
    return (0.5 * (math.sqrt(ahead) + math.sqrt(back))) ** 2


# --- information ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Precision:
    """Standard errors of coordinates (n_parameters,) before an experiment and after it."""

    before: FloatArray
    after: FloatArray


def precision(known: Known, foretold: Foretold, sigma: FloatArray) -> Precision:
    """What an experiment with standard deviations (n,) would do to the errors, in the straight-line approximation."""
    more = foretold.slopes / sigma[:, None]
    return Precision(_errors(known.information), _errors(known.information + more.T @ more))


def errors_before(known: Known) -> FloatArray:
    """Standard errors of coordinates (n_parameters,) by what is known."""
    return _errors(known.information)


def _errors(information: FloatArray) -> FloatArray:
    size = np.sqrt(np.diag(information))  # coordinates may be of any size
    found: FloatArray = np.sqrt(np.diag(np.linalg.inv(information / np.outer(size, size)))) / size
    return found


def gain(known: Known, foretold: Foretold, sigma: FloatArray) -> float:
    """D: ½ ln det of the information with the experiment, less that without it (the entropy that it takes away)."""
    low, high = known.bounds
    scale = np.outer(high - low, high - low)
    more = foretold.slopes / sigma[:, None]
    after = np.linalg.slogdet((known.information + more.T @ more) * scale)[1]
    return 0.5 * float(after - np.linalg.slogdet(known.information * scale)[1])


def gain_of(known: Known, foretold: Foretold, sigma: FloatArray, parameter: int) -> float:
    """Ds: ln of the standard error of one parameter without the experiment, over that with it."""
    found = precision(known, foretold, sigma)
    return math.log(found.before[parameter] / found.after[parameter])


def probability_to_decide(separation: float, needed: float) -> float:
    """That Σ r² of the wrong model exceeds that of the right one by more than `needed`.

    With the right one true, the difference is normal about the separation s, with variance 4s.
    """
    if separation <= 0:
        return 0.0
    return 0.5 * math.erfc((needed - separation) / (2.0 * math.sqrt(2.0 * separation)))
