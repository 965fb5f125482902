"""Stochastic runs for users: one as a trajectory, many as `Repeats`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.kinetics.molecules import with_volume
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.grid import Time, output_times
from mscnet.simulation.many_runs import worst_run
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
from mscnet.simulation.stochastic import Batch, Molecules, build_molecules, run_batch
from mscnet.simulation.trajectory import Trajectory

#: The most runs in one call.
MAX_REPEATS = 10_000_000


def simulate_repeats(
    mechanism: Mechanism,
    repeats: int,
    t_end: Time | None = None,
    *,
    seed: int | None = None,
    points: int | None = None,
    every: Time | None = None,
    times: Sequence[Time] | NDArray[np.float64] | None = None,
    start: Time | None = None,
    volume: float | str | None = None,
    method: str = "ssa",
    algorithm: str = "auto",
    max_events: int | None = None,
    jobs: int | None = None,
    progress: Callable[[float], object] | None = None,
) -> Repeats:
    """Exact stochastic runs 1 … `repeats` of the mechanism's chosen model.

    Every molecule counts: a run is a sample of the chemical master equation (Gillespie, J. Phys. Chem. 81 (1977) 2340).
    Concentrations are the file's, and numbers of molecules follow from `volume`, a number in the file's unit
    or a text such as ``"1 fL"``, else from `option volume`; populations of BioNetGen and concentrations on a scale of
    the file's own (``unit X``) are numbers of molecules themselves.  Times are as in `simulate`.

    Run r of a `seed` (a whole number from 0 to 2^63 - 1) is always the same, whatever the output times, `repeats` and
    `jobs`, the number of threads.  Without a seed one is drawn, and named in ``provenance``.  `algorithm` is
    ``direct``, ``rejection`` or ``auto``; they have the same distribution, not the same numbers.  With `method` ``nf``
    rules are followed molecule by molecule, and the runs have observables alone.

    Raises:
        TypeError: `mechanism` is something else.
        MechanismError: values are missing, a setting makes no sense, or the model means nothing for molecules.
        SimulationError: a propensity is no number, more than `max_events` events happened in a run, or Ctrl-C was
            pressed; `.trajectory` is the `Repeats` with the runs that were finished.
    """
    _check(mechanism, repeats)
    if _is_network_free(method):
        from mscnet.simulation.network_free import repeat_particles

        spacing = (points, every, times, start)
        return repeat_particles(mechanism.chosen, repeats, t_end, spacing, seed, volume, max_events, jobs, progress)
    model = with_volume(mechanism.expanded, volume)
    first, grid = output_times(model, t_end, points, every, times, start)
    numbers = np.arange(1, int(repeats) + 1)
    molecules, batch, settings = _run(model, first, grid, numbers, seed, algorithm, max_events, jobs, progress)
    done = batch.status == 0
    counts = batch.counts if done.all() else batch.counts[done]
    worst, status = worst_run(batch.status)
    statistics = {**settings, "events": int(batch.events.sum()), "repeats": int(done.sum())}
    origin = stochastic_provenance(model, settings["seed"], molecules.omega)
    values = _concentrations(counts, molecules)
    species = tuple(one.name for one in model.species)
    result = Repeats(numbers[done], grid, species, values, model, status, statistics, origin)
    return whole_repeats(result, len(numbers), worst, lambda run: _explain(molecules, batch, run, numbers))


def simulate_once(
    model: Mechanism,
    t_end: Time | None,
    seed: int | None,
    volume: float | str | None,
    max_events: int | None,
    progress: Callable[[float], object] | None,
    *,
    method: str = "ssa",
    **spacing: Any,
) -> Trajectory:
    """Run 1 of `simulate_repeats` as a trajectory; `spacing` as in `output_times`.  Errors as there."""
    if _is_network_free(method):
        from mscnet.simulation.network_free import particles_once

        return particles_once(model, t_end, seed, volume, max_events, progress, **spacing)
    model = with_volume(model, volume)
    first, grid = output_times(model, t_end, **spacing)
    molecules, batch, settings = _run(model, first, grid, np.array([1]), seed, "auto", max_events, 1, progress)
    kept = int(batch.kept[0])
    values = _concentrations(batch.counts[0, :kept], molecules)
    statistics = {**settings, "events": int(batch.events[0])}
    origin = stochastic_provenance(model, settings["seed"], molecules.omega)
    species, status = tuple(one.name for one in model.species), batch.outcome(0)
    recorded = _recorded(batch, kept) if batch.logs else {}
    result = Trajectory(grid[:kept], species, values, model, status, statistics, origin, **recorded)
    return whole_run(result, len(grid), lambda run: _explain(molecules, batch, run, np.array([1])))


def _check(mechanism: object, repeats: int) -> None:
    if not isinstance(mechanism, Mechanism):
        raise TypeError(f"give a Mechanism, not {type(mechanism).__name__}")
    if isinstance(repeats, bool) or not 1 <= repeats <= MAX_REPEATS or int(repeats) != repeats:
        raise MechanismError.of("E045", f"repeats is a whole number from 1 to {MAX_REPEATS:,}, not {repeats}")


def _is_network_free(method: str) -> bool:
    from mscnet.simulation.methods import NETWORK_FREE, STOCHASTIC

    if method not in STOCHASTIC:
        known = " and ".join(f"`{name}`" for name in STOCHASTIC)
        raise MechanismError.of("E044", f"the stochastic methods are {known}, not `{method}`")
    return method == NETWORK_FREE


def _recorded(batch: Batch, kept: int) -> dict[str, Any]:
    """The fields of a trajectory that say what the events of the first run have done."""
    log = batch.logs[0]
    courses = {name: course[:kept] for name, course in log.courses.items()}
    return {"events": tuple(log.firings), "courses": courses, "notes": tuple(log.notes)}


def _run(
    model: Mechanism, first: float, grid: NDArray[np.float64], numbers: NDArray[np.int64], seed: int | None,
    algorithm: str, max_events: int | None, jobs: int | None, progress: Callable[[float], object] | None,
) -> tuple[Molecules, Batch, dict[str, Any]]:  # fmt: skip
    if algorithm not in ("auto", "direct", "rejection"):
        raise MechanismError.of("E044", f"the algorithms are auto, direct and rejection, not `{algorithm}`")
    limit, chosen = checked_limit(max_events), checked_seed(seed)
    molecules = build_molecules(model)
    for note in molecules.notes:
        warnings.warn(note, StochasticWarning, stacklevel=4)
    batch = run_batch(
        molecules, first, grid, numbers, chosen, algorithm=algorithm, max_events=limit, jobs=jobs, progress=progress
    )
    return molecules, batch, {"method": "ssa", "algorithm": molecules.algorithm(algorithm), "seed": chosen}


def _concentrations(counts: NDArray[np.float64], molecules: Molecules) -> NDArray[np.float64]:
    return counts if isinstance(molecules.omega, float) and molecules.omega == 1.0 else counts / molecules.omega


def _explain(molecules: Molecules, batch: Batch, run: int, numbers: NDArray[np.int64]) -> str:
    model, culprit = molecules.model, int(batch.culprit[run])
    name = "the sum of all rates"
    if culprit >= 0:
        reaction = model.reactions[culprit]
        name = f"the rate of `{reaction.label or reaction.name}`"
    trouble = batch.logs[run].trouble if batch.outcome(run) is Status.EVENT else ""
    return explain_end(batch, run, numbers, model.units.time.symbol, name, trouble)
