"""The expression tree of rate laws, derived values, observables and initial values.

Eight node types, all frozen: `Number`, `Symbol`, `Sum`, `Product`, `Power`, `Call`, `Comparison`, `Lookup`.
A difference is a sum with a factor -1 and a quotient a product with a power -1, so that every walk
has few cases.  Spans take no part in equality.  Trees are at most `MAX_DEPTH` deep, so plain recursion is
safe everywhere; what spends many frames a level (SymPy, say) does so inside `deep_recursion`.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Literal

from mscnet.diagnostics import Span
from mscnet.mechanism.units import Dimension
from mscnet.records import dataclass, field

#: The deepest tree that the language builds.
MAX_DEPTH = 200
#: Frames that any walk over such a tree may need, those of SymPy's printers included.
_FRAMES = 20_000


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Room on the stack for recursion over the deepest trees, whatever the limit outside is."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def depth_of(expression: Expression) -> int:
    """Levels of a tree, counted without recursion."""
    deepest, stack = 0, [(expression, 1)]
    while stack:
        node, level = stack.pop()
        deepest = max(deepest, level)
        stack.extend((part, level + 1) for part in children(node))
    return deepest


#: ``loop`` is a variable of an experiment, ``reading`` a measured series, ``feature`` a number that a course has;
#: ``reactant`` and ``local`` stand in the laws of rules (see `structure`).
Kind = Literal[
    "species", "parameter", "definition", "observable", "time", "temperature", "slot", "loop", "reading", "feature",
    "reactant", "local",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number in the file's units; `dimension` is that of the unit it was written with, if any."""

    value: Fraction
    dimension: Dimension | None = field(default=None, compare=False, repr=False)
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name with what it stands for: ``species`` is its concentration, ``time`` the time of the run."""

    name: str
    kind: Kind
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sum:
    terms: tuple[Expression, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Product:
    factors: tuple[Expression, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Power:
    base: Expression
    exponent: Expression
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A built-in function (see `FUNCTIONS`) of its arguments; ``if(condition, then, else)`` is one too."""

    function: str
    arguments: tuple[Expression, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A truth value: ``left operator right`` with one of ``< <= > >=``."""

    operator: Literal["<", "<=", ">", ">="]
    left: Expression
    right: Expression
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Table:
    """A function in pieces, each a polynomial of the third degree: ``coefficients[i]`` in powers of what lies beyond
    ``knots[i]`` hold from there to the next knot, the first ones before it, too.  `name` is what people read;
    `dimension` that of its values, None where nothing says it.  `smooth` ones have no kink at their inner knots.
    """

    name: str
    knots: tuple[float, ...]
    coefficients: tuple[tuple[float, float, float, float], ...]
    smooth: bool = False
    dimension: Dimension | None = field(default=None, compare=False)

    def __hash__(self) -> int:
        return hash((self.name, self.knots[0], self.knots[-1], len(self.knots)))

    def __repr__(self) -> str:
        return f"<Table {self.name}: {len(self.knots)} pieces>"

    def value(self, at: float) -> float:
        """The value at a number; ``nan`` for ``nan``."""
        i = max(bisect_right(self.knots, at) - 1, 0)
        a, b, c, d = self.coefficients[i]
        beyond = at - self.knots[i]
        return a + beyond * (b + beyond * (c + beyond * d))


@dataclass(frozen=True, slots=True)
class Lookup:
    """The value of a table at `argument`, which is a time."""

    table: Table
    argument: Expression
    span: Span | None = field(default=None, compare=False, repr=False)


Expression = Number | Symbol | Sum | Product | Power | Call | Comparison | Lookup

ZERO, ONE, MINUS_ONE = Number(Fraction(0)), Number(Fraction(1)), Number(Fraction(-1))
TIME_SYMBOL = Symbol("time", "time")


@dataclass(frozen=True, slots=True)
class FunctionInfo:
    """A built-in: how many arguments it takes (None: two or more) and how it is evaluated."""

    arguments: int | None
    evaluate: Callable[..., float]
    #: ``pure``: argument and result are pure numbers; ``same``: all arguments and the result share a dimension;
    #: ``root``: the result has the square root of the argument's; ``if``: a condition, then two alike.
    dimensions: Literal["pure", "same", "root", "if", "sign"]


FUNCTIONS: Mapping[str, FunctionInfo] = {
    "exp": FunctionInfo(1, math.exp, "pure"),
    "log": FunctionInfo(1, math.log, "pure"),
    "ln": FunctionInfo(1, math.log, "pure"),
    "log10": FunctionInfo(1, math.log10, "pure"),
    "sin": FunctionInfo(1, math.sin, "pure"),
    "cos": FunctionInfo(1, math.cos, "pure"),
    "tan": FunctionInfo(1, math.tan, "pure"),
    "asin": FunctionInfo(1, math.asin, "pure"),
    "acos": FunctionInfo(1, math.acos, "pure"),
    "atan": FunctionInfo(1, math.atan, "pure"),
    "sinh": FunctionInfo(1, math.sinh, "pure"),
    "cosh": FunctionInfo(1, math.cosh, "pure"),
    "tanh": FunctionInfo(1, math.tanh, "pure"),
    "sqrt": FunctionInfo(1, math.sqrt, "root"),
    "abs": FunctionInfo(1, abs, "same"),
    "floor": FunctionInfo(1, lambda x: float(math.floor(x)), "pure"),
    "sign": FunctionInfo(1, lambda x: float((x > 0) - (x < 0)), "sign"),
    "min": FunctionInfo(None, min, "same"),
    "max": FunctionInfo(None, max, "same"),
    "if": FunctionInfo(3, lambda c, a, b: a if c else b, "if"),
}


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of a node, in reading order."""
    match expression:
        case Sum(terms):
            return terms
        case Product(factors):
            return factors
        case Power(base, exponent):
            return (base, exponent)
        case Call(_, arguments):
            return arguments
        case Comparison(_, left, right):
            return (left, right)
        case Lookup(_, argument):
            return (argument,)
    return ()


def rebuild(expression: Expression, parts: tuple[Expression, ...]) -> Expression:
    """The same node with other parts."""
    match expression:
        case Sum():
            return Sum(parts, expression.span)
        case Product():
            return Product(parts, expression.span)
        case Power():
            return Power(parts[0], parts[1], expression.span)
        case Call():
            return Call(expression.function, parts, expression.span)
        case Comparison():
            return Comparison(expression.operator, parts[0], parts[1], expression.span)
        case Lookup():
            return Lookup(expression.table, parts[0], expression.span)
    return expression


def walk(expression: Expression) -> Iterator[Expression]:
    """Every node of a tree, parents first."""
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def symbols(expression: Expression) -> set[Symbol]:
    """The symbols that an expression holds (spans aside)."""
    if isinstance(expression, Symbol):
        return {expression}
    if isinstance(expression, Number):
        return set()
    return {node for node in walk(expression) if isinstance(node, Symbol)}


def names_in(expressions: Iterable[Expression], kind: Kind) -> set[str]:
    """The names of the symbols of a kind in many expressions; one that comes again and again is looked at once."""
    names: set[str] = set()
    stack: list[Expression] = list({id(expression): expression for expression in expressions}.values())
    while stack:
        node = stack.pop()
        if isinstance(node, Symbol):
            if node.kind == kind:
                names.add(node.name)
        elif not isinstance(node, Number):
            stack += children(node)
    return names


def is_bare(expression: Expression) -> bool:
    """Whether an expression is plain arithmetic of numbers without units, so itself a bare number."""
    match expression:
        case Number(_, dimension):
            return dimension is None
        case Symbol() | Comparison() | Lookup() | Call("if", _):
            return False
    return all(is_bare(part) for part in children(expression))


def substitute(expression: Expression, values: Callable[[Symbol], Expression | None]) -> Expression:
    """The expression with each symbol replaced by what `values` gives for it (None keeps it)."""
    if isinstance(expression, Symbol):
        value = values(expression)
        return expression if value is None else value
    parts = children(expression)
    if not parts:
        return expression
    replaced = tuple(substitute(part, values) for part in parts)
    return expression if all(a is b for a, b in zip(parts, replaced, strict=True)) else rebuild(expression, replaced)


def evaluate(expression: Expression, value_of: Callable[[Symbol], float]) -> float:
    """The numeric value of an expression in floats.

    Division by zero, overflow and arguments outside a function's domain give ``nan`` or ``inf``, never an
    exception: the caller knows what to say.
    """
    try:
        return _evaluate(expression, value_of)
    except (OverflowError, ZeroDivisionError):
        return math.inf
    except (ValueError, TypeError):
        return math.nan


def _evaluate(expression: Expression, value_of: Callable[[Symbol], float]) -> float:
    match expression:
        case Number(value):
            return float(value)
        case Symbol():
            return value_of(expression)
        case Sum(terms):
            return (
                math.fsum(_evaluate(term, value_of) for term in terms)
                if len(terms) > 2
                else sum(_evaluate(term, value_of) for term in terms)
            )
        case Product(factors):
            product = 1.0
            for factor in factors:
                if isinstance(factor, Power) and factor.exponent == MINUS_ONE:
                    product /= _evaluate(factor.base, value_of)
                else:
                    product *= _evaluate(factor, value_of)
            return product
        case Power(base, exponent):
            result = _evaluate(base, value_of) ** _evaluate(exponent, value_of)
            return math.nan if isinstance(result, complex) else result
        case Call("if", (condition, yes, no)):
            return _evaluate(yes if _evaluate(condition, value_of) else no, value_of)
        case Call(function, arguments):
            return FUNCTIONS[function].evaluate(*(_evaluate(a, value_of) for a in arguments))
        case Comparison(operator, left, right):
            a, b = _evaluate(left, value_of), _evaluate(right, value_of)
            return float({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator])
        case Lookup(table, argument):
            return table.value(_evaluate(argument, value_of))


#: Exact arithmetic stops at numbers of so many binary digits.
_EXACT_BITS = 4096


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def exact_value(expression: Expression, value_of: Callable[[Symbol], Fraction | None]) -> Fraction | None:
    """The rational value of an expression of + - * / and integer powers, or None where it has none.

    None too where a number on the way has more than 4096 binary digits.
    """
    match expression:
        case Number(value):
            return value
        case Symbol():
            return value_of(expression)
        case Sum(terms) | Product(terms):
            total = Fraction(0) if isinstance(expression, Sum) else Fraction(1)
            for term in terms:
                part = exact_value(term, value_of)
                if part is None:
                    return None
                total = total + part if isinstance(expression, Sum) else total * part
                if _bits(total) > _EXACT_BITS:
                    return None
            return total
        case Power(base, exponent):
            b, e = exact_value(base, value_of), exact_value(exponent, value_of)
            if b is None or e is None or e.denominator != 1 or (b == 0 and e < 0):
                return None
            if abs(e) * _bits(b) > _EXACT_BITS:
                return None
            return b ** int(e)
    return None


# --- printing ----------------------------------------------------------------------------------

_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def to_text(expression: Expression, bracket_species: bool = False) -> str:
    """The expression in the language's own spelling; `bracket_species` writes ``[X]`` for species."""
    return _text(expression, bracket_species)[0]


def number_text(value: Fraction) -> str:
    """A number as one would type it: an integer, or the shortest decimal that reads back as the same float."""
    return str(value.numerator) if value.denominator == 1 and abs(value) < 10**15 else repr(float(value))


def _text(e: Expression, brackets: bool) -> tuple[str, int]:
    match e:
        case Number(value):
            return number_text(value), _ATOM if value >= 0 else _SUM
        case Symbol(name, kind):
            if kind == "reactant" or (brackets and kind == "species"):
                return f"[{name}]", _ATOM
            return name, _SUM if " " in name and name[0] != "(" else _ATOM  # `k1 in medium` has brackets in a product
        case Sum(terms):
            return _sum_text(terms, brackets), _SUM
        case Product(factors):
            return _product_text(factors, brackets)
        case Power(base, exponent):
            if exponent == MINUS_ONE:
                return _product_text((e,), brackets)
            power = _wrapped(exponent, _ATOM, brackets)
            return f"{_wrapped(base, _ATOM, brackets)}^{power}", _POWER
        case Call(function, arguments):
            return f"{function}({', '.join(_text(a, brackets)[0] for a in arguments)})", _ATOM
        case Comparison(operator, left, right):
            return f"{_text(left, brackets)[0]} {operator} {_text(right, brackets)[0]}", _SUM
        case Lookup(table):
            return table.name, _ATOM


def _wrapped(e: Expression, level: int, brackets: bool) -> str:
    text, own = _text(e, brackets)
    return text if own >= level else f"({text})"


def _sum_text(terms: tuple[Expression, ...], brackets: bool) -> str:
    parts: list[str] = []
    for term in terms:
        text = _wrapped(term, _PRODUCT, brackets) if isinstance(term, Sum) else _text(term, brackets)[0]
        if text.startswith("-"):
            parts.append(f" - {text[1:]}" if parts else text)
        else:
            parts.append(f" + {text}" if parts else text)
    return "".join(parts)


def _product_text(factors: tuple[Expression, ...], brackets: bool) -> tuple[str, int]:
    sign = ""
    if len(factors) > 1 and factors[0] == MINUS_ONE:
        sign, factors = "-", factors[1:]
    text = ""
    for factor in factors:
        if isinstance(factor, Power) and factor.exponent == MINUS_ONE:
            text = f"{text or '1'}/{_wrapped(factor.base, _POWER, brackets)}"
        else:
            text = (f"{text}*" if text else "") + _wrapped(factor, _PRODUCT, brackets)
    return sign + (text or "1"), _SUM if sign else _PRODUCT
