"""`rk45`: SciPy's RK45 (Dormand and Prince, J. Comput. Appl. Math. 6 (1980) 19)."""

from __future__ import annotations

from mscnet.simulation.methods import Method, Stepper
from mscnet.simulation.problem import Problem


def _start(problem: Problem) -> Stepper:
    from scipy.integrate import RK45

    stepper: Stepper = RK45(
        problem.rhs, problem.start, problem.state, problem.end,
        max_step=problem.max_step, rtol=problem.rtol, atol=problem.atol,
    )  # fmt: skip
    return stepper


METHOD = Method("rk45", "non-stiff systems; explicit Runge-Kutta of order 5", _start)
