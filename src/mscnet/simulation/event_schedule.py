"""When the events of a model are to happen: set times, and conditions as functions whose sign is watched."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.events import AtTimes, Condition, Event, Every, When, condition_text
from mscnet.mechanism.expression import MINUS_ONE, Call, Comparison, Expression, Product, Sum
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.conditions import Condition as Watched

FloatArray = NDArray[np.float64]

#: The most times that the `at` and `every` of a run may have together.
MAX_TIMED = 100_000
#: Times that differ by less than this part of the run are one.
SAME = 1e-12
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def timed(model: Mechanism, start: float, end: float, grid: FloatArray) -> list[tuple[float, list[int]]]:
    """The set times within [start, end], in order, each with the numbers of the events that happen there, in the
    order of the text.

    A time that is, but for rounding, one of the output times `grid` (n_times,) is taken for it.

    Raises:
        MechanismError: a time or a period that makes no sense, or more than `MAX_TIMED` of them.
    """
    found: list[tuple[float, int]] = []
    for number, event in enumerate(model.events):
        for time in _times(model, event, start, end):
            found.append((time, number))
            if len(found) > MAX_TIMED:
                message = f"the events of this run would happen more than {MAX_TIMED:,} times"
                raise MechanismError.of("E243", message, hint="make the run shorter or the period longer")
    near = SAME * max(end - start, abs(start), abs(end))
    merged: list[tuple[float, list[int]]] = []
    for time, number in sorted(found):
        if merged and time - merged[-1][0] <= near:
            merged[-1][1].append(number)
        else:
            merged.append((_on_grid(time, grid, near), [number]))
    return [(time, sorted(set(numbers))) for time, numbers in merged]


def _on_grid(time: float, grid: FloatArray, near: float) -> float:
    i = int(np.searchsorted(grid, time))
    for other in grid[max(0, i - 1) : i + 1].tolist():
        if abs(other - time) <= near:
            return float(other)
    return time


def _times(model: Mechanism, event: Event, start: float, end: float) -> Iterator[float]:
    near = SAME * max(end - start, abs(start), abs(end))
    match event.trigger:
        case AtTimes(times):
            for expression in times:
                time = _value(model, expression, event, "its time")
                if start <= time <= end + near:
                    yield min(time, end)
        case Every() as every:
            yield from _repeated(model, event, every, start, end, near)


def _repeated(model: Mechanism, event: Event, every: Every, start: float, end: float, near: float) -> Iterator[float]:
    period = _value(model, every.period, event, "its period")
    if period <= 0.0:
        raise _fault(event, f"its period is {period:g}: it must be above zero")
    first = period if every.first is None else _value(model, every.first, event, "its first time")
    last = math.inf if every.last is None else _value(model, every.last, event, "its last time")
    count = math.inf if every.count is None else _value(model, every.count, event, "how often it happens")
    if count != math.inf and (count < 0 or count != round(count)):
        raise _fault(event, f"it is to happen {count:g} times: that must be a whole number")
    before = (start - first) / period
    if not math.isfinite(before):
        raise _fault(event, f"its period, {period:g}, is too small to count with")
    k = max(0, math.floor(before) - 1)
    while k < count and (time := first + k * period) <= min(last, end) + near:
        if time >= start - near:
            yield min(max(time, start), end)
        k += 1


def _value(model: Mechanism, expression: Expression, event: Event, what: str) -> float:
    value = model.evaluate(expression)
    if not math.isfinite(value):
        raise _fault(event, f"{what} is not a finite number that is known at the start of the run")
    return value


def _fault(event: Event, message: str) -> MechanismError:
    return MechanismError.of("E243", f"`{event.shown}`: {message}", span=event.span)


def hold_of(model: Mechanism, event: Event) -> float:
    """How long the condition of an event is to hold before it counts; 0 where that is not said.

    Raises:
        MechanismError: it is negative or not a number.
    """
    if not isinstance(event.trigger, When) or event.trigger.hold is None:
        return 0.0
    hold = _value(model, event.trigger.hold, event, "how long its condition is to hold")
    if hold < 0.0:
        raise _fault(event, "how long its condition is to hold is negative")
    return hold


# --- conditions --------------------------------------------------------------------------------


def watched(model: Mechanism, event: Event, turned: bool = False) -> Watched:
    """The condition of an event as what stops a run where it begins to hold, or, `turned`, where it ceases to.

    Of conditions joined by ``and`` (``or``) the least (the largest) of the functions behind them is watched.

    Raises:
        MechanismError: it needs a value that nobody gave.
    """
    assert isinstance(event.trigger, When)
    condition = event.trigger.condition
    expression, inclusive = _as_function(condition, turned)
    made = Watched(condition_text(condition), expression, inclusive, True, model)
    made.program  # noqa: B018  (misses values now, not in the middle of a run)
    return made


def _as_function(condition: Condition, turned: bool) -> tuple[Expression, bool]:
    """A function that is above zero where a condition holds, and whether it holds too where that is zero."""
    if isinstance(condition, Comparison):
        operator = _OPPOSITE[condition.operator] if turned else condition.operator
        above, below = condition.left, condition.right
        if operator[0] == "<":
            above, below = below, above
        return Sum((above, Product((MINUS_ONE, below)))), operator.endswith("=")
    if condition.operator == "not":
        return _as_function(condition.parts[0], not turned)
    parts = [_as_function(part, turned) for part in condition.parts]
    smallest = (condition.operator == "and") != turned
    return Call("min" if smallest else "max", tuple(e for e, _ in parts)), all(inclusive for _, inclusive in parts)
