"""What the readers of experiments share: names, quantities, and what is known of their dimensions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fractions import Fraction

from mscnet.language.declare import Declarations
from mscnet.language.quantities import Literal, in_range, read_literal
from mscnet.language.resolve import Resolver
from mscnet.language.scope import KIND_WORDS, Entry, Reporter
from mscnet.language.stocks import anywhere
from mscnet.language.syntax import ExpressionX, Word
from mscnet.mechanism.bench import Loop, Stock
from mscnet.mechanism.expression import Call, Expression, Number, Power, Product, Sum, Symbol, symbols
from mscnet.mechanism.types import Parameter
from mscnet.mechanism.units import NONE, Dimension
from mscnet.records import replace

#: The most steps of an experiment once its repeats are written out, and the most conditions.
MAX_STEPS = MAX_CONDITIONS = 10_000
#: The most experiments that one may begin from, each from the one before it.
MAX_ORIGINS = 100

#: What a step may be said in.
_STEADY = ("parameter", "definition", "loop")


class Bench:
    """The names that steps may use, and the quantities in them."""

    def __init__(
        self,
        found: Declarations,
        resolver: Resolver,
        report: Reporter,
        stocks: tuple[Stock, ...],
        parameters: tuple[Parameter, ...],
    ) -> None:
        self.found, self.resolver, self.report = found, resolver, report
        self.system = found.system
        #: Whether some of the text could not be read, so that what is lacking may stand there.
        self.broken = any(d.code in ("E001", "E002", "E003", "E004") for d in report.found.values())
        self.stocks = {stock.name: stock for stock in stocks}
        self.parameters = {p.name: p for p in parameters if p.pathway is None}
        #: The vessels that an experiment ends with, in order of first use, each with its place; the last is current.
        self.vessels_of: dict[str, dict[str, Word | None]] = {}
        self.variables: dict[str, Word] = {}
        self.loops: dict[str, Loop] = {}

    def begin(self, variables: dict[str, Word], loops: Iterable[Loop] = ()) -> None:
        """From here on the variables of this experiment are known."""
        self.variables, self.loops = variables, {loop.variable: loop for loop in loops}

    def entry(self, name: str) -> Entry | None:
        return anywhere(self.found.scope, name)

    # --- quantities ---

    def quantity(self, node: ExpressionX, what: str = "a step") -> Expression | None:
        """A quantity in numbers, parameters, derived values and variables; None, with an error, for anything else."""
        expression = self.resolver.resolve(node, None, loops=self.variables)
        if expression is None:
            return None
        moving = next((s for s in symbols(expression) if s.kind not in _STEADY), None)
        if moving is not None:
            kind = KIND_WORDS.get(moving.kind, "the time of the run")
            message = f"{what} is said in numbers, parameters and variables; `{moving.name}` is {kind}"
            self.report.error("E016", message, node.start, node.end)
            return None
        return expression

    def quantities(self, nodes: Iterable[ExpressionX], differences: Collection[int] = ()) -> list[Expression] | None:
        """Quantities that share a unit: numbers without one take the first that is given.

        `differences` are the indices of those that are widths: 10 °C of them are 10 K.
        """
        nodes = list(nodes)
        expressions = [self.quantity(node) for node in nodes]
        if None in expressions:
            return None
        unit = self._shared(nodes, expressions)
        if unit is not None and unit.offset:
            for i in differences:
                expressions[i] = self._width(nodes[i], unit)
        return [self._with_unit(e, unit, node) for e, node in zip(expressions, nodes, strict=True) if e is not None]

    def _width(self, node: ExpressionX, unit: Literal) -> Expression:
        """A difference of temperatures."""
        literal = read_literal(node, self.system, self.report) or unit
        if not literal.has_unit:
            literal = replace(unit, number=literal.number)
        width = replace(literal, offset=Fraction(0)).in_units_of(self.system)
        return Number(in_range(width, node, self.report), literal.dimension, self.report.span(node.start, node.end))

    def _shared(self, nodes: list[ExpressionX], expressions: list[Expression | None]) -> Literal | None:
        for node, expression in zip(nodes, expressions, strict=True):
            if isinstance(expression, Number) and expression.dimension is not None:
                return read_literal(node, self.system, self.report)
        return None

    def _with_unit(self, expression: Expression, unit: Literal | None, node: ExpressionX) -> Expression:
        if unit is None or not isinstance(expression, Number) or expression.dimension is not None:
            return expression
        literal = replace(unit, number=expression.value)
        return Number(in_range(literal.in_units_of(self.system), node, self.report), unit.dimension, expression.span)

    # --- dimensions, as far as they are plain to see ---

    def dimension(self, e: Expression) -> Dimension | None:
        """The dimension of a quantity; none of a bare number, None where it is not known yet."""
        match e:
            case Number(_, dimension):
                return dimension or NONE
            case Symbol(name, "loop"):
                return self.dimension(self.loops[name].values[0]) if name in self.loops else None
            case Symbol(name, "parameter"):
                parameter = self.parameters.get(name)
                return parameter.dimension if parameter is not None else None
            case Product(factors):
                total = NONE
                for factor in factors:
                    own = self.dimension(factor)
                    if own is None:
                        return None
                    total = total * own
                return total
            case Power(base, Number(exponent)):
                own = self.dimension(base)
                return None if own is None else own ** Fraction(exponent)
            case Sum(terms) | Call("min" | "max" | "abs", terms):
                known = [self.dimension(term) for term in terms]
                return next((d for d in known if d is not None and not d.dimensionless), known[0])
            case Call("if", (_, yes, _)):
                return self.dimension(yes)
        return None
