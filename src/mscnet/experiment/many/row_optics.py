"""What a spectrometer shows in many rows, whose bands and instrument may differ from row to row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.optics import Optics

FloatArray = NDArray[np.float64]


class RowOptics:
    """Optics of m rows: each of `members` is that of some rows (a slice or their numbers)."""

    def __init__(self, m: int, members: Sequence[tuple[slice | NDArray[np.intp], Optics]]) -> None:
        self._m, self._members = m, tuple(members)
        self.first = members[0][1]
        self._proportional = all(optics.is_proportional for _, optics in members)
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
        found = np.empty((self._m, concentrations.shape[1], len(wavelengths)))
        for rows, optics in self._members:
            length = path[rows] if isinstance(path, np.ndarray) else path
            found[rows] = optics.shown_by(concentrations[rows], wavelengths, length)
        return found

    def _coefficients(self, wavelengths: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Absorptivities (m, n_bands, n_wavelengths) per cm, background (m, 1, n_wavelengths) and path (m, 1, 1)."""
        key = wavelengths.tobytes()
        if key not in self._ready:
            per_cm = np.empty((self._m, len(self.first.bands), len(wavelengths)))
            background, path = np.empty((self._m, 1, len(wavelengths))), np.empty((self._m, 1, 1))
            for rows, optics in self._members:
                per_cm[rows], background[rows] = optics.coefficients(wavelengths)
                path[rows] = optics.spectrometer.path_cm
            self._ready[key] = per_cm, background, path
        return self._ready[key]
