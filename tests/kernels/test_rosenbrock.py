"""The compiled Rosenbrock integrator: its order, reference solutions, conserved totals, and how it gives up."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

import mscnet
from mscnet import kernels
from mscnet.kinetics.program import build_rate_program
from mscnet.simulation.compiled import COMPILED
from tests.simulation import ivp

DONE, NOT_FINITE, STEP_TOO_SMALL = 0, 2, 3


class Ran(NamedTuple):
    status: int
    values: NDArray[np.float64]
    reached: float
    steps: int
    rejected: int
    rhs: int
    jacobians: int
    factorisations: int


def integrate(
    model: mscnet.Mechanism,
    times: Any,
    rtol: float = 1e-8,
    atol: float = 1e-14,
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
        "atol": np.full(state.shape, atol),
        "rtol": rtol,
        "times": times,
        "values": values,
        "start": start,
        "end": float(times[-1]),
        "max_step": max_step,
        "max_steps": 100_000,
        "method": COMPILED["rosenbrock"],
        "reached": reached,
        "counts": counts,
    }
    status = core.integrate(program.model, asked)
    return Ran(status, values, float(reached[0]), *(int(count) for count in counts[1:]))


def decay(constant: str = "1") -> mscnet.Mechanism:
    return mscnet.loads(f"species A = 1\nspecies B\nA -> B @ {constant}\n")


def swinging() -> mscnet.Mechanism:
    """dA/dt = -2 k(t) A^2 with k(t) = 1 + sin 6t: not linear, and not autonomous."""
    law = "2 A -> B @ k + k*sin(6*w*time)\nparameter k = 1 /M/s, w = 1 /s\n"
    return mscnet.loads("species A = 1\nspecies B\n" + law)


def swung(time: Any) -> Any:
    return 1 / (1 + 2 * (time + (1 - np.cos(6 * time)) / 6))


def test_order_is_five_also_where_rates_depend_on_time() -> None:
    # the tolerance lets all steps be as long as they may
    coarse, fine = (integrate(swinging(), [2.0], 0.1, 1.0, max_step=2 / n) for n in (60, 120))
    assert coarse.steps < 65
    ratio = abs(coarse.values[0, 0] - swung(2.0)) / abs(fine.values[0, 0] - swung(2.0))
    assert np.log2(ratio) == pytest.approx(5, abs=0.4)


def test_values_within_steps_are_of_order_four_at_least() -> None:
    times = np.linspace(0.5, 2.0, 1501)
    coarse, fine = (integrate(swinging(), times, 0.1, 1.0, max_step=2 / n) for n in (60, 120))
    before, after = (abs(ran.values[:, 0] - swung(times)).max() for ran in (coarse, fine))
    assert np.log2(before / after) >= 3.7
    assert after <= 1e-6


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
    assert error <= 10 * rtol
    assert error >= 1e-4 * rtol  # no more work than was asked for


def test_steps_grow_as_the_order_of_the_estimate_has_it() -> None:
    # 100^(1/5) = 2.5
    loose, tight = (integrate(decay(), [5.0], rtol, rtol * 1e-3).steps for rtol in (1e-8, 1e-10))
    assert tight < 2.7 * loose


def test_one_jacobian_a_step_and_one_factorisation_a_trial() -> None:
    ran = integrate(ivp.mechanism("OREGO"), [360.0], 1e-4)
    assert ran.rejected > 0
    assert ran.jacobians == ran.steps
    assert ran.factorisations == ran.steps + ran.rejected
    assert ran.rhs == 1 + ran.steps + 7 * ran.factorisations  # one of them for the first step


def test_unit_of_time_does_not_matter() -> None:
    fast, slow = integrate(decay("1e9"), [5e-9]), integrate(decay("1e-9"), [5e9])
    assert fast.steps == slow.steps
    assert fast.values[0, 0] == pytest.approx(slow.values[0, 0], rel=1e-12)


def test_conserved_total_holds_to_rounding_through_a_stiff_run() -> None:
    ran = integrate(ivp.mechanism("ROBER"), np.geomspace(1e-3, 1e11, 300), 1e-6, 1e-14)
    assert ran.status == DONE
    assert abs(ran.values.sum(axis=1) - 1).max() <= 1e-13


@pytest.mark.parametrize(("start", "end"), [(0.0, 1e-30), (0.0, 3.3), (1e9, 1e9 + 2), (-7.0, 0.0)])
def test_it_ends_at_the_end_exactly(start: float, end: float) -> None:
    ran = integrate(decay(), [end], 1e-6, 1e-12, start=start)
    assert (ran.status, ran.reached) == (DONE, end)
    assert ran.values[0, 0] == pytest.approx(np.exp(start - end), rel=1e-5)


def test_run_of_no_more_than_rounding() -> None:
    end = float(np.nextafter(1.0, 2.0))
    ran = integrate(decay(), [end], start=1.0)
    assert (ran.status, ran.reached, ran.steps) == (DONE, end, 1)


def test_longest_step_is_kept() -> None:
    assert integrate(decay("1e-9"), [2.0], 1e-3, max_step=0.01).steps >= 200


def test_without_any_reaction_going_on_the_state_stays() -> None:
    ran = integrate(decay("0"), [1.0, 1e12])
    assert ran.values.tolist() == [[1.0, 0.0], [1.0, 0.0]]


def test_rate_that_starts_from_nothing() -> None:
    ran = integrate(mscnet.loads("species A\n0 -> A @ 1e6\nA -> 0 @ 1e6\n"), [1e-6, 1.0])
    assert ran.values[:, 0] == pytest.approx([1 - np.exp(-1), 1.0], rel=1e-7)


def test_rates_beyond_the_end_are_not_looked_at() -> None:
    law = "A -> B rate k*[A]*sqrt(1 - w*time)\nparameter k = 1 /s, w = 1 /s\n"
    ran = integrate(mscnet.loads("species A = 1\nspecies B\n" + law), [1.0], 1e-6)
    assert (ran.status, ran.reached) == (DONE, 1.0)
    assert ran.values[0, 0] == pytest.approx(np.exp(-2 / 3), rel=1e-5)


def test_blow_up_in_finite_time_ends_with_too_small_a_step() -> None:
    ran = integrate(mscnet.loads("species A = 1\n2 A -> 3 A @ 1\n"), [2.0])
    assert ran.status == STEP_TOO_SMALL
    assert ran.reached == pytest.approx(1.0, abs=1e-5)


def test_rate_that_is_no_number_beyond_some_state_stops_just_before() -> None:
    law = "A -> B rate k*[A] + k*c*sqrt([A]/c - 0.5)\nparameter k = 1 /s, c = 1 M\n"
    ran = integrate(mscnet.loads("species A = 1\nspecies B\n" + law), [3.0])
    assert ran.status == NOT_FINITE
    # with u = sqrt(A - 1/2): du/dt = -(u^2 + u + 1/2)/(2u), until u is zero
    u = np.sqrt(0.5)
    assert ran.reached == pytest.approx(np.log(2 * (1 + u)) - 2 * (np.arctan(2 * u + 1) - np.pi / 4), abs=1e-4)


def test_where_a_rate_fades_the_state_settles() -> None:
    law = "A -> B rate k*c*sqrt([A]/c - 0.5)\nparameter k = 1 /s, c = 1 M\n"
    ran = integrate(mscnet.loads("species A = 1\nspecies B\n" + law), [1.0, 3.0])
    assert ran.values[0, 0] == pytest.approx(0.5 + (np.sqrt(0.5) - 0.5) ** 2, rel=1e-7)


def test_rate_that_is_no_number_at_the_start() -> None:
    model = mscnet.loads("species A = 1\nspecies B\nA -> B rate k*c*c/[B]\nparameter k = 1 /s, c = 1 M\n")
    ran = integrate(model, [1.0])
    assert (ran.status, ran.reached) == (NOT_FINITE, 0.0)
