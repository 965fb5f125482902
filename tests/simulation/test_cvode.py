"""`cvode`: SUNDIALS as a method, against closed forms and reference solutions; skipped without its package."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import mscnet
from tests.simulation import ivp

GROWS = "2 A -> 3 A @ 1 /M/s; species A = 1"


@pytest.fixture(autouse=True)
def _sundials(request: pytest.FixtureRequest) -> None:
    if "missing" not in request.node.name:
        pytest.importorskip("sksundae", reason="scikit-sundae (SUNDIALS) is not installed")


def chain(length: int) -> mscnet.Mechanism:
    """A -> X1 -> X2 -> …, every step with k = 1: a Poisson process."""
    names = " -> ".join(f"X{i}" for i in range(length))
    return mscnet.loads(f"species X0 = 1; {names} @ {', '.join(['1'] * (length - 1))}")


@pytest.mark.parametrize("problem", ["ROBER", "HIRES", "LOTKA"])
def test_reference_solutions(problem: str) -> None:
    run = mscnet.simulate(
        ivp.mechanism(problem), times=ivp.times(problem), method="cvode", rtol=1e-8, atol=ivp.floors(problem)
    )
    assert ivp.score(problem, run) >= 4.5


@pytest.mark.parametrize("length", [5, 130])  # dense and sparse matrices
def test_output_within_steps_and_the_jacobian_of_either_kind(length: int) -> None:
    run = mscnet.simulate(chain(length), 3.0, points=301, method="cvode", rtol=1e-9, atol=1e-12)
    assert run.statistics["steps"] < 301
    np.testing.assert_allclose(run["X2"], run.time**2 / 2 * np.exp(-run.time), atol=1e-7)


def test_each_species_has_its_own_tolerance() -> None:
    """With a huge tolerance on B alone, A is still exact."""
    mech = mscnet.loads("species A = 1; species B = 0; A -> B @ 1; B -> 0 @ 5")
    run = mscnet.simulate(mech, 5, method="cvode", rtol=1e-9, atol={"A": 1e-12, "B": 10.0})
    assert np.abs(run["A"] - np.exp(-run.time)).max() < 1e-7


def test_unbounded_growth_ends_where_the_step_vanishes(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(mscnet.SimulationError) as caught:
        mscnet.simulate(mscnet.loads(GROWS), 2, method="cvode")
    assert caught.value.status is mscnet.Status.STEP_TOO_SMALL
    assert capfd.readouterr().err == ""


def test_too_many_steps() -> None:
    with pytest.raises(mscnet.SimulationError) as caught:
        mscnet.simulate(ivp.mechanism("OREGO"), 300, method="cvode", max_steps=50)
    assert caught.value.status is mscnet.Status.TOO_MANY_STEPS


def test_an_interrupt_keeps_what_was_reached() -> None:
    def stop(done: float) -> None:
        if done > 0:
            raise KeyboardInterrupt

    with pytest.raises(mscnet.SimulationError) as caught:
        mscnet.simulate(ivp.mechanism("OREGO"), 300, points=3001, method="cvode", progress=stop)
    assert caught.value.status is mscnet.Status.INTERRUPTED
    assert len(caught.value.trajectory.time) > 0


def test_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sksundae.cvode", None)
    with pytest.raises(mscnet.MechanismError, match=r"mscnet\[sundials\]"):
        mscnet.simulate(mscnet.loads(GROWS), 0.5, method="cvode")
