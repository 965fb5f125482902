"""`tsit5`: explicit steps of order 5 in the compiled kernels (kernels/explicit.c), which alone have them."""

from __future__ import annotations

from mscnet import kernels
from mscnet.diagnostics import MechanismError
from mscnet.simulation.methods import Method, Stepper
from mscnet.simulation.problem import Problem


def _start(problem: Problem) -> Stepper:
    # asked for only where no kernels serve
    message = f"the method `tsit5` needs the compiled kernels: {kernels.reason()}"
    raise MechanismError.of("E044", message, hint="take `rk45`")


METHOD = Method("tsit5", "non-stiff systems; explicit Runge-Kutta of order 5, compiled only", _start)
