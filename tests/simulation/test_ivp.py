"""Reference solutions of stiff and oscillating chemistry (tests/data/ivp): at least five correct digits."""

from __future__ import annotations

import pytest

import mscnet
from tests.simulation import ivp

CASES = [(problem, method) for problem in ivp.PROBLEMS for method in ("auto", "bdf", "radau")]
CASES += [(problem, method) for problem in ("BRUSSELATOR", "LOTKA") for method in ("rk45", "dop853")]


@pytest.mark.parametrize(("problem", "method"), CASES)
@pytest.mark.slow
def test_five_digits_at_rtol_1e_8(problem: str, method: str) -> None:
    run = mscnet.simulate(
        ivp.mechanism(problem), times=ivp.times(problem), method=method, rtol=1e-8, atol=ivp.floors(problem)
    )
    assert ivp.score(problem, run) >= 5


@pytest.mark.parametrize("problem", ivp.PROBLEMS)
def test_the_default_absolute_tolerance_fits(problem: str) -> None:
    run = mscnet.simulate(ivp.mechanism(problem), times=ivp.times(problem), rtol=1e-8)
    assert ivp.score(problem, run) >= 5


@pytest.mark.parametrize("problem", ivp.PROBLEMS)
def test_default_tolerances_give_four_digits(problem: str) -> None:
    run = mscnet.simulate(ivp.mechanism(problem), times=ivp.times(problem))
    assert ivp.score(problem, run) >= 4


def test_tolerances_are_used_as_given() -> None:
    run = mscnet.simulate(ivp.mechanism("HIRES"), times=ivp.times("HIRES"), rtol=1e-3, atol=1e-4)
    assert (run.provenance["rtol"], run.provenance["atol"]) == (1e-3, 1e-4)
    assert ivp.score("HIRES", run) < 5
