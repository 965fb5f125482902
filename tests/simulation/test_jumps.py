"""Rates that jump where a species passes a value: against the exact course."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from mscnet import SimulationError, Status, kernels
from mscnet.simulation.problem import FloatArray

pytestmark = pytest.mark.skipif(kernels.core() is None, reason="the compiled methods alone go across jumps")

COUNTED = """
parameter k = 9 /s
0 -> c @ 1 M/s
A -> B @ k*if([c] >= 68.391 M, 1, 0) - k/2*if([c] > 69.2 M, 1, 0)
species A = 1000 M
"""


def exact(t: FloatArray) -> FloatArray:
    return 1000 * np.exp(-9 * np.clip(t - 68.391, 0, 69.2 - 68.391) - 4.5 * np.clip(t - 69.2, 0, None))


@pytest.mark.parametrize("method", ["auto", "bdf", "tsit5", "rosenbrock"])
@pytest.mark.parametrize("rtol", [1e-6, 1e-10, 1e-12])
def test_a_run_goes_across_jumps(method: str, rtol: float) -> None:
    """B has nothing before, and gets more in one spacing of the time than its tolerance allows as an error."""
    found = mscnet.simulate(mscnet.loads(COUNTED), 70.0, points=701, method=method, rtol=rtol, atol=1e-12)
    np.testing.assert_allclose(found["A"], exact(found.time), rtol=1e4 * rtol, atol=1e-9)


@pytest.mark.parametrize("rates", ["if([x] < 1 M, 2, -1) M/s", "if([x] <= 1 M, 1, -3) M/s"])
def test_rates_that_hold_a_state_end_a_run_soon(rates: str) -> None:
    """On both sides of 1 the rates lead back to it, so no crossing leads on."""
    value, unit = rates.rsplit(" ", 1)
    mechanism = mscnet.loads(f"0 -> x rate (1 {unit})*{value}\n")
    with pytest.raises(SimulationError) as caught:
        mscnet.simulate(mechanism, 4.0, points=5, method="tsit5", rtol=1e-12, atol=1e-15, max_steps=20_000)
    assert caught.value.status in (Status.STEP_TOO_SMALL, Status.TOO_MANY_STEPS)
    assert caught.value.trajectory.time[-1] <= 1.0
