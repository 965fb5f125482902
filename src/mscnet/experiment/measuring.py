"""The numbers that a fact speaks of: its features, its two sides, its tolerance."""

from __future__ import annotations

import numpy as np

from mscnet.experiment.courses import Courses
from mscnet.experiment.curve import Curve
from mscnet.experiment.features import FUNCTIONS, TIMES, flat_range
from mscnet.experiment.settings import Setting
from mscnet.mechanism.expression import Expression, Symbol, evaluate, symbols
from mscnet.mechanism.facts import Fact, Feature
from mscnet.mechanism.units import TIME


def feature_value(feature: Feature, number: int, setting: Setting, courses: Courses) -> float:
    """The value of a feature in a setting; `number` is its place among the fact's features."""
    condition = setting.features[number]
    if feature.name == "isosbestic":
        from mscnet.experiment.isosbestic_fact import crossing_wavelength

        return crossing_wavelength(feature.course, condition, feature.window, courses)
    curve = curve_of(feature, number, setting, courses)
    arguments = tuple(courses.number(argument, condition) for argument in feature.arguments)
    return FUNCTIONS[feature.name](curve, arguments, feature.relative)


def curve_of(feature: Feature, number: int, setting: Setting, courses: Courses) -> Curve:
    """The curve that a feature is taken of."""
    window = feature.window or setting.fact.window
    return courses.curve(feature.course, setting.features[number], window)


def side_value(side: Expression, setting: Setting, courses: Courses) -> float:
    """The value of one side of a fact."""

    def value_of(symbol: Symbol) -> float:
        if symbol.kind == "feature":
            number = int(symbol.name)
            return feature_value(setting.fact.features[number], number, setting, courses)
        return courses.number(symbol, setting.first)

    return evaluate(side, value_of)


def single_feature(fact: Fact, side: Expression | None) -> int | None:
    """The number of the feature that a side consists of, None where it is more than one feature."""
    return int(side.name) if isinstance(side, Symbol) and side.kind == "feature" else None


def features_in(side: Expression | None) -> list[int]:
    """The numbers of the features in a side."""
    return sorted(int(s.name) for s in symbols(side) if s.kind == "feature") if side is not None else []


def is_time(fact: Fact, side: Expression | None) -> bool:
    """Whether a side is a time, or sums and multiples of times."""
    numbers = features_in(side)
    return bool(numbers) and all(fact.features[n].name in TIMES for n in numbers) and len(symbols(side)) == len(numbers)  # type: ignore[arg-type]


def unit_of_side(side: Expression | None, setting: Setting, courses: Courses) -> str:
    """The unit of a side, where it is a feature or a difference of like ones."""
    units = set()
    for number in features_in(side):
        feature = setting.fact.features[number]
        if feature.name == "isosbestic":
            units.add("nm")
        elif feature.name in TIMES:
            units.add(courses.model.units.describe(TIME))
        else:
            unit = curve_of(feature, number, setting, courses).unit
            units.add(f"{unit}/{courses.model.units.time.symbol}" if feature.name == "slope" and unit else unit)
    return units.pop() if len(units) == 1 and single_feature(setting.fact, side) is not None else ""


def tolerance_of(
    fact: Fact, side: Expression | None, reference: float, setting: Setting, courses: Courses
) -> float | None:
    """The stated tolerance, in the unit of the side; of one in %, that share of `reference`.

    A time that was read off a grid is known no better than half the time between readings.
    """
    stated = None if fact.tolerance is None else courses.number(fact.tolerance, setting.first)
    if stated is not None and fact.relative:
        stated *= abs(reference)
    return max_of(stated, grid_tolerance(fact, side, setting, courses))


def grid_tolerance(fact: Fact, side: Expression | None, setting: Setting, courses: Courses) -> float | None:
    """Half the spacing of the readings that a time was read off, None for what is no time."""
    if not is_time(fact, side):
        return None
    spacings = [curve_of(fact.features[n], n, setting, courses).spacing for n in features_in(side)]
    return max((0.5 * spacing for spacing in spacings if spacing is not None), default=None)


def max_of(*values: float | None) -> float | None:
    """The largest of those that there are."""
    return max((value for value in values if value is not None), default=None)


def as_good_times(fact: Fact, setting: Setting, courses: Courses) -> tuple[float, float] | None:
    """Of a fact on the time of an extreme: the times at which the curve is within the instrument's noise of it."""
    number = single_feature(fact, fact.left)
    feature = fact.features[number] if number is not None else None
    if number is None or feature is None or feature.name not in ("time_of_max", "time_of_min"):
        return None
    curve = curve_of(feature, number, setting, courses)
    if not curve.noise or not np.isfinite(curve.noise):
        return None
    return flat_range(curve, curve.noise, highest=feature.name == "time_of_max")
