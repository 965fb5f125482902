"""What cannot be right in patterns, whichever language they are written in: bonds, sites, states and places.

Every check gives what it finds, and raises nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from mscnet.diagnostics import Span, suggest
from mscnet.mechanism.structure import MoleculePattern, MoleculeType, Pattern, SitePattern, SiteType, Structure
from mscnet.mechanism.structure_text import molecule_text, molecule_type_text
from mscnet.records import dataclass, replace

#: Of longer descriptions of a molecule, hints show the beginning.
_MOST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong, where, and how to mend it; `unknown` is the molecule or site that there is not."""

    code: str
    message: str
    span: Span | None
    hint: str | None = None
    unknown: str | None = None


def in_order(troubles: Iterable[Trouble]) -> list[Trouble]:
    """By their places in the text."""
    return sorted(troubles, key=lambda one: one.span.start if one.span else -1)


class PatternCheck:
    """Holds patterns against the kinds of molecules and the places that there are.

    Where the kinds that no text declares are not to be used (`strict`), one is unknown that is written with brackets.
    """

    def __init__(self, molecules: Iterable[MoleculeType], places: Iterable[str], strict: bool = False) -> None:
        self._kinds = {molecule.name: molecule for molecule in molecules}
        self._sites = {name: {site.name: site.states for site in kind.sites} for name, kind in self._kinds.items()}
        self._states = {
            name: {site.name: frozenset(site.states) for site in kind.sites} for name, kind in self._kinds.items()
        }
        self._numbers = {name: Counter(site.name for site in kind.sites) for name, kind in self._kinds.items()}
        self._known = [name for name, kind in self._kinds.items() if kind.declared or not strict]
        self._places = list(places)
        self._strict = strict

    def everything(self, structure: Structure) -> Iterator[Trouble]:
        """All that is wrong in the patterns of a structure, whose seeds say all of themselves."""
        seeds = len(structure.seeds)
        for number, pattern in enumerate(structure.patterns()):
            yield from self.species(pattern) if number < seeds else self.pattern(pattern)

    def pattern(self, pattern: Pattern) -> Iterator[Trouble]:
        """Bonds with one end or three; molecules, sites, states and places that there are not."""
        yield from bond_troubles(pattern)
        yield from self.names(pattern)

    def names(self, pattern: Pattern) -> Iterator[Trouble]:
        """Molecules, sites, states and places that there are not."""
        named = ((pattern.place, pattern.span), *((one.place, one.span) for one in pattern.molecules))
        for place, span in named:
            if place is not None and place not in self._places:
                there = f"there are {_listed(sorted(self._places)[:8])}" if self._places else "none is declared"
                hint = suggest(place, self._places) or there
                yield Trouble("E270", f"there is no compartment `{place}`", span, hint)
        for molecule in pattern.molecules:
            kind = self._kinds.get(molecule.name)
            if kind is None or (self._strict and not kind.declared and _has_brackets(molecule)):
                hint = (
                    suggest(molecule.name, self._known)
                    or f"declare the molecule with its sites: {_shown(_declaration(molecule))}"
                )
                yield Trouble("E303", f"unknown molecule `{molecule.name}`", molecule.span, hint, molecule.name)
            else:
                yield from self._of_sites(molecule, kind)

    def species(self, pattern: Pattern) -> Iterator[Trouble]:
        """What is wrong with a pattern that is to be a species: all is said of it, and it is in one piece."""
        found = [*self.pattern(pattern)]
        yield from found
        if found:
            return
        for molecule in pattern.molecules:
            yield from _left_out(molecule, self._kinds[molecule.name])
        yield from open_troubles(pattern)

    def _of_sites(self, molecule: MoleculePattern, kind: MoleculeType) -> Iterator[Trouble]:
        sites, numbers = self._sites[kind.name], self._numbers[kind.name]
        used: Counter[str] = Counter()
        for site in molecule.sites:
            if site.name not in sites:
                hint = suggest(site.name, sites) or f"it is {_shown(molecule_type_text(kind))}"
                yield Trouble("E304", f"`{kind.name}` has no site `{site.name}`", site.span, hint, site.name)
                continue
            used[site.name] += 1
            held = numbers[site.name]
            if used[site.name] == held + 1:
                number = sum(one.name == site.name for one in molecule.sites)
                has = f"one site `{site.name}`" if held == 1 else f"{held} sites `{site.name}`"
                message = f"`{kind.name}` has {has}, here are {number}: no molecule can match this"
                hint = f"leave one out, or declare more: it is {_shown(molecule_type_text(kind))}"
                yield Trouble("E306", message, site.span, hint)
            states = sites[site.name]
            if site.state is not None and site.state not in self._states[kind.name][site.name]:
                there = f"its states are {_listed(states)}" if states else "it is declared without states"
                message = f"the site `{site.name}` of `{kind.name}` has no state `{site.state}`"
                yield Trouble("E304", message, site.span, suggest(site.state, states) or there)


def pattern_check(structure: Structure) -> PatternCheck:
    """Patterns held against the molecules and places of a structure."""
    return PatternCheck(structure.molecules, [place.name for place in structure.places])


def bond_troubles(pattern: Pattern) -> Iterator[Trouble]:
    """Labels of bonds that do not stand at two sites."""
    ends: dict[int, list[SitePattern]] = {}
    for molecule in pattern.molecules:
        for site in molecule.sites:
            for label in site.bonds:
                ends.setdefault(label, []).append(site)
    for label, sites in ends.items():
        if len(sites) == 1:
            message = f"the bond `!{label}` has one end only"
            hint = f"write `!{label}` at the site at its other end too, or `!+` for any partner"
            yield Trouble("E305", message, sites[0].span, hint)
        elif len(sites) > 2:
            message = f"the bond `!{label}` has {len(sites)} ends"
            yield Trouble("E305", message, sites[2].span, "a bond joins two sites: give the others another number")


def open_troubles(pattern: Pattern) -> Iterator[Trouble]:
    """What a species leaves open of its bonds: where they go, and what binds its molecules together."""
    whole = True
    for molecule in pattern.molecules:
        for site in molecule.sites:
            if site.bond in ("bound", "any"):
                whole = False
                mark = "!+" if site.bond == "bound" else "!?"
                message = f"`{mark}` leaves open what the site `{site.name}` is bound to, and a species is whole"
                hint = "leave it out for a free site, or name the bond: `A(b!1).B(a!1)`"
                yield Trouble("E307", message, site.span, hint)
    alone = _not_bound(pattern) if whole else None
    if alone is not None:
        message = f"nothing binds `{molecule_text(alone)}` to the rest of this species"
        yield Trouble("E307", message, alone.span, "bind them, `A(b!1).B(a!1)`, or write two species")


def _left_out(molecule: MoleculePattern, kind: MoleculeType) -> Iterator[Trouble]:
    """Sites and states that a molecule of a species does not name."""
    missing = Counter(site.name for site in kind.sites) - Counter(site.name for site in molecule.sites)
    if missing:
        message = f"a species has all its sites, and `{molecule_text(molecule)}` lacks {_listed(missing.elements())}"
        yield Trouble("E307", message, molecule.span, f"it is {_shown(molecule_type_text(kind))}")
    for site in molecule.sites:
        declared = kind.site(site.name)
        if site.state is None and declared is not None and declared.states:
            hint = "as in " + ", ".join(f"`{site.name}~{state}`" for state in declared.states[:4])
            yield Trouble("E307", f"the state of the site `{site.name}` is not said", site.span, hint)


def _not_bound(pattern: Pattern) -> MoleculePattern | None:
    """The first molecule that nothing binds to the first one of a species."""
    at: dict[int, set[int]] = {}
    for i, molecule in enumerate(pattern.molecules):
        for site in molecule.sites:
            for label in site.bonds:
                at.setdefault(label, set()).add(i)
    neighbours: list[set[int]] = [set() for _ in pattern.molecules]
    for ends in at.values():
        for i in ends:
            neighbours[i] |= ends
    seen, stack = {0}, [0]
    while stack:
        new = neighbours[stack.pop()] - seen
        seen |= new
        stack += new
    return next((molecule for i, molecule in enumerate(pattern.molecules) if i not in seen), None)


def with_inferred_types(structure: Structure, known: tuple[MoleculeType, ...] = ()) -> Structure:
    """The structure with the molecules that its patterns hold and nothing declares.

    Such a kind has every site that some pattern names, as often as one molecule has it, in all states named.
    """
    names = {molecule.name for molecule in (*structure.molecules, *known)}
    sites: dict[str, dict[str, tuple[int, dict[str, None]]]] = {}
    spans: dict[str, Span | None] = {}
    for pattern in structure.patterns():
        for molecule in pattern.molecules:
            if molecule.name in names:
                continue
            spans.setdefault(molecule.name, molecule.span)
            own = sites.setdefault(molecule.name, {})
            for name, number in Counter(site.name for site in molecule.sites).items():
                before = own.get(name, (0, {}))
                own[name] = (max(before[0], number), before[1])
            for site in molecule.sites:
                if site.state is not None:
                    own[site.name][1].setdefault(site.state)
    made = tuple(
        MoleculeType(
            name,
            tuple(SiteType(site, tuple(states)) for site, (number, states) in own.items() for _ in range(number)),
            declared=False,
            span=spans[name],
        )
        for name, own in sites.items()
    )
    return replace(structure, molecules=(*structure.molecules, *made)) if made else structure


def _has_brackets(molecule: MoleculePattern) -> bool:
    return bool(molecule.sites) or molecule.span is None or molecule.span.text != molecule.name


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _shown(text: str) -> str:
    return f"`{text}`" if len(text) <= _MOST_SHOWN else f"`{text[: _MOST_SHOWN - 1]}…`"


def _declaration(molecule: MoleculePattern) -> str:
    sites = (f"{site.name}~{site.state}" if site.state else site.name for site in molecule.sites)
    return f"{molecule.name}({', '.join(sites)})"
