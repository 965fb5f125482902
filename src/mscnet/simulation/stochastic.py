"""Exact stochastic simulation: many runs of one model in one call, over all cores.

Run number r of a seed is always the same, whatever runs beside it: its random numbers are a stream of their own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

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
from mscnet.simulation.grid import MAX_VALUES
from mscnet.simulation.plain_ssa import PlainDirect
from mscnet.simulation.status import Status

FloatArray = NDArray[np.float64]

#: The compiled algorithms, numbered as in kernels/ssa.h.
ALGORITHMS = ("direct", "rejection")
#: The direct method serves up to so many reactions, of which an event changes so many on average; else rejection does.
DIRECT_REACTIONS, DIRECT_CHANGES = 2000, 12
#: A run of more events gives up unless it is allowed more.
MAX_EVENTS = 10_000_000_000
#: What a run ends with, numbered as in kernels/ssa.h.
STATUS = (
    Status.DONE, Status.INTERRUPTED, Status.NOT_FINITE, Status.NEGATIVE_RATE, Status.TOO_MANY_STEPS,
    Status.TOO_MANY_STEPS, Status.EVENT,
)  # fmt: skip
_NO_MEMORY = 5
#: Seconds between two reports of progress, and parts that each thread's work is cut into.
REPORT_EVERY, PARTS = 0.05, 8


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


def worst_run(status: NDArray[np.int64]) -> tuple[int | None, Status]:
    """Which of many runs says most of what went wrong, and how it ended; None where all are done."""
    failed = np.flatnonzero(status != 0).tolist()
    # a run that failed says more than one that was interrupted
    worst = max(failed, key=lambda run: STATUS[status[run]] is not Status.INTERRUPTED, default=None)
    return worst, Status.DONE if worst is None else STATUS[status[worst]]


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
    if n_runs * len(times) * n_species > MAX_VALUES:
        size = n_runs * len(times) * n_species * 8 / 1e9
        message = f"{n_runs:,} runs of {len(times):,} output times and {n_species:,} species take {size:.1f} GB"
        raise MechanismError.of("E043", f"{message}; the limit is 2 GB", hint="ask for fewer points or repeats")
    kept, events, status, culprit = np.zeros((4, n_runs), dtype=np.int64)
    reached = np.full(n_runs, start, dtype=np.float64)
    batch = Batch(np.zeros((n_runs, len(times), n_species)), kept, events, status, culprit, reached)
    work = _Work(molecules, batch, start, times, np.array(runs, dtype=np.int64), seed, max_events)
    work.inputs, work.starts = inputs, molecules.counts if counts is None else np.ascontiguousarray(counts)
    name = molecules.algorithm(algorithm)
    work.algorithm = ALGORITHMS.index(name) if name in ALGORITHMS else None
    if stop is not None:
        work.stop, work.parts = stop, [slice(0, n_runs)]
        work.serve()
    else:
        # plain Python runs in one thread at a time anyway
        jobs = max(1, min(n_runs, jobs or _cores())) if molecules.plain is None else 1
        size = max(1, n_runs // (jobs * PARTS))
        work.parts = [slice(i, min(i + size, n_runs)) for i in range(0, n_runs, size)][::-1]
        in_threads(work, jobs, progress)
    work.finish()
    return batch


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(eq=False)
class _Work:
    """The runs that are still to be made, shared by the threads."""

    molecules: Molecules
    batch: Batch
    start: float
    times: FloatArray
    runs: NDArray[np.int64]
    seed: int
    max_events: int
    inputs: FloatArray | None = None
    starts: FloatArray = field(default_factory=lambda: np.zeros(0))
    algorithm: int | None = None
    parts: list[slice] = field(default_factory=list)
    stop: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    trouble: BaseException | None = None

    def __post_init__(self) -> None:
        self.edges = self.molecules.edges(self.start, float(self.times[-1]))

    def serve(self) -> None:
        """What each thread does: one part after the other, until there is none."""
        try:
            while not self.stop[0]:
                try:
                    part = self.parts.pop()  # atomic
                except IndexError:
                    return
                if self.molecules.model.events:
                    self._eventful(part)
                elif self.molecules.propensities is not None:
                    self._compiled(part, self.molecules.propensities)
                else:
                    self._plain(part)
        except BaseException as error:  # told by the thread that waits
            self.trouble = error
            self.stop[0] = 1

    def finish(self) -> None:
        """Raises what a thread has met, and marks the runs that were not made."""
        if self.trouble is not None:
            raise self.trouble
        if self.stop[0]:
            batch = self.batch
            untouched = (batch.status == 0) & (batch.reached < self.times[-1])
            batch.status[untouched] = STATUS.index(Status.INTERRUPTED)

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
        if (batch.status[part] == _NO_MEMORY).any():
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


class Served(Protocol):
    """Work that several threads do: `stop` ends it early, `batch.reached` says how far each run is."""

    batch: Any
    start: float
    times: FloatArray
    stop: NDArray[np.int64]

    def serve(self) -> None:
        """What each thread does."""


def in_threads(work: Served, jobs: int, progress: Callable[[float], object] | None) -> None:
    """Serve in `jobs` threads while this one waits, reports, and is there for Ctrl-C."""
    threads = [threading.Thread(target=work.serve, daemon=True) for _ in range(jobs)]
    span = float(work.times[-1]) - work.start
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            try:
                thread.join(REPORT_EVERY)
                if progress is not None:
                    progress(float(np.mean(work.batch.reached - work.start)) / span)
            except KeyboardInterrupt:
                work.stop[0] = 1
