"""The units of the output, where they are not the file's."""

from __future__ import annotations

from collections.abc import Mapping

from mscnet.diagnostics import MechanismError, suggest
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.quantity import QuantityError, parse_unit
from mscnet.mechanism.units import AMOUNT, CONCENTRATION, NONE, TIME, Dimension, Unit, UnitSystem, name_dimension
from mscnet.records import dataclass, replace

#: What may be chosen for the output, with the dimension that it has in a molar file.
OUTPUT_KEYS = {"time": TIME, "concentration": CONCENTRATION, "amount": AMOUNT}


@dataclass(frozen=True, slots=True)
class OutputUnits:
    """How numbers in a file's units become numbers in the units of the output.

    `amount` overrides the unit of a plain amount, which otherwise is output concentration times the
    file's volume unit.
    """

    file: UnitSystem
    output: UnitSystem
    amount: Unit | None = None

    @classmethod
    def of(cls, mechanism: Mechanism, asked: Mapping[str, str] | None = None) -> OutputUnits:
        """The output units that `asked` names, such as ``{"time": "h", "concentration": "uM"}``.

        Raises:
            MechanismError: an unknown key or unit, or a unit of another dimension.
        """
        file = mechanism.units
        output, amount = file, None
        for key, text in (asked or {}).items():
            unit = _read_unit(key, text, file)
            if key != "time":
                _check_scale(mechanism, unit)
            if key == "amount":
                amount = unit
            else:
                output = replace(output, time=unit) if key == "time" else replace(output, concentration=unit)
        return cls(file, output, amount)

    def factor(self, dimension: Dimension | None) -> float:
        """What a number of `dimension` in the file's units is multiplied by; exactly 1.0 where nothing changes."""
        if dimension is None:
            return 1.0
        if self.amount is not None and dimension == AMOUNT:
            return float(self.file.scale_of(AMOUNT) / self.amount.factor)
        return float(self.file.scale_of(dimension) / self.output.scale_of(dimension))

    def describe(self, dimension: Dimension | None) -> str:
        """The output unit of `dimension` as text; "" for a pure number or an unknown dimension."""
        if dimension is None:
            return ""
        if self.amount is not None and dimension == AMOUNT:
            return self.amount.symbol
        return self.output.describe(dimension)


def _read_unit(key: str, text: str, system: UnitSystem) -> Unit:
    if key not in OUTPUT_KEYS:
        hint = suggest(key, OUTPUT_KEYS) or "one of " + ", ".join(OUTPUT_KEYS)
        raise MechanismError.of("E012", f"the output has no unit of `{key}` to choose", hint=hint)
    unit = system.find(text)
    if unit is None:
        try:
            factor, dimension = parse_unit(text, system)
        except QuantityError as error:
            raise MechanismError.of("E012", f"output unit of {key}: {error}", hint=error.hint) from None
        unit = Unit(text, factor, dimension)
    own_scale = key == "concentration" and unit == system.concentration
    if unit.dimension != OUTPUT_KEYS[key] and not own_scale:
        message = f"`{text}` is a unit of {name_dimension(unit.dimension)}, not of {key}"
        raise MechanismError.of("E020", message)
    return unit


def _check_scale(mechanism: Mechanism, unit: Unit) -> None:
    """Refuses a unit of concentration or amount where the species are in a scale that is not known in it."""
    for species in mechanism.species:
        if species.dimension == CONCENTRATION or species.dimension == NONE or unit == mechanism.units.concentration:
            continue
        scale = mechanism.units.describe(species.dimension)
        message = f"concentrations are in `{scale}` here, whose value in {unit.symbol} is not known"
        raise MechanismError.of("E020", message, hint=f"say it in the file, as in `unit {scale} = 1.2 mM`")
