"""Conditions that end a run or are watched, located on the dense output."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from mscnet import kernels

#: The compiled methods take the place of SciPy's of the same name.
METHODS = ("auto", "bdf", "radau", "lsoda", *(("rosenbrock", "tsit5") if kernels.core() else ("rk45",)))

DECAY = """
units concentration=mM, time=s
species A = 1 mM, B
A -> B @ 1 /s
parameter low = 0.1 mM
observable Twice = 2*[A]
"""


@pytest.fixture(scope="module")
def decay() -> mscnet.Mechanism:
    return mscnet.loads(DECAY.replace("units concentration=mM, time=s", "units concentration=mM\nunits time=s"))


@pytest.fixture(scope="module")
def circle() -> mscnet.Mechanism:
    """X = cos t, Y = sin t, about 2."""
    text = "species X = 3\nspecies Y = 2\n0 -> X rate -w*([Y] - 2 M)\n0 -> Y rate w*([X] - 2 M)\nparameter w = 1 /s"
    return mscnet.loads(text)


@pytest.mark.parametrize("method", METHODS)
def test_run_ends_where_the_condition_begins_to_hold(decay: mscnet.Mechanism, method: str) -> None:
    run = mscnet.simulate(decay, 10, points=11, method=method, rtol=1e-9, stop_when="[A] < low")
    assert run.status is mscnet.Status.STOPPED
    assert run.time[-1] == pytest.approx(np.log(10), abs=1e-7)
    assert run.time[:-1].tolist() == [0.0, 1.0, 2.0]
    np.testing.assert_allclose(run["A"], np.exp(-run.time), rtol=1e-7)


@pytest.mark.parametrize("method", [method for method in METHODS if method != "radau"])  # its steps are slow
def test_several_crossings_within_a_step_are_found_in_order(circle: mscnet.Mechanism, method: str) -> None:
    watch = ["[Y] > 2.5 M", "[X] < 2 M", "[Y] >= 2.999 M", "time > 9 s"]
    run = mscnet.simulate(circle, 10, points=2, method=method, rtol=1e-10, atol=1e-12, watch=watch)
    up, top = np.arcsin(0.5), np.arccos(0.999)
    turn = 2 * np.pi
    expected = [
        (0, True, up), (2, True, np.pi / 2 - top), (1, True, np.pi / 2), (2, False, np.pi / 2 + top),
        (0, False, np.pi - up), (1, False, 3 * np.pi / 2), (0, True, turn + up), (2, True, turn + np.pi / 2 - top),
        (1, True, turn + np.pi / 2), (2, False, turn + np.pi / 2 + top), (0, False, turn + np.pi - up), (3, True, 9.0),
    ]  # fmt: skip
    assert [(watch.index(c.condition), c.holds) for c in run.crossings] == [(i, holds) for i, holds, _ in expected]
    # where it all but touches a bound, an error in the state is twenty times one in time
    assert [c.time for c in run.crossings] == pytest.approx([time for *_, time in expected], abs=2e-6)
    for crossing in run.crossings:
        assert crossing.state == pytest.approx([2 + np.cos(crossing.time), 2 + np.sin(crossing.time)], abs=1e-7)


def test_condition_that_holds_at_the_start_has_to_cease_first(circle: mscnet.Mechanism) -> None:
    run = mscnet.simulate(circle, 10, rtol=1e-9, stop_when="[X] > 2.5 M")
    assert run.time[-1] == pytest.approx(2 * np.pi - np.arccos(0.5), abs=1e-6)


def test_border_at_the_very_start_is_not_found_again(circle: mscnet.Mechanism) -> None:
    run = mscnet.simulate(circle, 7, rtol=1e-9, watch=["[X] < 3 M", "[Y] > 2 M"])
    assert [c.time for c in run.crossings if c.condition == "[Y] > 2 M"] == pytest.approx([np.pi, 2 * np.pi], abs=1e-6)


def test_state_at_the_end_meets_the_condition(decay: mscnet.Mechanism) -> None:
    for rtol in (1e-3, 1e-6, 1e-9):
        assert mscnet.simulate(decay, 10, rtol=rtol, stop_when="Twice <= low").values[-1, 0] <= 0.05


def test_short_visit_within_long_steps_is_found() -> None:
    pulse = mscnet.loads("species A = 1\nspecies B\nA -> B @ 1e-9")
    found = "exp(-((time - 37.77 s)/(2 s))^2) > 0.5"
    run = mscnet.simulate(pulse, 100, watch=[found])
    half = 2 * np.sqrt(np.log(2))
    # where it all but touches a bound, an error in the state is twenty times one in time
    assert [c.time for c in run.crossings] == pytest.approx([37.77 - half, 37.77 + half], abs=1e-6)


def test_condition_goes_on_across_a_switch_of_rates() -> None:
    text = "species A\n0 -> A rate if(time < 5 s, k, -k)\nparameter k = 1 M/s"
    run = mscnet.simulate(mscnet.loads(text), 10, watch=["[A] > 4 M", "time >= 5 s"])
    assert [(c.holds, c.time) for c in run.crossings] == [
        (True, pytest.approx(4)), (True, pytest.approx(5)), (False, pytest.approx(6))
    ]  # fmt: skip


def test_end_that_is_never_reached_changes_nothing(decay: mscnet.Mechanism) -> None:
    plain, watched = (mscnet.simulate(decay, 5, stop_when=stop) for stop in (None, "[A] < 1e-9 mM"))
    assert watched.status is mscnet.Status.DONE
    np.testing.assert_array_equal(plain.values, watched.values)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[C] < 1 mM", "E010"), ("[A] < nothing", "E010"), ("[A] < 1 s", "E020"), ("[A]", "E017"), ("", "E017"),
        ("[A] < 1, 1, 0)\nspecies X = (1", "E017"), ("[A] < 1, 1, 0) + if([A] < 1", "E017"), ("[A] < ", "E002"),
        ("__import__('os') < 1", "E002"), ("[A] < 1 mM # so", "E017"), ("([A] < 1 mM", "E002"),
    ],
)  # fmt: skip
def test_what_is_no_condition_is_refused(decay: mscnet.Mechanism, text: str, code: str) -> None:
    with pytest.raises(mscnet.MechanismError) as caught:
        mscnet.simulate(decay, 1, stop_when=text)
    assert caught.value.diagnostics[0].code == code


def test_error_points_at_the_text_that_was_given(decay: mscnet.Mechanism) -> None:
    with pytest.raises(mscnet.MechanismError) as caught:
        mscnet.simulate(decay, 1, watch=["[A] < 2*[Q]"])
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert (span.text, span.column) == ("[Q]", 9)


def test_condition_needs_its_values() -> None:
    model = mscnet.loads("species A = 1\nspecies B\nA -> B @ 1\nparameter low")
    with pytest.raises(mscnet.MechanismError, match="needs a value for `low`"):
        mscnet.simulate(model, 1, stop_when="[A] < low")
