"""Errors of the compiled methods in units of the tolerances that were asked for."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet
from tests.simulation import ivp

RTOLS = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9)

#: The most that max |error| / (atol + rtol |x|) may be, where it is not 10: LOTKA and BRUSSELATOR go around many times,
#: and errors add up along the cycle.  CVODE's at the same tolerances are 58 to 610 and 12 to 280.
MOST = {("auto", "LOTKA"): 16.0, ("rosenbrock", "LOTKA"): 40.0, ("rosenbrock", "BRUSSELATOR"): 16.0}
#: Of BDF, of order 5 at most: CVODE's, measured in the same way, are up to 26, 29, 290, 54 and 760; OREGO's are
#: 1e4 at rtol 1e-4.
MOST_BDF = {"ROBER": 30.0, "HIRES": 60.0, "BRUSSELATOR": 350.0, "MMSTIFF": 150.0, "LOTKA": 800.0}


def error(problem: str, method: str, rtol: float, atol: dict[str, float] | None) -> float:
    run = mscnet.simulate(ivp.mechanism(problem), times=ivp.times(problem), method=method, rtol=rtol, atol=atol)
    scale = np.broadcast_to(run.provenance["atol"], run.values.shape[1:])
    worst = 0.0
    for row in ivp.of("reference", problem):
        if row["scored"] == "1":
            at, species = int(np.flatnonzero(run.time == float(row["t"]))[0]), run.species.index(row["species"])
            true = float(row["value"])
            worst = max(worst, abs(run.values[at, species] - true) / (scale[species] + rtol * abs(true)))
    return worst


@pytest.mark.parametrize("rtol", RTOLS)
@pytest.mark.parametrize("problem", ivp.PROBLEMS)
@pytest.mark.parametrize("method", ["auto", "rosenbrock"])
def test_error_stays_near_the_tolerance(method: str, problem: str, rtol: float) -> None:
    assert error(problem, method, rtol, None) <= MOST.get((method, problem), 10.0)


@pytest.mark.parametrize("rtol", RTOLS)
@pytest.mark.parametrize("problem", ivp.PROBLEMS)
def test_error_stays_near_the_tolerance_with_fixed_floors(problem: str, rtol: float) -> None:
    assert error(problem, "auto", rtol, ivp.floors(problem)) <= MOST.get(("auto", problem), 10.0)


@pytest.mark.parametrize("rtol", RTOLS)
@pytest.mark.parametrize("problem", MOST_BDF)
def test_error_of_bdf_is_that_of_its_kind(problem: str, rtol: float) -> None:
    assert error(problem, "bdf", rtol, None) <= MOST_BDF[problem]


@pytest.mark.parametrize("rtol", RTOLS)
@pytest.mark.parametrize("problem", ["BRUSSELATOR", "LOTKA"])
def test_error_of_the_explicit_pair(problem: str, rtol: float) -> None:
    assert error(problem, "tsit5", rtol, None) <= MOST.get(("auto", problem), 10.0)
