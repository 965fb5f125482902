"""What a file imports: the parts of other files in its own units, their names in its scope, values given at import."""

from __future__ import annotations

import posixpath
from typing import Any

from mscnet.diagnostics import Related, Span, suggest
from mscnet.language.declare import Declarations, value_node
from mscnet.language.imports import Loader
from mscnet.language.lookup import variables_of
from mscnet.language.modules import Module, Part, joined, seen_as, stock_names
from mscnet.language.scope import KIND_WORDS, Entry, EntryKind, Reporter
from mscnet.language.syntax import DeclarationX, ImportX, Word
from mscnet.language.syntax_rules import MoleculeTypeX
from mscnet.mechanism.bench import Experiment
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.other_units import own_scales, same_units, with_scales_of
from mscnet.mechanism.structure import Structure
from mscnet.mechanism.units import UnitSystem
from mscnet.records import dataclass, replace

#: The fields of a mechanism whose items have names that expressions and reactions hold.
_KINDS: dict[str, EntryKind] = {
    "species": "species", "parameters": "parameter", "definitions": "definition", "observables": "observable",
    "functions": "function",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Override:
    """A value given at import: the name as this file has it, and the declaration that gives it."""

    name: str
    kind: EntryKind
    declaration: DeclarationX


def bring_in(found: Declarations, report: Reporter, loader: Loader | None) -> None:
    """Read every file that the text imports, and enter its names."""
    loader = loader or Loader(report.source)
    prefixes: dict[str, Word] = {}
    met = _Met(found)
    for statement in found.imports:
        word = statement.prefix
        if word is not None and not _prefix_fits(word, prefixes, report):
            continue
        module = loader.load(statement, report.source, report)
        prefix = word.name if word is not None else ""
        if module is None or module.mechanism is None:
            _pass_on(module, statement, report)
            found.lost.append(prefix and prefix + ".")
            continue
        for part in _parts_of(module, statement, found, report):
            _enter_part(part, statement, met, report)


class _Met:
    """What has been imported so far, and names that imports must not have."""

    def __init__(self, found: Declarations) -> None:
        self.found = found
        self.parts: dict[tuple[str, str], Part] = {}
        self.labels: set[tuple[str, str | None]] = set()
        statements: list[Any] = [statement for statement, _ in found.statements]
        declared: list[Word] = [each.name for each in statements if isinstance(each, MoleculeTypeX)]
        #: Molecules that are declared already, with their place in this file; None for those of another.
        self.molecules: dict[str, Word | None] = {word.name: word for word in declared}
        bench = [s for s, _ in found.bench]
        self.names: dict[str, set[str]] = {
            "pathways": {p.name for p in found.pathways},
            "stocks": {s.name.name for s in bench if s.kind in ("solution", "solvent", "liquid", "solid")},
            "experiments": {s.name.name for s in bench if s.kind == "experiment"},
        }

    def add(self, part: Part) -> None:
        self.parts[part.key, part.prefix] = part
        self.labels.update((r.label, r.pathway) for r in part.mechanism.reactions if r.label is not None)
        self.found.parts.append(part)
        self.found.pathways.extend(p for p in part.mechanism.pathways if p.name not in self.names["pathways"])
        for field, names in self.names.items():
            names.update(item.name for item in getattr(part.mechanism, field))


def _prefix_fits(word: Word, prefixes: dict[str, Word], report: Reporter) -> bool:
    if "." in word.name:
        report.error("E229", f"`{word.name}` has a dot, so it cannot be a prefix", word.start, word.end)
        return False
    first = prefixes.setdefault(word.name, word)
    if first is not word:
        place = (("first used here", first.start, first.end),)
        report.error("E011", f"two imports have the prefix `{word.name}`", word.start, word.end, related=place)
    return first is word


def _pass_on(module: Module | None, statement: ImportX, report: Reporter) -> None:
    """The errors of an imported file, each with where it is imported."""
    here = Related("imported here", report.span(statement.path.start, statement.path.end))
    for diagnostic in module.diagnostics if module is not None else ():
        report.add(replace(diagnostic, related=(*diagnostic.related, here)))


# --- parts ------------------------------------------------------------------------------------------


def _parts_of(module: Module, statement: ImportX, found: Declarations, report: Reporter) -> list[Part]:
    """The parts of a file as this one sees them."""
    assert module.mechanism is not None
    prefix = statement.prefix.name if statement.prefix is not None else ""
    folder = "" if module.key.startswith("package:") else posixpath.dirname(statement.path.text)
    parts = _in_units_of(module, statement, found, report)
    stocks = stock_names(module.parts)
    parts = [seen_as(part, prefix, folder, stocks) for part in parts]
    if statement.place is not None:
        parts = _put_in(statement.place, parts, statement, report)
    return _with_overrides(parts, statement, found, report)


def _put_in(place: Word, parts: list[Part], statement: ImportX, report: Reporter) -> list[Part]:
    """The parts with the species that have no place yet in a compartment."""
    if any(part.mechanism.compartments for part in parts):
        message = f"`{statement.path.text}` has compartments of its own"
        report.error("E272", message, place.start, place.end, f"leave `in {place.name}` out")
        return parts
    return [_part_in(place.name, part) for part in parts]


def _part_in(place: str, part: Part) -> Part:
    if part.mechanism.structure is None:
        return replace(part, place=place)
    from mscnet.language.rule_places import put_in

    structure = put_in(part.mechanism.structure, place)
    return replace(part, place=place, mechanism=replace(part.mechanism, structure=structure))


def _in_units_of(module: Module, statement: ImportX, found: Declarations, report: Reporter) -> list[Part]:
    assert module.mechanism is not None
    theirs = module.mechanism.units
    _merge_scales(theirs, statement, found, report)
    if same_units(theirs, found.system):
        return [replace(part, mechanism=replace(part.mechanism, units=found.system)) for part in module.parts]
    if not _can_hold_rules(module, statement, found, report):
        return []
    from mscnet.language.annotate import converted

    parts, problems = converted(module, found.system)
    here = Related("imported here", report.span(statement.path.start, statement.path.end))
    for problem in problems:
        report.add(replace(problem, related=(*problem.related, here)))
    return list(parts)


def _can_hold_rules(module: Module, statement: ImportX, found: Declarations, report: Reporter) -> bool:
    """Whether structured species of the file, if it has any, are measured on a scale that this one's can be, too."""
    theirs, ours = module.parts[-1].mechanism.units.concentration, found.system.concentration
    if theirs.dimension == ours.dimension or all(part.mechanism.structure is None for part in module.parts):
        return True
    path = statement.path
    message = f"`{path.text}` measures its structured species in {theirs.symbol}, this file in {ours.symbol}"
    hint = f"measure in {theirs.symbol} here, too: `unit {theirs.symbol}`, `units concentration = {theirs.symbol}`"
    report.error("E020", message, path.start, path.end, hint)
    return False


def _merge_scales(theirs: UnitSystem, statement: ImportX, found: Declarations, report: Reporter) -> None:
    """Scales of the imported file become scales of this one; one of the same name is the same scale."""
    for symbol in own_scales(theirs):
        known = found.system.find(symbol)
        if known is not None and symbol not in own_scales(found.system):
            message = f"`{symbol}` is a scale of its own in `{statement.path.text}`, and a known unit here"
            report.error("E226", message, statement.path.start, statement.path.end, f"write `unit {symbol}` here, too")
    found.system = with_scales_of(found.system, theirs)


# --- values given at import ------------------------------------------------------------------------------


def _with_overrides(parts: list[Part], statement: ImportX, found: Declarations, report: Reporter) -> list[Part]:
    prefix = statement.prefix.name + "." if statement.prefix is not None else ""
    seen: dict[str, Word] = {}
    for inner in statement.statements:
        if not isinstance(inner, DeclarationX) or inner.kind != "definition":
            message = "an import is given values alone, such as `with { k1 = 0.1 /min }`"
            report.error("E009", message, inner.start, inner.end)
            continue
        word = inner.name
        if word.name in seen:
            place = (("first given here", seen[word.name].start, seen[word.name].end),)
            report.error("E011", f"`{word.name}` is given twice", word.start, word.end, related=place)
            continue
        seen[word.name] = word
        name = word.name if word.name == "temperature" else prefix + word.name
        owner = next((i for i, part in enumerate(parts) if _kind_in(part, name) is not None), None)
        kind = _kind_in(parts[owner], name) if owner is not None else None
        if owner is None or kind not in ("parameter", "species", "definition"):
            _wrong_override(word, kind, name, parts, prefix, statement, report)
            continue
        if name in parts[owner].mechanism.sizes:
            message = (
                f"`{word.name}` says how many members the families of that file have, which are written out already"
            )
            report.error("E215", message, word.start, word.end, "change it in the file itself")
            continue
        found.overrides.append(Override(name, kind, inner))
        node = value_node(inner)
        text = report.source.text[node.start : node.end] if node is not None else ""
        parts[owner] = replace(parts[owner], overrides=(*parts[owner].overrides, (name, " ".join(text.split()))))
    return parts


def _wrong_override(
    word: Word, kind: str | None, name: str, parts: list[Part], prefix: str, statement: ImportX, report: Reporter
) -> None:
    if kind is not None:
        message = f"`{word.name}` is {KIND_WORDS[kind]}; only parameters, species and derived values are given values"
        report.error("E224", message, word.start, word.end)
        return
    known = [
        item.name.removeprefix(prefix)
        for part in parts
        for field in ("parameters", "species", "definitions")
        for item in getattr(part.mechanism, field)
        if item.pathway is None and " " not in item.name
    ]
    message = f"`{statement.path.text}` has no parameter or species `{word.name}`"
    report.error("E224", message, word.start, word.end, suggest(word.name, known))


def _kind_in(part: Part, name: str) -> EntryKind | None:
    for field, kind in _KINDS.items():
        if any(item.name == name and item.pathway is None for item in getattr(part.mechanism, field)):
            return kind
    return None


# --- together ---------------------------------------------------------------------------------------------


def together(own: Mechanism, found: Declarations, report: Reporter) -> Mechanism:
    """The mechanism of the file with all that it imports."""
    for part in found.parts:
        for experiment in part.mechanism.experiments:
            _check_variables(experiment, part, found, report)
    whole = joined(own, found.parts)
    medium = own.option("medium")
    if any(stock.name == medium for stock in found.imported_stocks):
        chosen = {medium, f"in {medium}"}
        parameters = tuple(replace(p, value=1.0) if p.name in chosen else p for p in whole.parameters)
        whole = replace(whole, parameters=parameters)
    return whole


def _check_variables(experiment: Experiment, part: Part, found: Declarations, report: Reporter) -> None:
    """A variable of an experiment has a name that nothing else has, here too."""
    for variable in variables_of(experiment):
        entry = found.scope.common.get(variable)
        if entry is not None:
            there = (Related(f"a variable of `{experiment.name}`", experiment.span),) if experiment.span else ()
            what = KIND_WORDS[entry.kind]
            message = f"`{variable}` is {what} here, and a variable of an experiment in `{part.shown}`"
            report.at("E226", message, report.span(entry.start, entry.end), "choose another name", there)


# --- names ------------------------------------------------------------------------------------------------


def _enter_part(part: Part, statement: ImportX, met: _Met, report: Reporter) -> None:
    """Enter the names of a part, unless the same file is there already under the same prefix."""
    at, found = statement.path, met.found
    twin = met.parts.get((part.key, part.prefix))
    if twin is not None:
        if dict(twin.overrides) != dict(part.overrides) or twin.place != part.place:
            what = "with different values" if twin.place == part.place else "into different compartments"
            message = f"`{part.shown}` is imported twice {what}"
            report.error("E226", message, at.start, at.end, "give one of the two a prefix: `as …`")
        return
    kept: dict[str, Any] = {}
    derived = frozenset(definition.name for definition in part.mechanism.definitions)
    found.scope.derived.update(pathway.name for pathway in part.mechanism.pathways if pathway.bases)
    for field, kind in _KINDS.items():
        items = getattr(part.mechanism, field)
        kept[field] = tuple(item for item in items if _enter(item, kind, part, derived, statement, found, report))
    for field, names in met.names.items():
        for item in getattr(part.mechanism, field):
            if item.name in names:
                _clash(item.name, item.span, part, statement, report)
    if part.mechanism.structure is not None:
        _enter_structure(part.mechanism.structure, part, statement, met, report)
    twice = next((r for r in part.mechanism.reactions if (r.label, r.pathway) in met.labels), None)
    if twice is not None:
        _clash(twice.label or "", twice.span, part, statement, report)
    met.add(replace(part, mechanism=replace(part.mechanism, **kept)))


def _enter_structure(structure: Structure, part: Part, statement: ImportX, met: _Met, report: Reporter) -> None:
    """Enter the observables that count patterns; molecules and labels of rules must not be there already."""
    found = met.found
    for count in structure.counts:
        if _enter(count, "observable", part, frozenset(), statement, found, report):
            found.scope.counts.add((count.name, count.pathway))
    for molecule in structure.molecules:
        if molecule.declared and molecule.name in met.molecules:
            word = met.molecules[molecule.name]
            taken = None if word is None else Entry("species", word.start, word.end)
            _clash(molecule.name, molecule.span, part, statement, report, taken)
    met.molecules.update((molecule.name, None) for molecule in structure.molecules if molecule.declared)
    labels = {(rule.label, rule.pathway) for rule in structure.rules if rule.label is not None}
    for label, _ in sorted(labels & met.labels, key=str):
        _clash(label, next(r.span for r in structure.rules if r.label == label), part, statement, report)
    met.labels |= labels


def _enter(
    item: Any,
    kind: EntryKind,
    part: Part,
    derived: frozenset[str],
    statement: ImportX,
    found: Declarations,
    report: Reporter,
) -> bool:
    """Enter one name; False where what the file has itself stands in its place.  `derived` are derived values."""
    scope, name = found.scope, item.name
    table = scope.common if item.pathway is None else scope.local.setdefault(item.pathway, {})
    others = scope.plain_pathways if item.pathway is None else [scope.common]
    if item.pathway in scope.derived:
        others = []
    taken = table.get(name) or next((names[name] for names in others if name in names), None)
    by_use = not getattr(item, "declared", True)
    if taken is not None:
        ours = name == "temperature" and name in table  # that of one pathway is no temperature of the others
        same = taken.kind == kind and (by_use or ours or _alike(item, found, kind))
        if not same:
            _clash(name, item.span, part, statement, report, taken, kind, found)
        elif kind == "species":
            found.displaced.append((name, item.compartment or part.place, part.shown))
        return False
    word = statement.path
    by_medium = f"{name} in medium" if kind == "parameter" and f"{name} in medium" in derived else None
    body = item if kind == "function" else None
    table[name] = Entry(kind, word.start, word.end, True, None, by_medium, body, imported=True)
    found.imported[name, item.pathway] = item
    return True


def _alike(item: Any, found: Declarations, kind: EntryKind) -> bool:
    """Whether another import has the same species, or uses it only."""
    other = found.imported.get((item.name, item.pathway))
    return other is not None and (other == item or (kind == "species" and not other.declared))


def _clash(
    name: str,
    span: Span | None,
    part: Part,
    statement: ImportX,
    report: Reporter,
    taken: Entry | None = None,
    kind: EntryKind | None = None,
    found: Declarations | None = None,
) -> None:
    """One name for two things."""
    there = (Related(f"`{name}` of `{part.shown}`", span),) if span is not None else ()
    imported = found is not None and (name, None) in found.imported
    prefix = _free_prefix(part.shown)
    hint = f'give the names of one of the two a prefix: `import "{statement.path.text}" as {prefix}`'
    at = report.span(statement.path.start, statement.path.end)
    message = f"`{name}` is in two of the imported files" if imported or taken is None else ""
    if not message and taken is not None:
        message = f"`{name}` is declared here and in `{part.shown}`"
        at = report.span(taken.start, taken.end)
        if kind == taken.kind and kind in ("parameter", "definition", "species"):
            hint = f"to give it another value, write it at the import: `with {{ {name} = … }}`"
    report.at("E226", message, at, hint, there)


def _free_prefix(shown: str) -> str:
    stem = posixpath.splitext(posixpath.basename(shown))[0]
    return stem if stem.isidentifier() else "other"
