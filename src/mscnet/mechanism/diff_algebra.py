"""Expressions compared as algebra: by their values at random points of a prime field.

Two expressions of + - * / and whole powers that are one rational function have one value at every point; two that are
not have different values at a random point but for a chance of their degree over 2^61 (J. T. Schwartz, J. ACM 27, 701
(1980); R. Zippel, EUROSAM 1979, Lecture Notes in Computer Science 72, 216).  Other functions are taken as unknown ones
of their arguments, so that ``exp(a + b)`` and ``exp(b + a)`` are alike, but not ``exp(a)*exp(b)``.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from zlib import crc32

from mscnet.mechanism.expression import (
    Call,
    Comparison,
    Expression,
    Lookup,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    exact_value,
)

PRIME = 2**61 - 1
#: Whole powers up to this are taken as such.
_MOST = 10_000
_HALF = Fraction(1, 2)
#: How near a written number is to what it stands for, and what that may hold beside powers of 2, 3 and 5.
_ROUNDED, _MOST_REST = Fraction(1, 10**12), 10**6


def mix(*parts: int) -> int:
    """A number of the field that stands for these numbers and no others."""
    return hash((0x9E3779B97F4A7C15, *parts)) % PRIME


def word(text: str) -> int:
    """A number that stands for a word."""
    return crc32(text.encode()) + (len(text) << 32)


def residue(value: Fraction | float) -> int:
    """A number as one of the field."""
    exact = Fraction(value)
    return exact.numerator * pow(exact.denominator, -1, PRIME) % PRIME if exact.denominator % PRIME else 1


@lru_cache(maxsize=4096)
def meant(value: Fraction) -> Fraction:
    """What a number stands for that was rounded when it was written: 1/86400 for 1.1574074074074073e-05.

    That is the simplest fraction within a relative 1e-12, if little but powers of 2, 3 and 5, as between units, is in
    it; else the number itself.
    """
    if not value or value.denominator == 1:
        return value
    tens = Fraction(10) ** (len(str(value.denominator)) - len(str(abs(value.numerator))))
    size = abs(value) * tens  # near 1, where simple fractions lie far apart
    near = _simplest(size * (1 - _ROUNDED), size * (1 + _ROUNDED))
    rest = near.numerator * near.denominator
    for prime in (2, 3, 5):
        while rest % prime == 0:
            rest //= prime
    if rest > _MOST_REST:
        return value
    return near / tens if value > 0 else -near / tens


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of the smallest denominator between two positive ones, by their continued fractions (R. L. Graham,
    D. E. Knuth, O. Patashnik, Concrete Mathematics, 1994, section 4.5)."""
    whole = []
    while True:
        floor = low.numerator // low.denominator
        if floor == low or floor + 1 <= high:
            found = Fraction(floor if floor == low else floor + 1)
            break
        whole.append(floor)
        low, high = 1 / (high - floor), 1 / (low - floor)
    for part in reversed(whole):
        found = part + 1 / found
    return found


def fingerprint(expression: Expression, value_of: Callable[[Symbol], int]) -> int:
    """The value of an expression in the field, where symbols have the values that `value_of` gives."""
    match expression:
        case Number(value):
            return residue(meant(Fraction(value)))
        case Symbol():
            return value_of(expression)
        case Sum(terms):
            return sum(fingerprint(term, value_of) for term in terms) % PRIME
        case Product(factors):
            product = 1
            for factor in factors:
                product = product * fingerprint(factor, value_of) % PRIME
            return product
        case Power(base, exponent):
            return _power(fingerprint(base, value_of), exponent, value_of)
        case Call(function, arguments):
            return _call(function, [fingerprint(argument, value_of) for argument in arguments])
        case Comparison(operator, left, right):
            a, b = fingerprint(left, value_of), fingerprint(right, value_of)
            return _comparison(operator.replace(">", "<"), *((a, b) if operator[0] == "<" else (b, a)))
        case Lookup(table, argument):
            return mix(word(repr((table.knots, table.coefficients))), fingerprint(argument, value_of))


def depends_on_units(expression: Expression) -> bool:
    """Whether a node has, in other units, a value of the field that cannot be told from the one in these."""
    match expression:
        case Power(_, exponent):
            number = exact_value(exponent, lambda symbol: None)
            return number is None or number.denominator != 1
        case Call(function, _):
            return function in ("sqrt", "abs", "sign")
    return False


def power(base: int, exponent: Fraction) -> int:
    """A power of a number of the field; one that is not whole is an unknown function of both."""
    if exponent.denominator == 1 and abs(exponent) <= _MOST and (base or exponent >= 0):
        return pow(base, int(exponent), PRIME)
    return mix(word("pow"), base, residue(exponent))


def _power(base: int, exponent: Expression, value_of: Callable[[Symbol], int]) -> int:
    number = exact_value(exponent, lambda symbol: None)
    if number is not None:
        return power(base, number)
    return mix(word("pow"), base, fingerprint(exponent, value_of))


def _comparison(operator: str, a: int, b: int) -> int:
    """By the ratio of both sides, which is the same in all units; a zero has none."""
    if a and b:
        return mix(word(operator), a * pow(b, -1, PRIME) % PRIME)
    return mix(word(operator), a, b, 0)


def _extreme(function: str, arguments: list[int]) -> int:
    """``min`` and ``max``: in other units, with all their arguments, they are so many times as large."""
    total = sum(arguments) % PRIME
    if not total:
        return mix(word(function), *sorted(arguments))
    inverse = pow(total, -1, PRIME)
    return total * mix(word(function), *sorted(argument * inverse % PRIME for argument in arguments)) % PRIME


def _call(function: str, arguments: list[int]) -> int:
    if function == "sqrt":
        return power(arguments[0], _HALF)
    if function == "if":  # condition*(yes - no) + no
        condition, yes, no = arguments
        return (condition * (yes - no) + no) % PRIME
    if function in ("min", "max"):
        return _extreme(function, arguments)
    return mix(word({"ln": "log"}.get(function, function)), *arguments)
