"""`radau`: SciPy's Radau with the analytic Jacobian (Hairer and Wanner, Solving ODE II (1996), IV.8)."""

from __future__ import annotations

from mscnet.simulation.methods import Method, Stepper
from mscnet.simulation.problem import Problem


def _start(problem: Problem) -> Stepper:
    from scipy.integrate import Radau

    stepper: Stepper = Radau(
        problem.rhs, problem.start, problem.state, problem.end,
        max_step=problem.max_step, rtol=problem.rtol, atol=problem.atol, jac=problem.jacobian,
    )  # fmt: skip
    return stepper


METHOD = Method("radau", "stiff systems at high accuracy; implicit Runge-Kutta of order 5", _start)
