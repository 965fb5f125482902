"""The canonical form of a species: two species are the same if and only if their canonical texts are.

Molecules and bound sites are the vertices of a graph; a site is joined to its molecule and to what it is bound to.
Keys that say what a vertex is, and what is around it, give a first order, which refinement makes equitable.  In a tree,
and in the branches that hang from rings, vertices that are still alike are so by a symmetry, so that a star of many
equal arms costs no more than any other species.  On rings, and between them, each of those that are alike is singled
out in turn, but not where a symmetry that has been found makes it the same as another (McKay, Piperno, J. Symb. Comput.
2014, 60, 94), and the least form wins.  `kernels/generate_canon.c` gives the same form.
"""

from __future__ import annotations

import struct
from collections import deque
from typing import NamedTuple

from mscnet.mechanism.structure_text import pattern_text
from mscnet.rules.graph import NONE, Graph, Vocabulary, species_pattern
from mscnet.rules.partition import Partition


class Canonical(NamedTuple):
    """A species in canonical order; ``order[i]`` is the number that its molecule i had."""

    graph: Graph
    order: tuple[int, ...]

    @property
    def key(self) -> tuple[object, ...]:
        """The same for two species if and only if they are the same; cheaper than the text."""
        graph = self.graph
        return graph.kinds, graph.states, graph.bonds, graph.places, graph.place


def canonical(graph: Graph, vocabulary: Vocabulary) -> Canonical:
    """The canonical form of a connected species."""
    return _Search(_Vertices(graph, vocabulary)).best()


def canonical_text(graph: Graph, vocabulary: Vocabulary) -> str:
    """The canonical text of a connected species, such as ``A(b!1).B(a!1)``."""
    return text_of(canonical(graph, vocabulary).graph, vocabulary)


def text_of(graph: Graph, vocabulary: Vocabulary) -> str:
    """A species as it stands."""
    return pattern_text(species_pattern(graph, vocabulary))


# --- the graph ------------------------------------------------------------------------------------

_WORD = 0xFFFFFFFF
_LONG = 0xFFFFFFFFFFFFFFFF


def _mixed(number: int) -> int:
    """A number that hangs on every digit of another (`mix_bits` of ``kernels/generate_graph.h``)."""
    number ^= number >> 32
    number = number * 0xE9846AF9B1A615D & _LONG
    number ^= number >> 32
    number = number * 0xE9846AF9B1A615D & _LONG
    return number ^ number >> 28


def _pair(one: int, other: int) -> int:
    """A number that hangs on both and on their order."""
    return _mixed((one * 0x9E3779B97F4A7C15 + _mixed((other + 0x632BE59BD9B4E019) & _LONG)) & _LONG)


class _Vertices:
    """Molecules, and then bound sites, as vertices."""

    def __init__(self, graph: Graph, vocabulary: Vocabulary) -> None:
        self.graph, self.vocabulary = graph, vocabulary
        count = len(graph.kinds)
        self.sites = [site for site, bonds in enumerate(graph.bonds) if bonds]
        self.vertex = {site: count + at for at, site in enumerate(self.sites)}
        self.neighbours: list[list[int]] = [[] for _ in graph.kinds]
        for site in self.sites:
            owner = graph.owner[site]
            self.neighbours[owner].append(self.vertex[site])
            self.neighbours.append([owner, *(self.vertex[other] for other in graph.bonds[site])])
        self.core = self._core()

    def site_class(self, site: int) -> int:
        """Equal sites of a molecule have one class."""
        molecule = self.graph.owner[site]
        return self.vocabulary.kinds[self.graph.kinds[molecule]].group[site - self.graph.starts[molecule]]

    def _core(self) -> set[int]:
        """The vertices on rings, and between rings."""
        degree = [len(each) for each in self.neighbours]
        if sum(degree) == 2 * (len(degree) - 1):
            return set()  # a tree
        core = set(range(len(degree)))
        ends = [vertex for vertex in core if degree[vertex] < 2]
        while ends:
            end = ends.pop()
            core.discard(end)
            for other in self.neighbours[end]:
                if other in core:
                    degree[other] -= 1
                    if degree[other] == 1:
                        ends.append(other)
        return core

    def keys(self) -> list[int]:
        """What tells most vertices apart from the start: what a molecule is, and what is around it."""
        graph, count = self.graph, len(self.graph.kinds)
        of_site = [
            _pair(self.site_class(site), (2 * (state & _WORD) + len(graph.bonds[site])) & _LONG)
            for site, state in enumerate(graph.states)
        ]
        of_molecule = [
            _pair(_pair(kind, graph.places[at] & _WORD), sum(of_site[graph.starts[at] : graph.starts[at + 1]]) & _LONG)
            for at, kind in enumerate(graph.kinds)
        ]
        key = [0] * count + [_pair(of_molecule[graph.owner[site]], of_site[site]) for site in self.sites]
        for _ in range(2):
            for at in range(count):
                around = sum(
                    _pair(key[site], sum(key[end] for end in self.neighbours[site][1:]) & _LONG)
                    for site in self.neighbours[at]
                )
                key[at] = _pair(of_molecule[at], around & _LONG)
            for site in self.sites:
                there = sum(key[graph.owner[other]] for other in graph.bonds[site]) & _LONG
                of_site[site] = _pair(_pair(of_site[site], key[graph.owner[site]]), there)
            key[count:] = [of_site[site] for site in self.sites]
        kinds = [min(kind, 0x3FFF) for kind in graph.kinds] + [0x4000] * len(self.sites)
        return [kinds[at] << 49 | (at in self.core) << 48 | each >> 16 for at, each in enumerate(key)]


# --- the search -----------------------------------------------------------------------------------


class _Search:
    """The least form, by singling out vertices of the first cell on rings that is not yet one vertex."""

    def __init__(self, vertices: _Vertices) -> None:
        self.vertices = vertices
        self.form: bytes | None = None
        self.leaf: list[int] = []
        self.found: Canonical | None = None
        self.symmetries: list[list[int]] = []

    def best(self) -> Canonical:
        partition = Partition(self.vertices.neighbours, self.vertices.keys())
        partition.refine()
        if self.vertices.core and not partition.is_discrete:
            self._visit(partition, [])
        else:
            self._leaf(partition)
        assert self.found is not None
        return self.found

    def _visit(self, partition: Partition, fixed: list[int]) -> None:
        core = self.vertices.core
        cells = (cell for _, cell in sorted(partition.cells.items()) if len(cell) > 1 and cell[0] in core)
        cell = next(cells, None)
        if cell is None:
            self._leaf(partition)
            return
        tried: list[int] = []
        for vertex in cell:
            if tried and self._same_as_one_of(vertex, tried, fixed):
                continue
            tried.append(vertex)
            single = partition.copy()
            single.single_out(vertex)
            self._visit(single, [*fixed, vertex])

    def _leaf(self, partition: Partition) -> None:
        # What is left alike is so by a symmetry: any order will do.
        first = 0
        while not partition.is_discrete:
            cell = partition.cells[first]
            if len(cell) > 1:
                partition.single_out(cell[0])
            else:
                first += 1
        leaf = partition.order()
        made = _rearranged(self.vertices, leaf)
        form = _bytes(made.graph) if self.vertices.core else b""
        if self.form is None or form < self.form:
            self.form, self.leaf, self.found = form, leaf, made
        elif form == self.form:
            symmetry = [0] * len(leaf)
            for source, target in zip(self.leaf, leaf, strict=True):
                symmetry[source] = target
            self.symmetries.append(symmetry)

    def _same_as_one_of(self, vertex: int, tried: list[int], fixed: list[int]) -> bool:
        """Whether symmetries that leave `fixed` alone take one of `tried` to `vertex`."""
        root = list(range(len(self.vertices.neighbours)))
        for symmetry in self.symmetries:
            if all(symmetry[each] == each for each in fixed):
                for source, target in enumerate(symmetry):
                    root[_root(root, source)] = _root(root, target)
        own = _root(root, vertex)
        return any(_root(root, other) == own for other in tried)


def _root(root: list[int], vertex: int) -> int:
    while root[vertex] != vertex:
        root[vertex] = root[root[vertex]]
        vertex = root[vertex]
    return vertex


def _bytes(graph: Graph) -> bytes:
    """What forms of one species are compared by."""
    words = [*graph.kinds, *graph.places, *graph.states]
    words += [other for bonds in graph.bonds for other in (bonds or (NONE,))]
    return struct.pack(f"<{len(words)}I", *(word & _WORD for word in words))


# --- putting into order ---------------------------------------------------------------------------


def _rearranged(vertices: _Vertices, order: list[int]) -> Canonical:
    """The species in the order of its vertices, in which equal sites are sorted too."""
    graph, vocabulary = vertices.graph, vertices.vocabulary
    place = [0] * len(order)
    for at, vertex in enumerate(order):
        place[vertex] = at
    molecules = [vertex for vertex in order if vertex < len(graph.kinds)]
    rank = {molecule: at for at, molecule in enumerate(molecules)}
    seen: dict[tuple[int, int], int] = {}

    def end(site: int) -> tuple[int, int, int]:
        return rank[graph.owner[site]], vertices.site_class(site), place[vertices.vertex[site]]

    def look(site: int) -> tuple[object, ...]:
        """Its state; bonds in the order in which they have come, and the others by where they go."""
        ends = []
        for other in graph.bonds[site]:
            label = seen.get((min(site, other), max(site, other)))
            ends.append((1, *end(other)) if label is None else (0, label, 0, 0))
        return graph.states[site], sorted(ends)

    arranged: list[int] = []
    for molecule in molecules:
        kind = vocabulary.kinds[graph.kinds[molecule]]
        start = graph.starts[molecule]
        sites = {name: [start + position for position in at] for name, at in kind.positions.items()}
        bound = {name: [site for site in own if graph.bonds[site]] for name, own in sites.items()}
        free = {
            name: deque(sorted((site for site in own if not graph.bonds[site]), key=graph.states.__getitem__))
            for name, own in sites.items()
        }
        for name in kind.sites:
            bonded, loose = bound[name], free[name]
            pick = min(bonded, key=look) if len(bonded) > 1 else bonded[0] if bonded else loose[0]
            # of one state the bound ones come first; free ones are all alike
            if loose and (not bonded or graph.states[loose[0]] < graph.states[pick]):
                pick = loose.popleft()
            else:
                bonded.remove(pick)
            arranged.append(pick)
            for other in sorted(graph.bonds[pick], key=end):
                seen.setdefault((min(pick, other), max(pick, other)), len(seen))
    where = [0] * len(arranged)
    for at, site in enumerate(arranged):
        where[site] = at
    made = Graph(
        vocabulary,
        [graph.kinds[molecule] for molecule in molecules],
        [graph.states[site] for site in arranged],
        [tuple(sorted(where[other] for other in graph.bonds[site])) for site in arranged],
        [graph.places[molecule] for molecule in molecules],
        graph.place,
    )
    return Canonical(made, tuple(molecules))
