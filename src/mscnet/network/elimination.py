"""The exact left null space of a sparse integer matrix.

Elimination runs modulo a large prime, where numbers never grow; the vectors are then read back as rationals
and proved: each annihilates the matrix exactly, and as the rank modulo a prime is never above the true one, no
vector can be missing.  Should one fail, a larger prime is taken.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from fractions import Fraction

from mscnet.records import dataclass

#: Exponents n of the Mersenne primes ``2^n - 1`` that serve as moduli, the next where one is too small.
_EXPONENTS = (61, 127, 521, 2203, 9941, 44497)

#: A sparse integer vector.
Vector = dict[int, int]


@dataclass(frozen=True, slots=True)
class NullSpace:
    """`vectors` are a basis of coprime integer vectors y with y·v = 0 for every given vector v.

    Vector n alone is not zero, but positive, at coordinate ``free[n]``; so its support is a least one.  `pivots`
    are indices of given vectors that are independent and span all of them.
    """

    vectors: tuple[Vector, ...]
    free: tuple[int, ...]
    pivots: tuple[int, ...]


def null_space(vectors: Sequence[Vector], coordinates: Iterable[int]) -> NullSpace:
    """The vectors over `coordinates` that are orthogonal to all `vectors`, exactly."""
    coordinates = list(coordinates)
    for exponent in _EXPONENTS:
        prime = 2**exponent - 1
        elimination = _Elimination(vectors, prime)
        elimination.run()
        free = _back_substitute(elimination.solved, coordinates, prime)
        basis = [_integers(residues, prime) for residues in free.values()]
        if all(vector is not None for vector in basis):
            found = tuple(vector for vector in basis if vector is not None)
            if annihilates(found, vectors):
                return NullSpace(found, tuple(free), tuple(elimination.used))
    raise ArithmeticError("the conservation laws of this network have coefficients of thousands of digits")


def annihilates(candidates: Iterable[Vector], vectors: Sequence[Vector]) -> bool:
    """Whether every candidate is orthogonal to every vector."""
    by_coordinate: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for j, vector in enumerate(vectors):
        for i, value in vector.items():
            by_coordinate[i].append((j, value))
    for candidate in candidates:
        products: dict[int, int] = defaultdict(int)
        for i, coefficient in candidate.items():
            for j, value in by_coordinate[i]:
                products[j] += coefficient * value
        if any(products.values()):
            return False
    return True


def restricted(vector: Vector, coordinates: Container[int]) -> Vector:
    """A vector's part on some coordinates."""
    return {i: value for i, value in vector.items() if i in coordinates}


def first_independent(vectors: Iterable[Vector], most: int) -> list[int]:
    """Indices of the vectors that do not depend on those before them, up to `most` of them."""
    prime = 2 ** _EXPONENTS[1] - 1
    echelon: dict[int, Vector] = {}
    chosen: list[int] = []
    for n, vector in enumerate(vectors):
        if len(chosen) == most:
            break
        rest = {i: value % prime for i, value in vector.items()}
        while rest and (first := min(rest)) in echelon:
            factor = rest[first]
            for i, value in echelon[first].items():
                rest[i] = (rest.get(i, 0) - factor * value) % prime
                if not rest[i]:
                    del rest[i]
        if rest:
            first = min(rest)
            inverse = pow(rest[first], -1, prime)
            echelon[first] = {i: value * inverse % prime for i, value in rest.items()}
            chosen.append(n)
    return chosen


def coprime(vector: dict[int, Fraction]) -> Vector:
    """The shortest integer vector along a rational one."""
    scale = math.lcm(*(value.denominator for value in vector.values()))
    whole = {i: int(value * scale) for i, value in vector.items()}
    divisor = math.gcd(*whole.values()) or 1
    return {i: value // divisor for i, value in whole.items()}


# --- elimination modulo a prime --------------------------------------------------------------------


class _Elimination:
    """Solves y·v = 0 for one coordinate after another, with little fill-in.

    `solved` holds pairs of a coordinate and the others that it is a sum of, which are solved later or free;
    `used` the indices of the vectors that it took.
    """

    def __init__(self, vectors: Sequence[Vector], prime: int) -> None:
        self.prime = prime
        self.rows = {j: {i: value % prime for i, value in vector.items()} for j, vector in enumerate(vectors) if vector}
        self.columns: dict[int, set[int]] = defaultdict(set)
        for j, row in self.rows.items():
            for i in row:
                self.columns[i].add(j)
        self.queue = [(len(row), j) for j, row in self.rows.items()]
        heapq.heapify(self.queue)
        self.single = [i for i, holders in self.columns.items() if len(holders) == 1]
        self.solved: list[tuple[int, Vector]] = []
        self.used: list[int] = []

    def run(self) -> None:
        while (pivot := self._next_pivot()) is not None:
            j, i = pivot
            row = self.rows.pop(j)
            for k in row:
                self._forget(k, j)
            inverse = pow(-row.pop(i), -1, self.prime)
            expression = {k: value * inverse % self.prime for k, value in row.items()}
            for other in self.columns.pop(i):
                self._substitute(other, i, expression)
            self.solved.append((i, expression))
            self.used.append(j)

    def _next_pivot(self) -> tuple[int, int] | None:
        """A row and the coordinate to solve it for: a coordinate of one row alone, else the shortest row's rarest."""
        while self.single:
            i = self.single.pop()
            holders = self.columns.get(i, ())
            if len(holders) == 1:
                return next(iter(holders)), i
        while self.queue:
            length, j = heapq.heappop(self.queue)
            row = self.rows.get(j, {})
            if row and len(row) == length:
                return j, min(row, key=lambda k: (len(self.columns[k]), k))
        return None

    def _substitute(self, j: int, i: int, expression: Vector) -> None:
        """Puts `expression` in the place of coordinate `i` in row `j`."""
        row, prime = self.rows[j], self.prime
        factor = row.pop(i)
        for k, value in expression.items():
            old = row.get(k)
            if old is None:
                row[k] = factor * value % prime
                self.columns[k].add(j)
                continue
            new = (old + factor * value) % prime
            if new:
                row[k] = new
            else:
                del row[k]
                self._forget(k, j)
        if row:
            heapq.heappush(self.queue, (len(row), j))
        else:
            del self.rows[j]

    def _forget(self, k: int, j: int) -> None:
        holders = self.columns[k]
        holders.discard(j)
        if len(holders) == 1:
            self.single.append(k)


def _back_substitute(solved: list[tuple[int, Vector]], coordinates: Sequence[int], prime: int) -> dict[int, Vector]:
    """One null vector modulo `prime` for each coordinate that is free, in order of coordinates."""
    bound = {i for i, _ in solved}
    basis: dict[int, Vector] = {i: {i: 1} for i in coordinates if i not in bound}
    parts: dict[int, Vector] = {i: {i: 1} for i in basis}
    for i, expression in reversed(solved):
        total: Vector = {}
        for k, factor in expression.items():
            for free, value in parts[k].items():
                total[free] = (total.get(free, 0) + factor * value) % prime
        parts[i] = {free: value for free, value in total.items() if value}
        for free, value in parts[i].items():
            basis[free][i] = value
    return basis


def _integers(residues: Vector, prime: int) -> Vector | None:
    """The coprime integer vector behind residues modulo `prime`, None where none is small enough."""
    known: dict[int, Fraction | None] = {}
    values: dict[int, Fraction] = {}
    for i, residue in residues.items():
        if residue not in known:
            known[residue] = _rational(residue, prime)
        value = known[residue]
        if value is None:
            return None
        values[i] = value
    return coprime(values)


def _rational(residue: int, prime: int) -> Fraction | None:
    """The fraction p/q = residue modulo `prime` with p and q below its root over two, if there is one.

    Source: rational reconstruction by the extended Euclidean algorithm (Wang 1981).
    """
    bound = math.isqrt(prime // 2)
    if residue <= bound:
        return Fraction(residue)
    if prime - residue <= bound:
        return Fraction(residue - prime)
    a, b, s, t = prime, residue, 0, 1
    while b > bound:
        quotient = a // b
        a, b, s, t = b, a - quotient * b, t, s - quotient * t
    return Fraction(b, t) if 0 < abs(t) <= bound else None
