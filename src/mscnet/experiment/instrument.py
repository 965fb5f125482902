"""What a spectrometer makes of the absorbance of a sample."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: Places at which a slit is sampled, and how far out, in standard deviations.
_SLIT_POINTS, _SLIT_REACH = 41, 5.0
#: Scatter is given at this wavelength in nm where the file says no other, and falls with this power (Rayleigh).
REFERENCE_NM, RAYLEIGH = 500.0, 4.0
_SIGMA_OF_FWHM = 1 / math.sqrt(8 * math.log(2))


@dataclass(frozen=True, slots=True)
class Spectrometer:
    """The numbers of an instrument.  Lengths are in nm but for the path, absorbances and `stray` are pure numbers.

    `points` are wavelengths with the baseline there.  `time_zero` is in the file's unit of time.
    """

    path_cm: float = 1.0
    baseline: float = 0.0
    points: tuple[tuple[float, float], ...] = ()
    scatter: float = 0.0
    power: float = RAYLEIGH
    reference: float = REFERENCE_NM
    noise: float = 0.0
    resolution: float = 0.0
    shift: float = 0.0
    time_zero: float = 0.0
    saturation: float = math.inf
    stray: float = 0.0

    def background(self, wavelength: FloatArray) -> FloatArray:
        """Baseline and scatter at these wavelengths in nm: ``A + B·(reference/λ)^n``.

        Through `points` the baseline runs straight, and level beyond the outermost.
        """
        if self.points:
            at, values = np.array(sorted(self.points)).T
            level = np.interp(wavelength, at, values)
        else:
            level = np.full(wavelength.shape, self.baseline)
        return level + self.scatter * (self.reference / wavelength) ** self.power if self.scatter else level

    def slit(self) -> tuple[FloatArray, FloatArray]:
        """Distances in nm at which the slit is sampled (n_points,), and their weights, whose sum is 1.

        The slit is a Gaussian, `resolution` wide at half maximum.  Equal steps of a quarter of its standard
        deviation: for smooth integrands such sums converge faster than any power of the step.
        """
        if not self.resolution:
            return np.zeros(1), np.ones(1)
        at = np.linspace(-_SLIT_REACH, _SLIT_REACH, _SLIT_POINTS)
        weights = np.exp(-(at**2) / 2)
        return at * self.resolution * _SIGMA_OF_FWHM, weights / weights.sum()

    @property
    def linear(self) -> bool:
        """Whether what is shown is the absorbance itself."""
        return not self.stray and math.isinf(self.saturation)

    def shown(self, absorbance: FloatArray) -> FloatArray:
        """What the detector makes of the absorbance that reaches it: stray light, then the end of its scale.

        Stray light that never met the sample adds a part s of the full light: -log10((T + s)/(1 + s)).
        """
        if self.stray:
            transmitted = 10.0**-absorbance
            absorbance = -np.log10((transmitted + self.stray) / (1 + self.stray))
        return absorbance if math.isinf(self.saturation) else np.minimum(absorbance, self.saturation)
