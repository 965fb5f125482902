"""What an absorbance is made of, row by row: a rest, what each linear parameter adds, or the species' concentrations.

The states do not hang on linear parameters, so all of it is worked out from the states of one run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.optics import Optics
from mscnet.experiment.rows import RowCondition, RowMeasured, RowRun
from mscnet.experiment.values import Values
from mscnet.mechanism.bench import Reading
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import LENGTH
from mscnet.records import replace

FloatArray = NDArray[np.float64]


class Light:
    """The absorbances of a model as affine forms in the parameters `names`; `optical` are those of all parameters that
    bands and instrument hang on.  With `free`, bands are left out, and the species that absorb have free spectra."""

    def __init__(self, model: Mechanism, names: Sequence[str], free: bool) -> None:
        self.names = tuple(names)
        self._model = model
        self._dark = replace(model, bands=()) if free else model
        index = {species.name: i for i, species in enumerate(model.species)}
        banded = [band.species for band in model.bands if band.species in index]
        seen = banded or [species.name for species in model.species if not species.constant]
        #: The species that have free spectra, in the order of the bands, else of the file.
        self.species = tuple(dict.fromkeys(seen)) if free else ()
        self._columns = np.array([index[name] for name in self.species], dtype=np.intp)
        self._per_cm = float(model.units.scale_of(LENGTH)) / 0.01

    def affine(
        self, run: RowRun, condition: RowCondition, measured: RowMeasured, reading: Reading, wavelengths: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """The rest (m, n_times, n_wavelengths) and what multiplies each parameter, (m, n_times, n_wavelengths, q)."""
        states = measured.stretch.states
        shape = (*states.shape[:2], len(wavelengths))
        rest, columns = np.empty(shape), np.empty((*shape, len(self.names)))
        for row in range(len(run)):
            given = dict(zip(run.names, run.rows[row].tolist(), strict=True)) | dict.fromkeys(self.names, 0.0)
            rest[row] = self._seen(given, condition, states[row], reading, wavelengths)
            for j, name in enumerate(self.names):
                seen = self._seen({**given, name: 1.0}, condition, states[row], reading, wavelengths)
                columns[row, :, :, j] = seen - rest[row]
        return rest, columns

    def concentrations(
        self, run: RowRun, condition: RowCondition, measured: RowMeasured, reading: Reading
    ) -> FloatArray:
        """Concentration times path in cm of the species with free spectra, (m, n_times, n_species)."""
        found = measured.stretch.states[:, :, self._columns]
        paths = [self._path(dict(zip(run.names, row, strict=True)), condition, reading) for row in run.rows.tolist()]
        found = found * np.array(paths)[:, None, None]
        return found - found[:, :1] if reading.reference == "first" else found

    def _values(self, given: Mapping[str, float], condition: RowCondition) -> Values:
        return Values.of(self._model, given).changed(condition.experiment.values, condition.values)

    def _path(self, given: Mapping[str, float], condition: RowCondition, reading: Reading) -> float:
        values = self._values(given, condition)
        if reading.path is None:
            return Optics.of(self._dark, values.parameters).spectrometer.path_cm
        return values.value(reading.path, condition.values) * self._per_cm

    def _seen(
        self, given: Mapping[str, float], condition: RowCondition, states: FloatArray, reading: Reading,
        wavelengths: FloatArray,
    ) -> FloatArray:  # fmt: skip
        """What the instrument shows in one row, (n_times, n_wavelengths), as a reading of light is taken."""
        values = self._values(given, condition)
        path = None if reading.path is None else values.value(reading.path, condition.values) * self._per_cm
        optics = Optics.of(self._dark, values.parameters)
        found = optics.absorbance(states, wavelengths, path)
        if reading.reference == "first":
            return found - found[:1]
        if reading.reference == "blank":
            return found - optics.absorbance(np.zeros_like(states[:1]), wavelengths, path)
        return found
