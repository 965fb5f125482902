"""First walk over the statements: the units of the file, and which names it declares or uses as species."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from mscnet.diagnostics import instead, suggest
from mscnet.language.quantities import read_literal
from mscnet.language.scope import Reporter, Scope, undotted
from mscnet.language.syntax import (
    BenchX,
    BracketX,
    CallX,
    DeclarationX,
    ExpressionX,
    FunctionX,
    ImportX,
    NegativeX,
    PartX,
    PathwayX,
    PowerX,
    ProductX,
    ReactionX,
    SeenX,
    SettingX,
    StatementX,
    SumX,
    WordX,
)
from mscnet.language.syntax_rules import CountX
from mscnet.mechanism.expression import FUNCTIONS
from mscnet.mechanism.types import Pathway
from mscnet.mechanism.units import CONCENTRATION, UNIT_KEYS, UNITS, Dimension, Unit, UnitSystem, name_dimension
from mscnet.records import dataclass, field, replace

if TYPE_CHECKING:
    from mscnet.language.bring_in import Override
    from mscnet.language.derive import Derivation
    from mscnet.language.imports import Loader
    from mscnet.language.media import Media
    from mscnet.language.modules import Part
    from mscnet.mechanism.bench import Experiment, Stock
    from mscnet.mechanism.mechanism import Mechanism

#: A statement with the pathway that it stands in.
Placed = tuple[StatementX, str | None]


@dataclass
class Declarations:
    """What the first walk finds."""

    statements: list[Placed]
    scope: Scope
    system: UnitSystem
    concentration: Dimension
    pathways: list[Pathway] = field(default_factory=list)
    options: list[SettingX] = field(default_factory=list)
    #: Bands, the instrument, data files and facts.
    seen: list[SeenX] = field(default_factory=list)
    bench: list[tuple[BenchX, str | None]] = field(default_factory=list)
    #: Species that have standard energies, and bond energies: see `energies` and `bonds`.
    energies: list[tuple[DeclarationX, str | None]] = field(default_factory=list)
    bonds: list[DeclarationX] = field(default_factory=list)
    #: Whether a species is said to be `in` a compartment.
    homes: bool = False
    #: The values that a name has by medium, by the name and its pathway: see `media`.
    media: dict[tuple[str, str | None], Media] = field(default_factory=dict)
    #: By the id of an expression: a mark that those have in common which differ in numbers alone (see `patterns`).
    alike: dict[int, int] = field(default_factory=dict)
    imports: list[ImportX] = field(default_factory=list)
    #: What the imports bring: parts of other files, their items by name and pathway, values given at import, and how
    #: names begin that are unknown only since an import failed.
    parts: list[Part] = field(default_factory=list)
    imported: dict[tuple[str, str | None], Any] = field(default_factory=dict)
    overrides: list[Override] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    #: Imported species in whose place others stand: their names, the compartments that they were in, and their files.
    displaced: list[tuple[str, str | None, str]] = field(default_factory=list)
    #: Derived pathways in the order of the text.
    derived: list[PathwayX] = field(default_factory=list)
    derivations: list[Derivation] = field(default_factory=list)
    #: What the file itself holds, without its imports, once it is elaborated.
    own: Mechanism | None = None

    @property
    def own_pathways(self) -> tuple[Pathway, ...]:
        """The pathways that the text declares, without those of imports."""
        imported = {pathway.name for part in self.parts for pathway in part.mechanism.pathways}
        return tuple(pathway for pathway in self.pathways if pathway.name not in imported)

    @property
    def imported_experiments(self) -> tuple[Experiment, ...]:
        return tuple(experiment for part in self.parts for experiment in part.mechanism.experiments)

    @property
    def imported_stocks(self) -> tuple[Stock, ...]:
        return tuple(stock for part in self.parts for stock in part.mechanism.stocks)

    @property
    def solvents(self) -> list[str]:
        """The names of all solvents, imported ones too."""
        own = [statement.name.name for statement, _ in self.bench if statement.kind == "solvent"]
        return [*own, *(stock.name for stock in self.imported_stocks if stock.kind == "solvent")]


def part(declaration: DeclarationX, kind: str) -> PartX | None:
    """The part of a declaration of a kind, None where it has none."""
    return next((p for p in declaration.parts if p.kind == kind), None)


def value_node(declaration: DeclarationX) -> ExpressionX | None:
    """What stands after the ``=`` of a declaration."""
    initial = part(declaration, "initial")
    return initial.items[0] if initial else None  # type: ignore[return-value]


def declarations_of(kind: str, found: Declarations) -> list[tuple[DeclarationX, str | None]]:
    """The declarations of a kind that hold their name (a second one of the same name does not)."""
    return [
        (statement, pathway)
        for statement, pathway in found.statements
        if isinstance(statement, DeclarationX)
        and statement.kind == kind
        and (entry := found.scope.find(statement.name.name, pathway)) is not None
        and entry.start == statement.name.start
    ]


def holds_names(node: Any) -> bool:
    """Whether an expression holds a name or a call: it is then no number with its unit."""
    if isinstance(node, WordX | CallX | BracketX):
        return True
    if isinstance(node, SumX | ProductX):
        return any(holds_names(part) for part in (node.terms if isinstance(node, SumX) else node.factors))
    if isinstance(node, PowerX):
        return holds_names(node.base) or holds_names(node.exponent)
    return isinstance(node, NegativeX) and holds_names(node.operand)


def report_repeats(declaration: DeclarationX, report: Reporter) -> None:
    """Report parts that a declaration has twice."""
    seen: dict[object, PartX] = {}
    for piece in declaration.parts:
        key = (piece.kind, *piece.items) if piece.kind == "scale" else piece.kind
        if piece.kind == "energy":
            key = piece.items[0].name  # type: ignore[attr-defined]
        first = seen.setdefault(key, piece)
        if first is not piece:
            place = (("first given here", first.start, first.end),)
            report.error("E009", f"`{declaration.name.name}` has this twice", piece.start, piece.end, None, place)


def collect(statements: tuple[StatementX, ...], report: Reporter, loader: Loader | None = None) -> Declarations:
    """Declare every name of a file, in the order: units, declared names, imported names, species by use."""
    scope = Scope(report)
    pathways: list[Pathway] = []
    derived: list[PathwayX] = []
    placed = list(_placed(statements, report, pathways, derived))
    scope.derived.update(pathway.name.name for pathway in derived)
    system, concentration = _unit_system([s for s, _ in placed], report)
    found = Declarations(placed, scope, system, concentration, pathways, derived=derived)
    scope.compartments.update(s.name.name for s, _ in placed if isinstance(s, DeclarationX) and s.kind == "compartment")
    imports = any(isinstance(statement, ImportX) for statement, _ in placed)
    for statement, pathway in placed:
        if not (imports and _is_dotted(statement)):
            _declare(statement, pathway, found, report)
    if found.imports:
        from mscnet.language.bring_in import bring_in

        bring_in(found, report, loader)
        scope.compartments.update(c.name for part in found.parts for c in part.mechanism.compartments)
        for statement, pathway in placed:
            if _is_dotted(statement):  # a species in a compartment of another file
                _declare(statement, pathway, found, report)
    if found.derived:
        from mscnet.language.derive import inherit

        inherit(found, report)
    for statement, pathway in placed:
        if isinstance(statement, ReactionX):
            _use_species(statement, pathway, scope)
    if found.bench:
        from mscnet.language.bench_names import declare_bench

        declare_bench(found, report)
    return found


def _placed(
    statements: tuple[StatementX, ...], report: Reporter, pathways: list[Pathway], derived: list[PathwayX]
) -> Iterator[Placed]:
    seen: dict[str, Pathway] = {}
    for statement in statements:
        if not isinstance(statement, PathwayX):
            yield statement, None
            continue
        name, span = statement.name, report.span(statement.name.start, statement.name.end)
        if not undotted(name, report):
            continue
        if name.name in seen:
            first = seen[name.name].span
            place = (("first declared here", first.start, first.end),) if first else ()
            report.error("E011", f"the pathway `{name.name}` is declared twice", name.start, name.end, related=place)
            continue
        seen[name.name] = Pathway(name.name, statement.label.text if statement.label else None, span)
        pathways.append(seen[name.name])
        if statement.bases:
            derived.append(statement)
        for inner in statement.statements:
            if isinstance(inner, SeenX):
                message = f"`{inner.kind}` holds for the whole file, so it cannot stand inside a pathway"
                report.error("E009", message, inner.start, inner.start + len(inner.kind), "move it out of the block")
            elif isinstance(inner, PathwayX):
                report.error("E009", "a pathway cannot stand inside a pathway", inner.name.start, inner.name.end)
            elif isinstance(inner, ImportX):
                message = "`import` holds for the whole file, so it cannot stand inside a pathway"
                report.error("E009", message, inner.path.start, inner.path.end, "move it out of the block")
            elif isinstance(inner, SettingX) or (
                isinstance(inner, DeclarationX) and inner.kind in ("unit", "bond", "compartment")
            ):
                message = f"`{inner.kind}` holds for the whole file, so it cannot stand inside a pathway"
                report.error("E009", message, inner.start, inner.end, "move it out of the block")
            elif isinstance(inner, BenchX) and inner.kind != "medium":
                message = f"`{inner.kind}` holds for every pathway, so it cannot stand inside one"
                report.error("E009", message, inner.name.start, inner.name.end, "move it out of the block")
            else:
                yield inner, name.name


def _is_dotted(statement: StatementX) -> bool:
    return isinstance(statement, DeclarationX) and statement.kind == "species" and "." in statement.name.name


def _declare(statement: StatementX, pathway: str | None, found: Declarations, report: Reporter) -> None:
    match statement:
        case DeclarationX("species" | "parameter" | "definition" | "observable" as kind, name):
            if kind == "species" and any(p.kind == "energy" for p in statement.parts):
                found.energies.append((statement, pathway))
            found.homes |= kind == "species" and any(p.kind == "home" for p in statement.parts)
            _note_unit_name(name.name, name.start, name.end, report)
            found.scope.declare(kind, name, pathway)
        case DeclarationX("compartment", name):
            if undotted(name, report):
                _note_unit_name(name.name, name.start, name.end, report)
                kind = "definition" if holds_names(value_node(statement)) else "parameter"
                found.scope.declare(kind, name, pathway)
        case CountX(name):
            _note_unit_name(name.name, name.start, name.end, report)
            if found.scope.declare("observable", name, pathway):
                found.scope.counts.add((name.name, pathway))
        case FunctionX(name):
            if name.name in FUNCTIONS:
                report.error("E011", f"`{name.name}` is a built-in function", name.start, name.end)
            else:
                found.scope.declare("function", name, pathway, statement)
        case SettingX("option"):
            found.options.append(statement)
        case ImportX():
            found.imports.append(statement)
        case BenchX(kind, name):
            if kind == "medium" or undotted(name, report):
                found.bench.append((statement, pathway))
        case SeenX():
            found.seen.append(statement)
        case DeclarationX("bond"):
            found.bonds.append(statement)


def _note_unit_name(name: str, start: int, end: int, report: Reporter) -> None:
    if name in UNITS and len(name) > 1:
        message = f"`{name}` is declared here, so it no longer means the unit in this file"
        report.error("N072", message, start, end)


def _use_species(reaction: ReactionX, pathway: str | None, scope: Scope) -> None:
    common = scope.common
    for side in reaction.sides:
        for term in side:
            word = term.species
            if word is None:
                continue
            entry = common.get(word.name)
            if entry is None or entry.kind != "species" or pathway is not None:
                scope.use("species", word, pathway)
    for arrow in reaction.arrows:
        for catalyst in arrow.catalysts:
            scope.use("species", catalyst.species, pathway)


# --- units -------------------------------------------------------------------------------------


def _unit_system(statements: list[StatementX], report: Reporter) -> tuple[UnitSystem, Dimension]:
    """The file's unit system, and the dimension that concentrations have where nothing else is said."""
    system = UnitSystem()
    for statement in statements:
        if isinstance(statement, DeclarationX) and statement.kind == "unit":
            system = _with_scale(statement, system, report)
    settings = [s for s in statements if isinstance(s, SettingX) and s.kind == "units"]
    chosen = _chosen_units(settings, system, report)
    system = _coherent(system, chosen, report)
    scales = [s for s in system.scales if s.dimension == Dimension.of(**{s.symbol: 1})]
    if "concentration" in chosen:
        return system, system.concentration.dimension
    if len(scales) == 1:
        return replace(system, concentration=scales[0]), scales[0].dimension
    return system, CONCENTRATION


def _with_scale(declaration: DeclarationX, system: UnitSystem, report: Reporter) -> UnitSystem:
    name, node = declaration.name, value_node(declaration)
    if not undotted(name, report):
        return system
    known = system.find(name.name)
    if known is not None:
        report.error("E011", f"the unit `{name.name}` exists already", name.start, name.end)
        return system
    if node is None:
        return system.with_scale(Unit(name.name, UNITS["mol"].factor, Dimension.of(**{name.name: 1})))
    literal = read_literal(node, system, report)
    if name.name in UNIT_KEYS and isinstance(node, WordX | ProductX):
        head = re.search(r"\bunit(?=\s+$)", report.source.text[: name.start])
        hint: str = f"to choose a unit for the file write `units {name.name} = …`"
        place = (head.start(), head.end()) if head else (name.start, name.end)
        hint = instead(hint, "units", True) if head else hint
        report.error("E012", f"`unit` declares a new unit, here `{name.name}`", *place, hint)
        return system
    if literal is None or literal.broken or not literal.has_unit or literal.number <= 0:
        report.error(
            "E012", "a unit is defined by a positive number with a unit", node.start, node.end, "`unit eq = 2.5 mM`"
        )
        return system
    return system.with_scale(Unit(name.name, literal.number * literal.factor, literal.dimension))


def _chosen_units(settings: list[SettingX], system: UnitSystem, report: Reporter) -> dict[str, tuple[Unit, SettingX]]:
    chosen: dict[str, tuple[Unit, SettingX]] = {}
    for setting in settings:
        key = setting.name.name
        if key not in UNIT_KEYS:
            message = f"`{key}` is not a kind of unit that a file chooses"
            hint = suggest(key, UNIT_KEYS, words=True) or "they are " + ", ".join(UNIT_KEYS)
            report.error("E010", message, setting.name.start, setting.name.end, hint)
        elif key in chosen:
            first = chosen[key][1].name
            place = (("first set here", first.start, first.end),)
            report.error("E011", f"the unit of {key} is set twice", setting.name.start, setting.name.end, None, place)
        else:
            unit = _unit_of(setting, system, report)
            if unit is not None:
                chosen[key] = (unit, setting)
    return chosen


def _unit_of(setting: SettingX, system: UnitSystem, report: Reporter) -> Unit | None:
    """The unit that a setting names: a symbol, or a product such as ``mol/L``."""
    from mscnet.mechanism.quantity import QuantityError, parse_unit

    text = report.source.text[setting.value.start : setting.value.end].strip()
    start, end = setting.value.start, setting.value.end
    try:
        factor, dimension = parse_unit(text, system)
    except QuantityError as error:
        report.error("E012", str(error), start, end, error.hint)
        return None
    wanted = UNIT_KEYS[setting.name.name]
    own_scale = setting.name.name == "concentration" and any(s.symbol == text for s in system.scales)
    if dimension != wanted and not own_scale:
        message = f"`{text}` is a unit of {name_dimension(dimension)}, not of {name_dimension(wanted)}"
        report.error("E020", message, start, end)
        return None
    return Unit(text, factor, dimension)


def _coherent(system: UnitSystem, chosen: dict[str, tuple[Unit, SettingX]], report: Reporter) -> UnitSystem:
    """The system with the chosen units, its length following its volume (``mL`` means ``cm``)."""
    units: dict[str, Any] = {key: unit for key, (unit, _) in chosen.items()}
    system = replace(system, **{k: u for k, u in units.items() if k not in ("volume", "length", "amount")})
    if "volume" in units:
        side = _cube_root(units["volume"])
        if side is None:
            setting = chosen["volume"][1]
            message = f"`{units['volume'].symbol}` is not the cube of a decimal length"
            report.error("E013", message, setting.value.start, setting.value.end, "choose L, mL, uL, nL, m^3 …")
        else:
            system = replace(system, volume=units["volume"], length=side)
    if "length" in units:
        system = _with_length(system, units["length"], "volume" in units, chosen["length"][1], report)
    if "amount" in units:
        system = _with_amount(system, units["amount"], "concentration" in units, chosen["amount"][1], report)
    return system


def _cube_root(volume: Unit) -> Unit | None:
    lengths = [unit for unit in UNITS.values() if unit.dimension == UNIT_KEYS["length"]]
    named = next((unit for unit in lengths if unit.factor**3 == volume.factor), None)
    root = Fraction(*(round(n ** (1 / 3)) for n in volume.factor.as_integer_ratio()))
    exact = Unit(f"{volume.symbol}^(1/3)", root, UNIT_KEYS["length"]) if root**3 == volume.factor else None
    return named or exact


def _with_length(system: UnitSystem, length: Unit, fixed: bool, setting: SettingX, report: Reporter) -> UnitSystem:
    if fixed and length.factor**3 != system.volume.factor:
        message = f"the volume `{system.volume.symbol}` is not the cube of the length `{length.symbol}`"
        report.error("E013", message, setting.value.start, setting.value.end, "leave one of the two out")
        return system
    if fixed:
        return replace(system, length=length)
    volume = next(
        (u for u in UNITS.values() if u.dimension == UNIT_KEYS["volume"] and u.factor == length.factor**3),
        Unit(f"{length.symbol}^3", length.factor**3, UNIT_KEYS["volume"]),
    )
    return replace(system, length=length, volume=volume)


def _with_amount(system: UnitSystem, amount: Unit, fixed: bool, setting: SettingX, report: Reporter) -> UnitSystem:
    factor = amount.factor / system.volume.factor
    if fixed and factor != system.concentration.factor:
        message = f"the amount `{amount.symbol}` is not {system.concentration.symbol} times {system.volume.symbol}"
        report.error("E013", message, setting.value.start, setting.value.end, "leave one of the three out")
        return system
    named = next((u for u in UNITS.values() if u.dimension == CONCENTRATION and u.factor == factor), None)
    shown = Unit(f"{amount.symbol}/{system.volume.symbol}", factor, CONCENTRATION)
    return replace(system, concentration=system.concentration if fixed else named or shown)
