"""Sizes of compartments that follow from others or from time: their dimension, and how fast they grow."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from mscnet.language.dimensions import Dimensions, Form, form_of
from mscnet.language.scope import Reporter
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
    symbols,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.slopes import NoSlope, Slopes
from mscnet.mechanism.units import TIME, Dimension

#: Functions of which it is known how fast they grow.
_KNOWN = frozenset({"exp", "log", "ln", "sqrt", "sin", "cos", "tanh"})


class NotSmooth(NoSlope):
    """A size that jumps, or of which it is not known how fast it grows; its text says why."""


class _Growth(Slopes):
    """Derivatives of sizes, in which numbers keep their units; what has a kink or no formula is refused."""

    def slope(self, node: Expression) -> Expression:
        if isinstance(node, Comparison | Lookup):
            raise NotSmooth("how fast it grows is not known")
        return super().slope(node)

    def _of_call(self, function: str, arguments: tuple[Expression, ...]) -> Expression:
        if function not in _KNOWN and any(self.slope(argument) != ZERO for argument in arguments):
            raise NotSmooth(f"how fast `{function}` grows is not known here")
        return super()._of_call(function, arguments)

    def _of_switch(self, condition: Comparison, yes: Expression, no: Expression) -> Expression:
        """Of ``if(time < t, yes, no)``, whose sides are to meet at t."""
        slopes = self.slope(yes), self.slope(no)
        if yes != no:
            left, right = condition.left, condition.right
            edge = right if left == TIME_SYMBOL else left
            if TIME_SYMBOL not in (left, right) or self.slope(edge) != ZERO:
                raise NotSmooth("a condition in it is not of the form `time < …`")
            if not self.meet(yes, no, edge):
                raise NotSmooth(f"it jumps at t = {self.value_at(edge, math.nan):g}")
        return ZERO if slopes == (ZERO, ZERO) else Call("if", (condition, *slopes))


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

    def _value(self, symbol: Symbol, time: float) -> float:
        """The value of a symbol at a time, ``nan`` where a parameter has none."""
        if symbol.kind == "time":
            return time
        if symbol.name in self._by_name:
            return evaluate(self._by_name[symbol.name], lambda inner: self._value(inner, time))
        parameter = self._parameters.get(symbol.name)
        return math.nan if parameter is None or parameter.value is None else parameter.value

    # --- growth ----------------------------------------------------------------------------------

    def growth(self, name: str) -> Expression:
        """How fast a derived size grows, its derivative by time over itself.

        Raises:
            NotSmooth: it jumps, or holds a function whose derivative is not known.
        """
        slopes, size = _Growth(self._slope, self._value, _sum, _product), self._by_name[name]
        if isinstance(size, Product):  # the logarithmic derivative of a product is shorter than its derivative
            return _sum(_over(slopes.slope(factor), factor) for factor in size.factors)
        return _over(slopes.slope(size), Symbol(name, "definition"))

    def _slope(self, symbol: Symbol) -> Expression:
        if symbol.kind == "time":
            return ONE
        if symbol.name not in self._by_name:
            return ZERO
        return _Growth(self._slope, self._value, _sum, _product).slope(self._by_name[symbol.name])


def _over(slope: Expression, size: Expression) -> Expression:
    if slope == ZERO:
        return ZERO
    if isinstance(size, Call) and size.function == "exp" and isinstance(slope, Product) and slope.factors[0] == size:
        rest = slope.factors[1:]
        return rest[0] if len(rest) == 1 else Product(rest)
    return Product((slope, Power(size, MINUS_ONE)))


def _sum(terms: Iterable[Expression]) -> Expression:
    kept = tuple(term for term in terms if term != ZERO)
    if not kept:
        return ZERO
    return kept[0] if len(kept) == 1 else Sum(kept)


def _product(*factors: Expression) -> Expression:
    if ZERO in factors:
        return ZERO
    flat: list[Expression] = []
    for factor in factors:
        flat.extend(factor.factors if isinstance(factor, Product) else (factor,))
    # a number may be 1 and have a unit, and numbers are compared without it
    kept = tuple(f for f in flat if not (isinstance(f, Number) and f.value == 1 and f.dimension is None))
    if not kept:
        return ONE
    return kept[0] if len(kept) == 1 else Product(kept)
