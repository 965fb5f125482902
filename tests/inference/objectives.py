"""Small models with data, whose likelihoods are known in closed form."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.observations import Observations, ObservedSeries, ObservedSpectra

FloatArray = NDArray[np.float64]

DECAY = """units time = min, concentration = mM, volume = mL
species A ; species B
parameter k = 0.1 /min in 0.001 .. 10 log
parameter a0 = 1 mM in 0.5 .. 3
A -> B @ k
solution stock { A = a0 }
experiment decay { mix 1 mL stock ; measure a = [A] every 1 min for 20 min }
"""

CHAIN = """units time = min, concentration = mM, volume = mL
species A ; species B ; species C
parameter k1 = 0.4 /min in 0.01 .. 10 log
parameter k2 = 0.1 /min in 0.01 .. 10 log
parameter eA = 1 /mM/cm in 0 .. 100
parameter eB = 1 /mM/cm in 0 .. 100
parameter eC = 1 /mM/cm in 0 .. 100
parameter off = 0.1 in -1 .. 1
A -> B @ k1
B -> C @ k2
solution stock { A = 1 mM }
band A { gaussian center = 400 nm, fwhm = 50 nm, epsilon = eA }
band B { gaussian center = 450 nm, fwhm = 60 nm, epsilon = eB }
band C { gaussian center = 500 nm, fwhm = 40 nm, epsilon = eC }
instrument { baseline = off }
experiment chain {
    mix 1 mL stock
    measure od = absorbance(430 nm), late = absorbance(480 nm),
            uv = spectrum(350 nm .. 550 nm step 10 nm) every 0.5 min for 30 min
}
"""


def series(
    reading: str,
    time: FloatArray,
    observed: FloatArray,
    error: float = float("nan"),
    values: Mapping[str, float] | None = None,
) -> ObservedSeries:
    """Data of one reading, all with the same standard deviation."""
    return ObservedSeries(
        reading, values or {}, time, observed, np.full(len(time), error), np.ones(len(time), dtype=np.int64)
    )


def spectra(
    reading: str, time: FloatArray, wavelength: FloatArray, absorbance: FloatArray, error: float
) -> ObservedSpectra:
    """A matrix of spectra, all with the same standard deviation."""
    errors = np.full(absorbance.shape, error)
    return ObservedSpectra(reading, {}, time, wavelength, absorbance, errors, np.ones(len(time), dtype=np.int64))


def data(experiment: str, *parts: ObservedSeries | ObservedSpectra) -> Observations:
    """Data of one experiment."""
    return Observations(
        experiment,
        "data.csv",
        tuple(p for p in parts if isinstance(p, ObservedSeries)),
        tuple(p for p in parts if isinstance(p, ObservedSpectra)),
    )


def chain_concentrations(time: FloatArray, k1: float, k2: float) -> FloatArray:
    """A -> B -> C from 1 mM of A, (n_times, 3)."""
    a = np.exp(-k1 * time)
    b = k1 / (k2 - k1) * (np.exp(-k1 * time) - np.exp(-k2 * time))
    return np.stack([a, b, 1.0 - a - b], axis=1)


def differences(residuals: Callable[[FloatArray], FloatArray], theta: FloatArray, step: float = 1e-4) -> FloatArray:
    """Central differences of fourth order, (n_terms, n_parameters)."""
    columns, r = [], residuals
    for j in range(len(theta)):
        one = np.zeros(len(theta))
        one[j] = step
        near, far = r(theta + one) - r(theta - one), r(theta + 2 * one) - r(theta - 2 * one)
        columns.append((8 * near - far) / (12 * step))
    return np.stack(columns, axis=1)
