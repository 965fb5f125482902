"""Fast steps as blocks: which species hang together by equilibria, and how few concentrations say all of them.

Of the species of a block some are *masters*, as many as there are totals that its steps conserve; the others are
*secondary*, each a constant times powers of the masters: ln x_s = Σ a_sj ln c_j + Σ w_si ln K_i.  The same exponents
give the totals, T_j = c_j + Σ a_sj x_s.  Source: the tableau method of aqueous chemistry, F. M. M. Morel and
J. G. Hering, Principles and Applications of Aquatic Chemistry (1993), chapter 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.expression import Expression, Number, Power, Product, Symbol
from mscnet.mechanism.types import Reaction
from mscnet.network.network import Network
from mscnet.records import dataclass, replace

#: The most fast steps, and species, that may hang together.
MAX_STEPS, MAX_SPECIES = 12, 30
#: Up to so many choices of secondary species all are looked at.
_ALL_CHOICES = 500

Row = tuple[Fraction, ...]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Secondary:
    """A species whose concentration follows from the masters: their exponents, and those of the steps' constants."""

    species: int
    exponents: Row
    weights: Row


@dataclass(frozen=True, slots=True)
class Block:
    """Species that hang together by fast steps; `steps` are reaction indices, independent ones, `constants` their
    equilibrium constants with constant species in them; `dependent` are further steps with what they follow from:
    ln K = Σ weight ln K_i over `steps`."""

    masters: tuple[int, ...]
    secondaries: tuple[Secondary, ...]
    steps: tuple[int, ...]
    constants: tuple[Expression, ...]
    dependent: tuple[tuple[int, Expression, Row], ...] = ()

    @property
    def species(self) -> tuple[int, ...]:
        """The indices of its species, masters first."""
        return (*self.masters, *(each.species for each in self.secondaries))


def is_fast(reaction: Reaction) -> bool:
    """Whether a reaction is always at equilibrium."""
    return reaction.law.kind == "fast"


def blocks_of(network: Network) -> tuple[Block, ...]:
    """The blocks of a network, in the order of its species; none where it has no fast step.

    Raises:
        MechanismError: more steps or species hang together than `MAX_STEPS` and `MAX_SPECIES`.
    """
    reactions = network.mechanism.reactions
    fast = [j for j, reaction in enumerate(reactions) if is_fast(reaction)]
    if not fast:
        return ()
    columns: dict[int, dict[int, Fraction]] = {}
    for j in fast:
        columns[j] = {i: c for i, c in column_of(network, j) if not network.constant[i]}
    return tuple(_block(network, columns, steps) for steps in together(columns))


def column_of(network: Network, j: int) -> tuple[tuple[int, Fraction], ...]:
    """The net stoichiometry of a fast step, which has numbers for coefficients."""
    return tuple((i, c) for i, c in network.net[j] if isinstance(c, Fraction))


def together(columns: dict[int, dict[int, Fraction]]) -> Iterator[list[int]]:
    """Steps that share species, directly or through others."""
    left = {j: set(column) for j, column in columns.items()}
    while left:
        first = next(iter(left))
        steps, species = [first], left.pop(first)
        grown = True
        while grown:
            grown = False
            for j in list(left):
                if left[j] & species:
                    species |= left.pop(j)
                    steps.append(j)
                    grown = True
        yield sorted(steps)


def _block(network: Network, columns: dict[int, dict[int, Fraction]], steps: list[int]) -> Block:
    reactions = network.mechanism.reactions
    species = sorted({i for j in steps for i in columns[j]})
    kept, dependent = _independent(columns, steps)
    if len(kept) > MAX_STEPS or len(species) > MAX_SPECIES:
        message = (
            f"{len(kept)} fast steps of {len(species)} species hang together; "
            f"at most {MAX_STEPS} of {MAX_SPECIES} can be solved for"
        )
        hint = "write some of them as ordinary reversible steps, with rate constants"
        raise MechanismError.of("E286", message, span=reactions[steps[-1]].span, hint=hint)
    constants = {j: _with_constants(network, j) for j in steps}
    bare = block_of_columns(columns, kept)
    return replace(
        bare,
        constants=tuple(constants[j] for j in kept),
        dependent=tuple((j, constants[j], weights) for j, weights in dependent),
    )


def block_of_columns(columns: dict[int, dict[int, Fraction]], steps: Sequence[int]) -> Block:
    """The block, without its constants, of independent steps with these stoichiometries."""
    return _block_of(tuple(steps), tuple(tuple(sorted(columns[j].items())) for j in steps))


@lru_cache(maxsize=256)
def _block_of(steps: tuple[int, ...], vectors: tuple[tuple[tuple[int, Fraction], ...], ...]) -> Block:
    columns = {j: dict(vector) for j, vector in zip(steps, vectors, strict=True)}
    species = sorted({i for j in steps for i in columns[j]})
    chosen = _chosen(columns, steps, species)
    inverse = _inverse([[columns[j].get(i, Fraction(0)) for i in chosen] for j in steps])
    assert inverse is not None
    masters = tuple(i for i in species if i not in chosen)
    secondaries = []
    for row, i in zip(inverse, chosen, strict=True):
        parts = ((w * columns[j].get(m, Fraction(0)) for w, j in zip(row, steps, strict=True)) for m in masters)
        secondaries.append(Secondary(i, tuple(-sum(each, Fraction(0)) for each in parts), tuple(row)))
    return Block(masters, tuple(secondaries), steps, ())


def _with_constants(network: Network, j: int) -> Expression:
    """K over the constant species of a step: what the product of the others comes to."""
    reaction = network.mechanism.reactions[j]
    factors = [reaction.law.expression]
    left_out = {term.species for term in reaction.orders}
    for i, coefficient in column_of(network, j):
        if network.constant[i] and network.species[i] not in left_out:
            factors.append(Power(Symbol(network.species[i], "species"), Number(-coefficient)))
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


# --- linear algebra in fractions -----------------------------------------------------------------


def _independent(
    columns: dict[int, dict[int, Fraction]], steps: Sequence[int]
) -> tuple[list[int], list[tuple[int, Row]]]:
    """The first independent steps, and the others as sums of these."""
    kept: list[int] = []
    reduced: list[tuple[int, dict[int, Fraction], dict[int, Fraction]]] = []  # pivot, vector, which steps it is of
    others: list[tuple[int, dict[int, Fraction]]] = []
    for j in steps:
        vector, made = dict(columns[j]), {j: Fraction(1)}
        for pivot, row, of in reduced:
            factor = vector.get(pivot, Fraction(0))
            if factor:
                vector = _less(vector, row, factor)
                made = _less(made, of, factor)
        if vector:
            pivot = min(vector)
            scale = 1 / vector[pivot]
            reduced.append((pivot, {i: v * scale for i, v in vector.items()}, {i: v * scale for i, v in made.items()}))
            kept.append(j)
        else:
            others.append((j, made))
    return kept, [(j, tuple(-made.get(i, Fraction(0)) for i in kept)) for j, made in others]


def _less(a: dict[int, Fraction], b: dict[int, Fraction], factor: Fraction) -> dict[int, Fraction]:
    found = defaultdict(Fraction, a)
    for i, value in b.items():
        found[i] -= factor * value
    return {i: value for i, value in found.items() if value}


def _inverse(matrix: list[list[Fraction]]) -> list[Row] | None:
    """The inverse of a square matrix; None where it has none."""
    n = len(matrix)
    rows = [[*row, *(Fraction(int(i == k)) for k in range(n))] for i, row in enumerate(matrix)]
    for column in range(n):
        at = next((i for i in range(column, n) if rows[i][column]), None)
        if at is None:
            return None
        rows[column], rows[at] = rows[at], rows[column]
        scale = rows[column][column]
        rows[column] = [value / scale for value in rows[column]]
        for i in range(n):
            factor = rows[i][column]
            if i != column and factor:
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[column], strict=True)]
    return [tuple(row[n:]) for row in rows]


# --- which species follow from the others ---------------------------------------------------------


def _chosen(columns: dict[int, dict[int, Fraction]], steps: Sequence[int], species: Sequence[int]) -> list[int]:
    """The secondary species, as many as there are steps: so that exponents are whole, few and above zero, since a
    power below zero of a master that is not there has no value."""
    matrix = np.array([[float(columns[j].get(i, 0)) for i in species] for j in steps])
    every = range(len(species))

    def score(choice: Sequence[int]) -> tuple[int, ...] | None:
        return _score(matrix, sorted(choice))

    if comb(len(species), len(steps)) <= _ALL_CHOICES:
        every_choice = ((score(choice), choice) for choice in combinations(every, len(steps)))
        return [species[i] for i in min((s, choice) for s, choice in every_choice if s is not None)[1]]
    place = {i: n for n, i in enumerate(species)}
    best = [place[i] for i in _some_choice(columns, steps, species)]
    while True:
        swapped = [[*(i for i in best if i != out), into] for out in best for into in every if into not in best]
        scored = [(s, sorted(choice)) for choice in swapped if (s := score(choice)) is not None]
        better, own = min(scored, default=None), score(best)
        assert own is not None
        if better is None or better[0] >= own:
            return [species[i] for i in sorted(best)]
        best = better[1]


def _score(matrix: FloatArray, choice: Sequence[int]) -> tuple[int, ...] | None:
    """How good the exponents of a choice (columns of a matrix, steps by species) are; None where it does not serve."""
    own = matrix[:, choice]
    if abs(np.linalg.det(own)) < 1e-9:
        return None
    exponents = np.linalg.solve(own, np.delete(matrix, choice, axis=1))
    exponents[np.abs(exponents) < 1e-9] = 0.0
    broken = np.abs(exponents - np.rint(exponents)) > 1e-9
    return int(broken.sum()), int((exponents > 0).sum()), int((exponents != 0).sum()), int(np.abs(exponents).sum())


def _some_choice(columns: dict[int, dict[int, Fraction]], steps: Sequence[int], species: Sequence[int]) -> list[int]:
    """Independent species, those first that are in the fewest steps."""
    rows = {i: {j: columns[j][i] for j in steps if i in columns[j]} for i in species}
    order = sorted(species, key=lambda i: (len(rows[i]), -i))
    kept, _ = _independent(rows, order)
    return kept
