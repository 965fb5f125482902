"""`scan`: many runs of one model over a grid or over samples, on all cores."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass
from mscnet.simulation.axes import Over
from mscnet.simulation.batch import DONE, NOT_RUN, STATUS_WORDS, Batch
from mscnet.simulation.grid import MAX_VALUES, Time
from mscnet.simulation.loop import Progress
from mscnet.simulation.run_ends import StochasticWarning
from mscnet.simulation.scan_plan import Plan, make_plan
from mscnet.simulation.scan_store import FolderStore, MemoryStore, Store
from mscnet.simulation.tolerances import AbsoluteTolerance

if TYPE_CHECKING:
    import xarray

#: Seconds of work that a thread is given at once.
PIECE = 0.2
#: A piece gives at most so many numbers (8 MB).
MAX_VALUES_OF_A_PIECE = 1_000_000
#: Runs that are looked at together for those that are not done.
_BLOCK = 65_536


class ScanInterrupted(Exception):
    """Ctrl-C ended a scan: `.scan` has the runs that were finished."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        super().__init__(f"the scan was interrupted: {scan.n_done:,} of {scan.plan.n_runs:,} runs are done")


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """The runs of a plan, as far as they are done."""

    plan: Plan
    store: Store

    @property
    def n_done(self) -> int:
        """Runs that were done, those that failed among them."""
        return int(np.count_nonzero(self.store.status != NOT_RUN))

    @property
    def complete(self) -> bool:
        return self.n_done == self.plan.n_runs

    def failures(self) -> dict[str, int]:
        """How many runs ended otherwise than at their end, by the word for it."""
        numbers, counts = np.unique(self.store.status, return_counts=True)
        ended = zip(numbers.tolist(), counts.tolist(), strict=True)
        return {STATUS_WORDS[number]: count for number, count in ended if number not in (DONE, NOT_RUN)}

    def to_xarray(self) -> xarray.Dataset:
        """The dataset that `mscnet.scan` returns."""
        from mscnet.simulation.scan_dataset import dataset

        return dataset(self.plan, self.store)


def scan(
    mechanism: Mechanism,
    over: Over | None = None,
    *,
    sample: int | None = None,
    design: str = "latin",
    seed: int = 0,
    t_end: Time | None = None,
    points: int | None = None,
    every: Time | None = None,
    times: Sequence[Time] | NDArray[np.float64] | None = None,
    start: Time | None = None,
    method: str | None = None,
    rtol: float | None = None,
    atol: AbsoluteTolerance | None = None,
    max_steps: int | None = None,
    repeats: int | None = None,
    volume: float | str | None = None,
    columns: str | Sequence[str] | None = None,
    jobs: int | None = None,
    store: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: Callable[[float], object] | None = None,
) -> xarray.Dataset:
    """Run a model over a grid of values, or over samples, on all cores.

    `over` maps names of parameters, species (whose initial concentrations are meant) and derived values to their
    values: a list, a text such as ``"1mM, 2mM"``, or a range ``"1e-3..1:20:log"`` (from, to, how many, scale).  All
    combinations are run.  With `sample`, so many sets are drawn instead, from ranges ``"1e-3..1:log"`` or pairs; a list
    of names takes the file's bounds and priors, and without `over` all parameters that have some.  `design` is
    ``latin`` (hypercube), ``sobol`` or ``random``; the same `seed` draws the same sets.  Times, method and tolerances
    are those of `mscnet.simulate`, `columns` is ``"species"`` (the default), ``"observables"``, ``"all"`` or names.

    The dataset has one dimension a name (for samples one, ``run``) and ``time``, one variable a column with its unit,
    and ``status`` for each run: one that failed has ``nan`` and leaves the others alone.  The initial concentration of
    ``A`` is the coordinate ``A_initial``.  `jobs` threads work (default: all cores); their number changes no result.

    With method ``ssa`` every set of values is run `repeats` times, as the dimension ``repeat`` (without them once, and
    without it), in the `volume` of `mscnet.simulate_repeats`.  Runs are numbered from 1 in the order of the dataset,
    and run r is run r of `seed`, whatever `jobs` and `resume`; with `sample` the same seed also draws the sets.

    With `store`, a folder, finished runs are written there and the dataset reads from it, so that a scan may be larger
    than memory; with `resume` a scan that was cut off there goes on, to the same result.

    Raises:
        TypeError: `mechanism` is something else.
        MechanismError: what is varied, or a setting, makes no sense; `store` holds another scan.
        ScanInterrupted: Ctrl-C was pressed; `.scan` has what was finished.
    """
    if not isinstance(mechanism, Mechanism):
        raise TypeError(f"give a Mechanism, not {type(mechanism).__name__}: mscnet.scan(mscnet.load(…), …)")
    settings = {
        "t_end": t_end, "points": points, "every": every, "times": times, "start": start, "method": method,
        "rtol": rtol, "atol": atol, "max_steps": max_steps, "columns": columns, "volume": volume,
    }  # fmt: skip
    plan = make_plan(mechanism, over, sample, design, seed, settings, repeats)
    return run_scan(plan, store, resume, jobs, progress).to_xarray()


def run_scan(
    plan: Plan,
    folder: str | os.PathLike[str] | None = None,
    resume: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Scan:
    """Does the runs of a plan that are not done yet; arguments and errors as `scan`."""
    if jobs is not None and jobs < 1:
        raise MechanismError.of("E046", f"jobs is a number of threads above 0, not {jobs}")
    result = Scan(plan, _store(plan, folder, resume))
    _Work(plan, result.store, jobs or _cores(), progress).run()
    for note in plan.simulator.notes:
        warnings.warn(note, StochasticWarning, stacklevel=3)
    if not result.complete:
        raise ScanInterrupted(result)
    return result


def _store(plan: Plan, folder: str | os.PathLike[str] | None, resume: bool) -> Store:
    if folder is not None:
        return FolderStore(plan, folder, resume)
    count = plan.n_runs * plan.row_shape[0] * plan.row_shape[1]
    if count > MAX_VALUES:
        message = f"{plan.n_runs:,} runs give {count * 8 / 1e9:.1f} GB; the limit in memory is 2 GB"
        hint = "name fewer columns or times, or a folder to write to: store= (--out)"
        raise MechanismError.of("E046", message, hint=hint)
    return MemoryStore(plan)


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Work:
    """Hands pieces of the runs that are to be done to threads, and what comes back to the store."""

    def __init__(self, plan: Plan, store: Store, jobs: int, progress: Progress | None) -> None:
        self.plan, self.store, self.jobs, self.progress = plan, store, jobs, progress
        self.stop = np.zeros(1, np.int64)
        self.size = 1  # of the next piece
        self.most = max(1, MAX_VALUES_OF_A_PIECE // max(1, plan.row_shape[0] * plan.row_shape[1]))
        self.done = int(np.count_nonzero(store.status != NOT_RUN))
        self.pending: dict[Future[tuple[Batch, float]], int] = {}

    def run(self) -> None:
        """Runs until all is done, or Ctrl-C."""
        pieces = self._pieces()
        with ThreadPoolExecutor(self.jobs, "mscnet-scan") as pool:
            try:
                self._submit(pool, pieces)
                while self.pending:
                    self._collect()
                    if self.progress is not None:
                        self.progress(self.done / self.plan.n_runs)
                    self._submit(pool, pieces)
            except KeyboardInterrupt:
                self.stop[0] = 1
                while self.pending:
                    self._collect()
            finally:
                self.stop[0] = 1  # also where a run has raised

    def _pieces(self) -> Iterator[tuple[int, int]]:
        """First and end of pieces of runs that are to be done; their size follows `self.size`."""
        status = self.store.status
        at = 0
        while at < len(status):
            missing = status[at : at + _BLOCK] == NOT_RUN
            first = at + int(missing.argmax())
            if status[first] != NOT_RUN:
                at += _BLOCK
                continue
            done = status[first : first + self.size] != NOT_RUN
            at = first + (int(done.argmax()) if done.any() else len(done))
            yield first, at

    def _submit(self, pool: ThreadPoolExecutor, pieces: Iterator[tuple[int, int]]) -> None:
        while len(self.pending) < 2 * self.jobs:
            piece = next(pieces, None)
            if piece is None:
                return
            self.pending[pool.submit(self._do, *piece)] = piece[0]

    def _do(self, first: int, stop: int) -> tuple[Batch, float]:
        began = time.perf_counter()
        batch = self.plan.simulator.batch(self.plan.inputs(first, stop), self.stop, first)
        return batch, time.perf_counter() - began

    def _collect(self) -> None:
        finished, _ = wait(self.pending, return_when=FIRST_COMPLETED)
        for future in finished:
            first = self.pending.pop(future)
            batch, seconds = future.result()
            self.store.put(first, batch)
            self.done += int(np.count_nonzero(batch.status != NOT_RUN))
            self._resize(len(batch.status), seconds)

    def _resize(self, count: int, seconds: float) -> None:
        fitting = int(count * PIECE / max(seconds, 1e-4))
        share = -(-(self.plan.n_runs - self.done) // (2 * self.jobs))  # the last pieces are to end together
        self.size = max(1, min(fitting, 8 * max(count, self.size), self.most, share))
