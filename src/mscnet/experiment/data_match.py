"""Measured data beside a run of the model: the model's values at the times of the data, and what is left over."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.data_subject import SAME_WAVELENGTH
from mscnet.experiment.observations import FloatArray, Observations, ObservedSeries, ObservedSpectra
from mscnet.experiment.results import Condition, Run, Series, Spectra
from mscnet.mechanism.bench import Observe, Repeat, Step
from mscnet.mechanism.expression import Expression, Number, evaluate
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import Dimension
from mscnet.records import dataclass, replace

#: Relative difference within which the value of a loop variable in the data is that of a condition.
SAME_VALUE = 1e-6
#: Relative to the whole course, times nearer than this are one.
SAME_TIME = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class MatchedSeries:
    """A measured series and the model's course of the same reading, at the times of the data (n,).

    `model` is NaN outside the times that were simulated; `exact` tells where the run reported this very time (the
    others are interpolated, see `model_at`).  `course` is the model's whole series.
    """

    condition: Condition
    data: ObservedSeries
    course: Series
    model: FloatArray
    exact: NDArray[np.bool_]

    def __repr__(self) -> str:
        return f"<MatchedSeries of {self.data.reading} with {self.condition.name}: {self.data.time.size} times>"

    @property
    def residual(self) -> FloatArray:
        """Observed less model, (n,)."""
        return self.data.observed - self.model

    @property
    def weighted(self) -> FloatArray:
        """Residuals in units of the error of measurement; NaN where that is not known."""
        return self.residual / self.data.error


@dataclass(frozen=True, slots=True, eq=False)
class MatchedSpectra:
    """Measured spectra and the model's, both (n_times, n_wavelengths) on the grid of the data."""

    condition: Condition
    data: ObservedSpectra
    model: FloatArray
    exact: NDArray[np.bool_]

    def __repr__(self) -> str:
        return f"<MatchedSpectra of {self.data.reading} with {self.condition.name}: {self.data.time.size} times>"

    @property
    def residual(self) -> FloatArray:
        """Observed less model, (n_times, n_wavelengths)."""
        return self.data.absorbance - self.model

    @property
    def weighted(self) -> FloatArray:
        """Residuals in units of the error of measurement; NaN where that is not known."""
        return self.residual / self.data.error


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """Data and model beside each other."""

    series: tuple[MatchedSeries, ...] = ()
    spectra: tuple[MatchedSpectra, ...] = ()

    def __repr__(self) -> str:
        return f"<Match: {len(self.series)} series, {len(self.spectra)} sets of spectra, rms {self.rms:.3g}>"

    @property
    def residuals(self) -> FloatArray:
        """Every finite residual, one after the other."""
        parts = [*(s.residual for s in self.series), *(s.residual.reshape(-1) for s in self.spectra)]
        joined = np.concatenate(parts) if parts else np.empty(0)
        return joined[np.isfinite(joined)]

    @property
    def rms(self) -> float:
        """The root of the mean square of all residuals; NaN where there is none."""
        values = self.residuals
        return float(np.sqrt(np.mean(values**2))) if values.size else math.nan

    @property
    def outside(self) -> int:
        """How many measured values lie outside the times or wavelengths that were simulated."""
        series = sum(int(np.count_nonzero(np.isnan(s.model) & np.isfinite(s.data.observed))) for s in self.series)
        return series + sum(
            int(np.count_nonzero(np.isnan(s.model) & np.isfinite(s.data.absorbance))) for s in self.spectra
        )


def match(observations: Observations | Iterable[Observations], run: Run) -> Match:
    """Puts measured data beside the run's conditions.

    Every series goes to the condition of its experiment whose loop variables have the data's values, and to its
    reading of that name (or, for a wavelength without a name, to the spectra).  Numbers without a time are left out.

    Raises:
        MechanismError: no condition or several fit, or nothing in the run is the reading.
    """
    many = (observations,) if isinstance(observations, Observations) else tuple(observations)
    series, spectra = [], []
    for each in many:
        for data in each.series:
            condition = condition_for(run, each, data.values)
            series.append(_match_series(each, condition, data))
        for scans in each.spectra:
            condition = condition_for(run, each, scans.values)
            spectra.append(_match_spectra(each, condition, scans))
    return Match(tuple(series), tuple(spectra))


def of_conditions(observations: Iterable[Observations], run: Run) -> tuple[Observations, ...]:
    """The data without what belongs to conditions that were not run."""
    found = []
    for each in observations:
        own = [c.values for c in run.conditions if c.experiment.name == each.experiment]

        def done(values: Mapping[str, float], own: list[Mapping[str, float]] = own) -> bool:
            return any(_fits(known, values) for known in own)

        series = tuple(s for s in each.series if done(s.values))
        spectra = tuple(s for s in each.spectra if done(s.values))
        found.append(
            replace(each, series=series, spectra=spectra, numbers=tuple(n for n in each.numbers if done(n.values)))
        )
    return tuple(found)


def condition_for(run: Run, data: Observations, values: Mapping[str, float]) -> Condition:
    """The one condition of a run that data with these values of the loop variables belong to.

    Raises:
        MechanismError: there is none, or several.
    """
    own = [condition for condition in run.conditions if condition.experiment.name == data.experiment]
    if not own:
        raise MechanismError.of("E134", f"{data.path}: the experiment `{data.experiment}` was not run")
    fitting = [condition for condition in own if _fits(condition.values, values)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        free = [name for name in fitting[0].values if name not in values]
        message = f"{data.path}: which condition of `{data.experiment}` do the data belong to?"
        hint = f"add a column for {', '.join(f'`{name}`' for name in free)}, or fix it in the data's block"
        raise MechanismError.of("E134", message, hint=hint)
    shown = ", ".join(f"{name} = {value:g}" for name, value in values.items())
    message = f"{data.path}: `{data.experiment}` was not done with {shown} (in the file's units)"
    hint = "it was done as " + ", ".join(condition.name for condition in own[:6])
    raise MechanismError.of("E134", message, hint=hint + "; is the unit in the column's header?")


def _fits(known: Mapping[str, float], wanted: Mapping[str, float]) -> bool:
    return all(
        name in known and abs(known[name] - value) <= SAME_VALUE * max(abs(known[name]), abs(value))
        for name, value in wanted.items()
    )


def _match_series(data: Observations, condition: Condition, series: ObservedSeries) -> MatchedSeries:
    course = _course_of(data, condition, series)
    model, exact = model_at(course.time, course.values, series.time)
    return MatchedSeries(condition, series, course, model, exact)


def _course_of(data: Observations, condition: Condition, series: ObservedSeries) -> Series:
    found = condition.series.get(series.reading)
    if found is None and series.wavelength is not None:
        found = _at_wavelength(condition, series.reading, series.wavelength)
    if found is None and condition.trouble:
        return Series(series.reading, np.empty(0), np.empty(0))
    if found is None:
        known = ", ".join(f"`{name}`" for name in (*condition.series, *condition.spectra)) or "nothing"
        message = f"{data.path}: `{series.reading}` is not measured in {condition.name}, which has {known}"
        raise MechanismError.of("E134", message, hint="map the column to a reading in the data's block")
    if series.unit and found.unit and series.unit != found.unit:
        message = f"{data.path}: `{series.reading}` is in {series.unit} in the data and in {found.unit} in the model"
        raise MechanismError.of("E020", message, hint="is the unit in the column's header right?")
    return found


def _at_wavelength(condition: Condition, name: str, wavelength: float) -> Series | None:
    """The course at a wavelength: a series measured there, else a cut through spectra."""
    for series in condition.series.values():
        if series.wavelength is not None and abs(series.wavelength - wavelength) < SAME_WAVELENGTH:
            return series
    for spectra in condition.spectra.values():
        if spectra.wavelength[0] <= wavelength <= spectra.wavelength[-1]:
            values = _on_grid(spectra, np.array([wavelength]))[:, 0]
            return Series(name, spectra.time, values, wavelength=wavelength)
    return None


def _match_spectra(data: Observations, condition: Condition, scans: ObservedSpectra) -> MatchedSpectra:
    known = condition.spectra
    found = known.get(scans.reading) or (next(iter(known.values())) if len(known) == 1 else None)
    if found is None and condition.trouble:
        found = Spectra(scans.reading, np.empty(0), scans.wavelength, np.empty((0, len(scans.wavelength))))
    if found is None:
        message = f"{data.path}: {condition.name} measures no spectrum `{scans.reading}`"
        hint = "`measure spectra = spectrum(350 nm .. 450 nm step 1 nm)`" if not known else "it has " + ", ".join(known)
        raise MechanismError.of("E134", message, hint=hint)
    model, exact = model_at(found.time, _on_grid(found, scans.wavelength), scans.time)
    return MatchedSpectra(condition, scans, model, exact)


def _on_grid(spectra: Spectra, wavelength: FloatArray) -> FloatArray:
    """Spectra (n_times, n_wavelengths) at other wavelengths, linearly between theirs; NaN outside."""
    if not len(spectra.time):
        return np.empty((0, len(wavelength)))
    order = np.argsort(spectra.wavelength)
    at = spectra.wavelength[order]
    return np.stack([
        np.interp(wavelength, at, scan[order], left=math.nan, right=math.nan) for scan in spectra.absorbance
    ])  # fmt: skip


def model_at(time: FloatArray, values: FloatArray, wanted: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The model's `values` (n_times, …) at other times, and where these are among its own `time` (n_times,).

    Elsewhere a cubic that keeps to the shape goes through the reported values (F. N. Fritsch, R. E. Carlson, SIAM J.
    Numer. Anal. 1980, 17, 238); before the first time and after the last it is NaN.
    """
    if not len(time):  # of a condition that was not done
        return np.full((len(wanted), *values.shape[1:]), math.nan), np.zeros(len(wanted), dtype=np.bool_)
    at, first = np.unique(time, return_index=True)
    known = values[first]
    near = np.clip(np.searchsorted(at, wanted), 0, len(at) - 1)
    near = np.where((near > 0) & (np.abs(at[near - 1] - wanted) < np.abs(at[near] - wanted)), near - 1, near)
    exact = np.abs(at[near] - wanted) <= SAME_TIME * max(float(np.max(np.abs(at))), 1e-300)
    model = np.where(exact.reshape(-1, *(1,) * (values.ndim - 1)), known[near], math.nan)
    rest = ~exact & (wanted > at[0]) & (wanted < at[-1])
    if np.any(rest):
        from scipy.interpolate import PchipInterpolator

        model[rest] = PchipInterpolator(at, known, axis=0)(wanted[rest])
    return model, exact


# --- times for the engine ---------------------------------------------------------------------------------


def times_of(observations: Iterable[Observations], experiment: str) -> dict[str, FloatArray]:
    """The times, ascending, at which each reading of an experiment was measured in any condition."""
    found: dict[str, list[FloatArray]] = {}
    for each in observations:
        if each.experiment == experiment:
            measured = [*((s.reading, s.time) for s in each.series), *((s.reading, s.time) for s in each.spectra)]
            for reading, time in measured:
                found.setdefault(reading, []).append(time)
    return {reading: np.unique(np.concatenate(times)) for reading, times in found.items()}


def sampled_at(mechanism: Mechanism, observations: Iterable[Observations]) -> Mechanism:
    """The mechanism with every ``measure`` reporting at the times of the data too, so that no value is interpolated.

    A step whose grid depends on a parameter or a loop variable stays as it is, and so does one with a dead time.
    """
    many = tuple(observations)
    zero = _time_zero(mechanism)
    made = []
    for experiment in mechanism.experiments:
        times = times_of(many, experiment.name)
        steps = tuple(_sampled(step, times, zero) for step in experiment.steps) if times else experiment.steps
        made.append(replace(experiment, steps=steps))
    return replace(mechanism, experiments=tuple(made))


def _time_zero(mechanism: Mechanism) -> float:
    """What the instrument's clock shows where a measurement begins."""
    settings = dict(mechanism.instrument.settings) if mechanism.instrument is not None else {}
    zero = mechanism.evaluate(settings["time_zero"]) if "time_zero" in settings else 0.0
    return zero if math.isfinite(zero) else 0.0  # what is wrong with it is told when it is run


def _sampled(step: Step, times: Mapping[str, FloatArray], zero: float) -> Step:
    if isinstance(step, Repeat):
        return replace(step, steps=tuple(_sampled(inner, times, zero) for inner in step.steps))
    if not isinstance(step, Observe) or step.every is None or step.duration is None or step.dead_time is not None:
        return step
    every, end = _constant(step.every), _constant(step.duration)
    wanted = _times_for(step, times, zero)
    if not (every > 0 and math.isfinite(end)) or not len(wanted):
        return step
    grid = np.append(np.arange(int(end / every * (1 + SAME_TIME)) + 1) * every, end)
    joined = np.unique(np.concatenate([np.minimum(grid, end), wanted[(wanted >= 0) & (wanted <= end)]]))
    kept = joined[np.concatenate(([True], np.diff(joined) > SAME_TIME * end))]
    numbers = tuple(Number(Fraction(float(time)), _dimension(step.duration)) for time in kept)
    return replace(step, every=None, duration=None, times=numbers)


def _times_for(step: Observe, times: Mapping[str, FloatArray], zero: float) -> FloatArray:
    """The data's times for the readings of a step, counted from its start; what has no reading of its own (``A371``)
    counts for spectra.  The clock of a step that reads light shows `zero` then."""
    names = {reading.name for reading in step.readings}
    spectral = any(reading.kind != "value" for reading in step.readings)
    parts = [at for name, at in times.items() if name in names or spectral]
    return np.concatenate(parts) - (zero if spectral else 0.0) if parts else np.empty(0)


def _constant(expression: Expression) -> float:
    """The value of an expression without symbols, else NaN."""
    return evaluate(expression, lambda symbol: math.nan)


def _dimension(expression: Expression) -> Dimension | None:
    return expression.dimension if isinstance(expression, Number) else None
