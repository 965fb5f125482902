"""One prepared model run from any state over any stretch of time, some 20 µs a call: what protocols are made of."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.kinetics.program import RateProgram
from mscnet.kinetics.switches import may_switch, switch_times
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass
from mscnet.simulation.batch import BAD_START, NOT_RUN, structural_inputs
from mscnet.simulation.compiled import COMPILED, STATUSES, status_of
from mscnet.simulation.engine import RECOVERABLE
from mscnet.simulation.loop import integrate
from mscnet.simulation.methods import get_method
from mscnet.simulation.problem import Problem
from mscnet.simulation.starts import settled, settled_states
from mscnet.simulation.status import Status
from mscnet.simulation.tolerances import check_rtol

FloatArray = NDArray[np.float64]

_NO_SWITCHES = np.empty(0)
_NO_CODE = {"columns_code": np.empty(0, np.uint32), "columns_literals": np.empty(0)}


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """What a stretch gave: `states` (n_times, n_species), ``nan`` from where it did not get; the last good state,
    `final` (n_species,), at the time `reached`; its `status`; and `counts` (5,) as of a `Batch`."""

    states: FloatArray
    final: FloatArray
    status: Status
    reached: float
    counts: NDArray[np.int64]


class Segments:
    """A rate program made ready for many short runs; see `run`.

    `longest` is the longest step as a part of a stretch.  Not to be shared by threads.

    Raises:
        MechanismError: a tolerance that makes no sense, or a method that there is not.
    """

    def __init__(self, program: RateProgram, method: str, rtol: float, max_steps: int, longest: float = np.inf) -> None:
        get_method(method)
        self.program = program
        self._method, self._rtol, self._max_steps, self._longest = method, check_rtol(rtol), max_steps, longest
        self._base = program.inputs()
        self._structural = structural_inputs(program)
        self._switching = program.timed and may_switch(program.network.mechanism)
        self._core: Any = kernels.core() if method in COMPILED else None
        self._columns = np.arange(len(program.species), dtype=np.uint32)
        self._runner: Any = None if self._core is None else self._core.runner(program.model, COMPILED[method])

    def run(self, inputs: FloatArray, start: float, end: float, times: FloatArray, atol: FloatArray) -> Segment:
        """The states at `times` (n_times,), rising and within [start, end], from those that `inputs` (n_inputs,)
        ends with, and at the end; `atol` (n_species,) are absolute tolerances.

        Never raises for trouble with the numbers.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        inputs = settled(self.program, inputs[None], start)[0]
        if self._core is None or self._restructured(inputs):
            return self._readable(inputs, start, end, times, atol, self._method)
        segment = self._settled(self._compiled(inputs, start, end, times, atol), inputs, times)
        if segment.status in RECOVERABLE and self._method == "auto" and np.isfinite(inputs[-len(atol) :]).all():
            return self._readable(inputs, start, end, times, atol, "radau")
        return segment

    def _settled(self, found: Segment, inputs: FloatArray, times: FloatArray) -> Segment:
        """A stretch with what it gave brought to the equilibria of fast steps."""
        if self.program.settler is None:
            return found
        states = settled_states(self.program, inputs[None], times, found.states[None])[0]
        final = settled_states(self.program, inputs[None], np.array([found.reached]), found.final[None, None])[0, 0]
        return Segment(states, final, found.status, found.reached, found.counts)

    def _restructured(self, inputs: FloatArray) -> bool:
        """Whether a stoichiometric coefficient or a kinetic order is another than in the tables."""
        which = self._structural
        return bool(which) and bool((inputs[which] != self._base[which]).any())

    def _compiled(self, inputs: FloatArray, start: float, end: float, times: FloatArray, atol: FloatArray) -> Segment:
        n = len(self._columns)
        values, finals = np.empty((1, len(times), n)), np.empty((1, n))
        status, counts, reached = np.full(1, NOT_RUN, np.int64), np.zeros((1, 5), np.int64), np.empty(1)
        asked = {
            "times": times,
            "start": start,
            "end": end,
            "rtol": self._rtol,
            "atol": atol,
            "max_step": self._longest * (end - start),
            "max_steps": self._max_steps,
            "columns": self._columns,
            **_NO_CODE,
            "inputs": inputs[None],
            "switches": self._switches(inputs, start, end),
            "values": values,
            "finals": finals,
            "status": status,
            "reached": reached,
            "counts": counts,
            "stop": None,
        }
        number, _ = self._core.batch(self._runner, asked)
        status_of(number)
        if status[0] == BAD_START:
            return Segment(values[0], finals[0], Status.NOT_FINITE, start, counts[0])
        return Segment(values[0], finals[0], STATUSES[status[0]] or Status.DONE, float(reached[0]), counts[0])

    def _switches(self, inputs: FloatArray, start: float, end: float) -> FloatArray:
        if not self._switching:
            return _NO_SWITCHES
        found = switch_times(self._with_values(inputs), start, end)
        return np.array(found)

    def _with_values(self, inputs: FloatArray) -> Mechanism:
        return self.program.network.mechanism.with_values(self._named(inputs))

    def _named(self, inputs: FloatArray) -> dict[str, float | str]:
        """Inputs by name, without those that nobody gave; states a little below zero count as zero."""
        first = len(inputs) - len(self._columns)
        clean = np.where(np.arange(len(inputs)) >= first, np.maximum(inputs, 0.0), inputs)
        return {
            name: value for name, value in zip(self.program.input_index, clean.tolist(), strict=True) if value == value
        }

    # --- without kernels ---------------------------------------------------------------------

    @cached_property
    def _system(self) -> Any:
        from mscnet.kinetics.system import build_rate_system

        return build_rate_system(self.program.network)

    def _readable(
        self, inputs: FloatArray, start: float, end: float, times: FloatArray, atol: FloatArray, method: str
    ) -> Segment:
        """The same by the readable engine, for a model without kernels or whose rates they cannot follow."""
        system = self._system.with_values(self._named(inputs))
        x0 = np.maximum(inputs[len(inputs) - len(atol) :], 0.0)
        problem = Problem(system, start, end, x0, self._rtol, atol, self._longest * (end - start))
        problem.switches = switch_times(system.network.mechanism, start, end) if system.timed else ()
        values = np.full((len(times), len(x0)), np.nan)
        outcome = integrate(get_method(method), problem, times, values, self._max_steps, None)
        if outcome.status is Status.INTERRUPTED:
            raise KeyboardInterrupt
        values[outcome.kept :] = np.nan
        counted = [problem.counts.get(name, 0) for name in ("rejected", "rhs", "jacobian", "factorisations")]
        counts = np.array([outcome.steps, *counted], dtype=np.int64)
        return Segment(values, outcome.state, outcome.status, outcome.time, counts)
