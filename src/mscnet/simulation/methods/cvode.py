"""`cvode`: BDF by SUNDIALS, through scikit-sundae, with the analytic Jacobian: a judge of the other methods.

Hindmarsh et al., ACM Trans. Math. Softw. 31 (2005) 363; sparse matrices are factored by SuperLU_MT (Demmel, Gilbert
and Li, SIAM J. Matrix Anal. Appl. 20 (1999) 915).  Its steps are compiled, what they call is not: on small systems it
is slower than the compiled kernels by the cost of those calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import MechanismError
from mscnet.simulation.methods import Method, Stepper
from mscnet.simulation.problem import SPARSE_FROM, Problem

#: The least part of the time by which a step must advance it.
_LEAST_ADVANCE = 16 * np.finfo(np.float64).eps

EXTRA = "pip install 'mscnet[sundials]'"


class _Cvode:
    """CVODE in one-step mode; output within the last step is CVODE's own polynomial."""

    def __init__(self, problem: Problem, solver_class: Any) -> None:
        self.t, self.y, self.status = problem.start, problem.state, "running"
        self._end, self._looked_back = problem.end, False
        self._solver = solver_class(
            _rhs_of(problem),
            rtol=problem.rtol,
            atol=problem.atol,
            max_step=problem.max_step if np.isfinite(problem.max_step) else 0.0,
            **(_dense if problem.size < SPARSE_FROM else _sparse)(problem),
        )
        self._solver.init_step(problem.start, problem.state)

    def step(self) -> str | None:
        """One step of CVODE, not beyond the end; what CVODE says where it fails."""
        result = self._one_step()
        if self._looked_back:  # then CVODE first returns where it stood
            self._looked_back = False
            result = self._one_step() if result.success and result.t == self.t else result
        if not result.success:
            self.status = "failed"
            return str(result.message)
        advance = result.t - self.t
        self.t, self.y = float(result.t), result.y
        if self.t >= self._end:
            self.status = "finished"
        elif advance <= _LEAST_ADVANCE * abs(self.t):
            self.status = "failed"  # CVODE itself would go on, with warnings of its own on stderr
            return "the step shrank to nothing"
        return None

    def dense_output(self) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        """CVODE's own polynomial over the last step; to be asked before the next step is made."""
        self._looked_back = True
        return lambda times: np.column_stack([self._solver.step(float(time)).y for time in times])

    def _one_step(self) -> Any:
        return self._solver.step(self._end, method="onestep", tstop=self._end)


def _rhs_of(problem: Problem) -> Callable[..., None]:
    def rhs(time: float, x: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        out[:] = problem.rhs(time, x)

    return rhs


def _dense(problem: Problem) -> dict[str, Any]:
    def jacobian(time: float, x: NDArray[np.float64], slope: Any, out: NDArray[np.float64]) -> None:
        out[:] = problem.dense_jacobian(time, x)

    return {"linsolver": "dense", "jacfn": jacobian}


def _sparse(problem: Problem) -> dict[str, Any]:
    """Compressed columns whose rows are in order and whose diagonal is there, since CVODE adds one."""
    from scipy.sparse import csc_matrix, eye_array

    first = problem.jacobian(problem.start, problem.state)
    numbered = csc_matrix((np.arange(1.0, len(first.data) + 1.0), first.indices, first.indptr), shape=first.shape)
    whole = csc_matrix(abs(numbered) + 0.5 * eye_array(problem.size, format="csc"))
    whole.sort_indices()
    source = whole.data.astype(np.int64) - 1  # half a number is the diagonal's, and cut off
    there = source >= 0

    def jacobian(time: float, x: NDArray[np.float64], slope: Any, out: NDArray[np.float64]) -> None:
        out[there] = problem.jacobian(time, x).data[source[there]]

    pattern = csc_matrix((np.ones(len(source)), whole.indices, whole.indptr), shape=whole.shape)
    return {"linsolver": "sparse", "sparsity": pattern, "jacfn": jacobian}


def _start(problem: Problem) -> Stepper:
    try:
        from sksundae.cvode import CVODE
    except ImportError:
        message = "the method `cvode` needs SUNDIALS, by the package scikit-sundae"
        raise MechanismError.of("E044", message, hint=EXTRA) from None
    return _Cvode(problem, CVODE)


METHOD = Method("cvode", "stiff systems, by SUNDIALS; an independent judge (extra `sundials`)", _start)
