"""Whether a fact could have come out otherwise under a mechanism: what is met for a structural reason alone.

Three reasons besides species that cannot be there (`reach`): nothing in which the compared conditions differ reaches
what is compared; nothing changes a course that is to be constant; and what is to be absent does not form during the
measurement, of which no more was brought along than the fact allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mscnet.experiment.influence import Cause, all_causes
from mscnet.experiment.reach import Surroundings, changing_species, depends_on, formed_species, surroundings
from mscnet.experiment.settings import Setting
from mscnet.mechanism.bench import DEFAULT_VESSEL, Add, Experiment, Hold, Mix, Observe, Reading
from mscnet.mechanism.expression import Expression, Symbol, substitute, symbols, to_text
from mscnet.mechanism.facts import Course, Feature, Window
from mscnet.mechanism.optics import expressions_of
from mscnet.records import dataclass, replace

if TYPE_CHECKING:
    from mscnet.experiment.courses import Courses
    from mscnet.experiment.results import Condition, Stretch

#: Concentrations that differ by less than this share are the same to a solver.
_SAME = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A course under a condition: the stretch in which it is followed, and what holds there."""

    course: Course
    condition: Condition
    stretch: Stretch
    start: float
    around: Surroundings


def nothing_differs(sides: Sequence[tuple[Expression, Setting]], courses: Courses) -> bool:
    """Whether sides of a fact, each in its setting, are one and the same whatever the rates: they are the same feature
    of the same course, and under all of these conditions everything that the course can depend on is the same."""
    first, *others = [_shape(side, setting, courses) for side, setting in sides]
    if any(other != first for other in others):
        return False
    rows = [_features(side, setting, courses) for side, setting in sides]
    return bool(rows[0]) and all(_same_inputs(column, courses) for column in zip(*rows, strict=True))


def cannot_change(course: Course, condition: Condition, courses: Courses) -> bool:
    """Whether no reaction that is on changes what a course depends on, and neither does time or a flow."""
    seen = _seen(course, condition, courses)
    if seen is None:
        return False
    names = _species(course, condition, courses)
    causes = all_causes(_expressions(seen, courses), seen.around)
    timed = any(isinstance(cause, Symbol) and cause.kind == "time" for cause in causes)
    return bool(names) and not timed and not names & changing_species(seen.around)


def only_brought_along(course: Course, condition: Condition, courses: Courses) -> bool:
    """Whether nothing of what a course depends on forms during its measurement, none of it came out of a bottle, and
    none was used up before: what there is of it was left by the steps before, and no more than at first."""
    if condition.experiment.origin is None:
        return False  # a plain start: what is there was put there
    seen = _seen(course, condition, courses)
    names = _species(course, condition, courses)
    if seen is None or not names or len(seen.stretch.time) < 2 or names & formed_species(seen.around):
        return False
    bottled = {stock.name for stock in courses.model.stocks}
    bottled |= {content.species for stock in courses.model.stocks for content in stock.contents}
    if names & bottled:
        return False
    before = _stretches_before(condition, seen.stretch, courses)
    if not before or any(_falls(stretch, names, courses) for stretch in before):
        return False
    # what has been used up is missing for no structural reason
    once = frozenset(name for stretch in before for name in surroundings(courses.model, stretch).possible)
    return not names & formed_species(surroundings(courses.model, seen.stretch, once))


# --- what is compared -----------------------------------------------------------------------------


def _shape(side: Expression, setting: Setting, courses: Courses) -> Expression:
    """A side with its loop variables as numbers and its features by what they are."""

    def value(symbol: Symbol) -> Expression | None:
        if symbol.kind == "feature":
            return Symbol(_described(int(symbol.name), setting, courses), "slot")
        return Symbol(f"{courses.number(symbol, setting.first)!r}", "slot") if symbol.kind == "loop" else None

    return substitute(side, value)


def _described(number: int, setting: Setting, courses: Courses) -> str:
    feature, condition = setting.fact.features[number], setting.features[number]
    arguments = [courses.number(argument, condition) for argument in feature.arguments]
    window: Window | None = feature.window or setting.fact.window
    ends = [courses.number(e, condition) for e in (window.start, window.end)] if window is not None else []
    bands = [(band.species, courses.number(band.wavelength, condition)) for band in feature.course.bands]
    text = to_text(feature.course.expression, bracket_species=True)
    return f"{feature.name} {text} {arguments} {feature.relative} {ends} {bands}"


def _features(side: Expression, setting: Setting, courses: Courses) -> list[tuple[Feature, Condition]]:
    """The features of a side with their conditions, in an order that like sides share."""
    numbers = [int(symbol.name) for symbol in symbols(side) if symbol.kind == "feature"]
    numbers.sort(key=lambda number: _described(number, setting, courses))
    return [(setting.fact.features[number], setting.features[number]) for number in numbers]


def _same_inputs(features: Sequence[tuple[Feature, Condition]], courses: Courses) -> bool:
    """Whether the courses of a feature, one a condition, start from and follow the same."""
    seen = [_seen(feature.course, condition, courses) for feature, condition in features]
    found = [each for each in seen if each is not None]
    if len(found) < len(seen) or any(feature.name == "isosbestic" for feature, _ in features):
        return False
    causes = {c for each in found for c in all_causes(_expressions(each, courses), each.around)}
    rows = np.array([[*_cell(each, courses), *_values(each, causes, courses)] for each in found])
    return bool(np.isfinite(rows).all() and (np.ptp(rows, axis=0) <= _SAME * np.abs(rows).max(axis=0)).all())


def _values(seen: _Seen, causes: set[Cause], courses: Courses) -> list[float]:
    place = {species.name: i for i, species in enumerate(courses.model.species)}

    def value(cause: Cause) -> float:
        match cause:
            case Symbol(name, "species"):
                return float(seen.stretch.states[0, place[name]])
            case Symbol(_, "time"):
                return float(seen.stretch.time[0])
            case Symbol(name, "loop"):
                return seen.condition.values.get(name, np.nan)
            case Symbol(_, "reading"):
                return 0.0  # what it reads stands beside it
        return seen.around.value(cause)

    return [value(cause) for cause in sorted(causes, key=repr)]


def _cell(seen: _Seen, courses: Courses) -> list[float]:
    """Numbers of the measurement itself: when it is read, and where and through which cell."""
    time = seen.stretch.time - seen.start
    numbers = [float(time[0]), float(time[-1])]
    for reading in _readings(seen, courses):
        given = (*reading.wavelengths, *((reading.path,) if reading.path is not None else ()))
        numbers += [courses.number(e, seen.condition) for e in given]
    return numbers


def _readings(seen: _Seen, courses: Courses) -> list[Reading]:
    from mscnet.experiment.courses import find_reading

    steps = seen.condition.experiment.steps
    found = [find_reading(steps, name) for name in courses.readings(seen.course)]
    return [reading for reading in found if reading is not None]


def _expressions(seen: _Seen, courses: Courses) -> list[Expression]:
    """What the values of a course are made of: its own expression, those of its readings, bands and instrument."""
    model = courses.model
    found, optical = [seen.course.expression], bool(seen.course.bands)
    for reading in _readings(seen, courses):
        if reading.expression is not None:
            found.append(reading.expression)
        else:
            optical = True
    found += [Symbol(name, "species") for name in _species(seen.course, seen.condition, courses)]
    return [*found, *expressions_of(model.bands, model.instrument)] if optical else found


def _species(course: Course, condition: Condition, courses: Courses) -> frozenset[str]:
    bands = {band.name: frozenset([band.species]) for band in course.bands}
    return depends_on(
        courses.model, course.expression, lambda n: bands[n] if n in bands else courses.seen_by(condition, n)
    )


def _seen(course: Course, condition: Condition, courses: Courses) -> _Seen | None:
    """Where a course is followed; None where that is no single stretch in a closed vessel."""
    from mscnet.experiment.courses import observing_steps

    measured = courses.measurement(course, condition)
    names = courses.readings(course)
    if measured is None or (names and len(observing_steps(condition.experiment.steps, names)) != 1):
        return None
    stretch = measured.stretch
    if not len(stretch.time) or np.ptp(stretch.volume) > 0:
        return None
    return _Seen(course, condition, stretch, measured.start, surroundings(courses.model, stretch))


# --- what was there before ------------------------------------------------------------------------


def _stretches_before(condition: Condition, last: Stretch, courses: Courses) -> list[Stretch]:
    """The stretches of a condition before one, those of the experiments that it goes on from among them; none where
    these are not all known."""
    own = [stretch for stretch in condition.stretches if stretch.time[0] < last.time[0]]
    experiment, found = condition.experiment, own
    known = {each.name: each for each in courses.model.experiments}
    while experiment.origin is not None:
        origin = experiment.origin
        if origin.arguments or origin.experiment not in known or _mixes_late(known[origin.experiment]):
            return []
        (parent, *more) = courses.performed(origin.experiment)
        if more:
            return []
        after = np.inf if origin.after is None else courses.number(origin.after, condition)
        stretches = [s for s in parent.stretches if len(s.time) and s.time[0] < after]
        if not stretches or not (origin.after is None or stretches[-1].time[-1] >= after):
            return []
        found = [*(_until(stretch, after) for stretch in stretches), *found]
        experiment, condition = known[origin.experiment], parent
    return found


def _mixes_late(experiment: Experiment) -> bool:
    """Whether an experiment does more than to put a vessel together and watch: then times count from elsewhere."""
    kinds = [type(step) for step in experiment.steps]
    together = [i for i, kind in enumerate(kinds) if kind in (Mix, Add)]
    waits = [i for i, kind in enumerate(kinds) if kind in (Hold, Observe)]
    vessels = {getattr(step, "vessel", DEFAULT_VESSEL) for step in experiment.steps}
    plain = all(kind in (Mix, Add, Hold, Observe) for kind in kinds) and len(vessels) == 1
    return not plain or bool(together and waits and max(together) > min(waits))


def _until(stretch: Stretch, end: float) -> Stretch:
    """The part of a stretch up to a time, and one point more."""
    kept = int(np.searchsorted(stretch.time, end, side="right")) + 1
    return replace(
        stretch, time=stretch.time[:kept], states=stretch.states[:kept], volume=stretch.volume[:kept]
    )  # fmt: skip


def _falls(stretch: Stretch, names: frozenset[str], courses: Courses) -> bool:
    """Whether the amount of any of some species falls in a stretch."""
    columns = [i for i, species in enumerate(courses.model.species) if species.name in names]
    amounts = stretch.states[:, columns] * stretch.volume[:, None]
    return bool((np.diff(amounts, axis=0) < -1e-6 * np.abs(amounts).max(initial=0.0)).any())
