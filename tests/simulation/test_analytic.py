"""Courses that have a closed form, to 1e-6 relative."""

from __future__ import annotations

import numpy as np
import pytest

import mscnet

METHODS = ("auto", "bdf", "radau", "lsoda", "rk45", "dop853")


def course(text: str, t_end: float, method: str = "auto") -> mscnet.Trajectory:
    return mscnet.simulate(mscnet.loads(text), t_end, points=41, method=method, rtol=1e-9)


def close(actual: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_consecutive_first_order_steps(method: str) -> None:
    k1, k2 = 0.3, 0.7
    run = course("species A = 2; A -> B -> C @ 0.3, 0.7", 20.0, method)
    a = 2 * np.exp(-k1 * run.time)
    b = 2 * k1 / (k2 - k1) * (np.exp(-k1 * run.time) - np.exp(-k2 * run.time))
    close(run["A"], a)
    close(run["B"], b)
    close(run["C"], 2 - a - b)


@pytest.mark.parametrize("method", METHODS)
def test_reversible_first_order(method: str) -> None:
    kf, kr = 0.4, 0.1
    run = course("species A = 1; A <-> B @ 0.4, 0.1", 15.0, method)
    end = kr / (kf + kr)
    close(run["A"], end + (1 - end) * np.exp(-(kf + kr) * run.time))


@pytest.mark.parametrize("method", METHODS)
def test_second_order_of_one_species(method: str) -> None:
    """2 A -> B at k[A]^2 uses up two A: [A] = a/(1 + 2 k a t)."""
    run = course("species A = 3; 2 A -> B @ 0.5", 10.0, method)
    a = 3 / (1 + 2 * 0.5 * 3 * run.time)
    close(run["A"], a)
    close(run["B"], (3 - a) / 2)


def test_second_order_of_two_species() -> None:
    k, a0, b0 = 0.8, 1.0, 1.5
    run = course("species A = 1; species B = 1.5; A + B -> C @ 0.8", 10.0)
    e = np.exp((b0 - a0) * k * run.time)
    close(run["A"], a0 * (b0 - a0) / (b0 * e - a0))


def test_reversible_second_order() -> None:
    """A + B <-> C from a equal parts: dx/dt = k (x - p)(x - q) with the roots of kf (a - x)^2 = kr x."""
    kf, kr, a = 2.0, 0.5, 1.0
    run = course("species A = 1; species B = 1; A + B <-> C @ 2, 0.5", 10.0)
    p, q = sorted(np.roots([kf, -(2 * kf * a + kr), kf * a * a]).real)
    e = np.exp(kf * (p - q) * run.time)
    close(run["C"], p * q * (1 - e) / (q - p * e))


def test_parallel_first_order_steps_share_by_their_constants() -> None:
    run = course("species A = 1; A -> B @ 0.3; A -> C @ 0.1", 20.0)
    used = 1 - np.exp(-0.4 * run.time)
    close(run["B"], 0.75 * used)
    close(run["C"], 0.25 * used)


@pytest.mark.parametrize("method", METHODS)
def test_autocatalysis_is_logistic(method: str) -> None:
    run = course("species A = 1; species B = 0.01; A + B -> 2 B @ 1.2", 12.0, method)
    total = 1.01
    close(run["B"], total / (1 + 100 * np.exp(-1.2 * total * run.time)))


def test_zero_order_feed() -> None:
    run = course("0 -> A @ 0.25", 8.0)
    close(run["A"], 0.25 * run.time)


def test_zero_order_in_the_reactant() -> None:
    run = course("species A = 5; A -> B @ 0.25 order A^0", 8.0)
    close(run["A"], 5 - 0.25 * run.time)


def test_half_order_ends_in_finite_time() -> None:
    """d[A]/dt = -k sqrt([A]): [A] = (sqrt(a) - k t/2)^2, and 0 from then on."""
    run = course("species A = 4; A -> B @ 1 order A^0.5", 6.0)
    np.testing.assert_allclose(run["A"], np.maximum(2 - run.time / 2, 0) ** 2, rtol=1e-6, atol=1e-9)


def test_order_of_three_halves() -> None:
    run = course("species A = 4; A -> B @ 0.5 order A^1.5", 6.0)
    close(run["A"], (0.5 + 0.25 * run.time) ** -2)


def test_inhibition_by_a_negative_order() -> None:
    """d[P]/dt = k/[P]: [P]^2 = p^2 + 2 k t."""
    run = course("species P = 1; 0 -> P @ 0.5 order P^-1", 6.0)
    close(run["P"], np.sqrt(1 + run.time))


def test_sixth_order() -> None:
    run = course("species A = 1; A -> B @ 0.2 order A^6", 6.0)
    close(run["A"], (1 + run.time) ** -0.2)


@pytest.mark.parametrize("method", METHODS)
def test_law_that_depends_on_time(method: str) -> None:
    run = course("parameter w = 1; species A = 1; A -> B @ k*(1 + sin(w*t)); parameter k = 0.5", 12.0, method)
    close(run["A"], np.exp(-0.5 * (run.time + 1 - np.cos(run.time))))


def test_constant_species_stays_and_reacts() -> None:
    run = course("species A = 2 constant; A -> B @ 0.3; B -> 0 @ 0.5", 10.0)
    close(run["A"], np.full(41, 2.0))
    close(run["B"], 2 * 0.3 / 0.5 * (1 - np.exp(-0.5 * run.time)))


def test_catalyst_over_the_arrow_is_not_used_up() -> None:
    run = course("species A = 1; species E = 0.5; A -[E]-> B @ 0.6", 10.0)
    close(run["A"], np.exp(-0.3 * run.time))
    close(run["E"], np.full(41, 0.5))


def test_full_rate_law_as_a_power() -> None:
    run = course("parameter k = 0.5; species A = 3; 2 A -> B rate k*[A]^2", 10.0)
    close(run["A"], 3 / (1 + 3 * run.time))


def test_michaelis_menten_by_its_implicit_solution() -> None:
    """Km ln(s0/s) + s0 - s = Vmax t."""
    run = course("parameter V = 2; parameter K = 0.5; species S = 3; S -> P rate V*[S]/(K + [S])", 2.5)
    close(0.5 * np.log(3 / run["S"]) + 3 - run["S"], 2.0 * run.time)


def test_combinatorial_mass_action_divides_by_factorials() -> None:
    run = course("option mass_action = combinatorial; species A = 3; 2 A -> B @ 1", 10.0)
    close(run["A"], 3 / (1 + 3 * run.time))


def test_symbolic_coefficient() -> None:
    run = course("parameter n = 2; species A = 3; (n+1) A -> B @ 0.1 order A", 5.0)
    close(run["A"], 3 * np.exp(-0.3 * run.time))


def test_derived_value_that_varies_in_a_coefficient() -> None:
    """With T = [A] + [B] kept, k T is a constant."""
    run = course("species A = 1; species B = 2; T = [A] + [B]; A -> B @ k*T; parameter k = 0.2", 5.0)
    close(run["A"], np.exp(-0.6 * run.time))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.slow
def test_pulse_as_long_as_the_output_spacing_is_not_stepped_over(method: str) -> None:
    values = "parameter k = 2 M/s; parameter on = 70 s; parameter off = 71 s"
    text = f"{values}; 0 -> A rate if(t < on, 0*k, if(t < off, k, 0*k))"
    run = mscnet.simulate(mscnet.loads(text), 100, points=101, method=method, atol=1e-6)
    assert run["A"][-1] == pytest.approx(2, rel=1e-3)
