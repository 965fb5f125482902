"""Structured species and rules of a text, read to a `Structure`."""

from __future__ import annotations

from typing import Any

from mscnet.language.declare import Declarations
from mscnet.language.reactions import ReactionReader
from mscnet.language.rule_limits import read_limits
from mscnet.language.rule_patterns import PatternReader
from mscnet.language.rule_reader import RuleReader
from mscnet.language.rule_types import check_patterns, declared_types
from mscnet.language.scope import Reporter
from mscnet.language.syntax import PartX, Text
from mscnet.language.syntax_rules import (
    CountX,
    EnergyPatternX,
    MoleculeTypeX,
    PopulationMapX,
    RuleX,
    SeedX,
)
from mscnet.mechanism.expression import ZERO, Expression, evaluate, symbols
from mscnet.mechanism.structure import (
    Count,
    EnergyPattern,
    MoleculePattern,
    MoleculeType,
    Pattern,
    PopulationMap,
    Rule,
    Seed,
    SitePattern,
    Structure,
)
from mscnet.mechanism.structure_check import open_troubles, with_inferred_types
from mscnet.records import replace


class StructureReader:
    """Gathers what the statements of a text say of structured species, one at a time."""

    def __init__(self, found: Declarations, reactions: ReactionReader, report: Reporter) -> None:
        self.found, self.report, self.resolver = found, report, reactions.resolver
        self.patterns = PatternReader(report)
        self.rule_reader = RuleReader(reactions, self.patterns)
        self.types: list[MoleculeTypeX] = []
        self.rules: list[Rule] = []
        self.seeds: list[Seed] = []
        self.counts: list[Count] = []
        self.energies: list[EnergyPattern] = []
        self.populations: list[PopulationMap] = []

    def read(self, statement: object, pathway: str | None) -> None:
        """Take a statement, where it is one of structured species."""
        match statement:
            case RuleX():
                self.rules.extend(self.rule_reader.read(statement, pathway))
            case CountX():
                self._count(statement, pathway)
            case MoleculeTypeX() | SeedX() | EnergyPatternX() | PopulationMapX() if pathway is not None:
                what = {MoleculeTypeX: "molecule", SeedX: "species", EnergyPatternX: "energy pattern"}
                word = what.get(type(statement), "population map")
                message = f"`{word}` with a structure holds for the whole file, so it cannot stand inside a pathway"
                self.report.error("E009", message, statement.start, statement.end, "move it out of the block")
            case MoleculeTypeX():
                self.types.append(statement)
            case SeedX():
                self._seed(statement)
            case EnergyPatternX():
                self._energy(statement)
            case PopulationMapX():
                self._population(statement)

    def structure(self) -> Structure:
        """All of it, checked against the kinds of molecules; what is wrong is reported and left out."""
        made = Structure(
            molecules=declared_types(self.types, self.report),
            rules=tuple(self.rules),
            seeds=tuple(self.seeds),
            counts=tuple(self.counts),
            energies=tuple(self.energies),
            populations=tuple(self.populations),
        )
        imported = _imported_types(self.found)
        made = with_inferred_types(made, imported)
        known = (*imported, *made.molecules)
        patterns = (*made.patterns(), *self._contents())
        sound = check_patterns(patterns, known, self.found.scope.compartments, self.report)
        made = replace(made, limits=read_limits(self.found, known, self.report))
        if not sound:
            return replace(made, rules=(), seeds=(), counts=(), energies=(), populations=())
        types = {molecule.name: molecule for molecule in known}
        return replace(made, seeds=tuple(_completed(seed, types) for seed in made.seeds))

    def _contents(self) -> list[Pattern]:
        """The structured species in solutions; what is wrong in one by itself is said where solutions are read."""
        found = []
        for statement, _ in self.found.bench:
            for node in getattr(statement.content, "contents", ()):
                if getattr(node, "pattern", None) is not None:
                    pattern = self.patterns.pattern(node.pattern)
                    if pattern is not None and self._is_seed(pattern):
                        found.append(pattern)
        return found

    # --- seeds ---

    def _seed(self, statement: SeedX) -> None:
        parts = {piece.kind: piece for piece in statement.parts}
        for piece in statement.parts:
            first = parts[piece.kind]
            if piece is not first:
                place = (("given here, too", first.start, first.end),)
                self.report.error("E009", "this species has this twice", piece.start, piece.end, None, place)
        for kind, what in (("composition", "a composition"), ("energy", "energies"), ("bonds", "bonds")):
            if kind in parts:
                message = f"a structured species has no {what.removeprefix('a ')} of its own"
                self.report.error("E308", message, parts[kind].start, parts[kind].end, "leave this out")
        pattern = self.patterns.pattern(statement.pattern, "constant" in parts)
        initial = self._initial(parts["initial"]) if "initial" in parts else ZERO
        if pattern is None or initial is None or not self._is_seed(pattern):
            return
        home = parts.get("home")
        if home is not None:
            word: Any = home.items[0]
            pattern = replace(pattern, place=word.name)
        note = parts.get("note")
        label = note.items[0].text if note and isinstance(note.items[0], Text) else None
        self.seeds.append(Seed(pattern, initial, label, pattern.span))

    def _initial(self, piece: PartX) -> Expression | None:
        node: Any = piece.items[0]
        expression = self.resolver.resolve(node, None)
        if expression is None:
            return None
        for symbol in symbols(expression):
            if symbol.kind in ("species", "time", "observable"):
                message = f"an initial value may hold parameters and numbers only, not `{symbol.name}`"
                self.report.error("E016", message, node.start, node.end)
                return None
        if evaluate(expression, lambda _: float("nan")) < 0:
            self.report.error("E024", "a negative initial value", node.start, node.end)
            return None
        return expression

    def _is_seed(self, pattern: Pattern) -> bool:
        """Whether a pattern is a whole species: no bond in it is left open."""
        troubles = list(open_troubles(pattern))
        for trouble in troubles:
            self.report.at(trouble.code, trouble.message, trouble.span, trouble.hint)
        return not troubles

    # --- observables, energies, populations, places ---

    def _count(self, statement: CountX, pathway: str | None) -> None:
        patterns = [self.patterns.counted(one, statement.kind == "species") for one in statement.patterns]
        name = statement.name
        if any(pattern is None for pattern in patterns) or (name.name, pathway) not in self.found.scope.counts:
            return
        made = tuple(pattern for pattern in patterns if pattern is not None)
        label = statement.label.text if statement.label else None
        span = self.report.span(name.start, name.end)
        self.counts.append(Count(name.name, statement.kind, made, label, None, pathway, span))  # type: ignore[arg-type]

    def _energy(self, statement: EnergyPatternX) -> None:
        pattern = self.patterns.pattern(statement.pattern)
        energy = self.resolver.resolve(statement.energy, None)
        if pattern is not None and energy is not None:
            name = statement.note.text if statement.note else None
            self.energies.append(EnergyPattern(pattern, energy, name, pattern.span))

    def _population(self, statement: PopulationMapX) -> None:
        pattern = self.patterns.pattern(statement.pattern)
        laws: Any = statement.clause.items
        rate = self.resolver.resolve(laws[0].expression, None, by_use=True)
        name = statement.name
        declared = {one.name.name for one in self.types if one.population}
        if name.name not in declared:
            message = f"`{name.name}` is not declared as a population"
            hint = f"declare it: `population molecule {name.name}()`"
            self.report.error("E303", message, name.start, name.end, hint)
        elif pattern is not None and rate is not None:
            span = self.report.span(statement.start, statement.end)
            self.populations.append(PopulationMap(pattern, name.name, rate, span))


def _imported_types(found: Declarations) -> tuple[MoleculeType, ...]:
    """The kinds of molecules of the files that this one imports."""
    structures = [part.mechanism.structure for part in found.parts]
    return tuple(molecule for one in structures if one is not None for molecule in one.molecules)


def _completed(seed: Seed, types: dict[str, MoleculeType]) -> Seed:
    """The seed with every site of its molecules, in the order of their declarations: what is not said is free, and in
    the first state."""
    molecules = tuple(_whole(molecule, types[molecule.name]) for molecule in seed.pattern.molecules)
    return replace(seed, pattern=replace(seed.pattern, molecules=molecules))


def _whole(molecule: MoleculePattern, kind: MoleculeType) -> MoleculePattern:
    given: dict[str, list[SitePattern]] = {}
    for each in reversed(molecule.sites):
        given.setdefault(each.name, []).append(each)
    sites: list[SitePattern] = []
    for site in kind.sites:
        own = given[site.name].pop() if given.get(site.name) else None
        first = site.states[0] if site.states else None
        if own is None:
            sites.append(SitePattern(site.name, first, span=molecule.span))
        else:
            sites.append(own if own.state is not None else replace(own, state=first))
    return replace(molecule, sites=tuple(sites))
