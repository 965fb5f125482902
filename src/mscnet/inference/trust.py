"""Least squares within bounds by a trust region: Levenberg and Marquardt's step in natural units.

The step minimises the linearised sum of squares within a ball in natural units of the parameters (J. J. Moré, Lect.
Notes Math. 1978, 630, 105); coordinates that would leave their range are put on the bound and the others worked out
anew, so that an optimum at a bound is reached exactly (C. Kanzow, N. Yamashita, M. Fukushima, J. Comput. Appl. Math.
2004, 172, 375, for steps projected on boxes).

Why not scipy's ``least_squares``: its first radius follows from how far the coordinates lie from 0, which means nothing
here, and it stays off the bounds, which costs iterations where an optimum has several of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: The first radius, in natural units, and the least one.
FIRST, LEAST = 3.0, 1e-12
#: The shares of the promised decrease below which a step is refused, below which the radius shrinks, and above which
#: it grows.
REFUSED, POOR, GOOD = 1e-4, 0.25, 0.75
#: After a step that kept more than this share of its promise the next one, twice as long, is refused as often as not.
BETTER = 1.25
#: The cosine between residuals and any column of the derivatives below which a point is stationary.
STATIONARY = 1e-9
#: At most so many rounds of putting coordinates on their bounds.
_ROUNDS = 12


class Problem(Protocol):
    """What is minimised."""

    def residuals(self, theta: FloatArray) -> FloatArray:
        """(n_terms,)."""

    def slopes(self, theta: FloatArray) -> FloatArray:
        """(n_terms, n_parameters)."""


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """Where a search ended: `theta` (n_parameters,), its cost, why, and how often derivatives were worked out."""

    theta: FloatArray
    cost: float
    message: str
    linearisations: int


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """The range of the coordinates, and the natural unit of each, (n_parameters,) all."""

    low: FloatArray
    high: FloatArray
    unit: FloatArray


def least_squares(
    problem: Problem, begin: FloatArray, box: Box, *, tolerance: float, allowed: Callable[[], bool],
    ahead: bool = False,
) -> Ended:  # fmt: skip
    """Searches from `begin` (n_parameters,) until neither the cost nor the point change by more than `tolerance`.

    The cost counts relatively, the point in natural units.  `allowed` says whether there may be more evaluations.
    `ahead`: where a step will do, most likely, derivatives are worked out at its end at once, and residuals with them;
    that saves an evaluation, but such residuals differ from others by the errors of an integrator, which does for rough
    searches alone.
    """
    theta, radius = np.clip(begin, box.low, box.high), FIRST
    cost = _cost(problem.residuals(theta))
    count = 0
    at_once = False
    while allowed():
        slopes = problem.slopes(theta) * box.unit
        r = problem.residuals(theta)
        count += 1
        if _stationary(theta, r, slopes, box):
            return Ended(theta, cost, "the gradient is zero", count)
        refused = 0
        while True:
            step = _Step(theta, r, slopes, box, radius)
            if at_once:
                problem.slopes(step.end)
            found = problem.residuals(step.end)
            gained = cost - _cost(found)
            if gained > max(REFUSED * step.promised, 0.0):
                break
            refused += 1
            at_once = ahead and refused == 1
            radius = POOR * min(step.length, radius)
            if radius < tolerance or step.promised <= tolerance * cost:  # a shorter step promises less still
                return Ended(theta, cost, "no step is better", count)
            if not allowed():
                return Ended(theta, cost, _USED_UP, count)
            slopes = _corrected(slopes, found - r, (step.end - theta) / box.unit)
        ratio = gained / step.promised
        at_once = ahead and ratio < BETTER
        radius = _next_radius(radius, step.length, ratio)
        theta, before, cost = step.end, cost, cost - gained
        if max(gained, step.promised) <= tolerance * before:
            return Ended(theta, cost, "the cost no longer changes", count)
        if step.length <= tolerance:
            return Ended(theta, cost, "the parameters no longer change", count)
    return Ended(theta, cost, _USED_UP, count)


def _corrected(slopes: FloatArray, change: FloatArray, step: FloatArray) -> FloatArray:
    """Slopes that agree with what a refused step showed (C. G. Broyden, Math. Comp. 1965, 19, 577): so the next one
    keeps clear of a kink, of which derivatives on this side of it know nothing."""
    square = float(step @ step)
    return slopes if square == 0.0 else slopes + np.outer(change - slopes @ step, step) / square


_USED_UP = "the evaluations allowed were used up"


def _cost(r: FloatArray) -> float:
    return 0.5 * float(r @ r)


def _next_radius(radius: float, length: float, ratio: float) -> float:
    """About the length of the step that was taken; larger where the linear model held."""
    if ratio < POOR:
        return max(0.5 * length, LEAST)
    return max(2.0 * length if ratio > GOOD else length, POOR * radius, LEAST)


def _stationary(theta: FloatArray, r: FloatArray, slopes: FloatArray, box: Box) -> bool:
    """Whether no free coordinate has a downhill direction that tells."""
    gradient = slopes.T @ r
    free = _free(theta, gradient, box)
    scale = np.sqrt(np.einsum("ij,ij->j", slopes, slopes) * float(r @ r))
    return not ((np.abs(gradient) > STATIONARY * scale) & free).any()


def _free(theta: FloatArray, gradient: FloatArray, box: Box) -> NDArray[np.bool_]:
    """Coordinates that are not held at a bound by the gradient."""
    held: NDArray[np.bool_] = ((theta <= box.low) & (gradient >= 0)) | ((theta >= box.high) & (gradient <= 0))
    return ~held


class _Step:
    """A step within a radius: its `end`, its `length` in natural units, and by how much the linear model of the
    residuals promises to make ½ Σ r² less."""

    def __init__(self, theta: FloatArray, r: FloatArray, slopes: FloatArray, box: Box, radius: float) -> None:
        free = _free(theta, slopes.T @ r, box)
        low, high = (box.low - theta) / box.unit, (box.high - theta) / box.unit
        step = _bounded(free, r, slopes, low, high, radius)
        change = slopes @ step
        self.end: FloatArray = np.minimum(np.maximum(theta + step * box.unit, box.low), box.high)
        self.length = math.sqrt(float(step @ step))
        self.promised = -float(r @ change) - 0.5 * float(change @ change)


def _bounded(
    free: NDArray[np.bool_], r: FloatArray, slopes: FloatArray, low: FloatArray, high: FloatArray, radius: float
) -> FloatArray:  # fmt: skip
    """The step in a ball, with coordinates that would leave their range put on the bound."""
    if free.all():  # as a rule nothing is on a bound, nor comes there
        trial = _Ball(slopes, r).step(radius)
        if not ((trial < low) | (trial > high)).any():
            return trial
    step = trial = np.zeros(len(free))
    for _ in range(_ROUNDS):
        left = radius**2 - float(step @ step)
        ball = _Ball(slopes[:, free], r + slopes @ step)
        trial = step.copy()
        trial[free] = ball.step(float(np.sqrt(max(left, (1e-3 * radius) ** 2))))
        out = free & ((trial < low) | (trial > high))
        if not out.any():
            return trial
        step[out] = np.clip(trial[out], low[out], high[out])
        free = free & ~out
        if not free.any():
            return step
    return np.clip(trial, low, high)


class _Ball:
    """Steps that minimise |r + J p| within |p| <= radius."""

    def __init__(self, slopes: FloatArray, r: FloatArray) -> None:
        left, self._singular, self._right = np.linalg.svd(slopes, full_matrices=False)
        self._along = left.T @ r

    def step(self, radius: float) -> FloatArray:
        """(n_free,); Newton's method on 1/|p(λ)| = 1/radius, which converges from below."""
        s, along = self._singular, self._along
        if not s.size or s[0] == 0.0:
            return np.zeros(self._right.shape[1])
        good = s > 1e-13 * s[0]
        weights = along / s if good.all() else np.where(good, along / np.where(good, s, 1.0), 0.0)
        if float(weights @ weights) > radius**2:
            damping = 1e-12 * float(s[0]) ** 2
            square, forced = s * s, s * along
            for _ in range(60):
                damped = square + damping
                weights = forced / damped
                length = math.sqrt(float(weights @ weights))
                if abs(length - radius) <= 0.02 * radius:
                    break
                slope = float(weights @ (weights / damped)) / length
                damping = max(damping + (length - radius) / radius * length / slope, 0.1 * damping)
        found: FloatArray = -(weights @ self._right)
        return found
