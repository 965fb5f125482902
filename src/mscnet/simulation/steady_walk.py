"""Following a trajectory without an end of its own, in the compiled kernels or with SciPy."""

from __future__ import annotations

import warnings
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mscnet import kernels
from mscnet.simulation.compiled import COMPILED, status_of
from mscnet.simulation.problem import Problem
from mscnet.simulation.starts import settled
from mscnet.simulation.status import Status
from mscnet.simulation.steady_model import SteadyModel

FloatArray = NDArray[np.float64]


class Walker(Protocol):
    """A trajectory under way; `time` starts at 0."""

    time: float
    state: FloatArray
    steps: int

    def on(self, until: float, most: int) -> Status:
        """Step until the time is at least `until` or `most` steps are made; DONE, or why not."""


def start_walk(model: SteadyModel, x0: FloatArray, rtol: float, atol: FloatArray, end: float) -> Walker:
    """The trajectory from `x0`, with the tolerances of a run."""
    return _Compiled(model, x0, rtol, atol, end) if model.system is None else _Scipy(model, x0, rtol, atol, end)


class _Compiled:
    def __init__(self, model: SteadyModel, x0: FloatArray, rtol: float, atol: FloatArray, end: float) -> None:
        core: Any = kernels.core()
        self._core, self._model = core, model
        self.time, self.state, self.steps = 0.0, x0, 0
        asked = {"inputs": model.inputs, "state": x0, "atol": atol, "rtol": rtol, "end": end}
        self._walk = core.walk_new(model.program.for_walk.model, {**asked, "method": COMPILED["auto"]})

    def on(self, until: float, most: int) -> Status:
        state = np.empty_like(self.state)
        number, self.time, steps = self._core.walk_on(self._walk, {"until": until, "most": most, "state": state})
        self.state, self.steps = self._settled(state), self.steps + steps
        return status_of(number)

    def _settled(self, state: FloatArray) -> FloatArray:
        """A state at the equilibria of fast steps; the walk itself goes on from where it is."""
        model = self._model
        inputs = np.concatenate([model.inputs[: len(model.inputs) - model.size], state])
        return settled(model.program, inputs[None], 0.0)[0, -model.size :] if model.program.settler else state


class _Scipy:
    def __init__(self, model: SteadyModel, x0: FloatArray, rtol: float, atol: FloatArray, end: float) -> None:
        from scipy.integrate import BDF

        assert model.system is not None
        system = model.system
        if system.network.mechanism.has_fast:
            from mscnet.kinetics.system import build_rate_system

            system = build_rate_system(system.network)
        problem = Problem(system, 0.0, end, x0, rtol, atol)
        with np.errstate(all="ignore"):
            self._stepper = BDF(problem.rhs, 0.0, x0, end, rtol=rtol, atol=atol, jac=problem.jacobian)
        self.time, self.state, self.steps = 0.0, x0, 0
        self._system = system

    def on(self, until: float, most: int) -> Status:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(most):
                if self.time >= until or self._stepper.status == "finished":
                    break
                try:
                    self._stepper.step()
                except (ArithmeticError, RuntimeError, ValueError):
                    return Status.STEP_TOO_SMALL
                if not np.isfinite(self._stepper.y).all():
                    return Status.NOT_FINITE
                if self._stepper.status == "failed":
                    return Status.STEP_TOO_SMALL
                self.time, self.state, self.steps = float(self._stepper.t), self._stepper.y, self.steps + 1
        if self._system.settler is not None:
            self.state = self._system.settler.state(self._system.network.mechanism, 0.0, self.state)
        return Status.DONE
