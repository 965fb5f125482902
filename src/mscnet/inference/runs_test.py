"""The runs test: whether residuals of one sign follow each other more often than chance lets them.

A. Wald and J. Wolfowitz, Ann. Math. Stat. 1940, 11, 147; tables of the exact distribution are in F. S. Swed and
C. Eisenhart, Ann. Math. Stat. 1943, 14, 66.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.problem import Term
from mscnet.inference.result import FitResult
from mscnet.records import dataclass

#: The distribution is exact up to so many residuals, beyond it is taken for normal.
MOST_EXACT = 1000
#: Below this probability a series is said to be missed in its course.
SIGNIFICANT = 0.01


@dataclass(frozen=True, slots=True)
class RunsTest:
    """Of one series: residuals above and below 0, the runs that they make, and how likely it is that chance makes so
    few of them.  A small `probability` says that the model misses the course, not only by noise."""

    reading: str
    condition: str
    above: int
    below: int
    runs: int
    probability: float

    @property
    def name(self) -> str:
        """``od371 of fig4(v = 15 uL)``."""
        return f"{self.reading} of {self.condition}" if self.condition else self.reading


def fewer_runs(above: int, below: int, runs: int) -> float:
    """The probability of at most so many runs in a random order of signs.

    1 where all have one sign (any order has one run then).

    >>> round(fewer_runs(10, 10, 6), 3)
    0.019
    """
    if above < 0 or below < 0 or runs < 0:
        raise ValueError("numbers of residuals and runs are not negative")
    if above == 0 or below == 0:
        return 1.0
    if above + below > MOST_EXACT:
        return _normal(above, below, runs)
    ways = sum(_ways(above, below, r) for r in range(2, min(runs, above + below) + 1))
    return ways / math.comb(above + below, above)


def _ways(above: int, below: int, runs: int) -> int:
    """How many orders of the signs have just so many runs."""
    half, odd = divmod(runs, 2)
    if not odd:
        return 2 * math.comb(above - 1, half - 1) * math.comb(below - 1, half - 1)
    return math.comb(above - 1, half) * math.comb(below - 1, half - 1) + math.comb(above - 1, half - 1) * math.comb(
        below - 1, half
    )


def _normal(above: int, below: int, runs: int) -> float:
    n, twice = above + below, 2.0 * above * below
    mean = twice / n + 1.0
    variance = twice * (twice - n) / (n * n * (n - 1.0))
    return 0.5 * math.erfc(-(runs + 0.5 - mean) / math.sqrt(2.0 * variance))


def count_runs(residuals: Iterable[float] | NDArray[np.float64]) -> tuple[int, int, int]:
    """How many lie above and below 0, and their runs; those that are 0 or not finite are left out."""
    values = np.asarray(list(residuals), dtype=float)
    signs = np.sign(values[np.isfinite(values) & (values != 0)])
    if not signs.size:
        return 0, 0, 0
    above = int(np.count_nonzero(signs > 0))
    return above, int(signs.size) - above, 1 + int(np.count_nonzero(np.diff(signs)))


def runs_tests(fit: FitResult) -> tuple[RunsTest, ...]:
    """The test of every series of data (spectra: of every wavelength), in the order of the data; times ascend."""
    series: dict[tuple[str, str, str, float | None], list[tuple[float, float]]] = {}
    for term, residual in zip(fit.terms, fit.residuals, strict=True):
        if term.kind == "datum":
            series.setdefault(_key(term), []).append((term.time, float(residual)))
    tests = []
    for (_, condition, reading, wavelength), found in series.items():
        ordered = [r for _, r in sorted(found, key=lambda pair: pair[0])]
        above, below, runs = count_runs(ordered)
        name = reading if wavelength is None else f"{reading} at {wavelength:.6g} nm"
        tests.append(RunsTest(name, condition, above, below, runs, fewer_runs(above, below, runs)))
    return tuple(tests)


def _key(term: Term) -> tuple[str, str, str, float | None]:
    return term.source, term.condition, term.reading, None if math.isnan(term.wavelength) else term.wavelength


def missed(tests: Sequence[RunsTest]) -> tuple[RunsTest, ...]:
    """The series that the model misses in their course, after S. Holm (Scand. J. Stat. 1979, 6, 65): of m tests the
    j-th smallest probability is held against `SIGNIFICANT`/(m - j + 1), until one passes."""
    ordered = sorted(tests, key=lambda test: test.probability)
    found = []
    for j, test in enumerate(ordered):
        if test.probability >= SIGNIFICANT / (len(ordered) - j):
            break
        found.append(test)
    return tuple(found)
