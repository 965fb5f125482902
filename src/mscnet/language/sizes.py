"""Sizes of compartments that follow from others or from time: their dimension, and how fast they grow."""

from __future__ import annotations

import math
from fractions import Fraction

from mscnet.language.dimensions import Dimensions, Form, form_of
from mscnet.language.scope import Reporter
from mscnet.mechanism.expression import (
    MINUS_ONE,
    ONE,
    Call,
    Comparison,
    Expression,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    evaluate,
    symbols,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import TIME, Dimension

_ZERO = Number(Fraction(0))


class NotSmooth(Exception):
    """A size that jumps, or of which it is not known how fast it grows; its text says why."""


class Sizes:
    """The derived values of a mechanism as sizes of compartments."""

    def __init__(self, mechanism: Mechanism) -> None:
        self.mechanism = mechanism
        self._by_name = {d.name: d.expression for d in mechanism.derived if d.pathway is None}
        self._parameters = {p.name: p for p in mechanism.parameters}

    def symbols_of(self, name: str) -> set[Symbol]:
        """What a derived value depends on, directly and through others: species, parameters, time."""
        found: set[Symbol] = set()
        seen, waiting = {name}, [name]
        while waiting:
            for symbol in symbols(self._by_name[waiting.pop()]):
                if symbol.name in self._by_name and symbol.kind in ("definition", "observable", "temperature"):
                    if symbol.name not in seen:
                        seen.add(symbol.name)
                        waiting.append(symbol.name)
                else:
                    found.add(symbol)
        return found

    def dimension(self, name: str) -> Dimension | None:
        """The dimension of a derived value, as far as units say it; None where that is not known."""
        silent = Reporter(self.mechanism.source) if self.mechanism.source else None
        if silent is None:
            return None

        inside = {name}  # one that is defined by itself is told elsewhere

        def of_symbol(symbol: Symbol, pathway: str | None) -> Form:
            if symbol.kind == "time":
                return form_of(TIME)
            if symbol.name in self._by_name and symbol.name not in inside:
                inside.add(symbol.name)
                form = dimensions.infer(self._by_name[symbol.name], None)
                inside.discard(symbol.name)
                return form
            parameter = self._parameters.get(symbol.name)
            if parameter is not None and parameter.dimension is not None:
                return form_of(parameter.dimension)
            return {((symbol.name, None), ()): Fraction(1)}

        dimensions = Dimensions(self.mechanism.units, silent, of_symbol)
        form = dimensions.infer(self._by_name[name], None)
        dimensions.settle()
        return dimensions.dimension(form)

    def value(self, expression: Expression, time: float) -> float:
        """The value of an expression at a time, ``nan`` where a parameter has none."""

        def value_of(symbol: Symbol) -> float:
            if symbol.kind == "time":
                return time
            if symbol.name in self._by_name:
                return evaluate(self._by_name[symbol.name], value_of)
            parameter = self._parameters.get(symbol.name)
            return math.nan if parameter is None or parameter.value is None else parameter.value

        return evaluate(expression, value_of)

    # --- growth ----------------------------------------------------------------------------------

    def growth(self, name: str) -> Expression:
        """How fast a derived size grows, its derivative by time over itself.

        Raises:
            NotSmooth: it jumps, or holds a function whose derivative is not known.
        """
        size = self._by_name[name]
        if isinstance(size, Product):  # the logarithmic derivative of a product is shorter than its derivative
            parts = [_over(self._slope(factor), factor) for factor in size.factors]
            return _sum(parts)
        return _over(self._slope(size), Symbol(name, "definition"))

    def _slope(self, e: Expression) -> Expression:
        match e:
            case Number():
                return _ZERO
            case Symbol(name, kind):
                if kind == "time":
                    return ONE
                return self._slope(self._by_name[name]) if name in self._by_name else _ZERO
            case Sum(terms):
                return _sum([self._slope(term) for term in terms])
            case Product(factors):
                return self._of_product(factors)
            case Power(base, exponent):
                return self._of_power(base, exponent)
            case Call(function, arguments):
                return self._of_call(e, function, arguments)
        raise NotSmooth("how fast it grows is not known")

    def _of_product(self, factors: tuple[Expression, ...]) -> Expression:
        terms = []
        for i, factor in enumerate(factors):
            slope = self._slope(factor)
            if slope != _ZERO:
                terms.append(_product(slope, *factors[:i], *factors[i + 1 :]))
        return _sum(terms)

    def _of_power(self, base: Expression, exponent: Expression) -> Expression:
        below, above = self._slope(base), self._slope(exponent)
        terms = []
        if below != _ZERO:
            terms.append(_product(exponent, Power(base, Sum((exponent, MINUS_ONE))), below))
        if above != _ZERO:
            terms.append(_product(Power(base, exponent), Call("log", (base,)), above))
        return _sum(terms)

    def _of_call(self, e: Call, function: str, arguments: tuple[Expression, ...]) -> Expression:
        if function == "if":
            return self._of_choice(arguments)
        inner = [self._slope(argument) for argument in arguments]
        if all(slope == _ZERO for slope in inner):
            return _ZERO
        argument = arguments[0]
        outer: Expression
        match function:
            case "exp":
                outer = e
            case "log" | "ln":
                outer = Power(argument, MINUS_ONE)
            case "sqrt":
                outer = _product(Number(Fraction(1, 2)), Power(e, MINUS_ONE))
            case "sin":
                outer = Call("cos", (argument,))
            case "cos":
                outer = _product(MINUS_ONE, Call("sin", (argument,)))
            case "tanh":
                outer = Sum((ONE, _product(MINUS_ONE, Power(e, Number(Fraction(2))))))
            case _:
                raise NotSmooth(f"how fast `{function}` grows is not known here")
        return _product(outer, inner[0])

    def _of_choice(self, arguments: tuple[Expression, ...]) -> Expression:
        """The slope of ``if(time < t, a, b)``, of which both sides are to meet at t."""
        condition, yes, no = arguments
        slopes = self._slope(yes), self._slope(no)
        if isinstance(condition, Comparison) and yes != no:
            left, right = condition.left, condition.right
            at = right if isinstance(left, Symbol) and left.kind == "time" else left
            other = left if at is right else right
            if not (isinstance(other, Symbol) and other.kind == "time") or self._slope(at) != _ZERO:
                raise NotSmooth("a condition in it is not of the form `time < …`")
            when = self.value(at, math.nan)
            a, b = self.value(yes, when), self.value(no, when)
            if not abs(a - b) <= 1e-9 * max(abs(a), abs(b)):
                raise NotSmooth(f"it jumps at t = {when:g}")
        if slopes == (_ZERO, _ZERO):
            return _ZERO
        return Call("if", (condition, *slopes))


def _over(slope: Expression, size: Expression) -> Expression:
    if slope == _ZERO:
        return _ZERO
    if isinstance(size, Call) and size.function == "exp" and isinstance(slope, Product) and slope.factors[0] == size:
        rest = slope.factors[1:]
        return rest[0] if len(rest) == 1 else Product(rest)
    return Product((slope, Power(size, MINUS_ONE)))


def _sum(terms: list[Expression]) -> Expression:
    kept = tuple(term for term in terms if term != _ZERO)
    if not kept:
        return _ZERO
    return kept[0] if len(kept) == 1 else Sum(kept)


def _product(*factors: Expression) -> Expression:
    if _ZERO in factors:
        return _ZERO
    flat: list[Expression] = []
    for factor in factors:
        flat.extend(factor.factors if isinstance(factor, Product) else (factor,))
    # a number may be 1 and have a unit, and numbers are compared without it
    kept = tuple(f for f in flat if not (isinstance(f, Number) and f.value == 1 and f.dimension is None))
    if not kept:
        return ONE
    return kept[0] if len(kept) == 1 else Product(kept)
