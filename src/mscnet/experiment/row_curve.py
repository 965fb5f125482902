"""`RowCurve`: many curves over the same times, one a row, with the definitions of `Curve`.

Where the rows are a run with its exact derivatives beside it (`tangent`, see `RowRun.steps`), every choice that jumps
(which point is the highest, which interval is crossed) is that of row 0, and the other rows follow it to first order:
a crossing at s moves by -(x - level)/x'(s), a vertex by minus the slope there over the curvature.  So differences of
rows are derivatives to rounding, and no row flips into another piece.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.curve import BENDS, Curve
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
#: One number for all rows, or one for each, (m,).
Numbers = FloatArray | float

#: Newton's steps in an interval, with halvings where one leaves it: some five are needed.
_STEPS = 80
#: A step shorter than this part of the interval was the last: Newton's error falls with the square of it.
_CLOSE = 1e-13
#: A crossing so flat (slope over the secant) moves no further than one of this slope.
_FLAT = 1e-6


@dataclass(frozen=True, eq=False)
class RowCurve:
    """`values` (m, n_times) at `time` (n_times,), as in `Curve`.  `tangent`: rows 1 … are row 0 moved by a small step
    along its derivatives."""

    time: FloatArray
    values: FloatArray
    tangent: bool = False

    def __len__(self) -> int:
        return len(self.values)

    def row(self, number: int) -> Curve:
        """One row as a curve."""
        return Curve(self.time, self.values[number])

    @property
    def first(self) -> FloatArray:
        """The first values (m,)."""
        return self.values[:, 0]

    @property
    def last(self) -> FloatArray:
        """The last values (m,)."""
        return self.values[:, -1]

    # --- which point ---------------------------------------------------------------------------

    def chosen(self, choose: Callable[[FloatArray], IndexArray]) -> IndexArray:
        """An index for each row, (m,), that `choose` gives for values (k, n_times): row 0's for all of a tangent."""
        if self.tangent:
            return np.full(len(self), choose(self.values[:1])[0])
        return choose(self.values)

    @cached_property
    def _rows(self) -> IndexArray:
        return np.arange(len(self))

    def points(self, index: IndexArray) -> FloatArray:
        """The value of every row at a point of its own, (m,)."""
        return self.values[:, index[0]] if self.tangent else self.values[self._rows, index]

    @cached_property
    def range(self) -> FloatArray:
        """The largest value less the smallest, (m,)."""
        highest, lowest = self.chosen(lambda v: v.argmax(axis=1)), self.chosen(lambda v: v.argmin(axis=1))
        return self.points(highest) - self.points(lowest)

    # --- between points ------------------------------------------------------------------------

    def at(self, time: float) -> FloatArray:
        """The values at a time within the curves, (m,); ``nan`` outside them."""
        if not self.time[0] <= time <= self.time[-1]:
            return np.full(len(self), np.nan)
        n = len(self.time)
        if n == 1:
            return self.first
        i = min(max(int(np.searchsorted(self.time, time, side="right")) - 1, 0), n - 2)
        if time == self.time[i]:
            return self.values[:, i]
        low, width, *cubic = self._cubic(np.full(len(self), i))
        return _on_cubic((time - low) / width, *cubic)

    def _cubic(self, i: IndexArray) -> tuple[FloatArray, ...]:
        """Interval `i` (m,) of every row: its start and width, then its cubic, lowest power first; each (m,)."""
        n = len(self.time)
        around = np.clip(i[:, None] + np.arange(-1, 3), 0, n - 1)
        time, values = self.time[around], self.values[self._rows[:, None], around]
        widths = np.diff(time, axis=1)
        before, own, after = widths.T
        with np.errstate(divide="ignore", invalid="ignore"):
            secants = np.diff(values, axis=1) / widths
        left, middle, right = secants.T
        if n == 2:
            m = k = middle
        else:
            m = np.where(
                i > 0, _slope(left, middle, before, own), _end_slope(middle, right, own, after)
            )
            k = np.where(
                i < n - 2, _slope(middle, right, own, after), _end_slope(middle, left, own, before)
            )
        a, rise = values[:, 1], values[:, 2] - values[:, 1]
        m, k = m * own, k * own
        return time[:, 1], own, a, m, 3 * rise - 2 * m - k, m + k - 2 * rise

    def root(self, i: IndexArray, level: Numbers) -> FloatArray:
        """Where interval `i` (m,), whose ends lie on either side of `level`, passes it: times (m,)."""
        low, width, *cubic = self._cubic(i)
        if not self.tangent:
            return low + width * solve_cubic(*cubic, level)
        here = np.asarray(level, dtype=float).reshape(-1)[:1]
        s = float(solve_cubic(*(c[:1] for c in cubic), here)[0])
        a, b, c, d = (float(each[0]) for each in cubic)
        speed, secant = b + s * (2 * c + 3 * s * d), b + c + d
        least = _FLAT * abs(secant)
        if abs(speed) < least:
            speed = float(np.copysign(least, secant))
        away = _on_cubic(s, *cubic) - level
        moved = (away - away[0]) / speed if speed else np.zeros(len(self))
        return low + width * (s - moved)

    def crossing(self, level: Numbers) -> tuple[FloatArray, NDArray[np.bool_]]:
        """The first time at which every curve passes `level`, or touches it, (m,), and whether it does, (m,)."""
        if self.tangent:
            hit = _passed(self.values[:1], np.asarray(level, dtype=float).reshape(-1)[:1])
            hit = np.broadcast_to(hit, self.values.shape)
        else:
            hit = _passed(self.values, level)
        i = np.full(len(self), int(hit[0].argmax())) if self.tangent else hit.argmax(axis=1)
        found = hit[self._rows, i]
        if len(self.time) == 1 or not found.any():
            return np.full(len(self), self.time[0]), found
        return self.root(np.minimum(i, len(self.time) - 2), level), found

    # --- extremes ------------------------------------------------------------------------------

    def vertex(self, highest: bool = True) -> tuple[FloatArray, FloatArray]:
        """Times and values of the maxima (or minima), (m,) each, as `Curve.vertex`."""
        return self._maximum if highest else self._minimum

    @cached_property
    def _maximum(self) -> tuple[FloatArray, FloatArray]:
        return self._tangent_peak(1.0) if self.tangent else self._peaks(1.0)

    @cached_property
    def _minimum(self) -> tuple[FloatArray, FloatArray]:
        return self._tangent_peak(-1.0) if self.tangent else self._peaks(-1.0)

    def _tangent_peak(self, sign: float) -> tuple[FloatArray, FloatArray]:
        time, value, i, beside = self.row(0).peak(sign)
        values = self.values[:, i]
        if not beside:
            return np.full(len(self), time), values
        near = slice(i - beside, i + beside + 1)
        width = self.time[i + 1] - self.time[i - 1]
        x = (time - self.time[i]) / width
        powers = np.arange(2 * beside + 1)
        polynomials = np.linalg.solve(
            np.vander((self.time[near] - self.time[i]) / width, increasing=True), (self.values[:, near] - values[:, None]).T
        )
        slopes = (powers * x ** np.maximum(powers - 1, 0)) @ polynomials
        bend = float((powers * (powers - 1) * x ** np.maximum(powers - 2, 0)) @ polynomials[:, 0])
        moved = (slopes - slopes[0]) / bend if bend else np.zeros(len(self))
        heights = values + x**powers @ polynomials
        return time - width * moved, heights + (value - heights[0])

    def _peaks(self, sign: float) -> tuple[FloatArray, FloatArray]:
        i = self.values.argmax(axis=1) if sign > 0 else self.values.argmin(axis=1)
        times, values = self.time[i], self.values[self._rows, i]
        n = len(self.time)
        inner = np.flatnonzero((i >= 2) & (i < n - 2))
        alone = np.flatnonzero((i == 1) & (n > 2) | (i == n - 2) & (i > 0))
        if inner.size:
            at, heights, plain = self._quartic_peaks(inner, i[inner], sign)
            times[inner], values[inner] = at, heights
            alone = np.union1d(alone, inner[~plain])
        for row in alone:
            times[row], values[row] = self.row(int(row)).peak(sign)[:2]
        return times, values

    def _quartic_peaks(
        self, rows: IndexArray, i: IndexArray, sign: float
    ) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
        """Times and values of the vertices of rows whose extreme is point `i`, and of which rows that is all there is
        to say: the point itself where the peak is not resolved, or the one vertex of a quartic that bends one way
        between the neighbours."""
        around = i[:, None] + np.arange(-2, 3)
        time, values = self.time[around], sign * self.values[rows[:, None], around]
        bends = np.abs(np.diff(np.diff(values) / np.diff(time)) / (time[:, 2:] - time[:, :-2]))
        resolved = bends.max(axis=1) <= BENDS * bends.min(axis=1)
        width = time[:, 3] - time[:, 1]
        x = (time - time[:, 2:3]) / width[:, None]
        powers = np.linalg.solve(x[:, :, None] ** np.arange(5), (values - values[:, 2:3])[:, :, None])[:, :, 0]
        best, single = _summit(powers, x[:, 1], x[:, 3])
        height = values[:, 2] + best * (powers[:, 1] + best * (powers[:, 2] + best * (powers[:, 3] + best * powers[:, 4])))
        single &= height >= values[:, 2]
        best, height = np.where(resolved, best, 0.0), np.where(resolved, height, values[:, 2])
        return time[:, 2] + width * best, sign * height, single | ~resolved

    # --- parts ---------------------------------------------------------------------------------

    def over(self, start: float, end: float) -> RowCurve:
        """The part between two times; its ends are points of it.  Empty where the curves have nothing there."""
        start, end = max(start, float(self.time[0])), min(end, float(self.time[-1]))
        if end < start:
            return self._with(self.time[:0], self.values[:, :0])
        if end == start:
            return self._with(np.array([start]), self.at(start)[:, None])
        first, last = np.searchsorted(self.time, [start, end])  # points at the ends and between them
        begins, ends = self.time[first] == start, self.time[last] == end
        if begins and ends:
            return self._with(self.time[first : last + 1], self.values[:, first : last + 1])
        inner = slice(first + int(begins), last)
        time = np.concatenate([[start], self.time[inner], [end]])
        return self._with(time, np.column_stack([self.at(start), self.values[:, inner], self.at(end)]))

    def _with(self, time: FloatArray, values: FloatArray) -> RowCurve:
        return RowCurve(time, values, self.tangent)


def _passed(values: FloatArray, level: Numbers) -> NDArray[np.bool_]:
    """At which points rows of values (m, n) are at a level, or pass it before the next."""
    limit = np.asarray(level, dtype=float).reshape(-1, 1)
    above, below = values > limit, values < limit
    hit: NDArray[np.bool_] = ~(above | below)
    hit[:, :-1] |= (above[:, :-1] & below[:, 1:]) | (below[:, :-1] & above[:, 1:])
    return hit


def _slope(before: FloatArray, after: FloatArray, left: FloatArray, right: FloatArray) -> FloatArray:
    """The slope at a point between two secants of these widths: the parabola's, held back as in `Curve.slopes`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        parabola = (before * right + after * left) / (left + right)
    most = np.where(before * after > 0, 3 * np.minimum(np.abs(before), np.abs(after)), 0.0)
    sign = np.sign(after)
    return np.asarray(sign * np.clip(sign * parabola, 0.0, most))


def _end_slope(own: FloatArray, next_one: FloatArray, width: FloatArray, further: FloatArray) -> FloatArray:
    """The slope at an end of the curve, from the secant there and the one beside it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        parabola = own - width * (next_one - own) / (width + further)
    sign = np.sign(own)
    return np.asarray(sign * np.clip(sign * parabola, 0.0, 3 * np.abs(own)))


def _on_cubic(s: Numbers, a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
    return np.asarray(a + s * (b + s * (c + s * d)))


def solve_cubic(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray, level: Numbers) -> FloatArray:
    """Where cubics that are monotonic from 0 to 1 pass a level there, (m,): Newton's steps, halvings where one would
    leave what is known to hold the root."""
    rise, away = b + c + d, level - a
    rising = rise > 0
    left, right = np.zeros(len(a)), np.ones(len(a))
    with np.errstate(divide="ignore", invalid="ignore"):
        s = np.clip(away / rise, 0.0, 1.0)
        s = np.where(np.isfinite(s), s, 0.5)
        for _ in range(_STEPS):
            value = s * (b + s * (c + s * d)) - away
            low = (value < 0) == rising
            left, right = np.where(low, s, left), np.where(low, right, s)
            new = s - value / (b + s * (2 * c + 3 * s * d))
            new = np.where((new >= left) & (new <= right), new, 0.5 * (left + right))
            step = np.abs(new - s).max()
            s = new
            if step <= _CLOSE:
                break
    return s


def _summit(powers: FloatArray, low: FloatArray, high: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Where quartics (k, 5), lowest power first, are highest between two places, (k,), and whether they bend downwards
    all the way there, so that this is their only vertex."""
    c1, c2, c3, c4 = powers[:, 1], 2 * powers[:, 2], 3 * powers[:, 3], 4 * powers[:, 4]

    def slope(x: FloatArray) -> FloatArray:
        return np.asarray(c1 + x * (c2 + x * (c3 + x * c4)))

    def bend(x: FloatArray) -> FloatArray:
        return np.asarray(c2 + x * (2 * c3 + 3 * x * c4))

    with np.errstate(divide="ignore", invalid="ignore"):
        turn = np.clip(np.nan_to_num(-c3 / (3 * c4)), low, high)
        worst = np.maximum(np.maximum(bend(low), bend(high)), bend(turn))
        single = (slope(low) > 0) & (slope(high) < 0) & (worst < 0)
        left, right, x = low.copy(), high.copy(), np.zeros(len(low))
        for _ in range(_STEPS):
            value = slope(x)
            up = value > 0
            left, right = np.where(up, x, left), np.where(up, right, x)
            new = x - value / bend(x)
            new = np.where((new >= left) & (new <= right), new, 0.5 * (left + right))
            step = np.abs(new - x)[single].max(initial=0.0)
            x = new
            if step <= _CLOSE:
                break
    return x, single
