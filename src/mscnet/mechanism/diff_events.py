"""Events in a form that is equal for those that do the same: names of one file, values in SI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from mscnet.mechanism.diff_algebra import PRIME, depends_on_units, fingerprint
from mscnet.mechanism.diff_view import Node, View
from mscnet.mechanism.events import Action, AtTimes, Condition, Event, Every, When
from mscnet.mechanism.expression import Comparison, Expression, Lookup, Number, Symbol, walk
from mscnet.mechanism.units import NONE, TIME, VOLUME, Dimension


class EventForms:
    """The forms of the events of one file; `otherwise` is the value of an expression that has other algebra in other
    units."""

    def __init__(
        self, view: View, values: Mapping[Node, int], names: Mapping[str, str], otherwise: Callable[[Expression], int]
    ) -> None:
        self.view, self.names, self._otherwise = view, names, otherwise
        self._lookup = view.lookup(values)

    def of(self, event: Event) -> tuple[Any, ...]:
        """The form of an event."""
        return (*self._trigger(event), *(self._action(action) for action in event.actions))

    def _trigger(self, event: Event) -> tuple[Any, ...]:
        match event.trigger:
            case AtTimes(times):
                return ("at", tuple(sorted(self._value(time, TIME) for time in times)))
            case Every(period, first, last, count):
                begin = period if first is None else first
                return ("every", *(self._value(e, TIME) for e in (period, begin, last)), self._value(count, NONE))
            case When(condition, hold, once):
                return ("when", self._condition(condition), self._value(hold, TIME), once)

    def _condition(self, condition: Condition) -> Any:
        if isinstance(condition, Comparison):
            return self._value(condition, NONE)
        parts = [self._condition(part) for part in condition.parts]
        return (condition.operator, *sorted(parts, key=repr))

    def _action(self, action: Action) -> tuple[Any, ...]:
        known = self.view.species if action.kind == "species" else self.view.parameters
        own: Dimension | None = known[action.target].dimension if action.target in known else None
        factor = action.operator in ("*=", "/=")
        value = self._value(action.value, NONE if factor else own)
        if action.amount:
            given = self.view.mechanism.option("volume")
            volume = action.volume if given is None else Number(Fraction(repr(given)), VOLUME)
            inverse = 0 if volume is None else pow(self._value(volume, VOLUME) or 1, -1, PRIME)
            # the scale of an amount is that of its concentration times that of a volume
            value = value * self.view.scale(VOLUME) * (inverse or 1) % PRIME
            return (action.kind, self.names.get(action.target, action.target), action.operator, value, bool(inverse))
        return (action.kind, self.names.get(action.target, action.target), action.operator, value)

    def _value(self, expression: Expression | None, dimension: Dimension | None) -> int:
        """The value of an expression of a dimension in SI; -1 for none."""
        if expression is None:
            return -1
        if self.view.converts and any(self._is_blind(node) for node in walk(expression)):
            return self._otherwise(expression)
        return fingerprint(expression, self._lookup) * self.view.scale(dimension) % PRIME

    def _is_blind(self, node: Expression) -> bool:
        if isinstance(node, Symbol) and node.name in self.view.derived and node.kind not in ("species", "parameter"):
            return any(self._is_blind(part) for part in walk(self.view.derived[node.name]))
        return isinstance(node, Lookup) or depends_on_units(node)
