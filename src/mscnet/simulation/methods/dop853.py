"""`dop853`: SciPy's DOP853 (Hairer, Norsett and Wanner, Solving ODE I (1993), II.5)."""

from __future__ import annotations

from mscnet.simulation.methods import Method, Stepper
from mscnet.simulation.problem import Problem


def _start(problem: Problem) -> Stepper:
    from scipy.integrate import DOP853

    stepper: Stepper = DOP853(
        problem.rhs, problem.start, problem.state, problem.end,
        max_step=problem.max_step, rtol=problem.rtol, atol=problem.atol,
    )  # fmt: skip
    return stepper


METHOD = Method("dop853", "non-stiff systems at high accuracy; explicit Runge-Kutta of order 8", _start)
