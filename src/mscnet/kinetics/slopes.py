"""The derivative of an expression in time, from those of what it holds."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from mscnet.mechanism.expression import (
    MINUS_ONE,
    ONE,
    Call,
    Comparison,
    Expression,
    Lookup,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
)
from mscnet.network.sums import ZERO, added, times

class NoSlope(Exception):
    """An expression has no derivative; its text says why."""


def slope(node: Expression, of: Callable[[Symbol], Expression]) -> Expression:
    """d/dt of an expression; `of` gives that of a symbol.

    Raises:
        NoSlope: it holds a function that has none in this language, such as a table.
    """
    match node:
        case Number():
            return ZERO
        case Symbol():
            return of(node)
        case Sum(terms):
            return added((slope(term, of) for term in terms))
        case Product(factors):
            return added(
                times(*factors[:i], change, *factors[i + 1 :])
                for i, change in enumerate(slope(factor, of) for factor in factors)
            )
        case Power(base, exponent):
            return _of_power(base, exponent, of)
        case Call(function, arguments):
            return _of_call(function, arguments, of)
        case Lookup(table):
            if slope(node.argument, of) == ZERO:
                return ZERO
            raise NoSlope(f"follows the table `{table.name}`, which has no formula for its slope")
        case Comparison():
            return ZERO
    raise TypeError(f"not an expression: {node!r}")


def log_slope(node: Expression, of: Callable[[Symbol], Expression]) -> Expression:
    """d ln/dt of an expression that is above zero; as `slope`."""
    match node:
        case Product(factors):
            return added((log_slope(factor, of) for factor in factors))
        case Power(base, Number() as exponent):
            return times(exponent, log_slope(base, of))
        case Call("exp", (argument,)):
            return slope(argument, of)
    return times(slope(node, of), Power(node, MINUS_ONE))


def _of_power(base: Expression, exponent: Expression, of: Callable[[Symbol], Expression]) -> Expression:
    by_base, by_exponent = slope(base, of), slope(exponent, of)
    lower = Number(exponent.value - 1) if isinstance(exponent, Number) else Sum((exponent, MINUS_ONE))
    whole = Power(base, exponent)
    return added((
        times(exponent, Power(base, lower), by_base), times(whole, Call("log", (base,)), by_exponent),
    ))


def _of_call(function: str, arguments: tuple[Expression, ...], of: Callable[[Symbol], Expression]) -> Expression:
    if function == "if" and isinstance(arguments[0], Comparison):
        for side in (arguments[0].left, arguments[0].right):
            if slope(side, of) != ZERO:
                raise NoSlope("jumps in the course of a run")
    changes = [slope(argument, of) for argument in arguments]
    if all(change == ZERO for change in changes):
        return ZERO
    if function == "if":
        return Call("if", (arguments[0], changes[1], changes[2]))
    if function in ("min", "max"):
        best, change = arguments[0], changes[0]
        for other, its in zip(arguments[1:], changes[1:], strict=True):
            first = Comparison("<=" if function == "min" else ">=", best, other)
            best, change = Call(function, (best, other)), Call("if", (first, change, its))
        return change
    (a,) = arguments
    outer: Expression
    match function:
        case "exp":
            outer = Call("exp", (a,))
        case "log" | "ln":
            outer = Power(a, MINUS_ONE)
        case "log10":
            outer = times(Power(a, MINUS_ONE), Power(Call("log", (Number(Fraction(10)),)), MINUS_ONE))
        case "sqrt":
            outer = times(Number(Fraction(1, 2)), Power(Call("sqrt", (a,)), MINUS_ONE))
        case "sin":
            outer = Call("cos", (a,))
        case "cos":
            outer = times(MINUS_ONE, Call("sin", (a,)))
        case "tanh":
            outer = Sum((ONE, times(MINUS_ONE, Power(Call("tanh", (a,)), Number(Fraction(2))))))
        case "abs":
            outer = Call("sign", (a,))
        case "sign" | "floor":
            raise NoSlope("jumps in the course of a run")
        case _:
            raise NoSlope(f"holds `{function}`, which has no formula for its slope here")
    return times(outer, changes[0])
