"""Times at which a rate law switches: where ``time < 5 min`` and the like change their answer."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mscnet.mechanism.expression import MINUS_ONE, Call, Comparison, Expression, Product, Sum, Symbol, evaluate, walk
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
