"""The integration methods: a table of names, and what each module in this folder provides.

A method is one file that offers a `METHOD`, and its line in `METHODS`.  Modules are imported when a method
is picked, so a method's own libraries are loaded only if it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import UNSUPPORTED, MechanismError, suggest
from mscnet.records import dataclass
from mscnet.simulation.problem import Problem

#: Name of each method, and the module of this folder that holds it.
METHODS: Mapping[str, str] = MappingProxyType(
    {
        "auto": "auto",
        "bdf": "bdf",
        "rosenbrock": "rosenbrock",
        "tsit5": "tsit5",
        "radau": "radau",
        "lsoda": "lsoda",
        "rk45": "rk45",
        "dop853": "dop853",
        "cvode": "cvode",
    }
)

#: The method that follows rules on single molecules, without a network (see `simulation.network_free`).
NETWORK_FREE = "nf"
#: Stochastic methods: they count molecules, and are no integrators (see `simulation.stochastic`).
STOCHASTIC = ("ssa", NETWORK_FREE)

#: Stochastic methods that are not there yet.
RESERVED = ("tau", "cle")


class Stepper(Protocol):
    """An integration under way: SciPy's `OdeSolver` classes are steppers as they are."""

    t: float
    y: NDArray[np.float64]
    #: "running", "finished" at the end of the problem, or "failed" if a step could not be made small enough.
    status: str

    def step(self) -> Any:
        """Make one step forward: change t and y, or `status`."""

    def dense_output(self) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        """The solution over the last step: of times (m,) an array (n_species, m)."""


@dataclass(frozen=True, slots=True)
class Method:
    """An integration method: its name, what it is good for, and how it starts on a problem."""

    name: str
    summary: str
    start: Callable[[Problem], Stepper]


def get_method(name: str) -> Method:
    """The method called `name`.

    Raises:
        MechanismError: there is none.
    """
    if name in METHODS:
        method: Method = import_module(f"{__name__}.{METHODS[name]}").METHOD
        return method
    if name in RESERVED:
        message = f"approximate stochastic simulation (method `{name}`) is not there yet"
        raise MechanismError.of(UNSUPPORTED, message, hint="`ssa` is exact")
    known = (*METHODS, *STOCHASTIC)
    hint = suggest(name, known) or "the methods are " + ", ".join(known)
    raise MechanismError.of("E044", f"there is no method `{name}`", hint=hint)
