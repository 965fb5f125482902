"""Newton's method for a steady state within a stoichiometric class, and the spectrum there.

The conserved totals take the rows of the species that they are solved for, so that a correction meets both
dx/dt = 0 and the totals, and neither drifts from the other.  Pseudo-transient continuation with switched evolution
relaxation: Kelley and Keyes, SIAM J. Numer. Anal. 35 (1998) 508.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass
from mscnet.simulation.steady_model import Laws, SteadyModel

FloatArray = NDArray[np.float64]

#: A concentration counts relative to itself, but to no less than this share of the largest.
FLOOR = 1e-6
#: A step takes a concentration at most so much of the way to zero.
MOST_OF_THE_WAY = 0.95
MOST_ITERATIONS = 100
#: Pseudo-transient steps of one attempt, and how their shift (one over the step) begins and falls.
MOST_CONTINUATION = 150
BOLDNESS = (1.0, 1e2, 1e4, 1e8)
MOST_RELAXATION = 0.1
#: Newton's method is tried where a pseudo-transient step changes no concentration by more than this part.
SETTLED = 1e-2


@dataclass(frozen=True, slots=True)
class Root:
    """A state where nothing changes: concentrations (n_species,), and the size of the last correction."""

    x: FloatArray
    correction: float


def scales(x: FloatArray, largest: float) -> FloatArray:
    """What a change of each concentration is measured by, (n_species,); `largest` is the largest seen before."""
    size = np.abs(x)
    return np.maximum(size, max(FLOOR * max(largest, size.max(initial=0.0)), np.finfo(np.float64).tiny))


def distance(x: FloatArray, other: FloatArray, largest: float) -> float:
    """The largest relative difference of two states."""
    scale = np.maximum(scales(x, largest), scales(other, largest))
    return float(np.max(np.abs(x - other) / scale, initial=0.0))


def polish(model: SteadyModel, x: FloatArray, totals: FloatArray, rtol: float, reach: float = np.inf) -> Root | None:
    """The steady state with these totals that Newton's method finds from `x`, no further away than `reach`.

    None where it does not converge, or the Jacobian within the class is singular.
    """
    start, now, best = x, x, np.inf
    for iteration in range(MOST_ITERATIONS):
        step = correction(model, now, totals)
        if step is None:
            return None
        size = float(np.max(np.abs(step) / scales(now, model.largest), initial=0.0))
        if iteration == 0 and size > reach:
            return None
        following = now + _share(now, step) * step
        if size <= rtol:
            return Root(_without_rounding(_refined(model, following, totals, size)), size)
        now, best = following, min(best, size)
        if size > 1e3 * best or distance(start, now, model.largest) > 4.0 * reach:
            return None
    return None


def _refined(model: SteadyModel, x: FloatArray, totals: FloatArray, size: float) -> FloatArray:
    """One whole step more, which brings concentrations far below the largest to their own accuracy, too."""
    step = correction(model, x, totals)
    if step is None or float(np.max(np.abs(step) / scales(x, model.largest), initial=0.0)) > size:
        return x
    return np.where(x + step >= 0.0, x + step, x)


def continuation(model: SteadyModel, x: FloatArray, totals: FloatArray, rtol: float) -> Root | None:
    """Any steady state with these totals: pseudo-transient continuation from `x`, then Newton's method.

    Small first steps follow the trajectory, large ones leave it: where those go round for ever, these may not.
    """
    fallback = None
    for boldness in BOLDNESS:
        root = _continue(model, x, totals, rtol, boldness)
        if root is not None and root.x.max(initial=0.0) > FLOOR * x.max(initial=0.0):
            return root
        fallback = fallback or root  # everything gone: a steady state, but any other says more
    return fallback


def _continue(model: SteadyModel, x: FloatArray, totals: FloatArray, rtol: float, boldness: float) -> Root | None:
    now, size = x, _speed(model, x)
    shift = size / boldness
    for _ in range(MOST_CONTINUATION):
        step = correction(model, now, totals, shift)
        if step is None:
            return None
        now = now + _share(now, step) * step
        before, size = size, _speed(model, now)
        if not np.isfinite(size):
            return None
        if float(np.max(np.abs(step) / scales(now, model.largest), initial=0.0)) < SETTLED or size == 0.0:
            root = polish(model, now, totals, rtol, reach=0.1)
            if root is not None:
                return root
        shift *= MOST_RELAXATION if size == 0.0 else min(max(size / before, MOST_RELAXATION), 2.0)
    return polish(model, now, totals, rtol)


def _speed(model: SteadyModel, x: FloatArray) -> float:
    """The size of the relative rates of change."""
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(model.rhs(x) / scales(x, model.largest)))


def correction(model: SteadyModel, x: FloatArray, totals: FloatArray, shift: float = 0.0) -> FloatArray | None:
    """d with (shift - J) d = dx/dt and weights (x + d) = totals; None where there is none or more than one."""
    slope = model.rhs(x)
    if not np.isfinite(slope).all():
        return None
    step = solve_within(model, x, slope, totals - model.laws.weights @ x, shift)
    return step if step is not None and np.isfinite(step).all() else None


def solve_within(
    model: SteadyModel, x: FloatArray, right: FloatArray, totals: FloatArray, shift: float = 0.0
) -> FloatArray | None:
    """d with (shift - J) d = right and weights d = totals, J being the Jacobian at `x`.

    `right` is (n_species,) or (n_species, m), `totals` (n_laws,) or (n_laws, m).  None where the Jacobian within the
    class is singular to working precision.
    """
    if model.sparse:
        return _bordered(model, x, right, totals, shift)
    matrix = -model.jacobian(x)
    if not np.isfinite(matrix).all():
        return None
    matrix[np.diag_indices(len(x))] += shift
    return _dense(model.laws, matrix, right, totals, scales(x, model.largest))


def _bordered(
    model: SteadyModel, x: FloatArray, right: FloatArray, totals: FloatArray, shift: float
) -> FloatArray | None:
    """By sparse factors of shift - J + C, with C on the diagonal of the species that the laws are solved for.

    Whatever u, d = M^-1 (right + C u) solves (shift - J) d = right as soon as u is d there; which the totals decide.
    """
    laws, many = model.laws, right.reshape(len(x), -1)
    pivots = laws.pivots(scales(x, model.largest))
    values, diagonal = model.jacobian_values(x)
    if not np.isfinite(values).all():
        return None
    size = np.abs(values[diagonal])
    border = np.zeros(len(x))
    border[pivots] = np.maximum(size, 1e-3 * size.max(initial=0.0))[pivots]
    values[diagonal] -= shift + border + laws.constant
    columns = np.zeros((len(x), many.shape[1] + len(pivots)))
    columns[:, : many.shape[1]] = np.where(laws.constant[:, None], 0.0, many)
    columns[pivots, many.shape[1] + np.arange(len(pivots))] = border[pivots]
    solved = model.solve_sparse(values, columns)
    if solved is None:
        return None
    d, kernel = solved[:, : many.shape[1]], solved[:, many.shape[1] :]
    if len(pivots):
        try:
            u = np.linalg.solve(laws.weights @ kernel, totals.reshape(len(pivots), -1) - laws.weights @ d)
        except np.linalg.LinAlgError:
            return None
        d = d + kernel @ u
    return np.asarray(d.reshape(right.shape))


def _dense(
    laws: Laws, matrix: FloatArray, right: FloatArray, totals: FloatArray, scale: FloatArray
) -> FloatArray | None:
    """By elimination in which the laws take the rows that they make redundant; `matrix` is overwritten."""
    right = np.array(right)
    pivots = laws.pivots(scale)
    matrix[pivots], right[pivots] = laws.weights, totals
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
    scale, laws = scales(x, model.largest), model.laws
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
    """Zero in place of a concentration that is below it by rounding, or beyond what floats resolve."""
    return np.where(x < 1e-300, 0.0, x)
