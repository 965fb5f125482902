"""Judges the loops of reversible steps of a model: see `loops`."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Literal

from mscnet.mechanism.expression import Expression, Number, Sum, Symbol, exact_value, symbols, to_text
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.steps import at_start, constant_of
from mscnet.mechanism.thermo import Loop
from mscnet.mechanism.units import TEMPERATURE
from mscnet.network.elimination import null_space
from mscnet.network.loops import Column
from mscnet.network.potentials import agree_formally, agree_numerically
from mscnet.network.ratios import Ratio, Rational, Ratios
from mscnet.records import replace

#: Products that differ by less than this share of them are the same: the rounding of a text.
TOLERANCE = 1e-9
#: Where constants depend on the temperature, they are compared at this much more of it, in kelvin, too.
WARMER = 10.0


def _cycles(columns: Sequence[Column]) -> list[dict[int, int]]:
    """An integer basis of what combinations of the steps change nothing, each of least support."""
    rows: dict[str, dict[int, Rational]] = defaultdict(dict)
    for j, column in enumerate(columns):
        for name, value in column.net.items():
            rows[name][j] = value
    vectors = []
    for row in rows.values():
        scale = math.lcm(*(value.denominator for value in row.values()))
        vectors.append({j: int(value * scale) for j, value in row.items()})
    return [_turned(vector) for vector in null_space(vectors, range(len(columns))).vectors]


def _turned(cycle: dict[int, int]) -> dict[int, int]:
    """The loop taken so that its first step runs forward."""
    return cycle if cycle[min(cycle)] > 0 else {j: -n for j, n in cycle.items()}


class Balance:
    """Judges the loops of one model."""

    def __init__(self, mechanism: Mechanism, columns: Sequence[Column]) -> None:
        self.mechanism, self.columns = mechanism, columns
        definitions = {item.name: item.expression for item in mechanism.derived}
        # what the temperature is now says nothing of what it may be
        self.ratios = Ratios({name: value for name, value in definitions.items() if name != "temperature"})
        self.definitions = definitions
        self.constants = [constant_of(column.step, mechanism) for column in columns]
        self.formal: dict[int, Ratio] = {}
        self.value_of = at_start(mechanism)
        self.exact = {p.name: Fraction(repr(p.value)) for p in mechanism.parameters if p.value is not None}

    def agrees(self) -> bool:
        """Whether it shows at once that detailed balance holds round every loop, at every temperature."""
        nets = [column.net for column in self.columns]
        if agree_formally(nets, [self._ratio(j) for j in range(len(nets))]):
            return True
        warm = self._warmer(WARMER) if any(map(self._thermal, range(len(nets)))) else None
        return all(
            agree_numerically(nets, [_logarithm(value_of(constant)) for constant in self.constants], TOLERANCE)
            for value_of in (self.value_of, warm)
            if value_of is not None
        )

    def _ratio(self, j: int) -> Ratio:
        if j not in self.formal:
            self.formal[j] = self.ratios.of(self.constants[j])
        return self.formal[j]

    def loops(self) -> Iterator[Loop]:
        """Every loop with what is to be said of it; those with a step of which a constant is zero are left out."""
        for cycle in _cycles(self.columns):
            loop = self._loop(cycle)
            if loop is not None:
                yield loop

    def _loop(self, cycle: dict[int, int]) -> Loop | None:
        steps = tuple((self.columns[j].step.name, n) for j, n in sorted(cycle.items()))
        spans = tuple(self.columns[j].step.forward.span for j in sorted(cycle))
        forward, reverse = self._products(cycle)
        if forward == 0 or reverse == 0:
            return None
        state, warmer = self._state(cycle, forward, reverse)
        return Loop(steps, state, forward, reverse, self._condition(cycle), warmer, spans)

    def _state(
        self, cycle: dict[int, int], forward: float, reverse: float
    ) -> tuple[Literal["balanced", "balanced here", "violated", "open"], bool]:
        """What is to be said of a loop, and whether that shows at another temperature only."""
        if self._identical(cycle):
            return "balanced", False
        value = self._constant(cycle)
        if math.isnan(value):
            return "open", False
        if abs(value) > math.log1p(TOLERANCE):
            return "violated", False
        if any(self._thermal(j) for j in cycle):
            warm = self._constant(cycle, WARMER)
            if abs(warm) > math.log1p(TOLERANCE):
                return "violated", True
        return "balanced here", False

    def _identical(self, cycle: dict[int, int]) -> bool:
        total = Ratio()
        for j, n in cycle.items():
            total.multiply(self._ratio(j), n)
            if not total.known:
                return False
        return total.is_one

    # --- numbers ---

    def _constant(self, cycle: dict[int, int], warmer: float = 0.0) -> float:
        """The logarithm of the product of the equilibrium constants round a loop, 0 in balance."""
        value_of = self.value_of if not warmer else self._warmer(warmer)
        product: Fraction | None = None if warmer else self._exact(cycle)
        if product is not None:
            if product <= 0:
                return math.nan
            return _log(product)
        logs = []
        for j, n in cycle.items():
            value = value_of(self.constants[j])
            if not value > 0 or math.isinf(value):
                return math.nan
            logs.append(n * math.log(value))
        return math.fsum(logs)

    def _exact(self, cycle: dict[int, int]) -> Fraction | None:
        product = Fraction(1)
        for j, n in cycle.items():
            value = exact_value(self.constants[j], self._number)
            if not value or max(value.numerator.bit_length(), value.denominator.bit_length()) * abs(n) > 20_000:
                return None
            product *= value**n
        return product

    def _number(self, symbol: Symbol) -> Fraction | None:
        if symbol.kind == "parameter":
            return self.exact.get(symbol.name)
        if symbol.kind == "definition":
            return exact_value(self.definitions[symbol.name], self._number)
        return None

    def _products(self, cycle: dict[int, int]) -> tuple[float, float]:
        """The constants in the direction of the loop, and against it, multiplied up."""
        along, against = 1.0, 1.0
        for j, n in cycle.items():
            step = self.columns[j].step
            values = [self.value_of(r.law.expression) for r in (step.forward, step.reverse)]
            first, second = values if n > 0 else reversed(values)
            try:
                along, against = along * first ** abs(n), against * second ** abs(n)
            except OverflowError:
                return math.inf, math.inf
        return along, against

    def _thermal(self, j: int) -> bool:
        """Whether the constant of a step depends on the temperature."""
        waiting, seen = [self.constants[j]], set()
        while waiting:
            for symbol in symbols(waiting.pop()):
                if symbol.name == "temperature":
                    return True
                if symbol.kind == "definition" and symbol.name not in seen:
                    seen.add(symbol.name)
                    waiting.append(self.definitions[symbol.name])
        return False

    def _warmer(self, by: float) -> Callable[[Expression], float]:
        """What gives expressions their values at a higher temperature."""
        more = Number(Fraction(by) / Fraction(self.mechanism.units.scale_of(TEMPERATURE)))
        definitions = tuple(
            replace(d, expression=Sum((d.expression, more))) if d.name == "temperature" else d
            for d in self.mechanism.definitions
        )
        return at_start(replace(self.mechanism, definitions=definitions))

    # --- words ---

    def _condition(self, cycle: dict[int, int]) -> str:
        """``k1*k2 = k1r*k2r``: what the constants must meet."""
        along: list[str] = []
        against: list[str] = []
        for j, n in sorted(cycle.items()):
            step = self.columns[j].step
            given = step.reverse.equilibrium or step.forward.equilibrium
            sides = (along, against) if n > 0 else (against, along)
            if given is not None:
                name = "K" if given.source == "energies" else ""
                text = f"{name}({step.name})" if name else _factor(given.constant)
                sides[0].append(_powered(text, n))
                continue
            for side, reaction in zip(sides, (step.forward, step.reverse), strict=True):
                side.append(_powered(_factor(reaction.law.expression), n))
        return f"{'*'.join(along) or '1'} = {'*'.join(against) or '1'}"


def _factor(expression: Expression) -> str:
    text = to_text(expression, True)
    return text if isinstance(expression, Symbol) or not set(text) & set("+-*/ ^") else f"({text})"


def _powered(text: str, n: int) -> str:
    return text if abs(n) == 1 else f"{text}^{abs(n)}"


def _logarithm(value: float) -> float:
    return math.log(value) if 0 < value < math.inf else math.nan


def _log(value: Fraction) -> float:
    """The logarithm of a fraction whose parts may be beyond a float, 0 for 1 alone."""
    if Fraction(1, 2) < value < 2:
        return math.log1p(float(value - 1))
    return math.log(value.numerator) - math.log(value.denominator)
