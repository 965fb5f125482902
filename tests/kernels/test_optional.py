"""The compiled kernels are optional: without them there is a reason, and SciPy serves."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mscnet import kernels

PROGRAM = r"""
import sys
if "missing" in sys.argv:
    sys.modules["mscnet.kernels._core"] = None  # as where nothing has been compiled
from mscnet import kernels, loads, simulate
run = simulate(loads("species A = 1\nA -> B @ 1"), t_end=1, points=2)
print(kernels.core() is None, run["A"][-1], kernels.reason())
"""


def outcome(*arguments: str, switch: str = "") -> list[str]:
    """Whether there are no kernels, exp(-1) by simulation, and the reason, in a process of their own."""
    environment = {**os.environ, kernels.SWITCH: switch}
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip().split(" ", 2)


@pytest.mark.parametrize("switch", ["off", "OFF", "no", "0"])
def test_they_can_be_switched_off(switch: str) -> None:
    without, end, reason = outcome(switch=switch)
    assert (without, float(end)) == ("True", pytest.approx(0.36787944117144233, rel=1e-4))
    assert reason == f"they are switched off by MSCNET_KERNELS={switch}"


def test_a_run_works_where_they_are_missing() -> None:
    without, end, reason = outcome("missing")
    assert (without, float(end)) == ("True", pytest.approx(0.36787944117144233, rel=1e-4))
    assert reason == "this installation has no compiled module"


def test_there_is_a_reason_exactly_where_there_are_none() -> None:
    assert (kernels.core() is None) == (kernels.reason() is not None)
