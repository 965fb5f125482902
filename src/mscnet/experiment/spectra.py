"""What is done with spectra once they are there: differences, references, noise, single traces and times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mscnet.experiment.results import Series, Spectra
from mscnet.records import replace

FloatArray = NDArray[np.float64]
Measurement = TypeVar("Measurement", Spectra, Series)


def spectrum_at(spectra: Spectra, time: float) -> FloatArray:
    """The spectrum (n_wavelengths,) at a time, on a straight line between the two measured about it.

    Raises:
        ValueError: there is no spectrum, or the time lies outside those measured.
    """
    return _between(spectra.time, spectra.absorbance, time, "time", "{:g}")


def trace(spectra: Spectra, wavelength: float) -> Series:
    """The absorbance over time at a wavelength in nm, on a straight line between the two of the grid about it.

    Raises:
        ValueError: there is no wavelength, or it lies outside the grid.
    """
    values = _between(spectra.wavelength, spectra.absorbance.T, wavelength, "wavelength", "{:g} nm")
    return Series(f"{spectra.name} at {wavelength:g} nm", spectra.time, values, "", wavelength)


def _between(axis: FloatArray, rows: FloatArray, at: float, what: str, form: str) -> FloatArray:
    if not axis.size or not axis.min() <= at <= axis.max():
        ends = f" {form} to {form}".format(axis.min(), axis.max()) if axis.size else " nothing"
        raise ValueError(f"a {what} of {form.format(at)} is asked for; the spectra cover{ends}")
    order = np.argsort(axis, kind="stable")
    ordered, rows = axis[order], rows[order]
    after = int(np.clip(np.searchsorted(ordered, at), 1, max(1, ordered.size - 1)))
    if ordered.size == 1 or ordered[after] == ordered[after - 1]:
        return np.array(rows[min(after, ordered.size - 1)])
    share = (at - ordered[after - 1]) / (ordered[after] - ordered[after - 1])
    return np.asarray((1 - share) * rows[after - 1] + share * rows[after])


def difference_spectra(spectra: Spectra, at: float | None = None) -> Spectra:
    """Every spectrum less the one at a time (None: the first).

    Raises:
        ValueError: the time lies outside those measured.
    """
    first = spectra.time[0] if at is None and spectra.time.size else at
    reference = spectrum_at(spectra, float("nan") if first is None else float(first))
    name = f"Δ{spectra.name}"
    return replace(spectra, name=name, absorbance=spectra.absorbance - reference, reference="first")


def less_reference(spectra: Spectra, wavelength: ArrayLike, absorbance: ArrayLike) -> Spectra:
    """Every spectrum less a reference (a blank, a solvent), (n_points,) over its own wavelengths in nm.

    Raises:
        ValueError: the reference does not cover the spectra, or the two do not have one length.
    """
    at, values = np.asarray(wavelength, dtype=float), np.asarray(absorbance, dtype=float)
    if at.shape != values.shape or at.ndim != 1 or not at.size:
        raise ValueError(f"a reference needs as many values as wavelengths: {values.shape} and {at.shape}")
    order = np.argsort(at)
    at, values = at[order], values[order]
    if spectra.wavelength.size and (spectra.wavelength.min() < at[0] or spectra.wavelength.max() > at[-1]):
        ends = f"{spectra.wavelength.min():g} to {spectra.wavelength.max():g} nm"
        raise ValueError(f"the reference covers {at[0]:g} to {at[-1]:g} nm, the spectra {ends}")
    less = spectra.absorbance - np.interp(spectra.wavelength, at, values)
    return replace(spectra, absorbance=less, reference="blank")


def with_noise(measured: Measurement, sigma: float, seed: int | Sequence[int]) -> Measurement:
    """Spectra or a series with Gaussian noise of standard deviation `sigma`; the same seed gives the same noise.

    Raises:
        ValueError: `sigma` is negative or no number.
    """
    if not sigma >= 0 or not np.isfinite(sigma):
        raise ValueError(f"a standard deviation of noise must be 0 or more, not {sigma}")
    random = np.random.default_rng(seed)
    if isinstance(measured, Spectra):
        noisy = measured.absorbance + random.normal(0.0, sigma, measured.absorbance.shape)
        return replace(measured, absorbance=noisy)
    return replace(measured, values=measured.values + random.normal(0.0, sigma, measured.values.shape))
