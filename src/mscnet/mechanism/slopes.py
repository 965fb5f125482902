"""The derivative of an expression in time, from those of what it holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction

from mscnet.mechanism.expression import (
    MINUS_ONE,
    ONE,
    TIME_SYMBOL,
    ZERO,
    Call,
    Comparison,
    Expression,
    Lookup,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    evaluate,
)

#: Both sides of a switch are the same to this part.
_SAME = 1e-9


class NoSlope(Exception):
    """An expression has no derivative; its text says why."""


class Slopes:
    """Derivatives d/dt of expressions.

    `of` gives that of a symbol, `value` its value at a time, to tell kinks from jumps; `added` and `times` make sums
    and products in which zeros are left out.
    """

    def __init__(
        self,
        of: Callable[[Symbol], Expression],
        value: Callable[[Symbol, float], float],
        added: Callable[[Iterable[Expression]], Expression],
        times: Callable[..., Expression],
    ) -> None:
        self.of, self.value, self.added, self.times = of, value, added, times

    def slope(self, node: Expression) -> Expression:
        """d/dt of an expression.

        Raises:
            NoSlope: it jumps, or holds a function that has no derivative in this language, such as a table.
        """
        match node:
            case Number() | Comparison():
                return ZERO
            case Symbol():
                return self.of(node)
            case Sum(terms):
                return self.added(self.slope(term) for term in terms)
            case Product(factors):
                changes = enumerate(self.slope(factor) for factor in factors)
                return self.added(self.times(*factors[:i], change, *factors[i + 1 :]) for i, change in changes)
            case Power(base, exponent):
                return self._of_power(base, exponent)
            case Call("if", (Comparison() as condition, yes, no)):
                return self._of_switch(condition, yes, no)
            case Call(function, arguments):
                return self._of_call(function, arguments)
            case Lookup(table, argument):
                if self.slope(argument) == ZERO:
                    return ZERO
                raise NoSlope(f"follows the table `{table.name}`, which has no formula for its slope")
        raise TypeError(f"not an expression: {node!r}")

    def log_slope(self, node: Expression) -> Expression:
        """d ln/dt of an expression that is above zero; as `slope`."""
        match node:
            case Product(factors):
                return self.added(self.log_slope(factor) for factor in factors)
            case Power(base, Number() as exponent):
                return self.times(exponent, self.log_slope(base))
            case Call("exp", (argument,)):
                return self.slope(argument)
        return self.times(self.slope(node), Power(node, MINUS_ONE))

    def _of_power(self, base: Expression, exponent: Expression) -> Expression:
        by_base, by_exponent = self.slope(base), self.slope(exponent)
        lower = Number(exponent.value - 1) if isinstance(exponent, Number) else Sum((exponent, MINUS_ONE))
        inner, outer = self.times(exponent, Power(base, lower), by_base), Call("log", (base,))
        return self.added((inner, self.times(Power(base, exponent), outer, by_exponent)))

    def _of_switch(self, condition: Comparison, yes: Expression, no: Expression) -> Expression:
        """Of ``if(time < t, yes, no)`` whose branches meet at t, as those of a ramp do."""
        sides = condition.left, condition.right
        if all(self.slope(side) == ZERO for side in sides):
            before, after = self.slope(yes), self.slope(no)
            return before if before == after else Call("if", (condition, before, after))
        edge = sides[1] if sides[0] == TIME_SYMBOL else sides[0]
        if TIME_SYMBOL not in sides or self.slope(edge) != ZERO or not self.meet(yes, no, edge):
            raise NoSlope("jumps in the course of a run")
        return Call("if", (condition, self.slope(yes), self.slope(no)))

    def meet(self, yes: Expression, no: Expression, edge: Expression) -> bool:
        """Whether two expressions are the same at the time that `edge` says."""
        at = self.value_at(edge, math.nan)
        first, second = self.value_at(yes, at), self.value_at(no, at)
        return abs(first - second) <= _SAME * max(abs(first), abs(second))

    def value_at(self, node: Expression, time: float) -> float:
        """The value of an expression at a time."""
        return evaluate(node, lambda symbol: self.value(symbol, time))

    def _of_call(self, function: str, arguments: tuple[Expression, ...]) -> Expression:
        changes = [self.slope(argument) for argument in arguments]
        if all(change == ZERO for change in changes):
            return ZERO
        if function in ("min", "max"):
            best, change = arguments[0], changes[0]
            for other, its in zip(arguments[1:], changes[1:], strict=True):
                first = Comparison("<=" if function == "min" else ">=", best, other)
                best, change = Call(function, (best, other)), Call("if", (first, change, its))
            return change
        if function in ("sign", "floor"):
            raise NoSlope("jumps in the course of a run")
        return self.times(self._outer(function, arguments[0]), changes[0])

    def _outer(self, function: str, a: Expression) -> Expression:
        """The derivative of a function of one argument by it."""
        match function:
            case "exp":
                return Call("exp", (a,))
            case "log" | "ln":
                return Power(a, MINUS_ONE)
            case "log10":
                return self.times(Power(a, MINUS_ONE), Power(Call("log", (Number(Fraction(10)),)), MINUS_ONE))
            case "sqrt":
                return self.times(Number(Fraction(1, 2)), Power(Call("sqrt", (a,)), MINUS_ONE))
            case "sin":
                return Call("cos", (a,))
            case "cos":
                return self.times(MINUS_ONE, Call("sin", (a,)))
            case "tanh":
                return Sum((ONE, self.times(MINUS_ONE, Power(Call("tanh", (a,)), Number(Fraction(2))))))
            case "abs":
                return Call("sign", (a,))
        raise NoSlope(f"holds `{function}`, which has no formula for its slope here")
