"""What every relation of a fact gives over many rows: one function a relation, in a table.

An equality gives (value - expected)/tolerance; all others their margin, as `docs/facts.md` defines it; with either
comes what values that a course does not have fall short (see `row_features`).  `residuals_of` makes residuals of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.margins import SHARE
from mscnet.experiment.relations import DEFAULT_SHARE, UNSEEN
from mscnet.experiment.row_courses import RowCourses
from mscnet.experiment.row_curve import FloatArray, Numbers, RowCurve
from mscnet.experiment.row_features import single
from mscnet.experiment.row_first_order import first_order_residuals
from mscnet.experiment.row_scans import Asked, crossing
from mscnet.experiment.row_tangent import TangentCurve
from mscnet.experiment.wavelengths import nanometres
from mscnet.inference.fact_case import FactCase

#: A deviation or a margin, and what it falls short; a number for all rows, or (m,).
Found = tuple[Numbers, Numbers]
#: A tolerance of 0 is this part of the larger side.
_LEAST = 1e-12


# --- from values to margins and residuals ----------------------------------------------------------------------


def residuals_of(found: FloatArray, short: FloatArray, equality: NDArray[np.bool_], tangent: bool) -> FloatArray:
    """Residuals (m, n) of deviations or margins (m, n) and shortfalls (m, n); `equality` (n,) tells which are which.

    Of a deviation it is itself, away from 0 by the shortfall; of a margin how far it lies below 0, and the shortfall.
    Which side of 0 it is on is for a run with its derivatives what it is in row 0.
    """
    below = found < 0
    if tangent:
        below = np.broadcast_to(below[:1], found.shape)
    return np.where(equality, found + np.where(below, -short, short), np.where(below, -found, 0.0) + short)


def _deviation(value: Numbers, expected: Numbers, tolerance: Numbers) -> Numbers:
    """(value - expected)/tolerance, 0 where they are equal."""
    if isinstance(tolerance, float) and tolerance > _LEAST * max(_largest(value), _largest(expected)):
        return (value - expected) / tolerance
    size = np.maximum(np.abs(value), np.abs(expected))
    scale = np.maximum(tolerance, _LEAST * size)
    return (value - expected) / np.where(scale > 0, scale, 1.0)


def _largest(value: Numbers) -> float:
    """The largest size of some numbers; ``nan`` where one is none, which is larger than nothing."""
    return abs(value) if isinstance(value, float) else float(np.abs(value).max(initial=0.0))


def _equality_margin(value: Numbers, expected: Numbers, tolerance: Numbers) -> Numbers:
    return 1.0 - np.abs(_deviation(value, expected, tolerance))


def _inequality_margin(operator: str, left: Numbers, right: Numbers, tolerance: Numbers | None = None) -> Numbers:
    gap = right - left if operator in ("<", "<=") else left - right
    if isinstance(tolerance, float) and tolerance != 0.0:
        return gap / tolerance
    size = SHARE * np.maximum(np.abs(left), np.abs(right))
    if tolerance is None and np.all(size):
        return gap / size
    scale = size if tolerance is None else np.where(np.asarray(tolerance) != 0, tolerance, size)
    return gap / np.where(scale != 0, scale, 1.0)


def _extreme(values: Sequence[Numbers], rows: RowCourses, largest: bool) -> FloatArray:
    """The largest or smallest of several numbers in each row, (m,); that of row 0, for a run with its derivatives."""
    table = np.array([np.broadcast_to(value, len(rows)) for value in values])
    if not rows.tangent:
        return np.asarray(table.max(axis=0) if largest else table.min(axis=0))
    return np.asarray(table[table[:, 0].argmax() if largest else table[:, 0].argmin()])


def _worst(margins: Sequence[Numbers], rows: RowCourses) -> FloatArray:
    return _extreme(margins, rows, largest=False)


# --- a value against a value -------------------------------------------------------------------------


def equals(case: FactCase, rows: RowCourses) -> Found:
    """``left = value ± tolerance``, or ``left = right ± tolerance``."""
    value, short = case.side(case.left, case.setting, rows)
    expected, more = _against(case, rows)
    return _deviation(value, expected, case.equality_tolerance(expected, rows)), short + more


def _against(case: FactCase, rows: RowCourses) -> tuple[Numbers, Numbers]:
    """The right side, or the stated number, and what it falls short."""
    if case.fact.right is None:
        return case.value(rows), 0.0
    return case.side(case.fact.right, case.setting, rows)


def compares(case: FactCase, rows: RowCourses) -> Found:
    """``left < right`` and the other three."""
    left, short = case.side(case.left, case.setting, rows)
    right, more = _against(case, rows)
    scale = None if case.fact.tolerance is None else case.tolerance(case.fact.left, right, case.setting, rows)
    return _inequality_margin(case.fact.relation, left, right, scale), short + more


# --- over conditions -----------------------------------------------------------------------------------


def _by_group(case: FactCase, rows: RowCourses) -> tuple[list[list[Numbers]], Numbers]:
    """The values of `left` in every setting of every group, and what they fall short together."""
    found = [[case.side(case.left, setting, rows) for setting in group] for group in case.groups]
    return [[value for value, _ in group] for group in found], sum((short for g in found for _, short in g), 0.0)


def follows_variable(case: FactCase, rows: RowCourses) -> Found:
    """``left increases with v``: each value above the one before it."""
    groups, short = _by_group(case, rows)
    operator = "<" if case.fact.relation == "increases" else ">"
    scale = None if case.fact.relative else case.stated_tolerance(rows)
    margins = [_inequality_margin(operator, a, b, scale) for group in groups for a, b in itertools.pairwise(group)]
    return _worst(margins, rows), short


def is_linear(case: FactCase, rows: RowCourses) -> Found:
    """``linear(left, v, r2 > 0.99)``."""
    groups, short = _by_group(case, rows)
    variable = str(case.fact.variable)
    limit = case.limit(rows) if case.fact.values else 0.99
    found = [
        _r_squared(np.array([s.first.values[variable] for s in group]), values, rows)
        for group, values in zip(case.groups, groups, strict=True)
    ]
    scale = np.where(np.asarray(limit) < 1, 1.0 - np.asarray(limit), SHARE)
    return (_worst(found, rows) - limit) / scale, short


def _r_squared(x: FloatArray, values: Sequence[Numbers], rows: RowCourses) -> FloatArray:
    """1 - (squares left by the straight line)/(squares about the mean), (m,); 0 where nothing changes."""
    y = np.array([np.broadcast_to(value, len(rows)) for value in values])
    size = np.abs(y).max(axis=0)
    x, y = x - x.mean(), y - y.mean(axis=0)
    total, spread = (y * y).sum(axis=0), float(x @ x)
    changes = (total > (1e-12 * size) ** 2) & (spread > 0)
    rest = y - (x @ y) / (spread or 1.0) * x[:, None]
    return np.where(changes, 1.0 - (rest * rest).sum(axis=0) / np.where(changes, total, 1.0), 0.0)


def is_independent(case: FactCase, rows: RowCourses) -> Found:
    """``left does not depend on v``, ``left is constant``: half the spread of its values within the tolerance."""
    groups, short = _by_group(case, rows)
    margins = []
    for group, values in zip(case.groups, groups, strict=True):
        highest, lowest = _extreme(values, rows, largest=True), _extreme(values, rows, largest=False)
        middle = 0.5 * (highest + lowest)
        tolerance = case.tolerance(case.fact.left, middle, group[0], rows)
        margins.append(
            _equality_margin(highest, middle, DEFAULT_SHARE * np.abs(middle) if tolerance is None else tolerance)
        )
    return _worst(margins, rows), short


# --- courses -------------------------------------------------------------------------------------------


def is_constant(case: FactCase, rows: RowCourses) -> Found:
    """A course that is constant with time, or a number that is over the conditions."""
    if case.fact.left is not None:
        return is_independent(case, rows)
    curve = case.curve(rows)
    half = 0.5 * curve.range
    highest = curve.points(curve.chosen(lambda v: v.argmax(axis=1)))
    middle = highest - half
    tolerance = case.stated_tolerance(rows)
    if tolerance is None:
        tolerance = _noise_or(case, rows, DEFAULT_SHARE * np.abs(middle))
    elif case.fact.relative:
        tolerance = tolerance * np.abs(middle)
    return _equality_margin(highest, middle, tolerance), 0.0


def _noise_or(case: FactCase, rows: RowCourses, otherwise: FloatArray) -> Numbers:
    noise = rows.noise(case.course)
    return otherwise if noise is None else np.where(np.asarray(noise) != 0, noise, otherwise)


def _slack(case: FactCase, curve: RowCurve, rows: RowCourses) -> Numbers:
    """How much of a change is none: as stated, else the noise of the readings, else a hundredth of the range, and no
    less than `UNSEEN` of the largest value."""
    stated = case.stated_tolerance(rows)
    if stated is not None and not case.fact.relative:
        return stated
    largest = np.abs(curve.points(curve.chosen(lambda v: np.abs(v).argmax(axis=1))))
    if stated is None:
        return _noise_or(case, rows, np.maximum(0.01 * curve.range, UNSEEN * largest))
    return stated * largest


def follows_time(case: FactCase, rows: RowCourses) -> Found:
    """``[A] increases over 0 .. 40 min``: it ends higher, and never falls back by more than the tolerance."""
    curve = case.curve(rows)
    sign = 1.0 if case.fact.relation == "increases" else -1.0
    slack = np.broadcast_to(_slack(case, curve, rows), len(rows))
    lowest = curve.chosen(lambda v: _fallen(sign * v).argmax(axis=1))
    highest = curve.chosen(lambda v: _before(sign * v, lowest))
    back = sign * (curve.points(highest) - curve.points(lowest))
    gained = sign * (curve.last - curve.first)
    none = slack == 0
    gain = np.where(none, gained, (gained - slack) / np.where(none, 1.0, slack))
    return _worst([_equality_margin(back, 0.0, slack), gain], rows), 0.0


def _fallen(values: FloatArray) -> FloatArray:
    """How far each point lies below the highest before it, (m, n_times)."""
    return np.asarray(np.maximum.accumulate(values, axis=1) - values)


def _before(values: FloatArray, at: NDArray[np.intp]) -> NDArray[np.intp]:
    """The highest point up to one of its own in each row, (m,)."""
    later = np.arange(values.shape[1]) > at[: len(values), None]
    return np.where(later, -np.inf, values).argmax(axis=1)


def holds_throughout(case: FactCase, rows: RowCourses) -> Found:
    """``never [B] > 1 uM``, ``always``: at every time that is known."""
    fact = case.fact
    operator = fact.comparison or ">"
    always = fact.relation == "always"
    upward = (">" in operator) != always  # what must not go over its limit counts at its maximum
    difference = len(fact.courses) > 1 and not rows.layout.courses.is_number(fact.courses[1])
    value = _extreme([curve.vertex(upward)[1] for curve in _everywhere(case, rows, difference)], rows, upward)
    limit = 0.0 if difference else case.limit(rows)
    kept = operator if always else {">": "<=", ">=": "<", "<": ">=", "<=": ">"}[operator]
    tolerance = None if fact.relative else case.stated_tolerance(rows)
    return _inequality_margin(kept, value, limit, tolerance), 0.0


def _everywhere(case: FactCase, rows: RowCourses, difference: bool) -> list[RowCurve]:
    if difference:
        a, b = case.curve(rows, 0), case.curve(rows, 1)
        other = b.values
        if len(a.time) != len(b.time):
            other = np.array([np.interp(a.time, b.time, values) for values in b.values])
        values = a.values - other
        return [TangentCurve.of(a.time, values) if rows.tangent else RowCurve(a.time, values)]
    if case.fact.window is not None:
        return [case.curve(rows)]
    return rows.everywhere(case.course, case.setting.courses[0])


def is_present(case: FactCase, rows: RowCourses) -> Found:
    """``present`` and ``absent``: the largest value of a course above or below its limit."""
    operator = case.fact.comparison or (">" if case.fact.relation == "present" else "<")
    tolerance = None if case.fact.relative else case.stated_tolerance(rows)
    return _inequality_margin(operator, case.curve(rows).vertex()[1], case.limit(rows), tolerance), 0.0


def is_not_first_order(case: FactCase, rows: RowCourses) -> Found:
    """The best a - b exp(-k t) leaves a residual above the limit."""
    limit = case.stated_tolerance(rows)
    if limit is None:
        limit = case.limit(rows) if case.fact.values else 0.01
    return _inequality_margin(">", first_order_residuals(case.curve(rows)), limit), 0.0


def is_isosbestic(case: FactCase, rows: RowCourses) -> Found:
    """``isosbestic(380 nm ± 1 nm) over 5 min .. 60 min``."""
    asked, tolerance = asked_of(case, rows)
    at, short = crossing(asked.course, asked.condition, asked.window, rows, asked.near, asked.scale)
    return (0.0 if asked.near is None else _deviation(at, asked.near, tolerance)), short


def asked_of(case: FactCase, rows: RowCourses) -> tuple[Asked, Numbers]:
    """What an isosbestic fact asks for, and its tolerance in nm."""
    fact = case.fact
    near = nanometres(single(case.value(rows)), rows.run.model.units) if fact.values else None
    tolerance = case.nanometre_tolerance(near, rows)
    course = fact.courses[0] if fact.courses else None
    return Asked(course, case.setting.first, fact.window, near, float(np.max(tolerance)) or 1.0), tolerance


#: A relation's function by its name; `rate_determining` is left to `judge`, which has to run experiments for it.
RESIDUALS: Mapping[str, Callable[[FactCase, RowCourses], Found]] = {
    "=": equals, "<": compares, ">": compares, "<=": compares, ">=": compares,
    "never": holds_throughout, "always": holds_throughout, "present": is_present, "absent": is_present,
    "not_first_order": is_not_first_order, "isosbestic": is_isosbestic,
    "increases": follows_time, "decreases": follows_time, "constant": is_constant,
}  # fmt: skip

#: Those that compare conditions.
RESIDUALS_TOGETHER: Mapping[str, Callable[[FactCase, RowCourses], Found]] = {
    "increases": follows_variable, "decreases": follows_variable, "linear": is_linear,
    "independent": is_independent, "constant": is_independent,
}  # fmt: skip
