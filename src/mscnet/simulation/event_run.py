"""Runs of models with events: stretches between the times at which something happens.

A set time ends a stretch exactly; a condition is watched within the steps, and ends the stretch where it begins to
hold (`conditions.locate`).  Then the events of that time are done in the order of the text, again and again while what
they do makes other conditions begin to hold, and the next stretch starts from what they left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.kinetics.switches import beside, switch_times
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.compiled import COMPILED, integrate_compiled
from mscnet.simulation.conditions import Condition, Watch
from mscnet.simulation.engine import RECOVERABLE, build_problem, recover
from mscnet.simulation.event_actions import BadAction
from mscnet.simulation.event_course import EventCourse
from mscnet.simulation.event_system import Systems
from mscnet.simulation.loop import Outcome, Progress, Report, integrate
from mscnet.simulation.methods import get_method
from mscnet.simulation.problem import Problem
from mscnet.simulation.status import Status
from mscnet.simulation.tolerances import AbsoluteTolerance

FloatArray = NDArray[np.float64]


def run_events(
    model: Mechanism,
    method: str,
    start: float,
    times: FloatArray,
    progress: Progress | None,
    *,
    atol: AbsoluteTolerance | None,
    rtol: float,
    max_steps: int,
    watch: Watch,
) -> tuple[Problem, FloatArray, Outcome]:
    """As `engine.run_engine`, for a model with events; what they did is in the problem's `events`.

    The value at an output time at which something happens is the one after it.

    Raises:
        MechanismError: as there, or a time of an event that makes no sense.
    """
    systems = Systems(model, method in COMPILED and kernels.core() is not None)
    problem = build_problem(systems.current, start, float(times[-1]), atol, rtol)
    wide = np.broadcast_to(np.asarray(problem.atol, dtype=np.float64), problem.state.shape)
    course = EventCourse(systems, start, problem.end, times, wide)
    run = EventRun(systems, problem, course, method, times, max_steps, watch, progress)
    run.go(lambda state: course.begin(start, state))
    run.problem.watch, run.problem.end = watch, run.end
    return run.problem, run.values, run.outcome


class EventWatch(Watch):
    """The conditions of the user, then those of events, by their numbers in `events`; `crossed` are those found."""

    user: Watch
    events: list[int]
    crossed: list[int]

    @classmethod
    def joined(cls, user: Watch, conditions: Sequence[Condition], events: list[int]) -> EventWatch:
        made = cls((*user.conditions, *conditions))
        made.user, made.events, made.crossed = user, events, []
        return made

    def found(self, number: int, holds: bool, time: float, state: FloatArray) -> None:
        """A crossing: one of the user's is recorded, one of an event noted where it begins to hold."""
        first = len(self.user.conditions)
        if number < first:
            self.user.found(number, holds, time, state)
        elif holds:
            self.crossed.append(self.events[number - first])


class EventRun:
    """One run of `course` from the state of a `problem` to its end, and where it stands."""

    def __init__(
        self, systems: Systems, problem: Problem, course: EventCourse, method: str, times: FloatArray, max_steps: int,
        watch: Watch, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        self.method, self.times, self.max_steps, self.user = method, times, max_steps, watch
        self.systems, self.problem, self.course = systems, problem, course
        self.end, start = problem.end, problem.start
        self.problem.events = self.course.log
        self.switches = switch_times(systems.model, start, self.end)
        self.values = np.empty((len(times), self.problem.size))
        self.outcome = Outcome(Status.DONE, start, self.problem.state)
        self.progress, self.report = progress, Report(progress, start, self.end)

    def go(self, begin: Callable[[FloatArray], FloatArray]) -> None:
        """From the start, where `begin` makes of the state (n_species,) what events leave of it there, to the end or to
        what stops the run, be it Ctrl-C."""
        run, start = self.outcome, self.outcome.time
        try:
            run.state = begin(run.state)
            self._after(start)
            while self.outcome.status is Status.DONE and self.outcome.time < self.end:
                self._stretch()
        except BadAction as error:
            self.course.log.trouble, self.outcome.status = str(error), Status.EVENT
        except KeyboardInterrupt:
            self.outcome.status = Status.INTERRUPTED

    def _stretch(self) -> None:
        """To the next time at which something happens, and what happens there."""
        first, course = self.outcome.kept, self.course
        watch = self._integrate(self.outcome.time, course.next_time(self.outcome.time, self.end))
        course.keep(first, self.outcome.kept)
        stopped = self.outcome.status is Status.STOPPED
        if self.outcome.status is not Status.DONE and (not stopped or self._stopped_by_user()):
            return
        reached, state = self.outcome.time, self.outcome.state
        for k, condition in enumerate(self.user.conditions):  # what events change at once is found from here
            self.user.side[k] = 1.0 if condition.holds(condition.value(reached, state)) else -1.0
        crossed = list(dict.fromkeys(watch.crossed))
        for i in course.holds:
            if i not in crossed and i not in course.due:
                course.holds[i] = course.held(i, reached, state)
        self.outcome.status = Status.DONE
        n_done, self.outcome.state = len(course.log.firings), course.happen(reached, state, crossed)
        if any(firing.parameters for firing in course.log.firings[n_done:]):
            self.switches = switch_times(course.model, reached, self.end)
        self._after(reached)
        self.report(reached)

    def _stopped_by_user(self) -> bool:
        """Whether it was the condition that is to stop the run, which has the last word."""
        last = self.user.crossings[-1] if self.user.crossings else None
        stops = {condition.text for condition in self.user.conditions if condition.stops}
        return last is not None and last.holds and last.time == self.outcome.time and last.condition in stops

    def _after(self, time: float) -> None:
        """The output at a time at which something happened is what is there after it."""
        first, last = np.searchsorted(self.times, time, "left"), np.searchsorted(self.times, time, "right")
        if last > first:
            self.values[first:last] = self.outcome.state
            self.outcome.kept = max(self.outcome.kept, int(last))
            self.course.keep(int(first), int(last))

    # --- a stretch -------------------------------------------------------------------------------

    def _integrate(self, begin: float, upto: float) -> EventWatch:
        """One stretch; the outcome is then that of the run so far."""
        run, watch = self.outcome, self._watched()
        if run.steps >= self.max_steps:
            run.status = Status.TOO_MANY_STEPS
            return watch
        problem = self._prepared(begin, upto)
        problem.watch = watch
        stop = max(run.kept, int(np.searchsorted(self.times, upto, side="left")))
        if upto >= self.end and not self.course.is_set(upto):
            stop = len(self.times)
        times, values = self.times[run.kept : stop], self.values[run.kept : stop]
        self.problem, found = self._solve(problem, times, values, self.max_steps - run.steps)
        time = upto if found.status is Status.DONE else found.time
        state = np.array(found.state)
        self.outcome = Outcome(found.status, time, state, run.kept + found.kept, run.steps + found.steps)
        return watch

    def _prepared(self, begin: float, upto: float) -> Problem:
        """The problem of a stretch: where a rate jumps at one of its ends, it stays on its own side."""
        problem = self.problem.move_to(begin, self.outcome.state)
        problem.end, problem.system = upto, self.systems.current
        problem.switches = [time for time in self.switches if begin < time < upto]
        if begin in self.switches:
            problem.start = beside(begin, 1.0)
        before = beside(upto, -1.0)
        if upto in self.switches and before > problem.start:
            problem.end = before
        return problem

    def _solve(self, problem: Problem, times: FloatArray, values: FloatArray, steps: int) -> tuple[Problem, Outcome]:
        told = None if self.progress is None else self._told(problem.start, problem.end)
        if not self.systems.compiled:
            return problem, integrate(get_method(self.method), problem, times, values, steps, told)
        found = integrate_compiled(self.method, self.systems.current, problem, times, values, steps, told)
        if self.method != "auto" or found.status not in RECOVERABLE:
            return problem, found
        log = problem.events
        problem, values, found = recover(problem, times, values, found, steps, None)
        problem.events = log
        return problem, found

    def _told(self, begin: float, end: float) -> Progress:
        """Progress within a stretch as that of the run."""

        def told(done: float) -> None:
            self.report(begin + done * (end - begin))

        return told

    def _watched(self) -> EventWatch:
        """What is watched in a stretch from here: conditions that may begin to hold, and those of due events, which
        may cease to."""
        course, n = self.course, len(self.user.conditions)
        active = list(course.holds)
        watch = EventWatch.joined(self.user, [course.condition(i, i in course.due) for i in active], active)
        watch.side[:n] = self.user.side
        for k, i in enumerate(active):
            watch.side[n + k] = -1.0 if i in course.due or not course.holds[i] else 1.0
        return watch
