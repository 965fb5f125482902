"""A rule applied to species: what comes of them."""

from __future__ import annotations

from collections.abc import Sequence

from mscnet.rules.graph import NONE, Graph, Vocabulary
from mscnet.rules.match import Embedding
from mscnet.rules.placing import carried, side_by_side
from mscnet.rules.transform import CompiledRule


class Mixture:
    """Copies of the reactants side by side, to be changed."""

    def __init__(self, vocabulary: Vocabulary, graphs: Sequence[Graph]) -> None:
        self.vocabulary, self.graphs = vocabulary, graphs
        self.kinds: list[int] = []
        self.starts: list[int] = []
        self.owner: list[int] = []
        self.states: list[int] = []
        self.bonds: list[list[int]] = []
        self.places: list[int] = []
        self.first_molecule: list[int] = []
        self.first_site: list[int] = []
        for graph in graphs:
            molecules, sites = len(self.kinds), len(self.states)
            self.first_molecule.append(molecules)
            self.first_site.append(sites)
            self.kinds.extend(graph.kinds)
            self.starts.extend(sites + start for start in graph.starts[:-1])
            self.owner.extend(molecules + each for each in graph.owner)
            self.states.extend(graph.states)
            self.bonds.extend([sites + other for other in each] for each in graph.bonds)
            self.places.extend(graph.places)

    def add(self, kind: int, states: Sequence[int], place: int) -> int:
        """A new molecule, free at all its sites."""
        molecule = len(self.kinds)
        self.kinds.append(kind)
        self.starts.append(len(self.states))
        self.owner.extend([molecule] * len(states))
        self.states.extend(states)
        self.bonds.extend([] for _ in states)
        self.places.append(place)
        return molecule

    def cut(self, one: int, other: int) -> None:
        self.bonds[one].remove(other)
        self.bonds[other].remove(one)

    def join(self, one: int, other: int) -> None:
        self.bonds[one].append(other)
        self.bonds[other].append(one)

    def sites_of(self, molecule: int) -> range:
        start = self.starts[molecule]
        return range(start, start + len(self.vocabulary.kinds[self.kinds[molecule]].sites))

    def delete(self, molecules: set[int]) -> None:
        """Take molecules out; what they were bound to is free."""
        for molecule in molecules:
            for site in self.sites_of(molecule):
                for other in self.bonds[site]:
                    if self.owner[other] not in molecules:
                        self.bonds[other].remove(site)
                self.bonds[site] = []

    def parts(self, without: set[int]) -> list[list[int]]:
        """The molecules of each connected part that is left."""
        seen = set(without)
        found = []
        for first in range(len(self.kinds)):
            if first in seen:
                continue
            seen.add(first)
            part = [first]
            for molecule in part:
                for site in self.sites_of(molecule):
                    for other in self.bonds[site]:
                        neighbour = self.owner[other]
                        if neighbour not in seen:
                            seen.add(neighbour)
                            part.append(neighbour)
            found.append(part)
        return found

    def graph(self, molecules: Sequence[int]) -> Graph:
        """A part as a species, without its place."""
        where: dict[int, int] = {}
        for molecule in molecules:
            for site in self.sites_of(molecule):
                where[site] = len(where)
        return Graph(
            self.vocabulary,
            [self.kinds[molecule] for molecule in molecules],
            [self.states[site] for site in where],
            [tuple(sorted(where[other] for other in self.bonds[site])) for site in where],
            [self.places[molecule] for molecule in molecules],
        )


def apply_rule(
    rule: CompiledRule, graphs: Sequence[Graph], embeddings: Sequence[Embedding], vocabulary: Vocabulary
) -> list[Graph | None] | None:
    """The products, in the order of the rule's and then those that it does not name; their places are not yet known.

    None where the rule does not apply: what its products say is apart remains bound, or the other way round, or a
    species cannot go where it should.  A product in pieces is None in the list.
    """
    operations = rule.operations
    mixture = Mixture(vocabulary, graphs)
    made = [mixture.add(each.kind, each.states, each.place) for each in operations.made]

    def site_at(reactant: int, site: int) -> int:
        return mixture.first_site[reactant] + embeddings[reactant].sites[site]

    for molecule, new in zip(made, operations.made, strict=True):
        for position, reactant, site in new.inherited:
            mixture.states[mixture.starts[molecule] + position] = mixture.states[site_at(reactant, site)]
    for reactant, site, state in operations.states:
        mixture.states[site_at(reactant, site)] = state
    if operations.moves and not _move(rule, mixture, embeddings):
        return None
    for (one, site), (other, end) in operations.cut:
        mixture.cut(site_at(one, site), site_at(other, end))
    for pair in operations.join:
        ends = [
            mixture.starts[made[number]] + position if reactant == NONE else site_at(reactant, number)
            for reactant, number, position in pair
        ]
        mixture.join(ends[0], ends[1])
    gone: set[int] = set()
    belongs: dict[int, int] = {}
    for reactant, targets in enumerate(operations.belongs):
        first = mixture.first_molecule[reactant]
        if reactant in operations.deleted:
            gone.update(range(first, first + len(graphs[reactant].kinds)))
            continue
        for at, product in enumerate(targets):
            molecule = first + embeddings[reactant].molecules[at]
            if product == NONE:
                gone.add(molecule)
            else:
                belongs[molecule] = product
    belongs.update((molecule, each.product) for molecule, each in zip(made, operations.made, strict=True))
    mixture.delete(gone)
    return _sorted_out(rule, mixture, gone, belongs)


def _sorted_out(
    rule: CompiledRule, mixture: Mixture, gone: set[int], belongs: dict[int, int]
) -> list[Graph | None] | None:
    """The parts that are left, by the product that their molecules belong to."""
    count = len(rule.products)
    pieces: list[list[list[int]]] = [[] for _ in range(count)]
    extra: list[list[int]] = []
    for part in mixture.parts(gone):
        named = {belongs[molecule] for molecule in part if molecule in belongs}
        if len(named) > 1:
            return None
        if named:
            pieces[named.pop()].append(part)
        else:
            extra.append(part)
    if extra and not rule.rule.delete_molecules:
        return None
    products: list[Graph | None] = [mixture.graph(each[0]) if len(each) == 1 else None for each in pieces]
    return [*products, *(mixture.graph(part) for part in extra)]


def _move(rule: CompiledRule, mixture: Mixture, embeddings: Sequence[Embedding]) -> bool:
    """Change places; False where a species cannot go."""
    for reactant, at, source, target in rule.operations.moves:
        first, graph = mixture.first_molecule[reactant], mixture.graphs[reactant]
        if at == NONE:
            whole = range(first, first + len(graph.kinds))
            moved = carried(mixture.vocabulary, [mixture.places[each] for each in whole], source, target)
            if moved is None:
                return False
            mixture.places[first : first + len(graph.kinds)] = moved
            continue
        named = embeddings[reactant].molecules
        together = {named[at]}
        if rule.rule.move_connected:
            together |= side_by_side(graph, named[at]) - set(named)
        for molecule in together:
            mixture.places[first + molecule] = target
    return True
