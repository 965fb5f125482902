"""Parameter values that hold in an experiment, and the numbers that expressions have with them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from mscnet.diagnostics import MechanismError, suggest
from mscnet.experiment.faults import NO_QUANTITY, Placed, fault
from mscnet.kinetics.missing import no_values
from mscnet.mechanism.events import expressions_of
from mscnet.mechanism.expression import Expression, Number, Symbol, evaluate
from mscnet.mechanism.mechanism import Mechanism

#: The derived value that a step may set for its vessel.
TEMPERATURE = "temperature"


class Values:
    """Values of parameters by name in the file's units, with the derived values that follow from them.

    `value` of an expression is ``nan`` where something that it needs has no value.
    """

    __slots__ = ("_derived", "_expressions", "parameters")

    def __init__(self, parameters: Mapping[str, float], expressions: Mapping[str, Expression]) -> None:
        self.parameters = dict(parameters)
        self._expressions = expressions
        self._derived: dict[str, float] = {}

    @classmethod
    def of(cls, mechanism: Mechanism, changes: Mapping[str, float]) -> Values:
        """Those of a mechanism with some changed."""
        given = {p.name: math.nan if p.value is None else p.value for p in mechanism.parameters}
        return cls({**given, **changes}, {item.name: item.expression for item in mechanism.derived})

    def changed(self, changes: Iterable[tuple[str, Expression]], loops: Mapping[str, float]) -> Values:
        """These with some changed, one after the other; those that come later may use those before."""
        new = Values(self.parameters, dict(self._expressions))
        for name, expression in changes:
            number = new.value(expression, loops)
            if name in new._expressions:  # a derived value that is a number here, such as the temperature
                new._expressions = {k: e for k, e in new._expressions.items() if k != name}
            new.parameters[name] = number
            new._derived.clear()
        return new

    def value(self, expression: Expression, loops: Mapping[str, float] | None = None) -> float:
        """The number that an expression of parameters, derived values and loop variables is."""
        if isinstance(expression, Number):
            return float(expression.value)
        if not loops:
            return evaluate(expression, self)
        return evaluate(expression, lambda symbol: loops[symbol.name] if symbol.kind == "loop" else self(symbol))

    def __call__(self, symbol: Symbol) -> float:
        """A parameter or derived value; ``nan`` for what varies."""
        return self.named(symbol.name)

    def named(self, name: str) -> float:
        """The value of this name; ``nan`` where it has none."""
        if name in self.parameters:
            return self.parameters[name]
        if name not in self._derived:
            expression = self._expressions.get(name)
            self._derived[name] = math.nan  # a value that needs itself has none
            self._derived[name] = math.nan if expression is None else evaluate(expression, self)
        return self._derived[name]


class Numbers:
    """Evaluates the expressions of an experiment's steps: values with loop variables, checked."""

    __slots__ = ("loops", "values")

    def __init__(self, values: Values, loops: Mapping[str, float]) -> None:
        self.values, self.loops = values, loops

    def __call__(self, expression: Expression, what: str, place: Placed | None, least: float = 0.0) -> float:
        """The number, `least` or more.

        Raises:
            MechanismError: it is smaller, or not finite.
        """
        number = self.values.value(expression, self.loops)
        if not (least <= number < math.inf):
            said = f"{number:g}" if math.isfinite(number) else "not a finite number"
            hint = f"it is to be {least:g} or more" if math.isfinite(number) else "see what it is calculated from"
            raise fault(place, f"{what} is {said}", hint, NO_QUANTITY)
        return number

    def positive(self, expression: Expression, what: str, place: Placed | None) -> float:
        """The number, above 0.

        Raises:
            MechanismError: it is not, or not finite.
        """
        number = self(expression, what, place)
        if number == 0.0:
            raise fault(place, f"{what} is 0", "it is to be above 0", NO_QUANTITY)
        return number


def rate_expressions(mechanism: Mechanism) -> Iterator[Expression]:
    """Everything that the rates of a mechanism depend on, and what its events hold and set."""
    for event in mechanism.events:
        yield from expressions_of(event)
        yield from (Symbol(action.target, "parameter") for action in event.actions if action.kind == "parameter")
    for reaction in mechanism.reactions:
        yield reaction.law.expression
        for term in (*reaction.reactants, *reaction.products, *reaction.orders):
            coefficient: Any = term.coefficient
            if not isinstance(coefficient, Fraction):
                yield coefficient


def check_given(mechanism: Mechanism, needed: Iterable[str], values: Values) -> None:
    """Refuses to go on while parameters that are needed have no value.

    Raises:
        MechanismError: names them all, and how to give them.
    """
    wanted = set(needed)
    missing = [p for p in mechanism.parameters if p.name in wanted and math.isnan(values.parameters.get(p.name, 0.0))]
    if missing:
        raise no_values(mechanism, missing, lambda name: f"values={{{name!r}: …}}", "the experiments")


def read_changes(mechanism: Mechanism, given: Mapping[str, float | str]) -> dict[str, float]:
    """Values for parameters as numbers in the file's units; a text carries its own unit.

    Raises:
        MechanismError: an unknown name, a unit of another dimension, or a text or number that is no quantity.
    """
    known = {p.name for p in mechanism.parameters}
    for name in given:
        if name not in known:
            derived = any(d.name == name for d in mechanism.definitions)
            hint = f"prepare `mechanism.with_values({name}=…)` instead" if derived else suggest(name, known)
            raise MechanismError.of("E010", f"{mechanism.name} has no parameter `{name}`", hint=hint)
    if all(type(value) is float and math.isfinite(value) for value in given.values()):
        return dict(given)  # type: ignore[arg-type]
    changed = mechanism.with_values(given)
    return {name: changed.value_of(name) for name in given}
