"""Rates that vary: programs of observables, local functions, and rates that follow from energies."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.kinetics.bytecode import ProgramBuilder, Value
from mscnet.mechanism.expression import Expression, Number, Symbol, substitute
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.structure import Count, EnergyPattern
from mscnet.mechanism.structure_text import pattern_text
from mscnet.rules.graph import BOUND, FREE, LABELLED, NONE, PatternGraph, Vocabulary, pattern_graph
from mscnet.rules.symmetry import symmetries
from mscnet.rules.transform import CompiledRule, Tag
from mscnet.simulation.particle_plans import parts_of, plan_part
from mscnet.simulation.particle_rules import refuse
from mscnet.simulation.particle_tables import IN_COMPLEX, Local, Source, Tables, flat, rows_of

_SSA = "method `ssa` simulates the network that the rules make"


class Programs:
    """Programs of rates and their arguments, under construction."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.slots: dict[Hashable, int] = {}
        self.slot_sources: list[list[int]] = []
        self.codes: list[NDArray[np.uint32]] = []
        self.literals: list[float] = []

    def source(self, source: Source) -> int:
        """The number of a source."""
        self.sources.append(source)
        return len(self.sources) - 1

    def slot(self, key: Hashable, sources: Sequence[Source]) -> int:
        """The argument that is the sum of sources."""
        if key not in self.slots:
            self.slots[key] = len(self.slot_sources)
            self.slot_sources.append([self.source(one) for one in sources])
        return self.slots[key]

    def program(self, law: Expression, symbol: Callable[[Symbol, ProgramBuilder], Value]) -> int:
        """The number of the program of a law; `symbol` says which value a symbol is."""
        builder = ProgramBuilder(lambda node: symbol(node, builder), literals=self.literals)
        code, _ = builder.arrays(builder.expression(law))
        self.codes.append(code)
        return len(self.codes) - 1

    def arrays(self, omega: float) -> dict[str, Any]:
        """The tables; numbers of molecules are given as concentrations, but those around single molecules."""
        first = np.zeros(len(self.codes) + 1, dtype=np.uint32)
        np.cumsum([len(code) // 4 for code in self.codes], out=first[1:])
        code = np.concatenate(self.codes) if self.codes else np.zeros(0, dtype=np.uint32)
        weights = [one.weight / (1.0 if one.kind >= IN_COMPLEX else omega) for one in self.sources]
        return {
            "program_first": first, "code": code, "literals": np.array(self.literals, dtype=np.float64),
            "sources": flat([(s.kind, s.number, s.relation, s.bound, s.factor) for s in self.sources]),
            "source_weight": np.array(weights, dtype=np.float64), **rows_of("slots", self.slot_sources),
        }  # fmt: skip


def local_rate(
    rule: CompiledRule,
    law: Expression,
    programs: Programs,
    tables: Tables,
    counts: Mapping[str, Count],
    laws: Mechanism,
    alone: bool,
) -> tuple[int, Local]:
    """The reactant that the rate of a rule looks at by local functions, and its program.  A molecule that is always
    `alone` is its complex.

    Raises:
        MechanismError: E315 where it looks at several, or at what else varies.
    """
    if len({(tag.reactant, tag.molecule) for tag in rule.tags}) > 1 or rule.rule.law.kind == "general":
        raise refuse(rule.rule, "its rate looks at several reactants, or is that of all places together", _SSA)
    tag = rule.tags[0]._replace(molecule=NONE) if alone else rule.tags[0]

    def symbol(node: Symbol, builder: ProgramBuilder) -> Value:
        if node.kind == "local":
            name = node.name.partition("(")[0]
            return builder.emit("slot", _local_slot(rule, counts[name], tag, programs, tables))
        if node.kind in ("species", "time", "reactant"):
            what = f"its rate follows `{node.name}` beside what is around a molecule"
            raise refuse(rule.rule, what, _SSA)
        if node.kind in ("definition", "observable"):
            return builder.expression(laws.expression_of(node.name))
        return builder.number(laws.evaluate(node))

    program = programs.program(law, symbol)
    return tag.reactant, Local(program, None if tag.molecule == NONE else tag.molecule)


def is_plain(rule: CompiledRule, tables: Tables) -> bool:
    """Whether the rate of a rule looks only at molecules without sites."""
    return all(tables.is_population(rule.reactants[tag.reactant]) for tag in rule.tags)


def plain_law(rule: CompiledRule, law: Expression, tables: Tables, counts: Mapping[str, Count]) -> Expression:
    """A law that looks at molecules without sites, each of which is all there is around it."""
    kinds = {tag.label: rule.reactants[tag.reactant].kinds[0] for tag in rule.tags}

    def value(symbol: Symbol) -> Expression | None:
        if symbol.kind != "local":
            return None
        name, _, label = symbol.name.rstrip(")").partition("(")
        graphs = [pattern_graph(pattern, tables.vocabulary) for pattern in counts[name].patterns if pattern.molecules]
        own = [graph for graph in graphs if tables.is_population(graph) and graph.kinds[0] == kinds[label]]
        sources = [tables.complexes_source(graph, False) for graph in own]
        molecules = counts[name].kind == "molecules"
        return Number(Fraction(sum(1 if molecules else int(one.weight) for one in sources if one is not None)))

    return substitute(law, value)


def _local_slot(rule: CompiledRule, count: Count, tag: Tag, programs: Programs, tables: Tables) -> int:
    kind = NONE if tag.molecule == NONE else rule.reactants[tag.reactant].kinds[tag.molecule]
    sources = []
    for pattern in count.patterns:
        graph = pattern_graph(pattern, tables.vocabulary)
        if not graph.kinds or tables.is_population(graph) or (kind != NONE and graph.kinds[0] != kind):
            continue  # never found there
        source = tables.local_source(graph, count.kind, None if kind == NONE else kind)
        if source is None:
            what = f"observable `{count.name}` has a pattern whose molecules are not bound to each other by name"
            raise refuse(rule.rule, what, _SSA)
        sources.append(source)
    return programs.slot((count.name, kind), sources)


class Energies:
    """Energy patterns, each with what one way in which it is found adds to the energy, in units of RT."""

    def __init__(self, energies: Sequence[EnergyPattern], tables: Tables, laws: Mechanism) -> None:
        self.tables = tables
        self.graphs: list[tuple[PatternGraph, float]] = []
        self.of_part: dict[int, float] = {}
        for one in energies:
            graph = pattern_graph(one.pattern, tables.vocabulary)
            if len(parts_of(graph)) != 1 or tables.is_population(graph) or graph.once:
                message = f"network-free simulation cannot keep up the energy pattern {pattern_text(one.pattern)}"
                hint = "bind its molecules to each other by bonds that are named (!1); " + _SSA
                raise MechanismError.of("E315", message, hint=hint, span=one.span)
            value = laws.evaluate(one.energy)
            if not math.isfinite(value):
                message = f"the energy of {pattern_text(one.pattern)} is not a finite number"
                raise MechanismError.of("E041", message, span=one.span)
            plan = plan_part(graph, tables.layout, range(len(graph.kinds)), None).plan
            each = value / symmetries(graph)
            part = tables.part(plan)
            self.of_part[part] = self.of_part.get(part, 0.0) + each * plan.factor
            self.graphs.append((graph, each))

    def lowest(self, rule: CompiledRule, share: float) -> float:
        """Less than `share` times the energy that the rule changes cannot be.

        Raises:
            MechanismError: E315 for a rule that makes or deletes molecules.
        """
        ops = rule.operations
        if ops.made or ops.deleted or any(to == NONE for belongs in ops.belongs for to in belongs):
            raise refuse(rule.rule, "its rate follows from energies, and it makes or deletes molecules", _SSA)
        total = 0.0
        for graph, each in self.graphs:
            made, lost = _bounds(rule, graph, self.tables.vocabulary)
            total += min(0.0, share * each * made, -share * each * lost)
        return total


#: A change of a site: its kind of molecule, the first site that is equal, what it was and what it is, and the same of
#: the site at the other end of a bond that is made or cut.
_Site = tuple[int, int]


def _bounds(rule: CompiledRule, graph: PatternGraph, vocabulary: Vocabulary) -> tuple[int, int]:
    """How many ways in which a pattern fits an event can make, and take away, at most."""
    made = lost = 0
    left = rule.reactants

    def at(number: int, site: int) -> _Site:
        pattern = left[number]
        return pattern.kinds[pattern.owner[site]], pattern.sites[site].positions[0]

    bonds = [(1, at(*pair[0][:2]), at(*pair[1][:2])) for pair in rule.operations.join]
    bonds += [(-1, at(*one), at(*other)) for one, other in rule.operations.cut]
    for sign, one, other in bonds:
        with_bond = _seats(graph, vocabulary, one, lambda s: s.bond == LABELLED, other)
        with_bond += _seats(graph, vocabulary, one, lambda s: s.bond == BOUND)
        with_bond += _seats(graph, vocabulary, other, lambda s: s.bond == BOUND)
        without = sum(_seats(graph, vocabulary, end, lambda s: s.bond == FREE) for end in (one, other))
        made += with_bond if sign > 0 else without
        lost += without if sign > 0 else with_bond
    for number, site, state in rule.operations.states:
        where, before = at(number, site), left[number].sites[site].state
        made += _seats(graph, vocabulary, where, lambda s, state=state: s.state == state)  # type: ignore[misc]
        lost += _seats(
            graph, vocabulary, where,
            lambda s, before=before, state=state: s.state == before if before != NONE else s.state not in (NONE, state),  # type: ignore[misc]
        )  # fmt: skip
    return made, lost


def _seats(
    graph: PatternGraph, vocabulary: Vocabulary, where: _Site, may: Callable[[Any], bool], other: _Site | None = None
) -> int:
    """In how many ways, at most, a pattern fits with one of its sites at a given one, and its partner at another."""
    total = 0
    for number, site in enumerate(graph.sites):
        kind = graph.kinds[graph.owner[number]]
        if (kind, site.positions[0]) != where or not may(site):
            continue
        if other is not None:
            end = site.ends[0]
            if (graph.kinds[graph.owner[end]], graph.sites[end].positions[0]) != other:
                continue
        total += _orders(graph, number)
    return total


def _orders(graph: PatternGraph, fixed: int) -> int:
    """The ways to choose the other sites of a pattern among equal ones."""
    ways = 1
    taken: dict[tuple[int, int], int] = {(graph.owner[fixed], graph.sites[fixed].positions[0]): 1}
    for number, site in enumerate(graph.sites):
        if number == fixed:
            continue
        key = (graph.owner[number], site.positions[0])
        ways *= len(site.positions) - taken.get(key, 0)
        taken[key] = taken.get(key, 0) + 1
    return ways
