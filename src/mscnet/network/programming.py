"""Non-negative conservation laws of networks with very many of them, by linear programming.

A linear program (SciPy's HiGHS) only proposes which species a law holds; its coefficients are then computed
exactly, so that no law rests on a rounded number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mscnet.network.elimination import NullSpace, Vector, null_space, restricted

#: What counts as zero in the solution of a linear program whose largest value is 1.
_SMALL = 1e-7


def rays_by_programming(vectors: Sequence[Vector], space: NullSpace, coordinates: Sequence[int]) -> list[Vector]:
    """Rays y >= 0 with y·v = 0 for all `vectors` that span all such y: as many as `space` has, or fewer.

    First a ray through every coordinate that has one.  Then, for a basis of the linear functionals that vanish on
    all rays so far, one on which it does not; where a functional vanishes on the whole cone, no ray lies beyond.
    """
    program = _Program(vectors, coordinates)
    rays = [vector for vector in space.vectors if min(vector.values()) > 0]
    covered = {i for ray in rays for i in ray}
    for i in coordinates:
        if i not in covered:
            ray = _ray_on(program.support_through(i), vectors)
            if ray is not None:
                rays.append(ray)
                covered |= ray.keys()
    # A law is determined by its free coordinates, so functionals of these suffice.
    functionals = _vanishing_on([program.direction(ray, space.free) for ray in rays], len(space.free))
    while functionals.shape[1]:
        supports = program.supports_beyond(dict(zip(space.free, functionals[:, 0], strict=True)))
        ray = next((ray for support in supports if (ray := _ray_on(support, vectors)) is not None), None)
        if ray is None:
            functionals = functionals[:, 1:]
        else:
            rays.append(ray)
            functionals = _turned(functionals, program.direction(ray, space.free))
    return rays


def _vanishing_on(directions: list[Any], size: int) -> Any:
    """Orthonormal columns orthogonal to all directions, (size, size - rank)."""
    import numpy as np

    if not directions:
        return np.eye(size)
    _, singular, rows = np.linalg.svd(np.array(directions))
    return rows[int((singular > _SMALL * singular.max()).sum()) :].T


def _turned(functionals: Any, direction: Any) -> Any:
    """The functionals, of orthonormal columns, turned so that all but one vanish on `direction`; without that one."""
    import numpy as np

    # The Householder reflection that takes their values on the direction to the first axis.
    axis = functionals.T @ direction
    axis[0] += np.copysign(np.linalg.norm(axis), axis[0])
    return (functionals - np.outer(functionals @ axis, axis) * (2 / (axis @ axis)))[:, 1:]


def _ray_on(support: list[int] | None, vectors: Sequence[Vector]) -> Vector | None:
    """The exact ray on a support that was found in floats; None where it holds no single positive one."""
    if not support:
        return None
    inside = frozenset(support)
    found = null_space([part for v in vectors if (part := restricted(v, inside))], support).vectors
    if len(found) != 1 or min(found[0].values()) < 0 < max(found[0].values()):
        return None
    return {i: abs(value) for i, value in found[0].items()}


class _Program:
    """The cone {y >= 0, y·v = 0 for all vectors} for linear programming with SciPy's HiGHS."""

    def __init__(self, vectors: Sequence[Vector], coordinates: Sequence[int]) -> None:
        import numpy as np
        from scipy.sparse import csr_array

        self.coordinates = list(coordinates)
        self.at = {i: n for n, i in enumerate(self.coordinates)}
        places = [(j, self.at[i], value) for j, vector in enumerate(vectors) for i, value in vector.items()]
        rows, columns, values = (np.array(part) for part in zip(*places, strict=True))
        self.matrix = csr_array((values.astype(float), (rows, columns)), shape=(len(vectors), len(self.at)))

    def support_through(self, coordinate: int) -> list[int] | None:
        """The support of a ray with y > 0 at `coordinate` and a small sum; None where all rays are zero there."""
        import numpy as np

        bounds: list[tuple[float, float | None]] = [(0.0, None)] * len(self.at)
        bounds[self.at[coordinate]] = (1.0, 1.0)
        result = self._solve(np.ones(len(self.at)), bounds, self.matrix, np.zeros(self.matrix.shape[0]))
        return None if result is None else self._support(result)

    def direction(self, ray: Vector, coordinates: Sequence[int]) -> Any:
        """A ray's part on some coordinates, scaled to length 1."""
        import numpy as np

        # Whole numbers of any length, so divided before they become floats.
        largest = max(abs(ray.get(i, 0)) for i in coordinates)
        values = np.array([ray.get(i, 0) / largest for i in coordinates])
        return values / np.linalg.norm(values)

    def supports_beyond(self, functional: dict[int, float]) -> Iterator[list[int]]:
        """The supports of rays on which `functional` is not zero: where it is largest, and where smallest."""
        import numpy as np
        from scipy.sparse import csr_array, vstack

        size = len(self.at)
        objective = np.zeros(size)
        for i, value in functional.items():
            objective[self.at[i]] = value
        objective /= np.abs(objective).max()
        matrix = vstack([self.matrix, csr_array(np.ones((1, size)))], format="csr")
        total = np.zeros(matrix.shape[0])
        total[-1] = float(size)
        for sign in (1.0, -1.0):
            result = self._solve(sign * objective, [(0.0, None)] * size, matrix, total)
            if result is not None and abs(objective @ result) > _SMALL:
                yield self._support(result)

    def _solve(self, objective: Any, bounds: list[tuple[float, float | None]], matrix: Any, total: Any) -> Any:
        from scipy.optimize import linprog

        # The simplex method ends in a corner, whose support is the least one.
        tight = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
        result = linprog(objective, A_eq=matrix, b_eq=total, bounds=bounds, method="highs-ds", options=tight)
        return result.x if result.status == 0 else None

    def _support(self, values: Any) -> list[int]:
        limit = _SMALL * values.max()
        return [i for i, value in zip(self.coordinates, values, strict=True) if value > limit]
