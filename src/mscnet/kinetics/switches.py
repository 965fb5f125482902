"""Times at which a rate law switches: where ``time < 5 min`` and the like change their answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from mscnet.kinetics.statics import Statics
from mscnet.mechanism.expression import (
    MINUS_ONE,
    Call,
    Comparison,
    Expression,
    Lookup,
    Product,
    Sum,
    Symbol,
    Table,
    children,
    evaluate,
    walk,
)
from mscnet.mechanism.mechanism import Mechanism

#: A run is cut at no more than so many switches; beyond that the cap on the step length serves.
MAX_SWITCHES = 10_000
#: How far a stretch stays from a switch at its end, as a part of the time of the switch.
GAP = 2.0**-50


def switch_times(mechanism: Mechanism, start: float, end: float) -> list[float]:
    """The times strictly inside (start, end), in order, at which some law of the model switches.

    Found are conditions, `sign`, `abs`, `min` and `max` whose two sides differ by a linear function of time
    with constants that are fixed for the run.  Other conditions are left to the integrator.
    """
    found: set[float] = set()
    for time in _all(mechanism, start, end):
        if start < time < end:
            found.add(time)
            if len(found) >= MAX_SWITCHES:
                break
    return sorted(found)


def _all(mechanism: Mechanism, start: float, end: float) -> Iterator[float]:
    for difference in conditions(mechanism):
        time = _zero(difference, mechanism, start, end)
        if time is not None:
            yield time
    for kink in kinks(mechanism):
        if isinstance(kink, Lookup):
            yield from knots_of(kink.table)
        else:
            yield from _jumps(kink, mechanism, start, end)


def kinks(mechanism: Mechanism) -> Iterator[Lookup | Expression]:
    """What has many switches: tables, and what `floor` is taken of, each of which is looked at once."""
    seen: set[Lookup | Expression] = set()
    for node in _nodes(mechanism):
        match node:
            case Lookup() if node not in seen:
                seen.add(node)
                yield node
            case Call("floor", (argument,)) if argument not in seen:
                seen.add(argument)
                yield argument


def knots_of(table: Table) -> tuple[float, ...]:
    """Where a table has a kink: of a smooth one, where it begins and ends."""
    return (table.knots[1], table.knots[-1]) if table.smooth and len(table.knots) > 1 else table.knots


def beyond_tables(mechanism: Mechanism, start: float, end: float) -> list[str]:
    """Sentences about tables of the model that a run from `start` to `end` goes beyond."""
    unit, found = mechanism.units.time.symbol, []
    for table in dict.fromkeys(kink.table for kink in kinks(mechanism) if isinstance(kink, Lookup)):
        first, last = table.knots[1], table.knots[-1]
        if start < first:
            found.append(f"`{table.name}` begins at t = {first:.6g} {unit}: before that it has its first value")
        if end > last:
            found.append(f"`{table.name}` ends at t = {last:.6g} {unit}: after that it keeps its last value")
    return found


def _jumps(argument: Expression, mechanism: Mechanism, start: float, end: float) -> Iterator[float]:
    """The times at which the whole part of a linear function of time changes."""

    def at(time: float) -> float:
        return evaluate(argument, lambda symbol: time if symbol.kind == "time" else mechanism.evaluate(symbol))

    first, middle, last = at(start), at((start + end) / 2), at(end)
    if not math.isfinite(first + middle + last) or first == last or not _is_straight(first, middle, last):
        return
    low, high = sorted((first, last))
    for whole in range(math.floor(low) + 1, math.ceil(high)):
        time = start + (end - start) * (whole - first) / (last - first)
        yield _jump_near(time, float(whole), at, last > first)


def _jump_near(time: float, whole: float, at: Callable[[float], float], rising: bool) -> float:
    """The first number at which the function, as it is computed, is on the far side: `time` but for rounding."""

    def beyond(t: float) -> bool:
        return at(t) >= whole if rising else at(t) < whole

    for _ in range(8):
        if beyond(time):
            break
        time = math.nextafter(time, math.inf)
    for _ in range(8):
        if not beyond(math.nextafter(time, -math.inf)):
            break
        time = math.nextafter(time, -math.inf)
    return time


def beside(switch: float, side: float) -> float:
    """A time just before (-1) or just after (+1) a switch, so far from it that no rounding in a law tells it otherwise;
    as in kernels/batch.c."""
    return math.nextafter(switch + side * GAP * abs(switch), side * math.inf)


def may_switch(mechanism: Mechanism) -> bool:
    """Whether some law could switch at a time: where none can, `switch_times` finds none, whatever the values."""
    return any(True for _ in conditions(mechanism)) or any(True for _ in kinks(mechanism))


def conditions(mechanism: Mechanism) -> Iterator[Expression]:
    """What changes its sign at a switch, for every law and for the derived values behind them."""
    for node in _nodes(mechanism):
        match node:
            case Comparison(_, left, right) | Call("min" | "max", (left, right)):
                yield Sum((left, Product((MINUS_ONE, right))))
            case Call("sign" | "abs", (argument,)):
                yield argument


def _nodes(mechanism: Mechanism) -> Iterator[Expression]:
    """Every node of every law, and of the derived values behind them."""
    for reaction in mechanism.reactions:
        if not isinstance(reaction.law.expression, Symbol):
            yield from walk(reaction.law.expression)
    for item in mechanism.derived:
        yield from walk(item.expression)
    if mechanism.events:
        yield from _nodes_of_events(mechanism)


def _nodes_of_events(mechanism: Mechanism) -> Iterator[Expression]:
    """Every node of what conditions of events compare; where the comparison itself changes is for the run to find."""
    from mscnet.mechanism.events import When, comparisons

    for event in mechanism.events:
        if isinstance(event.trigger, When):
            for comparison in comparisons(event.trigger.condition):
                yield from walk(comparison.left)
                yield from walk(comparison.right)


def _zero(difference: Expression, mechanism: Mechanism, start: float, end: float) -> float | None:
    """Where a linear function of time is zero; None where it is no such function, or constant."""

    def at(time: float) -> float:
        def value_of(symbol: Symbol) -> float:
            if symbol.kind == "time":
                return time
            # a derived value that itself follows time or species has no value here: nan, so no switch
            return mechanism.evaluate(symbol)

        return evaluate(difference, value_of)

    first, middle, last = at(start), at((start + end) / 2), at(end)
    if not math.isfinite(first + middle + last) or first == last or not _is_straight(first, middle, last):
        return None
    return start + (end - start) * first / (first - last)


def _is_straight(first: float, middle: float, last: float) -> bool:
    return abs(middle - (first + last) / 2) <= 1e-9 * max(abs(first), abs(last))


class TimeDependence:
    """Tells laws that only jump, at the times that `switch_times` finds, from those that follow time smoothly."""

    def __init__(self, mechanism: Mechanism) -> None:
        self._mechanism = mechanism
        self._statics = Statics(mechanism)
        self._smooth: dict[str, bool] = {}

    def is_smooth(self, expression: Expression) -> bool:
        """Whether the value follows time other than in such jumps, at fixed concentrations."""
        match expression:
            case Symbol(name, kind):
                if kind in ("definition", "observable"):
                    if name not in self._smooth:
                        self._smooth[name] = self.is_smooth(self._mechanism.expression_of(name))
                    return self._smooth[name]
                return kind == "time"
            case Comparison(_, left, right) if self._is_linear(left) and self._is_linear(right):
                return False
            case Call("sign" | "floor", (argument,)) if self._is_linear(argument):
                return False
            case Lookup(table):
                return any(any(rest) for _, *rest in table.coefficients)
        return any(self.is_smooth(part) for part in children(expression))

    def _is_linear(self, expression: Expression) -> bool:
        """Whether it is constant + constant × time, all fixed for the run."""
        if self._statics.holds(expression):
            return True
        match expression:
            case Symbol(name, kind):
                linear = kind == "definition" and self._is_linear(self._mechanism.expression_of(name))
                return kind == "time" or linear
            case Sum(terms):
                return all(self._is_linear(term) for term in terms)
            case Product(factors):
                varying = [factor for factor in factors if not self._statics.holds(factor)]
                return len(varying) == 1 and self._is_linear(varying[0])
        return False
