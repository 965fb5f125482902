"""Flat products: numbers are read with the units that follow them, the rest is multiplied or divided."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from mscnet.diagnostics import suggest
from mscnet.language.quantities import (
    Literal,
    exponent_of,
    find_unit,
    in_range,
    read_number,
    report_ambiguous,
    unit_power,
    unit_word,
    unknown_unit,
)
from mscnet.language.scope import KIND_WORDS, Entry, Reporter, Scope
from mscnet.language.syntax import BesideX, ExpressionX, NegativeX, NumberX, PowerX, ProductX, Word, WordX
from mscnet.mechanism.expression import MINUS_ONE, ONE, Expression, Number, Power, Product, is_bare
from mscnet.mechanism.units import AMOUNT, CONCENTRATION, NONE, TIME, UNITS, VOLUME, UnitSystem

#: How long a name is at least that may be meant for a word behind the law of a rule.
_SHORTEST_WORD = 8
#: Dimensions of the units that rate constants are made of.
_OF_RATE_CONSTANTS = (TIME, CONCENTRATION, AMOUNT, VOLUME)


class Stop(Exception):
    """The expression cannot be built; what is wrong has been reported."""


class Resolving(Protocol):
    """What a product needs of the resolver that it is part of."""

    scope: Scope
    system: UnitSystem
    report: Reporter
    pathway: str | None
    by_use: bool
    arguments: dict[str, Expression]

    def expression(self, node: ExpressionX) -> Expression:
        """The expression of a factor."""

    def fail(self, code: str, message: str, node: ExpressionX | Word, hint: str | None = None) -> Stop:
        """Report an error; what is returned is to be raised."""


class ProductReader:
    """Reads one flat product from left to right, folding each number with its units into one exact number."""

    def __init__(self, resolver: Resolving, node: ProductX) -> None:
        self.resolver, self.node = resolver, node
        self.report, self.system = resolver.report, resolver.system
        self.factors: list[Expression] = []
        self.literal: Literal | None = None
        self.literal_span = (node.start, node.end)
        self.sign = 1
        self.after: str = ""

    def read(self) -> Expression:
        for operator, factor in zip(self.node.operators, self.node.factors, strict=True):
            if isinstance(factor, NumberX):
                self._number(operator, factor, 1)
            elif isinstance(factor, NegativeX) and isinstance(factor.operand, NumberX):
                self._number(operator, factor.operand, -1)
            elif isinstance(factor, BesideX):
                self._beside(factor)
            elif self.after and self._is_unit(operator, factor):
                self._unit(operator, factor)
            elif self.after and self._is_group(factor):
                self._group(operator, factor)
            else:
                self._other(operator, factor)
        self._flush()
        if len(self.factors) == 1:
            return self.factors[0]
        return Product(tuple(self.factors), self.report.span(self.node.start, self.node.end))

    def _number(self, operator: str, node: NumberX, minus: int) -> None:
        self._flush()
        number = minus * read_number(node, self.report)
        self.sign = -1 if operator == "/" else 1
        if self.sign < 0 and not number:
            raise self.resolver.fail("E018", "division by zero", node)
        self.literal = Literal(number, Fraction(1), NONE, False)
        self.literal_span = (node.start, node.end)
        self.after = "number"

    def _other(self, operator: str, factor: ExpressionX) -> None:
        """A factor that is neither a number nor a unit; units may follow it if it comes to a plain number."""
        self._flush()
        if operator == "/":
            self._refuse_unit(factor)
        value = self.resolver.expression(factor)
        self._factor(operator, value)
        if is_bare(value):
            self.after, self.sign = "number", -1 if operator == "/" else 1

    def _flush(self) -> None:
        literal, self.literal, self.after = self.literal, None, ""
        if literal is None:
            return
        value = literal.in_units_of(self.system) if self.sign > 0 or not literal.has_unit else self._inverse(literal)
        value = in_range(value, self.node, self.report)
        dimension = literal.dimension if literal.has_unit else None
        span = self.report.span(*self.literal_span)
        if self.sign > 0 or literal.has_unit:
            self.factors.append(Number(value, dimension, span))
        else:
            self._divide(Number(value, dimension, span))

    def _inverse(self, literal: Literal) -> Fraction:
        """The value of ``1/number`` with units that already carry the sign of the division."""
        return Fraction(literal.factor / literal.number / self.system.scale_of(literal.dimension))

    def _factor(self, operator: str, value: Expression) -> None:
        if operator == "/":
            self._divide(value)
        elif isinstance(value, Product):
            self.factors.extend(value.factors)
        else:
            self.factors.append(value)

    def _divide(self, value: Expression) -> None:
        if not self.factors:
            self.factors.append(ONE)
        self.factors.append(Power(value, MINUS_ONE, getattr(value, "span", None)))

    # --- units ---

    def _is_unit(self, operator: str, factor: ExpressionX) -> bool:
        """Whether a factor right after a number or unit is a unit: an undeclared name that is one."""
        name, exponent = unit_word(factor, self.report)
        if name is None or name in self.resolver.arguments:
            return False
        entry = self.resolver.scope.find(name, self.resolver.pathway)
        unit = find_unit(name, self.system)
        if entry is not None:
            if (unit is not None and self.after != "number") or (unit is not None and name in UNITS):
                self._note_shadow(name, entry, factor)
            return False
        if unit is None and operator == "/" and name not in ("t", "time"):
            self._refuse_slip(name, factor)
        return unit is not None and exponent is not None

    def _is_group(self, factor: ExpressionX) -> bool:
        """Whether a factor is units in brackets: ``(M*s)`` in ``1e6 /(M*s)``."""
        if not isinstance(factor, ProductX):
            return False
        return all(self._unit_name(part) is not None for part in factor.factors)

    def _unit_name(self, node: ExpressionX) -> str | None:
        """The name of a unit that nothing in the file is called; None for anything else."""
        name, exponent = unit_word(node, self.report)
        if name is None or exponent is None or name in self.resolver.arguments:
            return None
        declared = self.resolver.scope.find(name, self.resolver.pathway)
        return name if declared is None and find_unit(name, self.system) is not None else None

    def _group(self, operator: str, factor: ExpressionX) -> None:
        assert isinstance(factor, ProductX)
        outer = -1 if operator == "/" else 1
        for i, (inner, part) in enumerate(zip(factor.operators, factor.factors, strict=True)):
            if inner == "" and factor.operators[i - 1] == "/":
                report_ambiguous(part, self.report)
            name, exponent = unit_word(part, self.report)
            assert name is not None
            assert exponent is not None
            self._multiply(name, exponent * outer * (-1 if inner == "/" else 1), part)
        self.after = "slash" if operator == "/" else "unit"

    def _refuse_unit(self, factor: ExpressionX) -> None:
        """``k/s`` after ``@`` would make a parameter `s`: more likely the unit was meant."""
        name = self._unit_name(factor)
        unit = find_unit(name, self.system) if name else None
        if unit is not None and unit.dimension in _OF_RATE_CONSTANTS and self.resolver.by_use:
            message = f"the unit `{name}` may only stand right after a number or another unit"
            hint = f"give a number its unit, as in `3 /{name}`; if a parameter is meant, declare `parameter {name}`"
            raise self.resolver.fail("E013", message, factor, hint)

    def _refuse_word(self, node: BesideX) -> None:
        """A word of BNGL, or nearly one of ours, behind the law of a rule."""
        if node.name == "TotalRate":
            hint = "the rate of all matches together stands behind `rate`, in place of `@`: `A(b) -> 0 rate v`"
            raise self.resolver.fail("E002", "`TotalRate` is no word of a rule here", node, hint)
        if len(node.name) < _SHORTEST_WORD or find_unit(node.name, self.system) is not None:
            return
        from mscnet.language.place_patterns import RULE_WORDS  # a text without errors does not need it

        near = suggest(node.name, sorted(RULE_WORDS), words=True)
        if near is not None:
            raise self.resolver.fail("E002", f"`{node.name}` is no word of a rule", node, near)

    def _refuse_slip(self, name: str, factor: ExpressionX) -> None:
        """An unknown name below a number: a unit with a slip in it, unless a name of the file is as near."""
        near = suggest(name, [symbol for symbol in UNITS if len(symbol) > 1])
        if near is not None and suggest(name, self.resolver.scope.names(self.resolver.pathway)) is None:
            unknown_unit(name, factor.start, factor.end, self.system, self.report)
            raise Stop

    def _note_shadow(self, name: str, entry: Entry, node: ExpressionX) -> None:
        self.report.error(
            "N071",
            f"`{name}` is {KIND_WORDS[entry.kind]} here, not the unit",
            node.start,
            node.end,
            f"if the unit was meant, rename the {entry.kind} or write the unit another way",
            (("declared here" if entry.declared else "first used here", entry.start, entry.end),),
        )

    def _unit(self, operator: str, factor: ExpressionX) -> None:
        name, exponent = unit_word(factor, self.report)
        assert name is not None
        assert exponent is not None
        self._multiply(name, -exponent if operator == "/" else exponent, factor)
        self.after = "slash" if operator == "/" else "unit"

    def _beside(self, node: BesideX) -> None:
        entry = self.resolver.scope.find(node.name, self.resolver.pathway)
        if node.name in self.resolver.arguments or entry is not None:
            self._beside_name(node, entry)
            return
        self._refuse_word(node)
        if self.after == "slash":
            report_ambiguous(node, self.report)
            raise Stop
        if self.after not in ("number", "unit"):
            hint = "put `*` between factors; a unit may only follow a number or another unit"
            raise self.resolver.fail("E013", f"`{node.name}` stands beside something that is not a number", node, hint)
        if find_unit(node.name, self.system) is None:
            unknown_unit(node.name, node.start, node.end, self.system, self.report)
            raise Stop
        exponent = exponent_of(node.exponent, self.report)
        if exponent is None:
            raise self.resolver.fail("E013", "the power of a unit is a plain number", node)
        self._multiply(node.name, self.sign * exponent, node)
        self.after = "unit"

    def _beside_name(self, node: BesideX, entry: Entry | None) -> None:
        """``2 k``: a declared name beside a number multiplies it, and wins over a unit spelled alike."""
        if self.after != "number":
            raise self.resolver.fail("E013", f"put `*` before `{node.name}`", node)
        if entry is not None and find_unit(node.name, self.system) is not None:
            self._note_shadow(node.name, entry, node)
        operator = "/" if self.sign < 0 else "*"
        self._flush()
        word = WordX(node.name, node.start, node.start + len(node.name))
        factor: ExpressionX = word
        if node.exponent is not None:
            factor = PowerX(word, node.exponent, node.start, node.end, 2)
        self._factor(operator, self.resolver.expression(factor))

    def _multiply(self, name: str, exponent: Fraction, node: ExpressionX) -> None:
        if self.literal is None:  # after plain arithmetic such as `10^3`, which is a factor already
            self.literal, self.literal_span = Literal(Fraction(1), Fraction(1), NONE, False), (node.start, node.end)
        literal = self.literal
        unit = find_unit(name, self.system)
        assert unit is not None
        if unit.offset or literal.offset:
            if literal.has_unit or exponent != 1 or self.sign < 0:
                raise self.resolver.fail("E013", f"`{name}` is no factor: it may only follow a number by itself", node)
            literal.offset = unit.offset
        factor, dimension = unit_power(unit, exponent, node, self.report)
        literal.factor *= factor
        literal.dimension = literal.dimension * dimension
        literal.has_unit = True
        self.literal_span = (self.literal_span[0], node.end)
