"""`TangentCurve`: a curve and its derivatives as rows, with the definitions of `Curve`.

Row 0 is a curve, the others are it moved by a small step along a derivative (see `RowRun.steps`).  Every choice that
jumps (which point is the highest, which interval is crossed) is that of row 0, and the other rows follow it to first
order: a crossing moves by -(x - level)/x', a vertex by minus the slope there over the curvature.  So differences of
rows are derivatives to rounding, and no row flips into another piece.  It also means that few of their points are ever
looked at: those alone are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.curve import Curve
from mscnet.experiment.row_curve import FloatArray, IndexArray, Numbers, RowCurve, passed
from mscnet.experiment.row_piece import Piece

#: Gives the values of all rows (m, k) from one point to another.
Source = Callable[[int, int], FloatArray]


class TangentCurve(RowCurve):
    """`leading` (n_times,) is row 0 of `count` rows; `source` gives what is needed of them all."""

    tangent = True
    leading: FloatArray
    _count: int
    _source: Source
    _parts: dict[tuple[int, int], FloatArray]

    def __init__(self, time: FloatArray, leading: FloatArray, count: int, source: Source) -> None:
        self.__dict__.update(time=time, leading=leading, _count=count, _source=source, _parts={})

    @classmethod
    def of(cls, time: FloatArray, values: FloatArray) -> TangentCurve:
        """The curve of rows (m, n_times) that are there already."""
        return cls(time, values[0], len(values), lambda first, last: values[:, first:last])

    def __len__(self) -> int:
        return int(self._count)

    @cached_property
    def values(self) -> FloatArray:
        """All rows (m, n_times), worked out where something needs them."""
        return self.part(0, len(self.time))

    def part(self, first: int, last: int) -> FloatArray:
        """All rows from one point to another, (m, last - first)."""
        if (first, last) not in self._parts:
            self._parts[first, last] = self._source(first, last)
        return self._parts[first, last]

    def row(self, number: int) -> Curve:
        """One row as a curve."""
        return self._leading_curve if number == 0 else Curve(self.time, self.values[number])

    @cached_property
    def _leading_curve(self) -> Curve:
        return Curve(self.time, self.leading)

    @property
    def first(self) -> FloatArray:
        """The first values (m,)."""
        return self.part(0, 1)[:, 0]

    @property
    def last(self) -> FloatArray:
        """The last values (m,)."""
        return self.part(len(self.time) - 1, len(self.time))[:, 0]

    @property
    def deciding(self) -> FloatArray:
        """Row 0, (1, n_times)."""
        return self.leading[None]

    def same(self, holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What holds in row 0."""
        return np.full(len(self), bool(holds[0]))

    def chosen(self, choose: Callable[[FloatArray], IndexArray]) -> IndexArray:
        """The index that `choose` gives for row 0, for each row, (m,)."""
        return np.full(len(self), choose(self.deciding)[0])

    @cached_property
    def range(self) -> FloatArray:
        """The largest value less the smallest, those of row 0, (m,)."""
        highest, lowest = int(self.leading.argmax()), int(self.leading.argmin())
        return self.part(highest, highest + 1)[:, 0] - self.part(lowest, lowest + 1)[:, 0]

    def points(self, index: IndexArray) -> FloatArray:
        """The value of every row at a point, (m,)."""
        return self.part(int(index[0]), int(index[0]) + 1)[:, 0]

    # --- between points --------------------------------------------------------------------------

    def at(self, time: float) -> FloatArray:
        """The values at a time within the curves, (m,); ``nan`` outside them."""
        if not self.time[0] <= time <= self.time[-1]:
            return np.full(len(self), np.nan)
        n = len(self.time)
        if n == 1:
            return self.first
        i = min(max(int(self.time.searchsorted(time, side="right")) - 1, 0), n - 2)
        if time == self.time[i]:
            return self.part(i, i + 1)[:, 0]
        piece = Piece.of(self.time, self.leading, i)
        return np.asarray(self._points(piece) @ piece.weights((time - piece.start) / piece.width))

    def _points(self, piece: Piece) -> FloatArray:
        return self.part(piece.first, piece.first + len(piece.time))

    def root(self, i: IndexArray, level: Numbers) -> FloatArray:
        """Where interval `i` (m,), whose ends lie on either side of `level` in row 0, passes it: times (m,)."""
        levels = np.asarray(level, dtype=float)
        piece = Piece.of(self.time, self.leading, int(i[0]))
        s, slope = piece.root(float(levels[0] if levels.ndim else levels))
        if self._count == 1:
            return np.array([piece.start + piece.width * s])
        away = self._points(piece) @ piece.weights(s) - levels
        moved = (away - away[0]) / slope if slope else np.zeros(len(self))
        return np.asarray(piece.start + piece.width * (s - moved))

    def crossing(self, level: Numbers) -> tuple[FloatArray, NDArray[np.bool_]]:
        """The first time at which the curve passes `level`, or touches it, (m,), and whether row 0 does, (m,)."""
        hit = passed(self.deciding, np.asarray(level, dtype=float).reshape(-1)[:1])[0]
        i = int(hit.argmax())
        if len(self.time) == 1 or not hit[i]:
            return np.full(len(self), self.time[0]), np.full(len(self), bool(hit[i]))
        i = min(i, len(self.time) - 2)
        return self.root(np.full(len(self), i), level), np.ones(len(self), dtype=bool)

    def _peaks(self, sign: float) -> tuple[FloatArray, FloatArray]:
        time, value, i, beside = self.row(0).peak(sign)
        if not beside:
            return np.full(len(self), time), self.part(i, i + 1)[:, 0]
        if self._count == 1:
            return np.array([time]), np.array([value])
        first, last = i - beside, i + beside + 1
        width = self.time[i + 1] - self.time[i - 1]
        places, x = (self.time[first:last] - self.time[i]) / width, float((time - self.time[i]) / width)
        # weights of the points in height, slope and bend of their polynomial there
        weights = _powers(x, 2 * beside + 1) @ _coefficients(places.tobytes())
        height, slope, bend = weights @ self.part(first, last).T
        moved = (slope - slope[0]) / bend[0] if bend[0] else np.zeros(len(self))
        return time - width * moved, height + (value - height[0])

    # --- parts -----------------------------------------------------------------------------------

    def over(self, start: float, end: float) -> TangentCurve:
        """The part between two times; its ends are points of it.  Empty where the curves have nothing there."""
        start, end = max(start, float(self.time[0])), min(end, float(self.time[-1]))
        if end < start:
            return TangentCurve(self.time[:0], self.leading[:0], len(self), lambda first, last: self.part(0, 0))
        if end == start:
            value = self.at(start)[:, None]
            return TangentCurve(np.array([start]), value[0], len(self), lambda first, last: value[:, first:last])
        begin, last = (int(i) for i in self.time.searchsorted([start, end]))  # points at the ends and between them
        ends = [None if self.time[begin] == start else start, None if self.time[last] == end else end]
        before = int(ends[0] is not None)
        stop = last + int(ends[1] is None)
        columns = [None if each is None else self.at(each)[:, None] for each in ends]
        size = before + stop - begin + int(ends[1] is not None)

        def source(first: int, after: int) -> FloatArray:
            inner = self.part(max(first - before, 0) + begin, min(max(after - before, 0) + begin, stop))
            parts = [columns[0] if first == 0 < after else None, inner, columns[1] if after == size else None]
            return np.concatenate([part for part in parts if part is not None], axis=1)

        leading = [self.leading[begin:stop]]
        time = [self.time[begin:stop]]
        if columns[0] is not None:
            leading, time = [columns[0][0], *leading], [np.array([start]), *time]
        if columns[1] is not None:
            leading, time = [*leading, columns[1][0]], [*time, np.array([end])]
        return TangentCurve(np.concatenate(time), np.concatenate(leading), len(self), source)


@lru_cache(maxsize=4096)
def _coefficients(places: bytes) -> FloatArray:
    """What gives the coefficients of the polynomial through points at some places, (n, n), from their values."""
    x = np.frombuffer(places)
    return np.asarray(np.linalg.inv(x[:, None] ** np.arange(len(x))))


def _powers(x: float, n: int) -> FloatArray:
    """The powers of x below n, and their first and second derivatives, (3, n)."""
    height = [x**k for k in range(n)]
    slope = [0.0, *(k * height[k - 1] for k in range(1, n))]
    bend = [0.0, 0.0, *(k * (k - 1) * height[k - 2] for k in range(2, n))]
    return np.array([height, slope, bend])
