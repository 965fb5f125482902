"""The forms of absorption bands: peaks, a tail towards the blue, and measured spectra.

A peak is symmetric (or skewed) on the axis that its width is given on: wavelength in nm, or energy as a wavenumber in
cm⁻¹.  All take wavelengths in nm, and give an absorptivity of the height that they were made with.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.wavelengths import Axis, turned
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

_LN2 = math.log(2)
#: The derivative of 1/(1 + exp(-k x)) has a full width at half maximum of 1 at this k.
_STEEPNESS = 4 * math.acosh(math.sqrt(2))
#: exp(-700) is still a number.
_MOST_EXPONENT = 700.0


def gaussian(x: FloatArray, center: float, fwhm: float) -> FloatArray:
    """A Gaussian of height 1; `fwhm` is its full width at half maximum."""
    return np.exp(-4 * _LN2 * ((x - center) / fwhm) ** 2)


def lorentzian(x: FloatArray, center: float, fwhm: float) -> FloatArray:
    """A Lorentzian of height 1."""
    return 1 / (1 + 4 * ((x - center) / fwhm) ** 2)


def lognormal(x: FloatArray, center: float, fwhm: float, skew: float) -> FloatArray:
    """The log-normal band of height 1 of D. B. Siano and D. E. Metzler, J. Chem. Phys. 51 (1969) 1856.

    `skew` is the half width above the center over that below it; at 1 it is a Gaussian.  Beyond where the logarithm
    ends there is nothing.  With a = ln(skew) their argument 1 + (x - x0)(skew² - 1)/(skew·fwhm) is
    1 + 2 sinh(a)·(x - x0)/fwhm, which loses no digits near a skew of 1.
    """
    a = math.log(skew)
    if a == 0:
        return gaussian(x, center, fwhm)
    argument = 2 * math.sinh(a) * (x - center) / fwhm
    inside = argument > -1
    logarithm = np.log1p(np.where(inside, argument, 0.0)) / a
    return np.where(inside, np.exp(-_LN2 * logarithm**2), 0.0)


def step(x: FloatArray, width: float) -> FloatArray:
    """A smooth step from 0 to 1 at ``x = 0``: logistic, its derivative `width` wide at half height."""
    return 1 / (1 + np.exp(np.clip(-_STEEPNESS * x / width, -_MOST_EXPONENT, _MOST_EXPONENT)))


@dataclass(frozen=True, slots=True)
class Peak:
    """A ``gaussian``, ``lorentzian`` or ``lognormal`` of `height`; `center` and `fwhm` in the unit of `axis`."""

    kind: str
    axis: Axis
    center: float
    fwhm: float
    height: float
    skew: float = 1.0

    def __call__(self, wavelength: FloatArray) -> FloatArray:
        x = wavelength if self.axis == "wavelength" else np.asarray(turned(wavelength))
        if self.kind == "gaussian":
            return self.height * gaussian(x, self.center, self.fwhm)
        if self.kind == "lorentzian":
            return self.height * lorentzian(x, self.center, self.fwhm)
        return self.height * lognormal(x, self.center, self.fwhm, self.skew)


@dataclass(frozen=True, slots=True)
class Tail:
    """What rises from an `onset` towards the blue to a `height`, and on as (energy/onset)^`exponent`.

    The step is logistic, as the exponential edge of F. Urbach (Phys. Rev. 92 (1953) 1324) on its red side is.
    `onset` and `width` are in the unit of `axis`.
    """

    axis: Axis
    onset: float
    width: float
    height: float
    exponent: float = 0.0

    def __call__(self, wavelength: FloatArray) -> FloatArray:
        if self.axis == "wavelength":
            above, ratio = self.onset - wavelength, self.onset / wavelength
        else:
            energy = np.asarray(turned(wavelength))
            above, ratio = energy - self.onset, energy / self.onset
        rise = self.height * step(above, self.width)
        return rise * ratio**self.exponent if self.exponent else rise


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """A measured spectrum: straight lines between its points, level beyond its ends, `shift` nm to the red.

    `wavelength` (n_points,) ascends; `value` (n_points,) is multiplied by `scale`.
    """

    wavelength: FloatArray
    value: FloatArray
    scale: float = 1.0
    shift: float = 0.0

    def __call__(self, wavelength: FloatArray) -> FloatArray:
        return self.scale * np.interp(wavelength - self.shift, self.wavelength, self.value)

    @property
    def height(self) -> float:
        """The most that it absorbs."""
        return self.scale * float(self.value.max())


Form = Peak | Tail | Points
