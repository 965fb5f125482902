"""The statements of structured species and rules, spelled so that they read back as the same structure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mscnet.interop.mech_words import Words, text_of
from mscnet.mechanism.expression import Expression, Symbol
from mscnet.mechanism.structure import (
    Count,
    Limits,
    MoleculePattern,
    MoleculeType,
    Pattern,
    Place,
    Rule,
    Seed,
    Structure,
    rest_of_share,
)
from mscnet.mechanism.structure_text import molecule_type_text, pattern_text
from mscnet.mechanism.types import Parameter
from mscnet.records import replace

if TYPE_CHECKING:
    from mscnet.interop.mech_model import ModelText

#: Words that no molecule can be called, since they have brackets of their own.
_NOT_MOLECULES = frozenset({"rate", "order", "at", "every", "when", "for", "if", "molecule"})


class RuleText:
    """Writes the parts of a structure, one statement a line; numbers of arrows go on from those of `model`."""

    def __init__(self, model: ModelText, structure: Structure) -> None:
        self.model, self.words, self.structure = model, model.words, structure
        self.places = {place.name: _place_name(place, self.words) for place in structure.places}
        known = {molecule.name for molecule in structure.molecules}
        declared = any(molecule.declared for molecule in structure.molecules)
        #: Molecules without brackets, which nothing declares though others are declared.
        bare = {m.name for m in structure.molecules if declared and not (m.declared or m.sites)}
        self.molecules: dict[str, str] = {}
        for name in known:
            plain = name.replace(".", "_")
            while (plain in _NOT_MOLECULES and name not in bare) or (plain != name and plain in known):
                plain += "_"
            self.molecules[name] = plain
        self._plain = {f"{self.molecules[name]}()" for name in bare}
        self._renamed = any(a != b for names in (self.places, self.molecules) for a, b in names.items())

    # --- what there is ---

    def declarations(self) -> Iterator[str]:
        """Kinds of molecules, seeds, energies and populations."""
        if any(molecule.declared for molecule in self.structure.molecules):
            yield from (self._molecule(m) for m in self.structure.molecules if m.declared or m.sites)
        yield from map(self._seed, self.structure.seeds)
        for energy in self.structure.energies:
            name = f" {text_of(energy.name)}" if energy.name is not None else ""
            yield f"energy pattern {self.pattern(energy.pattern)} = {self.words.text(energy.energy)}{name}"
        for population in self.structure.populations:
            name = self.molecules.get(population.population, population.population)
            yield f"population map {name}: {self.pattern(population.pattern)} @ {self.words.text(population.rate)}"

    def compartments(self, parameters: Iterable[Parameter]) -> Iterator[str]:
        """Compartments, each with its size; those of `parameters` that are such sizes are written here."""
        by_name = {parameter.name: parameter for parameter in parameters}
        for place in self.structure.places:
            surface = " surface" if place.dimension == 2 else ""
            parent = f" in {self.places.get(place.parent, place.parent)}" if place.parent is not None else ""
            if is_its_parameter(place) and place.name in by_name:
                size = self.model.parameter(by_name[place.name])
            elif isinstance(place.size, Symbol) and place.size.name == place.name:
                definitions = {d.name: d.expression for d in self.model.mechanism.definitions}
                size = f" = {self.words.text(definitions[place.name])}"
            else:
                size = f" = {self.words.text(place.size)}"
            yield f"compartment {self.places[place.name]}{surface}{size}{parent}"

    def _molecule(self, molecule: MoleculeType) -> str:
        head = "population molecule" if molecule.population else "molecule"
        return f"{head} {molecule_type_text(replace(molecule, name=self.molecules[molecule.name]))}"

    def _seed(self, seed: Seed) -> str:
        text = f"species {self.pattern(replace(seed.pattern, constant=False))}"
        text += f" {text_of(seed.label)}" if seed.label is not None else ""
        text += f" = {self.words.text(seed.initial)}"
        return text + (" constant" if seed.pattern.constant else "")

    # --- rules and observables ---

    def rules(self, rules: Iterable[Rule]) -> Iterator[str]:
        """Rules, those of two directions in one line."""
        rules = list(rules)
        waiting = {(r.name, r.pathway): r for r in rules if r.reverse and r.partner is not None}
        for r in rules:
            if not (r.reverse and r.partner is not None):
                back = waiting.get((r.partner, r.pathway)) if r.partner is not None else None
                yield self._rule(r, back)

    def _rule(self, r: Rule, back: Rule | None) -> str:
        number = self.model.next_arrow()
        arrow = "<->" if back is not None else "->"
        text = f"{self.side(r.reactants)} {arrow} {self.side(r.products)}{self._laws(r, back)}"
        text += "  DeleteMolecules" if r.delete_molecules else ""
        text += "  MoveConnected" if r.move_connected else ""
        for one in r.restrictions:
            patterns = ", ".join(map(self.pattern, one.patterns))
            text += f"  {one.kind}_{one.side}({one.number}, {patterns})"
        text += f"  {text_of(r.note)}" if r.note is not None else ""
        return text if r.name == f"r{number}" else f"{self.words.name(r.name)}: {text}"

    def _laws(self, r: Rule, back: Rule | None) -> str:
        word = "rate" if r.law.kind == "general" else "@"
        directions = [r] if back is None or _is_turned(r, back) else [r, back]
        return f"  {word} " + ", ".join(map(self._law, directions))

    def _law(self, r: Rule) -> str:
        if r.activation is None:
            return self.words.text(r.law.expression)
        phi, barrier = map(self.words.text, r.activation)
        return f"activation({phi}, {barrier})"

    def counts(self, counts: Iterable[Count]) -> Iterator[str]:
        """Observables over patterns."""
        for count in counts:
            label = f" {text_of(count.label)}" if count.label is not None else ""
            patterns = ", ".join(map(self.pattern, count.patterns))
            yield f"observable {self.words.name(count.name)}{label} = {count.kind} {patterns}"

    def limits(self) -> Iterator[str]:
        """The bounds of the network that the file states."""
        limits: Limits = self.structure.limits
        given = (
            ("max_iter", limits.iterations),
            ("max_agg", limits.molecules),
            ("max_species", limits.species),
            ("max_reactions", limits.reactions),
        )
        yield from (f"option {name} = {value}" for name, value in given if value is not None)
        if limits.of_type:
            text = ",".join(f"{self.molecules.get(name, name)}:{number}" for name, number in limits.of_type)
            yield f"option max_stoich = {text_of(text)}"

    # --- patterns ---

    def pattern(self, pattern: Pattern) -> str:
        """A pattern with the names that molecules and places have in the file."""
        text = pattern_text(self._with_names(pattern))
        return text.replace("()", "") if text.partition(")")[0] + ")" in self._plain and "." not in text else text

    def side(self, patterns: tuple[Pattern, ...]) -> str:
        """A side of a rule."""
        return " + ".join(map(self.pattern, patterns)) or "0"

    def _with_names(self, pattern: Pattern) -> Pattern:
        if not self._renamed:
            return pattern
        molecules = tuple(map(self._molecule_named, pattern.molecules))
        return replace(pattern, molecules=molecules, place=self._place(pattern.place))

    def _molecule_named(self, molecule: MoleculePattern) -> MoleculePattern:
        name = self.molecules.get(molecule.name, molecule.name)
        return replace(molecule, name=name, place=self._place(molecule.place))

    def _place(self, name: str | None) -> str | None:
        return None if name is None else self.places.get(name, name)


def _is_turned(r: Rule, back: Rule) -> bool:
    """Whether the energies of one direction give those of the other: its share and 1 less that."""
    if r.activation is None or back.activation is None:
        return False
    (phi, barrier), (share, other) = r.activation, back.activation
    return barrier == other and share == rest_of_share(phi)


def is_its_parameter(place: Place) -> bool:
    """Whether the size of a compartment is the parameter of its own name."""
    size: Expression = place.size
    return isinstance(size, Symbol) and size.kind == "parameter" and size.name == place.name


def _place_name(place: Place, words: Words) -> str:
    """Its name in the file: another one where something else is called so."""
    if isinstance(place.size, Symbol) and place.size.name == place.name:
        return words.name(place.name)
    return words.fresh(place.name)
