"""What reaches a course: the species, parameters and branches that it can depend on under given conditions.

Two conditions that agree in all of these give the same course whatever the rates: that they are alike is then no merit
of the mechanism.  Terms that are zero under both conditions are no way for anything to reach it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from mscnet.experiment.reach import Surroundings, changes, is_off
from mscnet.mechanism.expression import (
    Call,
    Comparison,
    Expression,
    Power,
    Product,
    Sum,
    Symbol,
    children,
    deep_recursion,
)
from mscnet.mechanism.types import Reaction

#: A name, or the condition of an ``if`` that is decided: what two conditions have to agree in.
Cause = Symbol | Comparison


def causes_of(expression: Expression, around: Surroundings) -> set[Cause]:
    """What the value of an expression can depend on, what is multiplied by zero left out."""
    match expression:
        case Symbol(name, "definition" | "observable" | "temperature") if name not in around.parameters:
            return causes_of(around.model.expression_of(name), around)
        case Symbol():
            return {expression}
        case Product(factors) if any(around.vanishes(factor) for factor in factors):
            return set()
        case Sum(terms):
            return _union(terms, around, lambda term: not around.vanishes(term))
        case Power(exponent=exponent) if around.vanishes(exponent) or around.vanishes(expression):
            return set()
        case Call("if", (Comparison() as condition, yes, no)):
            decided = around.value(condition)
            if decided != decided:  # it may change on the way
                return _union((condition, yes, no), around)
            return {condition, *causes_of(yes if decided else no, around)}
    return _union(children(expression), around)


def _union(
    parts: Iterable[Expression], around: Surroundings, wanted: Callable[[Expression], bool] = lambda _: True
) -> set[Cause]:
    return {cause for part in parts if wanted(part) for cause in causes_of(part, around)}


def all_causes(expressions: Iterable[Expression], around: Surroundings) -> set[Cause]:
    """What a course of these expressions can depend on, through every reaction that is on, step by step."""
    found: set[Cause] = set()
    with deep_recursion():
        on = [reaction for reaction in around.model.reactions if not is_off(reaction, around)]
        waiting = _union(expressions, around)
        while waiting:
            found |= waiting
            names = {cause.name for cause in waiting if isinstance(cause, Symbol) and cause.kind == "species"}
            moved = [reaction for reaction in on if names & changes(reaction, around.model)]
            on = [reaction for reaction in on if reaction not in moved]
            waiting = {cause for reaction in moved for cause in _of_reaction(reaction, around)} - found
    return found


def _of_reaction(reaction: Reaction, around: Surroundings) -> set[Cause]:
    terms = (*reaction.orders, *reaction.reactants, *reaction.products)
    numbers = [term.coefficient for term in terms if not isinstance(term.coefficient, Fraction)]
    found = _union((reaction.law.expression, *numbers), around)
    return found | {Symbol(term.species, "species") for term in reaction.orders}
