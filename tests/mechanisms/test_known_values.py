"""Shipped mechanisms against published values and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mscnet
from mscnet.simulation.trajectory import Trajectory

#: Test Set for IVP Solvers, release 2.4 (F. Mazzia, C. Magherini, University of Bari, 2008): ends of OREGO and HIRES.
OREGO_360 = (1.000814870318523, 1228.178521549917, 132.0554942846706)
HIRES_END = {
    "Pr": 0.7371312573325668e-3, "Pfr": 0.1442485726316185e-3, "PrX": 0.5888729740967575e-4,
    "PfrX": 0.1175651343283149e-2, "PrX_": 0.2386356198831331e-2, "PfrX_": 0.6238968252742796e-2,
    "PfrXE": 0.2849998395185769e-2, "E": 0.2850001604814231e-2,
}  # fmt: skip
#: The same set: ROBER at its end, 1e11.
ROBER_END = (0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050)


def tight(name: str, t_end: float | None = None, **values: float) -> Trajectory:
    mechanism = mscnet.load(name)
    return mscnet.simulate(mechanism.with_values(values) if values else mechanism, t_end, rtol=1e-9)


def upward_crossings(time: np.ndarray, values: np.ndarray, level: float) -> np.ndarray:
    """Times at which a curve rises through a level, interpolated between points."""
    before = np.flatnonzero((values[:-1] < level) & (values[1:] >= level))
    share = (level - values[before]) / (values[before + 1] - values[before])
    return time[before] + share * (time[before + 1] - time[before])


def test_robertson_at_40_seconds() -> None:
    """S. D. Cohen, A. C. Hindmarsh, CVODE user guide, example cvRoberts."""
    run = tight("robertson")
    assert run["A"][-1] == pytest.approx(7.1583e-01, rel=1e-4)
    assert run["B"][-1] == pytest.approx(9.1855e-06, rel=1e-4)
    assert run["C"][-1] == pytest.approx(2.8416e-01, rel=1e-4)


def test_robertson_at_its_far_end() -> None:
    run = tight("robertson", 1e11)
    for species, value in zip("ABC", ROBER_END, strict=True):
        assert run[species][-1] == pytest.approx(value, rel=1e-5)


def test_hires_at_its_end() -> None:
    run = tight("hires")
    for species, value in HIRES_END.items():
        assert run[species][-1] == pytest.approx(value, rel=1e-5), species


def test_oregonator_is_the_scaled_problem_in_disguise() -> None:
    """The test set rounds the scaled constants, s = 77.27 and so on; k3, k4 and A0 are moved to give just those."""
    s, q, w = 77.27, 8.375e-6, 0.161
    mechanism = mscnet.load("oregonator")
    k1, k2, k5 = (mechanism.value_of(name) for name in ("k1", "k2", "k5"))
    k3 = k1 * s**2
    a = k5 / (w * math.sqrt(k1 * k3))
    mechanism = mechanism.with_values(k3=k3, k4=q * k2 * k3 / (2 * k1), A0=a)
    assert (k3, a) == pytest.approx((8e3, 0.06), rel=1e-3)
    run = mscnet.simulate(mechanism, 360 / (math.sqrt(k1 * k3) * a), points=2, rtol=1e-9)
    x, y, z = (run[name][-1] for name in "XYZ")
    scaled = (x * k2 / (k1 * a), y * k2 / (k3 * a), z * k2 * k5 / (k1 * k3 * a**2))
    assert scaled == pytest.approx(OREGO_360, rel=1e-5)


def test_brusselator_at_20() -> None:
    """Radau to 3e-14 and CVODE to 1e-13 agree on these to ten digits."""
    run = tight("brusselator")
    assert run["X"][-1] == pytest.approx(0.498637071268, rel=1e-6)
    assert run["Y"][-1] == pytest.approx(4.596780349452, rel=1e-6)


def test_brusselator_just_past_its_hopf_point_has_the_linear_period() -> None:
    """Eigenvalues at B = 1 + A^2 are ±iA: the period is 2π/A."""
    mechanism = mscnet.load("brusselator").with_values(B=2.02)
    run = mscnet.simulate(mechanism, 400, points=8001)
    crossings = upward_crossings(run.time, run["X"], 1.0)
    assert np.diff(crossings)[-5:] == pytest.approx(2 * math.pi, rel=0.01)


def test_brusselator_below_its_hopf_point_comes_to_rest() -> None:
    run = mscnet.simulate(mscnet.load("brusselator").with_values(B=1.5), 100)
    assert (run["X"][-1], run["Y"][-1]) == pytest.approx((1.0, 1.5), rel=1e-4)


def test_michaelis_menten_near_its_end() -> None:
    """Radau to 3e-14 and CVODE to 1e-13 agree on these to nine digits."""
    run = mscnet.simulate(mscnet.load("michaelis_menten"), times=[0, 10, 50], rtol=1e-9)
    assert run["S"][1:] == pytest.approx([0.23288740207, 2.58174716815e-3], rel=1e-6)
    assert run["P"][1:] == pytest.approx([0.12355310538, 0.47220058615], rel=1e-6)


def test_michaelis_menten_comes_to_its_steady_state_law() -> None:
    run = mscnet.simulate(mscnet.load("michaelis_menten").with_values(E0="0.5 nM"), 60)
    late = run.time > 30
    assert run["v"][late] == pytest.approx(run["v_steady"][late], rel=0.01)


def test_lotka_volterra_stays_on_its_orbit() -> None:
    invariant = tight("lotka_volterra")["invariant"]
    assert np.ptp(invariant) < 1e-6


@pytest.mark.parametrize("v1", [0.8, 0.9, 1.0, 1.1, 1.2])
def test_goldbeter_koshland_function(v1: float) -> None:
    """The closed form of the steady state, equation 8 of the paper."""
    run = mscnet.simulate(mscnet.load("goldbeter_koshland").with_values(v1=v1), 400, points=2)
    v2 = 1.0
    j1 = j2 = 0.01
    b = v2 - v1 + v2 * j1 + v1 * j2
    expected = 2 * v1 * j2 / (b + math.sqrt(b**2 - 4 * (v2 - v1) * v1 * j2))
    assert run["Wp"][-1] == pytest.approx(expected, rel=1e-4)


def test_ligand_exchange_obeys_detailed_balance_whatever_the_constants() -> None:
    mechanism = mscnet.load("ligand_exchange")
    for values in ({}, {"k1": 1.0, "k2r": 0.5}):
        run = mscnet.simulate(mechanism.with_values(values), 2000, points=3, rtol=1e-9)
        forward = run["C_amine"][-1] * run["pyridine"][-1] * mechanism.with_values(values).value_of("k1")
        for net in ("net_one", "net_two", "net_three"):
            assert abs(run[net][-1]) < 1e-6 * forward


def test_cdte_clusters_come_in_order_of_wavelength() -> None:
    run = mscnet.simulate(mscnet.load("cdte_clusters"))
    peaks = [run.time[run[name].argmax()] for name in ("MSC371", "MSC417", "MSC448")]
    assert peaks == sorted(peaks)
    assert len(set(peaks)) == 3


def test_chapman_comes_to_its_photostationary_state() -> None:
    """D. J. Jacob, Introduction to Atmospheric Chemistry, Princeton 1999, chapter 10."""
    mechanism = mscnet.load("chapman")
    run = mscnet.simulate(mechanism, "10 yr", points=2)
    j2, j3, k2, k4 = (mechanism.value_of(name) for name in ("j2", "j3", "k2", "k4"))
    oxygen, air = run["O2"][-1], run["M"][-1]
    assert run["O"][-1] / run["O3"][-1] == pytest.approx(j3 / (k2 * oxygen * air), rel=1e-3)
    assert run["O3"][-1] == pytest.approx(oxygen * math.sqrt(j2 * k2 * air / (j3 * k4)), rel=1e-3)
