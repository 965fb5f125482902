"""The canonical form of a species: two species are the same if and only if their canonical texts are.

Molecules are the vertices, bonds the edges, which carry the names and states of the sites at both ends; sites of one
name and state are equal, so that this says all (but a site with several bonds is a vertex of its own).  Branches that
hang from the rest by one bond are ranked from their tips inwards, as trees are (Aho, Hopcroft, Ullman, The Design and
Analysis of Computer Algorithms, 1974, section 3.2): a star of many equal arms costs no more than any other species.
What remains, a lone molecule, or rings and what joins them, is ranked by refining colours; where that leaves vertices
alike, each is singled out in turn, but not where a symmetry found before makes it the same as another (McKay, Congr.
Numer. 1981, 30, 45).  The least form wins.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

from mscnet.mechanism.structure_text import pattern_text
from mscnet.rules.graph import NONE, Graph, Vocabulary, species_pattern

#: An edge as one of its ends sees it: what the own and the other end is like, and the other molecule.
_Edge = tuple[tuple[int, int], tuple[int, int], int]

#: What joins a molecule with a site of its own.
_WITHIN = (NONE, NONE)


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
    wide = [site for site, bonds in enumerate(graph.bonds) if len(bonds) > 1]
    nodes = [0] if len(graph.kinds) == 1 and not wide else _order(graph, vocabulary, wide)
    order = [node for node in nodes if node < len(graph.kinds)]
    order.sort(key=graph.kinds.__getitem__)  # stable: molecules of a kind stand together
    rank = [0] * len(nodes)
    for at, molecule in enumerate(order):
        rank[molecule] = at
    for at, node in enumerate(nodes):
        if node >= len(order):
            rank[node] = at
    ranks = _Ranks(graph, vocabulary, rank, {site: rank[len(order) + at] for at, site in enumerate(wide)})
    return Canonical(_rearranged(ranks, order), tuple(order))


def canonical_text(graph: Graph, vocabulary: Vocabulary) -> str:
    """The canonical text of a connected species, such as ``A(b!1).B(a!1)``."""
    return text_of(canonical(graph, vocabulary).graph, vocabulary)


def text_of(graph: Graph, vocabulary: Vocabulary) -> str:
    """A species as it stands."""
    return pattern_text(species_pattern(graph, vocabulary))


# --- the order of molecules -----------------------------------------------------------------------


def _order(graph: Graph, vocabulary: Vocabulary, wide: list[int]) -> list[int]:
    """Molecules in order, and among them the sites that hold several bonds (`wide`), numbered after the molecules.

    Which bonds share such a site is not told by the names of their ends, so that it is a vertex of its own.
    """
    node = {site: len(graph.kinds) + at for at, site in enumerate(wide)}
    edges: list[list[_Edge]] = [[] for _ in range(len(graph.kinds) + len(wide))]
    colours: list[Any] = []
    for molecule, number in enumerate(graph.kinds):
        group = vocabulary.kinds[number].group
        start = graph.starts[molecule]
        sites = []
        for site in range(start, graph.starts[molecule + 1]):
            end = (group[site - start], graph.states[site])
            bonds = graph.bonds[site]
            sites.append((end, len(bonds)))
            own = node.get(site, molecule)
            if own != molecule:
                edges[molecule].append((_WITHIN, end, own))
                edges[own].append((end, _WITHIN, molecule))
            for other in bonds:
                neighbour = graph.owner[other]
                there = vocabulary.kinds[graph.kinds[neighbour]].group[other - graph.starts[neighbour]]
                edges[own].append((end, (there, graph.states[other]), node.get(other, neighbour)))
        sites.sort()
        colours.append((number, graph.places[molecule], tuple(sites)))
    colours.extend((NONE, NONE, ()) for _ in wide)
    core, branches = _core(edges, colours)
    ranked = _ranks(core, edges, colours)
    found: list[int] = []
    for at in sorted(core, key=ranked.__getitem__):
        _walk(at, branches, found)
    return found


def _core(edges: list[list[_Edge]], colours: list[Any]) -> tuple[list[int], list[list[tuple[Any, int]]]]:
    """The molecules that remain when tips are taken off one after another, and for each molecule the branches that
    hung from it, in order; `colours` then tell molecules with different branches apart.

    Of two last molecules of a tree both remain.  Layer after layer, so that what is taken does not hang on numbers.
    """
    degree = [len({other for *_, other in each} - {molecule}) for molecule, each in enumerate(edges)]
    branches: list[list[tuple[Any, int]]] = [[] for _ in edges]
    gone = [False] * len(edges)
    left, layer = len(edges), 0
    tips = [molecule for molecule, count in enumerate(degree) if count == 1]
    while tips and left > 2:
        following = []
        for tip in tips:
            _close(tip, branches, colours)
        shades = {shade: rank for rank, shade in enumerate(sorted({colours[tip] for tip in tips}))}
        layer += 1
        for tip in tips:
            colours[tip] = (layer, shades[colours[tip]])
            stem = next(other for *_, other in edges[tip] if other != tip and not gone[other])
            joint = tuple(sorted((there, here) for here, there, other in edges[tip] if other == stem))
            own = tuple(sorted((here, there) for here, there, other in edges[tip] if other == tip))
            gone[tip] = True
            left -= 1
            branches[stem].append(((joint, own, colours[tip]), tip))
            degree[stem] -= 1
            if degree[stem] == 1:
                following.append(stem)
        tips = following
    core = [molecule for molecule in range(len(edges)) if not gone[molecule]]
    for molecule in core:
        _close(molecule, branches, colours)
    return core, branches


def _close(molecule: int, branches: list[list[tuple[Any, int]]], colours: list[Any]) -> None:
    """Put the branches of a molecule in order and into its colour."""
    branches[molecule].sort(key=lambda branch: branch[0])
    colours[molecule] = (colours[molecule], tuple(shape for shape, _ in branches[molecule]))


def _walk(molecule: int, branches: list[list[tuple[Any, int]]], found: list[int]) -> None:
    """Add a molecule and all that hangs from it."""
    stack = [molecule]
    while stack:
        at = stack.pop()
        found.append(at)
        stack.extend(tip for _, tip in reversed(branches[at]))


# --- the order of what is left: rings, and what joins them -----------------------------------------


def _ranks(core: list[int], edges: list[list[_Edge]], colours: list[Any]) -> dict[int, int]:
    """The rank of every molecule of the core."""
    if len(core) == 1:
        return {core[0]: 0}
    number = {molecule: at for at, molecule in enumerate(core)}
    shades = {shade: rank for rank, shade in enumerate(sorted({colours[molecule] for molecule in core}))}
    start = [shades[colours[molecule]] for molecule in core]
    ends = sorted({(here, there) for molecule in core for here, there, other in edges[molecule] if other in number})
    sort = {pair: rank for rank, pair in enumerate(ends)}
    inner = [
        [(sort[here, there], number[other]) for here, there, other in edges[molecule] if other in number]
        for molecule in core
    ]
    ranks = _Search(inner).best(start)
    return {molecule: ranks[at] for at, molecule in enumerate(core)}


class _Search:
    """The least form of a graph, by singling out vertices of the first cell that is not yet one vertex."""

    def __init__(self, edges: list[list[tuple[int, int]]]) -> None:
        self.edges = edges
        self.form: list[Any] | None = None
        self.ranks: list[int] = []
        self.at_rank: list[int] = []
        self.symmetries: list[list[int]] = []

    def best(self, colours: list[int]) -> list[int]:
        self._visit(self._refined(colours), [])
        return self.ranks

    def _refined(self, colours: list[int]) -> list[int]:
        shades = {colour: rank for rank, colour in enumerate(sorted(set(colours)))}
        colours = [shades[colour] for colour in colours]
        count, edges = len(shades), self.edges
        while count < len(colours):
            marks = [
                (colours[at], sorted([(sort, NONE if other == at else colours[other]) for sort, other in edges[at]]))
                for at in range(len(colours))
            ]
            by_mark = sorted(range(len(colours)), key=marks.__getitem__)
            colours = [0] * len(marks)
            rank = 0
            for before, at in pairwise(by_mark):
                rank += marks[before] != marks[at]
                colours[at] = rank
            if rank + 1 == count:
                break
            count = rank + 1
        return colours

    def _visit(self, colours: list[int], fixed: list[int]) -> None:
        cells: dict[int, list[int]] = {}
        for at, colour in enumerate(colours):
            cells.setdefault(colour, []).append(at)
        open_cells = [colour for colour, cell in cells.items() if len(cell) > 1]
        if not open_cells:
            self._leaf(colours)
            return
        cell = cells[min(open_cells)]
        tried: list[int] = []
        for at in cell:
            if tried and self._same_as_one_of(at, tried, fixed):
                continue
            tried.append(at)
            single = [2 * colour + 1 for colour in colours]
            single[at] -= 1
            self._visit(self._refined(single), [*fixed, at])

    def _leaf(self, ranks: list[int]) -> None:
        at_rank = [0] * len(ranks)
        for at, rank in enumerate(ranks):
            at_rank[rank] = at
        form = [sorted((sort, ranks[other]) for sort, other in self.edges[at]) for at in at_rank]
        if self.form is None or form < self.form:
            self.form, self.ranks, self.at_rank = form, ranks, at_rank
        elif form == self.form:
            self.symmetries.append([at_rank[rank] for rank in self.ranks])

    def _same_as_one_of(self, at: int, tried: list[int], fixed: list[int]) -> bool:
        """Whether symmetries that leave `fixed` alone take one of `tried` to `at`."""
        root = list(range(len(self.edges)))
        find = _finder(root)
        for symmetry in self.symmetries:
            if all(symmetry[each] == each for each in fixed):
                for source, target in enumerate(symmetry):
                    root[find(source)] = find(target)
        own = find(at)
        return any(find(other) == own for other in tried)


def _finder(root: list[int]) -> Callable[[int], int]:
    def find(at: int) -> int:
        while root[at] != at:
            root[at] = root[root[at]]
            at = root[at]
        return at

    return find


# --- putting into order ---------------------------------------------------------------------------


class _Ranks(NamedTuple):
    """The ranks of molecules, and of sites with several bonds."""

    graph: Graph
    vocabulary: Vocabulary
    rank: list[int]
    wide: dict[int, int]

    def end(self, site: int) -> tuple[int, int, int, int]:
        """Where a bond goes, as far as nothing but the species itself tells."""
        graph = self.graph
        molecule = graph.owner[site]
        group = self.vocabulary.kinds[graph.kinds[molecule]].group[site - graph.starts[molecule]]
        return self.rank[molecule], group, graph.states[site], self.wide.get(site, NONE)

    def see(self, site: int, seen: dict[tuple[int, int], int]) -> None:
        """Number the bonds of a site that have not come before."""
        for other in sorted(self.graph.bonds[site], key=self.end):
            seen.setdefault((min(site, other), max(site, other)), len(seen))

    def look(self, site: int, seen: dict[tuple[int, int], int]) -> tuple[Any, ...]:
        """What tells a site from an equal one: its state, its own rank, then the bonds that have come already, then
        where the others go; free sites come last."""
        ends = []
        for other in self.graph.bonds[site]:
            label = seen.get((min(site, other), max(site, other)))
            ends.append((1, *self.end(other)) if label is None else (0, label, 0, 0, 0))
        return self.graph.states[site], not ends, self.wide.get(site, NONE), sorted(ends)


def _rearranged(ranks: _Ranks, order: list[int]) -> Graph:
    """The same species with its molecules in `order`, and equal sites in an order that hangs on nothing else."""
    graph, vocabulary = ranks.graph, ranks.vocabulary
    arranged: list[int] = []
    seen: dict[tuple[int, int], int] = {}
    for molecule in order:
        kind = vocabulary.kinds[graph.kinds[molecule]]
        start = graph.starts[molecule]
        if len(kind.positions) == len(kind.sites):
            chosen = range(start, graph.starts[molecule + 1])
            arranged.extend(chosen)
            for site in chosen:
                ranks.see(site, seen)
            continue
        # In declared order, so that bonds come as they come in the text.
        left = {name: [start + position for position in at] for name, at in kind.positions.items()}
        for name in kind.sites:
            pick = min(left[name], key=lambda site: ranks.look(site, seen))
            left[name].remove(pick)
            arranged.append(pick)
            ranks.see(pick, seen)
    where = [0] * len(arranged)
    for at, site in enumerate(arranged):
        where[site] = at
    return Graph(
        vocabulary,
        [graph.kinds[molecule] for molecule in order],
        [graph.states[site] for site in arranged],
        [tuple(sorted(where[other] for other in graph.bonds[site])) for site in arranged],
        [graph.places[molecule] for molecule in order],
        graph.place,
    )
