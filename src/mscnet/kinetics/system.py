"""`RateSystem`: the numbers of a network, ready for an integrator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from mscnet.kinetics.blocks import Block, FloatArray
from mscnet.kinetics.initial import initial_concentrations
from mscnet.kinetics.jacobian import JacobianMap, build_map
from mscnet.kinetics.missing import check_values
from mscnet.kinetics.partition import partition
from mscnet.kinetics.tables import build_tables
from mscnet.network.network import Network
from mscnet.records import dataclass, field, replace

if TYPE_CHECKING:
    from mscnet.kinetics.settle import Settler

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
    #: The network without fast steps that the blocks are of; the network itself where it has none.
    followed: Network = field(repr=False)

    @property
    def species(self) -> tuple[str, ...]:
        return self.network.species

    @property
    def reactions(self) -> tuple[str, ...]:
        """Whose rates there are; fast steps have none, see `fast_laws`."""
        return self.followed.reactions

    @cached_property
    def parameters(self) -> dict[str, float]:
        """Parameter values by name, in the file's units."""
        return {p.name: p.value for p in self.network.mechanism.parameters if p.value is not None}

    @property
    def timed(self) -> bool:
        """Whether a rate depends on time itself."""
        return any(getattr(block, "timed", False) for block in self.blocks)

    @cached_property
    def settler(self) -> Settler | None:
        """What brings concentrations to the equilibria of fast steps; None where there are none."""
        if not self.network.mechanism.has_fast:
            return None
        from mscnet.kinetics.settle import Settler

        return Settler(self.network)

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
        return initial_concentrations(self.network.mechanism)

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
        if "settler" in self.__dict__:
            new.__dict__["settler"] = self.settler
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


def build_rate_system(network: Network, steady: bool = False) -> RateSystem:
    """The rate system of a network, in time linear in its size; `steady` as in `build_rate_program`.

    Mass action with static coefficients goes into tables; other laws are compiled, one time a shape
    (SymPy is imported at the first evaluation, and only if there is such a law).

    Raises:
        MechanismError: parameters without a value (all are named), or a rate law that is too large.
    """
    check_values(network.mechanism)
    constant = np.array(network.constant, dtype=bool)
    followed = network
    if network.mechanism.has_fast:
        from mscnet.kinetics.fast_laws import without_fast

        followed = without_fast(network, steady)
    blocks = tuple(_blocks(followed))
    return RateSystem(network, blocks, _changing(followed.stoichiometry, constant), constant, followed)


def _blocks(network: Network) -> list[Block]:
    parts = partition(network)
    tables = build_tables(parts.rows, len(network.species), network.mechanism)
    if not parts.laws:
        return tables
    from mscnet.kinetics.laws import build_laws

    return tables + build_laws(parts.laws, len(network.species), network.mechanism)


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
