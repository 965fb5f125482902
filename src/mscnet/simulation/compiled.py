"""Integration in the compiled kernels: the sibling of `loop`, with the same outcomes.

A stretch between two switches is one call, in which the global interpreter lock is released.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.kinetics.program import RateProgram
from mscnet.simulation.jumps import Jumps
from mscnet.simulation.loop import Outcome, Progress, Report
from mscnet.simulation.problem import Problem
from mscnet.simulation.status import Status

#: The compiled methods, numbered as in kernels/ode.h.
COMPILED: Mapping[str, int] = MappingProxyType({"rosenbrock": 0, "bdf": 1, "tsit5": 2, "auto": 3})
_NAMES = {number: name for name, number in COMPILED.items()}

#: What a stretch ends with, numbered as in kernels/ode.h.
STATUSES = (
    Status.DONE, Status.INTERRUPTED, Status.NOT_FINITE, Status.STEP_TOO_SMALL, Status.TOO_MANY_STEPS, None,
    Status.STOPPED,
)  # fmt: skip
#: In which order a run takes up methods.
_IN_ORDER = (COMPILED["tsit5"], COMPILED["rosenbrock"], COMPILED["bdf"])
NO_MEMORY = STATUSES.index(None)


def integrate_compiled(
    method: str,
    program: RateProgram,
    problem: Problem,
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    max_steps: int,
    progress: Progress | None = None,
) -> Outcome:
    """Run a compiled method through `problem`, whose system is `program`, and fill the rows of `values`
    (n_times, n_species) at `times`.

    Never raises for trouble with the numbers, nor for Ctrl-C: the outcome says how the run ended.
    """
    outcome = Outcome(Status.DONE, problem.start, problem.state)
    if len(times) and times[0] <= problem.start:
        values[0] = problem.state
        outcome.kept = 1
    report = Report(progress, problem.start, problem.end)
    common = {
        "model": program.model,
        "inputs": program.inputs(),
        "atol": np.broadcast_to(np.asarray(problem.atol, dtype=np.float64), problem.state.shape).copy(),
        "rtol": problem.rtol,
        "max_step": problem.max_step,
        "method": COMPILED[method],
        "progress": report if progress is not None else None,
        "keep_positive": True,
        "conditions": [condition.program for condition in problem.watch.conditions],
    }
    try:
        _run_segments(common, problem, times, values, max_steps, report, outcome)
    except KeyboardInterrupt:
        outcome.status = Status.INTERRUPTED
    problem.settle(outcome, times, values)
    return outcome


def _run_segments(
    common: Mapping[str, Any],
    problem: Problem,
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    max_steps: int,
    report: Report,
    outcome: Outcome,
) -> None:
    """Run from switch to switch, until a stretch does not finish."""
    jumps = Jumps()
    for start, end, edge in list(problem.segments()):
        problem.move_to(start, outcome.state)
        within = times[: int(np.searchsorted(times, edge, side="right"))]
        outcome.status = _run(common, problem, end, within, values, max_steps, outcome)
        while outcome.status is Status.STEP_TOO_SMALL and jumps.crossed(problem, end, outcome):
            passed = int(np.searchsorted(within, outcome.time, side="right"))
            values[outcome.kept : passed], outcome.kept = outcome.state, max(outcome.kept, passed)
            problem.move_to(outcome.time, outcome.state)
            outcome.status = _run(common, problem, end, within, values, max_steps, outcome)
        if outcome.status is not Status.DONE:
            return
        report(outcome.time)


def _run(
    common: Mapping[str, Any],
    problem: Problem,
    end: float,
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    max_steps: int,
    outcome: Outcome,
) -> Status:
    """One stretch, from `problem.start` to `end`."""
    if not np.isfinite(problem.rhs(problem.start, problem.state)).all():
        return Status.NOT_FINITE
    core: Any = kernels.core()
    state = np.array(problem.state, dtype=np.float64)
    counts, reached = np.zeros(6, dtype=np.int64), np.array([problem.start])
    steps_by = np.zeros(len(COMPILED), dtype=np.int64)
    asked = {
        **common,
        "start": problem.start,
        "end": end,
        "state": state,
        "times": np.ascontiguousarray(times[outcome.kept :]),
        "values": values[outcome.kept : len(times)],
        "max_steps": max_steps - outcome.steps,
        "counts": counts,
        "reached": reached,
        "steps_by": steps_by,
        "side": problem.watch.side,
    }
    try:
        number = core.integrate(common["model"], asked)
    finally:
        _take(outcome, problem, state, reached, counts)
        problem.used += [f"compiled {_NAMES[k]}" for k in _IN_ORDER if steps_by[k]]
        _take_found(problem, asked)
    return status_of(number)


def status_of(number: int) -> Status:
    """What a call of the kernels ended with; raises MemoryError where that was a lack of memory."""
    status = STATUSES[number]
    if status is None:
        raise MemoryError("the model is too large for the memory of this machine")
    return status


def _take_found(problem: Problem, asked: Mapping[str, Any]) -> None:
    """The crossings that a call has found."""
    times, which, states = (np.frombuffer(asked.get("found_" + name, b"")) for name in ("times", "which", "states"))
    for time, number, state in zip(times, which, states.reshape(len(times), problem.size), strict=True):
        problem.watch.found(int(abs(number)) - 1, bool(number > 0), float(time), state)


def _take(
    outcome: Outcome, problem: Problem, state: NDArray[np.float64], reached: NDArray[np.float64], counts: Any
) -> None:
    """What a call has reached, also one that was interrupted."""
    outcome.time, outcome.state = float(reached[0]), state
    outcome.kept += int(counts[0])
    outcome.steps += int(counts[1])
    for name, count in zip(("rejected", "rhs", "jacobian", "factorisations"), counts[2:], strict=True):
        problem.counts[name] = problem.counts.get(name, 0) + int(count)
