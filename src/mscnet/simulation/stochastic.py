"""Exact stochastic simulation: many runs of one model in one call, over all cores.

Run number r of a seed is always the same, whatever runs beside it: its random numbers are a stream of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.diagnostics import MechanismError
from mscnet.kinetics.molecules import initial_counts, molecules_per_concentration
from mscnet.kinetics.propensities import Propensities, build_propensities, discrete_reactions
from mscnet.kinetics.switches import switch_times
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, field
from mscnet.simulation.event_log import EventLog
from mscnet.simulation.many_runs import MAX_EVENTS, NO_MEMORY, STATUS, Crew, check_size
from mscnet.simulation.plain_ssa import PlainDirect
from mscnet.simulation.status import Status

FloatArray = NDArray[np.float64]

#: The compiled algorithms, numbered as in kernels/ssa.h.
ALGORITHMS = ("direct", "rejection")
#: The direct method serves up to so many reactions, of which an event changes so many on average; else rejection does.
DIRECT_REACTIONS, DIRECT_CHANGES = 2000, 12


@dataclass(frozen=True, eq=False)
class Molecules:
    """A model as molecules: its propensities, where it starts, and when its rates jump.

    `omega` is the number of molecules that one unit of concentration stands for, with compartments that of each species
    (n_species,); `counts` (n_species,) those at the
    start, `notes` what to tell the user.  Without kernels `propensities` is None and `plain` serves.  `unit` is what
    these count a unit of as so many molecules: one of concentration or, with compartments, of amount.
    """

    model: Mechanism
    omega: float | FloatArray
    unit: float
    counts: FloatArray
    notes: tuple[str, ...]
    propensities: Propensities | None = field(repr=False)
    plain: PlainDirect | None = field(repr=False)

    def edges(self, start: float, end: float) -> FloatArray:
        """Start, the times at which rates jump, and end."""
        return np.array([start, *switch_times(self.model, start, end), end])

    def algorithm(self, asked: str) -> str:
        """The algorithm that runs where `asked` is ``auto``, else `asked`; always the same for the same model."""
        if self.propensities is None:
            return "direct in NumPy"
        if asked != "auto":
            return asked
        core: Any = kernels.core()
        changes, reactions = core.ssa_graph(self.propensities.system), len(self.model.reactions)
        small = reactions <= DIRECT_REACTIONS and changes is not None and changes <= DIRECT_CHANGES * reactions
        return "direct" if small else "rejection"


def build_molecules(model: Mechanism) -> Molecules:
    """The molecules of a chosen model, in time linear in its size.

    Raises:
        MechanismError: values or the volume are missing, or the model means nothing for single molecules.
    """
    omega = molecules_per_concentration(model)
    counted, unit = (model, float(omega)) if not model.compartments else _in_amounts(model)
    network = counted.network()
    propensities = plain = None
    if kernels.core() is not None:
        propensities = build_propensities(network, unit)
    else:
        plain = PlainDirect(network, unit, discrete_reactions(network))
    counts, notes = initial_counts(model, omega)
    if plain is not None:
        notes.append(f"there are no compiled kernels ({kernels.reason()}): stochastic simulation is slow")
    return Molecules(model, omega, unit, counts, tuple(notes), propensities, plain)


def _in_amounts(model: Mechanism) -> tuple[Mechanism, float]:
    """A model with compartments as one of amounts, and the molecules in a unit of amount."""
    from mscnet.kinetics.molecules import molecules_per_amount
    from mscnet.mechanism.compartments import in_amounts

    return in_amounts(model), molecules_per_amount(model)


@dataclass(frozen=True, eq=False)
class Batch:
    """What many runs gave: `counts` (n_runs, n_times, n_species) where `kept` (n_runs,) output times are filled,
    `events`, `status` and `culprit` (the reaction whose propensity was wrong, else -1), all (n_runs,), and the times
    `reached`."""

    counts: FloatArray
    kept: NDArray[np.int64]
    events: NDArray[np.int64]
    status: NDArray[np.int64]
    culprit: NDArray[np.int64]
    reached: FloatArray
    #: By the place of a run: what the events of its model have done.
    logs: dict[int, EventLog] = field(default_factory=dict)

    def outcome(self, run: int) -> Status:
        """How a run ended."""
        return STATUS[self.status[run]]


def run_batch(
    molecules: Molecules,
    start: float,
    times: FloatArray,
    runs: Sequence[int] | NDArray[np.int64],
    seed: int,
    *,
    inputs: FloatArray | None = None,
    counts: FloatArray | None = None,
    algorithm: str = "auto",
    max_events: int = MAX_EVENTS,
    jobs: int | None = None,
    progress: Callable[[float], object] | None = None,
    stop: NDArray[np.int64] | None = None,
) -> Batch:
    """Simulate runs number `runs` of `seed` from `start` to times[-1], with output at `times` (n_times,), increasing.

    `inputs` (n_runs, n_inputs) gives every run values of its own (see `RateProgram.inputs`), `counts`
    (n_runs, n_species) a start of its own.  The work goes over `jobs` threads, by default as many as there
    are cores; the result does not depend on it.  Never raises for Ctrl-C: the batch has what was reached.  With `stop`
    the calling thread does the work alone, and ends early once ``stop[0]`` is not 0.

    Raises:
        MechanismError: the result would be too large.
        MemoryError: there is not enough.
    """
    n_runs, n_species = len(runs), len(molecules.counts)
    check_size(n_runs, len(times), n_species, "species")
    kept, events, status, culprit = np.zeros((4, n_runs), dtype=np.int64)
    reached = np.full(n_runs, start, dtype=np.float64)
    batch = Batch(np.zeros((n_runs, len(times), n_species)), kept, events, status, culprit, reached)
    halt = np.zeros(1, dtype=np.int64) if stop is None else stop
    work = _Work(molecules, batch, start, times, np.array(runs, dtype=np.int64), seed, max_events, halt)
    work.inputs, work.starts = inputs, molecules.counts if counts is None else np.ascontiguousarray(counts)
    name = molecules.algorithm(algorithm)
    work.algorithm = ALGORITHMS.index(name) if name in ALGORITHMS else None
    crew = Crew(work.make, batch, start, float(times[-1]), halt)
    if stop is not None:
        crew.alone()
    else:
        # plain Python runs in one thread at a time anyway
        crew.together(jobs if molecules.plain is None else 1, progress)
    return batch


@dataclass(eq=False)
class _Work:
    """What every run needs, and how some of them are made."""

    molecules: Molecules
    batch: Batch
    start: float
    times: FloatArray
    runs: NDArray[np.int64]
    seed: int
    max_events: int
    stop: NDArray[np.int64]
    inputs: FloatArray | None = None
    starts: FloatArray = field(default_factory=lambda: np.zeros(0))
    algorithm: int | None = None

    def __post_init__(self) -> None:
        self.edges = self.molecules.edges(self.start, float(self.times[-1]))

    def make(self, part: slice) -> None:
        """Make some of the runs."""
        if self.molecules.model.events:
            self._eventful(part)
        elif self.molecules.propensities is not None:
            self._compiled(part, self.molecules.propensities)
        else:
            self._plain(part)

    def _compiled(self, part: slice, propensities: Propensities) -> None:
        core, batch = kernels.core(), self.batch
        assert core is not None
        inputs = propensities.program.inputs() if self.inputs is None else self.inputs[part]
        starts = self.starts[part] if self.starts.ndim > 1 else self.starts
        core.run_ssa(propensities.system, {
            "inputs": np.ascontiguousarray(inputs), "counts": starts,
            "edges": self.edges, "times": self.times, "runs": self.runs[part], "seed": self.seed,
            "algorithm": self.algorithm, "max_events": self.max_events, "stop": self.stop,
            "values": batch.counts[part], "reached": batch.reached[part], "kept": batch.kept[part],
            "events": batch.events[part], "status": batch.status[part], "culprit": batch.culprit[part],
        })  # fmt: skip
        if (batch.status[part] == NO_MEMORY).any():
            raise MemoryError("the model is too large for the memory of this machine")

    def _eventful(self, part: slice) -> None:
        from mscnet.simulation.stochastic_events import Eventful

        if self.inputs is not None:
            raise MechanismError.of("E044", "many inputs in one call: not of a model with events")
        batch = self.batch
        runs = Eventful(self.molecules, self.start, self.times, self.seed, self.max_events, self.stop)
        for r in range(part.start, part.stop):
            if self.stop[0]:
                return
            counts = self.starts[r] if self.starts.ndim > 1 else self.starts
            run = runs.run(int(self.runs[r]), counts, batch.counts[r])
            batch.kept[r], batch.events[r], batch.status[r], batch.culprit[r] = (
                run.kept, run.events, run.status, run.culprit,
            )  # fmt: skip
            batch.reached[r], batch.logs[r] = run.reached, run.log

    def _plain(self, part: slice) -> None:
        plain, batch = self.molecules.plain, self.batch
        assert plain is not None
        if self.inputs is not None:
            raise MechanismError.of("E044", f"many inputs in one call need compiled kernels: {kernels.reason()}")
        for r in range(part.start, part.stop):
            counts = self.starts[r] if self.starts.ndim > 1 else self.starts

            def stop(time: float, r: int = r) -> bool:
                batch.reached[r] = time
                return bool(self.stop[0])

            run = plain.run(
                counts, self.seed, int(self.runs[r]), self.edges, self.times, batch.counts[r], self.max_events, stop
            )
            batch.kept[r], batch.events[r], batch.status[r], batch.culprit[r] = (
                run.kept, run.events, run.status, run.culprit,
            )  # fmt: skip
            if run.status == 0:
                batch.reached[r] = self.times[-1]
