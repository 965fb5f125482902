"""Products of rate constants in a form in which what cancels does cancel, without values.

A product is a number, powers of atoms, and one exponential of a polynomial; an atom is a name, or an expression that
is no product.  So ``(k1/k2)*(k2/k1)`` is 1 whatever the constants are, and so is a round of ``exp(-G/RT)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from mscnet.mechanism.expression import Call, Expression, Number, Power, Product, Sum, Symbol, exact_value
from mscnet.records import dataclass, field

#: Whole numbers are kept as integers, which are quicker than fractions.
Rational = int | Fraction
#: Powers of atoms; an atom is an expression, or a sum in the form of a polynomial.
Powers = frozenset[tuple[object, Rational]]
#: Coefficients by monomial.
Polynomial = dict[Powers, Rational]

_ONE: Powers = frozenset()
#: Polynomials of more terms are not multiplied out.
_MAX_TERMS = 300
#: Numbers of more binary digits are not followed.
_MAX_BITS = 20_000


@dataclass(slots=True)
class Ratio:
    """``number × ∏ atom^power × exp(exponent)``; `known` is False where it could not be followed."""

    number: Rational = 1
    powers: dict[object, Rational] = field(default_factory=dict)
    exponent: Polynomial = field(default_factory=dict)
    known: bool = True

    @property
    def is_one(self) -> bool:
        """Whether it is 1 whatever the values of the names are."""
        return self.known and self.number == 1 and not self.powers and not self.exponent

    def multiply(self, other: Ratio, power: Rational) -> None:
        """Take another to a power into the product."""
        self.known = self.known and other.known
        if other.number != 1:
            self._number(other.number, power)
        for atom, own in other.powers.items():
            _add(self.powers, atom, own * power)
        for monomial, coefficient in other.exponent.items():
            _add(self.exponent, monomial, coefficient * power)

    def _number(self, number: Rational, power: Rational) -> None:
        if number <= 0 or _bits(number) * max(power, -power) > _MAX_BITS:
            self.known = False
        elif power.denominator == 1:
            self.number = whole(self.number * Fraction(number) ** int(power))
        else:
            _add(self.powers, Number(Fraction(number)), power)


def whole(value: Rational) -> Rational:
    """An integer for a whole number."""
    return value.numerator if value.denominator == 1 else value


def _bits(value: Rational) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _add(table: dict[Any, Rational], key: object, value: Rational) -> None:
    total = table.get(key, 0) + value
    if total:
        table[key] = total
    else:
        table.pop(key, None)


class Ratios:
    """Makes ratios, with derived values written out."""

    def __init__(self, definitions: Mapping[str, Expression]) -> None:
        self.definitions = definitions
        self._made: dict[str, Ratio] = {}
        self._open: set[str] = set()

    def of(self, expression: Expression) -> Ratio:
        """The form of an expression."""
        ratio = Ratio()
        match expression:
            case Number(value):
                ratio._number(value, 1)
            case Symbol(name, "definition") if name in self.definitions and name not in self._open:
                return self._definition(name)
            case Product(factors):
                for factor in factors:
                    ratio.multiply(self.of(factor), 1)
            case Power(base, exponent) if (power := exact_value(exponent, lambda _: None)) is not None:
                ratio.multiply(self.of(base), whole(power))
            case Call("sqrt", (argument,)):
                ratio.multiply(self.of(argument), Fraction(1, 2))
            case Call("exp", (argument,)):
                ratio.exponent = self._polynomial(argument)
            case Sum():
                self._sum(self._polynomial(expression), ratio)
            case _:
                ratio.powers[expression] = 1
        return ratio

    def _definition(self, name: str) -> Ratio:
        if name not in self._made:
            self._open.add(name)
            self._made[name] = self.of(self.definitions[name])
            self._open.discard(name)
        return self._made[name]

    def _sum(self, polynomial: Polynomial, ratio: Ratio) -> None:
        """A sum of one term is a product; any other is an atom, its first coefficient apart."""
        if not polynomial:
            ratio.known = False
            return
        first = min(polynomial, key=_order)
        scale = polynomial[first]
        if scale < 0:
            scale = -scale
        ratio._number(scale, 1)
        if len(polynomial) == 1 and polynomial[first] > 0:
            for atom, power in first:
                _add(ratio.powers, atom, power)
        else:
            ratio.powers[frozenset((m, Fraction(c) / scale) for m, c in polynomial.items())] = 1

    def _polynomial(self, expression: Expression) -> Polynomial:
        """An expression as a sum of monomials."""
        total: Polynomial = {}
        match expression:
            case Number(value):
                return {_ONE: value} if value else {}
            case Sum(terms):
                for term in terms:
                    for monomial, coefficient in self._polynomial(term).items():
                        _add(total, monomial, coefficient)
                return total
            case Product(factors):
                return self._multiplied([self._polynomial(factor) for factor in factors], expression)
            case Symbol(name, "definition") if name in self.definitions and name not in self._open:
                self._open.add(name)
                total = self._polynomial(self.definitions[name])
                self._open.discard(name)
                return total
            case Power(base, exponent) if (power := exact_value(exponent, lambda _: None)) is not None:
                return self._raised(self._polynomial(base), power, expression)
        return {frozenset({(expression, 1)}): 1}

    def _multiplied(self, parts: list[Polynomial], written: Expression) -> Polynomial:
        total: Polynomial = {_ONE: 1}
        for part in parts:
            if len(total) * len(part) > _MAX_TERMS:
                return {frozenset({(written, 1)}): 1}
            product: Polynomial = {}
            for a, x in total.items():
                for b, y in part.items():
                    powers: dict[object, Rational] = dict(a)
                    for atom, power in b:
                        _add(powers, atom, power)
                    _add(product, frozenset(powers.items()), x * y)
            total = product
        return total

    def _raised(self, base: Polynomial, power: Rational, written: Expression) -> Polynomial:
        """A power of one term is a term; of more, an atom to that power."""
        if len(base) == 1:
            ((monomial, coefficient),) = base.items()
            bits = max(coefficient.numerator.bit_length(), coefficient.denominator.bit_length()) * max(power, -power)
            if power.denominator == 1 and bits <= _MAX_BITS:
                return {
                    frozenset((atom, own * power) for atom, own in monomial): whole(Fraction(coefficient) ** int(power))
                }
        elif base:
            return {frozenset({(frozenset(base.items()), power)}): 1}
        return {frozenset({(written, 1)}): 1}


def _order(monomial: Powers) -> tuple[int, str]:
    return len(monomial), repr(sorted(monomial, key=repr))
