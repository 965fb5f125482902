"""Features of courses against what analysis gives for them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mscnet.experiment.curve import Curve
from mscnet.experiment.features import FUNCTIONS, flat_range
from mscnet.experiment.first_order import fit_first_order
from mscnet.mechanism.facts import FEATURES

K = 0.3
TIME = np.linspace(0.0, 60.0, 1201)
DECAY = Curve(TIME, np.exp(-K * TIME))
GROWTH = Curve(TIME, 1 - np.exp(-K * TIME))


def feature(name, curve, *arguments, relative=False):
    return FUNCTIONS[name](curve, arguments, relative)


def consecutive(k1, k2, time=TIME):
    """[B] of A -> B -> C."""
    return Curve(time, k1 / (k2 - k1) * (np.exp(-k1 * time) - np.exp(-k2 * time)))


def test_every_feature_of_the_language_has_a_function():
    assert set(FUNCTIONS) | {"isosbestic"} == set(FEATURES)


# --- extremes ------------------------------------------------------------------------------------


@given(st.floats(0.05, 2.0), st.floats(0.05, 2.0))
def test_the_intermediate_peaks_when_analysis_says(k1, k2):
    if abs(k1 - k2) < 0.01:
        k2 = k1 + 0.01
    assert feature("time_of_max", consecutive(k1, k2)) == pytest.approx(
        math.log(k1 / k2) / (k1 - k2), rel=2e-3, abs=2e-3
    )


def test_the_height_of_a_peak_is_that_between_the_points():
    sparse = np.arange(0.0, 40.0, 0.25)
    peak = (0.4 / 0.1) ** (-0.1 / 0.3)  # k1 = 0.4, k2 = 0.1
    assert feature("max", consecutive(0.4, 0.1, sparse)) == pytest.approx(peak, rel=1e-4)


@pytest.mark.parametrize("spacing", [0.1, 0.3, 0.45])
def test_an_early_peak_is_found_on_a_grid_as_wide_as_its_rise(spacing):
    curve = consecutive(2.5, 0.02, np.arange(0.0, 240.0, spacing))
    assert feature("time_of_max", curve) == pytest.approx(math.log(2.5 / 0.02) / 2.48, abs=0.05)


def test_a_minimum_is_a_maximum_upside_down():
    curve = consecutive(0.4, 0.1)
    turned = Curve(TIME, -curve.values)
    assert feature("time_of_min", turned) == pytest.approx(feature("time_of_max", curve), rel=1e-12)


def test_a_peak_that_the_points_do_not_resolve_is_not_made_up():
    curve = Curve(np.arange(6.0), np.array([0.0, 1.0, 0.99, 0.98, 0.97, 0.96]))
    assert feature("max", curve) == 1.0


def test_an_extreme_at_the_end_is_the_end():
    curve = Curve(TIME, np.sqrt(TIME))
    assert (feature("time_of_max", curve), feature("max", curve)) == (60.0, curve.values[-1])


def test_the_time_of_a_plateau_is_its_middle():
    begins = math.log(1e4) / K  # from then on the course is within 1e-4 of its end
    assert feature("time_of_max", GROWTH) == pytest.approx((begins + 60.0) / 2, rel=1e-3)


def test_a_flat_maximum_says_from_when_to_when():
    curve = Curve(TIME, 1 - ((TIME - 20) / 10) ** 2)
    assert flat_range(curve, 0.04) == pytest.approx((18.0, 22.0), abs=1e-3)


def test_a_flat_maximum_reaches_the_end_of_the_course():
    assert flat_range(GROWTH, 0.5) == pytest.approx((math.log(2) / K, 60.0), abs=1e-3)


# --- times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("curve", [DECAY, GROWTH])
def test_the_half_time_of_a_first_order_course(curve):
    assert feature("half_time", curve) == pytest.approx(math.log(2) / K, abs=1e-5)


@given(st.floats(0.01, 0.99))
def test_time_to_a_share_of_the_way(share):
    time = feature("time_to", GROWTH, share, relative=True)
    assert time == pytest.approx(-math.log1p(-share * GROWTH.values[-1]) / K, abs=1e-4)


def test_time_to_a_value():
    assert feature("time_to", DECAY, 0.25) == pytest.approx(math.log(4) / K, abs=1e-5)


def test_a_value_that_is_never_reached_has_no_time():
    assert math.isnan(feature("time_to", DECAY, 1.5))


def test_a_course_settles_when_it_is_near_its_end_for_good():
    assert feature("settles", DECAY, 0.01) == pytest.approx(math.log(100) / K, abs=1e-4)


def test_an_oscillation_settles_after_its_last_swing():
    time = np.linspace(0, 40, 4001)
    curve = Curve(time, np.exp(-0.2 * time) * np.cos(2 * time))
    outside = time[np.abs(curve.values - curve.values[-1]) > 0.01]
    assert feature("settles", curve, 0.01) == pytest.approx(outside[-1], abs=0.01)


def test_a_share_of_settling_is_of_the_whole_change():
    assert feature("settles", Curve(TIME, 5 * DECAY.values), 0.01, relative=True) == pytest.approx(
        math.log(100) / K, abs=1e-4
    )


def test_a_constant_course_has_settled_at_once():
    assert feature("settles", Curve(TIME, np.ones_like(TIME)), 0.01) == 0.0


def test_a_course_reaches_its_maximum_within_a_distance():
    assert feature("reaches", GROWTH, 0.005) == pytest.approx(math.log(200) / K, abs=1e-3)


def test_a_course_that_falls_reaches_its_minimum():
    assert feature("reaches", DECAY, 0.005) == pytest.approx(math.log(200) / K, abs=1e-3)


def test_a_peak_is_reached_from_below():
    time = feature("reaches", Curve(TIME, 1 - ((TIME - 20) / 10) ** 2), 0.04)
    assert time == pytest.approx(18.0, abs=1e-3)


# --- values --------------------------------------------------------------------------------------


def test_a_value_between_points():
    sparse = Curve(TIME[::10], DECAY.values[::10])
    assert feature("at", sparse, 3.3) == pytest.approx(math.exp(-K * 3.3), abs=1e-4)


def test_a_value_before_the_first_reading_is_not_known():
    assert math.isnan(feature("at", Curve(TIME + 0.5, DECAY.values), 0.2))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("initial", 0.0),
        ("final", 0.0),
        ("mean", 2 / math.pi),
        ("max", 1.0),
        ("rise", 1.0),
        ("fall", 1.0),
        ("min", 0.0),
    ],
)
def test_values_of_half_a_sine(name, expected):
    time = np.linspace(0, math.pi, 1001)
    assert feature(name, Curve(time, np.sin(time))) == pytest.approx(expected, abs=1e-5)


def test_the_slope_of_a_line_with_a_scatter_that_cancels():
    time = np.arange(9.0)
    scatter = np.array([1, -2, 1, 0, 0, 0, 1, -2, 1])
    assert feature("slope", Curve(time, 3 * time + scatter)) == pytest.approx(3.0)


def test_the_slope_between_two_times():
    curve = Curve(TIME, np.where(TIME < 30, 0.0, 2 * (TIME - 30)))
    assert feature("slope", curve, 40.0, 50.0) == pytest.approx(2.0)


# --- windows -------------------------------------------------------------------------------------


def test_a_window_begins_and_ends_between_points():
    part = Curve(np.arange(5.0), np.arange(5.0) * 2).over(0.5, 2.25)
    assert (part.time.tolist(), part.values.tolist()) == ([0.5, 1, 2, 2.25], [1, 2, 4, 4.5])


def test_a_moment_is_a_window_of_one_point():
    assert DECAY.over(2.0, 2.0).values == pytest.approx([math.exp(-2 * K)])


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=20), st.floats(0, 1))
def test_a_curve_stays_between_its_neighbours(values, share):
    curve = Curve(np.arange(float(len(values))), np.array(values))
    time = share * (len(values) - 1)
    i = min(int(time), len(values) - 2)
    low, high = sorted(values[i : i + 2])
    assert low - 1e-12 <= curve.at(time) <= high + 1e-12


# --- first order ---------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.02, 0.3, 3.0])
def test_a_first_order_course_is_found(rate):
    fit = fit_first_order(Curve(TIME, 2 - 1.5 * np.exp(-rate * TIME)))
    assert (fit.rate_constant, fit.residual) == pytest.approx((rate, 0.0), rel=1e-4, abs=1e-6)


def test_an_induction_period_is_no_first_order_course():
    values = 1 - (1 + TIME / 5) * np.exp(-TIME / 5)  # two steps of equal constants
    assert fit_first_order(Curve(TIME, values)).residual > 0.02
