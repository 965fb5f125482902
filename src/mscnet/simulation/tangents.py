"""Expressions with their exact derivatives: forward differentiation over scalars or whole courses.

A `Tangent` is a value, of any shape, with its derivatives along P directions in one more axis, the last.
Griewank and Walther, Evaluating Derivatives (2008), chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from mscnet.kinetics.lookup import derivative_of, look_up
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


class Tangent(NamedTuple):
    """A value, (...), and its derivatives, (..., P) or what broadcasts to that."""

    value: Any
    slope: Any


#: The derivative of a function of one argument a with the value v.
_DERIVATIVES: Mapping[str, Callable[[Any, Any], Any]] = {
    "exp": lambda a, v: v,
    "log": lambda a, v: 1.0 / a,
    "ln": lambda a, v: 1.0 / a,
    "log10": lambda a, v: 1.0 / (a * np.log(10.0)),
    "sqrt": lambda a, v: 0.5 / v,
    "abs": lambda a, v: np.sign(a),
    "sign": lambda a, v: np.zeros_like(v),
    "floor": lambda a, v: np.zeros_like(v),
    "sin": lambda a, v: np.cos(a),
    "cos": lambda a, v: -np.sin(a),
    "tan": lambda a, v: 1.0 + v * v,
    "asin": lambda a, v: 1.0 / np.sqrt(1.0 - a * a),
    "acos": lambda a, v: -1.0 / np.sqrt(1.0 - a * a),
    "atan": lambda a, v: 1.0 / (1.0 + a * a),
    "sinh": lambda a, v: np.cosh(a),
    "cosh": lambda a, v: np.sinh(a),
    "tanh": lambda a, v: 1.0 - v * v,
}
_VALUES: Mapping[str, Callable[[Any], Any]] = {
    "exp": np.exp, "log": np.log, "ln": np.log, "log10": np.log10, "sqrt": np.sqrt, "abs": np.abs, "sign": np.sign,
    "floor": np.floor,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
}  # fmt: skip
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip


def tangent_over(expression: Expression, tangent_of: Callable[[Symbol], Tangent]) -> Tangent:
    """The value of an expression and its derivatives; `tangent_of` gives those of its symbols.

    As in a rate law, a concentration a little below zero counts as zero under a root or a fractional power.
    Where a condition, `min`, `max`, `abs` or `sign` switches, the derivative is that of the side taken.
    """
    with np.errstate(all="ignore"):
        return _tangent(expression, tangent_of)


def _times(factor: Any, slope: Any) -> Any:
    """A derivative times a slope; 0 where the slope is, whatever the derivative."""
    wide = np.asarray(factor)[..., np.newaxis]
    return np.where(slope == 0.0, 0.0, wide * slope)


def _tangent(node: Expression, tangent_of: Callable[[Symbol], Tangent]) -> Tangent:
    match node:
        case Number(value):
            return Tangent(np.float64(value), np.zeros(1))
        case Symbol():
            return tangent_of(node)
        case Sum(terms):
            parts = [_tangent(term, tangent_of) for term in terms]
            return Tangent(reduce(np.add, (p.value for p in parts)), reduce(np.add, (p.slope for p in parts)))
        case Product(factors):
            return _product(factors, tangent_of)
        case Power(base, exponent):
            return _power(base, exponent, tangent_of)
        case Comparison(operator, left, right):
            a, b = _tangent(left, tangent_of), _tangent(right, tangent_of)
            return Tangent(_COMPARISONS[operator](a.value, b.value), np.zeros(1))
        case Call("if", (condition, yes, no)):
            return _chosen(_tangent(condition, tangent_of).value, _tangent(yes, tangent_of), _tangent(no, tangent_of))
        case Call("min", arguments):
            return reduce(lambda a, b: _chosen(a.value <= b.value, a, b), (_tangent(x, tangent_of) for x in arguments))
        case Call("max", arguments):
            return reduce(lambda a, b: _chosen(a.value >= b.value, a, b), (_tangent(x, tangent_of) for x in arguments))
        case Call(function, (argument,)):
            a = _clipped(argument, tangent_of) if function == "sqrt" else _tangent(argument, tangent_of)
            value = _VALUES[function](a.value)
            return Tangent(value, _times(_DERIVATIVES[function](a.value, value), a.slope))
        case Lookup(table, argument):
            at = _tangent(argument, tangent_of)
            return Tangent(look_up(table, at.value), _times(look_up(derivative_of(table), at.value), at.slope))
    raise TypeError(f"not an expression: {node!r}")


def _chosen(first: Any, a: Tangent, b: Tangent) -> Tangent:
    wide = np.asarray(first, dtype=bool)
    return Tangent(np.where(wide, a.value, b.value), np.where(wide[..., np.newaxis], a.slope, b.slope))


def _product(factors: tuple[Expression, ...], tangent_of: Callable[[Symbol], Tangent]) -> Tangent:
    total = Tangent(np.float64(1.0), np.zeros(1))
    for factor in factors:
        if isinstance(factor, Power) and factor.exponent == MINUS_ONE:
            below = _tangent(factor.base, tangent_of)
            value = np.divide(total.value, below.value)
            slope = _times(1.0 / np.asarray(below.value), total.slope) - _times(value / below.value, below.slope)
        else:
            other = _tangent(factor, tangent_of)
            value = np.multiply(total.value, other.value)
            slope = _times(other.value, total.slope) + _times(total.value, other.slope)
        total = Tangent(value, slope)
    return total


def _power(base: Expression, exponent: Expression, tangent_of: Callable[[Symbol], Tangent]) -> Tangent:
    whole = isinstance(exponent, Number) and exponent.value.denominator == 1
    b = _tangent(base, tangent_of) if whole else _clipped(base, tangent_of)
    e = _tangent(exponent, tangent_of)
    value = np.power(b.value, e.value)
    by_base = np.where(e.value == 0.0, 0.0, e.value * np.power(b.value, e.value - 1.0))
    by_exponent = np.where(value == 0.0, 0.0, value * np.log(b.value))
    return Tangent(value, _times(by_base, b.slope) + _times(by_exponent, e.slope))


def _clipped(base: Expression, tangent_of: Callable[[Symbol], Tangent]) -> Tangent:
    found = _tangent(base, tangent_of)
    if not (isinstance(base, Symbol) and base.kind == "species"):
        return found
    below = np.asarray(found.value) < 0.0
    return Tangent(np.maximum(found.value, 0.0), np.where(below[..., np.newaxis], 0.0, found.slope))
