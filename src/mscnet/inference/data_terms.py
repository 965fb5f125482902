"""Measured data beside many runs: the model's value of every datum, row by row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.data_match import MatchedSeries, MatchedSpectra, condition_for, match
from mscnet.experiment.observations import Observations, ObservedNumber, ObservedSeries
from mscnet.experiment.results import Condition, Run
from mscnet.experiment.rows import RowCondition, RowMeasured, RowRun
from mscnet.inference.light import Light
from mscnet.inference.linear import coefficient_name
from mscnet.inference.problem import Term
from mscnet.inference.sampling import Times, Wavelengths
from mscnet.mechanism.bench import Reading
from mscnet.mechanism.bench_use import observations as measure_steps
from mscnet.records import dataclass, replace

FloatArray = NDArray[np.float64]

#: What data cannot be put beside.
NO_DATA = "E143"


@dataclass(frozen=True, slots=True, eq=False)
class Modelled:
    """Model values of n data in m rows: `rest` (m, n), plus `columns` (m, n, q) times the q linear parameters; for the
    data of light with free spectra (`lit`), plus the species' concentrations (m, n_lit, n_species) times their
    spectra, of which `rest` knows nothing."""

    rest: FloatArray
    columns: FloatArray
    concentrations: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The data of one series, or of one set of spectra, beside a reading of a condition.

    `keep` (n_times, n_wavelengths) says which values count; `grid` takes the model's wavelengths to those of the data
    (None: it is a series).  `reading` is the reading's name in the run, `light` itself where it reads light.
    """

    condition: int
    reading: str
    light: Reading | None
    grid: Wavelengths | None
    times: Times
    keep: NDArray[np.bool_]
    model_wavelengths: FloatArray
    start: int

    @property
    def stop(self) -> int:
        return self.start + int(np.count_nonzero(self.keep))

    def pick(self, values: FloatArray) -> FloatArray:
        """The values that count (m, n_kept, …) from a course (m, n_times, n_wavelengths, …)."""
        if self.grid is not None:
            values = self.grid(values)
        return self.times(values)[:, self.keep]


class DataTerms:
    """Every datum of `observations` that the model has a value for, beside a run of the same experiments; `noise` is
    the standard deviation of light that has none of its own.

    `observed` (n,), `known` (n,) standard deviations (``nan`` where not known), `readings` the names of what was read,
    `terms`, and `notes` on data that are left out.

    Raises:
        MechanismError: data belong to no condition or several, nothing in the run is the reading, or none are left.
    """

    def __init__(
        self, observations: Iterable[Observations], run: RowRun, light: Light | None = None, noise: float = math.nan
    ) -> None:
        self._light, self._noise = light, noise
        self._linear = light.names if light is not None else ()
        self.blocks: list[Block] = []
        self.notes: list[str] = []
        self._found: list[Term] = []
        self._wavelengths: list[float] = []
        self._rough: dict[str, list[float]] = {}
        plain = run.run(0)
        self._places = {id(condition): i for i, condition in enumerate(plain.conditions)}
        for each in observations:
            found = match(_with_numbers(each, plain, self.notes), plain)
            for series in found.series:
                self._add_series(series, each.path, run)
            for spectra in found.spectra:
                self._add_spectra(spectra, each.path, run)
        self.terms: tuple[Term, ...] = tuple(self._found)
        self.observed = np.array([term.observed for term in self.terms])
        #: How rough the data of each reading are: a first guess of their standard deviation.
        self.rough = {reading: float(np.median(found)) for reading, found in self._rough.items() if found}
        self.known = np.array([term.sigma for term in self.terms])
        self.readings = [term.reading for term in self.terms]
        free = light is not None and bool(light.species)
        lit = [i for b in self.blocks if b.light is not None and free for i in range(b.start, b.stop)]
        #: Places of the data whose spectra are free (n_lit,), and their wavelengths in nm.
        self.lit: NDArray[np.intp] = np.array(lit, dtype=np.intp)
        self.wavelengths: FloatArray = np.array(self._wavelengths)[self.lit] if lit else np.empty(0)

    @property
    def projects(self) -> bool:
        """Whether linear parameters or spectra are projected out."""
        return self._light is not None

    # --- made ready -------------------------------------------------------------------------------

    def _add_series(self, found: MatchedSeries, path: str, run: RowRun) -> None:
        data, course = found.data, found.course
        at = math.nan if course.wavelength is None else course.wavelength
        name, light, grid = self._source(found.condition, course.name, data.wavelength)
        times = Times(course.time, data.time)
        seen = np.isfinite(data.observed)
        finite = _finite(times, np.isfinite(course.values)[None, :])[0]
        keep = seen & times.inside & finite
        self._note(path, data.reading, found.condition, seen, keep)
        wavelengths = np.empty(0) if light is None else self._grid(run, found.condition, name, at)
        block = Block(
            self._places[id(found.condition)], name, light, grid, times, keep[:, None], wavelengths, len(self._found)
        )
        self.blocks.append(block)
        shape = (len(data.time), 1)
        self._extend(
            block, path, found.condition.name, data.reading, data.unit or course.unit, data.time,
            np.full(1, at if data.wavelength is None else data.wavelength),
            data.observed.reshape(shape), data.error.reshape(shape),
        )  # fmt: skip

    def _add_spectra(self, found: MatchedSpectra, path: str, run: RowRun) -> None:
        data, condition = found.data, found.condition
        name = data.reading if data.reading in condition.spectra else next(iter(condition.spectra))
        model = condition.spectra[name]
        grid, times = Wavelengths(model.wavelength, data.wavelength), Times(model.time, data.time)
        seen = np.isfinite(data.absorbance)
        finite = _finite(times, grid(np.isfinite(model.absorbance)[None].astype(float)) == 1.0)[0]
        keep = seen & times.inside[:, None] & grid.inside & finite
        self._note(path, data.reading, condition, seen, keep)
        light = _reading(condition, name)
        block = Block(self._places[id(condition)], name, light, grid, times, keep, model.wavelength, len(self._found))
        self.blocks.append(block)
        self._extend(
            block, path, condition.name, data.reading, "", data.time, data.wavelength, data.absorbance, data.error
        )

    def _source(
        self, condition: Condition, name: str, wavelength: float | None
    ) -> tuple[str, Reading | None, Wavelengths | None]:
        """The reading of the run that a series is compared with: itself, or a cut through spectra."""
        if name in condition.series:
            return name, _reading(condition, name), None
        assert wavelength is not None
        for spectra in condition.spectra.values():
            if spectra.wavelength[0] <= wavelength <= spectra.wavelength[-1]:
                cut = Wavelengths(spectra.wavelength, np.array([wavelength]))
                return spectra.name, _reading(condition, spectra.name), cut
        raise AssertionError("what matched a moment ago is gone")

    def _grid(self, run: RowRun, condition: Condition, name: str, at: float) -> FloatArray:
        """The wavelengths at which the run has a reading of light."""
        return condition.spectra[name].wavelength if name in condition.spectra else np.array([at])

    def _note(
        self, path: str, reading: str, condition: Condition, seen: NDArray[np.bool_], keep: NDArray[np.bool_]
    ) -> None:
        left = int(np.count_nonzero(seen & ~keep))
        if left and not keep.any():
            message = f"{path}: no value of `{reading}` lies where {condition.name} was simulated and has a value"
            raise MechanismError.of(NO_DATA, message, hint="are the unit of time, and the wavelengths, right?")
        if left:
            self.notes.append(
                f"{path}: {left} values of {reading} of {condition.name} are left out, since the model has none there"
            )

    def _extend(
        self, block: Block, path: str, condition: str, reading: str, unit: str, time: FloatArray,
        wavelength: FloatArray, observed: FloatArray, error: FloatArray,
    ) -> None:  # fmt: skip
        self._rough.setdefault(reading, []).extend(_roughness(np.where(block.keep, observed, math.nan)))
        for i, j in zip(*np.nonzero(block.keep), strict=True):
            seen, sigma = float(observed[i, j]), float(error[i, j])
            if sigma <= 0:
                message = f"{path}: the standard deviation of a value of `{reading}` is {sigma:g}"
                raise MechanismError.of(NO_DATA, message, hint="leave the cell empty where it is not known")
            if math.isnan(sigma) and block.light is not None:
                sigma = self._noise
            at = float(wavelength[j])
            self._found.append(Term("datum", path, condition, reading, float(time[i]), at, seen, sigma, unit))
            self._wavelengths.append(at)

    # --- values -----------------------------------------------------------------------------------

    def __call__(self, run: RowRun) -> Modelled:
        """The model's values; rows that came to no end have ``nan``."""
        m, n, q = len(run), len(self.terms), len(self._linear)
        rest, columns = np.empty((m, n)), np.zeros((m, n, q))
        concentrations: list[FloatArray] = []
        for block in self.blocks:
            place = slice(block.start, block.stop)
            condition = run.conditions[block.condition]
            if block.light is not None and self._light is not None and (self._linear or self._light.species):
                rest[:, place], columns[:, place] = self._of_light(block, run, condition, self._light)
                if self._light.species:
                    concentrations.append(self._of_species(block, run, condition, self._light))
                continue
            named = coefficient_name(block.reading)
            split = bool(self._linear) and _has(condition, named)
            rest[:, place] = block.pick(_course(condition, named if split else block.reading))
            for j, name in enumerate(self._linear if split else ()):
                if _has(condition, coefficient_name(block.reading, name)):
                    columns[:, place, j] = block.pick(_course(condition, coefficient_name(block.reading, name)))
        none = np.empty((m, 0, 0))
        return Modelled(rest, columns, np.concatenate(concentrations, axis=1) if concentrations else none)

    def _of_light(
        self, block: Block, run: RowRun, condition: RowCondition, light: Light
    ) -> tuple[FloatArray, FloatArray]:
        assert block.light is not None
        found = [
            light.affine(run, condition, measured, block.light, block.model_wavelengths)
            for measured in _measured(condition, block.reading)
        ]
        rest = np.concatenate([rest for rest, _ in found], axis=1)
        columns = np.concatenate([columns for _, columns in found], axis=1)
        return block.pick(rest), block.pick(columns)

    def _of_species(self, block: Block, run: RowRun, condition: RowCondition, light: Light) -> FloatArray:
        assert block.light is not None
        found = [
            light.concentrations(run, condition, measured, block.light)
            for measured in _measured(condition, block.reading)
        ]
        at_times = block.times(np.concatenate(found, axis=1))
        return at_times[:, np.nonzero(block.keep)[0]]


# --- a run's courses ------------------------------------------------------------------------------


def _measured(condition: RowCondition, reading: str) -> Iterator[RowMeasured]:
    return (m for m in condition.measured if reading in m.series or reading in m.spectra)


def _has(condition: RowCondition, reading: str) -> bool:
    return any(reading in m.series for m in condition.measured)


def _course(condition: RowCondition, reading: str) -> FloatArray:
    """A reading (m, n_times, n_wavelengths), one after the other where several steps take it."""
    parts = [
        m.series[reading].values[:, :, None] if reading in m.series else m.spectra[reading].absorbance
        for m in _measured(condition, reading)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def _finite(times: Times, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where values at other times come from finite ones."""
    found = times(known.astype(float))
    return np.asarray(np.abs(found - 1.0) < 1e-9)


def _reading(condition: Condition, name: str) -> Reading | None:
    """The reading of light that a series or spectrum of a run comes from; None for one of values."""
    for step in measure_steps(condition.experiment.steps):
        for reading in step.readings:
            several = len(reading.wavelengths) > 1 and reading.kind == "absorbance"
            if reading.name == name or (several and name.startswith(f"{reading.name}_")):
                return None if reading.kind == "value" else reading
    return None


def _roughness(observed: FloatArray) -> list[float]:
    """The standard deviation (perhaps none) that second differences in time (n_times, n_wavelengths) tell of: those of
    independent values have a variance of 6 times theirs, and a smooth course adds little."""
    curved = observed[2:] - 2.0 * observed[1:-1] + observed[:-2]
    curved = curved[np.isfinite(curved)]
    return [math.sqrt(float(np.mean(curved**2)) / 6.0)] if curved.size > 2 else []


def _with_numbers(data: Observations, run: Run, notes: list[str]) -> Observations:
    """The data with numbers that are a reading taken once as series of one time; others are left out, with a note."""
    made: list[ObservedSeries] = []
    unknown: dict[str, int] = {}
    for number in data.numbers:
        if not math.isfinite(number.observed):
            continue
        condition = condition_for(run, data, number.values)
        course = condition.series.get(number.name)
        if course is None or len(course.time) != 1:
            unknown[number.name] = unknown.get(number.name, 0) + 1
        else:
            made.append(_as_series(number, float(course.time[0])))
    for name, count in unknown.items():
        notes.append(f"{data.path}: {count} numbers `{name}` are left out: {data.experiment} has no such reading")
    return replace(data, series=(*data.series, *made), numbers=())


def _as_series(number: ObservedNumber, time: float) -> ObservedSeries:
    one = np.ones(1)
    replicate = np.array([number.replicate], dtype=np.int64)
    return ObservedSeries(
        number.name, number.values, time * one, number.observed * one, number.error * one, replicate, number.unit
    )
