"""Numbers and units as text: ``"1.2 mM"``, ``"/mM/min"``, exact and in the units of a file."""

from __future__ import annotations

import re
from fractions import Fraction

from mscnet.diagnostics import suggest
from mscnet.mechanism.units import NONE, UNITS, Dimension, Unit, UnitSystem

#: Decimal exponents beyond this are refused: no rate constant needs them, and they overflow a float.
MAX_DECIMAL_EXPONENT = 300
#: The most digits a number may have.
MAX_DIGITS = 200
#: Powers of units beyond this are refused.
MAX_UNIT_POWER = 30


class QuantityError(ValueError):
    """A text that is not a number with a unit; `.hint` says how to mend it, where it can be told."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def parse_number(text: str) -> Fraction:
    """The exact value of a decimal number such as ``0.05`` or ``1e-4``.

    Raises:
        QuantityError: not a number, or beyond the limits on digits and exponent.
    """
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS:
        raise QuantityError(f"a number of {len(mantissa)} characters; at most {MAX_DIGITS} are read")
    if exponent and (len(exponent) > 6 or abs(int(exponent)) > MAX_DECIMAL_EXPONENT):
        raise QuantityError(f"{text[:40]} is out of range: exponents go from -300 to 300")
    return Fraction(text)


_QUANTITY = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)", re.DOTALL)
_UNIT_TOKEN = re.compile(
    r"\s*(?:([*/·])|(?P<symbol>[^\W\d]\w*|[%°Å]\w*)(?:\^(?:(?P<power>-?\d{1,4})|\((?P<bracketed>-?\d{1,4})\)))?|1(?=\s*/))"
)


def parse_unit(text: str, system: UnitSystem) -> tuple[Fraction, Dimension]:
    """SI factor and dimension of a unit text such as ``/mM/min``, ``mM^-1 min^-1`` or ``mmol/L``.

    Raises:
        QuantityError: an unknown unit, or a text that is not a product of units.
    """
    factor, dimension, position, operator = Fraction(1), NONE, 0, ""
    text = text.rstrip()
    while position < len(text):
        match = _UNIT_TOKEN.match(text, position)
        if not match or (match[1] and operator):
            shown = text[position:].strip()[:40]
            raise QuantityError(f"`{shown}` is not a unit", "write it as `/mM/min` or `mM^-1 min^-1`")
        position = match.end()
        if match[1]:
            operator = match[1]
        elif match["symbol"]:
            unit = _unit(match["symbol"], system)
            exponent = (-1 if operator == "/" else 1) * int(match["power"] or match["bracketed"] or 1)
            if abs(exponent) > MAX_UNIT_POWER:
                raise QuantityError(f"a unit to the power {exponent}; at most {MAX_UNIT_POWER}")
            factor, dimension, operator = factor * unit.factor**exponent, dimension * unit.dimension**exponent, ""
    if operator:
        raise QuantityError(f"a unit is missing after `{operator}`")
    return factor, dimension


def _unit(symbol: str, system: UnitSystem) -> Unit:
    unit = UNITS["percent"] if symbol == "%" else system.find(symbol)
    if unit is None:
        raise QuantityError(f"unknown unit `{symbol}`", suggest(symbol, system.symbols))
    if unit.offset:
        raise QuantityError(f"`{symbol}` is no factor: it may only follow a number by itself")
    return unit


def parse_quantity(text: str, system: UnitSystem) -> tuple[Fraction, Dimension | None]:
    """A number with or without a unit, as text, in the units of `system`.

    Returns the value in the file's units and its dimension, which is None where no unit was given.

    Raises:
        QuantityError: `text` is not a number with a unit.
    """
    match = _QUANTITY.fullmatch(text)
    if not match:
        raise QuantityError(f"`{text.strip()[:40]}` is not a number with a unit", "write it as `0.5` or `1.2 mM`")
    number = parse_number(match[1])
    unit_text = match[2].strip()
    if not unit_text:
        return number, None
    known = system.find(unit_text)
    if known is not None and known.offset:
        return Fraction((number + known.offset) / system.scale_of(known.dimension)), known.dimension
    factor, dimension = parse_unit(unit_text, system)
    return Fraction(number * system.factor(factor, dimension)), dimension
