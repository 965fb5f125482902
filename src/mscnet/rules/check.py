"""What cannot be right in patterns, whichever language they are written in: bonds, sites, states and places.

Every check gives what it finds, and raises nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from mscnet.diagnostics import MechanismError, Span, suggest
from mscnet.mechanism.expression import ZERO
from mscnet.mechanism.structure import MoleculePattern, MoleculeType, Pattern, Rule, Seed, SitePattern, Structure
from mscnet.mechanism.structure_text import molecule_text, molecule_type_text
from mscnet.records import dataclass, replace
from mscnet.rules.canonical import canonical_text
from mscnet.rules.generate import seeds_of
from mscnet.rules.graph import Vocabulary
from mscnet.rules.transform import compile_rule

#: Rules of more molecules are not tried before they are applied, as that takes long.
_MOST_MOLECULES = 100


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


class Checker:
    """Checks patterns against the molecules and places of one mechanism."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self._kinds = {one.name: one for one in structure.molecules}
        self._places = {place.name for place in structure.places}

    def everything(self) -> Iterator[Trouble]:
        """All that is wrong in the patterns and seeds of the mechanism."""
        for pattern in all_patterns(self._structure):
            yield from self.pattern(pattern)
        for seed in self._structure.seeds:
            yield from self.species(seed.pattern)

    def pattern(self, pattern: Pattern) -> Iterator[Trouble]:
        """Bonds with one end or three; molecules, sites, states and places that there are not."""
        yield from bond_troubles(pattern)
        named = [(pattern.place, pattern.span), *((one.place, one.span) for one in pattern.molecules)]
        for place, span in named:
            if place is not None and place not in self._places:
                listed = "there are " + ", ".join(sorted(self._places)[:8]) if self._places else "there are none"
                hint = suggest(place, self._places) or listed
                yield Trouble("E270", f"there is no compartment `{place}`", span, hint)
        for molecule in pattern.molecules:
            kind = self._kinds.get(molecule.name)
            if kind is None:
                hint = suggest(molecule.name, self._kinds) or "molecules are declared with their sites"
                yield Trouble("E303", f"there is no molecule `{molecule.name}`", molecule.span, hint)
            else:
                yield from _site_troubles(molecule, kind)

    def species(self, pattern: Pattern) -> Iterator[Trouble]:
        """What is wrong with a pattern that is to be a species: all is said of it, and it is in one piece."""
        found = [*self.pattern(pattern)]
        yield from found
        if found:
            return
        for molecule in pattern.molecules:
            yield from _open_troubles(molecule, self._kinds[molecule.name])
        yield from _pieces(pattern)


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


def _open_troubles(molecule: MoleculePattern, kind: MoleculeType) -> Iterator[Trouble]:
    """What a molecule of a species leaves open."""
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


def in_order(troubles: Iterable[Trouble]) -> list[Trouble]:
    """By their places in the text."""
    return sorted(troubles, key=lambda one: one.span.start if one.span else -1)


def rule_troubles(structure: Structure) -> Iterator[Trouble]:
    """Rules that the engine cannot apply, as their products do not follow from their reactants, and seeds that are no
    species; for a structure in whose patterns nothing is wrong."""
    vocabulary = Vocabulary.of(structure)
    refused: set[str | None] = set()
    for rule in structure.rules:
        if rule.name in refused or _molecules(rule) > _MOST_MOLECULES:
            continue
        try:
            compile_rule(rule, vocabulary)
        except MechanismError as error:
            refused.add(rule.partner)  # the other direction has the same fault
            yield from _of(error, rule.span)
    for seed in structure.seeds:
        try:
            seeds_of(replace(structure, seeds=(seed,)), vocabulary)
        except MechanismError as error:
            yield from _of(error, seed.span)


def _molecules(rule: Rule) -> int:
    return sum(len(pattern.molecules) for pattern in (*rule.reactants, *rule.products))


def _of(error: MechanismError, span: Span | None) -> Iterator[Trouble]:
    for finding in error.diagnostics:
        yield Trouble(finding.code, finding.message, finding.span or span, finding.hint)


class SpeciesTexts:
    """Canonical texts of the species of one mechanism, by which each is told from any other."""

    def __init__(self, structure: Structure) -> None:
        self._alone = replace(structure, seeds=(), rules=(), counts=())
        self._vocabulary = Vocabulary.of(structure)

    def of(self, pattern: Pattern) -> str:
        """The canonical text of a species; raises MechanismError (E300) where it is none."""
        seeds = seeds_of(replace(self._alone, seeds=(Seed(pattern, ZERO),)), self._vocabulary)
        return canonical_text(seeds[0], self._vocabulary)
