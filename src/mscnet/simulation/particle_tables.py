"""The tables that the kernels take: parts of patterns, trackers, rules, seeds (see kernels/nf.h)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mscnet.rules.graph import NONE, Graph, PatternGraph, Vocabulary
from mscnet.simulation.particle_plans import (
    NOTHING,
    Layout,
    Marks,
    Plan,
    Planned,
    parts_of,
    plan_part,
    whole_plan,
)

#: Sources of numbers, as in kernels/nf.h.
OF_PART, OF_TRACKER, OF_MOLECULES, OF_COMPLEXES, OF_RELATION, IN_COMPLEX, AT_MOLECULE = range(7)
#: Reactants.
PART, TRACKER = range(2)
#: Relations.
RELATIONS = ("==", "!=", "<", "<=", ">", ">=")
_TIMES, _COMPARED, _ROOTS = range(3)

Row = tuple[int, ...]


class Source(NamedTuple):
    """Where a number comes from, and what it is multiplied by."""

    kind: int
    number: int
    weight: float = 1.0
    relation: int = 0
    bound: int = 0
    factor: int = 1


class Local(NamedTuple):
    """A rate that follows what is in the complex of a reactant, or at a molecule of it: the program of it."""

    program: int
    molecule: int | None


class Reactant(NamedTuple):
    """A reactant of a rule: part or tracker, where its molecules and sites are, and what each way counts."""

    kind: int
    number: int
    molecules: dict[int, int]
    sites: dict[int, int]
    n_vars: int
    n_sites: int
    factor: int


class Tables:
    """Tables under construction.  Equal parts and plans are made once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary, self.layout = vocabulary, Layout(vocabulary)
        self.steps: list[Row] = []
        self.rivals: list[int] = []
        self.centers: list[int] = []
        self.plans: list[Row] = []
        self._plan_numbers: dict[Plan, int] = {}
        self.parts: list[list[int]] = []
        self._part_numbers: dict[Plan | int, int] = {}
        self.parts_at: list[list[int]] = [[] for _ in vocabulary.kinds]
        self.watched: dict[tuple[int, int, int], list[int]] = {}
        self.reaches: list[Row] = []
        self.hops: list[Row] = []
        self.trackers: list[Row] = []
        self.tracker_parts: list[int] = []
        self._tracker_numbers: dict[Row, int] = {}
        self.tracked: list[int] = []
        self.most_vars, self.most_sites = 1, 1

    # --- plans and parts ----------------------------------------------------------------------------

    def plan(self, plan: Plan) -> int:
        """The number of a plan."""
        if plan not in self._plan_numbers:
            first, center = len(self.steps), len(self.centers)
            for step in plan.steps:
                rival = len(self.rivals)
                self.rivals += step.rivals
                self.steps.append((*step[:8], rival, len(step.rivals), *step[9:]))
            self.centers += plan.center
            self._plan_numbers[plan] = len(self.plans)
            row = (first, len(plan.steps), plan.root, plan.n_vars, plan.n_sites, plan.center_end, int(plan.repeats))
            self.plans.append((*row, center, len(plan.center)))
        return self._plan_numbers[plan]

    def part(self, plan: Plan) -> int:
        """The number of a part, whose ways are kept from now on."""
        if plan not in self._part_numbers:
            number = self._part_numbers[plan] = len(self.parts)
            own = self.parts_at[plan.root]
            self.parts.append([self.plan(plan), len(own), NOTHING, NOTHING, 0])
            own.append(number)
            for watch in plan.watches:
                self.watched.setdefault((watch.type, watch.first, watch.bond), []).append(len(self.reaches))
                self.reaches.append((number, len(self.hops), len(watch.hops)))
                self.hops += watch.hops
        return self._part_numbers[plan]

    def population(self, kind: int) -> int:
        """The part that stands for molecules of a kind without sites, which are only counted."""
        if kind not in self._part_numbers:
            self._part_numbers[kind] = len(self.parts)
            self.parts.append([0, 0, NOTHING, kind, 0])
        return self._part_numbers[kind]

    def is_population(self, graph: PatternGraph) -> bool:
        """Whether a pattern is a molecule without sites."""
        return len(graph.kinds) == 1 and not self.layout.kinds[graph.kinds[0]].sites

    # --- trackers -----------------------------------------------------------------------------------

    def column(self, part: int) -> int:
        """The column in which the ways of a part are kept by complex."""
        if self.parts[part][2] == NOTHING:
            self.parts[part][2] = len(self.tracked)
            self.tracked.append(part)
        return self.parts[part][2]

    def tracker(
        self,
        parts: Sequence[Planned],
        counted: int,
        relation: str | None = None,
        bound: int = 0,
        rate: int | None = None,
    ) -> int:
        """The number of a tracker: of complexes in which all parts are, the first `counted` of them as often as they
        are there; `rate` is the program of what is in the complex."""
        numbers = [self.part(one.plan) for one in parts]
        for number in numbers:
            self.column(number)
        plan = self.plan(whole_plan(parts, count_all=False).plan)
        mode = _TIMES if relation is None else _COMPARED
        compared = 0 if relation is None else RELATIONS.index(relation)
        program = NOTHING if rate is None else rate
        return self._tracker(numbers, (mode, compared, bound, parts[0].plan.factor, plan, counted, program))

    def roots(self, part: Planned, rate: int) -> int:
        """The number of a tracker of the molecules that a part has its root at; `rate` is the program of what is
        there."""
        number = self.part(part.plan)
        self.parts[number][4] = 1
        return self._tracker([number], (_ROOTS, 0, 0, part.plan.factor, self.plan(part.plan), 1, rate))

    def _tracker(self, parts: list[int], rest: Row) -> int:
        key = (*parts, *rest)
        if key not in self._tracker_numbers:
            self._tracker_numbers[key] = len(self.trackers)
            self.trackers.append((len(self.tracker_parts), len(parts), *rest))
            self.tracker_parts += parts
        return self._tracker_numbers[key]

    # --- patterns -----------------------------------------------------------------------------------

    def reactant(
        self,
        graph: PatternGraph,
        molecules: set[int],
        sites: set[int],
        whole: bool,
        marks: Marks,
        local: Local | None = None,
    ) -> Reactant:
        """How a reactant is found, of whose molecules and sites the rule changes these, or the `whole` complex."""
        if self.is_population(graph):
            return Reactant(PART, self.population(graph.kinds[0]), {}, {}, 0, 0, 1)
        if whole or graph.once:
            molecules, sites = set(), set()
        if local is not None and local.molecule is not None:
            one = plan_part(graph, self.layout, parts_of(graph)[0], (molecules, sites), marks, local.molecule)
            index, plan = self.roots(one, local.program), one.plan
            return Reactant(TRACKER, index, one.molecules, one.sites, plan.n_vars, plan.n_sites, plan.factor)
        planned = [plan_part(graph, self.layout, part, (molecules, sites), marks) for part in parts_of(graph)]
        planned.sort(key=lambda one: not one.plan.center)
        counted = sum(bool(one.plan.center) for one in planned)
        full = whole_plan(planned, count_all=False)
        if local is not None:
            kind, index = TRACKER, self.tracker(planned, counted, rate=local.program)
        elif len(planned) == 1 and counted:
            kind, index = PART, self.part(planned[0].plan)
        else:
            kind, index = TRACKER, self.tracker(planned, counted)
        return Reactant(kind, index, full.molecules, full.sites, full.plan.n_vars, full.plan.n_sites, full.plan.factor)

    def exists(self, graph: PatternGraph) -> int:
        """The plan that finds out whether a pattern is in a complex."""
        planned = [plan_part(graph, self.layout, part) for part in parts_of(graph)]
        return self.plan(whole_plan(planned, count_all=False).plan)

    def molecules_source(self, graph: PatternGraph, kept: bool) -> Source | None:
        """How often a pattern is found in all complexes; `kept` up after every event, or counted when asked for.

        None where that cannot be kept up: parts that the pattern does not bind to each other.
        """
        if self.is_population(graph):
            return Source(OF_PART, self.population(graph.kinds[0]))
        planned = [plan_part(graph, self.layout, part, None) for part in parts_of(graph)]
        if graph.once:
            return self.complexes_source(graph, kept)
        if kept:
            if len(planned) > 1:
                return None
            return Source(OF_PART, self.part(planned[0].plan), float(planned[0].plan.factor))
        full = whole_plan(planned, count_all=True).plan
        return Source(OF_MOLECULES, self.plan(full), float(full.factor))

    def complexes_source(self, graph: PatternGraph, kept: bool) -> Source | None:
        """In how many complexes a pattern is found, or as often as its relation says; else as `molecules_source`."""
        relation = graph.source.relation
        if self.is_population(graph):
            return self._of_population(graph)
        parts = parts_of(graph)
        if relation is None:
            planned = [plan_part(graph, self.layout, part) for part in parts]
            if not kept:
                return Source(OF_COMPLEXES, self.plan(whole_plan(planned, count_all=False).plan))
            return None if len(parts) > 1 else Source(OF_TRACKER, self.tracker(planned, 0))
        planned = [plan_part(graph, self.layout, part, None) for part in parts]
        full = whole_plan(planned, count_all=True).plan
        if not kept:
            return Source(
                OF_RELATION, self.plan(full), 1.0, RELATIONS.index(relation[0]), min(relation[1], NOTHING - 1),
                full.factor,
            )  # fmt: skip
        return None if len(parts) > 1 else Source(OF_TRACKER, self.tracker(planned, 0, *relation))

    def _of_population(self, graph: PatternGraph) -> Source:
        """A molecule without sites is found once in itself."""
        relation = graph.source.relation
        holds = relation is None or _compare(1, *relation)
        return Source(OF_PART, self.population(graph.kinds[0]), float(holds))

    def local_source(self, graph: PatternGraph, kind: str, at: int | None) -> Source | None:
        """What an observable counts in one complex or, with `at`, at one molecule of that kind; None where that is
        not kept up, or is nothing."""
        parts = parts_of(graph)
        if len(parts) > 1 or self.is_population(graph):
            return None
        root = None if at is None else 0
        plan = plan_part(graph, self.layout, parts[0], None, root=root).plan
        number = self.part(plan)
        relation, bound = graph.source.relation or (">=", 1)
        compared = kind == "species" or graph.once
        rest = (RELATIONS.index(relation), min(bound, NOTHING - 1)) if compared else (NOTHING, 0)
        if at is None:
            return Source(IN_COMPLEX, self.column(number), float(plan.factor), *rest, plan.factor)
        self.parts[number][4] = 1
        return Source(AT_MOLECULE, number, float(plan.factor), *rest, plan.factor)

    # --- seeds --------------------------------------------------------------------------------------

    def seed(self, graph: Graph) -> tuple[list[Row], list[int], list[Row]]:
        """Molecules (kind, first state), states in the kernels' order, and bonds of a kind of complex."""
        molecules: list[Row] = []
        states: list[int] = []
        bonds: list[Row] = []
        for molecule, kind in enumerate(graph.kinds):
            local = self.layout.local[kind]
            own = [NOTHING] * len(local)
            for position, place in enumerate(local):
                state = graph.states[graph.starts[molecule] + position]
                own[place] = NOTHING if state == NONE else state
            molecules.append((kind, len(states)))
            states += own
        for site, ends in enumerate(graph.bonds):
            for end in ends:
                if end > site:
                    bonds.append((*self._seat(graph, site), *self._seat(graph, end)))
        return molecules, states, bonds

    def _seat(self, graph: Graph, site: int) -> tuple[int, int]:
        molecule = graph.owner[site]
        return molecule, self.layout.local[graph.kinds[molecule]][site - graph.starts[molecule]]

    # --- arrays -------------------------------------------------------------------------------------

    def arrays(self) -> dict[str, Any]:
        """The tables of patterns."""
        sizes = [len(kind.sites) for kind in self.layout.kinds]
        starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.uint32)
        keys: list[list[int]] = [[] for _ in range(2 * sum(sizes))]
        for (kind, first, bond), rows in self.watched.items():
            keys[2 * (int(starts[kind]) + first) + bond] = rows
        classes = []
        for kind, size in enumerate(sizes):
            back = {place: position for position, place in enumerate(self.layout.local[kind])}
            classes += [self.layout.first[kind][back[place]] for place in range(size)]
        return {
            "site_first": starts, "site_class": flat(classes), **rows_of("parts_at", self.parts_at),
            **rows_of("reach", keys), "steps": flat(self.steps), "plans": flat(self.plans),
            "rivals": flat(self.rivals), "centers": flat(self.centers), "parts": flat(self.parts),
            "reaches": flat(self.reaches), "hops": flat(self.hops), "trackers": flat(self.trackers),
            "tracker_parts": flat(self.tracker_parts), "tracked_part": flat(self.tracked),
        }  # fmt: skip


def _compare(number: int, relation: str, bound: int) -> bool:
    return {
        "==": number == bound, "!=": number != bound, "<": number < bound, "<=": number <= bound,
        ">": number > bound, ">=": number >= bound,
    }[relation]  # fmt: skip


def flat(rows: Sequence[Sequence[int]] | Sequence[int]) -> NDArray[np.uint32]:
    """Rows of numbers one behind the other."""
    numbers: list[int] = []
    for row in rows:
        if isinstance(row, int):
            numbers.append(row)
        else:
            numbers += row
    return np.array(numbers, dtype=np.int64).astype(np.uint32)


def rows_of(name: str, rows: Sequence[Sequence[int]]) -> dict[str, NDArray[np.uint32]]:
    """Lists of numbers with where each begins."""
    first = np.zeros(len(rows) + 1, dtype=np.uint32)
    np.cumsum([len(row) for row in rows], out=first[1:])
    return {f"{name}_first": first, name: flat([number for row in rows for number in row])}
