"""Stochastic scans: each run is the run of its number, and their means are those of theory."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import mscnet
from mscnet import kernels
from mscnet.simulation.batch import STATUS_WORDS
from mscnet.simulation.stochastic import build_molecules, run_batch

#: Repeats of the statistical tests.
MANY = 1000 if kernels.core() is not None else 10
#: Points of the grids that are run several times over.
POINTS = 40 if kernels.core() is not None else 4

BIRTH_DEATH = "unit copies\nparameter birth = 20, death = 0.7\n0 -> X @ birth\nX -> 0 @ death\n"

#: Orders 0 to 3, a general law, an observable, a derived value, a reservoir, and a start that follows a parameter.
KINDS = """unit copies
parameter a = 0.02, b = 0.6, c = 3, h = 8, d = 2e-4
half = h/2
species A = 40, B = c*2, R = 7 constant
observable total = [A] + 2*[B]
2 A <-> B @ a, b
3 A -> 2 A @ d
R -> R + A @ b
A -> 0 rate (2 /s)*c*[A]/(half + [B] + 1 copies)
"""


@pytest.fixture(autouse=True)
def no_warning_of_slowness() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="there are no compiled kernels")
        yield


def scan(text: str, over: Any, repeats: int | None = 3, **settings: Any) -> Any:
    chosen = {"times": [0.5, 2.0], "seed": 5, **settings}
    return mscnet.scan(mscnet.loads(text), over, method="ssa", repeats=repeats, **chosen)


def assert_each_is_its_run(text: str, over: dict[str, list[float]], columns: list[str], **settings: Any) -> None:
    """Run r of the scan is run r of the seed, of the mechanism with these values."""
    repeats = 2
    found = scan(text, over, repeats, columns=columns, **settings)
    mech = mscnet.loads(text)
    grid = [dict(zip(over, values, strict=True)) for values in itertools.product(*over.values())]
    for name in columns:
        rows = found[name].values.reshape(len(grid), repeats, -1)
        for i, values in enumerate(grid):
            last = (i + 1) * repeats
            single = mscnet.simulate_repeats(mech.with_values(values), last, times=[0.5, 2.0], seed=5, **settings)
            assert_array_equal(rows[i], single[name][-repeats:])


def test_every_run_is_the_run_of_its_number() -> None:
    over = {"a": [0.01, 0.03], "c": [1.0, 4.0], "R": [2.0, 9.0]}
    assert_each_is_its_run(KINDS, over, ["A", "B", "total"])


def test_derived_values_are_varied() -> None:
    assert_each_is_its_run(KINDS, {"half": [1.0, 9.0], "A": [10.0, 20.0]}, ["A"])


def test_jumps_in_time_follow_the_values() -> None:
    text = "unit copies\nparameter t1 = 1 s\nspecies A = 30\nA -> 0 @ (2 /s)*if(time < t1, 0, 1)\n"
    assert_each_is_its_run(text, {"t1": [0.2, 1.5]}, ["A"])


def test_coefficients_follow_the_values() -> None:
    text = "unit copies\nparameter n = 2\n0 -> (n) X @ 9\nX -> 0 @ 1\n"
    assert_each_is_its_run(text, {"n": [1.0, 3.0]}, ["X"])


def test_a_volume_makes_molecules() -> None:
    text = "units concentration = nM\nspecies A = 50 nM\n2 A -> B @ 1e-2 /nM/s\n"
    assert_each_is_its_run(text, {"A": [100.0, 30.0]}, ["A"], volume="2 fL")


def test_means_and_variances_of_births_and_deaths_are_those_of_theory() -> None:
    births, deaths, times = [5.0, 20.0], [0.5, 1.0, 2.0], [0.4, 1.5, 8.0]
    found = scan(BIRTH_DEATH, {"birth": births, "death": deaths}, MANY, times=times).X
    for birth in births:
        for death in deaths:
            for time in times:
                sample = found.sel(birth=birth, death=death, time=time).values
                mean = birth / death * (1 - math.exp(-death * time))  # of a Poisson distribution
                error = math.sqrt(mean / MANY), math.sqrt((mean + 2 * mean**2) / MANY)
                assert abs(sample.mean() - mean) < 4 * error[0]
                assert abs(sample.var(ddof=1) - mean) < 4 * error[1]


def test_the_dataset_has_a_dimension_of_repeats() -> None:
    found = scan(BIRTH_DEATH, {"birth": [1.0, 2.0], "X": [0.0, 5.0, 9.0]}, 4)
    assert dict(found.sizes) == {"birth": 2, "X_initial": 3, "repeat": 4, "time": 2}
    assert found.repeat.values.tolist() == [1, 2, 3, 4]
    assert (found.attrs["method"], found.attrs["seed"]) == ("ssa", 5)


def test_without_repeats_there_is_one_run_and_no_dimension() -> None:
    found = scan(BIRTH_DEATH, {"birth": [1.0, 2.0]}, None)
    assert dict(found.sizes) == {"birth": 2, "time": 2}
    assert found.identical(scan(BIRTH_DEATH, {"birth": [1.0, 2.0]}, 1).squeeze("repeat", drop=True))


def test_samples_are_repeated() -> None:
    found = scan(BIRTH_DEATH, {"birth": "1..9"}, 3, sample=5)
    assert dict(found.sizes) == {"run": 5, "repeat": 3, "time": 2}
    assert found.birth.dims == ("run",)
    assert found.birth.values.tolist() == scan(BIRTH_DEATH, {"birth": "1..9"}, 1, sample=5).birth.values.tolist()


def test_threads_change_nothing() -> None:
    one, three = (scan(BIRTH_DEATH, {"birth": f"1..30:{POINTS}"}, 7, jobs=jobs) for jobs in (1, 3))
    assert one.identical(three)


def test_another_seed_gives_other_runs() -> None:
    one, other = (scan(BIRTH_DEATH, {"birth": [9.0]}, 9, seed=seed) for seed in (1, 2))
    assert not one.X.equals(other.X)


def test_no_two_runs_of_a_scan_are_the_same() -> None:
    found = scan("unit copies\nparameter k = 1\nspecies A = 900\nA -> 0 @ k\n", {"k": [1.0, 1.0 + 1e-12]}, 20).A
    courses = found.values.reshape(40, 2)
    assert len(np.unique(courses, axis=0)) == 40


def test_a_scan_goes_on_to_the_same_result(tmp_path: Any) -> None:
    def stop(fraction: float) -> None:
        raise KeyboardInterrupt

    over = {"birth": f"1..30:{POINTS}"}
    with pytest.raises(mscnet.ScanInterrupted) as caught:
        scan(BIRTH_DEATH, over, 7, store=tmp_path / "s", progress=stop, jobs=1)
    assert 0 < caught.value.scan.n_done < 7 * POINTS
    found = scan(BIRTH_DEATH, over, 7, store=tmp_path / "s", resume=True, jobs=2)
    assert found.identical(scan(BIRTH_DEATH, over, 7))


@pytest.mark.parametrize("change", [{"seed": 6}, {"repeats": 21}, {"volume": "2 fL"}])
def test_only_the_same_scan_goes_on(change: dict[str, Any], tmp_path: Any) -> None:
    text = "species A = 1 uM\nparameter k = 1\nA -> 0 @ k\noption volume = 1 fL\n"
    settings = {"repeats": 7, "store": tmp_path / "s"}
    scan(text, {"k": [1.0, 2.0, 3.0]}, **settings)
    with pytest.raises(mscnet.MechanismError, match="another scan"):
        scan(text, {"k": [1.0, 2.0, 3.0]}, **{**settings, **change}, resume=True)


def test_a_run_that_fails_leaves_the_others_alone() -> None:
    text = "unit copies\nparameter q = 1\nspecies A = 5\nfeed: 0 -> A @ 50\n"
    text += "odd: A -> A + B rate (1 copies/s)*(q - [A]/(20 copies))\n"
    found = scan(text, {"q": [1.0, 1000.0]}, 4, times=[0.01, 1.0])
    words = [[STATUS_WORDS[int(number)] for number in row] for row in found.status.values]
    assert words == [["negative_rate"] * 4, ["done"] * 4]
    assert np.isnan(found.A.values[0, :, -1]).all()
    assert not np.isnan(found.A.values[1]).any()


def test_too_many_events_are_told() -> None:
    found = scan(BIRTH_DEATH, {"birth": [0.0, 500.0]}, 2, max_steps=100)
    assert [[STATUS_WORDS[int(n)] for n in row] for row in found.status.values] == [
        ["done"] * 2,
        ["too_many_steps"] * 2,
    ]


def test_starts_far_from_whole_molecules_are_told() -> None:
    text = "species A = 60 nM\nparameter k = 1\nA -> 0 @ k\noption volume = 1 fL\n"
    with pytest.warns(mscnet.StochasticWarning, match=r"`A` 0\.6022 to 1"):
        scan(text, {"A": [1e-9, 1e-6]}, 2)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"repeats": 0}, "repeats is a whole number"),
        ({"repeats": 2, "rtol": 1e-3}, "no error to hold"),
        ({"repeats": 2, "seed": -1}, "seed"),
        ({"repeats": 2, "volume": "1 fL"}, "counted"),
        ({"repeats": 10**9}, "at most"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(mscnet.MechanismError, match=says):
        scan(BIRTH_DEATH, {"birth": [1.0, 2.0]}, **settings)


def test_an_integration_has_no_repeats() -> None:
    with pytest.raises(mscnet.MechanismError, match="the same every time"):
        mscnet.scan(mscnet.loads(BIRTH_DEATH), {"birth": [1.0]}, times=[1.0], repeats=3)


def test_a_simulator_makes_stochastic_runs() -> None:
    mech = mscnet.loads(BIRTH_DEATH)
    sim = mscnet.Simulator(mech, times=[0.5, 2.0], method="ssa", seed=3)
    repeats = mscnet.simulate_repeats(mech, 5, times=[0.5, 2.0], seed=3)
    assert_array_equal(sim.states(np.tile(sim.inputs(), (5, 1))), repeats.values)
    assert_array_equal(sim.batch(sim.inputs()[None], first=3).values[0], repeats.values[3])
    assert_array_equal(sim.run(birth=20).values, repeats.values[0])


@pytest.mark.skipif(kernels.core() is None, reason="many inputs in one call are for the kernels")
@pytest.mark.parametrize("algorithm", ["direct", "rejection"])
def test_both_algorithms_take_inputs_and_counts_of_each_run(algorithm: str) -> None:
    mech = mscnet.loads(KINDS)
    sim = mscnet.Simulator(mech, times=[1.0], method="ssa", seed=2)
    rows = sim.inputs(a=np.array([0.01, 0.05, 0.002]), c=np.array([3.0, 0.5, 9.0]))
    counts = np.array([[40, 6, 7], [11, 2, 7], [90, 0, 7]], dtype=float)
    order = np.array([4, 2, 9])
    made = run_batch(
        build_molecules(mech), 0.0, sim.time, order, 2, inputs=rows, counts=counts, algorithm=algorithm, jobs=2
    )
    for i, number in enumerate(order):
        values = {"a": rows[i, 0], "c": rows[i, 2], "A": counts[i, 0], "B": counts[i, 1]}
        alone = mscnet.simulate_repeats(mech.with_values(values), int(number), times=[1.0], seed=2, algorithm=algorithm)
        assert_array_equal(made.counts[i], alone.values[-1])
