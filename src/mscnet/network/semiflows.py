"""Non-negative integer vectors that a sparse matrix annihilates: what a conserved moiety is made of.

`extreme_rays` finds all those of least support, exactly; there can be very many of them, so it gives up at a
limit, and `supports_by_programming` finds enough of them one by one with linear programming.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from mscnet.network.elimination import NullSpace, Vector

#: Work limit of `extreme_rays`: the most rays at a time, and the most comparisons of two supports.
MAX_RAYS = 2_000
MAX_COMPARISONS = 2_000_000
#: What counts as zero in the solution of a linear program whose largest value is 1.
_SMALL = 1e-7


def extreme_rays(vectors: Sequence[Vector], coordinates: Sequence[int]) -> list[Vector] | None:
    """Every y >= 0 of least support with y·v = 0 for all `vectors`, coprime; None where that is too much work.

    Source: the Farkas algorithm (Fourier-Motzkin elimination) with the support test, as for P-semiflows of Petri
    nets: J. Martinez, M. Silva, A simple and fast algorithm to obtain all invariants of a generalised Petri net
    (1982).
    """
    work = _Farkas(vectors, coordinates)
    return list(work.rays.values()) if work.run() else None


class _Farkas:
    """Rays of the cone y >= 0 that the vectors met so far leave, one vector met after another."""

    def __init__(self, vectors: Sequence[Vector], coordinates: Sequence[int]) -> None:
        bit = {i: 1 << position for position, i in enumerate(coordinates)}
        self.rays: dict[int, Vector] = {n: {i: 1} for n, i in enumerate(coordinates)}
        self.masks: dict[int, int] = {n: bit[i] for n, i in enumerate(coordinates)}
        self.images: dict[int, Vector] = {n: {} for n in self.rays}
        self.positive: dict[int, set[int]] = defaultdict(set)
        self.negative: dict[int, set[int]] = defaultdict(set)
        at = {i: n for n, i in enumerate(coordinates)}
        for j, vector in enumerate(vectors):
            for i, value in vector.items():
                self.images[at[i]][j] = value
                (self.positive if value > 0 else self.negative)[j].add(at[i])
        self.queue = [(self._cost(j), j) for j in range(len(vectors))]
        heapq.heapify(self.queue)
        self.next = len(self.rays)
        self.comparisons = 0

    def run(self) -> bool:
        """Whether all vectors were met within the limits."""
        met: set[int] = set()
        while self.queue:
            cost, j = heapq.heappop(self.queue)
            if j in met or cost != self._cost(j):
                continue
            met.add(j)
            if not self._meet(j):
                return False
        return True

    def _cost(self, j: int) -> int:
        return len(self.positive[j]) * len(self.negative[j])

    def _meet(self, j: int) -> bool:
        above, below = sorted(self.positive[j]), sorted(self.negative[j])
        self.comparisons += len(above) * len(below) * len(self.rays)
        if self.comparisons > MAX_COMPARISONS:
            return False
        new = [(p, q) for p, q in product(above, below) if self._adjacent(p, q)]
        if len(self.rays) + len(new) > MAX_RAYS + len(above) + len(below):
            return False
        touched: set[int] = set()
        for p, q in new:
            touched |= self._combine(p, q, j)
        for ray in (*above, *below):
            touched |= self._drop(ray)
        for other in touched:
            heapq.heappush(self.queue, (self._cost(other), other))
        return True

    def _adjacent(self, p: int, q: int) -> bool:
        union = self.masks[p] | self.masks[q]
        return not any(mask | union == union for ray, mask in self.masks.items() if ray != p and ray != q)

    def _combine(self, p: int, q: int, j: int) -> set[int]:
        a, b = self.images[p][j], -self.images[q][j]
        divisor = math.gcd(a, b)
        a, b = a // divisor, b // divisor
        ray, image = _mix(self.rays[p], b, self.rays[q], a), _mix(self.images[p], b, self.images[q], a)
        divisor = math.gcd(*ray.values())
        n, self.next = self.next, self.next + 1
        self.rays[n] = {i: value // divisor for i, value in ray.items()}
        self.images[n] = {i: value // divisor for i, value in image.items()}
        self.masks[n] = self.masks[p] | self.masks[q]
        for other, value in self.images[n].items():
            (self.positive if value > 0 else self.negative)[other].add(n)
        return set(self.images[n])

    def _drop(self, n: int) -> set[int]:
        del self.rays[n], self.masks[n]
        image = self.images.pop(n)
        for other, value in image.items():
            (self.positive if value > 0 else self.negative)[other].discard(n)
        return set(image)


def _mix(x: Vector, a: int, y: Vector, b: int) -> Vector:
    """``a·x + b·y`` without zeros."""
    result = {i: a * value for i, value in x.items()}
    for i, value in y.items():
        result[i] = result.get(i, 0) + b * value
    return {i: value for i, value in result.items() if value}


# --- by linear programming -------------------------------------------------------------------------


class Program:
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

        bounds = [(0.0, None)] * len(self.at)
        bounds[self.at[coordinate]] = (1.0, 1.0)
        return self._support(self._solve(np.ones(len(self.at)), bounds, self.matrix, np.zeros(self.matrix.shape[0])))

    def support_beyond(self, functional: Vector) -> list[int] | None:
        """The support of a ray on which `functional` is not zero; None where it vanishes on all of them."""
        import numpy as np
        from scipy.sparse import csr_array, vstack

        size = len(self.at)
        objective = np.zeros(size)
        for i, value in functional.items():
            objective[self.at[i]] = float(value)
        objective /= np.abs(objective).max()
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


def rays_by_programming(vectors: Sequence[Vector], space: NullSpace, coordinates: Sequence[int]) -> Iterator[Vector]:
    """To be replaced."""
    yield from ()
