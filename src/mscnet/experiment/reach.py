"""What cannot be there: species that no chain of reactions makes from what a vessel holds.

A reaction is off where its rate is zero whatever the concentrations of what is there: a rate constant of exactly 0, a
branch of an ``if`` that is 0 under these conditions, a reactant or catalyst that is not there and cannot form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np

from mscnet.experiment.event_steps import with_event_steps
from mscnet.experiment.results import Stretch
from mscnet.mechanism.events import set_by
from mscnet.mechanism.expression import (
    Call,
    Comparison,
    Expression,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    deep_recursion,
    evaluate,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Reaction
from mscnet.records import dataclass

#: What is less than this share of the largest concentration of a stretch is a solver's rounding.
_NOTHING = 1e-14
#: Functions that are zero where their argument is.
_ODD = frozenset({"sqrt", "abs", "sign", "sin", "tan", "sinh", "tanh", "asin", "atan"})
_NAN = float("nan")
_TEMPERATURE = "temperature"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What holds while a stretch of time passes: the values of parameters, and which species may be there."""

    model: Mechanism
    parameters: Mapping[str, float]
    possible: frozenset[str]

    def value(self, expression: Expression) -> float:
        """The value of an expression that nothing present changes, else ``nan``."""
        return evaluate(expression, self._value)

    def _value(self, symbol: Symbol) -> float:
        match symbol.kind:
            case "species":
                return _NAN if symbol.name in self.possible else 0.0
            case "parameter" | "definition" | "observable" | "temperature" if symbol.name in self.parameters:
                return self.parameters[symbol.name]
            case "definition" | "observable" | "temperature":
                return self.value(self.model.expression_of(symbol.name))
        return _NAN

    def vanishes(self, expression: Expression) -> bool:
        """Whether an expression is zero whatever the concentrations of the species that may be there."""
        match expression:
            case Number(value):
                return value == 0
            case Symbol(name, "definition" | "observable") if name not in self.parameters:
                return self.vanishes(self.model.expression_of(name))
            case Symbol():
                return self._value(expression) == 0.0
            case Sum(terms):
                return all(self.vanishes(term) for term in terms)
            case Product(factors):
                return any(self.vanishes(factor) for factor in factors)
            case Power(base, exponent):
                return self.value(exponent) > 0 and self.vanishes(base)
            case Call("if", (condition, yes, no)):
                return self._branches_vanish(condition, yes, no)
            case Call(function, arguments):
                return function in (*_ODD, "min", "max") and all(self.vanishes(a) for a in arguments)
        return False

    def _branches_vanish(self, condition: Expression, yes: Expression, no: Expression) -> bool:
        if isinstance(condition, Comparison):
            left, right = self.value(condition.left), self.value(condition.right)
            if left == left and right == right:
                return self.vanishes(yes if self.value(condition) else no)
        return self.vanishes(yes) and self.vanishes(no)


def parameters_of(model: Mechanism, stretch: Stretch) -> dict[str, float]:
    """The values of the parameters in a stretch, by name; with the temperature, where that is a number which steps
    may set (it stands after the model's own parameters)."""
    names = input_names(model, len(stretch.inputs))
    return {name: float(value) for name, value in zip(names, stretch.inputs, strict=False)}


def input_names(model: Mechanism, count: int) -> list[str]:
    """The names of the parameters among the `count` inputs of a stretch, in their order; initial values follow them."""
    names = [*(parameter.name for parameter in model.parameters), _TEMPERATURE]
    return names[: count - len(model.species)]


def absent_species(model: Mechanism, stretch: Stretch) -> frozenset[str]:
    """Species that are zero throughout a stretch, since none is there and no reaction that is on makes it."""
    return frozenset(species.name for species in model.species) - surroundings(model, stretch).possible


def surroundings(model: Mechanism, stretch: Stretch, also: frozenset[str] = frozenset()) -> Surroundings:
    """What holds while a stretch passes; `also` are species that count as there."""
    names = [species.name for species in model.species]
    size = np.abs(stretch.states).max(axis=0) if len(stretch.time) else np.zeros(len(names))
    there = size > _NOTHING * max(float(size.max(initial=0.0)), 1e-300)
    parameters = parameters_of(model, stretch)
    if model.events:
        parameters = {name: value for name, value in parameters.items() if name not in set_by(model.events)}
        model = with_event_steps(model)
    with deep_recursion():
        possible = _closure(model, parameters, {*also, *(n for n, seen in zip(names, there, strict=True) if seen)})
    return Surroundings(model, parameters, possible)


def formed_species(around: Surroundings) -> frozenset[str]:
    """Species that some reaction which is on makes."""
    with deep_recursion():
        on = [reaction for reaction in around.model.reactions if not is_off(reaction, around)]
    return frozenset(name for reaction in on for name in _gains(reaction, around.model))


def changing_species(around: Surroundings) -> frozenset[str]:
    """Species that some reaction which is on makes or uses up."""
    with deep_recursion():
        on = [reaction for reaction in around.model.reactions if not is_off(reaction, around)]
    return frozenset(name for reaction in on for name in changes(reaction, around.model))


def changes(reaction: Reaction, model: Mechanism) -> frozenset[str]:
    """Species that a reaction makes more or less of; a catalyst on both sides is none."""
    return frozenset(name for name, _ in _net(reaction, model))


def _gains(reaction: Reaction, model: Mechanism) -> frozenset[str]:
    """Species that a reaction can make more of; a single law of both directions those of either side."""
    return frozenset(name for name, more in _net(reaction, model) if more or reaction.reversible)


def _net(reaction: Reaction, model: Mechanism) -> list[tuple[str, bool]]:
    """Species that change, and whether they grow; a coefficient that is no plain number may do either."""
    constant = {species.name for species in model.species if species.constant}
    net: dict[str, Fraction | None] = {}
    for sign, terms in ((-1, reaction.reactants), (1, reaction.products)):
        for term in terms:
            number, before = term.coefficient, net.get(term.species, Fraction(0))
            if isinstance(number, Fraction) and before is not None:
                net[term.species] = before + sign * number
            else:
                net[term.species] = None
    return [(name, n is None or n > 0) for name, n in net.items() if n != 0 and name not in constant]


def _closure(model: Mechanism, parameters: Mapping[str, float], present: set[str]) -> frozenset[str]:
    """All species that reactions make, step by step, from those present."""
    waiting = list(model.reactions)
    while True:
        around = Surroundings(model, parameters, frozenset(present))
        on = [reaction for reaction in waiting if not is_off(reaction, around)]
        made = {name for reaction in on for name in _made(reaction)} - present
        if not made:
            return around.possible
        present |= made
        waiting = [reaction for reaction in waiting if reaction not in on]


def is_off(reaction: Reaction, around: Surroundings) -> bool:
    """Whether the rate of a reaction is zero whatever the concentrations of the species that may be there."""
    if around.vanishes(reaction.law.expression):
        return True
    return any(term.species not in around.possible and _positive(term.coefficient, around) for term in reaction.orders)


def _positive(order: Fraction | Expression, around: Surroundings) -> bool:
    return order > 0 if isinstance(order, Fraction) else around.value(order) > 0


def _made(reaction: Reaction) -> list[str]:
    """What a reaction can make; a single law of both directions makes its reactants, too."""
    terms = (*reaction.products, *reaction.reactants) if reaction.reversible else reaction.products
    return [term.species for term in terms]


def depends_on(model: Mechanism, expression: Expression, of_reading: Callable[[str], frozenset[str]]) -> frozenset[str]:
    """The species that an expression depends on, through derived values and (`of_reading`) through readings."""
    from mscnet.mechanism.expression import symbols

    found: set[str] = set()
    for symbol in symbols(expression):
        if symbol.kind == "species":
            found.add(symbol.name)
        elif symbol.kind == "reading":
            found |= of_reading(symbol.name)
        elif symbol.kind in ("definition", "observable"):
            found |= depends_on(model, model.expression_of(symbol.name), of_reading)
    return frozenset(found)
