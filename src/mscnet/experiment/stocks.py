"""What comes out of bottles: so much of a stock as a volume with its amounts."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.faults import Placed, fault
from mscnet.experiment.values import Values
from mscnet.experiment.vessel import Vessel
from mscnet.mechanism.bench import Measure, Stock
from mscnet.mechanism.expression import Expression

FloatArray = NDArray[np.float64]


class Bottles:
    """The stocks of a model with the values that hold in an experiment."""

    __slots__ = ("_constant", "_index", "_made", "_stocks", "_values")

    def __init__(
        self, stocks: Mapping[str, Stock], index: Mapping[str, int], constant: NDArray[np.bool_], values: Values
    ) -> None:
        self._stocks, self._index, self._constant, self._values = stocks, index, constant, values
        self._made: dict[tuple[str, float, Measure], Vessel] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._stocks

    def pour(self, name: str, quantity: float, measure: Measure, place: Placed | None) -> Vessel:
        """So much of a stock.

        Raises:
            MechanismError: the stock cannot be measured so, or one of its settings is missing or makes no sense.
        """
        key = (name, quantity, measure)
        if key not in self._made:
            stock = self._stocks[name]
            pour = self._pour_pure if stock.kind in ("liquid", "solid") else self._pour_solution
            self._made[key] = pour(stock, quantity, measure, place)
        return self._made[key]

    # --- solutions and solvents ----------------------------------------------------------------

    def _pour_solution(self, stock: Stock, quantity: float, measure: Measure, place: Placed | None) -> Vessel:
        contents = self._contents(stock)
        volume = self._volume_of_solution(stock, quantity, measure, place)
        amounts = np.zeros(len(self._index))
        for name, concentration in contents:
            if name in self._index:
                amounts[self._index[name]] += volume * concentration
        component = stock.solvent if stock.kind == "solution" and stock.solvent else stock.name
        return Vessel(volume, amounts, {component: volume}, self._least(amounts))

    def _contents(self, stock: Stock) -> list[tuple[str, float]]:
        found = []
        for content in stock.contents:
            value = self._values.value(content.concentration)
            if not 0.0 <= value < math.inf:
                message = f"the concentration of `{content.species}` in `{stock.name}` is {_said(value)}"
                raise fault(content, message, "it is to be 0 or more", "E041")
            found.append((content.species, value))
        return found

    def _volume_of_solution(self, stock: Stock, quantity: float, measure: Measure, place: Placed | None) -> float:
        if measure == "volume":
            return quantity
        if measure == "mass":
            hint = f"give its density, as in `{stock.kind} {stock.name} {{ density = 0.87 g/mL … }}`, or a volume"
            return quantity / self._setting(stock, "density", stock.density, place, hint)
        if measure == "amount":
            contents = [pair for pair in self._contents(stock) if pair[1] > 0.0]
            if len(contents) == 1:
                return quantity / contents[0][1]
            message = f"`{stock.name}` holds {len(contents)} substances, so an amount of it is not one thing"
            raise fault(place, message, "give a volume of it")
        raise _no_part(stock, place)

    # --- neat liquids and solids ---------------------------------------------------------------

    def _pour_pure(self, stock: Stock, quantity: float, measure: Measure, place: Placed | None) -> Vessel:
        if measure == "fraction":
            raise _no_part(stock, place)
        amounts = np.zeros(len(self._index))
        if stock.name not in self._index and measure == "volume":  # not followed: only its volume counts
            return Vessel(quantity, amounts, {stock.name: quantity})
        mass = self._mass(stock, quantity, measure, place)
        volume = quantity if measure == "volume" else self._volume_of_mass(stock, mass, place)
        if stock.name in self._index:
            hint = f"give it, as in `{stock.kind} {stock.name} {{ molar_mass = 129.24 g/mol … }}`"
            molar = self._setting(stock, "molar mass", stock.molar_mass, place, hint)
            amounts[self._index[stock.name]] = mass * self._purity(stock, place) / molar
        return Vessel(volume, amounts, {stock.name: volume} if volume else {}, self._least(amounts))

    def _mass(self, stock: Stock, quantity: float, measure: Measure, place: Placed | None) -> float:
        if measure == "mass":
            return quantity
        if measure == "volume":
            hint = f"give it, as in `{stock.kind} {stock.name} {{ density = 0.78 g/mL … }}`, or weigh it"
            return quantity * self._setting(stock, "density", stock.density, place, hint)
        hint = f"give it, as in `{stock.kind} {stock.name} {{ molar_mass = 129.24 g/mol … }}`"
        return quantity * self._setting(stock, "molar mass", stock.molar_mass, place, hint) / self._purity(stock, place)

    def _volume_of_mass(self, stock: Stock, mass: float, place: Placed | None) -> float:
        if stock.kind == "solid" and stock.density is None:
            return 0.0
        hint = f"give it, as in `{stock.kind} {stock.name} {{ density = 0.78 g/mL … }}`"
        return mass / self._setting(stock, "density", stock.density, place, hint)

    def _purity(self, stock: Stock, place: Placed | None) -> float:
        if stock.purity is None:
            return 1.0
        purity = self._setting(stock, "purity", stock.purity, place, "")
        if purity > 1.0:
            raise fault(stock, f"the purity of `{stock.name}` is {purity:g}", "it is a part of 1, as in 0.98", "E041")
        return purity

    def _setting(
        self, stock: Stock, name: str, expression: Expression | None, place: Placed | None, hint: str
    ) -> float:
        if expression is None:
            raise fault(place, f"the {name} of `{stock.name}` is not known", hint)
        value = self._values.value(expression)
        if not 0.0 < value < math.inf:
            raise fault(stock, f"the {name} of `{stock.name}` is {_said(value)}", "it is to be above 0", "E041")
        return value

    def _least(self, amounts: FloatArray) -> float:
        changing = amounts[(amounts > 0.0) & ~self._constant]
        return float(changing.min()) if len(changing) else math.inf


def _said(value: float) -> str:
    return f"{value:g}" if math.isfinite(value) else "not a finite number"


def _no_part(stock: Stock, place: Placed | None) -> MechanismError:
    return fault(place, f"a part of `{stock.name}` has no size", "a stock is measured in volume, mass or amount")
