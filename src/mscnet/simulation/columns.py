"""Expressions evaluated over a whole course: the tree is walked once, over arrays of one value a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from mscnet.kinetics.lookup import look_up
from mscnet.mechanism.expression import (
    MINUS_ONE,
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

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "exp": np.exp, "log": np.log, "ln": np.log, "log10": np.log10, "sqrt": np.sqrt, "abs": np.abs, "sign": np.sign,
    "floor": np.floor,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "if": np.where,
    "min": lambda *values: reduce(np.minimum, values), "max": lambda *values: reduce(np.maximum, values),
}  # fmt: skip

_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def evaluate_over(expression: Expression, column_of: Callable[[Symbol], Any]) -> Any:
    """The value of an expression, an array where one of its symbols is; `column_of` gives those.

    As in a rate law, a concentration a little below zero counts as zero under a root or a fractional power.
    Values outside a function's domain are ``nan`` or ``inf``.
    """
    with np.errstate(all="ignore"):
        return _value(expression, column_of)


def _value(node: Expression, column_of: Callable[[Symbol], Any]) -> Any:
    match node:
        case Number(value):
            return np.float64(value)
        case Symbol():
            return column_of(node)
        case Sum(terms):
            return reduce(np.add, (_value(term, column_of) for term in terms))
        case Product(factors):
            return _product(factors, column_of)
        case Power(base, exponent):
            return np.power(_base(base, exponent, column_of), _value(exponent, column_of))
        case Comparison(operator, left, right):
            return _COMPARISONS[operator](_value(left, column_of), _value(right, column_of))
        case Call("sqrt", (base,)):
            return np.sqrt(_clipped(base, column_of))
        case Lookup(table, argument):
            return look_up(table, _value(argument, column_of))
        case Call(function, arguments):
            return _FUNCTIONS[function](*(_value(argument, column_of) for argument in arguments))


def _product(factors: tuple[Expression, ...], column_of: Callable[[Symbol], Any]) -> Any:
    total: Any = np.float64(1.0)
    for factor in factors:
        if isinstance(factor, Power) and factor.exponent == MINUS_ONE:
            total = np.divide(total, _value(factor.base, column_of))
        else:
            total = np.multiply(total, _value(factor, column_of))
    return total


def _base(base: Expression, exponent: Expression, column_of: Callable[[Symbol], Any]) -> Any:
    whole = isinstance(exponent, Number) and exponent.value.denominator == 1
    return _value(base, column_of) if whole else _clipped(base, column_of)


def _clipped(base: Expression, column_of: Callable[[Symbol], Any]) -> Any:
    value = _value(base, column_of)
    return np.maximum(value, 0.0) if isinstance(base, Symbol) and base.kind == "species" else value
