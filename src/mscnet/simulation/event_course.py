"""What happens when: the events of one run, which conditions hold, and what is due."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from mscnet.mechanism.events import When
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass
from mscnet.simulation.conditions import Condition
from mscnet.simulation.event_actions import BadAction, apply, check_volume
from mscnet.simulation.event_log import EventLog, Firing
from mscnet.simulation.event_schedule import hold_of, timed, watched
from mscnet.simulation.event_system import Systems

FloatArray = NDArray[np.float64]

#: So many events at one time set each other off without end.
MAX_AT_ONCE = 1_000
#: The most events of a run.
MAX_FIRINGS = 100_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How conditions stand at a time, by the numbers of their events: whether each holds, when those that are to hold
    on are due, and the values of the functions behind them."""

    holds: Mapping[int, bool]
    due: Mapping[int, float]
    values: Mapping[int, float]


class EventCourse:
    """The events of a run between `start` and `end`, with output times `grid` (n_times,).

    `atol` (n_species,): what an action leaves below zero by no more counts as zero.  `whole` makes whole molecules of
    what an event has left, from what was there before and the parameters that it sets.  `set_times` are those of
    `timed`, by default of the model; amounts go into `volume`, by default that of the model.

    Raises:
        MechanismError: a time of an event that makes no sense, or a condition that needs a value that nobody gave.
    """

    def __init__(
        self, systems: Systems, start: float, end: float, grid: FloatArray, atol: FloatArray,
        whole: Callable[[FloatArray, FloatArray, Mapping[str, float]], FloatArray] | None = None,
        set_times: list[tuple[float, list[int]]] | None = None, volume: float | None = None,
    ) -> None:  # fmt: skip
        self.systems, self.atol, self.whole, self.grid, self.volume = systems, atol, whole, grid, volume
        #: In a run of amounts, the volume at a time: concentrations are told.
        self.volume_at: Callable[[float], float] | None = None
        self.log = EventLog()
        model = systems.model
        if volume is None:
            check_volume(model)
        self.timed = timed(model, start, end, grid) if set_times is None else set_times
        #: Whether the condition of an event holds; one that is done for good is not among them any more.
        self.holds = {i: False for i, event in enumerate(model.events) if isinstance(event.trigger, When)}
        #: When an event is due whose condition has begun to hold and is to hold on.
        self.due: dict[int, float] = {}
        changed = (a for event in model.events for a in event.actions if a.kind == "parameter")
        self.log.courses = {a.target: np.full(len(grid), model.value_of(a.target)) for a in changed}

    @property
    def model(self) -> Mechanism:
        """The model with the values that its parameters have now."""
        return self.systems.model

    def begin(self, time: float, state: FloatArray) -> FloatArray:
        """What happens at the start of the run, and the state (n_species,) after it; errors as `happen`."""
        for i in self.holds:
            self.holds[i] = self.held(i, time, state)
            if self.holds[i]:
                shown = self.model.events[i].shown
                self.log.notes.append(
                    f"`{shown}`: this holds at the start, and counts once it has ceased and begun anew"
                )
        return self.happen(time, state, ())

    def resume(self, time: float, state: FloatArray, before: Standing, level: float) -> FloatArray:
        """What happens where a run goes on that stood so `before`: what changed meanwhile counts as an event does.

        A condition whose function has not moved by more than rounding of `level` is not asked again; errors as
        `happen`.
        """
        self.holds, self.due = dict(before.holds), dict(before.due)
        ready: set[int] = set()
        for i in list(self.holds):
            value = self.condition(i).value(time, state)
            if math.isclose(value, before.values[i], rel_tol=1e-9, abs_tol=1e-12 * level):
                continue
            was, self.holds[i] = self.holds[i], self.condition(i).holds(value)
            if not self.holds[i]:
                self.due.pop(i, None)
            elif not was:
                ready |= self._begun(i, time)
        if self.timed and self.timed[0][0] == time:
            ready |= set(self.timed.pop(0)[1])
        return self._fire(sorted(ready), time, state)

    def standing(self, time: float, state: FloatArray) -> Standing:
        """How the conditions stand, for a run that goes on from here."""
        values = {i: self.condition(i).value(time, state) for i in self.holds}
        return Standing(dict(self.holds), dict(self.due), values)

    def next_time(self, now: float, end: float) -> float:
        """The next time at which something is to happen, or the end."""
        coming = [time for time, _ in self.timed[:1]] + [time for time in self.due.values() if time > now]
        return min([end, *coming])

    def is_set(self, time: float) -> bool:
        """Whether something is to happen at a time."""
        return bool(self.timed and self.timed[0][0] == time) or time in self.due.values()

    def condition(self, number: int, turned: bool = False) -> Condition:
        """The condition of an event, or its opposite."""
        return self.systems.condition(number, turned, watched)

    def held(self, number: int, time: float, state: FloatArray) -> bool:
        """Whether the condition of an event holds at a time and a state (n_species,)."""
        condition = self.condition(number)
        return condition.holds(condition.value(time, state))

    # --- what happens ------------------------------------------------------------------------------

    def happen(self, time: float, state: FloatArray, crossed: Iterable[int]) -> FloatArray:
        """The state (n_species,) after all that happens at a time.

        `crossed` are the events whose condition has begun to hold just there, or has ceased to for those that are due.

        Raises:
            BadAction: an action cannot be done, or events set each other off without end.
        """
        ready: set[int] = set()
        for i in crossed:
            if i in self.due:
                self.holds[i] = False
                del self.due[i]
            elif i in self.holds:
                self.holds[i] = True
                ready |= self._begun(i, time)
        if self.timed and self.timed[0][0] == time:
            ready |= set(self.timed.pop(0)[1])
        late = [i for i, due in self.due.items() if due <= time]
        for i in late:
            self._done(i)
        return self._fire(sorted(ready | set(late)), time, state)

    def _begun(self, number: int, time: float) -> set[int]:
        """The condition of an event has begun to hold: the event itself where it counts at once."""
        hold = hold_of(self.model, self.model.events[number])
        if time + hold > time:
            self.due[number] = time + hold
            return set()
        self._done(number)
        return {number}

    def _done(self, number: int) -> None:
        self.due.pop(number, None)
        trigger = self.model.events[number].trigger
        if isinstance(trigger, When) and trigger.once:
            self.holds.pop(number, None)

    def _fire(self, ready: list[int], time: float, state: FloatArray) -> FloatArray:
        """Do these events, and those that they set off."""
        count, first = 0, set(ready)
        while ready:
            number, *ready = ready
            count += 1
            if count > MAX_AT_ONCE or len(self.log.firings) >= MAX_FIRINGS:
                raise BadAction(self._endless(count > MAX_AT_ONCE))
            event = self.model.events[number]
            per = 1.0 if self.volume_at is None else 1.0 / self.volume_at(time)
            after, parameters = apply(event, self.model, time, state, self.atol, self.volume, per)
            after = self.systems.settled(after, parameters, time)
            if self.whole is not None:
                after = self.whole(after, state, parameters)
            old = {name: (self.model.value_of(name), value) for name, value in parameters.items()}
            changed = {*parameters, *(self.model.species[i].name for i in np.flatnonzero(after != state))}
            asked = sorted(i for i in self.systems.asking(changed) if i in self.holds)
            before = {i: self.condition(i).value(time, state) for i in asked}
            kept = np.array(state), np.array(after)
            self.log.firings.append(Firing(event.shown, time, *kept, old, number, number not in first))
            self.systems.change(parameters, after, state)
            state = after
            ready = sorted({*ready, *self._set_off(before, time, after)})
        return state

    def _set_off(self, before: dict[int, float], time: float, state: FloatArray) -> set[int]:
        """The events whose conditions begin to hold by what another has done."""
        found: set[int] = set()
        for i, value in before.items():
            if i not in self.holds:
                continue
            condition = self.condition(i)
            now = condition.value(time, state)
            if now == value:  # untouched: where it has just begun to hold, rounding is not asked again
                continue
            was, self.holds[i] = self.holds[i], condition.holds(now)
            if not self.holds[i]:
                self.due.pop(i, None)
            elif not was:
                found |= self._begun(i, time)
        return found

    def _endless(self, at_once: bool) -> str:
        names = list(dict.fromkeys(firing.event for firing in self.log.firings[-6:]))
        listed = ", ".join(f"`{name}`" for name in names)
        if at_once:
            return f"events set each other off without end: {listed}"
        return f"more than {MAX_FIRINGS:,} events happened, the last of them {listed}"

    # --- output ------------------------------------------------------------------------------------

    def keep(self, first: int, upto: int) -> None:
        """The values of parameters at output times number `first` … `upto` - 1."""
        for name, course in self.log.courses.items():
            course[first:upto] = self.model.value_of(name)
