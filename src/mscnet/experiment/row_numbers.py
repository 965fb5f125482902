"""Numbers that facts state, over rows: one for all where no parameter that differs is in it, else one a row."""

from __future__ import annotations

from typing import Any

from mscnet.experiment.courses import Courses
from mscnet.experiment.results import Condition, Run
from mscnet.experiment.row_curve import Numbers
from mscnet.experiment.rows import FloatArray
from mscnet.mechanism.expression import Expression, Symbol, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.simulation.columns import evaluate_over


class RowNumbers:
    """The numbers of a model of which some parameters (`names`) have values in rows (m, n_names).

    What does not depend on those is worked out once; `rows` may be replaced.
    """

    def __init__(self, model: Mechanism, names: tuple[str, ...]) -> None:
        self.model, self.names = model, names
        self.rows: FloatArray | None = None
        self._single = Courses(Run(model, (), {}))
        self._place = {name: i for i, name in enumerate(names)}
        self._varies: dict[str, bool] = {}
        # by identity: expressions and conditions are kept here, so that none of their numbers is given to another
        self._known: dict[tuple[int, int], tuple[Expression, Condition | None, float | None]] = {}

    def __call__(self, expression: Expression, condition: Condition | None) -> Numbers:
        """The value of an expression in parameters and the condition's loop variables."""
        key = (id(expression), id(condition))
        if key not in self._known:
            own = dict(condition.experiment.values) if condition is not None else {}
            fixed = not any(self._differs(symbol, own) for symbol in symbols(expression))
            value = self._single.number(expression, condition) if fixed else None
            self._known[key] = (expression, condition, value)
        known = self._known[key][2]
        return known if known is not None else self._over_rows(expression, condition)

    def differs(self, name: str) -> bool:
        """Whether a parameter or derived value is not the same in all rows."""
        if name in self._place:
            return True
        if name not in self._varies:
            self._varies[name] = False  # a derived value never depends on itself
            expression = {item.name: item.expression for item in self.model.derived}.get(name)
            found = expression is not None and any(self.differs(symbol.name) for symbol in symbols(expression))
            self._varies[name] = found
        return self._varies[name]

    def _differs(self, symbol: Symbol, own: dict[str, Expression]) -> bool:
        if symbol.kind == "loop":
            return False
        if symbol.name in own:
            return any(self._differs(inner, own) for inner in symbols(own[symbol.name]) if inner.name != symbol.name)
        return self.differs(symbol.name)

    def _over_rows(self, expression: Expression, condition: Condition | None) -> Any:
        own = dict(condition.experiment.values) if condition is not None else {}
        loops = condition.values if condition is not None else {}

        def column(symbol: Symbol) -> Any:
            if symbol.kind == "loop":
                return loops[symbol.name]
            if symbol.name in own:
                return evaluate_over(own[symbol.name], model_column)
            return model_column(symbol)

        def model_column(symbol: Symbol) -> Any:
            if symbol.kind == "loop":
                return loops[symbol.name]
            if symbol.name in self._place:
                assert self.rows is not None
                return self.rows[:, self._place[symbol.name]]
            if self.differs(symbol.name):
                return evaluate_over(self.model.expression_of(symbol.name), model_column)
            return self.model.evaluate(symbol)

        return evaluate_over(expression, column)
