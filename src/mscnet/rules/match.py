"""Where a pattern is found in a species.

An embedding sends every molecule of the pattern to another molecule of its kind, and every site to another site of its
name, such that states, bonds and places are as the pattern says.  Molecules are placed along the bonds of the pattern,
so that a species that does not match is left early.  Sites that nothing depends on, as those that only have to be free,
are never tried one by one: it is counted in how many ways they can be chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from math import factorial, prod
from typing import NamedTuple

from mscnet.rules.graph import ANY, BOUND, FREE, LABELLED, NONE, Graph, PatternGraph, SiteGraph


class Embedding(NamedTuple):
    """For each molecule and site of a pattern the one it is sent to; NONE for a site that nothing depends on."""

    molecules: tuple[int, ...]
    sites: tuple[int, ...]


class _Step(NamedTuple):
    """One choice: that of a molecule (`site` NONE) or of a site.  `anchor` is a site of the pattern, placed earlier,
    that a bond leads here from; `ends` are the sites, placed earlier, that the site is bound to."""

    molecule: int
    site: int
    anchor: int
    ends: tuple[int, ...]


class Matcher:
    """A pattern, ready to be looked for.

    Of embeddings that send the centre (`molecules` and `sites` by their numbers; None means all of them) to the same,
    one is found.  Where it sends `known` sites is told too.  A pattern with ``{MatchOnce}`` is found once.
    """

    def __init__(
        self,
        pattern: PatternGraph,
        molecules: Collection[int] | None = None,
        sites: Collection[int] | None = None,
        known: Collection[int] = (),
    ) -> None:
        self.pattern = pattern
        self.wanted_molecules = tuple(range(len(pattern.kinds))) if molecules is None else tuple(sorted(molecules))
        self.wanted_sites = tuple(range(len(pattern.sites))) if sites is None else tuple(sorted(sites))
        self.known = tuple(sorted({*known} - {*self.wanted_sites}))
        self._plan()

    # --- the plan ---------------------------------------------------------------------------------

    def _plan(self) -> None:
        pattern = self.pattern
        wanted = set(self.wanted_sites)
        placed: set[int] = set()
        steps: list[_Step] = []
        for molecule in self._molecule_order():
            own = range(pattern.starts[molecule], pattern.starts[molecule + 1])
            bound = [site for site in own if pattern.sites[site].bond == LABELLED]
            bound.sort(
                key=lambda site: (not any(end in placed for end in pattern.sites[site].ends), site not in wanted)
            )
            anchor = next((end for site in bound for end in pattern.sites[site].ends if end in placed), NONE)
            steps.append(_Step(molecule, NONE, anchor, ()))
            for site in bound:
                ends = tuple(end for end in pattern.sites[site].ends if end in placed)
                steps.append(_Step(molecule, site, ends[0] if ends else NONE, ends))
                placed.add(site)
        loose = [number for number, site in enumerate(pattern.sites) if site.bond != LABELLED]
        tried = [*(site for site in loose if site in wanted), *(site for site in loose if site in self.known)]
        steps.extend(_Step(pattern.owner[site], site, NONE, ()) for site in tried)
        groups: dict[tuple[int, str], list[int]] = {}
        for site in loose:
            if site not in tried:
                groups.setdefault((pattern.owner[site], pattern.sites[site].name), []).append(site)
        self.groups = [tuple(group) for group in groups.values()]
        self._exchange(steps, {*wanted, *self.known})
        self.steps = steps
        centre = set(self.wanted_molecules)
        last = [
            at
            for at, step in enumerate(steps)
            if (step.site in wanted if step.site != NONE else step.molecule in centre)
        ]
        self.cut = 0 if pattern.once else (last[-1] + 1 if last else 0)

    def _exchange(self, steps: Sequence[_Step], tried: Collection[int]) -> None:
        """Which molecules say the same, are not bound in the pattern, and are outside the centre: they are sent to
        others in one order alone, as `orders` orders give the same."""
        pattern = self.pattern
        self.before: dict[int, int] = {}
        run: dict[object, list[int]] = {}
        # The first molecule is where a search may begin.
        for molecule in (step.molecule for step in steps if step.site == NONE):
            own = range(pattern.starts[molecule], pattern.starts[molecule + 1])
            sites = [pattern.sites[site] for site in own]
            if molecule in {0, *self.wanted_molecules} or any(site in tried for site in own):
                continue
            if any(site.bond == LABELLED for site in sites):
                continue
            said = [(site.positions, site.state, site.bond) for site in sites]
            alike = run.setdefault((pattern.kinds[molecule], pattern.places[molecule], tuple(said)), [])
            if alike:
                self.before[molecule] = alike[-1]
            alike.append(molecule)
        self.orders = prod(factorial(len(alike)) for alike in run.values())

    def _molecule_order(self) -> list[int]:
        """Molecules such that each is bound to one before, where it can be; those of the centre first."""
        pattern = self.pattern
        count = len(pattern.kinds)
        wanted = set(self.wanted_molecules) | {pattern.owner[site] for site in self.wanted_sites}
        neighbours = [
            {
                pattern.owner[end]
                for site in pattern.sites[pattern.starts[at] : pattern.starts[at + 1]]
                for end in site.ends
            }
            for at in range(count)
        ]
        keys = [(at not in wanted, at) for at in range(count)]
        rest, reached = sorted(keys), list[tuple[bool, int]]()
        order: dict[int, None] = {}
        for _, start in rest:
            if start not in order:
                reached.append(keys[start])
            while reached:
                first = heappop(reached)[1]
                if first not in order:
                    order[first] = None
                    for other in neighbours[first]:
                        if other not in order:
                            heappush(reached, keys[other])
        return list(order)

    # --- the search -------------------------------------------------------------------------------

    def may_match(self, graph: Graph) -> bool:
        """Whether the species has enough molecules of each kind, and is in the place."""
        if self.pattern.place not in (NONE, graph.place):
            return False
        members = graph.members
        return all(number in members and len(members[number]) >= count for number, count in self.pattern.needs)

    def embeddings(self, graph: Graph, root: int = NONE) -> list[Embedding]:
        """The embeddings in a species; with `root` those that send the first molecule of the pattern to that one."""
        if not self.may_match(graph):
            return []
        found: list[Embedding] = []
        _Walk(self, graph, root).run(0, found)
        if len(found) > 1 and not self.pattern.once:
            seen = set()
            distinct = []
            for one in found:
                image = self.image(one)
                if image not in seen:
                    seen.add(image)
                    distinct.append(one)
            return distinct
        return found

    def image(self, one: Embedding) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What the centre is sent to."""
        return (
            tuple(one.molecules[at] for at in self.wanted_molecules),
            tuple(one.sites[at] for at in self.wanted_sites),
        )

    def found_in(self, graph: Graph) -> bool:
        """Whether there is an embedding."""
        return self.may_match(graph) and _Walk(self, graph, NONE, cut=0).run(0, [])

    def count(self, graph: Graph, root: int = NONE) -> int:
        """The number of all embeddings, whatever the centre is (of a pattern without molecules one)."""
        return self.orders * _Walk(self, graph, root).number(0) if self.may_match(graph) else 0


def counter(pattern: PatternGraph) -> Matcher:
    """A matcher for counting and finding out whether, which tries no site that nothing depends on."""
    return Matcher(pattern, (), ())


class _Walk:
    """One search of a pattern in a species."""

    def __init__(self, matcher: Matcher, graph: Graph, root: int, cut: int | None = None) -> None:
        pattern = matcher.pattern
        self.pattern, self.graph, self.steps, self.groups = pattern, graph, matcher.steps, matcher.groups
        self.cut = matcher.cut if cut is None else cut
        self.root = root
        self.before = matcher.before
        self.molecules = [NONE] * len(pattern.kinds)
        self.sites = [NONE] * len(pattern.sites)
        self.used_molecules = [False] * len(graph.kinds)
        self.used_sites = [False] * len(graph.states)

    def run(self, at: int, found: list[Embedding]) -> bool:
        """Go on from step `at`; whether anything was found."""
        if at == len(self.steps):
            if not all(self._ways(group) for group in self.groups):
                return False
            found.append(Embedding(tuple(self.molecules), tuple(self.sites)))
            return True
        step = self.steps[at]
        any_found = False
        for candidate in self._candidates(step):
            self._place(step, candidate)
            deeper = self.run(at + 1, found)
            self._take_back(step, candidate)
            if deeper:
                any_found = True
                if at >= self.cut:
                    break
        return any_found

    def number(self, at: int) -> int:
        """The number of embeddings from step `at` on."""
        if at == len(self.steps):
            product = 1
            for group in self.groups:
                product *= self._ways(group)
                if not product:
                    break
            return product
        step = self.steps[at]
        total = 0
        for candidate in self._candidates(step):
            self._place(step, candidate)
            total += self.number(at + 1)
            self._take_back(step, candidate)
        return total

    def _place(self, step: _Step, candidate: int) -> None:
        if step.site == NONE:
            self.molecules[step.molecule] = candidate
            self.used_molecules[candidate] = True
        else:
            self.sites[step.site] = candidate
            self.used_sites[candidate] = True

    def _take_back(self, step: _Step, candidate: int) -> None:
        if step.site == NONE:
            self.used_molecules[candidate] = False
        else:
            self.used_sites[candidate] = False
            self.sites[step.site] = NONE

    def _candidates(self, step: _Step) -> Iterator[int]:
        return self._molecules_for(step) if step.site == NONE else self._sites_for(step)

    def _molecules_for(self, step: _Step) -> Iterator[int]:
        pattern, graph = self.pattern, self.graph
        kind, place = pattern.kinds[step.molecule], pattern.places[step.molecule]
        candidates: Sequence[int]
        if step.anchor != NONE:
            candidates = list(dict.fromkeys(graph.owner[other] for other in graph.bonds[self.sites[step.anchor]]))
        else:
            candidates = graph.members[kind]
        if self.root != NONE and step.molecule == 0:
            candidates = [self.root] if self.root in candidates else []
        sites = pattern.sites[pattern.starts[step.molecule] : pattern.starts[step.molecule + 1]]
        least = self.molecules[self.before[step.molecule]] if step.molecule in self.before else NONE
        for molecule in candidates:
            if molecule < least or self.used_molecules[molecule] or graph.kinds[molecule] != kind:
                continue
            if place not in (NONE, graph.places[molecule]):
                continue
            start = graph.starts[molecule]
            if all(any(self._fits(site, start + position) for position in site.positions) for site in sites):
                yield molecule

    def _sites_for(self, step: _Step) -> Iterator[int]:
        graph, site = self.graph, self.pattern.sites[step.site]
        start = graph.starts[self.molecules[step.molecule]]
        if step.anchor != NONE:
            reached = graph.bonds[self.sites[step.anchor]]
            candidates = [start + position for position in site.positions if start + position in reached]
        else:
            candidates = [start + position for position in site.positions]
        for candidate in candidates:
            if self.used_sites[candidate] or not self._fits(site, candidate):
                continue
            if all(self.sites[end] in graph.bonds[candidate] for end in step.ends):
                yield candidate

    def _fits(self, site: SiteGraph, candidate: int) -> bool:
        """Whether the state is that, and as many bonds are there as the pattern says."""
        graph = self.graph
        if site.state not in (NONE, graph.states[candidate]):
            return False
        bonds = graph.bonds[candidate]
        match site.bond:
            case 0:  # FREE
                return not bonds
            case 1:  # BOUND
                return bool(bonds)
            case 3:  # LABELLED
                return len(bonds) == len(site.ends)
        return True

    def _ways(self, group: tuple[int, ...]) -> int:
        """In how many ways the sites of a group, of one name in one molecule, can be chosen."""
        pattern, graph = self.pattern, self.graph
        start = graph.starts[self.molecules[pattern.owner[group[0]]]]
        choices = [
            [position for position in pattern.sites[site].positions
             if not self.used_sites[start + position] and self._fits(pattern.sites[site], start + position)]
            for site in group
        ]  # fmt: skip
        choices.sort(key=len)
        if all(set(one) <= set(other) for one, other in pairwise(choices)):
            return prod(max(len(options) - before, 0) for before, options in enumerate(choices))
        ways = {0: 1}
        for options in choices:
            following: dict[int, int] = {}
            for taken, count in ways.items():
                for position in options:
                    if not taken >> position & 1:
                        key = taken | 1 << position
                        following[key] = following.get(key, 0) + count
            ways = following
        return sum(ways.values())


__all__ = ["ANY", "BOUND", "FREE", "LABELLED", "Embedding", "Matcher", "counter"]
