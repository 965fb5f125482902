"""`Simulator`: what it gives is what `simulate` gives, whatever runs beside it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import mscnet
from mscnet import kernels
from tests.simulation import ivp

LAW = """units time = min, concentration = mM
parameter V = 2 mM/min, K = 0.5 mM, n = 2
share = K / (K + [S])
species S = 1 mM
species P = 0
observable total = [S] + [P]
observable root = sqrt([S]) * share
S -> P rate V * [S]^n / (K^n + [S]^n)
"""

FOLLOWS = "parameter total = 2, part = 0.25\nspecies A = total * part\nspecies B = total - total * part\nA -> B @ 0.5\n"

PULSE = "parameter t1 = 3 s\nspecies A = 0\n0 -> A @ (1 M/s)*if(time < t1, 1, 0)\n"

EXPLODES = "parameter k = 1 /M/s\nspecies A = 1\n2 A -> 3 A @ k\n"


@pytest.fixture(params=["kernels", "scipy"])
def engine(request, monkeypatch):
    """With the compiled kernels and without."""
    if request.param == "scipy":
        monkeypatch.setattr(kernels, "core", lambda: None)
    elif kernels.core() is None:
        pytest.skip(f"no compiled kernels: {kernels.reason()}")
    return request.param


@pytest.mark.parametrize("method", ["auto", "bdf", "radau"])
def test_a_run_is_that_of_simulate(engine, method):
    mech = mscnet.loads(LAW)
    run = mscnet.Simulator(mech, 2, points=5, method=method).run(V="3 mM/min", S=0.7)
    assert_array_equal(run.values, mscnet.simulate(mech.with_values(V=3, S=0.7), 2, points=5, method=method).values)


@pytest.mark.parametrize("problem", ["ROBER", "HIRES", "OREGO"])
def test_a_run_among_many_is_that_of_simulate(problem):
    mech, name = ivp.mechanism(problem), {"ROBER": "A", "HIRES": "Y1", "OREGO": "X"}[problem]
    values = [1.0, 0.5, 2.0, 1.5]
    simulator = mscnet.Simulator(mech, 10, points=4)
    many = simulator.states(simulator.inputs({name: values}))
    single = [mscnet.simulate(mech.with_values({name: value}), 10, points=4).values for value in values]
    assert_array_equal(many, single)


def test_threads_share_a_simulator():
    simulator = mscnet.Simulator(ivp.mechanism("HIRES"), 100, points=3)
    rows = simulator.inputs(Y1=np.linspace(0.5, 2, 12))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(simulator.states, rows))
    assert_array_equal(found, simulator.states(rows))


def test_columns_are_those_of_a_trajectory(engine):
    mech = mscnet.loads(LAW)
    columns = ("share", "P", "root", "total")
    found = mscnet.Simulator(mech, 2, points=4, columns=columns)
    run = mscnet.simulate(mech, 2, points=4)
    np.testing.assert_allclose(
        found.states(found.inputs()), np.column_stack([run[name] for name in columns]), rtol=1e-14
    )


def test_initial_values_follow_the_parameters_that_they_are_made_of(engine):
    simulator = mscnet.Simulator(mscnet.loads(FOLLOWS), times=[0, 1])
    start = simulator.states(simulator.inputs(total=[4.0, 8.0]))[:, 0]
    assert_array_equal(start, [[1, 3], [2, 6]])


def test_an_initial_value_that_is_given_stays(engine):
    simulator = mscnet.Simulator(mscnet.loads(FOLLOWS), times=[0, 1])
    assert_array_equal(simulator.states(simulator.inputs(total=4.0, A=0.5))[0], [0.5, 3])


def test_derived_values_may_vary(engine):
    mech = mscnet.loads("k = 0.1\nspecies A = 1\nA -> B @ 2*k\n")
    simulator = mscnet.Simulator(mech, times=[1.0], vary=["k"], rtol=1e-9, atol=1e-12)
    found = simulator.states(simulator.inputs(k=[0.1, 0.3]))[:, 0, 0]
    np.testing.assert_allclose(found, np.exp([-0.2, -0.6]), rtol=1e-7)


def test_parameters_in_coefficients_change_the_stoichiometry(engine):
    mech = mscnet.loads("parameter n = 2\nspecies A = 1\nA -> (n + 1) B @ 1\n")
    simulator = mscnet.Simulator(mech, times=[1.0], rtol=1e-9, atol=1e-12)
    found = simulator.states(simulator.inputs(n=[2.0, 4.0]))[:, 0, 1]
    np.testing.assert_allclose(found, np.array([3, 5]) * (1 - np.exp(-1)), rtol=1e-7)


def test_switch_times_may_differ_from_run_to_run(engine):
    simulator = mscnet.Simulator(mscnet.loads(PULSE), times=[2.0, 3.0, 10.0])
    found = simulator.states(simulator.inputs(t1=[2.5, 0.001, 7.0, 20.0]))[..., 0]
    expected = [[2, 2.5, 2.5], [0.001] * 3, [2, 3, 7], [2, 3, 10]]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_run_that_fails_leaves_the_others_alone(engine):
    mech = mscnet.loads(EXPLODES)
    simulator = mscnet.Simulator(mech, times=[0.0, 0.5, 1.0], max_steps=3000)
    batch = simulator.batch(simulator.inputs(k=[0.5, 1.5, 0.25]))  # infinite at t = 1/k
    assert (batch.status == 0).tolist() == [True, False, True]
    assert np.isnan(batch.values[:, :, 0]).tolist() == [[False] * 3, [False, False, True], [False] * 3]
    np.testing.assert_allclose(batch.values[[0, 2], 2, 0], [2.0, 4 / 3], rtol=1e-5)
    assert batch.reached[1] == pytest.approx(2 / 3, rel=1e-3)


def test_a_negative_start_is_the_run_s_own_trouble(engine):
    mech = mscnet.loads("parameter p = 1\nspecies A = 1 - p\nspecies B = 1\nB -> A @ 1\n")
    simulator = mscnet.Simulator(mech, times=[0.0, 1.0])
    batch = simulator.batch(simulator.inputs(p=[0.5, 2.0]))
    assert batch.status.tolist() == [0, -2]
    assert np.isnan(batch.values[1]).all()


def test_a_run_that_fails_says_why_as_simulate_does():
    simulator = mscnet.Simulator(mscnet.loads(EXPLODES), times=[0.5, 2.0])
    with pytest.raises(mscnet.SimulationError, match=r"the run stopped at t = (1|0\.9999\d*) s"):
        simulator.run()


def test_what_it_does_not_know_is_refused_with_a_suggestion():
    simulator = mscnet.Simulator(mscnet.loads("kay = 1\nspecies A = 1\nA -> B @ kay\n"), times=[1.0])
    with pytest.raises(mscnet.MechanismError, match=r"vary=\['kay'\]"):
        simulator.inputs(kay=2)


@pytest.mark.parametrize("value", [-1.0, np.inf, np.nan, "1 /s", "x"])
def test_values_that_make_no_sense_are_refused(value):
    simulator = mscnet.Simulator(mscnet.loads(LAW), 1)
    with pytest.raises(mscnet.MechanismError):
        simulator.inputs(S=value)


def test_inputs_of_another_width_are_refused():
    simulator = mscnet.Simulator(mscnet.loads(LAW), 1)
    with pytest.raises(ValueError, match=r"shape \(m, 5\)"):
        simulator.states(np.zeros(4))


def test_an_asked_stop_ends_a_batch_early():
    simulator = mscnet.Simulator(mscnet.loads(LAW), 1)
    batch = simulator.batch(simulator.inputs(V=np.linspace(1, 2, 50)), np.ones(1, np.int64))
    assert (batch.status == -1).sum() >= 49
    assert np.isnan(batch.values[batch.status == -1]).all()
