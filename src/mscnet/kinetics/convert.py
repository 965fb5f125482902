"""Expression trees to SymPy, node by node and never through text.

Symbols are plain ``sympy.Symbol(name)`` without assumptions, so that a user's own ``sympy.Symbol("k1")`` is the
same symbol.  Numbers are exact; only a power of numbers that would fill the memory becomes a float.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import sympy

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.expression import Call, Comparison, Expression, Lookup, Number, Power, Product, Sum, Symbol

#: The largest number, in bits, that a power of two numbers may have and still be exact.
MAX_BITS = 20_000

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "exp": sympy.exp, "log": sympy.log, "ln": sympy.log, "log10": lambda x: sympy.log(x) / sympy.log(10),
    "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "asin": sympy.asin, "acos": sympy.acos,
    "atan": sympy.atan, "sinh": sympy.sinh, "cosh": sympy.cosh, "tanh": sympy.tanh, "sqrt": sympy.sqrt,
    "abs": sympy.Abs, "sign": sympy.sign, "floor": sympy.floor, "min": sympy.Min, "max": sympy.Max,
}  # fmt: skip
_COMPARISONS: Mapping[str, Callable[..., Any]] = {"<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge}
#: Functions whose derivative SymPy knows only for real arguments.
_REAL_ONLY = (sympy.Abs, sympy.sign, sympy.Min, sympy.Max)


def to_sympy(expression: Expression) -> Any:
    """The SymPy form of an expression.

    Raises:
        MechanismError: it nests too deeply for SymPy.
    """
    try:
        return _convert(expression)
    except RecursionError:
        raise too_deep() from None


def too_deep() -> MechanismError:
    """The error for a rate law that SymPy cannot walk."""
    hint = "a simulation does not need SymPy; split the law into several derived values to see it"
    return MechanismError.of("E042", "a rate law nests too deeply for symbolic equations", hint=hint)


def _convert(e: Expression) -> Any:
    match e:
        case Number(value):
            return sympy.Rational(value.numerator, value.denominator)
        case Symbol(name):
            return sympy.Symbol(name)
        case Sum(terms):
            return sympy.Add(*[_convert(term) for term in terms])
        case Product(factors):
            return sympy.Mul(*[_convert(factor) for factor in factors])
        case Power(base, exponent):
            return _power(_convert(base), _convert(exponent))
        case Call("if", (condition, yes, no)):
            return sympy.Piecewise((_convert(yes), _condition(condition)), (_convert(no), True))
        case Call(function, arguments):
            return _FUNCTIONS[function](*[_convert(argument) for argument in arguments])
        case Comparison():
            return sympy.Piecewise((sympy.Integer(1), _condition(e)), (sympy.Integer(0), True))
        case Lookup(table, argument):
            return sympy.Function(re.sub(r"\W+", "_", table.name).strip("_"))(_convert(argument))


def _condition(e: Expression) -> Any:
    if isinstance(e, Comparison):
        return _COMPARISONS[e.operator](_convert(e.left), _convert(e.right))
    return sympy.Ne(_convert(e), 0)


def _power(base: Any, exponent: Any) -> Any:
    if base.is_Rational and exponent.is_Rational:
        bits = max(int(base.p).bit_length(), int(base.q).bit_length())
        if bits * abs(exponent) > MAX_BITS:
            return sympy.Float(base) ** exponent
    return sympy.Pow(base, exponent)


def derivative(expression: Any, symbol: Any) -> Any:
    """The derivative of a SymPy expression, every symbol taken as real.

    Raises:
        MechanismError: it nests too deeply for SymPy.
    """
    try:
        return _derivative(expression, symbol)
    except RecursionError:
        raise too_deep() from None


def _derivative(expression: Any, symbol: Any) -> Any:
    if expression.is_Mul:
        # A product in which one factor varies, as in mass action: much faster than SymPy's general rule.
        varying = [factor for factor in expression.args if factor.has(symbol)]
        if len(varying) == 1:
            rest = [factor for factor in expression.args if factor is not varying[0]]
            return sympy.Mul(*rest, _derivative(varying[0], symbol))
    if not expression.has(*_REAL_ONLY):
        return expression.diff(symbol)
    real = {s: sympy.Dummy(s.name, real=True) for s in expression.free_symbols | {symbol}}
    result = expression.xreplace(real).diff(real[symbol])
    return result.xreplace({dummy: s for s, dummy in real.items()})
