"""`scan`: grids and samples, on any number of threads, cut off and gone on with."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import mscnet
from mscnet.simulation.axes import read_axes
from tests.simulation import ivp

TEXT = """units time = min, concentration = mM
parameter k1 = 0.1 /min in 0.01 .. 10 log
parameter k2 = 0.05 ± 0.005 /min
parameter k3 = 1 /min
species A = 1 mM
observable left = [A] / 2
A -> B @ k1
B -> C @ k2
C -> A @ k3
"""
MECH = mscnet.loads(TEXT)
OVER = {"k1": "0.05..5:4:log", "A": [0.5, 2.0, 4.0]}


class Stop:
    """Ctrl-C once a scan is so far."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self, fraction: float) -> None:
        if fraction >= self.at:
            raise KeyboardInterrupt


# --- grids ---------------------------------------------------------------------------------------


def test_every_member_of_a_grid_is_the_single_run():
    found = mscnet.scan(MECH, OVER, t_end=20, points=5)
    for i, k1 in enumerate(found.k1.values):
        for j, a in enumerate(found.A_initial.values):
            run = mscnet.simulate(MECH.with_values(k1=float(k1), A=float(a)), 20, points=5)
            for name in ("A", "B", "C"):
                assert_array_equal(found[name][i, j], run[name])


def test_a_grid_has_a_dimension_a_name_with_units():
    found = mscnet.scan(MECH, OVER, t_end="1 h", points=3)
    assert dict(found.sizes) == {"k1": 4, "A_initial": 3, "time": 3}
    np.testing.assert_allclose(found.k1, [0.05, 0.05 * 100 ** (1 / 3), 0.05 * 100 ** (2 / 3), 5], rtol=1e-14)
    units = {name: found[name].attrs["units"] for name in ("k1", "A_initial", "time", "B")}
    assert units == {"k1": "/min", "A_initial": "mM", "time": "min", "B": "mM"}


def test_columns_are_chosen():
    found = mscnet.scan(MECH, {"k1": [1.0]}, t_end=1, points=2, columns=["left"])
    assert set(found.data_vars) == {"left", "status"}


def test_values_carry_units():
    found = mscnet.scan(MECH, {"k1": "6/h, 1 /min", "A": "500uM..2mM:3"}, t_end=1, points=2)
    np.testing.assert_allclose(found.k1, [0.1, 1.0], rtol=1e-15)
    np.testing.assert_allclose(found.A_initial, [0.5, 1.25, 2.0], rtol=1e-15)


def test_a_unit_behind_a_range_holds_for_both_ends():
    assert_array_equal(read_axes(MECH, {"A": "1..3 uM:3:linear"})[0].values, [0.001, 0.002, 0.003])


def test_a_scan_gives_what_has_no_value_in_the_file():
    mech = mscnet.loads("species A = 1\nA -> B @ k\n")
    found = mscnet.scan(mech, {"k": [1.0, 2.0]}, times=[1.0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.A[:, 0], np.exp([-1, -2]), rtol=1e-7)


def test_the_order_of_the_values_is_kept():
    assert mscnet.scan(MECH, {"k1": [3, 1, 2]}, t_end=1).k1.values.tolist() == [3, 1, 2]


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"k9": [1]}, "`k9` is neither"),
        ({}, "varies nothing"),
        ({"k1": []}, "no values"),
        ({"k1": [1, 1.0]}, "comes twice"),
        ({"k1": "1..2"}, "how many"),
        ({"k1": "2..1:5"}, "does not rise"),
        ({"k1": "0..1:5"}, "logarithmic"),
        ({"k1": "1..2:x"}, "neither a number of values"),
        ({"k1": "1..2:0"}, "neither a number of values"),
        ({"k1": "1 mM, 2 mM"}, "`k1` is"),
        ({"A": [-1]}, "negative"),
        ({"k1": [float("nan")]}, "not finite"),
        ({"k1": ["a"]}, "k1"),
        ({"k1": [None]}, "not finite"),
    ],
)
def test_what_makes_no_sense_is_refused(over, says):
    with pytest.raises(mscnet.MechanismError, match=says):
        mscnet.scan(MECH, over, t_end=1)


def test_a_member_that_fails_is_marked():
    mech = mscnet.loads("parameter k = 1 /M/s\nspecies A = 1\n2 A -> 3 A @ k\n")
    found = mscnet.scan(mech, {"k": [0.5, 1.5, 0.25]}, times=[0.5, 1.0])  # infinite at t = 1/k
    assert (found.status.values != 0).tolist() == [False, True, False]
    assert np.isnan(found.A.values).tolist() == [[False, False], [False, True], [False, False]]


# --- samples -------------------------------------------------------------------------------------


@pytest.mark.parametrize("design", ["latin", "sobol", "random"])
def test_a_seed_gives_the_same_on_any_number_of_threads(design):
    settings = {"sample": 40, "design": design, "seed": 7, "t_end": 5, "points": 3}
    one = mscnet.scan(MECH, {"k1": "0.1..1:log", "A": (0.5, 2)}, jobs=1, **settings)
    four = mscnet.scan(MECH, {"k1": "0.1..1:log", "A": (0.5, 2)}, jobs=4, **settings)
    assert one.identical(four)


def test_another_seed_gives_others():
    draws = [mscnet.scan(MECH, ["k1"], sample=5, seed=seed, t_end=1).k1.values for seed in (1, 2)]
    assert not (draws[0] == draws[1]).any()


def test_a_latin_hypercube_has_one_sample_in_every_stratum():
    found = mscnet.scan(MECH, {"k1": "0.01..1:log", "A": "1..3"}, sample=50, t_end=1, points=2)
    logs = (np.log10(found.k1.values) + 2) / 2
    assert sorted((logs * 50).astype(int)) == list(range(50))
    assert sorted(((found.A_initial.values - 1) / 2 * 50).astype(int)) == list(range(50))


def test_bounds_and_priors_of_the_file_are_sampled():
    found = mscnet.scan(MECH, sample=200, t_end=1, points=2)
    assert [name for name in found.coords if name != "time"] == ["k1", "k2"]
    assert (found.k1.values.min() > 0.01) & (found.k1.values.max() < 10)
    assert np.median(found.k1) == pytest.approx(10**-0.5, rel=0.05)
    assert (found.k2.values.mean(), found.k2.values.std()) == (
        pytest.approx(0.05, rel=1e-2),
        pytest.approx(0.005, rel=5e-2),
    )


@pytest.mark.parametrize(
    ("over", "says"),
    [(["k3"], "neither bounds nor a prior"), ({"k1": "1"}, "no range"), ({"k1": "1..2:5"}, "no number of values")],
)
def test_samples_without_a_range_are_refused(over, says):
    with pytest.raises(mscnet.MechanismError, match=says):
        mscnet.scan(MECH, over, sample=3, t_end=1)


# --- cut off and gone on with --------------------------------------------------------------------


def test_ctrl_c_keeps_what_was_finished():
    with pytest.raises(mscnet.ScanInterrupted) as caught:
        mscnet.scan(MECH, {"k1": "0.1..1:100"}, t_end=5, points=3, jobs=1, progress=Stop(0.01))
    scan = caught.value.scan
    found = scan.to_xarray()
    assert 0 < scan.n_done < 100
    assert_array_equal(np.isnan(found.A).all("time"), found.status == -1)


def test_a_scan_goes_on_to_the_same_result(tmp_path):
    settings = {"t_end": 5, "points": 3, "jobs": 2}
    over = {"k1": "0.1..1:40", "A": [1, 2]}
    with pytest.raises(mscnet.ScanInterrupted):
        mscnet.scan(MECH, over, store=tmp_path / "s", progress=Stop(0.001), **settings)
    found = mscnet.scan(MECH, over, store=tmp_path / "s", resume=True, **settings)
    assert found.identical(mscnet.scan(MECH, over, **settings))


def test_only_the_same_scan_goes_on(tmp_path):
    with pytest.raises(mscnet.ScanInterrupted):
        mscnet.scan(MECH, {"k1": "0.1..1:300"}, t_end=5, store=tmp_path / "s", progress=Stop(0.01), jobs=1)
    for other in (MECH.with_values(k2=1), mscnet.loads(TEXT.replace("C -> A", "C -> B"))):
        with pytest.raises(mscnet.MechanismError, match="holds another scan"):
            mscnet.scan(other, {"k1": "0.1..1:300"}, t_end=5, store=tmp_path / "s", resume=True)
    with pytest.raises(mscnet.MechanismError, match="holds another scan"):
        mscnet.scan(MECH, {"k1": "0.1..1:300"}, t_end=5, rtol=1e-7, store=tmp_path / "s", resume=True)


def test_a_scan_is_not_gone_on_with_unasked(tmp_path):
    mscnet.scan(MECH, {"k1": [1, 2]}, t_end=1, store=tmp_path / "s")
    with pytest.raises(mscnet.MechanismError, match="--resume"):
        mscnet.scan(MECH, {"k1": [1, 2]}, t_end=1, store=tmp_path / "s")


def test_a_scan_too_large_for_memory_is_refused_without_a_folder():
    with pytest.raises(mscnet.MechanismError, match="the limit in memory"):
        mscnet.scan(MECH, {"k1": "0.1..1:1000000"}, t_end=1, points=1001)


def test_a_stiff_scan_agrees_with_the_reference():
    times = [t for t in ivp.times("ROBER") if t <= 4e4]
    found = mscnet.scan(ivp.mechanism("ROBER"), {"A": [0.5, 1.0]}, times=times, rtol=1e-8, atol=1e-12)
    for row in ivp.of("reference", "ROBER"):
        if row["species"] == "A" and float(row["t"]) in times:
            at = found.A.sel(A_initial=1.0, time=float(row["t"]))
            assert float(at) == pytest.approx(float(row["value"]), rel=1e-6)
