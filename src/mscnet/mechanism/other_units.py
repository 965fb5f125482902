"""A mechanism in the units of another file, exactly.

Units of a file are coherent, so an expression whose dimensions agree stays true when each number in it is converted by
its own dimension; nothing else in it changes.  Every number with a dimension must carry it: see `language.annotate`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mscnet.mechanism.bench import Experiment, Loop
from mscnet.mechanism.constants import MOLAR_ENERGY
from mscnet.mechanism.expression import Expression, Number, Table, walk
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.rewrite import map_expression, rewrite
from mscnet.mechanism.thermo import Bond
from mscnet.mechanism.types import Parameter
from mscnet.mechanism.units import TIME, Dimension, UnitSystem
from mscnet.records import replace


def same_units(one: UnitSystem, other: UnitSystem) -> bool:
    """Whether numbers mean the same in two systems of units, whatever their units are called."""
    dimensions = [Dimension.of(**{base: 1}) for base in ("time", "length", "amount", "mass", "temperature", "current")]
    return all(one.scale_of(dimension) == other.scale_of(dimension) for dimension in dimensions)


def own_scales(system: UnitSystem) -> dict[str, Any]:
    """The scales of a system that are dimensions of their own, by name."""
    return {s.symbol: s for s in system.scales if s.dimension == Dimension.of(**{s.symbol: 1})}


def with_scales_of(system: UnitSystem, other: UnitSystem) -> UnitSystem:
    """`system` with the scales of another one that are dimensions of their own."""
    known = {scale.symbol for scale in system.scales}
    for symbol, scale in own_scales(other).items():
        if symbol not in known:
            system = system.with_scale(scale)
    return system


class Conversion:
    """What numbers in the units of `old` are multiplied by to be in those of `new`."""

    def __init__(self, old: UnitSystem, new: UnitSystem) -> None:
        self.old, self.new = old, new
        self._factors: dict[Dimension, Fraction | float] = {}

    def factor(self, dimension: Dimension | None) -> Fraction | float:
        """The factor of a dimension; 1 for none."""
        if dimension is None or dimension.dimensionless:
            return Fraction(1)
        if dimension not in self._factors:
            self._factors[dimension] = self.old.scale_of(dimension) / self.new.scale_of(dimension)
        return self._factors[dimension]

    def mechanism(self, mechanism: Mechanism) -> Mechanism:
        """A mechanism whose numbers carry their dimensions, in the new units."""
        changed = rewrite(mechanism, lambda name, _: name, self.expression)
        return replace(
            changed,
            parameters=tuple(self._parameter(p) for p in changed.parameters),
            experiments=tuple(self._experiment(e) for e in changed.experiments),
            bonds=tuple(self._bond(bond) for bond in changed.bonds),
            units=self.new,
        )

    def expression(self, expression: Expression) -> Expression:
        return map_expression(expression, self._number, lambda symbol: symbol, self._table)

    def _table(self, table: Table) -> Table:
        """A table of time with its knots in the new unit of time, its values in that of their dimension."""
        time, value = Fraction(self.factor(TIME)), Fraction(self.factor(table.dimension))
        if time == 1 and value == 1:
            return table
        q, r, s, u = (value / time**power for power in range(4))
        pieces = tuple(
            (float(Fraction(a) * q), float(Fraction(b) * r), float(Fraction(c) * s), float(Fraction(d) * u))
            for a, b, c, d in table.coefficients
        )
        knots = tuple(float(Fraction(knot) * time) for knot in table.knots)
        return replace(table, knots=knots, coefficients=pieces)

    def _number(self, number: Number) -> Number:
        factor = self.factor(number.dimension)
        return number if factor == 1 else Number(Fraction(number.value * factor), number.dimension, number.span)

    def _parameter(self, parameter: Parameter) -> Parameter:
        factor = self.factor(parameter.dimension)
        if factor == 1:
            return parameter

        def scaled(value: float) -> float:
            return float(Fraction(repr(value)) * Fraction(factor))

        bounds = parameter.bounds and (scaled(parameter.bounds[0]), scaled(parameter.bounds[1]))
        return replace(
            parameter,
            value=None if parameter.value is None else scaled(parameter.value),
            prior=None if parameter.prior is None else scaled(parameter.prior),
            bounds=bounds,
            unit_factor=scaled(parameter.unit_factor),
        )

    def _bond(self, bond: Bond) -> Bond:
        factor = self.factor(MOLAR_ENERGY)
        energy, error, unit = (
            float(Fraction(x) * Fraction(factor)) for x in (bond.energy, bond.error, bond.unit_factor)
        )
        return replace(bond, energy=energy, error=error, unit_factor=unit)

    def _experiment(self, experiment: Experiment) -> Experiment:
        loops = tuple(self._loop(loop) for loop in experiment.loops)
        return replace(experiment, loops=loops)

    def _loop(self, loop: Loop) -> Loop:
        numbers = (node for value in loop.values for node in walk(value) if isinstance(node, Number))
        dimension = next((n.dimension for n in numbers if n.dimension is not None), None)
        return replace(loop, unit_factor=float(loop.unit_factor * self.factor(dimension))) if loop.unit else loop
