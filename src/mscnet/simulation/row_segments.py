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
from mscnet.simulation.batch import BAD_START, NOT_RUN
from mscnet.simulation.compiled import COMPILED, STATUSES, status_of
from mscnet.simulation.engine import RECOVERABLE
from mscnet.simulation.segments import Segments
from mscnet.simulation.settings import longest_step
from mscnet.simulation.starts import (
    settled,
    settled_along,
    settled_beside,
    settled_course,
    settled_states,
)
from mscnet.simulation.status import Status

FloatArray = NDArray[np.float64]

_NONE = np.empty(0)
_NO_CODE = np.empty(0, np.uint32)
_RECOVERABLE = tuple(STATUSES.index(status) for status in RECOVERABLE)


@dataclass(frozen=True, slots=True, eq=False)
class RowSegment:
    """What a stretch gave in m rows: `states` (m, n_times, n_species), ``nan`` from where a row did not get; the last
    good states `finals` (m, n_species), at the times `reached` (m,); the `status` of each, and whether some row is
    `short` of the end."""

    states: FloatArray
    finals: FloatArray
    reached: FloatArray
    status: tuple[Status, ...]
    short: bool


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """A stretch with derivatives laid beside it: `states` (m, n_times, n_species), ``nan`` from where it did not get,
    row 0 the run; its `status`, and the time that it `reached`."""

    states: FloatArray
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
        core: Any = kernels.core()
        self._core = core
        self._runner: Any = core.runner(program.model, COMPILED[method])
        self._columns = np.arange(len(program.species), dtype=np.uint32)

    def run(self, inputs: FloatArray, start: float, end: float, times: FloatArray, atol: FloatArray) -> RowSegment:
        """All rows of `inputs` (m, n_inputs) from `start` to `end`, with output at `times` (n_times,), at least one,
        rising and within; `atol` (m, n_species) are absolute tolerances.  Trouble with the numbers is a row's own.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        inputs = settled(self.program, inputs, start)
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
        values = settled_states(self.program, inputs, times, values)
        finals = settled_states(self.program, inputs, np.array([end]), finals[:, None])[:, 0]
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
        self, inputs: FloatArray, steps: FloatArray, start: float, end: float, times: FloatArray, atol: FloatArray,
        tested: bool = True,
    ) -> Followed:  # fmt: skip
        """The first row of `inputs` (m, n_inputs) with its derivatives along all others, that 1 + j being `steps[j]`
        from it: their states lie so far along them.  `atol` is (n_species,); `tested` as in `differentiate.forward`,
        the other arguments as in `run`.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        n = len(self._columns)
        inputs = settled_beside(self.program, inputs, steps, start)
        directions = (inputs[1:] - inputs[0]) / steps[:, None]
        moved = np.flatnonzero(self.moved(inputs[0], directions))
        if not len(moved):
            found = self.run(inputs[:1], start, end, times, atol[None])
            return Followed(np.repeat(found.states, len(inputs), axis=0), found.status[0], float(found.reached[0]))
        directions = directions[moved]
        values, rows = np.empty((len(times), n)), np.empty((len(times), n, len(inputs)))
        kept, reached, counts = int(times[0] <= start), np.array([start]), np.zeros(6, np.int64)
        if kept:
            values[0], rows[0] = inputs[0, -n:], inputs[:, -n:].T
        longest = min(self._longest * (end - start), longest_step(self.program.timed, start, end))
        asked = {
            "inputs": inputs[0], "state": inputs[0, -n:].copy(), "start": start, "end": end, "times": times[kept:],
            "values": values[kept:], "rtol": self._rtol, "atol": atol, "max_step": longest,
            "max_steps": self._max_steps, "counts": counts, "reached": reached, "progress": None,
            "directions": directions, "scale": _scale(inputs[0], directions), "tested": int(tested),
            "tangents": np.ascontiguousarray(directions[:, -n:].T), "rows": rows[kept:], "steps": steps[moved],
            "columns": (1 + moved).astype(np.uint32), "width": len(inputs),
        }  # fmt: skip
        status = status_of(self._core.sensitivities(self.program.model, asked))
        if status is not Status.DONE:
            rows[kept + int(counts[0]) :] = np.nan
        rows = self._settled(inputs, steps, times, rows)
        return Followed(np.moveaxis(rows, -1, 0), status, float(reached[0]))

    def _settled(self, inputs: FloatArray, steps: FloatArray, times: FloatArray, rows: FloatArray) -> FloatArray:
        """Rows (n_times, n_species, m) of `follow`, at equilibrium."""
        if self.program.settler is None:
            return rows
        directions = (inputs[1:] - inputs[0]) / steps[:, None]
        states, tangents = rows[:, :, 0], (rows[:, :, 1:] - rows[:, :, :1]) / steps
        states, tangents = settled_course(self.program, inputs[0], directions, times, states, tangents)
        return np.concatenate([states[:, :, None], states[:, :, None] + tangents * steps], axis=2)

    def stretch(self, start: float, end: float, times: FloatArray, atol: FloatArray, tested: bool) -> Stretch:
        """A stretch of time made ready for many calls, with the arguments of `run` and `follow` that stay; `atol` is
        (n_species,)."""
        same = {
            "start": start, "end": end, "rtol": self._rtol, "max_steps": self._max_steps, "tested": int(tested),
            "columns": self._columns, "columns_code": _NO_CODE, "columns_literals": _NONE, "switches": _NONE,
            "stop": None, "progress": None, "max_step": self._longest * (end - start),
        }  # fmt: skip
        longest = min(self._longest * (end - start), longest_step(self.program.timed, start, end))
        return Stretch(self._core, self._runner, self.program, same, times, atol, longest)


class Along:
    """Directions (P, n_inputs) of derivatives; they stand in the `columns` (P,) of `width` columns."""

    def __init__(self, directions: FloatArray, columns: NDArray[np.intp], width: int) -> None:
        self.directions, self.columns, self.width = directions, columns.astype(np.uint32), width
        self.found = np.zeros(len(directions), np.int64)


class Stretch:
    """One stretch of time made ready: only inputs differ between calls, and what is not done to its end is None."""

    def __init__(
        self, core: Any, runner: Any, program: RateProgram, same: dict[str, Any], times: FloatArray, atol: FloatArray,
        longest: float,
    ) -> None:  # fmt: skip
        self._core, self._runner, self._model, self._longest = core, runner, program.model, longest
        self._program, self._start = program, float(same["start"])
        self._times, self._atol, self._n = times, atol, len(atol)
        self._kept = int(times[0] <= same["start"])
        self._rows = {**same, "times": times}
        self._beside = {
            **same, "times": times[self._kept :], "atol": atol, "max_step": longest, "counts": np.zeros(6, np.int64),
            "reached": np.empty(1),
        }  # fmt: skip
        self._room = self._rows_of(1)

    def run(self, inputs: FloatArray) -> FloatArray | None:
        """States (m, n_times, n_species) of inputs (m, n_inputs), as `RowSegments.run`."""
        inputs = settled(self._program, inputs, self._start)
        m = len(inputs)
        values = np.empty((m, len(self._times), self._n))
        if len(self._room["reached"]) != m:
            self._room = self._rows_of(m)
        room = self._room
        room["status"].fill(NOT_RUN)
        room["inputs"], room["values"] = inputs, values
        number, short = self._core.batch(self._runner, room)
        if number:
            status_of(number)
        return None if short else settled_states(self._program, inputs, self._times, values)

    def _rows_of(self, m: int) -> dict[str, Any]:
        """What m rows are asked with, and the room for what is told of them."""
        atol = np.empty((m, self._n))
        atol[:] = self._atol
        return {
            **self._rows, "finals": np.empty((m, self._n)), "atol": atol, "status": np.empty(m, np.int64),
            "reached": np.empty(m), "counts": np.zeros((m, 5), np.int64),
        }  # fmt: skip

    def follow(self, inputs: FloatArray, along: Along, scale: FloatArray, steps: FloatArray) -> FloatArray | None:
        """States (n_times, n_species, width) of inputs (n_inputs,), and in the columns of `along` those that lie
        `steps` (P,) along its directions, as `RowSegments.follow`; `scale` (P,) is what change along each counts as
        one.  None also where nothing moves."""
        n, kept, directions, columns = self._n, self._kept, along.directions, along.columns
        found = along.found
        found[:] = 0
        inputs, directions = settled_along(self._program, inputs, directions, self._start)
        self._core.moved(self._model, {"inputs": inputs, "directions": directions, "moved": found})
        if not found.all():
            moved = np.flatnonzero((found != 0) | (directions[:, -n:] != 0.0).any(axis=1))
            if not len(moved):
                return None
            directions, columns, scale, steps = directions[moved], columns[moved], scale[moved], steps[moved]
        values, rows = np.empty((len(self._times), n)), np.empty((len(self._times), n, along.width))
        if kept:
            values[0] = inputs[-n:]
            rows[0] = inputs[-n:, None]
            rows[0][:, columns] += directions[:, -n:].T * steps
        asked = {
            **self._beside, "inputs": inputs, "state": inputs[-n:].copy(), "values": values[kept:], "rows": rows[kept:],
            "directions": directions, "scale": scale, "tangents": np.array(directions[:, -n:].T, order="C"),
            "steps": steps, "columns": columns, "width": along.width,
        }  # fmt: skip
        status = status_of(self._core.sensitivities(self._model, asked))
        if status is not Status.DONE:
            return None
        return rows if self._program.settler is None else self._settled(inputs, directions, steps, columns, rows)

    def _settled(
        self, inputs: FloatArray, directions: FloatArray, steps: FloatArray, columns: NDArray[np.uint32],
        rows: FloatArray,
    ) -> FloatArray:  # fmt: skip
        """Rows (n_times, n_species, width) at equilibrium."""
        states, tangents = rows[:, :, 0], (rows[:, :, columns] - rows[:, :, :1]) / steps
        states, tangents = settled_course(self._program, inputs, directions, self._times, states, tangents)
        rows = np.repeat(states[:, :, None], rows.shape[2], axis=2)
        rows[:, :, columns] += tangents * steps
        return rows


def _scale(inputs: FloatArray, directions: FloatArray) -> FloatArray:
    """What change along each direction counts as one: that which moves some input by its own size."""
    with np.errstate(divide="ignore", invalid="ignore"):
        sizes = np.where((inputs != 0.0) & (directions != 0.0), np.abs(inputs / directions), np.inf)
    least = sizes.min(axis=1)
    return np.where(np.isfinite(least), least, 1.0)
