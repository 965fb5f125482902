"""How well a first-order course fits the courses of many runs, with the definitions of `first_order`."""

from __future__ import annotations

import numpy as np

from mscnet.experiment.first_order import TRIED, fit_first_order
from mscnet.experiment.row_curve import FloatArray, RowCurve

#: Newton's steps for the logarithm of a rate constant: some five are needed.
_STEPS = 60
#: The residual is flat at the best rate constant, so this suffices for it.
_CLOSE = 1e-9


def first_order_residuals(curve: RowCurve) -> FloatArray:
    """What the best a - b exp(-k t) leaves of every curve, root mean square over its range, (m,).

    Of a tangent, k is row 0's: where the sum of squares is least its derivative with k is 0.
    """
    time = curve.time - curve.time[0]
    length = float(time[-1])
    if len(time) < 4 or length == 0.0:
        return np.zeros(len(curve))
    y = curve.values - curve.values.mean(axis=1, keepdims=True)
    if curve.tangent:
        k = np.array([fit_first_order(curve.row(0)).rate_constant])
    else:
        k = np.exp(_best(time, y, TRIED / length))
    with np.errstate(invalid="ignore", divide="ignore"):
        x = np.expm1(-k[:, None] * time)
        x -= x.mean(axis=1, keepdims=True)
        slope = (x * y).sum(axis=1) / (x * x).sum(axis=1)
        rest = y - slope[:, None] * x
        found = np.sqrt((rest * rest).mean(axis=1)) / curve.range
    return np.where(np.isfinite(found), found, 0.0)  # a course that does not change


def _best(time: FloatArray, y: FloatArray, tried: FloatArray) -> FloatArray:
    """The logarithms of the best rate constants (m,): the best of a grid, then Newton's steps between its neighbours
    for the sum of squares that the straight line in exp(-k t) explains, halvings where one leaves them."""
    x = np.expm1(-tried[:, None] * time)
    x -= x.mean(axis=1, keepdims=True)
    explained = (y @ x.T) ** 2 / np.maximum((x * x).sum(axis=1), 1e-300)
    i = explained.argmax(axis=1)
    grid = np.log(tried)
    low, high = grid[np.maximum(i - 1, 0)], grid[np.minimum(i + 1, len(grid) - 1)]
    best = grid[i]
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(_STEPS):
            slope, bend = _slope_and_bend(time, y, np.exp(best))
            up = slope > 0
            low, high = np.where(up, best, low), np.where(up, high, best)
            new = best - slope / bend
            new = np.where((bend < 0) & (new >= low) & (new <= high), new, 0.5 * (low + high))
            step = np.abs(new - best).max()
            best = new
            if step < _CLOSE:
                break
    return best


def _slope_and_bend(time: FloatArray, y: FloatArray, k: FloatArray) -> tuple[FloatArray, FloatArray]:
    """First and second derivative of ln(explained) with ln k, (m,) each."""
    kt = k[:, None] * time
    decay = np.exp(-kt)
    x, x1, x2 = decay, -kt * decay, (kt - 1) * kt * decay  # and its derivatives with ln k
    x, x1, x2 = (each - each.mean(axis=1, keepdims=True) for each in (x, x1, x2))
    s, s1, s2 = ((each * y).sum(axis=1) for each in (x, x1, x2))
    q, q1 = (x * x).sum(axis=1), 2 * (x * x1).sum(axis=1)
    q2 = 2 * (x1 * x1 + x * x2).sum(axis=1)
    slope = 2 * s1 / s - q1 / q
    bend = 2 * (s2 / s - (s1 / s) ** 2) - q2 / q + (q1 / q) ** 2
    return slope, bend
