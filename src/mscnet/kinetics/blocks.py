"""What every group of rate laws offers to the rate system, and the arrays that they share.

The *extended state* is the vector of concentrations with a 1.0 behind it: a slot that a law does not
need points there, so that laws of several lengths share one table.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Where the derivatives of a block go: entry `entry[i]`, times `weight[i]`, is part of
    d rate(`reaction[i]`) / d x(`species[i]`)."""

    entry: IntArray
    reaction: IntArray
    species: IntArray
    weight: FloatArray


class Block(Protocol):
    """A group of reactions whose rates are evaluated together, without a Python loop over them."""

    @property
    def reactions(self) -> IntArray:
        """Indices of the reactions, in the order in which `rates` gives them."""

    @property
    def entries(self) -> int:
        """How many numbers `derivatives` gives."""

    def pattern(self) -> Pattern:
        """Where the numbers of `derivatives` go."""

    def rates(self, time: float, state: NDArray[Any]) -> NDArray[Any]:
        """One rate a reaction, from the extended state."""

    def derivatives(self, time: float, state: FloatArray) -> FloatArray:
        """The numbers that `pattern` places; never ``nan`` or ``inf``."""

    def with_values(self, mechanism: Mechanism) -> Block:
        """The same block with its static parts evaluated anew."""


def finite(derivatives: FloatArray) -> FloatArray:
    """`derivatives` with 0 in place of what is not finite, such as d x^0.5/dx at 0.

    A wrong derivative only slows down the iteration of an implicit method; a rate is never mended so.
    """
    bad = ~np.isfinite(derivatives)
    if bad.any():
        derivatives[bad] = 0.0
    return derivatives
