"""`simulate`: from a mechanism and a span of time to a trajectory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.kinetics.switches import beyond_tables
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.conditions import Watch
from mscnet.simulation.engine import run_engine
from mscnet.simulation.failure import explain
from mscnet.simulation.grid import Time, output_times
from mscnet.simulation.loop import Outcome
from mscnet.simulation.methods import NETWORK_FREE, STOCHASTIC, get_method
from mscnet.simulation.problem import Problem
from mscnet.simulation.provenance import provenance, run_statistics
from mscnet.simulation.settings import chosen_settings
from mscnet.simulation.status import SimulationError as SimulationError
from mscnet.simulation.status import Status
from mscnet.simulation.tolerances import AbsoluteTolerance, check_rtol
from mscnet.simulation.trajectory import Trajectory

MAX_STEPS = 500_000


def simulate(
    mechanism: Mechanism,
    t_end: Time | None = None,
    *,
    points: int | None = None,
    every: Time | None = None,
    times: Sequence[Time] | NDArray[np.float64] | None = None,
    start: Time | None = None,
    method: str | None = None,
    rtol: float | None = None,
    atol: AbsoluteTolerance | None = None,
    max_steps: int | None = None,
    seed: int | None = None,
    volume: float | str | None = None,
    stop_when: str | None = None,
    watch: Iterable[str] = (),
    progress: Callable[[float], object] | None = None,
) -> Trajectory:
    """Integrate the rate equations of the mechanism's chosen model, or follow its molecules one by one.

    Times are numbers in the file's time unit or texts such as ``"240 min"``.  What is left out comes from the
    file's options, else the run starts at 0, its method is ``auto`` and its `rtol` 1e-6 (for the output times
    see `grid.output_times`).  `method` is a name in `methods.METHODS`.  `atol` is a concentration, one a
    species in an array, or a mapping of species to it; by default it follows the initial concentrations (see
    `tolerances.default_atol`).  Where a rate switches at a time (``if(time < 5 min, …)``) the run is cut there,
    and where it depends on time at all, steps are no longer than a thousandth of the run.  `progress` is called
    with the fraction that is done.  With method ``ssa`` the run is stochastic: `seed` and `volume` as in
    `stochastic_runs.simulate_repeats`, of which it is repeat 1, and `max_steps` counts events; ``nf`` follows rules
    molecule by molecule, without the network that they make, and gives observables alone.

    `stop_when` is a condition such as ``"[A] < 0.1 mM"``: the run ends where it begins to hold, and that time is
    then the trajectory's last.  Times at which it or the conditions of `watch` begin or cease to hold are kept in
    the trajectory's `crossings`.  One that holds at the start has to cease before it can begin.

    Raises:
        TypeError: `mechanism` is something else.
        MechanismError: values are missing, or a setting makes no sense.
        SimulationError: the numerics could not finish, or Ctrl-C was pressed; `.trajectory` has what was kept.
    """
    if not isinstance(mechanism, Mechanism):
        raise TypeError(f"give a Mechanism, not {type(mechanism).__name__}: mscnet.simulate(mscnet.load(…))")
    method, rtol, atol = chosen_settings(mechanism.chosen, method, rtol, atol)
    model = mechanism.chosen if method == NETWORK_FREE else mechanism.expanded
    if method in STOCHASTIC:
        spacing = {"points": points, "every": every, "times": times, "start": start}
        return _stochastic(method, stop_when, watch, model, t_end, seed, volume, max_steps, progress, **spacing)
    if seed is not None or volume is not None:
        raise MechanismError.of("E045", "an integration has neither seed nor volume", hint="method='ssa' is stochastic")
    get_method(method)
    first, grid = output_times(model, t_end, points, every, times, start)
    max_steps = MAX_STEPS if max_steps is None else max_steps
    if max_steps < 1:
        raise MechanismError.of("E045", f"max_steps is a number above 0, not {max_steps}")
    limits: dict[str, Any] = {"atol": atol, "rtol": check_rtol(rtol), "max_steps": max_steps}
    limits["watch"] = Watch.of(model, stop_when, watch)
    problem, values, outcome = run_engine(model, method, first, grid, progress, **limits)
    result = _trajectory(model, method, grid, values, problem, outcome)
    if not outcome.status.finished:
        raise SimulationError(outcome.status, result, explain(outcome, problem, grid, max_steps))
    return result


def _trajectory(
    model: Mechanism, method: str, grid: NDArray[np.float64], values: NDArray[np.float64], problem: Problem,
    outcome: Outcome,
) -> Trajectory:  # fmt: skip
    time, states = _kept(grid, values, outcome)
    recorded = _recorded(problem, len(time)) if problem.events is not None else {}
    if getattr(problem.system, "timed", False):
        recorded["notes"] = (*recorded.get("notes", ()), *beyond_tables(model, float(grid[0]), float(grid[-1])))
    statistics = run_statistics(method, outcome, problem)
    origin = provenance(model, method, problem.rtol, problem.atol)
    crossings = tuple(problem.watch.crossings)
    return Trajectory(
        time, problem.system.species, states, model, outcome.status, statistics, origin, crossings, **recorded
    )


def _recorded(problem: Problem, n_times: int) -> dict[str, Any]:
    """The fields of a trajectory that say what events have done; where a condition ended the run between two output
    times, parameters have their last values at its last one."""
    log = problem.events
    assert log is not None
    model, courses = problem.system.network.mechanism, {}
    for name, course in log.courses.items():
        courses[name] = np.append(course, model.value_of(name))[:n_times]
        courses[name][-1:] = course[n_times - 1] if n_times <= len(course) else model.value_of(name)
    return {"events": tuple(log.firings), "courses": courses, "notes": tuple(log.notes)}


def _stochastic(
    method: str, stop_when: str | None, watch: Iterable[str], *arguments: Any, **spacing: Any
) -> Trajectory:
    """One stochastic run, which watches no conditions."""
    from mscnet.simulation.stochastic_runs import simulate_once

    if stop_when is not None or tuple(watch):
        raise MechanismError.of("E045", "a stochastic run watches no conditions", hint="leave stop_when and watch out")
    return simulate_once(*arguments, method=method, **spacing)


def _kept(grid: NDArray[np.float64], values: NDArray[np.float64], outcome: Outcome) -> tuple[Any, Any]:
    """Times and states that were reached, with the one at which a condition ended the run."""
    n = outcome.kept
    if outcome.status is Status.STOPPED and (n == 0 or grid[n - 1] < outcome.time):
        return np.append(grid[:n], outcome.time), np.vstack([values[:n], outcome.state])
    return (grid, values) if n == len(grid) else (grid[:n].copy(), values[:n].copy())
