"""Events in exact stochastic runs, against distributions in closed form."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator

import numpy as np
import pytest

import mscnet
from mscnet import kernels
from tests.simulation.chance import z_scores

RUNS = 600 if kernels.core() is not None else 30
LIMIT = 4.0


@pytest.fixture(autouse=True)
def no_warning_of_slowness() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="there are no compiled kernels")
        yield


def counted(text: str) -> mscnet.Mechanism:
    return mscnet.loads("unit copies\n" + text)


def check_poisson(sample: np.ndarray, mean: float) -> None:
    of_mean, of_variance = z_scores(sample, mean, mean, mean + 3 * mean**2)
    assert abs(of_mean) < LIMIT
    assert abs(of_variance) < LIMIT


def test_a_rate_that_an_event_sets() -> None:
    """Immigration is Poisson, also where its rate changes."""
    runs = mscnet.simulate_repeats(
        counted("parameter k = 20\n0 -> X @ k\nX -> 0 @ 0.7\nat 2 s { k = 5 }"), RUNS, times=[2.0, 4.0], seed=3
    )
    first = 20 / 0.7 * (1 - math.exp(-1.4))
    check_poisson(runs["X"][:, 0], first)
    check_poisson(runs["X"][:, 1], first * math.exp(-1.4) + 5 / 0.7 * (1 - math.exp(-1.4)))


def test_stretches_are_independent() -> None:
    """Numbers that arrive before and after an event have no correlation."""
    runs = mscnet.simulate_repeats(counted("0 -> X @ 10\nat 1 s { X = 0 copies }"), RUNS, times=[0.999999, 2.0], seed=5)
    before, after = runs["X"][:, 0], runs["X"][:, 1]
    assert abs(np.corrcoef(before, after)[0, 1]) * math.sqrt(RUNS) < LIMIT


def test_a_state_is_met_by_the_reaction_that_brings_it() -> None:
    """Births until there are 10: a sum of ten exponential times, gamma distributed."""
    mechanism = counted("parameter k = 2\n0 -> X @ k\nwhen X >= 10 { k = 0 }")
    times = []
    for seed in range(RUNS // 3):
        run = mscnet.simulate(mechanism, 40, points=2, method="ssa", seed=seed)
        assert run["X"][-1] == 10.0
        times.append(run.events[0].time)
    of_mean, of_variance = z_scores(np.array(times), 5.0, 2.5, 3 * 2.5**2 * (1 + 2 / 10))
    assert abs(of_mean) < LIMIT
    assert abs(of_variance) < LIMIT


def test_persistence_and_time_in_a_condition() -> None:
    run = mscnet.simulate(
        counted("species X = 5\n0 -> Y @ 3\nwhen X > 1 and time > 2 s for 1.5 s { X = 0 copies }"),
        10,
        method="ssa",
        seed=1,
    )
    assert run.events[0].time == pytest.approx(3.5, abs=1e-12)


def test_additions_are_of_whole_molecules() -> None:
    text = "units concentration = nM\noption volume = 1 fL\nA -> B @ 0\nat 1 s { A += 10 nM }"
    run = mscnet.simulate(mscnet.loads(text), 2, points=3, method="ssa", seed=1)
    molecules = run["A"] * 1e-9 * 1e-15 * 6.02214076e23
    assert molecules[-1] == pytest.approx(round(10e-9 * 1e-15 * 6.02214076e23), rel=1e-12)


def test_runs_of_a_seed_do_not_depend_on_output_or_jobs() -> None:
    mechanism = counted("species X = 50\nX -> 0 @ 0.5\nwhen X < 20 { X += 30 copies }")
    one = mscnet.simulate_repeats(mechanism, 6, times=[5.0, 10.0], seed=2, jobs=1)
    other = mscnet.simulate_repeats(mechanism, 6, times=np.linspace(0, 10, 41), seed=2, jobs=3)
    assert one["X"].tolist() == other["X"][:, [20, 40]].tolist()


def test_many_inputs() -> None:
    mechanism = counted("parameter k = 1\nspecies X = 0\n0 -> X @ k\nat 1 s { k = 0 }\nobservable rate = k")
    sim = mscnet.Simulator(mechanism, times=[3.0], columns=["X", "rate"], method="ssa", seed=4)
    found = sim.states(sim.inputs(k=np.repeat([5.0, 50.0], 100)))[:, 0]
    assert found[:, 1].tolist() == [0.0] * 200
    check_poisson(found[:100, 0], 5.0)
    check_poisson(found[100:, 0], 50.0)


def test_the_readable_method_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "core", lambda: None)
    mechanism = counted("parameter k = 2\n0 -> X @ k\nwhen X >= 10 { k = 0 }\nwhen time > 9 s { X = 1 copies }")
    run = mscnet.simulate(mechanism, 20, points=3, method="ssa", seed=1)
    assert run["X"].tolist() == [0.0, 1.0, 1.0]
    assert [f.event for f in run.events] == ["when X >= 10", "when time > 9 s"]
    assert run.events[1].time == pytest.approx(9.0)


def test_a_negative_number_stops_the_run() -> None:
    with pytest.raises(mscnet.SimulationError, match="negative"):
        mscnet.simulate(counted("species X = 5\n0 -> Y @ 3\nat 1 s { X -= 6 copies }"), 10, method="ssa", seed=1)
