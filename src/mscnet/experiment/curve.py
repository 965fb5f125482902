"""`Curve`: what a fact is judged on, a course with what is known of its readings; smooth between its points.

Between points a curve is the cubic of Hermite, its slopes those of the parabola through three neighbours, held back
where they would make it swing (J. M. Hyman, SIAM J. Sci. Stat. Comput. 1983, 4, 645): it is smooth where the points
are close, and never leaves the range of its neighbours.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: Halvings of an interval in which a curve crosses a value: to rounding.
_HALVINGS = 52
#: A step of Newton's shorter than this part of an interval is the last: the next would be below rounding.
CLOSE = 1e-13
#: A peak is resolved where the curve bends at most so many times as strongly at one of its points as at the next.
BENDS = 10.0


@dataclass(frozen=True, eq=False)
class Curve:
    """`values` (n_times,) at `time` (n_times,), counted from the start of the measurement, in the file's units.

    `spacing` is the time between readings at the bench (None where it was not read but followed), which may be wider
    than that of `time`; `noise` the standard deviation of a reading, None where nobody said.
    """

    time: FloatArray
    values: FloatArray
    label: str = ""
    unit: str = ""
    spacing: float | None = None
    noise: float | None = None

    @cached_property
    def slopes(self) -> FloatArray:
        """dx/dt at every point, (n_times,), held back so that the cubic between points stays monotonic."""
        if len(self.time) < 3:
            return np.gradient(self.values, self.time) if len(self.time) == 2 else np.zeros(len(self.time))
        secants = np.diff(self.values) / np.diff(self.time)
        slopes = np.gradient(self.values, self.time, edge_order=2)
        before, after = np.append(secants[0], secants), np.append(secants, secants[-1])
        most = np.where(before * after > 0, 3 * np.minimum(abs(before), abs(after)), 0.0)
        sign = np.sign(after)
        return sign * np.clip(sign * slopes, 0.0, most)

    def at(self, time: float) -> float:
        """The value at a time within the curve, ``nan`` outside it."""
        if not self.time[0] <= time <= self.time[-1]:
            return float("nan")
        i = min(max(int(np.searchsorted(self.time, time, side="right")) - 1, 0), max(len(self.time) - 2, 0))
        return float(self.values[0]) if len(self.time) == 1 else self._between(i, time)

    def _between(self, i: int, time: float) -> float:
        """The cubic of interval `i`."""
        low, width, *cubic = self._cubic(i)
        return _on_cubic((time - low) / width, *cubic)

    def _cubic(self, i: int) -> tuple[float, float, float, float, float, float]:
        """Interval `i`: its start and width, the values at its ends, and the slopes there times the width."""
        low, high = self.time[i : i + 2].tolist()
        a, b = self.values[i : i + 2].tolist()
        m, n = self.slopes[i : i + 2].tolist()
        width = high - low
        return low, width, a, b, m * width, n * width

    def crossing(self, level: float, last: bool = False) -> float:
        """The first (or the last) time at which the curve passes `level`, or touches it; ``nan`` if never."""
        above = self.values - level
        exact = np.flatnonzero(above == 0.0)
        through = np.flatnonzero(above[:-1] * above[1:] < 0)
        pick = -1 if last else 0
        found = [float(self.time[exact[pick]])] if exact.size else []
        if through.size:
            found.append(self.root(int(through[pick]), level))
        return (max(found) if last else min(found)) if found else float("nan")

    def root(self, i: int, level: float) -> float:
        """Where interval `i`, whose ends lie on either side of `level`, passes it."""
        low, width, a, b, m, n = self._cubic(i)
        rising = b > a
        left, right = 0.0, 1.0
        for _ in range(_HALVINGS):
            s = 0.5 * (left + right)
            if (_on_cubic(s, a, b, m, n) < level) == rising:
                left = s
            else:
                right = s
        return low + 0.5 * (left + right) * width

    def vertex(self, highest: bool = True) -> tuple[float, float]:
        """Time and value of the maximum (or minimum): the vertex of the polynomial through the extreme point and two
        neighbours on each side (one, near an end); the point itself at an end of the curve, or where the points are too
        far apart to say what the curve does between them."""
        return self._maximum if highest else self._minimum

    @cached_property
    def _maximum(self) -> tuple[float, float]:
        return self.peak(1.0)[:2]

    @cached_property
    def _minimum(self) -> tuple[float, float]:
        return self.peak(-1.0)[:2]

    def peak(self, sign: float) -> tuple[float, float, int, int]:
        """The `vertex` of the highest (sign 1) or lowest (-1) value, its point, and how many neighbours on each side
        its polynomial goes through: 0 where it is the point itself."""
        values = sign * self.values
        i = int(np.argmax(values))
        if 0 < i < len(values) - 1 and self._resolved(i):
            for beside in (2, 1):
                found = _vertex(self.time, values, i, beside)
                if found is not None:
                    return found[0], sign * found[1], i, beside
        return float(self.time[i]), float(self.values[i]), i, 0

    def _resolved(self, i: int) -> bool:
        """Whether the curve bends at point `i` much as it does beside it: else a polynomial would make up a peak."""
        t, v = self.time[max(i - 2, 0) : i + 3].tolist(), self.values[max(i - 2, 0) : i + 3].tolist()
        secants = [(v[j + 1] - v[j]) / (t[j + 1] - t[j]) for j in range(len(t) - 1)]
        bends = [abs((secants[j + 1] - secants[j]) / (t[j + 2] - t[j])) for j in range(len(t) - 2)]
        return max(bends) <= BENDS * min(bends)

    def over(self, start: float, end: float) -> Curve:
        """The part between two times; its ends are points of it.  Empty where the curve has nothing there."""
        start, end = max(start, float(self.time[0])), min(end, float(self.time[-1]))
        if end < start:
            return Curve(self.time[:0], self.values[:0], self.label, self.unit, self.spacing, self.noise)
        inside = (self.time > start) & (self.time < end)
        ends = [start] if end == start else [start, end]
        time = np.concatenate([ends[:1], self.time[inside], ends[1:]])
        values = np.concatenate([[self.at(start)], self.values[inside], [self.at(t) for t in ends[1:]]])
        return Curve(time, values, self.label, self.unit, self.spacing, self.noise)


def _on_cubic(s: float, a: float, b: float, m: float, n: float) -> float:
    """The cubic of Hermite at `s` of its interval, 0 to 1: its values at the ends, and its slopes times the width."""
    return a + (b - a) * s + s * (1 - s) * (m * (1 - s) - n * s + (b - a) * (2 * s - 1))


def _vertex(time: FloatArray, values: FloatArray, i: int, beside: int) -> tuple[float, float] | None:
    """The maximum of the polynomial through point `i` and so many on each side, between its neighbours; else None."""
    if i < beside or i + beside >= len(time):
        return None
    near = slice(i - beside, i + beside + 1)
    width = float(time[i + 1] - time[i - 1])
    x = ((time[near] - time[i]) / width).tolist()
    powers = _through(x, (values[near] - values[i]).tolist())
    best = summit(powers, x[beside - 1], x[beside + 1])
    if best is None:
        return None
    height = _horner(powers, best)
    return (float(time[i]) + width * best, float(values[i]) + height) if height >= 0 else None


def _through(x: list[float], y: list[float]) -> list[float]:
    """The polynomial through points (Newton's divided differences), the lowest power first."""
    n = len(x)
    differences = list(y)
    for j in range(1, n):
        for k in range(n - 1, j - 1, -1):
            differences[k] = (differences[k] - differences[k - 1]) / (x[k] - x[k - j])
    powers = [0.0] * n
    for j in range(n - 1, -1, -1):  # powers·(x - x_j) + difference
        for k in range(n - 1, 0, -1):
            powers[k] = powers[k - 1] - x[j] * powers[k]
        powers[0] = differences[j] - x[j] * powers[0]
    return powers


def _horner(powers: list[float], x: float) -> float:
    total = 0.0
    for power in reversed(powers):
        total = total * x + power
    return total


def summit(powers: list[float], low: float, high: float) -> float | None:
    """Where a polynomial is highest of all places between two at which it is level; None without one."""
    slope = [j * power for j, power in enumerate(powers)][1:]
    bend = [j * power for j, power in enumerate(slope)][1:]
    if not (_horner(slope, low) > 0 > _horner(slope, high) and _bends_down(bend, low, high)):
        return _highest_root(powers, slope, low, high)
    x = 0.0
    for _ in range(_HALVINGS):  # the only place: Newton's steps, halvings where one leaves what holds it
        value = _horner(slope, x)
        low, high = (x, high) if value > 0 else (low, x)
        step = -value / _horner(bend, x)
        new = x + step if low <= x + step <= high else 0.5 * (low + high)
        x, moved = new, abs(new - x)
        if moved <= CLOSE:
            break
    return x


def _bends_down(bend: list[float], low: float, high: float) -> bool:
    """Whether a second derivative, at most quadratic, is negative from one place to another."""
    places = [low, high]
    if len(bend) == 3 and bend[2] < 0:
        places.append(min(max(-bend[1] / (2 * bend[2]), low), high))
    return all(_horner(bend, x) < 0 for x in places)


def _highest_root(powers: list[float], slope: list[float], low: float, high: float) -> float | None:
    roots = np.roots(slope[::-1])
    real = roots[np.abs(roots.imag) < 1e-9].real
    inside = real[(real >= low) & (real <= high)].tolist()
    return max(inside, key=lambda x: _horner(powers, x), default=None)
