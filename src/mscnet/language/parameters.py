"""`parameter` declarations: value, unit, bounds, scale, prior, note."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from mscnet.checkpoint import checkpoint
from mscnet.language.declare import Declarations, declarations_of, part, report_repeats, value_node
from mscnet.language.dimensions import Dimensions
from mscnet.language.quantities import Literal, find_unit, in_range, read_literal, unit_word
from mscnet.language.resolve import Resolver
from mscnet.language.scope import Reporter
from mscnet.language.syntax import DeclarationX, ExpressionX, ProductX, Text
from mscnet.mechanism.expression import Expression, evaluate, exact_value, symbols
from mscnet.mechanism.types import Parameter
from mscnet.mechanism.units import NONE, Dimension, name_dimension
from mscnet.records import replace


class ParameterReader:
    """Makes the parameters of a file: those declared, and those that came into being after ``@``."""

    def __init__(self, found: Declarations, resolver: Resolver, report: Reporter) -> None:
        self.found, self.resolver, self.report = found, resolver, report

    def read(self) -> Iterable[Parameter]:
        """Parameters in the order in which the text first names them."""
        declared = {(s.name.name, pathway): s for s, pathway in declarations_of("parameter", self.found)}
        if self.found.scope.compartments:
            declared |= {(s.name.name, p): s for s, p in declarations_of("compartment", self.found)}
        scope = self.found.scope
        for pathway, table in [(None, scope.common), *scope.local.items()]:
            for name, entry in table.items():
                if entry.kind != "parameter":
                    continue
                declaration = declared.get((name, pathway))
                if declaration is not None:
                    yield self._declared_parameter(declaration, pathway)
                elif not entry.declared:
                    yield Parameter(name, declared=False, span=self.report.span(entry.start, entry.end))

    def _declared_parameter(self, declaration: DeclarationX, pathway: str | None) -> Parameter:
        report_repeats(declaration, self.report)
        nodes = [value_node(declaration)]
        checkpoint()
        for kind in ("prior", "bounds"):
            piece = part(declaration, kind)
            nodes += list(piece.items) if piece else [None] * (1 if kind == "prior" else 2)  # type: ignore[arg-type]
        literals = [self._constant(node) if node is not None else None for node in nodes]
        unit = _shared_unit(literals)
        value, prior, low, high = (
            self._number(literal, node, unit, difference=i == 1)
            for i, (literal, node) in enumerate(zip(literals, nodes, strict=True))
        )
        scales = [p.items[0] for p in declaration.parts if p.kind == "scale"]
        note = part(declaration, "note")
        shown, unit_factor = self._shown_unit(unit, nodes, literals)
        parameter = Parameter(
            name=declaration.name.name,
            value=value,
            dimension=unit.dimension if unit else None,
            unit=shown,
            unit_factor=unit_factor,
            bounds=(low, high) if low is not None and high is not None else None,
            scale="log" if "log" in scales else "linear",
            prior=prior,
            fixed="fixed" in scales,
            note=note.items[0].text if note and isinstance(note.items[0], Text) else None,
            pathway=pathway,
            span=self.report.span(declaration.name.start, declaration.name.end),
        )
        if self._same_dimension(unit, nodes, literals):
            self._check_parameter(parameter, declaration)
        return parameter

    def constant(self, declaration: DeclarationX) -> tuple[Fraction, Dimension | None] | None:
        """The value of ``name = 2 mM`` in the file's units with the dimension of its unit; None, with an error, for
        anything but a number."""
        node = value_node(declaration)
        literal = self._constant(node) if node is not None else None
        if literal is None or node is None:
            return None
        value = in_range(literal.in_units_of(self.found.system), node, self.report)
        return value, literal.dimension if literal.has_unit else None

    def _shown_unit(
        self, unit: Literal | None, nodes: list[ExpressionX | None], literals: list[Literal | None]
    ) -> tuple[str, float]:
        """The unit as the text has it, such as ``/mM/min``, and its size in the file's; else the file's own."""
        if unit is None:
            return "", 1.0
        system = self.found.system
        node = next(n for n, literal in zip(nodes, literals, strict=True) if literal is unit)
        if unit.folded or unit.offset or not isinstance(node, ProductX):
            return system.describe(unit.dimension), 1.0
        factor = in_range(Fraction(unit.factor / system.scale_of(unit.dimension)), node, self.report)
        return self._spelled(node), float(factor)

    def _spelled(self, node: ProductX) -> str:
        """The units of a literal without the blanks and comments that may stand between them."""
        text = ""
        for operator, factor in zip(node.operators[1:], node.factors[1:], strict=True):
            name, exponent = unit_word(factor, self.report)
            power = "" if exponent == 1 else f"^{exponent}"
            text += f"{operator or ' '}{name}{power}"
        return text.strip()

    def _names_a_value(self, node: ExpressionX) -> bool:
        """Whether a product holds a name of the file, as in ``2*k1``, that no unit is called by."""
        names = [unit_word(factor, self.report)[0] for factor in node.factors[1:]] if isinstance(node, ProductX) else []
        scope, system = self.found.scope, self.found.system
        return any(n is not None and scope.find(n, None) is not None and find_unit(n, system) is None for n in names)

    def _constant(self, node: ExpressionX) -> Literal | None:
        """A number with its unit, or plain arithmetic of numbers."""
        if not self._names_a_value(node):
            literal = read_literal(node, self.found.system, self.report)
            if literal is not None:
                return None if literal.broken else literal
        expression = self.resolver.resolve(node, None)
        if expression is None:
            return None
        named = next(iter(symbols(expression)), None)
        if named is not None:
            hint = "a value that follows from others is written without `parameter`: `k2 = k1/12`"
            self.report.error(
                "E025", f"the value of a parameter is a number, not `{named.name}`", node.start, node.end, hint
            )
            return None
        return self._folded(expression, node)

    def _folded(self, expression: Expression, node: ExpressionX) -> Literal | None:
        dimension = Dimensions(self.found.system, self.report, lambda *_: {})
        form = dimension.infer(expression, None, bare_is_any=False)
        exact = exact_value(expression, lambda _: None)
        value = evaluate(expression, lambda _: float("nan"))
        if exact is None and (value != value or value in (float("inf"), float("-inf"))):
            self.report.error("E018", "this value is not a finite number", node.start, node.end)
            return None
        plain = dimension.dimension(form)
        number = Fraction(value) if exact is None else exact
        if plain is None or plain.dimensionless:
            return Literal(number, Fraction(1), NONE, False)
        return Literal(number, Fraction(self.found.system.scale_of(plain)), plain, True, folded=True)

    def _number(
        self, literal: Literal | None, node: ExpressionX | None, unit: Literal | None, difference: bool
    ) -> float | None:
        if literal is None or node is None:
            return None
        if difference:  # a deviation of 2 °C is one of 2 K
            literal = replace(literal, offset=Fraction(0))
        if unit is not None and not literal.has_unit:
            offset = Fraction(0) if difference else unit.offset
            literal = Literal(literal.number, unit.factor, unit.dimension, True, offset)
        return float(in_range(literal.in_units_of(self.found.system), node, self.report))

    def _check_parameter(self, p: Parameter, declaration: DeclarationX) -> None:
        start, end = declaration.start, declaration.end
        if p.bounds is not None:
            low, high = p.bounds
            if not low < high:
                unit = self.found.system.describe(p.dimension) if p.dimension is not None else ""
                message = f"the bounds of `{p.name}` are empty: {low:g} .. {high:g} {unit}".rstrip()
                self.report.error("E026", message, start, end)
            elif p.value is not None and not low <= p.value <= high:
                self.report.error("W061", f"the value of `{p.name}` lies outside its bounds", start, end)
            if p.scale == "log" and low <= 0:
                self.report.error(
                    "E026", f"a log scale needs bounds above zero; `{p.name}` begins at {low:g}", start, end
                )
        if p.prior is not None and p.prior <= 0:
            self.report.error("E026", f"the deviation of `{p.name}` after ± must be above zero", start, end)
        if p.prior is not None and p.value is None:
            self.report.error(
                "E026", f"`{p.name}` has a deviation but no value", start, end, "write `= value ± deviation`"
            )

    def _same_dimension(
        self, unit: Literal | None, nodes: list[ExpressionX | None], literals: list[Literal | None]
    ) -> bool:
        """Whether every number with a unit has the dimension of the unit that the declaration shares."""
        same = True
        for node, literal in zip(nodes, literals, strict=True):
            if node is None or literal is None or unit is None or not literal.has_unit:
                continue
            if literal.dimension != unit.dimension:
                here, there = name_dimension(literal.dimension), name_dimension(unit.dimension)
                message = f"{here} here, {there} elsewhere in the declaration"
                self.report.error("E020", message, node.start, node.end)
                same = False
        return same


def _shared_unit(literals: list[Literal | None]) -> Literal | None:
    """The unit that the numbers of a declaration share: the first one given."""
    return next((literal for literal in literals if literal is not None and literal.has_unit), None)
