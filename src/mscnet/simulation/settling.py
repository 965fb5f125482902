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
from mscnet.kinetics.program import RateProgram
from mscnet.kinetics.settle import Form, Settler
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
    rows, logs = _rows_and_logs(program, settler, inputs[None], time)
    start, made = np.array(inputs), np.array(directions)
    start[-n:] = settler.rows(rows, logs)[0]
    # a trace of everything, so that what there is nothing of has a derivative, too
    trace = np.maximum(rows, 0.0)
    trace[:, settler.touched] += _TRACE * max(float(trace.max(initial=0.0)), _TRACE)
    near = settler.rows(trace, logs)[0]
    changes = _log_changes(program, settler, inputs, directions, time)
    for number, block in enumerate(settler.blocks):
        there = np.ones(len(block.species), dtype=bool)
        for form in settler.forms(number, there)[0]:
            given = directions[:, -n:][:, form.species]
            made[:, directions.shape[1] - n + form.species] = _turned(form, near[form.species], given, changes[number])
    return start, made


def _turned(form: Form, x: FloatArray, given: FloatArray, changes: FloatArray) -> FloatArray:
    """(P, n) the changes of settled concentrations x (n,), for those given (P, n) and of ln K (P, steps)."""
    totals, offsets = form.totals, form.offsets(changes)
    matrix = (totals * x) @ totals.T
    scale = 1.0 / np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    wanted = given @ totals.T - (offsets * x) @ totals.T
    logs = np.linalg.solve(matrix * scale[:, None] * scale, (wanted * scale).T).T * scale
    return np.asarray(x * (logs @ totals + offsets))


def _log_changes(
    program: RateProgram, settler: Settler, inputs: FloatArray, directions: FloatArray, time: float
) -> list[FloatArray]:
    """(P, steps) for each block: what moving along each direction makes of ln K."""
    mechanism, index = program.network.mechanism, program.input_index
    known: dict[str, Tangent] = {}

    def tangent_of(symbol: Symbol) -> Tangent:
        if symbol.kind == "time":
            return Tangent(np.float64(time), np.zeros(1))
        if symbol.name not in known:
            if symbol.kind in ("parameter", "species"):
                at = index[symbol.name]
                known[symbol.name] = Tangent(np.float64(inputs[at]), directions[:, at])
            else:
                known[symbol.name] = tangent_over(mechanism.expression_of(symbol.name), tangent_of)
        return known[symbol.name]

    def change(constant: Expression) -> Any:
        found = tangent_over(constant, tangent_of)
        return np.broadcast_to(found.slope / found.value, (len(directions),))

    return [np.array([change(constant) for constant in block.constants]).T for block in settler.blocks]
