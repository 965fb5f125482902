"""Families against closed forms: coagulation, and a chain at equilibrium."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet


@pytest.mark.parametrize(
    "pairs",
    [
        """F[n] + F[m] -> F[n+m] @ k for n in 1 .. N, m in n+1 .. N if n + m <= N
           2 F[n] -> F[2n] @ k/2 for n in 1 .. N/2""",
        "F[n] + F[m] -> F[n+m] @ k/2 for n in 1 .. N, m in 1 .. N if n + m <= N",  # each pair twice, at half the rate
    ],
)
def test_coagulation_with_a_constant_kernel(pairs: str) -> None:
    """Smoluchowski, Z. Phys. Chem. 92 (1917) 129: c_n = c0 (t/T)^(n-1)/(1 + t/T)^(n+1), T = 2/(k c0)."""
    mechanism = mscnet.loads(f"N = 40\nspecies F[1] = 1 M\nparameter k = 2 /M/s\n{pairs}")
    run = mscnet.simulate(mechanism, t_end=1.0, points=5, rtol=1e-9, atol=1e-13)
    for n in (1, 2, 5, 10):
        assert run[f"F[{n}]"] == pytest.approx(run.time ** (n - 1) / (1 + run.time) ** (n + 1), rel=1e-6, abs=1e-12)


def test_mass_is_kept_as_a_sum_over_the_family_says() -> None:
    mechanism = mscnet.loads(
        """species F[1] = 1 M
           F[n] + F[m] <-> F[n+m] @ 1.5 /M/s, 0.2 /s for n in 1 .. 12, m in n .. 12 if n + m <= 12
           observable mass = sum([F[n]]*n for n in 1 .. 12)"""
    )
    run = mscnet.simulate(mechanism, t_end=20.0, points=20, rtol=1e-8)
    assert run["mass"] == pytest.approx(np.ones(20), rel=1e-6)


def test_a_chain_comes_to_its_equilibrium() -> None:
    """Becker and Döring, Ann. Phys. 416 (1935) 719: at equilibrium c_n = c_1^n K^(n-1)."""
    mechanism = mscnet.loads(
        """species F[1] = 1 M
           F[1] + F[n] <-> F[n+1] @ k*n^(2/3), k*n^(2/3)/K for n in 1 .. 8
           parameter k = 2 /M/s, K = 3 /M"""
    )
    run = mscnet.simulate(mechanism, t_end=400.0, points=2, rtol=1e-9, atol=1e-12)
    monomer = run["F[1]"][-1]
    shown = [run[f"F[{n}]"][-1] for n in range(1, 10)]
    assert shown == pytest.approx([monomer**n * 3.0 ** (n - 1) for n in range(1, 10)], rel=1e-5)
