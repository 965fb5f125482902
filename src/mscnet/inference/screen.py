"""Sets of steps screened by a linear model of the data, with rate constants that are not negative.

About a fit the model is linear in small changes; and where the course of every species is seen, the rate equations are
linear in the constants once they are integrated over the observed courses (the weak or integral form: D. M. Himmelblau,
C. R. Jones, K. B. Bischoff, Ind. Eng. Chem. Fundam. 1967, 6, 539).  Either way the sum of squares of a set is a
quadratic form, and thousands of sets are compared in the time of one integration.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from mscnet.records import dataclass

FloatArray = NDArray[np.float64]

#: How many steps are tried for each one that is added, and for each that takes the place of another.
_ADDED, _SWAPPED = 10, 3
#: A column that others explain but for this part of its square is not told apart from them.
_ALIKE = 1e-7
#: What keeps equations soluble where two steps do exactly the same, as a part of a column's square.
RIDGE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Surrogate:
    """Sum of squares of residuals, `total` - 2 `pull`·k + k·`gram`·k, in units of their variances, for constants k
    (n_candidates,) in units of `unit` (n_candidates,)."""

    gram: FloatArray
    pull: FloatArray
    total: float
    unit: FloatArray

    @classmethod
    def of(cls, columns: FloatArray, target: FloatArray, more: FloatArray | None = None) -> Surrogate:
        """Of a linear model `columns` (n_data, n_candidates) for `target` (n_data,), both over standard deviations;
        `more` (n_data, m) are columns whose coefficients are free, which are projected out."""
        if more is not None and more.shape[1]:
            basis, sizes, _ = np.linalg.svd(more, full_matrices=False)
            basis = basis[:, sizes > 1e-10 * sizes[0]] if sizes[0] > 0 else basis[:, :0]
            columns, target = columns - basis @ (basis.T @ columns), target - basis @ (basis.T @ target)
        size = np.sqrt(np.einsum("ij,ij->j", columns, columns))
        unit = np.where(size > 0.0, 1.0 / np.where(size > 0.0, size, 1.0), 0.0)
        scaled = columns * unit
        return cls(scaled.T @ scaled + RIDGE * np.eye(len(unit)), scaled.T @ target, float(target @ target), unit)

    def solved(self, steps: Iterable[int]) -> tuple[list[int], FloatArray, float]:
        """The steps whose constants come out above 0 when those of `steps` are fitted, these constants (scaled), and
        the sum of squares."""
        kept = sorted(steps)
        while kept:
            block = self.gram[np.ix_(kept, kept)]
            k = np.asarray(np.linalg.solve(block, self.pull[kept]), dtype=np.float64)
            if (k > 0.0).all():
                return kept, k, float(self.total - self.pull[kept] @ k)
            kept = [step for step, value in zip(kept, k, strict=True) if value > 0.0]
        return [], np.empty(0), self.total

    def constants(self, steps: Iterable[int]) -> dict[int, float]:
        """The constants of a set, those that are 0 left out."""
        kept, k, _ = self.solved(steps)
        return {step: float(value * self.unit[step]) for step, value in zip(kept, k, strict=True)}

    def gains(self, kept: list[int], k: FloatArray) -> FloatArray:
        """By how much each further step would lower the sum of squares (n_candidates,); 0 where it would have to run
        backwards, and for those that are in."""
        slope = self.pull - self.gram[:, kept] @ k
        left = np.diag(self.gram).copy()
        if kept:
            within = np.linalg.solve(self.gram[np.ix_(kept, kept)], self.gram[kept])
            left -= np.einsum("ij,ij->j", self.gram[kept], within)
        able = (slope > 0.0) & (left > _ALIKE)
        gained = np.zeros(len(slope))
        gained[able] = slope[able] ** 2 / left[able]
        gained[kept] = 0.0
        return gained


def screened(
    surrogate: Surrogate,
    starts: Collection[frozenset[int]],
    penalty: Callable[[int], float],
    width: int,
    largest: int,
    rounds: int = 40,
) -> list[frozenset[int]]:
    """The best sets that adding, dropping and exchanging steps leads to from `starts`, best first.

    Args:
        penalty: what a set of so many steps costs, in units of the sum of squares.
        width: how many sets are followed, and given back.
        largest: the most steps of a set.
    """
    scores: dict[frozenset[int], float] = {}
    solved: dict[frozenset[int], tuple[list[int], FloatArray]] = {}

    seen: set[frozenset[int]] = set()

    def enter(steps: Iterable[int]) -> None:
        asked = frozenset(steps)
        if asked in seen:
            return
        seen.add(asked)
        kept, k, total = surrogate.solved(asked)
        key = frozenset(kept)
        if len(kept) <= largest and key not in scores:
            scores[key], solved[key] = total + penalty(len(kept)), (kept, k)

    for start in starts:
        enter(start)
    done: set[frozenset[int]] = set()
    for _ in range(rounds):
        best = ranked(scores)[:width]
        fresh = [steps for steps in best if steps not in done]
        if not fresh:
            break
        for steps in fresh:
            done.add(steps)
            for near in _near(surrogate, *solved[steps]):
                enter(near)
    return ranked(scores)[:width]


def ranked(scores: dict[frozenset[int], float]) -> list[frozenset[int]]:
    """Sets by their score, lowest first; those that score alike in a fixed order."""
    return sorted(
        scores, key=lambda steps: (scores[steps] if math.isfinite(scores[steps]) else math.inf, sorted(steps))
    )


def _near(surrogate: Surrogate, kept: list[int], k: FloatArray) -> Iterable[list[int]]:
    """Sets with one step more, one less, or one exchanged."""
    for new in _best(surrogate.gains(kept, k), _ADDED):
        yield [*kept, new]
    for gone in kept:
        rest = [step for step in kept if step != gone]
        yield rest
        rest, less, _ = surrogate.solved(rest)
        for new in _best(surrogate.gains(rest, less), _SWAPPED + 1):
            if new != gone:
                yield [*rest, new]


def _best(gains: FloatArray, count: int) -> list[int]:
    order = np.argsort(-gains, kind="stable")[:count]
    return [int(step) for step in order if gains[step] > 0.0]
