"""Least squares in which what is far off counts little: a first search on it passes by minima that single terms make.

Facts have jumps and long tails: far from the data one of them may outweigh all others together, and hold a search
where it is met by chance.  Here a residual r counts as c sqrt(ln(1 + (r/c)²)), the Lorentzian's; a search on these,
then on the residuals themselves, is the simplest graduated one (A. Blake, A. Zisserman, Visual Reconstruction, 1987,
chapter 7).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.trust import Problem

FloatArray = NDArray[np.float64]

#: Residuals well below this count as they are.
SCALE = 2.0


class Softened:
    """A problem with softened residuals."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def residuals(self, theta: FloatArray) -> FloatArray:
        """(n_terms,)."""
        return softened(self._problem.residuals(theta))

    def slopes(self, theta: FloatArray) -> FloatArray:
        """(n_terms, n_parameters)."""
        slopes = self._problem.slopes(theta)
        size = np.abs(self._problem.residuals(theta)) / SCALE
        root = np.sqrt(np.log1p(size * size))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(size > 1e-6, size / (1.0 + size * size) / root, 1.0)
        return slopes * share[:, None]


def softened(residuals: FloatArray) -> FloatArray:
    """Residuals of any shape, those far off made small."""
    size = residuals / SCALE
    return np.asarray(np.sign(residuals) * SCALE * np.sqrt(np.log1p(size * size)))
