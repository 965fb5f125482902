"""Laws compared in numbers where algebra cannot tell: ``exp(a + b)`` and ``exp(a)*exp(b)``, a name and its value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from random import Random

from mscnet.mechanism.diff_view import Carrier, Node, Pairs, View, node_of
from mscnet.mechanism.expression import Expression, Symbol, evaluate
from mscnet.mechanism.types import Observable, Reaction
from mscnet.mechanism.units import TIME

#: Points at which both are evaluated, and how many of them must have a value.
_POINTS, _NEEDED = 8, 4
#: Two floats nearer than this, relative, are one number.
CLOSE = 1e-9


class Numbers:
    """Random points for a pair of views: values in SI that both share where they correspond."""

    def __init__(self, a: View, b: View, pairs: Pairs) -> None:
        self.views, self.pairs = (a, b), pairs
        random = Random(20211)
        back = {theirs: mine for mine, theirs in pairs.items()}
        self.points: list[tuple[Mapping[Node, float], Mapping[Node, float], float]] = []
        for _ in range(_POINTS):
            first = {node: random.uniform(0.2, 2.0) * (a.scale_float(a.dimension_of(node)) or 1.0) for node in a.nodes}
            second = {
                node: first[back[node]]
                if node in back
                else random.uniform(0.2, 2.0) * (b.scale_float(b.dimension_of(node)) or 1.0)
                for node in b.nodes
            }
            self.points.append((first, second, random.uniform(0.1, 3.0) * a.scale_float(TIME)))

    def alike(self, a: Carrier, b: Carrier) -> bool:
        """Whether two carriers have one value at all points.

        Constants that correspond may have any value; those that only one of the two has, their own.
        """
        return self._agree(a, b, False) or (self._share_constants(a, b) and self._agree(a, b, True))

    def alike_as_given(self, a: Carrier, b: Carrier) -> bool:
        """Whether two carriers have one value at all points with the values that constants have in either file."""
        return self._agree(a, b, True)

    def _share_constants(self, a: Carrier, b: Carrier) -> bool:
        mine = {self.pairs[node] for node in a.uses if node in self.pairs}
        return mine == set(b.uses) & set(self.pairs.values())

    def _agree(self, a: Carrier, b: Carrier, own: bool) -> bool:
        valid = 0
        for first, second, time in self.points:
            x = _value(self.views[0], a, first, time, own)
            y = _value(self.views[1], b, second, time, own)
            if not (math.isfinite(x) and math.isfinite(y)):
                if math.isfinite(x) != math.isfinite(y):
                    return False
                continue
            if not math.isclose(x, y, rel_tol=CLOSE, abs_tol=0.0):
                return False
            valid += 1
        return valid >= _NEEDED


def _value(view: View, carrier: Carrier, values: Mapping[Node, float], time: float, own: bool) -> float:
    lookup = _lookup(view, values, time, own)
    item = carrier.item
    if isinstance(item, Reaction):
        rate = evaluate(item.law.expression, lookup)
        for term in item.orders if item.law.kind == "mass_action" else ():
            level = lookup(Symbol(term.species, "species"))
            order = term.coefficient
            rate *= level ** (float(order) if not isinstance(order, Expression) else evaluate(order, lookup))
        return rate * view.scale_float(view.rate_dimension(item))
    expression = item.expression if isinstance(item, Observable) else item
    return evaluate(expression, lookup) * view.scale_float(carrier.dimension)


def _lookup(view: View, values: Mapping[Node, float], time: float, own: bool) -> Callable[[Symbol], float]:
    memo: dict[str, float] = {}

    def value_of(symbol: Symbol) -> float:
        node = node_of(symbol)
        if node in values:
            if own and node[0] == "p":
                value = view.parameters[node[1]].value
                if value is not None:
                    return value
            return values[node] / view.scale_float(view.dimension_of(node))
        if symbol.kind == "time":
            return time / view.scale_float(TIME)
        if symbol.name in view.derived:
            if symbol.name not in memo:
                memo[symbol.name] = evaluate(view.derived[symbol.name], value_of)
            return memo[symbol.name]
        return 0.731  # what a file leaves open, such as the medium

    return value_of
