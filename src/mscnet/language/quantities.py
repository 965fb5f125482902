"""Numbers with units as they stand in a text, made exact numbers in the file's units."""

from __future__ import annotations

from fractions import Fraction

from mscnet.diagnostics import instead, suggestion
from mscnet.language.scope import Reporter
from mscnet.language.syntax import BesideX, ExpressionX, NegativeX, NumberX, PowerX, ProductX, WordX
from mscnet.mechanism.quantity import MAX_UNIT_POWER, QuantityError, parse_number
from mscnet.mechanism.units import NONE, UNITS, Dimension, Unit, UnitSystem
from mscnet.records import dataclass


@dataclass(slots=True)
class Literal:
    """A number with the unit it carries: `value` in SI-coherent terms is ``number × factor``."""

    number: Fraction
    factor: Fraction
    dimension: Dimension
    has_unit: bool
    offset: Fraction = Fraction(0)
    #: Something in it could not be read, which has been reported: its unit is not known.
    broken: bool = False
    #: It is the value of plain arithmetic, in the file's unit whatever the text has.
    folded: bool = False

    def in_units_of(self, system: UnitSystem) -> Fraction:
        """The value in the units of `system`; it may be beyond what a float holds."""
        if not self.has_unit:
            return self.number
        scaled = (self.number + self.offset) * self.factor
        return Fraction(scaled / system.scale_of(self.dimension))


#: Beyond this a value is no float any more.
_LARGEST = Fraction(10) ** 308


def in_range(value: Fraction, node: ExpressionX, report: Reporter) -> Fraction:
    """`value`, or 1 with an error where a float cannot hold it."""
    if abs(value) < _LARGEST:
        return value
    report.error("E005", "this value is out of range: numbers go up to 1e308", node.start, node.end)
    return Fraction(1)


def read_number(node: NumberX, report: Reporter) -> Fraction:
    """The exact value of a number; 1, with an error, where it is out of range."""
    try:
        return parse_number(node.text)
    except QuantityError as error:
        report.error("E005", str(error), node.start, node.end)
        return Fraction(1)


def exponent_of(node: ExpressionX | None, report: Reporter) -> Fraction | None:
    """The value of a plain numeric exponent (1 where there is none), or None where it is not one."""
    match node:
        case None:
            return Fraction(1)
        case NumberX():
            return read_number(node, report)
        case NegativeX(operand):
            value = exponent_of(operand, report)
            return None if value is None else -value
        case ProductX((NumberX() as above, NumberX() as below), (_, "/")):
            divisor = read_number(below, report)
            return read_number(above, report) / divisor if divisor else None
    return None


def find_unit(name: str, system: UnitSystem) -> Unit | None:
    return UNITS["percent"] if name == "%" else system.find(name)


def unit_power(unit: Unit, exponent: Fraction, node: ExpressionX, report: Reporter) -> tuple[Fraction, Dimension]:
    """Factor and dimension of a unit to a whole power; an error for any other power."""
    if exponent.denominator != 1 or abs(exponent) > MAX_UNIT_POWER:
        message = f"`{unit.symbol}` to the power {exponent}: units take whole powers up to {MAX_UNIT_POWER}"
        report.error("E013", message, node.start, node.end)
        return Fraction(1), NONE
    return unit.factor ** int(exponent), unit.dimension ** int(exponent)


def report_ambiguous(node: ExpressionX, report: Reporter) -> None:
    """``/mM min``: is min above or below the line?"""
    message = f"`{report.source.text[node.start : node.end]}` after a division can be read two ways"
    hint = instead(
        "write every unit below the line with its own `/`, as in `/mM/min`",
        "/" + report.source.text[node.start : node.end],
    )
    report.error("E013", message, node.start, node.end, hint)


def unknown_unit(name: str, start: int, end: int, system: UnitSystem, report: Reporter) -> None:
    report.error("E012", f"unknown unit `{name}`", start, end, _unit_meant(name, start, system, report))


def _unit_meant(name: str, start: int, system: UnitSystem, report: Reporter) -> str | None:
    """What an unknown unit may be: ``cm²`` is ``cm^2``; else what is spelled nearly alike."""
    if report.source.text[max(0, start - 20) : start].rstrip().endswith("%"):
        return "`%` is a unit; a comment begins with `#`"
    plain = name.rstrip("⁰¹²³⁴⁵⁶⁷⁸⁹")
    if plain != name and system.find(plain) is not None:
        power = f"{plain}^{''.join(str('⁰¹²³⁴⁵⁶⁷⁸⁹'.index(digit)) for digit in name[len(plain) :])}"
        return suggestion(name, power, True)
    if len(name) == 1:
        return None
    folded = [symbol for symbol in system.symbols if symbol.casefold() == name.casefold()]
    if len(folded) == 1 and len(name) > 2:
        return suggestion(name, folded[0], True)
    # units differ by a letter on purpose: mM and uM, min and nm
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(system.symbols), n=1, cutoff=0.65)
    return suggestion(name, near[0]) if near else None


def read_literal(node: ExpressionX, system: UnitSystem, report: Reporter) -> Literal | None:
    """A number, with or without a unit, as a `Literal`; None where `node` is more than that.

    For places where only a quantity may stand (units, options, values of parameters), so that no name of
    the file can be meant.
    """
    match node:
        case NumberX():
            return Literal(read_number(node, report), Fraction(1), NONE, False)
        case NegativeX(operand):
            literal = read_literal(operand, system, report)
            if literal is not None:
                literal.number = -literal.number
            return literal
        case ProductX(factors, operators):
            literal = read_literal(factors[0], system, report) if isinstance(factors[0], NumberX | NegativeX) else None
            if literal is None or literal.has_unit:
                return None
            literal.has_unit = True
            for i, (operator, factor) in enumerate(zip(operators[1:], factors[1:], strict=True)):
                if operator == "" and operators[i] == "/":
                    report_ambiguous(factor, report)
                    literal.broken = True
                if not _multiply_unit(literal, operator, factor, system, report):
                    return None
            return literal
    return None


def _multiply_unit(literal: Literal, operator: str, factor: ExpressionX, system: UnitSystem, report: Reporter) -> bool:
    name, exponent = unit_word(factor, report)
    if name is None or exponent is None:
        return False
    unit = find_unit(name, system)
    if unit is None:
        unknown_unit(name, factor.start, factor.end, system, report)
        literal.broken = True
        return True
    if unit.offset or literal.offset:
        if literal.dimension != NONE or exponent != 1 or operator == "/" or literal.offset:
            message = f"`{name}` is no factor: it may only follow a number by itself"
            report.error("E013", message, factor.start, factor.end)
            literal.broken = True
            return True
        literal.offset = unit.offset
    power, dimension = unit_power(unit, -exponent if operator == "/" else exponent, factor, report)
    literal.factor *= power
    literal.dimension = literal.dimension * dimension
    return True


def unit_word(node: ExpressionX, report: Reporter) -> tuple[str | None, Fraction | None]:
    """Name and power of a word that may be a unit: ``mM``, ``mM^-1``; ``(None, None)`` for anything else."""
    match node:
        case WordX(name):
            return name, Fraction(1)
        case BesideX(name, exponent):
            return name, exponent_of(exponent, report)
        case PowerX(WordX(name), exponent):
            return name, exponent_of(exponent, report)
    return None, None
