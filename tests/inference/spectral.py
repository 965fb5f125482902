"""Simulated spectra over time whose number of distinguishable contributions is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

FloatArray = NDArray[np.float64]

#: Rates by concentrations and constants, initial concentrations, and the rank of the courses: closed systems and
#: stoichiometry make it less than the number of species.
KINETICS = {
    "A -> B": (lambda y, k: [-k[0] * y[0], k[0] * y[0]], (1.0, 0.0), 2),
    "A <-> B": (lambda y, k: [k[1] * y[1] - k[0] * y[0], k[0] * y[0] - k[1] * y[1]], (1.0, 0.0), 2),
    "A -> B -> C": (
        lambda y, k: [-k[0] * y[0], k[0] * y[0] - k[1] * y[1], k[1] * y[1]],
        (1.0, 0.0, 0.0),
        3,
    ),
    "A -> B -> C -> D": (
        lambda y, k: [-k[0] * y[0], k[0] * y[0] - k[1] * y[1], k[1] * y[1] - k[2] * y[2], k[2] * y[2]],
        (1.0, 0.0, 0.0, 0.0),
        4,
    ),
    "A + B -> C": (lambda y, k: [-k[0] * y[0] * y[1]] * 2 + [k[0] * y[0] * y[1]], (1.0, 1.3, 0.0), 2),
    "A + B -> C -> D": (
        lambda y, k: [-k[0] * y[0] * y[1]] * 2 + [k[0] * y[0] * y[1] - k[1] * y[2], k[1] * y[2]],
        (1.0, 0.7, 0.0, 0.0),
        3,
    ),
}


@dataclass(frozen=True)
class Simulated:
    """`values` is `courses` @ `spectra` with noise of standard deviation `sigma`, over `time` and `wavelength`."""

    rank: int
    time: FloatArray
    wavelength: FloatArray
    courses: FloatArray
    spectra: FloatArray
    sigma: float
    values: FloatArray


def simulated(
    seed: int, kind: str | None = None, noise: float | None = None, size: tuple[int, int] = (60, 120)
) -> Simulated:
    """So many spectra at so many wavelengths; every species has one or two broad bands between 320 and 520 nm.

    Constants lie between 0.03 and 1 per unit of time of 60; noise is between 0.5 and 2 % of the highest absorbance.
    """
    random = np.random.default_rng(seed)
    rates, start, rank = KINETICS[kind or list(KINETICS)[seed % len(KINETICS)]]
    time, wavelength = np.linspace(0.0, 60.0, size[0]), np.linspace(340.0, 600.0, size[1])
    constants = np.sort(10 ** random.uniform(-1.5, 0.0, 3))[::-1]
    solved = solve_ivp(lambda _, y: rates(y, constants), (0.0, 60.0), start, "LSODA", time, rtol=1e-9, atol=1e-12)
    spectra = np.array([_bands(random, center, wavelength) for center in np.sort(random.uniform(380, 520, len(start)))])
    exact = solved.y.T @ spectra
    sigma = float(exact.max()) * (random.uniform(0.005, 0.02) if noise is None else noise)
    values = exact + random.normal(0.0, sigma, exact.shape) if sigma else exact
    return Simulated(rank, time, wavelength, solved.y.T, spectra, sigma, values)


def _bands(random: np.random.Generator, center: float, at: FloatArray) -> FloatArray:
    made = gaussian(at, center, random.uniform(25, 50)) * random.uniform(0.5, 1.0)
    if random.random() < 0.5:
        made += random.uniform(0.2, 0.6) * gaussian(at, center - random.uniform(60, 100), 50.0)
    return made


def gaussian(at: FloatArray, center: float, width: float) -> FloatArray:
    return np.exp(-4 * np.log(2) * (at - center) ** 2 / width**2)
