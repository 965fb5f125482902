"""Inputs whose concentrations are brought to the equilibria of fast steps, with their derivatives.

A state x settles to y at constant totals, L y = L x, with ln y_k linear in the logarithms of the masters and of the
constants; so dy = diag(y) (Lᵀ dλ + do) with (L diag(y) Lᵀ) dλ = L dx - L diag(y) do, where o are the offsets that
the constants make.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.kinetics.fast_blocks import Block
from mscnet.kinetics.program import RateProgram
from mscnet.kinetics.settle import Form, Settler, scaled_slopes
from mscnet.mechanism.expression import Expression, Symbol
from mscnet.simulation.tangents import Tangent, tangent_over

FloatArray = NDArray[np.float64]

#: What is put where nothing is, as a part of what there is, to see how it would share out.
_TRACE = 1e-30


def settled_rows(program: RateProgram, settler: Settler, inputs: FloatArray, time: float) -> FloatArray:
    """See `starts.settled`."""
    made = np.array(inputs)
    made[:, -len(program.species) :] = settler.rows(*_rows_and_logs(program, settler, inputs, time))
    return made


def settled_runs(
    program: RateProgram, settler: Settler, inputs: FloatArray, times: FloatArray, states: FloatArray
) -> FloatArray:
    """See `starts.settled_states`."""
    m, n_times, n = states.shape
    made = np.array(states)
    if settler.timed:
        for j, time in enumerate(times.tolist()):
            rows = np.concatenate([inputs[:, :-n], states[:, j]], axis=1)
            made[:, j] = settled_rows(program, settler, rows, time)[:, -n:]
        return made
    _, logs = _rows_and_logs(program, settler, inputs, float(times[0]))
    wide = [np.repeat(each, n_times, axis=0) for each in logs]
    return settler.rows(states.reshape(-1, n), wide).reshape(m, n_times, n)


def _rows_and_logs(
    program: RateProgram, settler: Settler, inputs: FloatArray, time: float
) -> tuple[FloatArray, list[FloatArray]]:
    index, n = program.input_index, len(program.species)
    columns = sorted(index[name] for name in settler.depends)
    distinct, which = np.unique(inputs[:, columns], axis=0, return_inverse=True)
    first = np.full(len(distinct), len(inputs))
    np.minimum.at(first, which.ravel(), np.arange(len(inputs)))
    names = list(index)[: inputs.shape[1] - n]
    found: list[list[FloatArray]] = []
    for row in first:
        try:
            values = dict(zip(names, inputs[row].tolist(), strict=False))
            found.append(settler.logs(program.network.mechanism, values, time, inputs[row, -n:]))
        except MechanismError:
            if row == 0:
                raise
            found.append([np.full(len(block.steps), np.nan) for block in settler.blocks])
    logs = [np.array([each[b] for each in found])[which.ravel()] for b in range(len(settler.blocks))]
    return inputs[:, -n:], logs


def turned(
    program: RateProgram, settler: Settler, inputs: FloatArray, directions: FloatArray, time: float
) -> tuple[FloatArray, FloatArray]:
    """See `starts.settled_along`."""
    n = len(program.species)
    moved = np.array(directions[:, -n:].T)[None]
    states, tangents = course(program, settler, inputs, directions, np.array([time]), inputs[None, -n:], moved)
    start, made = np.array(inputs), np.array(directions)
    start[-n:], made[:, -n:] = states[0], tangents[0].T
    return start, made


def course(
    program: RateProgram, settler: Settler, inputs: FloatArray, directions: FloatArray, times: FloatArray,
    states: FloatArray, tangents: FloatArray,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """States (n_times, n_species) at equilibrium, and their tangents (n_times, n_species, P) along `directions`
    (P, n_inputs) of what `inputs` (n_inputs,) are."""
    names, n = list(program.input_index), len(program.species)
    values = dict(zip(names, inputs[: len(inputs) - n].tolist(), strict=False))
    logs = settler.logs_over(program.network.mechanism, values, times, states)
    found = settler.rows(states, logs)
    # a trace of everything, so that what there is nothing of has a derivative, too
    trace = np.maximum(states, 0.0)
    trace[:, settler.touched] += _TRACE * np.maximum(trace.max(axis=1, initial=0.0, keepdims=True), _TRACE)
    near = settler.rows(trace, logs)
    made = np.array(tangents)
    for number, block in enumerate(settler.blocks):
        changes = _log_changes(program, block, inputs, directions, times, states, tangents)
        for form in settler.forms(number, np.ones(len(block.species), dtype=bool))[0]:
            made[:, form.species] = _turned(form, near[:, form.species], tangents[:, form.species], changes)
    return found, made


def _turned(form: Form, x: FloatArray, given: FloatArray, changes: FloatArray) -> FloatArray:
    """(n_times, n, P) the changes of settled concentrations x (n_times, n), for those given (n_times, n, P) and of
    ln K (n_times, steps, P)."""
    totals = form.totals
    offsets = np.zeros(given.shape)
    offsets[:, len(form.masters) :] = np.einsum("si,tip->tsp", form.weights, changes[:, form.steps])
    scaled, scale = scaled_slopes(totals, x)
    wanted = np.einsum("ik,tkp->tip", totals, given - x[:, :, None] * offsets)
    logs = np.linalg.solve(scaled, wanted * scale[:, :, None]) * scale[:, :, None]
    return np.asarray(x[:, :, None] * (np.einsum("ik,tip->tkp", totals, logs) + offsets))


def _log_changes(
    program: RateProgram, block: Block, inputs: FloatArray, directions: FloatArray, times: FloatArray,
    states: FloatArray, tangents: FloatArray,
) -> FloatArray:  # fmt: skip
    """(n_times, steps, P): what moving along each direction makes of ln K."""
    mechanism, index, place = program.network.mechanism, program.input_index, program.network.species_index
    known: dict[str, Tangent] = {}

    def tangent_of(symbol: Symbol) -> Tangent:
        if symbol.kind == "time":
            return Tangent(times, np.zeros(1))
        if symbol.name not in known:
            if symbol.kind == "parameter":
                at = index[symbol.name]
                known[symbol.name] = Tangent(np.float64(inputs[at]), directions[:, at])
            elif symbol.kind == "species":
                i = place[symbol.name]
                known[symbol.name] = Tangent(states[:, i], tangents[:, i])
            else:
                known[symbol.name] = tangent_over(mechanism.expression_of(symbol.name), tangent_of)
        return known[symbol.name]

    def change(constant: Expression) -> Any:
        found = tangent_over(constant, tangent_of)
        slope = found.slope / np.asarray(found.value)[..., None]
        return np.broadcast_to(slope, (len(times), len(directions)))

    return np.stack([change(constant) for constant in block.constants], axis=1)
