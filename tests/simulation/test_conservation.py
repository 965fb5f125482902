"""Conserved totals keep their value to 1e-9 at default tolerances, whatever the method."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from tests.simulation import ivp

METHODS = ("auto", "bdf", "radau", "lsoda", "rk45")

BINDING = "species E = 1; species S = 10; E + S <-> ES -> E + P @ 100, 1, 5"
COUPLED = """species A = 1; species B = 0.3; species C = 2
A + B <-> D @ 30, 1; D + C <-> F @ 5, 0.2; 2 F <-> G @ 0.7, 0.1; G -> A + H @ 3
"""
GENERAL = """parameter V = 2; parameter K = 0.5; parameter n = 2.5; parameter k = 0.3
species S = 1; species T = 0.5
S -> P rate V*[S]/(K + [S]); P -> S rate V*[P]^n/(K^n + [P]^n); T -> Q @ k*(1 + [P]/K); Q -> T @ k
"""


def drift(mechanism: mscnet.Mechanism, run: mscnet.Trajectory) -> float:
    """The largest change of a conserved total, relative to what it adds up."""
    laws = mechanism.network().conservation_laws()
    assert laws
    worst = 0.0
    for law in laws:
        parts = [coefficient * run[name] for name, coefficient in law.coefficients]
        total, size = sum(parts), sum(np.abs(part) for part in parts)
        worst = max(worst, float((np.abs(total - total[0]) / size).max()))
    return worst


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text", [BINDING, COUPLED, GENERAL], ids=["binding", "coupled", "general"])
def test_totals_are_kept(text: str, method: str) -> None:
    mechanism = mscnet.loads(text)
    assert drift(mechanism, mscnet.simulate(mechanism, 50, method=method)) < 1e-9


@pytest.mark.parametrize("method", ["auto", "bdf", "radau"])
@pytest.mark.parametrize("problem", ["ROBER", "MMSTIFF", "HIRES"])
def test_totals_of_stiff_problems_are_kept(problem: str, method: str) -> None:
    mechanism = ivp.mechanism(problem)
    run = mscnet.simulate(mechanism, ivp.times(problem)[-1], method=method)
    assert drift(mechanism, run) < 1e-9
