"""Features over many courses at once: each row as the single course, and rows along derivatives as calculus says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mscnet.experiment.curve import Curve
from mscnet.experiment.features import FUNCTIONS
from mscnet.experiment.first_order import fit_first_order
from mscnet.experiment.row_curve import RowCurve
from mscnet.experiment.row_features import ROW_FUNCTIONS
from mscnet.experiment.row_first_order import first_order_residuals
from mscnet.experiment.row_tangent import TangentCurve

TIME = np.linspace(0.0, 60.0, 1201)
#: Each feature with arguments, and whether one is in %.
ASKED = [
    ("max", (), False), ("min", (), False), ("initial", (), False), ("final", (), False), ("mean", (), False),
    ("at", (21.3,), False), ("at", (20.0,), False), ("time_of_max", (), False), ("time_of_min", (), False),
    ("time_to", (0.5,), True), ("time_to", (0.9,), True), ("time_to", (0.2,), False), ("half_time", (), False),
    ("settles", (0.02,), False), ("settles", (0.05,), True), ("reaches", (0.02,), False), ("reaches", (0.1,), True),
    ("slope", (), False), ("slope", (3.1, 41.0), False), ("rise", (), False), ("fall", (), False),
]  # fmt: skip


def consecutive(k1, k2, time=TIME):
    """[B] of A -> B -> C."""
    return k1 / (k2 - k1) * (np.exp(-k1 * time) - np.exp(-k2 * time))


def drawn(seed, rows=5):
    """Rows of sums of exponentials, over times that are not even."""
    rng = np.random.default_rng(seed)
    time = np.sort(np.concatenate([[0.0, 60.0], rng.uniform(0, 60, int(rng.integers(3, 150)))]))
    rates, heights = rng.uniform(0.01, 2, (rows, 3, 1)), rng.normal(size=(rows, 3, 1))
    return time, (heights * np.exp(-rates * time)).sum(axis=1) + rng.normal(size=(rows, 1))


def value(name, curve, *arguments, relative=False):
    return ROW_FUNCTIONS[name](curve, arguments, relative)[0]


def test_every_feature_of_a_course_is_there_for_rows():
    assert set(ROW_FUNCTIONS) == set(FUNCTIONS)


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: f"{asked[0]}{asked[1]}")
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_rows_have_the_values_of_single_courses(asked, seed):
    name, arguments, relative = asked
    time, rows = drawn(seed)
    found = ROW_FUNCTIONS[name](RowCurve(time, rows), arguments, relative)[0]
    single = np.array([FUNCTIONS[name](Curve(time, row), arguments, relative) for row in rows])
    there = np.isfinite(single)
    assert found[there] == pytest.approx(single[there], rel=1e-7, abs=1e-9)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: f"{asked[0]}{asked[1]}")
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_row_0_of_a_tangent_is_the_single_course(asked, seed):
    name, arguments, relative = asked
    time, rows = drawn(seed, 2)
    rows[1] = rows[0] + 1e-4 * (rows[1] - rows[0])
    single = FUNCTIONS[name](Curve(time, rows[0]), arguments, relative)
    found = ROW_FUNCTIONS[name](TangentCurve.of(time, rows), arguments, relative)[0][0]
    assert np.isnan(single) or found == pytest.approx(single, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("window", [None, (2.0, 50.0), (2.03, 50.01)])
@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: f"{asked[0]}{asked[1]}")
def test_derivatives_are_those_that_differences_of_whole_courses_tend_to(asked, window):
    name, arguments, relative = asked

    def part(curve):
        return curve if window is None else curve.over(*window)

    def single(k):
        return FUNCTIONS[name](part(Curve(TIME, consecutive(k, 0.07))), arguments, relative)

    k, h = 0.31, 1e-4
    slope = (consecutive(k + h, 0.07) - consecutive(k - h, 0.07)) / (2 * h)
    rows = np.array([consecutive(k, 0.07), consecutive(k, 0.07) + 1e-6 * slope])
    found = ROW_FUNCTIONS[name](part(TangentCurve.of(TIME, rows)), arguments, relative)[0]
    assert (found[1] - found[0]) / 1e-6 == pytest.approx((single(k + h) - single(k - h)) / (2 * h), rel=2e-3, abs=1e-6)


def test_a_derivative_does_not_hang_on_the_step():
    slope = (consecutive(0.301, 0.07) - consecutive(0.299, 0.07)) / 0.002
    found = []
    for step in (1e-1, 1e-7):
        curve = TangentCurve.of(TIME, np.array([consecutive(0.3, 0.07), consecutive(0.3, 0.07) + step * slope]))
        times = value("time_of_max", curve)
        found.append((times[1] - times[0]) / step)
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_the_time_to_a_value_is_that_of_an_exponential():
    k = np.array([0.1, 0.3, 0.9])
    found = value("time_to", RowCurve(TIME, 1 - np.exp(-k[:, None] * TIME)), 0.6)
    assert found == pytest.approx(-np.log(0.4) / k, rel=1e-5)


def test_its_derivative_is_minus_the_time_over_the_rate_constant():
    k, step = 0.3, 1e-6
    rows = np.array([1 - np.exp(-k * TIME), 1 - np.exp(-k * TIME) + step * TIME * np.exp(-k * TIME)])
    times = value("time_to", TangentCurve.of(TIME, rows), 0.5)
    assert (times[1] - times[0]) / step == pytest.approx(-np.log(2) / k**2, rel=1e-5)


def test_half_times_of_whole_courses_are_ln_2_over_k():
    k = np.array([0.4, 0.6, 1.1])
    assert value("half_time", RowCurve(TIME, np.exp(-k[:, None] * TIME))) == pytest.approx(np.log(2) / k, rel=1e-5)


def test_the_maximum_of_an_intermediate_and_its_time_are_known():
    k1, k2 = np.array([0.2, 0.5, 1.5]), 0.07
    curve = RowCurve(TIME, np.array([consecutive(k, k2) for k in k1]))
    assert value("time_of_max", curve) == pytest.approx(np.log(k1 / k2) / (k1 - k2), rel=2e-4)
    assert value("max", curve) == pytest.approx((k1 / k2) ** (k2 / (k2 - k1)), rel=1e-9)


def test_the_derivative_of_a_maximum_is_that_of_the_course_there():
    k1, k2, step = 0.5, 0.07, 1e-6
    h = 1e-5
    slope = (consecutive(k1, k2 + h) - consecutive(k1, k2 - h)) / (2 * h)
    heights = value("max", TangentCurve.of(TIME, np.array([consecutive(k1, k2), consecutive(k1, k2) + step * slope])))
    closed = [(k1 / k) ** (k / (k - k1)) for k in (k2 - h, k2 + h)]
    assert (heights[1] - heights[0]) / step == pytest.approx((closed[1] - closed[0]) / (2 * h), rel=1e-5)


# --- what a course does not have -------------------------------------------------------------------


def test_a_value_that_is_only_just_missed_is_taken_at_the_peak():
    peak = consecutive(0.5, 0.07)
    top, when = float(peak.max()), np.log(0.5 / 0.07) / (0.5 - 0.07)
    time, short = ROW_FUNCTIONS["time_to"](RowCurve(TIME, np.array([peak, peak])), (top + 1e-7,), False)
    assert time == pytest.approx([when, when], rel=1e-3)
    assert short == pytest.approx([0, 0], abs=1e-5)


def test_what_it_misses_by_is_the_gap_over_a_tenth_of_the_value():
    low = np.array([0.5 * (1 - np.exp(-TIME)), 0.8 * (1 - np.exp(-TIME))])
    short = ROW_FUNCTIONS["time_to"](RowCurve(TIME, low), (1.0,), False)[1]
    assert short == pytest.approx([5.0, 2.0], rel=1e-6)


def test_a_time_outside_a_course_misses_it_altogether():
    found, short = ROW_FUNCTIONS["at"](RowCurve(TIME, np.array([TIME, 2 * TIME])), (90.0,), False)
    assert (found == [60.0, 120.0]).all()
    assert short == 10.0


# --- first order -----------------------------------------------------------------------------------


def test_first_order_residuals_are_those_of_single_courses():
    rows = np.array([consecutive(0.5, 0.07), 1 - np.exp(-0.2 * TIME), 1 / (1 + 0.3 * TIME), 0.0 * TIME])
    single = [fit_first_order(Curve(TIME, row)).residual for row in rows]
    assert first_order_residuals(RowCurve(TIME, rows)) == pytest.approx(single, rel=1e-6, abs=1e-6)


def test_their_derivative_is_the_limit_of_differences():
    def course(k):
        return 1 / (1 + k * TIME)

    h, step = 1e-4, 1e-6
    slope = -TIME / (1 + 0.3 * TIME) ** 2
    rows = np.array([course(0.3), course(0.3) + step * slope])
    found = first_order_residuals(TangentCurve.of(TIME, rows))
    single = [fit_first_order(Curve(TIME, course(0.3 + d))).residual for d in (-h, h)]
    assert (found[1] - found[0]) / step == pytest.approx((single[1] - single[0]) / (2 * h), rel=1e-3)
