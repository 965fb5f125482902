"""Laws that switch at a time: the run is cut there, whatever the output times and the method are."""

from __future__ import annotations

import pytest

import mscnet

PULSE = """species A = 0, B = 1
0 -> A @ (1 M/s)*if(time > 503 s, if(time < %s s, %s, 0), 0)
B -> 0 @ 0.001
"""


@pytest.mark.parametrize("method", ["auto", "bdf", "radau", "lsoda", "rk45", "dop853"])
@pytest.mark.parametrize("length", [50, 5, 0.1])
@pytest.mark.slow
def test_a_pulse_however_short_is_not_missed(method: str, length: float) -> None:
    mech = mscnet.loads(PULSE % (503 + length, 1 / length))
    run = mscnet.simulate(mech, 1000, points=11, method=method)
    assert run["A"][-1] == pytest.approx(1.0, rel=1e-9)


def test_a_switch_in_a_derived_value_is_found() -> None:
    text = "light = if(time - 2*t0 < 0 s, 0, 1)\nparameter t0 = 251.5 s\n0 -> A @ (1 M/s)*light\n"
    run = mscnet.simulate(mscnet.loads(text), 1000, points=3)
    assert run["A"][-1] == pytest.approx(497.0, rel=1e-9)


def test_output_at_a_switch_and_on_both_sides_is_exact() -> None:
    mech = mscnet.loads("0 -> A @ (1 M/s)*if(time < 4 s, 0, 1)\n")
    run = mscnet.simulate(mech, times=[3.0, 4.0, 5.0])
    assert run["A"] == pytest.approx([0.0, 0.0, 1.0], abs=1e-9)


def test_switches_outside_the_run_change_nothing() -> None:
    mech = mscnet.loads("0 -> A @ (1 M/s)*if(time < 100 s, 1, 0)\n")
    assert mscnet.simulate(mech, 10, points=2)["A"][-1] == pytest.approx(10.0, rel=1e-9)
