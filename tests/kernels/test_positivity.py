"""Concentrations do not fall below zero, totals hold, and what truly falls below zero is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

import mscnet
from tests.simulation import ivp

#: Where atol is far above the concentrations that matter, so that unmended runs fall below zero.
LOOSE = [
    ("ROBER", 1e-3, 1e-5),
    ("ROBER", 1e-6, 1e-4),
    ("OREGO", 1e-2, 1e-3),
    ("MMSTIFF", 1e-3, 1e-8),
    ("HIRES", 1e-3, 1e-5),
]


#: dA/dt = -1 whatever is left.
CONSUMED = "species A = 1\nA -> 0 rate k\nparameter k = 1 M/s\n"


def drift(run: mscnet.Trajectory) -> float:
    """The largest relative change of a conserved total."""
    worst = 0.0
    for law in run.mechanism.network().conservation_laws():
        total = sum(float(n) * run[species] for species, n in law.coefficients)
        worst = max(worst, float(np.max(abs(total / total[0] - 1))))
    return worst


@pytest.mark.parametrize(("problem", "rtol", "atol"), LOOSE)
@pytest.mark.parametrize("method", ["auto", "rosenbrock"])
def test_stiff_runs_at_loose_tolerances(method: str, problem: str, rtol: float, atol: float) -> None:
    end = ivp.times(problem)[-1]
    times = np.concatenate([[0.0], np.geomspace(1e-9 * end, end, 300)])
    run = mscnet.simulate(ivp.mechanism(problem), times=times, method=method, rtol=rtol, atol=atol)
    assert run.values.min() >= 0.0
    assert drift(run) <= 1e-12


def test_bdf_at_loose_tolerances() -> None:
    run = mscnet.simulate(ivp.mechanism("ROBER"), 1e5, method="bdf", rtol=1e-3, atol=1e-5)
    assert run.values.min() >= 0.0
    assert drift(run) <= 1e-12


#: Two reactants and two products at most, among four species: closed, with the first of them always there.
_REACTION = st.tuples(
    st.lists(st.integers(0, 3), min_size=1, max_size=2),
    st.lists(st.integers(0, 3), min_size=1, max_size=2),
    st.integers(-3, 5),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_REACTION, min_size=2, max_size=8), st.sampled_from(["auto", "rosenbrock", "bdf"]))
def test_random_mass_action(reactions: list[tuple[list[int], list[int], int]], method: str) -> None:
    sides = [(left, right[: len(left)], power) for left, right, power in reactions if len(right) >= len(left)]
    lines = [f"species S{i} = {1.0 if i == 0 else 0.25 * (i % 2)}" for i in range(4)]
    for left, right, power in sides:
        text = " -> ".join(" + ".join(f"S{i}" for i in side) for side in (left, right))
        lines += [f"{text} @ 1e{power}"] if sorted(left) != sorted(right) else []
    if len(lines) == 4:
        return
    note("\n".join(lines))
    # reactions here keep the number of molecules, so that nothing runs away
    run = mscnet.simulate(mscnet.loads("\n".join(lines)), 1, points=50, method=method, rtol=1e-3, atol=1e-4)
    assert run.values.min() >= 0.0
    total = run.values.sum(axis=1)
    # that of rates of 1e5 times steps of 1; in BDF's rows rounding grows with the fifth power of the step
    assert abs(total / total[0] - 1).max() <= (1e-11 if method != "bdf" else 1e-3)


@pytest.mark.parametrize("method", ["auto", "rosenbrock", "bdf", "tsit5"])
def test_law_that_consumes_what_is_not_there_is_left_alone(method: str) -> None:
    run = mscnet.simulate(mscnet.loads(CONSUMED), 3, method=method)
    assert run["A"][-1] == pytest.approx(-2.0, rel=1e-6)


@pytest.mark.parametrize("method", ["auto", "rosenbrock", "bdf", "tsit5"])
def test_what_follows_a_species_below_zero_may_do_so_too(method: str) -> None:
    # A = 1 - t, dB/dt = A
    run = mscnet.simulate(mscnet.loads(CONSUMED + "species B\nA -> A + B @ 1"), 4, method=method)
    np.testing.assert_allclose(run["B"], run.time - run.time**2 / 2, atol=1e-5, rtol=1e-5)


def test_oscillation_through_zero_is_left_alone() -> None:
    text = "species X = 1\nspecies Y\n0 -> X rate -w*[Y]\n0 -> Y rate w*[X]\nparameter w = 1 /s"
    run = mscnet.simulate(mscnet.loads(text), 10, rtol=1e-9)
    np.testing.assert_allclose(run["X"], np.cos(run.time), atol=1e-7)


def test_saturating_law_is_kept_above_zero() -> None:
    text = "species S = 1\nspecies P\nS -> P rate V*[S]/(K + [S])\nparameter V = 1 M/s\nparameter K = 1e-6 M"
    run = mscnet.simulate(mscnet.loads(text), 3, rtol=1e-3, atol=1e-3)
    assert run.values.min() >= 0.0
    assert drift(run) <= 1e-12
    assert run["P"][-1] == pytest.approx(1.0, abs=1e-3)
