"""What a spectrometer shows in many rows, whose bands and instrument may differ from row to row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.optics import Optics

FloatArray = NDArray[np.float64]


class RowOptics:
    """Optics of m rows: each of `members` is that of some rows (a slice or their numbers), or what is wrong with it.

    Raises:
        MechanismError: no row has any.
    """

    def __init__(self, m: int, members: Sequence[tuple[slice | NDArray[np.intp], Optics | MechanismError]]) -> None:
        self._m = m
        self._members = [(rows, optics) for rows, optics in members if isinstance(optics, Optics)]
        errors = [error for _, error in members if isinstance(error, MechanismError)]
        if not self._members:
            raise errors[0]
        #: Some row's optics, the first row's if it has any.
        self.first = self._members[0][1]
        #: Rows whose settings make no sense, with what is wrong.
        self.lost: dict[int, str] = {
            int(row): error.diagnostics[0].message
            for rows, error in members if isinstance(error, MechanismError)
            for row in np.arange(m)[rows]
        }  # fmt: skip
        #: By how much the clock of each row is later than that of the first (m,).
        self.delays = np.zeros(m)
        for rows, optics in self._members:
            self.delays[rows] = optics.spectrometer.time_zero - self.first.spectrometer.time_zero
        self._proportional = all(optics.is_proportional for _, optics in self._members)
        self._ready: dict[bytes, tuple[FloatArray, FloatArray, FloatArray]] = {}

    def shown(self, concentrations: FloatArray, wavelengths: FloatArray, path: FloatArray | float | None) -> FloatArray:
        """(m, n_times, n_wavelengths) of concentrations (m, n_times, n_bands) of the bands' species.

        `path` is in cm, one or (m, 1, 1); None is each instrument's.  Errors as `Optics.absorbance`.
        """
        if self._proportional:
            per_cm, background, own = self._coefficients(wavelengths)
            found = concentrations @ per_cm
            found *= own if path is None else path
            found += background
            return found
        found = np.full((self._m, concentrations.shape[1], len(wavelengths)), np.nan)
        for rows, optics in self._members:
            length = path[rows] if isinstance(path, np.ndarray) else path
            found[rows] = optics.shown_by(concentrations[rows], wavelengths, length)
        return found

    def _coefficients(self, wavelengths: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Absorptivities (m, n_bands, n_wavelengths) per cm, background (m, 1, n_wavelengths) and path (m, 1, 1)."""
        key = wavelengths.tobytes()
        if key not in self._ready:
            per_cm = np.full((self._m, len(self.first.bands), len(wavelengths)), np.nan)
            background, path = np.zeros((self._m, 1, len(wavelengths))), np.ones((self._m, 1, 1))
            for rows, optics in self._members:
                per_cm[rows], background[rows] = optics.coefficients(wavelengths)
                path[rows] = optics.spectrometer.path_cm
            self._ready[key] = per_cm, background, path
        return self._ready[key]
