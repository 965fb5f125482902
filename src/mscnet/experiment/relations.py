"""What each relation of a fact means: one function a relation, in a table.

Relations of a single condition give a verdict each; those that compare conditions give one in all.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

import numpy as np

from mscnet.experiment.curve import Curve
from mscnet.experiment.margins import Judged, equality, inequality, worst
from mscnet.experiment.measuring import (
    as_good_times,
    is_time,
    side_value,
    single_feature,
    tolerance_of,
)
from mscnet.experiment.phrases import missing, shown
from mscnet.experiment.question import Question
from mscnet.experiment.settings import Setting, groups_of
from mscnet.experiment.verdict import Mark, Verdict
from mscnet.mechanism.expression import Expression

#: The tolerance of an equality, or of what is to be constant, that states none.
DEFAULT_SHARE = 0.05
#: A course that changes by less than this share of its size stays the same, whatever its last digits do.
UNSEEN = 1e-3


# --- a value against a value ------------------------------------------------------------------------


def equals(question: Question) -> Verdict:
    """``left = value ± tolerance``, or ``left = right ± tolerance``."""
    fact, setting, courses = question.fact, question.setting, question.courses
    value = side_value(_left(question), setting, courses)
    stated = fact.right is None
    expected = question.value(question.number) if stated else side_value(_right(question), setting, courses)
    tolerance = tolerance_of(fact, fact.left, expected, setting, courses)
    if tolerance is None:
        tolerance = DEFAULT_SHARE * abs(expected)
    judged = equality(value, expected, tolerance)
    unit, within = question.side_unit(fact.left), as_good_times(fact, setting, courses)
    sides = [question.blank_side(fact.left), "" if stated else question.blank_side(fact.right)]
    trivial = sides[0] if stated else sides[0] and sides[1]
    if not stated and not trivial:
        trivial = question.alike_side((_left(question), setting), (_right(question), setting))
    return question.verdict(
        judged, value, expected, tolerance, unit=unit, trivial=trivial, within=within,
        remark=_remark(question, value, expected, within, unit),
        curves=question.feature_curves(fact.left, fact.right),
        marks=_marks(question, expected, tolerance, value),
    )  # fmt: skip


def compares(question: Question) -> Verdict:
    """``left < right`` and the other three."""
    fact, setting, courses = question.fact, question.setting, question.courses
    left = side_value(_left(question), setting, courses)
    against_number = fact.right is None
    right = question.value(question.number) if against_number else side_value(_right(question), setting, courses)
    scale = tolerance_of(fact, fact.left, right, setting, courses) if fact.tolerance is not None else None
    operator = fact.relation
    judged = inequality(operator, left, right, scale)
    unit = question.side_unit(fact.left)
    smaller = fact.left if operator in ("<", "<=") else fact.right
    trivial = question.blank_side(smaller)
    if not trivial and against_number and smaller is fact.left:
        trivial = question.unformed_side(fact.left, operator, right)
    return question.verdict(
        judged, left, f"{operator} {shown(right, unit)}", scale, unit=unit, trivial=trivial,
        remark=_remark(question, left, right, None, unit), curves=question.feature_curves(fact.left, fact.right),
        marks=_marks(question, right, None, left, operator[0]),
    )  # fmt: skip


def _left(question: Question) -> Expression:
    if question.fact.left is None:
        raise question.error("the fact has no left side")
    return question.fact.left


def _right(question: Question) -> Expression:
    assert question.fact.right is not None
    return question.fact.right


def _remark(question: Question, value: float, expected: float, within: tuple[float, float] | None, unit: str) -> str:
    if np.isnan(value) or np.isnan(expected):
        number = single_feature(question.fact, question.fact.left)
        return missing(question.fact.features[number].name) if number is not None else "a side has no value"
    if within is None:
        return ""
    low, high = within
    seen = "the time seen is in it" if low <= expected <= high else "the time seen is not in it"
    return f"flat within the noise from {low:.3g} to {high:.3g} {unit}: {seen}"


def _marks(question: Question, expected: float, tolerance: float | None, found: float, bound: str = "") -> list[Mark]:
    """What is drawn over the curve of a single feature."""
    fact = question.fact
    number = single_feature(fact, fact.left)
    if number is None or fact.features[number].name in ("slope", "isosbestic", "rise", "fall"):
        return []
    axis = "time" if is_time(fact, fact.left) else "value"
    return [Mark(axis, expected, tolerance, bound, found)]  # type: ignore[arg-type]


# --- over conditions ----------------------------------------------------------------------------------


def _values_by_group(question: Question) -> list[tuple[list[Setting], list[float]]]:
    assert question.fact.variable is not None
    groups = groups_of(list(question.settings), question.fact.variable)
    left = _left(question)
    return [(group, [side_value(left, setting, question.courses) for setting in group]) for group in groups]


def _listed(groups: list[tuple[list[Setting], list[float]]]) -> str:
    return "; ".join(", ".join(shown(value) for value in values) for _, values in groups)


def follows_variable(question: Question) -> Verdict:
    """``left increases with v``: each value above the one before it, in the order of the loop variable."""
    groups = _values_by_group(question)
    up = question.fact.relation == "increases"
    scale = question.tolerance if not question.fact.relative else None
    steps = [inequality("<" if up else ">", a, b, scale) for _, values in groups for a, b in itertools.pairwise(values)]
    variable = question.fact.variable
    return question.verdict(
        worst(steps), _listed(groups), f"{question.fact.relation} with {variable}", scale,
        curves=question.feature_curves(question.fact.left),
    )  # fmt: skip


def is_linear(question: Question) -> Verdict:
    """``linear(left, v, r2 > 0.99)``: the straight line through the values, its coefficient of determination."""
    groups = _values_by_group(question)
    variable, limit = str(question.fact.variable), question.limit if question.fact.values else 0.99
    found = [_r_squared([s.first.values[variable] for s in group], values) for group, values in groups]
    r2 = min(found)
    judged = Judged(bool(r2 > limit), (r2 - limit) / (1 - limit) if limit < 1 else np.nan)
    remark = f"the values are {_listed(groups)}"
    return question.verdict(judged, r2, f"r2 > {limit:g}", None, remark=remark,
                            curves=question.feature_curves(question.fact.left))  # fmt: skip


def _r_squared(x: list[float], y: list[float]) -> float:
    """1 - (squares left by the straight line)/(squares about the mean); ``nan`` where y does not change."""
    xs, ys = np.array(x) - np.mean(x), np.array(y) - np.mean(y)
    total, spread = float(ys @ ys), float(xs @ xs)
    if not np.isfinite(total) or total <= (1e-12 * np.abs(y).max()) ** 2 or spread == 0:
        return float("nan")
    rest = ys - (xs @ ys) / spread * xs
    return 1.0 - float(rest @ rest) / total


def is_independent(question: Question) -> Verdict:
    """``left does not depend on v``: half the spread of its values within the tolerance."""
    return _alike(question, _values_by_group(question), f"the same for every {question.fact.variable}")


def is_constant(question: Question) -> Verdict:
    """``left is constant`` over the conditions, or a course with time."""
    if question.fact.left is None:
        return _steady_course(question)
    values = [side_value(question.fact.left, setting, question.courses) for setting in question.settings]
    return _alike(question, [(list(question.settings), values)], "the same throughout")


def _alike(question: Question, groups: list[tuple[list[Setting], list[float]]], expected: str) -> Verdict:
    fact = question.fact
    judged, widest = [], 0.0
    tolerance: float | None = None
    for group, values in groups:
        middle = 0.5 * (max(values) + min(values))
        stated = tolerance_of(fact, fact.left, middle, group[0], question.courses)
        tolerance = DEFAULT_SHARE * abs(middle) if stated is None else stated
        judged.append(equality(max(values), middle, tolerance))
        widest = max(widest, max(values) - middle)
    unit = question.side_unit(fact.left)
    tolerance_text = f"{expected} ± {shown(tolerance, unit)}"
    alike = [question.alike_side(*((_left(question), setting) for setting in group)) for group, _ in groups]
    trivial = question.blank_side(fact.left) or (alike[0] if all(alike) else "")
    return question.verdict(
        worst(judged), _listed(groups), tolerance_text, tolerance, unit="", trivial=trivial,
        remark=f"half the spread is {shown(widest, unit)}", curves=question.feature_curves(fact.left),
    )  # fmt: skip


# --- courses --------------------------------------------------------------------------------------


def _slack(question: Question, curve: Curve) -> float:
    """How much of a change is none: as stated, else the noise of the readings, else a hundredth of the range, and no
    less than `UNSEEN` of the largest value."""
    stated = question.tolerance
    if stated is not None:
        return stated * float(np.abs(curve.values).max()) if question.fact.relative else stated
    return curve.noise or max(0.01 * float(np.ptp(curve.values)), UNSEEN * float(np.abs(curve.values).max()))


def _steady_course(question: Question) -> Verdict:
    curve = question.curve()
    low, high = float(curve.values.min()), float(curve.values.max())
    middle = 0.5 * (low + high)
    tolerance = question.tolerance
    if tolerance is None:
        tolerance = curve.noise or DEFAULT_SHARE * abs(middle)
    elif question.fact.relative:
        tolerance *= abs(middle)
    judged = equality(high, middle, tolerance)
    return question.verdict(
        judged, f"{shown(low)} to {shown(high, curve.unit)}", f"constant ± {shown(tolerance, curve.unit)}", tolerance,
        trivial=question.blank_course() or question.unchanging_course(), curves=[question.whole()],
        marks=[Mark("value", middle, tolerance)],
    )  # fmt: skip


def follows_time(question: Question) -> Verdict:
    """``[A] increases over 0 .. 40 min``: it ends higher, and never falls back by more than the tolerance."""
    curve = question.curve()
    sign = 1.0 if question.fact.relation == "increases" else -1.0
    values, slack = sign * curve.values, _slack(question, curve)
    back = float((np.maximum.accumulate(values) - values).max())
    gained = float(values[-1] - values[0])
    judged = worst([equality(back, 0.0, slack), Judged(gained > slack, (gained - slack) / slack if slack else gained)])
    remark = f"it turns back by {shown(back, curve.unit)} at most"
    return question.verdict(
        judged, f"{shown(sign * float(values[0]))} to {shown(sign * float(values[-1]), curve.unit)}",
        question.fact.relation, slack, remark=remark, curves=[question.whole()],
    )  # fmt: skip


def holds_throughout(question: Question) -> Verdict:
    """``never [B] > 1 uM``, ``always``: at every time that is known, between readings and before them, too."""
    fact = question.fact
    curves = _everywhere(question)
    operator = fact.comparison or ">"
    always = fact.relation == "always"
    upward = (">" in operator) != always  # what must not go over its limit counts at its maximum
    values = [curve.vertex(highest=upward)[1] for curve in curves]
    value = max(values) if upward else min(values)
    limit = 0.0 if _is_difference(question) else question.limit
    kept = operator if always else {">": "<=", ">=": "<", "<": ">=", "<=": ">"}[operator]
    judged = inequality(kept, value, limit, None if fact.relative else question.tolerance)
    curve = curves[values.index(value)]
    trivial = question.blank_course(everywhere=True) if kept.startswith("<") else ""
    return question.verdict(
        judged, value, f"{fact.relation} {operator} {shown(limit, curve.unit)}", None, unit=curve.unit, trivial=trivial,
        curves=[question.labelled(curve, question.condition) if fact.window is None else question.whole()],
        marks=[Mark("value", limit, None, kept[0], value)],
    )  # fmt: skip


def _is_difference(question: Question) -> bool:
    """Whether a course is compared with another one, not with a number."""
    return len(question.fact.courses) > 1 and not question.courses.is_number(question.fact.courses[1])


def _everywhere(question: Question) -> list[Curve]:
    """The curves of a course over all times; of a course that is compared with another, their difference."""
    fact = question.fact
    if _is_difference(question):
        a, b = question.curve(0), question.curve(1)
        other = b.values if len(a.time) == len(b.time) else np.interp(a.time, b.time, b.values)
        return [Curve(a.time, a.values - other, f"{a.label} - {b.label}", a.unit, a.spacing, a.noise)]
    if fact.window is not None:
        return [question.curve()]
    return question.courses.everywhere(question.course, question.condition)


def is_present(question: Question) -> Verdict:
    """``present`` and ``absent``: the largest value of a course above or below its limit."""
    curve = question.curve()
    value, limit = curve.vertex()[1], question.limit
    present = question.fact.relation == "present"
    operator = question.fact.comparison or (">" if present else "<")
    judged = inequality(operator, value, limit, None if question.fact.relative else question.tolerance)
    trivial = "" if present else question.blank_course() or question.unformed_course(operator, limit)
    return question.verdict(
        judged, value, f"{operator} {shown(limit, curve.unit)}", None, unit=curve.unit, trivial=trivial,
        curves=[question.whole()], marks=[Mark("value", limit, None, operator[0], value)],
    )  # fmt: skip


def is_not_first_order(question: Question) -> Verdict:
    """The best a - b exp(-k t) leaves a residual (root mean square over the range) above the limit."""
    from mscnet.experiment.first_order import fit_first_order

    curve = question.curve()
    fit = fit_first_order(curve)
    limit = question.tolerance
    if limit is None:
        limit = question.limit if question.fact.values else 0.01
    judged = inequality(">", fit.residual, limit)
    best = Curve(curve.time, fit.values, f"first order, k = {shown(fit.rate_constant)}", curve.unit)
    return question.verdict(
        judged, fit.residual, f"> {limit:g}", None, remark="residual of the best first-order course, of its range",
        curves=[question.whole(), best],
    )  # fmt: skip


def _isosbestic(question: Question) -> Verdict:
    from mscnet.experiment.isosbestic_fact import judge_isosbestic

    return judge_isosbestic(question)


def _rate_determining(question: Question) -> Verdict:
    from mscnet.experiment.rate_control import judge_rate_determining

    return judge_rate_determining(question)


#: A relation's function by its name, those of single conditions.
EACH: Mapping[str, Callable[[Question], Verdict]] = {
    "=": equals, "<": compares, ">": compares, "<=": compares, ">=": compares,
    "never": holds_throughout, "always": holds_throughout, "present": is_present, "absent": is_present,
    "not_first_order": is_not_first_order, "isosbestic": _isosbestic, "rate_determining": _rate_determining,
    "increases": follows_time, "decreases": follows_time, "constant": is_constant,
}  # fmt: skip

#: Those that compare conditions.
TOGETHER: Mapping[str, Callable[[Question], Verdict]] = {
    "increases": follows_variable, "decreases": follows_variable, "linear": is_linear,
    "independent": is_independent, "constant": is_constant,
}  # fmt: skip
