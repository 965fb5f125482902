"""Features: numbers that a course has, such as its maximum or the time it takes to settle.

Every feature takes a `Curve`, its arguments in the file's units, and whether an argument was in %.  A number that the
course does not have (it never gets there) is ``nan``.  `docs/facts.md` defines each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from mscnet.experiment.curve import Curve

#: A feature's function: curve, arguments, whether an argument was in %.
FeatureFunction = Callable[[Curve, tuple[float, ...], bool], float]
_NAN = float("nan")
#: A curve that stays within this share of its range of its extreme is flat there.
FLAT = 1e-4


def maximum(curve: Curve, arguments: tuple[float, ...] = (), relative: bool = False) -> float:
    """The largest value, that of a smooth peak between points."""
    return curve.vertex()[1]


def minimum(curve: Curve, arguments: tuple[float, ...] = (), relative: bool = False) -> float:
    """The smallest value."""
    return curve.vertex(highest=False)[1]


def initial(curve: Curve, arguments: tuple[float, ...] = (), relative: bool = False) -> float:
    """The first value."""
    return float(curve.values[0])


def final(curve: Curve, arguments: tuple[float, ...] = (), relative: bool = False) -> float:
    """The last value."""
    return float(curve.values[-1])


def mean(curve: Curve, arguments: tuple[float, ...] = (), relative: bool = False) -> float:
    """The mean over time (trapezoidal rule)."""
    if len(curve.time) == 1:
        return float(curve.values[0])
    return float(np.trapezoid(curve.values, curve.time) / (curve.time[-1] - curve.time[0]))


def at(curve: Curve, arguments: tuple[float, ...], relative: bool = False) -> float:
    """The value at a time."""
    return curve.at(arguments[0])


def time_of_maximum(curve: Curve, arguments: tuple[float, ...] = (), relative: bool = False) -> float:
    """The time of the largest value; of a top that is flat to within `FLAT` of the range, its middle."""
    return _time_of_extreme(curve, highest=True)


def time_of_minimum(curve: Curve, arguments: tuple[float, ...] = (), relative: bool = False) -> float:
    """The time of the smallest value, or the middle of a flat bottom."""
    return _time_of_extreme(curve, highest=False)


def _time_of_extreme(curve: Curve, highest: bool) -> float:
    # on a plateau the largest value is wherever the last digits say
    peak, value = curve.vertex(highest)
    within = FLAT * float(np.ptp(curve.values))
    i = int(np.argmax(curve.values if highest else -curve.values))
    if np.count_nonzero(np.abs(curve.values[max(i - 1, 0) : i + 2] - value) <= within) < 2:
        return peak
    start, end = flat_range(curve, within, highest)
    return 0.5 * (start + end)


def time_to(curve: Curve, arguments: tuple[float, ...], relative: bool = False) -> float:
    """The first time at which the curve passes a value; of a `relative` one, that share of the way from the first to
    the last value."""
    level = arguments[0]
    if relative:
        first, last = float(curve.values[0]), float(curve.values[-1])
        if first == last:
            return _NAN
        level = first + level * (last - first)
    return curve.crossing(level)


def half_time(curve: Curve, arguments: tuple[float, ...] = (), relative: bool = False) -> float:
    """The first time at which half of the way from the first to the last value is done."""
    return time_to(curve, (0.5,), relative=True)


def settles(curve: Curve, arguments: tuple[float, ...], relative: bool = False) -> float:
    """The first time after which the curve stays within so much of its last value; of a `relative` one, that share
    of the farthest it is from there."""
    away = np.abs(curve.values - curve.values[-1])
    within = arguments[0] * (float(away.max()) if relative else 1.0)
    outside = np.flatnonzero(away > within)
    if not outside.size:
        return float(curve.time[0])
    i = int(outside[-1])  # never the last point: that is its own value
    side = within if curve.values[i] > curve.values[-1] else -within
    return curve.root(i, float(curve.values[-1]) + side)


def reaches(curve: Curve, arguments: tuple[float, ...], relative: bool = False) -> float:
    """The first time at which the curve is within so much (of a `relative` one, that share) of its extreme: of its
    maximum, or where that is the first value, of its minimum."""
    rises = maximum(curve) > curve.values[0]
    extreme = curve.vertex(highest=rises)[1]
    within = arguments[0] * (abs(extreme) if relative else 1.0)
    level = extreme - within if rises else extreme + within
    first = float(curve.values[0])
    if first >= level if rises else first <= level:
        return float(curve.time[0])
    time = curve.crossing(level)
    return time if time == time else curve.vertex(highest=rises)[0]  # the peak lies between two points


def slope(curve: Curve, arguments: tuple[float, ...] = (), relative: bool = False) -> float:
    """The slope of the straight line that fits best (least squares), over the window or from one time to another."""
    if arguments:
        curve = curve.over(arguments[0], arguments[1] if len(arguments) > 1 else float(curve.time[-1]))
    if len(curve.time) < 2:
        return _NAN
    time = curve.time - curve.time.mean()
    return float(time @ (curve.values - curve.values.mean()) / (time @ time))


def rise(curve: Curve, arguments: tuple[float, ...] = (), relative: bool = False) -> float:
    """How far the curve gets above its first value."""
    return maximum(curve) - float(curve.values[0])


def fall(curve: Curve, arguments: tuple[float, ...] = (), relative: bool = False) -> float:
    """How far the last value lies below the maximum."""
    return maximum(curve) - float(curve.values[-1])


#: Every feature of a single course by the name that a file gives it; ``isosbestic`` is of spectra.
FUNCTIONS: Mapping[str, FeatureFunction] = {
    "max": maximum, "min": minimum, "initial": initial, "final": final, "mean": mean, "at": at,
    "time_of_max": time_of_maximum, "time_of_min": time_of_minimum, "time_to": time_to, "half_time": half_time,
    "settles": settles, "reaches": reaches, "slope": slope, "rise": rise, "fall": fall,
}  # fmt: skip

#: Features that are times, and so known at the bench no better than half the time between readings.
TIMES = frozenset({"time_of_max", "time_of_min", "time_to", "half_time", "settles", "reaches"})


def flat_range(curve: Curve, within: float, highest: bool = True) -> tuple[float, float]:
    """From when to when the curve is within so much of its extreme without a break: any time in it is as good."""
    peak, value = curve.vertex(highest)
    near = np.abs(curve.values - value) <= within
    i = int(np.argmax(curve.values if highest else -curve.values))
    if not near[i]:
        return peak, peak
    low = i - int(np.argmin(np.append(near[i::-1], False))) + 1
    high = i + int(np.argmin(np.append(near[i:], False))) - 1
    level = value - within if highest else value + within
    start = curve.root(low - 1, level) if low > 0 else float(curve.time[0])
    end = curve.root(high, level) if high < len(near) - 1 else float(curve.time[-1])
    return min(start, peak), max(end, peak)
