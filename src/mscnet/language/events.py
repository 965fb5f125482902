"""`at`, `every` and `when`: events, as `mechanism.events` has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Literal

from mscnet.diagnostics import suggest
from mscnet.language.declare import Declarations
from mscnet.language.resolve import Resolver
from mscnet.language.scope import KIND_WORDS, Entry, Reporter
from mscnet.language.syntax import ActionX, ComparisonX, ConditionX, EventX, ExpressionX, LogicX, ReactionX, Word
from mscnet.mechanism.events import Action, AtTimes, Condition, Event, Every, Logic, Trigger, When
from mscnet.mechanism.expression import MAX_DEPTH, Comparison, Expression, Number, symbols

#: What an event may change.
_CHANGEABLE = ("species", "parameter")


class _Bad(Exception):
    """Something of an event has an error, which is reported."""


class EventReader:
    """Makes the events of a file."""

    def __init__(self, found: Declarations, resolver: Resolver, report: Reporter) -> None:
        self.found, self.resolver, self.report = found, resolver, report
        self.pathway: str | None = None
        #: By label and pathway, None for what is common to all: where it was first used.
        self._labels: dict[tuple[str, str | None], Word] = {}
        for reaction, pathway in found.statements:
            if isinstance(reaction, ReactionX) and reaction.label is not None:
                self._labels.setdefault((reaction.label.name, pathway), reaction.label)

    def read(self) -> Iterator[Event]:
        """Events in the order of the text; what is wrong is reported and left out."""
        for statement, pathway in self.found.statements:
            if isinstance(statement, EventX):
                self.pathway = pathway
                event = self._event(statement)
                if event is not None:
                    yield event

    def _event(self, statement: EventX) -> Event | None:
        self.report.origin = statement.origin
        made = self._made(statement)
        self.report.origin = None
        return made

    def _made(self, statement: EventX) -> Event | None:
        self._check_label(statement)
        trigger: Trigger | None = None
        with suppress(_Bad):  # its actions are looked at in any case
            trigger = self._trigger(statement)
        actions = [action for node in statement.actions if (action := self._action(node)) is not None]
        if not statement.actions:
            message = "this event does nothing"
            hint = "say what happens: `{ A += 2 mM ; feed = 0 }`"
            self.report.error("E240", message, statement.head_start, statement.head_end, hint)
        if trigger is None or len(actions) < len(statement.actions) or not actions:
            return None
        head = " ".join(self.report.source.text[statement.head_start : statement.head_end].split())
        if statement.origin is not None:
            head += f" ({statement.origin.line.text(statement.origin.values)})"
        label = statement.label.name if statement.label else None
        span = self.report.span(statement.head_start, statement.head_end)
        return Event(trigger, tuple(actions), label, self.pathway, head, span)

    def _check_label(self, statement: EventX) -> None:
        label = statement.label
        if label is None:
            return
        places_of_it = ((label.name, self.pathway), (label.name, None))
        first = next((self._labels[place] for place in places_of_it if place in self._labels), label)
        self._labels.setdefault(places_of_it[0], label)
        if first is not label:
            places = (("first used here", first.start, first.end),)
            self.report.error("E011", f"the label `{label.name}` is used twice", label.start, label.end, related=places)

    # --- triggers ---

    def _trigger(self, statement: EventX) -> Trigger:
        trigger, variable = statement.trigger, statement.variable
        if variable is not None and variable.name not in ("t", "time"):
            message = f"an event is at a time: `at t = …`, not `at {variable.name} = …`"
            hint = "for a condition write `when … { … }`"
            self.report.error("E241", message, variable.start, variable.end, hint)
            raise _Bad
        if statement.kind == "at":
            return AtTimes(tuple(self._fixed(node, "the time of an event") for node in trigger.values))
        if statement.kind == "every":
            limits: dict[str, Expression] = {}
            for word, node in trigger.limits:
                if word.name in limits:
                    self.report.error("E009", f"this event has `{word.name}` twice", word.start, word.end)
                    raise _Bad
                limits[word.name] = self._fixed(node, f"what stands after `{word.name}`")
            period = self._fixed(trigger.values[0], "the time between events")
            return Every(period, limits.get("from"), limits.get("to"), limits.get("times"))
        assert trigger.condition is not None
        hold = None if trigger.hold is None else self._fixed(trigger.hold, "how long a condition is to hold")
        return When(self._condition(trigger.condition, 0), hold, trigger.once)

    def _fixed(self, node: ExpressionX, what: str) -> Expression:
        """An expression in parameters alone."""
        value = self._resolved(node)
        varying = next((s for s in symbols(value) if s.kind in ("species", "time", "observable")), None)
        if varying is not None:
            message = f"{what} may hold parameters and numbers only, not `{varying.name}`"
            hint = "for a condition on concentrations write `when … { … }`"
            self.report.error("E016", message, node.start, node.end, hint)
            raise _Bad
        if isinstance(value, Number) and value.value < 0:
            self.report.error("E024", f"{what} cannot be negative", node.start, node.end)
            raise _Bad
        return value

    def _resolved(self, node: ExpressionX) -> Any:
        value = self.resolver.resolve(node, self.pathway)
        if value is None:
            raise _Bad
        return value

    def _condition(self, node: ConditionX, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            message = f"a condition more than {MAX_DEPTH} levels deep"
            self.report.error("E004", message, node.start, node.end)
            raise _Bad
        if isinstance(node, LogicX):
            return Logic(node.operator, tuple(self._condition(part, depth + 1) for part in node.parts))  # type: ignore[arg-type]
        assert isinstance(node, ComparisonX)
        value = self._resolved(node)
        assert isinstance(value, Comparison)
        if not symbols(value):
            self.report.error("E241", "this condition never changes: it holds numbers alone", node.start, node.end)
            raise _Bad
        return value

    # --- actions ---

    def _action(self, node: ActionX) -> Action | None:
        kind = self._kind_of_target(node.target)
        try:
            value = self._resolved(node.value)
        except _Bad:
            return None
        if kind is None:
            return None
        if isinstance(value, Comparison):
            self.report.error("E017", "a value is needed here, not a condition", node.value.start, node.value.end)
            return None
        if kind == "species" and node.operator == "=" and isinstance(value, Number) and value.value < 0:
            self.report.error("E024", "a negative concentration", node.value.start, node.value.end)
            return None
        span = self.report.span(node.start, node.end)
        return Action(node.target.name, kind, node.operator, value, span=span)  # type: ignore[arg-type]

    def _kind_of_target(self, target: Word) -> Literal["species", "parameter"] | None:
        name, scope = target.name, self.found.scope
        entry = scope.find(name, self.pathway)
        if entry is not None and entry.kind in _CHANGEABLE and entry.by_medium is None:
            return entry.kind  # type: ignore[return-value]
        if entry is None:
            self._unknown(target)
        else:
            self._unchangeable(target, entry)
        return None

    def _unknown(self, target: Word) -> None:
        name = target.name
        if name in ("t", "time"):
            message, hint = "an event cannot change the time", None
        elif name == "temperature":
            message, hint = (
                "no temperature is given",
                "write `parameter T = 298.15 K`, `temperature = T` and `T = …` here",
            )
        else:
            message = f"unknown name `{name}`"
            known: Iterable[str] = self.found.scope.names(self.pathway, _CHANGEABLE)
            hint = suggest(name, known) or f"declare it: `species {name}` or `parameter {name} = …`"
        self.report.error("E010", message, target.start, target.end, hint)

    def _unchangeable(self, target: Word, entry: Entry) -> None:
        name = target.name
        related = (("declared here", entry.start, entry.end),)
        hint: str | None = "an event changes species and parameters"
        if entry.by_medium is not None:
            message = f"`{name}` depends on the medium, so an event cannot change it"
        else:
            message = f"`{name}` is {KIND_WORDS[entry.kind]}, which an event cannot change"
        if entry.kind == "definition" and name == "temperature":
            hint = "write `parameter T = …` and `temperature = T`, and change `T`"
        elif entry.kind == "definition" and entry.by_medium is None:
            hint = f"make it a parameter: `parameter {name} = …`; or change a parameter that it depends on"
        self.report.error("E242", message, target.start, target.end, hint, related)
