"""One prepared model run from many states at once over one stretch of time, or from one state with its derivatives.

The siblings of `segments` for many runs side by side: all rows of a stretch are one call of the kernels.  Derivatives
are those of the very steps of a BDF (see kernels/sens_forward.c and `differentiate`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.kinetics.program import RateProgram
from mscnet.kinetics.switches import may_switch
from mscnet.records import dataclass
from mscnet.simulation.batch import BAD_START, NOT_RUN, structural_inputs
from mscnet.simulation.compiled import COMPILED, STATUSES, status_of
from mscnet.simulation.engine import RECOVERABLE
from mscnet.simulation.segments import Segments
from mscnet.simulation.settings import longest_step
from mscnet.simulation.status import Status

FloatArray = NDArray[np.float64]

_NONE = np.empty(0)
_NO_CODE = np.empty(0, np.uint32)
_RECOVERABLE = tuple(STATUSES.index(status) for status in RECOVERABLE)


@dataclass(frozen=True, slots=True, eq=False)
class RowSegment:
    """What a stretch gave in m rows: `states` (m, n_times, n_species), ``nan`` from where a row did not get; the last
    good states `finals` (m, n_species), at the times `reached` (m,); the `status` of each, and whether some row is `short`
    of the end."""

    states: FloatArray
    finals: FloatArray
    reached: FloatArray
    status: tuple[Status, ...]
    short: bool


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """A stretch with derivatives along P directions: `states` (n_times, n_species) and `tangents` (n_times, n_species,
    P), ``nan`` from where it did not get; the same at its end, `final` (n_species,) and `final_tangents` (n_species,
    P)."""

    states: FloatArray
    tangents: FloatArray
    final: FloatArray
    final_tangents: FloatArray
    status: Status
    reached: float


def follows_rows(program: RateProgram, method: str) -> bool:
    """Whether the kernels can do this model by this method, in all rows between the same times: no rate switches."""
    switching = program.timed and may_switch(program.network.mechanism)
    return method in COMPILED and kernels.core() is not None and not switching


class RowSegments:
    """A rate program made ready for many short runs of many rows; `single` does what a row needs beyond the kernels.

    For programs and methods that `follows_rows`.  Not to be shared by threads.
    """

    def __init__(
        self, program: RateProgram, method: str, rtol: float, max_steps: int, longest: float, single: Segments
    ) -> None:
        self.program, self._method, self._rtol, self._max_steps = program, method, rtol, max_steps
        self._longest, self._single = longest, single
        self._core: Any = kernels.core()
        self._runner: Any = self._core.runner(program.model, COMPILED[method])
        self._columns = np.arange(len(program.species), dtype=np.uint32)
        self.structural = structural_inputs(program)
        self._base = program.inputs()

    def restructured(self, inputs: FloatArray) -> bool:
        """Whether a stoichiometric coefficient or a kinetic order in some row is another than in the tables."""
        which = self.structural
        return bool(which) and bool((inputs[:, which] != self._base[which]).any())

    def run(self, inputs: FloatArray, start: float, end: float, times: FloatArray, atol: FloatArray) -> RowSegment:
        """All rows of `inputs` (m, n_inputs) from `start` to `end`, with output at `times` (n_times,), at least one,
        rising and within; `atol` (m, n_species) are absolute tolerances.  Trouble with the numbers is a row's own.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        m, n = len(inputs), len(self._columns)
        values, finals = np.empty((m, len(times), n)), np.empty((m, n))
        status, counts, reached = np.full(m, NOT_RUN, np.int64), np.zeros((m, 5), np.int64), np.full(m, start)
        asked = {
            "times": times, "start": start, "end": end, "rtol": self._rtol, "atol": atol,
            "max_step": self._longest * (end - start), "max_steps": self._max_steps, "columns": self._columns,
            "columns_code": _NO_CODE, "columns_literals": _NONE, "inputs": inputs, "switches": _NONE, "values": values,
            "finals": finals, "status": status, "reached": reached, "counts": counts, "stop": None,
        }  # fmt: skip
        number, short = self._core.batch(self._runner, asked)
        status_of(number)
        ended = [Status.DONE] * m
        if short:
            for i in np.flatnonzero(status):
                bad = status[i] in (BAD_START, NOT_RUN)
                ended[i] = Status.NOT_FINITE if bad else STATUSES[status[i]] or Status.DONE
                if self._method == "auto" and status[i] in _RECOVERABLE and np.isfinite(inputs[i, -n:]).all():
                    found = self._single.run(inputs[i], start, end, times, atol[i])
                    values[i], finals[i], reached[i] = found.states, found.final, found.reached
                    ended[i] = found.status
        return RowSegment(values, finals, reached, tuple(ended), any(each is not Status.DONE for each in ended))

    def moved(self, inputs: FloatArray, directions: FloatArray) -> NDArray[np.bool_]:
        """(P,) whether a course from `inputs` (n_inputs,) moves at all along each of `directions` (P, n_inputs)."""
        found = np.zeros(len(directions), np.int64)
        self._core.moved(self.program.model, {"inputs": inputs, "directions": directions, "moved": found})
        return (found != 0) | (directions[:, -len(self._columns) :] != 0.0).any(axis=1)

    def follow(
        self, inputs: FloatArray, directions: FloatArray, scale: FloatArray, start: float, end: float,
        times: FloatArray, atol: FloatArray, tested: bool = True,
    ) -> Followed:  # fmt: skip
        """One row with its derivatives along `directions` (P, n_inputs), P at least 1; arguments as in `run` and in
        `differentiate.forward`.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        n, count = len(self._columns), len(directions)
        values, rows = np.empty((len(times), n)), np.empty((len(times), n, count))
        state, tangents = inputs[-n:].copy(), np.ascontiguousarray(directions[:, -n:].T)
        kept, reached, counts = int(times[0] <= start), np.array([start]), np.zeros(6, np.int64)
        if kept:
            values[0], rows[0] = state, tangents
        longest = min(self._longest * (end - start), longest_step(self.program.timed, start, end))
        asked = {
            "inputs": inputs, "state": state, "start": start, "end": end, "times": times[kept:],
            "values": values[kept:], "rtol": self._rtol, "atol": atol, "max_step": longest,
            "max_steps": self._max_steps, "counts": counts, "reached": reached, "progress": None,
            "directions": directions, "scale": scale, "tested": int(tested), "tangents": tangents, "rows": rows[kept:],
        }  # fmt: skip
        status = status_of(self._core.sensitivities(self.program.model, asked))
        kept += int(counts[0])
        if status is not Status.DONE:
            values[kept:], rows[kept:] = np.nan, np.nan
        return Followed(values, rows, state, tangents, status, float(reached[0]))
