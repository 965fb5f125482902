"""Dimensions, units with exact factors, and the coherent unit system that a file works in.

Every quantity of a mechanism is converted once, when it is read, to its file's units; later stages
see plain numbers.  A file's units are *coherent*: they are fixed by one unit each of time,
concentration, length, mass, temperature and current, so that products and quotients of numbers need
no factor.  Factors are `fractions.Fraction`, exact by definition of the SI (BIPM, The International
System of Units, 9th ed., 2019) and of the calorie, the litre and the bar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache, cached_property
from types import MappingProxyType

from mscnet.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Dimension:
    """A product of powers of base dimensions, as sorted ``(base, exponent)`` pairs without zeros.

    The bases are ``time``, ``length``, ``mass``, ``amount``, ``temperature``, ``current`` and the name
    of every scale that a file declares with ``unit``.
    """

    exponents: tuple[tuple[str, Fraction], ...] = ()

    @classmethod
    def of(cls, **exponents: int | Fraction) -> Dimension:
        return cls.from_mapping({base: Fraction(e) for base, e in exponents.items()})

    @classmethod
    def from_mapping(cls, exponents: Mapping[str, Fraction]) -> Dimension:
        return cls(tuple(sorted((base, e) for base, e in exponents.items() if e)))

    def __mul__(self, other: Dimension) -> Dimension:
        if not other.exponents:
            return self
        total = dict(self.exponents)
        for base, exponent in other.exponents:
            total[base] = total.get(base, Fraction(0)) + exponent
        return Dimension.from_mapping(total)

    def __truediv__(self, other: Dimension) -> Dimension:
        return self * other**-1

    def __pow__(self, power: int | Fraction) -> Dimension:
        return Dimension.from_mapping({base: e * power for base, e in self.exponents})

    @property
    def dimensionless(self) -> bool:
        return not self.exponents


NONE = Dimension()
TIME = Dimension.of(time=1)
LENGTH = Dimension.of(length=1)
VOLUME = LENGTH**3
MASS = Dimension.of(mass=1)
AMOUNT = Dimension.of(amount=1)
CONCENTRATION = AMOUNT / VOLUME
TEMPERATURE = Dimension.of(temperature=1)
ENERGY = MASS * LENGTH**2 / TIME**2

#: Dimensions that have a name of their own in messages.
DIMENSION_NAMES: Mapping[Dimension, str] = MappingProxyType(
    {
        NONE: "a pure number",
        TIME: "time",
        LENGTH: "length",
        LENGTH**2: "area",
        VOLUME: "volume",
        MASS: "mass",
        AMOUNT: "amount",
        CONCENTRATION: "concentration",
        CONCENTRATION / TIME: "concentration per time",
        AMOUNT / TIME: "amount per time",
        AMOUNT / LENGTH**2: "amount per area",
        AMOUNT / LENGTH**2 / TIME: "amount per area per time",
        TIME**-1: "per time",
        (CONCENTRATION * TIME) ** -1: "per concentration per time",
        TEMPERATURE: "temperature",
        ENERGY: "energy",
        ENERGY / AMOUNT: "energy per amount",
        ENERGY / AMOUNT / TEMPERATURE: "energy per amount per temperature",
    }
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A named unit: ``1 symbol = factor × the SI unit of its dimension`` (plus `offset`, for °C)."""

    symbol: str
    factor: Fraction
    dimension: Dimension
    offset: Fraction = Fraction(0)


_PREFIXES = {
    "f": Fraction(1, 10**15), "p": Fraction(1, 10**12), "n": Fraction(1, 10**9), "u": Fraction(1, 10**6),
    "µ": Fraction(1, 10**6), "μ": Fraction(1, 10**6), "m": Fraction(1, 1000), "c": Fraction(1, 100),
    "d": Fraction(1, 10), "k": Fraction(1000), "M": Fraction(10**6), "G": Fraction(10**9),
}  # fmt: skip
_SMALL = ("f", "p", "n", "u", "µ", "μ", "m")
_AVOGADRO = Fraction(602214076 * 10**15)


def _build_table() -> dict[str, Unit]:
    one = Fraction(1)
    table: dict[str, Unit] = {}

    def add(names: str, factor: Fraction, dimension: Dimension, prefixes: Iterable[str] = ()) -> None:
        for name in names.split():
            table[name] = Unit(name, factor, dimension)
            for prefix in prefixes:
                table[prefix + name] = Unit(prefix + name, factor * _PREFIXES[prefix], dimension)

    add("s", one, TIME, _SMALL)
    add("sec second seconds", one, TIME)
    add("min minute minutes", Fraction(60), TIME)
    add("h hr hour hours", Fraction(3600), TIME)
    add("d day days", Fraction(86400), TIME)
    add("week weeks", Fraction(604800), TIME)
    add("yr year years", Fraction(31557600), TIME)
    add("m", one, LENGTH, (*_SMALL, "c", "d", "k"))
    add("angstrom Å \N{ANGSTROM SIGN}", Fraction(1, 10**10), LENGTH)
    add("L l litre liter", Fraction(1, 1000), VOLUME)
    for name in ("L", "l"):
        add(name, Fraction(1, 1000), VOLUME, (*_SMALL, "c", "d"))
    add("cc", Fraction(1, 10**6), VOLUME)
    add("g", Fraction(1, 1000), MASS, (*_SMALL, "k"))
    add("Da", Fraction(1, 1000) / _AVOGADRO, MASS, ("k",))
    add("mol", one, AMOUNT, (*_SMALL, "k"))
    add("molecule molecules", 1 / _AVOGADRO, AMOUNT)
    add("M molar", Fraction(1000), CONCENTRATION)
    add("M", Fraction(1000), CONCENTRATION, _SMALL)
    add("K", one, TEMPERATURE, ("m",))
    add("J", one, ENERGY, ("m", "k", "M"))
    add("cal", Fraction(4184, 1000), ENERGY, ("k",))
    add("eV", Fraction(1602176634, 10**28), ENERGY, ("m", "k"))
    add("W", one, ENERGY / TIME, ("m", "u", "µ", "k"))
    add("N", one, ENERGY / LENGTH, ("m", "k"))
    add("Pa", one, ENERGY / VOLUME, ("k", "M", "m"))
    add("bar", Fraction(10**5), ENERGY / VOLUME, ("m",))
    add("atm", Fraction(101325), ENERGY / VOLUME)
    add("Torr torr", Fraction(101325, 760), ENERGY / VOLUME)
    add("Hz", one, TIME**-1, ("k", "M", "G"))
    add("A", one, Dimension.of(current=1), _SMALL)
    add("C", one, Dimension.of(current=1) * TIME, ("m",))
    add("V", one, ENERGY / (Dimension.of(current=1) * TIME), ("m", "k"))
    add("Bq", one, TIME**-1, ("k", "M", "G"))
    add("rad", one, NONE)
    add("percent", Fraction(1, 100), NONE)
    add("ppm", Fraction(1, 10**6), NONE)
    table["degC"] = Unit("degC", one, TEMPERATURE, Fraction(27315, 100))
    table["°C"] = Unit("°C", one, TEMPERATURE, Fraction(27315, 100))
    return table


#: Every unit known without declaration, by symbol.
UNITS: Mapping[str, Unit] = MappingProxyType(_build_table())

#: What ``units … = …`` may set, with the dimension that each asks for.
UNIT_KEYS: Mapping[str, Dimension] = MappingProxyType(
    {
        "time": TIME,
        "concentration": CONCENTRATION,
        "volume": VOLUME,
        "length": LENGTH,
        "amount": AMOUNT,
        "mass": MASS,
        "temperature": TEMPERATURE,
        "current": Dimension.of(current=1),
    }
)


#: A unit in a product of units: the sign before it, its name, and its power.
_FACTOR = re.compile(r"([/*]?)([^\W\d_]\w*)(\^?)(-?\d*)")


@dataclass(frozen=True)
class UnitSystem:
    """The coherent units of one file: a unit each of time, concentration, length and so on.

    `scales` are units that the file declares (``unit c0``), by name; one without a definition is a base
    dimension of its own.  `concentration` may be such a scale.
    """

    time: Unit = UNITS["s"]
    concentration: Unit = UNITS["M"]
    volume: Unit = UNITS["L"]
    length: Unit = UNITS["dm"]
    mass: Unit = UNITS["g"]
    temperature: Unit = UNITS["K"]
    current: Unit = UNITS["A"]
    scales: tuple[Unit, ...] = ()

    def find(self, symbol: str) -> Unit | None:
        """The unit called `symbol` in this file, or None."""
        return self._scales_by_symbol.get(symbol) or UNITS.get(symbol)

    @property
    def symbols(self) -> list[str]:
        """Every unit symbol that the file knows."""
        return [*(unit.symbol for unit in self.scales), *UNITS]

    def with_scale(self, unit: Unit) -> UnitSystem:
        return replace(self, scales=(*self.scales, unit))

    @cached_property
    def _scales_by_symbol(self) -> dict[str, Unit]:
        return {unit.symbol: unit for unit in self.scales}

    @cached_property
    def _molar(self) -> bool:
        return self.concentration.dimension == CONCENTRATION

    @cached_property
    def _amount(self) -> str | None:
        """The unit of amount that is the file's concentration times its volume, where it has a name."""
        factor = self._base_factors["amount"]
        return next((u.symbol for u in UNITS.values() if u.dimension == AMOUNT and u.factor == factor), None)

    @cached_property
    def _base_factors(self) -> dict[str, Fraction]:
        length = self.length.factor
        molar = self.concentration if self._molar else UNITS["M"]
        return {
            "time": self.time.factor,
            "length": length,
            "amount": molar.factor * length**3,
            "mass": self.mass.factor,
            "temperature": self.temperature.factor,
            "current": self.current.factor,
        }

    def scale_of(self, dimension: Dimension) -> Fraction | float:
        """SI value of this file's unit of `dimension`; exact unless an exponent is not an integer."""
        scale: Fraction | float = Fraction(1)
        for base, exponent in dimension.exponents:
            factor = self._base_factors.get(base, Fraction(1))
            scale = scale * (factor ** int(exponent) if exponent.denominator == 1 else float(factor) ** float(exponent))
        return scale

    def factor(self, unit_factor: Fraction | float, dimension: Dimension) -> Fraction | float:
        """What a number in a unit of SI value `unit_factor` is multiplied by to be in this file's units."""
        return unit_factor / self.scale_of(dimension)

    def describe(self, dimension: Dimension) -> str:
        """This file's unit of `dimension` as text, such as ``mM``, ``/mM/min`` or ``mM/min``; "" for a number."""
        if dimension == TIME:
            return self.time.symbol
        if dimension == self.concentration.dimension:
            return self.concentration.symbol
        if dimension == AMOUNT and self._amount is not None:
            return self._amount
        if dimension == AMOUNT / LENGTH**2 and self._amount is not None and "^" not in self.length.symbol:
            return f"{self._amount}/{self.length.symbol}^2"
        return _join_units(self._parts(dimension))

    def _parts(self, dimension: Dimension) -> list[tuple[str, Fraction]]:
        exponents = dict(dimension.exponents)
        amount = exponents.pop("amount", Fraction(0))
        length = exponents.pop("length", Fraction(0)) + 3 * amount
        concentration = self.concentration.symbol if self._molar else "M"
        parts = [(concentration, amount)]
        if length.denominator == 1 and length % 3 == 0:
            parts.append((self.volume.symbol, length / 3))
        else:
            parts.append((self.length.symbol, length))
        symbols = {
            "mass": self.mass.symbol,
            "temperature": self.temperature.symbol,
            "current": self.current.symbol,
        }
        time = exponents.pop("time", Fraction(0))
        parts += [(symbols.get(base, base), exponent) for base, exponent in sorted(exponents.items())]
        powers: dict[str, Fraction] = {}
        for symbol, exponent in [*parts, (self.time.symbol, time)]:
            for factor, power in _factors(symbol) if exponent else ():
                powers[factor] = powers.get(factor, Fraction(0)) + power * exponent
        return [(symbol, e) for symbol, e in powers.items() if e]


#: Seconds, mol/L and litres: what a file without `units` is in.
SI_MOLAR = UnitSystem()


@cache
def _factors(symbol: str) -> list[tuple[str, int]]:
    """The units that a unit of a file is made of, with their powers: mol and cm^-3 of ``mol/cm^3``."""
    if not any(sign in symbol for sign in "/ *^"):
        return [(symbol, 1)]
    found = _FACTOR.findall(symbol)
    if "".join(symbol.split()) != "".join("".join(each) for each in found):
        return [(symbol, 1)]
    return [(name, (-1 if sign == "/" else 1) * int(power or "1")) for sign, name, _, power in found]


def _join_units(parts: list[tuple[str, Fraction]]) -> str:
    above = [_power(symbol, e) for symbol, e in parts if e > 0]
    below = ["/" + _power(symbol, -e) for symbol, e in parts if e < 0]
    return " ".join(above) + "".join(below)


def _power(symbol: str, exponent: Fraction) -> str:
    if exponent == 1:
        return symbol
    return f"{symbol}^{exponent}" if exponent.denominator == 1 else f"{symbol}^({exponent})"


def name_dimension(dimension: Dimension) -> str:
    """A dimension in words: its name where it has one, else its powers, as in ``length^-1 time^2``."""
    if dimension in DIMENSION_NAMES:
        return DIMENSION_NAMES[dimension]
    exponents = dict(dimension.exponents)
    amount = exponents.get("amount", Fraction(0))
    length = exponents.get("length", Fraction(0)) + 3 * amount
    shown = {"concentration": amount, **{b: e for b, e in exponents.items() if b not in ("amount", "length")}}
    if length.denominator == 1 and length % 3 == 0:
        shown["volume"] = length / 3
    else:
        shown["length"] = length
    above = [_power(base, e) for base, e in shown.items() if e > 0]
    below = ["per " + _power(base, -e) for base, e in shown.items() if e < 0]
    return " ".join(above + below)
