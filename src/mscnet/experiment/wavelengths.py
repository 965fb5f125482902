"""Where light stands in a spectrum: nanometres, and cm⁻¹ for whatever is given as an energy.

Settings of bands are expressions in a file's units.  A length is a wavelength; an energy, an energy per amount, a
wavenumber or a frequency is that of a photon in vacuum.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mscnet.mechanism.expression import Call, Comparison, Expression, Number, Power, Product, Sum, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import AMOUNT, ENERGY, LENGTH, NONE, TIME, Dimension, UnitSystem

#: The axis on which a shape has its form: wavelength in nm, or photon energy as a wavenumber in cm⁻¹.
Axis = Literal["wavelength", "energy"]

# exact by definition of the SI (2019)
_LIGHT = 299792458.0
_PLANCK = 6.62607015e-34
_AVOGADRO = 6.02214076e23

#: cm⁻¹ per SI unit, for each kind of quantity that tells the energy of a photon.
_WAVENUMBERS: dict[Dimension, float] = {
    ENERGY: 0.01 / (_PLANCK * _LIGHT),
    ENERGY / AMOUNT: 0.01 / (_PLANCK * _LIGHT * _AVOGADRO),
    LENGTH**-1: 0.01,
    TIME**-1: 0.01 / _LIGHT,
}


def turned(x: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """nm to cm⁻¹ or back."""
    return 1e7 / x


def axis_of(dimension: Dimension | None) -> Axis | None:
    """The axis that a quantity of this dimension lies on, None where it is neither length nor energy."""
    if dimension == LENGTH:
        return "wavelength"
    return "energy" if dimension in _WAVENUMBERS else None


def on_axis(value: float, dimension: Dimension, units: UnitSystem) -> float:
    """A place or width in a file's units, in nm or cm⁻¹ as its dimension says.

    Raises:
        KeyError: neither a length nor an energy (see `axis_of`).
    """
    si = value * float(units.scale_of(dimension))
    return si * 1e9 if dimension == LENGTH else si * _WAVENUMBERS[dimension]


def nanometres(value: float, units: UnitSystem) -> float:
    """A length in a file's units, in nm."""
    return value * float(units.length.factor) * 1e9


def wavelength_grid(first: float, last: float, step: float) -> NDArray[np.float64]:
    """The wavelengths of a spectrum, all in nm, (n_wavelengths,)."""
    count = math.floor((last - first) / step * (1.0 + 1e-9)) + 1
    return np.array(first + step * np.arange(count), dtype=np.float64)


def centimetres(value: float, units: UnitSystem) -> float:
    """A length in a file's units, in cm."""
    return value * float(units.length.factor) * 100


def dimension_of(expression: Expression, mechanism: Mechanism) -> Dimension | None:
    """The dimension of an expression of a checked mechanism; None where only bare numbers and unknowns are in it."""
    of_name = {item.name: item.dimension for items in (mechanism.parameters, mechanism.derived) for item in items}
    return _dimension(expression, lambda symbol: of_name.get(symbol.name))


def _dimension(e: Expression, of: Callable[[Symbol], Dimension | None]) -> Dimension | None:
    match e:
        case Number(_, dimension):
            return dimension
        case Symbol():
            return of(e)
        case Sum(terms):
            return next((d for term in terms if (d := _dimension(term, of)) is not None), None)
        case Product(factors):
            known = [d for factor in factors if (d := _dimension(factor, of)) is not None]
            total = NONE
            for dimension in known:
                total = total * dimension
            return total if known else None
        case Power(base, Number(power)):
            dimension = _dimension(base, of)
            return None if dimension is None else dimension**power
        case Call("if", (_, yes, no)):
            return _dimension(Sum((yes, no)), of)
        case Call("min" | "max" | "abs", arguments):
            return _dimension(Sum(arguments), of)
        case Call() | Comparison() | Power():
            return NONE
