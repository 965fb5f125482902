"""Whole-number arithmetic of loop variables: indices, ends of ranges, conditions.

An expression is made a function of the values of the loop variables once, and called for every member.  All is exact:
integers, and fractions where a division leaves one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from operator import eq, ge, gt, itemgetter, le, lt, mod, ne
from typing import Any

from mscnet.diagnostics import suggest
from mscnet.language.products import Stop
from mscnet.language.quantities import read_number
from mscnet.language.scope import Reporter
from mscnet.language.syntax import (
    BesideX,
    CallX,
    DeclarationX,
    ExpressionX,
    LogicX,
    MemberX,
    NegativeX,
    NumberX,
    PowerX,
    ProductX,
    SumX,
    Word,
    WordX,
)
from mscnet.mechanism.expression import number_text

#: What a loop variable may be: a number, or a name.
Value = int | Fraction | str
#: The values of all loop variables around a place, outermost first.
Values = tuple[Value, ...]
Getter = Callable[[Values], Any]

#: The largest index and end of a range.
MAX_INDEX = 10**9

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne}
_FUNCTIONS: dict[str, tuple[int | None, Callable[..., Any]]] = {
    "mod": (2, mod),
    "min": (None, min),
    "max": (None, max),
    "abs": (1, abs),
    "floor": (1, math.floor),
    "ceil": (1, math.ceil),
}


class BadMember(Exception):
    """A member that cannot be: what is wrong, where, and how to mend it."""

    def __init__(self, message: str, start: int, end: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.start, self.end, self.hint = start, end, hint


class Constants:
    """Named whole numbers of the file, which may end ranges: ``N = 50``."""

    def __init__(self, statements: tuple[Any, ...], report: Reporter) -> None:
        self.report = report
        self._nodes: dict[str, ExpressionX] = {}
        for statement in statements:
            if isinstance(statement, DeclarationX) and statement.kind in ("parameter", "definition"):
                node = next((part.items[0] for part in statement.parts if part.kind == "initial"), None)
                if node is not None and isinstance(statement.name, Word):
                    self._nodes.setdefault(statement.name.name, node)  # type: ignore[arg-type]
        self._values: dict[str, Value] = {}
        self._active: list[str] = []
        #: Names that some family has taken a number from.
        self.used: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._nodes

    def value(self, name: str, node: ExpressionX) -> Value:
        """The number that a name stands for; `node` is where it is used.

        Raises:
            Stop: it is not a plain number, which is reported.
        """
        self.used.add(name)
        if name not in self._values:
            if name in self._active:
                cycle = " -> ".join([*self._active[self._active.index(name) :], name])
                self.report.error("E015", f"`{name}` is defined by itself ({cycle})", node.start, node.end)
                raise Stop
            self._active.append(name)
            try:
                self._values[name] = self._evaluated(name, node)
            finally:
                self._active.pop()
        return self._values[name]

    def _evaluated(self, name: str, node: ExpressionX) -> Value:
        inner = Reporter(self.report.source)
        outer, self.report = self.report, inner
        try:
            value: Value = Arithmetic({}, self, inner).compile(self._nodes[name])(())
        except (Stop, BadMember, ArithmeticError, TypeError):
            if any(found.code == "E015" for found in inner.found.values()):
                outer.found |= inner.found
                raise Stop from None
            message = f"`{name}` is not a plain number, so it cannot say how many members there are"
            place = self._nodes[name]
            outer.error("E212", message, node.start, node.end, None, (("its value is here", place.start, place.end),))
            raise Stop from None
        finally:
            self.report = outer
        return value


class Arithmetic:
    """Makes functions of loop variables; `slots` says where in the values each variable is."""

    def __init__(
        self, slots: dict[str, int], constants: Constants, report: Reporter, names: frozenset[str] = frozenset()
    ) -> None:
        self.slots, self.constants, self.report = slots, constants, report
        #: Words that loops of the file run over: they may be indices, ``k[Te]``.
        self.names = names

    def _fail(self, code: str, message: str, node: Any, hint: str | None = None) -> Stop:
        self.report.error(code, message, node.start, node.end, hint)
        return Stop()

    def compile(self, node: ExpressionX) -> Getter:
        """The value of an expression as a function of the values of the loop variables.

        Raises:
            Stop: something in it is no number and no loop variable, which is reported.
        """
        match node:
            case NumberX():
                number = _plain(read_number(node, self.report))
                return lambda _: number
            case WordX(name):
                return self._word(name, node)
            case NegativeX(operand):
                inner = self.compile(operand)
                return lambda v: -inner(v)
            case SumX():
                return self._sum(node)
            case ProductX():
                return self._product(node)
            case PowerX(base, exponent):
                low, high = self.compile(base), self.compile(exponent)
                return lambda v: _power(low(v), high(v), node)
            case CallX():
                return self._call(node)
        what = "a name with an index" if isinstance(node, MemberX) else "this"
        raise self._fail("E212", f"{what} has no place in an index, a range or a condition", node, _ALLOWED)

    def _word(self, name: str, node: WordX) -> Getter:
        if name in self.slots:
            return itemgetter(self.slots[name])
        if name in self.constants:
            value = self.constants.value(name, node)
            return lambda _: value
        if name in self.names:
            return lambda _: name
        known = [*self.slots, *self.constants._nodes]
        hint = suggest(name, known) or f"say what it runs over: `for {name} in 1 .. 10`"
        raise self._fail("E210", f"`{name}` is not a loop variable here", node, hint)

    def _sum(self, node: SumX) -> Getter:
        total: Getter | None = None
        for term, sign in zip(node.terms, node.signs, strict=True):
            total = _added(total, self.compile(term), sign)
        assert total is not None
        return total

    def _product(self, node: ProductX) -> Getter:
        total: Getter | None = None
        operators = list(node.operators)
        for i, factor in enumerate(node.factors):
            divided = operators[i] == "/" or (operators[i] == "" and i > 0 and operators[i - 1] == "/")
            total = _multiplied(total, self._factor(factor), divided, factor)
        assert total is not None
        return total

    def _factor(self, node: ExpressionX) -> Getter:
        if not isinstance(node, BesideX):
            return self.compile(node)
        if not isinstance(node.name, str) or (node.name not in self.slots and node.name not in self.constants):
            raise self._fail("E212", "a number here has no unit", node, _ALLOWED)
        word = WordX(node.name, node.start, node.start + len(node.name))
        return self.compile(word if node.exponent is None else PowerX(word, node.exponent, node.start, node.end, 2))

    def _call(self, node: CallX) -> Getter:
        name = node.function.name
        if name not in _FUNCTIONS:
            hint = suggest(name, _FUNCTIONS) or "there are " + ", ".join(f"`{known}`" for known in _FUNCTIONS)
            raise self._fail("E210", f"`{name}` has no place among loop variables", node, hint)
        wanted, function = _FUNCTIONS[name]
        if wanted is not None and len(node.arguments) != wanted:
            raise self._fail("E017", f"`{name}` takes {wanted} argument(s), {len(node.arguments)} given", node)
        arguments = [self.compile(argument) for argument in node.arguments]
        if name == "mod":
            whole, part = arguments
            return lambda v: _rest(whole(v), part(v), node)
        return lambda v: function(*(argument(v) for argument in arguments))

    def condition(self, node: LogicX) -> Callable[[Values], bool]:
        """Whether a member is there, as a function of the values of the loop variables."""
        if node.operator in ("and", "or", "not"):
            parts = [self.condition(part) for part in node.parts]
            if node.operator == "not":
                return lambda v: not parts[0](v)
            if node.operator == "and":
                return lambda v: all(part(v) for part in parts)
            return lambda v: any(part(v) for part in parts)
        sides = [self._side(part) for part in node.parts]
        signs = [_COMPARE[sign] for sign in node.operator.split()]
        if len(signs) == 1:
            (sign,), (left, right) = signs, sides
            return lambda v: sign(left(v), right(v))
        return lambda v: all(sign(sides[i](v), sides[i + 1](v)) for i, sign in enumerate(signs))

    def _side(self, node: ExpressionX) -> Getter:
        """A side of a comparison; a word that is nothing else is itself: ``if E != Te``."""
        if isinstance(node, WordX) and node.name not in self.slots and node.name not in self.constants:
            if node.name not in self.names:
                hint = suggest(node.name, [*self.slots, *self.names])
                raise self._fail("E210", f"`{node.name}` is not a loop variable here", node, hint)
            name = node.name
            return lambda _: name
        return self.compile(node)


_ALLOWED = "numbers, loop variables, and values of the file that are plain numbers, with + - * / ^ and `mod`"


def shown(value: Value) -> str:
    """A value as names and messages have it."""
    return value if isinstance(value, str) else number_text(Fraction(value))


def _plain(value: Fraction | int) -> int | Fraction:
    return value if isinstance(value, int) else value.numerator if value.denominator == 1 else value


def _added(total: Getter | None, term: Getter, sign: int) -> Getter:
    if total is None:
        return term if sign > 0 else lambda v: -term(v)
    first = total
    return (lambda v: _together(first(v), term(v))) if sign > 0 else (lambda v: first(v) - term(v))


def _together(a: Value, b: Value) -> int | Fraction:
    total: Value = a + b  # type: ignore[operator]
    return total if type(total) is int else _number(total)


def _multiplied(total: Getter | None, factor: Getter, divided: bool, node: ExpressionX) -> Getter:
    if total is None:
        return factor
    first = total
    return (
        (lambda v: _quotient(first(v), factor(v), node))
        if divided
        else (lambda v: _number(first(v)) * _number(factor(v)))
    )


def _number(value: Value) -> int | Fraction:
    if isinstance(value, str):
        raise TypeError(value)
    return value


def _rest(whole: Value, part: Value, node: ExpressionX) -> int | Fraction:
    if part == 0:
        raise BadMember("a rest of a division by zero", node.start, node.end)
    return _number(whole) % _number(part)


def _quotient(above: Value, below: Value, node: ExpressionX) -> int | Fraction:
    if below == 0:
        raise BadMember("division by zero", node.start, node.end)
    return _plain(Fraction(_number(above)) / _number(below))


def _power(base: Value, exponent: Value, node: ExpressionX) -> int | Fraction:
    low, high = _number(base), _number(exponent)
    if not isinstance(high, int) or (low == 0 and high < 0):
        raise BadMember("a power among loop variables has a whole exponent", node.start, node.end)
    bits = max(abs(Fraction(low).numerator), Fraction(low).denominator).bit_length()
    if abs(high) * bits > 512:
        raise BadMember(f"this power is beyond {MAX_INDEX:,}", node.start, node.end)
    return _plain(Fraction(low) ** high)
