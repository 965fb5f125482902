"""Units as chemists spell them, and numbers as they type them."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from itertools import product
from random import Random
from typing import NamedTuple


class Dim(NamedTuple):
    """Powers of concentration, time and temperature."""

    concentration: Fraction = Fraction(0)
    time: Fraction = Fraction(0)
    temperature: Fraction = Fraction(0)

    def times(self, other: Dim, power: Fraction | int = 1) -> Dim:
        return Dim(*(a + power * b for a, b in zip(self, other, strict=True)))

    def power(self, exponent: Fraction | int) -> Dim:
        return PURE.times(self, exponent)


PURE = Dim()
LEVEL = Dim(concentration=Fraction(1))
TIME = Dim(time=Fraction(1))
RATE = LEVEL.times(TIME, -1)
PER_TIME = TIME.power(-1)
KELVIN = Dim(temperature=Fraction(1))

#: Spellings with their value in mol/L, s and K.
CONCENTRATIONS = {
    "M": Fraction(1), "mM": Fraction(1, 10**3), "uM": Fraction(1, 10**6), "µM": Fraction(1, 10**6),
    "μM": Fraction(1, 10**6), "nM": Fraction(1, 10**9), "molar": Fraction(1),
}  # fmt: skip
#: Concentrations that take two words: above and below the line.
COMPOUND = {("mol", "L"): Fraction(1), ("mmol", "L"): Fraction(1, 10**3), ("umol", "mL"): Fraction(1, 10**3),
            ("nmol", "uL"): Fraction(1, 10**3), ("mol", "m^3"): Fraction(1, 10**3)}  # fmt: skip
TIMES = {
    "s": Fraction(1), "sec": Fraction(1), "seconds": Fraction(1), "ms": Fraction(1, 1000), "min": Fraction(60),
    "minutes": Fraction(60), "h": Fraction(3600), "hour": Fraction(3600), "d": Fraction(86400),
}  # fmt: skip
#: What no name of a generated mechanism may be: every word that a unit is spelled with.
UNIT_WORDS = frozenset({*CONCENTRATIONS, *TIMES, "mol", "mmol", "umol", "nmol", "L", "mL", "uL", "m", "K", "t", "time"})


class Spelling(NamedTuple):
    """A product of units: each word with its power."""

    words: tuple[tuple[str, int], ...]
    factor: Fraction

    def tokens(self, random: Random) -> list[str]:
        """One way of writing it after a number: ``/mM/min``, ``mM^-1 min^-1``, ``M/s``."""
        powers = random.random() < 0.4
        above = [(w, p) for w, p in self.words if p > 0 or powers]
        below = [(w, p) for w, p in self.words if p < 0 and not powers]
        written: list[str] = []
        for i, (word, power) in enumerate(above):
            written += (["*"] if i and random.random() < 0.2 else []) + [_raised(word, power)]
        for word, power in below:
            written += ["/", _raised(word, -power)]
        return written


def _raised(word: str, power: int) -> str:
    base, _, own = word.partition("^")
    power *= int(own or 1)
    return base if power == 1 else f"{base}^{power}"


NO_UNIT = Spelling((), Fraction(1))


@cache
def spellings(dim: Dim) -> tuple[Spelling, ...]:
    """Ways of spelling a unit of `dim`; none where a power is not whole."""
    if any(power.denominator != 1 for power in dim):
        return ()
    c, t, k = (int(power) for power in dim)
    levels = [((w, c),) for w in CONCENTRATIONS] + [((a, c), (b, -c)) for a, b in COMPOUND] if c else [()]
    level_factors = [f**c for f in (*CONCENTRATIONS.values(), *COMPOUND.values())] if c else [Fraction(1)]
    times = [((w, t),) for w in TIMES] if t else [()]
    time_factors = [f**t for f in TIMES.values()] if t else [Fraction(1)]
    heat = (("K", k),) if k else ()
    return tuple(
        Spelling((*words, *late, *heat), f * g)
        for (words, f), (late, g) in product(
            zip(levels, level_factors, strict=True), zip(times, time_factors, strict=True)
        )
    )


def dim_of(spelling: Spelling) -> Dim:
    """The dimension that a spelling's words have."""
    c = t = k = 0
    for word, power in spelling.words:
        c += power if word in CONCENTRATIONS or word.endswith("mol") else 0
        t += power if word in TIMES else 0
        k += power if word == "K" else 0
    return Dim(Fraction(c), Fraction(t), Fraction(k))


class System(NamedTuple):
    """The units that a file works in."""

    concentration: str = "M"
    time: str = "s"

    def scale(self, dim: Dim) -> Fraction | float:
        """Value of this system's unit of `dim` in mol/L, s and K."""
        level, time = CONCENTRATIONS[self.concentration], TIMES[self.time]
        if all(power.denominator == 1 for power in dim):
            return Fraction(level ** int(dim.concentration) * time ** int(dim.time))
        return math.pow(level, dim.concentration) * math.pow(time, dim.time)


#: The units of a file that says none.
DEFAULT = System()


def decimal(value: Fraction | float, random: Random) -> str:
    """A positive number or zero as one types it: exact where its decimals end, else as the nearest float."""
    if isinstance(value, float) or not _ends(value):
        return repr(float(value))
    digits, exponent = _digits(value)
    plain = _plain(digits, exponent)
    style = random.random()
    if style < 0.6 and len(plain) < 12:
        return plain
    if style < 0.7 and plain.startswith("0.") and len(plain) < 12:
        return plain[1:]
    shift = random.choice((0, 0, 1, 3))
    mark = random.choice("eE")
    return f"{_plain(digits, exponent + shift)}{mark}{random.choice(('', '0', '+')) if shift == 0 else '-'}{shift}"


def _ends(value: Fraction) -> bool:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1 and value.denominator < 10**20 and value.numerator < 10**25


def _digits(value: Fraction) -> tuple[int, int]:
    """Integer digits and the power of ten that they stand before."""
    exponent = 0
    while value.denominator != 1:
        value *= 10
        exponent -= 1
    return value.numerator, exponent


def _plain(digits: int, exponent: int) -> str:
    if exponent >= 0:
        return str(digits * 10**exponent)
    text = str(digits).rjust(1 - exponent, "0")
    return f"{text[:exponent]}.{text[exponent:]}"
