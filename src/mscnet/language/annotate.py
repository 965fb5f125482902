"""An imported file in other units: every bare number gets its dimension, and is converted by it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mscnet.diagnostics import Diagnostic
from mscnet.language.infer import record_dimensions
from mscnet.language.modules import Module, Part, joined
from mscnet.language.scope import Reporter
from mscnet.mechanism.expression import MINUS_ONE, Expression, Lookup, Number, Power, Product, Symbol, children, rebuild
from mscnet.mechanism.other_units import Conversion
from mscnet.mechanism.rewrite import map_expression, rewrite
from mscnet.mechanism.types import Reaction
from mscnet.mechanism.units import Dimension, UnitSystem
from mscnet.records import replace

_HINT = "write its unit: the file that imports this one counts in other units"


def converted(module: Module, system: UnitSystem) -> tuple[tuple[Part, ...], tuple[Diagnostic, ...]]:
    """The parts of a file in the units of `system`, and what cannot be converted since its dimension is not known."""
    assert module.mechanism is not None
    if module.annotated is None:
        module.annotated = _annotated(module)
    parts, problems = module.annotated
    conversion = Conversion(module.mechanism.units, system)
    return tuple(replace(p, mechanism=conversion.mechanism(p.mechanism)) for p in parts), problems


def _annotated(module: Module) -> tuple[tuple[Part, ...], tuple[Diagnostic, ...]]:
    """The parts with the dimension of every number that has one."""
    fresh = [replace(part, mechanism=rewrite(part.mechanism, _same, _fresh)) for part in module.parts]
    assert module.scope is not None
    assert module.concentration is not None
    whole = joined(fresh[0].mechanism, fresh[1:])
    recorded = record_dimensions(whole, module.scope, module.concentration, Reporter(module.source))
    annotator = _Annotator({id(node): dimension for node, dimension in recorded})
    parts = tuple(replace(part, mechanism=annotator.mechanism(part.mechanism)) for part in fresh)
    return parts, tuple(annotator.problems)


def _same(name: str, _: Any) -> str:
    return name


def _fresh(expression: Expression) -> Expression:
    """The same expression, no part of which stands anywhere else."""
    return map_expression(
        expression, lambda n: Number(n.value, n.dimension, n.span), lambda s: Symbol(s.name, s.kind, s.span)
    )


class _Annotator:
    def __init__(self, dimensions: dict[int, Dimension | None]) -> None:
        self.dimensions = dimensions
        self.problems: list[Diagnostic] = []

    def mechanism(self, mechanism: Any) -> Any:
        """A mechanism whose numbers all carry their dimensions; those in functions are pure."""
        functions = mechanism.functions
        changed = rewrite(replace(mechanism, functions=()), _same, self.expression)
        for parameter in changed.parameters:
            if parameter.dimension is None and parameter.value:
                message = f"the dimension of `{parameter.name}` is not known, so its value cannot be converted"
                self._problem(message, parameter.span)
        if any(reaction.equilibrium is not None for reaction in changed.reactions):
            changed = replace(changed, reactions=self._with_derived_laws(changed.reactions))
        for file in changed.data_files:
            self._problem("data of a file in other units cannot be imported", file.span, "use the same units here")
        for band in changed.bands:
            for shape in band.shapes:
                if shape.path is not None and not any(name == "epsilon" for name, _ in shape.settings):
                    message = "a measured spectrum without `epsilon` cannot be imported into a file in other units"
                    self._problem(message, shape.span, "give its `epsilon`")
        return replace(changed, functions=functions)

    def _with_derived_laws(self, reactions: tuple[Reaction, ...]) -> tuple[Reaction, ...]:
        """Laws that follow from their partners' by an equilibrium constant, made anew of the two."""
        known = {reaction.name: reaction for reaction in reactions}

        def law(reaction: Reaction) -> Reaction:
            if reaction.equilibrium is None:
                return reaction
            of, constant = reaction.law.expression, reaction.equilibrium.constant
            if reaction.law.kind == "fast":
                return replace(reaction, law=replace(reaction.law, expression=constant))
            partner = known.get(reaction.partner or "")
            if partner is None or not isinstance(of, Product):
                message = "a step with an equilibrium constant but one direction cannot be imported into other units"
                self._problem(message, reaction.span, "use the same units here, or give its rate constant")
                return reaction
            factor = Power(constant, MINUS_ONE) if reaction.reverse else constant
            made = Product((partner.law.expression, factor, *of.factors[2:]), of.span)
            return replace(reaction, law=replace(reaction.law, expression=made))

        return tuple(law(reaction) for reaction in reactions)

    def _problem(self, message: str, span: Any, hint: str = _HINT) -> None:
        self.problems.append(Diagnostic("error", "E225", message, span, hint))

    def expression(self, e: Expression) -> Expression:
        dimension = self.dimensions.get(id(e))
        unknown = id(e) in self.dimensions and dimension is None
        if isinstance(e, Number):
            if unknown and e.value:
                self._problem("the dimension of this number is not known, so it cannot be converted", e.span)
            return e if dimension is None else Number(e.value, dimension, e.span)
        if unknown:
            self._problem("the dimension of this number is not known, so it cannot be converted", e.span)
        if isinstance(e, Lookup):
            table = e.table if dimension is None else replace(e.table, dimension=dimension)
            return Lookup(table, self.expression(e.argument), e.span)
        parts = tuple([self.expression(part) for part in children(e)])
        if parts:
            e = rebuild(e, parts)
        return e if dimension is None or dimension.dimensionless else _times_one(e, dimension)


def _times_one(e: Expression, dimension: Dimension) -> Expression:
    """The constant that has no name gets its dimension: the first number of a product has it, or a 1 before it."""
    if isinstance(e, Product) and isinstance(e.factors[0], Number) and e.factors[0].dimension is None:
        first = e.factors[0]
        return Product((Number(first.value, dimension, first.span), *e.factors[1:]), e.span)
    one = Number(Fraction(1), dimension, e.span)
    return Product((one, *e.factors) if isinstance(e, Product) else (one, e), e.span)
