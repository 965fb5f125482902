"""Concentrations brought to the equilibria of fast steps, with their derivatives: where runs begin, and what they give.

What a run gives has exact totals, but the errors of an integration in how these share out; so it is settled once more.

Without fast steps everything here gives back what it gets; the work is in `settling`, loaded where it is needed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mscnet.kinetics.program import RateProgram

FloatArray = NDArray[np.float64]


def settled(program: RateProgram, inputs: FloatArray, time: float) -> FloatArray:
    """Inputs (m, n_inputs) whose concentrations are at equilibrium at a time; a row without one is ``nan`` there.

    Raises:
        MechanismError: in the first row, an equilibrium constant is not above zero, or some contradict.
    """
    if program.settler is None:
        return inputs
    from mscnet.simulation.settling import settled_rows

    return settled_rows(program, program.settler, inputs, time)


def settled_along(
    program: RateProgram, inputs: FloatArray, directions: FloatArray, time: float
) -> tuple[FloatArray, FloatArray]:
    """Inputs (n_inputs,) at equilibrium, and the directions (P, n_inputs) into which those given turn; errors as
    `settled`."""
    if program.settler is None:
        return inputs, directions
    from mscnet.simulation.settling import turned

    return turned(program, program.settler, inputs, directions, time)


def settled_beside(program: RateProgram, inputs: FloatArray, steps: FloatArray, time: float) -> FloatArray:
    """As `settled` for the first row; the others (1 + P, n_inputs), which lie `steps` (P,) along derivatives from it,
    then lie so far along those of what it settles to."""
    if program.settler is None:
        return inputs
    directions = (inputs[1:] - inputs[0]) / steps[:, None]
    start, moved = settled_along(program, inputs[0], directions, time)
    return np.concatenate([start[None], start + moved * steps[:, None]])


def pulled_back(program: RateProgram, inputs: FloatArray, gradient: FloatArray, time: float) -> FloatArray:
    """A gradient (n_inputs,) by inputs at equilibrium as one by those that were given."""
    if program.settler is None:
        return gradient
    pulled: FloatArray = settled_along(program, inputs, np.eye(len(inputs)), time)[1] @ gradient
    return pulled


def settled_states(program: RateProgram, inputs: FloatArray, times: FloatArray, states: FloatArray) -> FloatArray:
    """States (m, n_times, n_species) of runs with `inputs` (m, n_inputs), at equilibrium at `times` (n_times,)."""
    settler = program.settler
    if settler is None or not states.size:
        return states
    from mscnet.simulation.settling import settled_runs

    return settled_runs(program, settler, inputs, times, states)


def settled_course(
    program: RateProgram, inputs: FloatArray, directions: FloatArray, times: FloatArray, states: FloatArray,
    tangents: FloatArray,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """States (n_times, n_species) of a run with `inputs` (n_inputs,) and their tangents (n_times, n_species, P) along
    `directions` (P, n_inputs), at equilibrium at `times`."""
    if program.settler is None or not len(states):
        return states, tangents
    from mscnet.simulation.settling import course

    return course(program, program.settler, inputs, directions, times, states, tangents)
