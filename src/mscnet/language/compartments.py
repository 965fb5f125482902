"""`compartment`: volumes and surfaces, the species in them, and steps between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from mscnet.diagnostics import UNSUPPORTED, suggest
from mscnet.language.declare import Declarations, declarations_of, part, value_node
from mscnet.language.scope import Reporter
from mscnet.language.sizes import NotSmooth, Sizes
from mscnet.language.syntax import DeclarationX, Word
from mscnet.mechanism.compartments import by_compartment, counted_in_concentrations, homes_of, sizes_of, surfaces_of
from mscnet.mechanism.events import Action, Event
from mscnet.mechanism.expression import MINUS_ONE, Expression, Power, Product, Sum, Symbol, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Compartment, Parameter, RateLaw, Reaction, Species, Term
from mscnet.mechanism.units import LENGTH, VOLUME, name_dimension
from mscnet.records import replace

AREA = LENGTH**2


def with_compartments(mechanism: Mechanism, found: Declarations, report: Reporter) -> Mechanism:
    """The mechanism with its compartments, its species in them, and its steps in concentrations.

    What is wrong is reported; the mechanism is then of no further use.
    """
    reader = _Reader(mechanism, found, report)
    if not found.scope.compartments:
        reader.no_compartments()
        return mechanism
    if not reader.supported():
        return mechanism
    declared = reader.made = reader.compartments()
    parameters = tuple(reader.sized(p) for p in mechanism.parameters)
    species = tuple(reader.placed(s) for s in mechanism.species)
    mechanism = replace(mechanism, compartments=declared, species=species, parameters=parameters)
    homes, surfaces, sizes = homes_of(mechanism), surfaces_of(mechanism), sizes_of(mechanism)
    if any(s.name not in homes for s in species):
        return mechanism
    reader.refuse_fast(homes)
    reactions = tuple(counted_in_concentrations(r, homes, surfaces, sizes) for r in mechanism.reactions)
    if any(c.varies for c in declared):
        pairs = zip(mechanism.reactions, reactions, strict=True)
        reactions = tuple(each for given, made in pairs for each in reader.while_sizes_vary(given, made, mechanism))
    events = tuple(_keeping_amounts(event, mechanism) for event in mechanism.events)
    if any(c.derived for c in declared):
        reader.check_events(mechanism)
        reactions += tuple(reader.dilution(mechanism))
    return replace(mechanism, reactions=reactions, events=events)


class _Reader:
    def __init__(self, mechanism: Mechanism, found: Declarations, report: Reporter) -> None:
        self.mechanism, self.found, self.report = mechanism, found, report
        self.declared = declarations_of("compartment", found)
        self.sizes = Sizes(mechanism)
        self.made: tuple[Compartment, ...] = ()
        self.names = [statement.name.name for statement, _ in self.declared]
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

    def supported(self) -> bool:
        """Whether what else is in the file goes together with compartments."""
        first = self.declared[0][0].name if self.declared else None
        what = None
        if self.found.imports:
            what = "imports in a file with compartments"
        elif self.mechanism.experiments or self.mechanism.stocks:
            what = "experiments in a file with compartments"
        elif self.found.derived:
            what = "derived pathways in a file with compartments"
        if what is not None and first is not None:
            message = f"{what}: mscnet does not have this yet"
            self.report.error(UNSUPPORTED, message, first.start, first.end)
        for option in self.found.options:
            if option.name.name == "volume":
                message = "the volumes of this file are those of its compartments"
                self.report.error("E275", message, option.start, option.end, "leave `option volume` out")
        return what is None

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
                made.append(Compartment(name.name, parameter.dimension == AREA, span=span))
        return tuple(made)

    def _derived(self, statement: DeclarationX, compartment: Compartment) -> Compartment:
        """A compartment whose size is a derived value; it may vary with time, not with species."""
        node, name = value_node(statement), compartment.name
        assert node is not None
        for piece in statement.parts:
            if piece.kind not in ("initial", "note"):
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
        return replace(parameter, dimension=VOLUME, unit=self.found.system.describe(VOLUME))

    # --- species ---

    def placed(self, species: Species) -> Species:
        """The species with its compartment."""
        before, dot, _ = species.name.partition(".")
        named = before if dot and before in self.names else None
        word = self.said.get((species.name, species.pathway))
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

    def dilution(self, mechanism: Mechanism) -> Iterator[Reaction]:
        """What a growing volume does to the concentrations in it, a step for each species."""
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
                if species.compartment == compartment.name and not species.constant:
                    term = Term(species.name, Fraction(1), species.span)
                    law = RateLaw("general", Product((growth, Symbol(species.name, "species"))), compartment.span)
                    name = f"{compartment.name}.dilution.{species.name}"
                    yield Reaction(
                        name, (term,), (), (), law, reversible=True, pathway=species.pathway, span=compartment.span
                    )


# --- events --------------------------------------------------------------------------------------


def _keeping_amounts(event: Event, mechanism: Mechanism) -> Event:
    """An event that changes a volume changes the concentrations in it, so that amounts are kept.

    Concentrations come first: what else the event does to a species, it does in the new volume.
    """
    names = {c.name for c in mechanism.compartments}
    made: list[Action] = []
    for action in event.actions:
        if action.kind != "parameter" or action.target not in names:
            continue
        share = _old_over_new(action)
        made += [
            Action(species.name, "species", "*=", share, span=action.span)
            for species in mechanism.species
            if species.compartment == action.target and not species.constant
        ]
    return replace(event, actions=(*made, *event.actions)) if made else event


def _old_over_new(action: Action) -> Expression:
    old = Symbol(action.target, "parameter")
    match action.operator:
        case "*=":
            return Power(action.value, MINUS_ONE)
        case "/=":
            return action.value
        case "+=":
            return Product((old, Power(Sum((old, action.value)), MINUS_ONE)))
        case "-=":
            return Product((old, Power(Sum((old, Product((MINUS_ONE, action.value)))), MINUS_ONE)))
    return Product((old, Power(action.value, MINUS_ONE)))


def in_the_new_volume(action: Action, event: Event, mechanism: Mechanism) -> Action:
    """An addition of an amount as one of concentration, in the volume that its compartment has after the event."""
    home = mechanism.get_species(action.target).compartment
    assert home is not None
    factors: list[Expression] = [action.value, Power(sizes_of(mechanism)[home], MINUS_ONE)]
    factors += [_old_over_new(a) for a in event.actions if a.kind == "parameter" and a.target == home]
    return replace(action, value=Product(tuple(factors), action.value.span))
