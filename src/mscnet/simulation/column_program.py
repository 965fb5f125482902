"""The columns of a table of many runs as one small program over parameters, state and time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.kinetics.bytecode import ProgramBuilder, Value
from mscnet.kinetics.program import RateProgram
from mscnet.mechanism.expression import Symbol, deep_recursion
from mscnet.records import dataclass
from mscnet.simulation.names import suggest_name


@dataclass(frozen=True, slots=True, eq=False)
class ColumnProgram:
    """Species, observables and derived values by `names`.

    `indices` below n_species mean a species, others n_species + a value of the program, whose slots are the inputs
    (see `RateProgram.inputs`) and then the state.  So observables cost no memory for the states behind them.
    """

    names: tuple[str, ...]
    indices: NDArray[np.uint32]
    code: NDArray[np.uint32]
    literals: NDArray[np.float64]

    @classmethod
    def of(cls, program: RateProgram, names: Sequence[str]) -> ColumnProgram:
        """The program of these columns.

        Raises:
            MechanismError: a name that is no species, observable or derived value.
        """
        maker = _Maker(program)
        with deep_recursion():
            indices = [maker.index(name) for name in names]
        code, literals = maker.builder.arrays() if maker.builder.code else (np.empty(0, np.uint32), np.empty(0))
        return cls(tuple(names), np.array(indices, dtype=np.uint32), code, literals)


class _Maker:
    """Gathers the expressions of columns."""

    def __init__(self, program: RateProgram) -> None:
        self.mechanism = program.network.mechanism
        self.species = program.network.species_index
        self.inputs = program.input_index
        self.builder = ProgramBuilder(self._value, lambda symbol: symbol.kind == "species")
        self.secondaries = program.secondaries
        self._made: dict[str, Value] = {}
        self._derived: dict[str, Any] = {item.name: item.expression for item in self.mechanism.derived}

    def index(self, name: str) -> int:
        """The number of a column."""
        if name in self.secondaries:
            return len(self.species) + self._secondary(name)
        if name in self.species:
            return self.species[name]
        if name not in self._derived:
            known = {**self.species, **self._derived}
            hint = suggest_name(name, known, self.mechanism)
            message = f"{self.mechanism.name} has no species, observable or derived value `{name}`"
            raise MechanismError.of("E010", message, hint=hint)
        return len(self.species) + self._derived_value(name)

    def _secondary(self, name: str) -> Value:
        if name not in self._made:
            self._made[name] = self.builder.expression(self.secondaries[name])
        return self._made[name]

    def _derived_value(self, name: str) -> Value:
        if name not in self._made:
            self._made[name] = self.builder.expression(self._derived[name])
        return self._made[name]

    def _value(self, symbol: Symbol) -> Value:
        match symbol.kind:
            case "time":
                return self.builder.emit("time")
            case "species" if symbol.name in self.secondaries:
                return self._secondary(symbol.name)
            case "species":
                return self.builder.emit("slot", len(self.inputs) + self.species[symbol.name])
            case "parameter":
                return self.builder.emit("slot", self.inputs[symbol.name])
            case _:
                return self._derived_value(symbol.name)
