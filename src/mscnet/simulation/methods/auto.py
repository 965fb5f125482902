"""`auto`: LSODA for small systems, BDF with sparse algebra for large ones, and a second try where one fails.

LSODA's steps run in compiled code, so it is several times faster than SciPy's own BDF as long as its dense
algebra is cheap.  Where it cannot go on, Radau takes over from the last good state: it recovers from trial
states outside a law's domain, which LSODA does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.simulation.methods import Method, Stepper, get_method
from mscnet.simulation.problem import Problem

#: Systems of fewer species than this go to LSODA.
LSODA_BELOW = 150


class _Auto:
    """Steps the first method; if it fails or stalls, the next one from where it stood."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._names = ["lsoda", "radau"] if problem.size < LSODA_BELOW else ["bdf", "radau"]
        self._stalled = 0
        self._begin(problem)

    def _begin(self, problem: Problem) -> None:
        name = self._names.pop(0)
        problem.used.append(name)
        self._inner = get_method(name).start(problem)
        self.t, self.y, self.status = self._inner.t, self._inner.y, self._inner.status

    def step(self) -> Any:
        """One step of the method at work."""
        message = self._inner.step()
        good = self._inner.status != "failed" and np.isfinite(self._inner.y).all()
        self._stalled = self._stalled + 1 if good and self._inner.t == self.t else 0
        if (not good or self._stalled > 10) and self._names:
            self._begin(self._problem.move_to(self.t, self.y))
            return message
        self.t, self.y, self.status = self._inner.t, self._inner.y, self._inner.status
        return message

    def dense_output(self) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        """The polynomial of the method at work."""
        return self._inner.dense_output()


def _start(problem: Problem) -> Stepper:
    return _Auto(problem)


METHOD = Method("auto", "any system: LSODA if it is small, sparse BDF if it is large", _start)
