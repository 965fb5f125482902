"""The one loop that steps every method: output at the asked times, and every way in which a run can end."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass
from mscnet.simulation.methods import Method, Stepper
from mscnet.simulation.problem import Problem
from mscnet.simulation.roots import begin, check
from mscnet.simulation.status import Status

#: So many steps in a row without any progress in time count as a step that shrank to nothing.
MAX_STALLED = 20
#: After so many steps it is asked whether the rest can be done at their pace: a run that would take `HOPELESS` times
#: the steps that it may is ended at once, not after all of them.
PACE = 10_000
HOPELESS = 1000
#: Seconds between two reports of progress.
REPORT_EVERY = 0.05
#: Dense output is evaluated for at most this many times at once.
CHUNK = 50_000

Progress = Callable[[float], object]


@dataclass
class Outcome:
    """What the loop has reached: `kept` output times are filled, and the last state is at `time`."""

    status: Status
    time: float
    state: NDArray[np.float64]
    kept: int = 0
    steps: int = 0


def integrate(
    method: Method,
    problem: Problem,
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    max_steps: int,
    progress: Progress | None = None,
) -> Outcome:
    """Step `method` through `problem` and fill the rows of `values` (n_times, n_species) at `times`.

    Never raises for trouble with the numbers, nor for Ctrl-C: the outcome says how the run ended.
    """
    outcome = Outcome(Status.DONE, problem.start, problem.state)
    if len(times) and times[0] <= problem.start:
        values[0] = problem.state
        outcome.kept = 1
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _run_segments(method, problem, times, values, max_steps, progress, outcome)
    except KeyboardInterrupt:
        outcome.status = Status.INTERRUPTED
    problem.settle(outcome, times, values)
    return outcome


def _run_segments(
    method: Method,
    problem: Problem,
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    max_steps: int,
    progress: Progress | None,
    outcome: Outcome,
) -> None:
    """Run from switch to switch, each stretch with a stepper of its own, until one does not finish."""
    report = Report(progress, problem.start, problem.end)
    for start, end, edge in list(problem.segments()):
        problem.move_to(start, outcome.state)
        problem.end = end
        within = times[: np.searchsorted(times, edge, side="right")]
        outcome.status = _run(method, problem, within, values, max_steps, report, outcome)
        if outcome.status is not Status.DONE:
            return


def _run(
    method: Method,
    problem: Problem,
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    max_steps: int,
    report: Report,
    outcome: Outcome,
) -> Status:
    if not np.isfinite(problem.rhs(problem.start, problem.state)).all():
        return Status.NOT_FINITE
    if problem.watch and begin(problem.watch, problem.start, problem.state):
        outcome.time = problem.start  # just after a switch, where the last stretch ended just before it
        return Status.STOPPED
    stepper = method.start(problem)
    stalled, first, mark = 0, outcome.steps, problem.start
    while stepper.status == "running":
        if outcome.steps >= max_steps:
            return Status.TOO_MANY_STEPS
        problem.trouble = None
        try:
            stepper.step()
        except (ArithmeticError, RuntimeError, ValueError):  # a singular or overflowing iteration matrix
            return Status.STEP_TOO_SMALL if problem.trouble is None else Status.NOT_FINITE
        outcome.steps += 1
        if (outcome.steps - first) % PACE == 0:
            if (problem.end - stepper.t) * PACE > (stepper.t - mark) * HOPELESS * max_steps:
                outcome.time, outcome.state = float(stepper.t), stepper.y
                return Status.TOO_MANY_STEPS
            mark = stepper.t
        if not np.isfinite(stepper.y).all():
            problem.trouble = problem.trouble or (stepper.t, stepper.y)
            return Status.NOT_FINITE
        stalled = stalled + 1 if stepper.t == outcome.time else 0
        if stepper.status == "failed" or stalled > MAX_STALLED:
            return Status.STEP_TOO_SMALL if problem.trouble is None else Status.NOT_FINITE
        before, (outcome.time, outcome.state) = outcome.time, (float(stepper.t), stepper.y)
        if problem.watch and _stopped(stepper, problem, before, times, values, outcome):
            return Status.STOPPED
        _fill(stepper, times, values, outcome)
        report(outcome.time)
    return Status.DONE


def _stopped(
    stepper: Stepper,
    problem: Problem,
    before: float,
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    outcome: Outcome,
) -> bool:
    """Whether a condition ends the run within the last step; the outcome is then what was reached there."""
    end, state = outcome.time, outcome.state
    inside = stepper.dense_output()

    def state_at(time: float) -> NDArray[np.float64]:
        return state if time >= end else inside(np.array([time]))[:, 0]

    at = check(problem.watch, before, end, state_at)
    if at is None:
        return False
    upto = int(np.searchsorted(times, at, side="right"))
    if upto > outcome.kept:
        values[outcome.kept : upto] = inside(times[outcome.kept : upto]).T
        outcome.kept = upto
    outcome.time, outcome.state = at, state_at(at)
    return True


def _fill(stepper: Stepper, times: NDArray[np.float64], values: NDArray[np.float64], outcome: Outcome) -> None:
    """The output times that the last step passed; the very end is the state itself."""
    upto = len(times) if stepper.status == "finished" else int(np.searchsorted(times, stepper.t, side="right"))
    if outcome.kept == upto:
        return
    inside = stepper.dense_output()
    while outcome.kept < upto:
        stop = min(upto, outcome.kept + CHUNK)
        values[outcome.kept : stop] = inside(times[outcome.kept : stop]).T
        outcome.kept = stop
    if times[upto - 1] >= stepper.t:
        values[upto - 1] = stepper.y


class Report:
    """Tells how much of the run is done, now and then."""

    def __init__(self, progress: Progress | None, start: float, end: float) -> None:
        self.progress, self.start, self.span = progress, start, end - start
        self.due = 0.0

    def __call__(self, reached: float) -> None:
        if self.progress is None:
            return
        now = time.monotonic()
        done = (reached - self.start) / self.span
        if now >= self.due or done >= 1.0:
            self.due = now + REPORT_EVERY
            self.progress(min(1.0, done))
