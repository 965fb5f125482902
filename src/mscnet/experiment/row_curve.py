"""`RowCurve`: many curves over the same times, one a row, with the definitions of `Curve`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.curve import BENDS, CLOSE, Curve, summit
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
#: One number for all rows, or one for each, (m,).
Numbers = FloatArray | float

#: Newton's steps in an interval, with halvings where one leaves it: some five are needed.
_STEPS = 80


@dataclass(frozen=True, eq=False)
class RowCurve:
    """`values` (m, n_times) at `time` (n_times,), as in `Curve`."""

    time: FloatArray
    values: FloatArray

    #: Whether rows 1 … are row 0 moved by a small step along its derivatives: see `TangentCurve`.
    tangent = False

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

    @property
    def deciding(self) -> FloatArray:
        """The rows by which a choice is made, (m or 1, n_times)."""
        return self.values

    def same(self, holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What holds in each row, (m,), by the rows that decide."""
        return holds

    # --- which point ---------------------------------------------------------------------------

    def chosen(self, choose: Callable[[FloatArray], IndexArray]) -> IndexArray:
        """An index for each row, (m,), that `choose` gives for values (k, n_times)."""
        return choose(self.values)

    @cached_property
    def _rows(self) -> IndexArray:
        return np.arange(len(self))

    def points(self, index: IndexArray) -> FloatArray:
        """The value of every row at a point of its own, (m,)."""
        return self.values[self._rows, index]

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
        low, width, a, b, c, d = self._cubic(np.full(len(self), i))
        s = (time - low) / width
        return a + s * (b + s * (c + s * d))

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
            m = np.where(i > 0, _slope(left, middle, before, own), _end_slope(middle, right, own, after))
            k = np.where(i < n - 2, _slope(middle, right, own, after), _end_slope(middle, left, own, before))
        a, rise = values[:, 1], values[:, 2] - values[:, 1]
        m, k = m * own, k * own
        return time[:, 1], own, a, m, 3 * rise - 2 * m - k, m + k - 2 * rise

    def root(self, i: IndexArray, level: Numbers) -> FloatArray:
        """Where interval `i` (m,), whose ends lie on either side of `level`, passes it: times (m,)."""
        low, width, *cubic = self._cubic(i)
        return low + width * solve_cubic(cubic[0], cubic[1], cubic[2], cubic[3], level)

    def crossing(self, level: Numbers) -> tuple[FloatArray, NDArray[np.bool_]]:
        """The first time at which every curve passes `level`, or touches it, (m,), and whether it does, (m,)."""
        hit = passed(self.values, level)
        i = hit.argmax(axis=1)
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
        return self._peaks(1.0)

    @cached_property
    def _minimum(self) -> tuple[FloatArray, FloatArray]:
        return self._peaks(-1.0)

    def _peaks(self, sign: float) -> tuple[FloatArray, FloatArray]:
        i = self.values.argmax(axis=1) if sign > 0 else self.values.argmin(axis=1)
        times, values = self.time[i], self.values[self._rows, i]
        rows = np.flatnonzero((i > 0) & (i < len(self.time) - 1))
        if rows.size:
            rows = rows[self._resolved(rows, i[rows])]
            for beside in (2, 1):
                able = (i[rows] >= beside) & (i[rows] < len(self.time) - beside)
                at, height, found = self._vertices(rows[able], i[rows[able]], sign, beside)
                done = np.flatnonzero(able)[found]
                times[rows[done]], values[rows[done]] = at[found], height[found]
                rows = np.delete(rows, done)
                if not rows.size:
                    break
        return times, values

    def _resolved(self, rows: IndexArray, i: IndexArray) -> NDArray[np.bool_]:
        """As `Curve._resolved`, of points inside the curves."""
        n = len(self.time)
        around = np.clip(i[:, None] + np.arange(-2, 3), 0, n - 1)
        time, values = self.time[around], self.values[rows[:, None], around]
        with np.errstate(divide="ignore", invalid="ignore"):
            bends = np.abs(np.diff(np.diff(values) / np.diff(time)) / (time[:, 2:] - time[:, :-2]))
        bends[i < 2, 0] = bends[i < 2, 1]
        bends[i > n - 3, 2] = bends[i > n - 3, 1]
        return np.asarray(bends.max(axis=1) <= BENDS * bends.min(axis=1))

    def _vertices(
        self, rows: IndexArray, i: IndexArray, sign: float, beside: int
    ) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
        """Times and values of the vertices of the polynomials through point `i` of rows and so many on each side, and
        whether there is one."""
        around = i[:, None] + np.arange(-beside, beside + 1)
        time, values = self.time[around], sign * self.values[rows[:, None], around]
        here, width = values[:, beside], time[:, beside + 1] - time[:, beside - 1]
        x = (time - time[:, beside, None]) / width[:, None]
        powers = np.linalg.solve(x[:, :, None] ** np.arange(2 * beside + 1), (values - here[:, None])[:, :, None])[
            :, :, 0
        ]
        best, found = _summits(powers, x[:, beside - 1], x[:, beside + 1])
        height = here + _horner(powers, best)
        return time[:, beside] + width * best, sign * height, found & (height >= here)

    # --- parts ---------------------------------------------------------------------------------

    def over(self, start: float, end: float) -> RowCurve:
        """The part between two times; its ends are points of it.  Empty where the curves have nothing there."""
        start, end = max(start, float(self.time[0])), min(end, float(self.time[-1]))
        if end < start:
            return RowCurve(self.time[:0], self.values[:, :0])
        if end == start:
            return RowCurve(np.array([start]), self.at(start)[:, None])
        first, last = np.searchsorted(self.time, [start, end])  # points at the ends and between them
        begins, ends = self.time[first] == start, self.time[last] == end
        if begins and ends:
            return RowCurve(self.time[first : last + 1], self.values[:, first : last + 1])
        inner = slice(first + int(begins), last)
        time = np.concatenate([[start], self.time[inner], [end]])
        return RowCurve(time, np.column_stack([self.at(start), self.values[:, inner], self.at(end)]))


def passed(values: FloatArray, level: Numbers) -> NDArray[np.bool_]:
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
            if step <= CLOSE:
                break
    return s


def _horner(powers: FloatArray, x: FloatArray) -> FloatArray:
    """Polynomials (k, n), lowest power first, at x (k,)."""
    total = np.zeros(len(x))
    for j in range(powers.shape[1] - 1, -1, -1):
        total = total * x + powers[:, j]
    return total


def _summits(powers: FloatArray, low: FloatArray, high: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Where polynomials (k, 3 or 5) are highest of all places between two at which they are level, (k,), and whether
    there is one."""
    slope = powers[:, 1:] * np.arange(1, powers.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        if slope.shape[1] == 2:
            x = -slope[:, 0] / slope[:, 1]
            return x, (x >= low) & (x <= high)
        found = np.ones(len(powers), dtype=bool)
        x, single = _only_summit(slope, low, high)
        for row in np.flatnonzero(~single):
            best = summit(powers[row].tolist(), float(low[row]), float(high[row]))
            x[row], found[row] = (0.0, False) if best is None else (best, True)
    return x, found


def _only_summit(slope: FloatArray, low: FloatArray, high: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Where cubics (k, 4), lowest power first, pass 0 between two places, (k,), and whether they fall all the way there
    from above it to below, so that this is their only root."""
    bend = slope[:, 1:] * np.arange(1, 4)
    turn = np.clip(np.nan_to_num(-bend[:, 1] / (2 * bend[:, 2])), low, high)
    worst = np.maximum(np.maximum(_horner(bend, low), _horner(bend, high)), _horner(bend, turn))
    single = (_horner(slope, low) > 0) & (_horner(slope, high) < 0) & (worst < 0)
    left, right, x = low.copy(), high.copy(), np.zeros(len(low))
    for _ in range(_STEPS):
        value = _horner(slope, x)
        up = value > 0
        left, right = np.where(up, x, left), np.where(up, right, x)
        new = x - value / _horner(bend, x)
        new = np.where((new >= left) & (new <= right), new, 0.5 * (left + right))
        step = np.abs(new - x)[single].max(initial=0.0)
        x = new
        if step <= CLOSE:
            break
    return x, single
