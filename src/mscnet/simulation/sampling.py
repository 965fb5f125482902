"""Samples of several quantities at once, spread evenly over their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError, suggest
from mscnet.simulation.axes import Range

FloatArray = NDArray[np.float64]

#: How samples are spread: Latin hypercube (McKay, Beckman and Conover, Technometrics 21 (1979) 239), scrambled Sobol'
#: sequence (Owen, J. Complexity 14 (1998) 466), or independent random numbers.
DESIGNS = ("latin", "sobol", "random")


def draw(ranges: Sequence[Range], count: int, design: str, seed: int) -> FloatArray:
    """Samples (count, len(ranges)) in the file's units, the same for the same arguments.

    Raises:
        MechanismError: an unknown design.
    """
    unit = _unit_cube(len(ranges), count, design, seed)
    return np.column_stack([_mapped(r, unit[:, j]) for j, r in enumerate(ranges)])


def _unit_cube(dimensions: int, count: int, design: str, seed: int) -> FloatArray:
    """Points in [0, 1)^dimensions."""
    generator = np.random.Generator(np.random.PCG64(seed))
    if design == "random":
        return generator.random((count, dimensions))
    if design == "latin":
        strata = np.column_stack([generator.permutation(count) for _ in range(dimensions)])
        return (strata + generator.random((count, dimensions))) / count
    if design == "sobol":
        return _sobol(dimensions, count, generator)
    hint = suggest(design, DESIGNS) or "one of " + ", ".join(DESIGNS)
    raise MechanismError.of("E046", f"there is no design `{design}`", hint=hint)


def _sobol(dimensions: int, count: int, generator: np.random.Generator) -> FloatArray:
    from scipy.stats import qmc

    # older releases of SciPy call it seed
    keyword = "rng" if "rng" in signature(qmc.Sobol).parameters else "seed"
    points: FloatArray = qmc.Sobol(dimensions, **{keyword: generator}).random_base2((count - 1).bit_length())
    return points[:count]


def _mapped(r: Range, u: FloatArray) -> FloatArray:
    if r.deviation is not None:
        return _normal(r, r.deviation, u)
    if r.scale == "log":
        return np.exp(np.log(r.low) + u * (np.log(r.high) - np.log(r.low)))
    return r.low + u * (r.high - r.low)


def _normal(r: Range, deviation: float, u: FloatArray) -> FloatArray:
    """The normal distribution cut at the bounds, by its quantiles."""
    from scipy.special import ndtr, ndtri

    low, high = (ndtr((end - r.middle) / deviation) for end in (r.low, r.high))
    # a quantile of 0 or 1 is infinite
    inside = np.clip(low + u * (high - low), np.finfo(float).tiny, 1.0 - np.finfo(float).epsneg)
    values: FloatArray = np.clip(r.middle + deviation * ndtri(inside), r.low, r.high)
    return values
