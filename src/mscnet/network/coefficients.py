"""Numbers behind stoichiometric coefficients and kinetic orders."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.expression import Expression, Symbol, exact_value, symbols, to_text
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Coefficient, Reaction


def exact_coefficient(mechanism: Mechanism, coefficient: Coefficient, reaction: Reaction) -> Fraction:
    """The rational value of a coefficient of `reaction` with the mechanism's parameter values.

    A parameter counts as the shortest decimal that reads back as its value, so ``n = 0.1`` is one tenth; an
    irrational coefficient such as ``sqrt(n)`` as the shortest decimal of its float.

    Raises:
        MechanismError: a parameter that it needs has no value, or the result is not finite.
    """
    if isinstance(coefficient, Fraction):
        return coefficient

    def value_of(symbol: Symbol) -> Fraction | None:
        if symbol.kind == "parameter":
            value = mechanism.get_parameter(symbol.name).value
            return None if value is None or not math.isfinite(value) else _decimal(value)
        if symbol.kind == "definition":
            return exact_value(mechanism.expression_of(symbol.name), value_of)
        return None

    exact = exact_value(coefficient, value_of)
    if exact is not None:
        return exact
    value = mechanism.evaluate(coefficient)
    if not math.isfinite(value):
        raise _undetermined(mechanism, coefficient, reaction)
    return _decimal(value)


def coefficient_text(coefficient: Coefficient) -> str:
    """A coefficient as one would write it: ``2``, ``3/2``, ``n + 1``."""
    return str(coefficient) if isinstance(coefficient, Fraction) else to_text(coefficient)


def _decimal(value: float) -> Fraction:
    return Fraction(repr(float(value)))


def _undetermined(mechanism: Mechanism, coefficient: Expression, reaction: Reaction) -> MechanismError:
    where = f"the coefficient `{to_text(coefficient)}` in {reaction.label or reaction.name}"
    missing = sorted(set(_without_value(mechanism, coefficient)))
    if not missing:
        return MechanismError.of("E041", f"{where} has no finite value", span=reaction.span)
    names = ", ".join(f"`{name}`" for name in missing)
    hint = (
        f"write `parameter {missing[0]} = 2`, or give it with `--set {missing[0]}=2` or `with_values({missing[0]}=2)`"
    )
    return MechanismError.of("E040", f"{where} needs a value of {names}", hint=hint, span=reaction.span)


def _without_value(mechanism: Mechanism, expression: Expression) -> Iterator[str]:
    for symbol in symbols(expression):
        if symbol.kind == "parameter" and mechanism.get_parameter(symbol.name).value is None:
            yield symbol.name
        elif symbol.kind == "definition":
            yield from _without_value(mechanism, mechanism.expression_of(symbol.name))
