"""Reactions of a generated network: events merged, each with its law, both directions of a reversible step paired.

Events of the same species with the same law are one reaction, and their factors add up, as in a network of BioNetGen.
Sides, laws and their parts are made once and shared, since a large network repeats few of them very often.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from fractions import Fraction

from mscnet.mechanism.expression import (
    MINUS_ONE,
    ONE,
    ZERO,
    Call,
    Comparison,
    Expression,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
)
from mscnet.mechanism.structure import Rule
from mscnet.mechanism.types import Definition, RateLaw, Reaction, Term
from mscnet.mechanism.units import Dimension
from mscnet.rules.generated import Event
from mscnet.rules.laws import Laws
from mscnet.rules.places import Sizes

_ONE = Fraction(1)

#: The species of both sides, by number, in ascending order unless the law tells them apart.
Key = tuple[tuple[int, ...], tuple[int, ...]]


class _Merged:
    """One reaction in the making."""

    __slots__ = ("factor", "law", "name", "partner", "products", "reactants", "reverse", "rule")

    def __init__(self, event: Event, law: int) -> None:
        self.rule, self.law, self.factor = event.rule, law, event.factor
        self.reactants, self.products = event.reactants, event.products
        self.name = ""
        self.partner: _Merged | None = None
        self.reverse = False

    @property
    def key(self) -> Key:
        return _sorted(self.reactants), _sorted(self.products)


def _sorted(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return numbers if len(numbers) < 2 else tuple(sorted(numbers))


#: The whole rate of a rule is whole from a millionth of a molecule on.
_STEEP = Number(Fraction(10**6), Dimension.of(population=-1))


class NetworkReactions:
    """Makes the reactions of events.

    `names` are those of the species, by number, and `taken` names that reactions and derived values may not have.
    With `populations`, and not concentrations, one is a molecule.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        laws: Laws,
        sizes: Sizes,
        names: Sequence[str],
        taken: Collection[str],
        combinatorial: bool = False,
        populations: bool = False,
    ) -> None:
        """`combinatorial` mass action divides rates by factorials, which the factors of rules have done already."""
        self._populations = populations
        self._rules, self._laws, self._sizes, self._names = rules, laws, sizes, names
        self._taken = set(taken)
        self._combinatorial = combinatorial
        self._terms = [Term(name, _ONE) for name in names]
        self._sides: dict[tuple[int, ...], tuple[Term, ...]] = {(): ()}
        self._made: dict[tuple[int, Fraction, int], RateLaw] = {}
        self._total = [rule.law.kind == "general" and not laws.names_reactants(i) for i, rule in enumerate(rules)]
        #: Derived values that rates of all events of a rule together need.
        self.definitions: list[Definition] = []

    def make(self, events: Iterable[Event]) -> list[Reaction]:
        """The reactions of events, in the order in which the first event of each comes."""
        merged = list(_outranked(self._merge(events), self._rules))
        _pair(merged, self._rules)
        self._name(merged)
        totals = self._totals(merged)
        return [self._reaction(one, totals.get(one.rule)) for one in merged]

    def _merge(self, events: Iterable[Event]) -> list[_Merged]:
        found: dict[tuple[object, ...], _Merged] = {}
        laws, ordered, total = self._laws, [self._laws.names_reactants(i) for i in range(len(self._rules))], self._total
        for event in events:
            rule = event.rule
            reactants, products = _sorted(event.reactants), _sorted(event.products)
            law = laws.of(event)
            kept = event.reactants if ordered[rule] else reactants
            priority = self._rules[rule].priority or 0
            key = (kept, products, law, rule if total[rule] else -1, priority)
            one = found.get(key)
            if one is None:
                found[key] = _Merged(event, law)
            else:
                one.factor += event.factor
        return list(found.values())

    # --- names ---

    def _name(self, merged: Sequence[_Merged]) -> None:
        """Steps are called as their rule, with a number where it makes several; the others by their number alone."""
        steps = Counter(one.rule for one in merged if not one.reverse)
        count: Counter[int] = Counter()
        number = 0
        for one in merged:
            if one.reverse:
                continue
            label = self._rules[one.rule].label
            while True:
                if label is None:
                    number += 1
                    name = f"r{number}"
                else:
                    count[one.rule] += 1
                    name = label if steps[one.rule] == 1 and count[one.rule] == 1 else f"{label}_{count[one.rule]}"
                if name not in self._taken:
                    break
            self._taken.add(name)
            one.name = name
            if one.partner is not None:
                one.partner.name = f"{name}.reverse"

    # --- rates of a whole rule ---

    def _totals(self, merged: Sequence[_Merged]) -> dict[int, Symbol]:
        """For rules that state the rate of all their events together and have several, what these weigh together."""
        of_rule: dict[int, list[_Merged]] = {}
        for one in merged:
            if self._total[one.rule]:
                of_rule.setdefault(one.rule, []).append(one)
        return {rule: self._total_of(rule, several) for rule, several in of_rule.items() if len(several) > 1}

    def _total_of(self, rule: int, several: Sequence[_Merged]) -> Symbol:
        name = f"{self._rules[rule].label or self._rules[rule].name}_all".replace(".", "_")
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        self.definitions.append(Definition(name, Sum(tuple(map(self._weight, several)))))
        return Symbol(name, "definition")

    def _weight(self, one: _Merged) -> Expression:
        """In how many ways the species that are there can react so."""
        factors: list[Expression] = [Number(one.factor)] if one.factor != 1 else []
        for name, times in Counter(self._names[i] for i in one.reactants).items():
            species = Symbol(name, "species")
            factors.append(species if times == 1 else Power(species, Number(Fraction(times))))
        return Product(tuple(factors)) if len(factors) > 1 else factors[0] if factors else ONE

    # --- reactions ---

    def _reaction(self, one: _Merged, total: Symbol | None) -> Reaction:
        rule = self._rules[one.rule]
        reactants, products = self._side(one.reactants), self._side(one.products)
        law = self._law(one, total)
        labelled = rule.label is not None and not one.reverse
        return Reaction(
            name=one.name,
            reactants=reactants,
            products=products,
            orders=reactants if law.kind == "mass_action" else (),
            law=law,
            label=one.name if labelled else None,
            partner=one.partner.name if one.partner is not None else None,
            reverse=one.reverse,
            note=rule.note,
            span=rule.span,
        )

    def _side(self, numbers: tuple[int, ...]) -> tuple[Term, ...]:
        side = self._sides.get(numbers)
        if side is None:
            if len(set(numbers)) == len(numbers):
                side = tuple(self._terms[i] for i in numbers)
            else:
                side = tuple(
                    self._terms[i] if n == 1 else Term(self._names[i], Fraction(n)) for i, n in Counter(numbers).items()
                )
            self._sides[numbers] = side
        return side

    def _law(self, one: _Merged, total: Symbol | None) -> RateLaw:
        rule = self._rules[one.rule]
        if total is not None:
            return RateLaw("general", self._share(one, total), rule.law.span)
        if self._total[one.rule]:
            return RateLaw("general", self._while_there(rule.law.expression, one.reactants), rule.law.span)
        factors = self._sizes.factors(one.reactants, one.products)
        factor = one.factor
        if self._combinatorial and rule.law.kind == "mass_action":
            factor *= math.prod(map(math.factorial, Counter(one.reactants).values()))
        key = (one.law, factor, id(factors) if factors else 0)
        law = self._made.get(key)
        if law is None:
            constant = self._laws.expressions[one.law]
            law = self._made[key] = RateLaw(rule.law.kind, _times(factor, constant, factors), rule.law.span)
        return law

    def _while_there(self, law: Expression, reactants: Sequence[int]) -> Expression:
        """A whole rate that ends when a reactant is used up; it is left as it is where its factors see to that.

        Populations end it steadily, below a millionth, so that implicit methods go on where a reactant comes as fast
        as it could go; one molecule, in stochastic runs, has the whole rate.  Concentrations have no such scale.
        """
        factors = law.factors if isinstance(law, Product) else (law,)
        there = {factor.base if _is_positive_power(factor) else factor for factor in factors}  # type: ignore[union-attr]
        needed = [
            symbol for i in dict.fromkeys(reactants) if (symbol := Symbol(self._names[i], "species")) not in there
        ]
        if not needed:
            return law
        least = needed[0] if len(needed) == 1 else Call("min", tuple(needed))
        if not self._populations:
            return Call("if", (Comparison(">", least, ZERO), law, ZERO))
        share = Call("min", (ONE, Product((_STEEP, least))))
        return Product((law, Call("max", (ZERO, share))))

    def _share(self, one: _Merged, total: Symbol) -> Expression:
        """The share that one reaction has in the rate of its rule; none where nothing can react."""
        law = self._while_there(self._laws.expressions[one.law], one.reactants)
        share = Product((law, self._weight(one), Power(total, MINUS_ONE)))
        return Call("if", (Comparison(">", total, ZERO), share, ZERO))


def _is_positive_power(factor: Expression) -> bool:
    return isinstance(factor, Power) and isinstance(factor.exponent, Number) and factor.exponent.value > 0


def _times(factor: Fraction, constant: Expression, factors: tuple[Expression, ...]) -> Expression:
    if isinstance(constant, Number):
        constant, factor = Number(factor * constant.value, constant.dimension, constant.span), _ONE
    before = () if factor == 1 else (Number(factor),)
    return Product((*before, constant, *factors)) if before or factors else constant


def _outranked(merged: Sequence[_Merged], rules: Sequence[Rule]) -> Iterator[_Merged]:
    """Of reactions of the same species those whose rules have the highest priority, where rules have any."""
    if all(not rule.priority for rule in rules):
        yield from merged
        return
    best: dict[Key, int] = {}
    for one in merged:
        priority = rules[one.rule].priority or 0
        best[one.key] = max(priority, best.get(one.key, priority))
    for one in merged:
        if (rules[one.rule].priority or 0) == best[one.key]:
            yield one


def _pair(merged: Sequence[_Merged], rules: Sequence[Rule]) -> None:
    """Make both directions partners where a rule and its reverse give them."""
    by_name = {rule.name: i for i, rule in enumerate(rules)}
    back = {
        i: by_name[rule.partner]
        for i, rule in enumerate(rules)
        if not rule.reverse and rule.partner in by_name and rule.law.kind == "mass_action"
    }
    if not back:
        return
    backward = set(back.values())
    waiting = {(one.rule, *one.key): one for one in merged if one.rule in backward}
    for one in merged:
        left, right = one.key
        other = waiting.get((back[one.rule], right, left)) if one.rule in back else None
        if other is not None and other.partner is None:
            one.partner, other.partner, other.reverse = other, one, True
