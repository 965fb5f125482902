"""Whether a pattern can meet what another one describes: overlaps of site graphs, without going through matches.

Molecules of the pattern are paired with those of a side of a rule.  A pair stands as long as its sites can be assigned
to each other without contradiction and what is bound to them can be paired as well; what contradicts is struck out
until nothing more is (arc consistency).  Equal sites are assigned by bipartite matching, so n of them cost a polynomial
in n and not n! (H. W. Kuhn, Naval Res. Logist. Q. 1955, 2, 83).  Where bonds close rings the answer may be yes though
no molecule shows it; it is never no where one does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mscnet.mechanism.structure import MoleculePattern, MoleculeType, SitePattern
from mscnet.rules.changes import Side, Spot


class Overlap:
    """The ways in which molecules of `pattern` can be those of `other`, by their numbers."""

    def __init__(self, pattern: Side, other: Side, types: Mapping[str, MoleculeType]) -> None:
        self._pattern, self._other, self._types = pattern, other, types
        self._pairs = {
            (a, b)
            for a, ours in enumerate(pattern.molecules)
            for b, theirs in enumerate(other.molecules)
            if ours.name == theirs.name
            and _agree(pattern.places[a], other.places[b])
            and _agree(pattern.wholes[a], other.wholes[b])
        }
        struck = True
        while struck:
            struck = False
            for pair in sorted(self._pairs):
                if not self._assignable(*pair, None):
                    self._pairs.discard(pair)
                    struck = True

    def meets(self, ours: int, theirs: int) -> bool:
        """Whether molecule `ours` of the pattern can be molecule `theirs` of the other."""
        return (ours, theirs) in self._pairs

    def meets_at(self, ours: Spot, theirs: Spot) -> bool:
        """Whether they can be one such that these two sites are the same; site -1 of the other is one not named."""
        if not self.meets(ours.molecule, theirs.molecule):
            return False
        return theirs.site < 0 or self._assignable(ours.molecule, theirs.molecule, (ours.site, theirs.site))

    def _assignable(self, a: int, b: int, forced: tuple[int, int] | None) -> bool:
        """Whether every site of one molecule finds its own in the other, those of one name in any order."""
        ours, theirs = self._pattern.molecules[a], self._other.molecules[b]
        if forced is not None and not self._fits(Spot(a, forced[0]), Spot(b, forced[1])):
            return False
        groups = _by_name(ours)
        known = _by_name(theirs)
        for name, sites in groups.items():
            there = known.get(name, [])
            unnamed = self._number(ours.name, name, len(sites) + len(there)) - len(there)
            if forced is not None and forced[0] in sites:
                sites = [i for i in sites if i != forced[0]]
                there = [j for j in there if j != forced[1]]
            if len(sites) <= unnamed:
                continue
            edges = [[k for k, j in enumerate(there) if self._fits(Spot(a, i), Spot(b, j))] for i in sites]
            if len(sites) - _matching(edges, len(there)) > unnamed:
                return False
        return True

    def _number(self, molecule: str, site: str, otherwise: int) -> int:
        """How many sites of that name a molecule has."""
        known = self._types.get(molecule)
        found = sum(one.name == site for one in known.sites) if known is not None else 0
        return found or otherwise

    def _fits(self, ours: Spot, theirs: Spot) -> bool:
        one, other = self._pattern.site(ours), self._other.site(theirs)
        if one.name != other.name or not _agree(one.state, other.state):
            return False
        if "any" in (one.bond, other.bond):
            return True
        if (one.bond == "free") != (other.bond == "free"):
            return False
        here, there = self._pattern.partners.get(ours, ()), self._other.partners.get(theirs, ())
        return not there or all(any(self._partners(a, b) for b in there) for a in here)

    def _partners(self, ours: Spot, theirs: Spot) -> bool:
        """Whether what is bound to two sites that are one can be one, too."""
        paired = (ours.molecule, theirs.molecule) in self._pairs
        return paired and _alike(self._pattern.site(ours), self._other.site(theirs))


def _agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _alike(one: SitePattern, other: SitePattern) -> bool:
    return one.name == other.name and _agree(one.state, other.state)


def _by_name(molecule: MoleculePattern) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for index, site in enumerate(molecule.sites):
        groups.setdefault(site.name, []).append(index)
    return groups


def _matching(edges: Sequence[Sequence[int]], size: int) -> int:
    """The size of a largest matching; `edges` lists for each on one side whom of the other it can have."""
    owner: list[int | None] = [None] * size
    found = 0
    for start in range(len(edges)):
        path: dict[int, int] = {}  # who would take each one that was looked at
        queue = [start]
        free: int | None = None
        while queue and free is None:
            one = queue.pop()
            for other in edges[one]:
                if other in path:
                    continue
                path[other] = one
                holder = owner[other]
                if holder is None:
                    free = other
                    break
                queue.append(holder)
        if free is None:
            continue
        found += 1
        _take(owner, path, free, start)
    return found


def _take(owner: list[int | None], path: dict[int, int], free: int, start: int) -> None:
    """Hands `free` to who wanted it, what that one had to the next, and so on back to `start`."""
    had = {holder: other for other, holder in enumerate(owner) if holder is not None}
    taken: int | None = free
    while taken is not None:
        one = path[taken]
        owner[taken] = one
        taken = had.get(one) if one != start else None
