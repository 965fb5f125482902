"""A vessel that something runs into, and perhaps out of: the model in amounts, with a volume linear in time.

In amounts n = cV a feed of constant rate is a constant, dn/dt = J + V(t) r(n/V) - F_out n/V, so what runs in is
conserved to rounding.  Source: the balances of a stirred tank, O. Levenspiel, Chemical Reaction Engineering (1999),
chapters 4 and 5.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

from mscnet.experiment.vessel import ROUNDING, Vessel
from mscnet.mechanism.events import Action, Event
from mscnet.mechanism.expression import (
    MINUS_ONE,
    TIME_SYMBOL,
    Expression,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
)
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Parameter, RateLaw, Reaction, Species, Term
from mscnet.network.rates import rate_expression
from mscnet.records import dataclass, replace
from mscnet.simulation.promote import with_symbols

# Names with a blank, which no file can give to anything.
START, VOLUME, GROWTH, OUTFLOW = "start of flow", "volume at start", "growth of volume", "flow out"
_ONE = Fraction(1)


def inflow_name(species: str) -> str:
    """The parameter that is the amount of a species, or the volume of a solvent, that runs in per time."""
    return f"flow of {species}"


def solvent_name(solvent: str) -> str:
    """The species that is the volume of a solvent in the vessel."""
    return f"volume of {solvent}"


def flowing(model: Mechanism, solvents: tuple[str, ...]) -> Mechanism:
    """The model in amounts, in a vessel with inflows and an outflow, all parameters of it.

    Its species are those of `model`, none of them constant, then the volumes of `solvents`, whose volume fractions
    are parameters of `model`.
    """
    volume = Sum((_parameter(VOLUME), Product((_parameter(GROWTH), Sum((TIME_SYMBOL, _minus(_parameter(START))))))))
    per_volume = Power(volume, MINUS_ONE)

    def in_amounts(symbol: Symbol) -> Expression | None:
        if symbol.kind == "species":
            return Product((symbol, per_volume))
        if symbol.kind == "parameter" and symbol.name in solvents:
            return Product((Symbol(solvent_name(symbol.name), "species"), per_volume))
        return None

    constant = {s.name for s in model.species if s.constant}
    general = replace(model, reactions=tuple(_as_general(model, r, constant) for r in model.reactions))
    changed = with_symbols(general, in_amounts)
    reactions = tuple(_per_vessel(reaction, volume) for reaction in changed.reactions)
    events = tuple(_of_amounts(event, volume) for event in changed.events)
    names = (*(s.name for s in model.species), *(solvent_name(name) for name in solvents))
    given = (START, VOLUME, GROWTH, OUTFLOW, *(inflow_name(name) for name in names))
    return replace(
        changed,
        species=(*(replace(s, constant=False) for s in model.species), *(Species(solvent_name(s)) for s in solvents)),
        parameters=(*model.parameters, *(Parameter(name, 1.0 if name == VOLUME else 0.0) for name in given)),
        reactions=(*reactions, *(r for name in names for r in _flows(name, per_volume))),
        events=events,
    )  # fmt: skip


def _parameter(name: str) -> Symbol:
    return Symbol(name, "parameter")


def _minus(expression: Expression) -> Expression:
    return Product((MINUS_ONE, expression))


def _as_general(model: Mechanism, reaction: Reaction, constant: set[str]) -> Reaction:
    """The reaction with its whole rate as its law, and without an effect on constant species, which a fast step has in
    its constant instead."""
    if reaction.law.kind == "fast":
        law = RateLaw("fast", _without_constant(reaction, constant), reaction.law.span)
    else:
        law = RateLaw("general", rate_expression(model, reaction), reaction.law.span)
    return replace(
        reaction,
        law=law,
        reactants=tuple(t for t in reaction.reactants if t.species not in constant),
        products=tuple(t for t in reaction.products if t.species not in constant),
        orders=(),
    )


def _without_constant(reaction: Reaction, constant: set[str]) -> Expression:
    """What the other species of a fast step come to at equilibrium."""
    left_out = {term.species for term in reaction.orders}
    factors = [reaction.law.expression]
    for sign, side in ((1, reaction.reactants), (-1, reaction.products)):
        for term in side:
            if term.species in constant and term.species not in left_out:
                assert isinstance(term.coefficient, Fraction)
                factors.append(Power(Symbol(term.species, "species"), Number(sign * term.coefficient)))
    return Product(tuple(factors))


def _per_vessel(reaction: Reaction, volume: Expression) -> Reaction:
    if reaction.law.kind == "fast":
        change = Fraction(0)
        for sign, side in ((-1, reaction.reactants), (1, reaction.products)):
            change += sign * sum((t.coefficient for t in side if isinstance(t.coefficient, Fraction)), Fraction(0))
        if not change:
            return reaction
        constant = Product((reaction.law.expression, Power(volume, Number(change))))
        return replace(reaction, law=replace(reaction.law, expression=constant))
    return replace(reaction, law=replace(reaction.law, expression=Product((volume, reaction.law.expression))))


def _of_amounts(event: Event, volume: Expression) -> Event:
    """An event whose actions are on amounts."""

    def action(old: Action) -> Action:
        if old.kind != "species" or old.operator in ("*=", "/="):
            return old
        value = old.value if old.amount else Product((volume, old.value))
        return replace(old, value=value, amount=False, volume=None)

    return replace(event, actions=tuple(action(old) for old in event.actions))


def _flows(name: str, per_volume: Expression) -> tuple[Reaction, Reaction]:
    one = (Term(name, _ONE),)
    inside = RateLaw("mass_action", _parameter(inflow_name(name)))
    leaving = Product((_parameter(OUTFLOW), per_volume, Symbol(name, "species")))
    return (
        Reaction(f"{name} flows in", (), one, (), inside),
        Reaction(f"{name} flows out", one, (), (), RateLaw("general", leaving)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """What runs into a vessel of `volume` per time, `inflow` (a vessel's contents, per time), and how much out."""

    volume: float
    inflow: Vessel
    outflow: float

    @property
    def growth(self) -> float:
        """Volume per time; below 0 the vessel runs empty.  Rounding apart, so that equal flows keep the volume."""
        growth = self.inflow.volume - self.outflow
        return 0.0 if abs(growth) <= ROUNDING * self.outflow else growth

    def volume_at(self, elapsed: float) -> float:
        """The volume after a time."""
        return self.volume + self.growth * elapsed

    def remaining(self, elapsed: float) -> float:
        """The part g of the difference from the inflow's composition that is left after a time.

        A volume fraction that no reaction changes is φ = φ_in + (φ_0 - φ_in) g, since V dφ/dt = F (φ_in - φ).
        """
        if self.growth == 0.0:
            return math.exp(-self.inflow.volume * elapsed / self.volume)
        return float((self.volume_at(elapsed) / self.volume) ** (-self.inflow.volume / self.growth))

    def elapsed(self, remaining: float) -> float:
        """The time after which `remaining` is left."""
        if self.growth == 0.0:
            return -self.volume / self.inflow.volume * math.log(remaining)
        return self.volume / self.growth * (float(remaining ** (-self.growth / self.inflow.volume)) - 1.0)

    def components(self, start: Mapping[str, float], elapsed: float) -> dict[str, float]:
        """The volumes of all components after a time, from those at the start."""
        left, volume = self.remaining(elapsed), self.volume_at(elapsed)
        flow = self.inflow.volume
        found = {}
        for name in dict.fromkeys((*start, *self.inflow.components)):
            fed = self.inflow.components.get(name, 0.0) / flow if flow else 0.0
            found[name] = (fed + (start.get(name, 0.0) / self.volume - fed) * left) * volume
        return found

    def changes(self, vessel: Vessel, duration: float, solvents: tuple[str, ...]) -> list[float]:
        """The times in (0, duration), rising, at which another solvent, or none, becomes the main component."""
        last, flow = self.remaining(duration), self.inflow.volume
        names = list(dict.fromkeys((*vessel.components, *self.inflow.components)))
        if not flow or last == 1.0:
            return []
        fed = [self.inflow.components.get(name, 0.0) / flow for name in names]
        gap = [vessel.components.get(name, 0.0) / self.volume - part for name, part in zip(names, fed, strict=True)]
        crossings = set()
        for i in range(len(names)):
            for j in range(i):
                if gap[i] != gap[j]:
                    at = (fed[j] - fed[i]) / (gap[i] - gap[j])
                    if last < at < 1.0:
                        crossings.add(at)
        edges = [1.0, *sorted(crossings, reverse=True), last]

        def main(remaining: float) -> str | None:
            shares = {name: f + g * remaining for name, f, g in zip(names, fed, gap, strict=True)}
            return Vessel(1.0, vessel.amounts, shares).main(solvents)

        mains = [main((a + b) / 2) for a, b in pairwise(edges)]
        return [
            self.elapsed(at)
            for at, before, after in zip(edges[1:-1], mains, mains[1:], strict=False)
            if before != after
        ]
