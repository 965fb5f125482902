"""Which inputs of a model sensitivities are asked for, and how the model's fixed values follow from its inputs.

The inputs are a `RateProgram`'s: parameter values, then initial concentrations.  A direction is a vector over
them; that of a parameter moves also the initial concentrations that the file derives from it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.diagnostics import MechanismError, suggest
from mscnet.kinetics.program import RateProgram
from mscnet.kinetics.switches import conditions, kinks, knots_of
from mscnet.mechanism.expression import Expression, Lookup, Number, Sum, Symbol, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.tangents import Tangent, tangent_over

FloatArray = NDArray[np.float64]


def chosen_names(model: Mechanism, asked: Sequence[str] | None) -> tuple[str, ...]:
    """The parameters and species asked for; without any, all parameters that have a value and are used.

    A species stands for its initial concentration.

    Raises:
        MechanismError: an unknown name, one that is given twice, or a parameter without a value.
    """
    values = {p.name: p.value for p in model.parameters}
    if asked is None:
        used = model.used_parameters()
        return tuple(name for name, value in values.items() if value is not None and name in used)
    names = (asked,) if isinstance(asked, str) else tuple(asked)
    known = {*values, *(species.name for species in model.species)}
    for name in names:
        if name not in known:
            message = f"`{name}` is neither a parameter nor a species of {model.name}"
            raise MechanismError.of("E010", message, hint=suggest(name, known))
        if name in values and values[name] is None:
            raise MechanismError.of("E040", f"the parameter `{name}` has no value")
    if len(set(names)) < len(names):
        raise MechanismError.of("E045", "a parameter is asked for twice")
    return names


def input_directions(program: RateProgram, inputs: FloatArray, names: Sequence[str]) -> FloatArray:
    """The direction of each name, (P, n_inputs): the input itself, and the initial concentrations that follow it."""
    index = program.input_index
    n_parameters = len(inputs) - len(program.species)
    directions = np.zeros((len(names), len(inputs)))
    directions[np.arange(len(names)), [index[name] for name in names]] = 1.0
    tangents = np.zeros((len(program.species), len(names)))
    asked = {
        "parameters": np.ascontiguousarray(inputs[:n_parameters]),
        "directions": np.ascontiguousarray(directions[:, :n_parameters]),
        "tangents": tangents,
    }
    kernels.core().initials_tangents(program.model, asked)  # type: ignore[union-attr]
    directions[:, n_parameters:] += tangents.T
    return directions


def through_initials(program: RateProgram, inputs: FloatArray, gradient: FloatArray) -> FloatArray:
    """A gradient by the inputs (n_inputs,), each moved alone, as one by parameters that move the initial
    concentrations with them."""
    n_parameters = len(inputs) - len(program.species)
    total = np.zeros(n_parameters)
    asked = {
        "parameters": np.ascontiguousarray(inputs[:n_parameters]),
        "weights": np.ascontiguousarray(gradient[n_parameters:]),
        "gradient": total,
    }
    kernels.core().initials_gradient(program.model, asked)  # type: ignore[union-attr]
    return np.concatenate([gradient[:n_parameters] + total, gradient[n_parameters:]])


def scales(inputs: FloatArray) -> FloatArray:
    """What change of each input counts as one: its size; for zeros that of the largest initial concentration
    among species, and 1 among parameters.  `inputs` are those asked for."""
    sizes = np.abs(inputs)
    return np.where(sizes > 0.0, sizes, 1.0)


class Fixed:
    """Values of a model's parameters, constant species and static derived values, with their derivatives by the
    inputs (n_inputs,)."""

    def __init__(self, program: RateProgram, inputs: FloatArray) -> None:
        self.mechanism = program.network.mechanism
        self.inputs, self.index = inputs, program.input_index
        self._known: dict[str, Tangent] = {}

    def __call__(self, symbol: Symbol) -> Tangent:
        """Not a number for what varies in the course of a run."""
        if symbol.name not in self._known:
            self._known[symbol.name] = self._find(symbol)
        return self._known[symbol.name]

    def _find(self, symbol: Symbol) -> Tangent:
        if symbol.kind == "time":
            return Tangent(np.float64(np.nan), np.zeros(1))
        if symbol.kind == "species" and not self.mechanism.get_species(symbol.name).constant:
            return Tangent(np.float64(np.nan), np.zeros(1))
        if symbol.kind in ("parameter", "species"):
            slope = np.zeros(len(self.inputs))
            slope[self.index[symbol.name]] = 1.0
            return Tangent(np.float64(self.inputs[self.index[symbol.name]]), slope)
        return tangent_over(self.mechanism.expression_of(symbol.name), self)


def switches(program: RateProgram, inputs: FloatArray, start: float, end: float) -> list[tuple[float, FloatArray]]:
    """The times strictly inside (start, end), in order, at which some rate switches, each with its derivatives by
    the inputs (n_inputs,); found as by `kinetics.switches.switch_times`.

    Raises:
        MechanismError: switches that coincide, but follow the inputs differently, so that there is no derivative.
    """
    found: dict[float, FloatArray] = {}
    for time, slope in _all_switches(program, inputs, start, end) if program.timed else ():
        known = found.setdefault(time, slope)
        if not np.allclose(known, slope, rtol=1e-9, atol=0.0):
            message = f"two rates switch at t = {time:g}, but depend on the parameters differently"
            raise MechanismError.of("E045", message, hint="there are no derivatives; move one of the two a little")
    return sorted(found.items(), key=lambda item: item[0])


def _all_switches(
    program: RateProgram, inputs: FloatArray, start: float, end: float
) -> Iterator[tuple[float, FloatArray]]:
    mechanism, fixed = program.network.mechanism, Fixed(program, inputs)
    for difference in conditions(mechanism):
        switch = _zero(difference, fixed, start, end)
        if switch is not None:
            yield switch
    for kink in kinks(mechanism):
        if isinstance(kink, Lookup):
            yield from ((time, np.zeros(len(inputs))) for time in knots_of(kink.table) if start < time < end)
            continue
        first, last = (_at(kink, fixed, time).value for time in (start, end))
        if np.isfinite(first + last):
            low, high = sorted((float(first), float(last)))
            for whole in range(math.floor(low) + 1, math.ceil(high)):
                switch = _zero(Sum((kink, Number(Fraction(-whole)))), fixed, start, end)
                if switch is not None:
                    yield switch


def _at(expression: Expression, fixed: Fixed, time: float) -> Tangent:
    """An expression at a time, with its derivatives by the inputs."""

    def tangent_of(symbol: Symbol) -> Tangent:
        return Tangent(np.float64(time), np.zeros(1)) if symbol.kind == "time" else fixed(symbol)

    return tangent_over(expression, tangent_of)


def _zero(difference: Expression, fixed: Fixed, start: float, end: float) -> tuple[float, FloatArray] | None:
    """Where a linear function of time is zero, and how that moves; None where it is no such function, or constant."""
    first, middle, last = (_at(difference, fixed, time) for time in (start, (start + end) / 2, end))
    rise = last.value - first.value
    if not np.isfinite(first.value + middle.value + last.value) or rise == 0.0:
        return None
    if abs(middle.value - (first.value + last.value) / 2) > 1e-9 * max(abs(first.value), abs(last.value)):
        return None
    time = float(start + (end - start) * first.value / -rise)
    if not start < time < end:
        return None
    share = (time - start) / (end - start)
    slope = -((1.0 - share) * first.slope + share * last.slope) * (end - start) / rise
    return time, np.broadcast_to(slope, fixed.inputs.shape).astype(np.float64)


def structural(model: Mechanism) -> set[str]:
    """Parameters behind stoichiometric coefficients and kinetic orders."""
    pending: list[Any] = []
    for reaction in model.reactions:
        for term in (*reaction.reactants, *reaction.products, *reaction.orders):
            if not isinstance(term.coefficient, Fraction):
                pending.append(term.coefficient)
    found: set[str] = set()
    seen: set[str] = set()
    while pending:
        for symbol in symbols(pending.pop()):
            if symbol.kind == "parameter":
                found.add(symbol.name)
            elif symbol.kind == "definition" and symbol.name not in seen:
                seen.add(symbol.name)
                pending.append(model.expression_of(symbol.name))
    return found
