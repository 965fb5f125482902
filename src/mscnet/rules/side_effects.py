"""What a rule does to what it does not name: to molecules that are bound to those which it removes or moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from mscnet.mechanism.structure import MoleculePattern, MoleculeType, Pattern, SitePattern
from mscnet.rules.changes import Change, Changes, Side, Spot, side

#: For each molecule, and each of its sites that binds, what it can be bound to.
Neighbours = Mapping[str, Mapping[str, tuple[tuple[str, str], ...]]]


class Touch(NamedTuple):
    """A change with the sides on which it is seen.

    `joins` are the molecules that a bond which is formed or broken may have on either of its ends, where it may join
    or part complexes.
    """

    change: Change
    left: Side
    right: Side
    joins: tuple[frozenset[str], frozenset[str]] | None = None


def touches_of(
    taken: Changes, types: Mapping[str, MoleculeType], neighbours: Neighbours, joining: bool = True
) -> Iterator[Touch]:
    """The changes of a rule, and those of molecules that are bound to its own in ways that it leaves open.

    `types` are molecules by name.  What bonds join is found out if `joining`.
    """
    for change in taken.changes:
        bond = joining and change.kind in ("bind", "unbind")
        joins = _joins(change, taken, types, neighbours) if bond else None
        yield Touch(change, taken.left, taken.right, joins)
    whole = {taken.left.patterns[c.left[0].molecule] for c in taken.changes if c.kind == "delete" and c.whole}
    for number in sorted(whole):
        pattern = taken.rule.reactants[number]
        for name in _reached(_open(pattern.molecules, types, neighbours), neighbours):
            text = f"removes {name} with {pattern.molecules[0].name}"
            yield Touch(Change("delete", text, left=(Spot(0, -1),)), _alone(name), side([]))
    for change in taken.changes:
        if change.kind == "delete" and not change.whole:
            gone = taken.left.molecules[change.left[0].molecule]
            yield from _freed(gone, _open([gone], types, neighbours), neighbours)
    if any(change.kind == "move" for change in taken.changes):
        yield from _dragged(taken, types, neighbours)


def _joins(
    change: Change, taken: Changes, types: Mapping[str, MoleculeType], neighbours: Neighbours
) -> tuple[frozenset[str], frozenset[str]] | None:
    """What may hang on either end of a bond; None where what it joins or parts is one complex anyway."""
    forms = change.kind == "bind"
    some, ends = (taken.right, change.right) if forms else (taken.left, change.left)
    apart, there = (taken.left, change.left) if forms else (taken.right, change.right)
    if len(there) == 2 and len({apart.patterns[spot.molecule] for spot in there}) == 1:
        return None
    one, other = (_beyond(some, spot, types, neighbours) for spot in ends)
    return one, other


def _beyond(some: Side, spot: Spot, types: Mapping[str, MoleculeType], neighbours: Neighbours) -> frozenset[str]:
    """A molecule with all that can hang on it beyond one of its sites: no chain leaves by the site that it came by."""
    start = some.molecules[spot.molecule].name, some.site(spot).name
    seen, pending = {start}, [start]
    while pending:
        name, entered = pending.pop()
        known = types.get(name)
        several = known is not None and sum(site.name == entered for site in known.sites) > 1
        for site, ends in neighbours.get(name, {}).items():
            if several or site != entered:
                pending += [end for end in ends if end not in seen]
                seen.update(ends)
    return frozenset(name for name, _ in seen)


def _freed(gone: MoleculePattern, ends: Iterable[tuple[str, str]], neighbours: Neighbours) -> Iterator[Touch]:
    near = frozenset(_reached([(gone.name, "")], neighbours))
    for name, site in dict.fromkeys(ends):
        text = f"frees {name}({site}) of {gone.name}"
        spot = (Spot(0, 0),)
        yield Touch(
            Change("unbind", text, spot, spot), _alone(name, site, "bound"), _alone(name, site, "free"), (near, near)
        )


def _dragged(taken: Changes, types: Mapping[str, MoleculeType], neighbours: Neighbours) -> Iterator[Touch]:
    moved = [taken.left.molecules[c.left[0].molecule] for c in taken.changes if c.kind == "move"]
    for name in _reached(_open(moved, types, neighbours), neighbours):
        text = f"moves {name} with {moved[0].name}"
        spot = (Spot(0, -1),)
        yield Touch(Change("move", text, spot, spot), _alone(name), _alone(name))


def _alone(name: str, site: str | None = None, bond: str = "any") -> Side:
    sites = () if site is None else (SitePattern(site, bond="free" if bond == "free" else "bound"),)
    return side([Pattern((MoleculePattern(name, sites),))])


def _open(
    molecules: Iterable[MoleculePattern], types: Mapping[str, MoleculeType], neighbours: Neighbours
) -> list[tuple[str, str]]:
    """The sites that may be bound to some molecules where their patterns do not say."""
    found: list[tuple[str, str]] = []
    for molecule in molecules:
        for site, others in neighbours.get(molecule.name, {}).items():
            closed = sum(s.name == site and s.bond not in ("bound", "any") for s in molecule.sites)
            known = types.get(molecule.name)
            number = sum(s.name == site for s in known.sites) if known is not None else 1
            if closed < number:
                found += others
    return found


def _reached(ends: Iterable[tuple[str, str]], neighbours: Neighbours) -> list[str]:
    """All molecules that can be reached from some sites, in the order of finding."""
    found: dict[str, None] = {}
    pending = [name for name, _ in ends]
    while pending:
        name = pending.pop(0)
        if name not in found:
            found[name] = None
            pending += [other for others in neighbours.get(name, {}).values() for other, _ in others]
    return list(found)
