"""Compartments: where species are, what the rate of a step counts, and concentrations against amounts.

A step whose species are all in one compartment has a rate in concentration (for a surface, amount per area) per time;
a step with species on one surface and elsewhere has its rate per area of that surface, as is usual for surface
kinetics (R. J. Kee, M. E. Coltrin, P. Glarborg, Chemically Reacting Flow, 2003, ch. 11); any other step between
compartments has its rate in amount per time.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.expression import MINUS_ONE, Expression, Power, Product, Symbol, substitute
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Coefficient, Compartment, RateLaw, Reaction, Species, Term, as_expression
from mscnet.records import replace

#: Where species are, by their names.
Homes = Mapping[str, str]


def homes_of(mechanism: Mechanism) -> dict[str, str]:
    """The compartment of every species that has one."""
    return {s.name: s.compartment for s in mechanism.species if s.compartment is not None}


def place_of(reaction: Reaction, homes: Homes, surfaces: frozenset[str]) -> str | None:
    """The compartment that the rate of a step is of, None where it is an amount per time."""
    places = {homes.get(term.species) for term in (*reaction.reactants, *reaction.products)}
    if len(places) == 1:
        return next(iter(places))
    on_surfaces = places & surfaces
    return next(iter(on_surfaces)) if len(on_surfaces) == 1 else None


def surfaces_of(mechanism: Mechanism) -> frozenset[str]:
    """The names of the compartments that are surfaces."""
    return frozenset(c.name for c in mechanism.compartments if c.surface)


def is_dilution(reaction: Reaction, homes: Homes) -> bool:
    """Whether a step stands in no text, and is what the growth of a compartment does to one species in it."""
    if len(reaction.reactants) != 1 or reaction.products or reaction.label is not None:
        return False
    return reaction.name.startswith(f"{homes.get(reaction.reactants[0].species)}.dilution.")


def size_of(compartment: Compartment, derived: Container[str] = ()) -> Symbol:
    """The volume or area of a compartment; `derived` are the derived values of the mechanism."""
    follows = compartment.derived or compartment.name in derived
    return Symbol(compartment.name, "definition" if follows else "parameter")


def known_size(mechanism: Mechanism, compartment: str) -> float:
    """The size of a compartment at the start, in the file's units.

    Raises:
        MechanismError: it has no value.
    """
    value = mechanism.value_of(compartment)
    if value != value:
        hint = f"give it with `--set {compartment}=1pL`, or write `compartment {compartment} = 1 pL`"
        message = f"amounts follow from the size of `{compartment}`, which is not given"
        span = next((c.span for c in mechanism.compartments if c.name == compartment), None)
        raise MechanismError.of("E048", message, hint=hint, span=span)
    return value


def sizes_of(mechanism: Mechanism) -> dict[str, Symbol]:
    """The volumes and areas of all compartments, by their names."""
    derived = {d.name for d in mechanism.definitions} if mechanism.pathway is not None else ()
    return {c.name: size_of(c, derived) for c in mechanism.compartments}


def counted_in_concentrations(
    reaction: Reaction, homes: Homes, surfaces: frozenset[str], sizes: Mapping[str, Symbol]
) -> Reaction:
    """A step as the text has it, with coefficients that change concentrations as its rate changes amounts."""
    place = place_of(reaction, homes, surfaces)

    def scaled(term: Term) -> Term:
        home = homes.get(term.species)
        if home is None or home == place:
            return term
        given = term.coefficient
        factors: list[Expression] = [] if given == 1 else [as_expression(given)]
        factors += [sizes[place]] if place is not None else []
        per_size = Power(sizes[home], MINUS_ONE)
        coefficient: Coefficient = Product((*factors, per_size)) if factors else per_size
        return Term(term.species, coefficient, term.span, given)

    reactants, products = tuple(map(scaled, reaction.reactants)), tuple(map(scaled, reaction.products))
    if reactants == reaction.reactants and products == reaction.products:
        return reaction
    return replace(reaction, reactants=reactants, products=products)


def by_compartment(
    reaction: Reaction, homes: Homes, surfaces: frozenset[str], sizes: Mapping[str, Symbol]
) -> Iterator[Reaction]:
    """A step between compartments whose sizes vary, as one step in each, with its rate there."""
    place = place_of(reaction, homes, surfaces)
    rate = _rate(reaction)
    places = dict.fromkeys(homes[t.species] for t in (*reaction.reactants, *reaction.products))
    for i, home in enumerate(places):
        factors: list[Expression] = [rate]
        if home != place:
            factors += [sizes[place]] if place is not None else []
            factors.append(Power(sizes[home], MINUS_ONE))
        law = RateLaw("general", factors[0] if len(factors) == 1 else Product(tuple(factors)), reaction.law.span)
        sides = [tuple(t for t in side if homes[t.species] == home) for side in (reaction.reactants, reaction.products)]
        yield replace(
            reaction, name=reaction.name if not i else f"{reaction.name}.{home}", reactants=sides[0], products=sides[1],
            orders=(), catalysts=(), law=law, partner=None, reverse=False, equilibrium=None,
            label=reaction.label if not (i or reaction.reverse) else None,
        )  # fmt: skip


def _rate(reaction: Reaction) -> Expression:
    """The whole rate of a step, which with mass action has a constant alone for its law."""
    factors: list[Expression] = [reaction.law.expression]
    for term in reaction.orders:
        species = Symbol(term.species, "species")
        if term.coefficient == 1:
            factors.append(species)
        else:
            factors.append(Power(species, as_expression(term.coefficient)))
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def amounts_for_concentrations(mechanism: Mechanism) -> Callable[[Expression], Expression]:
    """What makes an expression in concentrations one in amounts, of the same value."""
    homes, sizes = homes_of(mechanism), sizes_of(mechanism)

    def value(symbol: Symbol) -> Expression | None:
        if symbol.kind != "species" or symbol.name not in homes:
            return None
        return Product((symbol, Power(sizes[homes[symbol.name]], MINUS_ONE)))

    return lambda expression: substitute(expression, value)


def in_amounts(mechanism: Mechanism) -> Mechanism:
    """A chosen model with the same steps whose species are measured by their amounts: what single molecules are.

    Its rates are amounts per time, its coefficients those of the text, its initial values amounts.  Derived values and
    observables keep their values.
    """
    homes, surfaces, sizes = homes_of(mechanism), surfaces_of(mechanism), sizes_of(mechanism)
    changed = amounts_for_concentrations(mechanism)

    def per(compartment: str) -> Expression:
        return Power(sizes[compartment], MINUS_ONE)

    def reaction(given: Reaction) -> Reaction:
        place = place_of(given, homes, surfaces)
        factors: list[Expression] = [changed(given.law.expression)]
        factors += [sizes[place]] if place is not None else []
        for term in given.orders:
            factors.append(Power(per(homes[term.species]), as_expression(term.coefficient)))
        terms = [
            tuple(replace(t, coefficient=t.written, stated=None) for t in side)
            for side in (given.reactants, given.products)
        ]
        law = replace(given.law, expression=Product(tuple(factors)))
        return replace(given, reactants=terms[0], products=terms[1], law=law)

    def species(given: Species) -> Species:
        if given.initial is None or given.compartment is None:
            return given
        return replace(given, initial=Product((given.initial, sizes[given.compartment])))

    return replace(
        mechanism,
        species=tuple(map(species, mechanism.species)),
        definitions=tuple(replace(d, expression=changed(d.expression)) for d in mechanism.definitions),
        observables=tuple(replace(o, expression=changed(o.expression)) for o in mechanism.observables),
        reactions=tuple(map(reaction, mechanism.reactions)),
        compartments=(),
    )
