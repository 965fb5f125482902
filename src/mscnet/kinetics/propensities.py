"""Propensities: what a network means where molecules are counted one by one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from mscnet import kernels
from mscnet.diagnostics import UNSUPPORTED, MechanismError
from mscnet.kinetics.monomials import as_monomial
from mscnet.kinetics.program import RateProgram, build_rate_program
from mscnet.kinetics.statics import Statics
from mscnet.kinetics.switches import TimeDependence
from mscnet.mechanism.types import Reaction
from mscnet.network.network import Network
from mscnet.network.rates import rate_expression
from mscnet.records import dataclass, field

#: The highest kinetic order of one species that counts of molecules are multiplied out to.
MAX_ORDER = 64

#: (species index, whole number) pairs.
Counts = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Discrete:
    """What a reaction asks of whole molecules.

    `falling` are the kinetic orders p of mass action, for which n·(n - 1)…(n - p + 1) stands in place of n^p.
    `needs` are the counts without which it cannot happen, where its rate alone does not see to that.
    """

    falling: Counts
    needs: Counts


def discrete_reactions(network: Network) -> tuple[Discrete, ...]:
    """One `Discrete` a reaction, in the network's order.

    Raises:
        MechanismError: a reaction that means nothing for single molecules: a coefficient or order that is no whole
            number, a net rate of both directions, a rate that follows time other than in jumps.
    """
    mechanism = network.mechanism
    statics, timing = Statics(mechanism), TimeDependence(mechanism)
    columns = zip(mechanism.reactions, network.entries, network.order_entries, strict=True)
    made = []
    for reaction, entries, orders in columns:
        _refuse(reaction, entries, orders, network)
        if timing.is_smooth(reaction.law.expression):
            message = f"the rate of {_name(reaction)} follows time: exact stochastic simulation takes rates that jump"
            hint = "write it in steps, as in `if(time < 5 s, k, 0)`; or integrate with another method"
            raise MechanismError.of(UNSUPPORTED, message, hint=hint, span=reaction.law.span or reaction.span)
        mass_action = reaction.law.kind == "mass_action"
        given = orders
        if not mass_action:
            monomial = as_monomial(rate_expression(mechanism, reaction), statics, network.species_index)
            given = () if monomial is None else tuple((i, min(p, Fraction(1))) for i, p in monomial[1])
        assured = {i: p for i, p in given if p > 0}
        needs = tuple((i, int(-c)) for i, c in entries if c < 0 and not network.constant[i] and assured.get(i, 0) < -c)
        made.append(Discrete(tuple((i, int(p)) for i, p in orders) if mass_action else (), needs))
    return tuple(made)


def _refuse(
    reaction: Reaction,
    entries: Sequence[tuple[int, Fraction]],
    orders: Sequence[tuple[int, Fraction]],
    network: Network,
) -> None:
    """Raises for what means nothing for single molecules."""
    if reaction.law.kind == "fast":
        message = f"{_name(reaction)} is a fast step, always at equilibrium: stochastic simulation has no such steps"
        hint = "integrate with another method, or write it as a reversible step with rate constants"
        raise MechanismError.of("E287", message, hint=hint, span=reaction.span)
    for i, coefficient in entries:
        if coefficient.denominator != 1:
            message = f"{_name(reaction)} changes `{network.species[i]}` by {float(coefficient):g} molecules"
            hint = "stochastic simulation needs whole coefficients: multiply the reaction and divide its rate"
            raise MechanismError.of("E048", message, hint=hint, span=reaction.span)
    for i, order in orders:
        if order.denominator != 1 or not 0 <= order <= MAX_ORDER:
            message = f"{_name(reaction)} is of order {float(order):g} in `{network.species[i]}`"
            hint = "mass action among single molecules has whole orders; `rate` gives any law as it is written"
            raise MechanismError.of("E048", message, hint=hint, span=reaction.span)
    if reaction.reversible and reaction.law.kind == "general":
        message = f"the rate of {_name(reaction)} is the net rate of both directions"
        hint = "single molecules go each way by themselves: write two reactions, each with its own rate"
        raise MechanismError.of("E048", message, hint=hint, span=reaction.law.span or reaction.span)


def _name(reaction: Reaction) -> str:
    return f"`{reaction.label or reaction.name}`"


@dataclass(frozen=True, eq=False)
class Propensities:
    """The propensities of a network in the form that the kernels take; immutable, shared by all threads.

    `omega` is the number of molecules that one unit of concentration stands for.  `program` holds the rates;
    its `inputs` vary from run to run.
    """

    program: RateProgram
    omega: float
    discrete: tuple[Discrete, ...] = field(repr=False)

    @cached_property
    def system(self) -> Any:
        """The kernels' own tables, made when first needed; raises RuntimeError where there are no kernels."""
        model, core = self.program.model, kernels.core()
        assert core is not None
        return core.ssa(model, self.tables())

    def tables(self) -> dict[str, Any]:
        """The arrays that kernels/ssa.h adds to those of the model, by row of the model."""
        original = self.program.tables["original"]
        n_tables = len(self.program.tables["coefficient"])
        network = self.program.network
        rows = [self.discrete[j] for j in original]
        # A coefficient that varies may hold the species once more: then the row's orders are not those of mass action.
        falling = [self._is_plain(j, network) for j in original[:n_tables]]
        corrections = [() if row < n_tables and falling[row] else rows[row].falling for row in range(len(rows))]
        return {
            "omega": self.omega,
            "falling": np.array(falling, dtype=np.uint32),
            **_table("need", "need_species", "need", [row.needs for row in rows]),
            **_table("correct", "correct_species", "correct", corrections),
        }

    def _is_plain(self, j: int, network: Network) -> bool:
        reaction = network.mechanism.reactions[j]
        return reaction.law.kind == "mass_action" and self._statics.holds(reaction.law.expression)

    @cached_property
    def _statics(self) -> Statics:
        return Statics(self.program.network.mechanism)


def build_propensities(network: Network, omega: float) -> Propensities:
    """The propensities of a network, `omega` molecules to a unit of concentration; in time linear in its size.

    Raises:
        MechanismError: as `discrete_reactions` and `build_rate_program`.
    """
    return Propensities(build_rate_program(network), omega, discrete_reactions(network))


def _table(prefix: str, index: str, value: str, rows: Sequence[Counts]) -> dict[str, Any]:
    starts = np.zeros(len(rows) + 1, dtype=np.uint32)
    np.cumsum([len(row) for row in rows], out=starts[1:])
    return {
        f"{prefix}_start": starts,
        index: np.array([i for row in rows for i, _ in row], dtype=np.uint32),
        value: np.array([n for row in rows for _, n in row], dtype=np.float64),
    }
