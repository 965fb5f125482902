"""Newton's method for a steady state within a stoichiometric class, and the spectrum there.

The conserved totals take the rows of the species that they are solved for, so that a correction meets both
dx/dt = 0 and the totals, and neither drifts from the other.  Pseudo-transient continuation with switched evolution
relaxation: Kelley and Keyes, SIAM J. Numer. Anal. 35 (1998) 508.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mscnet.simulation.steady_model import Laws, SteadyModel

FloatArray = NDArray[np.float64]

#: A concentration counts relative to itself, but to no less than this share of the largest.
FLOOR = 1e-6
#: A step takes a concentration at most so much of the way to zero.
MOST_OF_THE_WAY = 0.95
MOST_ITERATIONS = 100
MOST_CONTINUATION = 400


@dataclass(frozen=True, slots=True)
class Root:
    """A state where nothing changes: concentrations (n_species,), and the size of the last correction."""

    x: FloatArray
    correction: float


def scales(x: FloatArray) -> FloatArray:
    """What a change of each concentration is measured by, (n_species,)."""
    size = np.abs(x)
    return np.maximum(size, max(FLOOR * size.max(initial=0.0), np.finfo(np.float64).tiny))


def distance(x: FloatArray, other: FloatArray) -> float:
    """The largest relative difference of two states."""
    return float(np.max(np.abs(x - other) / np.maximum(scales(x), scales(other)), initial=0.0))


def polish(model: SteadyModel, x: FloatArray, totals: FloatArray, rtol: float, reach: float = np.inf) -> Root | None:
    """The steady state with these totals that Newton's method finds from `x`, no further away than `reach`.

    None where it does not converge, or the Jacobian within the class is singular.
    """
    start, now, best = x, x, np.inf
    for iteration in range(MOST_ITERATIONS):
        step = correction(model, now, totals)
        if step is None:
            return None
        size = float(np.max(np.abs(step) / scales(now), initial=0.0))
        if iteration == 0 and size > reach:
            return None
        following = now + _share(now, step) * step
        if size <= rtol:
            return Root(_without_rounding(following), size)
        now, best = following, min(best, size)
        if size > 1e3 * best or distance(start, now) > 4.0 * reach:
            return None
    return None


def continuation(model: SteadyModel, x: FloatArray, totals: FloatArray, rtol: float) -> Root | None:
    """Any steady state with these totals: pseudo-transient continuation from `x`, then Newton's method."""
    now, slope = x, model.rhs(x)
    size = float(np.linalg.norm(slope / scales(now)))
    if not np.isfinite(size):
        return None
    shift = size
    for _ in range(MOST_CONTINUATION):
        if size == 0.0 or shift < 1e-14 * float(np.abs(model.jacobian(now)).max(initial=0.0)):
            break
        step = correction(model, now, totals, shift)
        if step is None:
            return None
        following = now + _share(now, step) * step
        before, now, slope = size, following, model.rhs(following)
        size = float(np.linalg.norm(slope / scales(now)))
        if not np.isfinite(size):
            return None
        if float(np.max(np.abs(step) / scales(now))) < 1e-3:
            root = polish(model, now, totals, rtol, reach=0.1)
            if root is not None:
                return root
        shift *= min(max(size / before, 0.1), 2.0) if size > 0.0 else 0.1
        shift *= 0.9
    return polish(model, now, totals, rtol)


def correction(model: SteadyModel, x: FloatArray, totals: FloatArray, shift: float = 0.0) -> FloatArray | None:
    """d with (shift - J) d = dx/dt and weights (x + d) = totals; None where there is none or more than one."""
    matrix = -model.jacobian(x)
    slope = model.rhs(x)
    if not (np.isfinite(slope).all() and np.isfinite(matrix).all()):
        return None
    matrix[np.diag_indices(len(x))] += shift
    step = solve_within(model.laws, matrix, slope, totals - model.laws.weights @ x, scales(x))
    return step if step is not None and np.isfinite(step).all() else None


def solve_within(
    laws: Laws, matrix: FloatArray, right: FloatArray, totals: FloatArray, scale: FloatArray
) -> FloatArray | None:
    """d with matrix @ d = right and weights @ d = totals, the former without the rows that the laws make redundant.

    `right` is (n_species,) or (n_species, m), `totals` (n_laws,) or (n_laws, m); `matrix` is overwritten, `scale` gives
    the size of each concentration.  None where the matrix is singular to working precision.
    """
    right = np.array(right)
    matrix[laws.pivots], right[laws.pivots] = laws.weights, totals
    matrix[laws.constant] = 0.0
    matrix[laws.constant, laws.constant] = 1.0
    right[laws.constant] = 0.0
    matrix *= scale
    size = np.abs(matrix).max(axis=1, initial=0.0)
    if not (size > 0.0).all():
        return None
    matrix /= size[:, None]
    by_column = (slice(None),) + (None,) * (right.ndim - 1)
    try:
        with np.errstate(all="ignore"):
            solved = np.linalg.solve(matrix, right / size[by_column])
    except np.linalg.LinAlgError:
        return None
    return np.asarray(solved * scale[by_column])


def spectrum(model: SteadyModel, x: FloatArray) -> NDArray[np.complex128]:
    """Eigenvalues, per unit of time, of the Jacobian within the stoichiometric class, the slowest first."""
    scale, laws = scales(x), model.laws
    moving = ~laws.constant
    matrix = model.jacobian(x)[np.ix_(moving, moving)]
    scale, weights = scale[moving], laws.weights[:, moving]
    scaled = matrix * scale / scale[:, None]
    if len(weights):
        whole, _ = np.linalg.qr((weights * scale).T, mode="complete")
        basis = whole[:, len(weights) :]
        scaled = basis.T @ scaled @ basis
    values = np.linalg.eigvals(scaled) if scaled.size else np.zeros(0)
    return np.asarray(values[np.argsort(-values.real, kind="stable")], dtype=np.complex128)


def _share(x: FloatArray, step: FloatArray) -> float:
    """How much of a step keeps every concentration from zero."""
    down = (step < 0.0) & (x > 0.0)
    return float(min(1.0, MOST_OF_THE_WAY * np.min(x[down] / -step[down], initial=np.inf)))


def _without_rounding(x: FloatArray) -> FloatArray:
    """Zero in place of a concentration that is below it by rounding."""
    return np.where(x < 0.0, 0.0, x)
