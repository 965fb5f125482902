"""What a search for a steady state asks of a model: rates, Jacobian and conserved totals at one set of values."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.kinetics.program import RateProgram
from mscnet.network.conservation import null_vectors
from mscnet.network.network import Network
from mscnet.records import dataclass

if TYPE_CHECKING:
    from mscnet.kinetics.system import RateSystem

FloatArray = NDArray[np.float64]

#: For networks of at most this many species dense matrices are quicker.
DENSE_UP_TO = 40


@dataclass(frozen=True, slots=True)
class Laws:
    """Conservation laws as numbers: ``weights @ x`` never changes; (n_laws, n_species).  Constant species are apart."""

    weights: FloatArray
    #: (n_species,) True for a species that is held constant.
    constant: NDArray[np.bool_]

    def pivots(self, scale: FloatArray) -> NDArray[np.int64]:
        """A species for each law that it can be solved for, as plentiful as may be, so that little cancels."""
        rest = self.weights * scale
        chosen = np.empty(len(rest), dtype=np.int64)
        for n in range(len(rest)):
            row, column = divmod(int(np.argmax(np.abs(rest[n:]))), rest.shape[1])
            rest[[n, n + row]] = rest[[n + row, n]]
            chosen[n] = column
            rest[n + 1 :] -= np.outer(rest[n + 1 :, column] / rest[n, column], rest[n])
            rest[n + 1 :, column] = 0.0
        return chosen


def laws_of(network: Network) -> Laws:
    """The conservation laws of a network, exact before they are turned into floats."""
    vectors = null_vectors(network)
    weights = np.zeros((len(vectors), len(network.species)))
    for n, vector in enumerate(vectors):
        weights[n, list(vector)] = [float(value) for value in vector.values()]
    return Laws(weights, np.array(network.constant, dtype=bool))


@dataclass(eq=False)
class SteadyModel:
    """A network at one set of inputs (parameter values, then initial concentrations).

    The kernels evaluate it where they are there, else `system`, whose values are these inputs.
    """

    program: RateProgram
    inputs: FloatArray
    laws: Laws
    system: RateSystem | None = None
    #: The largest concentration seen so far: what is far below it counts little.
    largest: float = 0.0
    #: The fastest rate of relative change at the start, per time unit: what is far below it counts as zero.
    fastest: float = 0.0

    @property
    def size(self) -> int:
        return len(self.program.species)

    def rhs(self, x: FloatArray) -> FloatArray:
        """dx/dt, (n_species,)."""
        return self._evaluate("rhs", self.size, x) if self.system is None else self.system.rhs(0.0, x)

    def rates(self, x: FloatArray) -> FloatArray:
        """The rate of every reaction, (n_reactions,)."""
        if self.system is not None:
            return self.system.rates(0.0, x)
        return self._evaluate("rates", len(self.program.reactions), x)

    def jacobian(self, x: FloatArray) -> FloatArray:
        """d(dx/dt)/dx, dense, (n_species, n_species)."""
        if self.system is not None:
            return self.system.dense_jacobian(0.0, x)
        rows, columns = self._places
        dense = np.zeros((self.size, self.size))
        dense[rows, columns] = self._evaluate("jacobian", len(rows), x)
        return dense

    def imbalance(self, x: FloatArray) -> FloatArray:
        """|formation - consumption| / (formation + consumption), (n_species,); 0 where nothing happens."""
        tables = self.program.tables
        flows = np.abs(tables["s_value"]) * np.abs(self.rates(x))[self._reaction_of_entry]
        gross = np.bincount(tables["s_species"], weights=flows, minlength=self.size)[: self.size]
        net = np.abs(self.rhs(x))
        return np.divide(net, gross, out=np.zeros(self.size), where=gross > 0.0)

    @cached_property
    def sparse(self) -> bool:
        """Whether sparse factors serve: there are kernels, the network is not small, and the factors do not fill up."""
        if self.system is not None or self.size <= DENSE_UP_TO:
            return False
        core: Any = kernels.core()
        return core.lu_size(self.program.model, self.size**2 // 2) is not None

    def jacobian_values(self, x: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
        """The Jacobian's entries in the order of the pattern, and where those of the diagonal stand."""
        return self._evaluate("jacobian", len(self._places[0]), x), self._diagonal

    def solve_sparse(self, values: FloatArray, columns: FloatArray) -> FloatArray | None:
        """The solutions Y of -J Y = columns, (n_species, m), J having these entries; None where J is singular."""
        core: Any = kernels.core()
        out = np.ascontiguousarray(columns)
        asked = {"jacobian": values, "a": 0.0, "b": 1.0, "v": out, "count": out.shape[1]}
        try:
            core.lu_solve(self.program.model, asked)
        except ArithmeticError:
            return None
        return out

    @cached_property
    def _diagonal(self) -> NDArray[np.int64]:
        rows, columns = self._places
        return np.flatnonzero(rows == columns)

    @cached_property
    def _reaction_of_entry(self) -> NDArray[np.int64]:
        tables = self.program.tables
        return np.repeat(tables["original"].astype(np.int64), np.diff(tables["s_start"].astype(np.int64)))

    @cached_property
    def _places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        start, row = self.program.jacobian_pattern
        return row, np.repeat(np.arange(self.size), np.diff(start))

    def _evaluate(self, what: str, size: int, x: FloatArray) -> FloatArray:
        core: Any = kernels.core()
        out = np.empty(size)
        core.evaluate(self.program.model, {"inputs": self.inputs, "x": x, "time": 0.0, what: out})
        return out
