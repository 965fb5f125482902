"""Events: what happens in the course of a run, at set times or where a condition begins to hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from mscnet.diagnostics import Span
from mscnet.mechanism.expression import Comparison, Expression, to_text
from mscnet.records import dataclass, field, replace

if TYPE_CHECKING:
    from mscnet.mechanism.types import Species


@dataclass(frozen=True, slots=True)
class Logic:
    """Conditions that hold together (``and``), of which one holds (``or``), or the opposite of one (``not``)."""

    operator: Literal["and", "or", "not"]
    parts: tuple[Condition, ...]


Condition = Comparison | Logic


@dataclass(frozen=True, slots=True)
class AtTimes:
    """At times of the run: expressions in parameters, whose values are those at its start."""

    times: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Every:
    """At `first`, by default one `period` after time 0, and then each `period`: up to the time `last`, included, and
    at most `count` times; None where nothing limits it."""

    period: Expression
    first: Expression | None = None
    last: Expression | None = None
    count: Expression | None = None


@dataclass(frozen=True, slots=True)
class When:
    """Where a condition begins to hold; with `hold`, once it has held so long without a break.  `once`: the first time
    alone.  A condition that holds at the start has to cease before it can begin."""

    condition: Condition
    hold: Expression | None = None
    once: bool = False


Trigger = AtTimes | Every | When


@dataclass(frozen=True, slots=True)
class Action:
    """A change of a parameter, or of the concentration of a species; `amount`: the value is an amount, which is
    divided by the volume: that of the vessel, of ``option volume``, or `volume`, that of the file that was imported.

    One that `follows` stands in no text: it keeps the amount of a species as the event changes the volume around it.
    """

    target: str
    kind: Literal["parameter", "species"]
    operator: Literal["=", "+=", "-=", "*=", "/="]
    value: Expression
    amount: bool = False
    volume: Expression | None = None
    follows: bool = False
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Event:
    """Actions and what triggers them.

    All values of the actions are taken before the first of them is done.  `head` is the trigger as it was written.
    """

    trigger: Trigger
    actions: tuple[Action, ...]
    label: str | None = None
    pathway: str | None = None
    head: str = field(default="", compare=False)
    span: Span | None = field(default=None, compare=False, repr=False)

    @property
    def shown(self) -> str:
        """The label, else the trigger as it was written."""
        return self.label or self.head or trigger_text(self.trigger)

    def acting_on(self, species: Iterable[Species]) -> Event:
        """The event without what follows for species that are not there."""
        if not any(action.follows for action in self.actions):
            return self
        names = {one.name for one in species}
        return replace(self, actions=tuple(a for a in self.actions if not a.follows or a.target in names))


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """The comparisons of a condition, in reading order."""
    if isinstance(condition, Comparison):
        yield condition
    else:
        for part in condition.parts:
            yield from comparisons(part)


def expressions_of(event: Event) -> Iterator[Expression]:
    """Every expression that an event holds."""
    match event.trigger:
        case AtTimes(times):
            yield from times
        case Every(period, first, last, count):
            yield from (part for part in (period, first, last, count) if part is not None)
        case When(condition, hold):
            yield from comparisons(condition)
            if hold is not None:
                yield hold
    for action in event.actions:
        yield action.value


def changed_event(event: Event, changed: Callable[[Expression], Expression]) -> Event:
    """The event with what `changed` makes of each of its expressions; a comparison is to stay one."""

    def of(expression: Expression | None) -> Expression | None:
        return None if expression is None else changed(expression)

    def of_condition(condition: Condition) -> Condition:
        if isinstance(condition, Logic):
            return Logic(condition.operator, tuple(of_condition(part) for part in condition.parts))
        return changed(condition)  # type: ignore[return-value]

    trigger: Trigger
    match event.trigger:
        case AtTimes(times):
            trigger = AtTimes(tuple(changed(time) for time in times))
        case Every(period, first, last, count):
            trigger = Every(changed(period), of(first), of(last), of(count))
        case When(condition, hold, once):
            trigger = When(of_condition(condition), of(hold), once)
    actions = tuple(replace(action, value=changed(action.value)) for action in event.actions)
    return replace(event, trigger=trigger, actions=actions)


def condition_text(condition: Condition, inner: bool = False) -> str:
    """A condition in the language's own spelling; numbers are in the file's units."""
    if isinstance(condition, Comparison):
        return to_text(condition, bracket_species=True)
    if condition.operator == "not":
        return f"not {condition_text(condition.parts[0], inner=True)}"
    text = f" {condition.operator} ".join(condition_text(part, inner=True) for part in condition.parts)
    return f"({text})" if inner else text


def trigger_text(trigger: Trigger) -> str:
    """A trigger in the language's own spelling; numbers are in the file's units."""
    match trigger:
        case AtTimes(times):
            return "at t = " + ", ".join(to_text(time) for time in times)
        case Every(period, first, last, count):
            limits = (("from", first), ("to", last), ("times", count))
            return f"every {to_text(period)}" + "".join(f" {w} {to_text(e)}" for w, e in limits if e is not None)
        case When(condition, hold, once):
            held = f" for {to_text(hold)}" if hold is not None else ""
            return f"when {condition_text(condition)}{held}{' once' if once else ''}"


def set_by(events: Iterable[Event]) -> frozenset[str]:
    """The parameters that events set."""
    return frozenset(a.target for event in events for a in event.actions if a.kind == "parameter")


def stated(event: Event) -> tuple[Action, ...]:
    """The actions that the text has."""
    return tuple(action for action in event.actions if not action.follows)


def written(action: Action) -> str:
    """An action as the file has it; where the file has it for a family, with the name of the member."""
    if action.span is None:
        return action_text(action)
    text = " ".join(action.span.text.split())
    if action.target.rpartition(".")[2] in text or not ("[" in text or "{" in text):
        return text
    return f"{action.target} {action.operator}{text.partition(action.operator)[2]}"


def action_text(action: Action) -> str:
    """An action in the language's own spelling; numbers are in the file's units."""
    return f"{action.target} {action.operator} {to_text(action.value, bracket_species=True)}"
