"""`lsoda`: SciPy's LSODA with the analytic Jacobian (Petzold, SIAM J. Sci. Stat. Comput. 4 (1983) 136).

It switches between Adams and BDF formulas as stiffness comes and goes.  LSODA itself takes ``nan`` for a
number and would go on for ever, so a rate that is not finite ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.simulation.methods import Method, Stepper
from mscnet.simulation.problem import Problem


class _NotFinite(ArithmeticError):
    """Thrown through LSODA by a right-hand side that is not finite."""


class _Lsoda:
    """SciPy's LSODA as a stepper that fails, rather than goes on, where a rate is not finite."""

    def __init__(self, problem: Problem) -> None:
        from scipy.integrate import LSODA

        def rhs(time: float, x: NDArray[np.float64]) -> NDArray[np.float64]:
            out = problem.rhs(time, x)
            if problem.trouble is not None:
                raise _NotFinite
            return out

        problem.trouble = None
        self._inner = LSODA(
            rhs, problem.start, problem.state, problem.end,
            max_step=problem.max_step, rtol=problem.rtol, atol=problem.atol, jac=problem.dense_jacobian,
        )  # fmt: skip
        self.t, self.y, self.status = self._inner.t, self._inner.y, self._inner.status

    def step(self) -> Any:
        """One step of LSODA."""
        try:
            message = self._inner.step()
        except _NotFinite:
            self.status = "failed"
            return None
        self.t, self.y, self.status = self._inner.t, self._inner.y, self._inner.status
        return message

    def dense_output(self) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        """LSODA's own polynomial over the last step."""
        inside: Callable[[NDArray[np.float64]], NDArray[np.float64]] = self._inner.dense_output()
        return inside


def _start(problem: Problem) -> Stepper:
    return _Lsoda(problem)


METHOD = Method("lsoda", "small systems, stiff or not; switches between Adams and BDF", _start)
