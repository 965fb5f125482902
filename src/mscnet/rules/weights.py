"""How often observables and energy patterns are found in the species of a generated network."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cached_property

from mscnet.mechanism.structure import Count, EnergyPattern, Structure
from mscnet.rules.compiled import Found, tallies
from mscnet.rules.counting import Counter, EnergyCounter
from mscnet.rules.generate import tags
from mscnet.rules.generated import Generated
from mscnet.rules.graph import Graph, Vocabulary, seed_graph


def _sparse(numbers: Iterable[int | Fraction]) -> dict[int, int]:
    """Those that are not 0, by their place."""
    return {i: int(number) for i, number in enumerate(numbers) if number}


class Weights:
    """The weights of species in observables, and what laws ask of them.  Species that are not in a result have none.

    Raises:
        MechanismError: a pattern cannot be (E300).
    """

    def __init__(self, structure: Structure, generated: Generated) -> None:
        self._structure, self._generated = structure, generated
        self._vocabulary = Vocabulary.of(structure)
        self._counters: dict[str, Counter] = {}

    @cached_property
    def _graphs(self) -> list[Graph]:
        return [seed_graph(pattern, self._vocabulary) for pattern in self._generated.species]

    def _graph(self, species: int) -> Graph:
        found = self._generated.species
        return found.graph(species) if isinstance(found, Found) else self._graphs[species]

    def _counter(self, count: Count) -> Counter:
        if count.name not in self._counters:
            self._counters[count.name] = Counter(count, self._vocabulary)
        return self._counters[count.name]

    def of_count(self, count: Count) -> dict[int, int]:
        """For each species, by its number, how much the observable counts in one of it."""
        counter = self._counter(count)
        found = self._generated.species
        if isinstance(found, Found):
            return _sparse(counter.totals(tallies(found, [matcher.pattern for matcher in counter.matchers])))
        return _sparse(counter.in_species(graph) for graph in self._graphs)

    def of_energy(self, energy: EnergyPattern) -> dict[int, int]:
        """For each species how often an energy pattern is found in it, each place once."""
        counter = EnergyCounter(energy, self._vocabulary)
        found = self._generated.species
        if isinstance(found, Found):
            numbers = tallies(found, [counter.matcher.pattern])[0]
            return _sparse(counter.places(int(number)) for number in numbers)
        return _sparse(counter.in_species(graph) for graph in self._graphs)

    def within(self, count: Count, species: int, molecule: int) -> int:
        """How much the observable counts in a species or, unless `molecule` is -1, in that molecule of it."""
        counter = self._counter(count)
        graph = self._graph(species)
        return int(counter.in_species(graph) if molecule < 0 else counter.in_molecule(graph, molecule))

    def tags(self) -> list[tuple[str, ...]]:
        """For each rule the labels that the tags of its events are of."""
        return [tuple(tag.label for tag in tags(rule, self._vocabulary)) for rule in self._structure.rules]
