"""Overlaps of patterns, against going through all injections of their molecules and sites."""

from __future__ import annotations

from itertools import permutations, product

from hypothesis import given
from hypothesis import strategies as st

from mscnet.mechanism.structure import MoleculePattern, MoleculeType, Pattern, SitePattern, SiteType
from mscnet.rules.changes import side
from mscnet.rules.overlap import Overlap, _matching

TYPES = {"A": MoleculeType("A", (SiteType("b"), SiteType("b"), SiteType("b"), SiteType("s", ("u", "p"))))}


@st.composite
def lone(draw: st.DrawFn) -> MoleculePattern:
    """A molecule with up to three equal sites, each free, bound or open, and a state."""
    number = draw(st.integers(0, 3))
    sites = [SitePattern("b", bond=draw(st.sampled_from(["free", "bound", "any"]))) for _ in range(number)]
    if draw(st.booleans()):
        sites.append(SitePattern("s", draw(st.sampled_from(["u", "p", None]))))
    return MoleculePattern("A", tuple(sites))


def brute(one: MoleculePattern, other: MoleculePattern) -> bool:
    """Whether some molecule shows both: its three sites free or bound, its state, and sites assigned in any order."""

    def shows(pattern: MoleculePattern, bonds: tuple[str, ...], state: str) -> bool:
        arms = [site for site in pattern.sites if site.name == "b"]
        if any(site.state not in (None, state) for site in pattern.sites if site.name == "s"):
            return False
        return any(
            all(site.bond in ("any", bonds[at]) for site, at in zip(arms, order, strict=True))
            for order in permutations(range(3), len(arms))
        )

    return any(
        shows(one, bonds, state) and shows(other, bonds, state)
        for bonds in product(["free", "bound"], repeat=3)
        for state in ("u", "p")
    )


@given(lone(), lone())
def test_equal_sites_overlap_as_all_their_orders_say(one: MoleculePattern, other: MoleculePattern) -> None:
    overlap = Overlap(side([Pattern((one,))]), side([Pattern((other,))]), TYPES)
    assert overlap.meets(0, 0) == brute(one, other)


@given(st.lists(st.lists(st.integers(0, 4), max_size=5), max_size=5))
def test_matchings_are_largest(edges: list[list[int]]) -> None:
    def best(at: int, used: frozenset[int]) -> int:
        if at == len(edges):
            return 0
        taken = [1 + best(at + 1, used | {other}) for other in edges[at] if other not in used]
        return max([best(at + 1, used), *taken])

    assert _matching(edges, 5) == best(0, frozenset())
