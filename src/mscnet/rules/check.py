"""What cannot be right in patterns, whichever language they are written in: bonds, sites, states and places.

Every function gives what it finds, in the order of the text, and raises nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from mscnet.diagnostics import Span, suggest
from mscnet.mechanism.structure import MoleculePattern, MoleculeType, Pattern, SitePattern, Structure
from mscnet.mechanism.structure_text import molecule_text, molecule_type_text
from mscnet.records import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong, where, and how to mend it."""

    code: str
    message: str
    span: Span | None
    hint: str | None = None


def labels_of(site: SitePattern) -> tuple[int, ...]:
    """The labels of the bonds of a site; none where it is free or its bond is left open."""
    if isinstance(site.bond, str):
        return ()
    return site.bond if isinstance(site.bond, tuple) else (site.bond,)


def all_patterns(structure: Structure) -> Iterator[Pattern]:
    """Every pattern of a mechanism that is no seed."""
    for rule in structure.rules:
        if not rule.reverse:
            yield from rule.reactants
            yield from rule.products
            for one in rule.restrictions:
                yield from one.patterns
    for count in structure.counts:
        yield from count.patterns
    for energy in structure.energies:
        yield energy.pattern
    for population in structure.populations:
        yield population.pattern


def pattern_troubles(pattern: Pattern, structure: Structure) -> Iterator[Trouble]:
    """Bonds with one end or three, molecules, sites, states and places that there are not."""
    yield from bond_troubles(pattern)
    places = {place.name for place in structure.places}
    named = [(pattern.place, pattern.span), *((one.place, one.span) for one in pattern.molecules)]
    for place, span in named:
        if place is not None and place not in places:
            hint = suggest(place, places) or ("there are none" if not places else "there are " + ", ".join(places))
            yield Trouble("E270", f"there is no compartment `{place}`", span, hint)
    for molecule in pattern.molecules:
        kind = structure.molecule(molecule.name)
        if kind is None:
            names = [one.name for one in structure.molecules]
            hint = suggest(molecule.name, names) or "molecules are declared with their sites before they are used"
            yield Trouble("E303", f"there is no molecule `{molecule.name}`", molecule.span, hint)
        else:
            yield from _site_troubles(molecule, kind)


def bond_troubles(pattern: Pattern) -> Iterator[Trouble]:
    """Labels of bonds that do not stand at two sites."""
    ends: dict[int, list[SitePattern]] = {}
    for molecule in pattern.molecules:
        for site in molecule.sites:
            for label in labels_of(site):
                ends.setdefault(label, []).append(site)
    for label, sites in ends.items():
        if len(sites) == 1:
            message = f"the bond `!{label}` has one end only"
            hint = f"write `!{label}` at the site at its other end too, or `!+` for any partner"
            yield Trouble("E305", message, sites[0].span, hint)
        elif len(sites) > 2:
            message = f"the bond `!{label}` has {len(sites)} ends"
            yield Trouble("E305", message, sites[2].span, "a bond joins two sites: give the others another number")


def _site_troubles(molecule: MoleculePattern, kind: MoleculeType) -> Iterator[Trouble]:
    there = Counter(site.name for site in kind.sites)
    used: Counter[str] = Counter()
    for site in molecule.sites:
        used[site.name] += 1
        shown = molecule_type_text(kind)
        if site.name not in there:
            hint = suggest(site.name, there) or f"it is {shown}"
            yield Trouble("E304", f"`{kind.name}` has no site `{site.name}`", site.span, hint)
            continue
        if used[site.name] == there[site.name] + 1:
            times = f"{there[site.name]} times" if there[site.name] > 1 else "once"
            message = f"`{kind.name}` has the site `{site.name}` {times} only"
            yield Trouble("E306", message, site.span, f"it is {shown}")
        states = kind.site(site.name).states  # type: ignore[union-attr]
        if site.state is not None and site.state not in states:
            if not states:
                yield Trouble(
                    "E304", f"the site `{site.name}` of `{kind.name}` has no states", site.span, f"it is {shown}"
                )
            else:
                hint = suggest(site.state, states) or f"it is {shown}"
                message = f"the site `{site.name}` of `{kind.name}` has no state `{site.state}`"
                yield Trouble("E304", message, site.span, hint)


def seed_troubles(pattern: Pattern, structure: Structure) -> Iterator[Trouble]:
    """What a species must have that a pattern need not: every site with its state, definite bonds, one piece."""
    for molecule in pattern.molecules:
        kind = structure.molecule(molecule.name)
        if kind is None:
            continue
        missing = Counter(site.name for site in kind.sites) - Counter(site.name for site in molecule.sites)
        if missing:
            names = ", ".join(f"`{name}`" for name in missing.elements())
            message = f"a species has all its sites, and `{molecule_text(molecule)}` lacks {names}"
            yield Trouble("E307", message, molecule.span, f"it is {molecule_type_text(kind)}")
        for site in molecule.sites:
            declared = kind.site(site.name)
            if site.state is None and declared is not None and declared.states:
                hint = "as in " + ", ".join(f"`{site.name}~{state}`" for state in declared.states[:4])
                yield Trouble("E307", f"the state of the site `{site.name}` is not said", site.span, hint)
            if site.bond in ("bound", "any"):
                message = f"in a species, what the site `{site.name}` is bound to is said"
                yield Trouble("E307", message, site.span, "write a number of a bond, or nothing where it is free")
    yield from _pieces(pattern)


def _pieces(pattern: Pattern) -> Iterator[Trouble]:
    """Molecules of a species that nothing binds to its first one."""
    at: dict[int, set[int]] = {}
    for i, molecule in enumerate(pattern.molecules):
        for site in molecule.sites:
            for label in labels_of(site):
                at.setdefault(label, set()).add(i)
    neighbours: dict[int, set[int]] = {i: set() for i in range(len(pattern.molecules))}
    for ends in at.values():
        for i in ends:
            neighbours[i] |= ends
    seen, stack = {0}, [0]
    while stack:
        new = neighbours.get(stack.pop(), set()) - seen
        seen |= new
        stack += new
    for i, molecule in enumerate(pattern.molecules):
        if i not in seen:
            message = f"nothing binds `{molecule_text(molecule)}` to the rest of this species"
            yield Trouble("E307", message, molecule.span, "bind it with `!1` at both ends, or write two species")
            return


def structure_troubles(structure: Structure) -> Iterator[Trouble]:
    """Everything that these checks find in a mechanism."""
    for pattern in all_patterns(structure):
        yield from pattern_troubles(pattern, structure)
    for seed in structure.seeds:
        found = [*pattern_troubles(seed.pattern, structure)]
        yield from found or seed_troubles(seed.pattern, structure)


def in_order(troubles: Iterable[Trouble]) -> list[Trouble]:
    """By their places in the text."""
    return sorted(troubles, key=lambda one: one.span.start if one.span else -1)
