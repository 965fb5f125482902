"""Compartments of structured species: volumes and surfaces, each in another one, as in compartmental BNGL
(Harris et al., Proc. 2009 Winter Simulation Conference, 908)."""

from __future__ import annotations

from typing import Any

from mscnet.diagnostics import UNSUPPORTED, suggest
from mscnet.language.declare import Declarations, declarations_of, part
from mscnet.language.scope import Reporter
from mscnet.mechanism.expression import Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import Pattern, Place, Structure
from mscnet.mechanism.units import LENGTH, VOLUME, name_dimension
from mscnet.records import replace

_AREA = LENGTH**2


def with_places(mechanism: Mechanism, found: Declarations, report: Reporter) -> Mechanism:
    """The mechanism with the compartments of its structured species; what is wrong is reported.

    A compartment without a unit is a volume, a surface too: that of what lies within its thickness.
    """
    structure = mechanism.structure
    if structure is None:
        return mechanism
    places = _places(mechanism, found, report)
    _check_nesting(places, report)
    names = {place.name for place in places}
    if places:
        _refuse(mechanism, found, structure, report)
    parameters = tuple(
        replace(p, dimension=VOLUME, unit=mechanism.units.describe(VOLUME))
        if p.name in names and p.dimension is None
        else p
        for p in mechanism.parameters
    )
    return replace(mechanism, structure=replace(structure, places=tuple(places)), parameters=parameters)


def put_in(structure: Structure, place: str) -> Structure:
    """The structure with all species in one compartment that are in none."""

    def put(pattern: Pattern) -> Pattern:
        placed = pattern.place is not None or any(molecule.place is not None for molecule in pattern.molecules)
        return pattern if placed or not pattern.molecules else replace(pattern, place=place)

    def puts(patterns: tuple[Pattern, ...]) -> tuple[Pattern, ...]:
        return tuple(map(put, patterns))

    return replace(
        structure,
        seeds=tuple(replace(seed, pattern=put(seed.pattern)) for seed in structure.seeds),
        rules=tuple(replace(r, reactants=puts(r.reactants), products=puts(r.products)) for r in structure.rules),
        counts=tuple(replace(count, patterns=puts(count.patterns)) for count in structure.counts),
        populations=tuple(replace(one, pattern=put(one.pattern)) for one in structure.populations),
    )


def _places(mechanism: Mechanism, found: Declarations, report: Reporter) -> list[Place]:
    made = []
    parameters = {p.name: p for p in mechanism.parameters if p.pathway is None}
    for statement, _ in declarations_of("compartment", found):
        name, parent = statement.name, part(statement, "parent")
        span = report.span(name.start, name.end)
        own = parameters.get(name.name)
        dimension = own.dimension if own is not None else None
        if dimension not in (None, VOLUME, _AREA):
            message = f"the size of a compartment is a volume, not {name_dimension(dimension)}"
            report.error("E271", message, statement.start, statement.end, "write `= 1 pL`")
        surface = part(statement, "surface") is not None or dimension == _AREA
        size = Symbol(name.name, "definition" if own is None else "parameter")
        word: Any = parent.items[0] if parent else None
        place = report.span(word.start, word.end) if word else span
        made.append(Place(name.name, 2 if surface else 3, size, word.name if word else None, place))
    return made


def _check_nesting(places: list[Place], report: Reporter) -> None:
    by_name = {place.name: place for place in places}
    for place in places:
        if place.parent is None:
            continue
        parent = by_name.get(place.parent)
        if parent is None:
            hint = suggest(place.parent, by_name) or f"declare it: `compartment {place.parent} = 1 L`"
            report.at("E270", f"there is no compartment `{place.parent}`", place.span, hint)
        elif parent.dimension == place.dimension:
            what, other = ("a surface", "a volume") if place.dimension == 2 else ("a volume", "a surface")
            message = f"`{place.name}` is {what} in {what}: {what} lies in {other}"
            hint = f"say that `{parent.name}` is a surface: `compartment {parent.name} surface = …`"
            report.at("E308", message, place.span, hint if place.dimension == 3 else None)
        elif _goes_round(place, by_name):
            report.at("E308", f"`{place.name}` lies in itself", place.span)


def _goes_round(place: Place, by_name: dict[str, Place]) -> bool:
    seen = {place.name}
    here = by_name.get(place.parent or "")
    while here is not None:
        if here.name in seen:
            return here.name == place.name
        seen.add(here.name)
        here = by_name.get(here.parent or "")
    return False


def _refuse(mechanism: Mechanism, found: Declarations, structure: Structure, report: Reporter) -> None:
    """What does not go together with compartments of structured species."""
    if mechanism.reactions:
        message = "reactions of plain species beside rules, in a file with compartments: mscnet does not have this yet"
        hint = "write the species with brackets, `@cytosol:A()`"
        report.at(UNSUPPORTED, message, mechanism.reactions[0].span, hint)
    for species in mechanism.species:
        message = f"the plain species `{species.name}` beside structured ones, in a file with compartments"
        hint = f"write it with brackets, and its place: `species @{_first_place(found)}:{species.name}() = …`"
        report.at(UNSUPPORTED, f"{message}: mscnet does not have this yet", species.span, hint)
    for seed in structure.seeds:
        if seed.pattern.place is None and all(m.place is None for m in seed.pattern.molecules):
            message = "this species is in none of the compartments"
            hint = f"say where it is: `species @{_first_place(found)}:{_shown(seed.pattern)} = …`"
            report.at("E273", message, seed.span, hint)


def _first_place(found: Declarations) -> str:
    """The name of the first compartment."""
    return declarations_of("compartment", found)[0][0].name.name


def _shown(pattern: Pattern) -> str:
    return pattern.span.text if pattern.span is not None else "A(b)"
