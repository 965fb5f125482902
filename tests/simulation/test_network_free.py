"""Runs of rules on single molecules against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import mscnet
from mscnet import kernels

pytestmark = pytest.mark.skipif(kernels.core() is None, reason="network-free simulation needs the compiled kernels")


def mechanism(text: str) -> mscnet.Mechanism:
    """A model whose species are counted."""
    return mscnet.loads(f"unit X\n{text}")


def repeats(model: mscnet.Mechanism, n: int, t_end: float, **settings: object) -> mscnet.Repeats:
    return mscnet.simulate_repeats(model, n, times=[t_end], method="nf", seed=1, **settings)  # type: ignore[arg-type]


def fits(sample: np.ndarray, probability: dict[int, float]) -> float:
    """The p-value of chi-square of whole numbers against their distribution; classes of few are put together."""
    expected, seen, classes = [], [], []
    below, low = 0.0, 0
    for value in sorted(probability):
        below += probability[value] * len(sample)
        if below >= 5:
            classes.append((low, value, below))
            below, low = 0.0, value + 1
    classes[-1] = (classes[-1][0], 2**62, len(sample) - sum(each[2] for each in classes[:-1]))
    for first, last, number in classes:
        expected.append(number)
        seen.append(int(((sample >= first) & (sample <= last)).sum()))
    return float(stats.chisquare(seen, expected, sum_check=False).pvalue)


def test_births_and_deaths_are_poisson() -> None:
    model = mechanism(
        "molecule A(b)\n0 -> A(b) @ 6 X/s\nA(b) -> 0 @ 0.5 /s\nobservable N = molecules A()\nobservable S = species A(b)"
    )
    found = repeats(model, 2000, 20)["N"][:, 0]
    assert fits(found, {n: stats.poisson.pmf(n, 12 * (1 - math.exp(-10))) for n in range(60)}) > 1e-3
    assert (repeats(model, 200, 20)["S"] == repeats(model, 200, 20)["N"]).all()
