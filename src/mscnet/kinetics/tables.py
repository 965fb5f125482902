"""Mass action as tables: coefficients and index arrays, evaluated in a few vectorised operations.

Two tables.  `Products` holds the usual reactions, of small whole orders: each has up to `MAX_ORDER` slots
that name a species once for every order it has.  `Powers` holds the others: rate = k · ∏ x^p, where x is
taken as 0 if it is negative and p is not a whole number, since an integrator may step a little below zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.kinetics.blocks import Block, FloatArray, IntArray, Pattern, finite
from mscnet.kinetics.partition import Orders, Row
from mscnet.mechanism.expression import Expression
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, field, replace

#: The highest overall order of a reaction in the table of plain products.
MAX_ORDER = 4


def build_tables(rows: Sequence[Row], n_species: int, mechanism: Mechanism) -> list[Block]:
    """The tables that hold `rows`; none if there are no rows."""
    plain = [row for row in rows if _is_plain(row.orders)]
    other = [row for row in rows if not _is_plain(row.orders)]
    blocks: list[Block] = []
    if plain:
        slots = _padded(
            (tuple(i for i, p in row.orders for _ in range(int(p))) for row in plain), len(plain), n_species
        )
        blocks.append(Products(*_head(plain, mechanism), n_species, slots))
    if other:
        species = _padded((tuple(i for i, _ in row.orders) for row in other), len(other), n_species)
        powers = np.ones(species.shape)
        for column, row in enumerate(other):
            powers[: len(row.orders), column] = [float(p) for _, p in row.orders]
        blocks.append(Powers(*_head(other, mechanism), n_species, species, powers))
    return blocks


def _is_plain(orders: Orders) -> bool:
    return all(p.denominator == 1 and p >= 0 for _, p in orders) and sum(p for _, p in orders) <= MAX_ORDER


def _padded(rows: Iterable[tuple[int, ...]], n_rows: int, pad: int) -> IntArray:
    """The rows as columns of an array as high as the longest; what is left over holds `pad`."""
    held = list(rows)
    width = max(1, max(map(len, held)))
    flat = np.fromiter((i for row in held for i in row + (pad,) * (width - len(row))), np.int64, width * n_rows)
    return np.ascontiguousarray(flat.reshape(n_rows, width).T)


def _head(rows: Sequence[Row], mechanism: Mechanism) -> tuple[IntArray, tuple[Expression, ...], FloatArray, FloatArray]:
    statics = tuple(row.coefficient for row in rows)
    factors = np.array([row.factor for row in rows])
    return np.array([row.reaction for row in rows]), statics, factors, evaluate_all(statics, mechanism) * factors


def evaluate_all(statics: Sequence[Expression], mechanism: Mechanism) -> FloatArray:
    """The values of static expressions, as floats."""
    return np.fromiter(map(mechanism.evaluate, statics), np.float64, len(statics))


@dataclass(frozen=True, eq=False)
class _Table:
    """What both tables have: `coefficients` = value of `statics` × `factors`, one a reaction."""

    reactions: IntArray
    statics: tuple[Expression, ...] = field(repr=False)
    factors: FloatArray = field(repr=False)
    coefficients: FloatArray
    n_species: int
    #: (slots, reactions): species of each slot; `n_species`, the 1.0 of the extended state, where there is none.
    slots: IntArray

    @property
    def entries(self) -> int:
        return self.slots.size

    def pattern(self) -> Pattern:
        entry = np.flatnonzero(self.slots.ravel() < self.n_species)
        reaction = self.reactions[entry % len(self.reactions)]
        return Pattern(entry, reaction, self.slots.ravel()[entry], np.ones(len(entry)))

    def with_values(self, mechanism: Mechanism) -> Block:
        new: Any = replace(self, coefficients=evaluate_all(self.statics, mechanism) * self.factors)
        return new


@dataclass(frozen=True, eq=False)
class Products(_Table):
    """Reactions whose monomial is a product of up to `MAX_ORDER` concentrations."""

    def rates(self, time: float, state: NDArray[Any]) -> NDArray[Any]:
        monomials: NDArray[Any] = np.multiply.reduce(state[self.slots], axis=0)
        return self.coefficients * monomials

    def derivatives(self, time: float, state: FloatArray) -> FloatArray:
        # a coefficient may be 1/0: the caller sees that in the rates
        return finite((self.coefficients * _others(state[self.slots])).ravel())


@dataclass(frozen=True, eq=False)
class Powers(_Table):
    """Reactions whose monomial is a product of powers: fractional, negative or high orders."""

    powers: FloatArray

    def rates(self, time: float, state: NDArray[Any]) -> NDArray[Any]:
        monomials: NDArray[Any] = np.multiply.reduce(self._bases(state) ** self.powers, axis=0)
        return self.coefficients * monomials

    def derivatives(self, time: float, state: FloatArray) -> FloatArray:
        bases = self._bases(state)
        inner = self.powers * bases ** (self.powers - 1.0)
        return finite((self.coefficients * inner * _others(bases**self.powers)).ravel())

    def _bases(self, state: NDArray[Any]) -> NDArray[Any]:
        bases = state[self.slots]
        return np.where((bases.real < 0.0) & (self.powers % 1.0 != 0.0), 0.0, bases)


def _others(values: FloatArray) -> FloatArray:
    """For every slot the product of the other slots of its column (no division: a value may be 0)."""
    width = len(values)
    out = np.ones_like(values)
    for slot in range(1, width):
        out[slot] = out[slot - 1] * values[slot - 1]
    after = np.ones(values.shape[1:])
    for slot in range(width - 2, -1, -1):
        after = after * values[slot + 1]
        out[slot] *= after
    return out
