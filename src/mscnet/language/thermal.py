"""Rate constants that depend on the temperature: ``arrhenius(A, Ea)`` and ``eyring(dH, dS)`` as plain expressions.

S. Arrhenius, Z. phys. Chem. 4, 226 (1889); H. Eyring, J. Chem. Phys. 3, 107 (1935), with a transmission coefficient
of 1.  The constants are exact: those that define the SI since 2019 (CODATA 2018).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from mscnet.language.scope import Claim
from mscnet.language.syntax import CallX
from mscnet.mechanism.constants import BOLTZMANN, GAS, MOLAR_ENERGY, MOLAR_ENTROPY, PLANCK, in_units
from mscnet.mechanism.expression import (
    MINUS_ONE,
    Call,
    Comparison,
    Expression,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    walk,
)
from mscnet.mechanism.units import TEMPERATURE, TIME, Dimension, UnitSystem

if TYPE_CHECKING:
    from mscnet.language.resolve import Resolver

#: Function -> how many arguments it may take, and how it is written.
_FORMS = {
    "arrhenius": ((2, 3), "arrhenius(A, Ea)` or `arrhenius(k_ref, Ea, T_ref)"),
    "eyring": ((2,), "eyring(dH, dS)"),
}


def rate_constant(resolver: Resolver, node: CallX) -> Expression:
    """What a call of ``arrhenius`` or ``eyring`` stands for.

    Raises:
        Stop: the number of arguments is wrong, or the file gives no temperature; it has been reported.
    """
    name = node.function.name
    counts, form = _FORMS[name]
    if len(node.arguments) not in counts:
        raise resolver.fail("E017", f"`{name}` is written `{form}`, {len(node.arguments)} argument(s) given", node)
    if resolver.scope.find("temperature", resolver.pathway) is None:
        message = f"`{name}` needs the temperature, and none is given"
        raise resolver.fail("E010", message, node.function, "write `temperature = 298.15 K`")
    arguments = [resolver.expression(argument) for argument in node.arguments]
    for argument, part in zip(arguments, node.arguments, strict=True):
        if isinstance(argument, Comparison):
            raise resolver.fail("E017", "a comparison cannot be an argument here", part)
    temperature = resolver._name("temperature", node.function.start, node.function.end, node.function)  # type: ignore[arg-type]
    span = resolver.report.span(node.start, node.end)
    if name == "eyring":
        return Product(_eyring(resolver, arguments, temperature), span)
    return Product(_arrhenius(resolver, arguments, temperature), span)


def _arrhenius(resolver: Resolver, arguments: list[Expression], temperature: Expression) -> tuple[Expression, ...]:
    constant, energy = arguments[:2]
    _claim(resolver, energy, MOLAR_ENERGY, "an activation energy is an energy per amount, such as `50 kJ/mol`")
    inverse: Expression = Power(temperature, MINUS_ONE)
    if len(arguments) > 2:
        _claim(resolver, arguments[2], TEMPERATURE, "the last argument of `arrhenius` is a temperature")
        inverse = Sum((inverse, Product((MINUS_ONE, Power(arguments[2], MINUS_ONE)))))
    gas = _constant(GAS, MOLAR_ENTROPY, resolver.system)
    return constant, Call("exp", (Product((MINUS_ONE, energy, Power(gas, MINUS_ONE), inverse)),))


def _eyring(resolver: Resolver, arguments: list[Expression], temperature: Expression) -> tuple[Expression, ...]:
    enthalpy, entropy = arguments
    _claim(resolver, enthalpy, MOLAR_ENERGY, "an activation enthalpy is an energy per amount, such as `50 kJ/mol`")
    _claim(resolver, entropy, MOLAR_ENTROPY, "an activation entropy is such as `-20 J/mol/K`")
    gas = _constant(GAS, MOLAR_ENTROPY, resolver.system)
    frequency = _constant(BOLTZMANN / PLANCK, (TIME * TEMPERATURE) ** -1, resolver.system)
    per_gas, per_temperature = Power(gas, MINUS_ONE), Power(temperature, MINUS_ONE)
    return (
        frequency,
        temperature,
        Call("exp", (Product((entropy, per_gas)),)),
        Call("exp", (Product((MINUS_ONE, enthalpy, per_gas, per_temperature)),)),
    )


def _constant(value: Fraction, dimension: Dimension, system: UnitSystem) -> Number:
    return Number(in_units(value, dimension, system), dimension)


def _claim(resolver: Resolver, expression: Expression, dimension: Dimension, message: str) -> None:
    """Have the dimension checked; in the body of a function, where arguments are not known, the calls do it."""
    if not any(isinstance(node, Symbol) and node.kind == "slot" for node in walk(expression)):
        resolver.scope.claims.append(Claim(expression, resolver.pathway, dimension, message))
