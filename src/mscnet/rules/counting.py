"""How often observables and energy patterns count in a species, in a molecule of it or as a whole.

An observable of kind ``molecules`` counts embeddings (a pattern that is symmetric counts each place as often as it has
symmetries: ``A(a!1).A(a!1)`` counts a dimer twice), one of kind ``species`` counts a species once for each pattern that
is found in it.  The numbers of an energy pattern are divided by its symmetries.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from operator import eq, ge, gt, le, lt, ne

import numpy as np
import numpy.typing as npt

from mscnet.mechanism.structure import Count, EnergyPattern
from mscnet.rules.graph import NONE, Graph, Vocabulary, pattern_graph
from mscnet.rules.match import Matcher, counter
from mscnet.rules.symmetry import symmetries

_RELATIONS: dict[str, Callable[[int, int], bool]] = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


class Counter:
    """An observable, ready to be counted.  Raises `MechanismError` (E300) for a pattern that cannot be."""

    def __init__(self, count: Count, vocabulary: Vocabulary) -> None:
        self.kind = count.kind
        graphs = [pattern_graph(pattern, vocabulary) for pattern in count.patterns if pattern.molecules]
        self.matchers = [counter(graph) for graph in graphs]

    def in_species(self, graph: Graph) -> int:
        """What one species of this kind adds to the observable."""
        return self._total(graph, NONE)

    def in_molecule(self, graph: Graph, molecule: int) -> int:
        """What counts in one molecule: only what sends the first molecule of a pattern to it."""
        return self._total(graph, molecule)

    def totals(self, found: npt.NDArray[np.int64]) -> list[int]:
        """What each species adds, from how often each pattern is found in it, as an array [pattern, species]."""
        total = np.zeros(found.shape[1], dtype=np.int64)
        for matcher, numbers in zip(self.matchers, found, strict=True):
            pattern = matcher.pattern
            numbers = np.minimum(numbers, 1) if pattern.once else numbers
            if self.kind == "species":
                relation, bound = pattern.source.relation or (">", 0)
                numbers = _RELATIONS[relation](numbers, bound)
            total += numbers
        return [int(number) for number in total]

    def _total(self, graph: Graph, root: int) -> int:
        if self.kind == "molecules":
            return sum(_number(matcher, graph, root) for matcher in self.matchers)
        return sum(_is_there(matcher, graph, root) for matcher in self.matchers)


def _number(matcher: Matcher, graph: Graph, root: int) -> int:
    number = matcher.count(graph, root)
    return min(number, 1) if matcher.pattern.once else number


def _is_there(matcher: Matcher, graph: Graph, root: int) -> bool:
    relation = matcher.pattern.source.relation
    if relation is None:
        return matcher.found_in(graph) if root == NONE else matcher.count(graph, root) > 0
    return _RELATIONS[relation[0]](_number(matcher, graph, root), relation[1])


class EnergyCounter:
    """An energy pattern, ready to be counted: each place where it is found once."""

    def __init__(self, energy: EnergyPattern, vocabulary: Vocabulary) -> None:
        graph = pattern_graph(energy.pattern, vocabulary)
        self.matcher = counter(graph)
        self.symmetries = symmetries(graph)

    def in_species(self, graph: Graph) -> Fraction:
        """How many times the energy is added for this species."""
        return self.places(self.matcher.count(graph))

    def places(self, number: int) -> Fraction:
        """The same, from the number of all matches."""
        return Fraction(min(number, 1) if self.matcher.pattern.once else number, self.symmetries)
