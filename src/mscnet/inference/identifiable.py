"""Which parameters the sensitivities determine at all, and what may change together without a trace.

A parameter is structurally not identifiable, locally, where the matrix of sensitivities lacks rank in a direction that
it is part of (T. J. Rothenberg, Econometrica 1971, 39, 577).  One point may lack rank by chance, so points about it are
asked as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.problem import FreeParameter, Objective
from mscnet.inference.refit import has_failed, search_bounds
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: Columns brought to length 1, singular values below this share of the largest count as 0.  Sensitivities of an
#: integration at rtol 1e-6 are good to about 1e-6 of themselves.
RANK_TOLERANCE = 1e-5
#: A column this short (residuals in standard deviations, for one unit of ln value or the whole of a range) is 0.
_NO_EFFECT = 1e-9
#: A parameter is part of a direction if it can move along it, as far as all ranges let, by more than this share of its
#: error from what is left, or of this share of its range where that error is larger; what it moves by less is no news.
_PART, _MUCH = 0.5, 0.25
#: Components of columns brought to length 1 that are smaller beside the largest are noise of the derivatives.
_DIGITS = 1e-3
#: A range without end, in natural widths.
_ENDLESS = 1e3
#: How far the other points lie: in ln value, or as a share of the range.
_AROUND = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class NullSpace:
    """Directions in which residuals do not change: `directions` (n_directions, P), only of parameters that are
    `involved` (P,); the `rank` of the sensitivities J, and the `inverse` (P, P) of JᵀJ on what is left, nan for those
    that are involved."""

    directions: FloatArray
    involved: NDArray[np.bool_]
    rank: int
    inverse: FloatArray


@dataclass(frozen=True, slots=True)
class Identifiability:
    """What the sensitivities say: the names of `undetermined` parameters, and for every direction without effect the
    changes of coordinates that cancel, by name; `logarithmic` names those whose coordinate is ln value."""

    undetermined: tuple[str, ...]
    directions: tuple[Mapping[str, float], ...]
    rank: int
    logarithmic: tuple[str, ...] = ()

    @property
    def relations(self) -> tuple[str, ...]:
        """A sentence for each direction."""
        return tuple(_relation(direction, self.logarithmic) for direction in self.directions)


def identifiable(
    objective: Objective, theta: FloatArray, tolerance: float = RANK_TOLERANCE, points: int = 2, seed: int = 1
) -> Identifiability:
    """Judges the rank of the sensitivities at `theta` (P,) and at `points` drawn about it.

    A parameter is undetermined if it is so at each of them where the model can be run.
    """
    parameters = objective.parameters
    residuals, jacobian = objective.linearised(theta)
    first = null_space(jacobian, parameters, theta, tolerance)
    involved = first.involved
    rng = np.random.default_rng(seed)
    for _ in range(points if involved.any() else 0):
        residuals, jacobian = objective.linearised(_near(parameters, theta, rng))
        if not has_failed(residuals):
            involved &= null_space(jacobian, parameters, theta, tolerance).involved
    names = [p.name for p in parameters]
    directions = []
    for row in first.directions:
        part = {name: float(c) for name, c, hit in zip(names, row, involved, strict=True) if c and hit}
        if part:
            directions.append(part)
    undetermined = tuple(name for name, hit in zip(names, involved, strict=True) if hit)
    log = tuple(p.name for p in parameters if p.scale == "log")
    return Identifiability(undetermined, tuple(directions), len(names) - len(directions), log)


def null_space(
    jacobian: FloatArray, parameters: Sequence[FreeParameter], theta: FloatArray, tolerance: float = RANK_TOLERANCE
) -> NullSpace:
    """The directions that a matrix of sensitivities (n_terms, P) is blind to, by its singular values."""
    size = jacobian.shape[1]
    widths = natural_widths(parameters, theta)
    lengths = np.linalg.norm(jacobian, axis=0)
    blind = lengths * widths <= _NO_EFFECT
    inverse = np.full((size, size), np.nan)
    rows = np.zeros((0, size))
    seen = np.flatnonzero(~blind)
    if seen.size:
        _, values, right = np.linalg.svd(jacobian[:, seen] / lengths[seen], full_matrices=True)
        rank = int(np.sum(values > tolerance * values[0]))
        kept = right[:rank] / values[:rank, None]
        inverse[np.ix_(seen, seen)] = kept.T @ kept / np.outer(lengths[seen], lengths[seen])
        ranges = _ranges(parameters, widths)[seen]
        found = _sparse(right[rank:] / lengths[seen] / ranges)
        moved = np.abs(found) * ranges / np.maximum(np.abs(found).max(axis=1, keepdims=True), 1e-300)
        part = moved > _PART * np.minimum(np.sqrt(np.diag(inverse)[seen]), _MUCH * ranges)
        unit = np.abs(found * ranges * lengths[seen])
        part &= unit > _DIGITS * unit.max(axis=1, keepdims=True, initial=1e-300)
        rows = np.zeros((len(found), size))
        rows[:, seen] = _first_is_one(np.where(part, found * ranges, 0.0))
    rows = np.concatenate([np.eye(size)[blind], rows])
    involved = np.asarray((rows != 0).any(axis=0), dtype=bool)
    inverse[involved, :] = inverse[:, involved] = np.nan
    return NullSpace(rows, involved, size - len(rows), inverse)


def _ranges(parameters: Sequence[FreeParameter], widths: FloatArray) -> FloatArray:
    """How far each coordinate can go (P,)."""
    low, high = search_bounds(parameters)
    return np.asarray(np.where(np.isfinite(high - low), high - low, _ENDLESS * widths), dtype=float)


def _first_is_one(rows: FloatArray) -> FloatArray:
    """Each row over its first entry that is not small beside the largest; positive there."""
    found = rows.copy()
    for row in found:
        large = np.flatnonzero(np.abs(row) >= 0.1 * np.abs(row).max(initial=1e-300))
        if large.size:
            row /= row[large[0]]
    return found


def natural_widths(parameters: Sequence[FreeParameter], theta: FloatArray) -> FloatArray:
    """What a change of one is in each coordinate (P,): 1 in ln value, else the range, or the value without one."""
    low, high = search_bounds(parameters)
    ranges = np.where(np.isfinite(high - low), high - low, np.maximum(np.abs(theta), 1.0))
    log = np.array([p.scale == "log" for p in parameters], dtype=bool)
    return np.asarray(np.where(log, 1.0, np.where(ranges > 0, ranges, 1.0)), dtype=float)


def _sparse(basis: FloatArray) -> FloatArray:
    """The same space with few components in each row: rows reduced, the largest entries as pivots."""
    rows = basis.copy()
    for i in range(len(rows)):
        lengths = np.abs(rows[i:]) / np.maximum(np.abs(rows[i:]).max(axis=1, keepdims=True), 1e-300)
        place, column = np.unravel_index(int(np.argmax(lengths)), lengths.shape)
        rows[[i, i + int(place)]] = rows[[i + int(place), i]]
        rows[i] /= rows[i, column]
        for k in range(len(rows)):
            if k != i:
                rows[k] -= rows[k, column] * rows[i]
    return rows


def _near(parameters: Sequence[FreeParameter], theta: FloatArray, rng: np.random.Generator) -> FloatArray:
    low, high = search_bounds(parameters)
    away = rng.uniform(-_AROUND, _AROUND, len(parameters)) * natural_widths(parameters, theta)
    return np.clip(theta + away, low, high)


def _relation(direction: Mapping[str, float], logarithmic: Sequence[str]) -> str:
    if len(direction) == 1:
        (name,) = direction
        return f"nothing depends on `{name}`"
    parts = [f"{'ln ' if name in logarithmic else ''}{name} by {c:+.3g}" for name, c in direction.items()]
    named = [f"`{name}`" for name in direction]
    return f"{', '.join(named[:-1])} and {named[-1]} can change together and nothing shows it: {', '.join(parts)}"
