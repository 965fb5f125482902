"""From data made by a mechanism with noise, its constants come back as surely as the standard errors say."""

from __future__ import annotations

import numpy as np
import pytest

from mscnet.inference.fit import fit
from mscnet.inference.settings import FitSettings
from tests.inference.known_truth import clean, drawn, measured

MECHANISMS, REPEATS = 10, 20


def misses(seed: int, repeats: int) -> np.ndarray:
    """How many standard errors each constant is off, (repeats, n_constants)."""
    truth = drawn(seed)
    mechanism, run = truth.mechanism(), clean(truth)
    rng = np.random.default_rng([7, seed])
    found = []
    for _ in range(repeats):
        result = fit(mechanism, FitSettings(starts=1), jobs=1, observations=measured(run, rng))
        names = [p.name for p in result.parameters]
        errors = np.sqrt(np.diag(result.covariance))
        found.append([(result.theta[names.index(n)] - np.log(k)) / errors[names.index(n)]
                      for n, k in truth.constants.items()])  # fmt: skip
    return np.array(found)


def test_the_drawn_mechanisms_differ_in_species_and_order() -> None:
    texts = [drawn(seed).text for seed in range(MECHANISMS)]
    assert len(set(texts)) == MECHANISMS
    assert {sum(line.startswith("species") for line in text.split("\n")) for text in texts} == {3, 4, 5, 6}
    assert all(any(mark in text for text in texts) for mark in ("<->", "/mM/min", " + ", "2 "))


def test_one_mechanism_gives_its_constants_back() -> None:
    assert np.abs(misses(0, 1)).max() < 4


@pytest.mark.slow
def test_constants_lie_within_their_errors_at_the_nominal_rate() -> None:
    """200 fits of ten mechanisms: 95 % intervals hold the truth in 90 to 99 %, two standard errors alike."""
    off = np.concatenate([misses(seed, REPEATS).ravel() for seed in range(MECHANISMS)])
    within = [float(np.mean(np.abs(off) <= reach)) for reach in (1.959964, 2.0)]
    assert all(0.90 <= share <= 0.99 for share in within), within
