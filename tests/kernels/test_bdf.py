"""The compiled BDF integrator: reference solutions, conserved totals, output within steps, and how it gives up."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

import mscnet
from mscnet import kernels
from mscnet.kinetics.program import build_rate_program
from tests.simulation import ivp

DONE, NOT_FINITE, STEP_TOO_SMALL = 0, 2, 3
BDF = 1


class Ran(NamedTuple):
    status: int
    values: NDArray[np.float64]
    reached: float
    steps: int
    jacobians: int
    factorisations: int


def integrate(
    model: mscnet.Mechanism,
    times: Any,
    rtol: float = 1e-8,
    atol: Any = 1e-14,
    start: float = 0.0,
    max_step: float = np.inf,
) -> Ran:
    program = build_rate_program(model.network())
    core: Any = kernels.core()
    times = np.array(times, dtype=np.float64)
    state, values = program.initial(), np.full((len(times), len(program.species)), np.nan)
    counts, reached = np.zeros(6, dtype=np.int64), np.zeros(1)
    asked = {
        "inputs": program.inputs(),
        "state": state,
        "atol": np.broadcast_to(np.asarray(atol, dtype=np.float64), state.shape).copy(),
        "rtol": rtol,
        "times": times,
        "values": values,
        "start": start,
        "end": float(times[-1]),
        "max_step": max_step,
        "max_steps": 100_000,
        "method": BDF,
        "reached": reached,
        "counts": counts,
    }
    status = core.integrate(program.model, asked)
    return Ran(status, values, float(reached[0]), int(counts[1]), int(counts[4]), int(counts[5]))


def decay(constant: str = "1") -> mscnet.Mechanism:
    return mscnet.loads(f"species A = 1\nspecies B\nA -> B @ {constant}\n")


@pytest.mark.parametrize("problem", ivp.PROBLEMS)
def test_reference_solutions_to_five_digits(problem: str) -> None:
    model, times = ivp.mechanism(problem), ivp.times(problem)
    species = model.network().species
    largest = build_rate_program(model.network()).initial().max()
    ran = integrate(model, times, 1e-8, 1e-14 * largest)  # the default of a run
    worst = 0.0
    for row in ivp.of("reference", problem):
        if row["scored"] == "1":
            value = ran.values[times.index(float(row["t"])), species.index(row["species"])]
            worst = max(worst, abs(value / float(row["value"]) - 1))
    assert ran.status == DONE
    assert worst <= 1e-5


@pytest.mark.parametrize("rtol", [1e-3, 1e-5, 1e-7, 1e-9, 1e-11])
def test_error_follows_the_tolerance_at_all_times_within_steps(rtol: float) -> None:
    times = np.linspace(0.01, 5.0, 1000)
    ran = integrate(decay(), times, rtol, rtol * 1e-3)
    error = abs(ran.values[:, 0] - np.exp(-times)).max()
    assert ran.steps < len(times)  # so that output lies within steps
    assert error <= 30 * rtol
    assert error >= 1e-4 * rtol  # no more work than was asked for


def test_high_orders_make_tight_tolerances_cheap() -> None:
    # at order 1 the number of steps would grow by 10 for a hundredth of the tolerance, at order 5 by 2.2
    loose, tight = (integrate(decay(), [5.0], rtol, rtol * 1e-3).steps for rtol in (1e-7, 1e-9))
    assert tight < 2.6 * loose


def test_conserved_total_holds_to_rounding_through_a_stiff_run() -> None:
    ran = integrate(ivp.mechanism("ROBER"), np.geomspace(1e-3, 1e11, 300), 1e-6, 1e-14)
    assert ran.status == DONE
    assert abs(ran.values.sum(axis=1) - 1).max() <= 1e-13


def test_factors_and_jacobians_are_kept_over_many_steps() -> None:
    ran = integrate(ivp.mechanism("HIRES"), [321.8122])
    assert ran.factorisations < ran.steps / 3
    assert ran.jacobians < ran.factorisations / 3


@pytest.mark.parametrize(("start", "end"), [(0.0, 1e-30), (0.0, 3.3), (1e9, 1e9 + 2), (-7.0, 0.0)])
def test_it_ends_at_the_end_exactly(start: float, end: float) -> None:
    ran = integrate(decay(), [end], 1e-6, 1e-12, start=start)
    assert (ran.status, ran.reached) == (DONE, end)
    assert ran.values[0, 0] == pytest.approx(np.exp(start - end), rel=2e-4)


def test_longest_step_is_kept() -> None:
    assert integrate(decay("1e-9"), [2.0], 1e-3, max_step=0.01).steps >= 200


def test_without_any_reaction_going_on_the_state_stays() -> None:
    ran = integrate(decay("0"), [1.0, 1e12])
    assert ran.values.tolist() == [[1.0, 0.0], [1.0, 0.0]]


def test_rate_that_depends_on_time() -> None:
    model = mscnet.loads("species A = 1\nA -> B @ k + k*sin(6*k*time)\nparameter k = 1 /s\n")
    ran = integrate(model, [1.0], 1e-9)
    assert ran.values[0, 0] == pytest.approx(np.exp(-1 - (1 - np.cos(6)) / 6), rel=1e-7)


def test_blow_up_in_finite_time_ends_with_too_small_a_step() -> None:
    ran = integrate(mscnet.loads("species A = 1\n2 A -> 3 A @ 1\n"), [2.0])
    assert ran.status == STEP_TOO_SMALL
    assert ran.reached == pytest.approx(1.0, abs=1e-5)


def test_rate_that_is_no_number_beyond_some_state_stops_just_before() -> None:
    law = "A -> B rate k*c*sqrt([A]/c - 0.5)\nparameter k = 1 /s, c = 1 M\n"
    ran = integrate(mscnet.loads("species A = 1\nspecies B\n" + law), [3.0])
    assert ran.status == NOT_FINITE
    # A - 1/2 = (sqrt(1/2) - t/2)^2 until it is zero
    assert ran.reached == pytest.approx(np.sqrt(2), abs=1e-2)


def test_rate_that_is_no_number_at_the_start() -> None:
    model = mscnet.loads("species A = 1\nspecies B\nA -> B rate k*c*c/[B]\nparameter k = 1 /s, c = 1 M\n")
    ran = integrate(model, [1.0])
    assert (ran.status, ran.reached) == (NOT_FINITE, 0.0)
