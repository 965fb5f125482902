"""`RateSystem`: the numbers of a network, ready for an integrator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from mscnet.diagnostics import MechanismError
from mscnet.kinetics.blocks import Block, FloatArray
from mscnet.kinetics.jacobian import JacobianMap, build_map
from mscnet.kinetics.missing import check_values
from mscnet.kinetics.monomials import as_monomial
from mscnet.kinetics.statics import Statics
from mscnet.kinetics.tables import Row, build_tables
from mscnet.mechanism.types import Reaction
from mscnet.network.network import Network
from mscnet.network.rates import rate_expression

#: Stoichiometric matrices of at most this many places are kept dense: a small product is then faster.
DENSE_PLACES = 20_000


@dataclass(frozen=True, eq=False)
class RateSystem:
    """dx/dt = stoichiometry @ rates(t, x), with an analytic Jacobian; picklable.

    Concentrations, rates and times are in the file's units; x has one value a species, in the order of
    `species`, constant ones included.  Static parts of the laws hold the parameter values, and the initial
    concentrations of constant species, that the system was built with: `with_values` changes them.
    """

    network: Network = field(repr=False)
    blocks: tuple[Block, ...] = field(repr=False)
    #: (n_species, n_reactions), float, without the rows of constant species.
    stoichiometry: csc_array = field(repr=False)
    #: (n_species,) True for a species whose concentration never changes.
    constant: NDArray[np.bool_] = field(repr=False)

    @property
    def species(self) -> tuple[str, ...]:
        return self.network.species

    @property
    def reactions(self) -> tuple[str, ...]:
        return self.network.reactions

    @cached_property
    def parameters(self) -> dict[str, float]:
        """Parameter values by name, in the file's units."""
        return {p.name: p.value for p in self.network.mechanism.parameters if p.value is not None}

    @property
    def timed(self) -> bool:
        """Whether a rate depends on time itself."""
        return any(getattr(block, "timed", False) for block in self.blocks)

    # --- evaluation --------------------------------------------------------------------------

    def rates(self, time: float, x: NDArray[Any]) -> NDArray[Any]:
        """The rate of every reaction, (n_reactions,); ``nan`` and ``inf`` are passed on, without warnings."""
        state = self._extended(x)
        out = np.empty(len(self.reactions), state.dtype)
        with np.errstate(all="ignore"):
            for block in self.blocks:
                out[block.reactions] = block.rates(time, state)
        return out

    def rhs(self, time: float, x: NDArray[Any]) -> NDArray[Any]:
        """dx/dt, (n_species,); zero for constant species."""
        out: NDArray[Any] = self._product @ self.rates(time, x)
        return out

    def jacobian(self, time: float, x: NDArray[Any]) -> csc_array:
        """d(dx/dt)/dx, (n_species, n_species), always with the same pattern.

        Derivatives that are not finite, such as that of x^0.5 at 0, are taken as 0.
        """
        return self._map.sparse(self._derivatives(time, x))

    def dense_jacobian(self, time: float, x: NDArray[Any]) -> FloatArray:
        """`jacobian` as a dense array."""
        return self._map.dense(self._derivatives(time, x))

    def initial(self) -> FloatArray:
        """Initial concentrations, (n_species,).

        Raises:
            MechanismError: an initial concentration that is negative or not finite.
        """
        mechanism = self.network.mechanism
        values = np.zeros(len(self.species))
        for i, species in enumerate(mechanism.species):
            if species.initial is not None:
                values[i] = value = mechanism.evaluate(species.initial)
                if not (0.0 <= value < math.inf):
                    what = "negative" if value < 0.0 else "not finite"
                    message = f"the initial concentration of `{species.name}` is {what}: {value:g}"
                    raise MechanismError.of("E041", message, span=species.span)
        return values

    def with_values(self, values: Mapping[str, float | str]) -> RateSystem:
        """The same system with other parameter values or initial concentrations.

        Tables, compiled laws and the pattern of the Jacobian are kept, so a fit can call it often.

        Raises:
            MechanismError: as `Mechanism.with_values`.
        """
        mechanism = self.network.mechanism.with_values(values)
        if _has_symbolic_coefficients(self.network):
            return build_rate_system(mechanism.network())
        network = replace(self.network, mechanism=mechanism)
        new = replace(self, network=network, blocks=tuple(block.with_values(mechanism) for block in self.blocks))
        if "_map" in self.__dict__ and not any(_has_forms(block) for block in self.blocks):
            new.__dict__["_map"] = self._map
        return new

    # --- inner -------------------------------------------------------------------------------

    @cached_property
    def _product(self) -> Any:
        small = math.prod(self.stoichiometry.shape) <= DENSE_PLACES
        return self.stoichiometry.toarray() if small else csr_array(self.stoichiometry)

    @cached_property
    def _map(self) -> JacobianMap:
        return build_map(self.blocks, self.stoichiometry, self.constant)

    def _extended(self, x: NDArray[Any]) -> NDArray[Any]:
        state = np.empty(len(x) + 1, np.result_type(x, np.float64))
        state[:-1] = x
        state[-1] = 1.0
        return state

    def _derivatives(self, time: float, x: NDArray[Any]) -> FloatArray:
        state = self._extended(x)
        with np.errstate(all="ignore"):
            parts = [block.derivatives(time, state) for block in self.blocks]
        return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0), *parts])


def build_rate_system(network: Network) -> RateSystem:
    """The rate system of a network, in time linear in its size.

    Mass action with static coefficients goes into tables; other laws are compiled, one time a shape
    (SymPy is imported at the first evaluation, and only if there is such a law).

    Raises:
        MechanismError: parameters without a value (all are named), or a rate law that is too large.
    """
    check_values(network.mechanism)
    constant = np.array(network.constant, dtype=bool)
    return RateSystem(network, tuple(_blocks(network)), _changing(network.stoichiometry, constant), constant)


def _blocks(network: Network) -> list[Block]:
    mechanism, index = network.mechanism, network.species_index
    statics = Statics(mechanism)
    combinatorial = mechanism.option("mass_action") == "combinatorial"
    rows: list[Row] = []
    general: list[tuple[int, Reaction]] = []
    for j, (reaction, orders) in enumerate(zip(mechanism.reactions, network.order_entries, strict=True)):
        law = reaction.law.expression
        if reaction.law.kind == "mass_action" and statics.holds(law):
            rows.append(Row(j, law, _share(reaction) if combinatorial else 1.0, orders))
        elif (monomial := as_monomial(rate_expression(mechanism, reaction), statics, index)) is not None:
            rows.append(Row(j, monomial[0], 1.0, monomial[1]))
        else:
            general.append((j, reaction))
    return build_tables(rows, len(index), mechanism) + _general_blocks(general, network, statics)


def _general_blocks(general: list[tuple[int, Reaction]], network: Network, statics: Statics) -> list[Block]:
    if not general:
        return []
    from mscnet.kinetics.laws import build_laws
    from mscnet.kinetics.shapes import Shaper

    mechanism = network.mechanism
    shaper = Shaper(mechanism, statics, network.species_index)
    laws = []
    for j, reaction in general:
        name = reaction.label or reaction.name
        laws.append((j, shaper.shape(rate_expression(mechanism, reaction), name, reaction.law.span or reaction.span)))
    return build_laws(laws, len(network.species), mechanism)


def _share(reaction: Reaction) -> float:
    """1/∏ n! over whole reactant coefficients n: what combinatorial mass action multiplies a rate by."""
    coefficients = [t.coefficient for t in reaction.reactants if isinstance(t.coefficient, Fraction)]
    return math.prod(1 / math.factorial(int(c)) for c in coefficients if c.denominator == 1 and 1 < c <= 170)


def _changing(stoichiometry: csc_array, constant: NDArray[np.bool_]) -> csc_array:
    """The matrix as floats, with the rows of constant species empty."""
    matrix = stoichiometry.astype(np.float64).tocoo()
    kept = ~constant[matrix.row]
    places = (matrix.row[kept], matrix.col[kept])
    return csc_array((matrix.data[kept], places), shape=stoichiometry.shape)


def _has_symbolic_coefficients(network: Network) -> bool:
    return any(
        type(c) is not Fraction for columns in (network.net, network.orders) for column in columns for _, c in column
    )


def _has_forms(block: Block) -> bool:
    forms = getattr(block, "forms", None)
    return forms is not None and bool(forms.forms)
