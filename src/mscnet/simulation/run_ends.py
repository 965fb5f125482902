"""How stochastic runs begin and end, whatever engine makes them: seeds and limits, and why a run has no end."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.simulation.many_runs import MAX_EVENTS
from mscnet.simulation.repeats import Repeats
from mscnet.simulation.status import SimulationError, Status
from mscnet.simulation.trajectory import Trajectory

#: The largest seed.
MAX_SEED = 2**63 - 1
#: A seed that nobody gave has so many bits: few enough to be typed again.
_DRAWN_BYTES = 4


class StochasticWarning(UserWarning):
    """What a stochastic run does that the user might not expect, such as rounding a start to whole molecules."""


class Ended(Protocol):
    """What is known of many runs when they have ended; arrays (n_runs,)."""

    @property
    def status(self) -> NDArray[np.int64]: ...
    @property
    def events(self) -> NDArray[np.int64]: ...
    @property
    def reached(self) -> NDArray[np.float64]: ...
    def outcome(self, run: int) -> Status: ...


def checked_seed(seed: int | None) -> int:
    """A seed, drawn where there is none; raises MechanismError for what is no seed."""
    if seed is None:
        return int.from_bytes(os.urandom(_DRAWN_BYTES), "little")
    if isinstance(seed, bool) or not 0 <= seed <= MAX_SEED or int(seed) != seed:
        raise MechanismError.of("E045", f"a seed is a whole number from 0 to 2^63 - 1, not {seed}")
    return int(seed)


def checked_limit(max_events: int | None) -> int:
    """The most events of a run; raises MechanismError for what is no number of events."""
    if max_events is None:
        return MAX_EVENTS
    if max_events < 1:
        raise MechanismError.of("E045", f"the number of events allowed is above 0, not {max_events}")
    return min(int(max_events), MAX_SEED)


Why = Callable[[int], str]


def whole_repeats(result: Repeats, n_runs: int, worst: int | None, why: Why) -> Repeats:
    """The finished runs, if those are all; else SimulationError with them and with `why` the worst run did not end."""
    if worst is None:
        return result
    raise SimulationError(result.status, result, f"{why(worst)} Kept: {len(result):,} of {n_runs:,} runs.")


def whole_run(result: Trajectory, n_times: int, why: Why) -> Trajectory:
    """A run, if it has ended; else SimulationError with what there is of it."""
    if result.status is Status.DONE:
        return result
    raise SimulationError(result.status, result, f"{why(0)} Kept: {len(result.time):,} of {n_times:,} output times.")


def explain_end(batch: Ended, run: int, numbers: NDArray[np.int64], time_unit: str, culprit: str, trouble: str) -> str:
    """Why run number numbers[run] has no end: which, where, and the remedy; `culprit` names the rate that is wrong,
    `trouble` says what is wrong with an event."""
    status = batch.outcome(run)
    which = "the run" if len(numbers) == 1 else f"run {numbers[run]}"
    if status is Status.INTERRUPTED:
        return f"{which if len(numbers) == 1 else 'the work'} was interrupted. {status.remedy}"
    stopped = f"{which} stopped at t = {batch.reached[run]:.6g} {time_unit}"
    if status is Status.TOO_MANY_STEPS:
        remedy = "Allow more events with max_steps, or end the run earlier."
        return f"{stopped} after {batch.events[run]:,} events. {remedy}"
    if status is not Status.EVENT:
        trouble = f"{culprit} is {'negative' if status is Status.NEGATIVE_RATE else 'not a finite number'}"
    return f"{stopped}: {trouble}. {status.remedy}"
