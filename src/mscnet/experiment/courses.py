"""Courses: expressions over readings, species and observables as curves over the time of a measurement."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from mscnet.diagnostics import MechanismError, Span
from mscnet.experiment.curve import Curve, FloatArray
from mscnet.experiment.reach import absent_species, depends_on, parameters_of
from mscnet.experiment.results import Condition, Measured, Run, Series, Spectra, Stretch
from mscnet.experiment.wavelengths import centimetres, nanometres
from mscnet.mechanism.bench import Observe, Reading, Repeat, Step
from mscnet.mechanism.bench_use import observations
from mscnet.mechanism.expression import Expression, Symbol, evaluate, symbols, to_text
from mscnet.mechanism.facts import BandReading, Course, Window
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.columns import evaluate_over

if TYPE_CHECKING:
    from mscnet.experiment.optics import Optics
    from mscnet.experiment.rows import RowMeasured

#: A measurement, of one run or of many side by side.
Measure = TypeVar("Measure", "Measured", "RowMeasured")

#: Times that differ by less than this share of the course are the same time.
_SAME = 1e-9


class Courses:
    """The curves of a run, each worked out when it is first asked for.

    `mechanism` is the one whose experiments say when readings were taken, where those of the run are finer.
    """

    def __init__(self, run: Run, mechanism: Mechanism | None = None) -> None:
        self.run = run
        self._steps = {e.name: e.steps for e in mechanism.experiments} if mechanism is not None else {}
        self.model = run.model
        self._curves: dict[tuple[int, Expression], Curve] = {}
        self._absent: dict[int, frozenset[str]] = {}
        self._performed: dict[str, tuple[Condition, ...]] = {}
        self._noise: float | bool | None = False  # not looked up yet

    # --- curves ------------------------------------------------------------------------------

    def curve(self, course: Course, condition: Condition, window: Window | None = None) -> Curve:
        """The curve of a course under a condition, or the part of it in a window.

        Raises:
            MechanismError: a reading that the experiment does not have, or a window without a point of the course.
        """
        key = (id(condition), course.expression)
        if key not in self._curves:
            self._curves[key] = self._make(course, condition)
        curve = self._curves[key]
        return curve if window is None else self.window(curve, window, condition, course.span)

    def window(self, curve: Curve, window: Window, condition: Condition, span: Span | None) -> Curve:
        """The part of a curve in a window; errors as `curve`."""
        start, end = self.number(window.start, condition), self.number(window.end, condition)
        return curve.over(*ends_within(curve.time, start, end, condition, self.model.units.time.symbol, span))

    def everywhere(self, course: Course, condition: Condition) -> list[Curve]:
        """A course over all that is known of a condition: its measurement, or, of one without readings, every
        stretch of time in every vessel."""
        if self.readings(course) or not condition.stretches:
            return [self.curve(course, condition)]
        known = {id(stretch) for stretch in condition.stretches}
        stretches = [*condition.stretches, *(m.stretch for m in condition.measured if id(m.stretch) not in known)]
        return [self._over_stretch(course, condition, stretch) for stretch in stretches if len(stretch.time)]

    def _make(self, course: Course, condition: Condition) -> Curve:
        names = self.readings(course)
        measured = self._measured(condition, names, course.span)
        if measured is None:
            if not condition.stretches:
                raise MechanismError.of("E095", f"{condition.name} follows nothing over time", span=course.span)
            return self._over_stretch(course, condition, condition.stretches[-1])
        parts = self._all_measured(condition, names) if names else [measured]
        time = np.concatenate([m.time + (m.start - parts[0].start) for m in parts])
        if not len(time):
            raise MechanismError.of("E095", f"{condition.name} was not followed to its measurement", span=course.span)
        values = np.concatenate([self._values(course, condition, m.stretch, m.stretch.time, m) for m in parts])
        if len(parts) > 1:  # where one measurement begins as another ends, the reading after the step counts
            kept = np.append(np.diff(time) > 0, True)
            time, values = time[kept], values[kept]
        noise = self.noise if names or course.bands else None
        unit = self._unit(course.expression, measured)
        return Curve(time, values, to_text(course.expression), unit, self.spacing(condition, names), noise)

    def _over_stretch(self, course: Course, condition: Condition, stretch: Stretch) -> Curve:
        """A course without readings over a stretch, its time counted from its start."""
        values = self._values(course, condition, stretch, stretch.time, None)
        unit = self._unit(course.expression, None)
        return Curve(stretch.time - stretch.time[0], values, to_text(course.expression), unit)

    def _values(
        self, course: Course, condition: Condition, stretch: Stretch, time: FloatArray, measured: Measured | None
    ) -> FloatArray:
        place = {species.name: i for i, species in enumerate(self.model.species)}
        parameters = parameters_of(self.model, stretch)
        bands = {band.name: band for band in course.bands}
        known: dict[str, Any] = {}

        def column(symbol: Symbol) -> Any:
            match symbol.kind:
                case "reading" if symbol.name in bands:
                    return _on(time, stretch, self._band(bands[symbol.name], condition, stretch, parameters))
                case "reading":
                    assert measured is not None
                    return measured.series[symbol.name].values
                case "species":
                    return _on(time, stretch, stretch.states[:, place[symbol.name]])
                case "loop":
                    return condition.values[symbol.name]
                case "time":
                    return time
                case _ if symbol.name in stretch.courses:
                    return _on(time, stretch, stretch.courses[symbol.name])
                case "parameter":
                    return parameters[symbol.name]
            if symbol.name in parameters:  # a derived value that a step has set, such as a temperature
                return parameters[symbol.name]
            if symbol.name not in known:
                known[symbol.name] = evaluate_over(self.model.expression_of(symbol.name), column)
            return known[symbol.name]

        return np.array(
            np.broadcast_to(np.asarray(evaluate_over(course.expression, column), dtype=np.float64), time.shape)
        )

    def _band(
        self, band: BandReading, condition: Condition, stretch: Stretch, parameters: dict[str, float]
    ) -> FloatArray:
        """The absorbance that one species' band alone makes over a stretch, in the cell of the readings."""
        optics = self._optics(condition, parameters)
        place = [species.name for species in self.model.species].index(band.species)
        wavelength = nanometres(self.number(band.wavelength, condition), self.model.units)
        rows = optics.absorptivity([wavelength])[optics.species == place]
        return np.asarray(stretch.states[:, place] * rows.sum() * optics.per_cm * self._path_cm(condition, optics))

    def spectra(self, condition: Condition, wavelengths: FloatArray) -> Spectra:
        """What a spectrometer would have seen at `wavelengths` (in nm) during the last measurement of a condition."""
        measured = condition.measured[-1]
        stretch = measured.stretch
        optics = self._optics(condition, parameters_of(self.model, stretch))
        absorbance = optics.absorbance(stretch.states, wavelengths, self._path_cm(condition, optics))
        return Spectra("", measured.time, wavelengths, absorbance)

    def _optics(self, condition: Condition, parameters: dict[str, float]) -> Optics:
        from mscnet.experiment.optics import Optics

        return Optics.of(self.model, {**parameters, **condition.values})

    def _path_cm(self, condition: Condition, optics: Optics) -> float:
        paths = [
            reading.path
            for step in observations(condition.experiment.steps)
            for reading in step.readings if reading.path is not None
        ]  # fmt: skip
        if not paths:
            return optics.spectrometer.path_cm
        return centimetres(self.number(paths[-1], condition), self.model.units)

    # --- measurements ------------------------------------------------------------------------

    @staticmethod
    def readings(course: Course) -> list[str]:
        """The readings of the experiment in a course."""
        own = {band.name for band in course.bands}
        return sorted(s.name for s in symbols(course.expression) if s.kind == "reading" and s.name not in own)

    @staticmethod
    def _measured(condition: Condition, names: list[str], span: Span | None) -> Measured | None:
        """The last measurement that has all of these readings; None where nothing was measured."""
        return last_with(condition.measured, names, condition, span)

    @staticmethod
    def _all_measured(condition: Condition, names: list[str]) -> list[Measured]:
        """All measurements that have all of these readings: their course goes on from one to the next."""
        return [m for m in condition.measured if all(name in m.series for name in names)]

    def spacing(self, condition: Condition, names: list[str]) -> float | None:
        """The time between readings at the bench: that of the step which measures them, of listed times the median."""
        step = self._observing(condition, names)
        if step is None:
            return None
        if step.every is not None:
            return self.number(step.every, condition)
        several = self._all_measured(condition, names) if names and len(step.times) < 2 else []
        times = np.array([m.start for m in several]) if len(several) > 1 else self.listed_times(condition, names)
        return float(np.median(np.diff(times))) if len(times) > 1 else None

    def listed_times(self, condition: Condition, names: list[str]) -> FloatArray:
        """The times at which a step reads, where it lists them; else none."""
        if names and len(self._all_measured(condition, names)) > 1:  # listed from the start of each of them
            return np.array([])
        step = self._observing(condition, names)
        return np.array([self.number(each, condition) for each in step.times] if step is not None else [])

    def _observing(self, condition: Condition, names: list[str]) -> Observe | None:
        """The last step that takes these readings, as it stands in the file."""
        steps = observations(self._steps.get(condition.experiment.name, condition.experiment.steps))
        found = [step for step in steps if set(names) <= {reading.name for reading in step.readings}]
        return found[-1] if found else None

    @cached_property
    def noise(self) -> float | None:
        """The standard deviation of an absorbance, where the instrument has one."""
        settings = dict(self.model.instrument.settings) if self.model.instrument else {}
        return self.model.evaluate(settings["noise"]) if "noise" in settings else None

    def number(self, expression: Expression, condition: Condition | None) -> float:
        """The value of an expression in parameters and the condition's loop variables."""
        loops = condition.values if condition is not None else {}
        own = dict(condition.experiment.values) if condition is not None else {}

        def value_of(symbol: Symbol) -> float:
            if symbol.kind == "loop":
                return loops[symbol.name]
            if symbol.name in own:  # a value that holds in this experiment alone
                return evaluate(own[symbol.name], self.model.evaluate)
            return self.model.evaluate(symbol)

        return evaluate(expression, value_of)

    def is_number(self, course: Course) -> bool:
        """Whether a course is one number: it holds nothing that changes with time."""
        species = depends_on(self.model, course.expression, lambda _: frozenset(["a reading"]))
        return not species and not any(s.kind == "time" for s in symbols(course.expression))

    def _unit(self, expression: Expression, measured: Measured | None) -> str:
        """The unit of a course that is one quantity, "" where it has none or is made of several."""
        if not isinstance(expression, Symbol):
            parts = {self._unit(symbol, measured) for symbol in symbols(expression)}
            return parts.pop() if len(parts) == 1 and not _mixes(expression) else ""
        if expression.kind == "reading":
            series: Series | None = measured.series.get(expression.name) if measured is not None else None
            return series.unit if series is not None else ""
        items: Any = (*self.model.species, *self.model.derived, *self.model.parameters)
        dimension = next((item.dimension for item in items if item.name == expression.name), None)
        return "" if dimension is None else self.model.units.describe(dimension)

    # --- what cannot be ----------------------------------------------------------------------

    def measurement(self, course: Course, condition: Condition) -> Measured | None:
        """The measurement over which a course is followed, None where there is none; errors as `curve`."""
        return self._measured(condition, self.readings(course), course.span)

    def performed(self, experiment: str) -> tuple[Condition, ...]:
        """The conditions of an experiment that others go on from, done once if the run does not have it."""
        if experiment not in self._performed:
            from mscnet.experiment.bench import perform
            from mscnet.experiment.refine import refined

            known = self.run.of(experiment)
            self._performed[experiment] = known or perform(refined(self.model), experiment).of(experiment)
        return self._performed[experiment]

    def blank(self, course: Course, condition: Condition, everywhere: bool = False) -> bool:
        """Whether a course is what it is without its species: none of them can be there under this model."""
        bands = {band.name: frozenset([band.species]) for band in course.bands}
        species = depends_on(
            self.model, course.expression, lambda name: bands[name] if name in bands else self.seen_by(condition, name)
        )
        if not species:
            return False
        names = self.readings(course)
        measured = self._measured(condition, names, course.span)
        stretches = [measured.stretch] if measured is not None else list(condition.stretches[-1:])
        if everywhere and not names:
            stretches += condition.stretches
        return all(species <= self._absent_in(stretch) for stretch in stretches)

    def _absent_in(self, stretch: Stretch) -> frozenset[str]:
        if id(stretch) not in self._absent:
            self._absent[id(stretch)] = absent_species(self.model, stretch)
        return self._absent[id(stretch)]

    def seen_by(self, condition: Condition, name: str) -> frozenset[str]:
        """The species that a reading sees: those with a band, or those of its expression."""
        reading = find_reading(condition.experiment.steps, name)
        if reading is not None and reading.expression is not None:
            return depends_on(self.model, reading.expression, lambda inner: self.seen_by(condition, inner))
        return frozenset(band.species for band in self.model.bands)


def last_with(measured: Sequence[Measure], names: list[str], condition: Condition, span: Span | None) -> Measure | None:
    """The last measurement that has all of these readings; None where nothing was measured.

    Raises:
        MechanismError: no measurement has them all.
    """
    if not measured and not names:
        return None
    found = [m for m in measured if all(name in m.series for name in names)]
    if found:
        return found[-1]
    known = [name for m in measured for name in m.series]
    missing = [name for name in names if name not in known]
    if missing:
        message = f"{condition.name} has no reading `{missing[0]}`"
        hint = "it reads " + ", ".join(known) if known else "`measure` takes readings"
    else:
        message = f"{condition.name} does not read {' and '.join(names)} in one measurement"
        hint = "measure them in one step"
    raise MechanismError.of("E095", message, span=span, hint=hint)


def ends_within(
    time: FloatArray, start: float, end: float, condition: Condition, unit: str, span: Span | None
) -> tuple[float, float]:
    """The ends of a window over a course at these times, moved onto it where rounding alone keeps them off.

    Raises:
        MechanismError: the course has nothing there.
    """
    first, last = float(time[0]), float(time[-1])
    slack = _SAME * max(abs(first), abs(last))
    low, high = min(start, last), max(end, first)
    if start > last + slack or end < first - slack or min(high, last) < max(low, first):
        message = (
            f"{condition.name} has no reading from {start:g} to {end:g} {unit}: they go from {first:g} to {last:g}"
        )
        raise MechanismError.of("E095", message, span=span, hint="times are counted from where `measure` begins")
    return low, high


def find_reading(steps: tuple[Step, ...], name: str) -> Reading | None:
    """The last reading of this name among the steps."""
    readings = [r for step in observations(steps) for r in step.readings if r.name == name]
    return readings[-1] if readings else None


def observing_steps(steps: tuple[Step, ...], names: list[str]) -> list[Observe]:
    """The steps that take any of these readings; one that is repeated counts twice."""
    found = [step for step in steps if isinstance(step, Observe) and {r.name for r in step.readings} & set(names)]
    for step in steps:
        if isinstance(step, Repeat):
            found += 2 * observing_steps(step.steps, names)
    return found


def _on(time: FloatArray, stretch: Stretch, values: FloatArray) -> FloatArray:
    """The values of a stretch at the times of a reading."""
    return values if len(time) == len(stretch.time) else np.interp(time, stretch.time, values)


def _mixes(expression: Expression) -> bool:
    """Whether an expression is more than sums and multiples of one kind of thing."""
    from mscnet.mechanism.expression import Call, Comparison, Power, Product, walk

    for node in walk(expression):
        if isinstance(node, Call | Comparison | Power):
            return True
        if isinstance(node, Product) and sum(bool(symbols(factor)) for factor in node.factors) > 1:
            return True
    return False
