"""Where local searches begin: the point of each start depends on the seed and on its number, on nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.inference.problem import FreeParameter
from mscnet.inference.settings import FitSettings

FloatArray = NDArray[np.float64]

#: So many points share a Latin hypercube; the next start begins the next one.
HYPERCUBE = 10
#: Points keep this share of a range away from its ends, where a search would hardly get away.
MARGIN = 1e-3


def begin_points(parameters: Sequence[FreeParameter], settings: FitSettings, number: int) -> FloatArray:
    """The candidates (n_candidates, n_parameters) from which start `number` (from 1) takes the best, as coordinates.

    The first start has one: the values that the file gives, and drawn ones where it gives none; so has every start
    without `candidates`.  Points are drawn from scrambled Sobol sequences (A. B. Owen, J. Complexity 1998, 14, 466) or
    Latin hypercubes (M. D. McKay et al., Technometrics 1979, 21, 239), uniformly between the bounds in the search
    coordinates; a parameter with a prior is drawn from the prior, cut off at its bounds.  A noise that has a start
    begins there always.

    Raises:
        MechanismError: a parameter has neither bounds nor a prior.
    """
    own = number == 1 and settings.from_file
    shares = _shares(len(parameters), settings, number, 1 if own else settings.candidates)
    points = np.empty_like(shares)
    for j, parameter in enumerate(parameters):
        if parameter.start is not None and (own or parameter.kind == "noise"):
            points[:, j] = parameter.to_search(min(max(parameter.start, parameter.lower), parameter.upper))
        else:
            points[:, j] = _drawn(parameter, shares[:, j])
    return points


def further_points(parameters: Sequence[FreeParameter], settings: FitSettings, number: int, count: int) -> FloatArray:
    """More points (count, n_parameters) for a start whose model could not be run at its own."""
    random = np.random.default_rng([settings.seed, number])
    shares = random.random((count, len(parameters)))
    return np.stack([_drawn(p, shares[:, j]) for j, p in enumerate(parameters)], axis=1)


def _shares(n_parameters: int, settings: FitSettings, number: int, count: int) -> FloatArray:
    """(count, n_parameters) between 0 and 1: the place of each point in the cube."""
    from scipy.stats import qmc

    first = (number - 1) * settings.candidates
    if settings.sampler == "sobol":
        sobol = qmc.Sobol(n_parameters, seed=np.random.default_rng(settings.seed))
        if first:
            sobol.fast_forward(first)
        return np.concatenate([sobol.random(1) for _ in range(count)])
    drawn = []
    for place in range(first, first + count):
        block, row = divmod(place, HYPERCUBE)
        cube = qmc.LatinHypercube(n_parameters, seed=np.random.default_rng([settings.seed, block]))
        drawn.append(cube.random(HYPERCUBE)[row])
    return np.array(drawn)


def _drawn(parameter: FreeParameter, shares: FloatArray) -> FloatArray:
    shares = np.clip(shares, MARGIN, 1.0 - MARGIN)
    if parameter.prior is not None and parameter.prior[1] > 0:
        return _from_prior(parameter, shares)
    low, high = parameter.bounds
    if not (np.isfinite(low) and np.isfinite(high)):
        hint = f"give it some, as in `parameter {parameter.name} = 1 in 0.01 .. 100 log`"
        raise MechanismError.of("E144", f"the free parameter `{parameter.name}` has no bounds", hint=hint)
    return low + shares * (high - low)


def _from_prior(parameter: FreeParameter, shares: FloatArray) -> FloatArray:
    """Points of a normal distribution of the value that is cut off at the bounds."""
    from scipy.special import ndtr, ndtri

    assert parameter.prior is not None
    mean, spread = parameter.prior
    low, high = (ndtr((end - mean) / spread) for end in (parameter.lower, parameter.upper))
    values = mean + spread * ndtri(low + shares * (high - low))
    if not np.all(np.isfinite(values)):  # the bounds lie far out in a tail
        values = parameter.lower + shares * (parameter.upper - parameter.lower)
    return np.array([parameter.to_search(v) for v in np.clip(values, parameter.lower, parameter.upper).tolist()])
