"""Conditions that are watched during a run: as programs for the kernels, and for the steppers in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.kinetics.bytecode import ProgramBuilder, Value
from mscnet.mechanism.expression import MINUS_ONE, Expression, Product, Sum, Symbol, deep_recursion
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, field

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A time at which a watched condition began or ceased to hold, in the file's unit, and the state
    (n_species,) there."""

    condition: str
    holds: bool
    time: float
    state: FloatArray = field(repr=False)


@dataclass(frozen=True, eq=False)
class Condition:
    """A comparison as g(t, x) that is above zero where it holds (`inclusive`: or zero).

    With `stops` the run ends where it begins to hold.
    """

    text: str
    expression: Expression
    inclusive: bool
    stops: bool
    mechanism: Mechanism

    @classmethod
    def read(cls, text: str, mechanism: Mechanism, stops: bool) -> Condition:
        """The condition that a text is.

        Raises:
            MechanismError: it is none (see `language.condition.read_condition`), or needs a value that nobody gave.
        """
        from mscnet.language.condition import read_condition

        if not isinstance(text, str):
            raise TypeError(f"a condition is a text such as '[A] < 0.1 mM', not {type(text).__name__}")
        comparison = read_condition(text, mechanism, "stop_when" if stops else "watch")
        left, right = comparison.left, comparison.right
        above, below = (left, right) if comparison.operator[0] == ">" else (right, left)
        expression = Sum((above, Product((MINUS_ONE, below))))
        condition = cls(text.strip(), expression, comparison.operator.endswith("="), stops, mechanism)
        condition.program  # noqa: B018  (misses values now, not in the middle of a run)
        return condition

    @cached_property
    def program(self) -> Mapping[str, Any]:
        """Code, literals and species of the slots of g, as kernels/bind_ode.c reads a condition."""
        place, secondaries = self._place, self._secondaries
        used: dict[int, int] = {}

        def value_of(symbol: Symbol) -> Value:
            if symbol.kind == "time":
                return builder.emit("time")
            if symbol.name in secondaries:
                return builder.expression(secondaries[symbol.name])
            if symbol.kind == "species":
                return builder.emit("slot", used.setdefault(place[symbol.name], len(used)))
            if symbol.kind == "parameter":
                return builder.number(self._value(symbol.name))
            return builder.expression(self.mechanism.expression_of(symbol.name))

        builder = ProgramBuilder(value_of, lambda symbol: symbol.kind == "species")
        with deep_recursion():
            code, literals = builder.arrays(builder.expression(self.expression))
        species = np.array(list(used), dtype=np.uint32)
        flags = {"inclusive": self.inclusive, "stops": self.stops}
        return {"code": code, "literals": literals, "species": species, **flags}

    @cached_property
    def _secondaries(self) -> Mapping[str, Expression]:
        """Species of fast steps that are read as what they are of others."""
        if not self.mechanism.has_fast:
            return {}
        from mscnet.kinetics.fast_laws import secondary_values

        return secondary_values(self.mechanism.network())

    @cached_property
    def _place(self) -> dict[str, int]:
        return {species.name: i for i, species in enumerate(self.mechanism.species)}

    def _value(self, parameter: str) -> float:
        value = self.mechanism.get_parameter(parameter).value
        if value is None:
            message = f"the condition `{self.text}` needs a value for `{parameter}`"
            raise MechanismError.of("E040", message, hint=f"as in with_values({parameter}=…) or --set {parameter}=…")
        return value

    def value(self, time: float, state: FloatArray) -> float:
        """g at a time and a state (n_species,)."""
        from mscnet.simulation.columns import evaluate_over

        place, secondaries = self._place, self._secondaries

        def value_of(symbol: Symbol) -> Any:
            if symbol.kind == "time":
                return time
            if symbol.name in secondaries:
                return evaluate_over(secondaries[symbol.name], value_of)
            if symbol.kind == "species":
                return state[place[symbol.name]]
            if symbol.kind == "parameter":
                return self._value(symbol.name)
            return evaluate_over(self.mechanism.expression_of(symbol.name), value_of)

        return float(evaluate_over(self.expression, value_of))

    def holds(self, value: float) -> bool:
        """Whether it holds where g has this value."""
        return value > 0.0 or (value == 0.0 and self.inclusive)


@dataclass
class Watch:
    """The conditions of a run, on which side each stands, and what has been found."""

    conditions: tuple[Condition, ...]
    crossings: list[Crossing] = field(default_factory=list)
    #: 1 where it holds, -1 where not, 0 while that is not known.
    side: FloatArray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        self.side = np.zeros(len(self.conditions))

    def __bool__(self) -> bool:
        return bool(self.conditions)

    @classmethod
    def of(cls, mechanism: Mechanism, stop_when: str | None, watch: Iterable[str]) -> Watch:
        """The conditions of the arguments of `simulate`; errors as `Condition.read`."""
        if isinstance(watch, str):
            raise TypeError("watch is a list of conditions, such as ['[A] < 0.1 mM']")
        read = [Condition.read(text, mechanism, False) for text in watch]
        if stop_when is not None:
            read.append(Condition.read(stop_when, mechanism, True))
        return cls(tuple(read))

    def found(self, number: int, holds: bool, time: float, state: FloatArray) -> None:
        """Record a crossing of a condition, by its place among `conditions`."""
        self.crossings.append(Crossing(self.conditions[number].text, holds, time, np.array(state)))


def locate(g: Callable[[float], float], holds: Callable[[float], bool], a: float, b: float) -> float:
    """The first time known to lie on the side of b, where a and b lie on different ones: false position with the
    Illinois change (Dowell and Jarratt, BIT 11 (1971) 168), and a bisection where two steps did not halve it."""
    at_a, at_b = g(a), g(b)
    target, width, slow = holds(at_b), b - a, 0
    for _ in range(200):
        if b - a <= 4e-16 * max(abs(a), abs(b)):
            break
        t = b - at_b * (b - a) / (at_b - at_a) if at_b != at_a else a
        if slow >= 2 or not a < t < b:
            t = 0.5 * (a + b)
        if not a < t < b:
            break
        value = g(t)
        if holds(value) == target:
            b, at_b, at_a = t, value, 0.5 * at_a
        else:
            a, at_a, at_b = t, value, 0.5 * at_b
        slow = slow + 1 if b - a > 0.5 * width else 0
        width = b - a if not slow else width
    return b
