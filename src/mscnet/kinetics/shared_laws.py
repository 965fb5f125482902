"""Laws whose parts stand in many places, as straight-line programs: the readable sibling of kernels/program.c.

Written out as one formula such a law would have every part as often as it stands somewhere; as a program it has each
once, and one sweep backwards gives all derivatives (reverse accumulation; Griewank and Walther, Evaluating
Derivatives, 2008, chapter 3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.kinetics.blocks import Block, FloatArray, IntArray, Pattern, finite
from mscnet.kinetics.bytecode import OPERATIONS, ProgramBuilder, Value
from mscnet.kinetics.laws import LinearForms
from mscnet.kinetics.lookup import derivative_of, look_up
from mscnet.kinetics.shapes import ShapedLaw
from mscnet.kinetics.tables import evaluate_all
from mscnet.mechanism.expression import Expression, Symbol, Table, deep_recursion
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, field, replace

Instruction = tuple[str, int, int, int]


@dataclass(frozen=True, eq=False)
class SharedLaw:
    """One law as a program whose slots are the concentrations `species`, then `forms`, then static `values`."""

    reactions: IntArray
    code: tuple[Instruction, ...] = field(repr=False)
    literals: tuple[float, ...] = field(repr=False)
    #: Tables that the program looks up, by where their literals begin.
    tables: Mapping[int, Table] = field(repr=False)
    n_species: int
    species: IntArray
    forms: LinearForms
    statics: tuple[Expression, ...] = field(repr=False)
    values: FloatArray
    timed: bool

    @property
    def entries(self) -> int:
        return len(self.species) + len(self.forms.forms)

    def pattern(self) -> Pattern:
        """Slots of species go to one column each, forms to all species of theirs, by weight."""
        entry, species, weight = np.arange(len(self.species)), self.species, np.ones(len(self.species))
        if self.forms.forms:
            chosen = self.forms.matrix[:, : self.n_species].tocoo()
            entry = np.concatenate([entry, len(self.species) + chosen.row])
            species = np.concatenate([species, chosen.col])
            weight = np.concatenate([weight, chosen.data])
        return Pattern(entry, np.repeat(self.reactions, len(entry)), species, weight)

    def rates(self, time: float, state: NDArray[Any]) -> NDArray[Any]:
        return np.array([self._values(time, state)[-1]])

    def derivatives(self, time: float, state: FloatArray) -> FloatArray:
        values = self._values(time, state)
        adjoint, slopes = [0.0] * len(values), np.zeros(self.entries + len(self.values))
        adjoint[-1] = 1.0
        for i in range(len(values) - 1, -1, -1):
            weight = adjoint[i]
            if weight == 0.0:  # a branch that was not taken may hold nan
                continue
            operation, a, b, c = self.code[i]
            if operation == "slot":
                slopes[a] += weight
            elif operation == "if":
                adjoint[b if values[a] else c] += weight
            elif operation in _BINARY:
                by_a, by_b = _BINARY[operation][1](values[a], values[b], values[i])
                adjoint[a] += weight * by_a
                adjoint[b] += weight * by_b
            elif operation == "table":
                adjoint[a] += weight * look_up(derivative_of(self.tables[b]), values[a])
            elif operation == "whole power":
                adjoint[a] += weight * b * values[a] ** (b - 1) if b else 0.0
            elif operation in _UNARY:
                adjoint[a] += weight * _UNARY[operation][1](values[a], values[i])
        return finite(slopes[: self.entries])

    def with_values(self, mechanism: Mechanism) -> Block:
        forms = self.forms
        if forms.forms:
            forms = LinearForms.build(forms.forms, self.n_species, mechanism)
        return replace(self, values=evaluate_all(self.statics, mechanism), forms=forms)

    def _values(self, time: float, state: NDArray[Any]) -> list[Any]:
        slots = [*state[self.species], *(self.forms.matrix @ state if self.forms.forms else ()), *self.values]
        values: list[Any] = []
        for operation, a, b, c in self.code:
            match operation:
                case "slot":
                    values.append(slots[a])
                case "number":
                    values.append(np.float64(self.literals[a]))
                case "time":
                    values.append(np.float64(time))
                case "if":
                    values.append(values[b] if values[a] else values[c])
                case "table":
                    values.append(look_up(self.tables[b], values[a]))
                case "whole power":
                    values.append(values[a] ** b)
                case _ if operation in _BINARY:
                    values.append(_BINARY[operation][0](values[a], values[b]))
                case _:
                    values.append(_UNARY[operation][0](values[a]))
        return values


def shared_law(index: int, law: ShapedLaw, n_species: int, mechanism: Mechanism) -> SharedLaw:
    """The block of one reaction's law."""
    first = {"x": 0, "f": len(law.species), "c": len(law.species) + len(law.forms)}

    def value_of(symbol: Symbol) -> Value:
        if symbol.kind == "time":
            return builder.emit("time")
        return builder.emit("slot", first[symbol.name[0]] + int(symbol.name[1:]))

    builder = ProgramBuilder(value_of, lambda symbol: symbol.name.startswith("x"))
    with deep_recursion():
        last = builder.expression(law.shape)
    code = builder.code if last == len(builder.code) - 1 else [*builder.code, builder.code[last]]
    return SharedLaw(
        reactions=np.array([index]),
        code=tuple((OPERATIONS[operation], a, b, c) for operation, a, b, c in code),
        literals=tuple(builder.literals),
        tables={at: table for table, at in builder.tables.items()},
        n_species=n_species,
        species=np.array(law.species, dtype=np.int64),
        forms=LinearForms.build(law.forms, n_species, mechanism),
        statics=law.statics,
        values=evaluate_all(law.statics, mechanism),
        timed=law.timed,
    )


# --- operations ------------------------------------------------------------------------------------


def _clipped(a: Any) -> Any:
    return a if np.real(a) > 0.0 else 0.0 * a


def _power_slopes(a: Any, b: Any, value: Any) -> tuple[Any, Any]:
    by_a = b * a ** (b - 1.0) if b != 0.0 else 0.0
    return by_a, value * np.log(a) if value != 0.0 else 0.0


#: A function of two values, and its derivatives by both, from them and its own value.
_BINARY: Mapping[str, tuple[Callable[..., Any], Callable[..., tuple[Any, Any]]]] = {
    "+": (lambda a, b: a + b, lambda a, b, v: (1.0, 1.0)),
    "*": (lambda a, b: a * b, lambda a, b, v: (b, a)),
    "/": (lambda a, b: a / b, lambda a, b, v: (1.0 / b, -v / b)),
    "power": (lambda a, b: a**b, _power_slopes),
    "clipped power": (lambda a, b: _clipped(a) ** b, lambda a, b, v: _power_slopes(_clipped(a), b, v)),
    "min": (np.minimum, lambda a, b, v: (float(a <= b), float(a > b))),
    "max": (np.maximum, lambda a, b, v: (float(a >= b), float(a < b))),
    "<": (lambda a, b: np.float64(a < b), lambda a, b, v: (0.0, 0.0)),
    "<=": (lambda a, b: np.float64(a <= b), lambda a, b, v: (0.0, 0.0)),
}
#: The same of one value.
_UNARY: Mapping[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "-": (lambda a: -a, lambda a, v: -1.0),
    "sqrt": (np.sqrt, lambda a, v: 0.5 / v),
    "clipped sqrt": (lambda a: np.sqrt(_clipped(a)), lambda a, v: 0.5 / v),
    "exp": (np.exp, lambda a, v: v),
    "log": (np.log, lambda a, v: 1.0 / a),
    "log10": (np.log10, lambda a, v: 1.0 / (a * np.log(10.0))),
    "sin": (np.sin, lambda a, v: np.cos(a)),
    "cos": (np.cos, lambda a, v: -np.sin(a)),
    "tan": (np.tan, lambda a, v: 1.0 + v * v),
    "asin": (np.arcsin, lambda a, v: 1.0 / np.sqrt(1.0 - a * a)),
    "acos": (np.arccos, lambda a, v: -1.0 / np.sqrt(1.0 - a * a)),
    "atan": (np.arctan, lambda a, v: 1.0 / (1.0 + a * a)),
    "sinh": (np.sinh, lambda a, v: np.cosh(a)),
    "cosh": (np.cosh, lambda a, v: np.sinh(a)),
    "tanh": (np.tanh, lambda a, v: 1.0 - v * v),
    "abs": (np.abs, lambda a, v: np.sign(a)),
    "sign": (np.sign, lambda a, v: 0.0),
    "floor": (np.floor, lambda a, v: 0.0),
}
