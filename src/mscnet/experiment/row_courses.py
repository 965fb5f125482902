"""Courses over rows: expressions over readings, species and observables as `RowCurve`s, as `Courses` makes curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.courses import Courses, ends_within, last_with
from mscnet.experiment.isosbestic_fact import times_read
from mscnet.experiment.reach import input_names
from mscnet.experiment.results import Condition, Run
from mscnet.experiment.row_curve import FloatArray, Numbers, RowCurve
from mscnet.experiment.row_features import single
from mscnet.experiment.row_light import RowLight
from mscnet.experiment.row_numbers import RowNumbers
from mscnet.experiment.rows import RowCondition, RowMeasured, RowRun, RowStretch
from mscnet.mechanism.expression import Expression, Symbol
from mscnet.mechanism.facts import BandReading, Course, Window
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.columns import evaluate_over


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
        self._courses: dict[int, tuple[Course, int, list[str]]] = {}
        self._numbered: dict[tuple[Expression, tuple[BandReading, ...]], int] = {}
        self._spacing: dict[tuple[int, int], float | None] = {}
        self._read: dict[tuple[object, ...], NDArray[np.bool_]] = {}
        self._numbers: RowNumbers | None = None

    def number_of(self, course: Course) -> int:
        """The same number for equal courses, whatever their experiment."""
        return self._known(course)[1]

    def readings(self, course: Course) -> list[str]:
        """The readings of the experiment in a course."""
        return self._known(course)[2]

    def _known(self, course: Course) -> tuple[Course, int, list[str]]:
        if id(course) not in self._courses:
            key = (course.expression, course.bands)
            number = self._numbered.setdefault(key, len(self._numbered))
            self._courses[id(course)] = (course, number, Courses.readings(course))
        return self._courses[id(course)]

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

    def _done(self, place: int, run: RowRun) -> Condition:
        """A condition as it was run."""
        return run.run(0).conditions[_places(run)[condition_key(self.conditions[place])]]

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
        self.tangent = run.steps is not None
        self.number = layout.numbers(run)
        self._place = _places(run)
        self._curves: dict[tuple[Any, ...], RowCurve] = {}
        self._derived: dict[tuple[int, int, str], Any] = {}
        self.light = RowLight(run)
        self._species = {species.name: i for i, species in enumerate(run.model.species)}

    def __len__(self) -> int:
        return len(self.run)

    def condition(self, condition: Condition) -> RowCondition:
        """The rows of a condition of the layout.

        Raises:
            MechanismError: it was not run.
        """
        place = self._place.get(condition_key(condition))
        if place is None:
            raise MechanismError.of("E095", f"{condition.name} was not run")
        return self.run.conditions[place]

    def curve(self, course: Course, condition: Condition, window: Window | None = None) -> RowCurve:
        """The curves of a course under a condition, or the part of them in a window.

        Raises:
            MechanismError: a reading that the experiment does not have, or a window without a point of the course.
            NotAlike: the window is not the same in all rows.
        """
        key = (self.layout.number_of(course), self.layout.place[id(condition)])
        if key not in self._curves:
            self._curves[key] = self._make(course, condition)
        curve = self._curves[key]
        if window is None:
            return curve
        start, end = single(self.number(window.start, condition)), single(self.number(window.end, condition))
        whole, key = curve, (*key, start, end)
        if key not in self._curves:
            unit = self.run.model.units.time.symbol
            self._curves[key] = whole.over(*ends_within(whole.time, start, end, condition.name, unit, course.span))
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
        return last_with(done.measured, self.layout.readings(course), done.name, course.span)

    # --- how they are made -----------------------------------------------------------------------

    def _make(self, course: Course, condition: Condition) -> RowCurve:
        done, names = self.condition(condition), self.layout.readings(course)
        measured = self.measurement(course, condition)
        if measured is None:
            if not done.stretches:
                raise MechanismError.of("E095", f"{done.name} follows nothing over time", span=course.span)
            return self._over_stretch(course, condition, done.stretches[-1])
        parts = [m for m in done.measured if all(n in m.series for n in names)] if names else [measured]
        if len(parts) == 1:
            time, values = measured.time, self._values(course, condition, measured.stretch, measured)
        else:  # where one measurement begins as another ends, the reading after the step counts
            time = np.concatenate([m.time + (m.start - parts[0].start) for m in parts])
            values = np.concatenate([self._values(course, condition, m.stretch, m) for m in parts], axis=1)
            kept = np.append(np.diff(time) > 0, True)
            time, values = time[kept], values[:, kept]
        if not len(time):
            raise MechanismError.of("E095", f"{done.name} was not followed to its measurement", span=course.span)
        return RowCurve(time, values, self.tangent)

    def _over_stretch(self, course: Course, condition: Condition, stretch: RowStretch) -> RowCurve:
        """A course without readings over a stretch, its time counted from its start."""
        values = self._values(course, condition, stretch, None)
        return RowCurve(stretch.time - stretch.time[0], values, self.tangent)

    def _values(
        self, course: Course, condition: Condition, stretch: RowStretch, measured: RowMeasured | None
    ) -> FloatArray:
        """(m, n_times)."""
        names = input_names(self.run.model, stretch.inputs.shape[1])
        inputs = dict(zip(names, stretch.inputs.T[:, :, None], strict=False))
        bands = {band.name: band for band in course.bands}

        def column(symbol: Symbol) -> Any:
            match symbol.kind:
                case "reading" if symbol.name in bands:
                    return self.light.band(bands[symbol.name], condition, stretch, self.number)
                case "reading":
                    assert measured is not None
                    return measured.series[symbol.name].values
                case "species":
                    return stretch.states[:, :, self._species[symbol.name]]
                case "loop":
                    return condition.values[symbol.name]
                case "time":
                    return stretch.time if measured is None else measured.time
                case "parameter":
                    return inputs[symbol.name]
            if symbol.name in inputs:  # a derived value that a step has set, such as a temperature
                return inputs[symbol.name]
            key = (id(stretch), id(measured), symbol.name)
            if key not in self._derived:
                self._derived[key] = evaluate_over(self.run.model.expression_of(symbol.name), column)
            return self._derived[key]

        values = np.asarray(evaluate_over(course.expression, column), dtype=np.float64)
        shape = (len(self.run), len(stretch.time))
        return values if values.shape == shape else np.array(np.broadcast_to(values, shape))
