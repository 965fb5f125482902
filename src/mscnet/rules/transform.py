"""A rule as operations: which bonds it breaks and makes, which states and places it changes, what it makes and deletes.

Products are mapped to reactants as BNGL does it: by labels (``%x``) where they are given, else a molecule to the next
one of its name that names the same sites, and a site to the next one of its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple, NoReturn

from mscnet.diagnostics import MechanismError, Span
from mscnet.mechanism.expression import Expression, Symbol, walk
from mscnet.mechanism.structure import Pattern, Rule
from mscnet.mechanism.structure_text import molecule_text, rule_text
from mscnet.rules.graph import ANY, BOUND, FREE, LABELLED, NONE, Graph, PatternGraph, Vocabulary, pattern_graph
from mscnet.rules.match import Matcher, counter
from mscnet.rules.placing import crossing
from mscnet.rules.symmetry import SymmetryGraph, joined, statistical_factor


class Made(NamedTuple):
    """A molecule that a rule makes: its kind, its states and its place (or NONE), and the product it belongs to.

    `inherited` are positions of sites with the reactant and site whose state they take: those of one label (``%x``).
    """

    kind: int
    states: tuple[int, ...]
    place: int
    product: int
    inherited: tuple[tuple[int, int, int], ...] = ()


class Tag(NamedTuple):
    """What a local function looks at: a reactant as a whole (`molecule` NONE), or a molecule of it."""

    label: str
    reactant: int
    molecule: int


class Operations(NamedTuple):
    """What a rule does.  Sites and molecules are pairs of the reactant and the number in its pattern, or, for what the
    rule makes, of NONE and the number of the molecule made (with the position of its site).

    ``cut`` and ``join`` are bonds, ``states`` sites with their new states, ``moves`` molecules (or, with NONE, whole
    species) with the place they leave and the one they come to; ``belongs`` says in which product each molecule of the
    reactants comes out (NONE: it is deleted), ``deleted`` which reactants are deleted as whole species.
    """

    cut: tuple[tuple[tuple[int, int], tuple[int, int]], ...]
    join: tuple[tuple[tuple[int, int, int], tuple[int, int, int]], ...]
    states: tuple[tuple[int, int, int], ...]
    moves: tuple[tuple[int, int, int, int], ...]
    made: tuple[Made, ...]
    belongs: tuple[tuple[int, ...], ...]
    deleted: frozenset[int]


class CompiledRule(NamedTuple):
    """A rule ready to be applied.

    `matchers` find the reactants up to their reaction centre; `factor` is what each application counts, `include` and
    `exclude` are the restrictions by side (0 reactants, 1 products) and number from 0, `places` those of the products
    as wholes.  With `ordered` the law tells the reactants apart, so that they are not exchanged.
    """

    rule: Rule
    reactants: tuple[PatternGraph, ...]
    products: tuple[PatternGraph, ...]
    matchers: tuple[Matcher, ...]
    operations: Operations
    factor: Fraction
    include: dict[tuple[int, int], list[Matcher]]
    exclude: dict[tuple[int, int], list[Matcher]]
    places: tuple[int, ...]
    tags: tuple[Tag, ...]
    ordered: bool
    centre: tuple[frozenset[int], frozenset[int], frozenset[int]]

    @property
    def changes_nothing(self) -> bool:
        """Whether it leaves everything as it is."""
        done = self.operations
        gone = done.deleted or any(NONE in products for products in done.belongs)
        return not (done.cut or done.join or done.states or done.moves or done.made or gone)


def compile_rule(rule: Rule, vocabulary: Vocabulary) -> CompiledRule:
    """Work out what a rule does.

    Raises `MechanismError`: E300 for a pattern that cannot be, E301 for a molecule that is made but not said in full,
    E302 for products that do not follow from the reactants.
    """
    reactants = tuple(pattern_graph(pattern, vocabulary) for pattern in rule.reactants if pattern.molecules)
    products = tuple(pattern_graph(pattern, vocabulary) for pattern in rule.products if pattern.molecules)
    work = _Mapping(rule, vocabulary, reactants, products)
    operations = work.operations()
    centre = work.centre(operations)
    matchers = tuple(
        Matcher(
            pattern,
            [at - work.left_molecules[number] for at in centre[0] if work.reactant_of[at] == number],
            [at - work.left_sites[number] for at in centre[1] if work.reactant_of[work.left.owner[at]] == number],
            [site for made in operations.made for _, reactant, site in made.inherited if reactant == number],
        )
        for number, pattern in enumerate(reactants)
    )
    _feasible(work, centre)
    include, exclude = _restrictions(rule, vocabulary)
    laws = (rule.law.expression, *(rule.activation or ()))
    ordered = any(isinstance(node, Symbol) and node.kind == "reactant" for law in laws for node in walk(law))
    return CompiledRule(
        rule, reactants, products, matchers, operations,
        statistical_factor(reactants, products, work.molecule_map, work.site_map, centre),
        include, exclude, tuple(pattern.place for pattern in products), _tags(rule, laws), ordered, centre,
    )  # fmt: skip


#: In so many ways, at most, molecules that a rule changes may change places within one reactant: each is tried.
MOST_EXCHANGES = 50_000


def _feasible(work: _Mapping, centre: tuple[frozenset[int], frozenset[int], frozenset[int]]) -> None:
    """Refuse a rule whose applications to one species would be legion, all the same."""
    graph = SymmetryGraph(work.reactants, work.right, work.molecule_map, work.site_map)
    changed = centre[0] | {work.left.owner[site] for site in centre[1]}
    for number, pattern in enumerate(work.reactants):
        own = [graph.molecules[at] for at in sorted(changed) if work.reactant_of[at] == number]
        ways = graph.orbit(own) if len(own) > 1 else 1
        if ways > MOST_EXCHANGES:
            work.refuse(
                f"{len(own)} molecules of one reactant, all of which the rule changes, may change places in "
                f"{ways:,} ways, more than the {MOST_EXCHANGES:,} that can be tried",
                pattern.source.span,
                "let the rule change fewer of them at once, or delete the species as a whole (without DeleteMolecules)",
            )


def _restrictions(
    rule: Rule, vocabulary: Vocabulary
) -> tuple[dict[tuple[int, int], list[Matcher]], dict[tuple[int, int], list[Matcher]]]:
    found: dict[str, dict[tuple[int, int], list[Matcher]]] = {"include": {}, "exclude": {}}
    for each in rule.restrictions:
        side = each.side == "products"
        count = sum(bool(pattern.molecules) for pattern in (rule.products if side else rule.reactants))
        if not 1 <= each.number <= count:
            message = f"{each.kind}_{each.side}({each.number}, …) of a rule that has {count} of them: {rule_text(rule)}"
            raise MechanismError.of("E300", message, span=each.span or rule.span)
        matchers = [counter(pattern_graph(pattern, vocabulary)) for pattern in each.patterns]
        found[each.kind].setdefault((int(side), each.number - 1), []).extend(matchers)
    return found["include"], found["exclude"]


def _tags(rule: Rule, laws: Sequence[Expression]) -> tuple[Tag, ...]:
    """The labels that local functions of the law look at, as they first come."""
    known = {}
    for number, pattern in enumerate(each for each in rule.reactants if each.molecules):
        if pattern.label is not None:
            known[pattern.label] = Tag(pattern.label, number, NONE)
        for at, molecule in enumerate(pattern.molecules):
            if molecule.label is not None:
                known[molecule.label] = Tag(molecule.label, number, at)
    tags: dict[str, Tag] = {}
    for law in laws:
        for node in walk(law):
            if isinstance(node, Symbol) and node.kind == "local":
                label = node.name.rpartition("(")[2].rstrip(")")
                if label not in known:
                    message = f"nothing on the left of {rule_text(rule)} is tagged %{label}, which its rate looks at"
                    raise MechanismError.of("E302", message, span=node.span or rule.span)
                tags[label] = known[label]
    return tuple(tags.values())


class _Mapping:
    """Which molecule and site of the reactants each of the products is, and what follows."""

    def __init__(
        self, rule: Rule, vocabulary: Vocabulary, reactants: Sequence[PatternGraph], products: Sequence[PatternGraph]
    ) -> None:
        self.rule, self.vocabulary, self.reactants, self.products = rule, vocabulary, reactants, products
        self.left, self.right = joined(reactants), joined(products)
        self.left_molecules, self.left_sites, self.reactant_of = _offsets(reactants)
        _, _, self.product_of = _offsets(products)
        left = _Keys(reactants, self)
        right = _Keys(products, self)
        molecule_of = {key: at for at, key in enumerate(right.molecules)}
        site_of = {key: at for at, key in enumerate(right.sites)}
        self.molecule_map = [molecule_of.get(key, NONE) for key in left.molecules]
        self.site_map = [site_of.get(key, NONE) for key in left.sites]
        self.molecule_back = [NONE] * len(self.right.kinds)
        for at, target in enumerate(self.molecule_map):
            if target != NONE:
                self.molecule_back[target] = at
        self.site_back = [NONE] * len(self.right.sites)
        for at, target in enumerate(self.site_map):
            if target != NONE:
                self.site_back[target] = at
        self._check()

    def refuse(self, message: str, span: Span | None = None, hint: str | None = None, code: str = "E302") -> NoReturn:
        shown = f"{message}: {rule_text(self.rule)}"
        raise MechanismError.of(code, shown, span=span or self.rule.span, hint=hint)

    def _check(self) -> None:
        """Labels join what can be the same, and sites of kept molecules are named on both sides."""
        left, right = self.left, self.right
        for at, target in enumerate(self.molecule_map):
            if target != NONE and left.kinds[at] != right.kinds[target]:
                self.refuse(f"one label stands at {self._name(left, at)} and at {self._name(right, target)}",
                            hint="a molecule stays what it is; delete the one and make the other")  # fmt: skip
        for at, target in enumerate(self.site_map):
            owner = self.molecule_map[left.owner[at]]
            # The label of a site may go from a molecule that is deleted to one that is made, which takes its state.
            stays = owner != NONE and (target == NONE or right.owner[target] != owner)
            leaves = owner == NONE and target != NONE and self.molecule_back[right.owner[target]] != NONE
            if stays or leaves:
                self._refuse_site(left, at)
            if target != NONE and left.sites[at].name != right.sites[target].name:
                self.refuse(f"one label stands at sites {left.sites[at].name} and {right.sites[target].name}",
                            hint="a label is of one site, on both sides: give each its own")  # fmt: skip
        for target, at in enumerate(self.site_back):
            if at == NONE and self.molecule_back[right.owner[target]] != NONE:
                self._refuse_site(right, target)

    def _refuse_site(self, graph: PatternGraph, site: int) -> NoReturn:
        self.refuse(
            f"site {graph.sites[site].name} of {self._name(graph, graph.owner[site])} is not on both sides",
            hint="name the same sites of a molecule on both sides, with the same labels",
        )

    def _name(self, graph: PatternGraph, molecule: int) -> str:
        return self.vocabulary.kinds[graph.kinds[molecule]].name

    # --- operations -------------------------------------------------------------------------------

    def operations(self) -> Operations:
        made, positions = self._made()
        belongs = tuple(
            tuple(
                NONE if self.molecule_map[first + at] == NONE else self.product_of[self.molecule_map[first + at]]
                for at in range(len(pattern.kinds))
            )
            for first, pattern in zip(self.left_molecules, self.reactants, strict=True)
        )
        deleted = frozenset(
            number
            for number, targets in enumerate(belongs)
            if not self.rule.delete_molecules and all(target == NONE for target in targets)
        )
        self._check_bonds()
        return Operations(
            self._cut(), self._join(positions), self._states(), self._moves(belongs), made, belongs, deleted
        )

    def _made(self) -> tuple[tuple[Made, ...], dict[int, tuple[int, int, int]]]:
        """The molecules that the rule makes, and where the sites of the products are that they have."""
        made: list[Made] = []
        positions: dict[int, tuple[int, int, int]] = {}
        right = self.right
        for at, back in enumerate(self.molecule_back):
            if back != NONE:
                continue
            kind = self.vocabulary.kinds[right.kinds[at]]
            states = [NONE] * len(kind.sites)
            taken: Counter[str] = Counter()
            inherited = []
            for site in range(right.starts[at], right.starts[at + 1]):
                said = right.sites[site]
                position = said.positions[taken[said.name]]
                taken[said.name] += 1
                before = self.site_back[site]
                if before != NONE and said.state == NONE and kind.states[position]:
                    inherited.append((position, *self._at(before)))
                elif said.state == NONE and kind.states[position]:
                    self._refuse_made(at, f"leaves open the state of site {said.name}")
                if said.bond in (BOUND, ANY):
                    self._refuse_made(at, f"leaves open the bond of site {said.name}")
                states[position] = said.state
                positions[site] = (NONE, len(made), position)
            missing = [name for name, each in kind.positions.items() if taken[name] < len(each)]
            if missing:
                self._refuse_made(at, f"does not name {', '.join(missing)}")
            made.append(Made(right.kinds[at], tuple(states), right.places[at], self.product_of[at], tuple(inherited)))
        return tuple(made), positions

    def _refuse_made(self, at: int, what: str) -> NoReturn:
        pattern = [molecule for each in self.rule.products for molecule in each.molecules][at]
        text = molecule_text(pattern)
        twin = any(molecule.name == pattern.name for each in self.rule.reactants for molecule in each.molecules)
        hint = (
            f"if it is the {pattern.name} on the left, name the same sites on both sides"
            if twin
            else "say every site of a molecule that a rule makes, with its state"
        )
        self.refuse(f"{text}, which the rule makes, {what}", pattern.span, hint, "E301")

    def _check_bonds(self) -> None:
        """Wildcards stay wildcards: what is left open can be neither made nor broken."""
        for at, target in self._kept():
            site, after = self.left.sites[at], self.right.sites[target]
            wild, kept = site.bond in (BOUND, ANY), after.bond in (BOUND, ANY)
            opened = site.bond == ANY and after.bond == FREE  # BioNetGen leaves such a site as it is
            if (wild or kept) and site.bond != after.bond and not opened:
                self.refuse(
                    f"what site {site.name} is bound to is left open on one side alone",
                    hint="name the partner and its bond (!1) where the rule breaks or makes it, or leave it open on "
                    "both sides",
                )
            if site.state != NONE and after.state == NONE:
                self.refuse(f"site {site.name} has a state on the left and none on the right",
                            hint=f"say its state on the right, too: {site.name}~…")  # fmt: skip

    def _kept(self) -> Iterator[tuple[int, int]]:
        """The sites of the molecules that stay, and what they are on the right."""
        for at, target in enumerate(self.site_map):
            if target != NONE and self.molecule_map[self.left.owner[at]] != NONE:
                yield at, target

    def _at(self, site: int) -> tuple[int, int]:
        """A site of the reactants as reactant and number in it."""
        number = self.reactant_of[self.left.owner[site]]
        return number, site - self.left_sites[number]

    def _cut(self) -> tuple[tuple[tuple[int, int], tuple[int, int]], ...]:
        kept = dict(self._kept())
        return tuple(
            (self._at(site), self._at(end))
            for site, end in _bonds(self.left)
            if site in kept and end in kept and kept[end] not in self.right.sites[kept[site]].ends
        )

    def _join(
        self, positions: dict[int, tuple[int, int, int]]
    ) -> tuple[tuple[tuple[int, int, int], tuple[int, int, int]], ...]:
        join = []
        for site, end in _bonds(self.right):
            new = site in positions or end in positions
            if new or self.site_back[end] not in self.left.sites[self.site_back[site]].ends:
                ends = [positions.get(each) or (*self._at(self.site_back[each]), NONE) for each in (site, end)]
                join.append((ends[0], ends[1]))
        return tuple(join)

    def _states(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(
            (*self._at(at), self.right.sites[target].state)
            for at, target in self._kept()
            if self.right.sites[target].state != self.left.sites[at].state
        )

    # --- places -----------------------------------------------------------------------------------

    def _moves(self, belongs: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, int, int, int], ...]:
        return (*self._moves_of_species(belongs), *self._moves_of_molecules())

    def _moves_of_species(self, belongs: tuple[tuple[int, ...], ...]) -> Iterator[tuple[int, int, int, int]]:
        """A species moves as a whole where both sides give it a place, and it has the same molecules on both."""
        vocabulary = self.vocabulary
        for number, targets in enumerate(belongs):
            product = targets[0]
            if product == NONE or set(targets) != {product}:
                continue
            back = [self.molecule_back[at] for at, of in enumerate(self.product_of) if of == product]
            if NONE in back or {self.reactant_of[at] for at in back} != {number}:
                continue
            source, target = self.reactants[number].place, self.products[product].place
            if NONE in (source, target) or source == target:
                continue
            if vocabulary.dimension[source] != vocabulary.dimension[target]:
                self.refuse("a whole species goes from a volume to a surface, or back",
                            hint="move its molecules: A(…)@here -> A(…)@there")  # fmt: skip
            if vocabulary.dimension[source] == 2 and not crossing(vocabulary, source, target):
                self.refuse("a species on a surface goes to one that no single volume lies between",
                            hint="let it go from surface to surface, each beside the one before")  # fmt: skip
            yield number, NONE, source, target

    def _moves_of_molecules(self) -> Iterator[tuple[int, int, int, int]]:
        for at, target in enumerate(self.molecule_map):
            if target == NONE:
                continue
            source, goal = self.left.places[at], self.right.places[target]
            if (source == NONE) != (goal == NONE):
                self.refuse(f"the compartment of {self._name(self.left, at)} is given on one side alone",
                            hint="say it on both sides: A(…)@here -> A(…)@there")  # fmt: skip
            if source != goal:
                number = self.reactant_of[at]
                yield number, at - self.left_molecules[number], source, goal

    # --- the reaction centre ----------------------------------------------------------------------

    def centre(self, operations: Operations) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
        """What the rule changes: molecules, sites (numbered through all reactants) and whole reactants."""
        molecules: set[int] = set()
        sites: set[int] = set()
        wholes = set(operations.deleted)
        for ends in operations.cut:
            sites.update(self.left_sites[number] + site for number, site in ends)
        for pair in operations.join:
            sites.update(self.left_sites[number] + site for number, site, _ in pair if number != NONE)
        sites.update(self.left_sites[number] + site for number, site, _ in operations.states)
        for number, molecule, *_ in operations.moves:
            if molecule == NONE:
                wholes.add(number)
            else:
                molecules.add(self.left_molecules[number] + molecule)
        for number, targets in enumerate(operations.belongs):
            if number not in operations.deleted:
                first = self.left_molecules[number]
                molecules.update(first + at for at, target in enumerate(targets) if target == NONE)
        return frozenset(molecules), frozenset(sites), frozenset(wholes)


class _Keys:
    """What tells the molecules and sites of one side of a rule apart, and is the same for the same one on the other."""

    def __init__(self, patterns: Sequence[PatternGraph], work: _Mapping) -> None:
        self.molecules: list[Hashable] = []
        self.sites: list[Hashable] = []
        count: Counter[Hashable] = Counter()
        seen: set[str] = set()
        for molecule in (each for pattern in patterns for each in pattern.source.molecules):
            names = [site.name if site.label is None else f"%{site.label}" for site in molecule.sites]
            for label in (molecule.label, *(site.label for site in molecule.sites)):
                if label is not None and label in seen:
                    hint = "a label tells one molecule, or one site, from the others: give each its own"
                    work.refuse(f"label %{label} stands twice on one side", hint=hint)
                if label is not None:
                    seen.add(label)
            key: Hashable = ("%", molecule.label)
            if molecule.label is None:
                kind = (molecule.name, tuple(sorted(names)))
                count[kind] += 1
                key = (kind, count[kind])
            self.molecules.append(key)
            for name in names:
                count[key, name] += 1
                self.sites.append(name if name.startswith("%") else (key, name, count[key, name]))


def _offsets(patterns: Sequence[PatternGraph]) -> tuple[list[int], list[int], list[int]]:
    """Where the molecules and sites of each pattern begin, and the pattern of each molecule."""
    molecules: list[int] = []
    sites: list[int] = []
    of: list[int] = []
    at_site = 0
    for number, pattern in enumerate(patterns):
        molecules.append(len(of))
        sites.append(at_site)
        of.extend([number] * len(pattern.kinds))
        at_site += len(pattern.sites)
    return molecules, sites, of


def _bonds(graph: PatternGraph) -> Iterator[tuple[int, int]]:
    """Every bond that is labelled, once."""
    for number, site in enumerate(graph.sites):
        if site.bond == LABELLED:
            yield from ((number, end) for end in site.ends if end > number)


def patterns_of(patterns: Sequence[Pattern]) -> list[Pattern]:
    """Those that hold molecules: ``0`` is none."""
    return [pattern for pattern in patterns if pattern.molecules]


__all__ = ["CompiledRule", "Graph", "Made", "Operations", "Tag", "compile_rule", "patterns_of"]
