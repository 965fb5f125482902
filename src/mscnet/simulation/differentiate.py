"""Runs with exact derivatives on plain arrays, in the compiled kernels: what `sensitivities`, `gradient` and fits use.

The state is integrated by BDF; its derivatives are those of the same steps (see kernels/sens_forward.c and
kernels/sens_adjoint.c).  A run is cut at its switches.  Where a switch moves with an input, the sensitivities jump
there by the difference of the rates times the derivative of its time (Rozenvasser, Automation and Remote Control 28
(1967) 1007).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.diagnostics import MechanismError
from mscnet.kinetics.program import RateProgram
from mscnet.kinetics.switches import beside
from mscnet.records import dataclass, field
from mscnet.simulation.compiled import NO_MEMORY, STATUSES, status_of
from mscnet.simulation.inputs import switches
from mscnet.simulation.loop import Outcome
from mscnet.simulation.problem import Problem
from mscnet.simulation.settings import longest_step
from mscnet.simulation.starts import pulled_back, settled, settled_along, settled_course, settled_states
from mscnet.simulation.status import Status

FloatArray = NDArray[np.float64]

#: The record of a run holds at most so many numbers, steps × species (2 GB).
MAX_RECORDED = 250_000_000

_COUNTS = ("rejected", "rhs", "jacobian", "factorisations")


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What a run is asked for: its start, output times (n_times,) from then on that increase, tolerances (`atol` is
    (n_species,)), all in the file's units; `progress` is called with the time reached."""

    start: float
    times: FloatArray
    rtol: float
    atol: FloatArray
    max_steps: int = 500_000
    progress: Callable[[float], object] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Forward:
    """A run with sensitivities: `values` (n_times, n_species) and `sensitivities` (n_times, n_species, P), filled up to
    `outcome.kept` rows."""

    outcome: Outcome
    values: FloatArray
    sensitivities: FloatArray
    counts: dict[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A run that remembers its steps: `values` (n_times, n_species), filled up to `outcome.kept` rows."""

    outcome: Outcome
    values: FloatArray
    counts: dict[str, int]
    _stretches: list[_Stretch] = field(repr=False)
    _program: RateProgram = field(repr=False)
    #: (n_inputs,) as they were given, and when the run began.
    _inputs: FloatArray = field(repr=False)
    _start: float
    _times: FloatArray = field(repr=False)

    def gradient(self, weights: FloatArray) -> FloatArray:
        """d(sum of weights × values)/d(inputs), (n_inputs,), for weights (n_times, n_species); each input is moved
        alone (see `inputs.through_initials`).  The run has reached its end."""
        core: Any = kernels.core()
        weights = np.ascontiguousarray(weights, dtype=np.float64)
        total, state = np.zeros(len(self._inputs)), np.zeros(weights.shape[1])
        if self._program.settler is not None:
            weights, total = self._through_equilibria(weights)
        for stretch in reversed(self._stretches):
            if stretch.jump is not None:
                total += (state @ stretch.jump) * stretch.slope
            within = weights[stretch.first : stretch.last]
            core.gradient(stretch.record, {"weights": within, "state": state, "gradient": total})
        first = self._stretches[0].first if self._stretches else len(weights)
        state += weights[:first].sum(axis=0)  # output at the start
        total[len(total) - len(state) :] += state
        return pulled_back(self._program, self._inputs, total, self._start)

    def _through_equilibria(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The weights of what was integrated, from those of what fast steps made of it, and what these make of the
        inputs (n_inputs,) by themselves."""
        n, count = weights.shape[1], len(self._inputs)
        moved = np.zeros((len(weights), n, count))
        moved[:, :, count - n :] = np.eye(n)
        inputs = settled(self._program, self._inputs[None], self._start)[0]
        turned = settled_course(self._program, inputs, np.eye(count), self._times, self.values, moved)[1]
        through = np.einsum("tk,tki->ti", weights, turned)
        total = np.zeros(count)
        total[: count - n] = through[:, : count - n].sum(axis=0)
        return np.ascontiguousarray(through[:, count - n :]), total


@dataclass(frozen=True, slots=True, eq=False)
class _Stretch:
    """The record between two switches: rows first … last - 1 of the output, and the jump of dx/dt at its end."""

    record: Any
    first: int
    last: int
    jump: FloatArray | None
    slope: FloatArray


def forward(
    program: RateProgram,
    inputs: FloatArray,
    directions: FloatArray,
    course: Course,
    scale: FloatArray,
    tested: bool = True,
) -> Forward:
    """Integrate with the sensitivities dx/d(inputs) @ direction for each of `directions` (P, n_inputs).

    `scale` (P,): what change along a direction counts as one: `scale` times a sensitivity is held to the tolerances of
    the state, in the error test where `tested`.  What goes wrong with the numbers is in the outcome.

    Raises:
        MechanismError: two switches coincide, but follow the inputs differently.
        MemoryError: the model is too large for this machine.
    """
    core: Any = kernels.core()
    inputs, directions = settled_along(program, inputs, directions, course.start)
    n, count = len(program.species), len(directions)
    values, rows = np.empty((len(course.times), n)), np.empty((len(course.times), n, count))
    tangents = np.ascontiguousarray(directions[:, -n:].T) if n else np.zeros((0, count))
    more = {
        "directions": np.ascontiguousarray(directions),
        "scale": np.ascontiguousarray(scale, dtype=np.float64),
        "tested": int(tested),
        "tangents": tangents,
    }
    run = _Run(program, inputs, course, values)
    if run.outcome.kept:
        rows[0] = tangents
    for asked, jump, slope in run.stretches():
        asked |= more | {"rows": rows[run.outcome.kept : run.stop]}
        run.take(asked, lambda model, asked: (core.sensitivities(model, asked), None))
        if jump is not None and run.outcome.status is Status.DONE:
            tangents += np.outer(jump(), directions @ slope)
    if program.settler is not None:
        kept, times = run.outcome.kept, np.asarray(course.times)
        values[:kept], rows[:kept] = settled_course(
            program, inputs, directions, times[:kept], values[:kept], rows[:kept]
        )
    return Forward(run.outcome, values, rows, run.counts)


def record(program: RateProgram, inputs: FloatArray, course: Course) -> Record:
    """Integrate and remember the steps, so that gradients of sums over the output can be had.

    Raises:
        MechanismError: two switches coincide but follow the inputs differently, or the run would take more than
            `MAX_RECORDED` numbers to remember.
        MemoryError: the model is too large for this machine.
    """
    core: Any = kernels.core()
    values = np.empty((len(course.times), len(program.species)))
    given, inputs = inputs, settled(program, inputs[None], course.start)[0]
    run = _Run(program, inputs, course, values)
    stretches: list[_Stretch] = []
    for asked, jump, slope in run.stretches():
        asked["most_numbers"] = MAX_RECORDED
        first = run.outcome.kept
        kept = run.take(asked, core.record)
        if kept is None:
            break
        stretches.append(_Stretch(kept, first, run.outcome.kept, None if jump is None else jump(), slope))
    kept, times = run.outcome.kept, np.asarray(course.times, dtype=np.float64)
    values[:kept] = settled_states(program, inputs[None], times[:kept], values[None, :kept])[0]
    return Record(run.outcome, values, run.counts, stretches, program, given, course.start, times)


class _Run:
    """The stretches of one run, and what it has reached."""

    def __init__(self, program: RateProgram, inputs: FloatArray, course: Course, values: FloatArray) -> None:
        self.program, self.course, self.values = program, course, values
        self.inputs = np.ascontiguousarray(inputs, dtype=np.float64)
        self.end = float(course.times[-1])
        self.outcome = Outcome(Status.DONE, course.start, self.inputs[len(inputs) - len(program.species) :].copy())
        self.counts = {"rhs": 0, "jacobian": 0}
        self.stop = 0
        if course.times[0] <= course.start:
            values[0] = self.outcome.state
            self.outcome.kept = 1

    def stretches(self) -> Iterator[tuple[dict[str, Any], Callable[[], FloatArray] | None, FloatArray]]:
        """What to ask the kernels for from switch to switch, while each is taken and done; with it, if a switch that
        moves with the inputs follows, the jump of dx/dt there and the derivatives of its time."""
        course, outcome = self.course, self.outcome
        slopes = dict(switches(self.program, self.inputs, course.start, self.end))
        problem = Problem(self.program, course.start, self.end, outcome.state, course.rtol, course.atol)
        problem.switches = list(slopes)
        for start, end, edge in problem.segments():
            outcome.time = start
            if not np.isfinite(self._rhs(start)).all():
                outcome.status = Status.NOT_FINITE
                return
            self.stop = int(np.searchsorted(course.times, edge, side="right"))
            slope = slopes.get(edge, np.zeros(len(self.inputs)))
            yield self._asked(start, end), self._jump(edge) if slope.any() else None, slope
            if outcome.status is not Status.DONE:
                return

    def _asked(self, start: float, end: float) -> dict[str, Any]:
        course, outcome = self.course, self.outcome
        return {
            "inputs": self.inputs,
            "state": outcome.state,
            "start": start,
            "end": end,
            "times": np.ascontiguousarray(course.times[outcome.kept : self.stop]),
            "values": self.values[outcome.kept : self.stop],
            "rtol": course.rtol,
            "atol": course.atol,
            "max_step": longest_step(self.program.timed, course.start, self.end),
            "max_steps": course.max_steps - outcome.steps,
            "counts": np.zeros(6, dtype=np.int64),
            "reached": np.array([start]),
            "progress": course.progress,
        }

    def take(self, asked: dict[str, Any], call: Callable[[Any, dict[str, Any]], tuple[int, Any]]) -> Any:
        """Run one stretch; what it gave besides its status."""
        outcome = self.outcome
        number, given = STATUSES.index(Status.INTERRUPTED), None
        with suppress(KeyboardInterrupt):
            number, given = call(self.program.model, asked)
        outcome.time, counts = float(asked["reached"][0]), asked["counts"]
        outcome.kept += int(counts[0])
        outcome.steps += int(counts[1])
        for name, count in zip(_COUNTS, counts[2:], strict=True):
            self.counts[name] = self.counts.get(name, 0) + int(count)
        if number == NO_MEMORY:
            raise self._no_memory(outcome.steps)
        outcome.status = status_of(number)
        return given

    def _no_memory(self, steps: int) -> Exception:
        if (steps + 1) * len(self.program.species) < MAX_RECORDED // 2:
            return MemoryError("the model is too large for the memory of this machine")
        message = f"the record of {steps:,} steps of {len(self.program.species):,} species takes more than 2 GB"
        hint = "loosen rtol, end the run earlier, or ask for forward sensitivities to few parameters"
        return MechanismError.of("E043", message, hint=hint)

    def _jump(self, edge: float) -> Callable[[], FloatArray]:
        """dx/dt just before a switch minus just after it, at the state reached by then."""
        before, after = (beside(edge, side) for side in (-1.0, 1.0))
        return lambda: self._rhs(before) - self._rhs(after)

    def _rhs(self, time: float) -> FloatArray:
        core: Any = kernels.core()
        out = np.empty(len(self.program.species))
        core.evaluate(self.program.model, {"inputs": self.inputs, "x": self.outcome.state, "time": time, "rhs": out})
        return out
