"""Syntax tree to `Mechanism`: every name resolved, every quantity in the file's units."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from mscnet.diagnostics import Source
from mscnet.language.declare import Declarations, collect, declarations_of, part, report_repeats, value_node
from mscnet.language.derived import DerivedReader
from mscnet.language.formula import charge_of, read_formula
from mscnet.language.observations import with_observations
from mscnet.language.options import read_options
from mscnet.language.parameters import ParameterReader
from mscnet.language.reactions import ReactionReader
from mscnet.language.resolve import Resolver
from mscnet.language.scope import Reporter
from mscnet.language.source import in_brackets
from mscnet.language.syntax import DeclarationX, EventX, ExpressionX, FunctionX, ReactionX, Text, WordX
from mscnet.language.syntax_rules import RuleStatementX, RuleX
from mscnet.mechanism.expression import Expression, evaluate, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Function, Reaction, Species
from mscnet.records import replace

if TYPE_CHECKING:
    from mscnet.language.energies import EnergyTable
    from mscnet.language.equilibria import Equilibria
    from mscnet.language.imports import Loader
    from mscnet.language.rules import StructureReader
    from mscnet.mechanism.structure import Structure
    from mscnet.mechanism.thermo import Bond


def elaborate(
    statements: Iterable[object], source: Source, name: str, report: Reporter, loader: Loader | None = None
) -> tuple[Mechanism, Declarations]:
    """The mechanism that statements declare, with what they import; what is wrong is reported and left out."""
    found = collect(tuple(statements), report, loader)  # type: ignore[arg-type]
    resolver = Resolver(found.scope, found.system, report)
    elaborator = _Elaborator(found, resolver, report)
    reactions = elaborator.reactions()
    definitions, observables = DerivedReader(found, resolver, report).read()
    reader = ParameterReader(found, resolver, report)
    parameters = tuple(reader.read())
    if found.overrides:
        from mscnet.language.overrides import override

        override(found, reader, report)
    bench: dict[str, Any] = {}
    if found.bench:
        from mscnet.language.protocol import read_bench

        bench = read_bench(found, resolver, parameters, report)
        parameters = (*parameters, *bench.pop("parameters"))
    mechanism = Mechanism(
        name=name,
        species=tuple(elaborator.species(reactions)),
        parameters=parameters,
        definitions=definitions,
        functions=tuple(elaborator.functions()),
        observables=observables,
        reactions=tuple(reactions),
        options=tuple(read_options(found, report)),
        pathways=found.own_pathways,
        bonds=elaborator.bonds,
        structure=elaborator.structure,
        units=found.system,
        sizes=tuple(sorted(report.sizes)),
        source=source,
        **bench,
    )
    if any(isinstance(statement, EventX) for statement, _ in found.statements):
        from mscnet.language.events import EventReader

        mechanism = replace(mechanism, events=tuple(EventReader(found, resolver, report).read()))
    mechanism = with_observations(mechanism, found, resolver, report)
    if mechanism.structure is None and found.scope.compartments and any(p.mechanism.structure for p in found.parts):
        from mscnet.mechanism.structure import Structure

        mechanism = replace(mechanism, structure=Structure())  # it has the compartments of the rules that are imported
    if mechanism.structure is not None:
        from mscnet.language.rule_places import with_places

        mechanism = with_places(mechanism, found, report)
    elif found.scope.compartments or found.homes or any(one.place is not None for one in found.imports):
        from mscnet.language.compartments import with_compartments

        mechanism = with_compartments(mechanism, found, report)
    if mechanism.structure is None and any(part.mechanism.structure for part in found.parts):
        from mscnet.language.rule_limits import limits_of_imports

        mechanism = limits_of_imports(mechanism, found, report)
    return _with_the_rest(mechanism, found, report), found


def _with_the_rest(mechanism: Mechanism, found: Declarations, report: Reporter) -> Mechanism:
    """The mechanism with its derived pathways and what it imports; `found.own` is without the latter."""
    if found.derived:
        from mscnet.language.derive import with_derived

        mechanism = with_derived(mechanism, found, report)
    found.own = mechanism
    if not found.parts:
        return mechanism
    from mscnet.language.bring_in import together

    return together(mechanism, found, report)


class _Elaborator:
    def __init__(self, found: Declarations, resolver: Resolver, report: Reporter) -> None:
        self.found, self.resolver, self.report = found, resolver, report

        self.energies: EnergyTable = {}
        self._made: Equilibria | None = None
        self.bonds: tuple[Bond, ...] = ()
        self.structure: Structure | None = None
        if found.bonds:
            from mscnet.language.bonds import read_bonds

            self.bonds = read_bonds(found, report)
        if found.energies:
            from mscnet.language.energies import EnergyReader

            self.energies = EnergyReader(found, resolver, report).read()

    # --- reactions, functions ---

    def reactions(self) -> list[Reaction]:
        statements = [s for s, _ in self.found.statements if isinstance(s, ReactionX | RuleX)]
        labels = {s.label.name for s in statements if s.label is not None}
        scope, given = self.found.scope, (self._equilibria, bool(self.energies))
        reader = ReactionReader(scope, self.resolver, self.report, labels, *given)
        if self.report.families:
            from mscnet.language.member_reactions import MemberReader

            reader = MemberReader(scope, self.resolver, self.report, labels, *given)
            self.found.alike = reader.patterns.alike
        reader.imported.update(name for name, _ in self.found.imported)
        inner = (s for pathway in self.found.derived for s in pathway.statements)
        reader.replaced.extend(s.name for s in inner if isinstance(s, DeclarationX))
        made: list[Reaction] = []
        structured = self._structured(reader)
        for statement, pathway in self.found.statements:
            if isinstance(statement, ReactionX):
                made.extend(reader.read(statement, pathway))
            elif structured is not None:
                structured.read(statement, pathway)
        self.structure = structured.structure() if structured is not None else None
        return made

    def _structured(self, reader: ReactionReader) -> StructureReader | None:
        """What reads structured species and rules; None for a text without any."""
        if not any(isinstance(statement, RuleStatementX) for statement, _ in self.found.statements):
            return None
        from mscnet.language.rules import StructureReader

        return StructureReader(self.found, reader, self.report)

    def _equilibria(self) -> Equilibria:
        """What makes rate constants from equilibrium constants, made when a reaction first needs it."""
        if self._made is None:
            from mscnet.language.equilibria import Equilibria

            values = [option.value for option in self.found.options if option.name.name == "mass_action"]
            combinatorial = any(isinstance(value, WordX) and value.name == "combinatorial" for value in values)
            self._made = Equilibria(self.found.scope, self.resolver, self.report, self.energies, combinatorial)
        return self._made

    def functions(self) -> Iterable[Function]:
        for statement, pathway in self.found.statements:
            if isinstance(statement, FunctionX):
                text = in_brackets(self.report.source.text, statement.body.start, statement.body.end)
                parameters = tuple(p.name for p in statement.parameters)
                span = self.report.span(statement.name.start, statement.name.end)
                # resolved once with its own arguments, so that a function never called is checked too
                body = self.resolver.check_function(statement, pathway)
                yield Function(statement.name.name, parameters, text, pathway, span, body)

    # --- species ---

    def species(self, reactions: list[Reaction]) -> Iterable[Species]:
        """Declared species and those declared by use, in the order in which the text first names them."""
        declared = {(s.name.name, pathway): s for s, pathway in declarations_of("species", self.found)}
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
        report_repeats(declaration, self.report)
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
            energies=self.energies.get((word.name, pathway)),
            bonds=self._bonds(declaration),
            span=self.report.span(word.start, word.end),
        )

    def _bonds(self, declaration: DeclarationX) -> tuple[tuple[str, Fraction], ...] | None:
        held = part(declaration, "bonds")
        if held is None:
            return None
        from mscnet.language.bonds import read_held

        return read_held(held, {bond.name.name for bond in self.found.bonds}, self.report)

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
