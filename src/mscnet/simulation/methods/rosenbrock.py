"""`rosenbrock`: Rosenbrock steps of order 5 in the compiled kernels (kernels/rosenbrock.c), which alone have them."""

from __future__ import annotations

from mscnet import kernels
from mscnet.diagnostics import MechanismError
from mscnet.simulation.methods import Method, Stepper
from mscnet.simulation.problem import Problem


def _start(problem: Problem) -> Stepper:
    # asked for only where no kernels serve
    message = f"the method `rosenbrock` needs the compiled kernels: {kernels.reason()}"
    raise MechanismError.of("E044", message, hint="take `radau`")


METHOD = Method("rosenbrock", "small stiff systems; linearly implicit, order 5, compiled only", _start)
