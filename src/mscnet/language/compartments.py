"""`compartment`: volumes and surfaces, the species in them, and steps between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from mscnet.diagnostics import UNSUPPORTED, suggest
from mscnet.language.compartment_events import keeping_amounts
from mscnet.language.declare import Declarations, declarations_of, holds_names, part, value_node
from mscnet.language.modules import joined
from mscnet.language.scope import Reporter
from mscnet.language.sizes import NotSmooth, Sizes
from mscnet.language.syntax import DeclarationX, Text, Word
from mscnet.mechanism.compartments import (
    by_compartment,
    counted_in_concentrations,
    homes_of,
    is_dilution,
    sizes_of,
    surfaces_of,
)
from mscnet.mechanism.expression import Product, Symbol, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Compartment, Parameter, RateLaw, Reaction, Species, Term
from mscnet.mechanism.units import LENGTH, VOLUME, name_dimension
from mscnet.records import replace

AREA = LENGTH**2


def with_compartments(mechanism: Mechanism, found: Declarations, report: Reporter) -> Mechanism:
    """The mechanism with its compartments, its species in them, and its steps in concentrations.

    The species of `found.parts` get their places, too.  What is wrong is reported; the mechanism is then of no further
    use.
    """
    whole = joined(mechanism, found.parts) if found.parts else mechanism
    reader = _Reader(mechanism, whole, found, report)
    if not reader.names:
        reader.no_compartments()
        return mechanism
    reader.check_options()
    reader.check_supported()
    declared = reader.compartments()
    reader.made = (*declared, *whole.compartments)
    parameters = tuple(reader.sized(p) for p in mechanism.parameters)
    species = tuple(reader.placed(s) for s in mechanism.species)
    mechanism = replace(mechanism, compartments=declared, species=species, parameters=parameters)
    if found.parts:
        from mscnet.language.compartment_imports import place_imported

        place_imported(mechanism, found, reader.names, report)
    whole = joined(mechanism, found.parts) if found.parts else mechanism
    sizes, homes = sizes_of(replace(whole, compartments=reader.made)), homes_of(whole)
    names = {t.species for r in whole.reactions for t in (*r.reactants, *r.products, *r.orders, *r.catalysts)}
    names |= {s.name for s in whole.species}
    if not homes.keys() >= names or not sizes.keys() >= {homes[name] for name in names}:  # what is told already
        return mechanism
    reader.refuse_fast(homes)
    return reader.in_concentrations(mechanism, replace(whole, compartments=reader.made))


class _Reader:
    def __init__(self, mechanism: Mechanism, whole: Mechanism, found: Declarations, report: Reporter) -> None:
        self.mechanism, self.found, self.report = mechanism, found, report
        self.declared = declarations_of("compartment", found)
        self.sizes = Sizes(whole)
        self.made: tuple[Compartment, ...] = ()
        self.names = [statement.name.name for statement, _ in self.declared] + [c.name for c in whole.compartments]
        #: The compartment that `species A in cytosol` names, by the species.
        self.said: dict[tuple[str, str | None], Word] = {}
        for statement, pathway in declarations_of("species", found):
            home = part(statement, "home")
            if home is not None:
                self.said[statement.name.name, pathway] = home.items[0]  # type: ignore[assignment]

    def no_compartments(self) -> None:
        for word in self.said.values():
            message, hint = f"there is no compartment `{word.name}`", f"declare it: `compartment {word.name} = 1 L`"
            self.report.error("E270", message, word.start, word.end, hint)
        for at in self.found.imports:
            if at.place is not None:
                message, hint = (
                    f"there is no compartment `{at.place.name}`",
                    f"declare it: `compartment {at.place.name} = 1 L`",
                )
                self.report.error("E270", message, at.place.start, at.place.end, hint)

    def check_options(self) -> None:
        for option in self.found.options:
            if option.name.name == "volume":
                message = "the volumes of this file are those of its compartments"
                self.report.error("E275", message, option.start, option.end, "leave `option volume` out")

    def check_supported(self) -> None:
        """Refuse what does not go together with compartments yet."""
        what = (*self.mechanism.experiments, *self.mechanism.stocks)
        imported = (*self.found.imported_experiments, *self.found.imported_stocks)
        if not what and not imported:
            return
        place: Word | Text = self.declared[0][0].name if self.declared else self.found.imports[0].path
        message = "experiments and bottles in a file with compartments: mscnet does not have this yet"
        self.report.error(UNSUPPORTED, message, place.start, place.end)

    def in_concentrations(self, mechanism: Mechanism, whole: Mechanism) -> Mechanism:
        """The mechanism with steps that count concentrations, events that keep amounts, and dilution by growth."""
        homes, surfaces, sizes = homes_of(whole), surfaces_of(whole), sizes_of(whole)
        reactions = tuple(counted_in_concentrations(r, homes, surfaces, sizes) for r in mechanism.reactions)
        if any(c.varies for c in self.made):
            pairs = zip(mechanism.reactions, reactions, strict=True)
            reactions = tuple(each for given, made in pairs for each in self.while_sizes_vary(given, made, whole))
        names = frozenset(self.names)
        events = tuple(keeping_amounts(event, names, whole.species) for event in mechanism.events)
        for i, other in enumerate(self.found.parts):
            kept = tuple(keeping_amounts(event, names, whole.species) for event in other.mechanism.events)
            self.found.parts[i] = replace(other, mechanism=replace(other.mechanism, events=kept))
        if any(c.derived for c in self.made):
            self.check_events(whole)
            reactions += tuple(self.dilution(whole))
        self.check_derived_pathways()
        return replace(mechanism, reactions=reactions, events=events)

    # --- compartments ---

    def compartments(self) -> tuple[Compartment, ...]:
        by_name = {p.name: p for p in self.mechanism.parameters if p.pathway is None}
        derived = {d.name for d in self.mechanism.definitions if d.pathway is None}
        made = []
        for statement, _ in self.declared:
            name = statement.name
            span = self.report.span(name.start, name.end)
            if name.name in derived:
                made.append(self._derived(statement, Compartment(name.name, False, True, False, span)))
            elif name.name in by_name:
                parameter = by_name[name.name]
                self._check(parameter, statement)
                surface = parameter.dimension == AREA
                if parameter.dimension is None and part(statement, "surface") is not None:
                    surface = True
                made.append(Compartment(name.name, surface, span=span))
        return tuple(made)

    def _derived(self, statement: DeclarationX, compartment: Compartment) -> Compartment:
        """A compartment whose size is a derived value; it may vary with time, not with species."""
        node, name = value_node(statement), compartment.name
        assert node is not None
        for piece in statement.parts:
            if piece.kind not in ("initial", "note", "surface", "parent"):
                message = f"the size of `{name}` follows from others, so it has no bounds and no deviation"
                self.report.error("E276", message, piece.start, piece.end)
        needs = self.sizes.symbols_of(name)
        moving = next((s for s in sorted(needs, key=lambda s: s.name) if s.kind == "species"), None)
        if moving is not None:
            message = f"the size of a compartment may hold parameters and the time, not `{moving.name}`"
            self.report.error("E276", message, node.start, node.end)
            return compartment
        dimension = self.sizes.dimension(name)
        if dimension not in (VOLUME, AREA):
            shown = "not known" if dimension is None else name_dimension(dimension)
            message = f"the size of a compartment is a volume or, for a surface, an area; this is {shown}"
            self.report.error("E271", message, node.start, node.end, "give every parameter in it a unit")
        varies = any(s.kind == "time" for s in needs)
        return replace(compartment, surface=dimension == AREA, varies=varies)

    def _check(self, parameter: Parameter, statement: DeclarationX) -> None:
        node = value_node(statement)
        start, end = (node.start, node.end) if node is not None else (statement.name.start, statement.name.end)
        if parameter.dimension not in (None, VOLUME, AREA):
            message = "the size of a compartment is a volume or, for a surface, an area, not "
            message += name_dimension(parameter.dimension)
            self.report.error("E271", message, start, end, "write `= 1 pL`, or `= 100 um^2` for a surface")
        if (parameter.value is not None and parameter.value <= 0) or (parameter.bounds and parameter.bounds[0] <= 0):
            message = f"the size of `{parameter.name}` must be above zero"
            self.report.error("E271", message, start, statement.end)

    def sized(self, parameter: Parameter) -> Parameter:
        """The size of a compartment without a unit is a volume in the file's unit."""
        if parameter.name not in self.names or parameter.dimension is not None:
            return parameter
        surface = any(s.name.name == parameter.name and part(s, "surface") is not None for s, _ in self.declared)
        dimension = AREA if surface else VOLUME
        return replace(parameter, dimension=dimension, unit=self.found.system.describe(dimension))

    # --- species ---

    def placed(self, species: Species) -> Species:
        """The species with its compartment."""
        before = species.name.rpartition(".")[0]
        named = before if before in self.names else None
        word = self.said.get((species.name, species.pathway))
        if word is None and species.pathway in self.found.scope.derived:  # the one that it stands in place of has one
            word = next((w for (name, _), w in self.said.items() if name == species.name), None)
        if word is not None and named is not None and word.name != named:
            message = f"`{species.name}` is in `{named}`, not in `{word.name}`"
            self.report.error("E272", message, word.start, word.end, f"leave `in {word.name}` out")
            return species
        if word is not None:
            if word.name not in self.names:
                hint = suggest(word.name, self.names) or f"they are {', '.join(f'`{n}`' for n in self.names)}"
                self.report.error("E270", f"there is no compartment `{word.name}`", word.start, word.end, hint)
                return species
            return replace(species, compartment=word.name)
        if named is None and len(self.names) != 1:
            one = self.names[0] if self.names else "cytosol"
            message = f"`{species.name}` is in none of the compartments"
            hint = f"write `species {species.name} in {one}`, or `{one}.{species.name}` wherever it stands"
            self.report.at("E273", message, species.span, hint)
            return species
        return replace(species, compartment=named or self.names[0])

    def refuse_fast(self, homes: Mapping[str, str]) -> None:
        """A fast step between compartments."""
        for reaction in self.mechanism.reactions if self.mechanism.has_fast else ():
            places = {homes[term.species] for term in (*reaction.reactants, *reaction.products)}
            if reaction.law.kind == "fast" and len(places) > 1:
                message = "fast steps between compartments: mscnet does not have this yet"
                hint = "write it as a reversible step, `@ k, K = …`, with a k large enough"
                self.report.at(UNSUPPORTED, message, reaction.span, hint)

    # --- sizes that follow from others ---

    def while_sizes_vary(self, given: Reaction, made: Reaction, mechanism: Mechanism) -> Iterator[Reaction]:
        """A step with its coefficients `made`; where a size in them varies with time, a step in each compartment."""
        varying = {c.name for c in self.made if c.varies}
        terms = [t for t in (*made.reactants, *made.products) if t.stated is not None]
        held = {s.name for t in terms for s in symbols(t.coefficient)} & varying  # type: ignore[arg-type]
        if not held:
            yield made
            return
        if any(o.name.name == "mass_action" for o in self.found.options) or given.equilibrium is not None:
            what = "equilibrium constants" if given.equilibrium is not None else "`option mass_action`"
            message = f"{what} for steps between compartments while the size of `{min(held)}` varies"
            self.report.at(UNSUPPORTED, f"{message}: mscnet does not have this yet", given.span)
            return
        homes, surfaces, sizes = homes_of(mechanism), surfaces_of(mechanism), sizes_of(mechanism)
        yield from by_compartment(given, homes, surfaces, sizes)

    def check_events(self, mechanism: Mechanism) -> None:
        """Events that set what derived sizes follow from, which would make these jump."""
        needs = {c.name: {s.name for s in self.sizes.symbols_of(c.name)} for c in self.made if c.derived}
        for event in mechanism.events:
            for action in event.actions:
                name = next((name for name, used in needs.items() if action.target in used), None)
                if action.kind == "parameter" and name is not None:
                    message = f"this event makes the size of `{name}` jump, which follows from `{action.target}`"
                    hint = f"give `{name}` a size of its own, and let the event set that"
                    self.report.at("E277", message, action.span, hint)

    def check_derived_pathways(self) -> None:
        """Sizes that a derived pathway gives anew, which are to be numbers."""
        for statement, pathway in self.found.statements:
            if pathway not in self.found.scope.derived or not isinstance(statement, DeclarationX):
                continue
            name, node = statement.name, value_node(statement)
            if name.name not in self.names or node is None:
                continue
            derived = next((c.derived for c in self.made if c.name == name.name), False)
            if derived or holds_names(node):
                message = f"here the size of `{name.name}` follows from others"
                if not derived:
                    message = (
                        f"in a derived pathway the size of `{name.name}` is a number, not what follows from others"
                    )
                self.report.error("E276", message, name.start, statement.end)

    def dilution(self, mechanism: Mechanism) -> Iterator[Reaction]:
        """What a growing volume does to the concentrations in it, a step for each species."""
        homes, derived = homes_of(mechanism), self.found.scope.derived
        common = {s.name for s in mechanism.species if s.pathway not in derived}
        done = {r.reactants[0].species for r in mechanism.reactions if is_dilution(r, homes)}
        for compartment in self.made:
            if not compartment.varies:
                continue
            try:
                growth = self.sizes.growth(compartment.name)
            except NotSmooth as error:
                message = f"the size of `{compartment.name}` is not smooth: {error}"
                hint = "a size that jumps is set by an event: `at 5 min { … }`"
                self.report.at("E277", message, compartment.span, hint)
                continue
            for species in mechanism.species:
                if species.name in done or (species.pathway in derived and species.name in common):
                    continue  # an imported step, or one that the pathway has from its bases
                if species.compartment == compartment.name and not species.constant:
                    term = Term(species.name, Fraction(1), species.span)
                    law = RateLaw("general", Product((growth, Symbol(species.name, "species"))), compartment.span)
                    name = f"{compartment.name}.dilution.{species.name}"
                    yield Reaction(
                        name, (term,), (), (), law, reversible=True, pathway=species.pathway, span=compartment.span
                    )
