"""Non-negative conservation laws of networks with very many of them, by linear programming.

A linear program (SciPy's HiGHS) only proposes which species a law holds; its coefficients are then computed
exactly, so that no law depends on a rounded number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    functionals = list(null_space([restricted(ray, frozenset(space.free)) for ray in rays], space.free).vectors)
    while functionals:
        functional = functionals.pop()
        ray = _ray_on(program.support_beyond(functional), vectors)
        if ray is not None and _product(functional, ray):
            rays.append(ray)
            functionals = [_vanishing(other, functional, ray) for other in functionals]
    return rays


def _vanishing(other: Vector, functional: Vector, ray: Vector) -> Vector:
    """`other` with as much of `functional` taken off as makes it vanish on `ray`."""
    own, taken = _product(functional, ray), _product(other, ray)
    if not taken:
        return other
    mixed = {i: own * other.get(i, 0) - taken * functional.get(i, 0) for i in other.keys() | functional.keys()}
    divisor = math.gcd(*mixed.values())
    return {i: value // divisor for i, value in mixed.items() if value}


def _product(functional: Vector, ray: Vector) -> int:
    return sum(value * ray.get(i, 0) for i, value in functional.items())


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
        return self._support(self._solve(np.ones(len(self.at)), bounds, self.matrix, np.zeros(self.matrix.shape[0])))

    def support_beyond(self, functional: Vector) -> list[int] | None:
        """The support of a ray on which `functional` is not zero; None where it vanishes on all of them."""
        import numpy as np
        from scipy.sparse import csr_array, vstack

        size = len(self.at)
        objective = np.zeros(size)
        largest = max(map(abs, functional.values()))
        for i, value in functional.items():
            # Whole numbers of any length, so divided before they become floats.
            objective[self.at[i]] = value / largest
        matrix = vstack([self.matrix, csr_array(np.ones((1, size)))], format="csr")
        total = np.zeros(matrix.shape[0])
        total[-1] = 1.0
        for sign in (1.0, -1.0):
            result = self._solve(sign * objective, [(0.0, None)] * size, matrix, total)
            if result is not None and abs(objective @ result) > _SMALL:
                return self._support(result)
        return None

    def _solve(self, objective: Any, bounds: list[tuple[float, float | None]], matrix: Any, total: Any) -> Any:
        from scipy.optimize import linprog

        # The simplex method ends in a corner, whose support is the least one.
        result = linprog(objective, A_eq=matrix, b_eq=total, bounds=bounds, method="highs-ds")
        return result.x if result.status == 0 else None

    def _support(self, values: Any) -> list[int] | None:
        if values is None:
            return None
        limit = _SMALL * values.max()
        return [i for i, value in zip(self.coordinates, values, strict=True) if value > limit]
