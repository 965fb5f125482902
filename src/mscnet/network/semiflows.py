"""Non-negative integer vectors that a sparse matrix annihilates: what a conserved moiety is made of.

All those of least support, exactly.  There can be very many of them, so it gives up at a limit.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import product

from mscnet.network.elimination import Vector

#: Work limit of `extreme_rays`: the most rays at a time, and the most comparisons of two supports.
MAX_RAYS = 2_000
MAX_COMPARISONS = 2_000_000


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
