"""Times at which a rate law switches: where ``time < 5 min`` and the like change their answer."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mscnet.kinetics.statics import Statics
from mscnet.mechanism.expression import (
    MINUS_ONE,
    Call,
    Comparison,
    Expression,
    Product,
    Sum,
    Symbol,
    children,
    evaluate,
    walk,
)
from mscnet.mechanism.mechanism import Mechanism

#: A run is cut at no more than so many switches; beyond that the cap on the step length serves.
MAX_SWITCHES = 10_000


def switch_times(mechanism: Mechanism, start: float, end: float) -> list[float]:
    """The times strictly inside (start, end), in order, at which some law of the model switches.

    Found are conditions, `sign`, `abs`, `min` and `max` whose two sides differ by a linear function of time
    with constants that are fixed for the run.  Other conditions are left to the integrator.
    """
    found: set[float] = set()
    for difference in conditions(mechanism):
        time = _zero(difference, mechanism, start, end)
        if time is not None and start < time < end:
            found.add(time)
            if len(found) >= MAX_SWITCHES:
                break
    return sorted(found)


def may_switch(mechanism: Mechanism) -> bool:
    """Whether some law could switch at a time: where none can, `switch_times` finds none, whatever the values."""
    return any(True for _ in conditions(mechanism))


def conditions(mechanism: Mechanism) -> Iterator[Expression]:
    """What changes its sign at a switch, for every law and for the derived values behind them."""
    pending: list[Expression] = [
        r.law.expression for r in mechanism.reactions if not isinstance(r.law.expression, Symbol)
    ]
    pending += [item.expression for item in mechanism.derived]
    for expression in pending:
        for node in walk(expression):
            match node:
                case Comparison(_, left, right) | Call("min" | "max", (left, right)):
                    yield Sum((left, Product((MINUS_ONE, right))))
                case Call("sign" | "abs", (argument,)):
                    yield argument


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
    size = max(abs(first), abs(last))
    if not math.isfinite(first + middle + last) or first == last:
        return None
    if abs(middle - (first + last) / 2) > 1e-9 * size:
        return None
    return start + (end - start) * first / (first - last)


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
            case Call("sign", (argument,)) if self._is_linear(argument):
                return False
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
