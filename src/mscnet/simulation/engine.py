"""Which engine runs a method: the compiled kernels where they are installed, else SciPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mscnet import kernels
from mscnet.kinetics.program import RateProgram, build_rate_program
from mscnet.kinetics.switches import switch_times
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.compiled import COMPILED, integrate_compiled
from mscnet.simulation.conditions import Watch
from mscnet.simulation.loop import Outcome, Progress, integrate
from mscnet.simulation.methods import get_method
from mscnet.simulation.problem import FloatArray, Problem
from mscnet.simulation.settings import longest_step
from mscnet.simulation.status import Status
from mscnet.simulation.tolerances import AbsoluteTolerance, read_atol

if TYPE_CHECKING:
    from mscnet.kinetics.system import RateSystem

#: After these `auto` tries again with SciPy's Radau, which recovers from trial states outside a law's domain.
RECOVERABLE = (Status.NOT_FINITE, Status.STEP_TOO_SMALL)


def run_engine(
    model: Mechanism,
    method: str,
    start: float,
    times: FloatArray,
    progress: Progress | None,
    *,
    atol: AbsoluteTolerance | None,
    rtol: float,
    max_steps: int,
    watch: Watch,
) -> tuple[Problem, FloatArray, Outcome]:
    """The problem that was solved, the states (n_times, n_species) at `times`, and how far they go.

    Raises:
        MechanismError: values are missing, tolerances make no sense, or the method needs kernels and there are none.
    """
    if model.events:
        from mscnet.simulation.event_run import run_events

        return run_events(model, method, start, times, progress, atol=atol, rtol=rtol, max_steps=max_steps, watch=watch)
    end = float(times[-1])
    if method not in COMPILED or kernels.core() is None:
        from mscnet.kinetics.system import build_rate_system

        problem = build_problem(build_rate_system(model.network()), start, end, atol, rtol)
        problem.watch = watch
        values = np.empty((len(times), problem.size))
        return problem, values, integrate(get_method(method), problem, times, values, max_steps, progress)
    program = build_rate_program(model.network())
    problem = build_problem(program, start, end, atol, rtol)
    problem.watch = watch
    values = np.empty((len(times), problem.size))
    outcome = integrate_compiled(method, program, problem, times, values, max_steps, progress)
    if method != "auto" or outcome.status not in RECOVERABLE:
        return problem, values, outcome
    return recover(problem, times, values, outcome, max_steps, progress)


def build_problem(
    system: RateSystem | RateProgram, start: float, end: float, atol: AbsoluteTolerance | None, rtol: float
) -> Problem:
    """The problem that a system poses over a span of time, with its tolerances, switches and longest step."""
    x0 = system.initial()
    if system.settler is not None:
        x0 = system.settler.state(system.network.mechanism, start, x0)
    problem = Problem(system, start, end, x0, rtol, read_atol(atol, rtol, x0, system))
    problem.max_step = longest_step(system.timed, start, end)
    problem.switches = switch_times(system.network.mechanism, start, end) if system.timed else ()
    return problem


def recover(
    problem: Problem, times: FloatArray, values: FloatArray, first: Outcome, max_steps: int, progress: Progress | None
) -> tuple[Problem, FloatArray, Outcome]:
    """The rest of a run up to the problem's end, by Radau from the last good state."""
    from mscnet.kinetics.system import build_rate_system

    end = problem.end
    system = build_rate_system(problem.system.network)
    rest = Problem(system, first.time, end, first.state, problem.rtol, problem.atol, problem.max_step)
    rest.switches = [time for time in problem.switches if time > first.time]
    rest.watch = problem.watch
    rest.counts, rest.used = problem.counts, [*problem.used, "radau"]
    kept, steps = first.kept, max(1, max_steps - first.steps)
    outcome = integrate(get_method("radau"), rest, times[kept:], values[kept:], steps, progress)
    outcome.kept += kept
    outcome.steps += first.steps
    return rest, values, outcome
