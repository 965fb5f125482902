"""Network-free simulation: rules applied to single molecules, whose network of species is never made.

A run is a sample of the same chemical master equation as a stochastic run of the network that the rules make (Sneddon,
Faeder, Emonet, Nat. Methods 8 (2011) 177), and costs what its events cost, however many species there could be.  Run
number r of a seed is always the same, whatever runs beside it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.kinetics.molecules import with_volume
from mscnet.kinetics.switches import switch_times
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass
from mscnet.simulation.grid import Time, output_times
from mscnet.simulation.many_runs import MAX_EVENTS, NO_MEMORY, STATUS, Crew, check_size, worst_run
from mscnet.simulation.particles import Particles, build_particles
from mscnet.simulation.provenance import stochastic_provenance
from mscnet.simulation.repeats import Repeats
from mscnet.simulation.run_ends import (
    StochasticWarning,
    checked_limit,
    checked_seed,
    explain_end,
    whole_repeats,
    whole_run,
)
from mscnet.simulation.status import Status
from mscnet.simulation.trajectory import Trajectory

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ParticleBatch:
    """What many runs gave: `values` (n_runs, n_times, n_names) where `kept` (n_runs,) output times are filled, the
    numbers of `events` and of `nulls` (tries that came to nothing), `status`, `culprit` (the rule whose rate was wrong,
    else -1) and the times `reached`, all (n_runs,)."""

    values: FloatArray
    kept: NDArray[np.int64]
    events: NDArray[np.int64]
    nulls: NDArray[np.int64]
    status: NDArray[np.int64]
    culprit: NDArray[np.int64]
    reached: FloatArray

    def outcome(self, run: int) -> Status:
        """How a run ended."""
        return STATUS[self.status[run]]


def run_particles(
    particles: Particles,
    start: float,
    times: FloatArray,
    runs: Sequence[int] | NDArray[np.int64],
    seed: int,
    *,
    max_events: int = MAX_EVENTS,
    jobs: int | None = None,
    progress: Callable[[float], object] | None = None,
) -> ParticleBatch:
    """Simulate runs number `runs` of `seed` from `start` to times[-1], with output at `times` (n_times,), increasing.

    The work goes over `jobs` threads, by default as many as there are cores; the result does not depend on it.
    Never raises for Ctrl-C: the batch has what was reached.

    Raises:
        MechanismError: the result would be too large.
        MemoryError: there is not enough.
    """
    n_runs, n_names = len(runs), len(particles.names)
    check_size(n_runs, len(times), n_names, "columns")
    kept, events, nulls, status, culprit = np.zeros((5, n_runs), dtype=np.int64)
    reached = np.full(n_runs, start, dtype=np.float64)
    batch = ParticleBatch(np.zeros((n_runs, len(times), n_names)), kept, events, nulls, status, culprit, reached)
    edges = np.array([start, *switch_times(particles.laws, start, float(times[-1])), float(times[-1])])
    halt = np.zeros(1, dtype=np.int64)
    work = _Work(particles, batch, times, edges, np.array(runs, dtype=np.int64), seed, max_events, halt)
    Crew(work.make, batch, start, float(times[-1]), halt).together(jobs, progress)
    return batch


@dataclass(eq=False)
class _Work:
    """What every run needs, and how some of them are made."""

    particles: Particles
    batch: ParticleBatch
    times: FloatArray
    edges: FloatArray
    runs: NDArray[np.int64]
    seed: int
    max_events: int
    stop: NDArray[np.int64]

    def make(self, part: slice) -> None:
        """Make some of the runs."""
        core: Any = kernels.core()
        particles, batch = self.particles, self.batch
        core.run_nf(particles.system, {
            **particles.numbers, "seeds": particles.seeds, "populations": particles.populations,
            "edges": self.edges, "times": self.times, "runs": self.runs[part], "seed": self.seed,
            "max_events": self.max_events, "stop": self.stop, "values": batch.values[part],
            "reached": batch.reached[part], "kept": batch.kept[part], "events": batch.events[part],
            "nulls": batch.nulls[part], "status": batch.status[part], "culprit": batch.culprit[part],
        })  # fmt: skip
        if (batch.status[part] == NO_MEMORY).any():
            raise MemoryError("there are too many molecules for the memory of this machine")


def repeat_particles(
    model: Mechanism,
    repeats: int,
    t_end: Time | None,
    spacing: tuple[Any, Any, Any, Any],
    seed: int | None,
    volume: float | str | None,
    max_events: int | None,
    jobs: int | None,
    progress: Callable[[float], object] | None,
) -> Repeats:
    """Runs 1 … `repeats` of a chosen model; arguments and errors as of `stochastic_runs.simulate_repeats`, `spacing`
    as in `output_times`."""
    model = with_volume(model, volume)
    first, grid = output_times(model, t_end, *spacing)
    numbers = np.arange(1, int(repeats) + 1)
    particles, batch, settings = _run(model, first, grid, numbers, seed, max_events, jobs, progress)
    done = batch.status == 0
    worst, status = worst_run(batch.status)
    statistics = {**settings, "events": int(batch.events.sum()), "null_events": int(batch.nulls.sum())}
    statistics["repeats"] = int(done.sum())
    origin = stochastic_provenance(model, settings["seed"], particles.omega) | {"method": "nf"}
    values = batch.values if done.all() else batch.values[done]
    result = Repeats(numbers[done], grid, particles.names, values, particles.model, status, statistics, origin)
    return whole_repeats(result, len(numbers), worst, lambda run: _explain(particles, batch, run, numbers))


def particles_once(
    model: Mechanism,
    t_end: Time | None,
    seed: int | None,
    volume: float | str | None,
    max_events: int | None,
    progress: Callable[[float], object] | None,
    **spacing: Any,
) -> Trajectory:
    """Run 1 of `repeat_particles` as a trajectory.  Errors as there."""
    model = with_volume(model, volume)
    first, grid = output_times(model, t_end, **spacing)
    particles, batch, settings = _run(model, first, grid, np.array([1]), seed, max_events, 1, progress)
    kept, status = int(batch.kept[0]), batch.outcome(0)
    statistics = {**settings, "events": int(batch.events[0]), "null_events": int(batch.nulls[0])}
    origin = stochastic_provenance(model, settings["seed"], particles.omega) | {"method": "nf"}
    values = batch.values[0, :kept]
    result = Trajectory(grid[:kept], particles.names, values, particles.model, status, statistics, origin)
    return whole_run(result, len(grid), lambda run: _explain(particles, batch, run, np.array([1])))


def _run(
    model: Mechanism, first: float, grid: FloatArray, numbers: NDArray[np.int64], seed: int | None,
    max_events: int | None, jobs: int | None, progress: Callable[[float], object] | None,
) -> tuple[Particles, ParticleBatch, dict[str, Any]]:  # fmt: skip
    limit, chosen = checked_limit(max_events), checked_seed(seed)
    particles = build_particles(model, len(grid))
    for note in particles.notes:
        warnings.warn(note, StochasticWarning, stacklevel=5)
    batch = run_particles(particles, first, grid, numbers, chosen, max_events=limit, jobs=jobs, progress=progress)
    return particles, batch, {"method": "nf", "seed": chosen}


def _explain(particles: Particles, batch: ParticleBatch, run: int, numbers: NDArray[np.int64]) -> str:
    culprit = int(batch.culprit[run])
    name = "the sum of all rates" if culprit < 0 else f"the rate of rule `{particles.rules[culprit]}`"
    return explain_end(batch, run, numbers, particles.model.units.time.symbol, name, "")
