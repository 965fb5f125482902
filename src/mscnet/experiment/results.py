"""What experiments give: conditions, courses, readings, and the ledger of their vessels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.mechanism.bench import Experiment
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, field
from mscnet.simulation.status import Status

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
    and initial concentrations, in the order of the rate program.
    """

    vessel: str
    time: FloatArray
    states: FloatArray
    volume: FloatArray
    inputs: FloatArray


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
class Condition:
    """An experiment done once: with these values of its loop variables, in the file's units."""

    experiment: Experiment
    values: Mapping[str, float]
    measured: tuple[Measured, ...]
    stretches: tuple[Stretch, ...]
    ledger: tuple[LedgerRow, ...]
    status: Status = Status.DONE
    trouble: str = ""

    @property
    def name(self) -> str:
        """``fig4(v = 15 uL)``: for tables, messages and legends."""
        return f"{self.experiment.name}({self.settings})" if self.values else self.experiment.name

    @property
    def settings(self) -> str:
        """The loop values with the units that the file writes them in, ``v = 15 uL``; "" without loops."""
        written = {loop.variable: (loop.unit, loop.unit_factor) for loop in self.experiment.loops}
        shown = []
        for name, value in self.values.items():
            unit, factor = written.get(name, ("", 1.0))
            shown.append(f"{name} = {value / factor:.6g} {unit}".rstrip())
        return ", ".join(shown)

    def __repr__(self) -> str:
        names = [*self.series, *self.spectra]
        shown = ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
        return f"<Condition {self.name}: {shown or 'nothing measured'}, {self.status.name.lower()}>"

    @property
    def series(self) -> Mapping[str, Series]:
        """Every series by name; of several measure steps with one name, the last."""
        return {name: series for measured in self.measured for name, series in measured.series.items()}

    @property
    def spectra(self) -> Mapping[str, Spectra]:
        """All spectra by name."""
        return {name: spectra for measured in self.measured for name, spectra in measured.spectra.items()}


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
