"""Two kinds of molecules, and what tests write with them."""

from __future__ import annotations

from mscnet.mechanism.expression import ONE
from mscnet.mechanism.structure import MoleculePattern, MoleculeType, Place, SitePattern, SiteType, Structure
from mscnet.mechanism.types import RateLaw

TYPES = (
    MoleculeType("A", (SiteType("b"), SiteType("b"), SiteType("c", ("u", "p")))),
    MoleculeType("B", (SiteType("a"),)),
)
STRUCTURE = Structure(molecules=TYPES, places=(Place("EC", 3, ONE),))
LAW = RateLaw("mass_action", ONE)


def a(*sites: SitePattern, place: str | None = None) -> MoleculePattern:
    return MoleculePattern("A", sites, place)


def b(*sites: SitePattern) -> MoleculePattern:
    return MoleculePattern("B", sites)


def site(name: str, bond: object = "free", state: str | None = None) -> SitePattern:
    return SitePattern(name, state, bond)  # type: ignore[arg-type]
