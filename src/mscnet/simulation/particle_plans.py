"""Patterns as plans for the kernels: in which order their sites are looked at, from one molecule on along the bonds.

A pattern is split into parts that its own bonds hold together.  A plan first looks at what decides how it fits, the
reaction centre; of the rest it is enough that it can be found.  Equal sites of which the pattern says the same are
taken in ascending order, so that n of them are never tried in n! orders: `factor` is what that leaves out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Sequence
from math import factorial
from typing import NamedTuple

from mscnet.rules.graph import ANY, BOUND, FREE, LABELLED, NONE, Kind, PatternGraph, Vocabulary

#: As in kernels/nf.h.
NOTHING = 2**32 - 1
MOLECULE_BIT = 2**31
_SITE, _JUMP = 0, 1
_ANY, _FREE, _BOUND, _LINK, _CLOSE = range(5)
_WORDS = {FREE: _FREE, BOUND: _BOUND, ANY: _ANY}


class Step(NamedTuple):
    """A step as in kernels/nf.h; `rivals` are sites of the plan."""

    kind: int
    var: int
    site: int = 0
    lo: int = 0
    hi: int = 1
    state: int = NOTHING
    bond: int = _ANY
    after: int = NOTHING
    rivals: tuple[int, ...] = ()
    to_var: int = 0
    to_site: int = 0
    to_type: int = 0
    to_lo: int = 0
    to_hi: int = 0
    to_state: int = NOTHING


class Hop(NamedTuple):
    """The way over one bond: from sites lo … hi - 1 to those of a molecule nearer to the root."""

    lo: int
    hi: int
    to_type: int
    to_lo: int
    to_hi: int


class Watch(NamedTuple):
    """A change that the plan depends on: of the state (`bond` 0) or the bond of sites of `type` from `first` on."""

    type: int
    first: int
    bond: int
    hops: tuple[Hop, ...]


class Plan(NamedTuple):
    """A plan as in kernels/nf.h: `center` are its sites, and its molecules with `MOLECULE_BIT`."""

    root: int
    steps: tuple[Step, ...]
    n_vars: int
    n_sites: int
    center_end: int
    repeats: bool
    center: tuple[int, ...]
    factor: int
    watches: tuple[Watch, ...]


class Planned(NamedTuple):
    """A plan, and which of its molecules and sites those of the pattern are."""

    plan: Plan
    molecules: dict[int, int]
    sites: dict[int, int]


class Layout:
    """The sites of the kinds of molecules in an order in which equal ones stand side by side."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.kinds: list[Kind] = vocabulary.kinds
        self.local: list[list[int]] = []
        self.first: list[list[int]] = []
        self.last: list[list[int]] = []
        for kind in self.kinds:
            order = sorted(range(len(kind.sites)), key=lambda at, kind=kind: (kind.group[at], at))  # type: ignore[misc]
            local = [0] * len(order)
            for place, position in enumerate(order):
                local[position] = place
            self.local.append(local)
            self.first.append([local[kind.group[position]] for position in range(len(order))])
            self.last.append([local[kind.positions[kind.sites[p]][-1]] + 1 for p in range(len(order))])

    def span(self, kind: int, position: int) -> tuple[int, int]:
        """Where the sites that are equal to one begin and end."""
        return self.first[kind][position], self.last[kind][position]


class Marks(NamedTuple):
    """What is done to the molecules and sites of a pattern: those of which the same is done have the same mark."""

    molecule: Callable[[int, frozenset[int]], Hashable]
    site: Callable[[int], Hashable]


def _nothing_done(number: int, arm: frozenset[int] = frozenset()) -> Hashable:
    return None


UNMARKED = Marks(_nothing_done, _nothing_done)


def parts_of(graph: PatternGraph) -> list[list[int]]:
    """The molecules of each part that the bonds of a pattern hold together."""
    seen: set[int] = set()
    found = []
    for first in range(len(graph.kinds)):
        if first in seen:
            continue
        part = [first]
        seen.add(first)
        for molecule in part:
            for site in range(graph.starts[molecule], graph.starts[molecule + 1]):
                for end in graph.sites[site].ends:
                    if graph.owner[end] not in seen:
                        seen.add(graph.owner[end])
                        part.append(graph.owner[end])
        found.append(sorted(part))
    return found


def plan_part(
    graph: PatternGraph,
    layout: Layout,
    part: Sequence[int],
    center: tuple[Collection[int], Collection[int]] | None = ((), ()),
    marks: Marks = UNMARKED,
    root: int | None = None,
) -> Planned:
    """The plan of a part.

    `center` are the molecules and sites that tell one way to fit from another; None: every embedding is one of its own.
    """
    return _Planner(graph, layout, part, center, marks, root).planned()


class _Planner:
    def __init__(
        self,
        graph: PatternGraph,
        layout: Layout,
        part: Sequence[int],
        center: tuple[Collection[int], Collection[int]] | None,
        marks: Marks,
        root: int | None,
    ) -> None:
        self.graph, self.layout, self.part, self.marks = graph, layout, part, marks
        self.all_count = center is None
        inside = set(part)
        own_sites = [at for at, owner in enumerate(graph.owner) if owner in inside]
        self.center_molecules = inside & set(center[0]) if center else set()
        self.center_sites = set(own_sites) & set(center[1]) if center else set()
        bonds = sum(len(graph.sites[at].ends) for at in own_sites) // 2
        self.is_tree = bonds == len(part) - 1
        if root is None:
            roots = [graph.owner[at] for at in sorted(self.center_sites)] + sorted(self.center_molecules)
            root = roots[0] if roots else part[0]
        self.root = root
        # plan sites are numbered in the order of the pattern
        self.slot = {at: number for number, at in enumerate(own_sites)}
        self.var: dict[int, int] = {}
        self.hops: dict[int, tuple[Hop, ...]] = {}
        self.assigned: set[int] = set()
        self.steps: list[Step] = []
        self.ready: deque[int] = deque()
        self.waiting: list[int] = []
        self.order: dict[int, tuple[int, int, int | None]] = {}
        self.group_of: dict[int, frozenset[int]] = {}
        self.factor, self.repeats = 1, False
        self._arms: dict[int, Hashable] = {}

    def planned(self) -> Planned:
        self.var[self.root] = 0
        self.hops[self.root] = ()
        self._visit(self.root, None)
        center_end: int | None = None
        while True:
            while self.ready:
                self._emit(self.ready.popleft())
            if not self.waiting:
                break
            wanted = [at for at in self.waiting if self._is_needed(at)]
            if not wanted and center_end is None:
                center_end = len(self.steps)
            at = (wanted or self.waiting)[0]
            if center_end is None and not self.all_count and at not in self.center_sites:
                self.repeats = True
            self.waiting.remove(at)
            self._emit(at)
        center = [self.slot[at] for at in sorted(self.center_sites)]
        center += [MOLECULE_BIT + self.var[at] for at in sorted(self.center_molecules)]
        plan = Plan(
            self.graph.kinds[self.root], tuple(self.steps), len(self.var), len(self.slot),
            len(self.steps) if center_end is None or self.all_count else center_end,
            self.repeats, tuple(center), self.factor, self._watches(),
        )  # fmt: skip
        return Planned(plan, self.var, self.slot)

    # --- the order ----------------------------------------------------------------------------------

    def _visit(self, molecule: int, entry: int | None) -> None:
        """The sites of a molecule that was reached by `entry` wait their turn; equal ones in ascending order."""
        graph = self.graph
        groups: dict[tuple[int, Hashable], list[int]] = {}
        for at in range(graph.starts[molecule], graph.starts[molecule + 1]):
            if at == entry:
                continue
            lo, hi = self._span(at)
            if hi == lo + 1:
                self.ready.append(at)
            else:
                self.waiting.append(at)
                groups.setdefault((lo, self._arm(at)), []).append(at)
        for group in groups.values():
            for place, at in enumerate(group):
                self.order[at] = (place, len(group) - 1 - place, group[place - 1] if place else None)
                self.group_of[at] = frozenset(group)
            if self.all_count or self._holds_center(group[0]):
                self.factor *= factorial(len(group))

    def _span(self, at: int) -> tuple[int, int]:
        kind = self.graph.kinds[self.graph.owner[at]]
        return self.layout.span(kind, self.graph.sites[at].positions[0])

    def _beyond(self, at: int) -> frozenset[int]:
        """The molecules of a tree that a site leads to."""
        graph = self.graph
        found = {graph.owner[at]}
        stack = [graph.owner[end] for end in graph.sites[at].ends]
        while stack:
            molecule = stack.pop()
            if molecule in found:
                continue
            found.add(molecule)
            for site in range(graph.starts[molecule], graph.starts[molecule + 1]):
                stack.extend(graph.owner[end] for end in graph.sites[site].ends)
        return frozenset(found - {graph.owner[at]})

    def _arm(self, at: int) -> Hashable:
        """What the pattern says of a site and of what hangs on it; the same for arms that can be exchanged."""
        if at not in self._arms:
            self._arms[at] = self._arm_of(at)
        return self._arms[at]

    def _arm_of(self, at: int) -> Hashable:
        graph, site = self.graph, self.graph.sites[at]
        own = (site.state, site.bond, at in self.center_sites, self.marks.site(at))
        if site.bond != LABELLED:
            return own
        if not self.is_tree:
            return (*own, at)
        molecules = self._beyond(at)
        end = site.ends[0]
        other = graph.owner[end]
        rest = [each for each in range(graph.starts[other], graph.starts[other + 1]) if each != end]
        return (
            *own, graph.sites[end].positions, graph.sites[end].state, end in self.center_sites, self.marks.site(end),
            graph.kinds[other], other in self.center_molecules, self.marks.molecule(other, molecules),
            tuple(sorted(repr((graph.sites[each].positions, self._arm(each))) for each in rest)),
        )  # fmt: skip

    def _holds_center(self, at: int) -> bool:
        if at in self.center_sites:
            return True
        if self.graph.sites[at].bond != LABELLED or not self.is_tree:
            return False
        beyond = self._beyond(at)
        return any(self.graph.owner[one] in beyond for one in self.center_sites) or bool(beyond & self.center_molecules)

    def _is_needed(self, at: int) -> bool:
        """Whether a site decides how the plan fits, or is on the way to what does."""
        if self.all_count or at in self.center_sites:
            return True
        site = self.graph.sites[at]
        if site.bond != LABELLED or self.graph.owner[site.ends[0]] in self.var:
            return False
        if self.is_tree:
            return self._holds_center(at)
        left = {self.graph.owner[one] for one in self.center_sites} | self.center_molecules
        return not left <= set(self.var)

    # --- the steps ----------------------------------------------------------------------------------

    def _emit(self, at: int) -> None:
        graph, site = self.graph, self.graph.sites[at]
        owner = graph.owner[at]
        lo, hi = self._span(at)
        place, later, before = self.order.get(at, (0, 0, None))
        group = self.group_of.get(at, frozenset())
        rivals = sorted(
            self.slot[one]
            for one in self.assigned
            if graph.owner[one] == owner and one not in group and self._span(one)[0] == lo
        )
        state = NOTHING if site.state == NONE else site.state
        step = Step(
            _SITE, self.var[owner], self.slot[at], lo + place, hi - later, state, _WORDS.get(site.bond, _BOUND),
            NOTHING if before is None else self.slot[before], tuple(rivals),
        )  # fmt: skip
        self.assigned.add(at)
        self.steps.append(step if site.bond != LABELLED else self._bound(step, at))

    def _bound(self, step: Step, at: int) -> Step:
        """A step that goes along a bond, or back to what is known already."""
        graph = self.graph
        end = graph.sites[at].ends[0]
        other = graph.owner[end]
        if end in self.assigned:
            return step._replace(bond=_CLOSE, to_site=self.slot[end])
        if other in self.var:
            return step  # the other end will close it
        self.var[other] = len(self.var)
        self.assigned.add(end)
        lo, hi = self._span(end)
        own_lo, own_hi = self._span(at)
        owner = graph.owner[at]
        self.hops[other] = (Hop(lo, hi, graph.kinds[owner], own_lo, own_hi), *self.hops[owner])
        self._visit(other, end)
        state = graph.sites[end].state
        return step._replace(
            bond=_LINK, to_var=self.var[other], to_site=self.slot[end], to_type=graph.kinds[other], to_lo=lo, to_hi=hi,
            to_state=NOTHING if state == NONE else state,
        )  # fmt: skip

    def _watches(self) -> tuple[Watch, ...]:
        graph = self.graph
        found: dict[Watch, None] = {}
        for at in self.slot:
            owner = graph.owner[at]
            site, first = graph.sites[at], self._span(at)[0]
            if site.state != NONE:
                found[Watch(graph.kinds[owner], first, 0, self.hops[owner])] = None
            if site.bond != ANY:
                found[Watch(graph.kinds[owner], first, 1, self.hops[owner])] = None
        return tuple(found)


def whole_plan(planned: Sequence[Planned], count_all: bool) -> Planned:
    """The plan of a whole pattern of the plans of its parts, which are anywhere in one complex."""
    first = planned[0].plan
    steps: list[Step] = []
    molecules: dict[int, int] = {}
    sites: dict[int, int] = {}
    var = site = 0
    factor = 1
    for one in planned:
        if var:
            steps.append(Step(_JUMP, 0, to_var=var, to_type=one.plan.root))
        for step in one.plan.steps:
            after = NOTHING if step.after == NOTHING else step.after + site
            moved = step._replace(
                var=step.var + var, site=step.site + site, to_var=step.to_var + var, to_site=step.to_site + site,
                after=after, rivals=tuple(rival + site for rival in step.rivals),
            )  # fmt: skip
            steps.append(moved)
        molecules.update({at: number + var for at, number in one.molecules.items()})
        sites.update({at: number + site for at, number in one.sites.items()})
        var, site, factor = var + one.plan.n_vars, site + one.plan.n_sites, factor * one.plan.factor
    end = len(steps) if count_all else 0
    return Planned(Plan(first.root, tuple(steps), var, site, end, False, (), factor, ()), molecules, sites)
