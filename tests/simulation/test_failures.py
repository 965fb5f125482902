"""Runs that cannot finish: they end in bounded time, say where and why, and keep what was reached."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import warnings

import numpy as np
import pytest

import mscnet
from mscnet import SimulationError, Status, kernels
from mscnet.simulation import engine

METHODS = ("auto", "bdf", "radau", "lsoda", "rk45", "dop853")

DIVISION_BY_ZERO = "parameter k = 1; species A = 1; burn: A -> B rate k/[B]"
LOGARITHM = "parameter k = 1; parameter c = 1; species A = 1; burn: A -> B rate k*(1 + 0*log([A]/c))"
OVERFLOW = "parameter k = 1; parameter c = 0.001; species A = 1; burn: A -> B rate k*exp([A]/c)"
UNTIL_ONE = "parameter k = 1; parameter w = 1; 0 -> B rate k*sqrt(1 - w*t)"


def failure(text: str, method: str = "auto", t_end: float = 5.0, **settings: object) -> SimulationError:
    """The error of a run of five output times a time unit; no warning may leak from it."""
    mechanism = mscnet.loads(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(SimulationError) as caught:
            mscnet.simulate(mechanism, t_end, every=0.2, method=method, **settings)
    return caught.value


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text", [DIVISION_BY_ZERO, LOGARITHM, OVERFLOW, UNTIL_ONE])
def test_rate_that_is_not_finite(text: str, method: str) -> None:
    assert failure(text, method).status is Status.NOT_FINITE


@pytest.mark.parametrize("method", METHODS)
def test_growth_without_bound_shrinks_the_step(method: str) -> None:
    """d[A]/dt = [A]^2 from 1 leaves every bound at t = 1."""
    error = failure("species A = 1; 2 A -> 3 A @ 1", method)
    assert error.status is Status.STEP_TOO_SMALL
    assert 0.6 < error.trajectory.time[-1] <= 1.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.slow
def test_what_was_kept_is_right(method: str) -> None:
    kept = failure("species A = 1; 2 A -> 3 A @ 1", method, rtol=1e-8).trajectory
    upto = kept.time < 0.9
    np.testing.assert_allclose(kept["A"][upto], 1 / (1 - kept.time[upto]), rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_coefficient_that_is_infinite(method: str) -> None:
    assert failure("parameter k0 = 0; species A = 1; A -> B @ 1/k0", method).status is Status.NOT_FINITE


@pytest.mark.parametrize("method", METHODS)
def test_rates_too_large_for_any_step(method: str) -> None:
    error = failure("species A = 1; A <-> B @ 1e300, 1e300", method, max_steps=2000)
    assert error.status is not Status.DONE


def test_too_many_steps() -> None:
    error = failure("species X = 1; species Y = 1; X -> 2 X @ 1.5; X + Y -> 2 Y @ 1; Y -> 0 @ 3", max_steps=20)
    assert error.status is Status.TOO_MANY_STEPS
    assert "after 20 steps" in str(error)


def test_rate_that_jumps_back_and_forth_ends() -> None:
    text = "parameter k = 1; parameter c = 0.5; species A = 1; A -> B rate if([B] < c, k, -k)"
    assert failure(text, max_steps=3000).status in (Status.STEP_TOO_SMALL, Status.TOO_MANY_STEPS)


# --- what the message says --------------------------------------------------------------------------


def test_message_names_the_reaction_its_line_and_the_concentrations() -> None:
    message = str(failure(DIVISION_BY_ZERO))
    assert "the rate of `burn` (line 1 of <text>) is infinite where [B] = 0 M" in message


def test_message_says_the_time_reached_and_what_was_kept() -> None:
    error = failure(UNTIL_ONE)
    assert "stopped at t = 1 s" in str(error) or "stopped at t = 0.999" in str(error)
    assert f"Kept: {len(error.trajectory.time)} of 26 output times, up to t = " in str(error)


def test_message_carries_the_remedy() -> None:
    error = failure(DIVISION_BY_ZERO)
    assert error.status.remedy in str(error)


def test_trajectory_of_a_failure_says_how_it_ended() -> None:
    assert failure(UNTIL_ONE).trajectory.status is Status.NOT_FINITE


def test_the_error_is_picklable() -> None:
    error = failure(UNTIL_ONE)
    again = pickle.loads(pickle.dumps(error))
    assert (again.status, str(again)) == (error.status, str(error))


# --- interrupts -------------------------------------------------------------------------------------

SLOW = "species X = 1; species Y = 1; X -> 2 X @ 1.5; X + Y -> 2 Y @ 1; Y -> 0 @ 3"


@pytest.mark.parametrize("method", METHODS)
def test_interrupt_keeps_what_was_reached(method: str) -> None:
    def stop(done: float) -> None:
        if done > 0:
            raise KeyboardInterrupt

    with pytest.raises(SimulationError) as caught:
        mscnet.simulate(mscnet.loads(SLOW), 1000.0, points=100_001, method=method, progress=stop)
    assert caught.value.status is Status.INTERRUPTED
    assert 1 <= len(caught.value.trajectory.time) < 100_001


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals")
@pytest.mark.parametrize("method", ["auto", "bdf"])
def test_ctrl_c(method: str) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    timer = threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT))
    mechanism = mscnet.loads(SLOW)
    timer.start()
    with pytest.raises(SimulationError, match="interrupted at t = ") as caught:
        mscnet.simulate(mechanism, 1e9, method=method, max_steps=10**9)
    assert caught.value.status is Status.INTERRUPTED


# --- recovery ---------------------------------------------------------------------------------------


#: Vanishes with [A], but is not defined below -1e-12: LSODA tries a step beyond.
STEEP_END = "parameter k = 1; parameter c = 1; species A = 1; A -> B rate k*c*(log([A]/c + 1e-12) - log(1e-12))"


def test_lsoda_alone_ends_where_a_trial_step_leaves_the_domain_of_a_law() -> None:
    assert failure(STEEP_END, "lsoda", 50.0).status is Status.NOT_FINITE


def test_auto_goes_on_where_a_trial_step_leaves_the_domain_of_a_law() -> None:
    assert mscnet.simulate(mscnet.loads(STEEP_END), 50.0).status is Status.DONE


@pytest.mark.skipif(kernels.core() is None, reason=f"no compiled kernels: {kernels.reason()}")
def test_auto_recovers_where_the_kernels_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Radau finishes what they began, wherever they stood."""
    real = engine.integrate_compiled

    def stops_halfway(method, program, problem, times, values, *rest):  # type: ignore[no-untyped-def]
        problem.end = 2.5
        outcome = real(method, program, problem, times[times <= 2.5], values, *rest)
        outcome.status = Status.NOT_FINITE
        return outcome

    monkeypatch.setattr(engine, "integrate_compiled", stops_halfway)
    run = mscnet.simulate(mscnet.loads("species A = 1; A -> B @ 1"), 5.0, points=11, rtol=1e-8)
    np.testing.assert_allclose(run["A"], np.exp(-run.time), rtol=1e-6)
    assert run.statistics["integrator"] == "compiled tsit5, radau"


def test_a_trace_below_zero_does_not_end_a_run() -> None:
    run = mscnet.simulate(mscnet.loads("species A = 1; A -> B @ 2 order A^0.5"), 5.0)
    assert abs(run["A"][-1]) < 1e-6
