"""What experiments give: conditions, courses, readings, and the ledger of their vessels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.bench import Experiment
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, field
from mscnet.simulation.status import Status

if TYPE_CHECKING:
    from mscnet.simulation.event_log import Firing

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A reading over time: `values` (n_times,) at `time` (n_times,), that of its measurement (see `Measured.time`)."""

    name: str
    time: FloatArray
    values: FloatArray
    unit: str = ""
    wavelength: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """Absorbance (n_times, n_wavelengths) over `time` (n_times,) and `wavelength` (n_wavelengths,) in nm.

    It is less that of the `reference`: the ``first`` of them, or a ``blank``.
    """

    name: str
    time: FloatArray
    wavelength: FloatArray
    absorbance: FloatArray
    reference: Literal["first", "blank"] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Time that passed in one vessel between two acts: what the integrator was given and gave.

    `time` (n_times,) is counted from the start of the experiment; `states` (n_times, n_species) are concentrations
    in the file's unit, `volume` (n_times,) in its unit of volume.  `inputs` (n_inputs,) are the values of parameters
    and initial concentrations, in the order of the rate program; `courses` (n_times,) of those that events set.
    """

    vessel: str
    time: FloatArray
    states: FloatArray
    volume: FloatArray
    inputs: FloatArray
    courses: Mapping[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One ``measure`` step: where its time starts in the experiment, its stretch, and its readings by name.

    `clock` is what the clock shows then: the instrument's `time_zero` where light is read, else 0.
    """

    start: float
    stretch: Stretch
    series: Mapping[str, Series]
    spectra: Mapping[str, Spectra]
    clock: float = 0.0

    @property
    def time(self) -> FloatArray:
        """Times of the readings (n_times,), from the start of the step, plus `clock`."""
        return self.stretch.time - self.start + self.clock


@dataclass(frozen=True, slots=True, eq=False)
class LedgerRow:
    """A vessel after a step: its volume, temperature and concentrations, and what the step was, in words.

    `time` is that of the experiment when the step was over; `concentrations` (n_species,) are in the file's unit,
    `solvents` volume fractions.
    """

    step: str
    vessel: str
    time: float
    volume: float
    temperature: float | None
    concentrations: FloatArray
    solvents: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Happened:
    """An event of the mechanism that happened in a vessel; the time of the `firing` is that of the experiment."""

    vessel: str
    firing: Firing


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """An experiment done once: with these values of its loop variables, in the file's units.

    One that could not be followed to its end keeps what was reached: `status` and `trouble` say why.  Where a step
    cannot be done at all (`Status.IMPOSSIBLE`), `error` has the place of it.  `events` are those of the mechanism that
    happened, in the order of the steps; `notes` what of them may surprise.
    """

    experiment: Experiment
    values: Mapping[str, float]
    measured: tuple[Measured, ...]
    stretches: tuple[Stretch, ...]
    ledger: tuple[LedgerRow, ...]
    status: Status = Status.DONE
    trouble: str = ""
    error: MechanismError | None = None
    events: tuple[Happened, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``fig4(v = 15 uL)``: for tables, messages and legends."""
        return name_of(self.experiment, self.values)

    @property
    def settings(self) -> str:
        """The loop values with the units that the file writes them in, ``v = 15 uL``; "" without loops."""
        return _settings(self.experiment, self.values)

    def __repr__(self) -> str:
        names = [*self.series, *self.spectra]
        shown = ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
        return f"<Condition {self.name}: {shown or 'nothing measured'}, {self.status.name.lower()}>"

    @property
    def series(self) -> Mapping[str, Series]:
        """Every series by name.  Several measure steps that read one name make one series, whose time is counted on
        the clock of the experiment from where the first of them began."""
        found: dict[str, list[tuple[float, Series]]] = {}
        for measured in self.measured:
            for name, series in measured.series.items():
                found.setdefault(name, []).append((measured.start, series))
        return {name: _joined(parts) for name, parts in found.items()}

    @property
    def spectra(self) -> Mapping[str, Spectra]:
        """All spectra by name."""
        return {name: spectra for measured in self.measured for name, spectra in measured.spectra.items()}


def _joined(parts: list[tuple[float, Series]]) -> Series:
    """One series of several, each with the start of its measurement."""
    (first, series), *rest = parts
    if not rest:
        return series
    time = np.concatenate([each.time + (start - first) for start, each in parts])
    return Series(series.name, time, np.concatenate([s.values for _, s in parts]), series.unit, rest[-1][1].wavelength)


def name_of(experiment: Experiment, values: Mapping[str, float]) -> str:
    """``fig4(v = 15 uL)``: a condition, for tables, messages and legends."""
    return f"{experiment.name}({_settings(experiment, values)})" if values else experiment.name


def _settings(experiment: Experiment, values: Mapping[str, float]) -> str:
    """Loop values with the units that the file writes them in, ``v = 15 uL``; "" without loops."""
    written = {loop.variable: (loop.unit, loop.unit_factor) for loop in experiment.loops}
    shown = []
    for name, value in values.items():
        unit, factor = written.get(name, ("", 1.0))
        shown.append(f"{name} = {value / factor:.6g} {unit}".rstrip())
    return ", ".join(shown)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """All conditions of the experiments that were run, in the order of the file; `model` is the one chosen model.

    `statistics` count solves, steps and rate evaluations.
    """

    model: Mechanism
    conditions: tuple[Condition, ...]
    statistics: Mapping[str, Any] = field(repr=False)

    def __repr__(self) -> str:
        names = list(dict.fromkeys(condition.experiment.name for condition in self.conditions))
        shown = ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
        return f"<Run of {self.model.name}: {len(self.conditions)} conditions of {shown or 'no experiment'}>"

    def of(self, experiment: str, **values: float) -> tuple[Condition, ...]:
        """The conditions of an experiment whose loop variables have these values (within 1e-9)."""
        return tuple(
            c
            for c in self.conditions
            if c.experiment.name == experiment
            and all(abs(c.values[k] - v) <= 1e-9 * max(1.0, abs(v)) for k, v in values.items())
        )
