"""The explicit pair, and `auto`, which changes between it and implicit methods."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from tests.kernels.test_rosenbrock import swinging, swung
from tests.simulation import ivp


def test_error_follows_the_tolerance_at_all_times_within_steps() -> None:
    decay = mscnet.loads("species A = 1\nspecies B\nA -> B @ 1")
    for rtol in (1e-3, 1e-5, 1e-7, 1e-9, 1e-11):
        run = mscnet.simulate(decay, 5, points=2001, method="tsit5", rtol=rtol, atol=1e-3 * rtol)
        assert run.statistics["steps"] < 2000  # so that output lies within steps
        assert abs(run["A"] - np.exp(-run.time)).max() <= 5 * rtol


def test_rates_that_depend_on_time() -> None:
    run = mscnet.simulate(swinging(), 2, points=101, method="tsit5", rtol=1e-9)
    np.testing.assert_allclose(run["A"], swung(run.time), rtol=2e-9)


def test_six_rates_a_step() -> None:
    run = mscnet.simulate(ivp.mechanism("LOTKA"), 10, points=2, method="tsit5", rtol=1e-9)
    steps = run.statistics["steps"]
    assert 6 * steps <= run.statistics["rhs_evaluations"] <= 6.4 * steps
    assert run.statistics["jacobian_evaluations"] == 0


def test_conserved_total_holds_to_rounding() -> None:
    run = mscnet.simulate(mscnet.loads("species A = 1\nspecies B\nA <=> B @ 3, 1"), 10, method="tsit5")
    assert abs(run["A"] + run["B"] - 1).max() <= 1e-15 * 20


def test_blow_up_in_finite_time_ends_with_too_small_a_step() -> None:
    with pytest.raises(mscnet.SimulationError) as caught:
        mscnet.simulate(mscnet.loads("species A = 1\n2 A -> 3 A @ 1"), 2, method="tsit5")
    assert caught.value.status.name == "STEP_TOO_SMALL"
    assert caught.value.trajectory.time[-1] == pytest.approx(1.0, abs=0.02)


# --- auto ---------------------------------------------------------------------------------------


def integrators(text: str, t_end: float, **settings: float) -> str:
    run = mscnet.simulate(mscnet.loads(text), t_end, points=2, **settings)  # type: ignore[arg-type]
    return str(run.statistics["integrator"])


def test_what_is_not_stiff_is_explicit_to_the_end() -> None:
    run = mscnet.simulate(ivp.mechanism("LOTKA"), 10)
    assert run.statistics["integrator"] == "compiled tsit5"


def test_what_is_stiff_becomes_implicit() -> None:
    run = mscnet.simulate(ivp.mechanism("ROBER"), 1e11, points=2)
    assert run.statistics["integrator"] == "compiled tsit5, compiled rosenbrock"
    assert run.statistics["steps"] < 500


def test_a_large_stiff_network_goes_to_bdf() -> None:
    chain = "\n".join(f"S{i} + E -> S{i + 1} + E @ {1e6 if i % 2 else 1}" for i in range(400))
    text = "species S0 = 1\nspecies E = 1\nspecies " + ", ".join(f"S{i}" for i in range(1, 401)) + "\n" + chain
    assert integrators(text, 1000) == "compiled tsit5, compiled bdf"


def test_it_comes_back_where_the_system_ceases_to_be_stiff() -> None:
    # a fast exchange that a slow decay of its catalyst ends; a cycle then goes on
    text = """
    species A = 1, B, E = 1, X = 1, Y = 1
    E + A <=> E + B @ 1e5, 1e5
    E -> 0 @ 2
    X -> 2 X @ 20
    X + Y -> 2 Y @ 20
    Y -> 0 @ 20
    """
    run = mscnet.simulate(mscnet.loads(text), 20, points=401, rtol=1e-8)
    fixed = mscnet.simulate(mscnet.loads(text), 20, points=401, rtol=1e-10, method="rosenbrock")
    np.testing.assert_allclose(run["X"], fixed["X"], rtol=3e-6)
    # the Jacobian is for implicit steps alone: few of them here
    assert 0 < run.statistics["jacobian_evaluations"] < run.statistics["steps"] / 2


def test_the_same_run_twice_is_the_same() -> None:
    one, two = (mscnet.simulate(ivp.mechanism("HIRES"), 300) for _ in range(2))
    np.testing.assert_array_equal(one.values, two.values)
