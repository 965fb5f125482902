"""What a rule does to what it does not name: to molecules that are bound to those which it removes or moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from mscnet.mechanism.structure import MoleculePattern, MoleculeType, Pattern, SitePattern, Structure
from mscnet.rules.changes import Change, Changes, Side, Spot, side

#: For each molecule, and each of its sites that binds, what it can be bound to.
Neighbours = Mapping[str, Mapping[str, tuple[tuple[str, str], ...]]]


class Touch(NamedTuple):
    """A change with the sides on which it is seen; `near` are the molecules that may be in the same complex."""

    change: Change
    left: Side
    right: Side
    near: frozenset[str] = frozenset()


def touches_of(taken: Changes, structure: Structure, neighbours: Neighbours) -> Iterator[Touch]:
    """The changes of a rule, and those of molecules that are bound to its own in ways that it leaves open."""
    types = {molecule.name: molecule for molecule in structure.molecules}
    near = _near({m.name for s in (taken.left, taken.right) for m in s.molecules}, neighbours)
    for change in taken.changes:
        yield Touch(change, taken.left, taken.right, near)
    whole = {taken.left.patterns[c.left[0].molecule] for c in taken.changes if c.kind == "delete" and c.whole}
    for number in sorted(whole):
        pattern = taken.rule.reactants[number]
        for name in _reached(_open(pattern.molecules, types, neighbours), neighbours):
            text = f"removes {name} with {pattern.molecules[0].name}"
            yield Touch(Change("delete", text, left=(Spot(0, -1),)), _alone(name), side([]))
    for change in taken.changes:
        if change.kind == "delete" and not change.whole:
            gone = taken.left.molecules[change.left[0].molecule]
            yield from _freed(gone, _open([gone], types, neighbours), near)
    if taken.rule.move_connected or _whole_moves(taken):
        yield from _dragged(taken, types, neighbours)


def _freed(gone: MoleculePattern, ends: Iterable[tuple[str, str]], near: frozenset[str]) -> Iterator[Touch]:
    for name, site in dict.fromkeys(ends):
        text = f"frees {name}({site}) of {gone.name}"
        spot = (Spot(0, 0),)
        yield Touch(Change("unbind", text, spot, spot), _alone(name, site, "bound"), _alone(name, site, "free"), near)


def _whole_moves(taken: Changes) -> bool:
    return any(pattern.place is not None for pattern in taken.rule.products) and any(
        change.kind == "move" for change in taken.changes
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


def _near(names: Iterable[str], neighbours: Neighbours) -> frozenset[str]:
    return frozenset(_reached(((name, "") for name in names), neighbours))
