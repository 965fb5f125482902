"""Features over rows: the numbers of `features`, for many courses at once, finite where a course does not have them.

Every feature takes a `RowCurve`, its arguments, and whether an argument was in %; it gives the values (m,) and what
they fall short, (m,) or 0: where a course never gets to a value, the value is that of where it comes nearest, and the
shortfall is by how much it misses, over a tenth of the larger of the two (the scale of an inequality without a
tolerance).  So what a fit sees stays continuous where a course only just reaches a value, and leads back to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.features import FLAT
from mscnet.experiment.margins import SHARE
from mscnet.experiment.row_curve import FloatArray, Numbers, RowCurve

#: A feature's function: curves, arguments, whether one was in %; values and shortfalls.
RowFeature = Callable[[RowCurve, tuple[Numbers, ...], bool], tuple[FloatArray, Numbers]]
#: The shortfall of what a course cannot have at all, such as a value outside its time: one whole side is missed.
NONE_AT_ALL = 1.0 / SHARE


class NotAlike(Exception):
    """The rows differ in more than their values, such as in the time at which one is read: row by row, then."""


def maximum(curve: RowCurve, arguments: tuple[Numbers, ...] = (), relative: bool = False) -> tuple[FloatArray, Numbers]:
    """The largest value, that of a smooth peak between points."""
    return curve.vertex()[1], 0.0


def minimum(curve: RowCurve, arguments: tuple[Numbers, ...] = (), relative: bool = False) -> tuple[FloatArray, Numbers]:
    """The smallest value."""
    return curve.vertex(highest=False)[1], 0.0


def initial(curve: RowCurve, arguments: tuple[Numbers, ...] = (), relative: bool = False) -> tuple[FloatArray, Numbers]:
    """The first value."""
    return curve.first, 0.0


def final(curve: RowCurve, arguments: tuple[Numbers, ...] = (), relative: bool = False) -> tuple[FloatArray, Numbers]:
    """The last value."""
    return curve.last, 0.0


def mean(curve: RowCurve, arguments: tuple[Numbers, ...] = (), relative: bool = False) -> tuple[FloatArray, Numbers]:
    """The mean over time (trapezoidal rule)."""
    if len(curve.time) == 1:
        return curve.first, 0.0
    return np.trapezoid(curve.values, curve.time) / (curve.time[-1] - curve.time[0]), 0.0


def at(curve: RowCurve, arguments: tuple[Numbers, ...], relative: bool = False) -> tuple[FloatArray, Numbers]:
    """The value at a time; outside the course that at its nearest end, which misses it altogether."""
    time = single(arguments[0])
    if curve.time[0] <= time <= curve.time[-1]:
        return curve.at(time), 0.0
    return (curve.first if time < curve.time[0] else curve.last), NONE_AT_ALL


def time_of_maximum(
    curve: RowCurve, arguments: tuple[Numbers, ...] = (), relative: bool = False
) -> tuple[FloatArray, Numbers]:
    """The time of the largest value, or the middle of a flat top."""
    return _time_of_extreme(curve, highest=True), 0.0


def time_of_minimum(
    curve: RowCurve, arguments: tuple[Numbers, ...] = (), relative: bool = False
) -> tuple[FloatArray, Numbers]:
    """The time of the smallest value, or the middle of a flat bottom."""
    return _time_of_extreme(curve, highest=False), 0.0


def _time_of_extreme(curve: RowCurve, highest: bool) -> FloatArray:
    peak, value = curve.vertex(highest)
    n, within = len(curve.time), FLAT * curve.range
    decides = len(curve.deciding)
    away = np.abs(curve.deciding - value[:decides, None]) > within[:decides, None]
    i = (curve.deciding if highest else -curve.deciding).argmax(axis=1)
    beside = np.clip(i[:, None] + np.arange(-1, 2), 0, n - 1)
    near = np.count_nonzero(~away[np.arange(decides)[:, None], beside] & (beside != i[:, None]), axis=1)
    flat = curve.same((near > 0) & ~away[np.arange(decides), i])
    if n < 2 or not flat.any():
        return peak
    place = np.arange(n)
    before = np.where(away & (place < i[:, None]), place, -1).max(axis=1)
    after = np.where(away & (place > i[:, None]), place, n).min(axis=1)
    level = value - within if highest else value + within
    start = np.where(curve.same(before < 0), curve.time[0], _root(curve, before, level))
    end = np.where(curve.same(after == n), curve.time[-1], _root(curve, after - 1, level))
    return np.where(flat, 0.5 * (np.minimum(start, peak) + np.maximum(end, peak)), peak)


def _root(curve: RowCurve, i: NDArray[np.intp], level: FloatArray) -> FloatArray:
    """Where interval `i` of the rows that decide passes a level; anything where there is no such interval."""
    inside = np.clip(i, 0, len(curve.time) - 2)
    with np.errstate(all="ignore"):
        return curve.root(np.broadcast_to(inside, len(curve)), level)


def time_to(curve: RowCurve, arguments: tuple[Numbers, ...], relative: bool = False) -> tuple[FloatArray, Numbers]:
    """The first time at which the curve passes a value, or with `relative` that share of its way; where it never does,
    the time at which it comes nearest.  A course that ends where it began has no way: its end, missed altogether."""
    level: Numbers = arguments[0]
    if relative:
        level = curve.first + level * (curve.last - curve.first)
    time, found = curve.crossing(level)
    short: Numbers = 0.0
    if not found.all():
        nearest, short = _nearest(curve, level)
        time, short = np.where(found, time, nearest), np.where(found, 0.0, short)
    if relative:
        flat = curve.same(curve.first == curve.last)
        if flat.any():
            time, short = np.where(flat, curve.time[-1], time), np.where(flat, NONE_AT_ALL, short)
    return time, short


def _nearest(curve: RowCurve, level: Numbers) -> tuple[FloatArray, FloatArray]:
    """When curves that stay on one side of a level come nearest to it, and by how much they miss it."""
    high, low = curve.vertex(), curve.vertex(highest=False)
    under = curve.same(curve.deciding.max(axis=1) < np.asarray(level).reshape(-1)[: len(curve.deciding)])
    value = np.where(under, high[1], low[1])
    gap, size = np.where(under, level - value, value - level), np.maximum(np.abs(value), np.abs(level))
    # a vertex may pass a level between two points that do not
    gap = np.maximum(gap, 0.0)
    return np.where(under, high[0], low[0]), gap / (SHARE * np.where(size > 0, size, 1.0))


def half_time(
    curve: RowCurve, arguments: tuple[Numbers, ...] = (), relative: bool = False
) -> tuple[FloatArray, Numbers]:
    """The first time at which half of the way from the first to the last value is done."""
    return time_to(curve, (0.5,), relative=True)


def settles(curve: RowCurve, arguments: tuple[Numbers, ...], relative: bool = False) -> tuple[FloatArray, Numbers]:
    """The first time after which the curve stays within so much of its last value."""
    within = arguments[0]
    away = np.abs(curve.deciding - curve.deciding[:, -1:])
    if relative:
        farthest = np.broadcast_to(away.argmax(axis=1), len(curve))
        within = within * np.abs(curve.points(farthest) - curve.last)
    outside = away > np.asarray(within, dtype=float).reshape(-1, 1)[: len(away)]
    i = len(curve.time) - 1 - outside[:, ::-1].argmax(axis=1)
    never = np.broadcast_to(~outside[np.arange(len(outside)), i], len(curve))
    if never.all():
        return np.full(len(curve), curve.time[0]), 0.0
    i = np.broadcast_to(np.minimum(i, len(curve.time) - 2), len(curve))
    side = np.where(curve.same(curve.points(i) > curve.last), within, -within)
    return np.where(never, curve.time[0], curve.root(i, curve.last + side)), 0.0


def reaches(curve: RowCurve, arguments: tuple[Numbers, ...], relative: bool = False) -> tuple[FloatArray, Numbers]:
    """The first time at which the curve is within so much (of a `relative` one, that share) of its extreme: of its
    maximum, or where that is the first value, of its minimum."""
    first = curve.first
    rises = curve.same(curve.vertex()[1] > first)
    time, extreme = curve.vertex()
    if not rises.all():
        lowest = curve.vertex(highest=False)
        time, extreme = np.where(rises, time, lowest[0]), np.where(rises, extreme, lowest[1])
    within = arguments[0] * (np.abs(extreme) if relative else 1.0)
    level = np.where(rises, extreme - within, extreme + within)
    crossed, found = curve.crossing(level)
    time = np.where(found, crossed, time)  # else the peak lies between two points
    there = curve.same(np.where(rises, first >= level, first <= level))
    return np.where(there, curve.time[0], time), 0.0


def slope(curve: RowCurve, arguments: tuple[Numbers, ...] = (), relative: bool = False) -> tuple[FloatArray, Numbers]:
    """The slope of the straight line that fits best (least squares); of a single point 0, missing it altogether."""
    if arguments:
        end = single(arguments[1]) if len(arguments) > 1 else float(curve.time[-1])
        curve = curve.over(single(arguments[0]), end)
    if len(curve.time) < 2:
        return np.zeros(len(curve)), NONE_AT_ALL
    time = curve.time - curve.time.mean()
    return (curve.values - curve.values.mean(axis=1, keepdims=True)) @ time / (time @ time), 0.0


def rise(curve: RowCurve, arguments: tuple[Numbers, ...] = (), relative: bool = False) -> tuple[FloatArray, Numbers]:
    """How far the curve gets above its first value."""
    return curve.vertex()[1] - curve.first, 0.0


def fall(curve: RowCurve, arguments: tuple[Numbers, ...] = (), relative: bool = False) -> tuple[FloatArray, Numbers]:
    """How far the last value lies below the maximum."""
    return curve.vertex()[1] - curve.last, 0.0


#: As `features.FUNCTIONS`.
ROW_FUNCTIONS: Mapping[str, RowFeature] = {
    "max": maximum, "min": minimum, "initial": initial, "final": final, "mean": mean, "at": at,
    "time_of_max": time_of_maximum, "time_of_min": time_of_minimum, "time_to": time_to, "half_time": half_time,
    "settles": settles, "reaches": reaches, "slope": slope, "rise": rise, "fall": fall,
}  # fmt: skip


def single(number: Numbers) -> float:
    """A number that is the same in all rows.

    Raises:
        NotAlike: it is not.
    """
    if isinstance(number, np.ndarray) and number.ndim:
        if not (number == number[0]).all():
            raise NotAlike
        return float(number[0])
    return float(cast(float, number))
