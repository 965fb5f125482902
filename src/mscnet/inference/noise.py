"""How errors of data without a standard deviation vary: alike in a reading, in a series, or with the value.

Smooth curves through every series leave residuals; the kind of error under which these are most likely, by BIC, is
taken.  A fit then only estimates one factor for each reading.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.direct import Direct, Sample
from mscnet.inference.smooth import smooth

FloatArray = NDArray[np.float64]

#: No error is smaller than this part of the largest value of its reading.
LEAST = 1e-3
#: Ratios of the part of an error that grows with the value to the constant one, over the largest value.
_RATIOS = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0)


def error_shapes(data: Direct) -> FloatArray:
    """What the standard deviation of every datum is proportional to within its group, (n_data,): a first estimate of
    it, too.  Where it is known it stands."""
    given, group = data.gathered("sigma"), data.gathered("group").astype(int)
    if (group < 0).all():
        return given
    left, level, series = _residuals(data)
    open_ = group >= 0
    size = np.array([np.abs(level[group == g]).max(initial=0.0) for g in range(len(data.groups))])
    size = np.where(size > 0.0, size, max(float(size.max(initial=0.0)), 1.0))
    left, level, of, series = left[open_], np.abs(level[open_]), group[open_], series[open_]
    least = LEAST * size[of]
    kinds = [_alike(left, of, least), _alike(left, series, least), _growing(left, level, of, size, least)]
    n = len(left)
    costs = [float(np.sum(np.log(s**2) + (left / s) ** 2)) + count * math.log(n) for s, count in kinds]
    found = given.copy()
    found[open_] = kinds[int(np.argmin(costs))][0]
    return found


def _residuals(data: Direct) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    """Data less smooth curves, the curves, and which series each datum is of, all (n_data,)."""
    parts, levels, numbers, count = [], [], [], 0
    for sample in data.samples:
        left, level = np.zeros(len(sample.observed)), np.zeros(len(sample.observed))
        for row in range(len(sample.matrix)):
            mine = sample.reading == row
            level[mine] = smooth(sample.start, beginning(sample, row), sample.times[sample.at[mine]],
                                 sample.observed[mine], sample.times[sample.at[mine]])  # fmt: skip
            left[mine] = sample.observed[mine] - level[mine]
        parts.append(left)
        levels.append(level)
        numbers.append(count + sample.reading)
        count += len(sample.matrix)
    return np.concatenate(parts), np.concatenate(levels), np.concatenate(numbers)


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
