"""Sums and products of expressions in which zeros are left out."""

from __future__ import annotations

from collections.abc import Iterable

from mscnet.mechanism.expression import ZERO, Expression, Sum
from mscnet.network.rates import multiply


def times(*factors: Expression) -> Expression:
    """A flat product, zero where a factor is."""
    return ZERO if ZERO in factors else multiply(*factors)


def added(terms: Iterable[Expression]) -> Expression:
    """A flat sum, without its zeros."""
    flat: list[Expression] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Sum) else (term,))
    kept = tuple(term for term in flat if term != ZERO)
    if not kept:
        return ZERO
    return kept[0] if len(kept) == 1 else Sum(kept)
