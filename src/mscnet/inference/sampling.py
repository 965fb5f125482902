"""From the times and wavelengths that a model has to those of data, for many rows alike."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mscnet.experiment.data_match import SAME_TIME

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


class Times:
    """Values at the times `wanted` (k,) from those at `time` (n,); as `data_match.model_at`, but prepared once.

    `inside` (k,): whether a time is among those that are known, or between them.
    """

    def __init__(self, time: FloatArray, wanted: FloatArray) -> None:
        self._at, self._first = np.unique(time, return_index=True)
        at = self._at
        near = np.clip(np.searchsorted(at, wanted), 0, len(at) - 1)
        near = np.where((near > 0) & (np.abs(at[near - 1] - wanted) < np.abs(at[near] - wanted)), near - 1, near)
        exact = np.abs(at[near] - wanted) <= SAME_TIME * max(float(np.max(np.abs(at))), 1e-300)
        self._source: IntArray = self._first[near]
        self._between = np.flatnonzero(~exact & (wanted > at[0]) & (wanted < at[-1]))
        self._wanted = wanted[self._between]
        self.inside: NDArray[np.bool_] = exact.copy()
        self.inside[self._between] = True

    @property
    def source(self) -> IntArray | None:
        """The places (k,) of the wanted times among those that are known; None if some lie between."""
        return None if self._between.size else self._source

    def __call__(self, values: FloatArray) -> FloatArray:
        """(m, k, …) from (m, n, …); what is not `inside` is of no use."""
        found = values[:, self._source]
        if self._between.size:
            from scipy.interpolate import PchipInterpolator

            known = values[:, self._first]
            if not np.isfinite(known).all():  # of rows that came to no end
                found[:, self._between] = math.nan
            else:
                found[:, self._between] = PchipInterpolator(self._at, known, axis=1)(self._wanted)
        return found


class Wavelengths:
    """Values at the wavelengths `wanted` (k,) from those at `grid` (n,), linearly between; `inside` (k,)."""

    def __init__(self, grid: FloatArray, wanted: FloatArray) -> None:
        order = np.argsort(grid)
        at = grid[order]
        upper = np.clip(np.searchsorted(at, wanted), 1, max(len(at) - 1, 1))
        upper = np.minimum(upper, len(at) - 1)
        lower = np.maximum(upper - 1, 0)
        width = np.where(at[upper] > at[lower], at[upper] - at[lower], 1.0)
        self._weight = np.where(upper > lower, (wanted - at[lower]) / width, 0.0)
        self._lower, self._upper = order[lower], order[upper]
        self.inside: NDArray[np.bool_] = (wanted >= at[0]) & (wanted <= at[-1])

    def __call__(self, values: FloatArray) -> FloatArray:
        """(m, n_times, k, …) from (m, n_times, n, …)."""
        weight = self._weight.reshape(-1, *(1,) * (values.ndim - 3))
        return values[:, :, self._lower] * (1.0 - weight) + values[:, :, self._upper] * weight
