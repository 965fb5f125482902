"""One model as what a comparison sees of it: species and constants, and what holds them together.

Values of the field (see `diff_algebra`) are given to species and constants in SI; the file's units and derived values
are seen through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from mscnet.diagnostics import Span
from mscnet.mechanism.compartments import homes_of, is_dilution, place_of, size_of, surfaces_of
from mscnet.mechanism.diff_algebra import PRIME, depends_on_units, fingerprint, mix, power, residue, word
from mscnet.mechanism.difference import member_text, text_of
from mscnet.mechanism.expression import Expression, Symbol, symbols, walk
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Coefficient, Compartment, Observable, Reaction
from mscnet.mechanism.units import LENGTH, NONE, TIME, VOLUME, Dimension

#: A species or a constant: ``("s", name)``, ``("p", name)``.
Node = tuple[str, str]
#: Of two models, which species and constants are the same ones.
Pairs = dict[Node, Node]
#: More derived values than these are not followed into the places of a law.
_MOST_DERIVED = 500


class Carrier(NamedTuple):
    """What ties species and constants together: a reaction, an initial value, an observable, the size of a compartment.

    `roles` are species with their places and coefficients, `uses` what the expression depends on.
    """

    kind: str
    item: Reaction | Observable | Expression
    roles: tuple[tuple[str, str, Coefficient], ...]
    uses: tuple[Node, ...]
    dimension: Dimension
    #: Its value cannot be converted to other units in the field: only numbers tell whether two are alike.
    blind: bool = False


class View:
    """A mechanism that is one model (a pathway is chosen)."""

    def __init__(self, mechanism: Mechanism, converts: bool) -> None:
        self.mechanism, self.converts = mechanism, converts
        self.species = {species.name: species for species in mechanism.species}
        self.parameters = {parameter.name: parameter for parameter in mechanism.parameters}
        self.derived = {item.name: item.expression for item in mechanism.derived}
        self.nodes: list[Node] = [("s", name) for name in self.species] + [("p", name) for name in self.parameters]
        self._known = frozenset(self.nodes)
        self.homes, self.surfaces = homes_of(mechanism), surfaces_of(mechanism)
        self._scales: dict[Dimension, int] = {}

    # --- words ---

    def said(self, reaction: Reaction) -> str:
        """A reaction as the file has it; a member of a family as it would stand alone."""
        member = "[" in reaction.name and self._places[reaction.span] > 1
        return member_text(reaction) if member else text_of(reaction.span)

    @cached_property
    def _places(self) -> Counter[Span | None]:
        """How many steps stand at each place of the text."""
        steps = {(r.name.removesuffix(".reverse"), r.span) for r in self.mechanism.reactions}
        return Counter(span for _, span in steps)

    # --- units ---

    def scale(self, dimension: Dimension | None) -> int:
        """The SI value of the file's unit of a dimension, in the field; 1 where both files have the same units."""
        if not self.converts or dimension is None or dimension == NONE:
            return 1
        if dimension not in self._scales:
            self._scales[dimension] = residue(self.mechanism.units.scale_of(dimension))
        return self._scales[dimension]

    def scale_float(self, dimension: Dimension | None) -> float:
        """The same as a float."""
        if not self.converts or dimension is None:
            return 1.0
        return float(self.mechanism.units.scale_of(dimension))

    def dimension_of(self, node: Node) -> Dimension | None:
        kind, name = node
        return self.species[name].dimension if kind == "s" else self.parameters[name].dimension

    # --- values ---

    def lookup(self, values: Mapping[Node, int]) -> Callable[[Symbol], int]:
        """What symbols are worth in the file's units where species and constants have these values in SI."""
        memo: dict[tuple[str, str], int] = {}

        def value_of(symbol: Symbol) -> int:
            key = (symbol.kind, symbol.name)
            if key not in memo:
                memo[key] = self._value(symbol, values, value_of)
            return memo[key]

        if len(self.derived) > _MOST_DERIVED:  # each after those that it needs: no deep recursion
            for name in self.derived:
                value_of(Symbol(name, "definition"))
        return value_of

    def _value(self, symbol: Symbol, values: Mapping[Node, int], value_of: Callable[[Symbol], int]) -> int:
        node = node_of(symbol)
        if node in values:
            scale = self.scale(self.dimension_of(node))
            return values[node] if scale == 1 else values[node] * pow(scale, -1, PRIME) % PRIME
        if symbol.name in self.derived and symbol.kind not in ("species", "parameter"):
            return fingerprint(self.derived[symbol.name], value_of)
        base = mix(word(symbol.kind), word("" if symbol.kind in ("time", "temperature") else symbol.name))
        return base * pow(self.scale(TIME), -1, PRIME) % PRIME if symbol.kind == "time" else base

    def rate(self, reaction: Reaction, value_of: Callable[[Symbol], int]) -> int:
        """The whole rate of a reaction in SI."""
        rate = fingerprint(reaction.law.expression, value_of)
        if reaction.law.kind == "mass_action":
            for term in reaction.orders:
                level = value_of(Symbol(term.species, "species"))
                order = term.coefficient
                if isinstance(order, Fraction):
                    rate = rate * power(level, order) % PRIME
                else:
                    rate = rate * mix(word("pow"), level, fingerprint(order, value_of)) % PRIME
        return rate * self.scale(self.rate_dimension(reaction)) % PRIME

    def _orders(self, reaction: Reaction, value_of: Callable[[Symbol], int]) -> int:
        """Which species has which order, as a number that does not depend on the units."""
        if reaction.law.kind != "mass_action":
            return 0
        found = []
        for term in reaction.orders:
            level = value_of(Symbol(term.species, "species")) * self.scale(self.species[term.species].dimension) % PRIME
            found.append(mix(level, self.coefficient(term.coefficient, value_of)))
        return mix(word("orders"), *sorted(found))

    def rate_dimension(self, reaction: Reaction) -> Dimension:
        """Concentration over time, on the scale of the reaction's species; between compartments see `compartments`.
        Of a fast step it is the dimension of its equilibrium constant."""
        terms = (*reaction.reactants, *reaction.products)
        if reaction.law.kind == "fast":
            return self._constant_dimension(reaction)
        if not terms:
            return NONE / TIME
        place = place_of(reaction, self.homes, self.surfaces) if self.homes else None
        first = next(t.species for t in terms if place is None or self.homes.get(t.species) == place)
        level = self.species[first].dimension
        if self.homes and place is None:
            level *= LENGTH**2 if self.homes.get(first) in self.surfaces else VOLUME
        return level / TIME

    def _constant_dimension(self, reaction: Reaction) -> Dimension:
        """That of the products over the reactants, without the species that the constant leaves out."""
        left_out, dimension = {term.species for term in reaction.orders}, NONE
        for terms, sign in ((reaction.products, 1), (reaction.reactants, -1)):
            for term in terms:
                if term.species not in left_out and isinstance(term.coefficient, Fraction):
                    dimension *= self.species[term.species].dimension ** (sign * term.coefficient)
        return dimension

    # --- structure ---

    @cached_property
    def carriers(self) -> list[Carrier]:
        """Every reaction, initial value that is not zero, observable, and the size around every species."""
        every = [*self._reactions(), *self._initial_values(), *self._observables(), *self._places_of_species()]
        return [c._replace(blind=self._is_blind(c)) for c in every] if self.converts else every

    def _is_blind(self, carrier: Carrier) -> bool:
        item = carrier.item
        expression = item if not isinstance(item, Reaction | Observable) else None
        if isinstance(item, Observable):
            expression = item.expression
        elif isinstance(item, Reaction):
            expression = item.law.expression
            orders = [term.coefficient for term in item.orders]
            if any(not isinstance(order, Fraction) or order.denominator != 1 for order in orders):
                return True
        assert expression is not None
        return any(depends_on_units(node) for part in self._through(expression) for node in walk(part))

    def _reactions(self) -> Iterator[Carrier]:
        for reaction in self.mechanism.reactions:
            if self.homes and is_dilution(reaction, self.homes):
                continue
            roles = [("reactant", t.species, t.written) for t in reaction.reactants]
            roles += [("product", t.species, t.written) for t in reaction.products]
            uses = self.uses(reaction.law.expression)
            if reaction.law.kind == "mass_action":
                uses |= {("s", term.species) for term in reaction.orders}
            for term in (*reaction.reactants, *reaction.products, *reaction.orders):
                if not isinstance(term.written, Fraction):
                    uses |= self.uses(term.written)
            yield Carrier("reaction", reaction, tuple(roles), tuple(sorted(uses)), self.rate_dimension(reaction))

    def _initial_values(self) -> Iterator[Carrier]:
        for species in self.mechanism.species:
            if species.initial is not None and getattr(species.initial, "value", 1) != 0:
                roles = (("initial", species.name, Fraction(1)),)
                uses = tuple(sorted(self.uses(species.initial)))
                yield Carrier("initial", species.initial, roles, uses, species.dimension)

    def _observables(self) -> Iterator[Carrier]:
        for item in self.mechanism.observables:
            uses = tuple(sorted(self.uses(item.expression)))
            yield Carrier("observable", item, (), uses, item.dimension or NONE)

    def _places_of_species(self) -> Iterator[Carrier]:
        """The size of its compartment with each species: that of a derived value is one of its expression."""
        by_name = {c.name: c for c in self.mechanism.compartments}
        for name, home in self.homes.items():
            yield self.size_carrier(by_name[home], (("in", name, Fraction(1)),))

    def size_carrier(self, compartment: Compartment, roles: tuple[tuple[str, str, Coefficient], ...]) -> Carrier:
        """The size of a compartment, as what ties the species of `roles` to it."""
        size = self.derived.get(compartment.name) or size_of(compartment)
        dimension = LENGTH**2 if compartment.surface else VOLUME
        return Carrier("size", size, roles, tuple(sorted(self.uses(size))), dimension)

    def kind_of(self, constant: str) -> str:
        """What a constant is told among: `compartments` where it is the size of one."""
        return "compartments" if constant in self._sizes else "constants"

    @cached_property
    def _sizes(self) -> frozenset[str]:
        return frozenset(c.name for c in self.mechanism.compartments)

    def value(self, carrier: Carrier, value_of: Callable[[Symbol], int]) -> int:
        """The value of a carrier's expression in SI: a rate, an initial value, an observable; of a blind one, what can
        be said in all units."""
        if carrier.blind:
            return self._orders(carrier.item, value_of) if isinstance(carrier.item, Reaction) else 0
        if isinstance(carrier.item, Reaction):
            return self.rate(carrier.item, value_of)
        expression = carrier.item.expression if isinstance(carrier.item, Observable) else carrier.item
        return fingerprint(expression, value_of) * self.scale(carrier.dimension) % PRIME

    def sides(self, carrier: Carrier, values: Mapping[Node, int], value_of: Callable[[Symbol], int]) -> list[int]:
        """What stands on the sides of a reaction, as numbers that do not depend on the order of terms."""
        return sorted(
            mix(word(role), values["s", species], self.coefficient(number, value_of))
            for role, species, number in carrier.roles
        )

    def coefficient(self, coefficient: Coefficient, value_of: Callable[[Symbol], int]) -> int:
        """A coefficient as a number of the field."""
        return residue(coefficient) if isinstance(coefficient, Fraction) else fingerprint(coefficient, value_of)

    def uses(self, expression: Expression) -> set[Node]:
        """Species and constants that an expression depends on, derived values seen through."""
        nodes = {node_of(symbol) for part in self._through(expression) for symbol in symbols(part)}
        return {node for node in nodes if node in self._known}

    def _through(self, expression: Expression) -> Iterator[Expression]:
        """An expression, and those of the derived values that it needs."""
        seen: set[str] = set()
        stack = [expression]
        while stack:
            part = stack.pop()
            yield part
            for symbol in symbols(part):
                if not node_of(symbol)[0] and symbol.name in self.derived and symbol.name not in seen:
                    seen.add(symbol.name)
                    stack.append(self.derived[symbol.name])


def node_of(symbol: Symbol) -> Node:
    """The node that a symbol is; of kind "" for what is none."""
    return ({"species": "s", "parameter": "p"}.get(symbol.kind, ""), symbol.name)
