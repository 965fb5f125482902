"""What the actions of an event make of a state and of the values of parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.events import Action, Event, written
from mscnet.mechanism.expression import Expression, Symbol
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.columns import evaluate_over

FloatArray = NDArray[np.float64]


class BadAction(Exception):
    """An action that cannot be done; its text says why."""


def value_at(expression: Expression, model: Mechanism, time: float, state: FloatArray) -> float:
    """The value of an expression at a time and a state (n_species,), with the model's parameters."""
    place = {species.name: i for i, species in enumerate(model.species)}
    return _value(expression, model, time, state, place)


def _value(expression: Expression, model: Mechanism, time: float, state: FloatArray, place: dict[str, int]) -> float:
    def value_of(symbol: Symbol) -> Any:
        if symbol.kind == "time":
            return time
        if symbol.kind == "species":
            return state[place[symbol.name]]
        if symbol.kind == "parameter":
            return model.evaluate(symbol)
        return evaluate_over(model.expression_of(symbol.name), value_of)

    return float(evaluate_over(expression, value_of))


def volume_for(action: Action, model: Mechanism) -> float:
    """The volume that an amount goes into: that of the file, else of the file that was imported; ``nan`` for none."""
    given = model.option("volume")
    if given is None and action.volume is not None:
        return model.evaluate(action.volume)
    return math.nan if given is None else float(given)


def check_volume(model: Mechanism) -> None:
    """Refuses to add amounts to a volume that is not known.

    Raises:
        MechanismError: an event adds one.
    """
    for event in model.events:
        for action in event.actions:
            if action.amount and math.isnan(volume_for(action, model)):
                message = f"`{written(action)}` of `{event.shown}` is an amount, and the volume is not known"
                hint = "write `option volume = 1 L`; in experiments it goes into the vessel's"
                raise MechanismError.of("E040", message, hint=hint, span=action.span)


def apply(
    event: Event, model: Mechanism, time: float, state: FloatArray, atol: FloatArray, volume: float | None = None,
    per: float = 1.0,
) -> tuple[FloatArray, dict[str, float]]:  # fmt: skip
    """The state (n_species,) after an event, and the parameters that it sets, with their values.

    All values are taken before the first action is done.  `atol` (n_species,): what is below zero by no more counts
    as zero.  Amounts go into `volume`, by default that of the model.  States are told `per` times as large.

    Raises:
        BadAction: a value is not a number, or a concentration would become negative.
    """
    place = {species.name: i for i, species in enumerate(model.species)}
    values = [_value(action.value, model, time, state, place) for action in event.actions]
    after, parameters = np.array(state), dict[str, float]()
    for action, value in zip(event.actions, values, strict=True):
        if action.amount:
            value /= volume_for(action, model) if volume is None else volume
        if not math.isfinite(value):
            raise BadAction(f"{_named(event, action)}: the value is not a finite number")
        if action.kind == "species":
            i = place[action.target]
            after[i] = _not_negative(event, action, model, float(after[i]), value, float(atol[i]), per)
        else:
            old = parameters.get(action.target, model.value_of(action.target))
            parameters[action.target] = _changed(event, action, old, value)
    return after, parameters


def _changed(event: Event, action: Action, old: float, value: float) -> float:
    match action.operator:
        case "+=":
            new = old + value
        case "-=":
            new = old - value
        case "*=":
            new = old * value
        case "/=":
            new = old / value if value else math.nan
        case _:
            new = value
    if not math.isfinite(new):
        raise BadAction(f"{_named(event, action)}: this makes `{action.target}` not a finite number")
    return new


def _not_negative(
    event: Event, action: Action, model: Mechanism, old: float, value: float, atol: float, per: float
) -> float:
    new = _changed(event, action, old, value)
    if new >= 0.0:
        return new
    if new >= -max(atol, 1e-12 * abs(old)):
        return 0.0
    unit = model.units.describe(model.get_species(action.target).dimension)
    there = f"{per * old:.6g} {unit}".rstrip()
    made = f"{per * new:.6g} {unit}".rstrip()
    raise BadAction(
        f"{_named(event, action)} would make [{action.target}] negative: it was {there}, and would be {made}"
    )


def _named(event: Event, action: Action) -> str:
    where = f" (line {event.span.line} of {event.span.source.name})" if event.span is not None else ""
    return f"`{written(action)}` of `{event.shown}`{where}"
