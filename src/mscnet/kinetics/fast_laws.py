"""A network with fast steps as one without: what the slow reactions make of species that are always at equilibrium.

The totals of a block, T_j = c_j + Σ a_sj x_s(c), change by the slow reactions alone, so the masters c follow from
(∂T/∂c) dc/dt = L r_slow, and the secondary species by the chain rule.  In the slow laws a secondary species stands as
what it is of the masters.  So the equilibria hold at every state, without a rate of their own, and all totals of the
network are conserved as in a network without them.  Source: the reduction of a system with fast reversible reactions
to its slow manifold, e.g. M. Schauer and R. Heinrich, Math. Biosci. 65 (1983) 155.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from mscnet.diagnostics import MechanismError
from mscnet.kinetics.fast_blocks import Block, blocks_of, is_fast
from mscnet.kinetics.shapes import PART
from mscnet.kinetics.statics import Statics
from mscnet.mechanism.expression import (
    MINUS_ONE,
    ONE,
    ZERO,
    Expression,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    evaluate,
    substitute,
    symbols,
    walk,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.slopes import NoSlope, Slopes
from mscnet.mechanism.types import Definition, RateLaw, Reaction, Term, as_expression
from mscnet.network.network import Network, build_network
from mscnet.network.rates import multiply, power, rate_expression
from mscnet.network.sums import added, times
from mscnet.records import replace

#: A part of so many nodes gets a name.
_NAMED = 8


def without_fast(network: Network, steady: bool = False) -> Network:
    """The network that integrators follow: the same one where it has no fast step.

    For a steady state (`steady`) secondary species are made of their masters at a rate while they are not at
    equilibrium, which has the same steady states, and a Jacobian that is regular but for the totals.

    Raises:
        MechanismError: too much hangs together, or a constant changes in a way that has no derivative.
    """
    blocks = blocks_of(network)
    if not blocks:
        return network
    return build_network(_Lowering(network, blocks, steady).mechanism())


def secondary_values(network: Network) -> dict[str, Expression]:
    """Species of fast steps that follow from others, with what they are of these: so they are read where a small error
    of an integration would count.  Nothing where the network has no fast step."""
    if not network.mechanism.has_fast:
        return {}
    found = ((block, k, s.species) for block in blocks_of(network) for k, s in enumerate(block.secondaries))
    return {network.species[i]: _value(network, block, k) for block, k, i in found}


class _Lowering:
    """Makes the mechanism without fast steps."""

    def __init__(self, network: Network, blocks: tuple[Block, ...], steady: bool) -> None:
        self.network, self.blocks, self.steady = network, blocks, steady
        self.names = network.species
        self.inside = {i for block in blocks for i in block.species}
        self.value = secondary_values(network)
        self.parts: dict[Expression, Definition] = {}
        self.statics = Statics(network.mechanism)
        self.model = self._substituted(network.mechanism)
        self.slow = [j for j, r in enumerate(network.mechanism.reactions) if not is_fast(r)]
        self.rates = {j: rate_expression(self.model, self.model.reactions[j]) for j in self.slow}

    def mechanism(self) -> Mechanism:
        """The mechanism with slow reactions, and one for each species of a block."""
        if self.steady:
            made = [self._on_totals(j) for j in self.slow]
            made += [self._pulled(block, k) for block in self.blocks for k in range(len(block.secondaries))]
        else:
            made = [self._slow(j) for j in self.slow]
            made += [reaction for block in self.blocks for reaction in self._followed(block)]
        return replace(self.model, reactions=tuple(made), definitions=(*self.model.definitions, *self.parts.values()))

    def _part(self, expression: Expression) -> Expression:
        """A name for what stands in many places, so that it is evaluated once; small and static things have none."""
        if sum(1 for _ in walk(expression)) < _NAMED or self._is_static(expression):
            return expression
        if expression not in self.parts:
            self.parts[expression] = Definition(f"{PART} {len(self.parts) + 1}", expression)
        return Symbol(self.parts[expression].name, "definition")

    def _is_static(self, expression: Expression) -> bool:
        known = all(not (s.kind == "definition" and s.name.startswith(PART)) for s in symbols(expression))
        return known and self.statics.holds(expression)

    # --- slow reactions --------------------------------------------------------------------------

    def _followed_symbol(self, symbol: Symbol) -> Expression | None:
        return self.value.get(symbol.name) if symbol.kind == "species" else None

    def _substituted(self, mechanism: Mechanism) -> Mechanism:
        """The mechanism with masters in place of secondary species in laws and derived values."""

        def changed(expression: Expression) -> Expression:
            return substitute(expression, self._followed_symbol)

        def law(reaction: Reaction) -> Reaction:
            if is_fast(reaction):
                return reaction
            if reaction.law.kind == "mass_action" and not any(t.species in self.value for t in reaction.orders):
                return replace(reaction, law=replace(reaction.law, expression=changed(reaction.law.expression)))
            whole = RateLaw("general", changed(rate_expression(mechanism, reaction)), reaction.law.span)
            return replace(reaction, law=whole, orders=())

        return replace(
            mechanism,
            definitions=tuple(replace(d, expression=changed(d.expression)) for d in mechanism.definitions),
            observables=tuple(replace(o, expression=changed(o.expression)) for o in mechanism.observables),
            reactions=tuple(law(reaction) for reaction in mechanism.reactions),
        )

    def _slow(self, j: int) -> Reaction:
        """A slow reaction without an effect on species of blocks, which follow their totals."""
        reaction = self.model.reactions[j]
        sides = [
            tuple(t for t in side if self.network.species_index[t.species] not in self.inside)
            for side in (reaction.reactants, reaction.products)
        ]
        if sides == [reaction.reactants, reaction.products]:
            return reaction
        law = reaction.law
        if law.kind == "mass_action":  # whose rate may depend on the coefficients
            law = RateLaw("general", self.rates[j], law.span)
        orders = reaction.orders if law is reaction.law else ()
        return replace(reaction, reactants=sides[0], products=sides[1], law=law, orders=orders)

    def _on_totals(self, j: int) -> Reaction:
        """A slow reaction that changes the masters of a block by what it does to their totals."""
        reaction = self.model.reactions[j]
        parts = {
            self.names[s.species]: [(self.names[i], e) for i, e in zip(block.masters, s.exponents, strict=True) if e]
            for block in self.blocks
            for s in block.secondaries
        }
        sides: tuple[list[Term], list[Term]] = [], []
        for n, side in enumerate((reaction.reactants, reaction.products)):
            for term in side:
                for master, e in parts.get(term.species, [(term.species, Fraction(1))]):
                    given = term.coefficient
                    share = abs(e)
                    scaled = given * share if isinstance(given, Fraction) else multiply(Number(share), given)
                    sides[n if e > 0 else 1 - n].append(Term(master, scaled))
        law = RateLaw("general", self.rates[j], reaction.law.span)
        return replace(reaction, reactants=tuple(sides[0]), products=tuple(sides[1]), law=law, orders=())

    # --- species of a block ----------------------------------------------------------------------

    def _source(self, i: int) -> Expression:
        """What slow reactions make of a species."""
        terms = []
        for j in self.slow:
            terms += [multiply(as_expression(c), self.rates[j]) for k, c in self.network.net[j] if k == i]
        return self._part(added(terms))

    def _followed(self, block: Block) -> list[Reaction]:
        """The reactions that keep a block at equilibrium; none of one that nothing changes."""
        names = [self.names[i] for i in block.masters]
        drifts = [self._drift(block, k) for k in range(len(block.secondaries))]
        changes = self._changes(block, drifts)
        made = list(zip(block.masters, changes, strict=True))
        for k, secondary in enumerate(block.secondaries):
            value = self.value[self.names[secondary.species]]
            terms = [times(_partial(value, secondary.exponents[n], name), changes[n]) for n, name in enumerate(names)]
            made.append((secondary.species, added([*terms, times(value, drifts[k])])))
        return [self._reaction(i, change) for i, change in made if change != ZERO]

    def _pulled(self, block: Block, k: int) -> Reaction:
        """A reaction that makes a secondary species of its masters while there is less than at equilibrium."""
        secondary = block.secondaries[k]
        name = self.names[secondary.species]
        masters = [(self.names[i], e) for i, e in zip(block.masters, secondary.exponents, strict=True) if e]
        used = tuple(Term(master, e) for master, e in masters if e > 0)
        made = tuple(Term(master, -e) for master, e in masters if e < 0)
        behind = Sum((self.value[name], Product((MINUS_ONE, Symbol(name, "species")))))
        # over what it changes with its species, so that it settles at a rate of about 1
        slopes = [times(Number(e), _partial(self.value[name], e, master)) for master, e in masters]
        law = RateLaw("general", Product((behind, Power(added([ONE, *slopes]), MINUS_ONE))))
        return Reaction(f"{name} at equilibrium", used, (*made, Term(name, Fraction(1))), (), law, reversible=True)

    def _reaction(self, i: int, change: Expression) -> Reaction:
        name = self.names[i]
        law = RateLaw("general", change)
        return Reaction(f"{name} at equilibrium", (), (Term(name, Fraction(1)),), (), law, reversible=True)

    def _changes(self, block: Block, drifts: list[Expression]) -> list[Expression]:
        """dc/dt of the masters, by elimination in B dc/dt = b with B = ∂T/∂c, those with few neighbours first."""
        names = [self.names[i] for i in block.masters]
        n = len(names)
        matrix: dict[tuple[int, int], Expression] = {}
        right: list[Expression] = []
        values = [self.value[self.names[s.species]] for s in block.secondaries]
        for i in range(n):
            sources = [self._source(block.masters[i])]
            for s, value, drift in zip(block.secondaries, values, drifts, strict=True):
                weight = s.exponents[i]
                if weight:
                    lost = times(Number(-weight), value, drift)
                    sources += [times(Number(weight), self._source(s.species)), lost]
            right.append(self._part(added(sources)))
            for j in range(n):
                entries: list[Expression] = [ONE] if i == j else []
                for s, value in zip(block.secondaries, values, strict=True):
                    entries.append(times(Number(s.exponents[i]), _partial(value, s.exponents[j], names[j])))
                entry = added(entries)
                if entry != ZERO:
                    matrix[i, j] = entry
        return self._solved({place: self._part(entry) for place, entry in matrix.items()}, right)

    def _solved(self, matrix: dict[tuple[int, int], Expression], right: list[Expression]) -> list[Expression]:
        """The solution of a linear system by elimination, without a search for pivots: it is a positive definite matrix
        times a diagonal one."""
        n, b = len(right), list(right)
        order: list[int] = []
        left = set(range(n))
        while left:
            pivot = min(left, key=lambda p: (sum(((p, j) in matrix) + ((j, p) in matrix) for j in left if j != p), p))
            left.remove(pivot)
            order.append(pivot)
            for i in left:
                if (i, pivot) not in matrix:
                    continue
                factor = self._part(times(MINUS_ONE, matrix[i, pivot], Power(matrix[pivot, pivot], MINUS_ONE)))
                b[i] = self._part(added([b[i], times(factor, b[pivot])]))
                for j in left:
                    if (pivot, j) in matrix:
                        matrix[i, j] = self._part(added([matrix.get((i, j), ZERO), times(factor, matrix[pivot, j])]))
        solution: list[Expression] = [ZERO] * n
        known: list[int] = []
        for p in reversed(order):
            terms = [times(MINUS_ONE, matrix[p, j], solution[j]) for j in known if (p, j) in matrix]
            solution[p] = self._part(times(added([b[p], *terms]), Power(matrix[p, p], MINUS_ONE)))
            known.append(p)
        return solution

    def _drift(self, block: Block, k: int) -> Expression:
        """d ln β/dt of a secondary species: what its constants do in the course of time."""
        changes = _log_slopes(self.network, block, self._source)
        weights = block.secondaries[k].weights
        return added(times(Number(w), change) for w, change in zip(weights, changes, strict=True) if w)


def check_constants(network: Network, block: Block) -> None:
    """Raises a MechanismError where an equilibrium constant of a block changes in a way that cannot be followed."""
    _log_slopes(network, block, lambda _: ONE)


def _log_slopes(network: Network, block: Block, source: Callable[[int], Expression]) -> list[Expression]:
    """d ln K/dt of the steps of a block; `source` is how fast a species changes that none of them holds."""
    inside = {network.species[i] for i in block.species}

    def rate_of(symbol: Symbol) -> Expression:
        if symbol.kind == "time":
            return ONE
        if symbol.kind == "parameter":
            return ZERO
        if symbol.kind == "species":
            if symbol.name in inside:
                raise NoSlope(f"depends on `{symbol.name}`, which a fast step holds")
            i = network.species_index[symbol.name]
            return ZERO if network.constant[i] else source(i)
        return slopes.slope(network.mechanism.expression_of(symbol.name))

    slopes = Slopes(rate_of, _values(network.mechanism), added, times)
    changes = []
    for j, constant in zip(block.steps, block.constants, strict=True):
        try:
            changes.append(slopes.log_slope(constant))
        except NoSlope as error:
            law = network.mechanism.reactions[j].law
            message = f"the equilibrium constant of a fast step changes smoothly or not at all; this one {error}"
            hint = "let a parameter be what it depends on, and an event change that: `at t = … { … }`"
            raise MechanismError.of("E285", message, span=law.span, hint=hint) from None
    return changes


def _values(mechanism: Mechanism) -> Callable[[Symbol, float], float]:
    """Values of parameters and derived values at a time; of those that have none, some number."""
    given = {p.name: p.value for p in mechanism.parameters}

    def value_of(symbol: Symbol, time: float) -> float:
        if symbol.kind == "time":
            return time
        if symbol.kind in ("definition", "observable", "temperature"):
            return evaluate(mechanism.expression_of(symbol.name), lambda inner: value_of(inner, time))
        value = given.get(symbol.name)
        return 1.0 + len(symbol.name) / 7.0 if value is None else value

    return value_of


def _value(network: Network, block: Block, k: int) -> Expression:
    """A secondary species as what it is of the masters."""
    secondary = block.secondaries[k]
    factors = [power(c, w) for c, w in zip(block.constants, secondary.weights, strict=True) if w]
    for i, exponent in zip(block.masters, secondary.exponents, strict=True):
        if exponent:
            factors.append(power(Symbol(network.species[i], "species"), exponent))
    return times(*factors)


def _partial(value: Expression, exponent: Fraction, name: str) -> Expression:
    """The derivative of a product of powers by a master that stands in it to this power."""
    if not exponent:
        return ZERO
    factors = value.factors if isinstance(value, Product) else (value,)
    kept = []
    for factor in factors:
        base = factor.base if isinstance(factor, Power) else factor
        of_master = isinstance(base, Symbol) and base.kind == "species" and base.name == name
        kept.append(power(base, exponent - 1) if of_master else factor)
    return times(Number(exponent), *kept)
