"""Courses over rows: expressions over readings, species and observables as `RowCurve`s, as `Courses` makes curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.courses import Courses, ends_within, last_with
from mscnet.experiment.isosbestic_fact import times_read
from mscnet.experiment.results import Condition, Run
from mscnet.experiment.row_curve import FloatArray, Numbers, RowCurve
from mscnet.experiment.row_features import single
from mscnet.experiment.row_folding import Folding, Linear
from mscnet.experiment.row_light import RowLight
from mscnet.experiment.row_numbers import RowNumbers
from mscnet.experiment.row_tangent import TangentCurve
from mscnet.experiment.rows import RowCondition, RowMeasured, RowRun, RowStretch
from mscnet.mechanism.expression import Expression, Symbol
from mscnet.mechanism.facts import BandReading, Course, Window
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass
from mscnet.simulation.columns import evaluate_over

Found = TypeVar("Found")
_ALL = slice(None)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """The first of equal courses, their number, and the readings of the experiment in them."""

    first: Course
    number: int
    readings: list[str]


class RowLayout:
    """What is the same for all runs of a mechanism's experiments: its conditions, courses that are equal, the time
    between readings.

    `mechanism` is the one whose experiments say when readings were taken; `conditions` stand for those of the runs.
    """

    def __init__(self, mechanism: Mechanism, conditions: Sequence[Condition]) -> None:
        self.mechanism = mechanism
        self.conditions = tuple(conditions)
        self.place = {id(condition): i for i, condition in enumerate(self.conditions)}
        self.courses = Courses(Run(mechanism, self.conditions, {}), mechanism)
        self._courses: dict[int, _Known] = {}
        self._numbered: dict[tuple[Expression, tuple[BandReading, ...]], _Known] = {}
        self._kept: list[Course] = []  # so that no other course gets the identity of one that is known
        self._spacing: dict[tuple[int, int], float | None] = {}
        self._read: dict[tuple[object, ...], NDArray[np.bool_]] = {}
        self._numbers: RowNumbers | None = None
        self._folding: Folding | None = None

    def number_of(self, course: Course) -> int:
        """The same number for equal courses, whatever their experiment."""
        return self._known(course).number

    def readings(self, course: Course) -> list[str]:
        """The readings of the experiment in a course."""
        return self._known(course).readings

    def expression(self, course: Course) -> Expression:
        """The expression of a course, the same object for equal ones."""
        return self._known(course).first.expression

    def _known(self, course: Course) -> _Known:
        known = self._courses.get(id(course))
        if known is None:
            new = _Known(course, len(self._numbered), Courses.readings(course))
            known = self._numbered.setdefault((course.expression, course.bands), new)
            self._courses[id(course)] = known
            self._kept.append(course)
        return known

    def spacing(self, course: Course, condition: Condition, run: RowRun) -> float | None:
        """The time between readings of a course under a condition, None where it was followed."""
        place = self.place[id(condition)]
        key = (self.number_of(course), place)
        if key not in self._spacing:
            self._spacing[key] = self.courses.spacing(self._done(place, run), self.readings(course))
        return self._spacing[key]

    def stated_spacing(self, course: Course, condition: Condition) -> float | None:
        """The same as the steps alone tell it, before any run."""
        return self.courses.spacing(condition, self.readings(course))

    def times_read(self, names: list[str], condition: Condition, time: FloatArray, run: RowRun) -> NDArray[np.bool_]:
        """Which of the times of spectra, (n_times,), are those of readings at the bench."""
        place = self.place[id(condition)]
        key = (place, len(time), *names)
        if key not in self._read:
            self._read[key] = times_read(time, names, self._done(place, run), self.courses)
        return self._read[key]

    def folding(self, model: Mechanism, count: int) -> Folding:
        """The expressions of a model with so many inputs, parted."""
        known = self._folding
        if known is None or known.model is not model or known.count != count:
            known = self._folding = Folding(model, count)
        return known

    def _done(self, place: int, run: RowRun) -> Condition:
        """A condition as it was run: what tells when its readings were taken is the same for all rows."""
        return cast("Condition", run.conditions[_places(run)[condition_key(self.conditions[place])]])

    def numbers(self, run: RowRun) -> RowNumbers:
        """The numbers that facts state, in the rows of a run."""
        known = self._numbers
        if known is None or known.model is not run.model or known.names != run.names:
            known = self._numbers = RowNumbers(run.model, run.names)
        known.rows = run.rows
        return known


def condition_key(condition: Condition | RowCondition) -> tuple[Any, ...]:
    """What tells a condition from others."""
    return (condition.experiment.name, *condition.values.items())


def _places(run: RowRun) -> dict[tuple[Any, ...], int]:
    return {condition_key(condition): i for i, condition in enumerate(run.conditions)}


class RowCourses:
    """The curves of many runs, each worked out when it is first asked for."""

    def __init__(self, run: RowRun, layout: RowLayout) -> None:
        self.run, self.layout = run, layout
        self.tangent = run.steps is not None or len(run) == 1  # a single row follows itself
        self.number = layout.numbers(run)
        self._place = _places(run)
        self._done: dict[int, RowCondition] = {}
        self._curves: dict[tuple[Any, ...], RowCurve] = {}
        self._derived: dict[tuple[Any, ...], Any] = {}
        self._measured: dict[tuple[int, int], RowMeasured | None] = {}
        self._times: dict[int, FloatArray] = {}
        self._fixed: dict[tuple[Any, ...], Any] = {}
        self._kept: dict[tuple[Any, ...], Any] = {}
        self._factors: dict[tuple[int, int], tuple[RowStretch, list[tuple[int, Any]], Any]] = {}
        self.light = RowLight(run)
        self._species = {species.name: i for i, species in enumerate(run.model.species)}

    def __len__(self) -> int:
        return len(self.run)

    def condition(self, condition: Condition) -> RowCondition:
        """The rows of a condition of the layout.

        Raises:
            MechanismError: it was not run.
        """
        known = self._done.get(id(condition))
        if known is None:
            place = self._place.get(condition_key(condition))
            if place is None:
                raise MechanismError.of("E095", f"{condition.name} was not run")
            known = self._done[id(condition)] = self.run.conditions[place]
        return known

    def curve(self, course: Course, condition: Condition, window: Window | None = None) -> RowCurve:
        """The curves of a course under a condition, or the part of them in a window.

        Raises:
            MechanismError: a reading that the experiment does not have, or a window without a point of the course.
            NotAlike: the window is not the same in all rows.
        """
        key = (self.layout.number_of(course), self.layout.place[id(condition)])
        if window is not None:
            return self._window(course, condition, window, key)
        if key not in self._curves:
            self._curves[key] = self._make(course, condition)
        return self._curves[key]

    def once(
        self, what: tuple[Any, ...], course: Course | None, condition: Condition, window: Window | None,
        make: Callable[[], Found],
    ) -> Found:  # fmt: skip
        """What `make` gives: worked out once for equal courses under a condition in a window, and `what` is asked of
        them; errors as `curve`."""
        number = -1 if course is None else self.layout.number_of(course)
        ends = None if window is None else self._ends(window, condition)
        key = (number, self.layout.place[id(condition)], ends, *what)
        if key not in self._kept:
            self._kept[key] = make()
        found: Found = self._kept[key]
        return found

    def _ends(self, window: Window, condition: Condition) -> tuple[float, float]:
        return single(self.number(window.start, condition)), single(self.number(window.end, condition))

    def _window(self, course: Course, condition: Condition, window: Window, key: tuple[Any, ...]) -> RowCurve:
        """The part of a course in a window."""
        start, end = self._ends(window, condition)
        key = (*key, start, end)
        if key not in self._curves:
            whole = self.near(course, condition, start) if start == end else self.curve(course, condition)
            measured = self._only(course, condition)
            time, unit = whole.time if measured is None else self.time(measured), self.run.model.units.time.symbol
            self._curves[key] = whole.over(*ends_within(time, start, end, condition, unit, course.span))
        return self._curves[key]

    def everywhere(self, course: Course, condition: Condition) -> list[RowCurve]:
        """A course over all that is known of a condition: its measurement, or, of one without readings, every
        stretch of time in every vessel."""
        done = self.condition(condition)
        if self.layout.readings(course) or not done.stretches:
            return [self.curve(course, condition)]
        known = {id(stretch) for stretch in done.stretches}
        stretches = [*done.stretches, *(m.stretch for m in done.measured if id(m.stretch) not in known)]
        return [self._over_stretch(course, condition, stretch) for stretch in stretches if len(stretch.time)]

    def spacing(self, course: Course, condition: Condition) -> float | None:
        """The time between readings at the bench, None where it was followed."""
        return self.layout.spacing(course, condition, self.run)

    def noise(self, course: Course) -> Numbers | None:
        """The standard deviation of a reading of a course, None where nobody said."""
        instrument = self.run.model.instrument
        settings = dict(instrument.settings) if instrument is not None else {}
        if "noise" not in settings or not (self.layout.readings(course) or course.bands):
            return None
        return self.number(settings["noise"], None)

    def measurement(self, course: Course, condition: Condition) -> RowMeasured | None:
        """The measurement over which a course is followed, None where there is none; errors as `curve`."""
        done = self.condition(condition)
        return last_with(done.measured, self.layout.readings(course), condition, course.span)

    # --- how they are made -----------------------------------------------------------------------

    def _make(self, course: Course, condition: Condition) -> RowCurve:
        done, names = self.condition(condition), self.layout.readings(course)
        measured = self.measurement(course, condition)
        if measured is None:
            if not done.stretches:
                raise MechanismError.of("E095", f"{done.name} follows nothing over time", span=course.span)
            return self._over_stretch(course, condition, done.stretches[-1])
        if not sum(len(m.stretch.time) for m in done.measured):
            raise MechanismError.of("E095", f"{done.name} was not followed to its measurement", span=course.span)
        parts = [m for m in done.measured if all(n in m.series for n in names)] if names else [measured]
        if len(parts) == 1:
            return self._over(course, condition, measured.stretch, measured, self.time(measured))
        # where one measurement begins as another ends, the reading after the step counts
        time = np.concatenate([m.time + (m.start - parts[0].start) for m in parts])
        values = np.concatenate([self._values(course, condition, m.stretch, m) for m in parts], axis=1)
        kept = np.append(np.diff(time) > 0, True)
        return self._curve(time[kept], values[:, kept])

    def _curve(self, time: FloatArray, values: FloatArray) -> RowCurve:
        return TangentCurve.of(time, values) if self.tangent else RowCurve(time, values)

    def _over(
        self, course: Course, condition: Condition, stretch: RowStretch, measured: RowMeasured | None, time: FloatArray
    ) -> RowCurve:
        """A course over one stretch: of a run with its derivatives row 0, and of the others what is asked for."""
        if not self.tangent:
            return RowCurve(time, self._values(course, condition, stretch, measured))
        leading = self._values(course, condition, stretch, measured, rows=slice(0, 1))

        def source(first: int, last: int) -> FloatArray:
            return self._values(course, condition, stretch, measured, slice(first, last))

        return TangentCurve(time, leading[0], len(self), source)

    def near(self, course: Course, condition: Condition, time: float | None, last: bool = False) -> RowCurve:
        """As much of a curve as its values at a time hang on (None: the first point, or the last), so that the rest
        need not be worked out; errors as `curve`."""
        key = (self.layout.number_of(course), self.layout.place[id(condition)])
        there = self._curves.get(key) or self._curves.get((*key, "near", time, last))
        if there is not None:
            return there
        measured = self._only(course, condition)
        if measured is None:
            return self.curve(course, condition)
        times = self.time(measured)
        if time is None:
            part = slice(len(times) - 1, len(times)) if last else slice(0, 1)
        else:
            i = int(np.searchsorted(times, time, side="right")) - 1
            part = slice(max(min(i, len(times) - 2) - 1, 0), max(min(i, len(times) - 2), 0) + 3)
        curve = self._curve(times[part], self._values(course, condition, measured.stretch, measured, part))
        self._curves[(*key, "near", time, last)] = curve
        return curve

    def _only(self, course: Course, condition: Condition) -> RowMeasured | None:
        """The one measurement over which a course is followed; None where there are more, or none."""
        key = (self.layout.number_of(course), self.layout.place[id(condition)])
        if key not in self._measured:
            names, found = self.layout.readings(course), self.measurement(course, condition)
            measured = self.condition(condition).measured
            several = names and sum(all(n in m.series for n in names) for m in measured) > 1
            self._measured[key] = None if several or found is None or not len(found.stretch.time) else found
        return self._measured[key]

    def time(self, measured: RowMeasured) -> FloatArray:
        """Times of the readings of a measurement (n_times,), worked out once."""
        if id(measured) not in self._times:
            self._times[id(measured)] = measured.time
        return self._times[id(measured)]

    def _over_stretch(self, course: Course, condition: Condition, stretch: RowStretch) -> RowCurve:
        """A course without readings over a stretch, its time counted from its start."""
        return self._over(course, condition, stretch, None, stretch.time - stretch.time[0])

    def _values(
        self, course: Course, condition: Condition, stretch: RowStretch, measured: RowMeasured | None,
        part: slice = _ALL, rows: slice = _ALL,
    ) -> FloatArray:  # fmt: skip
        """(m, n_times), or those of a part of the times and of the rows."""
        expression = self.layout.expression(course)
        if measured is not None and isinstance(expression, Symbol) and expression.kind == "reading":
            series = measured.series.get(expression.name)
            if series is not None:
                return series.values[rows, part]
        folding = self.layout.folding(self.run.model, stretch.inputs.shape[1])
        linear = folding.linear(expression)
        if linear is not None:
            return self._sum(linear, folding, stretch, part, rows)
        bands = {band.name: band for band in course.bands} if course.bands else {}
        place = (id(stretch), id(measured), part.start, part.stop, rows.stop)

        def given(name: str) -> FloatArray:
            return stretch.inputs[rows, folding.columns[name], None]

        def column(symbol: Symbol) -> Any:
            match symbol.kind:
                case "slot":
                    return folding.value(symbol.name, stretch.inputs, self._fixed)[rows]
                case "reading" if symbol.name in bands:
                    band = bands[symbol.name]
                    strength = self.light.band(band, condition, stretch, self.number)[rows, None]
                    return stretch.states[rows, part, self._species[band.species]] * strength
                case "reading":
                    assert measured is not None
                    return measured.series[symbol.name].values[rows, part]
                case "species":
                    return stretch.states[rows, part, self._species[symbol.name]]
                case "loop":
                    return condition.values[symbol.name]
                case "time":
                    return (stretch.time if measured is None else self.time(measured))[part]
                case "parameter":
                    return given(symbol.name)
            if symbol.name in folding.columns:  # a derived value that a step has set, such as a temperature
                return given(symbol.name)
            key = (*place, symbol.name)
            if key not in self._derived:
                expression = folding.folded(self.run.model.expression_of(symbol.name))
                self._derived[key] = evaluate_over(expression, column)
            return self._derived[key]

        values = np.asarray(evaluate_over(folding.folded(expression), column), dtype=np.float64)
        shape = stretch.states[rows, part, :1].shape[:2]
        return values if values.shape == shape else np.array(np.broadcast_to(values, shape))

    def _sum(self, linear: Linear, folding: Folding, stretch: RowStretch, part: slice, rows: slice) -> FloatArray:
        """An expression that is linear in concentrations, (m, n_times) or a part of that."""
        key = (id(linear), id(stretch))
        known = self._factors.get(key)
        if known is None:  # with the stretch, so that no other gets its identity
            terms = [(place, folding.value(slot, stretch.inputs, self._fixed)) for place, slot in linear.terms]
            added = None if linear.added is None else folding.value(linear.added, stretch.inputs, self._fixed)
            known = self._factors[key] = (stretch, terms, added)
        _, terms, added = known
        total: FloatArray | None = None
        for place, factor in terms:
            term = stretch.states[rows, part, place] * factor[rows]
            total = term if total is None else np.add(total, term, out=total)
        if added is None and total is not None:
            return total
        more = 0.0 if added is None else added[rows]
        return stretch.states[rows, part, 0] * 0.0 + more if total is None else np.add(total, more, out=total)
