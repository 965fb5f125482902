"""How a steady state answers to parameters and totals: the implicit function theorem within the stoichiometric class.

J ds = -(df/dp) dp with weights ds = d(totals); logarithmic ones are the control coefficients of metabolic control
analysis (Kacser and Burns, Symp. Soc. Exp. Biol. 27 (1973) 65; Reder, J. Theor. Biol. 135 (1988) 175).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError, suggest
from mscnet.simulation.steady_model import SteadyModel
from mscnet.simulation.steady_newton import solve_within

if TYPE_CHECKING:
    import pandas

FloatArray = NDArray[np.float64]

#: Central differences over this part of a value err by its square, and by rounding over it.
STEP = 1e-5


def sensitivities(
    model: SteadyModel, x: FloatArray, names: Sequence[str] | None, scaled: bool, from_initial: bool
) -> pandas.DataFrame:
    """d[species]/d(name): species as rows, and a column for each of `names`.

    `names` are parameters, or species for their initial concentrations (which act through the conserved totals); by
    default all parameters that have a value.  In the file's units, or with ``scaled=True`` d ln[species]/d ln(name),
    which is ``nan`` where a concentration is 0.  The derivatives of the rates by the values are central differences,
    good to about nine digits.

    Raises:
        MechanismError: an unknown name, or a steady state that is not isolated, so that there are no derivatives.
    """
    import pandas

    mechanism = model.program.network.mechanism
    if names is None:
        names = [p.name for p in mechanism.parameters if p.value is not None]
    by = derivatives(model, x, list(names), from_initial)
    if scaled:
        values = np.array([_value(model, name) for name in names])
        with np.errstate(all="ignore"):
            by = np.where(x[:, None] > 0.0, by * values / x[:, None], np.nan)
    return pandas.DataFrame(by, index=list(model.program.species), columns=list(names))


def derivatives(model: SteadyModel, x: FloatArray, names: list[str], from_initial: bool) -> FloatArray:
    """d[species]/d(name), (n_species, n_names), in the file's units; see `sensitivities`."""
    slopes, totals = np.zeros((len(x), len(names))), np.zeros((len(model.laws.weights), len(names)))
    held = np.zeros((len(x), len(names)))
    for j, name in enumerate(names):
        slopes[:, j], start = _by_value(model, x, name)
        if from_initial:
            totals[:, j] = model.laws.weights @ start
            held[:, j] = np.where(model.laws.constant, start, 0.0)
    solved = solve_within(model, x, slopes, totals)
    if solved is None or not np.isfinite(solved).all():
        raise not_isolated()
    return solved + held


def not_isolated() -> MechanismError:
    """The error of asking for derivatives where an eigenvalue within the class is zero."""
    return MechanismError.of("E045", "the steady state is not isolated, so it has no derivatives")


def _by_value(model: SteadyModel, x: FloatArray, name: str) -> tuple[FloatArray, FloatArray]:
    """d(dx/dt)/d(value) at fixed concentrations, and d(initial concentrations)/d(value), each (n_species,)."""
    value = _value(model, name)
    step = STEP * abs(value) if value else STEP * max(float(np.abs(x).max(initial=0.0)), 1e-300)
    low = max(value - step, 0.0) if name in model.program.network.species_index else value - step
    ends = [_at(model, x, name, at) for at in (low, value + step)]
    width = value + step - low
    return (ends[1][0] - ends[0][0]) / width, (ends[1][1] - ends[0][1]) / width


def _at(model: SteadyModel, x: FloatArray, name: str, value: float) -> tuple[FloatArray, FloatArray]:
    """dx/dt and the initial concentrations with another value; constant species follow their own initial one."""
    program = model.program
    mechanism = program.network.mechanism.with_values({name: value})
    inputs = program.inputs(mechanism)
    initial = inputs[len(mechanism.parameters) :]
    state = np.where(model.laws.constant, initial, x)
    if model.system is None:
        return SteadyModel(program, inputs, model.laws).rhs(state), initial
    return model.system.with_values({name: value}).rhs(0.0, state), initial


def _value(model: SteadyModel, name: str) -> float:
    program = model.program
    if name not in program.input_index:
        hint = suggest(name, program.input_index)
        raise MechanismError.of("E010", f"there is no parameter or species `{name}`", hint=hint)
    return float(model.inputs[program.input_index[name]])
