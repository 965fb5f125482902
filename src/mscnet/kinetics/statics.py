"""Which expressions are fixed before a run starts, and which vary in its course."""

from __future__ import annotations

from mscnet.mechanism.expression import Expression, Number, Symbol, walk
from mscnet.mechanism.mechanism import Mechanism
from mscnet.network.rates import Inliner


class Statics:
    """Tells static expressions of one mechanism from those that vary with its species or with time.

    An expression is *static* if it holds only numbers, parameters, constant species and derived values that
    are static themselves.  Static parts of rate laws are evaluated once, in plain floats.
    """

    def __init__(self, mechanism: Mechanism) -> None:
        self._is_static = Inliner(mechanism).is_static

    def holds(self, expression: Expression) -> bool:
        """Whether `expression` is static."""
        if isinstance(expression, Number):
            return True
        if isinstance(expression, Symbol):
            return self._is_static(expression)
        return all(self._is_static(node) for node in walk(expression) if isinstance(node, Symbol))
