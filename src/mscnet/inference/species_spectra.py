"""`SpeciesSpectra`: the spectra of species that a fit left free."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SpeciesSpectra:
    """Species-associated spectra: `absorptivity` (n_species, n_wavelengths) in per concentration unit of the file and
    cm, at `wavelength` (n_wavelengths,) in nm; `fitted` is how many values that are, those alone that do not depend on
    others: the sum over wavelengths of how many species can be told apart."""

    species: tuple[str, ...]
    wavelength: FloatArray
    absorptivity: FloatArray
    fitted: int = 0
