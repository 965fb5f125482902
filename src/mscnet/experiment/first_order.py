"""How well a first-order course, a - b exp(-k t), fits a curve."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mscnet.experiment.curve import Curve, FloatArray
from mscnet.records import dataclass

#: Rate constants that are tried first, in units of one over the length of the course: from a straight line to a step.
TRIED = np.geomspace(1e-3, 1e3, 31)
#: Golden sections after that.
_SECTIONS = 24


@dataclass(frozen=True, slots=True, eq=False)
class FirstOrder:
    """The best fit a - b exp(-k t), and the root mean square of its residuals over the range of the curve."""

    rate_constant: float
    residual: float
    values: FloatArray


def fit_first_order(curve: Curve) -> FirstOrder:
    """The least-squares fit of a - b exp(-k t) to a curve, every point alike.

    For each k the best a and b are those of a straight line in exp(-k t), so only k is searched for (variable
    projection: Golub and Pereyra, SIAM J. Numer. Anal. 1973, 10, 413): over a grid, then by golden sections.
    """
    time = curve.time - curve.time[0]
    length, height = float(time[-1]), float(np.ptp(curve.values))
    if len(time) < 4 or length == 0.0 or height == 0.0:
        return FirstOrder(float("nan"), 0.0, curve.values)
    tried = TRIED / length
    y = curve.values - curve.values.mean()
    i = int(np.argmin(_squares(time, y, tried)))
    low, high = np.log(tried[max(i - 1, 0)]), np.log(tried[min(i + 1, len(tried) - 1)])
    k = float(np.exp(_golden(lambda x: float(_squares(time, y, np.exp([x]))[0]), low, high)))
    rest = _rest(time, y, np.array([k]))[0]
    return FirstOrder(k, float(np.sqrt(rest @ rest / len(time))) / height, curve.values - rest)


def _squares(time: FloatArray, y: FloatArray, k: FloatArray) -> FloatArray:
    """The sums of squares (n_k,) of what the best straight lines in exp(-k t) leave of `y`, whose mean is 0."""
    rest = _rest(time, y, k)
    return np.asarray(np.einsum("ij,ij->i", rest, rest))


def _rest(time: FloatArray, y: FloatArray, k: FloatArray) -> FloatArray:
    """What these lines leave, (n_k, n_times)."""
    x = np.expm1(-k[:, None] * time)
    x -= x.mean(axis=1, keepdims=True)
    square = np.einsum("ij,ij->i", x, x)
    slope = np.divide(x @ y, square, out=np.zeros(len(k)), where=square > 0)
    return y - slope[:, None] * x


def _golden(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function of one valley is least."""
    ratio = (5**0.5 - 1) / 2
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    at_a, at_b = function(a), function(b)
    for _ in range(_SECTIONS):
        if at_a < at_b:
            high, b, at_b = b, a, at_a
            a = high - ratio * (high - low)
            at_a = function(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + ratio * (high - low)
            at_b = function(b)
    return 0.5 * (low + high)
