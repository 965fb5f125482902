"""Derived values that are to vary from run to run become parameters."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from typing import Any

from mscnet.mechanism.events import changed_event
from mscnet.mechanism.expression import Expression, Symbol, substitute
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Parameter, Reaction, Term
from mscnet.mechanism.units import Dimension
from mscnet.records import replace


def promoted(mechanism: Mechanism, names: Collection[str]) -> Mechanism:
    """`mechanism` with those derived values of `names` that it has as parameters, which stand for numbers.

    That is what `Mechanism.with_values` makes of a derived value, too.  Others of `names` are left as they are.
    """
    chosen = [d for d in mechanism.definitions if d.name in names]
    if not chosen:
        return mechanism
    promoted_names = {d.name for d in chosen}

    def value(symbol: Symbol) -> Expression | None:
        known = symbol.name in promoted_names and symbol.kind in ("definition", "temperature")
        return Symbol(symbol.name, "parameter") if known else None

    new = tuple(
        Parameter(d.name, mechanism.value_of(d.name), d.dimension, _unit(mechanism, d.dimension)) for d in chosen
    )
    kept = tuple(d for d in mechanism.definitions if d.name not in promoted_names)
    narrowed = replace(mechanism, parameters=(*mechanism.parameters, *new), definitions=kept)
    return with_symbols(narrowed, value)


def with_symbols(mechanism: Mechanism, value: Callable[[Symbol], Expression | None]) -> Mechanism:
    """`mechanism` with symbols replaced by what `value` gives for them (None keeps one) in laws, coefficients, initial
    values, derived values, observables and events."""

    def changed(expression: Any) -> Any:
        return expression if expression is None or isinstance(expression, Fraction) else substitute(expression, value)

    return replace(
        mechanism,
        definitions=tuple(replace(d, expression=changed(d.expression)) for d in mechanism.definitions),
        observables=tuple(replace(o, expression=changed(o.expression)) for o in mechanism.observables),
        species=tuple(replace(s, initial=changed(s.initial)) for s in mechanism.species),
        reactions=tuple(_reaction(r, changed) for r in mechanism.reactions),
        events=tuple(changed_event(event, changed) for event in mechanism.events),
    )


def _reaction(reaction: Reaction, changed: Callable[[Any], Any]) -> Reaction:
    def terms(given: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple(replace(term, coefficient=changed(term.coefficient)) for term in given)

    return replace(
        reaction,
        reactants=terms(reaction.reactants),
        products=terms(reaction.products),
        orders=terms(reaction.orders),
        catalysts=terms(reaction.catalysts),
        law=replace(reaction.law, expression=changed(reaction.law.expression)),
    )


def _unit(mechanism: Mechanism, dimension: Dimension | None) -> str:
    return "" if dimension is None else mechanism.units.describe(dimension)
