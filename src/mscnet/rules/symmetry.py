"""How patterns are laid onto each other and onto themselves, and the statistical factor that follows for a rule.

The comparison is BioNetGen's: what a pattern leaves open may lie on what another states, and wildcards of bonds lie on
each other.  The factor is too (Hogg, Harris, Stover, Nair, Faeder, PLoS Comput. Biol. 2014, 10, e1003544): one over the
number of ways in which reaction centres are exchanged by symmetries that the rule as a whole has, and over the orders
of reactants that only look on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import factorial, prod

from mscnet.mechanism.structure import Pattern
from mscnet.rules.exchanges import exchanges
from mscnet.rules.graph import ANY, BOUND, FREE, LABELLED, NONE, PatternGraph, SiteGraph

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


def self_embeddings(pattern: PatternGraph) -> list[Laid]:
    """All ways to lay a pattern onto itself, the one that leaves everything in its place among them."""
    return list(laid_onto(pattern, pattern))


def symmetries(pattern: PatternGraph) -> int:
    """The number of ways in which a pattern can be laid onto itself."""
    runs = _runs(pattern, lambda site: True)
    dropped = {site for run in runs for site in run[1:]}
    kept = {site: 1 for site in range(len(pattern.sites)) if site not in dropped} | {run[0]: len(run) for run in runs}
    folded, _ = _without(pattern, kept)
    return len(self_embeddings(folded)) * prod(factorial(len(run)) for run in runs)


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


def _alike(one: SiteGraph, other: SiteGraph, strictly: bool = False) -> bool:
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
    left, right = joined(reactants), joined(products)
    molecules, sites, wholes = centre
    left, right, site_map, sites = _folded(left, right, site_map, sites)
    belongs = [number for number, pattern in enumerate(reactants) for _ in pattern.kinds]
    ways = exchanges(left, right, (molecule_map, site_map), belongs, (molecules, sites, wholes), _alike)
    touched = {belongs[each] for each in molecules} | {belongs[left.owner[each]] for each in sites} | wholes
    onlookers = [pattern for number, pattern in enumerate(reactants) if number not in touched]
    orders = 1
    while onlookers:
        first, rest = onlookers[0], onlookers[1:]
        onlookers = [pattern for pattern in rest if not equal(first, pattern)]
        orders *= factorial(1 + len(rest) - len(onlookers))
    return Fraction(1, ways * orders)


#: So many equal sites of a molecule, which the rule leaves alone, are taken together: their orders would be legion.
_MANY = 5


def _runs(pattern: PatternGraph, may: Callable[[int], object]) -> list[list[int]]:
    """Many sites of a molecule, each, that say the same, name no bond, and for which `may` is the same and true."""
    found: dict[tuple[object, ...], list[int]] = {}
    for number, site in enumerate(pattern.sites):
        mark = may(number)
        if site.bond != LABELLED and mark:
            found.setdefault((pattern.owner[number], site.positions, site.state, site.bond, mark), []).append(number)
    return [run for run in found.values() if len(run) >= _MANY]


def _without(pattern: PatternGraph, kept: dict[int, int]) -> tuple[PatternGraph, dict[int, int]]:
    """The pattern with those sites alone (one that stands for several is marked with their number), and where they
    then are."""
    where = {site: at for at, site in enumerate(sorted(kept))}
    sites = []
    for site in where:
        said = pattern.sites[site]
        state = said.state if kept[site] == 1 else -10 - 1000 * kept[site] - said.state
        sites.append(said._replace(state=state, ends=tuple(where[end] for end in said.ends)))
    starts = [sum(site < start for site in where) for start in pattern.starts]
    owner = tuple(pattern.owner[site] for site in where)
    return pattern._replace(sites=tuple(sites), starts=tuple(starts), owner=owner), where


def _folded(
    left: PatternGraph, right: PatternGraph, site_map: Sequence[int], centre: frozenset[int]
) -> tuple[PatternGraph, PatternGraph, Sequence[int], frozenset[int]]:
    """Both sides of a rule with many equal sites that it leaves alone taken together: to exchange them is a symmetry
    of the rule that leaves its centre in place, which does not count."""

    def after(site: int) -> object:
        if site in centre or site_map[site] == NONE:
            return None
        target = right.sites[site_map[site]]
        return (target.state, target.bond, right.owner[site_map[site]]) if target.bond != LABELLED else None

    runs = _runs(left, after)
    if not runs:
        return left, right, site_map, centre
    dropped = {site for run in runs for site in run[1:]}
    kept = {site: 1 for site in range(len(left.sites)) if site not in dropped} | {run[0]: len(run) for run in runs}
    gone = {site_map[site] for site in dropped}
    kept_after = {site: 1 for site in range(len(right.sites)) if site not in gone}
    kept_after |= {site_map[run[0]]: len(run) for run in runs}
    left, at_left = _without(left, kept)
    right, at_right = _without(right, kept_after)
    folded = [NONE] * len(at_left)
    for site, at in at_left.items():
        folded[at] = NONE if site_map[site] == NONE else at_right[site_map[site]]
    return left, right, folded, frozenset(at_left[site] for site in centre)
