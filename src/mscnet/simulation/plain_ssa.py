"""The direct method in NumPy, for installations without compiled kernels: exact as they are, and slow."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.kinetics.propensities import Discrete
from mscnet.kinetics.system import build_rate_system
from mscnet.network.network import Network
from mscnet.records import dataclass, field

FloatArray = NDArray[np.float64]

#: How a run ends, numbered as in kernels/ssa.h.
DONE, INTERRUPTED, NOT_FINITE, NEGATIVE, TOO_MANY = range(5)
STOPPED = 7
#: Events between two looks at whether to stop.
POLL_EVERY = 64


@dataclass(eq=False)
class PlainRun:
    """Where a run has come: as the kernels report it."""

    kept: int = 0
    events: int = 0
    status: int = DONE
    culprit: int = -1
    #: The time and the counts (n_species,) at the end.
    time: float = 0.0
    counts: FloatArray = field(default_factory=lambda: np.zeros(0))


class PlainDirect:
    """The direct method of Gillespie (J. Phys. Chem. 81 (1977) 2340); at every event all propensities are new."""

    def __init__(self, network: Network, omega: float, discrete: tuple[Discrete, ...]) -> None:
        self.network, self.omega = network, omega
        self._system = build_rate_system(network)
        constant = network.constant
        changes = [[(i, float(c)) for i, c in column if not constant[i]] for column in network.entries]
        self._changes = [
            (np.array([i for i, _ in column], dtype=np.int64), np.array([c for _, c in column])) for column in changes
        ]
        least = [(j, i, n) for j, row in enumerate(discrete) for i, n in (*row.falling, *row.needs)]
        powers = [(j, i, p) for j, row in enumerate(discrete) for i, p in row.falling if p > 1]
        self._least = np.array(least, dtype=np.int64).reshape(-1, 3)
        self._powers = np.array(powers, dtype=np.int64).reshape(-1, 3)

    def propensities(self, time: float, x: FloatArray) -> FloatArray:
        """Of every reaction, (n_reactions,), at counts x (n_species,)."""
        with np.errstate(all="ignore"):
            a = self._system.rates(time, x / self.omega) * self.omega
            reaction, species, power = self._powers.T
            falling = np.ones(len(power))
            for step in range(1, int(power.max(initial=1))):
                falling *= np.where(step < power, 1.0 - step / x[species], 1.0)
            np.multiply.at(a, reaction, falling)
        reaction, species, least = self._least.T
        a[reaction[x[species] < least]] = 0.0
        return a

    def run(
        self, counts: FloatArray, seed: int, number: int, edges: FloatArray, times: FloatArray, values: FloatArray,
        max_events: int, stop: Callable[[float], Any], watch: Callable[[float, FloatArray], bool] | None = None,
    ) -> PlainRun:  # fmt: skip
        """One run from edges[0] to edges[-1]; fills values (n_times, n_species) with counts.

        Rates jump at the edges in between.  `stop` is asked now and then, with the time reached.  The run ends where
        `watch` says so of a time and the counts then: it is asked after every reaction, and looked for in between.
        """
        run = self._run(counts, seed, number, edges, times, values, max_events, stop, watch)
        if run.status == DONE:
            run.time = float(edges[-1])
        return run

    def _run(
        self, counts: FloatArray, seed: int, number: int, edges: FloatArray, times: FloatArray, values: FloatArray,
        max_events: int, stop: Callable[[float], Any], watch: Callable[[float, FloatArray], bool] | None,
    ) -> PlainRun:  # fmt: skip
        # the lowest word counts the blocks of a run, the highest the runs, so that none overlap
        generator = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, number]))
        run, x, time = PlainRun(), counts.copy(), float(edges[0])
        run.counts = x
        for start, end in pairwise(edges):
            time = float(start)
            while run.status == DONE:
                a = self.propensities((start + end) / 2, x)
                total = self._checked(a, run)
                step = generator.exponential() / total if total > 0.0 else np.inf
                upto = min(time + step, end)
                if watch is not None and watch(upto, x):
                    run.time, run.status = _first(watch, time, upto, x), STOPPED
                    self._record(run, times, values, x, run.time)
                    break
                self._record(run, times, values, x, upto)
                if run.status != DONE or time + step >= end:
                    break
                if run.events >= max_events or (run.events % POLL_EVERY == 0 and stop(time)):
                    run.status = TOO_MANY if run.events >= max_events else INTERRUPTED
                    break
                time = upto
                species, change = self._changes[self._choose(a, generator)]
                x[species] += change
                run.events, run.time = run.events + 1, time
                if watch is not None and watch(time, x):
                    run.status = STOPPED
                    break
            if run.status != DONE:
                return run
        self._record(run, times, values, x, np.inf)
        return run

    @staticmethod
    def _choose(a: FloatArray, generator: np.random.Generator) -> int:
        sums = np.cumsum(a)
        chosen = int(np.searchsorted(sums, generator.random() * sums[-1], side="right"))
        return min(chosen, int(np.flatnonzero(a)[-1]))

    @staticmethod
    def _checked(a: FloatArray, run: PlainRun) -> float:
        """The sum, 0 where one is negative or not finite."""
        bad = np.flatnonzero(~((a >= 0.0) & (a < np.inf)))
        if len(bad):
            run.status, run.culprit = (NEGATIVE if a[bad[0]] < 0.0 else NOT_FINITE), int(bad[0])
            return 0.0
        return float(a.sum())

    @staticmethod
    def _record(run: PlainRun, times: FloatArray, values: FloatArray, x: FloatArray, upto: float) -> None:
        if run.status in (DONE, STOPPED):
            reached = int(np.searchsorted(times, upto, side="left"))
            values[run.kept : reached] = x
            run.kept = max(run.kept, reached)


def _first(watch: Callable[[float, FloatArray], bool], before: float, until: float, x: FloatArray) -> float:
    """The first time known to be watched for, between one that is not and one that is, while nothing reacts."""
    middle = (before + until) / 2
    while before < middle < until:
        before, until = (before, middle) if watch(middle, x) else (middle, until)
        middle = (before + until) / 2
    return until
