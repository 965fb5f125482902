"""Structured species and rules: what a mechanism says of molecules with sites, before any network is made of it.

A molecule has sites, a site may be in one of several states and hold one bond.  A pattern says what is known of some
molecules and leaves open what it does not name; a rule turns what matches its patterns into something else.  The
meaning is BNGL's (Faeder, Blinov, Hlavacek, Methods Mol. Biol. 2009, 500, 113; Harris et al., Bioinformatics 2016, 32,
3366): `rules.generate` makes the network, `simulation` can do without one.

Expressions hold two kinds of symbols that only rules have: ``reactant`` (``"1"``: the concentration of the species that
the first pattern on the left has met) and ``local`` (``"name(x)"``: how often observable ``name`` counts within what
is tagged ``x``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Literal

from mscnet.diagnostics import Span
from mscnet.mechanism.expression import MINUS_ONE, ONE, Expression, Number, Product, Sum
from mscnet.mechanism.types import RateLaw
from mscnet.mechanism.units import Dimension
from mscnet.records import dataclass, field, replace

#: What a pattern says of the bond of a site: a label that the other end has too, or one of three words.  A site that
#: holds several bonds, as in ``p1!1!2``, has the tuple of their labels, in ascending order.
Bond = int | tuple[int, ...] | Literal["free", "bound", "any"]


# --- what there is ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SiteType:
    """A site that a kind of molecule has; without `states` it has none."""

    name: str
    states: tuple[str, ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MoleculeType:
    """A kind of molecule.  Sites of one name are equal: nothing tells them apart but what is bound to them.

    A `population` type is only counted by network-free runs, as every type without sites is.
    """

    name: str
    sites: tuple[SiteType, ...] = ()
    population: bool = False
    declared: bool = True
    span: Span | None = field(default=None, compare=False, repr=False)

    def site(self, name: str) -> SiteType | None:
        """The first site of that name; None where there is none."""
        return next((site for site in self.sites if site.name == name), None)


@dataclass(frozen=True, slots=True)
class Place:
    """A compartment of structured species: `dimension` 3 is a volume, 2 a surface; `parent` is what it lies in.

    Species in places are counted (BNGL's meaning): seeds are numbers, and constants of bimolecular steps are divided by
    the size, times ``option number_per_quantity_unit`` (BNGL's NumberPerQuantityUnit) where the file sets it.
    """

    name: str
    dimension: Literal[2, 3]
    size: Expression
    parent: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


# --- patterns -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SitePattern:
    """What is said of one site: `state` None leaves it open; `label` (``%x``) tells equal sites apart in a rule."""

    name: str
    state: str | None = None
    bond: Bond = "free"
    label: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)

    @property
    def bonds(self) -> tuple[int, ...]:
        """The labels of its bonds; none where it is free or its bond is left open."""
        if isinstance(self.bond, str):
            return ()
        return self.bond if isinstance(self.bond, tuple) else (self.bond,)


@dataclass(frozen=True, slots=True)
class MoleculePattern:
    """A molecule with what is said of its sites; those that are not named are left open (in a seed: are free, in
    their first state).  `label` (``%x``) tells molecules apart in a rule, and tags them for local functions."""

    name: str
    sites: tuple[SitePattern, ...] = ()
    place: str | None = None
    label: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Molecules of one complex, bound as the labels of their bonds say or in some way that is left open.

    Without molecules it is nothing: ``0``, a source or a drain.  `place` is the compartment of the whole species
    (``@c:``), `label` its tag for local functions (``%x:``), `constant` keeps a seed's concentration (``$``), and
    `once` (``{MatchOnce}``) counts a species that matches in several ways once.  In an observable of kind ``species``,
    `relation` (``> 3``) says how many times the pattern is to be found in a species that counts.
    """

    molecules: tuple[MoleculePattern, ...] = ()
    place: str | None = None
    label: str | None = None
    constant: bool = False
    once: bool = False
    relation: tuple[Literal["==", "!=", "<", "<=", ">", ">="], int] | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


# --- what is said with them -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Restriction:
    """Of the species that a pattern meets, those alone (`kind` ``include``) or none of those (``exclude``) that match
    one of `patterns`.  `number` counts the patterns of its side, from 1."""

    kind: Literal["include", "exclude"]
    side: Literal["reactants", "products"]
    number: int
    patterns: tuple[Pattern, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """One directed rule.  A reversible one is two, each the other's `partner`.

    A ``mass_action`` law is the constant of each reaction that the rule makes, before its statistical factor; a
    ``general`` one is the rate of all of them together (BNGL's TotalRate).  With `activation` (the share phi of the
    energy of reaction and the barrier, both in units of RT) the constant follows from the energy patterns, and the law
    is the number 1: exp(-(barrier + phi * energy)) with the energy of this direction, so that the reverse of a rule
    with phi has 1 - phi.  `name` is unique in its mechanism; `label` is what the text calls the rule.
    """

    name: str
    reactants: tuple[Pattern, ...]
    products: tuple[Pattern, ...]
    law: RateLaw
    activation: tuple[Expression, Expression] | None = None
    delete_molecules: bool = False
    move_connected: bool = False
    restrictions: tuple[Restriction, ...] = ()
    priority: int | None = None
    label: str | None = None
    partner: str | None = None
    reverse: bool = False
    note: str | None = None
    pathway: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Seed:
    """A structured species that is there at first: every site of its molecules is known."""

    pattern: Pattern
    initial: Expression
    label: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Count:
    """An observable over patterns: ``molecules`` counts every match in every species, ``species`` each species that
    has one, once."""

    name: str
    kind: Literal["molecules", "species"]
    patterns: tuple[Pattern, ...]
    label: str | None = None
    dimension: Dimension | None = None
    pathway: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)

    @property
    def shown(self) -> str:
        return self.label or self.name


@dataclass(frozen=True, slots=True)
class EnergyPattern:
    """Every match of `pattern` in a species adds `energy` (in units of RT) to its free energy."""

    pattern: Pattern
    energy: Expression
    name: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PopulationMap:
    """Species of `pattern` may be counted as molecules `population`, which they become at `rate`.  This is kept; runs
    follow such species one by one, which is exact."""

    pattern: Pattern
    population: str
    rate: Expression
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where generation ends though there is more; None is no bound.

    `iterations` over the rules, `molecules` in one complex (``max_agg``), `of_type` in one complex by molecule type
    (``max_stoich``), `species` and `reactions` in all.
    """

    iterations: int | None = None
    molecules: int | None = None
    of_type: tuple[tuple[str, int], ...] = ()
    species: int | None = None
    reactions: int | None = None


@dataclass(frozen=True)
class Structure:
    """Everything that a mechanism says of structured species.  `limits` are those that the file itself states.

    What `rules` makes of one is kept with it: values of parameters change nothing of that.
    """

    molecules: tuple[MoleculeType, ...] = ()
    rules: tuple[Rule, ...] = ()
    seeds: tuple[Seed, ...] = ()
    counts: tuple[Count, ...] = ()
    energies: tuple[EnergyPattern, ...] = ()
    populations: tuple[PopulationMap, ...] = ()
    places: tuple[Place, ...] = ()
    limits: Limits = Limits()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    def molecule(self, name: str) -> MoleculeType | None:
        """The kind of molecule of that name; None where there is none."""
        return next((one for one in self.molecules if one.name == name), None)

    def patterns(self) -> Iterator[Pattern]:
        """Every pattern, those of seeds first; those of a way back stand in the way forth already."""
        yield from (seed.pattern for seed in self.seeds)
        for rule in self.rules:
            if not rule.reverse:
                yield from rule.reactants
                yield from rule.products
            for restriction in rule.restrictions:
                yield from restriction.patterns
        for count in self.counts:
            yield from count.patterns
        yield from (energy.pattern for energy in self.energies)
        yield from (population.pattern for population in self.populations)

    def of_pathway(self, name: str) -> Structure:
        """What holds in a pathway: its own rules and observables, and those of all pathways."""
        rules = tuple(rule for rule in self.rules if rule.pathway in (None, name))
        return replace(self, rules=rules, counts=tuple(one for one in self.counts if one.pathway in (None, name)))

    def without(self, names: Collection[str]) -> Structure:
        """A copy without the rules of these names or labels; a reversible one goes whole."""
        dropped = {rule.name for rule in self.rules if rule.name in names or rule.label in names}
        kept = (rule for rule in self.rules if rule.name not in dropped and rule.partner not in dropped)
        return replace(self, rules=tuple(kept))

    def with_dimension(self, dimension: Dimension) -> Structure:
        """A copy in which what observables count has a dimension."""
        return replace(self, counts=tuple(replace(count, dimension=dimension) for count in self.counts))


def rest_of_share(phi: Expression) -> Expression:
    """1 - phi: the share of the energy of reaction that the way back has."""
    if isinstance(phi, Number):
        return Number(1 - phi.value, None, phi.span)
    return Sum((ONE, Product((MINUS_ONE, phi), phi.span)), phi.span)


def expressions_of(structure: Structure) -> list[Expression]:
    """Every expression of a structure, in its order."""
    found = [seed.initial for seed in structure.seeds]
    for rule in structure.rules:
        found += [rule.law.expression, *(rule.activation or ())]
    found += [energy.energy for energy in structure.energies]
    found += [population.rate for population in structure.populations]
    return [*found, *(place.size for place in structure.places)]
