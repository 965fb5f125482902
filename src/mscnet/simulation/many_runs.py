"""Many stochastic runs in one call, over all cores: the threads that make them, and how each has ended."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.simulation.grid import MAX_VALUES
from mscnet.simulation.status import Status

#: A run of more events gives up unless it is allowed more.
MAX_EVENTS = 10_000_000_000
#: What a run ends with, numbered as in kernels/ssa.h.
STATUS = (
    Status.DONE, Status.INTERRUPTED, Status.NOT_FINITE, Status.NEGATIVE_RATE, Status.TOO_MANY_STEPS,
    Status.TOO_MANY_STEPS, Status.EVENT,
)  # fmt: skip
#: The number with which a kernel says that it had no memory.
NO_MEMORY = 5
#: Seconds between two reports of progress, and parts that each thread's work is cut into.
_REPORT_EVERY, _PARTS = 0.05, 8


def check_size(n_runs: int, n_times: int, n_columns: int, columns: str) -> None:
    """Raises MechanismError (E043) for a result of more than 2 GB; `columns` says what they are."""
    if n_runs * n_times * n_columns > MAX_VALUES:
        size = n_runs * n_times * n_columns * 8 / 1e9
        message = f"{n_runs:,} runs of {n_times:,} output times and {n_columns:,} {columns} take {size:.1f} GB"
        raise MechanismError.of("E043", f"{message}; the limit is 2 GB", hint="ask for fewer points or repeats")


def worst_run(status: NDArray[np.int64]) -> tuple[int | None, Status]:
    """Which of many runs says most of what went wrong, and how it ended; None where all are done."""
    failed = np.flatnonzero(status != 0).tolist()
    # a run that failed says more than one that was interrupted
    worst = max(failed, key=lambda run: STATUS[status[run]] is not Status.INTERRUPTED, default=None)
    return worst, Status.DONE if worst is None else STATUS[status[worst]]


class Crew:
    """Threads that make runs, some at a time by `make`, until all are made or ``stop[0]`` is not 0.

    `batch` has the arrays `status` and `reached` (n_runs,), which `make` fills; runs go from `start` to `end`.
    """

    def __init__(
        self, make: Callable[[slice], object], batch: Any, start: float, end: float, stop: NDArray[np.int64]
    ) -> None:
        self.make, self.batch, self.start, self.end, self.stop = make, batch, start, end, stop
        self._parts: list[slice] = []
        self._trouble: BaseException | None = None

    def alone(self) -> None:
        """The calling thread makes all runs; raises what `make` does."""
        self._parts = [slice(0, len(self.batch.status))]
        self._serve()
        self._finish()

    def together(self, jobs: int | None, progress: Callable[[float], object] | None) -> None:
        """`jobs` threads make them, by default as many as there are cores, while this one waits, reports, and is there
        for Ctrl-C; raises what `make` does."""
        n_runs = len(self.batch.status)
        jobs = max(1, min(n_runs, jobs or _cores()))
        size = max(1, n_runs // (jobs * _PARTS))
        self._parts = [slice(i, min(i + size, n_runs)) for i in range(0, n_runs, size)][::-1]
        threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                try:
                    thread.join(_REPORT_EVERY)
                    if progress is not None:
                        progress(float(np.mean(self.batch.reached - self.start)) / (self.end - self.start))
                except KeyboardInterrupt:
                    self.stop[0] = 1
        self._finish()

    def _serve(self) -> None:
        """What each thread does: one part after the other, until there is none."""
        try:
            while not self.stop[0]:
                try:
                    part = self._parts.pop()  # atomic
                except IndexError:
                    return
                self.make(part)
        except BaseException as error:  # told by the thread that waits
            self._trouble = error
            self.stop[0] = 1

    def _finish(self) -> None:
        """Raises what a thread has met, and marks the runs that were not made."""
        if self._trouble is not None:
            raise self._trouble
        if self.stop[0]:
            untouched = (self.batch.status == 0) & (self.batch.reached < self.end)
            self.batch.status[untouched] = STATUS.index(Status.INTERRUPTED)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
