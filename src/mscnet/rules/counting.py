"""How often observables and energy patterns count in a species, in a molecule of it or as a whole.

An observable of kind ``molecules`` counts embeddings (a pattern that is symmetric counts each place as often as it has
symmetries: ``A(a!1).A(a!1)`` counts a dimer twice), one of kind ``species`` counts a species once for each pattern that
is found in it.  The numbers of an energy pattern are divided by its symmetries.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from operator import eq, ge, gt, le, lt, ne

from mscnet.mechanism.structure import Count, EnergyPattern
from mscnet.rules.graph import NONE, Graph, Vocabulary, pattern_graph
from mscnet.rules.match import Matcher, counter
from mscnet.rules.symmetry import symmetries

#: What each relation of an observable asks.
RELATIONS: dict[str, Callable[[int, int], bool]] = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


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
    return RELATIONS[relation[0]](_number(matcher, graph, root), relation[1])


class EnergyCounter:
    """An energy pattern, ready to be counted: each place where it is found once."""

    def __init__(self, energy: EnergyPattern, vocabulary: Vocabulary) -> None:
        graph = pattern_graph(energy.pattern, vocabulary)
        self.matcher = counter(graph)
        self.symmetries = symmetries(graph)

    def in_species(self, graph: Graph) -> Fraction:
        """How many times the energy is added for this species."""
        return Fraction(_number(self.matcher, graph, NONE), self.symmetries)
