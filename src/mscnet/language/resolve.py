"""Syntax to expression: names are looked up, units read, function calls expanded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import NamedTuple

from mscnet.checkpoint import checkpoint
from mscnet.diagnostics import Span, appending, instead, suggest
from mscnet.language.products import ProductReader, Stop
from mscnet.language.quantities import (
    find_unit,
    read_number,
    unit_word,
)
from mscnet.language.scope import KIND_WORDS, Entry, Place, Reporter, Scope, place_of
from mscnet.language.syntax import (
    BesideX,
    BracketX,
    CallX,
    ComparisonX,
    ExpressionX,
    FunctionX,
    MemberX,
    NegativeX,
    NumberX,
    PowerX,
    ProductX,
    SumX,
    TextX,
    Word,
    WordX,
)
from mscnet.mechanism.expression import (
    FUNCTIONS,
    MAX_DEPTH,
    MINUS_ONE,
    Call,
    Comparison,
    Expression,
    Lookup,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    depth_of,
)
from mscnet.mechanism.units import UnitSystem

#: An expression may grow to so many nodes when the functions in it are expanded.
MAX_EXPANDED = 20_000

#: Those of `programs`, which is loaded where one is used.
_PROGRAMS = ("ramp", "step", "pulse", "table")


class RuleNames(NamedTuple):
    """What only the law of one rule may hold: labels of what its patterns meet, and concentrations of reactants."""

    labels: frozenset[str]
    reactants: int


class Resolver:
    """Turns syntax into expressions, in the scope of one pathway at a time."""

    def __init__(self, scope: Scope, system: UnitSystem, report: Reporter) -> None:
        self.scope, self.system, self.report = scope, system, report
        self.source = report.source
        self.by_use = False
        self.pathway: str | None = None
        self.arguments: dict[str, Expression] = {}
        self._active: list[str] = []
        #: Nodes that each argument of the function being expanded holds.
        self._sizes: dict[str, int] = {}
        #: What is being resolved as a whole.
        self._root: ExpressionX | None = None
        self._nodes = 0
        self._expanded = False
        self._level = 0
        self._constants = True
        #: Loop variables of a family while one of its laws is read as a pattern, and what is found of them: by the id
        #: of the span of a number or symbol, the span and what it holds.
        self._marks: dict[str, Number] = {}
        self._holes: dict[int, tuple[Span, str | MemberX]] = {}
        self._named: Callable[[MemberX], str] | None = None
        #: The parameter that is meant itself where its value depends on the medium.
        self.itself: str | None = None
        #: The rule whose law is being resolved.
        self.rule: RuleNames | None = None

    def resolve(
        self,
        node: ExpressionX,
        pathway: str | None,
        by_use: bool = False,
        loops: Iterable[str] = (),
        constants: bool = False,
    ) -> Expression | None:
        """The expression of `node`, or None where it has an error, which is then reported.

        With `by_use`, an unknown name becomes a parameter (after ``@``); `loops` are variables of an experiment.
        Constants of nature have their names where names do not become parameters, with `constants`, and beside the
        temperature.
        """
        checkpoint()
        self._constants = constants or not by_use
        self.pathway, self.by_use, self._nodes, self._level = pathway, by_use, 0, 0
        self.arguments, self._active, self._root = {name: Symbol(name, "loop") for name in loops}, [], node
        if self._marks:
            self.arguments.update(self._marks)
        self._expanded = False
        try:
            expression = self.expression(node)
            if self._expanded and depth_of(expression) > MAX_DEPTH:
                raise self.fail("E004", f"this expression expands to more than {MAX_DEPTH} levels", node)
            return expression
        except Stop:
            return None

    def resolve_pattern(
        self,
        node: ExpressionX,
        pathway: str | None,
        by_use: bool,
        marks: dict[str, Number],
        named: Callable[[MemberX], str],
        holes: dict[int, tuple[Span, str | MemberX]],
    ) -> Expression | None:
        """The expression of `node` with `marks` for loop variables; `holes` gets where they are (see `patterns`)."""
        self._marks, self._named, self._holes = marks, named, holes
        try:
            return self.resolve(node, pathway, by_use)
        finally:
            self._marks, self._named, self._holes = {}, None, {}

    def check_function(self, function: FunctionX, pathway: str | None) -> Expression | None:
        """The body of a function with its arguments as slots; what is wrong in it, and arguments named twice, are
        reported, called or not."""
        self.pathway, self.by_use, self._nodes, self._level = pathway, False, 0, 0
        self._active, self._root, self._constants = [function.name.name], function.body, True
        names = [p.name for p in function.parameters]
        self.arguments = {name: Symbol(name, "slot") for name in names}
        for i, parameter in enumerate(function.parameters):
            if parameter.name in names[:i]:
                first = function.parameters[names.index(parameter.name)]
                place = (("first named here", first.start, first.end),)
                self.fail("E011", f"the argument `{parameter.name}` is named twice", parameter, None, place)
        try:
            return self.expression(function.body)
        except Stop:
            return None

    def fail(
        self,
        code: str,
        message: str,
        node: ExpressionX | Word,
        hint: str | None = None,
        related: tuple[Place, ...] = (),
    ) -> Stop:
        """Report an error; what is returned is to be raised."""
        self.report.error(code, message, node.start, node.end, hint, related)
        return Stop()

    def expression(self, node: ExpressionX) -> Expression:
        """The expression of a part of what is being resolved."""
        self.count(1)
        self._level += 1
        if self._level > MAX_DEPTH + 1:
            raise self.fail("E004", f"an expression more than {MAX_DEPTH} levels deep", node)
        result = self._by_type(node)
        self._level -= 1
        return result

    @property
    def in_function(self) -> bool:
        """Whether the body of a function is being resolved."""
        return bool(self._active)

    def count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_EXPANDED and self._root is not None:
            raise self.fail("E004", f"this expression expands to more than {MAX_EXPANDED} terms", self._root)

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
                return _negated(self.expression(operand))
            case PowerX(base, exponent, start, end):
                return Power(self.expression(base), self.expression(exponent), self.report.span(start, end))
            case CallX():
                return self._call(node)
            case ComparisonX(operator, left, right, start, end):
                sides = self.expression(left), self.expression(right)
                return Comparison(operator, *sides, self.report.span(start, end))  # type: ignore[arg-type]
            case TextX():
                raise self.fail("E017", 'a text may only name a file or a column: `table("feed.csv")`', node)
            case MemberX() if self._named is not None:
                return self._member(node, self._named)
            case BesideX():
                raise self.fail("E013", f"`{node.name}` stands alone", node)
            case _:  # what only facts have
                raise self.fail("E017", "this may only stand in facts (`expect { … }`)", node)

    # --- names ---

    def _member(self, node: MemberX, named: Callable[[MemberX], str]) -> Expression:
        name = named(node)
        symbol = self._name(name, node.start, node.end, WordX(name, node.start, node.end))
        return self._hole(symbol, node)

    def _hole(self, found: Expression, what: str | MemberX) -> Expression:
        if isinstance(found, Number | Symbol) and found.span is not None:
            self._holes[id(found.span)] = found.span, what
        return found

    def _name(self, name: str, start: int, end: int, node: ExpressionX) -> Expression:
        if name in self.arguments:
            self.count(self._sizes.get(name, 0))
            value = self.arguments[name]
            if self._marks.get(name) is value:
                return self._hole(Number(value.value, None, self.report.span(start, end)), name)
            if isinstance(value, Symbol) and value.kind == "loop" and value.span is None:
                return Symbol(name, "loop", self.report.span(start, end))
            return value
        if self.rule is not None and name in self.rule.labels and not self._active:
            return Symbol(name, "local", self.report.span(start, end))
        entry = self.scope.find(name, self.pathway)
        if entry is not None:
            return self._symbol(name, entry, start, end, node)
        if name in ("time", "t"):
            return Symbol("time", "time", self.report.span(start, end))
        if name in ("R", "kB") and (self._constants or self._active or self._beside_temperature()):
            from mscnet.mechanism.constants import CONSTANTS, in_units

            number, dimension = CONSTANTS[name]
            return Number(in_units(number, dimension, self.system), dimension, self.report.span(start, end))
        if self.by_use and not self._active:
            if not self.scope.use("parameter", Word(name, start, end), self.pathway):
                raise Stop
            return Symbol(name, "parameter", self.report.span(start, end))
        raise self._unknown(name, node)

    def _beside_temperature(self) -> bool:
        """Whether what is being resolved holds the temperature: there `R` is seldom a rate constant."""
        assert self._root is not None
        return re.search(r"\btemperature\b", self.source.text[self._root.start : self._root.end]) is not None

    def _symbol(self, name: str, entry: Entry, start: int, end: int, node: ExpressionX) -> Expression:
        if entry.kind == "function":
            raise self.fail("E016", f"`{name}` is a function", node, f"call it: `{name}(…)`", place_of(entry))
        if entry.by_medium is not None and name != self.itself:
            return Symbol(entry.by_medium, "definition", self.report.span(start, end))
        return Symbol(name, entry.kind, self.report.span(start, end))

    def _unknown(self, name: str, node: ExpressionX) -> Stop:
        if name == "temperature":
            return self.fail("E010", "no temperature is given", node, "write `temperature = 298.15 K`")
        hint = suggest(name, chain(self.scope.names(self.pathway), self.arguments, ("time",)))
        if hint is None and self.system.find(name) is not None:
            hint = f"the unit `{name}` may only stand right after a number or another unit"
        if name == "molecules":
            hint = "what is counted stands behind it, in an observable: `observable N = molecules A(b!+)`"
        declare = appending(f"declare it: `parameter {name} = …`", f"parameter {name}")
        return self.fail("E010", f"unknown name `{name}`", node, hint or declare)

    def _concentration(self, node: BracketX) -> Expression:
        if isinstance(node.name, MemberX) and self._named is not None:
            named = BracketX(self._named(node.name), node.start, node.end)
            return self._hole(self._concentration(named), node.name)
        if node.name.isdigit():
            from mscnet.language.rule_locals import reactant

            return reactant(self, node)
        entry = self.scope.find(node.name, self.pathway)
        if entry is None:
            hint = suggest(node.name, self.scope.names(self.pathway, ["species"]))
            if re.search(rf"(?<![\w.]){re.escape(node.name)}\(", self.source.text):
                hint = f"molecules are counted: `observable x = molecules {node.name}()`, and `x` here"
            raise self.fail("E010", f"unknown species `{node.name}`", node, hint)
        if entry.kind != "species":
            message = f"`{node.name}` is {KIND_WORDS[entry.kind]}, not a species"
            raise self.fail("E016", message, node, None, place_of(entry))
        return Symbol(node.name, "species", self.report.span(node.start, node.end))

    # --- sums and products ---

    def _tried(self, node: ExpressionX) -> Expression | None:
        """The expression of `node`, or None where it has an error: its neighbours are looked at all the same."""
        level = self._level
        try:
            return self.expression(node)
        except Stop:
            self._level = level
            if self._level + self._nodes > MAX_EXPANDED:
                raise
            return None

    def _sum(self, node: SumX) -> Expression:
        terms: list[Expression] = []
        for i, (sign, term) in enumerate(zip(node.signs, node.terms, strict=True)):
            if i and sign < 0:
                self._check_unit_power(node.terms[i - 1], term)
            value = self._tried(term)
            if value is not None:
                terms.append(value if sign > 0 else _negated(value))
        if len(terms) < len(node.terms):
            raise Stop
        return Sum(tuple(terms), self.report.span(node.start, node.end))

    def _check_unit_power(self, before: ExpressionX, term: ExpressionX) -> None:
        """``mM-1`` reads as a difference; where it was meant as a power, say so."""
        text = self.source.text
        if text[before.end : term.start] != "-" or not text[term.start : term.start + 1].isdigit():
            return
        last = before.factors[-1] if isinstance(before, ProductX) else before
        name, _ = unit_word(last, self.report)
        if name is None or self.scope.find(name, self.pathway) or find_unit(name, self.system) is None:
            return
        digits = text[term.start : term.start + 1]
        raise self.fail(
            "E014",
            f"`{name}-{digits}` is a difference, not a power of the unit",
            Word(name, last.start, term.start + 1),
            instead(f"write `{name}^-{digits}`", f"{name}^-{digits}", True),
        )

    def _product(self, node: ProductX) -> Expression:
        return ProductReader(self, node).read()

    # --- calls ---

    def _call(self, node: CallX) -> Expression:
        name = node.function.name
        entry = self.scope.find(name, self.pathway)
        if entry is not None and entry.kind == "function" and entry.function is not None:
            return self._expand(node, entry)
        if entry is not None and entry.body is not None:
            from mscnet.language.library import call_of

            values, sizes = self._arguments(node, entry, entry.body.parameters)
            return call_of(self, node, entry, values, sizes)
        if name in FUNCTIONS and entry is None:
            return self._builtin(node)
        if name in ("arrhenius", "eyring") and entry is None:
            from mscnet.language.thermal import rate_constant

            return rate_constant(self, node)
        if name in _PROGRAMS and entry is None:
            from mscnet.language.programs import program

            return program(self, node)
        if entry is not None and (name, self.scope.home(name, self.pathway)) in self.scope.counts:
            from mscnet.language.rule_locals import local_count

            return local_count(self, node)
        if entry is not None:
            message = f"`{name}` is {KIND_WORDS[entry.kind]}, not a function"
            raise self.fail("E016", message, node.function, None, place_of(entry))
        if name in ("sum", "product"):
            example = f"it runs over a family: `{name}(F[n] for n in 1 .. 50)`"
            raise self.fail("E017", f"`{name}` needs a `for`", node, example)
        from mscnet.language.library import function_hint

        hint = function_hint(name, self.scope.names(self.pathway, ["function"]), [*FUNCTIONS, *_PROGRAMS])
        raise self.fail("E010", f"unknown function `{name}`", node.function, hint)

    def _builtin(self, node: CallX) -> Expression:
        name, info = node.function.name, FUNCTIONS[node.function.name]
        given = len(node.arguments)
        if (info.arguments is None and given < 2) or (info.arguments is not None and given != info.arguments):
            wanted = "two or more" if info.arguments is None else str(info.arguments)
            raise self.fail("E017", f"`{name}` takes {wanted} argument(s), {given} given", node)
        tried = [self._tried(argument) for argument in node.arguments]
        arguments = tuple(argument for argument in tried if argument is not None)
        if len(arguments) < len(tried):
            raise Stop
        for i, argument in enumerate(arguments):
            if isinstance(argument, Comparison) != (name == "if" and i == 0):
                message = "a comparison may only be the condition of `if(condition, then, else)`"
                if name == "if" and i == 0:
                    message = "the condition of `if` is a comparison, such as `time < 5 min`"
                raise self.fail("E017", message, node.arguments[i])
        return Call(name, arguments, self.report.span(node.start, node.end))

    def _expand(self, node: CallX, entry: Entry) -> Expression:
        name, function = node.function.name, entry.function
        assert function is not None
        if name in self._active:
            cycle = " -> ".join([*self._active[self._active.index(name) :], name])
            raise self.fail("E015", f"the function `{name}` is defined by itself ({cycle})", node.function)
        values, sizes = self._arguments(node, entry, tuple(p.name for p in function.parameters))
        outer = self.arguments, self._sizes
        names = [p.name for p in function.parameters]
        self.arguments = dict(zip(names, values, strict=True))
        self._sizes = dict(zip(names, sizes, strict=True))
        self._active.append(name)
        try:
            return self.expression(function.body)
        finally:
            self._active.pop()
            self.arguments, self._sizes = outer

    def _arguments(self, node: CallX, entry: Entry, wanted: tuple[str, ...]) -> tuple[list[Expression], list[int]]:
        """The arguments of a call of a function of the file or an imported one, and how many nodes each holds."""
        if len(node.arguments) != len(wanted):
            name = node.function.name
            message = f"`{name}` takes {len(wanted)} argument(s), {len(node.arguments)} given"
            raise self.fail("E017", message, node, f"it is `{name}({', '.join(wanted)})`", place_of(entry))
        values, sizes = [], []
        for argument in node.arguments:
            before = self._nodes
            values.append(self.expression(argument))
            sizes.append(self._nodes - before)
        if any(isinstance(value, Comparison) for value in values):
            raise self.fail("E017", "a comparison cannot be an argument here", node)
        self._expanded = True
        return values, sizes


def _negated(value: Expression) -> Expression:
    match value:
        case Number(number, dimension, span):
            return Number(-number, dimension, span)
        case Product((Number(number, dimension, inner), *rest), span):
            return Product((Number(-number, dimension, inner), *rest), span)
        case Sum() | Symbol() | Power() | Call() | Comparison() | Product() | Lookup():
            return (
                Product((MINUS_ONE, value), value.span)
                if not isinstance(value, Product)
                else Product((MINUS_ONE, *value.factors), value.span)
            )
