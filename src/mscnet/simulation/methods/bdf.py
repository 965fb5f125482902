"""`bdf`: SciPy's BDF with the analytic Jacobian (Shampine and Reichelt, SIAM J. Sci. Comput. 18 (1997) 1)."""

from __future__ import annotations

from mscnet.simulation.methods import Method, Stepper
from mscnet.simulation.problem import Problem


def _start(problem: Problem) -> Stepper:
    from scipy.integrate import BDF

    stepper: Stepper = BDF(
        problem.rhs, problem.start, problem.state, problem.end,
        max_step=problem.max_step, rtol=problem.rtol, atol=problem.atol, jac=problem.jacobian,
    )  # fmt: skip
    return stepper


METHOD = Method("bdf", "stiff systems of any size; variable order 1 to 5", _start)
