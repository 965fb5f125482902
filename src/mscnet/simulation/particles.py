"""A mechanism with rules as single molecules: what the kernels need to follow them without a network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.diagnostics import UNSUPPORTED, MechanismError
from mscnet.kinetics.bytecode import ProgramBuilder, Value
from mscnet.kinetics.molecules import MOST_MOLECULES, initial_counts, molecules_per_concentration
from mscnet.kinetics.propensities import discrete_reactions
from mscnet.kinetics.switches import TimeDependence
from mscnet.mechanism.expression import ONE, Expression, Symbol, substitute, symbols, walk
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import Count, MoleculeType, Rule, Structure
from mscnet.mechanism.structure_text import pattern_text
from mscnet.mechanism.types import Observable, RateLaw, Reaction, Species
from mscnet.network.rates import rate_expression
from mscnet.records import dataclass, field, replace
from mscnet.rules.generate import seeds_of
from mscnet.rules.graph import LABELLED, NONE, Graph, Vocabulary, pattern_graph
from mscnet.rules.transform import CompiledRule, compile_rule
from mscnet.simulation.particle_laws import Energies, Programs, is_plain, local_rate, plain_law
from mscnet.simulation.particle_rules import COUNT, Action, RuleTables, action_of, refuse
from mscnet.simulation.particle_tables import PART, TRACKER, Source, Tables, flat, rows_of

FloatArray = NDArray[np.float64]

#: At most so many molecules of structured species are made, which is some gigabytes.
MOST_PARTICLES = 50_000_000
#: Where the output looks at more molecules than that to count observables, they are kept up with every event instead.
MOST_COUNTED = 20_000_000
#: At most so many species are named in a message.
_MAX_LISTED = 4


@dataclass(frozen=True, eq=False)
class Particles:
    """The rules of a model on single molecules.

    `model` is what results are of: plain species, and observables of which `names` are the columns that a run gives.
    `seeds` and `populations` are numbers of complexes and of counted molecules at the start; `omega` is the number of
    molecules that one unit of concentration stands for.
    """

    model: Mechanism
    #: The same for laws: what counts patterns is a species.
    laws: Mechanism = field(repr=False)
    names: tuple[str, ...]
    rules: tuple[str, ...]
    omega: float
    #: ``rates`` (n_rules,) in molecules, and of rules whose rates follow from energies (see kernels/nf.h) ``shares``,
    #: ``lowest`` (n_rules,) and ``energies`` (n_parts,).
    numbers: dict[str, FloatArray] = field(repr=False)
    seeds: FloatArray = field(repr=False)
    populations: FloatArray = field(repr=False)
    notes: tuple[str, ...]
    system: Any = field(repr=False)


def build_particles(model: Mechanism, looks: int = 1) -> Particles:
    """The rules of a chosen model on molecules; `looks` is the number of output times.

    Raises:
        MechanismError: values or the volume are missing, or the model has what a network-free run cannot do (E315).
    """
    if model.structure is None:
        message = f"{model.name} has no rules: network-free simulation is of rules on structured molecules"
        raise MechanismError.of("E315", message, hint="method `ssa` does the same for a network")
    core = kernels.core()
    if core is None:
        message = f"network-free simulation (method `nf`) needs the compiled kernels: {kernels.reason()}"
        raise MechanismError.of("E044", message, hint="method `ssa` simulates the network that the rules make, without")
    _refuse_whole(model, model.structure)
    return _Particles(model, model.structure, looks).built(core)


def _refuse_whole(model: Mechanism, structure: Structure) -> None:
    """Raises for parts of a model that no run without a network has."""
    found: list[tuple[str, Any]] = []
    if structure.places:
        found.append(("compartments", structure.places[0].span))
    if model.compartments:
        found.append(("compartments", model.compartments[0].span))
    if model.events:
        found.append(("events", model.events[0].span))
    for what, span in found:
        message = f"network-free simulation does not know {what}"
        hint = "simulate the network that the rules make: method `ssa`"
        raise MechanismError.of("E315", message, hint=hint, span=span)


class _Particles:
    """The work of `build_particles`."""

    def __init__(self, model: Mechanism, structure: Structure, looks: int) -> None:
        self.model, self.looks = model, looks
        self.omega = _omega(model)
        known = {one.name for one in structure.molecules}
        plain = tuple(MoleculeType(one.name) for one in model.species if one.name not in known)
        self.structure = replace(structure, molecules=(*structure.molecules, *plain))
        self.vocabulary = Vocabulary.of(self.structure)
        self.kind = self.vocabulary.kind_number
        self.tables, self.rules = Tables(self.vocabulary), RuleTables()
        self.counts = {count.name: count for count in structure.counts}
        self.laws = self._laws()
        self.timing = TimeDependence(self.laws)
        self.programs = Programs()
        self.energies = Energies(structure.energies if self._is_energetic() else (), self.tables, self.laws)
        self.rates: list[float] = []
        self.shares: list[float] = []
        self.lowest: list[float] = []
        self.rule_names: list[str] = []
        self.rule_slots: list[tuple[int, ...]] = []
        self.notes: list[str] = []

    def _is_energetic(self) -> bool:
        return any(rule.activation is not None for rule in self.structure.rules)

    def _laws(self) -> Mechanism:
        """The model with observables that count patterns as species, and rules as reactions without reactants."""
        model = self.model
        scale = model.units.concentration.dimension
        bare = {one.name: f"{one.name}()" for one in self.structure.molecules if not one.sites}
        counted = tuple(Species(name, dimension=scale) for name in (*self.counts, *bare.values()))

        def meant(symbol: Symbol) -> Expression | None:
            return (
                Symbol(symbol.name, "species") if symbol.name in self.counts and symbol.kind == "observable" else None
            )

        def reaction(rule: Rule) -> Reaction:
            patterns = [one for one in rule.reactants if one.molecules]

            def met(symbol: Symbol) -> Expression | None:
                """A reactant without sites is the only species that there is of it."""
                if symbol.kind != "reactant":
                    return meant(symbol)
                names = [one.name for one in patterns[int(symbol.name) - 1].molecules]
                return Symbol(bare[names[0]], "species") if len(names) == 1 and names[0] in bare else None

            law = RateLaw("general", substitute(rule.law.expression, met), rule.law.span)
            return Reaction(rule.name, (), (), (), law, label=rule.label, span=rule.span)

        def law_of(one: Reaction) -> Reaction:
            return replace(one, law=replace(one.law, expression=substitute(one.law.expression, meant)))

        return replace(
            model, structure=None, species=(*model.species, *counted),
            reactions=(*map(law_of, model.reactions), *map(reaction, self.structure.rules)),
            definitions=tuple(replace(d, expression=substitute(d.expression, meant)) for d in model.definitions),
            observables=tuple(replace(o, expression=substitute(o.expression, meant)) for o in model.observables),
        )  # fmt: skip

    def built(self, core: Any) -> Particles:
        seeds, fixed = self._seeds()
        self.compiled = [compile_rule(rule, self.vocabulary) for rule in self.structure.rules]
        reactions = self.laws.reactions[len(self.model.reactions) :]
        for rule, reaction in zip(self.compiled, reactions, strict=True):
            self._rule(rule, reaction.law.expression, fixed)
        if self.model.reactions:
            self._reactions()
        outputs = self._outputs()
        kept = self._fixed()
        arrays = self.tables.arrays() | self.rules.arrays() | self._depending() | seeds | kept
        arrays |= self.programs.arrays(self.omega) | rows_of("outputs", outputs)
        arrays |= {"most_vars": self.tables.most_vars, "most_sites": self.tables.most_sites}
        names = (*(one.name for one in self.model.species), *self.counts)
        return Particles(
            result_model(self.model), self.laws, names, tuple(self.rule_names), self.omega,
            self._numbers(), self.seed_numbers, self.populations, tuple(self.notes), core.nf(arrays),
        )  # fmt: skip

    def _numbers(self) -> dict[str, FloatArray]:
        """What the rates of rules follow from."""
        energies = np.zeros(len(self.tables.parts))
        for part, energy in self.energies.of_part.items():
            energies[part] = energy
        return {
            "rates": np.array(self.rates, dtype=np.float64), "shares": np.array(self.shares, dtype=np.float64),
            "lowest": np.array(self.lowest, dtype=np.float64), "energies": energies,
        }  # fmt: skip

    # --- what there is at first -----------------------------------------------------------------------

    def _seeds(self) -> tuple[dict[str, Any], set[int]]:
        """The tables of seeds; the kinds without sites that keep their number."""
        self.populations = np.zeros(len(self.vocabulary.kinds))
        fixed: set[int] = set()
        plain = replace(self.model, structure=None)
        counts, notes = initial_counts(plain, self.omega)
        self.notes += notes
        for species, number in zip(plain.species, counts.tolist(), strict=True):
            self.populations[self.kind[species.name]] += round(number)
            if species.constant:
                fixed.add(self.kind[species.name])
        self.graphs: list[tuple[Graph, bool]] = []
        numbers: list[float] = []
        rounded: list[str] = []
        for seed, graph in zip(self.structure.seeds, seeds_of(self.structure, self.vocabulary), strict=True):
            value = self.model.evaluate(seed.initial)
            shown = pattern_text(seed.pattern)
            if not 0.0 <= value < math.inf:
                message = f"the initial number of {shown} is {value:g}"
                raise MechanismError.of("E041", message, span=seed.span)
            exact = value * self.omega
            number = float(np.rint(exact))
            if abs(number - exact) > 0.01 * exact:
                rounded.append(f"{shown} {exact:.4g} to {number:.0f}")
            if len(graph.kinds) == 1 and not self.vocabulary.kinds[graph.kinds[0]].sites:
                self.populations[graph.kinds[0]] += number
                if seed.pattern.constant:
                    fixed.add(graph.kinds[0])
            else:
                self.graphs.append((graph, seed.pattern.constant))
                numbers.append(number)
        self._check_numbers(numbers)
        if rounded:
            more = f" and {len(rounded) - _MAX_LISTED:,} more" if len(rounded) > _MAX_LISTED else ""
            self.notes.append(f"starts are rounded to whole molecules: {', '.join(rounded[:_MAX_LISTED])}{more}")
        self.seed_numbers = np.array(numbers, dtype=np.float64)
        return self._seed_tables(), fixed

    def _check_numbers(self, numbers: Sequence[float]) -> None:
        particles = sum(n * len(graph.kinds) for n, (graph, _) in zip(numbers, self.graphs, strict=True))
        if particles > MOST_PARTICLES or (self.populations >= MOST_MOLECULES).any():
            message = (
                f"{particles:.3g} molecules at the start; network-free simulation follows {MOST_PARTICLES:,} at most"
            )
            raise MechanismError.of("E041", message, hint="a smaller volume holds fewer")
        self.particles = particles

    def _seed_tables(self) -> dict[str, Any]:
        molecules: list[tuple[int, ...]] = []
        states: list[int] = []
        bonds: list[tuple[int, ...]] = []
        seeds = []
        for graph, _ in self.graphs:
            if any(len(ends) > 1 for ends in graph.bonds):
                message = "network-free simulation does not know sites that hold several bonds"
                raise MechanismError.of("E315", message, hint="give the molecule one site a bond")
            own, its_states, its_bonds = self.tables.seed(graph)
            seeds.append((len(molecules), len(own), len(bonds), len(its_bonds)))
            molecules += [(kind, first + len(states)) for kind, first in own]
            states += its_states
            bonds += its_bonds
            self.tables.most_vars = max(self.tables.most_vars, len(own))
        return {
            "seeds": flat(seeds), "seed_molecules": flat(molecules), "seed_states": flat(states),
            "seed_bonds": flat(bonds),
        }  # fmt: skip

    def _fixed(self) -> dict[str, Any]:
        from mscnet.rules.graph import species_pattern

        rows = []
        for number, (graph, constant) in enumerate(self.graphs):
            if constant:
                pattern = pattern_graph(species_pattern(graph, self.vocabulary), self.vocabulary)
                rows.append((self.tables.exists(pattern), len(graph.kinds), number))
        return {"fixed": flat(rows)}

    # --- rules and reactions ----------------------------------------------------------------------------

    def _rule(self, rule: CompiledRule, law: Expression, fixed: set[int]) -> None:
        said = rule.rule
        nodes = [node for node in self._nodes(law) if isinstance(node, Symbol)]
        if any(node.kind == "reactant" for node in nodes):
            what = "its rate asks for the concentration of the species that a reactant is"
            raise refuse(said, what, "method `ssa` simulates the network that the rules make")
        local = None
        if rule.tags and is_plain(rule, self.tables):
            law = plain_law(rule, law, self.tables, self.counts)
        elif rule.tags:
            alone = rule.tags[0].molecule != NONE and self._is_alone(rule)
            local = local_rate(rule, law, self.programs, self.tables, self.counts, self.laws, alone)
            law = ONE
        action = action_of(rule, self.tables, fixed, local)
        total = said.law.kind == "general"
        scale = self.omega if total else action.factor * self._scale(len(action.reactants))
        if total and any(node.kind == "reactant" for node in symbols(said.law.expression)):
            scale *= action.factor  # it is the rate of each reaction
        share, lowest = self._energy(rule)
        self._add(action, law, total, scale * math.exp(-lowest[0]), said.label or said.name, said, share, lowest[1])

    def _is_alone(self, rule: CompiledRule) -> bool:
        """Whether nothing is ever bound to the molecule that a rule looks at, so that it is its complex."""
        kind = rule.reactants[rule.tags[0].reactant].kinds[rule.tags[0].molecule]
        bonds = any(ends for graph, _ in self.graphs for ends in graph.bonds if kind in graph.kinds)
        return not bonds and not any(
            kind in graph.kinds and any(site.bond == LABELLED for site in graph.sites)
            for one in self.compiled
            for graph in one.products
        )

    def _energy(self, rule: CompiledRule) -> tuple[float | None, tuple[float, float]]:
        """Of a rule whose rate follows from energies the share of the energy that is changed; the barrier with the
        least that it can be less, and that part of it alone."""
        said = rule.rule
        if said.activation is None:
            return None, (0.0, 0.0)
        share, barrier = (self._constant(one, said) for one in said.activation)
        lowest = self.energies.lowest(rule, share)
        return share, (barrier + lowest, lowest)

    def _constant(self, expression: Expression, rule: Rule) -> float:
        for node in walk(expression):
            if isinstance(node, Symbol) and node.kind in ("local", "reactant"):
                raise refuse(rule, "its barrier follows what is around a molecule")
        value = self.laws.evaluate(expression)
        if not math.isfinite(value):
            raise MechanismError.of("E041", f"the barrier of `{rule.label or rule.name}` is no number", span=rule.span)
        return value

    def _nodes(self, law: Expression) -> list[Expression]:
        """Every node of a law and of the derived values behind it."""
        found, stack, seen = [], [law], set()
        while stack:
            for node in walk(stack.pop()):
                found.append(node)
                if isinstance(node, Symbol) and node.kind in ("definition", "observable") and node.name not in seen:
                    seen.add(node.name)
                    stack.append(self.laws.expression_of(node.name))
        return found

    def _scale(self, order: int) -> float:
        return 1.0 if self.omega == 1.0 else self.omega ** (1 - order)

    def _reactions(self) -> None:
        """Plain reactions among species without structure."""
        plain = replace(self.laws, reactions=self.laws.reactions[: len(self.model.reactions)])
        network = plain.network()
        columns = zip(discrete_reactions(network), network.entries, plain.reactions, strict=True)
        for discrete, entries, reaction in columns:
            mass_action = reaction.law.kind == "mass_action"
            taken = discrete.falling if mass_action else discrete.needs
            reactants = tuple(
                (PART, self.tables.population(self.kind[network.species[i]]), 0, 0, 0, 0)
                for i, order in taken
                for _ in range(order)
            )
            ops: list[tuple[int, int, int, int]] = []
            for i, coefficient in entries:
                if not network.constant[i]:
                    more = int(coefficient > 0)
                    ops += [(COUNT, self.kind[network.species[i]], more, 0)] * abs(int(coefficient))
            action = Action(reactants, tuple(ops), (), (), False, 1.0)
            law = reaction.law.expression if mass_action else rate_expression(plain, reaction)
            scale = self._scale(len(reactants)) if mass_action else self.omega
            if mass_action and plain.option("mass_action") == "combinatorial":
                scale /= math.prod(math.factorial(order) for _, order in taken)
            self._add(action, law, not mass_action, scale, reaction.label or reaction.name, reaction)

    def _add(
        self, action: Action, law: Expression, total: bool, scale: float, name: str, said: Any,
        share: float | None = None, lowest: float = 0.0,
    ) -> None:  # fmt: skip
        varies = any(isinstance(node, Symbol) and node.kind in ("species", "time") for node in self._nodes(law))
        program = None
        used: list[int] = []
        if varies:
            if self.timing.is_smooth(law):
                message = f"the rate of `{name}` follows time: exact stochastic simulation takes rates that jump"
                hint = "write it in steps, as in `if(time < 5 s, k, 0)`"
                raise MechanismError.of(UNSUPPORTED, message, hint=hint, span=said.law.span or said.span)
            program = self._program(law, name, said, used)
        else:
            value = self.laws.evaluate(law)
            if not 0.0 <= value < math.inf:
                what = "negative" if value < 0.0 else "not a finite number"
                message = f"the rate constant of `{name}` is {what}: {value:g}"
                raise MechanismError.of("E041", message, span=said.law.span or said.span)
            scale *= value
        self.rules.add(action, total, program, share is not None)
        self.rates.append(scale)
        self.shares.append(share or 0.0)
        self.lowest.append(lowest)
        self.rule_names.append(name)
        self.rule_slots.append(tuple(used))

    def _program(self, law: Expression, name: str, said: Any, used: list[int]) -> int:
        def symbol(node: Symbol, builder: ProgramBuilder) -> Value:
            if node.kind == "time":
                return builder.emit("time")
            if node.kind == "species":
                slot = self._slot(node.name, name, said)
                used.append(slot)
                return builder.emit("slot", slot)
            if node.kind in ("definition", "observable"):
                return builder.expression(self.laws.expression_of(node.name))
            return builder.number(self.laws.evaluate(node))

        return self.programs.program(law, symbol)

    def _slot(self, name: str, rule: str, said: Any) -> int:
        """The argument of programs for an observable or a plain species."""
        sources: list[Source | None]
        if name in self.counts:
            sources = self._sources_of(self.counts[name], kept=True)
        else:
            sources = [Source(PART, self.tables.population(self.kind[name.removesuffix("()")]))]
        known = [source for source in sources if source is not None]
        if len(known) < len(sources):
            message = f"the rate of `{rule}` follows observable `{name}`, which network-free simulation cannot keep up"
            hint = "bind the molecules of its patterns to each other by bonds that are named (!1)"
            raise MechanismError.of("E315", message, hint=hint, span=said.law.span or said.span)
        return self.programs.slot(name, known)

    # --- observables --------------------------------------------------------------------------------------

    def _sources_of(self, count: Count, kept: bool) -> list[Source | None]:
        graphs = [pattern_graph(pattern, self.vocabulary) for pattern in count.patterns if pattern.molecules]
        if any(len(site.ends) > 1 for graph in graphs for site in graph.sites):
            message = f"network-free simulation does not know sites that hold several bonds: observable `{count.name}`"
            raise MechanismError.of("E315", message, span=count.span)
        make = self.tables.molecules_source if count.kind == "molecules" else self.tables.complexes_source
        return [make(graph, kept) for graph in graphs]

    def _outputs(self) -> list[list[int]]:
        """The sources of every column: plain species, then observables."""
        outputs = []
        for species in self.model.species:
            outputs.append([self.programs.source(Source(PART, self.tables.population(self.kind[species.name])))])
        kept = self.looks * self.particles > MOST_COUNTED
        for count in self.structure.counts:
            sources = self._sources_of(count, kept)
            again = self._sources_of(count, False) if None in sources else sources
            outputs.append([self.programs.source(source) for source in again if source is not None])
        return outputs

    # --- what depends on what -----------------------------------------------------------------------------

    def _depending(self) -> dict[str, Any]:
        """Rules by the parts and trackers that their propensities are made of."""
        pairs = {
            PART: set(self.rules.users(PART)),
            TRACKER: set(self.rules.users(TRACKER)),
        }
        for rule, slots in enumerate(self.rule_slots):
            numbers = (number for slot in slots for number in self.programs.slot_sources[slot])
            for source in (self.programs.sources[number] for number in numbers):
                pairs[source.kind].add((source.number, rule))
        tables: dict[str, Any] = {}
        for kind, name, size in (
            (PART, "part_rules", len(self.tables.parts)),
            (TRACKER, "tracker_rules", len(self.tables.trackers)),
        ):
            rows: list[list[int]] = [[] for _ in range(size)]
            for index, rule in sorted(pairs[kind]):
                rows[index].append(rule)
            tables |= rows_of(name, rows)
        return tables


def _omega(model: Mechanism) -> float:
    """Molecules in one unit of concentration."""
    omega = molecules_per_concentration(replace(model, structure=None))
    return float(omega)


def result_model(model: Mechanism) -> Mechanism:
    """What a result is of: plain species, and observables, of which those that count patterns are columns."""
    counts = model.structure.counts if model.structure else ()
    scale = model.units.concentration.dimension
    counted = [
        Observable(
            one.name,
            Symbol(one.name, "observable"),
            one.label,
            scale if one.dimension is None else one.dimension,
            one.pathway,
            one.span,
        )
        for one in counts
    ]
    # in the order of the text, those of no text last
    both = sorted([*model.observables, *counted], key=lambda one: math.inf if one.span is None else one.span.start)
    return replace(model, structure=None, reactions=(), observables=tuple(both))
