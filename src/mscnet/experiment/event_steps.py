"""Events as steps of the mechanism, for questions that are about what depends on what: what an event adds is a reaction
that makes it, a parameter that it sets is one value or the other."""

from __future__ import annotations

from fractions import Fraction

from mscnet.mechanism.events import Action, AtTimes, Condition, Event, Every, When
from mscnet.mechanism.expression import (
    TIME_SYMBOL,
    ZERO,
    Call,
    Comparison,
    Expression,
    Product,
    Sum,
    Symbol,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import RateLaw, Reaction, Term
from mscnet.records import replace
from mscnet.simulation.promote import with_symbols


def with_event_steps(model: Mechanism) -> Mechanism:
    """A mechanism without events in which everything depends on what it does in `model`; its rates mean nothing."""
    if not model.events:
        return model
    changes: dict[str, list[Expression]] = {}
    steps: list[Reaction] = []
    for number, event in enumerate(model.events):
        for action in event.actions:
            if action.kind == "species":
                steps.append(_step(f"event {number}: {action.target}", event, action))
            else:
                known = changes.setdefault(action.target, [Symbol(action.target, "parameter")])
                known.append(_where(event, action.value))

    def value(symbol: Symbol) -> Expression | None:
        return Sum(tuple(changes[symbol.name])) if symbol.kind == "parameter" and symbol.name in changes else None

    bare = replace(model, reactions=(*model.reactions, *steps), events=())
    return with_symbols(bare, value) if changes else bare


def _step(name: str, event: Event, action: Action) -> Reaction:
    """A reaction that makes, or with ``-=`` uses up, what an action changes."""
    target = Symbol(action.target, "species")
    rate = action.value
    if action.operator in ("*=", "/="):
        rate = Product((target, rate))
    elif action.operator == "=":
        rate = Sum((rate, target))
    term = (Term(action.target, Fraction(1)),)
    uses, makes = (term, ()) if action.operator == "-=" else ((), term)
    return Reaction(name, uses, makes, (), RateLaw("general", _where(event, rate)))


def _where(event: Event, value: Expression) -> Expression:
    """A value that is there or not, as an event says."""
    match event.trigger:
        case When(condition):
            return _if(condition, value, ZERO)
        case AtTimes(times):
            parts: list[Expression] = list(times)
        case Every(period, first, last, count):
            parts = [e for e in (period, first, last, count) if e is not None]
    return Call("if", (Comparison("<", TIME_SYMBOL, Sum(tuple(parts))), ZERO, value))


def _if(condition: Condition, yes: Expression, no: Expression) -> Expression:
    if isinstance(condition, Comparison):
        return Call("if", (condition, yes, no))
    if condition.operator == "not":
        return _if(condition.parts[0], no, yes)
    # both ends stand in many places: what can come of either is one sum
    parts = tuple(_if(part, yes, no) for part in condition.parts)
    return Sum(parts)
