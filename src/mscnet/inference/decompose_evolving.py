"""Evolving factor analysis: when contributions set in, and when they are gone.

Gampp, Maeder, Meyer and Zuberbühler, Talanta 32, 1133 (1985).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.decompose_data import SpectralMatrix
from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: The most windows that are decomposed each way.
_MOST_WINDOWS = 120


@dataclass(frozen=True, slots=True, eq=False)
class Evolving:
    """Singular values (n_windows, k) of the spectra up to each `time` (n_windows,), and from each on.

    `forward[i]` are those of all scans up to time[i], `backward[i]` of all from there; 0 where a window holds fewer
    scans than that.  `bound` (n_windows,) each way is the highest singular value that noise gives in such a window.
    """

    time: FloatArray
    forward: FloatArray
    backward: FloatArray
    forward_bound: FloatArray
    backward_bound: FloatArray


def evolve(data: SpectralMatrix, sigma: float, count: int) -> Evolving:
    """Evolving singular values, the `count` first ones and two more, of at most 120 windows."""
    values = data.absorbance / data.rows[:, None] / data.columns
    n, m = values.shape
    _, s, right = np.linalg.svd(values, full_matrices=False)
    scores = values @ right.T  # the same singular values in min(n, m) columns
    shown = min(count + 2, s.size)
    ends = np.unique(np.linspace(0, n - 1, min(n, _MOST_WINDOWS)).round().astype(int))
    forward = np.array([_first(scores[: end + 1], shown) for end in ends])
    backward = np.array([_first(scores[end:], shown) for end in ends])
    up = sigma * (np.sqrt(ends + 1.0) + np.sqrt(m))
    down = sigma * (np.sqrt(n - ends + 0.0) + np.sqrt(m))
    return Evolving(data.time[ends], forward, backward, up, down)


def _first(window: FloatArray, shown: int) -> FloatArray:
    found = np.linalg.svd(window, compute_uv=False)[:shown]
    return np.concatenate([found, np.zeros(shown - found.size)])


def evolving_courses(data: SpectralMatrix, count: int) -> FloatArray:
    """Where each contribution may be there, (n, count): the lesser of its forward and its backward singular value.

    What comes first goes first: the i-th to come is paired with the i-th to go.
    """
    found = evolve(data, 0.0, count)
    pairs = [np.minimum(found.forward[:, i], found.backward[:, count - 1 - i]) for i in range(count)]
    return np.array([np.interp(data.time, found.time, pair) for pair in pairs]).T
