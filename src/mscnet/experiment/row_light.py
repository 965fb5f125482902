"""What bands absorb, over rows: absorptivities that differ where parameters of bands do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mscnet.experiment.optics import Optics, names_used
from mscnet.experiment.reach import input_names
from mscnet.experiment.results import Condition
from mscnet.experiment.row_curve import FloatArray, IndexArray
from mscnet.experiment.row_features import single
from mscnet.experiment.row_isosbestic import RowBands
from mscnet.experiment.row_numbers import RowNumbers
from mscnet.experiment.rows import RowRun, RowStretch
from mscnet.experiment.wavelengths import centimetres, nanometres
from mscnet.mechanism.bench import Reading
from mscnet.mechanism.bench_use import observations
from mscnet.mechanism.facts import BandReading
from mscnet.records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class RowOptics:
    """The optics of rows: each different one once, and which is whose (m,)."""

    optics: tuple[Optics, ...]
    whose: IndexArray

    @property
    def linear(self) -> bool:
        """Whether every instrument shows absorbances as they are."""
        return all(o.spectrometer.linear and not o.spectrometer.resolution for o in self.optics)

    def each(self, number: Callable[[Optics], FloatArray]) -> FloatArray:
        """What `number` gives for every row's optics, (m, …); computed once for those that are alike, and (1, …) where
        all are."""
        found = np.array([number(optics) for optics in self.optics])
        return found if len(found) == 1 else found[self.whose]


class RowLight:
    """Bands and instrument of a run's rows, each set of values made ready once."""

    def __init__(self, run: RowRun) -> None:
        self.run = run
        self._used = names_used(run.model) if run.model.bands or run.model.instrument else ()
        self._species = {species.name: i for i, species in enumerate(run.model.species)}
        self._bands: dict[tuple[object, ...], RowBands] = {}
        self._columns: dict[int, tuple[list[str], list[int]]] = {}
        self._made: dict[tuple[object, ...], RowOptics] = {}

    def optics(self, condition: Condition, stretch: RowStretch) -> RowOptics:
        """Those of a stretch, with the parameter values that hold in it."""
        count = stretch.inputs.shape[1]
        if count not in self._columns:
            names = input_names(self.run.model, count)
            self._columns[count] = names, [i for i, name in enumerate(names) if name in self._used]
        names, columns = self._columns[count]
        values = stretch.inputs[:, columns]
        loops = {name: value for name, value in condition.values.items() if name in self._used}
        key = (values.tobytes(), *loops.items())
        if key not in self._made:
            first, whose = np.zeros(1, dtype=np.intp), np.zeros(len(values), dtype=np.intp)
            if not (values == values[0]).all():
                _, first, whose = np.unique(values, axis=0, return_index=True, return_inverse=True)
            sets = [{**dict(zip(names, stretch.inputs[i].tolist(), strict=False)), **loops} for i in first]
            made = tuple(Optics.of(self.run.model, each) for each in sets)
            self._made[key] = RowOptics(made, np.asarray(whose).reshape(-1))
        return self._made[key]

    def band(self, band: BandReading, condition: Condition, stretch: RowStretch, number: RowNumbers) -> FloatArray:
        """The absorbance per concentration of one species' band alone, in the cell of the readings, (m,) or (1,)."""
        place = self._species[band.species]
        wavelength = nanometres(single(number(band.wavelength, condition)), self.run.model.units)

        def strength(optics: Optics) -> FloatArray:
            rows = optics.absorptivity([wavelength])[optics.species == place]
            return np.asarray(rows.sum() * optics.per_cm * self.path_cm(condition, optics, number))

        return self.optics(condition, stretch).each(strength)

    def bands(
        self,
        condition: Condition,
        stretch: RowStretch,
        reading: Reading | None,
        wavelength: FloatArray,
        number: RowNumbers,
    ) -> RowBands | None:
        """What absorbs at wavelengths in nm, in the cell of a reading; None where some instrument is not linear."""
        light = self.optics(condition, stretch)
        if not light.linear:
            return None
        order = np.unique(wavelength)
        referred = reading is not None and reading.reference is not None
        path = self.path_cm(condition, light.optics[0], number, reading)
        key = (id(light), order.tobytes(), path, referred)
        if key not in self._bands:
            species = np.unique(light.optics[0].species)

            def strengths(optics: Optics) -> FloatArray:
                bands = optics.absorptivity(order) * optics.per_cm
                return np.array([bands[optics.species == one].sum(axis=0) for one in species])

            paths = np.array([self.path_cm(condition, optics, number, reading) for optics in light.optics])
            absorptivity = np.array([strengths(optics) for optics in light.optics]) * paths[:, None, None]
            level = np.array([o.spectrometer.background(order - o.spectrometer.shift) for o in light.optics])
            level = 0.0 * level if referred else level
            self._bands[key] = RowBands.of(order, species, absorptivity, level, light.whose)
        return self._bands[key]

    def path_cm(
        self, condition: Condition, optics: Optics, number: RowNumbers, reading: Reading | None = None
    ) -> float:
        """The length of the cell of a reading; without one, of the experiment's last that states it."""
        readings = [reading] if reading else [r for s in observations(condition.experiment.steps) for r in s.readings]
        paths = [r.path for r in readings if r.path is not None]
        if not paths:
            return optics.spectrometer.path_cm
        return centimetres(single(number(paths[-1], condition)), self.run.model.units)
