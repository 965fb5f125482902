"""Many runs of the same experiments side by side: what a fit, a design or a band of predictions is worked out from.

Row i of every array belongs to row i of the parameter values.  Rows may be real runs, or a run with its exact
derivatives laid beside it (see `RowRun.steps`): whatever is worked out row by row does not care which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.results import Condition, Measured, Run, Series, Spectra, Stretch, name_of
from mscnet.mechanism.bench import Experiment
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass
from mscnet.simulation.status import Status

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RowStretch:
    """Time that passed in one vessel: `time` (n_times,) from the start of the experiment, `states` (m, n_times,
    n_species) as concentrations, `volume` (m, n_times), `inputs` (m, n_inputs); as in `Stretch`."""

    vessel: str
    time: FloatArray
    states: FloatArray
    volume: FloatArray
    inputs: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class RowSeries:
    """A reading over time in m rows: `values` (m, n_times) at `time` (n_times,), that of its measurement."""

    name: str
    time: FloatArray
    values: FloatArray
    unit: str = ""
    wavelength: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RowSpectra:
    """`absorbance` (m, n_times, n_wavelengths) over `time` (n_times,) and `wavelength` (n_wavelengths,) in nm."""

    name: str
    time: FloatArray
    wavelength: FloatArray
    absorbance: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class RowMeasured:
    """One ``measure`` step; `start` and `clock` as in `Measured`."""

    start: float
    stretch: RowStretch
    series: Mapping[str, RowSeries]
    spectra: Mapping[str, RowSpectra]
    clock: float = 0.0

    @property
    def time(self) -> FloatArray:
        """Times of the readings (n_times,), from the start of the step, plus `clock`."""
        return self.stretch.time - self.start + self.clock


@dataclass(frozen=True, slots=True, eq=False)
class RowCondition:
    """An experiment done in m rows with these loop values.  `done` (m,): whether each got to its end; the rows of one
    that did not are ``nan`` from where it stopped.  `trouble` says what happened to the first of those."""

    experiment: Experiment
    values: Mapping[str, float]
    measured: tuple[RowMeasured, ...]
    stretches: tuple[RowStretch, ...]
    done: NDArray[np.bool_]
    trouble: str = ""

    @property
    def name(self) -> str:
        """``fig4(v = 15 uL)``, as `Condition.name`."""
        return name_of(self.experiment, self.values)


@dataclass(frozen=True, slots=True, eq=False)
class RowRun:
    """All conditions in m rows; `names` are the parameters that differ, `rows` (m, n_names) their values in the file's
    units; `others` are the values of the rest.

    `steps` is None where every row was integrated.  Where it is given, row 0 is a run and row 1 + j lies `steps[j]`
    from it along parameter j, with states from the exact derivatives of row 0: (row 1 + j - row 0)/steps[j] of
    whatever is worked out is its derivative, without the noise of an integrator.
    """

    model: Mechanism
    names: tuple[str, ...]
    rows: FloatArray
    conditions: tuple[RowCondition, ...]
    steps: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def model_of(self, row: int) -> Mechanism:
        """The model with the parameter values of a row."""
        return self.model.with_values({n: float(v) for n, v in zip(self.names, self.rows[row], strict=True)})

    def run(self, row: int) -> Run:
        """One row as an ordinary run (without a ledger)."""
        return Run(self.model_of(row), tuple(_condition(c, row) for c in self.conditions), {})


def stacked(model: Mechanism, names: Sequence[str], rows: FloatArray, runs: Sequence[Run]) -> RowRun:
    """Ordinary runs of the same experiments, one for each row of values (m, n_names), as rows.

    Their times agree; a condition that did not get to its end in some row has ``nan`` there.
    """
    columns = zip(*(run.conditions for run in runs), strict=True)
    return RowRun(model, tuple(names), np.asarray(rows, dtype=float), tuple(_stacked(column) for column in columns))


def _stacked(column: Sequence[Condition]) -> RowCondition:
    done = np.array([condition.status is Status.DONE for condition in column])
    whole = next((c for c, ok in zip(column, done, strict=True) if ok), column[0])
    trouble = next((c.trouble for c in column if c.trouble), "")
    measured = tuple(_measured([_nth(c.measured, i) for c in column], m) for i, m in enumerate(whole.measured))
    stretches = tuple(_stretch([_nth(c.stretches, i) for c in column], s) for i, s in enumerate(whole.stretches))
    return RowCondition(whole.experiment, whole.values, measured, stretches, done, trouble)


def _nth(items: Sequence[object], i: int) -> object:
    return items[i] if i < len(items) else None


def _measured(column: Sequence[object], whole: Measured) -> RowMeasured:
    each = [m if isinstance(m, Measured) else None for m in column]
    stretch = _stretch([None if m is None else m.stretch for m in each], whole.stretch)
    series, spectra = {}, {}
    for name, s in whole.series.items():
        values = _rows([None if m is None else m.series[name].values for m in each], s.values)
        series[name] = RowSeries(name, s.time, values, s.unit, s.wavelength)
    for name, found in whole.spectra.items():
        values = _rows([None if m is None else m.spectra[name].absorbance for m in each], found.absorbance)
        spectra[name] = RowSpectra(name, found.time, found.wavelength, values)
    return RowMeasured(whole.start, stretch, series, spectra, whole.clock)


def _stretch(column: Sequence[object], whole: Stretch) -> RowStretch:
    each = [s if isinstance(s, Stretch) else None for s in column]
    inputs = np.array([whole.inputs * np.nan if s is None else s.inputs for s in each])
    states = _rows([None if s is None else s.states for s in each], whole.states)
    volume = _rows([None if s is None else s.volume for s in each], whole.volume)
    return RowStretch(whole.vessel, whole.time, states, volume, inputs)


def _rows(values: Sequence[FloatArray | None], whole: FloatArray) -> FloatArray:
    """Arrays one above the other, short and missing ones filled up with ``nan``."""
    found = np.full((len(values), *whole.shape), np.nan)
    for row, value in zip(found, values, strict=True):
        if value is not None:
            row[: len(value)] = value[: len(row)]
    return found


# --- one row as an ordinary run -------------------------------------------------------------------


def _condition(condition: RowCondition, row: int) -> Condition:
    status = Status.DONE if condition.done[row] else Status.TOO_MANY_STEPS
    trouble = "" if condition.done[row] else condition.trouble
    stretches = {id(s): _one(s, row) for s in (*condition.stretches, *(m.stretch for m in condition.measured))}
    measured = tuple(_one_measured(m, stretches[id(m.stretch)], row) for m in condition.measured)
    kept = tuple(stretches[id(s)] for s in condition.stretches)
    return Condition(condition.experiment, condition.values, measured, kept, (), status, trouble)


def _one(stretch: RowStretch, row: int) -> Stretch:
    return Stretch(stretch.vessel, stretch.time, stretch.states[row], stretch.volume[row], stretch.inputs[row])


def _one_measured(measured: RowMeasured, stretch: Stretch, row: int) -> Measured:
    series = {n: Series(n, s.time, s.values[row], s.unit, s.wavelength) for n, s in measured.series.items()}
    spectra = {n: Spectra(n, s.time, s.wavelength, s.absorbance[row]) for n, s in measured.spectra.items()}
    return Measured(measured.start, stretch, series, spectra, measured.clock)
