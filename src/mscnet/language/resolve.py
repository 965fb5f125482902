"""Syntax to expression: names are looked up, units read, function calls expanded."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

from mscnet.diagnostics import UNSUPPORTED
from mscnet.language.quantities import (
    Literal,
    exponent_of,
    find_unit,
    read_number,
    report_ambiguous,
    unit_power,
    unit_word,
    unknown_unit,
)
from mscnet.language.scope import KIND_WORDS, Entry, Reporter, Scope
from mscnet.language.syntax import (
    BesideX,
    BracketX,
    CallX,
    ComparisonX,
    ExpressionX,
    FunctionX,
    NegativeX,
    NumberX,
    PowerX,
    ProductX,
    SumX,
    Word,
    WordX,
)
from mscnet.mechanism.expression import (
    FUNCTIONS,
    MAX_DEPTH,
    MINUS_ONE,
    ONE,
    Call,
    Comparison,
    Expression,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    depth_of,
)
from mscnet.mechanism.units import NONE, UNITS, UnitSystem, suggest

#: An expression may grow to so many nodes when the functions in it are expanded.
MAX_EXPANDED = 20_000

_LATER_FUNCTIONS = {
    "arrhenius": "thermodynamic forms (`arrhenius(A, Ea)`)",
    "eyring": "thermodynamic forms (`eyring(dH, dS)`)",
    "ramp": "time programs (`ramp`)",
    "pulse": "time programs (`pulse`)",
    "table": "time programs (`table`)",
    "sum": "sums over families (`sum(… for …)`)",
}


class _Stop(Exception):
    """The expression cannot be built; what is wrong has been reported."""


class Resolver:
    """Turns syntax into expressions, in the scope of one pathway at a time."""

    def __init__(self, scope: Scope, system: UnitSystem, report: Reporter) -> None:
        self.scope, self.system, self.report = scope, system, report
        self.source = report.source
        self._by_use = False
        self._pathway: str | None = None
        self._arguments: dict[str, Expression] = {}
        self._active: list[str] = []
        self._nodes = 0
        self._expanded = False
        self._level = 0

    def resolve(self, node: ExpressionX, pathway: str | None, by_use: bool = False) -> Expression | None:
        """The expression of `node`, or None where it has an error, which is then reported.

        With `by_use`, an unknown name becomes a parameter (after ``@``).
        """
        self._pathway, self._by_use, self._nodes, self._level = pathway, by_use, 0, 0
        self._arguments, self._active = {}, []
        self._expanded = False
        try:
            expression = self._expression(node)
            if self._expanded and depth_of(expression) > MAX_DEPTH:
                raise self._fail("E004", f"this expression expands to more than {MAX_DEPTH} levels", node)
            return expression
        except _Stop:
            return None

    def check_function(self, function: FunctionX, pathway: str | None) -> None:
        """Report what is wrong in the body of a function, called or not, and arguments named twice."""
        self._pathway, self._by_use, self._nodes, self._level = pathway, False, 0, 0
        self._active = [function.name.name]
        names = [p.name for p in function.parameters]
        self._arguments = {name: Symbol(name, "slot") for name in names}
        for i, parameter in enumerate(function.parameters):
            if parameter.name in names[:i]:
                self._fail("E011", f"the argument `{parameter.name}` is named twice", parameter)
        with suppress(_Stop):
            self._expression(function.body)

    def _fail(self, code: str, message: str, node: ExpressionX | Word, hint: str | None = None) -> _Stop:
        self.report.error(code, message, node.start, node.end, hint)
        return _Stop()

    def _expression(self, node: ExpressionX) -> Expression:
        self._nodes += 1
        self._level += 1
        if self._nodes > MAX_EXPANDED:
            raise self._fail("E004", f"this expression expands to more than {MAX_EXPANDED} terms", node)
        if self._level > MAX_DEPTH + 1:
            raise self._fail("E004", f"an expression more than {MAX_DEPTH} levels deep", node)
        result = self._by_type(node)
        self._level -= 1
        return result

    def _by_type(self, node: ExpressionX) -> Expression:
        match node:
            case WordX(name, start, end):
                return self._name(name, start, end, node)
            case NumberX(_, start, end):
                return Number(read_number(node, self.report), None, self.report.span(start, end))
            case BracketX():
                return self._concentration(node)
            case ProductX():
                return self._product(node)
            case SumX():
                return self._sum(node)
            case NegativeX(operand):
                return _negated(self._expression(operand))
            case PowerX(base, exponent, start, end):
                return Power(self._expression(base), self._expression(exponent), self.report.span(start, end))
            case CallX():
                return self._call(node)
            case ComparisonX(operator, left, right, start, end):
                sides = self._expression(left), self._expression(right)
                return Comparison(operator, *sides, self.report.span(start, end))  # type: ignore[arg-type]
            case BesideX():
                raise self._fail("E013", f"`{node.name}` stands alone", node)

    # --- names ---

    def _name(self, name: str, start: int, end: int, node: ExpressionX) -> Expression:
        if name in self._arguments:
            return self._arguments[name]
        entry = self.scope.find(name, self._pathway)
        if entry is not None:
            return self._symbol(name, entry, start, end, node)
        if name in ("time", "t"):
            return Symbol("time", "time", self.report.span(start, end))
        if self._by_use and not self._active:
            self.scope.use("parameter", Word(name, start, end), self._pathway)
            return Symbol(name, "parameter", self.report.span(start, end))
        raise self._unknown(name, node)

    def _symbol(self, name: str, entry: Entry, start: int, end: int, node: ExpressionX) -> Expression:
        if entry.kind == "function":
            raise self._fail("E016", f"`{name}` is a function", node, f"call it: `{name}(…)`")
        return Symbol(name, entry.kind, self.report.span(start, end))

    def _unknown(self, name: str, node: ExpressionX) -> _Stop:
        if name == "temperature":
            return self._fail("E010", "no temperature is given", node, "write `temperature = 298.15 K`")
        hint = suggest(name, [*self.scope.names(self._pathway), *self._arguments, "time"])
        if hint is None and self.system.find(name) is not None:
            hint = f"the unit `{name}` may only stand right after a number or another unit"
        return self._fail("E010", f"unknown name `{name}`", node, hint or f"declare it: `parameter {name} = …`")

    def _concentration(self, node: BracketX) -> Expression:
        entry = self.scope.find(node.name, self._pathway)
        if entry is None:
            hint = suggest(node.name, self.scope.names(self._pathway, ["species"]))
            raise self._fail("E010", f"unknown species `{node.name}`", node, hint)
        if entry.kind != "species":
            raise self._fail("E016", f"`{node.name}` is {KIND_WORDS[entry.kind]}, not a species", node)
        return Symbol(node.name, "species", self.report.span(node.start, node.end))

    # --- sums and products ---

    def _sum(self, node: SumX) -> Expression:
        terms: list[Expression] = []
        for i, (sign, term) in enumerate(zip(node.signs, node.terms, strict=True)):
            if i and sign < 0:
                self._check_unit_power(node.terms[i - 1], term)
            value = self._expression(term)
            terms.append(value if sign > 0 else _negated(value))
        return Sum(tuple(terms), self.report.span(node.start, node.end))

    def _check_unit_power(self, before: ExpressionX, term: ExpressionX) -> None:
        """``mM-1`` reads as a difference; where it was meant as a power, say so."""
        text = self.source.text
        if text[before.end : term.start] != "-" or not text[term.start : term.start + 1].isdigit():
            return
        last = before.factors[-1] if isinstance(before, ProductX) else before
        name, _ = unit_word(last, self.report)
        if name is None or self.scope.find(name, self._pathway) or find_unit(name, self.system) is None:
            return
        digits = text[term.start : term.start + 1]
        raise self._fail(
            "E014",
            f"`{name}-{digits}` is a difference, not a power of the unit",
            Word(name, last.start, term.start + 1),
            f"write `{name}^-{digits}`",
        )

    def _product(self, node: ProductX) -> Expression:
        return _ProductReader(self, node).read()

    # --- calls ---

    def _call(self, node: CallX) -> Expression:
        name = node.function.name
        entry = self.scope.find(name, self._pathway)
        if entry is not None and entry.kind == "function" and entry.function is not None:
            return self._expand(node, entry)
        if name in FUNCTIONS and entry is None:
            return self._builtin(node)
        if name in _LATER_FUNCTIONS:
            what = f"{_LATER_FUNCTIONS[name]}: mscnet does not have this yet"
            raise self._fail(UNSUPPORTED, what, node.function)
        if entry is not None:
            raise self._fail("E016", f"`{name}` is {KIND_WORDS[entry.kind]}, not a function", node.function)
        hint = suggest(name, [*self.scope.names(self._pathway, ["function"]), *FUNCTIONS])
        raise self._fail("E010", f"unknown function `{name}`", node.function, hint)

    def _builtin(self, node: CallX) -> Expression:
        name, info = node.function.name, FUNCTIONS[node.function.name]
        given = len(node.arguments)
        if (info.arguments is None and given < 2) or (info.arguments is not None and given != info.arguments):
            wanted = "two or more" if info.arguments is None else str(info.arguments)
            raise self._fail("E017", f"`{name}` takes {wanted} argument(s), {given} given", node)
        arguments = tuple(self._expression(argument) for argument in node.arguments)
        for i, argument in enumerate(arguments):
            if isinstance(argument, Comparison) != (name == "if" and i == 0):
                message = "a comparison may only be the condition of `if(condition, then, else)`"
                if name == "if" and i == 0:
                    message = "the condition of `if` is a comparison, such as `time < 5 min`"
                raise self._fail("E017", message, node.arguments[i])
        return Call(name, arguments, self.report.span(node.start, node.end))

    def _expand(self, node: CallX, entry: Entry) -> Expression:
        name, function = node.function.name, entry.function
        assert function is not None
        if name in self._active:
            cycle = " -> ".join([*self._active[self._active.index(name) :], name])
            raise self._fail("E015", f"the function `{name}` is defined by itself ({cycle})", node.function)
        if len(node.arguments) != len(function.parameters):
            message = f"`{name}` takes {len(function.parameters)} argument(s), {len(node.arguments)} given"
            raise self._fail("E017", message, node)
        values = [self._expression(argument) for argument in node.arguments]
        if any(isinstance(value, Comparison) for value in values):
            raise self._fail("E017", "a comparison cannot be an argument here", node)
        self._expanded = True
        outer = self._arguments
        self._arguments = dict(zip((p.name for p in function.parameters), values, strict=True))
        self._active.append(name)
        try:
            return self._expression(function.body)
        finally:
            self._active.pop()
            self._arguments = outer


class _ProductReader:
    """Reads one flat product from left to right, folding each number with its units into one exact number."""

    def __init__(self, resolver: Resolver, node: ProductX) -> None:
        self.resolver, self.node = resolver, node
        self.report, self.system = resolver.report, resolver.system
        self.factors: list[Expression] = []
        self.literal: Literal | None = None
        self.literal_span = (node.start, node.end)
        self.sign = 1
        self.after: str = ""

    def read(self) -> Expression:
        for operator, factor in zip(self.node.operators, self.node.factors, strict=True):
            if isinstance(factor, NumberX):
                self._number(operator, factor, 1)
            elif isinstance(factor, NegativeX) and isinstance(factor.operand, NumberX):
                self._number(operator, factor.operand, -1)
            elif isinstance(factor, BesideX):
                self._beside(factor)
            elif self.after in ("number", "unit", "slash") and self._is_unit(operator, factor):
                self._unit(operator, factor)
            else:
                self._flush()
                self._factor(operator, self.resolver._expression(factor))
        self._flush()
        if len(self.factors) == 1:
            return self.factors[0]
        return Product(tuple(self.factors), self.report.span(self.node.start, self.node.end))

    def _number(self, operator: str, node: NumberX, minus: int) -> None:
        self._flush()
        number = minus * read_number(node, self.report)
        self.sign = -1 if operator == "/" else 1
        if self.sign < 0 and not number:
            raise self.resolver._fail("E018", "division by zero", node)
        self.literal = Literal(number, Fraction(1), NONE, False)
        self.literal_span = (node.start, node.end)
        self.after = "number"

    def _flush(self) -> None:
        literal, self.literal, self.after = self.literal, None, ""
        if literal is None:
            return
        value = literal.in_units_of(self.system) if self.sign > 0 or not literal.has_unit else self._inverse(literal)
        dimension = literal.dimension if literal.has_unit else None
        span = self.report.span(*self.literal_span)
        if self.sign > 0 or literal.has_unit:
            self.factors.append(Number(value, dimension, span))
        else:
            self._divide(Number(value, dimension, span))

    def _inverse(self, literal: Literal) -> Fraction:
        """The value of ``1/number`` with units that already carry the sign of the division."""
        return Fraction(literal.factor / literal.number / self.system.scale_of(literal.dimension))

    def _factor(self, operator: str, value: Expression) -> None:
        if operator == "/":
            self._divide(value)
        elif isinstance(value, Product):
            self.factors.extend(value.factors)
        else:
            self.factors.append(value)

    def _divide(self, value: Expression) -> None:
        if not self.factors:
            self.factors.append(ONE)
        self.factors.append(Power(value, MINUS_ONE, getattr(value, "span", None)))

    # --- units ---

    def _is_unit(self, operator: str, factor: ExpressionX) -> bool:
        """Whether a factor right after a number or unit is a unit: an undeclared name that is one."""
        name, exponent = unit_word(factor, self.report)
        if name is None or name in self.resolver._arguments:
            return False
        entry = self.resolver.scope.find(name, self.resolver._pathway)
        unit = find_unit(name, self.system)
        if entry is not None:
            if (unit is not None and self.after != "number") or (unit is not None and name in UNITS):
                self._note_shadow(name, entry, factor)
            return False
        if unit is None and operator == "/" and name not in ("t", "time"):
            self._refuse_slip(name, factor)
        return unit is not None and exponent is not None

    def _refuse_slip(self, name: str, factor: ExpressionX) -> None:
        """An unknown name below a number: a unit with a slip in it, unless a name of the file is as near."""
        near = suggest(name, [symbol for symbol in UNITS if len(symbol) > 1])
        if near is not None and suggest(name, self.resolver.scope.names(self.resolver._pathway)) is None:
            unknown_unit(name, factor.start, factor.end, self.system, self.report)
            raise _Stop

    def _note_shadow(self, name: str, entry: Entry, node: ExpressionX) -> None:
        self.report.error(
            "N071",
            f"`{name}` is {KIND_WORDS[entry.kind]} here, not the unit",
            node.start,
            node.end,
            f"if the unit was meant, rename the {entry.kind} or write the unit another way",
            (("declared here" if entry.declared else "first used here", entry.start, entry.end),),
        )

    def _unit(self, operator: str, factor: ExpressionX) -> None:
        name, exponent = unit_word(factor, self.report)
        assert name is not None
        assert exponent is not None
        self._multiply(name, -exponent if operator == "/" else exponent, factor)
        self.after = "slash" if operator == "/" else "unit"

    def _beside(self, node: BesideX) -> None:
        entry = self.resolver.scope.find(node.name, self.resolver._pathway)
        if node.name in self.resolver._arguments or entry is not None:
            self._beside_name(node, entry)
            return
        if self.after == "slash":
            report_ambiguous(node, self.report)
            raise _Stop
        if self.after not in ("number", "unit"):
            hint = "put `*` between factors; a unit may only follow a number or another unit"
            raise self.resolver._fail("E013", f"`{node.name}` stands beside something that is not a number", node, hint)
        if find_unit(node.name, self.system) is None:
            unknown_unit(node.name, node.start, node.end, self.system, self.report)
            raise _Stop
        exponent = exponent_of(node.exponent, self.report)
        if exponent is None:
            raise self.resolver._fail("E013", "the power of a unit is a plain number", node)
        self._multiply(node.name, self.sign * exponent, node)
        self.after = "unit"

    def _beside_name(self, node: BesideX, entry: Entry | None) -> None:
        """``2 k``: a declared name beside a number multiplies it, and wins over a unit spelled alike."""
        if self.after != "number":
            raise self.resolver._fail("E013", f"put `*` before `{node.name}`", node)
        if entry is not None and find_unit(node.name, self.system) is not None:
            self._note_shadow(node.name, entry, node)
        operator = "/" if self.sign < 0 else "*"
        self._flush()
        word = WordX(node.name, node.start, node.start + len(node.name))
        factor: ExpressionX = word
        if node.exponent is not None:
            factor = PowerX(word, node.exponent, node.start, node.end, 2)
        self._factor(operator, self.resolver._expression(factor))

    def _multiply(self, name: str, exponent: Fraction, node: ExpressionX) -> None:
        literal = self.literal
        unit = find_unit(name, self.system)
        assert literal is not None
        assert unit is not None
        if unit.offset:
            if literal.has_unit or exponent != 1 or self.sign < 0:
                raise self.resolver._fail("E013", f"`{name}` is no factor: it may only follow a number by itself", node)
            literal.offset = unit.offset
        factor, dimension = unit_power(unit, exponent, node, self.report)
        literal.factor *= factor
        literal.dimension = literal.dimension * dimension
        literal.has_unit = True
        self.literal_span = (self.literal_span[0], node.end)


def _negated(value: Expression) -> Expression:
    match value:
        case Number(number, dimension, span):
            return Number(-number, dimension, span)
        case Product((Number(number, dimension, inner), *rest), span):
            return Product((Number(-number, dimension, inner), *rest), span)
        case Sum() | Symbol() | Power() | Call() | Comparison() | Product():
            return (
                Product((MINUS_ONE, value), value.span)
                if not isinstance(value, Product)
                else Product((MINUS_ONE, *value.factors), value.span)
            )
