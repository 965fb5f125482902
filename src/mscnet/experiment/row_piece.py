"""One interval of a curve whose rows lie along derivatives of row 0: all in it is linear in the values of four points.

Which slopes are held back is decided by row 0, so a value, or where a value is met, is a weighted sum for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from mscnet.experiment.curve import CLOSE, FloatArray
from mscnet.records import dataclass

#: Newton's steps, with halvings where one leaves the interval: some five are needed.
_STEPS = 80
#: A crossing so flat (slope over the secant) moves no further than one of this slope.
_FLAT = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """An interval of row 0, number `place` among two to four points from `first` on: their `time` and `values`, and the
    shares of the secants before, of and after it in the slopes at its ends."""

    first: int
    place: int
    time: tuple[float, ...]
    values: tuple[float, ...]
    left: tuple[float, float, float]
    right: tuple[float, float, float]

    @classmethod
    def of(cls, time: FloatArray, values: FloatArray, i: int) -> Piece:
        """That of a curve of at least two points."""
        n = len(time)
        first, last = max(i - 1, 0), min(i + 3, n)
        t, v = time[first:last].tolist(), values[first:last].tolist()
        widths = [b - a for a, b in pairwise(t)]
        secants = [(b - a) / w for (a, b), w in zip(pairwise(v), widths, strict=True)]
        here = i - first  # the interval's place among those that are there
        if n == 2:
            alone = (0.0, 1.0, 0.0)
            return cls(first, here, tuple(t), tuple(v), alone, alone)
        left = _at_end(secants, widths, 0, 1) if i == 0 else _inside(secants, widths, here - 1)
        right = _at_end(secants, widths, here, here - 1) if i == n - 2 else _inside(secants, widths, here)
        # shares by the secants before, of, and after the interval
        return cls(first, here, tuple(t), tuple(v), _shifted(left, here), _shifted(right, here))

    @property
    def _secants(self) -> tuple[float, float, float]:
        v, t, here = self.values, self.time, self.place
        found = [0.0, 0.0, 0.0]
        for k in range(len(v) - 1):
            found[k - here + 1] = (v[k + 1] - v[k]) / (t[k + 1] - t[k])
        return found[0], found[1], found[2]

    @property
    def start(self) -> float:
        """When it begins."""
        return self.time[self.place]

    @property
    def width(self) -> float:
        """How long it is."""
        return self.time[self.place + 1] - self.time[self.place]

    def weights(self, s: float) -> FloatArray:
        """The weights of the points in the value at `s` of the interval, 0 to 1."""
        rise, left, right = s * s * (3 - 2 * s), s * (1 - s) ** 2, s * s * (s - 1)
        found = [0.0] * len(self.time)
        found[self.place] = 1.0
        for k in range(len(self.time) - 1):
            j = k - self.place + 1
            share = (rise if j == 1 else 0.0) + left * self.left[j] + right * self.right[j]
            share *= self.width / (self.time[k + 1] - self.time[k])
            found[k] -= share
            found[k + 1] += share
        return np.array(found)

    def root(self, level: float) -> tuple[float, float]:
        """Where row 0 is at a level that lies between its ends, as a part of the interval, and its slope there times
        the width, kept from 0."""
        secants, width, value = self._secants, self.width, self.values[self.place]
        m = width * sum(a * b for a, b in zip(self.left, secants, strict=True))
        k = width * sum(a * b for a, b in zip(self.right, secants, strict=True))
        rise, away = self.values[self.place + 1] - value, level - value
        c, d = 3 * rise - 2 * m - k, m + k - 2 * rise
        low, high, s = 0.0, 1.0, min(max(away / rise, 0.0), 1.0) if rise else 0.5
        for _ in range(_STEPS):
            off = s * (m + s * (c + s * d)) - away
            low, high = (s, high) if (off < 0) == (rise > 0) else (low, s)
            slope = m + s * (2 * c + 3 * s * d)
            new = s - off / slope if slope else -1.0
            new = new if low <= new <= high else 0.5 * (low + high)
            s, moved = new, abs(new - s)
            if moved <= CLOSE:
                break
        slope, least = m + s * (2 * c + 3 * s * d), _FLAT * abs(rise)
        return s, slope if abs(slope) >= least else float(np.copysign(least, rise))


def _shifted(shares: Sequence[float], here: int) -> tuple[float, float, float]:
    """Shares by the place of a secant as those before, of and after the interval at `here`."""
    found = [0.0, 0.0, 0.0]
    for k, share in enumerate(shares):
        if share:
            found[k - here + 1] = share
    return found[0], found[1], found[2]


def _inside(secants: list[float], widths: list[float], k: int) -> list[float]:
    """The shares of secants in the slope between number `k` and the next, held back as in `Curve.slopes`."""
    shares = [0.0] * len(secants)
    before, after, total = secants[k], secants[k + 1], widths[k] + widths[k + 1]
    if before * after <= 0:
        return shares
    shares[k], shares[k + 1] = widths[k + 1] / total, widths[k] / total
    if abs(shares[k] * before + shares[k + 1] * after) > 3 * min(abs(before), abs(after)):
        smaller = abs(before) <= abs(after)
        shares[k], shares[k + 1] = (3.0, 0.0) if smaller else (0.0, 3.0)
    return shares


def _at_end(secants: list[float], widths: list[float], own: int, beside: int) -> list[float]:
    """The same at an end of the curve, with the secant there and the one beside it."""
    shares = [0.0] * len(secants)
    part = widths[own] / (widths[own] + widths[beside])
    slope = secants[own] * (1 + part) - secants[beside] * part
    if slope * secants[own] <= 0:
        return shares
    shares[own], shares[beside] = 1 + part, -part
    if abs(slope) > 3 * abs(secants[own]):
        shares[own], shares[beside] = 3.0, 0.0
    return shares
