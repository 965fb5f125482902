"""Amounts of structured species that somebody gives from outside of a file, as in ``L(r)=1 mM``."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from mscnet.diagnostics import Diagnostic, MechanismError, Source, Span
from mscnet.interop.bngl_build import Build
from mscnet.interop.bngl_parse import parse
from mscnet.interop.faults import Fault
from mscnet.mechanism.expression import Number
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.quantity import QuantityError, parse_quantity
from mscnet.mechanism.structure import Pattern, Seed
from mscnet.mechanism.structure_check import pattern_check
from mscnet.mechanism.units import NONE, Dimension, name_dimension
from mscnet.records import replace
from mscnet.rules.check import SpeciesTexts
from mscnet.rules.species import plain_name


def read_species(text: str, name: str) -> Pattern:
    """The pattern that ``A(b!1).B(a!1)`` is; messages call the text `name`.

    Raises:
        MechanismError: it is none.
    """
    source = Source(name, text)
    try:
        pattern: Pattern = parse(text, 0, len(text), "pattern", Build(source))
    except Fault as fault:
        span = Span(source, fault.start, max(fault.end, fault.start + 1))
        raise MechanismError([Diagnostic("error", fault.code, fault.message, span, fault.hint)]) from None
    return pattern


def with_amounts(mechanism: Mechanism, amounts: Mapping[str, str], name: str = "<species>") -> Mechanism:
    """`mechanism` with other initial amounts of structured species, each in place of all seeds of that species.

    A value is in the file's unit of concentration, or carries one; in files with compartments it is a number of
    molecules.  A species that is no seed becomes the last one.

    Raises:
        MechanismError: no species, one that says not all of itself, or a value that does not fit.
    """
    structure = mechanism.structure
    if structure is None:
        raise MechanismError.of("E010", f"{mechanism.name} has no rules")
    texts, checker = SpeciesTexts(structure), pattern_check(structure)
    dimension = NONE if structure.places else mechanism.units.concentration.dimension
    seeds = list(structure.seeds)
    own = {species.name for species in mechanism.species}
    plain: dict[str, float | str] = {}
    for text, value in amounts.items():
        pattern = read_species(text, name)
        alone = plain_name(pattern)
        if alone is not None and alone in own:
            plain[alone] = value
            continue
        troubles = [Diagnostic("error", one.code, one.message, one.span, one.hint) for one in checker.species(pattern)]
        if troubles:
            raise MechanismError(troubles)
        wanted = texts.of(pattern)
        number = Number(_amount(mechanism, text, value, dimension))
        places = [i for i, seed in enumerate(seeds) if texts.of(seed.pattern) == wanted]
        if places:
            seeds[places[0]] = replace(seeds[places[0]], initial=number)
            seeds = [seed for i, seed in enumerate(seeds) if i not in places[1:]]
        else:
            seeds.append(Seed(pattern, number))
    changed = replace(mechanism, structure=replace(structure, seeds=tuple(seeds)))
    return changed.with_values(plain) if plain else changed


def _amount(mechanism: Mechanism, text: str, value: str, dimension: Dimension) -> Fraction:
    try:
        amount, given = parse_quantity(value, mechanism.units)
    except QuantityError as error:
        raise MechanismError.of("E012", f"`{text}`: {error}", hint=error.hint) from None
    if given is not None and given != dimension:
        message = f"`{text}` is {name_dimension(dimension)}, not {name_dimension(given)}"
        raise MechanismError.of("E020", message)
    if amount < 0:
        raise MechanismError.of("E041", f"a negative amount of `{text}`: {value}")
    return amount
