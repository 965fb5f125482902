"""Time that passes in a vessel of a mechanism with events: what they do there, and where they stand after it.

A vessel is a run of its own on the clock of the experiment, from when it is filled.  What was put in or taken out
between two stretches of time is looked at where the next one begins: a condition that holds since then has begun to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.diagnostics import MechanismError
from mscnet.experiment.values import TEMPERATURE
from mscnet.experiment.vessel import Course, Vessel
from mscnet.kinetics.program import RateProgram
from mscnet.mechanism.events import When
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import replace
from mscnet.simulation.compiled import COMPILED
from mscnet.simulation.conditions import Watch
from mscnet.simulation.event_course import EventCourse
from mscnet.simulation.event_log import EventLog
from mscnet.simulation.event_run import EventRun
from mscnet.simulation.event_schedule import SAME, timed
from mscnet.simulation.event_system import Systems, with_model
from mscnet.simulation.inputs import structural
from mscnet.simulation.loop import Outcome
from mscnet.simulation.problem import Problem
from mscnet.simulation.segments import Segment
from mscnet.simulation.starts import settled
from mscnet.simulation.status import Status

if TYPE_CHECKING:
    from mscnet.experiment.passing import Kind, Solver

FloatArray = NDArray[np.float64]

#: Concentrations that differ by less than this part are the same ones, rounded.
_ROUNDING = 1e-12


class EventFollower:
    """Follows one vessel through a stretch of time, which may be solved in several parts; the sibling of
    `passing.Follower`.  `parameters` (n_parameters,) are those of the experiment."""

    def __init__(self, solver: Solver, vessel: Vessel, parameters: FloatArray) -> None:
        self.solver, self._given = solver, parameters
        self._course, self._volume = vessel.course, vessel.volume
        self.temperature = vessel.temperature
        self.log = EventLog()
        self._parts: list[Mapping[str, FloatArray]] = []

    def values(self, parameters: FloatArray) -> FloatArray:
        """(n_parameters,) of the experiment with what events have set."""
        if self._course is None or not self._course.parameters:
            return parameters
        row = parameters.copy()
        for name, value in self._course.parameters.items():
            row[self.solver.index[name]] = value
        return row

    def left(self, vessel: Vessel) -> Vessel:
        """A vessel that has what events left of this one."""
        return vessel.warmed(self.temperature).after(self._course)

    def columns(self, n_times: int) -> dict[str, FloatArray]:
        """What events set, (n_times,) by name; ``nan`` from where the numbers did not get."""
        names = self._parts[0] if self._parts else ()
        joined = {name: np.concatenate([part[name] for part in self._parts]) for name in names}
        return {name: np.append(c, np.full(n_times - len(c), np.nan)) for name, c in joined.items()}

    def in_concentrations(self, volume: Callable[[float], float], n: int) -> EventLog:
        """The log of a run in amounts, of which `n` are those of species, in a `volume` that follows the time."""
        self.log.firings = [
            replace(f, before=f.before[:n] / volume(f.time), after=f.after[:n] / volume(f.time))
            for f in self.log.firings
        ]
        return self.log

    def run(
        self, kind: Kind, inputs: FloatArray, start: float, duration: float, times: FloatArray, atol: FloatArray,
        volume: Callable[[float], float] | None = None,
    ) -> Segment:  # fmt: skip
        """As `passing.Follower.run`; of a model in amounts, `volume` is that at a time.

        Raises:
            MechanismError: a time of an event makes no sense, or one changes the temperature while a step does.
        """
        program, end = self.solver.program_of(kind), start + duration
        if kind == "ramp":
            self._check_ramp()
        grid = np.minimum(times + start, end)
        n = len(program.species)
        inputs = inputs.copy()
        if self._course is not None and kind != "flow":
            x, known = inputs[-n:], self._course.state
            inputs[-n:] = np.where(np.abs(x - known) <= _ROUNDING * np.abs(x), known, x)
        inputs = settled(program, inputs[None], start)[0]
        model = program.network.mechanism.with_values(_named(program, inputs))
        systems = _Systems(self.solver, model, program)
        problem = Problem(systems.current, start, end, inputs[-n:].copy(), self.solver.rtol, atol)
        problem.max_step = self.solver.longest_of(kind) * duration or math.inf
        course = EventCourse(
            systems, start, end, grid, atol, None, self._set_times(program, start, end, grid),
            None if volume is not None else self._volume,
        )  # fmt: skip
        course.volume_at = volume
        systems.keep_temperature(course.log, len(grid))
        run = EventRun(systems, problem, course, self.solver.method, grid, self.solver.max_steps, Watch(()))
        run.go(lambda state: self._begin(course, start, state))
        return self._taken(run, systems, volume)

    def _check_ramp(self) -> None:
        event = next((e for e in self.solver.model.events if {a.target for a in e.actions} & self.solver.warming), None)
        if event is not None:
            message = f"`{event.shown}` changes the temperature, and so does this step"
            raise MechanismError.of("E290", message, hint="hold it at one temperature", span=event.span)

    def _begin(self, course: EventCourse, start: float, state: FloatArray) -> FloatArray:
        if self._course is None:
            return course.begin(start, state)
        level = float(np.abs(state).max(initial=0.0)) / (1.0 if course.volume_at is None else course.volume_at(start))
        return course.resume(start, state, self._course.standing, level)

    def _set_times(
        self, program: RateProgram, start: float, end: float, grid: FloatArray
    ) -> list[tuple[float, list[int]]]:
        """The set times that are not done, with the values that parameters have in the experiment."""
        if all(isinstance(event.trigger, When) for event in self.solver.model.events):
            return []
        given = dict(zip(self.solver.index, self._given.tolist(), strict=False))
        found = timed(program.network.mechanism.with_values(_given(given)), start, end, grid)
        done = -math.inf if self._course is None else self._course.until
        return [one for one in found if one[0] > done + SAME * abs(done)] if math.isfinite(done) else found

    def _taken(self, run: EventRun, systems: _Systems, volume: Callable[[float], float] | None) -> Segment:
        """What a run gave; where it left things is kept for the next."""
        outcome: Outcome = run.outcome
        if outcome.status is Status.INTERRUPTED:
            raise KeyboardInterrupt
        log, state = run.course.log, np.asarray(outcome.state, dtype=np.float64)
        values = run.values
        values[outcome.kept :] = np.nan
        set_here = {name: value for f in log.firings for name, (_, value) in f.parameters.items()}
        before = {} if self._course is None else self._course.parameters
        if set_here.keys() & self.solver.warming:
            self.temperature = systems.model.value_of(TEMPERATURE)
        if outcome.status is Status.DONE:
            concentrations = state if volume is None else state / volume(outcome.time)
            standing = run.course.standing(outcome.time, state)
            self._course = Course(outcome.time, standing, concentrations, {**before, **set_here})
        self._parts.append({name: course[: len(values)] for name, course in log.courses.items()})
        self.log.firings += log.firings
        self.log.notes += log.notes
        self.log.trouble, self.log.courses = log.trouble, log.courses
        counted = [run.problem.counts.get(name, 0) for name in ("rejected", "rhs", "jacobian", "factorisations")]
        return Segment(values, state, outcome.status, outcome.time, np.array([outcome.steps, *counted], dtype=np.int64))


class _Systems(Systems):
    """The model of a vessel as it is now: its temperature is a number that follows what events set."""

    def __init__(self, solver: Solver, model: Mechanism, program: RateProgram) -> None:
        self._solver = solver
        compiled = solver.method in COMPILED and kernels.core() is not None
        ready: Any = with_model(program, model) if compiled and not structural(model) else None
        super().__init__(model, compiled, ready)

    def keep_temperature(self, log: EventLog, n_times: int) -> None:
        """Has the course of the temperature kept, where events change it."""
        if self._solver.set_by_events & self._solver.warming:
            log.courses[TEMPERATURE] = np.full(n_times, self.model.value_of(TEMPERATURE))

    def change(self, parameters: Mapping[str, float], after: FloatArray, before: FloatArray) -> None:
        follows = self._solver.follows
        if follows is not None and parameters.keys() & self._solver.warming:
            warm = self.model.with_values(dict(parameters)).evaluate(follows)
            parameters = {**parameters, TEMPERATURE: warm}
        super().change(parameters, after, before)


def _named(program: RateProgram, inputs: FloatArray) -> dict[str, float | str]:
    """Inputs by name, without those that nobody gave."""
    return _given(dict(zip(program.input_index, inputs.tolist(), strict=True)))


def _given(values: Mapping[str, float]) -> dict[str, float | str]:
    return {name: value for name, value in values.items() if value == value}
