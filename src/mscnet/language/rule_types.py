"""Kinds of molecules: those that a text declares, and those that follow from what it says where it declares none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from mscnet.diagnostics import Span, suggest
from mscnet.language.scope import Reporter
from mscnet.language.syntax import Word
from mscnet.language.syntax_rules import MoleculeTypeX
from mscnet.mechanism.structure import MoleculePattern, MoleculeType, Pattern, SitePattern, SiteType, Structure
from mscnet.records import replace


def declared_types(statements: Iterable[MoleculeTypeX], report: Reporter) -> tuple[MoleculeType, ...]:
    """The kinds of molecules that a text declares."""
    made: dict[str, MoleculeType] = {}
    first: dict[str, Word] = {}
    for statement in statements:
        name = statement.name
        if name.name in made:
            place = (("first declared here", first[name.name].start, first[name.name].end),)
            report.error("E011", f"the molecule `{name.name}` is declared twice", name.start, name.end, None, place)
            continue
        sites = _sites(statement, report)
        span = report.span(name.start, name.end)
        made[name.name], first[name.name] = MoleculeType(name.name, sites, statement.population, True, span), name
    return tuple(made.values())


def _sites(statement: MoleculeTypeX, report: Reporter) -> tuple[SiteType, ...]:
    sites: dict[str, SiteType] = {}
    made: list[SiteType] = []
    molecule = statement.molecule
    for word in (molecule.label, molecule.place):
        if word is not None:
            report.error("E308", "a declaration has no labels and no places", word.start, word.end, "leave this out")
    for site in molecule.sites:
        for mark in (*site.bonds, *site.labels):
            hint = "bonds and labels stand in patterns; here are the sites and their states, `R(l, kin~u~p)`"
            report.error("E308", "a declaration has no bonds and no labels", mark.start, mark.end, hint)
        states = tuple(dict.fromkeys(word.name.removeprefix("~") for word in site.states))
        for word in site.states:
            if word.name == "?":
                report.error("E308", "a declaration names every state", word.start, word.end)
        name, span = site.name.name, report.span(site.start, site.end)
        one = sites.setdefault(name, SiteType(name, states, span))
        if one.states != states and states:
            message = f"the sites `{name}` are equal, so they have the same states"
            hint = f"write `~{'~'.join(one.states)}` here, too" if one.states else "give the first one these states"
            report.error("E308", message, site.start, site.end, hint)
        made.append(SiteType(name, one.states, span))
    if statement.population and made:
        message = "a population is counted, and not looked into: it has no sites"
        report.error("E308", message, molecule.start, molecule.end, f"write `{statement.name.name}()`")
        return ()
    return tuple(made)


def patterns_of(structure: Structure) -> Iterator[Pattern]:
    """Every pattern of a structure, those of seeds first."""
    for seed in structure.seeds:
        yield seed.pattern
    for rule in structure.rules:
        yield from rule.reactants
        yield from rule.products
        for restriction in rule.restrictions:
            yield from restriction.patterns
    for count in structure.counts:
        yield from count.patterns
    yield from (energy.pattern for energy in structure.energies)
    yield from (population.pattern for population in structure.populations)


def with_inferred_types(structure: Structure, known: tuple[MoleculeType, ...] = ()) -> Structure:
    """The structure with the molecules that its patterns hold and nothing declares.

    Such a kind has every site that some pattern names, as often as one molecule has it, in all states named.
    """
    names = {molecule.name for molecule in (*structure.molecules, *known)}
    sites: dict[str, dict[str, tuple[int, dict[str, None]]]] = {}
    spans: dict[str, Span | None] = {}
    for pattern in patterns_of(structure):
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


class TypeCheck:
    """Holds patterns against the kinds of molecules."""

    def __init__(self, types: Iterable[MoleculeType], places: Collection[str], report: Reporter) -> None:
        self.types = {molecule.name: molecule for molecule in types}
        self._sites = {
            name: {site.name: frozenset(site.states) for site in molecule.sites}
            for name, molecule in self.types.items()
        }
        self._numbers = {name: Counter(site.name for site in kind.sites) for name, kind in self.types.items()}
        self.declared = [name for name, molecule in self.types.items() if molecule.declared]
        self.places, self.report = places, report

    def pattern(self, pattern: Pattern) -> bool:
        """Whether every molecule of a pattern may be; what may not is reported."""
        found = [self._molecule(molecule) for molecule in pattern.molecules]  # all of them, to report each
        named = ((pattern.place, pattern.span), *((m.place, m.span) for m in pattern.molecules))
        found += [self._place(name, span) for name, span in named if name is not None]
        return all(found)

    def _place(self, name: str, span: Span | None) -> bool:
        if name in self.places:
            return True
        hint = suggest(name, self.places) or f"declare it: `compartment {name} = 1 L`"
        hint += "" if self.places else "; a law has a blank before its `@`"
        self.report.at("E270", f"there is no compartment `{name}`", span, hint)
        return False

    def _molecule(self, molecule: MoleculePattern) -> bool:
        kind = self.types[molecule.name]
        if self.declared and not kind.declared and (molecule.sites or _has_brackets(molecule)):
            hint = _looped(molecule.name, molecule.span) or suggest(molecule.name, self.declared)
            hint = hint or f"declare it: `molecule {_declaration(molecule)}`"
            self.report.at("E303", f"unknown molecule `{molecule.name}`", molecule.span, hint)
            return False
        found = [self._site(site, molecule, kind) for site in molecule.sites]
        sound = all(found)
        for name, number in Counter(site.name for site in molecule.sites).items():
            held = self._numbers[kind.name][name]
            if 0 < held < number:
                extra = [site for site in molecule.sites if site.name == name][held]
                has = f"one site `{name}`" if held == 1 else f"{held} sites `{name}`"
                message = f"`{molecule.name}` has {has}, here are {number}: no molecule can match this"
                hint = f"leave one out, or declare more: `molecule {molecule.name}({name}, {name}, …)`"
                self.report.at("E306", message, extra.span, hint)
                sound = False
        return sound

    def _site(self, site: SitePattern, molecule: MoleculePattern, kind: MoleculeType) -> bool:
        states = self._sites[kind.name].get(site.name)
        if states is None:
            names = list(dict.fromkeys(one.name for one in kind.sites))
            hint = _looped(site.name, site.span) or suggest(site.name, names)
            hint = hint or (f"it has {_listed(names)}" if names else "it has no sites")
            self.report.at("E304", f"`{molecule.name}` has no site `{site.name}`", site.span, hint)
            return False
        if site.state is not None and site.state not in states:
            named = next(one.states for one in kind.sites if one.name == site.name)
            states_are = f"its states are {_listed(named)}" if named else "it is declared without states"
            hint = suggest(site.state, named) or states_are
            message = f"the site `{site.name}` of `{molecule.name}` has no state `{site.state}`"
            self.report.at("E304", message, site.span, hint)
            return False
        return True


def _looped(name: str, span: Span | None) -> str | None:
    """A hint where a variable of a loop is called as what is meant: ``for s in u, p { A(s~…) }``."""
    written = re.match(r"[^\W\d][\w.]*(?!\w|\{)", span.text) if span is not None else None
    if written is None or written[0] == name:
        return None
    return f"`{written[0]}` is the variable of the loop, and becomes `{name}`: call the variable something else"


def _has_brackets(molecule: MoleculePattern) -> bool:
    return molecule.span is None or molecule.span.text != molecule.name


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _declaration(molecule: MoleculePattern) -> str:
    sites = ", ".join(f"{site.name}~{site.state}" if site.state else site.name for site in molecule.sites)
    return f"{molecule.name}({sites})"
