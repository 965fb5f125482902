"""Whole rates of rules (``TotalRate``): none where a reactant is used up, and runs that go on behind that."""

from __future__ import annotations

from pathlib import Path

import pytest

import mscnet

MODEL = """begin model
begin parameters
k 2
end parameters
begin molecule types
A(b)
B(a)
end molecule types
begin seed species
A(b) 10
B(a) 60
end seed species
begin reaction rules
A(b)+B(a) -> A(b!1).B(a!1) k TotalRate
0 -> A(b) MADE
end reaction rules
end model
"""


def loaded(tmp_path: Path, made: float) -> mscnet.Mechanism:
    path = tmp_path / "whole.bngl"
    path.write_text(MODEL.replace("MADE", str(made)))
    return mscnet.load(path).expanded


@pytest.mark.parametrize("method", ["auto", "bdf", "rosenbrock", "tsit5", "radau", "lsoda", "rk45", "dop853"])
def test_a_run_goes_on_where_a_reactant_is_used_up(tmp_path: Path, method: str) -> None:
    """A goes at 2 a second until none of the 10 is left."""
    made = mscnet.simulate(loaded(tmp_path, 0.0), t_end=30.0, points=4, method=method, rtol=1e-8, atol=1e-10)
    assert made["A_b"][-1] == pytest.approx(0.0, abs=1e-6)
    assert made["B_a"][-1] == pytest.approx(50.0, abs=1e-5)


@pytest.mark.parametrize("method", ["auto", "bdf", "rosenbrock", "radau"])
def test_a_reactant_goes_as_fast_as_it_comes(tmp_path: Path, method: str) -> None:
    """From the time on at which none is left (10 s), A goes at the 1 a second at which it comes."""
    made = mscnet.simulate(loaded(tmp_path, 1.0), t_end=20.0, points=3, method=method)
    assert made["A_b"] == pytest.approx([10.0, 0.0, 0.0], abs=1e-4)
    assert made["B_a"] == pytest.approx([60.0, 40.0, 30.0], abs=1e-3)


def test_molecules_have_the_whole_rate(tmp_path: Path) -> None:
    """In a stochastic run the last molecule reacts as fast as any, and no population falls below zero."""
    made = mscnet.simulate(loaded(tmp_path, 0.0), t_end=200.0, points=50, method="ssa", seed=3)
    assert made["A_b"].min() == 0.0
    assert made["B_a"][-1] == 50.0


def test_a_method_whose_steps_are_too_short_for_good_gives_up_at_once(tmp_path: Path) -> None:
    """Where A is used up the equations are stiff beyond all measure, and explicit steps are some 1e-9 s long."""
    with pytest.raises(mscnet.SimulationError, match="at their pace it would never get there") as caught:
        mscnet.simulate(loaded(tmp_path, 1.0), t_end=2000.0, points=3, method="rk45")
    assert caught.value.status is mscnet.Status.TOO_MANY_STEPS
    assert caught.value.trajectory.statistics["steps"] < 100_000
