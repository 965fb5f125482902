"""The laws of generated reactions: what stands behind the ``@`` of a rule, for one event of it.

Most rules have one constant for all their events.  Other laws name the species that have met (``reactant``), what is
bound around a tagged molecule (``local``), or follow from energies.  For these, BioNetGen's meaning holds: the constant
of a rule with the share phi and the barrier Ea is exp(-(Ea + phi dG)), where dG is the energy of all energy patterns in
the products less that in the reactants (J. S. Hogg, PhD thesis, University of Pittsburgh, 2013; J. A. P. Sekar,
J. S. Hogg, J. R. Faeder, Energy-based modeling in BioNetGen, IEEE BIBM 2016, 1460).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from mscnet.mechanism.expression import (
    MINUS_ONE,
    ONE,
    Call,
    Expression,
    Number,
    Product,
    Sum,
    Symbol,
    substitute,
    symbols,
)
from mscnet.mechanism.structure import Count, EnergyPattern, Rule
from mscnet.mechanism.units import Dimension
from mscnet.records import dataclass
from mscnet.rules.generated import Event
from mscnet.rules.weights import Weights


@dataclass(frozen=True, slots=True)
class _Form:
    """What the law of a rule depends on beside values: its ``reactant`` and ``local`` symbols."""

    rule: Rule
    expression: Expression
    reactants: tuple[Symbol, ...]
    #: Each with the number of the count and that of the tag.
    locals: tuple[tuple[Symbol, Count, int], ...]

    @property
    def plain(self) -> bool:
        """Whether all events have one law."""
        return not self.reactants and not self.locals and self.rule.activation is None


class Laws:
    """The laws of events by number: equal ones have one number, and one expression."""

    def __init__(
        self,
        rules: Sequence[Rule],
        counts: Sequence[Count],
        energies: Sequence[EnergyPattern],
        weights: Weights,
        names: Sequence[str],
    ) -> None:
        """`names` are those of the species, by number."""
        by_name = {count.name: count for count in counts}
        self._forms = [_form(rule, labels, by_name) for rule, labels in zip(rules, weights.tags(), strict=True)]
        self._weights, self._names = weights, names
        self._energies = energies
        self._energy_of: list[Mapping[int, int]] | None = None
        self.expressions: list[Expression] = []
        self._numbers: dict[tuple[Expression, Dimension | None], int] = {}
        self._known: dict[tuple[object, ...], int] = {}
        self._within: dict[tuple[str, int, int], int] = {}
        self._plain = [self._number(form.expression) if form.plain else -1 for form in self._forms]

    def of(self, event: Event) -> int:
        """The number of the law of an event, before its factor."""
        number = self._plain[event.rule]
        return number if number >= 0 else self._special(event)

    def names_reactants(self, rule: int) -> bool:
        """Whether the law says something of single reactants, so that their order counts."""
        return bool(self._forms[rule].reactants)

    def _number(self, expression: Expression) -> int:
        # equal numbers of different units are different constants: 1 /M/s and 1 /s
        key = expression, expression.dimension if isinstance(expression, Number) else None
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.expressions)
            self.expressions.append(expression)
        return number

    def _special(self, event: Event) -> int:
        form = self._forms[event.rule]
        met = tuple(event.reactants[int(symbol.name) - 1] for symbol in form.reactants)
        counted = tuple(self._around(count, *event.tags[tag]) for _, count, tag in form.locals)
        change = self._change(event) if form.rule.activation is not None else ()
        key = (event.rule, met, counted, change)
        number = self._known.get(key)
        if number is None:
            number = self._known[key] = self._number(self._law(form, met, counted, change))
        return number

    def _around(self, count: Count, species: int, molecule: int) -> int:
        key = (count.name, species, molecule)
        found = self._within.get(key)
        if found is None:
            found = self._within[key] = self._weights.within(count, species, molecule)
        return found

    def _change(self, event: Event) -> tuple[int, ...]:
        """How many of each energy pattern the event makes."""
        if self._energy_of is None:
            self._energy_of = [self._weights.of_energy(one) for one in self._energies]
        return tuple(
            sum(found.get(i, 0) for i in event.products) - sum(found.get(i, 0) for i in event.reactants)
            for found in self._energy_of
        )

    def _law(self, form: _Form, met: tuple[int, ...], counted: tuple[int, ...], change: tuple[int, ...]) -> Expression:
        values: dict[Symbol, Expression] = {
            symbol: Symbol(self._names[i], "species") for symbol, i in zip(form.reactants, met, strict=True)
        }
        values |= {symbol: Number(Fraction(n)) for (symbol, _, _), n in zip(form.locals, counted, strict=True)}

        def known(expression: Expression) -> Expression:
            return substitute(expression, values.get) if values else expression

        if form.rule.activation is None:
            return known(form.expression)
        share, barrier = map(known, form.rule.activation)
        terms = tuple(_times(n, one.energy) for n, one in zip(change, self._energies, strict=True) if n)
        if terms:
            energy = terms[0] if len(terms) == 1 else Sum(terms)
            barrier = Sum((barrier, Product((share, energy))))
        constant = Call("exp", (Product((MINUS_ONE, barrier)),))
        return constant if form.expression == ONE else Product((known(form.expression), constant))


def _form(rule: Rule, labels: Sequence[str], counts: Mapping[str, Count]) -> _Form:
    parts = (rule.law.expression, *(rule.activation or ()))
    held = sorted({symbol for part in parts for symbol in symbols(part)}, key=lambda symbol: symbol.name)
    around = []
    for symbol in held:
        if symbol.kind == "local":
            name, _, label = symbol.name.rstrip(")").partition("(")
            around.append((symbol, counts[name], list(labels).index(label)))
    met = tuple(symbol for symbol in held if symbol.kind == "reactant")
    return _Form(rule, rule.law.expression, met, tuple(around))


def _times(number: int, energy: Expression) -> Expression:
    return energy if number == 1 else Product((Number(Fraction(number)), energy))
