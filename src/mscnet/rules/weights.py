"""How often observables and energy patterns are found in the species of a generated network."""

from __future__ import annotations

from collections.abc import Iterable

from mscnet.mechanism.structure import Count, EnergyPattern, Pattern, Structure
from mscnet.rules.compiled import Found, tallies
from mscnet.rules.counting import RELATIONS, Counter, EnergyCounter, symmetries
from mscnet.rules.generate import tags
from mscnet.rules.generated import Generated
from mscnet.rules.graph import Graph, Vocabulary, pattern_graph, seed_graph


class Weights:
    """The weights of species in observables, and what laws ask of them.  Species that are not in a result have none.

    Raises:
        MechanismError: a pattern cannot be (E300).
    """

    def __init__(self, structure: Structure, generated: Generated) -> None:
        self._structure, self._species = structure, generated.species
        self._vocabulary = Vocabulary.of(structure)
        self._counters: dict[str, Counter] = {}
        self._graphs: dict[int, Graph] = {}

    def _graph(self, number: int) -> Graph:
        if number not in self._graphs:
            species = self._species
            self._graphs[number] = (
                species.graph(number) if isinstance(species, Found) else seed_graph(species[number], self._vocabulary)
            )
        return self._graphs[number]

    def _all(self) -> Iterable[tuple[int, Graph]]:
        return ((i, self._graph(i)) for i in range(len(self._species)))

    def _counter(self, count: Count) -> Counter:
        if count.name not in self._counters:
            self._counters[count.name] = Counter(count, self._vocabulary)
        return self._counters[count.name]

    def of_count(self, count: Count) -> dict[int, int]:
        """For each species, by its number, how much the observable counts in one of it."""
        if not isinstance(self._species, Found):
            counter = self._counter(count)
            found = ((i, counter.in_species(graph)) for i, graph in self._all())
            return {i: int(number) for i, number in found if number}
        total: dict[int, int] = {}
        for pattern in count.patterns:
            for i, number in self._found(pattern, count.kind == "species").items():
                total[i] = total.get(i, 0) + number
        return total

    def _found(self, pattern: Pattern, once: bool) -> dict[int, int]:
        """What one pattern of an observable counts; `once` counts a species that has it once."""
        species = self._species
        if not isinstance(species, Found) or not pattern.molecules:
            return {}
        relation = pattern.relation if once else None
        simple = once and relation is None
        numbers = tallies(species, [pattern_graph(pattern, self._vocabulary)], exists=simple)[0].tolist()
        if pattern.once or simple:
            numbers = [min(number, 1) for number in numbers]
        if relation is not None:
            compare, than = RELATIONS[relation[0]], relation[1]
            numbers = [int(compare(number, than)) for number in numbers]
        return {i: number for i, number in enumerate(numbers) if number}

    def of_energy(self, energy: EnergyPattern) -> dict[int, int]:
        """For each species how often an energy pattern is found in it, each place once."""
        species = self._species
        if isinstance(species, Found):
            graph = pattern_graph(energy.pattern, self._vocabulary)
            same = symmetries(graph)
            numbers = tallies(species, [graph])[0].tolist()
            return {i: number // same for i, number in enumerate(numbers) if number}
        counter = EnergyCounter(energy, self._vocabulary)
        found = ((i, counter.in_species(graph)) for i, graph in self._all())
        return {i: int(number) for i, number in found if number}

    def within(self, count: Count, species: int, molecule: int) -> int:
        """How much the observable counts in a species or, unless `molecule` is -1, in that molecule of it."""
        counter = self._counter(count)
        graph = self._graph(species)
        return int(counter.in_species(graph) if molecule < 0 else counter.in_molecule(graph, molecule))

    def tags(self) -> list[tuple[str, ...]]:
        """For each rule the labels that the tags of its events are of."""
        return [tuple(tag.label for tag in tags(rule, self._vocabulary)) for rule in self._structure.rules]
