"""Syntax tree to `Mechanism`: every name resolved, every quantity in the file's units."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from mscnet.diagnostics import Source
from mscnet.language.declare import Declarations, collect, part, value_node
from mscnet.language.formula import charge_of, read_formula
from mscnet.language.options import read_options
from mscnet.language.quantities import Literal, read_literal
from mscnet.language.reactions import ReactionReader
from mscnet.language.resolve import Resolver
from mscnet.language.scope import Reporter
from mscnet.language.syntax import DeclarationX, ExpressionX, FunctionX, ReactionX, Text, Word
from mscnet.mechanism.expression import Expression, evaluate, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Definition, Function, Observable, Parameter, Reaction, Species
from mscnet.mechanism.units import TEMPERATURE


def elaborate(statements: Iterable[object], source: Source, name: str, report: Reporter) -> tuple[Mechanism, Declarations]:
    """The mechanism that statements declare; what is wrong is reported and left out."""
    found = collect(tuple(statements), report)  # type: ignore[arg-type]
    resolver = Resolver(found.scope, found.system, report)
    elaborator = _Elaborator(found, resolver, report)
    reactions = elaborator.reactions()
    definitions, observables = elaborator.definitions()
    mechanism = Mechanism(
        name=name,
        species=tuple(elaborator.species(reactions)),
        parameters=tuple(elaborator.parameters()),
        definitions=definitions,
        functions=tuple(elaborator.functions()),
        observables=observables,
        reactions=tuple(reactions),
        options=tuple(read_options(found, resolver, report)),
        pathways=tuple(found.pathways),
        units=found.system,
        source=source,
    )
    return mechanism, found


class _Elaborator:
    def __init__(self, found: Declarations, resolver: Resolver, report: Reporter) -> None:
        self.found, self.resolver, self.report = found, resolver, report

    def _declarations(self, kind: str) -> list[tuple[DeclarationX, str | None]]:
        """The declarations of a kind that hold their name (a second one of the same name does not)."""
        return [
            (s, pathway)
            for s, pathway in self.found.statements
            if isinstance(s, DeclarationX) and s.kind == kind and self._holds(s.name, pathway)
        ]

    def _holds(self, word: Word, pathway: str | None) -> bool:
        entry = self.found.scope.find(word.name, pathway)
        return entry is not None and entry.start == word.start

    # --- reactions, functions ---

    def reactions(self) -> list[Reaction]:
        reader = ReactionReader(self.found.scope, self.resolver, self.report)
        made: list[Reaction] = []
        for statement, pathway in self.found.statements:
            if isinstance(statement, ReactionX):
                made.extend(reader.read(statement, pathway))
        return made

    def functions(self) -> Iterable[Function]:
        for statement, pathway in self.found.statements:
            if isinstance(statement, FunctionX):
                text = self.report.source.text[statement.body.start : statement.body.end]
                parameters = tuple(p.name for p in statement.parameters)
                span = self.report.span(statement.name.start, statement.name.end)
                self._check_body(statement, pathway)
                yield Function(statement.name.name, parameters, text, pathway, span)

    def _check_body(self, function: FunctionX, pathway: str | None) -> None:
        """Resolve a body once with its own arguments, so that a function never called is checked too."""
        self.resolver.check_function(function, pathway)

    # --- species ---

    def species(self, reactions: list[Reaction]) -> Iterable[Species]:
        """Declared species and those declared by use, in the order in which the text first names them."""
        declared = {(s.name.name, pathway): s for s, pathway in self._declarations("species")}
        scope = self.found.scope
        tables = [(None, scope.common), *scope.local.items()]
        for pathway, table in tables:
            for name, entry in table.items():
                if entry.kind != "species":
                    continue
                declaration = declared.get((name, pathway))
                if declaration is not None:
                    yield self._declared_species(declaration, pathway)
                elif not entry.declared:
                    span = self.report.span(entry.start, entry.end)
                    yield Species(name, charge=charge_of(name), declared=False, span=span)

    def _declared_species(self, declaration: DeclarationX, pathway: str | None) -> Species:
        self._one_of_each(declaration)
        word = declaration.name
        formula, initial, label = part(declaration, "composition"), value_node(declaration), part(declaration, "note")
        composition = read_formula(formula.items[0], self.report) if formula else None  # type: ignore[arg-type]
        charge = charge_of(word.name)
        if composition is not None and charge is not None and composition.charge not in (0, charge):
            message = f"the name says charge {charge:+d}, the composition {composition.charge:+d}"
            self.report.error("E019", message, word.start, word.end)
        return Species(
            name=word.name,
            label=label.items[0].text if label and isinstance(label.items[0], Text) else None,
            composition=composition,
            charge=charge if charge is not None else composition.charge if composition else None,
            initial=self._initial(initial, pathway) if initial is not None else None,
            constant=part(declaration, "constant") is not None,
            pathway=pathway,
            span=self.report.span(word.start, word.end),
        )

    def _initial(self, node: ExpressionX, pathway: str | None) -> Expression | None:
        expression = self.resolver.resolve(node, pathway)
        if expression is None:
            return None
        for symbol in symbols(expression):
            if symbol.kind in ("species", "time", "observable"):
                message = f"an initial value may hold parameters and numbers only, not `{symbol.name}`"
                self.report.error("E016", message, node.start, node.end)
                return None
        value = evaluate(expression, lambda _: float("nan"))
        if value < 0:
            self.report.error("E024", "a negative initial value", node.start, node.end)
            return None
        return expression

    def _one_of_each(self, declaration: DeclarationX) -> None:
        seen: set[str] = set()
        for piece in declaration.parts:
            if piece.kind in seen and not (declaration.kind == "parameter" and piece.kind == "scale"):
                self.report.error("E009", f"`{declaration.name.name}` has this twice", piece.start, piece.end)
            seen.add(piece.kind)

    # --- parameters ---

    def parameters(self) -> Iterable[Parameter]:
        declared = {(s.name.name, pathway): s for s, pathway in self._declarations("parameter")}
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
        self._one_of_each(declaration)
        nodes = [value_node(declaration)]
        for kind in ("prior", "bounds"):
            piece = part(declaration, kind)
            nodes += list(piece.items) if piece else [None] * (1 if kind == "prior" else 2)  # type: ignore[arg-type]
        literals = [self._constant(node) if node is not None else None for node in nodes]
        unit = _shared_unit(literals)
        value, prior, low, high = (self._number(literal, unit) for literal in literals)
        scales = [p.items[0] for p in declaration.parts if p.kind == "scale"]
        note = part(declaration, "note")
        parameter = Parameter(
            name=declaration.name.name,
            value=value,
            dimension=unit.dimension if unit else None,
            unit=_unit_text(unit, nodes, literals, self.report.source.text),
            unit_factor=float(unit.factor / self.found.system.scale_of(unit.dimension)) if unit and not unit.offset else 1.0,
            bounds=(low, high) if low is not None and high is not None else None,
            scale="log" if "log" in scales else "linear",
            prior=prior,
            fixed="fixed" in scales,
            note=note.items[0].text if note and isinstance(note.items[0], Text) else None,
            pathway=pathway,
            span=self.report.span(declaration.name.start, declaration.name.end),
        )
        self._check_parameter(parameter, declaration)
        return parameter

    def _constant(self, node: ExpressionX) -> Literal | None:
        """A number with its unit, or plain arithmetic of numbers."""
        literal = read_literal(node, self.found.system, self.report)
        if literal is not None:
            return literal
        expression = self.resolver.resolve(node, None)
        if expression is None:
            return None
        named = next(iter(symbols(expression)), None)
        if named is not None:
            hint = "a value that follows from others is written without `parameter`: `k2 = k1/12`"
            self.report.error("E025", f"the value of a parameter is a number, not `{named.name}`", node.start, node.end, hint)
            return None
        return self._folded(expression, node)

    def _folded(self, expression: Expression, node: ExpressionX) -> Literal | None:
        from mscnet.language.dimensions import Dimensions
        from mscnet.mechanism.expression import exact_value

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
            return Literal(number, Fraction(1), TEMPERATURE / TEMPERATURE, False)
        return Literal(number, Fraction(self.found.system.scale_of(plain)), plain, True)

    def _number(self, literal: Literal | None, unit: Literal | None) -> float | None:
        if literal is None:
            return None
        if unit is not None and not literal.has_unit:
            literal = Literal(literal.number, unit.factor, unit.dimension, True, unit.offset)
        return float(literal.in_units_of(self.found.system))

    def _check_parameter(self, p: Parameter, declaration: DeclarationX) -> None:
        start, end = declaration.start, declaration.end
        for piece in declaration.parts:
            if piece.kind in ("bounds", "prior", "initial"):
                self._same_dimension(p, piece.items, start)
        if p.bounds is not None:
            low, high = p.bounds
            if not low < high:
                self.report.error("E026", f"the bounds of `{p.name}` are empty: {low:g} .. {high:g}", start, end)
            elif p.value is not None and not low <= p.value <= high:
                self.report.error("W061", f"the value of `{p.name}` lies outside its bounds", start, end)
            if p.scale == "log" and low <= 0:
                self.report.error("E026", f"a log scale needs bounds above zero; `{p.name}` begins at {low:g}", start, end)
        if p.prior is not None and p.prior <= 0:
            self.report.error("E026", f"the deviation of `{p.name}` after ± must be above zero", start, end)
        if p.prior is not None and p.value is None:
            self.report.error("E026", f"`{p.name}` has a deviation but no value", start, end, "write `= value ± deviation`")

    def _same_dimension(self, p: Parameter, nodes: tuple[object, ...], start: int) -> None:
        from mscnet.mechanism.units import name_dimension

        for node in nodes:
            literal = read_literal(node, self.found.system, Reporter(self.report.source))  # type: ignore[arg-type]
            if literal is not None and literal.has_unit and p.dimension is not None and literal.dimension != p.dimension:
                message = f"{name_dimension(literal.dimension)} here, {name_dimension(p.dimension)} elsewhere in the declaration"
                self.report.error("E020", message, node.start, node.end)  # type: ignore[attr-defined]

    # --- derived values and observables ---

    def definitions(self) -> tuple[tuple[Definition, ...], tuple[Observable, ...]]:
        """Derived values and observables, each after those that it needs."""
        made: dict[tuple[str, str | None], Definition | Observable] = {}
        for kind in ("definition", "observable"):
            for declaration, pathway in self._declarations(kind):
                node = value_node(declaration)
                expression = self.resolver.resolve(node, pathway) if node is not None else None
                if expression is None:
                    continue
                name, span = declaration.name.name, self.report.span(declaration.name.start, declaration.name.end)
                if kind == "definition":
                    made[name, pathway] = Definition(name, expression, None, pathway, span)
                else:
                    label = part(declaration, "note")
                    text = label.items[0].text if label and isinstance(label.items[0], Text) else None
                    made[name, pathway] = Observable(name, expression, text, None, pathway, span)
        ordered = self._in_order(made)
        definitions = tuple(item for item in ordered if isinstance(item, Definition))
        return definitions, tuple(item for item in ordered if isinstance(item, Observable))

    def _in_order(self, made: dict[tuple[str, str | None], Definition | Observable]) -> list[Definition | Observable]:
        scope = self.found.scope
        needs = {
            key: [
                (s.name, scope.home(s.name, key[1]))
                for s in sorted(symbols(item.expression), key=lambda s: s.name)
                if s.kind in ("definition", "observable")
            ]
            for key, item in made.items()
        }
        ordered: list[Definition | Observable] = []
        done: set[tuple[str, str | None]] = set()
        for root in made:
            path: list[tuple[tuple[str, str | None], int]] = [(root, 0)]
            on_path = {root}
            while path:
                key, position = path.pop()
                if key in done or key not in made:
                    on_path.discard(key)
                    continue
                if position < len(needs[key]):
                    path.append((key, position + 1))
                    needed = needs[key][position]
                    if needed in on_path and needed not in done:
                        self._cycle([k for k, _ in path], needed, made)
                    elif needed not in done:
                        path.append((needed, 0))
                        on_path.add(needed)
                    continue
                done.add(key)
                on_path.discard(key)
                ordered.append(made[key])
        return ordered

    def _cycle(
        self,
        path: list[tuple[str, str | None]],
        needed: tuple[str, str | None],
        made: dict[tuple[str, str | None], Definition | Observable],
    ) -> None:
        cycle = [name for name, _ in path[path.index(needed) :]] + [needed[0]]
        span = made[needed].span
        if span is not None:
            shown = " -> ".join(cycle if len(cycle) <= 8 else [*cycle[:4], "…", *cycle[-3:]])
            message = f"`{needed[0]}` is defined by itself ({shown})"
            self.report.error("E015", message, span.start, span.end)


def _shared_unit(literals: list[Literal | None]) -> Literal | None:
    """The unit that the numbers of a declaration share: the first one given."""
    return next((literal for literal in literals if literal is not None and literal.has_unit), None)


def _unit_text(
    unit: Literal | None, nodes: list[ExpressionX | None], literals: list[Literal | None], text: str
) -> str:
    """The unit as the text has it, such as ``/mM/min``."""
    from mscnet.language.syntax import NumberX, ProductX

    if unit is None:
        return ""
    node = next(n for n, literal in zip(nodes, literals, strict=True) if literal is unit)
    if isinstance(node, ProductX) and isinstance(node.factors[0], NumberX):
        return " ".join(text[node.factors[0].end : node.end].split())
    return ""


