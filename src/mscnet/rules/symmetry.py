"""How patterns are laid onto each other and onto themselves, and the statistical factor that follows for a rule.

The comparison is BioNetGen's: what a pattern leaves open may lie on what another states, and wildcards of bonds lie on
each other.  The factor is too (Hogg, Harris, Stover, Nair, Faeder, PLoS Comput. Biol. 2014, 10, e1003544): one over the
number of ways in which reaction centres are exchanged by symmetries that the rule as a whole has, and over the orders
of reactants that only look on.  No symmetries are listed, as many equal parts have too many of them: what is counted is
where they take the reaction centre to (orbits and stabilizers).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import factorial

from mscnet.mechanism.structure import Pattern
from mscnet.rules.graph import ANY, BOUND, FREE, LABELLED, NONE, PatternGraph, SiteGraph
from mscnet.rules.orbits import Orbits

#: Where the molecules and where the sites of a pattern go.
Laid = tuple[tuple[int, ...], tuple[int, ...]]


def joined(patterns: Sequence[PatternGraph]) -> PatternGraph:
    """Patterns side by side as one, molecules and sites numbered through."""
    kinds: list[int] = []
    places: list[int] = []
    starts = [0]
    owner: list[int] = []
    sites: list[SiteGraph] = []
    for pattern in patterns:
        molecules, shift = len(kinds), len(sites)
        kinds.extend(pattern.kinds)
        places.extend(pattern.places)
        starts.extend(shift + start for start in pattern.starts[1:])
        owner.extend(molecules + each for each in pattern.owner)
        sites.extend(site._replace(ends=tuple(shift + end for end in site.ends)) for site in pattern.sites)
    return PatternGraph(
        tuple(kinds), tuple(places), tuple(starts), tuple(owner), tuple(sites), NONE, False, (), Pattern()
    )


def symmetries(pattern: PatternGraph) -> int:
    """The number of ways in which a pattern can be laid onto itself."""
    nothing = [NONE] * len(pattern.sites)
    graph = SymmetryGraph([pattern], joined([]), [NONE] * len(pattern.kinds), nothing)
    return graph.orbit([*graph.molecules, *graph.sites])


def equal(one: PatternGraph, other: PatternGraph) -> bool:
    """Whether two patterns say the same."""
    same = (len(one.kinds), len(one.sites), one.place) == (len(other.kinds), len(other.sites), other.place)
    return same and any(True for _ in laid_onto(one, other, strictly=True))


def laid_onto(one: PatternGraph, other: PatternGraph, strictly: bool = False) -> Iterator[Laid]:
    """The ways to lay `one` onto `other`, which has as many molecules and sites; `strictly` where all must be equal."""
    molecules = [NONE] * len(one.kinds)
    sites = [NONE] * len(one.sites)

    def lay_molecule(at: int) -> Iterator[Laid]:
        if at == len(molecules):
            yield tuple(molecules), tuple(sites)
            return
        first, last = one.starts[at], one.starts[at + 1]
        for target in range(len(other.kinds)):
            if target in molecules[:at] or one.kinds[at] != other.kinds[target]:
                continue
            own, there = one.places[at], other.places[target]
            if own != there and (strictly or own != NONE):
                continue
            if last - first <= other.starts[target + 1] - other.starts[target]:
                molecules[at] = target
                yield from lay_site(first, last, at, target)
                molecules[at] = NONE

    def lay_site(site: int, last: int, at: int, target: int) -> Iterator[Laid]:
        if site == last:
            yield from lay_molecule(at + 1)
            return
        start = one.starts[at]
        for there in range(other.starts[target], other.starts[target + 1]):
            if there in sites[start:site] or not _alike(one.sites[site], other.sites[there], strictly):
                continue
            earlier = [end for end in one.sites[site].ends if end < site]
            if all(sites[end] in other.sites[there].ends for end in earlier):
                sites[site] = there
                yield from lay_site(site + 1, last, at, target)
                sites[site] = NONE

    yield from lay_molecule(0)


def _alike(one: SiteGraph, other: SiteGraph, strictly: bool) -> bool:
    if one.positions != other.positions:
        return False
    if strictly:
        return (one.state, one.bond, len(one.ends)) == (other.state, other.bond, len(other.ends))
    if one.state not in (NONE, other.state):
        return False
    more = _weight(other) - _weight(one)
    return not more or (one.bond == BOUND and more > 0) or (one.bond == ANY and more >= -1)


def _weight(site: SiteGraph) -> int:
    """The number of bonds that a site writes down, where a wildcard is one."""
    return {FREE: 0, BOUND: 1, ANY: 1, LABELLED: len(site.ends)}[site.bond]


def statistical_factor(
    reactants: Sequence[PatternGraph],
    products: Sequence[PatternGraph],
    molecule_map: Sequence[int],
    site_map: Sequence[int],
    centre: tuple[frozenset[int], frozenset[int], frozenset[int]],
) -> Fraction:
    """What each way of applying a rule counts.

    The maps take the molecules and sites of all reactants (numbered through) to those of all products, or to NONE; the
    centre has molecules, sites and whole reactants.
    """
    graph = SymmetryGraph(reactants, joined(products), molecule_map, site_map)
    molecules, sites, wholes = centre
    points = [graph.wholes[each] for each in sorted(wholes)]
    points += [graph.molecules[each] for each in sorted(molecules)]
    points += [graph.sites[each] for each in sorted(sites)]
    left = joined(reactants)
    belongs = [number for number, pattern in enumerate(reactants) for _ in pattern.kinds]
    touched = {belongs[each] for each in molecules} | {belongs[left.owner[each]] for each in sites} | wholes
    onlookers = [pattern for number, pattern in enumerate(reactants) if number not in touched]
    orders = 1
    while onlookers:
        first, rest = onlookers[0], onlookers[1:]
        onlookers = [pattern for pattern in rest if not equal(first, pattern)]
        orders *= factorial(1 + len(rest) - len(onlookers))
    return Fraction(1, graph.orbit(points) * orders)


class SymmetryGraph:
    """Both sides of a rule as one graph, whose symmetries are the exchanges among reactants that are also exchanges
    among products; what the rule makes stays.

    `wholes`, `molecules` and `sites` are the vertices of the reactants, their molecules and their sites.
    """

    def __init__(
        self,
        reactants: Sequence[PatternGraph],
        right: PatternGraph,
        molecule_map: Sequence[int],
        site_map: Sequence[int],
    ) -> None:
        left = joined(reactants)
        count = len(reactants)
        self.wholes = range(count)
        self.molecules = range(count, count + len(left.kinds))
        self.sites = range(self.molecules.stop, self.molecules.stop + len(left.sites))
        belongs = [number for number, pattern in enumerate(reactants) for _ in pattern.kinds]
        colours: list[object] = [("reactant",)] * count
        for at, (kind, place) in enumerate(zip(left.kinds, left.places, strict=True)):
            target = molecule_map[at]
            colours.append(("molecule", kind, place, None if target == NONE else right.places[target]))
        kept = set(molecule_map)
        for at, site in enumerate(left.sites):
            after = _after(right, site_map[at], kept)
            colours.append(("site", site.positions, site.state, _weight(site), after))
        edges = [(self.wholes[number], self.molecules[at]) for at, number in enumerate(belongs)]
        edges += [(self.molecules[of], self.sites[at]) for at, of in enumerate(left.owner)]
        at_right = {target: self.sites[at] for at, target in enumerate(site_map) if target != NONE}
        for target in range(len(right.sites)):
            if target not in at_right:
                at_right[target] = len(colours)
                colours.append(("made", target))
        for side, graph in enumerate((left, right)):
            where = self.sites if side == 0 else at_right
            for at, site in enumerate(graph.sites):
                for end in site.ends:
                    if end > at:
                        edges += [(len(colours), where[at]), (len(colours), where[end])]
                        colours.append(("bond", side))
        self._orbits = Orbits(edges, colours)

    def orbit(self, points: Sequence[int]) -> int:
        """To how many places symmetries take these vertices, together and in order."""
        return self._orbits.images(points)


def _after(right: PatternGraph, target: int, kept: set[int]) -> tuple[int, ...]:
    """What a site of the reactants is among the products, as far as symmetries have to leave it alike."""
    if target == NONE:
        return ()
    owner, site = right.owner[target], right.sites[target]
    return site.state, _weight(site), NONE if owner in kept else owner
