"""What generation gives: the species and reactions that rules make of the seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from mscnet.mechanism.structure import Pattern
from mscnet.records import dataclass

#: Called now and then with the iteration, and the numbers of species and reactions so far; it may raise.
Progress = Callable[[int, int, int], None]

#: Why generation came to its end: nothing new came, a limit was met, or it was interrupted.
Ending = Literal["complete", "iterations", "molecules", "species", "reactions", "interrupted"]


class Event(NamedTuple):
    """One kind of reaction: what a rule does to species, by their numbers from 0.

    `reactants` are in the order of the rule's patterns (a species twice where two of it react), `products` in that of
    its products (a complex that falls apart where the rule does not say so gives more).  `factor` is the number of
    ways in which the rule does just this, times its statistical factor.  For each label of the rule that a local
    function looks at (`Engine.tags`, in their order), `tags` holds the number of the species and, where a molecule is
    meant, that of the molecule in it (else -1).
    """

    rule: int
    reactants: tuple[int, ...]
    products: tuple[int, ...]
    factor: Fraction
    tags: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Generated:
    """Species in the order in which they were found, the seeds first (in their order, equal ones once).

    `texts` are canonical: two species are the same if and only if their texts are; `species` may be made as they are
    asked for.  `seeds` says which species each seed is.  `ending` says why generation stopped, `iterations` after how
    many, and `growing` which of the last species were the largest where a limit was met.
    """

    texts: tuple[str, ...]
    species: Sequence[Pattern]
    seeds: tuple[int, ...]
    events: tuple[Event, ...]
    ending: Ending
    iterations: int
    growing: tuple[int, ...] = ()
