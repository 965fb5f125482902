"""Truths about chance: the chemical master equation solved as it stands, and another exact simulator."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class MasterEquation:
    """dp/dt = Q p for one count that jumps by the given steps, on 0 … most."""

    def __init__(self, most: int, jumps: Sequence[tuple[int, Callable[[FloatArray], FloatArray]]]) -> None:
        n = np.arange(most + 1, dtype=float)
        q = np.zeros((most + 1, most + 1))
        for step, propensity in jumps:
            for i, a in enumerate(propensity(n)):
                if a > 0.0 and 0 <= i + step <= most:
                    q[i + step, i] += a
                    q[i, i] -= a
        self.counts, self._q = n, q
        self._solved: dict[float, FloatArray] = {}

    def at(self, time: float, start: int) -> FloatArray:
        """The probability of every count."""
        from scipy.linalg import expm

        if time not in self._solved:
            self._solved[time] = np.asarray(expm(self._q * time))
        return self._solved[time][:, start]


def moments(counts: FloatArray, p: FloatArray) -> tuple[float, float, float]:
    """Mean, variance and fourth central moment of a distribution."""
    mean = float(p @ counts)
    return mean, float(p @ (counts - mean) ** 2), float(p @ (counts - mean) ** 4)


def z_scores(sample: FloatArray, mean: float, variance: float, fourth: float) -> tuple[float, float]:
    """How many standard errors the sample's mean and variance are off."""
    n = len(sample)
    of_mean = (sample.mean() - mean) / np.sqrt(variance / n)
    of_variance = (sample.var(ddof=1) - variance) / np.sqrt((fourth - variance**2) / n)
    return float(of_mean), float(of_variance)


def chi_square(sample: FloatArray, counts: FloatArray, p: FloatArray) -> float:
    """Pearson's statistic, counts of small probability joined, as a standard normal (Wilson and Hilferty)."""
    expected, observed = [0.0], [0.0]
    seen = np.bincount(sample.astype(int), minlength=len(counts))
    for probability, number in zip(p * len(sample), seen, strict=True):
        if expected[-1] >= 10.0:
            expected.append(0.0)
            observed.append(0.0)
        expected[-1] += probability
        observed[-1] += number
    free = len(expected) - 1
    statistic = sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True) if e > 1.0)
    return float(((statistic / free) ** (1 / 3) - (1 - 2 / (9 * free))) / np.sqrt(2 / (9 * free)))


def simulate_all(
    propensities: Callable[[FloatArray], FloatArray],
    changes: FloatArray,
    start: Sequence[int],
    times: Sequence[float],
    runs: int,
    seed: int,
) -> FloatArray:
    """The direct method for many runs side by side: counts (runs, n_times, n_species) at `times`.

    `propensities` maps counts (runs, n_species) to (runs, n_reactions); `changes` is (n_reactions, n_species).
    """
    rng = np.random.default_rng(seed)
    x = np.tile(np.array(start, dtype=float), (runs, 1))
    out = np.empty((runs, len(times), len(start)))
    now, place = np.zeros(runs), np.zeros(runs, dtype=int)
    at = np.append(np.asarray(times, dtype=float), np.inf)
    alive = np.arange(runs)
    while len(alive):
        sums = np.cumsum(propensities(x[alive]), axis=1)
        with np.errstate(divide="ignore"):
            now[alive] += rng.exponential(size=len(alive)) / sums[:, -1]
        while (due := alive[now[alive] >= at[place[alive]]]).size:
            out[due, place[due]] = x[due]
            place[due] += 1
        chosen = (sums < (rng.random(len(alive)) * sums[:, -1])[:, None]).sum(axis=1)
        going = np.isfinite(now[alive]) & (place[alive] < len(times))
        x[alive[going]] += changes[chosen[going]]
        alive = alive[going]
    return out
