"""Expressions over rows, parted: what depends on parameters alone is worked out once for a set of their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mscnet.experiment.reach import input_names
from mscnet.experiment.row_curve import FloatArray
from mscnet.mechanism.expression import ONE, Expression, Number, Product, Sum, Symbol, children, rebuild, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass
from mscnet.simulation.columns import evaluate_over


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """An expression that is linear in concentrations: the index of each species in it with the slot of its factor, and
    the slot of what is added (None: nothing)."""

    terms: tuple[tuple[int, str], ...]
    added: str | None


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """An expression of parameters alone, and the columns of the inputs that it depends on."""

    expression: Expression
    columns: tuple[int, ...]


class Folding:
    """The expressions of one model, each with symbols of kind ``slot`` in place of what depends on parameters alone;
    `count` is how many inputs a stretch has."""

    def __init__(self, model: Mechanism, count: int) -> None:
        self.model, self.count = model, count
        self.columns: Mapping[str, int] = {name: i for i, name in enumerate(input_names(model, count))}
        self._parts: list[_Part] = []
        self._folded: dict[int, tuple[Expression, Expression]] = {}
        self._behind: dict[str, frozenset[str] | None] = {}
        self._linear: dict[int, tuple[Expression, Linear | None]] = {}
        self._species = {species.name: i for i, species in enumerate(model.species)}

    def folded(self, expression: Expression) -> Expression:
        """The expression with slots, the same object each time."""
        if id(expression) not in self._folded:
            self._folded[id(expression)] = (expression, self._fold(expression))
        return self._folded[id(expression)][1]

    def linear(self, expression: Expression) -> Linear | None:
        """The expression as a linear one, None where it is not."""
        if id(expression) not in self._linear:
            factors = self._factors(expression)
            found = None
            if factors is not None:
                slots = {
                    name: self._slot(factor, self._needed(factor) or frozenset()) for name, factor in factors.items()
                }
                added = slots.pop("", None)
                terms = tuple((self._species[name], slot.name) for name, slot in slots.items())
                found = Linear(terms, None if added is None else added.name)
            self._linear[id(expression)] = (expression, found)
        return self._linear[id(expression)][1]

    def _factors(self, expression: Expression) -> dict[str, Expression] | None:
        """The factor of each species, and under "" what is added; None where the expression is not linear in them."""
        if self._needed(expression) is not None:
            return {"": expression}
        match expression:
            case Symbol(name, "species"):
                return {name: ONE}
            case Symbol(name, "definition" | "observable"):
                return self._factors(self.model.expression_of(name))
            case Sum(terms):
                found: dict[str, Expression] = {}
                for term in terms:
                    inner = self._factors(term)
                    if inner is None:
                        return None
                    for name, factor in inner.items():
                        found[name] = Sum((found[name], factor)) if name in found else factor
                return found
            case Product(factors):
                moving = [factor for factor in factors if self._needed(factor) is None]
                inner = self._factors(moving[0]) if len(moving) == 1 else None
                fixed = tuple(factor for factor in factors if self._needed(factor) is not None)
                return None if inner is None else {name: Product((*fixed, factor)) for name, factor in inner.items()}
        return None

    def value(self, slot: str, inputs: FloatArray, known: dict[tuple[Any, ...], Any]) -> Any:
        """What stands in a slot, (m, 1), with inputs (m, count); kept in `known`."""
        at_once = (slot, id(inputs))
        found = known.get(at_once)
        if found is None:
            part = self._parts[int(slot)]
            key = (slot, inputs[:, part.columns].tobytes())
            if key not in known:
                value = evaluate_over(part.expression, lambda symbol: self._column(symbol, inputs))
                known[key] = np.broadcast_to(value, (len(inputs), 1))
            known[at_once] = found = (inputs, known[key])  # with the inputs, so that no others get their identity
        return found[1]

    def _column(self, symbol: Symbol, inputs: FloatArray) -> Any:
        if symbol.name in self.columns:
            return inputs[:, self.columns[symbol.name], None]
        return evaluate_over(self.model.expression_of(symbol.name), lambda inner: self._column(inner, inputs))

    def _fold(self, expression: Expression) -> Expression:
        if isinstance(expression, Number):
            return expression
        names = self._needed(expression)
        if names is not None:
            return self._slot(expression, names) if names else expression
        if isinstance(expression, Symbol):
            return expression
        parts = children(expression)
        if isinstance(expression, Sum | Product):
            fixed = tuple(part for part in parts if self._needed(part) is not None)
            if len(fixed) > 1:
                kind = type(expression)
                names = frozenset[str]().union(*(self._needed(part) or frozenset() for part in fixed))
                together = self._slot(kind(fixed), names)
                return kind((together, *(self._fold(part) for part in parts if self._needed(part) is None)))
        return rebuild(expression, tuple(self._fold(part) for part in parts))

    def _slot(self, expression: Expression, names: frozenset[str]) -> Symbol:
        self._parts.append(_Part(expression, tuple(sorted(self.columns[name] for name in names))))
        return Symbol(str(len(self._parts) - 1), "slot")

    def _needed(self, expression: Expression) -> frozenset[str] | None:
        """The inputs that an expression of parameters alone depends on; None where something else is in it."""
        found: set[str] = set()
        for symbol in symbols(expression):
            names = self._behind_symbol(symbol)
            if names is None:
                return None
            found |= names
        return frozenset(found)

    def _behind_symbol(self, symbol: Symbol) -> frozenset[str] | None:
        if symbol.kind in ("reading", "species", "time", "loop", "feature", "slot"):
            return None
        if symbol.name in self.columns:
            return frozenset([symbol.name])
        if symbol.kind == "parameter":
            return None
        if symbol.name not in self._behind:
            self._behind[symbol.name] = None
            self._behind[symbol.name] = self._needed(self.model.expression_of(symbol.name))
        return self._behind[symbol.name]
