"""One side of a profile: a parameter is moved away from the optimum step by step, all others are fitted anew."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.identifiable import natural_widths
from mscnet.inference.problem import Objective
from mscnet.inference.refit import Refit, refit, search_bounds
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: The most points of a side, crossings apart.
MOST_POINTS = 60
#: Crossings are followed until sqrt(2 Δcost) is this near to its threshold.
CROSSING = 2e-3
#: A step is at most so many times the one before.
_GROWTH = 3.0
#: The first step where nothing tells one: in ln value, or as a share of the range.
_FIRST = 0.2
#: No step is longer: a decade, or a share of the range.
_LONGEST_LOG, _LONGEST_SHARE = 2.302585, 1 / 6
#: A height below which a profile counts as level.
_LEVEL = 0.15
#: A range without end is followed so far, in natural widths.
_FARTHEST = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """What a walk starts from: coordinates (P,), the cost there, standard errors (P,) of the coordinates, and how the
    others move with each (P, P): column j is dθ/dθ_j along the profile of j."""

    theta: FloatArray
    cost: float
    errors: FloatArray
    slopes: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Points of one side in the order away from the optimum, which is not among them: coordinates (n,), costs (n,),
    whole coordinates (n, P).  `trouble` says why it ends before its bound and before the last threshold."""

    coordinates: FloatArray
    costs: FloatArray
    thetas: FloatArray
    evaluations: int
    linearisations: int
    trouble: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    u: float
    z: float
    theta: FloatArray
    cost: float


def walk(
    objective: Objective, optimum: Optimum, j: int, sign: int, thresholds: Sequence[float], tolerance: float = 1e-8
) -> Side:
    """Moves parameter `j` down (`sign` -1) or up (+1) until sqrt(2 Δcost) is above all `thresholds` (ascending), or
    the end of the range is reached.  Crossings of the thresholds are among the points, to `CROSSING`."""
    walker = _Walker(objective, optimum, j, sign, tolerance)
    trouble = walker.go(_targets(thresholds))
    for threshold in thresholds:
        walker.cross(threshold)
    points = sorted(walker.points[1:], key=lambda p: sign * p.u)
    size = optimum.theta.size
    return Side(
        np.array([p.u for p in points]), np.array([p.cost for p in points]),
        np.array([p.theta for p in points]).reshape(-1, size), walker.evaluations, walker.linearisations, trouble,
    )  # fmt: skip


def _targets(thresholds: Sequence[float]) -> list[float]:
    """Heights to step to: the thresholds, a little more, and what halves long ways to them."""
    found, before = [], 0.0
    for height in thresholds:
        if height - before > 0.8:
            found.append(0.5 * (before + height))
        found.append(height + 2 * CROSSING)
        before = height
    return found


class _Walker:
    def __init__(self, objective: Objective, optimum: Optimum, j: int, sign: int, tolerance: float) -> None:
        self._objective, self._optimum, self._j, self._sign, self._tolerance = objective, optimum, j, sign, tolerance
        self._low, self._high = search_bounds(objective.parameters)
        parameter = objective.parameters[j]
        width = float(natural_widths(objective.parameters, optimum.theta)[j])
        range_ = float(self._high[j] - self._low[j])
        shares = range_ * _LONGEST_SHARE if math.isfinite(range_) else math.inf
        self._longest = min(shares, _LONGEST_LOG) if parameter.scale == "log" else shares
        begin = float(optimum.theta[j])
        bound = float((self._high if sign > 0 else self._low)[j])
        self.end = bound if math.isfinite(bound) else begin + sign * _FARTHEST * width
        error = float(optimum.errors[j])
        self._first = min(0.5 * error if math.isfinite(error) else _FIRST * width, self._longest)
        self.points = [_Point(begin, 0.0, optimum.theta, optimum.cost)]
        self.evaluations = self.linearisations = 0

    def go(self, targets: Sequence[float]) -> str:
        """Walks outwards; the reason for ending early, or ""."""
        step, failures = self._first, 0
        while len(self.points) <= MOST_POINTS:
            last = self.points[-1]
            left = self._sign * (self.end - last.u)
            if last.z > targets[-1] or left <= 1e-12 * max(1.0, abs(self.end)):
                return ""
            step = min(step, left)
            point = self._fitted(self.end if step == left else last.u + self._sign * step, last)
            if point is None:
                step, failures = step / 4, failures + 1
                if failures > 5:
                    return "the model cannot be run beyond"
                continue
            self.points.append(point)
            step = self._next(step, targets)
        return f"{MOST_POINTS} points were not enough"

    def _next(self, step: float, targets: Sequence[float]) -> float:
        """The step to the next height, as the last points lead there."""
        before, last = self.points[-2], self.points[-1]
        slope = (last.z - before.z) / abs(last.u - before.u)
        height = next((t for t in targets if t > last.z + 0.1), targets[-1] + 0.1)
        # down from a crest there may be another well, which no long step should miss
        flat = math.inf if last.z < _LEVEL else step
        wanted = (height - last.z) / slope if slope > 0 else flat
        return min(max(wanted, step / _GROWTH), _GROWTH * step, self._longest)

    def cross(self, threshold: float) -> None:
        """Adds points until one lies at a threshold that the walk has crossed."""
        for _ in range(25):
            ordered = sorted(self.points, key=lambda p: self._sign * p.u)
            above = next((i for i, p in enumerate(ordered) if p.z >= threshold), None)
            if above is None or above == 0:
                return
            inner, outer = ordered[above - 1], ordered[above]
            if min(abs(inner.z - threshold), abs(outer.z - threshold)) <= CROSSING:
                return
            if abs(outer.u - inner.u) <= 1e-9 * max(1.0, abs(outer.u)):
                return  # a jump
            point = self._fitted(_between(ordered, above, threshold), inner)
            if point is None:
                return
            self.points.append(point)

    def _fitted(self, u: float, near: _Point) -> _Point | None:
        """The others fitted at `u`, from where the two points before lead to; None where the model cannot be run."""
        found = self._refit(self._guess(u, near))
        if math.isinf(found.cost):
            theta = near.theta.copy()
            theta[self._j] = u
            found = self._refit(theta)
        if math.isinf(found.cost):
            return None
        height = math.sqrt(max(0.0, 2 * (found.cost - self._optimum.cost)))
        return _Point(u, height, found.theta, found.cost)

    def _refit(self, theta: FloatArray) -> Refit:
        found = refit(self._objective, theta, {self._j}, self._tolerance)
        self.evaluations += found.evaluations
        self.linearisations += found.linearisations
        return found

    def _guess(self, u: float, near: _Point) -> FloatArray:
        inner = [p for p in self.points if self._sign * p.u < self._sign * near.u]
        if inner:
            before = max(inner, key=lambda p: self._sign * p.u)
            slope = (near.theta - before.theta) / (near.u - before.u)
        else:
            slope = self._optimum.slopes[:, self._j]
        theta = np.clip(near.theta + (u - near.u) * np.nan_to_num(slope), self._low, self._high)
        theta[self._j] = u
        return np.asarray(theta)


def _between(ordered: Sequence[_Point], above: int, threshold: float) -> float:
    """Where the height is `threshold`: by a parabola or a straight line through the nearest points, or half way where
    the outer one is so far up that these would miss."""
    inner, outer = ordered[above - 1], ordered[above]
    if outer.z > 2 * threshold + 1:
        return 0.5 * (inner.u + outer.u)
    curved = _quadratic(ordered[above - 2], inner, outer, threshold) if above >= 2 else None
    if curved is not None:
        return curved
    share = (threshold - inner.z) / (outer.z - inner.z)
    return inner.u + min(max(share, 0.02), 0.98) * (outer.u - inner.u)


def _quadratic(first: _Point, inner: _Point, outer: _Point, z: float) -> float | None:
    """Inverse quadratic interpolation of u at height z, where it lies between the two outer points."""
    a, b, c = first.z, inner.z, outer.z
    if not a < b < c:
        return None
    u = (
        first.u * (z - b) * (z - c) / ((a - b) * (a - c))
        + inner.u * (z - a) * (z - c) / ((b - a) * (b - c))
        + outer.u * (z - a) * (z - b) / ((c - a) * (c - b))
    )
    low, high = sorted((inner.u, outer.u))
    return u if low < u < high else None
