"""What a rule changes: molecules that it keeps, makes and removes, bonds that it forms and breaks, states that it sets.

Molecules of either side are those of all its patterns, one after the other.  What stands left and right is the same
molecule where both have the same tag, else where both are the n-th without one that has this name and names these
sites; sites alike (BNGL's rule; Faeder, Blinov, Hlavacek, Methods Mol. Biol. 2009, 500, 113).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from mscnet.mechanism.structure import MoleculePattern, Pattern, Rule, SitePattern
from mscnet.records import dataclass

Kind = Literal["bind", "unbind", "state", "create", "delete", "move"]


class Spot(NamedTuple):
    """A site by the number of its molecule on a side and its own in that molecule."""

    molecule: int
    site: int


@dataclass(frozen=True, slots=True)
class Side:
    """All molecules of one side of a rule, the pattern that each belongs to, and which sites are bound to which.

    `places` are compartments of molecules, `wholes` those that are said of the species that each is in.
    """

    molecules: tuple[MoleculePattern, ...]
    patterns: tuple[int, ...]
    partners: dict[Spot, tuple[Spot, ...]]
    places: tuple[str | None, ...]
    wholes: tuple[str | None, ...]

    def place(self, molecule: int) -> str | None:
        """The compartment that is said of a molecule or, where none is, of its species."""
        return self.places[molecule] or self.wholes[molecule]

    def site(self, spot: Spot) -> SitePattern:
        return self.molecules[spot.molecule].sites[spot.site]

    def bonds(self) -> Iterator[tuple[Spot, Spot]]:
        """Every bond that is named, once."""
        return ((one, other) for one, others in self.partners.items() for other in others if one < other)

    def bound(self, one: Spot, other: Spot) -> bool:
        """Whether a bond between two sites is named."""
        return other in self.partners.get(one, ())


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a rule does.

    `left` and `right` are where: the one or two sites (``bind``, ``unbind``, ``state``), or the molecule with site -1
    (``create``, ``delete``, ``move``, or a site of which that side says nothing).  `before` and `after` are states or
    compartments.  A ``delete`` with `whole` removes all that the molecule is bound to as well.
    """

    kind: Kind
    text: str
    left: tuple[Spot, ...] = ()
    right: tuple[Spot, ...] = ()
    before: str | None = None
    after: str | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """A rule taken apart: its sides, which molecules and sites of the left are which of the right, and what changes."""

    rule: Rule
    left: Side
    right: Side
    molecules: dict[int, int]
    sites: dict[Spot, Spot]
    changes: tuple[Change, ...]

    @property
    def text(self) -> str:
        """What changes in words; ``nothing`` where it is nothing."""
        return "; ".join(dict.fromkeys(change.text for change in self.changes)) or "nothing"


def side(patterns: Sequence[Pattern]) -> Side:
    """The molecules of some patterns as one side."""
    molecules: list[MoleculePattern] = []
    numbers: list[int] = []
    places: list[str | None] = []
    wholes: list[str | None] = []
    partners: dict[Spot, tuple[Spot, ...]] = {}
    for number, pattern in enumerate(patterns):
        ends: dict[int, Spot] = {}
        for molecule in pattern.molecules:
            for index, site in enumerate(molecule.sites):
                here = Spot(len(molecules), index)
                for label in site.bonds:
                    there = ends.setdefault(label, here)
                    if there != here:
                        partners[here] = (*partners.get(here, ()), there)
                        partners[there] = (*partners.get(there, ()), here)
            molecules.append(molecule)
            numbers.append(number)
            places.append(molecule.place)
            wholes.append(pattern.place)
    return Side(tuple(molecules), tuple(numbers), partners, tuple(places), tuple(wholes))


def changes_of(rule: Rule) -> Changes:
    """What a rule changes.  The cost is linear in its text."""
    left, right = side(rule.reactants), side(rule.products)
    molecules = _same([(m.label, _form(m)) for m in left.molecules], [(m.label, _form(m)) for m in right.molecules])
    sites: dict[Spot, Spot] = {}
    for a, b in molecules.items():
        ours, theirs = left.molecules[a].sites, right.molecules[b].sites
        for i, j in _same([(s.label, s.name) for s in ours], [(s.label, s.name) for s in theirs]).items():
            sites[Spot(a, i)] = Spot(b, j)
    found = [
        *_made_and_removed(rule, left, right, molecules),
        *_bonds(left, right, molecules, sites),
        *_states(left, right, molecules, sites),
        *_moves(left, right, molecules),
    ]
    return Changes(rule, left, right, molecules, sites, tuple(found))


def _form(molecule: MoleculePattern) -> str:
    """What two molecules have in common that may be one: their name, and the sites that are named."""
    return f"{molecule.name}({','.join(sorted(site.name for site in molecule.sites))})"


def _same(left: Sequence[tuple[str | None, str]], right: Sequence[tuple[str | None, str]]) -> dict[int, int]:
    """Which of the left are which of the right: by label, the others by their number among those that are alike."""
    there = dict(zip(_keys(right), range(len(right)), strict=True))
    return {index: there[key] for index, key in enumerate(_keys(left)) if key in there}


def _keys(items: Sequence[tuple[str | None, str]]) -> list[tuple[str, str | int]]:
    seen: dict[str, int] = {}
    keys: list[tuple[str, str | int]] = []
    for label, name in items:
        if label is None:
            seen[name] = seen.get(name, 0) + 1
        keys.append((name, seen[name]) if label is None else ("", f"%{label}"))
    return keys


# --- what changes -------------------------------------------------------------------------------


def _made_and_removed(rule: Rule, left: Side, right: Side, molecules: dict[int, int]) -> Iterable[Change]:
    gone = [index for index in range(len(left.molecules)) if index not in molecules]
    made = set(range(len(right.molecules))) - set(molecules.values())
    kept = {left.patterns[index] for index in molecules}
    for index in gone:
        whole = not rule.delete_molecules and left.patterns[index] not in kept
        name = left.molecules[index].name
        text = f"removes {name}" + (" and what is bound to it" if whole else "")
        yield Change("delete", text, left=(Spot(index, -1),), whole=whole)
    for index in sorted(made):
        yield Change("create", f"makes {right.molecules[index].name}", right=(Spot(index, -1),))


def _bonds(left: Side, right: Side, molecules: dict[int, int], sites: dict[Spot, Spot]) -> Iterable[Change]:
    back = {there: here for here, there in sites.items()}
    for one, other in left.bonds():
        if one.molecule not in molecules and other.molecule not in molecules:
            continue
        ends = [sites[end] for end in (one, other) if end in sites]
        if len(ends) == 2 and right.bound(*ends):
            continue
        yield Change("unbind", f"unbinds {_bond_text(left, one, other)}", left=(one, other), right=tuple(ends))
    for one, other in right.bonds():
        ends = [back[end] for end in (one, other) if end in back]
        if len(ends) == 2 and left.bound(*ends):
            continue
        if ends:
            yield Change("bind", f"binds {_bond_text(right, one, other)}", left=tuple(ends), right=(one, other))


def _states(left: Side, right: Side, molecules: dict[int, int], sites: dict[Spot, Spot]) -> Iterable[Change]:
    reached = {there: here for here, there in sites.items()}
    back = {there: here for here, there in molecules.items()}
    for index, molecule in enumerate(right.molecules):
        if index not in back:
            continue
        for number, site in enumerate(molecule.sites):
            there = Spot(index, number)
            here = reached.get(there)
            before = None if here is None else left.site(here).state
            if site.state is None or site.state == before:
                continue
            text = f"{molecule.name}({site.name}): {before or 'any'} to {site.state}"
            yield Change("state", text, (here or Spot(back[index], -1),), (there,), before, site.state)


def _moves(left: Side, right: Side, molecules: dict[int, int]) -> Iterable[Change]:
    for here, there in molecules.items():
        before, after = left.place(here), right.place(there)
        if after is not None and before != after:
            text = f"moves {left.molecules[here].name} from {before or 'anywhere'} to {after}"
            yield Change("move", text, (Spot(here, -1),), (Spot(there, -1),), before, after)


def _bond_text(some: Side, one: Spot, other: Spot) -> str:
    ends = (f"{some.molecules[end.molecule].name}({some.site(end).name})" for end in (one, other))
    return " and ".join(ends)
