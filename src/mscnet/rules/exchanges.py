"""In how many ways the symmetries of a rule exchange what it changes.

That is the orbit of its reaction centre, so no symmetry that leaves the centre in place need be listed: of those there
can be legion, as where a molecule holds many equal arms.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from mscnet.rules.graph import NONE, PatternGraph, SiteGraph

#: Whether a site may lie on another.
Alike = Callable[[SiteGraph, SiteGraph], bool]


def exchanges(
    left: PatternGraph,
    right: PatternGraph,
    maps: tuple[Sequence[int], Sequence[int]],
    belongs: Sequence[int],
    centre: tuple[Collection[int], Collection[int], Collection[int]],
    alike: Alike,
) -> int:
    """The number of places that the centre of a rule is sent to by the symmetries of the rule.

    `maps` take molecules and sites of `left`, all reactants side by side, to those of `right`, or to NONE; `belongs`
    says of which reactant each molecule is.  A symmetry lays each side onto itself, and alike on both.
    """
    return _Search(left, right, maps, belongs, centre, alike).count()


class _Search:
    """Molecules and sites are laid one by one, the centre first; behind it the first success is enough."""

    def __init__(
        self,
        left: PatternGraph,
        right: PatternGraph,
        maps: tuple[Sequence[int], Sequence[int]],
        belongs: Sequence[int],
        centre: tuple[Collection[int], Collection[int], Collection[int]],
        alike: Alike,
    ) -> None:
        self.left, self.right, self.belongs, self.alike = left, right, belongs, alike
        self.molecule_map, self.site_map = maps
        self.centre = centre
        molecules, sites, wholes = centre
        first = {*molecules, *(left.owner[at] for at in sites)}
        first |= {at for at, number in enumerate(belongs) if number in wholes}
        order = sorted(range(len(left.kinds)), key=lambda at: (at not in first, at))
        # a step is a molecule, or a site behind all molecules' count
        self.steps: list[tuple[bool, int]] = []
        for at in order:
            own = range(left.starts[at], left.starts[at + 1])
            self.steps += [
                (True, at),
                *((False, site) for site in sorted(own, key=lambda one: (one not in sites, one))),
            ]
        wanted = [i for i, (is_molecule, at) in enumerate(self.steps) if (at in first if is_molecule else at in sites)]
        self.cut = wanted[-1] + 1 if wanted else 0
        self.molecules = [NONE] * len(left.kinds)
        self.sites = [NONE] * len(left.sites)
        self.images: set[tuple[int, ...]] = set()

    def count(self) -> int:
        self._lay(0)
        return max(len(self.images), 1)

    def _lay(self, step: int) -> bool:
        """Goes on from a step; whether there was a success, after which only what is before the cut is varied."""
        if step == self.cut and self._image() in self.images:
            return True
        if step == len(self.steps):
            self.images.add(self._image())
            return True
        is_molecule, at = self.steps[step]
        found = False
        for target in self._molecules_for(at) if is_molecule else self._sites_for(at):
            where = self.molecules if is_molecule else self.sites
            where[at] = target
            success = self._lay(step + 1)
            where[at] = NONE
            found |= success
            if success and step >= self.cut:
                return True
        return found

    def _image(self) -> tuple[int, ...]:
        molecules, sites, wholes = self.centre
        places = [self.molecules[at] for at in sorted(molecules)] + [self.sites[at] for at in sorted(sites)]
        for number in sorted(wholes):
            at = next((each for each, of in enumerate(self.belongs) if of == number), None)
            places.append(NONE if at is None else self.belongs[self.molecules[at]])
        return tuple(places)

    def _molecules_for(self, at: int) -> list[int]:
        left, right = self.left, self.right
        found = []
        for target in range(len(left.kinds)):
            own, there = self.molecule_map[at], self.molecule_map[target]
            if target in self.molecules or left.kinds[at] != left.kinds[target] or (own == NONE) != (there == NONE):
                continue
            if left.starts[at + 1] - left.starts[at] != left.starts[target + 1] - left.starts[target]:
                continue
            if left.places[at] not in (NONE, left.places[target]):
                continue
            if own == NONE or right.places[own] in (NONE, right.places[there]):
                found.append(target)
        return found

    def _sites_for(self, at: int) -> list[int]:
        left = self.left
        target = self.molecules[left.owner[at]]
        return [
            there
            for there in range(left.starts[target], left.starts[target + 1])
            if there not in self.sites and self._fits(at, there)
        ]

    def _fits(self, at: int, there: int) -> bool:
        left, right = self.left, self.right
        if not self.alike(left.sites[at], left.sites[there]):
            return False
        for end in left.sites[at].ends:
            if self.sites[end] != NONE and self.sites[end] not in left.sites[there].ends:
                return False
        own, other = self.site_map[at], self.site_map[there]
        if own == NONE or other == NONE:
            return own == other
        if not self.alike(right.sites[own], right.sites[other]):
            return False
        back = {image: each for each, image in enumerate(self.site_map) if image != NONE}
        for end in right.sites[own].ends:
            laid = self.sites[back[end]] if end in back else NONE
            image = self.site_map[laid] if laid != NONE else (end if end not in back else NONE)
            if image != NONE and image not in right.sites[other].ends:
                return False
        return True
