"""Rate laws reduced to shapes: the same tree with numbered slots for its leaves.

``Vmax*[S]/(Km + [S])`` and ``Vm2*[A]/(Km2 + [A])`` have one shape, ``c0*x0/(c1 + x0)``, so that a thousand
such laws are compiled once.  Slots are ``x…`` for species, ``f…`` for linear forms of four or more species
(a total that enters a law) and ``c…`` for static values, whole static parts of a law included.  Derived
values that vary are inlined.
"""

from __future__ import annotations

from fractions import Fraction

from mscnet.diagnostics import MechanismError, Span
from mscnet.kinetics.statics import Statics
from mscnet.mechanism.expression import (
    MINUS_ONE,
    ONE,
    TIME_SYMBOL,
    Call,
    Comparison,
    Expression,
    Lookup,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    children,
    rebuild,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass, field

#: The most nodes that one law may have after its derived values are put in; beyond, symbols take minutes.
MAX_NODES = 5_000
#: The deepest law, derived values put in.
MAX_DEPTH = 250
#: Sums of at least this many species become one slot.
MIN_FORM = 4
#: Whole exponents up to this size stay in the shape.
MAX_WHOLE_POWER = 30


@dataclass(frozen=True)
class LinearForm:
    """``constant + Σ weight·species``, all static but the concentrations; compared by what it holds."""

    constant: Expression
    weights: tuple[tuple[int, Expression], ...]


@dataclass(frozen=True)
class ShapedLaw:
    """A law as a shape and what its slots hold, in the order of their numbers."""

    shape: Expression
    species: tuple[int, ...]
    forms: tuple[LinearForm, ...]
    statics: tuple[Expression, ...]
    timed: bool
    #: Whether parts of the shape are one object in many places; such a law is alone of its shape.
    shares: bool = False

    @property
    def key(self) -> tuple[object, int, int, int]:
        """What laws of one shape have in common."""
        shape: object = id(self.shape) if self.shares else self.shape
        return shape, len(self.species), len(self.forms), len(self.statics)


#: How the derived values begin that stand in many places of one law: they are written out once.
PART = "part of equilibrium"


class TooLarge(Exception):
    """A law beyond `MAX_NODES` or `MAX_DEPTH`."""


class Shaper:
    """Makes shapes of the laws of one mechanism."""

    def __init__(self, mechanism: Mechanism, statics: Statics, index: dict[str, int]) -> None:
        self.mechanism = mechanism
        self.statics = statics
        self.index = index
        self._forms: dict[str, LinearForm | None] = {}

    def shape(self, law: Expression, name: str, span: Span | None) -> ShapedLaw:
        """The shape of a law.

        Raises:
            MechanismError: the law is too large once the derived values that it uses are put in.
        """
        slots = _Slots()
        try:
            tree = self._shaped(law, slots, 0)
        except (TooLarge, RecursionError):
            message = (
                f"the rate law of `{name}` is too large: with the derived values that it uses put in, it has more "
                f"than {MAX_NODES:,} parts or is nested deeper than {MAX_DEPTH}"
            )
            raise MechanismError.of("E042", message, hint="split the law over several reactions", span=span) from None
        forms, statics = tuple(slots.forms), tuple(slots.statics)
        return ShapedLaw(tree, tuple(slots.species), forms, statics, slots.timed, bool(slots.parts))

    def _shaped(self, node: Expression, slots: _Slots, depth: int) -> Expression:
        slots.count(depth)
        if self.statics.holds(node):
            return node if node == MINUS_ONE else slots.static(node)
        if isinstance(node, Symbol):
            return self._symbol(node, slots, depth)
        if isinstance(node, Sum):
            form = self._form(node, 0)
            if form is not None and len(form.weights) >= MIN_FORM:
                return slots.form(form)
        if isinstance(node, Sum | Product):
            return self._collected(node, slots, depth)
        if isinstance(node, Power) and _whole(node.exponent):
            return Power(self._shaped(node.base, slots, depth + 1), node.exponent)
        parts = []
        for part in children(node):
            parts.append(self._shaped(part, slots, depth + 1))
        return _bare(node, tuple(parts))

    def _symbol(self, symbol: Symbol, slots: _Slots, depth: int) -> Expression:
        if symbol.kind == "species":
            return slots.concentration(self.index[symbol.name])
        if symbol.kind == "time":
            slots.timed = True
            return TIME_SYMBOL
        form = self._form(symbol, 0)
        if form is not None and len(form.weights) >= MIN_FORM:
            return slots.form(form)
        if symbol.name.startswith(PART + " "):
            known = slots.parts.get(symbol.name)
            if known is None:
                known = slots.parts[symbol.name] = self._shaped(self.mechanism.expression_of(symbol.name), slots, depth)
            return known
        return self._shaped(self.mechanism.expression_of(symbol.name), slots, depth + 1)

    def _collected(self, node: Sum | Product, slots: _Slots, depth: int) -> Expression:
        """A sum or product with its static parts collected in one slot, behind those that vary."""
        static, parts = [], []
        for part in children(node):
            if self.statics.holds(part):
                static.append(part)
            else:
                parts.append(self._shaped(part, slots, depth + 1))
        if len(static) == 1:
            parts.append(self._shaped(static[0], slots, depth + 1))
        elif static:
            parts.append(slots.static(_bare(node, tuple(static))))
        return _bare(node, tuple(parts)) if len(parts) > 1 else parts[0]

    # --- linear forms --------------------------------------------------------------------------

    def _form(self, node: Expression, depth: int) -> LinearForm | None:
        """The expression as a linear form, or None where it is none."""
        if depth > MAX_DEPTH:
            raise TooLarge
        if self.statics.holds(node):
            return LinearForm(node, ())
        if isinstance(node, Symbol):
            if node.kind == "species":
                return LinearForm(Number(Fraction(0)), ((self.index[node.name], ONE),))
            if node.kind == "time":
                return None
            if node.name not in self._forms:
                self._forms[node.name] = self._form(self.mechanism.expression_of(node.name), depth + 1)
            return self._forms[node.name]
        if isinstance(node, Sum):
            return self._form_of_sum(node, depth)
        if isinstance(node, Product):
            return self._form_of_product(node, depth)
        return None

    def _form_of_sum(self, node: Sum, depth: int) -> LinearForm | None:
        constants: list[Expression] = []
        weights: dict[int, list[Expression]] = {}
        for term in node.terms:
            form = self._form(term, depth + 1)
            if form is None:
                return None
            constants.append(form.constant)
            for species, weight in form.weights:
                weights.setdefault(species, []).append(weight)
        joined = tuple((species, _sum(parts)) for species, parts in weights.items())
        return LinearForm(_sum([c for c in constants if c != Number(Fraction(0))]), joined)

    def _form_of_product(self, node: Product, depth: int) -> LinearForm | None:
        varying = [factor for factor in node.factors if not self.statics.holds(factor)]
        if len(varying) != 1:
            return None
        form = self._form(varying[0], depth + 1)
        if form is None:
            return None
        static = tuple(factor for factor in node.factors if factor is not varying[0])
        weights = tuple((species, _product((*static, weight))) for species, weight in form.weights)
        return LinearForm(_product((*static, form.constant)), weights)


@dataclass
class _Slots:
    """The leaves of one law met so far; equal ones share a slot, but for plain numbers."""

    species: list[int] = field(default_factory=list)
    forms: list[LinearForm] = field(default_factory=list)
    statics: list[Expression] = field(default_factory=list)
    timed: bool = False
    nodes: int = 0
    parts: dict[str, Expression] = field(default_factory=dict)
    _known: dict[object, Symbol] = field(default_factory=dict)

    def count(self, depth: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise TooLarge

    def concentration(self, species: int) -> Symbol:
        return self._slot("x", species, self.species, species)

    def form(self, form: LinearForm) -> Symbol:
        return self._slot("f", form, self.forms, id(form))

    def static(self, value: Expression) -> Symbol:
        # equal numbers may differ in the next law of this shape: each has its own slot
        return self._slot("c", value, self.statics, len(self.statics) if isinstance(value, Number) else value)

    def _slot(self, letter: str, item: object, items: list, key: object) -> Symbol:  # type: ignore[type-arg]
        symbol = self._known.get((letter, key))
        if symbol is None:
            symbol = self._known[letter, key] = Symbol(f"{letter}{len(items)}", "slot")
            items.append(item)
        return symbol


def _whole(exponent: Expression) -> bool:
    return isinstance(exponent, Number) and exponent.value.denominator == 1 and abs(exponent.value) <= MAX_WHOLE_POWER


def _sum(terms: list[Expression]) -> Expression:
    if not terms:
        return Number(Fraction(0))
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def _product(factors: tuple[Expression, ...]) -> Expression:
    kept = tuple(factor for factor in factors if factor != ONE)
    if not kept:
        return ONE
    return kept[0] if len(kept) == 1 else Product(kept)


def _bare(node: Expression, parts: tuple[Expression, ...]) -> Expression:
    """The node with other parts and without its place, so that a shape does not keep a text alive."""
    match node:
        case Call(function, _):
            return Call(function, parts)
        case Comparison(operator, _, _):
            return Comparison(operator, parts[0], parts[1])
        case Power():
            return Power(parts[0], parts[1])
        case Lookup(table):
            return Lookup(table, parts[0])
        case Sum():
            return Sum(parts)
        case Product():
            return Product(parts)
    return rebuild(node, parts)
