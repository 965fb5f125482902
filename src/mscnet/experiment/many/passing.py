"""Time that passes in a vessel, in many rows at once or in one with its derivatives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.many.vessel import RowVessel
from mscnet.experiment.passing import Solver
from mscnet.records import dataclass
from mscnet.simulation.row_segments import RowSegments, follows_rows
from mscnet.simulation.starts import settled, settled_beside
from mscnet.simulation.status import Status
from mscnet.simulation.tolerances import read_atol, with_fast

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RowPassed:
    """What time did in m rows: `states` (m, n_times, n_species) at the times asked for, ``nan`` from where a row did
    not get.  `reached` (m,) is the time that each reached, from the start of it, `status` how it ended, `short` whether
    some row came to no end."""

    states: FloatArray
    inputs: FloatArray
    reached: FloatArray
    status: Sequence[Status]
    short: bool


class RowSolver:
    """Lets time pass in vessels of many rows; `parameters` in its methods are (m, n_parameters)."""

    def __init__(self, solver: Solver, tested: bool) -> None:
        self.solver, self.tested = solver, tested
        self._changing = ~solver.program.constant

    @property
    def works(self) -> bool:
        """Whether many rows of this model can be done at once."""
        return not self.solver.model.events and follows_rows(self.solver.program, self.solver.method)

    @cached_property
    def segments(self) -> RowSegments:
        """Its program in the kernels."""
        s = self.solver
        return RowSegments(s.program, s.method, s.rtol, s.max_steps, s.longest(math.inf), s.segments)

    def inputs(self, vessel: RowVessel, parameters: FloatArray, led: bool) -> FloatArray:
        """(m, n_inputs) as `Solver.inputs`; `led`: the first row decides on the medium, and rows besides it, which are
        no states of their own, may lie below zero."""
        s, m = self.solver, len(parameters)
        inputs = np.empty((m, s.n_parameters + vessel.amounts.shape[1]))
        inputs[:, : s.n_parameters] = parameters
        if s.temperature_index is not None and vessel.temperature is not None:
            inputs[:, s.temperature_index] = np.ravel(vessel.temperature)
        for name, i in s.fractions:
            inputs[:, i] = np.ravel(vessel.components.get(name, 0.0) / vessel.volume)
        if s.flags:
            mains = vessel.mains(s.solvents, m, led)
            for name, i in s.flags:
                inputs[:, i] = [float(name == main) for main in mains]
        x = inputs[:, s.n_parameters :]
        np.divide(vessel.amounts, vessel.volume, out=x)
        if led:  # all rows move with the first, so that what lies between them stays
            x += np.maximum(x[0], 0.0) - x[0]
        else:
            np.maximum(x, 0.0, out=x)
        return inputs

    def atol(self, vessel: RowVessel, x: FloatArray) -> FloatArray:
        """(m, n_species) as `Solver.atol`."""
        s = self.solver
        if s.given_atol is not None:
            rows = [np.broadcast_to(read_atol(s.given_atol, s.rtol, row, s.program), row.shape) for row in x]
            return np.array(rows)
        largest = x[:, self._changing].max(axis=1, initial=0.0)
        least = np.ravel(vessel.least / vessel.volume)
        share = np.where(largest > 0.0, np.minimum(1e-6 * largest, least), 1e-6)
        atol = np.maximum(s.rtol * share, 1e-300)
        if s.program.settler is not None:
            wide = (with_fast(each, s.rtol, row, s.program) for each, row in zip(atol.tolist(), x, strict=True))
            return np.array([np.broadcast_to(each, x.shape[1:]) for each in wide])
        return np.repeat(atol[:, None], x.shape[1], axis=1)

    def age(
        self, vessel: RowVessel, parameters: FloatArray, start: float, duration: float, times: FloatArray,
        steps: FloatArray | None = None,
    ) -> RowPassed:  # fmt: skip
        """Lets a closed vessel be for a time; `times` (n_times,) rise from the start of it, and the last is its end.

        With `steps` (m - 1,) the first row is integrated with its derivatives along the others (see `RowRun.steps`).
        """
        inputs = self.inputs(vessel, parameters, steps is not None)
        m, x0 = len(inputs), inputs[:, self.solver.n_parameters :]
        if duration == 0.0:
            begin = self.solver.counted_from(start)
            if steps is None:
                x0 = settled(self.solver.program, inputs, begin)[:, self.solver.n_parameters :]
            else:
                x0 = settled_beside(self.solver.program, inputs, steps, begin)[:, self.solver.n_parameters :]
            at_once = np.repeat(x0[:, None], len(times), axis=1)
            return RowPassed(at_once, inputs, np.zeros(m), (Status.DONE,) * m, False)
        begin = self.solver.counted_from(start)
        out = np.minimum(times + begin, begin + duration) if begin else times
        atol = self.atol(vessel, x0)
        if steps is None:
            found = self.segments.run(inputs, begin, begin + duration, out, atol)
            return RowPassed(found.states, inputs, found.reached - begin, found.status, found.short)
        run = self.segments.follow(inputs, steps, begin, begin + duration, out, atol[0], self.tested)
        reached, status = np.full(m, run.reached - begin), (run.status,) * m
        return RowPassed(run.states, inputs, reached, status, run.status is not Status.DONE)
