"""Events that set a volume or an area: the amounts in it are kept, and those that it adds go into the new one."""

from __future__ import annotations

from collections.abc import Iterable

from mscnet.mechanism.compartments import sizes_of
from mscnet.mechanism.events import Action, Event
from mscnet.mechanism.expression import MINUS_ONE, Expression, Power, Product, Sum, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Species
from mscnet.records import replace


def keeping_amounts(event: Event, names: frozenset[str], species: Iterable[Species]) -> Event:
    """An event that changes a volume changes the concentrations in it, so that amounts are kept.

    Concentrations come first: what else the event does to a species, it does in the new volume.  Those that it changes
    already so, in the file that it comes from, are left as they are.
    """
    made: list[Action] = []
    for action in event.actions:
        if action.kind != "parameter" or action.target not in names:
            continue
        share = _old_over_new(action)
        done = {a.target for a in event.actions if a.follows and a.span == action.span}
        made += [
            Action(one.name, "species", "*=", share, follows=True, span=action.span)
            for one in species
            if one.compartment == action.target and not one.constant and one.name not in done
        ]
    return replace(event, actions=(*made, *event.actions)) if made else event


def _old_over_new(action: Action) -> Expression:
    old = Symbol(action.target, "parameter")
    match action.operator:
        case "*=":
            return Power(action.value, MINUS_ONE)
        case "/=":
            return action.value
        case "+=":
            return Product((old, Power(Sum((old, action.value)), MINUS_ONE)))
        case "-=":
            return Product((old, Power(Sum((old, Product((MINUS_ONE, action.value)))), MINUS_ONE)))
    return Product((old, Power(action.value, MINUS_ONE)))


def in_the_new_volume(action: Action, event: Event, mechanism: Mechanism) -> Action:
    """An addition of an amount as one of concentration, in the volume that its compartment has after the event."""
    home, sizes = mechanism.get_species(action.target).compartment, sizes_of(mechanism)
    if home is None or home not in sizes:  # which is told elsewhere
        return action
    factors: list[Expression] = [action.value, Power(sizes[home], MINUS_ONE)]
    factors += [_old_over_new(a) for a in event.actions if a.kind == "parameter" and a.target == home]
    return replace(action, value=Product(tuple(factors), action.value.span))
