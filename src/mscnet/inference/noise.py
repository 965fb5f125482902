"""How errors of data without a standard deviation vary: alike in a reading, in a series, or with the value.

The kind of error under which residuals are most likely, by BIC, is taken; a fit then only estimates one factor for each
reading.  Before anything is fitted, residuals are those of every datum from its two neighbours (T. Gasser, L. Sroka, C.
Jennen-Steinmetz, Biometrika 1986, 73, 625); later they are those of the best fit.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.direct import Direct, Sample

FloatArray = NDArray[np.float64]

#: No error is smaller than this part of the largest value of its reading.
LEAST = 1e-3
#: Ratios of the part of an error that grows with the value to the constant one, over the largest value.
_RATIOS = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0)


def error_shapes(data: Direct, fitted: tuple[FloatArray, FloatArray] | None = None) -> FloatArray:
    """What the standard deviation of every datum is proportional to within its group, (n_data,): an estimate of it,
    too.  Where it is known it stands.

    Args:
        fitted: residuals and values of a model (n_data,).
    """
    given, group = data.gathered("sigma"), data.gathered("group").astype(int)
    if (group < 0).all():
        return given
    left, level = _of_neighbours(data) if fitted is None else fitted
    open_ = group >= 0
    seen = np.abs(data.gathered("observed"))
    size = np.array([seen[group == g].max(initial=0.0) for g in range(len(data.groups))])
    size = np.where(size > 0.0, size, max(float(size.max(initial=0.0)), 1e-300))
    left, level, of, series = left[open_], np.abs(level[open_]), group[open_], _series(data)[open_]
    least = LEAST * size[of]
    kinds = [_alike(left, of, least), _alike(left, series, least), _growing(left, level, of, size, least)]
    n = len(left)
    costs = [float(np.sum(np.log(s**2) + (left / s) ** 2)) + count * math.log(n) for s, count in kinds]
    found = given.copy()
    found[open_] = kinds[int(np.argmin(costs))][0]
    return found


def _series(data: Direct) -> NDArray[np.int64]:
    """Which series each datum is of, (n_data,)."""
    first = np.cumsum([0, *(len(sample.matrix) for sample in data.samples)])
    return np.concatenate([first[i] + sample.reading for i, sample in enumerate(data.samples)])


def _of_neighbours(data: Direct) -> tuple[FloatArray, FloatArray]:
    """Residuals of data from the line through the data before and after, and that line's values, both (n_data,)."""
    lefts, levels = [], []
    for sample in data.samples:
        left, level = np.zeros(len(sample.observed)), np.zeros(len(sample.observed))
        for row in range(len(sample.matrix)):
            mine = np.flatnonzero(sample.reading == row)
            mine = mine[np.argsort(sample.at[mine], kind="stable")]
            left[mine], level[mine] = _from_line(
                np.append(sample.start, sample.times[sample.at[mine]]),
                np.append(beginning(sample, row), sample.observed[mine]),
            )
        lefts.append(left)
        levels.append(level)
    return np.concatenate(lefts), np.concatenate(levels)


def _from_line(times: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Of all values but the first: what is left of each beside the line between its neighbours, and that line; the
    last has that of the one before it."""
    if len(values) < 3:
        return np.zeros(len(values) - 1), values[1:]
    width = times[2:] - times[:-2]
    after = np.where(width > 0, (times[1:-1] - times[:-2]) / np.where(width > 0, width, 1.0), 0.5)
    line = (1 - after) * values[:-2] + after * values[2:]
    left = (values[1:-1] - line) / np.sqrt(1.0 + after**2 + (1 - after) ** 2)
    return np.append(left, left[-1]), np.append(line, values[-1])


def beginning(sample: Sample, row: int) -> float:
    """What a reading is at the start of a sample."""
    n = sample.matrix.shape[1]
    return float(sample.matrix[row] @ sample.inputs[-n:] + sample.offset[row])


def _alike(left: FloatArray, groups: NDArray[np.int64], least: FloatArray) -> tuple[FloatArray, int]:
    numbers, back = np.unique(groups, return_inverse=True)
    square = np.bincount(back, weights=left**2) / np.bincount(back)
    return np.maximum(np.sqrt(square)[back], least), len(numbers)


def _growing(
    left: FloatArray, level: FloatArray, groups: NDArray[np.int64], size: FloatArray, least: FloatArray
) -> tuple[FloatArray, int]:
    """sigma² = a² (1 + (ratio value/largest)²), with a ratio and an a for each group."""
    found = np.empty(len(left))
    numbers = np.unique(groups)
    for g in numbers:
        mine = groups == g
        best = math.inf
        for ratio in _RATIOS:
            shape = np.sqrt(1.0 + (ratio * level[mine] / size[g]) ** 2)
            sigma = np.maximum(shape * math.sqrt(float(np.mean((left[mine] / shape) ** 2))), least[mine])
            cost = float(np.sum(np.log(sigma**2) + (left[mine] / sigma) ** 2))
            if cost < best:
                best, found[mine] = cost, sigma
    return found, 2 * len(numbers)
