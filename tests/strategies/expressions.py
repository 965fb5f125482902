"""Expressions as tokens, with brackets where they are needed and now and then where they are not."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from tests.strategies.model import Amount, Apply, Call, Expr, If, Level, Name, Number, Power, Product, Sum
from tests.strategies.spelling import Spelling, System, decimal, dim_of

Tokens = list[str]


class ExpressionWriter:
    """Writes expressions with the names and in the units of one file, all choices from one generator."""

    def __init__(self, random: Random, system: System, names: dict[str, str]) -> None:
        self.random, self.system, self.names = random, system, names

    def name(self, id: str) -> str:
        return self.names.get(id, id)

    def whole(self, e: Expr) -> Tokens:
        """An expression that stands by itself, now and then in brackets that change nothing."""
        tokens = self.expression(e)
        return ["(", *tokens, ")"] if self.random.random() < 0.1 else tokens

    def expression(self, e: Expr) -> Tokens:
        match e:
            case Number(value):
                return [decimal(value, self.random)] if value.denominator != 3 else [str(value.numerator), "/", "3"]
            case Amount(number, spelling, bare):
                return self._amount(number, spelling, bare)
            case Name(id):
                return [self.random.choice(("t", "time")) if id == "time" else self.name(id)]
            case Level(species):
                name = self.name(species)
                bracket = "^" in name or self.random.random() < 0.6
                return ["[", name, "]"] if bracket else [name]
            case Sum(terms):
                return self._sum(terms)
            case Product(factors):
                return self._product(factors)
            case Power(base, exponent):
                return [*self._atom(base), "^", *self._atom(exponent)]
            case Call(function, arguments):
                name = self.random.choice(("log", "ln")) if function == "log" else function
                return [name, "(", *self._listed(arguments), ")"]
            case Apply(function, arguments):
                return [self.name(function), "(", *self._listed(arguments), ")"]
            case If(operator, left, right, yes, no):
                condition = [*self.expression(left), operator, *self.expression(right)]
                return ["if", "(", *condition, ",", *self._listed((yes, no)), ")"]

    def _amount(self, number: Fraction, spelling: Spelling, bare: bool) -> Tokens:
        if not bare:
            return [decimal(number, self.random), *spelling.tokens(self.random)]
        scale = self.system.scale(dim_of(spelling))
        return [decimal(number * spelling.factor / scale, self.random)]

    def _sum(self, terms: tuple[tuple[int, Expr], ...]) -> Tokens:
        tokens: Tokens = []
        for i, (sign, term) in enumerate(terms):
            if i or sign < 0:
                tokens.append("+" if sign > 0 else "-")
            tokens += ["(", *self.expression(term), ")"] if isinstance(term, Sum) else self.expression(term)
        return tokens

    def _product(self, factors: tuple[tuple[str, Expr], ...]) -> Tokens:
        tokens: Tokens = [] if factors[0][0] == "*" else ["1"]
        for operator, factor in factors:
            if tokens:
                tokens.append("·" if operator == "*" and self.random.random() < 0.1 else operator)
            closed = isinstance(factor, Name | Level | Call | Apply | If | Power | Number)
            loose = isinstance(factor, Amount) and operator == "*" and not tokens
            bare = closed and not (isinstance(factor, Number) and factor.value.denominator == 3)
            tokens += self.expression(factor) if bare or loose else ["(", *self.expression(factor), ")"]
        return tokens

    def _atom(self, e: Expr) -> Tokens:
        plain = isinstance(e, Name | Level | Call | Apply | If) or (isinstance(e, Number) and e.value.denominator != 3)
        return self.expression(e) if plain else ["(", *self.expression(e), ")"]

    def _listed(self, arguments: tuple[Expr, ...]) -> Tokens:
        tokens: Tokens = []
        for argument in arguments:
            tokens += [*([","] if tokens else []), *self.whole(argument)]
        return tokens
