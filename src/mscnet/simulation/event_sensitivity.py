"""Sensitivities of runs with events: between events as anywhere, at each event by its exact derivative.

Where an event at the time τ takes x to h(x, p, τ), the sensitivity s by a parameter becomes
(∂h/∂x)(s + f⁻ dτ) + ∂h/∂p + (∂h/∂τ) dτ - f⁺ dτ, with the rates f before and after, and dτ the derivative of the event's
time: of a set time by what it is written with, of a condition g = 0 as -(∂g/∂x s + ∂g/∂p)/(∂g/∂x f⁻ + ∂g/∂t)
(Rozenvasser, Automation and Remote Control 28 (1967) 1007; Hiskens and Pai, IEEE Trans. Circuits Syst. I 47 (2000)
204).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.diagnostics import UNSUPPORTED, MechanismError
from mscnet.kinetics.program import RateProgram
from mscnet.kinetics.switches import beside
from mscnet.mechanism.events import Action, AtTimes, Event, Every, When
from mscnet.mechanism.expression import Expression, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.without_events import refuse_events
from mscnet.records import dataclass
from mscnet.simulation.differentiate import Course, Forward, forward
from mscnet.simulation.event_actions import volume_for
from mscnet.simulation.event_log import Firing
from mscnet.simulation.event_schedule import watched
from mscnet.simulation.inputs import Fixed, input_directions, scales, structural
from mscnet.simulation.loop import Outcome
from mscnet.simulation.starts import settled_along
from mscnet.simulation.status import Status
from mscnet.simulation.tangents import Tangent, tangent_over
from mscnet.simulation.trajectory import Trajectory

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class EventForward:
    """A run with sensitivities, directions (P, n_inputs) and inputs (n_inputs,) at its start, and of parameters that
    events set the derivatives (n_times, P), by name."""

    ran: Forward
    directions: FloatArray
    inputs: FloatArray
    slopes: dict[str, FloatArray]


def forward_events(
    program: RateProgram, nominal: Trajectory, course: Course, names: Sequence[str], tested: bool
) -> EventForward:
    """As `differentiate.forward`, of a model with events; `nominal` is the run itself, at the times of `course`.

    Raises:
        MechanismError: what an event does has no derivative, or is not there yet: a condition that is to hold for a
            time, a parameter in a coefficient that an event sets or that is asked for, an installation without kernels.
    """
    model = nominal.mechanism
    _refuse(model, names)
    return _Replay(program, nominal, course, names, tested).run()


def _refuse(model: Mechanism, names: Sequence[str]) -> None:
    held = next((e for e in model.events if isinstance(e.trigger, When) and e.trigger.hold is not None), None)
    if held is not None:
        message = (
            f"sensitivities where a condition is to hold for a time (`{held.shown}`): mscnet does not have this yet"
        )
        raise MechanismError.of(UNSUPPORTED, message, span=held.span)
    set_here = {a.target for event in model.events for a in event.actions}
    if kernels.core() is None or structural(model) & {*names, *set_here}:
        refuse_events(model, "sensitivities to coefficients, or without compiled kernels,")


class _Replay:
    """The run once more, with its sensitivities."""

    def __init__(
        self, program: RateProgram, nominal: Trajectory, course: Course, names: Sequence[str], tested: bool
    ) -> None:
        self.program, self.model, self.course, self.tested = program, nominal.mechanism, course, tested
        self.firings = nominal.events
        self.first_inputs = program.inputs()
        self.first_directions = input_directions(program, self.first_inputs, names)
        self.inputs, self.directions = self.first_inputs.copy(), self.first_directions.copy()
        self._settle(course.start)
        self.scale = scales(self.first_inputs[[program.input_index[name] for name in names]])
        self.n = len(program.species)
        self.fixed = Fixed(program, self.first_inputs)
        n_times = len(course.times)
        self.values = np.empty((n_times, self.n))
        self.rows = np.empty((n_times, self.n, len(names)))
        self.slopes = {name: np.empty((n_times, len(names))) for name in nominal.courses}
        self.outcome = Outcome(Status.DONE, course.start, self.inputs[-self.n :])
        self.counts: dict[str, int] = {}

    def run(self) -> EventForward:
        """From the start to the end, or to where the numbers fail."""
        end = float(self.course.times[-1])
        if self.course.times[0] <= self.course.start:
            self._keep(0, 1)
        for time, group in groupby(self.firings, key=lambda firing: firing.time):
            self._stretch(time)
            if self.outcome.status is not Status.DONE:
                break
            self._jump(time, list(group))
            first, last = (
                np.searchsorted(self.course.times, time, "left"),
                np.searchsorted(self.course.times, time, "right"),
            )
            self._keep(int(first), int(last))
        if self.outcome.status is Status.DONE:
            self._stretch(end)
            self._keep(len(self.values) - int(self.outcome.kept < len(self.values)), len(self.values))
        ran = Forward(self.outcome, self.values, self.rows, self.counts)
        return EventForward(ran, self.first_directions, self.first_inputs, self.slopes)

    def _keep(self, first: int, last: int) -> None:
        """The state as it is, at output times number `first` … `last` - 1."""
        if last > first:
            self.values[first:last] = self.inputs[-self.n :]
            self.rows[first:last] = self.directions[:, -self.n :].T
            self._keep_slopes(first, last)
            self.outcome.kept = max(self.outcome.kept, last)

    def _keep_slopes(self, first: int, last: int) -> None:
        for name, slopes in self.slopes.items():
            slopes[first:last] = self.directions[:, self.program.input_index[name]]

    def _stretch(self, end: float) -> None:
        """To a time; the output before it is kept."""
        out, times = self.outcome, self.course.times
        if end <= out.time:
            return
        stop = max(out.kept, int(np.searchsorted(times, end, "left")))
        asked = np.append(times[out.kept : stop], end)
        course = Course(
            out.time, asked, self.course.rtol, self.course.atol, max(1, self.course.max_steps - out.steps),
            self.course.progress,
        )  # fmt: skip
        ran = forward(self.program, self.inputs, self.directions, course, self.scale, self.tested)
        kept = min(ran.outcome.kept, stop - out.kept)
        self.values[out.kept : out.kept + kept] = ran.values[:kept]
        self.rows[out.kept : out.kept + kept] = ran.sensitivities[:kept]
        self._keep_slopes(out.kept, out.kept + kept)
        for name, count in ran.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        steps = out.steps + ran.outcome.steps
        self.outcome = Outcome(ran.outcome.status, ran.outcome.time, ran.outcome.state, out.kept + kept, steps)
        if ran.outcome.status is Status.DONE:
            self.outcome.time = end
            self.inputs[-self.n :] = ran.values[-1]
            self.directions[:, -self.n :] = ran.sensitivities[-1].T

    # --- an event ----------------------------------------------------------------------------------

    def _jump(self, time: float, group: list[Firing]) -> None:
        """What the events of a time make of the state and its sensitivities."""
        n = self.n
        before = self._rates(beside(time, -1.0) if time > self.course.start else time)
        moves = [self._of_time(time, self.model.events[f.number], before) for f in group if not f.set_off]
        move = moves[0] if moves else np.zeros(len(self.directions))
        if any(not np.allclose(move, other, rtol=1e-9, atol=1e-12) for other in moves):
            message = f"two events happen at t = {time:g}, but their times depend on the parameters differently"
            raise MechanismError.of("E045", message, hint="there are no derivatives; move one of the two a little")
        self.directions[:, -n:] += np.outer(move, before)
        for firing in group:
            self._act(time, move, self.model.events[firing.number])
        after = self._rates(beside(time, 1.0))
        self.directions[:, -n:] -= np.outer(move, after)

    def _settle(self, time: float) -> None:
        """Fast steps are at equilibrium again."""
        if self.program.settler is not None:
            self.inputs, self.directions = settled_along(self.program, self.inputs, self.directions, time)

    def _act(self, time: float, move: FloatArray, event: Event) -> None:
        index = self.program.input_index
        found = [self._tangent(action.value, time, move) for action in event.actions]
        for action, given in zip(event.actions, found, strict=True):
            share = volume_for(action, self.model) if action.amount else 1.0
            i = index[action.target]
            value, slope = float(given.value) / share, np.broadcast_to(given.slope, move.shape) / share
            new, by = _changed(action, float(self.inputs[i]), self.directions[:, i].copy(), value, slope)
            self.inputs[i] = max(new, 0.0) if action.kind == "species" else new
            self.directions[:, i] = by
        self._settle(time)

    def _tangent(self, expression: Expression, time: float, move: FloatArray) -> Tangent:
        """An expression with its derivatives (P,) at the state as it is."""
        return self._over(expression, time, lambda i: self.directions[:, i], move)

    def _over(
        self, expression: Expression, time: float, slope_of: Callable[[int], FloatArray], move: FloatArray
    ) -> Tangent:
        index = self.program.input_index

        def tangent_of(symbol: Symbol) -> Tangent:
            if symbol.kind == "time":
                return Tangent(np.float64(time), move)
            if symbol.kind in ("species", "parameter"):
                i = index[symbol.name]
                return Tangent(np.float64(self.inputs[i]), slope_of(i))
            return tangent_over(self.model.expression_of(symbol.name), tangent_of)

        return tangent_over(expression, tangent_of)

    def _rates(self, time: float) -> FloatArray:
        core: Any = kernels.core()
        out = np.empty(self.n)
        state = np.ascontiguousarray(self.inputs[-self.n :])
        core.evaluate(self.program.model, {"inputs": self.inputs, "x": state, "time": time, "rhs": out})
        return out

    # --- the time of an event ------------------------------------------------------------------------

    def _of_time(self, time: float, event: Event, rates: FloatArray) -> FloatArray:
        """The derivatives (P,) of the time at which an event happens."""
        match event.trigger:
            case AtTimes(times):
                found = [tangent_over(expression, self.fixed) for expression in times]
                nearest = min(found, key=lambda tangent: abs(float(tangent.value) - time))
                return self._along(nearest.slope)
            case Every(period, first):
                by_period = tangent_over(period, self.fixed)
                start = by_period if first is None else tangent_over(first, self.fixed)
                count = round((time - float(start.value)) / float(by_period.value))
                return self._along(start.slope + count * by_period.slope)
            case When():
                return self._of_condition(time, event, rates)

    def _along(self, slope: FloatArray) -> FloatArray:
        wide: FloatArray = np.broadcast_to(slope, self.first_inputs.shape)
        return self.first_directions @ wide

    def _of_condition(self, time: float, event: Event, rates: FloatArray) -> FloatArray:
        g = watched(self.model, event).expression
        at, first = np.zeros(len(self.directions)), len(self.inputs) - self.n
        still = self._over(g, time, lambda i: self.directions[:, i], at)
        moving = self._over(
            g, time, lambda i: rates[i - first : i - first + 1] if i >= first else np.zeros(1), np.ones(1)
        )
        speed = float(np.broadcast_to(moving.slope, (1,))[0])
        if speed == 0.0:
            message = f"`{event.shown}` is only touched at t = {time:g}: when it happens has no derivative"
            raise MechanismError.of("E045", message, span=event.span)
        slope: FloatArray = -np.broadcast_to(still.slope, at.shape) / speed
        return slope


def _changed(
    action: Action, old: float, old_slope: FloatArray, value: float, slope: FloatArray
) -> tuple[float, FloatArray]:
    """What an action makes of a number and its derivatives."""
    match action.operator:
        case "+=":
            return old + value, old_slope + slope
        case "-=":
            return old - value, old_slope - slope
        case "*=":
            return old * value, old_slope * value + old * slope
        case "/=":
            return old / value, old_slope / value - old * slope / value**2
        case _:
            return value, slope
