"""Conservation laws: integer combinations of concentrations that no reaction changes.

Exact over the integers, and non-negative (conserved moieties) wherever the network has a basis of such laws.
Constant species are reservoirs: no law rests on them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from mscnet.network.elimination import NullSpace, Vector, first_independent, null_space, restricted
from mscnet.network.latex import species_latex, sum_latex
from mscnet.network.network import Network
from mscnet.network.programming import rays_by_programming
from mscnet.network.semiflows import extreme_rays
from mscnet.records import dataclass


@dataclass(frozen=True, slots=True)
class ConservationLaw:
    """``Σ coefficient·[species] = const``, with coprime integers, in order of species."""

    coefficients: tuple[tuple[str, int], ...]

    @property
    def species(self) -> tuple[str, ...]:
        """The species that the law counts."""
        return tuple(name for name, _ in self.coefficients)

    @property
    def non_negative(self) -> bool:
        """Whether it is a sum, that is, the total of a conserved moiety."""
        return all(coefficient > 0 for _, coefficient in self.coefficients)

    def text(self) -> str:
        """As a chemist writes it: ``CdTe_PC + 2 CdTeSe_PC399 = const``."""
        return f"{sum_text(self.coefficients)} = const"

    def latex(self) -> str:
        """The law in LaTeX, without dollar signs."""
        terms = [_signed(c, rf"{abs(c)} \, ", species_latex(name)) for name, c in self.coefficients]
        return rf"{sum_latex(terms)} = \mathrm{{const}}"

    def __str__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


def sum_text(coefficients: Iterable[tuple[str, int]]) -> str:
    """``A + 2 B - C`` for names with integers."""
    text = "".join(f" {'-' if c < 0 else '+'} {_signed(abs(c), f'{abs(c)} ', name)}" for name, c in coefficients)
    return f"-{text[3:]}" if text.startswith(" -") else text[3:]


def _signed(coefficient: int, times: str, name: str) -> str:
    return ("-" if coefficient < 0 else "") + (times if abs(coefficient) != 1 else "") + name


def conservation_laws(network: Network) -> tuple[ConservationLaw, ...]:
    """All independent conservation laws, n_species - rank of them, species held constant apart.

    Laws with the fewest species come first, then in order of species.  A species that no reaction changes is a law
    of its own.  Laws are of least support; where the network has a basis of non-negative ones all are so, else
    as many as there are, then signed ones.

    Raises:
        MechanismError: a symbolic coefficient whose parameters have no value.

    Source: the basis is exact (see `elimination`); non-negative laws are the extreme rays of the cone of
    P-semiflows (see `semiflows`), or found by linear programming where those are too many (see `programming`).
    """
    laws = [law for part in _components(network) for law in _laws_of(*part)]
    laws.sort(key=_reading_order)
    names = network.species
    return tuple(ConservationLaw(tuple((names[i], law[i]) for i in sorted(law))) for law in laws)


def rank(network: Network) -> int:
    """The exact rank of the stoichiometric matrix over the species that are not constant.

    Raises:
        MechanismError: a symbolic coefficient whose parameters have no value.
    """
    return sum(len(null_space(vectors, coordinates).pivots) for coordinates, vectors in _components(network))


def null_vectors(network: Network) -> list[Vector]:
    """A basis of the conservation laws as it falls out of the elimination.

    Quicker than `conservation_laws`, and signed where that happens.  Vectors map species indices to integers.

    Raises:
        MechanismError: a symbolic coefficient whose parameters have no value.
    """
    spaces = (null_space(vectors, coordinates) for coordinates, vectors in _components(network))
    return [vector for space in spaces for vector in space.vectors]


def _laws_of(coordinates: list[int], vectors: list[Vector]) -> list[Vector]:
    """The laws of a connected part of the network."""
    space = null_space(vectors, coordinates)
    if len(space.vectors) < 2:
        return [_oriented(vector) for vector in space.vectors]
    pivots = [vectors[j] for j in space.pivots]
    rays = extreme_rays(pivots, coordinates)
    if rays is None:
        rays = rays_by_programming(pivots, space, coordinates)
    return _chosen(rays, space)


def _chosen(rays: list[Vector], space: NullSpace) -> list[Vector]:
    """A basis out of rays, the shortest first, and where they do not suffice of signed laws."""
    candidates = sorted(rays, key=_reading_order) + sorted(map(_oriented, space.vectors), key=_reading_order)
    # The free coordinates determine a law, so they decide on independence.
    parts = (restricted(law, frozenset(space.free)) for law in candidates)
    return [candidates[n] for n in first_independent(parts, len(space.vectors))]


def _reading_order(law: Vector) -> tuple[int, int, list[tuple[int, int]]]:
    return len(law), sum(map(abs, law.values())), sorted(law.items())


def _oriented(law: Vector) -> Vector:
    """The law with its first coefficient positive."""
    return law if law[min(law)] > 0 else {i: -value for i, value in law.items()}


def _components(network: Network) -> list[tuple[list[int], list[Vector]]]:
    """Connected parts: their species that are not constant, and the distinct integer columns on these."""
    columns = _distinct_columns(network)
    leader = list(range(len(network.species)))

    def find(i: int) -> int:
        while leader[i] != i:
            leader[i] = i = leader[leader[i]]
        return i

    for column in columns:
        first = find(column[0][0])
        for i, _ in column[1:]:
            leader[find(i)] = first
    members: dict[int, list[int]] = defaultdict(list)
    vectors: dict[int, list[Vector]] = defaultdict(list)
    for i, constant in enumerate(network.constant):
        if not constant:
            members[find(i)].append(i)
    for column in columns:
        vectors[find(column[0][0])].append(dict(column))
    return [(coordinates, vectors[root]) for root, coordinates in members.items()]


def _distinct_columns(network: Network) -> list[tuple[tuple[int, int], ...]]:
    """The directions in which reactions change the species, as coprime integers, each once."""
    distinct: dict[tuple[tuple[int, int], ...], None] = {}
    for entries in network.entries:
        kept = [(i, value) for i, value in entries if not network.constant[i]]
        if kept:
            scale = math.lcm(*(value.denominator for _, value in kept))
            whole = [int(value * scale) for _, value in kept]
            divisor = math.gcd(*whole) * (1 if whole[0] > 0 else -1)
            distinct[tuple((i, value // divisor) for (i, _), value in zip(kept, whole, strict=True))] = None
    # Sorted, so that the laws do not depend on the order of the reactions.
    return sorted(distinct)
