"""Dimensions of events: times, conditions, and what actions add to what."""

from __future__ import annotations

from collections.abc import Callable

from mscnet.language.dimensions import Dimensions, Form, Mismatch
from mscnet.mechanism.events import Action, AtTimes, Event, Every, When, comparisons
from mscnet.mechanism.expression import Expression, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import LENGTH, NONE, TIME, VOLUME, Dimension
from mscnet.records import replace


class EventDimensions:
    """Checks the events of a mechanism."""

    def __init__(
        self, mechanism: Mechanism, dimensions: Dimensions, of_symbol: Callable[[Symbol, str | None], Form]
    ) -> None:
        self.mechanism, self.dimensions, self._of_symbol = mechanism, dimensions, of_symbol

    def events(self) -> tuple[Event, ...]:
        """The events, with additions of amount told from those of concentration; mismatches are reported."""
        return tuple(self._event(event) for event in self.mechanism.events)

    def _event(self, event: Event) -> Event:
        match event.trigger:
            case AtTimes(times):
                for time in times:
                    self._require(time, event, TIME, "an event is at a time")
            case Every(period, first, last, count):
                for part in (period, first, last):
                    if part is not None:
                        self._require(part, event, TIME, "a time is needed here")
                if count is not None:
                    self._require(count, event, NONE, "how often is a pure number")
            case When(condition, hold):
                for comparison in comparisons(condition):
                    self.dimensions.infer(comparison, event.pathway)
                if hold is not None:
                    self._require(hold, event, TIME, "how long a condition is to hold is a time")
        actions = (self._action(action, event) for action in event.actions)
        return replace(event, actions=tuple(a if a.amount else replace(a, volume=None) for a in actions))

    def _require(self, expression: Expression, event: Event, dimension: Dimension, message: str) -> None:
        self.dimensions.require(expression, event.pathway, dimension, message)

    def _action(self, action: Action, event: Event) -> Action:
        if action.operator in ("*=", "/="):
            self._require(action.value, event, NONE, f"what stands after `{action.operator}` is a pure number")
            return action
        own = self._of_symbol(Symbol(action.target, action.kind), event.pathway)
        form = self.dimensions.infer(action.value, event.pathway)
        if self.dimensions.complained:
            return action
        if action.kind == "species" and self._is_amount(form, own):
            return self._amount(action, event)
        try:
            self.dimensions.equate(form, own, action.value.span)
        except Mismatch as error:
            shown = self.dimensions.shown
            verb = "cannot be" if action.operator == "=" else "cannot be changed by"
            message = f"`{action.target}` is {shown(error.second)}, it {verb} {shown(error.first)}"
            self.dimensions.complain(action.value, message)
        return action

    def _is_amount(self, form: Form, own: Form) -> bool:
        given, concentration = self.dimensions.dimension(form), self.dimensions.dimension(own)
        return given is not None and concentration is not None and given in self._amounts(concentration)

    def _amounts(self, concentration: Dimension) -> tuple[Dimension, ...]:
        """What a concentration may be an amount over: a volume or, in a file with surfaces, an area."""
        surfaces = any(c.surface for c in self.mechanism.compartments)
        return (concentration * VOLUME, concentration * LENGTH**2) if surfaces else (concentration * VOLUME,)

    def _amount(self, action: Action, event: Event) -> Action:
        if self.mechanism.compartments:
            from mscnet.language.compartment_events import in_the_new_volume

            return in_the_new_volume(action, event, self.mechanism)
        given = self.mechanism.option("volume") is not None
        if not given and action.volume is None and not self.mechanism.experiments:
            message = "this is an amount, and the volume that it goes into is not known"
            self.dimensions.complain(action.value, message, "write `option volume = 1 L`, or give a concentration")
        return replace(action, amount=True, volume=None if given else action.volume)
