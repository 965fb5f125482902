"""Rules as operations on what the kernels draw (see kernels/nf.h)."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.structure import Rule
from mscnet.mechanism.structure_text import rule_text
from mscnet.rules.graph import NONE, PatternGraph
from mscnet.rules.transform import CompiledRule
from mscnet.simulation.particle_plans import NOTHING, Marks, parts_of
from mscnet.simulation.particle_tables import Local, Reactant, Tables, flat

#: Operations, as in kernels/nf.h.
UNBIND, DELETE, DISSOLVE, STATE, CREATE, BIND, COUNT = range(7)
#: More reactants than this no rule has.
MOST_REACTANTS = 8


class Restricted(NamedTuple):
    """The complex of molecule `var`, of a reactant or a product (`product` 1), has to match one of `plans`, or none."""

    product: int
    var: int
    exclude: int
    plans: tuple[int, ...]


class Action(NamedTuple):
    """A rule as the kernels take it; `factor` is what each way of it counts."""

    reactants: tuple[tuple[int, ...], ...]
    ops: tuple[tuple[int, int, int, int], ...]
    products: tuple[tuple[int, int], ...]
    restrictions: tuple[Restricted, ...]
    fragments: bool
    factor: float


def refuse(rule: Rule, what: str, hint: str | None = None) -> MechanismError:
    """The error that names what a network-free run cannot do."""
    message = f"network-free simulation cannot do rule {rule.label or rule.name} ({rule_text(rule)}): {what}"
    return MechanismError.of("E315", message, hint=hint, span=rule.span)


def action_of(rule: CompiledRule, tables: Tables, fixed: set[int], local: tuple[int, Local] | None = None) -> Action:
    """What the kernels do for a rule; molecules of the `fixed` kinds without sites keep their number.  `local` is a
    reactant with the rate that follows what is around it.

    Raises:
        MechanismError: E315 for what a network-free run cannot do.
    """
    return _Builder(rule, tables, fixed, local).action()


class _Builder:
    def __init__(self, rule: CompiledRule, tables: Tables, fixed: set[int], local: tuple[int, Local] | None) -> None:
        self.rule, self.tables, self.fixed, self.local = rule, tables, fixed, local
        if len(rule.reactants) > MOST_REACTANTS:
            raise refuse(rule.rule, f"it has more than {MOST_REACTANTS} reactants")
        for graph in (*rule.reactants, *rule.products):
            if any(len(site.ends) > 1 for site in graph.sites):
                raise refuse(rule.rule, "a site holds several bonds", "give the molecule one site a bond")
        self.factor = float(rule.factor)
        self.reactants: list[Reactant] = []
        self.var_first: list[int] = []
        self.site_first: list[int] = []
        var = site = 0
        for number, graph in enumerate(rule.reactants):
            one = self._reactant(number, graph)
            self.reactants.append(one)
            self.var_first.append(var)
            self.site_first.append(site)
            self.factor *= one.factor
            var, site = var + one.n_vars, site + one.n_sites
        self.n_vars, self.n_sites = var, site
        self.made: list[tuple[int, int]] = []

    # --- reactants ----------------------------------------------------------------------------------

    def _reactant(self, number: int, graph: PatternGraph) -> Reactant:
        molecules, sites, wholes = self.rule.centre
        first_molecule = sum(len(one.kinds) for one in self.rule.reactants[:number])
        first_site = sum(len(one.sites) for one in self.rule.reactants[:number])
        own_molecules = {at - first_molecule for at in molecules} & set(range(len(graph.kinds)))
        own_sites = {at - first_site for at in sites} & set(range(len(graph.sites)))
        marks = Marks(
            lambda at, arm: self._molecule_mark(number, at, arm), lambda at: self._site_mark(number, at)
        )  # fmt: skip
        local = self.local[1] if self.local is not None and self.local[0] == number else None
        if local is not None and local.molecule is not None:
            changed = {graph.owner[at] for at in own_sites} | own_molecules
            if local.molecule not in changed or len(parts_of(graph)) > 1 or number in wholes or graph.once:
                what = "its rate follows what is at a molecule that it does not change"
                raise refuse(self.rule.rule, what, "tag the whole reactant: `%x:A(b)` in place of `A%x(b)`")
        return self.tables.reactant(graph, own_molecules, own_sites, number in wholes, marks, local)

    def _site_mark(self, number: int, at: int) -> Hashable:
        """What the rule does to a site; bonds that it makes are told apart."""
        ops = self.rule.operations
        state = next((new for reactant, site, new in ops.states if (reactant, site) == (number, at)), NONE)
        is_cut = any((number, at) in ends for ends in ops.cut)
        joined = tuple(i for i, pair in enumerate(ops.join) if any(end[:2] == (number, at) for end in pair))
        return state, is_cut, joined, self.rule.reactants[number].sites[at].label

    def _molecule_mark(self, number: int, at: int, arm: frozenset[int]) -> Hashable:
        """Where the rule leaves a molecule of an arm of a reactant; a product of the arm's own is like another's."""
        rule = self.rule
        product = rule.operations.belongs[number][at]
        label = rule.reactants[number].source.molecules[at].label
        tagged = label if any(tag.label == label for tag in rule.tags) else None
        if product == NONE or not self._is_own(number, product, arm) or any(side for side, _ in self._restricted()):
            return product, tagged
        return "own", tagged

    def _is_own(self, number: int, product: int, arm: frozenset[int]) -> bool:
        ops = self.rule.operations
        if any(made.product == product for made in ops.made):
            return False
        members = {(r, at) for r, belongs in enumerate(ops.belongs) for at, to in enumerate(belongs) if to == product}
        return members <= {(number, at) for at in arm}

    def _restricted(self) -> set[tuple[int, int]]:
        return set(self.rule.include) | set(self.rule.exclude)

    def _var(self, number: int, molecule: int) -> int:
        return self.var_first[number] + self.reactants[number].molecules[molecule]

    def _site(self, number: int, site: int) -> int:
        return self.site_first[number] + self.reactants[number].sites[site]

    def _is_counted(self, number: int) -> bool:
        return self.tables.is_population(self.rule.reactants[number])

    # --- operations ---------------------------------------------------------------------------------

    def action(self) -> Action:
        ops = self._ops()
        self.tables.most_vars = max(self.tables.most_vars, self.n_vars)
        self.tables.most_sites = max(self.tables.most_sites, self.n_sites)
        rows = tuple(
            (one.kind, one.number, self.var_first[i], self.site_first[i], one.n_vars, one.n_sites)
            for i, one in enumerate(self.reactants)
        )
        products = self._products()
        return Action(
            rows, tuple(ops), products, self._restrictions(products), self.rule.rule.delete_molecules, self.factor
        )

    def _count(self, kind: int, more: int) -> list[tuple[int, int, int, int]]:
        return [] if kind in self.fixed else [(COUNT, kind, more, 0)]

    def _ops(self) -> list[tuple[int, int, int, int]]:
        rule, operations = self.rule, self.rule.operations
        ops: list[tuple[int, int, int, int]] = []
        for one, _ in operations.cut:
            ops.append((UNBIND, self._site(*one), 0, 0))
        for number, belongs in enumerate(operations.belongs):
            if self._is_counted(number):
                ops += self._count(rule.reactants[number].kinds[0], 0) if belongs[0] == NONE else []
            elif number in operations.deleted:
                ops.append((DISSOLVE, self._var(number, 0), 0, 0))
            else:
                ops += [(DELETE, self._var(number, at), 0, 0) for at, to in enumerate(belongs) if to == NONE]
        ops += [(STATE, self._site(number, site), state, 0) for number, site, state in operations.states]
        for made in operations.made:
            ops += self._make(made.kind, made.states)
        for pair in operations.join:
            ops.append((BIND, self._end(*pair[0]), self._end(*pair[1]), 0))
        return ops

    def _make(self, kind: int, states: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
        local = self.tables.layout.local[kind]
        if not local:
            self.made.append((NONE, NONE))
            return self._count(kind, 1)
        var, site = self.n_vars, self.n_sites
        self.made.append((var, site))
        self.n_vars, self.n_sites = var + 1, site + len(local)
        ops = [(CREATE, var, kind, site)]
        for position, state in enumerate(states):
            ops.append((STATE, site + local[position], NOTHING if state == NONE else state, 0))
        return ops

    def _end(self, number: int, site: int, position: int) -> int:
        if number != NONE:
            return self._site(number, site)
        kind = self.rule.operations.made[site].kind
        return self.made[site][1] + self.tables.layout.local[kind][position]

    def _products(self) -> tuple[tuple[int, int], ...]:
        operations = self.rule.operations
        found = [
            (self._var(number, at), to)
            for number, belongs in enumerate(operations.belongs)
            if not self._is_counted(number) and number not in operations.deleted
            for at, to in enumerate(belongs)
            if to != NONE
        ]
        found += [(var, made.product) for (var, _), made in zip(self.made, operations.made, strict=True) if var != NONE]
        return tuple(sorted(found, key=lambda each: each[1]))

    def _restrictions(self, products: tuple[tuple[int, int], ...]) -> tuple[Restricted, ...]:
        found = []
        for exclude, sides in enumerate((self.rule.include, self.rule.exclude)):
            for (side, number), matchers in sides.items():
                if side:
                    var = next((var for var, product in products if product == number), None)
                else:
                    var = None if self._is_counted(number) else self.var_first[number]
                if var is None:
                    raise refuse(self.rule.rule, "a restriction is on molecules without sites", "leave it out")
                plans = tuple(self._plan(matcher.pattern) for matcher in matchers)
                found.append(Restricted(side, var, exclude, plans))
        return tuple(found)

    def _plan(self, graph: PatternGraph) -> int:
        if self.tables.is_population(graph):
            raise refuse(self.rule.rule, "a restriction names a molecule without sites", "leave it out")
        return self.tables.exists(graph)


class RuleTables:
    """The tables of rules under construction."""

    def __init__(self) -> None:
        self.reactants: list[tuple[int, ...]] = []
        self.ops: list[tuple[int, ...]] = []
        self.products: list[tuple[int, ...]] = []
        self.restrictions: list[tuple[int, ...]] = []
        self.restriction_plans: list[int] = []
        self.rules: list[tuple[int, ...]] = []

    def add(self, action: Action, total: bool, program: int | None, energetic: bool = False) -> int:
        """The number of a rule; `program` is that of its rate where it varies."""
        row = [len(self.reactants), len(action.reactants), len(self.ops), len(action.ops)]
        row += [len(self.products), len(action.products), len(self.restrictions), len(action.restrictions)]
        self.reactants += action.reactants
        self.ops += action.ops
        self.products += action.products
        for one in action.restrictions:
            plans = len(self.restriction_plans)
            self.restriction_plans += one.plans
            self.restrictions.append((one.product, one.var, one.exclude, plans, len(one.plans)))
        row += [int(action.fragments), int(total), NOTHING if program is None else program, int(energetic)]
        self.rules.append(tuple(row))
        return len(self.rules) - 1

    def users(self, kind: int) -> list[tuple[int, int]]:
        """Pairs of a part or tracker (`kind` as in a reactant) and a rule that it is a reactant of."""
        found = []
        for number, rule in enumerate(self.rules):
            for reactant in self.reactants[rule[0] : rule[0] + rule[1]]:
                if reactant[0] == kind:
                    found.append((reactant[1], number))
        return found

    def arrays(self) -> dict[str, Any]:
        return {
            "reactants": flat(self.reactants), "ops": flat(self.ops), "products": flat(self.products),
            "restrictions": flat(self.restrictions), "restriction_plans": flat(self.restriction_plans),
            "rules": flat(self.rules),
        }  # fmt: skip
