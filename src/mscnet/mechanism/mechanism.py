"""`Mechanism`: the hub that every front end makes and every back end reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeVar

from mscnet.diagnostics import MechanismError, Source, suggest
from mscnet.mechanism.expression import Expression, Number, Symbol, evaluate
from mscnet.mechanism.members import spelled
from mscnet.mechanism.quantity import QuantityError, parse_quantity
from mscnet.mechanism.types import (
    Compartment,
    Definition,
    Function,
    Observable,
    Option,
    Parameter,
    Pathway,
    Reaction,
    Species,
)
from mscnet.mechanism.units import SI_MOLAR, Dimension, UnitSystem, name_dimension
from mscnet.records import dataclass, field, replace

if TYPE_CHECKING:
    from mscnet.mechanism.bench import DataFile, Experiment, Stock
    from mscnet.mechanism.events import Event
    from mscnet.mechanism.facts import Fact
    from mscnet.mechanism.optics import Band, Instrument
    from mscnet.mechanism.structure import Structure
    from mscnet.mechanism.thermo import Bond, BondChange, Loop
    from mscnet.network.network import Network
    from mscnet.rules.contact import ContactMap
    from mscnet.rules.diagram import Diagram
    from mscnet.rules.influence import InfluenceMap

#: What a float holds.
_LARGEST = Fraction(10) ** 308

Item = TypeVar("Item", Species, Parameter, Definition, Observable, Function, Reaction)


Found = TypeVar("Found")


def _found(name: str, items: Mapping[str, Found], message: str) -> Found:
    if name not in items:
        hint = suggest(name, items)
        raise KeyError(f"{message}; {hint}" if hint else message)
    return items[name]


@dataclass(frozen=True, repr=False)
class Mechanism:
    """A reaction mechanism: plain data with source positions.

    With pathways it is a family of models; `with_pathway` picks one, and whatever needs one model takes
    the file's `option pathway`, else the first (see `chosen`).
    """

    name: str = "mechanism"
    species: tuple[Species, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    definitions: tuple[Definition, ...] = ()
    functions: tuple[Function, ...] = ()
    observables: tuple[Observable, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    options: tuple[Option, ...] = ()
    pathways: tuple[Pathway, ...] = ()
    pathway: str | None = None
    bonds: tuple[Bond, ...] = ()
    #: What steps of the pathways that were not chosen cost in bonds.
    rivals: tuple[BondChange, ...] = ()
    stocks: tuple[Stock, ...] = ()
    bands: tuple[Band, ...] = ()
    instrument: Instrument | None = None
    experiments: tuple[Experiment, ...] = ()
    data_files: tuple[DataFile, ...] = ()
    facts: tuple[Fact, ...] = ()
    events: tuple[Event, ...] = ()
    compartments: tuple[Compartment, ...] = ()
    #: Parameters and derived values whose numbers say how large the families of the file are.
    sizes: tuple[str, ...] = ()
    #: Structured species and rules, of which `expanded` makes species and reactions; None where there are none.
    structure: Structure | None = None
    units: UnitSystem = SI_MOLAR
    source: Source | None = field(default=None, compare=False)
    #: The texts of the files that it imports.
    imports: tuple[Source, ...] = field(default=(), compare=False)

    def __repr__(self) -> str:
        paths = f", {len(self.pathways)} pathways" if self.pathways and self.pathway is None else ""
        chosen = f", pathway {self.pathway}" if self.pathway else ""
        return f"<Mechanism {self.name}: {len(self.species)} species, {len(self.reactions)} reactions{paths}{chosen}>"

    def _repr_html_(self) -> str:
        from mscnet.report.summary import summary_html

        return summary_html(self.chosen)

    # --- looking things up -------------------------------------------------------------------

    @cached_property
    def _species_by_name(self) -> dict[str, Species]:
        return {species.name: species for species in self.species}

    @cached_property
    def _parameters_by_name(self) -> dict[str, Parameter]:
        return {parameter.name: parameter for parameter in self.parameters}

    @cached_property
    def _expressions_by_name(self) -> dict[str, Expression]:
        return {item.name: item.expression for item in self.derived}

    @property
    def derived(self) -> tuple[Definition | Observable, ...]:
        """Derived values, then observables."""
        return (*self.definitions, *self.observables)

    def get_species(self, name: str) -> Species:
        """The species called `name`; raises KeyError, with a suggestion."""
        return _found(spelled(name), self._species_by_name, f"{self.name} has no species `{name}`")

    def get_parameter(self, name: str) -> Parameter:
        """The parameter called `name`; raises KeyError, with a suggestion."""
        return _found(spelled(name), self._parameters_by_name, f"{self.name} has no parameter `{name}`")

    def expression_of(self, name: str) -> Expression:
        """The expression of a derived value or an observable; raises KeyError, with a suggestion."""
        return _found(name, self._expressions_by_name, f"{self.name} derives no value `{name}`")

    @property
    def digest(self) -> str | None:
        """The sha256 of its text and of those that it imports, as hexadecimal digits; None without a text."""
        from hashlib import sha256

        if self.source is None:
            return None
        text = sha256(self.source.text.encode("utf-8", "surrogatepass"))
        for imported in self.imports:
            text.update(b"\0" + imported.text.encode("utf-8", "surrogatepass"))
        return text.hexdigest()

    def option(self, name: str) -> float | str | None:
        """The value of an option, None where the file does not set it."""
        return next((option.value for option in self.options if option.name == name), None)

    # --- choosing a pathway ------------------------------------------------------------------

    def with_pathway(self, name: str) -> Mechanism:
        """The one model in which pathway `name` holds: what is common to all, and its own.

        Raises:
            MechanismError: there is no such pathway.
        """
        if self.pathway == name:
            return self
        if name not in (pathway.name for pathway in self.pathways):
            known = [pathway.name for pathway in self.pathways]
            listed = "its pathways are " + ", ".join(known) if known else "it has no pathways"
            raise self._error("E031", f"{self.name} has no pathway `{name}`; {listed}", suggest(name, known))
        return self._select(name)

    @cached_property
    def chosen(self) -> Mechanism:
        """The mechanism itself if it is one model already, else the model of its default pathway."""
        if self.pathway is not None or not self.pathways:
            return self
        return self._select(self.default_pathway or self.pathways[0].name)

    @property
    def default_pathway(self) -> str | None:
        """The pathway taken where none is asked for: `option pathway`, else the first; None without any."""
        if not self.pathways:
            return None
        option = self.option("pathway")
        return option if isinstance(option, str) else self.pathways[0].name

    def _select(self, name: str) -> Mechanism:
        def held(items: tuple[Item, ...]) -> tuple[Item, ...]:
            return tuple(item for item in items if item.pathway in (None, name))

        narrowed = replace(
            self,
            pathway=name,
            reactions=held(self.reactions),
            species=held(self.species),
            definitions=held(self.definitions),
            functions=held(self.functions),
            observables=held(self.observables),
            parameters=held(self.parameters),
            events=tuple(event for event in self.events if event.pathway in (None, name)),
            structure=self.structure and self.structure.of_pathway(name),
        )
        chosen = next((pathway for pathway in self.pathways if pathway.name == name), None)
        if chosen is not None and chosen.bases:
            from mscnet.mechanism.derived import settled

            narrowed = settled(narrowed, chosen)
        from mscnet.mechanism.usage import names_used

        species = {t.species for r in narrowed.reactions for t in (*r.reactants, *r.products, *r.catalysts, *r.orders)}
        species |= names_used(narrowed, "species")
        parameters = narrowed.used_parameters()
        if self.has_bench:
            from mscnet.mechanism.bench_use import bench_parameters, bench_species

            species, parameters = species | bench_species(narrowed), parameters | bench_parameters(narrowed)
        kept = tuple(s for s in narrowed.species if s.declared or s.name in species)
        return replace(
            narrowed,
            rivals=self._rivals(name) if self.bonds else (),
            species=kept,
            events=tuple(event.acting_on(kept) for event in narrowed.events),
            parameters=tuple(p for p in narrowed.parameters if p.declared or p.name in parameters),
        )

    def _rivals(self, name: str) -> tuple[BondChange, ...]:
        from mscnet.mechanism.bonds import bond_changes

        return tuple(change for change in bond_changes(self) if change.pathway not in (None, name))

    @property
    def has_bench(self) -> bool:
        """Whether the file says anything of stocks, experiments, spectra or data."""
        parts = (self.stocks, self.experiments, self.bands, self.instrument, self.data_files, self.facts)
        return any(parts)

    @cached_property
    def has_fast(self) -> bool:
        """Whether it has fast steps, which are always at equilibrium."""
        return any(reaction.law.kind == "fast" for reaction in self.reactions)

    def used_parameters(self) -> set[str]:
        """Names of the parameters that some expression of the mechanism holds."""
        from mscnet.mechanism.usage import names_used

        return names_used(self, "parameter")

    # --- rules -------------------------------------------------------------------------------

    @cached_property
    def expanded(self) -> Mechanism:
        """The chosen model with the network of its rules written out, within the limits that the file states.

        It is the chosen model itself where that has no rules.

        Raises:
            MechanismError: the rules have no network within the limits that mscnet sets (E3xx).
        """
        if self.structure is None:
            return self.chosen
        from mscnet.rules.expand import expand

        return expand(self.chosen)

    def contact_map(self) -> ContactMap:
        """Which sites of which molecules can bind, which states change, and by which rules; empty without rules."""
        from mscnet.mechanism.structure import Structure
        from mscnet.rules.contact import contact_map

        return contact_map(self.chosen.structure or Structure())

    def influence_map(self) -> InfluenceMap:
        """Which rule brings matches to which rule or observable, and takes them from which; empty without rules."""
        from mscnet.rules.influence import influence_map

        return influence_map(self)

    def rule_diagrams(self) -> tuple[Diagram, ...]:
        """Each rule before and after, as site graphs in which what changes is marked."""
        from mscnet.rules.diagram import diagram_of

        return tuple(map(diagram_of, self.chosen.structure.rules if self.chosen.structure is not None else ()))

    # --- changes -----------------------------------------------------------------------------

    def with_values(self, values: Mapping[str, float | str] | None = None, /, **named: float | str) -> Mechanism:
        """A copy with other parameter values or initial concentrations; a derived value becomes that number.

        A number is in the file's units; a text carries its own, as in ``"1.2 mM"``.

        Raises:
            MechanismError: an unknown name, a unit of another dimension, or a text that is no quantity.
        """
        given = {spelled(name): value for name, value in {**(values or {}), **named}.items()}
        known = {item.name for items in (self.parameters, self.species, self.definitions) for item in items}
        for name in given:
            if name not in known:
                message = f"`{name}` is neither a parameter nor a species of {self.name}"
                raise self._error("E010", message, suggest(name, known))
            if name in self.sizes and self._lookup(Symbol(name, self._kind_of(name))) != given[name]:
                self.refuse_size(name)
        parameters = tuple(self._with_value(p, given[p.name]) if p.name in given else p for p in self.parameters)
        species = tuple(self._with_initial(s, given[s.name]) if s.name in given else s for s in self.species)
        definitions = tuple(self._with_number(d, given[d.name]) if d.name in given else d for d in self.definitions)
        return replace(self, parameters=parameters, species=species, definitions=definitions)

    def _kind_of(self, name: str) -> Literal["parameter", "definition"]:
        return "parameter" if name in self._parameters_by_name else "definition"

    def refuse_size(self, name: str) -> None:
        """Raises MechanismError where `name` says how large the families of the file are: they are written out."""
        if name in self.sizes:
            message = f"`{name}` says how many members the families of {self.name} have, which are written out already"
            raise self._error("E041", message, f"change it in the file: `{name} = …`")

    def _with_number(self, definition: Definition, value: float | str) -> Definition:
        return replace(definition, expression=Number(self._read(definition.name, value, definition.dimension)))

    def _with_value(self, parameter: Parameter, value: float | str) -> Parameter:
        return replace(parameter, value=float(self._read(parameter.name, value, parameter.dimension)))

    def _with_initial(self, species: Species, value: float | str) -> Species:
        number = self._read(species.name, value, species.dimension)
        if number < 0:
            shown = value if isinstance(value, str) else f"{value:g} {self.units.describe(species.dimension)}"
            raise self._error("E041", f"a negative concentration for `{species.name}`: {shown}", None)
        return replace(species, initial=Number(number))

    def _read(self, name: str, value: float | str, dimension: Dimension | None) -> Fraction:
        if not isinstance(value, str):
            try:
                number = math.nan if isinstance(value, bool) else float(value)
            except (TypeError, ValueError, OverflowError):
                number = math.nan
            if not math.isfinite(number):
                raise self._error("E041", f"the value of `{name}` is not a finite number: {value}", None)
            return Fraction(number)
        try:
            amount, given = parse_quantity(value, self.units)
        except QuantityError as error:
            raise self._error("E012", f"`{name}`: {error}", error.hint) from None
        if given is not None and dimension is not None and given != dimension:
            unit = self.units.describe(dimension) or "no unit"
            message = f"`{name}` is {name_dimension(dimension)} ({unit}), not {name_dimension(given)}"
            raise self._error("E020", message, None)
        if abs(amount) > _LARGEST:
            raise self._error("E005", f"the value of `{name}` is out of range: {value}", None)
        return amount

    def without(self, *names: str) -> Mechanism:
        """A copy without the reactions and rules of these names or labels; a reversible step goes whole.

        Raises:
            MechanismError: no reaction is called so.
        """
        known = {n for r in self.reactions for n in (r.name, r.label) if n}
        if self.structure is not None:
            known |= {n for r in self.structure.rules for n in (r.name, r.label) if n}
        for name in names:
            if name not in known:
                raise self._error("E010", f"{self.name} has no reaction `{name}`", suggest(name, known))
        dropped = {r.name for r in self.reactions if r.name in names or r.label in names}
        kept = tuple(r for r in self.reactions if r.name not in dropped and r.partner not in dropped)
        return replace(self, reactions=kept, structure=self.structure and self.structure.without(names))

    def without_events(self) -> Mechanism:
        """A copy in which nothing happens at a time or on a condition."""
        return replace(self, events=())

    def merge(self, other: Mechanism) -> Mechanism:
        """Both mechanisms in one.  What both have must be the same in both; steps without a label are all kept.

        Raises:
            MechanismError: different units, or one name with two meanings.
        """
        from mscnet.mechanism.merging import merged

        return merged(self, other)

    def _error(self, code: str, message: str, hint: str | None) -> MechanismError:
        return MechanismError.of(code, message, hint=hint, file=self.source.name if self.source else None)

    # --- values ------------------------------------------------------------------------------

    def missing_values(self) -> tuple[Parameter, ...]:
        """Parameters of the chosen model that are used and have no value."""
        chosen = self.chosen
        used = chosen.used_parameters()
        return tuple(p for p in chosen.parameters if p.value is None and p.name in used)

    def missing_values_of(self, experiments: Iterable[str]) -> tuple[Parameter, ...]:
        """Parameters that these experiments need a value of and that have none, those of the chosen model included.

        Raises:
            MechanismError: there is no such experiment.
        """
        from mscnet.mechanism.bench_use import needed_parameters

        chosen, names = self.chosen, tuple(experiments)
        known = [experiment.name for experiment in self.experiments]
        for name in names:
            if name not in known:
                raise self._error("E010", f"{self.name} has no experiment `{name}`", suggest(name, known))
        used = chosen.used_parameters() | needed_parameters(chosen, names)
        return tuple(p for p in chosen.parameters if p.value is None and p.name in used)

    def value_of(self, name: str) -> float:
        """The value of a parameter, or of a derived value that depends on parameters alone.

        ``nan`` where a parameter that it needs has no value.
        """
        return self._lookup(Symbol(spelled(name), self._kind_of(spelled(name))))

    def evaluate(self, expression: Expression) -> float:
        """The value of an expression in parameters and derived values; ``nan`` where one has no value.

        Raises:
            TypeError: a text is no expression; `value_of` takes a name.
        """
        if isinstance(expression, str):
            raise TypeError(f"{expression!r} is a text, not an expression; `value_of` takes a name")
        return evaluate(expression, self._lookup)

    @property
    def _lookup(self) -> Callable[[Symbol], float]:
        cache = self._static_values

        def lookup(symbol: Symbol) -> float:
            name = symbol.name
            if name not in cache:
                if symbol.kind in ("definition", "observable", "temperature"):
                    if self.structure and name not in self._expressions_by_name:  # it counts patterns
                        return float("nan")
                    cache[name] = evaluate(self._expressions_by_name[name], lookup)
                elif symbol.kind == "parameter":
                    value = self._parameters_by_name[name].value
                    cache[name] = float("nan") if value is None else value
                elif symbol.kind == "species" and self._species_by_name[name].constant:
                    initial = self._species_by_name[name].initial
                    cache[name] = 0.0 if initial is None else evaluate(initial, lookup)
                else:
                    return float("nan")
            return cache[name]

        return lookup

    @cached_property
    def _static_values(self) -> dict[str, float]:
        """Values found so far.  Derived values are looked up in their order, each after those that it needs,
        so that a long chain of them does not become a deep recursion."""
        values: dict[str, float] = {}
        self.__dict__["_static_values"] = values
        lookup = self._lookup
        for item in self.derived:
            lookup(Symbol(item.name, "definition"))
        return values

    # --- onwards -----------------------------------------------------------------------------

    def network(self) -> Network:
        """The reaction network of the chosen model: stoichiometry, kinetic orders, graph, equations."""
        from mscnet.network.network import build_network

        return build_network(self.expanded)

    def loops(self, unbalanced: bool = False) -> tuple[Loop, ...]:
        """Loops of reversible steps, with whether their constants agree with an equilibrium (Wegscheider).

        An independent set that generates all; for a mechanism of which no pathway is chosen, those of each.  With
        `unbalanced` only those round which detailed balance does not hold, or cannot be told, which is quicker.
        """
        if sum(reaction.reverse for reaction in self.reactions) < 2:
            return ()
        from mscnet.network.loops import loops_of

        return loops_of(self, unbalanced)

    def loops_are_known(self) -> bool:
        """False where there are too many reversible steps to look for loops among them, and they do not just agree."""
        if sum(reaction.reverse for reaction in self.reactions) < 2:
            return True
        from mscnet.network.loops import too_large

        return not too_large(self)
