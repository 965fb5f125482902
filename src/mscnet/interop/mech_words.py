"""Numbers, names and expressions of a mechanism in the language's own spelling, so that they read back the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

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
    walk,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.members import stem_and_indices
from mscnet.mechanism.quantity import MAX_DECIMAL_EXPONENT, MAX_DIGITS
from mscnet.mechanism.readable import CUSTOMARY
from mscnet.mechanism.units import (
    AMOUNT,
    LENGTH,
    MASS,
    NONE,
    UNITS,
    VOLUME,
    Dimension,
    UnitSystem,
)

#: How dimensions are written whose unit in a file's coherent system nobody would choose.
_CUSTOMARY = {
    **CUSTOMARY, MASS / VOLUME: "g/mL", MASS / AMOUNT: "g/mol", LENGTH: "nm",
}  # fmt: skip
#: A decimal of up to so many digits is written out; a longer one becomes a fraction.
_DIGITS = 30
_SUM, _PRODUCT, _POWER, _ATOM = range(4)
#: Units to choose from for each base dimension; a scale of the file has its own name.
_BASES = {
    "time": ("s", "sec", "min", "h"), "length": ("cm", "m", "dm"), "mass": ("g", "kg"), "amount": ("mol", "molecule"),
    "temperature": ("K", "mK"), "current": ("A", "mA"),
}  # fmt: skip
_ANCHORS = ("parameter", "definition", "observable", "temperature")
_BETWEEN = re.compile(r"[\[\],]+")

#: How symbols are spelled, by kind and name.
Spellings = dict[tuple[str, str], str]


def text_of(text: str) -> str:
    """A text in quotes."""
    return f'"{text}"'


def number_of(value: Fraction) -> str:
    """An exact number: a decimal where it has one of few digits, else a fraction in brackets."""
    if value < 0:
        return "-" + number_of(-value)
    scale, rest = 0, value.denominator
    while rest % 10 == 0:
        rest, scale = rest // 10, scale + 1
    while rest % 2 == 0:
        rest, scale = rest // 2, scale + 1
    while rest % 5 == 0:
        rest, scale = rest // 5, scale + 1
    digits = str(value.numerator * 10**scale // value.denominator) if rest == 1 and scale < 400 else ""
    if digits:
        short = digits.rstrip("0") or "0"
        exponent = len(digits) - len(short) - scale
        if len(short) <= _DIGITS and abs(exponent) < MAX_DECIMAL_EXPONENT:
            return _decimal(short, exponent)
    if len(str(value.numerator)) < MAX_DIGITS and len(str(value.denominator)) < MAX_DIGITS:
        return f"({value.numerator}/{value.denominator})" if value.denominator != 1 else str(value.numerator)
    return repr(float(value))


def _decimal(digits: str, exponent: int) -> str:
    if digits == "0":
        return "0"
    size = len(digits) + exponent  # places before the point
    if exponent >= 0 and size <= 6:
        return digits + "0" * exponent
    if exponent < 0 < size:
        return f"{digits[:size]}.{digits[size:]}"
    if -3 < size <= 0:
        return "0." + "0" * -size + digits
    return f"{digits[0]}{'.' if digits[1:] else ''}{digits[1:]}e{size - 1}"


class Words:
    """The names of a mechanism as a file may declare them, its units, and how its expressions are written."""

    def __init__(self, mechanism: Mechanism) -> None:
        self.system: UnitSystem = mechanism.units
        self._dotted = frozenset(c.name for c in mechanism.compartments)
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()
        for name in _all_names(mechanism):
            self._add(name)
        self._plain = all(
            unit.symbol.replace("µ", "u").isalnum() or unit in mechanism.units.scales
            for unit in (self.system.concentration, self.system.volume, self.system.length)
        )
        #: Symbols of units that the file has chosen, in products too.
        self._chosen = set(re.findall(r"[^\W\d]+", f"{self.system.concentration.symbol} {self.system.time.symbol}"))
        self._units: dict[Dimension, tuple[str, Fraction] | None] = {}
        self._spellings: Spellings = {}

    def _add(self, name: str) -> None:
        if name in self._names:
            return
        plain = name
        if "." in plain and plain.partition(".")[0] not in self._dotted:
            plain = plain.replace(".", "_")
        if "[" in plain and stem_and_indices(plain) is None:  # a member by names, `r1[Te,3]`
            plain = _BETWEEN.sub("_", plain).rstrip("_")
        while plain in self._taken:
            plain = _longer(plain)
        self._names[name] = plain
        self._taken.add(plain)

    def name(self, name: str) -> str:
        """A name as the file has it: one from an import with ``_`` for its dots."""
        if name not in self._names:
            if name.endswith(" in medium"):  # what stands for it in expressions, where a parameter is called so, too
                return self.name(name.removesuffix(" in medium"))
            self._add(name)
        return self._names[name]

    def fresh(self, name: str) -> str:
        """A name for something that nothing here is called yet: this one, or one like it."""
        plain = name.replace(".", "_")
        while plain in self._taken:
            plain = _longer(plain)
        self._taken.add(plain)
        return plain

    # --- numbers with units ---

    def quantity(self, value: Fraction, dimension: Dimension | None) -> str:
        """A number in the file's units, with its unit where it has one."""
        found = self.unit(dimension) if dimension is not None and dimension.exponents else None
        if found is None:
            return number_of(value)
        unit, factor = found
        return f"{number_of(value / factor)} {unit}"

    def unit(self, dimension: Dimension) -> tuple[str, Fraction] | None:
        """A unit to write a dimension in, with its size in the file's unit; None where there is none."""
        if dimension not in self._units:
            self._units[dimension] = self._choose(dimension)
        return self._units[dimension]

    def _choose(self, dimension: Dimension) -> tuple[str, Fraction] | None:
        scale = self.system.scale_of(dimension)
        if not isinstance(scale, Fraction):
            return None  # units take whole powers
        customary = _CUSTOMARY.get(dimension)
        if customary is not None and self.free(customary):
            return customary, _size(customary) / scale
        text = self.system.describe(dimension)
        if self._plain and "(" not in text and self.free(text):
            return text, Fraction(1)
        return self._from_bases(dimension, scale)

    def _from_bases(self, dimension: Dimension, scale: Fraction) -> tuple[str, Fraction] | None:
        """A product of powers of units of amount, length, time …, whose symbols the file leaves alone."""
        above: list[str] = []
        below: list[str] = []
        size = Fraction(1)
        for base, exponent in dimension.exponents:
            known = sorted(_BASES.get(base, (base,)), key=lambda symbol: symbol not in self._chosen)
            symbol = next((symbol for symbol in known if self.free(symbol)), None)
            if symbol is None:
                return None
            unit = self.system.find(symbol)
            size *= unit.factor ** int(exponent) if unit is not None else 1
            power = "" if abs(exponent) == 1 else f"^{abs(exponent)}"
            (above if exponent > 0 else below).append(symbol + power)
        text = " ".join(above) + "".join("/" + part for part in below)
        return text, size / scale

    def free(self, unit: str) -> bool:
        """Whether no symbol of a unit is a name of the file, which would win over it."""
        symbols = "".join(c if c.isalpha() or c in "_°" else " " for c in unit).split()
        return not any(symbol in self._taken for symbol in symbols)

    # --- expressions ---

    def spelled(self, expression: Expression, known: Spellings) -> str:
        """An expression in which some symbols are spelled otherwise."""
        self._spellings = known
        try:
            return self.text(expression)
        finally:
            self._spellings = {}

    def text(self, expression: Expression) -> str:
        """An expression, as it may stand behind ``=`` or ``@``."""
        return self._text(expression)[0]

    def factor(self, expression: Expression) -> str:
        """An expression that something stands beside: in brackets unless it is a number, a name or a call."""
        text, level = self._text(expression)
        return text if level >= _ATOM else f"({text})"

    def _text(self, e: Expression) -> tuple[str, int]:
        match e:
            case Number(value, dimension):
                text = self.quantity(value, dimension)
                return text, _ATOM if value >= 0 and " " not in text else _SUM
            case Symbol(name, kind):
                return self._symbol(name, kind), _ATOM
            case Sum(terms):
                return self._sum(terms), _SUM
            case Product(factors):
                return self._product(factors)
            case Power(base, exponent):
                if exponent == MINUS_ONE:
                    return self._product((e,))
                return f"{self._at(base, _ATOM)}^{self._exponent(exponent)}", _POWER
            case Call(function, arguments):
                return f"{function}({', '.join(self.text(a) for a in arguments)})", _ATOM
            case Comparison(operator, left, right):
                return f"{self.text(left)} {operator} {self.text(right)}", _SUM
            case Lookup(table):
                return table.name, _ATOM

    def _symbol(self, name: str, kind: str) -> str:
        if (kind, name) in self._spellings:
            return self._spellings[kind, name]
        if kind == "species":
            return f"[{self.name(name)}]"
        if kind == "reactant":
            return f"[{name}]"
        if kind == "local":
            observable, _, label = name.partition("(")
            return f"{self.name(observable)}({label}"
        return name if kind in ("time", "temperature", "loop", "reading", "slot") else self.name(name)

    def _exponent(self, e: Expression) -> str:
        if isinstance(e, Number) and e.dimension in (None, NONE):
            text = number_of(e.value)
            return text if e.value >= 0 else f"({text})"
        return self._at(e, _ATOM)

    def _at(self, e: Expression, level: int) -> str:
        text, own = self._text(e)
        return text if own >= level else f"({text})"

    def _sum(self, terms: tuple[Expression, ...]) -> str:
        parts: list[str] = []
        for term in terms:
            text = self._at(term, _PRODUCT) if isinstance(term, Sum) else self._text(term)[0]
            if text.startswith("-"):
                parts.append(f" - {text[1:]}" if parts else text)
            else:
                parts.append(f" + {text}" if parts else text)
        return "".join(parts)

    def _product(self, factors: tuple[Expression, ...]) -> tuple[str, int]:
        sign = ""
        if len(factors) > 1 and factors[0] == MINUS_ONE and _dimension(factors[0]) in (None, NONE):
            sign, factors = "-", factors[1:]
        pure = any(_dimension(f) == NONE for f in factors) and _varies(factors) and not any(map(_anchors, factors))
        text = ""
        for factor in factors:
            if isinstance(factor, Power) and factor.exponent == MINUS_ONE:
                text = f"{text or '1'}/{self._at(factor.base, _POWER)}"
            elif pure and isinstance(factor, Number) and _dimension(factor) == NONE:
                # beside concentrations and times alone, a number without a unit would be a constant that has one
                text = (f"{text}*" if text else "") + f"({number_of(factor.value * 100)} %)"
            else:
                text = (f"{text}*" if text else "") + self._at(factor, _POWER)
        return sign + (text or "1"), _SUM if sign else _PRODUCT


def _dimension(e: Expression) -> Dimension | None:
    return e.dimension if isinstance(e, Number) else None


def _varies(factors: tuple[Expression, ...]) -> bool:
    return any(isinstance(node, Symbol) for factor in factors for node in walk(factor))


def _anchors(e: Expression) -> bool:
    """Whether something in it makes a bare number beside it a pure number."""
    for node in walk(e):
        if isinstance(node, Symbol) and node.kind in _ANCHORS:
            return True
        if isinstance(node, Number) and node.dimension is not None and node.dimension.exponents:
            return True
    return False


def _longer(name: str) -> str:
    """Another name like this one: ``te_k_`` for ``te_k``, ``te_F_[3]`` for ``te_F[3]``."""
    stem, bracket, rest = name.partition("[")
    return f"{stem}_{bracket}{rest}"


def _all_names(mechanism: Mechanism) -> Iterable[str]:
    """The names that values have, those without a dot first: they stay as they are."""
    items = (mechanism.parameters, mechanism.species, mechanism.definitions, mechanism.observables, mechanism.functions)
    names = [item.name for group in items for item in group]
    names += [count.name for count in mechanism.structure.counts] if mechanism.structure is not None else []
    return sorted((name for name in names if " " not in name), key=lambda name: "." in name)


def _size(unit: str) -> Fraction:
    """The size of a product of units such as ``kJ/mol`` in SI."""
    above, *below = unit.split("/")
    size = UNITS[above].factor
    for symbol in below:
        size /= UNITS[symbol].factor
    return size
