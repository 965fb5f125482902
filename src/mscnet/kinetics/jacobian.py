"""The fixed pattern of d(dx/dt)/dx, and the linear map from derivatives of the rates to its entries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from mscnet.kinetics.blocks import Block, FloatArray, IntArray, finite
from mscnet.records import dataclass


@dataclass(frozen=True, eq=False)
class JacobianMap:
    """``matrix @ derivatives`` are the entries of the Jacobian, column by column.

    With `rows` and `starts` they are a CSC matrix of shape (n_species, n_species); `flat` are their places
    in a dense one.  Made once; an evaluation is one sparse product, without a loop over reactions.
    """

    n_species: int
    matrix: csr_array
    rows: IntArray
    starts: IntArray
    flat: IntArray

    def sparse(self, derivatives: FloatArray) -> csc_array:
        return csc_array(
            (finite(self.matrix @ derivatives), self.rows, self.starts), shape=(self.n_species, self.n_species)
        )

    def dense(self, derivatives: FloatArray) -> FloatArray:
        out = np.zeros(self.n_species * self.n_species)
        out[self.flat] = finite(self.matrix @ derivatives)
        return out.reshape(self.n_species, self.n_species)


def build_map(blocks: Sequence[Block], stoichiometry: csc_array, constant: NDArray[np.bool_]) -> JacobianMap:
    """The map for blocks of laws and their stoichiometry (n_species, n_reactions), its constant rows empty."""
    n_species = stoichiometry.shape[0]
    entry, reaction, column, weight = _joined(blocks)
    kept = ~constant[column]
    entry, reaction, column, weight = entry[kept], reaction[kept], column[kept], weight[kept]
    first, count = stoichiometry.indptr[reaction].astype(np.int64), np.diff(stoichiometry.indptr)[reaction]
    # every entry of d rate/dx goes to all the species that the reaction changes
    source = np.repeat(np.arange(len(entry)), count)
    within = np.arange(len(source)) - np.repeat(np.cumsum(count) - count, count)
    at = first[source] + within
    places, position = np.unique(column[source] * n_species + stoichiometry.indices[at], return_inverse=True)
    values = stoichiometry.data[at] * weight[source]
    n_entries = sum(block.entries for block in blocks)
    matrix = csr_array((values, (position, entry[source])), shape=(len(places), n_entries))
    columns, rows = np.divmod(places, max(n_species, 1))
    starts = np.searchsorted(columns, np.arange(n_species + 1))
    return JacobianMap(n_species, matrix, rows, starts, rows * n_species + columns)


def _joined(blocks: Sequence[Block]) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """The patterns of all blocks, their entries counted through."""
    empty = np.zeros(0, dtype=np.int64)
    entries, reactions, species, weights, offset = [empty], [empty], [empty], [np.zeros(0)], 0
    for block in blocks:
        pattern = block.pattern()
        entries.append(pattern.entry + offset)
        reactions.append(pattern.reaction)
        species.append(pattern.species)
        weights.append(pattern.weight)
        offset += block.entries
    return np.concatenate(entries), np.concatenate(reactions), np.concatenate(species), np.concatenate(weights)
